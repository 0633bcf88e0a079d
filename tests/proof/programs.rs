//! The programs of the rules, each in a folder of `tests/proof/rules`: `before`, which is reported on exactly the lines that end
//! in `// error`; `after`, which is not, or where there is none, what `check --fix` makes of `before`; and `scenario.mjs`, which
//! says what is done to a document and what it should hold.

use super::shell::Project;
use super::support::folders::{entries, files};
use super::support::{File, annotations, unknown_rules};
use libtest_mimic::Failed;
use pushguard::rules;
use std::collections::BTreeSet;
use std::path::Path;

/// Rules that find nothing that runs.
const WITHOUT_HARM: &[(&str, &str)] = &[
    ("internal-error", "pushguard has failed, no program has"),
    ("new-writer", "it is about a change, and says nothing of a race"),
    ("syntax-error", "the program does not run at all"),
    ("too-deep", "it says what was not looked at"),
    ("unused-suppression", "it is about a comment"),
    ("upsert-without-index", "two upserts would have to meet within one command"),
];
const CONFIG: &str = "pushguard.toml";

#[derive(Clone)]
pub struct Program {
    /// A rule, after a dot what sets this program apart from others of the rule.
    pub name: String,
    /// `cjs` for CommonJS, `mjs` for an ECMAScript module.
    pub extension: &'static str,
    pub before: File,
    after: Option<File>,
    pub scenario: String,
    config: Option<String>,
}

pub fn all() -> Vec<Program> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/proof/rules");
    entries(&folder).iter().map(|folder| program(folder)).collect()
}

fn program(folder: &Path) -> Program {
    let mut files = files(folder);
    let mut take = |stem: &str| {
        let at = files.iter().position(|(name, _)| name.split_once('.').is_some_and(|(of, _)| of == stem));
        at.map(|at| files.remove(at))
    };
    let before = take("before").unwrap();
    let program = Program {
        name: folder.file_name().unwrap().to_string_lossy().into_owned(),
        extension: if before.0.ends_with(".mjs") { "mjs" } else { "cjs" },
        after: take("after"),
        scenario: take("scenario").unwrap().1,
        config: take("pushguard").map(|(_, text)| text),
        before,
    };
    assert!(files.is_empty(), "{}: nobody reads {:?}", program.name, files.iter().map(|(name, _)| name));
    program
}

/// Each rule has a program or stands in `WITHOUT_HARM`, and no program is of another rule. Both clients are used from both kinds
/// of module.
pub fn cover_the_rules() -> Result<(), Failed> {
    let shown: BTreeSet<String> = all().iter().map(|program| program.rule().to_owned()).collect();
    let excused: BTreeSet<String> = WITHOUT_HARM.iter().map(|(rule, _)| (*rule).to_owned()).collect();
    let rules: BTreeSet<String> = rules::ids().into_iter().map(str::to_owned).collect();
    let both: Vec<&String> = shown.intersection(&excused).collect();
    let here: BTreeSet<String> = shown.union(&excused).cloned().collect();
    if here != rules || !both.is_empty() {
        let missing: Vec<&String> = rules.difference(&here).collect();
        let unknown: Vec<&String> = here.difference(&rules).collect();
        return Err(format!("missing: {missing:?}, unknown: {unknown:?}, in both lists: {both:?}").into());
    }
    let ways: BTreeSet<(bool, &str)> =
        all().iter().map(|one| (one.before.1.contains("mongoose"), one.extension)).collect();
    if ways.len() == 4 { Ok(()) } else { Err(format!("only these ways are shown: {ways:?}").into()) }
}

impl Program {
    fn rule(&self) -> &str {
        self.name.split('.').next().unwrap_or(&self.name)
    }

    fn project(&self, file: &File) -> Project {
        let mut files = vec![(file.0.as_str(), file.1.as_str())];
        files.extend(self.config.as_deref().map(|config| (CONFIG, config)));
        Project::new(&files)
    }

    /// What is written as `after`, or made by the fix.
    pub fn mended(&self) -> File {
        self.after.clone().unwrap_or_else(|| {
            let project = self.project(&self.before);
            let outcome = project.run(&["check", "--fix", &self.before.0]);
            assert_eq!(outcome.code, Some(0), "{outcome:?}");
            (self.before.0.clone(), project.read(&self.before.0))
        })
    }

    /// `path:line rule` of what the program finds in a file.
    fn found(&self, file: &File) -> Vec<String> {
        let mut found = self.project(file).run(&["check", "--format", "json", &file.0]).findings();
        found.sort();
        found
    }

    /// The rule finds its program, in which nothing else is found that is not said, and nothing at all when it is mended.
    pub fn is_reported_until_mended(&self) -> Result<(), Failed> {
        let expected = annotations(&self.before, "// error", Some(self.rule()));
        let mut problems = unknown_rules(&expected);
        if !expected.iter().any(|expected| expected.rule == self.rule()) {
            problems.push("no line expects the rule".to_owned());
        }
        let mut expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
        expected.sort();
        let found = self.found(&self.before);
        if found != expected {
            problems.push(format!("before: found {found:?}, expected {expected:?}"));
        }
        let mended = self.mended();
        let found = self.found(&mended);
        if !found.is_empty() {
            problems.push(format!("after: found {found:?}\n{}", mended.1));
        }
        if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
    }
}

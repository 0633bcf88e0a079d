//! Reads and validates `pushguard.toml`.
//!
//! Input: a path or the text of the file, and the identifiers of the rules. Output: a [`Config`], or an error that
//! names the line, the column and the nearest known name. Must not know: what a rule does, the command line.

use super::origin::{Origin, position};
use super::{Config, Pattern, TrackedArray};
use crate::disk;
use crate::error::{Error, nearest};
use crate::limits;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The file's name.
pub const FILE_NAME: &str = "pushguard.toml";

/// The nearest `pushguard.toml` in `from` or in a folder above it.
pub fn find_upward(from: &Path) -> Option<PathBuf> {
    // What stands there but cannot be read must not be passed over: other settings would apply in silence.
    from.ancestors().map(|folder| folder.join(FILE_NAME)).find(|path| path.symlink_metadata().is_ok())
}

/// Reads one configuration file.
pub fn read(path: &Path, known_rules: &[&str]) -> Result<Config, Error> {
    let bytes = disk::read(path, limits::CONFIGURATION_BYTES)
        .map_err(|source| Error::Read { path: path.to_owned(), source })?;
    from_bytes(path, bytes, known_rules)
}

/// Parses the bytes of a configuration file; `path` names it in errors.
pub fn from_bytes(path: &Path, bytes: Vec<u8>, known_rules: &[&str]) -> Result<Config, Error> {
    let text = String::from_utf8(bytes).map_err(|_| Error::Config {
        path: path.to_owned(),
        line: None,
        column: None,
        message: "the configuration is not valid UTF-8".to_owned(),
        remedy: "save the file as UTF-8".to_owned(),
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut config = parse(text, known_rules).map_err(|problem| {
        let position = problem.offset.map(|offset| position(text, offset));
        Error::Config {
            path: path.to_owned(),
            line: position.map(|(line, _)| line),
            column: position.map(|(_, column)| column),
            message: problem.message,
            remedy: problem.remedy,
        }
    })?;
    config.origin = Some(Origin::of(path.to_owned(), text));
    Ok(config)
}

/// What is wrong with the text of a configuration.
#[derive(Debug)]
pub struct Problem {
    /// 0-based byte offset.
    pub offset: Option<usize>,
    pub message: String,
    pub remedy: String,
}

/// Parses and validates the text of a configuration.
pub fn parse(text: &str, known_rules: &[&str]) -> Result<Config, Problem> {
    let mut config: Config = toml::from_str(text).map_err(|error| from_toml(&error))?;
    let spans = DeTable::parse(text).map_err(|error| from_toml(&error))?;
    let spans = spans.get_ref();
    check_rules(config.rules.keys(), table(spans, "rules"), known_rules)?;
    for (at, entry) in config.overrides.iter_mut().enumerate() {
        let span = spans.get("override").and_then(|entries| entries.get_ref().get(at));
        let own = span.and_then(|span| span.get_ref().as_table());
        check_rules(entry.rules.keys(), own.and_then(|own| table(own, "rules")), known_rules)?;
        let offset = own.and_then(|own| key_offset(own, "paths")).or_else(|| span.map(|span| span.span().start));
        let remedy = || "write globs as in .gitignore: `legacy/`, `**/*.gen.js`".to_owned();
        if entry.paths.is_empty() || entry.paths.iter().any(|glob| glob.trim().is_empty()) {
            let message = "an override without a path, or with an empty one".to_owned();
            return Err(Problem { offset, message, remedy: remedy() });
        }
        entry.prepare().map_err(|error| {
            let message = format!("an override has a glob that cannot be read, {error}");
            Problem { offset, message, remedy: remedy() }
        })?;
    }
    if spans.get("array").is_some() {
        for (at, array) in config.arrays.iter().enumerate() {
            check_array(array).map_err(|problem| locate(problem, spans, at))?;
        }
    }
    let indexes = config.indexes.iter().map(|index| ("index", index.problem())).enumerate();
    let methods = config.methods.iter().map(|method| ("method", method.problem())).enumerate();
    for (at, (list, problem)) in indexes.chain(methods) {
        let Some((key, message, remedy)) = problem else { continue };
        let own = spans.get(list).and_then(|entries| entries.get_ref().get(at));
        let offset =
            own.and_then(|own| key_offset(own.get_ref().as_table()?, key)).or_else(|| own.map(|own| own.span().start));
        return Err(Problem { offset, message: message.to_owned(), remedy: remedy.to_owned() });
    }
    for (list, entries) in [("paths", &config.paths), ("exclude", &config.exclude)] {
        if entries.iter().any(|entry| entry.trim().is_empty()) {
            return Err(Problem {
                offset: key_offset(spans, list),
                message: format!("`{list}` has an empty entry"),
                remedy: "remove it, or write `.` for the whole root".to_owned(),
            });
        }
    }
    if let Some(path) = config.paths.iter().find(|path| leads_out(path)) {
        return Err(Problem {
            offset: key_offset(spans, "paths"),
            message: format!("`paths` leads out of the project: `{path}`"),
            remedy:
                "name files and folders below the root, relative to it; run pushguard in another project to check it"
                    .to_owned(),
        });
    }
    Ok(config)
}

/// `spans` is the table of the rules.
fn check_rules<'r>(
    mut rules: impl Iterator<Item = &'r String>,
    spans: Option<&DeTable<'_>>,
    known: &[&str],
) -> Result<(), Problem> {
    let Some(rule) = rules.find(|rule| !known.contains(&rule.as_str())) else { return Ok(()) };
    let remedy = match nearest(rule, known.iter().copied()) {
        Some(rule) => format!("did you mean `{rule}`?"),
        None => "list the rules with `pushguard rules`".to_owned(),
    };
    let offset = spans.and_then(|rules| key_offset(rules, rule));
    Err(Problem { offset, message: format!("unknown rule `{rule}`"), remedy })
}

/// Whether a path is not below the folder that it is relative to, whatever the links on the way; as any system reads it.
fn leads_out(path: &str) -> bool {
    let mut depth = 0_i32;
    let is_above = |part: &str| {
        depth += match part {
            "" | "." => 0,
            ".." => -1,
            _ => 1,
        };
        depth < 0
    };
    path.starts_with(['/', '\\']) || path.get(1..2) == Some(":") || path.split(['/', '\\']).any(is_above)
}

/// A problem of one tracked array, or of its kind number `kind`, at `key`.
struct ArrayProblem {
    kind: Option<usize>,
    key: &'static str,
    message: String,
    remedy: &'static str,
}

fn check_array(array: &TrackedArray) -> Result<(), ArrayProblem> {
    let fail = |kind, key, message: String, remedy| Err(ArrayProblem { kind, key, message, remedy });
    if array.field.trim().is_empty() {
        return fail(None, "field", "`field` is empty".to_owned(), "name the array field, such as `messages`");
    }
    if array.collection.as_ref().is_some_and(|name| name.trim().is_empty()) {
        let remedy = "name the collection, or omit the key to track the field everywhere";
        return fail(None, "collection", "`collection` is empty".to_owned(), remedy);
    }
    if array.fallback.iter().any(|field| field.trim().is_empty()) {
        let remedy = "name fields that tell elements apart: fallback = [\"imageUrl\"]";
        return fail(None, "fallback", "`fallback` has an empty entry".to_owned(), remedy);
    }
    for (at, kind) in array.kinds.iter().enumerate() {
        let at = Some(at);
        if kind.name.trim().is_empty() {
            return fail(at, "name", "a kind has an empty `name`".to_owned(), "name the kind of element");
        }
        if kind.key.is_empty() || kind.key.iter().any(|field| field.trim().is_empty()) {
            let message = format!("kind `{}` has no `key`", kind.name);
            return fail(at, "key", message, "name the fields that make two elements the same: key = [\"id\"]");
        }
        if kind.when.patterns().is_empty() || kind.when.patterns().iter().any(matches_everything) {
            let message = format!("the `when` of kind `{}` matches every element", kind.name);
            return fail(at, "when", message, "say how to recognise it: when = { has = [\"id\"] }");
        }
        if array.kinds.iter().filter(|other| other.name == kind.name).count() > 1 {
            let message = format!("two kinds are named `{}`", kind.name);
            return fail(at, "name", message, "give each kind its own name");
        }
    }
    Ok(())
}

fn matches_everything(pattern: &Pattern) -> bool {
    pattern.equals.is_empty() && pattern.has.iter().all(|field| field.trim().is_empty())
}

fn locate(problem: ArrayProblem, spans: &DeTable<'_>, at: usize) -> Problem {
    let array = spans.get("array").and_then(|arrays| arrays.get_ref().get(at));
    let holder = match problem.kind {
        Some(kind) => array.and_then(|array| array.get_ref().get("kind")?.get_ref().get(kind)),
        None => array,
    };
    let key = holder.and_then(|holder| key_offset(holder.get_ref().as_table()?, problem.key));
    let offset = key.or_else(|| holder.map(|holder| holder.span().start));
    Problem { offset, message: problem.message, remedy: problem.remedy.to_owned() }
}

fn table<'t, 'i>(parent: &'t DeTable<'i>, key: &str) -> Option<&'t DeTable<'i>> {
    parent.get(key).map(Spanned::get_ref).and_then(DeValue::as_table)
}

fn key_offset(table: &DeTable<'_>, key: &str) -> Option<usize> {
    table.keys().find(|known| known.get_ref().as_ref() == key).map(|known| known.span().start)
}

/// Takes the known names out of serde's own message, "unknown field `x`, expected one of `a`, `b`", so that they cannot
/// drift from the types. A message of another form is passed on as it is.
fn from_toml(error: &toml::de::Error) -> Problem {
    let message = error.message().to_owned();
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    let remedy = match names.split_first() {
        Some((name, known)) if unknown => match nearest(name, known.iter().copied()) {
            Some(known) => format!("did you mean `{known}`?"),
            None => format!("known here: {}", known.join(", ")),
        },
        _ => "docs/configuration.md lists every key with its type; `pushguard schema` prints it for editors".to_owned(),
    };
    let message = match names.first() {
        Some(name) if message.starts_with("unknown field") => format!("unknown key `{name}`"),
        Some(name) if message.starts_with("unknown variant") => format!("unknown value `{name}`"),
        _ => worded(message.lines().next().unwrap_or_default()),
    };
    Problem { offset: error.span().map(|span| span.start), message, remedy }
}

/// serde's own words for types in those of the reference.
fn worded(message: &str) -> String {
    let typed = message.strip_prefix("invalid type: ").and_then(|rest| rest.split_once(", expected "));
    let Some((found, expected)) = typed else { return message.to_owned() };
    let expected = match expected {
        "a sequence" => "a list, such as [\"a\", \"b\"]",
        "a map" => "a table",
        "a boolean" => "true or false",
        "a string" => "a text in quotes",
        expected if expected.starts_with("struct ") => "a table",
        expected => expected,
    };
    format!("{found} stands where {expected} is expected")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{RuleLevel, Scalar};

    const RULES: &[&str] = &["check-then-push", "unguarded-push"];

    fn problem(text: &str) -> (usize, String, String) {
        let problem = parse(text, RULES).expect_err("the configuration should be refused");
        (problem.offset.map_or(0, |offset| position(text, offset).0), problem.message, problem.remedy)
    }

    #[test]
    fn the_example_of_the_design_is_valid() {
        let text = r#"
paths = ["models", "routes"]
exclude = ["**/*.gen.js"]
[[array]]
collection = "userChat"
field = "messages"
[[array.kind]]
name = "merged image"
when = { isMerged = true }
key = ["mergeId"]
[[array.kind]]
name = "other"
when = [{ type = "x", size = 3 }, { has = ["batchId"] }]
key = ["batchId", "batchIndex"]
[rules]
unguarded-push = "warning"
"#;
        let config = parse(text, RULES).expect("valid");
        assert_eq!(config.arrays.len(), 1);
        assert_eq!(config.rules.get("unguarded-push"), Some(&RuleLevel::Warning));
        let other = config.arrays[0].kinds[1].when.patterns();
        assert_eq!(other[0].equals.get("size"), Some(&Scalar::Number(3.0)));
        assert!(config.protocol.completion.is_some(), "an unset section keeps its default");
    }

    #[test]
    fn an_empty_file_is_the_default() {
        let config = parse("", RULES).expect("valid");
        assert_eq!(config.arrays.len(), 1);
        assert_eq!(config.arrays[0].kinds.len(), 4);
    }

    #[test]
    fn an_unknown_key_names_its_line_and_its_neighbour() {
        assert_eq!(
            problem("paths = []\nexcludes = []\n"),
            (2, "unknown key `excludes`".into(), "did you mean `exclude`?".into())
        );
        let (line, message, remedy) = problem("[[array]]\nfield = \"a\"\n[[array.kind]]\nname = \"n\"\nkeys = []\n");
        assert_eq!((line, message.as_str(), remedy.as_str()), (5, "unknown key `keys`", "did you mean `key`?"));
    }

    #[test]
    fn unknown_rules_and_levels_are_refused_with_their_line() {
        let (line, message, remedy) = problem("\n[rules]\ncheck-than-push = \"off\"\n");
        assert_eq!(
            (line, message.as_str(), remedy.as_str()),
            (3, "unknown rule `check-than-push`", "did you mean `check-then-push`?")
        );
        let (line, message, remedy) = problem("[rules]\ncheck-then-push = \"warn\"\n");
        assert_eq!((line, message.as_str(), remedy.as_str()), (2, "unknown value `warn`", "did you mean `warning`?"));
    }

    #[test]
    fn an_override_names_known_rules_and_globs_that_can_be_read() {
        let entry =
            |rest: &str| problem(&format!("[[override]]\npaths = [\"a/\"]\nrules = {{}}\n[[override]]\n{rest}"));
        let (line, message, remedy) = entry("paths = [\"b\"]\nrules = { unguarded-posh = \"off\" }\n");
        let told = (line, message.as_str(), remedy.as_str());
        assert_eq!(told, (6, "unknown rule `unguarded-posh`", "did you mean `unguarded-push`?"));
        assert_eq!(entry("paths = []\nrules = {}\n").0, 5);
        assert_eq!(entry("paths = [\"a{\"]\nrules = {}\n").0, 5);
        assert!(entry("path = [\"a\"]\nrules = {}\n").2.contains("`paths`"));
    }

    #[test]
    fn arrays_that_say_nothing_are_refused() {
        assert_eq!(problem("[[array]]\nfield = \"\"\n").0, 2);
        assert_eq!(problem("[[array]]\nfield = \"a\"\nfallback = [\" \"]\n").0, 3);
        let kind = |rest: &str| problem(&format!("[[array]]\nfield = \"a\"\n[[array.kind]]\nname = \"n\"\n{rest}"));
        assert_eq!(kind("when = { x = 1 }\nkey = []\n").1, "kind `n` has no `key`");
        assert_eq!(kind("when = {}\nkey = [\"k\"]\n").0, 5);
        assert_eq!(kind("when = []\nkey = [\"k\"]\n").1, "the `when` of kind `n` matches every element");
        assert!(kind("when = 3\nkey = [\"k\"]\n").1.contains("has = ["), "{:?}", kind("when = 3\nkey = [\"k\"]\n"));
    }

    #[test]
    fn paths_stay_in_the_project() {
        for path in ["../x", "/etc", "a/../../x", "a/./../..", "C:/x", "\\\\host\\x"] {
            let (line, message, _) = problem(&format!("exclude = []\npaths = ['ok', '{path}']\n"));
            assert_eq!((line, message), (2, format!("`paths` leads out of the project: `{path}`")));
        }
        assert!(parse("paths = ['.', './a', 'a/../b', 'a..b', '..a']", RULES).is_ok());
    }

    #[test]
    fn a_syntax_error_names_its_line() {
        assert_eq!(problem("paths = []\nexclude = [\n").0, 2);
    }
}

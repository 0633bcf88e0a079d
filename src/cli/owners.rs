//! Who owns the files that have findings, as the CODEOWNERS of the repository says.
//!
//! Input: an analysed project. Output: owners by file. Must not know: reports.

use super::project::Project;
use crate::disk;
use crate::limits;
use crate::source::FileId;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::{BTreeMap, BTreeSet};

/// Where GitHub and GitLab look, in the order in which they do.
const PLACES: [&str; 4] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"];

/// The owners of every file with a finding; none where there is no CODEOWNERS that can be read.
pub fn owners(project: &Project) -> BTreeMap<FileId, Vec<String>> {
    let depth = project.prefix.split('/').filter(|name| !name.is_empty()).count();
    let Some(root) = project.root.folder.ancestors().nth(depth) else { return BTreeMap::new() };
    let Some(bytes) = PLACES.iter().find_map(|place| disk::read(&root.join(place), limits::OWNERS_BYTES).ok()) else {
        return BTreeMap::new();
    };
    let entries = entries(&String::from_utf8_lossy(&bytes));
    let accepted = project.analysis.accepted.iter().map(|accepted| &accepted.finding);
    let files: BTreeSet<FileId> =
        project.analysis.findings.iter().chain(accepted).map(|finding| finding.place.file).collect();
    let owned = files.into_iter().filter_map(|file| {
        let path = format!("{}{}", project.prefix, project.sources.get(file)?.path);
        // The last entry wins; one without owners takes the file from everybody.
        let entry = entries.iter().rev().find(|entry| entry.is_of(&path))?;
        Some((file, entry.owners.clone()))
    });
    owned.collect()
}

struct Entry {
    pattern: Gitignore,
    /// `docs/*` is of the files in the folder alone, unlike in a `.gitignore`.
    is_flat: bool,
    owners: Vec<String>,
}

impl Entry {
    fn is_of(&self, path: &str) -> bool {
        match self.is_flat {
            true => self.pattern.matched(path, false).is_ignore(),
            false => self.pattern.matched_path_or_any_parents(path, false).is_ignore(),
        }
    }
}

fn entries(text: &str) -> Vec<Entry> {
    text.lines().filter_map(entry).collect()
}

fn entry(line: &str) -> Option<Entry> {
    let line = line.split(" #").next().unwrap_or(line).trim();
    // GitLab's sections name owners for a part of the file; GitHub has neither these nor negations.
    if line.is_empty() || line.starts_with(['#', '[', '^', '!']) {
        return None;
    }
    let mut is_escaped = false;
    let end = line.find(|character: char| {
        let is_end = character.is_whitespace() && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        is_end
    });
    let (pattern, owners) = line.split_at(end.unwrap_or(line.len()));
    let mut builder = GitignoreBuilder::new("");
    builder.add_line(None, pattern).ok()?;
    let owners = owners.split_whitespace().map(str::to_owned).collect();
    Some(Entry { pattern: builder.build().ok()?, is_flat: pattern.ends_with("/*"), owners })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owners_of(path: &str) -> Option<Vec<String>> {
        let text = "\
# all
*            @all
*.ts         @types a@example.org # with a note
/docs/*      @docs
apps/        @apps
/apps/none
with\\ space/ @space
[Section] @nobody
";
        entries(text).into_iter().rev().find(|entry| entry.is_of(path)).map(|entry| entry.owners)
    }

    #[test]
    fn the_last_entry_that_matches_wins() {
        let names = |path| owners_of(path).unwrap_or_default().join(" ");
        assert_eq!(names("a.js"), "@all");
        assert_eq!(names("src/a.ts"), "@types a@example.org");
        assert_eq!((names("docs/a.js"), names("docs/in/a.js")), ("@docs".into(), "@all".into()));
        assert_eq!((names("x/apps/y/a.js"), names("apps/none/a.js")), ("@apps".into(), String::new()));
        assert_eq!(names("with space/a.js"), "@space");
    }
}

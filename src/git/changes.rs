//! The lines that changed.
//!
//! Input: a repository and what to compare with. Output: [`Changes`]. Must not know: what stands on the lines.

use super::Repository;
use super::quote::unquote;
use crate::error::Error;
use std::collections::BTreeMap;

/// A hunk of the new side of a patch without context lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hunk {
    /// 1-based, both included.
    Lines(u32, u32),
    /// The same, where nothing was there before.
    Added(u32, u32),
    /// Lines were removed between this 1-based line and the next.
    Removed(u32),
}

/// The changed lines, by path relative to the root, `/`-separated. Lines end at a line feed, as git counts them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    files: BTreeMap<String, Vec<Hunk>>,
}

/// The user's settings must not change what is read here. A file that attributes call binary is text to the analyzer.
const DIFF: [&str; 14] = [
    "diff-index",
    "--patch",
    "--ita-invisible-in-index",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--text",
    "--no-relative",
    "--find-renames",
    "--ignore-submodules",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--unified=0",
    "--inter-hunk-context=0",
];

impl Changes {
    /// The index against the last commit; against nothing before the first one.
    pub fn staged(repository: &Repository) -> Result<Self, Error> {
        let head = repository.output(&["rev-parse", "--verify", "--quiet", "HEAD^{tree}"])?;
        let base = match head.status.success() {
            true => String::from_utf8_lossy(&head.stdout).trim().to_owned(),
            false => repository.text(&["hash-object", "-t", "tree", "--stdin"])?.trim().to_owned(),
        };
        let patch = repository.bytes(&[&DIFF[..], &["--cached", base.as_str(), "--"]].concat())?;
        Ok(Self::parse(&String::from_utf8_lossy(&patch), repository))
    }

    /// The work tree against the commit at which `revision` and `HEAD` parted. Files that git does not know are new.
    pub fn since(repository: &Repository, revision: &str) -> Result<Self, Error> {
        let base = merge_base(repository, revision)?;
        let patch = repository.bytes(&[&DIFF[..], &[base.as_str(), "--"]].concat())?;
        let mut changes = Self::parse(&String::from_utf8_lossy(&patch), repository);
        let unknown =
            repository.bytes(&["ls-files", "--others", "--exclude-standard", "-z", "--full-name", "--", ":/"])?;
        for path in unknown.split(|byte| *byte == 0).filter(|path| !path.is_empty()) {
            if let Some(path) = repository.relative(&String::from_utf8_lossy(path)) {
                changes.files.insert(path.to_owned(), vec![Hunk::Added(1, u32::MAX)]);
            }
        }
        Ok(changes)
    }

    /// Whether anything between two 1-based lines, both included, changed.
    pub fn touches(&self, path: &str, first: u32, last: u32) -> bool {
        self.files.get(path).is_some_and(|hunks| {
            hunks.iter().any(|hunk| match *hunk {
                Hunk::Lines(start, end) | Hunk::Added(start, end) => start <= last && first <= end,
                Hunk::Removed(before) => first <= before && before < last,
            })
        })
    }

    /// Whether the 1-based lines, both included, are all new, and take the place of none.
    pub fn adds(&self, path: &str, first: u32, last: u32) -> bool {
        let is_within = |hunk: &Hunk| matches!(*hunk, Hunk::Added(start, end) if start <= first && last <= end);
        self.files.get(path).is_some_and(|hunks| hunks.iter().any(is_within))
    }

    /// Whether anything in the file changed.
    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    fn parse(patch: &str, repository: &Repository) -> Self {
        let mut changes = Self::default();
        let mut hunks: Option<&mut Vec<Hunk>> = None;
        // Lines of a hunk's body may look like headers, so they are counted off.
        let mut body = 0;
        for line in patch.split('\n') {
            if body > 0 {
                body -= u32::from(line.starts_with(['+', '-']));
            } else if let Some(path) = line.strip_prefix("+++ ") {
                // After a name with a blank in it, git writes a tab.
                let path = unquote(path.strip_suffix('\t').unwrap_or(path));
                let path = path.strip_prefix("b/").and_then(|path| repository.relative(path));
                hunks = path.map(|path| changes.files.entry(path.to_owned()).or_default());
            } else if let Some((removed, start, added)) = line.strip_prefix("@@ ").and_then(header) {
                body = removed + added;
                let hunk = match added {
                    0 => Hunk::Removed(start),
                    added if removed == 0 => Hunk::Added(start, start + added - 1),
                    added => Hunk::Lines(start, start + added - 1),
                };
                if let Some(hunks) = &mut hunks {
                    hunks.push(hunk);
                }
            }
        }
        changes
    }
}

/// `-12,3 +14 @@ …`: lines removed, first line added, lines added.
fn header(text: &str) -> Option<(u32, u32, u32)> {
    let mut words = text.split(' ');
    let (_, removed) = range(words.next()?.strip_prefix('-')?)?;
    let (start, added) = range(words.next()?.strip_prefix('+')?)?;
    Some((removed, start, added))
}

fn range(text: &str) -> Option<(u32, u32)> {
    let (start, count) = text.split_once(',').unwrap_or((text, "1"));
    Some((start.parse().ok()?, count.parse().ok()?))
}

fn merge_base(repository: &Repository, revision: &str) -> Result<String, Error> {
    let commit = format!("{revision}^{{commit}}");
    let known = repository.output(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?;
    if !known.status.success() {
        return Err(Error::Git {
            message: format!("git does not know the revision `{revision}`"),
            remedy: match is_shallow(repository) {
                true => SHALLOW.to_owned(),
                false => format!("fetch it first (`{}`), or correct its name", fetch(repository, revision)),
            },
        });
    }
    let commit = String::from_utf8_lossy(&known.stdout).trim().to_owned();
    let found = repository.output(&["merge-base", &commit, "HEAD"])?;
    let base = String::from_utf8_lossy(&found.stdout).lines().next().unwrap_or_default().to_owned();
    if !found.status.success() || base.is_empty() {
        return Err(Error::Git {
            message: format!("`{revision}` and HEAD have no commit in common here"),
            remedy: match is_shallow(repository) {
                true => SHALLOW.to_owned(),
                false => "name a branch or commit from which HEAD was made".to_owned(),
            },
        });
    }
    Ok(base)
}

/// How a revision is fetched: `origin/main` is the branch `main` of `origin`.
fn fetch(repository: &Repository, revision: &str) -> String {
    let remotes = repository.text(&["remote"]).unwrap_or_default();
    let of_remote = revision.split_once('/').filter(|(remote, _)| {
        let mut known = remotes.lines();
        *remote == "origin" || known.any(|known| known == *remote)
    });
    let (remote, branch) = of_remote.unwrap_or(("origin", revision));
    format!("git fetch {remote} {branch}")
}

const SHALLOW: &str = "this clone is shallow: fetch the history with `git fetch --unshallow`, or set `fetch-depth: 0` where it is checked out";

fn is_shallow(repository: &Repository) -> bool {
    repository.text(&["rev-parse", "--is-shallow-repository"]).is_ok_and(|text| text.trim() == "true")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn repository(prefix: &str) -> Repository {
        Repository { folder: PathBuf::new(), is_foreign: false, prefix: prefix.to_owned(), filters: Vec::new() }
    }

    const PATCH: &str = "diff --git a/api/a b.js b/api/a b.js\n--- a/api/a b.js\t\n+++ b/api/a b.js\t\n@@ -2 +2,2 @@ f() {\n-x\n+++ b/api/fake.js\n+@@ -1 +1 @@\n@@ -9,2 +10,0 @@\n-y\n-z\n\\ No newline at end of file\ndiff --git a/api/gone.js b/api/gone.js\n--- a/api/gone.js\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\ndiff --git a/web/c.js b/web/c.js\n--- /dev/null\n+++ b/web/c.js\n@@ -0,0 +1 @@\n+x\n";

    #[test]
    fn hunks_belong_to_their_file_and_bodies_are_no_headers() {
        let changes = Changes::parse(PATCH, &repository("api/"));
        let hunks = vec![Hunk::Lines(2, 3), Hunk::Removed(10)];
        assert_eq!(changes.files, BTreeMap::from([("a b.js".to_owned(), hunks)]));
        let whole = Changes::parse(PATCH, &repository(""));
        assert!(whole.touches("web/c.js", 1, 1) && whole.adds("web/c.js", 1, 1));
        assert!(!whole.adds("web/c.js", 1, 2) && !whole.adds("api/a b.js", 2, 2));
    }

    #[test]
    fn a_removal_touches_what_stands_on_both_sides_of_it() {
        let changes = Changes::parse(PATCH, &repository("api/"));
        let touches = |first, last| changes.touches("a b.js", first, last);
        assert!(touches(1, 2) && touches(3, 5) && touches(10, 11) && touches(8, 20));
        assert!(!touches(1, 1) && !touches(4, 10) && !touches(11, 12));
    }
}

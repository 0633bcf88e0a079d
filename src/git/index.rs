//! The index: what would be committed.
//!
//! Input: a repository. Output: the paths under the root, and their bytes. Links and submodules are left out: neither holds
//! source text. Must not know: what the files are for.

use super::Repository;
use crate::error::Error;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// The files of the index, read through one `git cat-file --batch`.
pub struct Index {
    /// Object by path relative to the root, `/`-separated.
    objects: BTreeMap<String, String>,
    process: Child,
    requests: Option<ChildStdin>,
    replies: BufReader<ChildStdout>,
}

impl Index {
    /// Lists the index. `GIT_INDEX_FILE` is honoured, by git itself.
    pub fn open(repository: &Repository) -> Result<Self, Error> {
        // The whole work tree, wherever git is started.
        let listed = repository.bytes(&["ls-files", "-s", "-z", "--full-name", "--", ":/"])?;
        let mut objects = BTreeMap::new();
        for record in listed.split(|byte| *byte == 0).filter(|record| !record.is_empty()) {
            let Some(Entry { mode, object, stage, path }) = entry(record) else { continue };
            let Some(path) = repository.relative(&path) else { continue };
            if stage != "0" {
                return Err(Error::Git {
                    message: format!("`{path}` has an unresolved conflict in the index"),
                    remedy: "resolve it and `git add` it; or run without `--staged`".to_owned(),
                });
            }
            // 100644 and 100755; not 120000, a link, nor 160000, a commit of a submodule.
            if mode.starts_with("100") {
                objects.insert(path.to_owned(), object);
            }
        }
        let mut process = repository
            .command(&["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| unreadable(&source.to_string()))?;
        let (Some(requests), Some(replies)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(unreadable("its pipes are closed"));
        };
        Ok(Self { objects, process, requests: Some(requests), replies: BufReader::new(replies) })
    }

    /// The paths relative to the root, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.objects.keys().map(String::as_str)
    }

    /// The bytes of a file; `None` when the index does not hold it.
    pub fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(object) = self.objects.get(path) else { return Ok(None) };
        let Some(requests) = self.requests.as_mut() else { return Ok(None) };
        let io = |source: std::io::Error| unreadable(&source.to_string());
        writeln!(requests, "{object}").and_then(|()| requests.flush()).map_err(io)?;
        let mut header = String::new();
        self.replies.read_line(&mut header).map_err(io)?;
        // `<object> blob <size>`; `<object> missing` for one that this clone does not have.
        let (head, size) = header.trim_end().rsplit_once(' ').unwrap_or_default();
        let Some(size) = size.parse::<u64>().ok().filter(|_| head.ends_with(" blob")) else {
            return Err(unreadable(&format!("`{path}` gives `{}`", header.trim_end())));
        };
        let mut bytes = Vec::new();
        self.replies.by_ref().take(size).read_to_end(&mut bytes).map_err(io)?;
        let mut newline = [0];
        self.replies.read_exact(&mut newline).map_err(io)?;
        Ok(Some(bytes))
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        // The end of its input ends the process.
        drop(self.requests.take());
        let _ = self.process.wait();
    }
}

fn unreadable(why: &str) -> Error {
    Error::Git {
        message: format!("the objects of the index cannot be read: {why}"),
        remedy: "see what `git fsck` says; or run without `--staged`".to_owned(),
    }
}

struct Entry {
    mode: String,
    object: String,
    stage: String,
    path: String,
}

/// `<mode> <object> <stage>\t<path>`
fn entry(record: &[u8]) -> Option<Entry> {
    let record = String::from_utf8_lossy(record);
    let (meta, path) = record.split_once('\t')?;
    let mut words = meta.split(' ').map(str::to_owned);
    Some(Entry { mode: words.next()?, object: words.next()?, stage: words.next()?, path: path.to_owned() })
}

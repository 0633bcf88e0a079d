//! The snippets of the documentation.

use std::fs;
use std::path::Path;

/// A fenced block that stands for a file.
#[derive(Debug)]
pub struct Snippet {
    pub path: String,
    /// `with=NAME`: what it belongs to, where two blocks are for the same file.
    pub with: Option<String>,
    pub text: String,
}

/// The fenced blocks of a document whose first word is this language.
pub fn blocks(document: &str, language: &str) -> Vec<String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(document)).unwrap();
    let fenced = text.split("\n```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
    fenced.filter(|(info, _)| info.split(' ').next() == Some(language)).map(|(_, text)| format!("{text}\n")).collect()
}

/// Every block of `docs/integrations.md` that names a file.
pub fn snippets() -> Vec<Snippet> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/integrations.md")).unwrap();
    let blocks = text.split("\n```").skip(1).step_by(2);
    let snippets: Vec<Snippet> = blocks
        .filter_map(|block| {
            let (info, text) = block.split_once('\n').unwrap();
            let word = |name: &str| info.split(' ').find_map(|word| word.strip_prefix(name)).map(str::to_owned);
            Some(Snippet { path: word("file=")?, with: word("with="), text: format!("{text}\n") })
        })
        .collect();
    assert!(snippets.len() >= 6, "{snippets:?}");
    snippets
}

/// The one block for a file.
pub fn snippet(path: &str, with: Option<&str>) -> String {
    let mut found: Vec<Snippet> = snippets();
    found.retain(|snippet| snippet.path == path && snippet.with.as_deref() == with);
    assert_eq!(found.len(), 1, "{path} {with:?}");
    found.remove(0).text
}

//! The rules: their list, their pages and their checks.
//!
//! Input: the linked project. Output: findings. Must not know: syntax, terminals, the file system.

pub mod doc;

macro_rules! rules {
    ($($id:literal),* $(,)?) => {
        /// Every rule: its identifier and the text of its page `rules/<id>.md`.
        pub const ALL: &[(&str, &str)] =
            &[$(($id, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/", $id, ".md")))),*];
    };
}

rules![
    "check-then-push",
    "check-then-update",
    "lost-update",
    "unguarded-push",
    "wrong-identity-key",
    "array-overwrite",
    "check-then-insert",
    "split-compound-guard",
    "any-element-guard",
    "double-push",
    "in-memory-lock",
    "syntax-error",
    "too-deep",
];

/// The identifiers of all rules, in the order of the list.
pub fn ids() -> Vec<&'static str> {
    ALL.iter().map(|(id, _)| *id).collect()
}

//! The rules: their list, their pages and their checks.
//!
//! Input: the linked project. Output: findings. Must not know: syntax, terminals, the file system.

pub mod context;
pub mod doc;

mod array_overwrite;
mod check_then_insert;
mod check_then_push;
mod check_then_update;
mod completion_from_cache;
mod double_push;
mod guard_shapes;
mod in_memory_lock;
mod lock_fails_open;
mod lock_key_mismatch;
mod lock_released_by_non_owner;
mod lock_without_ttl;
mod lock_without_unique_index;
mod lost_update;
mod poll_without_claim;
mod protocol;
pub mod startup_recovery;
mod unguarded_push;
pub mod write_paths;
mod wrong_identity_key;

use context::{Context, Trace};

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
    "lock-key-mismatch",
    "lock-without-ttl",
    "lock-without-unique-index",
    "lock-fails-open",
    "lock-released-by-non-owner",
    "completion-from-cache",
    "poll-without-claim",
    "startup-recovery",
    "syntax-error",
    "too-deep",
];

/// The identifiers of all rules, in the order of the list.
pub fn ids() -> Vec<&'static str> {
    ALL.iter().map(|(id, _)| *id).collect()
}

/// The checks, in no order that matters.
pub const CHECKS: [fn(&mut Context<'_>, &Trace); 17] = [
    check_then_push::check,
    check_then_update::check,
    check_then_insert::check,
    lost_update::check,
    unguarded_push::check,
    wrong_identity_key::check,
    array_overwrite::check,
    guard_shapes::check,
    double_push::check,
    in_memory_lock::check,
    lock_key_mismatch::check,
    lock_without_ttl::check,
    lock_without_unique_index::check,
    lock_fails_open::check,
    lock_released_by_non_owner::check,
    completion_from_cache::check,
    poll_without_claim::check,
];

/// The level of a rule without configuration, as its page says.
pub fn default_level(rule: &str) -> crate::diagnostic::Level {
    doc::page(rule).map_or(crate::diagnostic::Level::Warning, |page| page.meta.level)
}

//! The rules: their list, their pages and their checks.
//!
//! Input: the linked project. Output: findings. Must not know: syntax, terminals, the file system.

pub mod appends;
pub mod belief;
pub mod context;
mod contradicted;
mod copies;
mod deciding;
pub mod doc;

mod added_anyway;
mod appended;
mod array_overwrite;
mod blocked;
mod bounded;
mod change_detection;
mod changes;
mod check_then_insert;
mod check_then_push;
mod check_then_update;
mod chosen;
mod claimed_late;
mod completion_from_cache;
mod consumed;
mod derived;
mod double_push;
mod draft;
mod effect_beside;
mod effect_first;
mod for_deleted;
mod free_one;
mod fresh_add_to_set;
mod freshness;
mod guard_shapes;
mod guard_type_mismatch;
mod guarded;
mod guarded_upsert;
mod in_memory_lock;
mod inconsistent_identity_key;
mod index_kind;
mod inserted;
mod key_row;
mod key_uses;
pub mod kinds;
mod last_of_set;
mod levels;
mod limit;
mod lock_fails_open;
mod lock_key_mismatch;
mod lock_released_by_non_owner;
mod lock_without_ttl;
mod lock_without_unique_index;
mod lost_update;
mod next_number;
mod nullable_guard_key;
mod once;
mod other_change;
mod overtaken;
mod overwriting;
mod own_insert;
pub mod pending;
mod poll_without_claim;
mod positional_push;
pub mod proof;
mod protocol;
mod races;
mod reached;
mod recomputed;
mod refused;
mod repeated;
mod replaced;
mod requested;
mod results;
mod rewrite;
mod rewritten;
mod searches;
pub mod silence;
mod sought;
mod spell;
mod spent_element;
mod stale_copy;
mod stale_position;
mod startup_recovery;
mod stored;
mod taken_name;
mod toggled;
mod unchecked_guard_result;
mod uncounted;
mod unguarded_push;
mod unsent;
mod upserted;
mod used_up;
mod vacuous_guard;
mod words;
pub mod write_paths;
mod wrong_identity_key;

pub use levels::{default_level, is_optional, level_of};

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
    "upsert-without-index",
    "split-compound-guard",
    "any-element-guard",
    "guard-type-mismatch",
    "nullable-guard-key",
    "vacuous-guard",
    "guarded-upsert",
    "unchecked-guard-result",
    "fresh-add-to-set",
    "inconsistent-identity-key",
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
    "new-writer",
    "syntax-error",
    "too-deep",
    "internal-error",
    "unused-suppression",
];

/// The identifiers of all rules, in the order of the list.
pub fn ids() -> Vec<&'static str> {
    ALL.iter().map(|(id, _)| *id).collect()
}

/// The checks of one function, in no order that matters.
pub const CHECKS: [fn(&mut Context<'_>, &Trace); 34] = [
    check_then_push::check,
    positional_push::check,
    check_then_update::check,
    check_then_insert::check,
    replaced::check,
    lost_update::check,
    derived::check,
    unguarded_push::check,
    wrong_identity_key::check,
    array_overwrite::check,
    guard_shapes::check,
    guard_type_mismatch::check,
    nullable_guard_key::check,
    vacuous_guard::check,
    guarded_upsert::check,
    unchecked_guard_result::check,
    fresh_add_to_set::check,
    double_push::check,
    in_memory_lock::check,
    lock_key_mismatch::check,
    lock_without_ttl::check,
    lock_without_unique_index::check,
    lock_fails_open::check,
    lock_released_by_non_owner::check,
    completion_from_cache::check,
    poll_without_claim::check,
    changes::note,
    stale_copy::note,
    overtaken::note,
    contradicted::note,
    stale_position::note,
    uncounted::note,
    effect_first::check,
    effect_beside::check,
];

/// The rules about files that could not be read: they speak of a whole file, and in a file that was not parsed.
pub const UNREAD: [&str; 3] = ["syntax-error", "too-deep", "internal-error"];

/// The checks over what all functions together say, after those of each function.
pub const PROJECT_CHECKS: [fn(&mut Context<'_>); 7] = [
    inconsistent_identity_key::check,
    startup_recovery::check,
    overtaken::check,
    contradicted::check,
    stale_position::check,
    uncounted::check,
    stale_copy::check,
];

//! The rules: each a check over one function's trace.

pub mod context;

mod array_overwrite;
mod check_then_insert;
mod check_then_push;
mod check_then_update;
mod double_push;
mod guard_shapes;
mod in_memory_lock;
mod lost_update;
mod unguarded_push;
mod wrong_identity_key;

use context::{Context, Trace};

/// The checks, in no order that matters.
pub const CHECKS: [fn(&mut Context<'_>, &Trace); 10] = [
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
];

/// The level of a rule without configuration.
pub fn default_level(rule: &str) -> crate::diagnostic::Level {
    match rule {
        "syntax-error" | "too-deep" => crate::diagnostic::Level::Warning,
        _ => crate::diagnostic::Level::Error,
    }
}

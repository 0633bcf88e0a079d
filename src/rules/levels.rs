//! The level of a rule's findings.
//!
//! Input: a rule, the configuration. Output: a level. Must not know: what a rule checks.

use super::doc;
use crate::config::Config;
use crate::diagnostic::Level;

/// The level of a rule without configuration, as its page says.
pub fn default_level(rule: &str) -> Level {
    doc::page(rule).map_or(Level::Warning, |page| page.meta.level)
}

/// Whether a rule is off unless the configuration gives it a level.
pub fn is_optional(rule: &str) -> bool {
    doc::page(rule).is_some_and(|page| page.meta.optional)
}

/// The level of a rule's findings in a file: the configuration's, else the finding's own, else the page's; `None` when it is
/// off.
pub fn level_of(rule: &str, path: &str, own: Option<Level>, config: &Config) -> Option<Level> {
    match config.level_at(rule, path) {
        Some(level) => level.level(),
        None if is_optional(rule) => None,
        None => own.or(Some(default_level(rule))),
    }
}

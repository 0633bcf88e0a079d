//! The rules as SARIF describes them.
//!
//! Input: the rule pages. Output: the driver's rules. Must not know: findings.

use super::model::{DefaultConfiguration, HOME, Rule, RuleProperties, Text};
use crate::diagnostic::Level;
use crate::rules::doc::{Page, pages};

/// GitHub refuses a longer full description, in characters.
const DESCRIPTION_MAX: usize = 1024;

pub fn rules() -> Vec<Rule> {
    pages().iter().map(rule).collect()
}

/// SARIF's word for a level.
pub fn level_name(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "note",
    }
}

fn rule(page: &'static Page) -> Rule {
    let described = page.section("What it does");
    let described = if described.is_empty() { &page.meta.summary } else { described };
    let full: String =
        described.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(DESCRIPTION_MAX).collect();
    let help_uri = format!("{}/blob/v{}/rules/{}.md", HOME, env!("CARGO_PKG_VERSION"), page.id);
    Rule {
        id: page.id,
        short_description: Text::plain(page.meta.summary.as_str()),
        full_description: Text::plain(full),
        help: Text { text: page.body.to_owned(), markdown: Some(page.body.to_owned()) },
        help_uri,
        default_configuration: DefaultConfiguration {
            enabled: !page.meta.optional,
            level: level_name(page.meta.level),
        },
        properties: RuleProperties {
            tags: page.meta.tags.clone(),
            precision: page.meta.confidence.name(),
            severity: match page.meta.level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Info => "recommendation",
            },
        },
    }
}

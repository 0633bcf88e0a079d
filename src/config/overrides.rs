//! Levels of rules for some paths only.
//!
//! Input: globs and levels. Output: the level of a rule at a path. Must not know: what a rule does.

use super::{Config, RuleLevel};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Levels of rules in the files that some globs match; of several entries that name a rule for a file, the last counts.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Globs as in `exclude`, relative to the root.
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub paths: Vec<String>,
    /// Level of a rule there, by its identifier.
    pub rules: BTreeMap<String, RuleLevel>,
    /// `paths`, as they are matched.
    #[serde(skip)]
    globs: Option<Gitignore>,
}

impl Override {
    /// Makes the globs ready; says which of them cannot be read, and why.
    pub fn prepare(&mut self) -> Result<(), String> {
        // An error and a log of it should not be larger than what it is about.
        let shown = |text: &str| text.chars().take(100).collect::<String>();
        let mut builder = GitignoreBuilder::new("");
        for glob in &self.paths {
            let added = builder.add_line(None, glob);
            added.map_err(|error| format!("`{}`: {}", shown(glob), shown(&error.to_string())))?;
        }
        self.globs = Some(builder.build().map_err(|error| shown(&error.to_string()))?);
        Ok(())
    }

    /// Whether a file is one of these.
    pub fn is_of(&self, path: &str) -> bool {
        self.globs.as_ref().is_some_and(|globs| globs.matched_path_or_any_parents(path, false).is_ignore())
    }
}

impl Config {
    /// Whether the configuration gives a level to a rule anywhere.
    pub fn asks_for(&self, rule: &str) -> bool {
        let given = self.overrides.iter().map(|entry| &entry.rules).chain([&self.rules]);
        given.filter_map(|rules| rules.get(rule)).any(|level| level.level().is_some())
    }

    /// The level that the configuration gives to a rule in a file; `None` where it says nothing of it.
    pub fn level_at(&self, rule: &str, path: &str) -> Option<RuleLevel> {
        let overrides = self.overrides.iter().rev().filter_map(|entry| Some((entry, *entry.rules.get(rule)?)));
        let own = overrides.into_iter().find(|(entry, _)| entry.is_of(path)).map(|(_, level)| level);
        own.or_else(|| self.rules.get(rule).copied())
    }
}

#[cfg(test)]
mod tests {
    use crate::config::RuleLevel;
    use crate::config::load::parse;

    #[test]
    fn the_last_override_of_a_rule_at_a_path_counts() {
        let text = "\
[rules]
lost-update = \"info\"
[[override]]
paths = [\"jobs/\", \"**/*.gen.js\"]
rules = { lost-update = \"off\", double-push = \"warning\" }
[[override]]
paths = [\"jobs/live.js\"]
rules = { lost-update = \"error\" }
";
        let config = parse(text, &["lost-update", "double-push"]).expect("valid");
        let level = |rule: &str, path: &str| config.level_at(rule, path);
        assert_eq!(level("lost-update", "src/a.js"), Some(RuleLevel::Info));
        assert_eq!(level("lost-update", "src/jobs/deep/a.js"), Some(RuleLevel::Off));
        assert_eq!(level("lost-update", "a.gen.js"), Some(RuleLevel::Off));
        assert_eq!(level("lost-update", "jobs/live.js"), Some(RuleLevel::Error));
        assert_eq!(level("double-push", "jobs/live.js"), Some(RuleLevel::Warning));
        assert_eq!(level("double-push", "src/a.js"), None);
    }
}

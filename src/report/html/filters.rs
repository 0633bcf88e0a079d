//! The controls that narrow the list of findings. They wait for the script: without it they are not shown.
//!
//! Input: the findings. Output: markup. Must not know: how the script filters.

use super::anchors::owners;
use crate::diagnostic::Level;
use crate::report::run::Shown;
use crate::report::{Run, escape};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

pub fn filters(run: &Run<'_>, shown: &[Shown<'_>]) -> Markup {
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    for (finding, _) in shown {
        *rules.entry(finding.rule).or_default() += 1;
    }
    let rules = rules.into_iter().map(|(rule, count)| (rule.to_owned(), format!("{rule} ({count})")));
    let owners = shown.iter().flat_map(|(finding, _)| owners(run, finding.place));
    let owners: BTreeSet<&String> = owners.collect();
    let owners: Vec<(String, String)> = owners.into_iter().map(|owner| (owner.clone(), escape::line(owner))).collect();
    let levels = [Level::Error, Level::Warning, Level::Info];
    let levels = levels.into_iter().filter(|level| shown.iter().any(|(finding, _)| finding.level == *level));
    html! {
        form #filters hidden {
            (select("level", "Level", "any level", levels.map(|it| (it.name().to_owned(), it.name().to_owned()))))
            (select("rule", "Rule", "any rule", rules))
            @if !owners.is_empty() { (select("owner", "Owner", "anybody", owners)) }
            label { "Path or text " input #filter-text type="search" autocomplete="off" spellcheck="false"; }
            label.check { input #filter-proven type="checkbox"; " proven only" }
            button type="reset" { "Reset filters" }
            button #toggle type="button" { "Open all" }
            p #count role="status" {}
        }
    }
}

fn select(name: &str, label: &str, any: &str, options: impl IntoIterator<Item = (String, String)>) -> Markup {
    html! {
        label {
            (label) " "
            select id={ "filter-" (name) } {
                option value="" { (any) }
                @for (value, text) in options { option value=(value) { (text) } }
            }
        }
    }
}

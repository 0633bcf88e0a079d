//! Takes out the findings that a directive in the code accepts, and finds the directives that are of no use.
//!
//! `// pushguard-ignore-next-line RULE, RULE -- reason`, and the same with `-line` and `-file`.
//! Input: findings, and the comments and statements of the files. Output: the findings that count, with those about
//! directives, and the accepted ones. Must not know: syntax, baselines, formats.

mod directive;
mod judge;

use crate::config::Config;
use crate::diagnostic::{Acceptance, Accepted, Finding};
use crate::facts::FileFacts;
use crate::rules::{UNREAD, level_of};
use crate::source::{FileId, Place, Sources};
use directive::{Directive, Scope, directives};

/// The rule about directives.
const RULE: &str = "unused-suppression";

/// Whether a text can hold a directive at all.
pub fn may_direct(text: &str) -> bool {
    text.contains(directive::PREFIX)
}

/// `facts` has one entry for each file of `sources`, in order.
pub fn apply(
    sources: &Sources,
    facts: &[FileFacts],
    config: &Config,
    findings: Vec<Finding>,
) -> (Vec<Finding>, Vec<Accepted>) {
    let mut entries = Vec::new();
    let mut late = Vec::new();
    for ((id, file), facts) in sources.iter().zip(facts) {
        for directive in directives(id, file, &facts.notes.comments) {
            if file.reported {
                late.extend(judge::mistakes(&directive));
            }
            entries.extend(usable(directive));
        }
    }
    entries.sort_by_key(|entry| (entry.place.file, entry.scope, entry.place.start));
    let mut sorter = Sorter { sources, facts, entries, kept: Vec::new(), accepted: Vec::new() };
    for finding in findings {
        sorter.add(finding);
    }
    let Some(level) = level_of(RULE, None, config) else {
        return (sorter.kept, sorter.accepted);
    };
    // A directive about this rule can only be judged after the findings of this rule are known, and is judged by them alone.
    late.extend(sorter.unused(config, false));
    for finding in judge::findings(sources, level, late) {
        sorter.add(finding);
    }
    let last = sorter.unused(config, true);
    sorter.kept.extend(judge::findings(sources, level, last));
    (sorter.kept, sorter.accepted)
}

/// One rule of one directive that has a reason.
struct Entry {
    rule: String,
    /// Of the rule's name.
    place: Place,
    directive: Place,
    scope: Scope,
    line: u32,
    neighbour: u32,
    reason: String,
    is_used: bool,
}

fn usable(directive: Directive) -> Vec<Entry> {
    let (Some(scope), Some(reason)) = (directive.scope, directive.reason) else { return Vec::new() };
    let entry = |(rule, place)| Entry {
        rule,
        place,
        directive: directive.place,
        scope,
        line: directive.line,
        neighbour: directive.neighbour,
        reason: reason.clone(),
        is_used: false,
    };
    directive.rules.into_iter().map(entry).collect()
}

impl Entry {
    /// A finding about a directive stands on a comment, which is no line of code: on the next line, or in this directive.
    fn is_about_directive(&self, place: Place, lines: [u32; 2]) -> bool {
        let is_own = (self.directive.start..self.directive.end).contains(&place.start);
        self.rule == RULE && (is_own || lines.contains(&self.neighbour))
    }
}

struct Sorter<'a> {
    sources: &'a Sources,
    facts: &'a [FileFacts],
    /// Sorted by file, then the narrowest first: one directive is credited for a finding.
    entries: Vec<Entry>,
    kept: Vec<Finding>,
    accepted: Vec<Accepted>,
}

impl Sorter<'_> {
    fn add(&mut self, finding: Finding) {
        let lines = self.lines(finding.place);
        let entry = self.entries.iter_mut().find(|entry| {
            entry.place.file == finding.place.file
                && entry.rule == finding.rule
                && match entry.scope {
                    Scope::File => true,
                    _ => lines.contains(&entry.line) || entry.is_about_directive(finding.place, lines),
                }
        });
        match entry {
            Some(entry) => {
                entry.is_used = true;
                let by = Acceptance::Directive { reason: entry.reason.clone() };
                self.accepted.push(Accepted { finding, by });
            }
            None => self.kept.push(finding),
        }
    }

    /// The line of a place, and the line on which its innermost statement starts.
    fn lines(&self, place: Place) -> [u32; 2] {
        let Some(file) = self.sources.get(place.file) else { return [0; 2] };
        let statements = self.facts.get(place.file.0 as usize).map(|facts| facts.notes.statements.as_slice());
        let around = statements.unwrap_or_default().iter().filter(|(start, end)| (*start..*end).contains(&place.start));
        let start = around.min_by_key(|(start, end)| end - start).map_or(place.start, |(start, _)| *start);
        [file.position(place.start).line, file.position(start).line]
    }

    fn unused(&self, config: &Config, about_directives: bool) -> Vec<judge::Remark> {
        let is_judged = |entry: &&Entry| {
            !entry.is_used
                && (entry.rule == RULE) == about_directives
                && level_of(&entry.rule, None, config).is_some()
                && self.is_known(entry.place.file, &entry.rule)
        };
        self.entries.iter().filter(is_judged).filter_map(|entry| judge::unused(&entry.rule, entry.place)).collect()
    }

    /// Whether all findings of a rule in a file are known.
    fn is_known(&self, file: FileId, rule: &str) -> bool {
        let is_reported = self.sources.get(file).is_some_and(|file| file.reported);
        let is_whole = self.facts.get(file.0 as usize).is_some_and(|facts| facts.notes.is_whole);
        is_reported && (is_whole || UNREAD.contains(&rule))
    }
}

#[cfg(test)]
mod tests;

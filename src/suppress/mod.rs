//! Takes out the findings that a directive in the code accepts, and finds the directives that are of no use.
//!
//! `// pushguard-ignore-next-line RULE, RULE -- reason`, and the same with `-line` and `-file`.
//! Input: findings, and the comments and statements of the files. Output: the findings that count, with those about
//! directives, and the accepted ones. Must not know: syntax, baselines, formats.

mod directive;
mod judge;
mod nest;

use crate::config::Config;
use crate::diagnostic::{Acceptance, Accepted, Finding, Level};
use crate::facts::FileFacts;
use crate::rules::{UNREAD, level_of};
use crate::source::{FileId, Place, Sources};
use directive::{Directive, Scope, directives};
use judge::RULE;
use nest::Nest;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

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
    let mut sorter = Sorter::new(sources, facts, entries);
    for finding in findings {
        sorter.add(finding);
    }
    let levelled = move |remarks: Vec<judge::Remark>| {
        let findings = judge::findings(sources, Level::Warning, remarks).into_iter();
        findings.filter_map(move |finding| {
            let path = &sources.get(finding.place.file)?.path;
            Some(Finding { level: level_of(RULE, path, None, config)?, ..finding })
        })
    };
    // A directive about this rule can only be judged after the findings of this rule are known, and is judged by them alone.
    late.extend(sorter.unused(config, false));
    for finding in levelled(late) {
        sorter.add(finding);
    }
    let last = sorter.unused(config, true);
    sorter.kept.extend(levelled(last));
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

/// What an entry is found by: the file and the rule, and what the rule's finding has in common with the directive.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Reach {
    File,
    /// The line of the code.
    Line(u32),
    /// The line below the directive, or its own start: a finding about a directive stands on a comment, which is no line
    /// of code.
    Below(u32),
    Own(u32),
}

struct Sorter<'a> {
    sources: &'a Sources,
    facts: &'a [FileFacts],
    /// Sorted by file, then the narrowest first: one directive is credited for a finding.
    entries: Vec<Entry>,
    /// The first entry for each reach.
    index: FxHashMap<(FileId, String, Reach), usize>,
    /// By where they start.
    directives: BTreeMap<(FileId, u32), Place>,
    /// The statements of the files that hold directives.
    statements: FxHashMap<FileId, Nest>,
    kept: Vec<Finding>,
    accepted: Vec<Accepted>,
}

impl<'a> Sorter<'a> {
    fn new(sources: &'a Sources, facts: &'a [FileFacts], entries: Vec<Entry>) -> Self {
        let mut index = FxHashMap::default();
        let mut statements = FxHashMap::default();
        for (at, entry) in entries.iter().enumerate() {
            let file = entry.place.file;
            let mut reaches = vec![if entry.scope == Scope::File { Reach::File } else { Reach::Line(entry.line) }];
            if entry.rule == RULE && entry.scope != Scope::File {
                reaches.extend([Reach::Below(entry.neighbour), Reach::Own(entry.directive.start)]);
            }
            for reach in reaches {
                index.entry((file, entry.rule.clone(), reach)).or_insert(at);
            }
            statements.entry(file).or_insert_with(|| {
                Nest::new(facts.get(file.0 as usize).map_or(&[], |facts| facts.notes.statements.as_slice()))
            });
        }
        let directives =
            entries.iter().map(|entry| ((entry.place.file, entry.directive.start), entry.directive)).collect();
        Self { sources, facts, entries, index, directives, statements, kept: Vec::new(), accepted: Vec::new() }
    }

    fn add(&mut self, finding: Finding) {
        let place = finding.place;
        let at = self.statements.contains_key(&place.file).then(|| self.entry_of(&finding)).flatten();
        match at.and_then(|at| self.entries.get_mut(at)) {
            Some(entry) => {
                entry.is_used = true;
                let by = Acceptance::Directive { reason: entry.reason.clone() };
                self.accepted.push(Accepted { finding, by });
            }
            None => self.kept.push(finding),
        }
    }

    fn entry_of(&self, finding: &Finding) -> Option<usize> {
        let place = finding.place;
        let lines = self.lines(place);
        let mut reaches = vec![Reach::File];
        reaches.extend(lines.iter().flat_map(|line| [Reach::Line(*line), Reach::Below(*line)]));
        reaches.extend(self.directive_at(place).map(Reach::Own));
        let find = |reach| self.index.get(&(place.file, finding.rule.to_owned(), reach)).copied();
        reaches.into_iter().filter_map(find).min()
    }

    /// The start of the directive in which a finding about directives stands.
    fn directive_at(&self, place: Place) -> Option<u32> {
        let until = (place.file, place.start);
        let (_, directive) = self.directives.range(..=until).next_back()?;
        (directive.file == place.file && place.start < directive.end).then_some(directive.start)
    }

    /// The line of a place, and the line on which its innermost statement starts.
    fn lines(&self, place: Place) -> [u32; 2] {
        let Some(file) = self.sources.get(place.file) else { return [0; 2] };
        let start = self.statements.get(&place.file).and_then(|nest| nest.innermost(place.start));
        [file.position(place.start).line, file.position(start.unwrap_or(place.start)).line]
    }

    fn unused(&self, config: &Config, about_directives: bool) -> Vec<judge::Remark> {
        let is_judged = |entry: &&Entry| {
            !entry.is_used
                && (entry.rule == RULE) == about_directives
                && self
                    .sources
                    .get(entry.place.file)
                    .is_some_and(|file| level_of(&entry.rule, &file.path, None, config).is_some())
                && self.is_known(entry.place.file, &entry.rule)
        };
        let unused = self.entries.iter().filter(is_judged);
        unused.filter_map(|entry| judge::unused(&entry.rule, entry.place, self.meant(entry))).collect()
    }

    /// The line at which a finding of the rule is to be accepted that has another end where an entry stands.
    fn meant(&self, entry: &Entry) -> Option<u32> {
        let file = self.sources.get(entry.place.file)?;
        let is_here = |place: Place| place.file == entry.place.file && self.lines(place).contains(&entry.line);
        let mut ends = self.kept.iter().filter(|finding| {
            finding.rule == entry.rule
                && finding.place.file == entry.place.file
                && finding.related.iter().any(|related| is_here(related.place))
        });
        ends.next().map(|finding| file.position(finding.place.start).line)
    }

    /// Whether all findings of a rule in a file are known.
    fn is_known(&self, file: FileId, rule: &str) -> bool {
        let is_reported = self.sources.is_reported(file);
        let is_whole = self.facts.get(file.0 as usize).is_some_and(|facts| facts.notes.is_whole);
        is_reported && (is_whole || UNREAD.contains(&rule))
    }
}

#[cfg(test)]
mod tests;

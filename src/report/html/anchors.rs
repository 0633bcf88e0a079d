//! How the findings of the page are addressed, and who owns them.
//!
//! Input: the findings. Output: identifiers. Must not know: markup.

use crate::report::Run;
use crate::report::run::Shown;
use crate::source::Place;
use std::collections::BTreeMap;

/// The identifiers of the findings in the page.
pub struct Anchors {
    /// In the order of the findings.
    pub names: Vec<String>,
    by_act: BTreeMap<(Place, &'static str), usize>,
}

impl Anchors {
    /// A fingerprint, with a number where several findings have the same.
    pub fn new(shown: &[Shown<'_>]) -> Self {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let mut anchors = Self { names: Vec::new(), by_act: BTreeMap::new() };
        for (at, (finding, _)) in shown.iter().enumerate() {
            let count = seen.entry(&finding.fingerprint).or_default();
            *count += 1;
            let end = if *count > 1 { format!("-{count}") } else { String::new() };
            anchors.names.push(format!("finding-{}{end}", finding.fingerprint));
            anchors.by_act.entry((finding.place, finding.rule)).or_insert(at);
        }
        anchors
    }

    /// The identifier of a rule's finding at a place.
    pub fn at(&self, place: Place, rule: &str) -> Option<&str> {
        let at = self.by_act.iter().find(|((known, name), _)| *known == place && *name == rule)?.1;
        self.names.get(*at).map(String::as_str)
    }
}

/// Who owns the file of a place.
pub fn owners<'a>(run: &Run<'a>, place: Place) -> &'a [String] {
    run.analysis.owners.get(&place.file).map_or(&[], Vec::as_slice)
}

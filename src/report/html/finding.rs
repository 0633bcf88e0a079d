//! One finding: what is wrong, the witness, the code of both ends, what to write instead, and where else to look.
//!
//! Input: a finding. Output: markup. Must not know: the other findings.

use super::anchors::owners;
use super::code::{Mark, code};
use super::mend::{mend, prose};
use super::witness::witness;
use crate::diagnostic::{Acceptance, Finding, Proof, Related, Role};
use crate::report::{Run, escape, level_note};
use crate::rules::doc::page;
use crate::source::{FileId, Place};
use maud::{Markup, html};

/// A finding as it stands in the page.
pub struct Entry<'a> {
    pub finding: &'a Finding,
    pub by: Option<&'a Acceptance>,
    /// The identifier of its element.
    pub anchor: &'a str,
    /// Its index in the data of the page.
    pub at: usize,
    pub is_open: bool,
}

pub fn finding(run: &Run<'_>, entry: &Entry<'_>) -> Markup {
    let Entry { finding, by, anchor, at, is_open } = *entry;
    let Some(spot) = run.locate(finding.place) else { return Markup::default() };
    let level = if by.is_some() { "suppressed" } else { finding.level.name() };
    html! {
        details.finding.(level) id=(anchor) data-at=(at) open[is_open] {
            summary {
                span.badge.(level) { (level) }
                @if finding.proof.is_proven() { span.badge.proven { "proven" } }
                h3 { code { (finding.rule) } }
                span.where { (escape::line(&spot.file.path)) ":" (spot.start.line) ":" (spot.start.column) }
                p.message { (prose(&finding.message)) }
            }
            div.body {
                @if let Some(by) = by { p.note { (accepted(by)) } }
                @if let Some(note) = level_note(finding) { p.note { (note) } }
                (way(run, finding))
                @match &finding.proof {
                    Proof::Proven(shown) => @if let Some(shown) = shown.open() { (witness(run, &shown)) },
                    Proof::Unproven(reason) => p.note { strong { "Not proven: " } (prose(reason)) },
                    Proof::NotJudged => {}
                }
                section { h4 { "The code" } (places(run, finding)) }
                (mend(run, finding))
                (related(run, finding))
                (about(run, finding, anchor))
            }
        }
    }
}

fn accepted(by: &Acceptance) -> String {
    match by {
        Acceptance::Directive { reason } => format!("Suppressed by a comment: {}", escape::line(reason)),
        Acceptance::Baseline => "Accepted by the baseline".to_owned(),
    }
}

/// From what starts the work to the function of the act.
fn way(run: &Run<'_>, finding: &Finding) -> Markup {
    let Some(way) = run.analysis.ways.get(&(finding.place, finding.rule)).filter(|way| !way.chain.is_empty()) else {
        return html! { p.way { "In " code { (escape::line(&finding.function)) } } };
    };
    html! {
        p.way {
            "Reached by "
            @for (at, step) in way.chain.iter().enumerate() {
                @if at > 0 { " → " }
                @if let Some(entry) = step.entry { strong { (entry) } " " }
                code { (escape::line(&step.function)) }
            }
            @if way.others > 0 { " (one of " (way.others + 1) " entries)" }
        }
    }
}

/// The act and what it depends on, file by file; the file of the act comes last.
fn places(run: &Run<'_>, finding: &Finding) -> Markup {
    let whole = |place: Place| match run.analysis.extents.get(&place) {
        Some(end) => Place { end: *end, ..place },
        None => place,
    };
    let act = Mark { place: whole(finding.place), label: finding.label.clone(), class: "act" };
    let mut ends: Vec<&Related> = finding.related.iter().filter(|related| related.role != Role::Call).collect();
    ends.sort_by_key(|related| related.role);
    let others = ends.into_iter().map(|related| Mark {
        place: whole(related.place),
        label: related.message.clone(),
        class: if related.role == Role::Act { "act" } else { "check" },
    });
    let marks: Vec<Mark> = std::iter::once(act).chain(others).collect();
    let mut files: Vec<FileId> = Vec::new();
    for mark in marks.iter().skip(1).chain(marks.first()) {
        if mark.place.file != finding.place.file && !files.contains(&mark.place.file) {
            files.push(mark.place.file);
        }
    }
    files.push(finding.place.file);
    html! {
        @for file in files {
            @let here: Vec<Mark> = marks.iter().filter(|mark| mark.place.file == file).cloned().collect();
            @if let Some(source) = run.sources.get(file) { (code(source, &here)) }
        }
    }
}

fn related(run: &Run<'_>, finding: &Finding) -> Markup {
    let places: Vec<_> = finding.related.iter().filter_map(|it| Some((run.locate(it.place)?, &it.message))).collect();
    if places.is_empty() {
        return Markup::default();
    }
    html! {
        section {
            h4 { "Related places" }
            ul.places {
                @for (spot, message) in places {
                    li {
                        code { (escape::line(&spot.file.path)) ":" (spot.start.line) ":" (spot.start.column) }
                        " " (prose(message))
                    }
                }
            }
        }
    }
}

/// What the rule is about, who owns the file, and the address of the finding.
fn about(run: &Run<'_>, finding: &Finding, anchor: &str) -> Markup {
    let owners = owners(run, finding.place);
    html! {
        p.about {
            @if let Some(page) = page(finding.rule) {
                a href={ (env!("CARGO_PKG_REPOSITORY")) "/blob/v" (env!("CARGO_PKG_VERSION")) "/rules/" (page.id) ".md" } { (page.id) }
                ": " (page.meta.summary) " "
            }
            @if !owners.is_empty() { "Owned by " (escape::line(&owners.join(", "))) ". " }
            a href={ "#" (anchor) } { "Link to this finding" }
        }
    }
}

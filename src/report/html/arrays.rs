//! Who writes which array: for each collection a map, and a table of every write with its guard and key.
//!
//! Input: the write paths of a run. Output: markup. Must not know: how a map is drawn.

use super::anchors::Anchors;
use super::map::map;
use crate::diagnostic::WritePath;
use crate::report::paths::graph::{Tone, array_name, graph};
use crate::report::{Run, counted, escape};
use maud::{Markup, html};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Collections with something to look at that are open from the start.
const OPEN: usize = 5;

pub fn arrays(run: &Run<'_>, anchors: &Anchors) -> Markup {
    let mut collections: BTreeMap<Option<&str>, Vec<&WritePath>> = BTreeMap::new();
    for path in run.analysis.paths.iter().filter(|path| is_reported(run, path)) {
        collections.entry(path.collection.as_deref()).or_default().push(path);
    }
    let mut collections: Vec<_> = collections.into_iter().collect();
    collections.sort_by_cached_key(|(name, paths)| (Reverse(counts(paths)), name.is_none(), *name));
    html! {
        @if collections.is_empty() { p { "No write of an array was recognised." } }
        @else {
            p {
                "For each collection: what starts the work, the functions that write, and the arrays that they write. "
                "The tables below the maps say the same, with the guard in the filter and the key that it asks for."
            }
            (legend())
        }
        @for (at, (name, paths)) in collections.iter().enumerate() {
            (collection(run, anchors, *name, paths, at < OPEN && counts(paths).0 > 0))
        }
    }
}

fn is_reported(run: &Run<'_>, path: &WritePath) -> bool {
    run.sources.is_reported(path.place.file)
}

/// Writes that a rule reports, and those that nothing guards.
fn counts(paths: &[&WritePath]) -> (usize, usize) {
    let of = |tone| paths.iter().filter(|path| Tone::of(&path.verdict) == tone).count();
    (of(Tone::Reported), of(Tone::Open))
}

fn legend() -> Markup {
    let entries = [
        (Tone::Reported, "a rule reports the write"),
        (Tone::Open, "nothing refuses a second write"),
        (Tone::Safe, "guarded, optimistic or in a transaction"),
        (Tone::Neutral, "removal, change in place, new document"),
    ];
    html! {
        ul.legend aria-label="Lines of the maps" {
            @for (tone, text) in entries {
                li {
                    svg width="44" height="12" aria-hidden="true" { path.edge.(tone.name()) d="M2 6L42 6" {} }
                    " " (text)
                }
            }
        }
    }
}

fn collection(run: &Run<'_>, anchors: &Anchors, name: Option<&str>, paths: &[&WritePath], is_open: bool) -> Markup {
    let shown = name.map_or("any collection".to_owned(), escape::line);
    let mut arrays: BTreeMap<&str, Vec<&WritePath>> = BTreeMap::new();
    for path in paths {
        arrays.entry(&path.array).or_default().push(path);
    }
    let (reported, open) = counts(paths);
    let sorted = arrays.values().flatten().copied();
    html! {
        details.collection open[is_open] {
            summary {
                h3 { (shown) }
                span.where { (counted(arrays.len(), "array")) ", " (counted(paths.len(), "write")) }
                @if reported > 0 { span.badge.error { (reported) " reported" } }
                @if open > 0 { span.badge.warning { (open) " unguarded" } }
            }
            div.body {
                (map(&graph(run, sorted), &shown))
                (table(run, anchors, &shown, &arrays))
            }
        }
    }
}

fn table(run: &Run<'_>, anchors: &Anchors, name: &str, arrays: &BTreeMap<&str, Vec<&WritePath>>) -> Markup {
    let columns = ["Written by", "Started by", "Write", "Kind", "Guard", "Key", "Lock", "Result", "Verdict"];
    html! {
        div.scroll role="group" aria-label={ "Writes of the arrays of " (name) } tabindex="0" {
            table.writes {
                thead { tr { @for column in columns { th scope="col" { (column) } } } }
                @for paths in arrays.values() {
                    tbody {
                        @if let Some(first) = paths.first() {
                            tr { th.array scope="rowgroup" colspan=(columns.len()) {
                                code { (escape::line(&array_name(first))) }
                                @if paths.iter().any(|path| path.tracked) { " " span.badge.tracked { "tracked" } }
                            } }
                        }
                        @for path in paths { (row(run, anchors, path)) }
                    }
                }
            }
        }
    }
}

fn row(run: &Run<'_>, anchors: &Anchors, path: &WritePath) -> Markup {
    let Some(spot) = run.locate(path.place) else { return Markup::default() };
    let entries: Vec<String> = path
        .callers
        .iter()
        .filter_map(|caller| Some(format!("{} {}", caller.entry?, escape::line(&caller.function))))
        .collect();
    let text = |text: Option<&str>| html! { @match text { Some(text) => code { (escape::line(text)) }, None => "–" } };
    let list = |names: &[String]| escape::line(&names.join(", "));
    html! {
        tr class={ "tone-" (Tone::of(&path.verdict).name()) } {
            td {
                code { (escape::line(&path.function)) } br;
                span.site { (escape::line(&spot.file.path)) ":" (spot.start.line) }
            }
            td { @if entries.is_empty() { "–" } @for entry in &entries { div { (entry) } } }
            td { code { (path.operator) } }
            td { @if path.kinds.is_empty() { "–" } @else { (list(&path.kinds)) } }
            td { (text(path.guard.as_deref())) }
            td { @if path.key.is_empty() { "–" } @else { code { (list(&path.key)) } } }
            td { (text(path.lock.as_deref())) }
            td { (path.result_read.map_or("–", |read| if read { "read" } else { "dropped" })) }
            td { (verdict(anchors, path)) }
        }
    }
}

/// The verdict; a rule leads to its finding.
fn verdict(anchors: &Anchors, path: &WritePath) -> Markup {
    html! {
        @for (at, word) in path.verdict.split(", ").enumerate() {
            @if at > 0 { ", " }
            @match anchors.at(path.place, word) {
                Some(anchor) => a href={ "#" (anchor) } { (word) },
                None => (word),
            }
        }
    }
}

//! One page for a browser, whole in itself: the findings with their witnesses and code, and the write paths of the project.
//!
//! Input: a run. Output: one HTML document that loads nothing, reads without a script, and whose bytes depend on the run
//! alone. Must not know: the command line.

mod anchors;
mod arrays;
mod code;
mod data;
mod filters;
mod finding;
mod map;
mod mend;
mod witness;

use super::json;
use super::summary::{left_out, looked_at, not_followed};
use super::{Run, Shown, counted, nothing};
use crate::diagnostic::Level;
use anchors::{Anchors, owners};
use data::{embedded, policy};
use finding::{Entry, finding};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Serialize;
use std::io::{self, Write};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// So few findings are all open from the start.
const FEW: usize = 6;

/// The data of the page: the JSON report, and who owns the file of each finding.
#[derive(Serialize)]
struct Data<'a> {
    report: json::Log<'a>,
    owners: Vec<&'a [String]>,
}

pub fn write(run: &Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    let shown: Vec<Shown<'_>> = run.shown().into_iter().filter(|(it, _)| run.locate(it.place).is_some()).collect();
    let owners = |(finding, _): &Shown<'_>| owners(run, finding.place);
    let data = Data { report: json::log(run), owners: shown.iter().map(owners).collect() };
    let page = page(run, &shown, &embedded(&data)?);
    out.write_all(page.into_string().as_bytes())?;
    writeln!(out)
}

fn page(run: &Run<'_>, shown: &[Shown<'_>], data: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(STYLE, SCRIPT));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(concat!("pushguard ", env!("CARGO_PKG_VERSION")));
                title { "pushguard report" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#findings" { "Skip to the findings" }
                header {
                    h1 { "pushguard report" }
                    (totals(run, shown))
                    nav aria-label="Parts of the report" {
                        a href="#findings" { "Findings" }
                        a href="#paths" { "Write paths" }
                        a href="#coverage" { "What was looked at" }
                    }
                }
                main { (parts(run, shown)) }
                script type="application/json" id="data" { (PreEscaped(data)) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

fn totals(run: &Run<'_>, shown: &[Shown<'_>]) -> Markup {
    let levels = [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Info, "info")];
    let proven = shown.iter().filter(|(finding, by)| by.is_none() && finding.proof.is_proven()).count();
    let accepted = run.analysis.accepted.len();
    html! {
        ul.totals aria-label="Totals" {
            @for (level, noun) in levels {
                li.(noun) { (counted(run.count(level), noun)) }
            }
            li.proven { (proven) " proven" }
            @if accepted > 0 { li.suppressed { (accepted) " accepted" } }
        }
    }
}

fn parts(run: &Run<'_>, shown: &[Shown<'_>]) -> Markup {
    let anchors = Anchors::new(shown);
    let coverage = &run.analysis.coverage;
    let is_few = shown.len() <= FEW;
    html! {
        section #findings {
            h2 { "Findings" }
            @if shown.is_empty() { p { (nothing(run)) } } @else { (filters::filters(run, shown)) }
            @for (at, ((found, by), anchor)) in shown.iter().zip(&anchors.names).enumerate() {
                (finding(run, &Entry { finding: found, by: *by, anchor, at, is_open: is_few || at == 0 }))
            }
        }
        section #paths {
            h2 { "Write paths" }
            (arrays::arrays(run, &anchors))
        }
        section #coverage {
            h2 { "What was looked at" }
            ul {
                li { (mend::prose(&looked_at(coverage))) " in " (counted(run.files(), "file")) }
                @for warning in &coverage.warnings { li.warning { (mend::prose(warning)) } }
                @for line in not_followed(coverage) { li { (mend::prose(&line)) } }
                @if let Some(line) = left_out(&coverage.left_out) { li { (mend::prose(&line)) } }
            }
            p.about { (concat!("pushguard ", env!("CARGO_PKG_VERSION"))) }
        }
    }
}

#[cfg(test)]
mod tests;

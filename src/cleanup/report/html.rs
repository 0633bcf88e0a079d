//! The report as one HTML file without scripts.
//!
//! Input: surveys. Output: HTML. Must not know: other formats.

use super::found::{Survey, differing};
use crate::cleanup::shown;
use crate::cleanup::tally::Affected;
use crate::report::counted;
use crate::report::escape::line;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = "
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { border-bottom: 1px solid #ccc; padding: .25rem .75rem; text-align: left }
td.n, th.n { font-variant-numeric: tabular-nums; text-align: right }
";

pub fn render(surveys: &[Survey]) -> String {
    let mut shown: Vec<&Survey> = surveys.iter().collect();
    shown.sort_by_key(|survey| std::cmp::Reverse(survey.tally.removed()));
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "pushguard cleanup" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Elements that are there twice" }
                @for survey in shown { (one(survey)) }
            }
        }
    };
    page.into_string() + "\n"
}

fn one(survey: &Survey) -> Markup {
    let tally = &survey.tally;
    let worst = tally.worst();
    let more = tally.affected - worst.len() as u64;
    html! {
        h2 { (line(&survey.place)) " " code { (line(&survey.field)) } }
        p {
            (tally.removed()) " of the " (counted(tally.elements, "element")) " of "
            (counted(tally.affected, "document")) " would go; " (tally.documents) " were looked at."
        }
        @if let Some(reason) = &tally.reason {
            p { (counted(tally.unreadable, "document")) " could not be read: " (line(reason)) }
        }
        @if tally.affected > 0 {
            (kinds(survey))
            (documents(&worst))
        }
        @if more > 0 {
            p { "And " (counted(more, "more document")) "." }
        }
    }
}

fn kinds(survey: &Survey) -> Markup {
    html! {
        table {
            tr { th { "Kind" } th { "Key" } th.n { "Documents" } th.n { "Elements" } th.n { "Would go" } }
            @for (kind, count) in survey.identities.kinds().iter().zip(&survey.tally.kinds) {
                tr {
                    td { (line(&kind.name)) }
                    td { code { (line(&kind.shown_key())) } }
                    @for number in [count.documents, count.elements, count.removed] { td.n { (number) } }
                }
            }
        }
    }
}

fn documents(worst: &[&Affected]) -> Markup {
    html! {
        table {
            tr { th { "Worst documents" } th.n { "Elements" } th.n { "Would go" } th { "Unlike what stays, in" } }
            @for document in worst {
                tr {
                    td { code { (line(&shown::id(&document.id))) } }
                    @for number in [document.size, document.removed] { td.n { (number) } }
                    td { (line(&document.differing.as_ref().map_or_else(|| "?".to_owned(), differing))) }
                }
            }
        }
    }
}

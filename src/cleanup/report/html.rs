//! The report as one HTML file without scripts.
//!
//! Input: surveys. Output: HTML. Must not know: other formats.

use super::found::{Survey, differing};
use crate::cleanup::shown;

const HEAD: &str = "<!doctype html>
<html lang=\"en\"><meta charset=\"utf-8\"><title>pushguard cleanup</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { border-bottom: 1px solid #ccc; padding: .25rem .75rem; text-align: left }
td.n, th.n { font-variant-numeric: tabular-nums; text-align: right }
</style>
<h1>Elements that are there twice</h1>
";

pub fn render(surveys: &[Survey]) -> String {
    let mut shown: Vec<&Survey> = surveys.iter().collect();
    shown.sort_by_key(|survey| std::cmp::Reverse(survey.tally.removed()));
    let sections: String = shown.into_iter().map(one).collect();
    format!("{HEAD}{sections}</html>\n")
}

fn one(survey: &Survey) -> String {
    let tally = &survey.tally;
    let mut text = format!("<h2>{} <code>{}</code></h2>\n", escaped(&survey.place), escaped(&survey.field));
    text.push_str(&format!(
        "<p>{} of the {} elements of {} documents would go; {} were looked at.</p>\n",
        tally.removed(),
        tally.elements,
        tally.affected,
        tally.documents
    ));
    if let Some(reason) = &tally.reason {
        let reason = escaped(reason);
        text.push_str(&format!("<p>{} documents could not be read: {reason}</p>\n", tally.unreadable));
    }
    if tally.affected == 0 {
        return text;
    }
    text.push_str("<table><tr><th>Kind<th>Key<th class=n>Documents<th class=n>Elements<th class=n>Would go</tr>\n");
    for (kind, count) in survey.identities.kinds().iter().zip(&tally.kinds) {
        let (name, key) = (escaped(&kind.name), escaped(&kind.shown_key()));
        let numbers = cells([count.documents, count.elements, count.removed]);
        text.push_str(&format!("<tr><td>{name}<td><code>{key}</code>{numbers}</tr>\n"));
    }
    text.push_str("</table>\n<table><tr><th>Worst documents<th class=n>Elements<th class=n>Would go");
    text.push_str("<th>Unlike what stays, in</tr>\n");
    let worst = tally.worst();
    for document in &worst {
        let unlike = document.differing.as_ref().map_or_else(|| "?".to_owned(), differing);
        let (id, unlike) = (escaped(&shown::id(&document.id)), escaped(&unlike));
        let numbers = cells([document.size, document.removed]);
        text.push_str(&format!("<tr><td><code>{id}</code>{numbers}<td>{unlike}</tr>\n"));
    }
    text.push_str("</table>\n");
    let more = tally.affected - worst.len() as u64;
    if more > 0 {
        text.push_str(&format!("<p>And {more} more documents.</p>\n"));
    }
    text
}

fn cells<const N: usize>(numbers: [u64; N]) -> String {
    numbers.iter().map(|number| format!("<td class=n>{number}")).collect()
}

fn escaped(text: &str) -> String {
    let text = crate::report::escape::line(text);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

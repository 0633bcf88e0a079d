//! The report as a table.
//!
//! Input: surveys. Output: lines for a terminal. Must not know: other formats.

use super::found::{Survey, differing};
use crate::cleanup::shown;
use crate::report::{counted, escape};

pub fn render(surveys: &[Survey]) -> String {
    let mut text = String::new();
    let clean = surveys.iter().filter(|survey| survey.tally.affected == 0);
    let mut shown: Vec<&Survey> = surveys.iter().filter(|survey| survey.tally.affected > 0).collect();
    shown.sort_by_key(|survey| std::cmp::Reverse(survey.tally.removed()));
    for survey in shown {
        text.push_str(&one(survey));
        text.push('\n');
    }
    for survey in clean {
        let (place, tally) = (escape::line(&survey.place), &survey.tally);
        text.push_str(&format!(
            "{place} `{}`: nothing is there twice in {}\n",
            escape::line(&survey.field),
            counted(tally.documents, "document")
        ));
        text.push_str(&unreadable(survey));
    }
    text
}

fn one(survey: &Survey) -> String {
    let tally = &survey.tally;
    let mut text = format!(
        "{} `{}`: {} of the {} of {} would go; {} were looked at\n",
        escape::line(&survey.place),
        escape::line(&survey.field),
        tally.removed(),
        counted(tally.elements, "element"),
        counted(tally.affected, "document"),
        tally.documents
    );
    text.push_str(&unreadable(survey));
    let mut rows = vec![["kind", "key", "documents", "elements", "would go"].map(str::to_owned)];
    for (kind, count) in survey.identities.kinds().iter().zip(&tally.kinds) {
        let numbers = [count.documents, count.elements, count.removed].map(|number| number.to_string());
        let [documents, elements, removed] = numbers;
        rows.push([escape::line(&kind.name), escape::line(&kind.shown_key()), documents, elements, removed]);
    }
    text.push('\n');
    text.push_str(&aligned(&rows, 2));
    let worst = tally.worst();
    let mut rows = vec![["worst documents", "elements", "would go", "unlike what stays, in"].map(str::to_owned)];
    for document in &worst {
        let unlike = document.differing.as_ref().map_or_else(|| "?".to_owned(), differing);
        let id = escape::line(&shown::id(&document.id));
        rows.push([id, document.size.to_string(), document.removed.to_string(), escape::line(&unlike)]);
    }
    text.push('\n');
    text.push_str(&aligned(&rows, 1));
    let more = tally.affected - worst.len() as u64;
    if more > 0 {
        text.push_str(&format!("  and {}; `--top N` shows more\n", counted(more, "more document")));
    }
    text
}

fn unreadable(survey: &Survey) -> String {
    match &survey.tally.reason {
        Some(reason) => {
            let (documents, reason) = (counted(survey.tally.unreadable, "document"), escape::line(reason));
            format!("  {documents} could not be read, such as one where {reason}\n")
        }
        None => String::new(),
    }
}

/// Rows of cells; the first `texts` columns are texts, the others, unless last, numbers.
fn aligned<const N: usize>(rows: &[[String; N]], texts: usize) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..N).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells =
            row.iter().enumerate().map(|(column, cell)| match (column < texts, column + 1 == N && texts == 1) {
                (true, _) => format!("{cell:<width$}", width = widths[column]),
                (false, true) => cell.clone(),
                (false, false) => format!("{cell:>width$}", width = widths[column]),
            });
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(&format!("  {}\n", line.trim_end()));
    }
    text
}

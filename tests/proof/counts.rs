//! What the runs counted, as a table in `target/proof.md`.

use super::crew::Outcome;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

const HEADER: [&str; 6] = ["documents", "elements", "before", "documents harmed", "after", "wrong after"];

#[derive(Default)]
pub struct Counts {
    rules: BTreeMap<String, String>,
    guards: BTreeMap<String, String>,
}

impl Counts {
    pub fn rule(&mut self, name: &str, documents: usize, before: &Outcome, after: &Outcome) {
        self.rules.insert(name.to_owned(), cells(documents, before, after));
    }

    pub fn guard(&mut self, name: &str, documents: usize, racy: &Outcome, safe: &Outcome) {
        self.guards.insert(name.to_owned(), cells(documents, racy, safe));
    }

    /// Nothing where nothing was run.
    pub fn write(&self) {
        let mut text = String::new();
        for (title, rows) in [("rule", &self.rules), ("row of the guard table", &self.guards)] {
            if !rows.is_empty() {
                writeln!(text, "| {title} | {} |\n|---|{}", HEADER.join(" | "), "---:|".repeat(HEADER.len())).unwrap();
            }
            for (name, cells) in rows {
                writeln!(text, "| {name} | {cells} |").unwrap();
            }
            text.push('\n');
        }
        if text.trim().is_empty() {
            return;
        }
        std::fs::write(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("target/proof.md"),
            text.trim_end().to_owned() + "\n",
        )
        .unwrap();
    }
}

fn cells(documents: usize, before: &Outcome, after: &Outcome) -> String {
    let expected = match before.expected == after.expected {
        true => before.expected.to_string(),
        false => format!("{}, {}", before.expected, after.expected),
    };
    format!("{documents} | {expected} | {} | {} | {} | {}", before.found, before.wrong, after.found, after.wrong)
}

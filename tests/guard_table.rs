//! The truth table of guards, judged by a whole analysis.
//!
//! Where the engine is wrong, `WRONG_TODAY` holds its answer exactly, so that mending one shrinks the list.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod guards;
mod support;

use guards::Row;
use pushguard::config::Config;
use pushguard::diagnostic::Level;
use support::{File, hits};

/// What the engine gets wrong: row, twin, its answer.
const WRONG_TODAY: &[(&str, &str, &str)] = &[("$nor $elemMatch", "racy", "nothing"), ("in place", "racy", "nothing")];

/// The rules of a program, each with its level, where one of them is not as it should be.
fn wrong(row: &Row, is_racy: bool) -> Option<String> {
    let text = if is_racy { &row.racy } else { &row.safe };
    let act = text.lines().position(|line| line.ends_with("// act")).unwrap() as u32 + 1;
    let files: Vec<File> = vec![("cart.js".to_owned(), text.clone())];
    let mut found = hits(&files, &Config::default());
    assert!(found.iter().all(|hit| hit.rule != "syntax-error"), "{}: the program must parse\n{text}", row.name);
    found.retain(|hit| hit.level >= Level::Warning);
    let is_right = match is_racy {
        true => found.iter().any(|hit| hit.rule == row.rule && hit.at.line == act),
        false => found.is_empty(),
    };
    let mut said: Vec<&str> = found.iter().map(|hit| hit.rule).collect();
    said.dedup();
    (!is_right).then(|| if said.is_empty() { "nothing".to_owned() } else { said.join(", ") })
}

#[test]
fn each_row_holds_in_both_directions() {
    let mut found = Vec::new();
    for row in &guards::rows() {
        for (twin, is_racy) in [("racy", true), ("safe", false)] {
            found.extend(wrong(row, is_racy).map(|answer| (row.name, twin, answer)));
        }
    }
    let mut known: Vec<(&str, &str, String)> =
        WRONG_TODAY.iter().map(|(row, twin, said)| (*row, *twin, (*said).to_owned())).collect();
    found.sort();
    known.sort();
    assert_eq!(found, known, "the engine's mistakes are not those of WRONG_TODAY");
}

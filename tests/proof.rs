//! On a real server: what pushguard reports does harm, and what it is silent on does not.
//!
//! For each rule a program that the rule finds and its mended form, and for each row of the guard table its twins, run by two
//! processes of five workers that do the same operation on many documents. Before, the documents hold an element twice or lack
//! one; after, each holds exactly its own. `PUSHGUARD_DOCUMENTS` is the number of documents; the counts are left in
//! `target/proof.md`.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

#[path = "proof/counts.rs"]
mod counts;
#[path = "proof/crew.rs"]
mod crew;
mod guards;
mod mongod;
#[path = "proof/programs.rs"]
mod programs;
mod shell;
mod support;
mod tools;

use counts::Counts;
use crew::{Crew, Job, Outcome};
use libtest_mimic::{Arguments, Failed, Trial};
use programs::Program;
use std::sync::{Arc, Mutex};

/// Documents of a program, and of a twin.
const DOCUMENTS: (usize, usize) = (40, 12);

fn main() {
    let arguments = Arguments::from_args();
    let programs = programs::all();
    let mut trials = vec![Trial::test("every rule has a program, or a reason why not", programs::cover_the_rules)];
    for program in &programs {
        let one = program.clone();
        trials.push(Trial::test(format!("reported::{}", program.name), move || one.is_reported_until_mended()));
    }
    let crew = if arguments.list { None } else { Crew::start() };
    let crew = crew.map(|crew| Arc::new(Mutex::new(crew)));
    let counts = Arc::new(Mutex::new(Counts::default()));
    // What needs no server is tried without one, too.
    if crew.is_some() || arguments.list {
        trials.extend(programs.into_iter().map(|program| rule(program, crew.clone(), counts.clone())));
        trials.extend(guards::rows().into_iter().map(|row| twins(row, crew.clone(), counts.clone())));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    counts.lock().unwrap().write();
    drop(crew);
    conclusion.exit();
}

type Shared = Option<Arc<Mutex<Crew>>>;

fn rule(program: Program, crew: Shared, counts: Arc<Mutex<Counts>>) -> Trial {
    Trial::test(format!("harm::{}", program.name), move || {
        let documents = documents(DOCUMENTS.0);
        let job = |text: &str| Job {
            program: text.to_owned(),
            extension: program.extension,
            scenario: Some(program.scenario.clone()),
            row: None,
            documents,
        };
        let [before, after] = both(&crew, [job(&program.before.1), job(&program.mended().1)])?;
        counts.lock().unwrap().rule(&program.name, documents, &before, &after);
        judge(&before, &after)
    })
}

fn twins(row: guards::Row, crew: Shared, counts: Arc<Mutex<Counts>>) -> Trial {
    Trial::test(format!("guard::{}", row.name), move || {
        let documents = documents(DOCUMENTS.1);
        let job = |text: &str, twin| Job {
            program: text.to_owned(),
            extension: "cjs",
            scenario: None,
            row: Some((row.name, twin)),
            documents,
        };
        let [racy, safe] = both(&crew, [job(&row.racy, "racy"), job(&row.safe, "safe")])?;
        counts.lock().unwrap().guard(&format!("{} ({})", row.name, row.rule), documents, &racy, &safe);
        judge(&racy, &safe)
    })
}

fn documents(usual: usize) -> usize {
    std::env::var("PUSHGUARD_DOCUMENTS").map_or(usual, |value| value.parse().unwrap())
}

fn both(crew: &Shared, jobs: [Job; 2]) -> Result<[Outcome; 2], Failed> {
    let mut crew = crew.as_ref().ok_or("no server")?.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let [before, after] = jobs.map(|job| crew.run(&job));
    Ok([before?, after?])
}

/// The harm is there in each document that is written in turn, and in none at all afterwards.
fn judge(before: &Outcome, after: &Outcome) -> Result<(), Failed> {
    let mut problems = Vec::new();
    if before.in_turn == 0 || before.wrong_in_turn < before.in_turn {
        problems.push(format!(
            "before: only {} of {} documents that are written in turn show harm",
            before.wrong_in_turn, before.in_turn
        ));
    }
    if after.wrong > 0 {
        problems.push(format!("after: {} documents are wrong\n{}", after.wrong, after.examples.join("\n")));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

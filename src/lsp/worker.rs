//! The thread that analyses.
//!
//! Input: one job at a time. Output: its outcome on a channel. A panic is an outcome like any other: the thread lives on.
//! Must not know: the protocol, when an analysis is due.

use super::project::{Job, Project, Report};
use crate::analysis::Cancel;
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

/// What became of the job for a root, told by its folder.
pub struct Outcome {
    pub folder: PathBuf,
    /// `None` when it was given up; or what the panic said.
    pub report: Result<Option<Report>, String>,
}

pub struct Worker {
    jobs: Sender<Order>,
    pub outcomes: Receiver<Outcome>,
}

enum Order {
    Analyse(Box<Job>, Cancel),
    Forget(PathBuf),
}

impl Worker {
    pub fn start() -> Self {
        let (jobs, orders) = unbounded();
        let (done, outcomes) = unbounded();
        std::thread::spawn(move || work(&orders, &done));
        Self { jobs, outcomes }
    }

    pub fn analyse(&self, job: Job, cancel: Cancel) {
        // The thread ends only with this sender.
        let _ = self.jobs.send(Order::Analyse(Box::new(job), cancel));
    }

    /// Frees what is remembered of a root.
    pub fn forget(&self, folder: PathBuf) {
        let _ = self.jobs.send(Order::Forget(folder));
    }
}

fn work(orders: &Receiver<Order>, done: &Sender<Outcome>) {
    let mut projects: BTreeMap<PathBuf, Project> = BTreeMap::new();
    for order in orders {
        match order {
            Order::Forget(folder) => drop(projects.remove(&folder)),
            Order::Analyse(job, cancel) => {
                let folder = job.root.folder.clone();
                let project = projects.entry(folder.clone()).or_default();
                let report = survive(|| project.run(&job, &cancel));
                if done.send(Outcome { folder, report }).is_err() {
                    return;
                }
            }
        }
    }
}

/// Runs it; a panic becomes its message. Everything that a run changes is replaced whole, so that a run which stops half
/// way leaves nothing that the next one could trip over.
fn survive<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| said(panic.as_ref()))
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("an unknown panic").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_outcome_with_its_words() {
        assert_eq!(survive(|| 1), Ok(1));
        assert_eq!(survive(|| -> u8 { panic!("index {} of a", 3) }), Err("index 3 of a".to_owned()));
        assert_eq!(survive(|| -> u8 { panic!("plain") }), Err("plain".to_owned()));
    }
}

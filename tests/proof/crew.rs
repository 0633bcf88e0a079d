//! The Node processes that run programs against a server: one job a line to the coordinator, one outcome a line back.

use super::mongod::Server;
use super::tools;
use libtest_mimic::Failed;
use serde::Deserialize;
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tempfile::TempDir;

/// A program and what is done with it: a scenario of its own, or the row and the twin of the guard table.
pub struct Job {
    pub program: String,
    pub extension: &'static str,
    pub scenario: Option<String>,
    pub row: Option<(&'static str, &'static str)>,
    pub documents: usize,
}

/// What the documents hold in the end.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Outcome {
    failures: Vec<String>,
    /// Elements that should be there, and that are.
    pub expected: usize,
    pub found: usize,
    /// Documents that do not hold exactly theirs.
    pub wrong: usize,
    /// Documents whose writes wait for each other, and those of them that are wrong.
    pub in_turn: usize,
    pub wrong_in_turn: usize,
    pub examples: Vec<String>,
}

pub struct Crew {
    process: Child,
    jobs: ChildStdin,
    outcomes: BufReader<ChildStdout>,
    /// The runner and the programs, beside the packages that they import.
    folder: TempDir,
    jobs_sent: usize,
    _server: Server,
}

impl Crew {
    /// `None` where the tools or the server are missing.
    pub fn start() -> Option<Self> {
        let modules = tools::node_modules();
        if !["mongodb", "mongoose"].iter().all(|name| tools::is_there(&modules.join(name).join("package.json"))) {
            return None;
        }
        let server = Server::start_replica_set()?;
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(modules, folder.path().join("node_modules")).unwrap();
        let runner = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/proof");
        for name in [
            "run/coordinator.mjs",
            "run/crew.mjs",
            "run/documents.mjs",
            "run/steps.mjs",
            "run/worker.mjs",
            "guards.mjs",
        ] {
            let copy = folder.path().join(name);
            std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
            std::fs::copy(runner.join(name), copy).unwrap();
        }
        let mut process = Command::new("node")
            .arg(folder.path().join("run/coordinator.mjs"))
            .env("PROOF_URI", format!("{}/?directConnection=true", server.uri()))
            .env_remove("NODE_OPTIONS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (jobs, outcomes) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        Some(Self { process, jobs, outcomes, folder, jobs_sent: 0, _server: server })
    }

    pub fn run(&mut self, job: &Job) -> Result<Outcome, Failed> {
        // A module is loaded once: a file of its own for each job.
        self.jobs_sent += 1;
        let folder = self.folder.path().join(format!("job{}", self.jobs_sent));
        std::fs::create_dir(&folder).unwrap();
        let module = folder.join(format!("program.{}", job.extension));
        std::fs::write(&module, &job.program).unwrap();
        let scenario = match &job.scenario {
            Some(text) => {
                let path = folder.join("scenario.mjs");
                std::fs::write(&path, text).unwrap();
                path
            }
            None => self.folder.path().join("guards.mjs"),
        };
        let (row, twin) = job.row.unzip();
        let line =
            json!({ "module": module, "scenario": scenario, "row": row, "twin": twin, "documents": job.documents });
        writeln!(self.jobs, "{line}").unwrap();
        let mut told = String::new();
        self.outcomes.read_line(&mut told).unwrap();
        let outcome: Outcome = serde_json::from_str(&told).map_err(|error| format!("{error}: {told:?}"))?;
        if outcome.failures.is_empty() { Ok(outcome) } else { Err(outcome.failures.join("\n").into()) }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        // Its workers end with it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

//! A MongoDB server for tests: found, started on a free port of this machine, and stopped.
//!
//! The program is `PUSHGUARD_MONGOD`, else what `.ci/tools` installs, else `mongod` on the `PATH`. Without one a test is skipped,
//! and says so; where `PUSHGUARD_REQUIRE_TOOLS` is set it fails.

#![allow(dead_code, reason = "each test program uses its own part")]

pub mod wire;

use bson::doc;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use wire::Connection;

/// How long a server may take to start on a machine that has not read its program yet.
const START: Duration = Duration::from_secs(30);
/// Ports that are tried.
const PORTS: u32 = 5;
const SET: &str = "proof";
/// Transactions want a replica set. Test commands make the server fail where it is told to.
const REPLICA_SET: &[&str] = &["--replSet", SET, "--oplogSize", "64", "--setParameter", "enableTestCommands=1"];

/// A running server, which ends with this value.
pub struct Server {
    process: Child,
    program: PathBuf,
    port: u16,
    data: tempfile::TempDir,
    options: &'static [&'static str],
}

impl Server {
    /// `None` where there is no program.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// A replica set of one member, which has been elected.
    pub fn start_replica_set() -> Option<Self> {
        let server = Self::start_with(REPLICA_SET)?;
        let mut connection = server.connect();
        let member = doc! { "_id": 0, "host": format!("127.0.0.1:{}", server.port) };
        connection.done(doc! { "replSetInitiate": { "_id": SET, "members": [member] }, "$db": "admin" });
        let start = Instant::now();
        while connection.done(doc! { "hello": 1, "$db": "admin" }).get_bool("isWritablePrimary").ok() != Some(true) {
            assert!(start.elapsed() < START, "no member was elected");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(server)
    }

    fn start_with(options: &'static [&'static str]) -> Option<Self> {
        let Some(program) = program() else {
            skip();
            return None;
        };
        // A port that is free now may be taken by another test before the server has it.
        (0..PORTS).find_map(|_| {
            let data = tempfile::tempdir().unwrap();
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
            let process = spawn(&program, port, data.path(), options);
            let mut server = Self { process, program: program.clone(), port, data, options };
            match server.wait() {
                Ok(()) => Some(server),
                Err(log) => {
                    assert!(log.contains("Address already in use"), "{log}");
                    None
                }
            }
        })
    }

    /// Stops at once, as in a power cut.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts again on the same data, at the same port.
    pub fn start_again(&mut self) {
        self.process = spawn(&self.program, self.port, self.data.path(), self.options);
        self.wait().unwrap();
    }

    /// Waits until this very server answers; else what it has logged.
    fn wait(&mut self) -> Result<(), String> {
        let start = Instant::now();
        while !self.is_up() {
            let ended = self.process.try_wait().unwrap();
            if ended.is_some() || start.elapsed() >= START {
                let log = std::fs::read_to_string(self.data.path().join("log")).unwrap_or_default();
                return Err(format!("mongod did not start: {ended:?}\n{log}"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Whether what answers at the port is this process.
    fn is_up(&self) -> bool {
        let status = Connection::open(self.port)
            .and_then(|mut connection| connection.try_run(&[doc! { "serverStatus": 1, "$db": "admin" }]));
        status.is_ok_and(|replies| {
            replies.iter().any(|reply| reply.get_i64("pid").ok() == Some(i64::from(self.process.id())))
        })
    }

    /// The connection string for a driver.
    pub fn uri(&self) -> String {
        format!("mongodb://127.0.0.1:{}", self.port)
    }

    pub fn connect(&self) -> Connection {
        Connection::open(self.port).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(program: &Path, port: u16, data: &Path, options: &[&str]) -> Child {
    Command::new(program)
        .args(["--bind_ip", "127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25", "--port"])
        .arg(port.to_string())
        .arg("--dbpath")
        .arg(data)
        .arg("--logpath")
        .arg(data.join("log"))
        .arg("--logappend")
        .args(["--wiredTigerEngineConfigString", "log=(file_max=8MB,prealloc=false)"])
        .args(["--setParameter", "diagnosticDataCollectionEnabled=false"])
        .args(options)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("PUSHGUARD_MONGOD") {
        let named = PathBuf::from(named);
        assert!(named.is_file(), "PUSHGUARD_MONGOD is no file: {}", named.display());
        return Some(named);
    }
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/mongodb/fiftyone/db/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::iter::once(installed).chain(std::env::split_paths(&path));
    folders.find_map(|folder| Some(folder.join("mongod")).filter(|program| program.is_file()))
}

fn skip() {
    let message = "SKIPPED for want of mongod: run .ci/tools, or name one in PUSHGUARD_MONGOD";
    assert!(std::env::var_os("PUSHGUARD_REQUIRE_TOOLS").is_none(), "{message}");
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    // Not `eprintln!`, which the test program keeps to itself.
    std::io::stderr().write_all(format!("{name}: {message}\n").as_bytes()).unwrap();
}

//! A MongoDB server of its own for a test program, on a loopback port and with a folder that goes with it.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A cold start reads the binary from the disk.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Server {
    process: Child,
    port: u16,
    _data: TempDir,
}

/// Where the server is installed.
pub fn binary() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/mongodb/fiftyone/db/bin/mongod")
}

impl Server {
    /// A server that accepts connections.
    pub fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(binary());
        command.args(["--bind_ip", "127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25", "--port"]);
        command.arg(port.to_string()).arg("--dbpath").arg(data.path());
        command.args(["--wiredTigerEngineConfigString", "log=(file_max=8MB,prealloc=false)"]);
        command.args(["--setParameter", "diagnosticDataCollectionEnabled=false"]);
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut server = Self { process, port, _data: data };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = server.process.try_wait().unwrap();
            assert!(ended.is_none() && start.elapsed() < PATIENCE, "the server does not start: {ended:?}");
            thread::sleep(Duration::from_millis(50));
        }
        server
    }

    pub fn uri(&self) -> String {
        format!("mongodb://127.0.0.1:{}/?directConnection=true", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already cannot be ended again.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

//! Runs a program that may never end: git waits for a pipe that stands where it looks for a file.
//!
//! Input: a command and a time. Output: what it printed; nothing where it did not end. Must not know: what is run.

use std::io::{self, Read};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// `None` for a program that was ended because its time was over.
pub fn output(mut command: Command, most: Duration) -> io::Result<Option<Output>> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let end = Instant::now() + most;
    let (stdout, stderr) = (collect(child.stdout.take()), collect(child.stderr.take()));
    let left = || end.saturating_duration_since(Instant::now());
    let texts = stdout.recv_timeout(left()).and_then(|stdout| Ok((stdout, stderr.recv_timeout(left())?)));
    let Ok((stdout, stderr)) = texts else {
        let _ = child.kill();
        child.wait()?;
        return Ok(None);
    };
    Ok(Some(Output { status: child.wait()?, stdout, stderr }))
}

/// All that comes out of a pipe, once it is closed.
fn collect(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        // Nobody may wait any more.
        let _ = sender.send(bytes);
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_program_that_does_not_end_is_ended() {
        let run = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]).stdin(Stdio::null());
            output(command, Duration::from_millis(500)).expect("a shell")
        };
        let started = Instant::now();
        assert!(run("echo started; exec sleep 60").is_none());
        assert!(started.elapsed() < Duration::from_secs(30));
        let ended = Duration::from_secs(30);
        let mut command = Command::new("sh");
        command.args(["-c", "head -c 300000 /dev/zero; echo no >&2; exit 3"]).stdin(Stdio::null());
        let output = output(command, ended).expect("a shell").expect("an end");
        assert_eq!((output.status.code(), output.stdout.len(), &*output.stderr), (Some(3), 300_000, &b"no\n"[..]));
    }
}

//! Waits for a server that is away.
//!
//! Input: something that fails while a server restarts or another becomes primary. Output: what it gives once that is over, or the
//! error. Must not know: what is done.

use mongodb::error::{Error, ErrorKind};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may be away.
const AWAY: Duration = Duration::from_secs(120);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Codes of a server that stops, starts or is no longer primary, and of a cursor that went with it.
pub const PASSING: [i32; 16] = [6, 7, 43, 89, 91, 134, 189, 237, 262, 9001, 10107, 11600, 11602, 13388, 13435, 13436];

pub fn patiently<T>(mut act: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    let start = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        match act() {
            Err(error) if is_passing(&error) && start.elapsed() < AWAY => {
                thread::sleep(pause);
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            done => return done,
        }
    }
}

pub fn is_passing(error: &Error) -> bool {
    match &*error.kind {
        ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. } | ErrorKind::ServerSelection { .. } => true,
        ErrorKind::Command(command) => PASSING.contains(&command.code),
        _ => error.contains_label("RetryableWriteError"),
    }
}

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

pub fn patiently<T>(act: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    while_away(AWAY, act)
}

fn while_away<T>(longest: Duration, mut act: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    let mut failing: Option<Instant> = None;
    let mut pause = FIRST_PAUSE;
    loop {
        let begun = Instant::now();
        match act() {
            Err(error) if is_passing(&error) => {
                // What took longer than a server may be away had a server in the meantime.
                if begun.elapsed() >= longest {
                    (failing, pause) = (None, FIRST_PAUSE);
                }
                if failing.get_or_insert_with(Instant::now).elapsed() >= longest {
                    return Err(error);
                }
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

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: Duration = Duration::from_millis(300);

    fn broken() -> Error {
        Error::from(std::io::Error::other("the connection broke"))
    }

    #[test]
    fn the_time_that_went_well_before_a_failure_does_not_count() {
        let mut left = 3;
        let done = while_away(LONGEST, || {
            left -= 1;
            thread::sleep(LONGEST);
            if left == 0 { Ok(()) } else { Err(broken()) }
        });
        assert!(done.is_ok(), "{done:?}");
    }

    #[test]
    fn a_server_that_stays_away_is_given_up() {
        let start = Instant::now();
        let done: Result<(), Error> = while_away(LONGEST, || Err(broken()));
        assert!(done.is_err() && start.elapsed() >= LONGEST);
    }
}

//! The backup: each element that goes, on disk before it goes.
//!
//! Input: operations, and how they ended. Output: a file of one JSON document a line, what it holds when it is read
//! again, and notes in it of what was put back.
//! Must not know: servers.

mod line;
mod notes;
mod reader;
mod writer;

pub use line::{Header, Outcome};
pub use notes::Notes;
pub use reader::{Backups, Group, Recorded};
pub use writer::Backup;

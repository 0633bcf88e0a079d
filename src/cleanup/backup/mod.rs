//! The backup: each element that goes, on disk before it goes.
//!
//! Input: operations, and how they ended. Output: a file of one JSON document a line, and what it holds when it is read again.
//! Must not know: servers.

mod line;
mod reader;
mod writer;

pub use line::{Entry, Header, Outcome};
pub use reader::{Backups, Group};
pub use writer::Backup;

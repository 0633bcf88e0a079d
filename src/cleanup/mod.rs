//! The clean-up of arrays that already hold elements twice.
//!
//! Input: the tracked arrays of the configuration, and a server or an exported file. Output: what would go, or what went, with a
//! backup of each element. Only [`server`] needs the driver of the database, which the feature `cleanup` brings.
//! Must not know: the command line, JavaScript.

pub mod backup;
pub mod canonical;
pub mod identity;
pub mod offline;
pub mod operation;
pub mod plan;
pub mod report;
pub mod restore;
#[cfg(feature = "cleanup")]
pub mod server;
pub mod shown;
pub mod tally;
pub mod tracked;

/// What reading BSON gives: bytes that a server sends need not be valid, a text for instance.
pub type Read<T> = Result<T, bson::error::Error>;

#[cfg(test)]
mod tests;

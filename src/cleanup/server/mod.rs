//! The clean-up on a server.
//!
//! Input: where the arrays are, what to do. Output: tallies, changed documents. The only part that speaks to a database.
//! Must not know: the command line, formats.

mod connect;
mod explain;
mod left;
mod patience;
mod put_back;
mod ranges;
mod remove;
mod scope;
mod send;
mod stages;
mod statement;
mod survey;

pub use connect::Connection;
pub use explain::explain;
pub use left::Left;
pub use put_back::{Restored, put_back};
pub use remove::{Removed, remove};
pub use scope::{Target, Wanted, exactly, targets};
pub use survey::{Pace, survey};

/// Who watches a run.
pub trait Watch: Sync {
    /// Documents to look at in all.
    fn expect(&self, documents: u64);
    /// Documents that were looked at, or put right.
    fn advance(&self, documents: u64);
    /// Elements that were removed or put back.
    fn moved(&self, elements: u64);
}

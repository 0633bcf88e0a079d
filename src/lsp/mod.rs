//! The language server: the analysis of whole projects while their files are being edited.
//!
//! Input: the language server protocol on standard input. Output: the same on standard output, and an exit code.
//! One thread answers messages and never waits for an analysis; another one analyses.
//! Must not know: the command line, how findings come about.

mod actions;
mod address;
mod answers;
mod diagnostics;
mod documents;
mod held;
mod hover;
mod lifecycle;
mod notifications;
mod project;
mod published;
mod requests;
mod roots;
mod session;
mod suppression;
mod transport;
mod worker;

use std::time::Duration;

/// Serves one client until it says `exit` or closes standard input. 0 when it asked for the shutdown, otherwise 1.
/// An analysis that takes longer than `limit` is given up.
pub fn serve(limit: Duration) -> u8 {
    let (inbound, outbound, writer) = transport::stdio();
    let code = session::run(&inbound, outbound, limit);
    // The session has dropped its end, so the writer stops when the last message is out.
    let _ = writer.join();
    code
}

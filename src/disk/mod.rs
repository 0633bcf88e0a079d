//! The disk, as one that a stranger may have prepared: a read cannot block or go on for ever, a write cannot be led
//! elsewhere or stop half way.
//!
//! Input: paths. Output: bytes, and files. Must not know: what is in them.

mod folder;
mod hold;
mod regular;

pub use folder::Folder;
pub use regular::{probe, read};

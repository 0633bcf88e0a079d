//! What is wrong with a text, and how the parser counts.
//!
//! Input: none. Output: types. Must not know: how a text is parsed.

/// The parser counts positions from 1; a position minus this is a 0-based byte offset.
pub const FIRST_POSITION: u32 = 1;

/// Why a file gives no facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// 0-based byte offsets and what the parser says.
    Syntax { start: u32, end: u32, message: String },
    /// 0-based byte offset where the limit is passed.
    TooDeep { at: u32 },
    /// The analyzer failed on the file, and how.
    Internal { message: String },
}

//! The readings of a text that nest in different ways.
//!
//! Input: none. Output: [`Reading`]. Must not know: tokens, the parser.

/// What a text is read as: the same text nests differently in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// No types: a `<` compares, or opens an element.
    Script,
    /// TypeScript, with elements or without.
    Typed { elements: bool },
    /// Flow, in which a comma between types may have a name and a colon behind it.
    Flow,
}

//! What the parser reads more than once, and how much of it can be paid for.
//!
//! Input: what is open at a token. Output: whether a reading is worth trying. Must not know: tokens, the parser.

use super::reading::Reading;
use crate::limits;

/// What is open in all brackets together.
#[derive(Clone, Copy, Default)]
pub(super) struct Costs {
    pub doubled: u32,
    pub angles: u32,
    pub groups: u32,
    pub labels: u32,
}

impl Costs {
    pub fn combine(self, other: Self, combine: impl Fn(u32, u32) -> u32) -> Self {
        Self {
            doubled: combine(self.doubled, other.doubled),
            angles: combine(self.angles, other.angles),
            groups: combine(self.groups, other.groups),
            labels: combine(self.labels, other.labels),
        }
    }

    /// Whether the work of parsing stays linear in the text.
    pub fn are_affordable(self, reading: Reading) -> bool {
        let typed = self.doubled <= limits::DOUBLED && self.angles <= limits::ANGLES;
        let labels = self.labels <= limits::LABELS;
        labels
            && match reading {
                Reading::Script => true,
                Reading::Typed { .. } => typed,
                Reading::Flow => typed && self.groups <= limits::GROUPS,
            }
    }
}

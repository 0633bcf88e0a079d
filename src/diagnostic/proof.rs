//! Whether the harm of a finding was shown.
//!
//! Must not know: how a witness is found, formats.

use super::packed::Packed;
use super::witness::Witness;

/// Whether the harm of a finding was shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Proof {
    /// Nobody asked: the rule is not about what is stored, or the finding is no race.
    #[default]
    NotJudged,
    Proven(Packed),
    /// Why no witness was found, such as "the filter comes from a call that is not followed".
    Unproven(String),
}

impl Proof {
    pub const fn is_proven(&self) -> bool {
        matches!(self, Proof::Proven(_))
    }

    pub fn witness(&self) -> Option<Witness> {
        match self {
            Proof::Proven(witness) => witness.open(),
            Proof::NotJudged | Proof::Unproven(_) => None,
        }
    }
}

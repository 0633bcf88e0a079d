//! Queries that nobody waits for: a call of a Mongoose model makes a query, which is sent by `await`, `then`, `exec` or a callback.
//!
//! Source: Mongoose, "Queries are Not Promises", "Executing Queries".
//! Input: a call that stands alone. Output: whether it is never sent. Must not know: rules.

use super::link::{Op, Project};
use crate::value::{Node, V};

impl Project {
    /// Whether a call that stands alone makes a query, which is never sent.
    pub(super) fn is_unsent(&self, op: &Op) -> bool {
        let Op::Call { recv: Some(recv), name: Some(name), .. } = op else { return false };
        makes_query(self.arena.text(*name)) && self.is_model_of_mongoose(*recv)
    }

    /// `mongoose.model('User', schema)`, `mongoose.models.User || mongoose.model('User', schema)`
    fn is_model_of_mongoose(&self, value: V) -> bool {
        let alternatives = self.arena.alternatives(value);
        alternatives.iter().all(|(_, value)| match self.arena.node(*value) {
            Node::Call { callee, .. } => {
                self.module_of(*callee) == Some("mongoose")
                    && matches!(self.last_name(*callee), Some("model" | "discriminator"))
            }
            Node::Member(models, _) => {
                self.module_of(*models) == Some("mongoose") && self.last_name(*models) == Some("models")
            }
            _ => false,
        })
    }
}

/// Methods of a model that give a query; those that insert run at once.
fn makes_query(name: &str) -> bool {
    matches!(
        name,
        "updateOne"
            | "updateMany"
            | "update"
            | "replaceOne"
            | "findOneAndUpdate"
            | "findByIdAndUpdate"
            | "findOneAndReplace"
            | "deleteOne"
            | "deleteMany"
            | "remove"
            | "findOneAndDelete"
            | "findOneAndRemove"
            | "findByIdAndDelete"
            | "findByIdAndRemove"
    )
}

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

    /// `mongoose.model('User', schema)`, `mongoose.models.User || mongoose.model('User', schema)`, and of a connection that is
    /// kept outside: `(global.db || new Mongoose()).model('User', schema)`
    pub(super) fn is_model_of_mongoose(&self, value: V) -> bool {
        let alternatives = self.arena.alternatives(value);
        let is_sure = alternatives.iter().any(|(_, value)| match *self.arena.node(*value) {
            Node::Member(models, _) | Node::Index(models, _) => {
                self.last_name(models) == Some("models") && self.module_of(models) == Some("mongoose")
            }
            _ => self.makes_model(*value),
        });
        is_sure
            && alternatives.iter().all(|(_, value)| match *self.arena.node(*value) {
                Node::Call { callee, .. } => self.last_name(callee) == Some("model") || self.makes_model(*value),
                Node::Member(models, _) | Node::Index(models, _) => self.last_name(models) == Some("models"),
                _ => false,
            })
    }

    /// Whether a call surely makes a model: of Mongoose itself, or of a schema of it.
    fn makes_model(&self, value: V) -> bool {
        let Node::Call { callee, args, .. } = self.arena.node(value) else { return false };
        match self.last_name(*callee) {
            Some("discriminator") => self.module_of(*callee) == Some("mongoose"),
            Some("model") => {
                let schema = args.get(1).map(|schema| self.arena.node(*schema));
                self.module_of(*callee) == Some("mongoose")
                    || matches!(schema, Some(Node::New { callee, .. }) if self.module_of(*callee) == Some("mongoose"))
            }
            _ => false,
        }
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

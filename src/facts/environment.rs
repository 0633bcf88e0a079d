//! What is known of the place where the code runs: on a server.
//!
//! Sources: Meteor API, `Meteor.isServer`, `Meteor.isClient`, `Meteor.isCordova`.
//! Input: an object and a key. Output: the value, where the environment settles it. Must not know: MongoDB.

use super::eval::Eval;
use crate::value::{Node, Sym, V};

impl Eval<'_> {
    /// The value of a flag that tells a server from a browser: what a browser runs is no code of a server.
    pub(super) fn settled_by_environment(&mut self, object: V, key: Sym) -> Option<V> {
        let is_server = match self.arena.text(key) {
            "isServer" => true,
            "isClient" | "isCordova" => false,
            _ => return None,
        };
        let is_meteor = match self.arena.node(object) {
            Node::Global(name) => self.arena.text(*name) == "Meteor",
            Node::Import { module, name } => {
                self.arena.text(*module) == "meteor/meteor" && self.arena.text(*name) == "Meteor"
            }
            _ => false,
        };
        is_meteor.then(|| self.arena.bool(is_server))
    }
}

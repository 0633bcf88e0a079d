//! Sessions that Mongoose gives to what is sent within a transaction, without the code saying so.
//!
//! Sources: Mongoose guide, "Transactions", "AsyncLocalStorage"; `lib/connection.js`, `transaction`: only what a connection runs, and
//! not `session.withTransaction`. Input: the settings of Mongoose, where calls stand. Output: values for sessions. Must not know: rules.

use super::link::Project;
use crate::value::{C, Node, Site, SiteInfo, V};

/// The setting of Mongoose.
const SETTING: &str = "transactionAsyncLocalStorage";

impl Project {
    /// `mongoose.set('transactionAsyncLocalStorage', true)`
    pub(super) fn ambient_sessions(&mut self, recv: V, name: &str, args: &[V]) {
        let ("set", [key, value]) = (name, args) else { return };
        let is_on = self.arena.as_str(*key) == Some(SETTING) && self.arena.truth(C::TRUE, *value) == Some(true);
        if is_on && self.package_of(recv) == Some("mongoose") {
            self.models.have_ambient_sessions = true;
        }
    }

    /// The session of the transaction in whose callback a call stands, or a call that leads to it.
    pub(super) fn ambient_session(&mut self, call: Site) -> Option<V> {
        let mut at = Some(call).filter(|_| self.models.have_ambient_sessions);
        while let Some(site) = at {
            let SiteInfo { file, start, end, via, .. } = self.arena.site_info(site);
            let of_file = self.around.transactions.get(&file).map(Vec::as_slice).unwrap_or_default();
            // The outermost one: what stands in it belongs to it.
            if let Some((start, end)) = of_file.iter().copied().find(|around| around.0 < start && end < around.1) {
                let begun = self.arena.site(SiteInfo { file, start, end, via, again: false });
                return Some(self.arena.intern(Node::Opaque(begun)));
            }
            at = via;
        }
        None
    }
}

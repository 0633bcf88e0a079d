//! Copies of the linked project, in which functions are judged at the same time.
//!
//! A copy shares what is linked and adds values of its own, so that what is found in it does not depend on what others look for.
//!
//! Input: the linked project. Output: copies, and what they have found in the terms of the project. Must not know: rules.

use super::link::Project;
use crate::value::Site;

impl Project {
    /// Lets copies share all that is there.
    pub fn share(&mut self) {
        self.arena.share();
        self.memo.share();
        self.linked_conds.share();
        self.places.share();
        self.missing.share();
    }

    /// A copy with budgets of its own. Its values and sites mean something in it alone.
    pub fn fork(&self) -> Self {
        Self { arena: self.arena.fork(), ledger: self.ledger.fork(), ..self.clone() }
    }

    /// Whether nothing was added to this copy, so that it can serve again.
    pub fn is_bare(&self) -> bool {
        let tables =
            self.memo.is_bare() && self.linked_conds.is_bare() && self.places.is_bare() && self.missing.is_bare();
        self.arena.is_bare() && tables && self.lost_returns.is_empty() && self.ledger.is_bare()
    }

    /// A site of a copy, as a site of this project.
    pub fn adopted_site(&mut self, from: &Self, site: Site) -> Site {
        self.arena.adopted_site(&from.arena, site)
    }
}

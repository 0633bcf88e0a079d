//! Copies of an arena that several threads use at once: they share what was there, and each keeps what it adds.
//!
//! Input: an arena. Output: copies. Must not know: what they are for.

use super::meter::Meter;
use super::{Arena, Site, SiteInfo, V};
use std::cell::Cell;

impl Arena {
    /// Lets copies share what is there. Identifiers stay what they are.
    pub fn share(&mut self) {
        self.nodes.share();
        self.shapes.share();
        self.syms.share();
        self.conds.share();
        self.extents.share();
        self.sites.share();
        self.memo.share();
    }

    /// A copy with a meter of its own. What it adds has identifiers that mean something in it alone.
    pub fn fork(&self) -> Self {
        Self { fuel: Cell::new(0), meter: Meter::default(), ..self.clone() }
    }

    /// Whether this copy has added nothing to what is shared.
    pub fn is_bare(&self) -> bool {
        let lengths = [(self.nodes.len(), self.nodes.shared_len()), (self.syms.len(), self.syms.shared_len())];
        let more = [(self.conds.len(), self.conds.shared_len()), (self.sites.len(), self.sites.shared_len())];
        lengths.into_iter().chain(more).all(|(own, shared)| own == shared as usize)
    }

    /// Whether all copies have a value.
    pub fn is_shared(&self, value: V) -> bool {
        value.0 < self.nodes.shared_len()
    }

    /// A site of a copy, as a site of this arena.
    pub fn adopted_site(&mut self, from: &Self, site: Site) -> Site {
        if site.0 < self.sites.shared_len() {
            return site;
        }
        let info = from.site_info(site);
        let via = info.via.map(|via| self.adopted_site(from, via));
        self.site(SiteInfo { via, ..info })
    }
}

//! Where a check and its act meet: the function in whose text both are, or the calls that lead to them.
//!
//! Input: the places of both, each with the calls through which it is reached. Output: the call that leads from there to the act.
//! Must not know: rules.

use super::link::Project;
use crate::value::{Node, Site, V};

impl Project {
    /// The call, in the function where an act meets its checks, that leads to the act; none where the act stands there itself, and
    /// where nothing was checked.
    pub fn meeting(&self, act: Site, checks: impl Iterator<Item = Site>) -> Option<Site> {
        let way = self.way_to(act);
        let shared = |check: Site| {
            let other = self.way_to(check);
            // The act itself is in no call of its own.
            let calls = way.iter().skip(1).rev().zip(other.iter().skip(1).rev());
            calls.take_while(|(a, b)| a == b).count()
        };
        let shared = checks.map(shared).min()?;
        let at = way.len().checked_sub(shared + 1).filter(|at| *at > 0)?;
        way.get(at).copied().filter(|_| !self.is_decided_by_given(act))
    }

    /// Whether the function of an act decides about it by a part of what it is given: `if (user.team) …`, whoever has loaded the user.
    fn is_decided_by_given(&self, act: Site) -> bool {
        let place = self.base_site(act);
        let Some(owner) = self.enclosing(act) else { return false };
        let is_around = |site: Site| {
            let around = self.base_site(site);
            around.file == place.file && around.start <= place.start && place.end <= around.end
        };
        let steps = self.steps_of(owner).iter().filter(|step| step.calls == 0 && is_around(step.site));
        let is_given = |value: V| match *self.arena.node(value) {
            Node::Member(object, _) => matches!(self.arena.node(object), Node::Param(..) | Node::This(_)),
            _ => false,
        };
        let mut atoms = steps.flat_map(|step| self.arena.atoms(step.cond));
        atoms.any(|atom| self.contains(atom.value, &mut |_, part| is_given(part)))
    }

    /// A place and the calls through which it is reached, nearest first.
    fn way_to(&self, site: Site) -> Vec<Site> {
        let via = |site: &Site| self.arena.site_info(*site).via;
        std::iter::successors(Some(site), via).collect()
    }
}

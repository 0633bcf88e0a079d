//! The other places where documents get into a collection, and whether a search by the same fields comes before them.
//!
//! Input: a collection and fields. Output: whether two documents with the same fields are inserted on purpose. Must not know: rules.

use super::handle::{ByHandle, Handle};
use super::link::{Op, Project, Step};
use super::mongo::Action;
use super::schema::{Insert, Schemas};
use super::writes::WriteKind;
use crate::limits::{self, Cut};
use crate::value::{C, Entry, FnRef, Key, Node, Site, SiteInfo, V};
use rustc_hash::FxHashSet;

/// What other places insert into a collection without looking for some fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apart {
    Nothing,
    /// Documents that have none of the fields.
    Without,
    /// What a unique index on the fields could refuse, though it is meant.
    Anything,
}

/// A collection, fields, and others that may be looked for beside them.
type Question = (Handle, Vec<String>, Vec<String>);

impl Project {
    /// The condition of each insert of a list: what it was filtered by.
    pub(super) fn cond_of_each(&mut self, kind: WriteKind, payload: Option<V>, cond: C) -> C {
        let list = payload.filter(|_| kind == WriteKind::Insert);
        let filters = list.map(|list| self.arena.filters_of(list)).unwrap_or_default();
        filters.into_iter().fold(cond, |cond, asked| match self.arena.assume(cond, asked, true) {
            C::FALSE => cond,
            both => both,
        })
    }

    /// The places that insert, by collection.
    pub(super) fn inserts(&mut self) -> ByHandle<Insert> {
        let mut inserts = ByHandle::default();
        for at in 0..self.functions.len() {
            let func = FnRef(at as u32);
            let steps = self.shared_steps_of(func);
            for step in steps.iter().filter(|step| step.calls == 0) {
                if !self.may_insert(step) || self.is_of_hook(step, &steps) {
                    continue;
                }
                let place = self.base_site(step.site);
                for write in self.writes(std::slice::from_ref(step)) {
                    if write.kind == WriteKind::Insert {
                        let fields = write.payload.and_then(|payload| self.fields_of(payload));
                        inserts.push(&write.handle, Insert { func, place, fields });
                    }
                }
            }
        }
        inserts
    }

    /// The fields of a document that is known whole.
    fn fields_of(&self, payload: V) -> Option<Vec<String>> {
        let Node::Object(entries) = self.arena.node(payload) else { return None };
        let name = |entry: &Entry| match entry.key {
            Key::Name(name) => Some(self.arena.text(name).to_owned()),
            _ => None,
        };
        entries.iter().map(name).collect()
    }

    /// What other places than this one insert without looking for these fields, and for nothing but them and these others.
    pub fn inserted_apart(
        &mut self,
        schemas: &Schemas,
        handle: &Handle,
        own: Site,
        fields: &[String],
        others: &[String],
    ) -> Apart {
        let question = (handle.clone(), fields.to_vec(), others.to_vec());
        let is_known_to_all = match handle {
            Handle::Named(_) => true,
            Handle::Value(value) => self.arena.is_shared(*value),
        };
        let known = if is_known_to_all { self.apart.get(&question) } else { None };
        let places = known.unwrap_or_else(|| {
            let aside = self.arena.begin(limits::APART_WORK, limits::APART_KEPT);
            let places = self.places_apart(schemas, &question);
            let spent = self.arena.end(aside);
            let places = Some(places).filter(|_| !spent.cuts.has(Cut::Size));
            if is_known_to_all {
                self.apart.insert(question, places.clone());
            }
            places
        });
        let own = self.base_site(own);
        let Some(places) = places else { return Apart::Anything };
        let mut others = places.into_iter().filter(|(place, _)| *place != own).map(|(_, has_none)| has_none).peekable();
        match (others.peek().is_some(), others.all(|has_none| has_none)) {
            (false, _) => Apart::Nothing,
            (true, true) => Apart::Without,
            (true, false) => Apart::Anything,
        }
    }

    /// The places that insert without looking for the fields, and whether what they insert has none of them: as many as it takes to
    /// know what all but one of them insert.
    fn places_apart(&mut self, schemas: &Schemas, (handle, fields, others): &Question) -> Vec<(SiteInfo, bool)> {
        let mut places: Vec<(SiteInfo, bool)> = Vec::new();
        for insert in schemas.inserts.of(handle) {
            let has_none = insert.has_none(fields);
            // Whoever runs it sees what is refused.
            if schemas.by_hand.contains(&insert.place.file) && !has_none {
                continue;
            }
            let count = |has_none: bool| places.iter().filter(|(_, known)| *known == has_none).count();
            if count(false) > 1 {
                break;
            }
            let is_known = count(has_none) > 1 || places.contains(&(insert.place, has_none));
            if !is_known && !self.is_searched_by(insert.func, handle, fields, others) {
                places.push((insert.place, has_none));
            }
        }
        places
    }

    /// Whether nobody has an insert of a helper done without comparing all of these fields in a search of the collection before, and
    /// others at most.
    pub fn is_always_searched(&mut self, site: Site, handle: &Handle, fields: &[String], others: &[String]) -> bool {
        let place = self.base_site(site);
        let Some(own) = self.enclosing(site) else { return false };
        let (mut open, mut seen) = (vec![own], FxHashSet::default());
        while let Some(func) = open.pop() {
            if !seen.insert(func) {
                continue;
            }
            if seen.len() > limits::SEARCHED {
                return false;
            }
            let steps = self.shared_steps_of(func);
            let before = steps.iter().take_while(|step| self.base_site(step.site) != place).count();
            if steps.iter().take(before).any(|step| self.searches(step, handle, fields, others)) {
                continue;
            }
            let callers = self.callers.get(func.0 as usize);
            let mut callers: Vec<FnRef> = callers.into_iter().flatten().map(|(caller, _)| *caller).collect();
            callers.sort_unstable();
            callers.dedup();
            callers.retain(|caller| self.inserts_at(*caller, place, handle));
            if callers.is_empty() {
                return false;
            }
            open.extend(callers);
        }
        true
    }

    /// Whether one function alone has an insert of a helper done in a collection, and one that one, so many levels up.
    pub fn has_one_caller(&mut self, site: Site, handle: &Handle, levels: u32) -> bool {
        let (place, mut func) = (self.base_site(site), self.enclosing(site));
        for _ in 0..levels {
            let callers = func.and_then(|func| self.callers.get(func.0 as usize));
            let mut callers: Vec<FnRef> = callers.into_iter().flatten().map(|(caller, _)| *caller).collect();
            callers.sort_unstable();
            callers.dedup();
            callers.retain(|caller| self.inserts_at(*caller, place, handle));
            let [only] = callers.as_slice() else { return false };
            func = Some(*only);
        }
        true
    }

    fn inserts_at(&mut self, func: FnRef, place: SiteInfo, handle: &Handle) -> bool {
        let steps = self.shared_steps_of(func);
        steps
            .iter()
            .filter(|step| self.base_site(step.site) == place)
            .cloned()
            .collect::<Vec<Step>>()
            .iter()
            .any(|step| self.writes(std::slice::from_ref(step)).iter().any(|write| write.handle.same(handle)))
    }

    fn may_insert(&self, step: &Step) -> bool {
        let Op::Call { recv: Some(_), name: Some(name), .. } = &step.op else { return false };
        let name = self.arena.text(*name);
        name.starts_with("insert") || name.starts_with("create") || name == "save"
    }

    /// Whether a function, or one that calls it, compares all of these fields in a search of a collection, and others at most.
    fn is_searched_by(&mut self, func: FnRef, handle: &Handle, fields: &[String], others: &[String]) -> bool {
        let (mut open, mut seen) = (vec![func], FxHashSet::default());
        while let Some(func) = open.pop() {
            if !seen.insert(func) || seen.len() > limits::SEARCHED {
                continue;
            }
            let steps = self.shared_steps_of(func);
            if steps.iter().any(|step| self.searches(step, handle, fields, others)) {
                return true;
            }
            let callers = self.callers.get(func.0 as usize);
            open.extend(callers.into_iter().flatten().map(|(caller, _)| *caller));
        }
        false
    }

    fn searches(&mut self, step: &Step, handle: &Handle, fields: &[String], others: &[String]) -> bool {
        let Op::Call { recv: Some(recv), name: Some(name), args, .. } = &step.op else { return false };
        let text = self.arena.text(*name);
        if !(text.starts_with("find") || text.starts_with("count") || text.starts_with("exists")) {
            return false;
        }
        let Some(call) = self.db_call(step.site, *recv, *name, args) else { return false };
        // A list or a count is asked for a limit as well.
        let is_read = matches!(call.action, Action::FindOne | Action::Exists);
        let Some(filter) = call.filter.filter(|_| is_read && call.handle.same(handle)) else { return false };
        // Who asks for more lets a second document in that has the same fields.
        let Node::Object(entries) = self.arena.node(filter) else { return false };
        let is_known = |name: &str| name == "_id" || fields.iter().chain(others).any(|field| field == name);
        if !entries.iter().all(|entry| matches!(entry.key, Key::Name(name) if is_known(self.arena.text(name)))) {
            return false;
        }
        let compared = self.equalities(filter);
        fields.iter().all(|field| compared.iter().any(|(own, _)| own == field))
    }
}

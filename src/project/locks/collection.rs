//! Locks that are documents: an insert under a unique key, or a conditional update with `upsert`, given back later.
//!
//! Input: the writes of a summary. Output: [`Lock`]s. Must not know: rules, indexes, names of collections.

use super::{Lock, LockKind, Release};
use crate::facts::TryPart;
use crate::project::link::{Op, Project, Step};
use crate::project::schema::Schemas;
use crate::project::writes::{Write, WriteKind};
use crate::value::{Key, Node, Site, V};

/// Fields with their values.
type Fields = Vec<(String, V)>;

impl Project {
    pub(super) fn insert_lock(
        &mut self,
        schemas: &Schemas,
        steps: &[Step],
        write: &Write,
        writes: &[Write],
    ) -> Option<Lock> {
        let step = steps.get(write.step)?;
        if !step.duplicate_key_caught {
            return None;
        }
        let own: Vec<(String, V)> = write.fields.iter().map(|field| (field.path.clone(), field.value)).collect();
        let (keys, releases) = self.releases(schemas, steps, write, writes, &own)?;
        Some(self.database_lock(LockKind::Insert, write, writes, (keys, releases), false))
    }

    pub(super) fn upsert_lock(
        &mut self,
        schemas: &Schemas,
        steps: &[Step],
        write: &Write,
        writes: &[Write],
    ) -> Option<Lock> {
        let filter = write.filter?;
        let takes_over = self.compares_order(filter);
        let only_inserts =
            !write.fields.is_empty() && write.fields.iter().all(|field| field.operator == "$setOnInsert");
        if !takes_over && !only_inserts && !self.has_condition(filter) {
            return None;
        }
        let own = self.top_equalities(filter);
        let (keys, releases) = self.releases(schemas, steps, write, writes, &own)?;
        Some(self.database_lock(LockKind::Upsert, write, writes, (keys, releases), takes_over))
    }

    fn database_lock(
        &self,
        kind: LockKind,
        write: &Write,
        writes: &[Write],
        (keys, releases): (Fields, Vec<Release>),
        takes_over: bool,
    ) -> Lock {
        let last = releases.iter().map(|release| release.step).max().unwrap_or(write.step);
        let protects = writes
            .iter()
            .filter(|act| {
                (write.step + 1..last).contains(&act.step)
                    && !act.handle.same(&write.handle)
                    && !self.arena.conflict(write.cond, act.cond)
            })
            .map(|act| act.step)
            .collect();
        Lock {
            kind,
            step: write.step,
            handle: Some(write.handle.clone()),
            key: keys.first().map(|(_, value)| *value),
            key_fields: keys.into_iter().map(|(name, _)| name).collect(),
            cond: write.cond,
            is_waited_for: false,
            expires: false,
            takes_over,
            releases,
            protects,
        }
    }

    /// The later writes that give the claim back, and the fields that name it. Something that is only undone when the
    /// work fails is a rollback, not a lock, so one release must be on the path of success; and a document that goes
    /// again with nothing done in between locks nothing.
    fn releases(
        &mut self,
        schemas: &Schemas,
        steps: &[Step],
        claim: &Write,
        writes: &[Write],
        own: &[(String, V)],
    ) -> Option<(Fields, Vec<Release>)> {
        let mut keys: Fields = Vec::new();
        let mut releases = Vec::new();
        for write in writes.iter().filter(|write| write.step > claim.step && write.handle.same(&claim.handle)) {
            let Some(filter) = write.filter else { continue };
            let deletes = write.kind == WriteKind::Delete && !self.compares_order(filter);
            let frees = claim.kind == WriteKind::Update && self.frees(claim, write);
            if !(deletes || frees) || self.arena.conflict(claim.cond, write.cond) {
                continue;
            }
            let Some((key, owned)) = self.release_key(schemas, claim, own, filter) else { continue };
            if keys.is_empty() || key.len() < keys.len() {
                keys = key;
            }
            releases.push(Release { step: write.step, owned });
        }
        let on_success = releases.iter().any(|release| {
            steps.get(release.step).is_some_and(|step| !step.within.iter().any(|(_, part)| *part == TryPart::Handler))
        });
        let last = releases.iter().map(|release| release.step).max()?;
        let between = steps.get(claim.step + 1..last).unwrap_or_default();
        let works = between.iter().any(|step| match &step.op {
            Op::Call { callee, .. } => matches!(self.arena.node(*callee), Node::Param(..)),
            _ => false,
        }) || writes
            .iter()
            .any(|act| (claim.step + 1..last).contains(&act.step) && !act.handle.same(&claim.handle));
        (on_success && works).then_some((keys, releases))
    }

    /// The fields by which a filter names the claimed document, and whether it names the owner as well; `None` when it
    /// is about another document.
    fn release_key(&self, schemas: &Schemas, claim: &Write, own: &[(String, V)], filter: V) -> Option<(Fields, bool)> {
        let wanted = self.equalities(filter);
        let by_result = wanted.iter().any(|(_, value)| self.contains_call(*value, claim.site));
        let mut named: Fields = Vec::new();
        let mut owned = by_result;
        for (name, value) in &wanted {
            let Some((_, stored)) = own.iter().find(|(field, _)| field == name) else { continue };
            if !self.same_value(*stored, *value) {
                return None;
            }
            match self.is_fresh(*stored) {
                true => owned = true,
                false => named.push((name.clone(), *stored)),
            }
        }
        // The key is what is unique; what else the filter names tells the owner.
        let unique: Fields = if named.iter().any(|(name, _)| name == "_id") {
            named.iter().filter(|(name, _)| name == "_id").cloned().collect()
        } else {
            let index = schemas.unique.of(&claim.handle).iter().find(|index| {
                !index.keys.is_empty() && index.keys.iter().all(|key| named.iter().any(|(name, _)| name == key))
            });
            index.map_or_else(
                || named.clone(),
                |index| named.iter().filter(|(name, _)| index.keys.contains(name)).cloned().collect(),
            )
        };
        owned |= unique.len() < named.len();
        (!unique.is_empty()).then_some((unique, owned))
    }

    /// Whether an update clears a field that the claim sets.
    fn frees(&self, claim: &Write, write: &Write) -> bool {
        let cleared = |value: V| matches!(self.arena.node(value), Node::Null | Node::Undefined | Node::Bool(false));
        write.kind == WriteKind::Update
            && !write.upsert
            && write.fields.iter().any(|field| {
                claim.fields.iter().any(|taken| taken.path == field.path && !cleared(taken.value))
                    && (field.operator == "$unset" || cleared(field.value))
            })
    }

    /// The equalities at the top of a filter, without those of `$or` and `$and`.
    fn top_equalities(&self, filter: V) -> Vec<(String, V)> {
        let Node::Object(entries) = self.arena.node(filter) else { return Vec::new() };
        entries
            .iter()
            .filter_map(|entry| match entry.key {
                Key::Name(name) if !self.arena.text(name).starts_with('$') && !self.has_operator(entry.value) => {
                    Some((self.arena.text(name).to_owned(), entry.value))
                }
                _ => None,
            })
            .collect()
    }

    /// Whether a filter holds more than equalities.
    fn has_condition(&self, filter: V) -> bool {
        let Node::Object(entries) = self.arena.node(filter) else { return false };
        entries.iter().any(|entry| {
            matches!(entry.key, Key::Name(name) if self.arena.text(name).starts_with('$'))
                || self.has_operator(entry.value)
                || matches!(self.arena.node(entry.value), Node::Bool(_) | Node::Null)
        })
    }

    /// Whether a filter asks for what is older or younger than something: `{ expiresAt: { $lt: now } }`.
    pub fn compares_order(&self, filter: V) -> bool {
        self.contains(filter, &mut |project, value| match project.arena.node(value) {
            Node::Object(entries) => entries.iter().any(|entry| match entry.key {
                Key::Name(name) => matches!(project.arena.text(name), "$lt" | "$lte" | "$gt" | "$gte"),
                _ => false,
            }),
            _ => false,
        })
    }

    fn is_fresh(&self, value: V) -> bool {
        match self.arena.node(self.bare(value)) {
            Node::Fresh(..) => true,
            Node::Template(parts) => parts.iter().any(|part| self.is_fresh(*part)),
            _ => false,
        }
    }

    fn contains_call(&self, value: V, call: Site) -> bool {
        self.contains(
            value,
            &mut |project, value| matches!(project.arena.node(value), Node::Call { site, .. } if *site == call),
        )
    }
}

//! Claims: a conditional write that only one of two requests can win, won before the act.
//!
//! An update is a claim where what its filter asks for is no longer true after it; its result has to be tested the right way
//! round. An insert is one where a unique key refuses the second. A claim on another document than the act's keeps apart
//! only requests that name both alike, which is not known here.
//!
//! Input: the writes of a function and the act. Output: whether a claim was won. Must not know: rules.

use super::fence::{Fence, fence};
use super::lock_service::is_locked;
use crate::facts::TryPart;
use crate::project::schema::Schemas;
use crate::project::writes::{Write, WriteKind};
use crate::project::{Project, Step};
use crate::value::{Compare, Node, V, children};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Of two requests for the act's document, one wins.
    Won,
    None,
    /// There is a conditional write, but not known is whether it keeps two requests apart.
    Unknown,
}

/// Whether a claim was won on the path of the act.
pub fn claim(project: &mut Project, schemas: &Schemas, steps: &[Step], writes: &[Write], act: &Write) -> Claim {
    if is_locked(project, steps, act) {
        return Claim::Won;
    }
    let mut found = Claim::None;
    let mut add = |claim: Claim| {
        if claim == Claim::Won || found == Claim::None {
            found = claim;
        }
    };
    for leaf in project.leaves(act.cond) {
        if !says_success(project, leaf.value, leaf.holds) {
            continue;
        }
        if let Some(earlier) = write_of(project, writes, leaf.value)
            && earlier.step < act.step
        {
            add(of_update(project, earlier, act));
        }
    }
    for earlier in writes.iter().filter(|earlier| earlier.step < act.step && earlier.kind == WriteKind::Insert) {
        if schemas.unique.of(&earlier.handle).is_empty() {
            continue;
        }
        if ends_by_it(project, schemas, steps, earlier, act) && project.arena.holds_under(earlier.cond, act.cond) {
            add(Claim::Won);
        }
        let is_refused = steps.get(earlier.step).is_some_and(|step| step.duplicate_key_caught);
        if is_refused && project.arena.holds_under(earlier.cond, act.cond) {
            add(of_insert(project, schemas, earlier, act));
        }
    }
    found
}

/// Whether a condition on a write's result holds when the write matched: `result`, `modifiedCount === 1`,
/// `!(matchedCount === 0)`.
fn says_success(project: &Project, value: V, holds: bool) -> bool {
    let arena = &project.arena;
    match arena.node(value) {
        Node::Nullish(_) => !holds,
        Node::Compare(Compare::Equal, _, n) => project.number(*n).is_none_or(|n| (n > 0.0) == holds),
        Node::Compare(Compare::Less, a, b) => match (project.number(*a), project.number(*b)) {
            (Some(_), _) => holds,
            (_, Some(_)) => !holds,
            _ => holds,
        },
        _ => holds,
    }
}

/// The write whose result a value is made from.
fn write_of<'a>(project: &Project, writes: &'a [Write], value: V) -> Option<&'a Write> {
    let mut open = vec![value];
    for _ in 0..crate::limits::JOINED_OPERANDS {
        let value = open.pop()?;
        let node = project.arena.node(value);
        if let Node::Call { site, .. } = node
            && let Some(write) = writes.iter().find(|write| write.site == *site)
        {
            return Some(write);
        }
        let is_made_from = matches!(
            node,
            Node::Member(..)
                | Node::Compare(..)
                | Node::Nullish(_)
                | Node::OneOf(_)
                | Node::Coerce(..)
                | Node::Derived(..)
        );
        if is_made_from {
            open.extend(children(node));
        }
    }
    None
}

fn of_update(project: &mut Project, earlier: &Write, act: &Write) -> Claim {
    if earlier.kind == WriteKind::Insert {
        return Claim::Unknown;
    }
    match fence(project, earlier) {
        Fence::Always if shares_identity(project, earlier, act) => Claim::Won,
        Fence::Always | Fence::Unknown => Claim::Unknown,
        Fence::None => Claim::None,
    }
}

/// Whether an insert ends the request where a unique index refuses it, under a key that the document of the act says: two requests for
/// this document insert the same, and the act comes after it. `await User.create({ email: student.email }); await student.save()`
fn ends_by_it(project: &mut Project, schemas: &Schemas, steps: &[Step], insert: &Write, act: &Write) -> bool {
    let Some(document) = act.document else { return false };
    let (Some(done), Some(then)) = (steps.get(insert.step), steps.get(act.step)) else { return false };
    // A handler that hears the refusal is past the act.
    let is_heard = done.within.iter().any(|around| around.1 == TryPart::Body && !then.within.contains(around));
    if is_heard || !project.is_waited_for(insert.site) {
        return false;
    }
    insert.fields.iter().any(|field| {
        let is_of_document =
            matches!(*project.arena.node(project.bare(field.value)), Node::Member(object, _) if object == document);
        is_of_document && schemas.covers(&insert.handle, std::slice::from_ref(&field.path))
    })
}

/// An insert that a unique index refuses to the second: who redeems a coupon once, by `{ coupon, user }`, may have claimed the use, and
/// has not claimed the coupon. One under keys that have nothing to do with the act is none.
fn of_insert(project: &mut Project, schemas: &Schemas, insert: &Write, act: &Write) -> Claim {
    let named = Named::new(project, insert, act);
    let mut found = if named.is_by_result { Claim::Won } else { Claim::None };
    let names: Vec<V> = named.values.iter().flat_map(|value| [*value, project.bare(*value)]).collect();
    for index in schemas.unique.of(&insert.handle) {
        let values =
            |key: &String| insert.fields.iter().filter(|field| field.path == *key).map(|field| field.value).collect();
        let values: Vec<Vec<V>> = index.keys.iter().map(values).collect();
        let is_own = |values: &Vec<V>| values.iter().any(|value| named.is_made_of(project, *value));
        if !values.is_empty() && values.iter().all(is_own) {
            return Claim::Won;
        }
        let is_part = |value: &V| project.contains(*value, &mut |_, part| names.contains(&part));
        if values.iter().flatten().any(is_part) {
            found = if found == Claim::Won { found } else { Claim::Unknown };
        }
    }
    found
}

/// Whether a claim and the act name a document by one value, or the act's document by what the claim gave back.
fn shares_identity(project: &mut Project, claim: &Write, act: &Write) -> bool {
    let named = Named::new(project, claim, act);
    let own: Vec<V> = claim.filter.iter().flat_map(|filter| project.equalities(*filter)).map(|(_, v)| v).collect();
    named.is_by_result || own.into_iter().any(|value| !project.arena.is_literal(value) && named.has(project, value))
}

/// By what an act names its document.
struct Named {
    values: Vec<V>,
    document: Option<V>,
    /// By what a claim gave back.
    is_by_result: bool,
}

impl Named {
    fn new(project: &mut Project, claim: &Write, act: &Write) -> Self {
        let document = act.document.and_then(|document| project.read_of(document));
        let filters = [act.filter, document.and_then(|read| read.filter)];
        let values: Vec<V> = filters
            .into_iter()
            .flatten()
            .flat_map(|filter| project.equalities(filter))
            .map(|(_, value)| value)
            .collect();
        let is_result = |project: &Project, part: V| matches!(project.arena.node(part), Node::Call { site, .. } if *site == claim.site);
        let is_by_result =
            values.iter().any(|value| project.contains(*value, &mut |project, part| is_result(project, part)));
        Self { values, document: act.document, is_by_result }
    }

    /// Whether a value is one of those, or a field of the document.
    fn has(&self, project: &Project, value: V) -> bool {
        let is_of_document = matches!(*project.arena.node(project.bare(value)), Node::Member(object, _) if Some(object) == self.document);
        is_of_document || self.values.iter().any(|own| project.same_value(value, *own))
    }

    /// Whether a value is a constant, or is made of nothing but constants and these: `"merge:" + url`.
    fn is_made_of(&self, project: &Project, value: V) -> bool {
        let mut open = vec![value];
        for _ in 0..crate::limits::JOINED_OPERANDS {
            let Some(value) = open.pop() else { return true };
            if project.arena.is_literal(value) || self.has(project, value) {
                continue;
            }
            let node = project.arena.node(value);
            let is_made = matches!(
                node,
                Node::Template(_) | Node::Derived(..) | Node::OneOf(_) | Node::Coerce(..) | Node::Member(..)
            );
            if !is_made {
                return false;
            }
            open.extend(children(node));
        }
        false
    }
}

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
            add(if shares_identity(project, earlier, act) { Claim::Won } else { Claim::Unknown });
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

/// Whether a claim and the act name a document by one value, or the act's document by what the claim gave back.
fn shares_identity(project: &mut Project, claim: &Write, act: &Write) -> bool {
    let mut own: Vec<V> = claim.filter.iter().flat_map(|filter| project.equalities(*filter)).map(|(_, v)| v).collect();
    if claim.kind == WriteKind::Insert {
        own.extend(claim.fields.iter().map(|field| field.value));
    }
    own.retain(|value| !project.arena.is_literal(*value));
    let document = act.document.and_then(|document| project.read_of(document));
    let filters = [act.filter, document.and_then(|read| read.filter)];
    filters.into_iter().flatten().any(|filter| {
        project.equalities(filter).into_iter().any(|(_, value)| {
            own.iter().any(|own| project.same_value(*own, value))
                || project.contains(value, &mut |project, part| {
                    matches!(project.arena.node(part), Node::Call { site, .. } if *site == claim.site)
                })
        })
    })
}

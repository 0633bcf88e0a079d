//! What a request brings is looked for in a document, and the write takes it out: a code, a token, an invitation. Who comes later
//! finds nothing, so what is done with it is meant for one request.
//!
//! Part of `check-then-update`. Input: a check and a field of its act. Output: answers. Must not know: findings.

use super::context::Context;
use crate::limits;
use crate::project::checks::{Check, CheckKind};
use crate::project::mongo::Action;
use crate::project::writes::{FieldWrite, Write};
use crate::value::{C, Compare, Node, V, children};
use rustc_hash::FxHashSet;

/// `findOne({ token })` or `if (user.token !== token) return`, then `$unset: { token: '' }`
pub(super) fn is_used_up(ctx: &mut Context<'_>, check: &Check, field: &FieldWrite) -> bool {
    is_emptied(ctx, field) && brought_key(ctx, check, field).is_some()
}

/// What a request brings is compared with a field, and the next of it is put there: `if (page.revision !== revision) return`, then
/// `$set: { revision: next, body }`. Who comes later with the same is refused.
pub(super) fn is_exchanged(ctx: &mut Context<'_>, check: &Check, field: &FieldWrite) -> bool {
    let is_next = field.operator == "$set"
        && matches!(check.kind, CheckKind::Field { .. })
        && (is_brought(ctx, field.value) || ctx.has_new_part(field.value));
    is_next && brought_key(ctx, check, field).is_some_and(|key| !ctx.project.same_value(key, field.value))
}

/// Whether a write leaves nothing in a field that a request can bring.
fn is_emptied(ctx: &Context<'_>, field: &FieldWrite) -> bool {
    let is_nothing = || ctx.project.arena.truth(C::TRUE, field.value) == Some(false);
    field.operator == "$unset" || field.operator == "$set" && is_nothing()
}

/// What a request brings to be compared with a field, where the check holds for who brings the same.
fn brought_key(ctx: &mut Context<'_>, check: &Check, field: &FieldWrite) -> Option<V> {
    if !check.holds {
        return None;
    }
    match &check.kind {
        CheckKind::Document => {
            let read = check.read.as_ref().filter(|read| read.action == Action::FindOne)?;
            let equalities = ctx.project.equalities(read.filter?);
            let asked = equalities.into_iter().find(|(path, _)| *path == field.path)?;
            is_brought(ctx, asked.1).then_some(asked.1)
        }
        CheckKind::Field { path, test } if path.join(".") == field.path => match *ctx.project.arena.node(*test) {
            Node::Compare(Compare::Equal, a, b) => [a, b].into_iter().find(|side| is_brought(ctx, *side)),
            _ => None,
        },
        CheckKind::Field { .. } | CheckKind::Element { .. } | CheckKind::Below { .. } => None,
    }
}

/// Whether a write also sets what its request brings beside the key: a password, a name.
pub(super) fn brings_more(ctx: &mut Context<'_>, write: &Write, field: &FieldWrite, check: &Check) -> bool {
    let Some(key) = brought_key(ctx, check, field) else { return false };
    write.fields.iter().any(|other| {
        other.path != field.path
            && is_brought(ctx, other.value)
            && !ctx.project.contains(other.value, &mut |_, part| part == key || part == check.root)
    })
}

/// Whether a write sets something that tells its request from others, be it by what a call makes of what the request brings.
pub(super) fn brings_its_own(ctx: &mut Context<'_>, write: &Write) -> bool {
    let answers = answers_by_key(ctx, write);
    write.fields.iter().any(|field| {
        let is_said = answer(ctx, field.value).is_some_and(|call| answers.contains(&call));
        !is_said && (ctx.names_the_request(write, field.value) || is_brought(ctx, field.value))
    })
}

/// The answers of which a part is the key of the document: `const { email, sub } = await verify(token)`, `findOne({ email })`. What
/// else such an answer says, it says to whoever brings the same key.
fn answers_by_key(ctx: &mut Context<'_>, write: &Write) -> Vec<V> {
    let read = ctx.project.deciding_read(write).and_then(|check| check.read).and_then(|read| read.filter);
    let filters = write.filter.into_iter().chain(read);
    let keys: Vec<V> =
        filters.flat_map(|filter| ctx.project.equalities(filter)).map(|(_, value)| ctx.project.bare(value)).collect();
    keys.into_iter().filter_map(|key| answer(ctx, key)).collect()
}

/// The call outside of the database of whose result a value is a part.
fn answer(ctx: &mut Context<'_>, value: V) -> Option<V> {
    let mut at = ctx.project.bare(value);
    let mut is_part = false;
    while let Node::Member(object, _) = *ctx.project.arena.node(at) {
        (at, is_part) = (object, true);
    }
    let is_call = is_part && matches!(ctx.project.arena.node(at), Node::Call { .. });
    (is_call && !ctx.project.arena.is_body(at) && ctx.project.read_of(at).is_none()).then_some(at)
}

/// Whether something that a request brings goes into a value, be it by a call: `hash(req.body.password)`. What is read for it is
/// stored.
pub(super) fn is_brought(ctx: &mut Context<'_>, value: V) -> bool {
    let (mut open, mut seen) = (vec![value], FxHashSet::default());
    while let Some(part) = open.pop().filter(|_| seen.len() < limits::SEARCHED) {
        if !seen.insert(part) || ctx.project.read_of(part).is_some() {
            continue;
        }
        match ctx.project.arena.node(part) {
            Node::Param(..) => return true,
            node => open.extend(children(node)),
        }
    }
    false
}

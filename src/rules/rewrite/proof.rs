//! What must hold for a guard to change nothing while nobody else writes.
//!
//! Input: a write, the check that decides it and the keys to guard by. Output: yes, or no for lack of proof.
//! Must not know: how the code is written.

use crate::limits;
use crate::project::checks::{Check, CheckKind};
use crate::project::guards::{Filter, Guard};
use crate::project::mongo::Action;
use crate::project::writes::{FieldWrite, Write};
use crate::rules::context::{Context, Trace};
use crate::value::{C, Compare, Key, Node, V};

pub fn has_known_options(ctx: &Context<'_>, write: &Write) -> bool {
    write.options.is_none_or(|options| match ctx.project.arena.node(options) {
        Node::Object(entries) => entries.iter().all(|entry| matches!(entry.key, Key::Name(_))),
        _ => false,
    })
}

/// Whether an element with the same key may have been appended on the same path before: the guard would refuse this one.
pub fn may_repeat(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite) -> bool {
    let cond = ctx.project.arena.and(write.cond, field.cond);
    trace.steps.get(write.step).is_none_or(|step| step.in_loop)
        || trace.writes.iter().filter(|earlier| earlier.step < write.step).any(|earlier| {
            earlier.fields.iter().any(|other| {
                let before = ctx.project.arena.and(earlier.cond, other.cond);
                other.top() == field.top() && other.operator != "$pull" && !ctx.project.arena.conflict(before, cond)
            })
        })
}

/// Whether the path is taken only when the check says so.
pub fn is_decisive(ctx: &mut Context<'_>, cond: C, check: &Check) -> bool {
    let Some(truth) = ctx.project.arena.truth(cond, check.leaf) else { return false };
    let leaves = ctx.project.leaves(cond);
    leaves.iter().filter(|leaf| leaf.value == check.leaf).all(|leaf| leaf.holds == truth && leaf.under == C::TRUE)
}

/// Whether the check finds the element whenever the guard would refuse it.
pub fn looks_for_keys_alone(
    ctx: &mut Context<'_>,
    write: &Write,
    field: &FieldWrite,
    check: &Check,
    keys: &[(String, V)],
) -> bool {
    let Some(read) = &check.read else { return false };
    let (Some(looked), Some(acted)) = (read.filter, write.filter) else { return false };
    let looked = ctx.project.filters(looked, &field.path, C::TRUE);
    let acted = ctx.project.filters(acted, &field.path, C::TRUE);
    let ([(_, looked)], [(_, acted)]) = (looked.as_slice(), acted.as_slice()) else { return false };
    match &check.kind {
        CheckKind::Document => {
            let selected = match looked.guards.as_slice() {
                [(Guard::Selects(fields), _)] => fields,
                _ => return false,
            };
            // Whatever else the read asks for must be asked by the write too, or it may miss what the guard sees.
            !looked.open
                && selected.len() == keys.len()
                && selected.iter().all(|name| keys.iter().any(|(key, _)| key == name))
                && looked.fields.iter().all(|condition| acted.fields.contains(condition))
        }
        CheckKind::Element { .. } => {
            read.action == Action::FindOne
                && loads_whole_array(ctx, check.root)
                && is_same_document(ctx, looked, acted, check.root)
                && is_exact_query(ctx, check.leaf, keys.len())
        }
        _ => false,
    }
}

/// Whether the arguments of a read after its filter hold constants only: an operator in a projection could load a part of
/// the array.
fn loads_whole_array(ctx: &Context<'_>, read: V) -> bool {
    match ctx.project.arena.node(read) {
        Node::Call { args, .. } => args.iter().skip(1).all(|options| is_plain(ctx, *options)),
        _ => false,
    }
}

fn is_plain(ctx: &Context<'_>, options: V) -> bool {
    let arena = &ctx.project.arena;
    match arena.node(options) {
        Node::Object(entries) => entries.iter().all(|entry| {
            matches!(entry.key, Key::Name(name) if !arena.text(name).starts_with('$')) && is_plain(ctx, entry.value)
        }),
        _ => arena.is_literal(options),
    }
}

/// Whether the written document is the one that was read: by its `_id`, or by all of the same conditions.
fn is_same_document(ctx: &mut Context<'_>, looked: &Filter, acted: &Filter, root: V) -> bool {
    if looked.open {
        return false;
    }
    let key = ctx.project.arena.sym("_id");
    let own = ctx.project.arena.member(root, key);
    let id = |filter: &Filter| filter.fields.iter().find(|(name, _)| name == "_id").map(|(_, value)| *value);
    match (id(looked), id(acted)) {
        (_, Some(acted)) if ctx.project.bare(acted) == own => true,
        (Some(looked), Some(acted)) => ctx.project.bare(looked) == ctx.project.bare(acted),
        _ => {
            looked.fields.len() == acted.fields.len()
                && looked.fields.iter().all(|condition| acted.fields.contains(condition))
        }
    }
}

/// Whether the query in a test finds an element by this number of equalities, all of which must hold.
fn is_exact_query(ctx: &mut Context<'_>, leaf: V, count: usize) -> bool {
    let Some(query) = query_of(ctx, leaf) else { return false };
    let Node::Query { method, array, arg } = ctx.project.arena.node(query).clone() else { return false };
    let listed = match ctx.project.arena.node(array) {
        Node::Mapped(inner, _) => *inner,
        _ => array,
    };
    if !matches!(ctx.project.arena.node(listed), Node::Member(..)) {
        return false;
    }
    match ctx.project.arena.text(method) {
        "includes" | "indexOf" | "lastIndexOf" => count == 1,
        "some" | "find" | "findIndex" | "findLast" | "findLastIndex" | "filter" => {
            listed == array && is_conjunction(ctx, arg, count)
        }
        _ => false,
    }
}

/// The array query in a test: `!q`, `q != null`, `q === -1`, `q.length`.
fn query_of(ctx: &Context<'_>, leaf: V) -> Option<V> {
    let mut at = leaf;
    for _ in 0..limits::TEST_STEPS {
        at = match ctx.project.arena.node(at) {
            Node::Query { .. } => return Some(at),
            Node::Not(inner) | Node::Nullish(inner) | Node::Member(inner, _) => *inner,
            Node::Compare(_, a, b) if ctx.project.arena.is_literal(*a) => *b,
            Node::Compare(_, a, _) => *a,
            _ => return None,
        };
    }
    None
}

/// Whether a predicate is this number of equalities on fields of the element, all of which must hold.
fn is_conjunction(ctx: &mut Context<'_>, predicate: V, count: usize) -> bool {
    let predicate = ctx.project.arena.as_condition(predicate);
    let parts = match ctx.project.arena.node(predicate) {
        Node::And(parts) => parts.clone(),
        _ => vec![predicate],
    };
    parts.len() == count && parts.iter().all(|part| is_equality(ctx, *part))
}

fn is_equality(ctx: &Context<'_>, value: V) -> bool {
    let Node::Compare(Compare::Equal, a, b) = ctx.project.arena.node(value) else { return false };
    // An equality of something computed from the field, such as its lower case, follows from that of the field too.
    let sides = [ctx.project.element_field(*a), ctx.project.element_field(*b)];
    sides.iter().filter(|side| side.is_some()).count() == 1
}

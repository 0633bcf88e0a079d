//! What a search before an insert asks for.
//!
//! Input: a filter. Output: what kind of question it is, and which of its keys no unique index covers.
//! Must not know: how an act is judged, formats.

use super::context::Context;
use super::inserted::{Inserted, inserted_field};
use crate::limits;
use crate::project::Project;
use crate::project::checks::Check;
use crate::project::index::Index;
use crate::project::mongo::Action;
use crate::project::writes::Write;
use crate::value::{Arena, C, Key, Node, V};

/// The fields of which a filter asks a comparison and nothing else: `{ status: { $ne: 'off' } }`.
pub(super) fn compared_fields(ctx: &Context<'_>, filter: V) -> Vec<String> {
    let Node::Object(entries) = ctx.project.arena.node(filter) else { return Vec::new() };
    let is_comparison = |key: Key| {
        let Key::Name(name) = key else { return false };
        matches!(ctx.project.arena.text(name), "$ne" | "$gt" | "$gte" | "$lt" | "$lte" | "$exists" | "$nin" | "$in")
    };
    let fields = entries.iter().map(|entry| match (entry.key, ctx.project.arena.node(entry.value)) {
        (Key::Name(name), Node::Object(asked)) if asked.iter().all(|entry| is_comparison(entry.key)) => {
            Some(ctx.project.arena.text(name).to_owned())
        }
        _ => None,
    });
    fields.collect::<Option<_>>().unwrap_or_default()
}

pub(super) fn is_empty_filter(ctx: &Context<'_>, filter: V) -> bool {
    matches!(ctx.project.arena.node(filter), Node::Object(entries) if entries.is_empty())
}

/// Whether a filter asks for more than the fields that are named in it: `{ kind, ...data }`.
pub(super) fn is_open(ctx: &Context<'_>, filter: V) -> bool {
    matches!(ctx.project.arena.node(filter), Node::Object(entries) if entries.iter().any(|e| !matches!(e.key, Key::Name(_))))
}

/// A condition on a value that each request makes anew, so that no two search for the same document.
pub(super) fn is_new_key(ctx: &Context<'_>, filter: V) -> bool {
    let is_new = |value: V| {
        // A text that a loop makes begins empty.
        let mut made = ctx.project.arena.alternatives(value);
        made.retain(|(_, value)| !ctx.project.arena.is_literal(*value));
        !made.is_empty() && made.iter().all(|(_, value)| ctx.project.is_made_anew(*value))
    };
    match ctx.project.arena.node(filter) {
        Node::Object(entries) => entries.iter().any(|entry| {
            matches!(entry.key, Key::Name(name) if !ctx.project.arena.text(name).starts_with('$'))
                && is_new(entry.value)
        }),
        _ => false,
    }
}

/// What JavaScript asks of the documents that a search gave.
#[derive(Default)]
pub(super) struct AskedInCode {
    /// The fields of a document, and the values they have to be equal to.
    pub keys: Vec<(String, V)>,
    /// Whether it asks for more than these.
    pub is_open: bool,
}

/// `(await users.find()).find((user) => user.email === email)`: the list is searched in JavaScript.
pub(super) fn asked_in_code(ctx: &Context<'_>, leaf: V) -> AskedInCode {
    match *ctx.project.arena.node(leaf) {
        Node::Query { array, arg, method } => {
            let is_direct = matches!(ctx.project.arena.text(method), "includes" | "indexOf" | "lastIndexOf");
            match *ctx.project.arena.node(array) {
                // (await users.distinct('email')).includes(email)
                Node::Mapped(_, result) if is_direct => {
                    let field = ctx.project.element_field(result).map(|(_, field)| field);
                    let keys: Vec<_> =
                        field.filter(|field| !field.is_empty()).map(|field| (field, arg)).into_iter().collect();
                    AskedInCode { is_open: keys.is_empty(), keys }
                }
                // What is searched are the documents, or made of them.
                Node::Mapped(_, result)
                    if ctx.project.element_field(result).is_none_or(|(_, field)| !field.is_empty()) =>
                {
                    AskedInCode { keys: Vec::new(), is_open: true }
                }
                _ => {
                    let keys = ctx.project.predicate_keys(arg);
                    AskedInCode { is_open: is_direct || !is_told(ctx, arg, &keys), keys }
                }
            }
        }
        Node::Not(inner) | Node::Nullish(inner) | Node::Coerce(_, inner) | Node::Member(inner, _) => {
            asked_in_code(ctx, inner)
        }
        Node::Compare(_, a, b) => {
            let (mut asked, other) = (asked_in_code(ctx, a), asked_in_code(ctx, b));
            asked.keys.extend(other.keys);
            asked.is_open |= other.is_open;
            asked
        }
        _ => AskedInCode::default(),
    }
}

/// Whether an insert comes where something was found as well as where nothing was: more is asked of what was found.
fn comes_anyway(ctx: &mut Context<'_>, check: &Check, write: &Write) -> bool {
    let tests = ctx.project.leaves(write.cond);
    let mut asked = tests.iter().filter(|leaf| leaf.value == check.leaf);
    match (asked.next().map(|leaf| leaf.holds), asked.next()) {
        (Some(holds), None) => ctx.project.arena.assume(write.cond, check.leaf, !holds) != C::FALSE,
        (known, _) => known.is_some(),
    }
}

/// Whether a field of what was found decides whether the insert comes, and not that it was found.
pub(super) fn is_asked_for_more(ctx: &mut Context<'_>, check: &Check, write: &Write) -> bool {
    let tests = ctx.project.leaves(write.cond);
    tests.iter().any(|test| test.value != check.leaf && ctx.project.mentions(test.value, check.leaf))
        && comes_anyway(ctx, check, write)
}

/// Whether an insert comes where something was found as well as where nothing was, and what holds it off is a function that is
/// not known, which tries a field of what was found with what is not stored: a password on a text that it may open.
pub(super) fn is_only_tried(ctx: &mut Context<'_>, check: &Check, write: &Write) -> bool {
    if !comes_anyway(ctx, check, write) {
        return false;
    }
    let root = check.root;
    let mut tests = ctx.project.leaves(write.cond);
    tests.retain(|leaf| leaf.value != check.leaf && leaf.value != root && ctx.project.mentions(leaf.value, root));
    let stored: Vec<V> = match write.payload.map(|payload| ctx.project.arena.node(payload)) {
        Some(Node::Object(entries)) => entries.iter().map(|entry| entry.value).collect(),
        _ => write.payload.into_iter().collect(),
    };
    let is_trial = |project: &Project, value: V| match project.arena.node(value) {
        Node::Call { args, .. } => {
            let (own, brought): (Vec<V>, Vec<V>) = args.iter().partition(|arg| project.mentions(**arg, root));
            let is_field = |value: &V| matches!(project.arena.node(project.bare(*value)), Node::Member(..));
            // The hour of a limit by time is made here, and what is tried is brought.
            let is_apart = |value: &V| {
                let is_made = matches!(project.arena.node(project.bare(*value)), Node::Fresh(..));
                !is_made && !project.arena.is_literal(*value) && !is_stored(project, &stored, *value)
            };
            !own.is_empty() && own.iter().all(is_field) && !brought.is_empty() && brought.iter().all(is_apart)
        }
        _ => false,
    };
    let is_told = |leaf: V| ctx.project.contains(leaf, &mut |project, part| is_trial(project, part));
    !tests.is_empty() && tests.iter().all(|leaf| is_told(leaf.value))
}

/// Whether a value is a part of what is stored, or what is stored is a part of it.
fn is_stored(project: &Project, stored: &[V], value: V) -> bool {
    let mut at = value;
    loop {
        if stored.iter().any(|own| project.mentions(*own, at) && (at == value || *own == at)) {
            return true;
        }
        match project.arena.node(at) {
            Node::Member(object, _) | Node::Index(object, _) | Node::Coerce(_, object) => at = *object,
            _ => return false,
        }
    }
}

/// Whether a predicate asks for nothing but the keys that are known of it.
fn is_told(ctx: &Context<'_>, predicate: V, keys: &[(String, V)]) -> bool {
    let parts = match ctx.project.arena.node(predicate) {
        Node::And(parts) => parts.as_slice(),
        _ => &[predicate],
    };
    parts.len() == keys.len()
}

/// Of the keys of a filter, those that no unique index covers: of a `$or`, the keys of the branches without one. `None` where
/// each branch has one, and where no key of a branch without one is known by name.
pub(super) fn uncovered_keys(ctx: &mut Context<'_>, filter: V, write: &Write, all: Vec<String>) -> Option<Vec<String>> {
    let listed = listed_keys(ctx, filter);
    let searched = with_scopes(ctx, write, &[all.as_slice(), &listed].concat());
    let mut within = ctx.schemas.unique.of(&write.handle).iter().filter(|index| index.is_within(&searched)).peekable();
    if within.peek().is_some() && within.all(|index| is_left_out(ctx, index, filter)) {
        return Some(all);
    }
    if !ctx.schemas.covers(&write.handle, &searched) {
        return Some(all);
    }
    let or = ctx.project.arena.sym("$or");
    let branches = match ctx.project.arena.node(filter) {
        Node::Object(_) => ctx.project.arena.member(filter, or),
        _ => Arena::UNDEFINED,
    };
    let Node::Array(items) = ctx.project.arena.node(branches).clone() else { return None };
    let of_branches: Vec<Vec<String>> = items
        .iter()
        .map(|item| ctx.project.equalities(item.value).into_iter().map(|(name, _)| name).collect())
        .collect();
    let is_covered = |own: &Vec<String>| {
        let mut within = ctx.schemas.unique.of(&write.handle).iter().filter(|index| index.is_within(&searched));
        ctx.schemas.covers(&write.handle, &with_scopes(ctx, write, own))
            || within.any(|index| index.keys.iter().any(|key| own.contains(key)))
    };
    let open: Vec<&String> = of_branches.iter().filter(|own| !is_covered(own)).flatten().collect();
    let is_of_a_branch = |key: &String| of_branches.iter().any(|own| own.contains(key));
    let keys = all.iter().filter(|key| open.contains(key) || !open.is_empty() && !is_of_a_branch(key));
    Some(keys.cloned().collect()).filter(|keys: &Vec<String>| !keys.is_empty())
}

/// The fields that each element of a list is asked for: `$or: members.map((member) => ({ kind: member.kind, id: member.id }))`
fn listed_keys(ctx: &mut Context<'_>, filter: V) -> Vec<String> {
    let or = ctx.project.arena.sym("$or");
    let asked = ctx.project.arena.member_of(filter, or).map(|asked| ctx.project.arena.node(asked).clone());
    match asked {
        Some(Node::Mapped(_, element)) if names_only(ctx, element) => {
            ctx.project.equalities(element).into_iter().map(|(name, _)| name).collect()
        }
        _ => Vec::new(),
    }
}

/// Keys that are searched for, with those that divide the collection among tenants.
fn with_scopes(ctx: &Context<'_>, write: &Write, keys: &[String]) -> Vec<String> {
    let scopes = ctx.schemas.unnamed_scopes(&ctx.project.arena, write);
    keys.iter().cloned().chain(scopes.filter(|_| !keys.is_empty())).collect()
}

/// Whether a partial index holds none of the documents that a filter asks for: `{ state: 'live' }` and `{ state: 'draft' }`.
fn is_left_out(ctx: &Context<'_>, index: &Index, filter: V) -> bool {
    let Some(partial) = index.partial else { return false };
    let asked = ctx.project.equalities(filter);
    let is_literal = |value: V| ctx.project.arena.is_literal(value);
    ctx.project.equalities(partial).iter().any(|(name, value)| {
        is_literal(*value)
            && asked
                .iter()
                .any(|(own, other)| own == name && is_literal(*other) && !ctx.project.same_value(*other, *value))
    })
}

/// The fields that a filter asks for one value, or for a text that a pattern of one value finds.
pub(super) fn sought_fields(ctx: &mut Context<'_>, filter: V) -> Vec<(String, V)> {
    let patterns = ctx.project.pattern_fields(filter);
    let mut sought = ctx.project.equalities(filter);
    for (name, value) in &mut sought {
        if let Some((_, part)) = patterns.iter().find(|(field, _)| field == name) {
            *value = *part;
        }
    }
    sought
}

/// Whether a filter asks for nothing but values of fields.
pub(super) fn names_only(ctx: &Context<'_>, filter: V) -> bool {
    let is_plain = |value: V| {
        !matches!(ctx.project.arena.node(value), Node::Object(_) | Node::Array(_) | Node::Mapped(..) | Node::Regex(_))
    };
    matches!(ctx.project.arena.node(filter), Node::Object(entries) if entries.iter().all(|entry| {
        matches!(entry.key, Key::Name(name) if !ctx.project.arena.text(name).starts_with('$')) && is_plain(entry.value)
    }))
}

/// Whether a unique index is on fields that are made of nothing but what is searched for, or hold the same in each insert: who
/// searches for the same inserts the same there.
///
/// `findOne({ type, id })`, then ``create({ type, id, email: `${id}@${type}.login` })`` under a unique index on `email`;
/// `findOne({ team })`, then `create({ team, level: 'free' })` under one on `team` and `level`;
/// `findOne({ post: post._id })`, then `create({ post: post._id, slug: post.slug })` under one on `slug`
pub(super) fn is_covered_by_made_key(ctx: &mut Context<'_>, write: &Write, searched: &[(String, V)]) -> bool {
    let schemas = ctx.schemas;
    let is_searched = |key: &String| searched.iter().any(|(name, _)| name == key);
    let named = named_documents(ctx, searched);
    let mut indexes = schemas.unique.of(&write.handle).iter().filter(|index| !index.keys.iter().all(is_searched));
    indexes.any(|index| {
        let mut is_own = |key: &String| match inserted_field(ctx, write, key) {
            Inserted::Value(value) => {
                is_told_apart(ctx, value)
                    || is_made_of(ctx, value, searched, &named)
                    || is_id_of_source(ctx, value, searched)
            }
            Inserted::Unknown | Inserted::Missing => false,
        };
        index.keys.iter().all(|key| is_searched(key) || is_own(key)) && holds_insert(ctx, index, write)
    })
}

/// Whether a value is a literal that an index keeps: neither null nor missing.
fn is_told_apart(ctx: &Context<'_>, value: V) -> bool {
    matches!(ctx.project.arena.node(value), Node::Str(_) | Node::Num(_) | Node::Bool(_))
}

/// Whether an index surely holds a document that is inserted: it is not sparse, and what it is partial by, it holds as a literal.
pub(super) fn holds_insert(ctx: &mut Context<'_>, index: &Index, write: &Write) -> bool {
    let Some(partial) = index.partial else { return !index.sparse };
    let Node::Object(entries) = ctx.project.arena.node(partial) else { return false };
    let asked = ctx.project.equalities(partial);
    let is_whole = asked.len() == entries.len();
    is_whole
        && asked.iter().all(|(name, value)| match inserted_field(ctx, write, name) {
            Inserted::Value(own) => is_told_apart(ctx, *value) && ctx.project.same_value(own, *value),
            Inserted::Unknown | Inserted::Missing => false,
        })
}

/// The loaded documents whose `_id` is searched for.
fn named_documents(ctx: &mut Context<'_>, searched: &[(String, V)]) -> Vec<V> {
    let owner = |value: V| {
        let (root, path, read) = ctx.project.loaded(ctx.project.bare(value), &[])?;
        let is_one = read.is_some_and(|read| read.action == Action::FindOne);
        (is_one && matches!(path.as_slice(), [only] if only == "_id")).then_some(root)
    };
    searched.iter().map(|(_, value)| *value).filter_map(owner).collect()
}

/// Whether a value is a field of one of these documents.
fn is_field_of(ctx: &Context<'_>, value: V, documents: &[V]) -> bool {
    let mut at = value;
    for _ in 0..limits::CHAINED {
        let Node::Member(object, _) = *ctx.project.arena.node(at) else { return false };
        if documents.contains(&object) {
            return true;
        }
        at = object;
    }
    false
}

/// Whether a value is the `_id` of the document of whose fields all that is searched for is made: `findOne({ slug: tenant.slug })`,
/// then `create({ tenant: tenant._id, slug: tenant.slug })`.
fn is_id_of_source(ctx: &Context<'_>, value: V, searched: &[(String, V)]) -> bool {
    let Node::Member(source, name) = *ctx.project.arena.node(ctx.project.bare(value)) else { return false };
    let is_id = matches!(ctx.project.arena.text(name), "_id" | "id");
    is_id && !searched.is_empty() && searched.iter().all(|(_, value)| is_made_of(ctx, *value, &[], &[source]))
}

/// `named` are documents of which one that is searched for is the `_id`.
fn is_made_of(ctx: &Context<'_>, value: V, searched: &[(String, V)], named: &[V]) -> bool {
    let (mut open, mut seen, mut is_searched) = (vec![value], 0, false);
    while let Some(value) = open.pop() {
        seen += 1;
        if seen > limits::SEARCHED {
            return false;
        }
        let is_known = searched.iter().any(|(_, known)| ctx.project.same_value(*known, value));
        if is_known || is_field_of(ctx, value, named) {
            is_searched = true;
            continue;
        }
        match ctx.project.arena.node(value) {
            Node::Template(parts) | Node::Derived(_, parts) => open.extend(parts),
            Node::Coerce(_, inner) | Node::Index(inner, _) if is_constant_part(ctx, value) => open.push(*inner),
            // email.split('@')[0]
            Node::Call { callee, args, .. } if let Some(text) = ctx.project.cut_text(*callee) => {
                open.push(text);
                open.extend(args.iter());
            }
            _ if ctx.project.arena.is_literal(value) => {}
            _ => return false,
        }
    }
    is_searched
}

/// Whether a value is a form of another one, or the part of it at a fixed place.
fn is_constant_part(ctx: &Context<'_>, value: V) -> bool {
    match ctx.project.arena.node(value) {
        Node::Index(_, at) => ctx.project.arena.is_literal(*at),
        node => matches!(node, Node::Coerce(..)),
    }
}

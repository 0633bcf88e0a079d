//! An array is loaded, changed in JavaScript and written back whole.

use super::context::{Context, Trace, method_of};
use super::overwriting;
use super::pending::Judged;
use super::rewritten::{changed_path, is_map, source};
use crate::diagnostic::Role;
use crate::judge::Overwritten;
use crate::limits;
use crate::project::mongo::DbCall;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::project::{CHANGING, Op};
use crate::race::decision::Loaded;
use crate::race::relation::Taken;
use crate::value::{C, Key, Node, V};

const RULE: &str = "array-overwrite";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for write in &trace.writes {
        if !matches!(write.kind, WriteKind::Update | WriteKind::Replace | WriteKind::Save) {
            continue;
        }
        let mut whole = false;
        for field in write.fields.clone() {
            if !matches!(field.operator.as_str(), "$set" | "replace" | "splice") {
                continue;
            }
            let versioned = asks_for_version(ctx, write, &field);
            if let Some((root, path)) = overwritten(ctx, trace, write, &field)
                && !(versioned && write.document.is_some_and(|document| is_copy(ctx, document, root)))
            {
                report(ctx, trace, write, &field, root, &path);
                whole = true;
                break;
            }
            if let Some((root, part)) = overwritten_inside(ctx, trace, write, &field) {
                report(ctx, trace, write, &part, root, &part.path);
                whole = true;
                break;
            }
        }
        if !whole && let Some(payload) = write.payload {
            whole_document(ctx, trace, write, payload);
        }
    }
}

/// Whether a save asks for the version of its document where it sends a field. The version of the saved copy protects what was loaded
/// with it; what is no list, such as a Mixed field that holds one, is sent without a version, unless each save asks for it.
///
/// Source: Mongoose, `lib/document.js`, `$__delta` and `operand`.
fn asks_for_version(ctx: &mut Context<'_>, write: &Write, field: &FieldWrite) -> bool {
    let is_list = field.operator == "$set" && !field.path.contains('.') && ctx.is_array_value(field.value);
    write.kind == WriteKind::Save
        && !ctx.schemas.is_unversioned(&write.handle)
        && (ctx.schemas.is_optimistic(&write.handle)
            || write.is_counted(&ctx.project.arena, field.cond)
            || !is_map(ctx, field.value) && (is_list || !ctx.schemas.is_mixed(&write.handle, field.top())))
}

/// A list that a save writes whole, made from the loaded one, under the version of its document; and that document.
pub(super) fn under_version(ctx: &mut Context<'_>, trace: &Trace, write: &Write) -> Option<(FieldWrite, V)> {
    let document = write.document.filter(|_| write.kind == WriteKind::Save)?;
    write.fields.iter().find_map(|field| {
        let is_whole = matches!(field.operator.as_str(), "$set" | "splice") && !field.path.contains(['*', '.']);
        if !is_whole || !asks_for_version(ctx, write, field) {
            return None;
        }
        let path = [field.path.clone()];
        let is_made_of_it = field.operator == "splice" || source(ctx, trace, field.value, &path, 0).is_some();
        let (root, _) = is_made_of_it.then(|| overwritten(ctx, trace, write, field)).flatten()?;
        is_copy(ctx, document, root).then(|| (field.clone(), root))
    })
}

/// Whether a document is what was loaded, or an element of the list that was.
fn is_copy(ctx: &Context<'_>, document: V, root: V) -> bool {
    document == root || ctx.project.path_from(document, root).is_some()
}

/// The loaded array that a field's new value is made from.
fn overwritten(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite) -> Option<(V, String)> {
    if field.path == "..." {
        return spread_document(ctx, trace, write, field.value);
    }
    let path: Vec<String> = field.path.split('.').map(str::to_owned).collect();
    if write.kind == WriteKind::Save && (field.operator == "splice" || ctx.is_array_value(field.value)) {
        let other = source(ctx, trace, field.value, &path, 0);
        return match other {
            Some((root, read)) if !is_own(ctx, trace, write, (field.value, root), &path) => ctx
                .project
                .same_document(root, read.as_ref(), &write.handle, None, write.document)
                .then(|| (root, field.path.clone())),
            _ => Some((write.document?, field.path.clone())),
        };
    }
    let (root, read) = source(ctx, trace, field.value, &path, 0)?;
    if !ctx.project.same_document(root, read.as_ref(), &write.handle, write.filter, write.document) && read.is_some() {
        return None;
    }
    let array = ctx.is_array_value(field.value)
        || is_map(ctx, field.value)
        || is_changed(ctx, trace, root, &field.path)
        || ctx.tracked(&write.handle, &field.path).is_some();
    array.then(|| (root, field.path.clone()))
}

/// Whether a value that is made from the list of a loaded document is made from that of the document that is saved: it is that document,
/// or one of several: `(await Team.findById(id)) || (await Team.findOne({ slug: id }))`.
fn is_own(ctx: &mut Context<'_>, trace: &Trace, write: &Write, (value, root): (V, V), path: &[String]) -> bool {
    let Some(document) = write.document else { return false };
    document == root || ctx.project.comes_from(value, document, path, &trace.documents)
}

/// The loaded array that a part of a new object is made from: `cart: { items: [...doc.cart.items, item] }`. Mongoose asks for the
/// version of a document where an array is set, not where the object around it is.
///
/// Source: Mongoose, "Versioning"; `lib/model.js`, `operand`, and `lib/document.js`, `$set` of a nested path.
fn overwritten_inside(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    field: &FieldWrite,
) -> Option<(V, FieldWrite)> {
    if write.kind == WriteKind::Save && ctx.schemas.is_optimistic(&write.handle) || field.path.contains('*') {
        return None;
    }
    let mut open = vec![(field.clone(), 0)];
    while let Some((whole, depth)) = open.pop() {
        let Node::Object(entries) = ctx.project.arena.node(whole.value).clone() else { continue };
        for entry in entries {
            let Key::Name(name) = entry.key else { continue };
            let path = format!("{}.{}", whole.path, ctx.project.arena.text(name));
            let cond = ctx.project.arena.and(whole.cond, entry.cond);
            if cond == C::FALSE {
                continue;
            }
            let part = FieldWrite { path, value: entry.value, cond, ..whole.clone() };
            if let Some((root, _)) = made_of(ctx, trace, write, &part)
                && (ctx.is_array_value(part.value) || is_list_changed(ctx, trace, root, &part.path))
            {
                return Some((root, part));
            }
            if depth < limits::PARTS_DEPTH {
                open.push((part, depth + 1));
            }
        }
    }
    None
}

/// The loaded array of the document that is written from which a list is made.
fn made_of(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite) -> Option<(V, Option<DbCall>)> {
    let path: Vec<String> = field.path.split('.').map(str::to_owned).collect();
    let (root, read) = source(ctx, trace, field.value, &path, 0)?;
    let is_same = ctx.project.same_document(root, read.as_ref(), &write.handle, write.filter, write.document);
    (is_same || read.is_none()).then_some((root, read))
}

/// Whether the array of a loaded document is changed in JavaScript: `doc.items.push(…)`, `doc.items = …`, `doc.items[0].n = 1`.
fn is_changed(ctx: &mut Context<'_>, trace: &Trace, root: V, array: &str) -> bool {
    let is_inside = |path: &str| path == array || path.starts_with(&format!("{array}."));
    changes(ctx, trace, root, array, is_inside)
}

/// Whether an element of the list of a loaded document is, or the list by one of its methods: `doc.box.items[0] = …`.
fn is_list_changed(ctx: &mut Context<'_>, trace: &Trace, root: V, list: &str) -> bool {
    let is_list = |path: &str| path == list || path.starts_with(&format!("{list}.*"));
    changes(ctx, trace, root, list, is_list)
}

/// Whether one of the changed paths of a loaded document is asked for.
fn changes(ctx: &mut Context<'_>, trace: &Trace, root: V, array: &str, is_asked: impl Fn(&str) -> bool) -> bool {
    for step in trace.steps.iter() {
        let place = match &step.op {
            Op::Assign { object, key, .. } => {
                let Some(mut path) = changed_path(ctx, *object, root) else { continue };
                if let Some(key) = key {
                    path.push(ctx.project.arena.text(*key).to_owned());
                } else {
                    path.push("*".to_owned());
                }
                // An assignment of the field itself shows no array.
                if path.join(".") == array { continue } else { path }
            }
            Op::Call { .. } => {
                let Some((recv, name, _)) = method_of(step) else { continue };
                if !CHANGING.contains(&ctx.project.arena.text(name)) {
                    continue;
                }
                let Some(path) = changed_path(ctx, recv, root) else { continue };
                path
            }
            Op::Marked { .. } => continue,
        };
        if is_asked(&place.join(".")) {
            return true;
        }
    }
    false
}

/// `$set: doc`, `$set: { ...doc }`, `replaceOne(filter, doc)` of a document with a changed array.
fn spread_document(ctx: &mut Context<'_>, trace: &Trace, write: &Write, value: V) -> Option<(V, String)> {
    let value = match ctx.project.arena.node(value) {
        Node::Coerce(_, inner) => *inner,
        _ => value,
    };
    for (_, value) in ctx.project.arena.alternatives(value) {
        let Some((root, path, read)) = ctx.project.loaded(value, &trace.documents) else { continue };
        if !path.is_empty() || !ctx.project.same_document(root, read.as_ref(), &write.handle, write.filter, None) {
            continue;
        }
        if let Some(array) = changed_array(ctx, trace, root) {
            return Some((root, array));
        }
    }
    None
}

fn whole_document(ctx: &mut Context<'_>, trace: &Trace, write: &Write, payload: V) {
    let mut parts = vec![payload];
    if let Node::Object(entries) = ctx.project.arena.node(payload) {
        parts = entries.iter().filter(|entry| entry.key == Key::Spread).map(|entry| entry.value).collect();
    }
    for part in parts {
        if let Some((root, array)) = spread_document(ctx, trace, write, part) {
            let field = FieldWrite {
                operator: "replace".to_owned(),
                path: array.clone(),
                value: part,
                cond: write.cond,
                site: write.site,
            };
            report(ctx, trace, write, &field, root, &array);
            return;
        }
    }
}

/// The path of an array of the document that is changed in JavaScript.
fn changed_array(ctx: &mut Context<'_>, trace: &Trace, root: V) -> Option<String> {
    trace.steps.iter().find_map(|step| {
        if let Op::Assign { object, key, value } = &step.op {
            let mut path = changed_path(ctx, *object, root)?;
            if ctx.is_array_value(*value) {
                // doc.seen[room] = doc.seen[room].slice(-50)
                path.push(key.map_or("*".to_owned(), |key| ctx.project.arena.text(key).to_owned()));
                let changed = ctx.project.comes_from(*value, root, &path, &trace.documents);
                let fixed: Vec<String> = path.into_iter().take_while(|part| part != "*").collect();
                return (changed && !fixed.is_empty()).then(|| fixed.join("."));
            }
            // doc.steps[0].done = true
            let at = path.iter().position(|part| part == "*").filter(|at| *at > 0)?;
            return path.get(..at).map(|array| array.join("."));
        }
        let (recv, name, _) = method_of(step)?;
        if !CHANGING.contains(&ctx.project.arena.text(name)) {
            return None;
        }
        let path = changed_path(ctx, recv, root)?;
        (!path.is_empty()).then(|| path.join("."))
    })
}

fn report(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite, root: V, array: &str) {
    let read = ctx.project.loaded(root, &trace.documents).and_then(|(_, _, read)| read);
    let loaded = Loaded { root, read: read.as_ref(), documents: &trace.documents };
    let relation = ctx.relation_to(trace, &loaded, write, write.cond, Taken::Value(array));
    let mut draft = ctx.draft(RULE, trace, write, write.site);
    let shape = overwriting::shape(ctx, trace, write, field, root, array);
    draft.message = shape.message(array);
    draft.label = format!("writes the whole of `{array}`");
    draft.array = Some(array.to_owned());
    if let Some(read) = read {
        draft.related.push((read.site, Role::Check, "loaded here".to_owned()));
    }
    if field.site != write.site {
        draft.related.push((field.site, Role::Context, "changed here".to_owned()));
    }
    draft.help = shape.help(array);
    draft.pair = format!("{array} loaded -> written whole");
    // An entry of a map is lost to another entry, not to an element that is appended.
    let is_map = is_map(ctx, field.value);
    // A part of a new object may be one that the request has put there since.
    let is_inside = field.operator == "$set"
        && write.kind != WriteKind::Save
        && !write.fields.iter().any(|own| own.path == field.path);
    // A new list of which nothing is known to come from the loaded one may be all that is to be there.
    let is_new = field.operator == "$set"
        && matches!(ctx.project.arena.node(field.value), Node::Array(_) | Node::Mapped(..))
        && !ctx.project.contains(field.value, &mut |_, part| part == root);
    let overwritten = (!is_map).then_some(Overwritten::List(array.to_owned()));
    ctx.report_judged(
        draft,
        trace,
        &Judged {
            overwritten,
            needs_witness: is_map || is_inside || is_new,
            ..Judged::of(write, field.cond, relation)
        },
    );
}

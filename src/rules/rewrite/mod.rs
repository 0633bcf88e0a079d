//! Rewrites of the filter of an append, where they are proven safe.
//!
//! Input: a finding's write, its array and the keys to guard by. Output: a [`Fix`], or none when any part of the proof is
//! missing. All of them need the filter and the update to be literals at the call. The guard then repeats the text that
//! the element itself has for the key, so that it compares what the same call stores. Must not know: syntax, formats.

mod proof;

use super::appended::elements;
use super::context::{Context, Trace};
use super::words::{Keyed, guard};
use crate::diagnostic::{Applicability, Edit, Fix};
use crate::project::checks::Check;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::project::{Literal, Property, Written};
use crate::remedy::token;
use crate::source::{FileId, Place};
use crate::value::{Key, Node, V};

/// A condition, and the fix that writes it.
pub struct Guarded {
    pub guard: String,
    pub fix: Fix,
}

/// Adds the guard that a check stands for. The check stays where it is, so the guard must never refuse what the check
/// lets through while nobody else writes: the check must look for these keys and nothing more.
pub fn carry_check(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    field: &FieldWrite,
    check: &Check,
    keys: &[(String, V)],
) -> Option<Fix> {
    let cond = ctx.project.arena.and(write.cond, field.cond);
    if !proof::is_decisive(ctx, cond, check) || !proof::looks_for_keys_alone(ctx, write, field, check, keys) {
        return None;
    }
    add_guard(ctx, trace, write, field, keys).map(|guarded| guarded.fix)
}

/// Adds a guard by the identity of the pushed element. A value that is null or undefined would refuse the element as
/// soon as another one lacks the field, so the path must show that every key has a value.
pub fn guard_identity(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    field: &FieldWrite,
    keys: &[(String, V)],
) -> Option<Guarded> {
    let cond = ctx.project.arena.and(write.cond, field.cond);
    let arena = &ctx.project.arena;
    let has_value = |value: V| match arena.node(value) {
        Node::Num(_) | Node::Str(_) | Node::Bool(_) => true,
        _ => arena.truth(cond, value) == Some(true),
    };
    if !keys.iter().all(|(_, value)| has_value(*value)) {
        return None;
    }
    let array = ctx.tracked(&write.handle, &field.path)?;
    let [element] = elements(ctx.project, field.value).try_into().ok()?;
    let kinds = array.kinds.iter().filter(|kind| ctx.may_be_kind(element, kind, cond).is_some()).count();
    if kinds != 1 {
        return None;
    }
    // The guard refuses the whole update, so nothing else may stand in it.
    let written = written(ctx, trace, write)?;
    let Written::Object(push) = &written.update.only(&field.operator)?.value else { return None };
    push.only(&field.path)?;
    add_guard(ctx, trace, write, field, keys)
}

/// Joins `'arr.k': { $ne: v }, 'arr.j': { $ne: w }` into one condition on one element. That refuses less than before, so
/// only where the fields are one identity in the configuration.
pub fn join_split(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    field: &FieldWrite,
    keys: &[(String, V)],
) -> Option<Guarded> {
    let names: Vec<&String> = keys.iter().map(|(name, _)| name).collect();
    let is_identity =
        |kind: &crate::config::Kind| kind.key.len() == names.len() && kind.key.iter().all(|name| names.contains(&name));
    if !ctx.tracked(&write.handle, &field.path)?.kinds.iter().any(is_identity) {
        return None;
    }
    let written = written(ctx, trace, write)?;
    let keyed = key_texts(ctx, &written, field, keys)?;
    let conditions = keys
        .iter()
        .map(|(name, _)| written.filter.get(&format!("{}.{name}", field.path)).filter(|property| is_ne(property)))
        .collect::<Option<Vec<&Property>>>()?;
    if written.filter.get(&field.path).is_some() {
        return None;
    }
    let guard = guard(&field.path, &keyed, written.filter.quote);
    let first = conditions.iter().map(|property| property.start).min()?;
    let mut edits = Vec::new();
    for (property, before) in written.filter.properties.iter().zip(ends_before(&written.filter)) {
        if !conditions.iter().any(|condition| condition.start == property.start) {
            continue;
        }
        if property.start == first {
            edits.push(edit(ctx, write, property.start, property.end, guard.clone()));
        } else if property.follows_plainly {
            edits.push(edit(ctx, write, before, property.end, String::new()));
        } else {
            return None;
        }
    }
    let title = format!("Put the fields on one element: `{guard}`");
    Some(Guarded { guard, fix: Fix { title, edits, applicability: Applicability::Safe } })
}

/// Joins `'arr.k': v, 'arr.j': { $ne: w }` into `arr: { $elemMatch: { k: v, j: { $ne: w } } }`. What is refused then is something else.
pub fn one_element(ctx: &Context<'_>, trace: &Trace, write: &Write, array: &str, fields: [&str; 2]) -> Option<Fix> {
    if trace.steps.get(write.step)?.calls > 0 {
        return None;
    }
    let Written::Object(filter) = &ctx.project.written_at(write.site)?.args.first()?.value else { return None };
    let below = format!("{array}.");
    let is_of_array = |property: &&Property| {
        property.key.as_deref().is_none_or(|key| key == array || key.starts_with(&below) || key.starts_with('$'))
    };
    let [selected, excluded] = fields.map(|field| filter.get(&format!("{below}{field}")));
    let (selected, excluded) = (selected?, excluded?);
    if filter.is_commented || filter.properties.iter().filter(is_of_array).count() != 2 || !is_ne(excluded) {
        return None;
    }
    let part = |field: &str, property: &Property| match token::key(field, filter.quote) {
        key if key == property.text => key,
        key => format!("{key}: {}", property.text),
    };
    let [first, second] = fields;
    let (first, second) = (part(first, selected), part(second, excluded));
    let joined = format!("{}: {{ $elemMatch: {{ {first}, {second} }} }}", token::key(array, filter.quote));
    let mut edits = vec![edit(ctx, write, selected.start, selected.end, joined.clone())];
    let at = filter.properties.iter().position(|property| property.start == excluded.start)?;
    match at.checked_sub(1).and_then(|before| filter.properties.get(before)) {
        Some(before) if excluded.follows_plainly => {
            edits.push(edit(ctx, write, before.end, excluded.end, String::new()))
        }
        _ => return None,
    }
    let title = format!("Put both conditions on one element: `{joined}`");
    Some(Fix { title, edits, applicability: Applicability::Suggested })
}

/// Replaces `arr: { $elemMatch: { k: { $ne: v } } }` by `'arr.k': { $ne: v }`.
pub fn name_no_element(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    field: &FieldWrite,
    name: &str,
) -> Option<Guarded> {
    let written = written(ctx, trace, write)?;
    let condition = written.filter.get(&field.path)?;
    let Written::Object(outer) = &condition.value else { return None };
    let Written::Object(matched) = &outer.only("$elemMatch")?.value else { return None };
    let excluded = match name {
        "" => matched.only("$ne")?,
        name => {
            let Written::Object(inner) = &matched.only(name)?.value else { return None };
            inner.only("$ne")?
        }
    };
    let key = if name.is_empty() { field.path.clone() } else { format!("{}.{name}", field.path) };
    if !name.is_empty() && written.filter.properties.iter().any(|other| other.key.as_deref() == Some(&key)) {
        return None;
    }
    // The element must store what the guard compares, or the guard would still guard nothing.
    let stored = element_key(ctx, &written, field, name)?;
    if stored != excluded.text {
        return None;
    }
    let guard = guard(&field.path, &vec![(name.to_owned(), stored)], written.filter.quote);
    let edits = vec![edit(ctx, write, condition.start, condition.end, guard.clone())];
    let title = format!("Say that no element has it: `{guard}`");
    Some(Guarded { guard, fix: Fix { title, edits, applicability: Applicability::Safe } })
}

fn add_guard(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    field: &FieldWrite,
    keys: &[(String, V)],
) -> Option<Guarded> {
    // A result that decides something would get another meaning.
    if write.kind != WriteKind::Update
        || write.method != "updateOne"
        || write.upsert
        || !proof::has_known_options(ctx, write)
        || proof::may_repeat(ctx, trace, write, field)
        || trace.steps.get(write.step).is_none_or(|step| step.decides)
        || ctx.is_decisive(write.site)
        || keys.iter().any(|(_, value)| ctx.origin(trace, *value, write.cond).is_new())
    {
        return None;
    }
    let written = written(ctx, trace, write)?;
    let below = format!("{}.", field.path);
    let is_plain = |property: &Property| {
        property
            .key
            .as_deref()
            .is_some_and(|key| key != field.path && !key.starts_with(&below) && !key.starts_with("$n"))
    };
    if keys.is_empty() || !written.filter.properties.iter().all(is_plain) {
        return None;
    }
    let last = written.filter.properties.last()?.end;
    let keyed = key_texts(ctx, &written, field, keys)?;
    let guard = guard(&field.path, &keyed, written.filter.quote);
    let text = format!("{}{guard}", written.filter.separator);
    let (title, edits) = (format!("Add `{guard}` to the filter"), vec![edit(ctx, write, last, last, text)]);
    Some(Guarded { guard, fix: Fix { title, edits, applicability: Applicability::Safe } })
}

/// The filter and the update of a call, as literals.
struct Literals {
    filter: Literal,
    update: Literal,
}

/// The literals of a write of the function itself: a value of a caller need not have this text here.
fn written(ctx: &Context<'_>, trace: &Trace, write: &Write) -> Option<Literals> {
    if trace.steps.get(write.step)?.calls > 0 {
        return None;
    }
    let (filter, update) = ctx.project.written_at(write.site)?.literals()?;
    Some(Literals { filter: filter.clone(), update: update.clone() })
}

/// The text that the element has for each key, when the key's value is the one that the element stores.
fn key_texts(ctx: &mut Context<'_>, written: &Literals, field: &FieldWrite, keys: &[(String, V)]) -> Option<Keyed> {
    let mut keyed = Keyed::new();
    for (name, value) in keys {
        let stored = match name.as_str() {
            "" => field.value,
            name => {
                let key = ctx.project.arena.sym(name);
                ctx.project.arena.member(field.value, key)
            }
        };
        if ctx.project.bare(stored) != ctx.project.bare(*value) || keyed.iter().any(|(other, _)| other == name) {
            return None;
        }
        keyed.push((name.clone(), element_key(ctx, written, field, name)?));
    }
    Some(keyed)
}

/// The text of a field of the element that the call appends.
fn element_key(ctx: &Context<'_>, written: &Literals, field: &FieldWrite, name: &str) -> Option<String> {
    // In a literal this name is no field: it sets the prototype.
    if [name, field.path.as_str()].contains(&"__proto__") {
        return None;
    }
    let Written::Object(push) = &written.update.get(&field.operator)?.value else { return None };
    let element = push.get(&field.path)?;
    match &element.value {
        _ if name.is_empty() => {
            matches!(element.value, Written::Path | Written::Constant).then(|| element.text.clone())
        }
        Written::Object(literal) => {
            let is_operator = |property: &Property| property.key.as_deref().is_some_and(|key| key.starts_with('$'));
            let property = literal.get(name)?;
            let is_plain = matches!(property.value, Written::Path | Written::Constant);
            (is_plain && !literal.properties.iter().any(is_operator)).then(|| property.text.clone())
        }
        // `{ $each: […] }` in a variable has no such field.
        Written::Path if token::is_identifier(name) && !is_modifier(ctx, field.value) => {
            Some(format!("{}.{name}", element.text))
        }
        _ => None,
    }
}

fn is_modifier(ctx: &Context<'_>, value: V) -> bool {
    let arena = &ctx.project.arena;
    match arena.node(value) {
        Node::Object(entries) => {
            entries.iter().any(|entry| matches!(entry.key, Key::Name(name) if arena.text(name).starts_with('$')))
        }
        _ => false,
    }
}

/// Whether a property is `key: { $ne: … }`.
fn is_ne(property: &Property) -> bool {
    matches!(&property.value, Written::Object(condition) if condition.only("$ne").is_some())
}

/// The end of the property before each one; the start of the first for the first.
fn ends_before(literal: &Literal) -> impl Iterator<Item = u32> + '_ {
    let first = literal.properties.first().map_or(0, |property| property.start);
    std::iter::once(first).chain(literal.properties.iter().map(|property| property.end))
}

fn edit(ctx: &Context<'_>, write: &Write, start: u32, end: u32, text: String) -> Edit {
    let file = FileId(ctx.project.base_site(write.site).file);
    Edit { place: Place { file, start, end }, text }
}

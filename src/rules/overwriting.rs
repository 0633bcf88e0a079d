//! What of a field that is written back whole was changed in JavaScript, in the words of a report.
//!
//! Input: a write and the loaded document. Output: the message and the help. Must not know: whether it is a race.

use super::context::{Context, Trace, method_of};
use super::rewritten::{changed_path, is_map, picked_from, source};
use crate::project::Op;
use crate::project::writes::{FieldWrite, Write};
use crate::race::path;
use crate::remedy::token;
use crate::value::{Item, Key, Node, V, children};

/// What is written whole.
pub(super) enum Shape {
    /// A list, of which elements are left out.
    Filtered,
    /// A list, each element of which is made anew.
    Mapped,
    /// The same of the elements that are there and of others that are added to them.
    Appended,
    /// A list of what is to be there, in which what is stored stays as it is: others are added, and what is not named goes.
    Gathered,
    /// A list of copies of the elements, whatever becomes of it then.
    Rebuilt,
    List,
    /// It is as it was loaded, unless another value takes its place.
    Carried,
    /// An object, with the paths in it that are changed, as far as they are known.
    Object(Vec<String>),
    Unknown,
}

/// Methods that only an array has.
const OF_LISTS: [&str; 9] = ["push", "unshift", "splice", "pop", "shift", "sort", "reverse", "fill", "copyWithin"];

/// More paths say no more.
const NAMED: usize = 3;

pub(super) fn shape(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    field: &FieldWrite,
    root: V,
    array: &str,
) -> Shape {
    let is_added_to = is_changed_since(ctx, trace, write, field);
    if removes(ctx, field.value, root) {
        return if is_added_to || is_changed_before(ctx, trace, root, array) { Shape::List } else { Shape::Filtered };
    }
    if !is_added_to && is_mapped_with_others(ctx, field.value, root) {
        return Shape::Appended;
    }
    if is_rebuilt(ctx, field.value) {
        return Shape::Rebuilt;
    }
    if let Some(shape) = gathered(ctx, field.value, root) {
        return if is_added_to { Shape::List } else { shape };
    }
    if has_mapped(ctx, field.value) {
        return if is_added_to { Shape::List } else { Shape::Mapped };
    }
    let is_list = field.operator == "splice" || ctx.is_array_value(field.value) && !is_fallback(ctx, field.value);
    if is_list || is_changed_as_list(ctx, trace, root, array) {
        return Shape::List;
    }
    let paths = changed_keys(ctx, trace, (field.value, root), array);
    if !paths.is_empty() || is_map(ctx, field.value) || matches!(ctx.project.arena.node(field.value), Node::Object(_)) {
        return Shape::Object(paths);
    }
    if has_empty_object(ctx, field.value) {
        return Shape::Object(Vec::new());
    }
    if is_carried(ctx, trace, field, array) {
        return Shape::Carried;
    }
    match ctx.is_array_value(field.value) || ctx.schemas.has_subdocuments(&write.handle, array) {
        true => Shape::List,
        false => Shape::Unknown,
    }
}

impl Shape {
    pub(super) fn message(&self, array: &str) -> String {
        match self {
            Self::Filtered | Self::Mapped | Self::Appended | Self::Gathered | Self::Rebuilt | Self::List => format!(
                "`{array}` is loaded, changed in JavaScript and written back whole: elements added by others in between are lost"
            ),
            Self::Carried => format!(
                "`{array}` is written whole, be it as it was loaded: what others change of it in between is lost"
            ),
            Self::Object(_) | Self::Unknown => format!(
                "`{array}` is loaded, changed in JavaScript and written back whole: what others change of it in between is lost"
            ),
        }
    }

    pub(super) fn help(&self, array: &str) -> String {
        match self {
            Self::Filtered => {
                format!("`$pull` from the stored `{array}` what the filter leaves out, in place of writing the rest")
            }
            Self::Mapped => {
                format!("change the elements of the stored `{array}` in place, each by its own path and `arrayFilters`")
            }
            Self::Appended => format!(
                "append to the stored `{array}` what is added, by `$push` with `$each`, made as the code makes it, in place of the whole list"
            ),
            Self::Gathered => format!(
                "send only what changes to the stored `{array}`: `$push` what lacks there, under a filter that asks that it is not there yet, and `$pull` what is to go; leave out what stays"
            ),
            Self::List => format!(
                "send only what changes to the stored `{array}`: push a new element with its identity in the filter, pull one by what tells it apart, and change one by its own path and `arrayFilters`"
            ),
            Self::Rebuilt => format!(
                "leave `{array}` out of the update where it is as it was loaded; where it changes, send that alone: push a new element, pull one by what tells it apart, and change one by its own path and `arrayFilters`"
            ),
            Self::Carried => format!("leave `{array}` out of the update where it is as it was loaded"),
            Self::Object(paths) if paths.is_empty() => {
                format!(
                    "`$set` only what changes in the stored `{array}`, each key by its own path, never the whole of it"
                )
            }
            Self::Object(paths) => {
                let paths: Vec<String> = paths.iter().map(|path| format!("`{}`", token::string(path, '\''))).collect();
                format!("`$set` only what changes, by its own path: {}; never the whole of `{array}`", paths.join(", "))
            }
            Self::Unknown => format!(
                "send only what changes to the stored `{array}`, never the whole of it, and ask in the filter for what was found there, if that decides the change"
            ),
        }
    }
}

/// Whether elements are left out of a list, and nothing is added to it.
fn removes(ctx: &Context<'_>, value: V, root: V) -> bool {
    match ctx.project.arena.node(value) {
        Node::Query { method, array, .. } => {
            ctx.project.arena.text(*method) == "filter" && !is_added_to(ctx, *array, root)
        }
        _ => false,
    }
}

/// Whether a list holds more than what was loaded: `[...languages, language]`, `[...doc.models, ...models]`.
fn is_added_to(ctx: &Context<'_>, list: V, root: V) -> bool {
    let is_other = |item: &Item| !item.spread || !ctx.project.mentions(item.value, root);
    matches!(ctx.project.arena.node(list), Node::Array(items) if items.iter().any(is_other))
}

/// Whether what is loaded and what is added to it are made anew alike: `[...doc.models, ...models].map(checked)`
fn is_mapped_with_others(ctx: &Context<'_>, value: V, root: V) -> bool {
    ctx.project.arena.alternatives(value).into_iter().any(|(_, value)| match *ctx.project.arena.node(value) {
        Node::Mapped(list, _) => ctx.project.mentions(list, root) && is_added_to(ctx, list, root),
        _ => false,
    })
}

/// Whether the list of a loaded document, or an element of it, is changed in place: `doc.items.push(item)`, `item.count += 1`. What is
/// written of it then is more than what one step of the code makes of it.
fn is_changed_before(ctx: &mut Context<'_>, trace: &Trace, root: V, array: &str) -> bool {
    trace.steps.iter().any(|step| {
        let object = match &step.op {
            Op::Assign { object, .. } => *object,
            _ => match method_of(step) {
                Some((recv, name, _)) if OF_LISTS.contains(&ctx.project.arena.text(name)) => recv,
                _ => return false,
            },
        };
        changed_path(ctx, object, root).is_some_and(|path| path::is_within(&path.join("."), array))
    })
}

fn has_mapped(ctx: &Context<'_>, value: V) -> bool {
    let node = ctx.project.arena.node(value);
    matches!(node, Node::Mapped(..))
        || matches!(node, Node::OneOf(_) | Node::Coerce(..))
            && children(node).into_iter().any(|part| has_mapped(ctx, part))
}

/// The shape of a list that is made of another one, each of whose elements stands for one of the stored ones where there is one:
/// `wanted.map((one) => stored.find((own) => own.id === one.id) ?? { id: one.id })`. `None` of any other list.
fn gathered(ctx: &Context<'_>, value: V, root: V) -> Option<Shape> {
    let made = ctx.project.arena.alternatives(value).into_iter().find_map(|(_, value)| {
        let Node::Mapped(list, made) = *ctx.project.arena.node(value) else { return None };
        (!ctx.project.mentions(list, root)).then_some(made)
    })?;
    let (mut is_picked, mut is_changed, mut is_new) = (false, false, false);
    for (_, made) in ctx.project.arena.alternatives(made) {
        match picked_from(ctx, made).is_some_and(|list| ctx.project.mentions(list, root)) {
            true if matches!(ctx.project.arena.node(made), Node::Object(_)) => is_changed = true,
            true => is_picked = true,
            false => is_new = true,
        }
    }
    match (is_picked, is_changed, is_new) {
        (true, false, true) => Some(Shape::Gathered),
        (false, true, false) => Some(Shape::Mapped),
        (false, false, _) => None,
        _ => Some(Shape::List),
    }
}

/// Whether a list is made of a loaded one by copying its elements, each field as it was: what a mapper makes of a document.
fn is_rebuilt(ctx: &Context<'_>, value: V) -> bool {
    let mut made = ctx.project.arena.alternatives(value).into_iter().map(|(_, value)| value);
    made.any(|value| {
        let Node::Mapped(list, result) = *ctx.project.arena.node(value) else { return false };
        let element = |value: V| matches!(ctx.project.arena.node(value), Node::Element(own) if *own == list);
        match ctx.project.arena.node(result) {
            Node::Object(entries) if !entries.is_empty() => entries.iter().all(|entry| match entry.key {
                Key::Name(name) => match ctx.project.arena.node(entry.value) {
                    Node::Member(object, own) => *own == name && element(*object),
                    _ => false,
                },
                Key::Spread => element(entry.value),
                Key::Computed(_) => false,
            }),
            _ => element(result),
        }
    })
}

/// Whether a list is changed in place between its making and the write: `doc.items = doc.items.filter(…)`, `doc.items.push(item)`.
fn is_changed_since(ctx: &Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite) -> bool {
    let made: Vec<V> = ctx.project.arena.alternatives(field.value).into_iter().map(|(_, value)| value).collect();
    trace.steps.iter().take(write.step).filter_map(method_of).any(|(recv, name, _)| {
        OF_LISTS.contains(&ctx.project.arena.text(name))
            && ctx.project.arena.alternatives(recv).iter().any(|(_, list)| made.contains(list))
    })
}

/// A loaded value, or an empty list where there is none: `doc.items || []`.
fn is_fallback(ctx: &mut Context<'_>, value: V) -> bool {
    let alternatives = ctx.project.arena.alternatives(value);
    let is_empty = |value: V| matches!(ctx.project.arena.node(value), Node::Array(items) if items.is_empty());
    alternatives.len() > 1 && alternatives.iter().all(|(_, value)| is_empty(*value) || !ctx.is_array_value(*value))
}

/// Whether a value is as it was loaded in one case, and made of nothing that was loaded in another.
fn is_carried(ctx: &mut Context<'_>, trace: &Trace, field: &FieldWrite, array: &str) -> bool {
    let path: Vec<String> = array.split('.').map(str::to_owned).collect();
    let (mut is_kept, mut is_replaced) = (false, false);
    for (_, value) in ctx.project.arena.alternatives(field.value) {
        match ctx.project.loaded(value, &trace.documents) {
            Some((_, loaded, _)) if loaded == path => is_kept = true,
            _ if source(ctx, trace, value, &path, 0).is_some() => return false,
            _ => is_replaced |= !matches!(ctx.project.arena.node(value), Node::Array(items) if items.is_empty()),
        }
    }
    is_kept && is_replaced && !is_touched(ctx, trace, field)
}

/// Whether a value, or a case of it, is changed in place or given to others, who may do that.
fn is_touched(ctx: &Context<'_>, trace: &Trace, field: &FieldWrite) -> bool {
    let mut own: Vec<V> = ctx.project.arena.alternatives(field.value).into_iter().map(|(_, value)| value).collect();
    own.push(field.value);
    let holds = |value: V| ctx.project.contains(value, &mut |_, part| own.contains(&part));
    trace.steps.iter().any(|step| match &step.op {
        Op::Assign { object, .. } => holds(*object),
        Op::Call { recv, args, .. } if step.site != field.site => {
            let is_argument = |value: &V| own.contains(value);
            recv.is_some_and(holds) || args.iter().any(is_argument)
        }
        _ => false,
    })
}

/// `doc.votes || {}`
fn has_empty_object(ctx: &Context<'_>, value: V) -> bool {
    let is_empty = |value: V| matches!(ctx.project.arena.node(value), Node::Object(entries) if entries.is_empty());
    match ctx.project.arena.node(value) {
        Node::Or(parts) => parts.iter().any(|part| is_empty(*part)),
        _ => ctx.project.arena.alternatives(value).into_iter().any(|(_, value)| is_empty(value)),
    }
}

/// Whether a loaded value is changed by what only arrays can do.
fn is_changed_as_list(ctx: &mut Context<'_>, trace: &Trace, root: V, array: &str) -> bool {
    trace.steps.iter().any(|step| {
        let Some((recv, name, _)) = method_of(step) else { return false };
        OF_LISTS.contains(&ctx.project.arena.text(name))
            && changed_path(ctx, recv, root).is_some_and(|path| path.join(".") == array)
    })
}

/// Whether a value is nothing but what was loaded from a path, or nothing where that is not there.
fn is_of(ctx: &mut Context<'_>, trace: &Trace, value: V, path: &str) -> bool {
    ctx.project.arena.alternatives(value).into_iter().all(|(_, value)| {
        let is_nothing = match ctx.project.arena.node(value) {
            Node::Object(entries) => entries.is_empty(),
            _ => ctx.project.arena.is_literal(value),
        };
        is_nothing || ctx.project.loaded(value, &trace.documents).is_some_and(|(_, own, _)| own.join(".") == path)
    })
}

/// The paths by which parts of a loaded object are changed: `doc.settings.theme = theme`, `{ ...doc.settings, theme }`.
fn changed_keys(ctx: &mut Context<'_>, trace: &Trace, (value, root): (V, V), array: &str) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    if let Node::Object(entries) = ctx.project.arena.node(value).clone() {
        for entry in entries {
            match entry.key {
                Key::Name(name) => {
                    let key = ctx.project.arena.text(name).to_owned();
                    let own = format!("{array}.{key}");
                    let loaded = ctx.project.loaded(entry.value, &trace.documents);
                    if loaded.is_none_or(|(_, path, _)| path.join(".") != own) {
                        keys.push(key);
                    }
                }
                // Whatever another object brings has no path that could be named.
                Key::Spread if !is_of(ctx, trace, entry.value, array) => return Vec::new(),
                Key::Spread => {}
                Key::Computed(_) => return Vec::new(),
            }
        }
    }
    for step in trace.steps.iter() {
        let Op::Assign { object, key, .. } = &step.op else { continue };
        let Some(path) = changed_path(ctx, *object, root) else { continue };
        if path.join(".") != array {
            continue;
        }
        // Under a key that is not known, what is changed has no path that could be named.
        let Some(key) = key.map(|key| ctx.project.arena.text(key).to_owned()) else { return Vec::new() };
        if key == "length" || key.bytes().all(|byte| byte.is_ascii_digit()) {
            return Vec::new();
        }
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    match keys.len() > NAMED {
        true => Vec::new(),
        false => keys.into_iter().map(|key| format!("{array}.{key}")).collect(),
    }
}

//! A value that was computed from the loaded document and is written back, as an operator that the server applies to the stored one.
//!
//! Source: MongoDB manual, "Update Operators". Input: a field of the act. Output: the operator, or an expression for a pipeline;
//! none where neither says exactly the same. Must not know: filters, how an update is put together.

use super::decision::Reader;
use super::lower;
use super::said;
use super::subject::Subject;
use super::sums;
use crate::project::declared::Declared;
use crate::project::writes::{FieldWrite, Write};
use crate::project::{CHANGING, Op, Step};
use crate::race::expression::{Expression, Operator};
use crate::value::{Arena, C, Coercion, Entry, Key, Node, V};

/// What becomes of one field.
pub enum Change {
    /// It stays as it is written: nothing in it was loaded.
    Kept,
    /// One operator on a path.
    Operator(&'static str, String, V),
    /// `$set` of one key of a map, by a computed path.
    Keys(Vec<(V, V)>),
    /// A value of a pipeline's `$set`.
    Computed(V),
}

/// Whether the loaded document is changed in place, so that a value in it need not be the loaded one. What was changed on a
/// saved document are the fields of the save.
pub fn is_changed_in_place(subject: &mut Subject<'_>, steps: &[Step]) -> bool {
    let is_changing = |name: &str| CHANGING.contains(&name);
    steps.iter().any(|step| match &step.op {
        Op::Assign { object, .. } => subject.mentions(*object),
        Op::Call { recv: Some(recv), name: Some(name), .. } => {
            is_changing(subject.project.arena.text(*name)) && subject.mentions(*recv) && !is_own_list(subject, *recv)
        }
        _ => false,
    })
}

/// Whether a list was made of the document's, as `[...doc.items]` is, and nothing of it is written: what changes it changes no document.
fn is_own_list(subject: &Subject<'_>, list: V) -> bool {
    let is_made = match subject.node(list) {
        Node::Array(_) | Node::Mapped(..) | Node::Coerce(Coercion::Copy, _) => true,
        Node::Query { method, .. } => matches!(subject.text(method).as_str(), "filter" | "slice" | "flat"),
        _ => false,
    };
    is_made && !subject.act.fields.iter().any(|field| subject.project.mentions(field.value, list))
}

/// `doc.items.push(item)`, then the whole of `doc.items` is written: what becomes of the fields, where nothing else is changed in place.
pub fn appended_in_place(subject: &mut Subject<'_>, steps: &[Step]) -> Option<Vec<Change>> {
    let act = subject.act;
    let (mut path, mut items, mut assigned) = (None, Vec::new(), Vec::new());
    for (at, step) in steps.iter().enumerate() {
        if !is_changed_in_place(subject, std::slice::from_ref(step)) {
            continue;
        }
        if let Op::Assign { object, key: Some(key), .. } = step.op
            && subject.is_root(object)
        {
            assigned.push(subject.project.arena.member(object, key));
            continue;
        }
        let Op::Call { recv: Some(recv), name: Some(name), args, .. } = &step.op else { return None };
        let is_whole = at < act.step && (step.cond == C::TRUE || step.cond == act.cond) && !step.in_loop;
        // What a spread gives is one of several.
        let is_one = |subject: &mut Subject<'_>, arg: V| {
            !subject.mentions(arg) && !matches!(subject.node(arg), Node::Element(_))
        };
        let is_plain = !args.is_empty() && args.iter().all(|arg| is_one(subject, *arg));
        if path.is_some() || !is_whole || !is_plain || subject.project.arena.text(*name) != "push" {
            return None;
        }
        path = Some(subject.list(*recv)?);
        items.clone_from(args);
    }
    let path = path?;
    // What is written of the document is as it was loaded.
    let is_assigned = |value: V| subject.project.contains(value, &mut |_, part| assigned.contains(&part));
    if act.fields.iter().any(|field| is_assigned(field.value)) {
        return None;
    }
    let pushed = pushed(subject, &items);
    let fields = act.fields.iter().map(|field| {
        if !subject.mentions(field.value) {
            return Some(Change::Kept);
        }
        let is_whole = field.operator == "$set" && field.path == path;
        if is_whole && let Some((operator, value)) = appended(subject, field) {
            return Some(Change::Operator(operator, path.clone(), value));
        }
        let is_own = is_whole && subject.list(field.value).as_ref() == Some(&path);
        is_own.then(|| Change::Operator("$push", path.clone(), pushed))
    });
    fields.collect()
}

/// What `$push` is given to append these.
fn pushed(subject: &mut Subject<'_>, values: &[V]) -> V {
    let arena = &mut subject.project.arena;
    match values {
        [only] => *only,
        _ => {
            let each = lower::list(arena, values.to_vec());
            lower::object(arena, vec![("$each", each)])
        }
    }
}

/// What becomes of a field of the act; none where no operator says it.
pub fn change(subject: &mut Subject<'_>, writes: &[Write], field: &FieldWrite) -> Option<Change> {
    if !subject.mentions(field.value) {
        return Some(Change::Kept);
    }
    if field.operator != "$set"
        || field.path.split('.').any(|part| part.is_empty() || part.starts_with(['*', '$', '.']))
    {
        return None;
    }
    // What is stored as a text, no operator and no expression adds to.
    let is_text = subject
        .act
        .handle
        .name()
        .map(str::to_owned)
        .is_some_and(|model| subject.project.declared(&model, &field.path) == Some(Declared::Text));
    let sum = sums::of(subject, field);
    if sum.is_some() && is_text {
        return None;
    }
    if let Some((operator, value)) = sum {
        return Some(Change::Operator(operator, field.path.clone(), value));
    }
    if let Some((operator, value)) = appended(subject, field).or_else(|| removed(subject, writes, field)) {
        return Some(Change::Operator(operator, field.path.clone(), value));
    }
    if let Some(keys) = spread(subject, field) {
        return Some(Change::Keys(keys));
    }
    // The same value again computes nothing; and whoever asks for the opposite of what was loaded wants that value.
    let is_computed =
        |expression: &Expression<V>| !matches!(expression, Expression::Field(_) | Expression::Call(Operator::Not, _));
    let expression = subject.expression(field.value).filter(is_computed)?;
    Some(Change::Computed(lower::expression(&mut subject.project.arena, &expression)))
}

/// `[...doc.items, item]`
fn appended(subject: &mut Subject<'_>, field: &FieldWrite) -> Option<(&'static str, V)> {
    let Node::Array(items) = subject.node(field.value) else { return None };
    let (own, new) = items.split_first()?;
    let is_own = own.spread && subject.list(own.value).is_some_and(|path| path == field.path);
    let is_plain = new.iter().all(|item| item.cond == C::TRUE && !subject.mentions(item.value));
    if !is_own || !is_plain || new.is_empty() {
        return None;
    }
    if new.iter().any(|item| item.spread) {
        // Of what is no list, `concat` appends the whole, and a spread something else.
        if new.iter().any(|item| item.spread && !is_list(subject, item.value)) {
            return None;
        }
        let each = match new {
            [only] => only.value,
            _ => subject.project.arena.intern(Node::Array(new.to_vec())),
        };
        return Some(("$push", lower::object(&mut subject.project.arena, vec![("$each", each)])));
    }
    let values: Vec<V> = new.iter().map(|item| item.value).collect();
    let value = pushed(subject, &values);
    Some(("$push", value))
}

/// Whether a value is a list, whatever is in it.
fn is_list(subject: &Subject<'_>, value: V) -> bool {
    match subject.node(value) {
        Node::Mapped(..) | Node::Array(_) => true,
        Node::Query { method, .. } => subject.text(method) == "filter",
        _ => false,
    }
}

/// Whether a list that is written is changed in place once it is made: `doc.items = doc.items.filter(…)`, then `doc.items.push(item)`.
pub fn is_changed_since(subject: &Subject<'_>, steps: &[Step]) -> bool {
    let act = subject.act;
    let is_made = |value: V| matches!(subject.node(value), Node::Query { .. } | Node::Mapped(..));
    let made: Vec<V> = act.fields.iter().map(|field| field.value).filter(|value| is_made(*value)).collect();
    !made.is_empty()
        && steps.iter().take(act.step).any(|step| match &step.op {
            Op::Call { recv: Some(recv), name: Some(name), .. } => {
                CHANGING.contains(&subject.project.arena.text(*name))
                    && subject.project.arena.alternatives(*recv).iter().any(|(_, list)| made.contains(list))
            }
            _ => false,
        })
}

/// `doc.items.filter((item) => item.id !== id)`: `$pull` of what is not kept.
fn removed(subject: &mut Subject<'_>, writes: &[Write], field: &FieldWrite) -> Option<(&'static str, V)> {
    // A new list of what is kept: `[...doc.items.filter(…)]`
    let kept = match subject.node(field.value) {
        Node::Array(items) => match items.as_slice() {
            [only] if only.spread && only.cond == C::TRUE => only.value,
            _ => return None,
        },
        _ => field.value,
    };
    let Node::Query { method, array, arg } = subject.node(kept) else { return None };
    if subject.text(method) != "filter" || subject.list(array)? != field.path {
        return None;
    }
    let element = subject.project.arena.intern(Node::Element(array));
    subject.is_identifier = subject.identifiers.contains(&field.path);
    let dropped = Reader::new(subject, writes).about_element(element, arg, false);
    subject.is_identifier = false;
    let dropped = dropped?;
    let entries = lower::filter(&mut subject.project.arena, &[dropped])?;
    let arena = &mut subject.project.arena;
    let entries: Vec<Entry> = entries.into_iter().map(|entry| not_kept(arena, entry)).collect();
    let value = match entries.as_slice() {
        [only] if matches!(only.key, Key::Name(name) if arena.text(name).is_empty()) => only.value,
        entries if entries.iter().any(|entry| matches!(entry.key, Key::Name(name) if arena.text(name).is_empty())) => {
            return None;
        }
        _ => arena.intern(Node::Object(entries)),
    };
    Some(("$pull", value))
}

/// An order of a member, so that it also holds of elements without one: JavaScript keeps none of them.
fn not_kept(arena: &mut Arena, entry: Entry) -> Entry {
    let (Key::Name(name), Node::Object(asked)) = (entry.key, arena.node(entry.value).clone()) else { return entry };
    let [Entry { key: Key::Name(operator), value, .. }] = asked.as_slice() else { return entry };
    let kept = match arena.text(*operator) {
        "$lt" => "$gte",
        "$lte" => "$gt",
        "$gt" => "$lte",
        "$gte" => "$lt",
        _ => return entry,
    };
    if arena.text(name).is_empty() {
        return entry;
    }
    let kept = lower::object(arena, vec![(kept, *value)]);
    Entry { value: lower::object(arena, vec![("$not", kept)]), ..entry }
}

/// `{ ...doc.votes, [userId]: vote }`: each key is set by itself.
fn spread(subject: &mut Subject<'_>, field: &FieldWrite) -> Option<Vec<(V, V)>> {
    let Node::Object(entries) = subject.node(field.value) else { return None };
    let (own, new) = entries.split_first()?;
    let is_own = own.key == Key::Spread && subject.list_or_map(own.value).is_some_and(|path| path == field.path);
    if !is_own || new.is_empty() {
        return None;
    }
    let mut keys = Vec::new();
    for entry in new {
        if entry.cond != C::TRUE || subject.mentions(entry.value) {
            return None;
        }
        let prefix = format!("{}.", field.path);
        let arena = &mut subject.project.arena;
        let key = match entry.key {
            Key::Name(name) => {
                let path = format!("{prefix}{}", arena.text(name));
                arena.str(&path)
            }
            Key::Computed(key) => {
                let prefix = arena.str(&prefix);
                arena.intern(Node::Template(vec![prefix, key]))
            }
            Key::Spread => return None,
        };
        keys.push((key, entry.value));
    }
    Some(keys)
}

/// The fields that are computed from, without a default for a missing one.
pub fn presumed(subject: &mut Subject<'_>) -> Vec<String> {
    let mut fields = Vec::new();
    for field in &subject.act.fields {
        if !subject.mentions(field.value) {
            continue;
        }
        // In each of several cases.
        let value = subject.project.bare(field.value);
        if let Node::OneOf(cases) = subject.node(value) {
            for (_, case) in cases {
                if let Some(expression) = subject.expression(case) {
                    said::presume(&expression, &mut fields);
                }
            }
        }
        match subject.expression(field.value) {
            // JavaScript would write the word `undefined` into a text.
            Some(Expression::Call(Operator::Concat, _)) => fields.push(field.path.clone()),
            Some(expression) => said::presume(&expression, &mut fields),
            None => {}
        }
    }
    fields
}

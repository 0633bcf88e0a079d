//! What an update makes of a document, as the server does it.
//!
//! Input: a change, a document, the element that the filter found. Output: the new document. Must not know: collections.

use super::act::{self, Outcome};
use super::bson::{Value, index};
use super::failure::Failure;
use super::identity::first;
use super::matching::{self, Found};
use super::pipeline;
use crate::limits::FILLED_ARRAY;
use crate::race::change::{Act, Change, Edit, ElementFilter, Path, Step};
use crate::race::path::Beside;
use std::cmp::Ordering;
use std::rc::Rc;

/// Under which circumstances an update runs.
pub struct Context {
    pub found: Found,
    /// An upsert inserts.
    pub inserts: bool,
    /// The time of the command.
    pub now: i64,
    /// Something was written, be it what was there.
    pub writes: bool,
}

impl Context {
    pub const fn new(found: Found, inserts: bool, now: i64) -> Self {
        Self { found, inserts, now, writes: false }
    }
}

/// The document after the change. One that nothing is written to is the same allocation; any other is a new one.
pub fn apply(change: &Change<Value>, document: &Value, context: &mut Context) -> Result<Value, Failure> {
    let new = match change {
        Change::Operators { edits, filters } => operators(edits, filters, document, context)?,
        Change::Pipeline(stages) => pipeline::apply(stages, document, context.now)?,
        Change::Replacement(new) => new.clone(),
        Change::Unknown(part) => return Failure::not_modelled(&**part),
    };
    let keeps_id = matches!(change, Change::Operators { .. });
    // The server compares before it gives the old `_id` to a document without one.
    let writes = context.writes || new.field("_id").is_none();
    let new = with_id(document, new, keeps_id)?;
    if writes && let Value::Document(fields) = &new {
        return Ok(Value::Document(Rc::new(fields.to_vec())));
    }
    Ok(if new == *document { document.clone() } else { new })
}

/// `_id` never changes, and stands first. A replacement without one keeps the old one.
fn with_id(old: &Value, new: Value, keeps: bool) -> Result<Value, Failure> {
    let Some(old_id) = old.field("_id") else { return Ok(new) };
    match new.field("_id") {
        Some(id) if id == old_id => Ok(if keeps { new } else { first(&new, old_id) }),
        None if !keeps => Ok(first(&new, old_id)),
        _ => Failure::rejected("_id is immutable"),
    }
}

fn operators(
    edits: &[Edit<Value>],
    filters: &[ElementFilter<Value>],
    document: &Value,
    context: &mut Context,
) -> Result<Value, Failure> {
    let mut sorted: Vec<&Edit<Value>> = edits.iter().collect();
    sorted.sort_by(|a, b| order(target(a), target(b)));
    if may_meet(&sorted) {
        return Failure::not_modelled("two paths that may meet in one element");
    }
    let mut new = document.clone();
    for edit in sorted {
        match &edit.act {
            Act::SetOnInsert(_) if !context.inserts => {}
            Act::Rename(to) => rename(&mut new, &edit.path, to, context)?,
            act => Editor { filters, context, act }.edit(&mut new, &edit.path.0)?,
        }
    }
    Ok(new)
}

fn may_meet(edits: &[&Edit<Value>]) -> bool {
    let paths: Vec<&Path> = edits.iter().flat_map(|edit| edit.paths()).collect();
    if paths.iter().all(|path| path.is_of_names()) {
        return false;
    }
    let mut pairs = paths.iter().enumerate().flat_map(|(at, a)| paths.iter().take(at).map(move |b| (a, b)));
    pairs.any(|(a, b)| a.beside(b) == Beside::MayMeet)
}

/// A renamed field counts by its new name.
fn target(edit: &Edit<Value>) -> &Path {
    if let Act::Rename(to) = &edit.act { to } else { &edit.path }
}

/// The order in which the server applies the fields of an update: numbers by value before names, names by their bytes.
fn order(a: &Path, b: &Path) -> Ordering {
    let parts = a.0.iter().zip(b.0.iter()).map(|(a, b)| match (a, b) {
        (Step::Field(a), Step::Field(b)) => match (index(a), index(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a.as_bytes().cmp(b.as_bytes()),
        },
        _ => Ordering::Equal,
    });
    parts.into_iter().find(|order| order.is_ne()).unwrap_or_else(|| a.0.len().cmp(&b.0.len()))
}

fn rename(document: &mut Value, from: &Path, to: &Path, context: &mut Context) -> Result<(), Failure> {
    let (mut value, mut in_array): (&Value, bool) = (document, false);
    for step in from.0.iter() {
        let Step::Field(name) = step else { return Failure::rejected("$rename takes no positional path") };
        let leads_on = matches!(value, Value::Document(_)) || matches!(value, Value::List(_)) && index(name).is_some();
        match value.field(name) {
            Some(inner) => (value, in_array) = (inner, in_array || matches!(value, Value::List(_))),
            None if leads_on => return Ok(()),
            None if matches!(value, Value::Symbol(_)) => return Failure::not_modelled("a field of an unknown value"),
            None => return Failure::rejected("$rename of a field in such a value"),
        }
    }
    if in_array {
        return Failure::rejected("$rename out of an array");
    }
    let value = value.clone();
    let mut into: &Value = document;
    for step in to.0.iter() {
        if matches!(into, Value::List(_)) {
            return Failure::rejected("$rename into an array");
        }
        let Step::Field(name) = step else { break };
        let Some(inner) = into.field(name) else { break };
        into = inner;
    }
    Editor { filters: &[], context, act: &Act::Set(value) }.edit(document, &to.0)?;
    Editor { filters: &[], context, act: &Act::Unset }.edit(document, &from.0)
}

struct Editor<'a> {
    filters: &'a [ElementFilter<Value>],
    context: &'a mut Context,
    act: &'a Act<Value>,
}

impl Editor<'_> {
    fn edit(&mut self, container: &mut Value, steps: &[Step]) -> Result<(), Failure> {
        let Some((step, rest)) = steps.split_first() else { return Ok(()) };
        match step {
            Step::Field(name) => self.field(container, name, rest),
            Step::Found => match self.context.found {
                Found::At(element) => self.field(container, &Rc::from(element.to_string()), rest),
                Found::Several => Failure::not_modelled("which element `$` means"),
                Found::None => Failure::rejected("the positional operator did not find the match"),
            },
            Step::Every => self.elements(container, None, rest),
            Step::Filtered(name) => self.elements(container, Some(name), rest),
        }
    }

    fn elements(&mut self, container: &mut Value, name: Option<&Rc<str>>, rest: &[Step]) -> Result<(), Failure> {
        let Value::List(items) = container else { return Failure::rejected("array updates need an array") };
        let filter = name.and_then(|name| self.filters.iter().find(|filter| filter.name == *name));
        for item in Rc::make_mut(items) {
            let chosen = match filter {
                None => true,
                Some(filter) => {
                    let wrapped = Value::Document(Rc::new(vec![(filter.name.clone(), item.clone())]));
                    matching::matches(&filter.predicate, &wrapped)?
                }
            };
            if !chosen {
                continue;
            }
            if !rest.is_empty() {
                self.edit(item, rest)?;
                continue;
            }
            match act::apply(self.act, Some(item), self.context.now)? {
                Outcome::Keep => {}
                Outcome::Put(value) => *item = value,
                Outcome::Write(value) => {
                    self.context.writes = true;
                    *item = value;
                }
                Outcome::Remove => *item = Value::Null,
            }
        }
        Ok(())
    }

    fn field(&mut self, container: &mut Value, name: &Rc<str>, rest: &[Step]) -> Result<(), Failure> {
        match container {
            Value::Document(fields) => {
                let Some(at) = fields.iter().position(|(known, _)| known == name) else {
                    if let Some(value) = self.created(rest)? {
                        Rc::make_mut(fields).push((name.clone(), value));
                    }
                    return Ok(());
                };
                let fields = Rc::make_mut(fields);
                let Some((_, value)) = fields.get_mut(at) else { return Ok(()) };
                if !self.inside(value, rest)? {
                    fields.remove(at);
                }
                Ok(())
            }
            Value::List(items) => {
                let Some(at) = index(name) else { return self.blocked(rest) };
                if let Some(value) = Rc::make_mut(items).get_mut(at) {
                    if !self.inside(value, rest)? {
                        *value = Value::Null;
                    }
                    return Ok(());
                }
                let Some(value) = self.created(rest)? else { return Ok(()) };
                if at > items.len() + FILLED_ARRAY {
                    return Failure::not_modelled("an index far beyond the end");
                }
                let items = Rc::make_mut(items);
                items.resize(at, Value::Null);
                items.push(value);
                Ok(())
            }
            Value::Symbol(_) => Failure::not_modelled("a field of an unknown value"),
            _ => self.blocked(rest),
        }
    }

    /// Edits a value that is there; false where it goes.
    fn inside(&mut self, value: &mut Value, rest: &[Step]) -> Result<bool, Failure> {
        if !rest.is_empty() {
            return self.edit(value, rest).map(|()| true);
        }
        Ok(match act::apply(self.act, Some(value), self.context.now)? {
            Outcome::Keep => true,
            Outcome::Put(new) => {
                *value = new;
                true
            }
            Outcome::Write(new) => {
                self.context.writes = true;
                *value = new;
                true
            }
            Outcome::Remove => false,
        })
    }

    /// What a missing field becomes: documents down to what the act makes of nothing.
    fn created(&mut self, rest: &[Step]) -> Result<Option<Value>, Failure> {
        if rest.iter().any(|step| matches!(step, Step::Every | Step::Filtered(_))) {
            return Failure::rejected("a path must exist for array updates");
        }
        if rest.contains(&Step::Found) && !matches!(self.context.found, Found::At(_)) {
            return Failure::rejected("the positional operator did not find the match");
        }
        let mut value = match act::apply(self.act, None, self.context.now)? {
            Outcome::Put(value) | Outcome::Write(value) => value,
            Outcome::Keep | Outcome::Remove => return Ok(None),
        };
        for step in rest.iter().rev() {
            let name = match (step, self.context.found) {
                (Step::Field(name), _) => name.clone(),
                (_, Found::At(element)) => element.to_string().into(),
                _ => return Ok(None),
            };
            value = Value::Document(Rc::new(vec![(name, value)]));
        }
        Ok(Some(value))
    }

    /// The path ends in something that has no such field: only `$unset` leaves it at that.
    fn blocked(&mut self, rest: &[Step]) -> Result<(), Failure> {
        match (self.created(rest)?, self.act) {
            (None, Act::Unset) => Ok(()),
            _ => Failure::rejected("no path leads through such a value"),
        }
    }
}

//! The start: which documents are stored before the requests, under the choices made.
//!
//! Input: the shapes of the collections. Output: one slot for each collection and field; the documents that the taken candidates
//! make. Must not know: commands, schedules.

use super::bson::Value;
use super::candidates::{of_hint, spelled};
use super::choices::Candidate;
use super::eval::Machine;
use super::hints::{Hint, Hints, Shape, is_position};
use super::script::{Action, Command};
use super::slice::Slice;
use super::state::Request;
use super::store::{Store, UniqueIndex};
use crate::limits;
use crate::project::declared::Declared;
use crate::project::writes::WriteKind;
use crate::value::V;
use std::collections::BTreeSet;

impl Machine<'_> {
    /// Makes a slot for each collection, which says whether it holds a document, and one for each of its fields.
    pub fn plan(&mut self, hints: &Hints) {
        if hints.is_too_long {
            self.note("a list as long as its limit");
        }
        for shape in &hints.shapes {
            let mut counts = vec![Candidate::One, Candidate::Missing];
            counts.extend(shape.hint.lengths.iter().map(|count| Candidate::Many(*count)));
            // What two requests add to is counted without the documents of theirs.
            if self.has_twins && !shape.crowd.is_empty() {
                let lengths = shape.hint.lengths.iter();
                counts.extend(lengths.flat_map(|count| [*count, count - 1]).map(Candidate::Crowd));
            }
            let exists = self.choices.slot(counts);
            let mut fields = vec![(Vec::new(), exists)];
            // Where there are too many, those that decide come first.
            let collection = self.fields.len() as u32;
            let is_crowded = shape.size() > limits::START_FIELDS;
            if is_crowded {
                let of = hints.deciding.iter().filter(|(of, _)| *of == collection);
                let deciding: BTreeSet<&[String]> = of.map(|(_, path)| path.as_slice()).collect();
                self.plan_fields(shape, &mut Vec::new(), &mut fields, Some(&deciding));
            }
            self.plan_fields(shape, &mut Vec::new(), &mut fields, None);
            let mut by_names = rustc_hash::FxHashMap::default();
            for (path, slot) in &fields {
                let names: Vec<String> = path.iter().filter(|part| !is_position(part)).cloned().collect();
                by_names.entry(names).or_insert(*slot);
            }
            self.by_names.push(by_names);
            self.fields.push(fields.into());
        }
        let slot =
            |(value, (collection, path)): (&V, &(u32, Vec<String>))| Some((*value, self.slot_of(*collection, path)?));
        self.slots = hints.loaded.iter().filter_map(slot).collect();
        let selects = hints.selecting.iter().filter(|_| self.has_twins);
        self.naming = selects.filter_map(|value| self.slots.get(value).copied()).collect();
    }

    /// Nobody holds a lock at the start: a collection is empty into which the request inserts before the act, and from which it
    /// does nothing else than delete.
    pub fn free(&mut self, slice: &Slice) {
        let kind = |command: &Command| match &command.action {
            Action::Write { write, .. } => Some(write.kind),
            _ => None,
        };
        let held = slice.commands.iter().take(slice.act).filter(|command| kind(command) == Some(WriteKind::Insert));
        for collection in held.filter_map(|command| command.action.collection()) {
            let is_lock = |command: &&Command| command.action.collection() == Some(collection);
            let takes_or_gives =
                |command: &Command| matches!(kind(command), Some(WriteKind::Insert | WriteKind::Delete));
            let slot = self.slot_of_collection(collection).and_then(|slot| self.choices.slots.get_mut(slot));
            if let Some(slot) = slot.filter(|_| slice.commands.iter().filter(is_lock).all(takes_or_gives)) {
                let missing = slot.candidates.iter().position(|candidate| matches!(candidate, Candidate::Missing));
                slot.taken = missing.unwrap_or(slot.taken);
            }
        }
    }

    /// Makes slots for the fields of a shape: for those on the way to `deciding`, where that is given, else for all.
    fn plan_fields(
        &mut self,
        shape: &Shape,
        path: &mut Vec<String>,
        fields: &mut Vec<(Vec<String>, usize)>,
        deciding: Option<&BTreeSet<&[String]>>,
    ) {
        for (name, inner) in &shape.fields {
            if fields.len() > limits::START_FIELDS {
                self.note("more fields than are tried");
                return;
            }
            path.push(name.clone());
            let is_asked = |own: &[String]| {
                deciding.is_none_or(|all| all.range(own..).next().is_some_and(|next| next.starts_with(own)))
            };
            let is_named = |(known, _): &(Vec<String>, usize)| known == path;
            if is_asked(path) {
                if deciding.is_some() || !fields.iter().any(is_named) {
                    let slot = self.choices.slot(self.candidates_of(inner, name));
                    fields.push((path.clone(), slot));
                }
                self.plan_fields(inner, path, fields, deciding);
            }
            path.pop();
        }
    }

    fn candidates_of(&self, shape: &Shape, name: &str) -> Vec<Candidate> {
        let of = |values: &[V]| -> Vec<Candidate> {
            let plain = values.iter().filter(|value| !self.arena.is_literal(**value));
            plain.map(|value| Candidate::Of(*value)).collect()
        };
        if shape.hint.is_list {
            let mut candidates = vec![Candidate::Value(Value::list(Vec::new()))];
            if !shape.fields.is_empty() {
                candidates.push(Candidate::One);
            }
            candidates.extend(of(&shape.elements));
            candidates.extend(shape.hint.lengths.iter().map(|length| Candidate::Many(*length)));
            if shape.fields.is_empty() {
                candidates.push(Candidate::Itself);
            }
            candidates.push(Candidate::Missing);
            if shape.hint.is_map {
                candidates.push(Candidate::Value(Value::document(Vec::<(&str, Value)>::new())));
            }
            // An element for each request: the member that it takes out, or changes.
            if !shape.pulled.is_empty() || shape.holds_documents() {
                candidates.extend(shape.hint.lengths.iter().map(|length| Candidate::Pulled(*length)));
            }
            return candidates;
        }
        if !shape.fields.is_empty() {
            return vec![Candidate::One, Candidate::Missing];
        }
        let mut candidates = of(&shape.hint.values);
        let declared = shape.hint.declared;
        let hint = match declared {
            Some(Declared::Bool) => Hint { is_bool: true, is_number: false, ..shape.hint.clone() },
            Some(_) => Hint { is_bool: false, ..shape.hint.clone() },
            None => shape.hint.clone(),
        };
        candidates.extend(of_hint(self.arena, &hint));
        if !(hint.is_number || hint.is_time || declared == Some(Declared::Bool)) {
            candidates.push(Candidate::Itself);
        }
        if name != "_id" {
            candidates.push(Candidate::Missing);
        }
        candidates.extend(spelled(&shape.hint));
        candidates.extend(shape.hint.same.iter().map(|same| Candidate::Same(*same)));
        candidates
    }

    /// The store at the start, under the choices made.
    pub fn start(&mut self, hints: &Hints, indexes: &[UniqueIndex], versioned: &[bool]) -> Store {
        let mut store = Store::new(indexes.to_vec());
        let mut request = Request::new(0);
        request.is_before = true;
        for (at, shape) in hints.shapes.iter().enumerate() {
            let Some(fields) = self.fields.get(at).cloned() else { continue };
            let Some(((_, exists), slots)) = fields.split_first() else { continue };
            let exists = *exists;
            let count = match self.choices.taken(exists) {
                Candidate::One => 1,
                Candidate::Many(count) => *count,
                Candidate::Crowd(_) => 1,
                _ => continue,
            };
            let others = match self.choices.taken(exists) {
                Candidate::Crowd(others) => *others,
                _ => 0,
            };
            let mut document = Value::document(Vec::<(&str, Value)>::new());
            document.set("_id", Value::Id(at as u32 + 1));
            self.fill(&mut request, shape, &mut Vec::new(), slots, &mut document);
            if versioned.get(at) == Some(&true) && document.field("__v").is_none() {
                document.set("__v", Value::Number(0.0));
            }
            if self.has_twins && count == 1 {
                self.add_twin((at as u32, indexes), shape, slots, &document, &mut store);
            }
            for number in 1..=others {
                let mut other = document.clone();
                other.set("_id", Value::Id(10_000 * (at as u32 + 1) + number));
                self.tell_apart((at as u32, indexes), number, &mut other);
                for (path, value) in &shape.crowd {
                    if let Some(value) = self.eval(&mut request, *value) {
                        other.set(path, value);
                    }
                }
                store.insert_start(at as u32, other);
            }
            for number in 0..count {
                let mut copy = document.clone();
                if number > 0 {
                    copy.set("_id", Value::Id(1_000 * (at as u32 + 1) + number));
                    self.tell_apart((at as u32, indexes), number, &mut copy);
                }
                store.insert_start(at as u32, copy);
            }
        }
        store
    }

    /// The document that the second request selects, where that is another one.
    fn add_twin(
        &mut self,
        (at, indexes): (u32, &[UniqueIndex]),
        shape: &Shape,
        slots: &[(Vec<String>, usize)],
        first: &Value,
        store: &mut Store,
    ) {
        let mut request = Request::new(1);
        request.is_before = true;
        let mut twin = Value::document(Vec::<(&str, Value)>::new());
        twin.set("_id", Value::Id(at + 1));
        self.fill(&mut request, shape, &mut Vec::new(), slots, &mut twin);
        if let Some(version) = first.field("__v") {
            twin.set("__v", version.clone());
        }
        // What is given to both stands in the first collection.
        if twin == *first && !(self.are_given && at == 0) {
            return;
        }
        if twin.field("_id") == first.field("_id") {
            twin.set("_id", Value::Id(1_000 * (at + 1)));
        }
        self.tell_apart((at, indexes), 0, &mut twin);
        store.insert_start(at, twin);
    }

    /// A further document has a value of its own in what a unique index asks for and the code does not: two without one
    /// are refused.
    fn tell_apart(&mut self, (at, indexes): (u32, &[UniqueIndex]), number: u32, document: &mut Value) {
        let hints = self.hints;
        for index in indexes.iter().filter(|index| index.collection == at && index.partial.is_none()) {
            let plain = || index.fields.iter().filter(|field| !field.contains('.'));
            let free = plain().find(|field| !index.sparse && document.field(field).is_none());
            // What no command asks for may be another value.
            let is_asked = |field: &String| {
                let mut calls = hints.calls.values().filter(|asked| asked.collection == at);
                calls.any(|asked| asked.paths.iter().any(|path| path.as_slice() == std::slice::from_ref(field)))
            };
            let other = || plain().find(|field| document.field(field).is_some() && !is_asked(field));
            if let Some(field) = free.or_else(other) {
                let key = format!("own {at} {number} {field}");
                let own = self.choices.applied(key, false, None, || vec![Candidate::Itself]);
                document.set(field, Value::Symbol(own));
            }
        }
    }

    /// What a field holds at the start; the nearest field around it where it has no slot of its own.
    pub fn stored_at(&mut self, request: &mut Request, collection: u32, path: &[String]) -> Option<Value> {
        // An element of which nothing is known has the name of its list.
        let name = path.iter().rev().find(|part| !is_position(part))?;
        if path.len() == 1 && name == "_id" && self.slot_of(collection, path).is_none() {
            return Some(Value::Id(collection + 1));
        }
        let slot = self.slot_of(collection, path)?;
        if request.depth > limits::START_DEPTH {
            return None;
        }
        request.depth += 1;
        let value = match self.choices.taken(slot).clone() {
            Candidate::Missing
            | Candidate::One
            | Candidate::Many(_)
            | Candidate::Long(_)
            | Candidate::Crowd(_)
            | Candidate::Pulled(_) => None,
            Candidate::Value(value) => Some(value),
            Candidate::Of(value) | Candidate::Same(value) => self.eval(request, value),
            Candidate::Itself => Some(self.stored_symbol(request, slot, name)),
        };
        request.depth -= 1;
        value
    }

    /// A stored value of which nothing is known. What names another document is another one in the document of the second request.
    fn stored_symbol(&mut self, request: &Request, slot: usize, name: &str) -> Value {
        let of = if request.who == 1 && self.naming.contains(&slot) { "of the second" } else { "" };
        let key = format!("stored {slot} {name} {of}");
        Value::Symbol(self.choices.applied(key, false, None, || vec![Candidate::Itself]))
    }

    /// A list with the element that each request takes out, and as many others as are missing.
    fn pulled(&mut self, shape: &Shape, slot: usize, count: u32) -> Value {
        let mut items = Vec::new();
        for who in 0..count as usize {
            let mut request = Request::new(who.min(1));
            request.is_before = true;
            let own = shape.pulled.first().filter(|_| who < 2).and_then(|value| self.eval(&mut request, *value));
            items.push(own.unwrap_or_else(|| self.stored_symbol(&request, slot, "other")));
        }
        Value::list(items)
    }

    fn fill<'s>(
        &mut self,
        request: &mut Request,
        shape: &'s Shape,
        path: &mut Vec<&'s str>,
        slots: &[(Vec<String>, usize)],
        document: &mut Value,
    ) {
        for (name, inner) in &shape.fields {
            path.push(name);
            // The last names tell most fields apart.
            let is_at = |known: &[String]| known.len() == path.len() && known.iter().rev().eq(path.iter().rev());
            if let Some((_, slot)) = slots.iter().find(|(known, _)| is_at(known)) {
                let taken = self.choices.taken(*slot).clone();
                let is_scalars = inner.hint.is_list && inner.fields.is_empty();
                let value = match taken {
                    Candidate::Missing | Candidate::Crowd(_) | Candidate::Long(_) => None,
                    Candidate::Value(value) => Some(value),
                    Candidate::One => {
                        let mut part = Value::document(Vec::<(&str, Value)>::new());
                        self.fill(request, inner, path, slots, &mut part);
                        Some(if inner.hint.is_list { Value::list(vec![part]) } else { part })
                    }
                    Candidate::Many(count) => {
                        let mut part = Value::document(Vec::<(&str, Value)>::new());
                        self.fill(request, inner, path, slots, &mut part);
                        let item =
                            if inner.fields.is_empty() { self.stored_symbol(request, *slot, name) } else { part };
                        Some(Value::list(vec![item; count as usize]))
                    }
                    Candidate::Pulled(count) if inner.holds_documents() => {
                        let each = (0..count as usize).map(|who| {
                            let mut own = Request::new(who.min(1));
                            own.is_before = true;
                            let mut part = Value::document(Vec::<(&str, Value)>::new());
                            self.fill(&mut own, inner, path, slots, &mut part);
                            part
                        });
                        Some(Value::list(each.collect()))
                    }
                    Candidate::Pulled(count) => Some(self.pulled(inner, *slot, count)),
                    Candidate::Of(value) | Candidate::Same(value) => {
                        self.eval(request, value).map(|value| match is_scalars {
                            true => Value::list(vec![value]),
                            false => value,
                        })
                    }
                    Candidate::Itself => {
                        let value = self.stored_symbol(request, *slot, name);
                        Some(if is_scalars { Value::list(vec![value]) } else { value })
                    }
                };
                if let Some(value) = value {
                    document.set(name, value);
                }
            }
            path.pop();
        }
    }
}

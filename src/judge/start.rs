//! The start: which documents are stored before the requests, under the choices made.
//!
//! Input: the shapes of the collections. Output: one slot for each collection and field; the documents that the taken candidates
//! make. Must not know: commands, schedules.

use super::bson::Value;
use super::choices::Candidate;
use super::eval::{Machine, of_hint};
use super::hints::{Hints, Shape};
use super::request::Request;
use super::store::{Store, UniqueIndex};
use crate::limits;
use crate::value::V;

impl Machine<'_> {
    /// Makes a slot for each collection, which says whether it holds a document, and one for each of its fields.
    pub fn plan(&mut self, hints: &Hints) {
        for shape in &hints.shapes {
            let exists = self.choices.slot(vec![Candidate::One, Candidate::Missing]);
            let mut fields = vec![(Vec::new(), exists)];
            self.plan_fields(shape, &mut Vec::new(), &mut fields);
            self.fields.push(fields);
        }
    }

    fn plan_fields(&mut self, shape: &Shape, path: &mut Vec<String>, fields: &mut Vec<(Vec<String>, usize)>) {
        for (name, inner) in &shape.fields {
            if fields.len() > limits::START_FIELDS {
                self.note("more fields than are tried");
                return;
            }
            path.push(name.clone());
            let slot = self.choices.slot(self.candidates_of(inner, name));
            fields.push((path.clone(), slot));
            self.plan_fields(inner, path, fields);
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
            if shape.fields.is_empty() {
                candidates.push(Candidate::Itself);
            }
            candidates.push(Candidate::Missing);
            return candidates;
        }
        if !shape.fields.is_empty() {
            return vec![Candidate::One, Candidate::Missing];
        }
        let mut candidates = of(&shape.hint.values);
        candidates.extend(of_hint(self.arena, &shape.hint));
        if !(shape.hint.is_number || shape.hint.is_time) {
            candidates.push(Candidate::Itself);
        }
        if name != "_id" {
            candidates.push(Candidate::Missing);
        }
        candidates
    }

    /// The store at the start, under the choices made.
    pub fn start(&mut self, hints: &Hints, indexes: &[UniqueIndex], versioned: &[bool]) -> Store {
        let mut store = Store::new(indexes.to_vec());
        let mut request = Request::new(0);
        for (at, shape) in hints.shapes.iter().enumerate() {
            let mut slots = self.fields.get(at).cloned().unwrap_or_default().into_iter();
            let Some((_, exists)) = slots.next() else { continue };
            if !matches!(self.choices.taken(exists), Candidate::One) {
                continue;
            }
            let slots: Vec<(Vec<String>, usize)> = slots.collect();
            let mut document = Value::document(Vec::<(&str, Value)>::new());
            document.set("_id", Value::Id(at as u32 + 1));
            self.fill(&mut request, shape, &mut Vec::new(), &slots, &mut document);
            if versioned.get(at) == Some(&true) && document.field("__v").is_none() {
                document.set("__v", Value::Number(0.0));
            }
            store.insert_start(at as u32, document);
        }
        store
    }

    fn fill(
        &mut self,
        request: &mut Request,
        shape: &Shape,
        path: &mut Vec<String>,
        slots: &[(Vec<String>, usize)],
        document: &mut Value,
    ) {
        for (name, inner) in &shape.fields {
            path.push(name.clone());
            if let Some((_, slot)) = slots.iter().find(|(known, _)| known == path) {
                let taken = self.choices.taken(*slot).clone();
                let is_scalars = inner.hint.is_list && inner.fields.is_empty();
                let value = match taken {
                    Candidate::Missing => None,
                    Candidate::Value(value) => Some(value),
                    Candidate::One => {
                        let mut part = Value::document(Vec::<(&str, Value)>::new());
                        self.fill(request, inner, path, slots, &mut part);
                        Some(if inner.hint.is_list { Value::list(vec![part]) } else { part })
                    }
                    Candidate::Of(value) => self.eval(request, value).map(|value| match is_scalars {
                        true => Value::list(vec![value]),
                        false => value,
                    }),
                    Candidate::Itself => {
                        let key = format!("stored {} {}", slot, name);
                        let term = self.choices.applied(key, false, None, || vec![Candidate::Itself]);
                        let value = Value::Symbol(term);
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

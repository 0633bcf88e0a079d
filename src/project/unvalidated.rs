//! Documents that Mongoose refuses to insert, whatever is stored: a field that the schema requires is left out, and has no default.
//!
//! Source: Mongoose guide, "Validation": `required`; `create` and `save` of a document reject with a ValidationError.
//! Input: writes. Output: those that are never sent. Must not know: rules.

use super::link::{Op, Project, Step};
use super::schema::Schemas;
use super::writes::{Write, WriteKind};
use crate::facts::EffectKind;
use crate::value::{FnRef, Key, Node, V};
use rustc_hash::FxHashSet;

impl Project {
    /// Whether an insert is never sent.
    pub fn is_never_valid(&mut self, schemas: &Schemas, steps: &[Step], write: &Write) -> bool {
        let is_validated = write.kind == WriteKind::Insert
            && matches!(write.method.as_str(), "create" | "save")
            && write.options.is_none();
        let [schema] = *schemas.models.of(&write.handle) else { return false };
        let strict = schemas.strict.of(&write.handle);
        let is_whole = !strict.is_empty() && strict.iter().all(Option::is_some) && !self.has_save_hooks(schema);
        let Some(payload) = write.payload.filter(|_| is_validated && is_whole) else { return false };
        // What is given for a virtual may set any field.
        let virtuals = self.models.virtuals.get(&self.identity_of(schema)).cloned().unwrap_or_default();
        if self.is_set_by_call(steps, write) {
            return false;
        }
        let Node::Object(entries) = self.arena.node(payload) else { return false };
        let mut given = FxHashSet::default();
        for entry in entries {
            let Key::Name(name) = entry.key else { return false };
            given.insert(self.arena.text(name).split('.').next().unwrap_or_default());
        }
        let given: FxHashSet<String> = given.into_iter().map(str::to_owned).collect();
        let is_virtual = |name: &String| virtuals.iter().any(|own| own.split('.').next() == Some(name));
        if given.iter().any(is_virtual) {
            return false;
        }
        self.required_fields(schema).iter().any(|name| !given.contains(name))
    }

    /// Whether code that is not followed may set fields of the new document: `order.set(fields)`, `fill(order)`, `order[name] = value`.
    fn is_set_by_call(&mut self, steps: &[Step], write: &Write) -> bool {
        let recv_of = |step: &Step| match step.op {
            Op::Call { recv: Some(recv), name: Some(name), .. } => Some((recv, self.arena.text(name) == "save")),
            _ => None,
        };
        let Some(insert) = steps.get(write.step) else { return false };
        let Some((document, true)) = recv_of(insert) else { return false };
        let is_changed = |step: &Step| match step.op {
            Op::Assign { object, key: None, .. } => object == document,
            _ => recv_of(step).is_some_and(|(recv, is_save)| recv == document && !is_save),
        };
        // What callers do with it is not known here, nor what a callee does that has it from its caller.
        insert.calls > 0 || steps.iter().any(is_changed) || self.is_handed_on(insert.owner, document)
    }

    /// Whether a function gives a value to some other one.
    fn is_handed_on(&mut self, func: FnRef, value: V) -> bool {
        let effects = self.function(func).map(|function| function.effects.clone()).unwrap_or_default();
        effects.iter().any(|effect| match &effect.kind {
            EffectKind::Call { args, .. } => args.iter().any(|arg| self.linked(*arg) == value),
            EffectKind::Assign { .. } => false,
        })
    }

    /// The fields that a document is never valid without.
    fn required_fields(&mut self, schema: V) -> Vec<String> {
        let Some((fields, _)) = self.schema_parts(schema) else { return Vec::new() };
        let Node::Object(fields) = self.arena.node(fields).clone() else { return Vec::new() };
        let mut required = Vec::new();
        for field in fields {
            let (Key::Name(name), Node::Object(_)) = (field.key, self.arena.node(field.value)) else { continue };
            // A list is empty where it is left out, and dates may be those of `timestamps`.
            let is_filled = self.option(field.value, "default").is_some()
                || self.option(field.value, "alias").is_some()
                || self.option(field.value, "type").is_none_or(|kind| matches!(self.arena.node(kind), Node::Array(_)))
                || matches!(self.arena.text(name), "createdAt" | "updatedAt" | "_id" | "__t");
            let is_asked = self.option(field.value, "required").is_some_and(|asked| match self.arena.node(asked) {
                Node::Array(items) => {
                    items.first().is_some_and(|item| *self.arena.node(item.value) == Node::Bool(true))
                }
                asked => *asked == Node::Bool(true),
            });
            if is_asked && !is_filled {
                required.push(self.arena.text(name).to_owned());
            }
        }
        required
    }
}

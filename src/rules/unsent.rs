//! What Mongoose does not send of a saved document, though the code writes it.
//!
//! Input: the steps of a function and its writes. Output: the writes without it. Must not know: how an act is judged, findings.

use super::context::Context;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::project::{Op, Step};
use crate::remedy;
use crate::value::{C, Key, Node};

/// Operators of filters, which no update knows in the place of an element.
const ASKING: [&str; 6] = ["$in", "$nin", "$eq", "$ne", "$exists", "$all"];

impl Context<'_> {
    /// Leaves out what Mongoose does not send: changes inside of a Mixed field, without `markModified`.
    pub(super) fn drop_unsent(&mut self, steps: &[Step], writes: &mut [Write]) {
        let is_marked = |step: &Step| match &step.op {
            Op::Call { name: Some(name), .. } => self.project.arena.text(*name) == "markModified",
            _ => false,
        };
        if steps.iter().any(is_marked) {
            return self.drop_marked(writes);
        }
        for write in writes.iter_mut().filter(|write| write.kind == WriteKind::Save) {
            let Write { handle, fields, .. } = write;
            fields.retain(|field| {
                let is_inside = field.path.contains('.') && self.schemas.is_mixed(handle, field.top());
                !is_inside && !self.schemas.is_inside_mixed_element(handle, &field.path)
            });
        }
    }

    /// Leaves out updates that Mongoose refuses to send: `{ $push: { ids: { $in: all } } }`, of which nothing can be made that the list
    /// holds by its schema. Gives back whether there was one.
    ///
    /// Source: Mongoose, `lib/helpers/query/castUpdate.js`; "Cast to ObjectId failed" with 6.0, 7.6 and 9.12.
    pub(super) fn drop_uncast(&mut self, writes: &mut Vec<Write>) {
        let mut refused: Vec<usize> = Vec::new();
        for (at, write) in writes.iter().enumerate().filter(|(_, write)| write.kind == WriteKind::Update) {
            let Some(model) = write.handle.name().filter(|_| self.schemas.is_cast(&write.handle, None)) else {
                continue;
            };
            for field in write.fields.iter().filter(|field| matches!(field.operator.as_str(), "$push" | "$addToSet")) {
                let Node::Object(entries) = self.project.arena.node(field.value) else { continue };
                let asks = entries.first().is_some_and(|entry| match entry.key {
                    Key::Name(name) => ASKING.contains(&self.project.arena.text(name)),
                    Key::Computed(_) | Key::Spread => false,
                });
                if asks && self.project.declared_element(model, &field.path).is_some() {
                    refused.push(at);
                }
            }
        }
        let mut at = 0;
        writes.retain(|_| {
            at += 1;
            !refused.contains(&(at - 1))
        });
    }

    /// Leaves out that a list is sent whole where it is pushed to and marked: what is pushed, or taken out by `pull`, is sent alone.
    ///
    /// Source: Mongoose, `lib/model.js`, `$__delta` and `handleAtomics`; run with 6.0, 7.6 and 9.12.
    fn drop_marked(&mut self, writes: &mut [Write]) {
        for write in writes.iter_mut().filter(|write| write.kind == WriteKind::Save) {
            let Some(document) = write.document else { continue };
            let pushes =
                |field: &FieldWrite| matches!(field.operator.as_str(), "$push" | "$addToSet" | "$pull" | "$pullAll");
            let mut lists: Vec<String> =
                write.fields.iter().filter(|field| pushes(field)).map(|field| field.path.clone()).collect();
            lists.retain(|path| {
                self.schemas.is_mixed_list(&write.handle, path)
                    || remedy::is_list(self.project, self.schemas, write, path)
            });
            let pushed: Vec<(String, C)> = write
                .fields
                .iter()
                .filter(|field| pushes(field))
                .map(|field| (field.path.clone(), field.cond))
                .collect();
            let is_loaded = |field: &FieldWrite| {
                self.project.path_from(field.value, document).is_some_and(|path| path.join(".") == field.path)
            };
            // An element that is changed in place goes with the whole list.
            let inside: Vec<String> = write
                .fields
                .iter()
                .filter(|field| !pushes(field) && !is_loaded(field))
                .map(|field| field.top().to_owned())
                .collect();
            let is_sent_alone = |field: &FieldWrite| {
                field.operator == "$set"
                    && is_loaded(field)
                    && lists.contains(&field.path)
                    && !inside.contains(&field.path)
                    && pushed
                        .iter()
                        .any(|(path, cond)| *path == field.path && self.project.arena.holds_under(*cond, field.cond))
            };
            let alone: Vec<usize> =
                (0..write.fields.len()).filter(|at| write.fields.get(*at).is_some_and(is_sent_alone)).collect();
            let mut at = 0;
            write.fields.retain(|_| {
                at += 1;
                !alone.contains(&(at - 1))
            });
        }
    }
}

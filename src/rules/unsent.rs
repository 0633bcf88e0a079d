//! What Mongoose does not send of a saved document, though the code writes it.
//!
//! Input: the steps of a function and its writes. Output: the writes without it. Must not know: how an act is judged, findings.

use super::context::Context;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::project::{Op, Step};
use crate::value::C;

impl Context<'_> {
    /// Leaves out what Mongoose does not send: changes inside of a Mixed field, without `markModified`.
    pub(super) fn drop_unsent(&self, steps: &[Step], writes: &mut [Write]) {
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

    /// Leaves out that a list of anything is sent whole where it is pushed to and marked: what is pushed is sent alone.
    ///
    /// Source: Mongoose, `lib/model.js`, `$__delta` and `handleAtomics`.
    fn drop_marked(&self, writes: &mut [Write]) {
        for write in writes.iter_mut().filter(|write| write.kind == WriteKind::Save) {
            let Some(document) = write.document else { continue };
            let pushes = |field: &FieldWrite| field.operator == "$push";
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
                    && self.schemas.is_mixed_list(&write.handle, &field.path)
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

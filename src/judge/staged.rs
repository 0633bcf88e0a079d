//! Hints from the stages of an aggregation: what they ask of documents, and what they compute of their fields.
//!
//! Input: the stages as they are written. Output: marks on the hints of stored fields. Must not know: how values are chosen.

use super::collect::Collector;
use crate::project::aggregated::{How, Origin};
use crate::project::mongo::DbCall;
use crate::value::{Key, Node, V};

impl Collector<'_> {
    pub(super) fn stages(&mut self, collection: u32, stages: V) {
        let Node::Array(items) = self.node(stages) else { return };
        for (at, stage) in items.iter().enumerate() {
            let Node::Object(entries) = self.node(stage.value) else { continue };
            let [entry] = entries.as_slice() else { continue };
            let Key::Name(name) = entry.key else { continue };
            match self.project.arena.text(name) {
                // What comes later is asked of what the stages have made.
                "$match" if at == 0 => self.filter(collection, entry.value, &[], 0),
                "$group" | "$project" | "$addFields" | "$set" => self.computed_fields(collection, stages, entry.value),
                _ => {}
            }
        }
    }

    fn computed_fields(&mut self, collection: u32, stages: V, computed: V) {
        let Node::Object(entries) = self.node(computed) else { return };
        for entry in entries {
            let Key::Name(name) = entry.key else { continue };
            let name = self.project.arena.text(name).to_owned();
            let origin = self.project.origin(stages, &name).filter(|origin| !origin.path.is_empty());
            let (Some(origin), Some(shape)) = (origin, self.hints.shapes.get_mut(collection as usize)) else {
                continue;
            };
            let hint = &mut shape.at(&origin.path).hint;
            match origin.how {
                How::Sum => hint.is_number = true,
                How::Count => hint.is_list = true,
                How::One | How::List => {}
            }
        }
    }

    /// The stored field that a part of a row is; none for what counts or lists.
    pub(super) fn aggregated(&self, read: &DbCall, path: &[String]) -> Option<Vec<String>> {
        let origin = self.origin_of(read, path)?;
        matches!(origin.how, How::One | How::Sum).then_some(origin.path)
    }

    /// The list whose length a part of a row is: a field, or all documents that are asked for.
    pub(super) fn counted_list(&mut self, value: V) -> Option<(u32, Vec<String>)> {
        let (_, path, read) = self.project.loaded(value, &[])?;
        let read = read.filter(|read| read.method == "aggregate")?;
        let origin = self.origin_of(&read, &path).filter(|origin| origin.how == How::Count)?;
        let collection = self.slice.collections.iter().position(|known| known.same(&read.handle))?;
        Some((collection as u32, origin.path))
    }

    fn origin_of(&self, read: &DbCall, path: &[String]) -> Option<Origin> {
        let mut named = path.iter().filter(|part| !super::hints::is_position(part));
        let (Some(field), None) = (named.next(), named.next()) else { return None };
        self.project.origin(read.filter?, field)
    }
}

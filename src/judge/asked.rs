//! Hints from filters: what is asked of the fields of a collection.
//!
//! Input: a filter. Output: marks on the shape of its collection. Must not know: what is written.

use super::collect::{Collector, sample_of};
use super::hints::WORD;
use crate::limits;
use crate::project::writes::Write;
use crate::value::{Key, Node, V};
use rustc_hash::FxHashMap;

impl Collector<'_> {
    /// A filter without a value of the request's finds any of several: work in a queue, a number of a pool.
    pub(super) fn any_of(&mut self, collection: u32, filter: V) {
        let is_own = self.project.contains(filter, &mut |project, part| {
            matches!(project.arena.node(part), Node::Param(..) | Node::This(_) | Node::Call { .. } | Node::Opaque(_))
        });
        let asks = matches!(self.project.arena.peek(filter), Node::Object(entries) if !entries.is_empty());
        if asks
            && !is_own
            && let Some(shape) = self.hints.shapes.get_mut(collection as usize)
        {
            shape.hint.lengths.push(2);
        }
    }

    pub(super) fn filter(&mut self, collection: u32, filter: V, prefix: &[String], depth: u32) {
        if depth > limits::ASKED_DEPTH {
            return;
        }
        match self.node(filter) {
            Node::OneOf(alternatives) => {
                alternatives.into_iter().for_each(|(_, v)| self.filter(collection, v, prefix, depth + 1));
            }
            Node::Object(entries) => {
                for entry in entries {
                    let name = match entry.key {
                        Key::Name(name) => self.project.arena.text(name).to_owned(),
                        Key::Computed(key) => self.project.path_text(key),
                        Key::Spread => {
                            self.filter(collection, entry.value, prefix, depth + 1);
                            continue;
                        }
                    };
                    if matches!(name.as_str(), "$and" | "$or" | "$nor") {
                        if let Node::Array(items) = self.node(entry.value) {
                            if name == "$or" {
                                self.alternatives(items.iter().map(|item| item.value));
                            }
                            items.iter().for_each(|item| self.filter(collection, item.value, prefix, depth + 1));
                        }
                    } else if !name.starts_with('$') {
                        let mut path = prefix.to_vec();
                        path.extend(name.split('.').map(str::to_owned));
                        self.condition(collection, &path, entry.value, depth + 1);
                    }
                }
            }
            _ => {}
        }
    }

    pub(super) fn condition(&mut self, collection: u32, path: &[String], value: V, depth: u32) {
        if depth > limits::ASKED_VALUE_DEPTH {
            return;
        }
        self.asked.paths.push(path.to_vec());
        match self.node(value) {
            Node::OneOf(alternatives) => {
                alternatives.into_iter().for_each(|(_, v)| self.condition(collection, path, v, depth + 1));
            }
            Node::Object(entries) if entries.iter().any(|entry| self.is_operator(entry.key)) => {
                for entry in entries {
                    let Key::Name(name) = entry.key else { continue };
                    let name = self.project.arena.text(name).to_owned();
                    self.test(collection, path, &name, entry.value, depth);
                }
            }
            Node::Regex(_) => self.test(collection, path, "$regex", value, depth),
            Node::New { callee, .. } if self.project.arena.is_global(callee, "RegExp") => {
                self.test(collection, path, "$regex", value, depth);
            }
            _ => {
                if !self.is_negated {
                    let parts = self.project.arena.parts(value);
                    self.asked.named.extend(parts.iter().copied());
                    self.hints.selecting.extend(parts);
                }
                self.ask(collection, path, value);
            }
        }
    }

    /// What a pattern is made of is a text, and what it looks for may be that.
    fn made_pattern(&mut self, collection: u32, path: &[String], pattern: V) {
        let Some(part) = self.project.part_of_pattern(pattern) else { return };
        let text = self.project.arena.str(WORD);
        self.mark(part, &|hint| {
            if !hint.values.contains(&text) {
                hint.values.push(text);
            }
        });
        self.ask(collection, path, part);
    }

    /// What is asked of the elements that an update takes out of a list selects no document.
    pub(super) fn taken_out(&mut self, collection: u32, path: &[String], asked: V) {
        if matches!(self.project.arena.peek(asked), Node::Object(_)) {
            let outer = std::mem::replace(&mut self.is_negated, true);
            self.filter(collection, asked, path, 0);
            self.is_negated = outer;
        }
    }

    /// Two requests may change two elements of one document: `{ _id, 'members.user': user }`, then `$set: { 'members.$.role': role }`
    pub(super) fn told_by_elements(&mut self, write: &Write) {
        let lists: Vec<String> =
            write.fields.iter().filter_map(|field| Some(format!("{}.", field.path.split_once(".$.")?.0))).collect();
        let Some(Node::Object(entries)) = write.filter.map(|filter| self.node(filter)) else { return };
        let is_of_element = |name: &str| lists.iter().any(|list| name.starts_with(list.as_str()));
        for entry in entries {
            if matches!(entry.key, Key::Name(name) if is_of_element(self.project.arena.text(name))) {
                let parts = self.project.arena.parts(entry.value);
                self.hints.alternative.extend(parts);
            }
        }
    }

    /// Notes what only one of the branches asks for.
    pub(super) fn alternatives(&mut self, branches: impl Iterator<Item = V>) {
        let mut count: FxHashMap<V, u32> = FxHashMap::default();
        for branch in branches {
            self.project.arena.parts(branch).into_iter().for_each(|part| *count.entry(part).or_default() += 1);
        }
        let own = count.into_iter().filter(|(_, branches)| *branches == 1);
        self.hints.alternative.extend(own.map(|(part, _)| part));
    }

    fn is_operator(&self, key: Key) -> bool {
        matches!(key, Key::Name(name) if self.project.arena.text(name).starts_with('$'))
    }

    fn test(&mut self, collection: u32, path: &[String], operator: &str, value: V, depth: u32) {
        let is_time = self.is_time(value, 0);
        match operator {
            "$gt" | "$gte" | "$lt" | "$lte" => {
                if let Some(shape) = self.hints.shapes.get_mut(collection as usize) {
                    let hint = &mut shape.at(path).hint;
                    hint.is_number |= !is_time;
                    hint.is_time |= is_time;
                    hint.values.push(value);
                }
                self.numeric(value, is_time, 0);
            }
            "$eq" | "$ne" => self.ask(collection, path, value),
            "$in" | "$nin" | "$all" => match self.node(value) {
                Node::Array(items) => items.iter().for_each(|item| self.ask(collection, path, item.value)),
                // One of the values that are made of the elements of a list.
                Node::Mapped(_, one) => self.ask(collection, path, one),
                // One of the values that the request names.
                _ => {
                    self.mark(value, &|hint| hint.is_list = true);
                    let one = self.project.arena.intern(Node::Element(value));
                    self.register(one);
                    self.ask(collection, path, one);
                }
            },
            "$size" => self.list(collection, path),
            "$elemMatch" => {
                self.list(collection, path);
                match self.node(value) {
                    Node::Object(entries) if entries.iter().any(|entry| self.is_operator(entry.key)) => {
                        self.condition(collection, path, value, depth + 1);
                    }
                    _ => self.filter(collection, value, path, depth + 1),
                }
            }
            "$not" => {
                let outer = std::mem::replace(&mut self.is_negated, true);
                self.condition(collection, path, value, depth + 1);
                self.is_negated = outer;
            }
            "$regex" => {
                let sample = match self.project.arena.peek(value) {
                    Node::Regex(pattern) | Node::Str(pattern) => sample_of(self.project.arena.text(*pattern)),
                    _ => return self.made_pattern(collection, path, value),
                };
                let sample = self.project.arena.str(&sample);
                if let Some(shape) = self.hints.shapes.get_mut(collection as usize) {
                    shape.at(path).hint.values.push(sample);
                }
            }
            "$exists" => {
                if let Some(shape) = self.hints.shapes.get_mut(collection as usize) {
                    shape.at(path);
                }
            }
            _ => {}
        }
    }

    pub(super) fn list(&mut self, collection: u32, path: &[String]) {
        if let Some(shape) = self.hints.shapes.get_mut(collection as usize) {
            shape.at(path).hint.is_list = true;
        }
    }

    /// A field is asked for a value.
    pub(super) fn ask(&mut self, collection: u32, path: &[String], value: V) {
        let Some(shape) = self.hints.shapes.get_mut(collection as usize) else { return };
        let hint = &mut shape.at(path).hint;
        if !hint.values.contains(&value) {
            hint.values.push(value);
        }
        let numeric = hint.is_number;
        if numeric {
            self.numeric(value, false, 0);
        }
    }
}

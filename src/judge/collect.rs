//! Collects the hints of a slice: a walk over its values, each looked at once.
//!
//! Input: a slice. Output: its hints. Must not know: how values are chosen.

use super::hints::{AskedFor, Hint, Hints, Shape};
use super::script::{Action, conditions_of, values_of};
use super::slice::Slice;
use super::text::{self, Part};
use crate::limits;
use crate::project::Project;
use crate::project::mongo::Action as Method;
use crate::project::writes::WriteKind;
use crate::value::{Coercion, Compare, Key, Node, V, for_children, for_conditions};
use rustc_hash::FxHashSet;

/// Collects the hints of a slice. `documents` are documents that others loaded.
pub fn collect(project: &mut Project, slice: &Slice) -> Hints {
    let mut collector = Collector {
        project,
        slice,
        hints: Hints::default(),
        seen: FxHashSet::default(),
        asked: AskedFor::default(),
        methods: Vec::new(),
        names: FxHashSet::default(),
        is_negated: false,
    };
    collector.hints.shapes = vec![Shape::default(); slice.collections.len()];
    for command in &slice.commands {
        collector.named(command);
    }
    for command in &slice.commands {
        for value in values_of(command) {
            collector.walk(value);
        }
        for cond in conditions_of(command) {
            for atom in collector.project.arena.atoms_of(cond) {
                collector.walk(atom.value);
            }
        }
        collector.asked = AskedFor::default();
        match &command.action {
            Action::Read { kind, collection, filter: Some(filter) } => {
                collector.filter(*collection, *filter, &[], 0);
                collector.stages(*collection, *filter);
                if *kind == Method::FindOne {
                    collector.any_of(*collection, *filter);
                }
            }
            Action::Write { collection, write, .. } => {
                if let Some(filter) = write.filter {
                    collector.filter(*collection, filter, &[], 0);
                }
                if let Some(payload) = write.payload.filter(|_| write.kind == WriteKind::Insert) {
                    collector.inserted(*collection, payload);
                }
                collector.told_by_elements(write);
                for field in &write.fields {
                    let path = collector.path_of(&field.path);
                    if field.operator == "$pull" {
                        collector.taken_out(*collection, &path, field.value);
                    }
                    collector.named_at_run_time(*collection, &path);
                    if field.operator == "$inc" && collector.asked.paths.contains(&path) {
                        collector.taken_from(*collection, &path);
                    }
                    let is_new = write.kind == WriteKind::Insert;
                    collector.change(*collection, &path, &field.operator, field.value, is_new);
                }
            }
            _ => {}
        }
        if let Some(collection) = command.action.collection() {
            let asked = std::mem::take(&mut collector.asked);
            collector.hints.calls.insert(command.site, AskedFor { collection, ..asked });
        }
    }
    // What decides the part that is judged may decide no command.
    for atom in &slice.goal {
        collector.walk(atom.value);
    }
    for atom in slice.commands.iter().flat_map(|command| &command.atoms).chain(&slice.goal) {
        collector.truth(atom.value);
    }
    for command in &slice.commands {
        let Action::Write { versions, .. } = &command.action else { continue };
        for cond in versions {
            collector.project.arena.atoms(*cond).into_iter().for_each(|atom| collector.truth(atom.value));
        }
    }
    collector.same_documents();
    collector.decided_by();
    for (at, handle) in slice.collections.iter().enumerate() {
        if let (Some(model), Some(shape)) = (handle.name(), collector.hints.shapes.get_mut(at)) {
            declare(collector.project, model, shape, &mut Vec::new());
        }
    }
    collector.hints
}

/// Notes what the schema of a model says of its fields.
fn declare(project: &mut Project, model: &str, shape: &mut Shape, path: &mut Vec<String>) {
    for (name, inner) in &mut shape.fields {
        path.push(name.clone());
        inner.hint.declared = project.declared(model, &path.join("."));
        declare(project, model, inner, path);
        path.pop();
    }
}

pub(super) struct Collector<'a> {
    pub(super) project: &'a mut Project,
    pub(super) slice: &'a Slice,
    pub(super) hints: Hints,
    pub(super) seen: FxHashSet<V>,
    /// The objects whose methods were met and that are still to be looked at.
    pub(super) methods: Vec<V>,
    /// What the filter at hand asks for.
    pub(super) asked: AskedFor,
    /// Values by which fields are named at run time.
    pub(super) names: FxHashSet<V>,
    /// The part of the filter at hand is negated: what it asks for selects no document.
    pub(super) is_negated: bool,
}

impl Collector<'_> {
    pub(super) fn node(&self, value: V) -> Node {
        self.project.arena.peek(value).clone()
    }

    /// The collection and path of a loaded value.
    pub(super) fn place(&mut self, value: V) -> Option<(u32, Vec<String>)> {
        if let Some(known) = self.hints.loaded.get(&value) {
            return Some(known.clone());
        }
        if let Some(named) = self.place_by_name(value) {
            return Some(named);
        }
        let mut given: Vec<V> = match self.slice.commands.first().map(|first| &first.action) {
            Some(Action::Given { document, .. }) => vec![*document],
            _ => Vec::new(),
        };
        given.extend(self.project.taken_out(value));
        let (root, mut path, read) = self.project.loaded(value, &given)?;
        // How many documents were found is no field of theirs.
        let is_many = read.as_ref().is_some_and(|read| read.action == Method::FindMany);
        if is_many && matches!(path.as_slice(), [only] if only == "length") {
            return None;
        }
        let collection = match read {
            Some(read) if read.method == "aggregate" => {
                path = self.aggregated(&read, &path)?;
                self.slice.collections.iter().position(|known| known.same(&read.handle))? as u32
            }
            Some(read) => self.slice.collections.iter().position(|known| known.same(&read.handle))? as u32,
            None => {
                debug_assert!(given.contains(&root), "only given documents have no read");
                self.slice.commands.first()?.action.collection()?
            }
        };
        self.hints.loaded.insert(value, (collection, path.clone()));
        Some((collection, path))
    }

    /// Notes which field a loaded value is.
    pub(super) fn register(&mut self, value: V) {
        if self.place(value).is_some_and(|(_, path)| !path.is_empty()) {
            self.mark(value, &|_| {});
        }
    }

    /// Applies a hint to what a value is: a field of a document, or an unknown value.
    pub(super) fn mark(&mut self, value: V, apply: &dyn Fn(&mut Hint)) {
        self.mark_at(value, apply, 0);
    }

    fn mark_at(&mut self, value: V, apply: &dyn Fn(&mut Hint), depth: u32) {
        if depth > limits::HINT_DEPTH {
            return;
        }
        match self.node(value) {
            Node::OneOf(alternatives) => {
                alternatives.into_iter().for_each(|(_, value)| self.mark_at(value, apply, depth + 1));
            }
            Node::Or(parts) => parts.into_iter().for_each(|value| self.mark_at(value, apply, depth + 1)),
            Node::Coerce(Coercion::Number(_) | Coercion::Copy | Coercion::Text | Coercion::ObjectId, inner) => {
                self.mark_at(inner, apply, depth + 1);
            }
            // What equals a text of one form may be that text.
            Node::Derived(form, operands) if text::FORMS.contains(&self.project.arena.text(form)) => {
                operands.first().into_iter().for_each(|inner| self.mark_at(*inner, apply, depth + 1));
            }
            _ if self.project.arena.is_literal(value) => {}
            _ => match self.place(value) {
                Some((_, path)) if path.is_empty() => {}
                Some((collection, path)) => {
                    if let Some(shape) = self.hints.shapes.get_mut(collection as usize) {
                        apply(&mut shape.at(&path).hint);
                    }
                }
                None => apply(self.hints.values.entry(value).or_default()),
            },
        }
    }

    /// Whether a value is what a request brings, or a text of it.
    fn is_input(&mut self, value: V) -> bool {
        match self.node(value) {
            Node::Coerce(Coercion::Text | Coercion::ObjectId, inner) => self.is_input(inner),
            Node::Derived(form, operands) if text::FORMS.contains(&self.project.arena.text(form)) => {
                operands.first().is_some_and(|inner| self.is_input(*inner))
            }
            Node::Param(..) | Node::Member(..) => self.place(value).is_none(),
            _ => false,
        }
    }

    /// Notes the fields that filters and conditions ask for.
    fn decided_by(&mut self) {
        let atoms = self.slice.commands.iter().flat_map(|command| &command.atoms).chain(&self.slice.goal);
        let mut values: Vec<V> = atoms.map(|atom| atom.value).collect();
        values.sort_unstable();
        values.dedup();
        let mut open = values;
        let mut seen = FxHashSet::default();
        while let Some(value) = open.pop() {
            if !seen.insert(value) {
                continue;
            }
            self.hints.deciding.extend(self.hints.loaded.get(&value).cloned());
            let node = self.project.arena.peek(value);
            for_children(node, &mut |child| open.push(child));
            for_conditions(node, &mut |cond| open.extend(self.project.arena.atoms_of(cond).iter().map(|a| a.value)));
        }
        let calls = self.hints.calls.values();
        let asked = calls.flat_map(|asked| asked.paths.iter().map(|path| (asked.collection, path.clone())));
        self.hints.deciding.extend(asked);
    }

    /// The text that is written in the code.
    pub(super) fn literal(&self, value: V) -> Option<String> {
        self.project.arena.as_str(value).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn walk(&mut self, value: V) {
        let mut open = vec![value];
        while let Some(value) = open.pop() {
            if !self.seen.insert(value) {
                continue;
            }
            let node = self.node(value);
            self.look(value, &node);
            open.append(&mut self.methods);
            for_children(&node, &mut |child| open.push(child));
            let mut deciding = Vec::new();
            for_conditions(&node, &mut |cond| deciding.extend(self.project.arena.atoms_of(cond)));
            for atom in deciding {
                self.truth(atom.value);
                open.push(atom.value);
            }
        }
    }

    fn look(&mut self, value: V, node: &Node) {
        match node {
            Node::Compare(op, a, b) => {
                if *op != Compare::Equal {
                    let is_time = [*a, *b].iter().any(|v| self.is_time(*v, 0));
                    for side in [*a, *b] {
                        self.numeric(side, is_time, 0);
                    }
                }
                self.compared(*a, *b);
            }
            Node::Derived(op, operands)
                if matches!(self.project.arena.text(*op), "-" | "*" | "/" | "%" | "**" | "neg")
                    || (self.project.arena.text(*op) == "+"
                        && operands.iter().any(|v| matches!(self.project.arena.peek(*v), Node::Num(_)))) =>
            {
                let is_time = operands.iter().any(|v| self.is_time(*v, 0));
                operands.iter().for_each(|operand| self.numeric(*operand, is_time, 0));
                if let ("-", [whole, taken]) = (self.project.arena.text(*op), operands.as_slice())
                    && self.hints.differences.len() < limits::COUPLED
                {
                    self.hints.differences.push((*whole, *taken));
                }
            }
            Node::Derived(op, operands) if self.project.arena.text(*op) == "+" => {
                operands.iter().for_each(|operand| self.numeric(*operand, false, 0));
            }
            Node::Derived(op, operands) if text::METHODS.contains(&self.project.arena.text(*op)) => {
                self.spelled(*op, operands);
            }
            Node::Query { method, array, arg } => {
                self.mark(*array, &|hint| hint.is_list = true);
                let direct = matches!(self.project.arena.text(*method), "includes" | "indexOf" | "lastIndexOf");
                if let (true, Some(part)) = (direct, self.literal(*arg)) {
                    self.mark(*array, &|hint| add(&mut hint.parts, Part::Within(part.clone())));
                }
                self.elements(*array, direct, *arg);
            }
            Node::Mapped(array, _) => self.mark(*array, &|hint| hint.is_list = true),
            Node::Element(array) => {
                self.mark(*array, &|hint| hint.is_list = true);
                self.register(value);
            }
            Node::Array(items) => {
                let spreads: Vec<V> = items.iter().filter(|item| item.spread).map(|item| item.value).collect();
                spreads.into_iter().for_each(|value| self.mark(value, &|hint| hint.is_list = true));
            }
            // A method is no member that holds a value.
            Node::Call { callee, .. } => {
                if let Node::Member(object, _) = *self.project.arena.peek(*callee) {
                    self.methods.push(object);
                    self.seen.insert(*callee);
                }
            }
            Node::Opaque(site) if !self.project.is_local(*site) => {
                self.hints.memory.insert(value);
            }
            Node::Param(..) if self.project.is_given_at_start(value) => {
                self.hints.settled.insert(value);
            }
            Node::Member(object, key) => {
                if self.project.is_given_at_start(value) {
                    self.hints.settled.insert(value);
                }
                let name = self.project.arena.text(*key).to_owned();
                if self.project.missing.contains_key(&value) {
                    self.hints.optional.insert(value);
                }
                if name == "length" {
                    let is_input = self.is_input(*object);
                    self.mark(*object, &|hint| match is_input {
                        true => hint.is_measured = true,
                        false => hint.is_list = true,
                    });
                }
                let members = self.hints.members.entry(*object).or_default();
                if members.iter().all(|(known, _)| *known != name) {
                    members.push((name, value));
                }
                self.register(value);
            }
            // { 5: …, 10: … }[list.length]
            Node::Index(table, key) => {
                if let Node::Object(entries) = self.node(*table) {
                    for entry in entries {
                        if let Key::Computed(name) = entry.key {
                            self.compared(*key, name);
                        }
                        let Key::Name(name) = entry.key else { continue };
                        let name = self.project.arena.text(name).to_owned();
                        match name.parse::<f64>() {
                            Ok(number) => {
                                self.long(*key, number);
                                let number = self.project.arena.num(number);
                                self.compared(*key, number);
                            }
                            Err(_) => {
                                let text = self.project.arena.str(&name);
                                self.compared(*key, text);
                            }
                        }
                    }
                }
            }
            Node::Nullish(inner) => self.mark(*inner, &|hint| hint.is_optional = true),
            Node::Not(inner) | Node::Coerce(Coercion::Bool, inner) => self.truth(*inner),
            Node::And(parts) | Node::Or(parts) => parts.iter().for_each(|part| self.truth(*part)),
            _ => {}
        }
    }
}

pub(super) fn add<T: PartialEq>(known: &mut Vec<T>, new: T) {
    if !known.contains(&new) {
        known.push(new);
    }
}

/// A text that a simple pattern is likely to match: its letters, without its anchors and operators.
pub(super) fn sample_of(pattern: &str) -> String {
    let plain: String = pattern.chars().filter(|c| !"^$\\.*+?()[]{}|".contains(*c)).collect();
    if plain.is_empty() { "a".to_owned() } else { plain }
}

//! Hints: what the code compares its unknown values and its documents' fields with, so that the search starts at values
//! that decide something: the literals of the code, numbers at the boundary, a list without and with the element asked for.
//!
//! Input: a slice. Output: for each unknown value and for each field of a collection, what is known of its type and its
//! interesting values. Must not know: how values are chosen.

use super::script::{Action, conditions_of, values_of};
use super::slice::Slice;
use super::text::{self, Part};
use crate::limits;
use crate::project::Project;
use crate::project::declared::Declared;
use crate::project::mongo::Action as Method;
use crate::project::writes::WriteKind;
use crate::value::{Coercion, Compare, Freshness, Key, Node, Site, Sym, V, for_children, for_conditions};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// What the code does with a value.
#[derive(Clone, Debug, Default)]
pub struct Hint {
    pub is_number: bool,
    pub is_time: bool,
    pub is_bool: bool,
    pub is_list: bool,
    /// Something is written under a name that is not known: it may be a list, and it may be a map.
    pub is_map: bool,
    /// Texts' own methods are called on it.
    pub is_spelled: bool,
    /// What is looked for in it.
    pub parts: Vec<Part>,
    /// What else names a document of the collection in which this one does.
    pub same: Vec<V>,
    /// Lengths that a list is compared with.
    pub lengths: Vec<u32>,
    /// The code asks whether there is one.
    pub is_optional: bool,
    /// Values that it is compared with or set to: literals, and values that the request brings.
    pub values: Vec<V>,
    /// The value that it most likely is.
    pub first: Option<V>,
    /// What the schema says that it is.
    pub declared: Option<Declared>,
    /// A write takes from it as far as its own filter finds enough there: how much is left stands for what else is limited.
    pub is_taken_from: bool,
}

/// A field of a collection, and what is inside of it.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    pub hint: Hint,
    /// Fields of a document, or of the documents of a list.
    pub fields: BTreeMap<String, Shape>,
    /// Elements that are asked for, where the elements are no documents.
    pub elements: Vec<V>,
    /// The fields by which documents are counted, and their values.
    pub crowd: Vec<(String, V)>,
    /// Elements that are taken out of the list, or what is asked of them.
    pub pulled: Vec<V>,
}

/// What a command asks for.
#[derive(Clone, Debug, Default)]
pub struct AskedFor {
    pub collection: u32,
    /// The paths that its filter names.
    pub paths: Vec<Vec<String>>,
    /// The values that its filter selects a document by.
    pub named: Vec<V>,
}

#[derive(Clone, Debug, Default)]
pub struct Hints {
    pub values: FxHashMap<V, Hint>,
    /// By collection number.
    pub shapes: Vec<Shape>,
    /// The field that a loaded value is: collection and path.
    pub loaded: FxHashMap<V, (u32, Vec<String>)>,
    /// Values inside of filters by which a document is selected.
    pub selecting: FxHashSet<V>,
    /// A list is compared with a length that no list has at the start.
    pub is_too_long: bool,
    /// Values that select a document in one branch of a `$or` only: two requests may find the same one by another branch.
    pub alternative: FxHashSet<V>,
    /// Values of which one is taken from the other: what is left decides.
    pub differences: Vec<(V, V)>,
    /// Members that are asked of a value: their names and the values that they are.
    pub members: FxHashMap<V, Vec<(String, V)>>,
    /// Members that are read through `?.`, of nothing as well.
    pub optional: FxHashSet<V>,
    /// The commands by their calls.
    pub calls: FxHashMap<Site, AskedFor>,
}

impl Hints {
    /// A field of the documents that the act writes is stored at the start, though the code never asks for it; as a list, if it is one.
    pub fn store_field(&mut self, slice: &Slice, path: &str, is_list: bool) {
        let collection = slice.commands.get(slice.act).and_then(|act| act.action.collection());
        if let Some(shape) = collection.and_then(|collection| self.shapes.get_mut(collection as usize)) {
            let path: Vec<String> = path.split('.').map(str::to_owned).collect();
            shape.at(&path).hint.is_list |= is_list;
        }
    }
}

impl Shape {
    pub fn at(&mut self, path: &[String]) -> &mut Self {
        let mut shape = self;
        for part in path {
            if is_position(part) {
                shape.hint.is_list = true;
            } else {
                shape = shape.fields.entry(part.clone()).or_default();
            }
        }
        shape
    }
}

/// Whether a part of a path selects an element of a list.
pub fn is_position(part: &str) -> bool {
    part.starts_with('$') || part.starts_with('*') || part.chars().all(|c| c.is_ascii_digit())
}

/// Collects the hints of a slice. `documents` are documents that others loaded.
pub fn collect(project: &mut Project, slice: &Slice) -> Hints {
    let mut collector = Collector {
        project,
        slice,
        hints: Hints::default(),
        seen: FxHashSet::default(),
        asked: AskedFor::default(),
        methods: Vec::new(),
        is_negated: false,
    };
    collector.hints.shapes = vec![Shape::default(); slice.collections.len()];
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
                for field in &write.fields {
                    let path: Vec<String> = field.path.split('.').map(str::to_owned).collect();
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
    collector.same_documents();
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

struct Collector<'a> {
    project: &'a mut Project,
    slice: &'a Slice,
    hints: Hints,
    seen: FxHashSet<V>,
    /// The objects whose methods were met and that are still to be looked at.
    methods: Vec<V>,
    /// What the filter at hand asks for.
    asked: AskedFor,
    /// The part of the filter at hand is negated: what it asks for selects no document.
    is_negated: bool,
}

impl Collector<'_> {
    fn node(&self, value: V) -> Node {
        self.project.arena.peek(value).clone()
    }

    /// The collection and path of a loaded value.
    fn place(&mut self, value: V) -> Option<(u32, Vec<String>)> {
        if let Some(known) = self.hints.loaded.get(&value) {
            return Some(known.clone());
        }
        let given: Vec<V> = match self.slice.commands.first().map(|first| &first.action) {
            Some(Action::Given { document, .. }) => vec![*document],
            _ => Vec::new(),
        };
        let (root, path, read) = self.project.loaded(value, &given)?;
        // How many documents were found is no field of theirs.
        let is_many = read.as_ref().is_some_and(|read| read.action == Method::FindMany);
        if is_many && matches!(path.as_slice(), [only] if only == "length") {
            return None;
        }
        let collection = match read {
            // What an aggregation computes is no field.
            Some(read) if read.method == "aggregate" => return None,
            Some(read) => self.slice.collections.iter().position(|known| known.same(&read.handle))? as u32,
            None => {
                debug_assert!(given.contains(&root), "only given documents have no read");
                self.slice.commands.first()?.action.collection()?
            }
        };
        self.hints.loaded.insert(value, (collection, path.clone()));
        Some((collection, path))
    }

    /// Applies a hint to what a value is: a field of a document, or an unknown value.
    fn mark(&mut self, value: V, apply: &dyn Fn(&mut Hint)) {
        self.mark_at(value, apply, 0);
    }

    fn mark_at(&mut self, value: V, apply: &dyn Fn(&mut Hint), depth: u32) {
        if depth > 8 {
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

    /// The text that is written in the code.
    fn literal(&self, value: V) -> Option<String> {
        self.project.arena.as_str(value).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// A text's method: `name.startsWith('a')`
    fn spelled(&mut self, method: Sym, operands: &[V]) {
        let Some((text, args)) = operands.split_first() else { return };
        let word = args.first().and_then(|arg| self.literal(*arg));
        let part = word.and_then(|word| match self.project.arena.text(method) {
            "startsWith" => Some(Part::First(word)),
            "endsWith" => Some(Part::Last(word)),
            "split" => Some(Part::Within(word)),
            _ => None,
        });
        self.mark(*text, &|hint| {
            hint.is_spelled = true;
            part.iter().for_each(|part| add(&mut hint.parts, part.clone()));
        });
    }

    /// Two inputs that name documents of one collection may name the same one.
    fn same_documents(&mut self) {
        let named = self.hints.shapes.iter().filter_map(|shape| shape.fields.get("_id"));
        let all: Vec<Vec<V>> = named.map(|id| id.hint.values.clone()).collect();
        for values in all {
            let selecting: Vec<V> = values.into_iter().filter(|value| self.hints.selecting.contains(value)).collect();
            let Some((first, others)) = selecting.split_first() else { continue };
            for other in others.iter().take(limits::INPUTS) {
                self.mark(*other, &|hint| add(&mut hint.same, *first));
            }
        }
    }

    fn compared(&mut self, a: V, b: V) {
        for (side, other) in [(a, b), (b, a)] {
            self.measured(side, other);
            let is_time = matches!(self.project.arena.peek(other), Node::Fresh(Freshness::Time, _));
            self.mark(side, &|hint| {
                hint.is_time |= is_time;
                if !is_time && !hint.values.contains(&other) {
                    hint.values.push(other);
                }
            });
        }
    }

    /// A length that is compared with a number.
    fn measured(&mut self, length: V, number: V) {
        let Node::Num(bits) = self.project.arena.peek(number) else { return };
        let number = f64::from_bits(*bits);
        self.long(length, number);
    }

    fn long(&mut self, length: V, number: f64) {
        let lists: Vec<V> = self.project.arena.alternatives(length).into_iter().map(|(_, v)| v).collect();
        for length in lists {
            if number < 1.0 {
                continue;
            }
            let list = match *self.project.arena.peek(length) {
                Node::Member(list, name) if self.project.arena.text(name) == "length" => list,
                Node::Call { .. } => length,
                _ => continue,
            };
            if number > limits::START_ITEMS {
                self.hints.is_too_long |= self.place(list).is_some();
                continue;
            }
            let number = number as u32;
            let apply = |hint: &mut Hint| {
                for length in [number, number.saturating_sub(1), number + 1] {
                    if length > 1 && !hint.lengths.contains(&length) {
                        hint.lengths.push(length);
                    }
                }
            };
            // As many documents as are counted.
            if let Some((collection, path)) = self.place(list).filter(|(_, path)| path.is_empty())
                && let Some(shape) = self.hints.shapes.get_mut(collection as usize)
            {
                debug_assert!(path.is_empty(), "documents have no path");
                apply(&mut shape.hint);
                shape.crowd = self.project.counted_by(list);
            } else {
                self.mark(list, &apply);
            }
        }
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
            Node::Mapped(array, _) | Node::Element(array) => self.mark(*array, &|hint| hint.is_list = true),
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
            Node::Member(object, key) => {
                let name = self.project.arena.text(*key).to_owned();
                if self.project.missing.contains_key(&value) {
                    self.hints.optional.insert(value);
                }
                if name == "length" {
                    self.mark(*object, &|hint| hint.is_list = true);
                }
                let members = self.hints.members.entry(*object).or_default();
                if members.iter().all(|(known, _)| *known != name) {
                    members.push((name, value));
                }
                // Registers where a loaded value comes from.
                if self.place(value).is_some_and(|(_, path)| !path.is_empty()) {
                    self.mark(value, &|_| {});
                }
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

    /// A value whose truth decides.
    fn truth(&mut self, value: V) {
        let is_member = matches!(self.project.arena.peek(value), Node::Member(..));
        self.mark(value, &|hint| {
            hint.is_bool |= is_member;
            hint.is_optional = true;
        });
    }

    fn is_time(&self, value: V, depth: u32) -> bool {
        match self.project.arena.peek(value) {
            Node::Fresh(Freshness::Time, _) => true,
            Node::Derived(op, operands) if depth < 6 && !super::dates::is_part(self.project.arena.text(*op)) => {
                operands.iter().any(|v| self.is_time(*v, depth + 1))
            }
            Node::New { args, .. } if args.len() == 1 && depth < 6 => args.iter().any(|v| self.is_time(*v, depth + 1)),
            // new Date(year, month, day)
            Node::New { callee, args, .. } if args.len() > 1 => self.project.arena.is_global(*callee, "Date"),
            _ => false,
        }
    }

    fn numeric(&mut self, value: V, is_time: bool, depth: u32) {
        if depth > 6 {
            return;
        }
        match self.node(value) {
            Node::Derived(op, operands) => {
                let is_time = is_time || super::dates::is_part(self.project.arena.text(op));
                operands.into_iter().for_each(|operand| self.numeric(operand, is_time, depth + 1));
            }
            // new Date(user.expires)
            Node::New { callee, args, .. } if args.len() == 1 && self.project.arena.is_global(callee, "Date") => {
                args.iter().for_each(|arg| self.numeric(*arg, true, depth + 1));
            }
            Node::OneOf(alternatives) => {
                alternatives.into_iter().for_each(|(_, value)| self.numeric(value, is_time, depth + 1));
            }
            _ => self.mark(value, &|hint| {
                hint.is_number |= !is_time;
                hint.is_time |= is_time;
            }),
        }
    }

    /// `$set: { [`counts.${name}`]: n }`
    fn named_at_run_time(&mut self, collection: u32, path: &[String]) {
        let Some([parents @ .., _]) = path.iter().position(|part| part == "*").and_then(|at| path.get(..=at)) else {
            return;
        };
        if let Some(shape) = self.hints.shapes.get_mut(collection as usize).filter(|_| !parents.is_empty()) {
            shape.at(parents).hint.is_map = true;
        }
    }

    /// A filter without a value of the request's finds any of several: work in a queue, a number of a pool.
    fn any_of(&mut self, collection: u32, filter: V) {
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

    /// What the elements of an array are asked for.
    fn elements(&mut self, array: V, direct: bool, arg: V) {
        let arrays: Vec<V> = self.project.arena.alternatives(array).into_iter().map(|(_, v)| v).collect();
        for array in arrays {
            // ['like', 'unlike'].includes(action)
            if let (true, Node::Array(items)) = (direct, self.node(array)) {
                items.iter().for_each(|item| self.compared(arg, item.value));
                continue;
            }
            // Object.values(Kind).includes(kind)
            if let (true, Node::Derived(listed, objects)) = (direct, self.node(array))
                && let Some(Node::Object(entries)) = objects.first().map(|object| self.node(*object))
            {
                let listed = self.project.arena.text(listed).to_owned();
                for entry in entries {
                    match (listed.as_str(), entry.key) {
                        ("Object.values", _) => self.compared(arg, entry.value),
                        ("Object.keys", Key::Name(name)) => {
                            let name = self.project.arena.text(name).to_owned();
                            let name = self.project.arena.str(&name);
                            self.compared(arg, name);
                        }
                        _ => {}
                    }
                }
                continue;
            }
            // { open: ['assigned'], assigned: ['closed'] }[ticket.status].includes(to)
            if let (true, Node::Index(table, _)) = (direct, self.node(array))
                && let Node::Object(rows) = self.node(table)
            {
                for row in rows {
                    let Node::Array(items) = self.node(row.value) else { continue };
                    items.iter().for_each(|item| self.compared(arg, item.value));
                }
                continue;
            }
            let (array, inner) = match self.node(array) {
                Node::Mapped(inner, result) => {
                    (inner, self.project.element_field(result).map(|(_, field)| field).unwrap_or_default())
                }
                _ => (array, String::new()),
            };
            let keys = if direct { vec![(inner, arg)] } else { self.project.predicate_keys(arg) };
            let Some((collection, path)) = self.place(array) else { continue };
            for (field, value) in keys {
                let Some(shape) = self.hints.shapes.get_mut(collection as usize) else { continue };
                let list = shape.at(&path);
                if !path.is_empty() {
                    list.hint.is_list = true;
                }
                if field.is_empty() {
                    list.elements.push(value);
                } else {
                    let parts: Vec<String> = field.split('.').map(str::to_owned).collect();
                    list.at(&parts).hint.values.push(value);
                }
            }
        }
    }

    fn filter(&mut self, collection: u32, filter: V, prefix: &[String], depth: u32) {
        if depth > 6 {
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

    fn condition(&mut self, collection: u32, path: &[String], value: V, depth: u32) {
        if depth > 8 {
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

    /// Notes what only one of the branches asks for.
    fn alternatives(&mut self, branches: impl Iterator<Item = V>) {
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
                // One of the values that the request names.
                _ => {
                    self.mark(value, &|hint| hint.is_list = true);
                    let one = self.project.arena.intern(Node::Element(value));
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
                    _ => return,
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

    fn list(&mut self, collection: u32, path: &[String]) {
        if let Some(shape) = self.hints.shapes.get_mut(collection as usize) {
            shape.at(path).hint.is_list = true;
        }
    }

    /// A field is asked for a value.
    fn ask(&mut self, collection: u32, path: &[String], value: V) {
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

    /// A pushed element may be the one that was asked for.
    fn pushed(&mut self, collection: u32, path: &[String], value: V) {
        let Some(shape) = self.hints.shapes.get_mut(collection as usize) else { return };
        let list = shape.at(path).clone();
        let mut pairs: Vec<(V, V)> = list.elements.iter().map(|asked| (value, *asked)).collect();
        if let Node::Object(entries) = self.node(value) {
            for entry in entries {
                let Key::Name(name) = entry.key else { continue };
                let asked = list.fields.get(self.project.arena.text(name)).map(|inner| inner.hint.values.clone());
                pairs.extend(asked.unwrap_or_default().into_iter().map(|asked| (entry.value, asked)));
            }
        }
        for (stored, asked) in pairs {
            if stored != asked && !self.project.arena.is_literal(stored) {
                self.compared(stored, asked);
            }
        }
    }

    fn taken_from(&mut self, collection: u32, path: &[String]) {
        if let Some(shape) = self.hints.shapes.get_mut(collection as usize) {
            shape.at(path).hint.is_taken_from = true;
        }
    }

    /// A new document, or the object that is spread in it.
    fn inserted(&mut self, collection: u32, payload: V) {
        let spread: Vec<V> = match self.project.arena.peek(payload) {
            Node::Object(entries) => {
                entries.iter().filter(|entry| entry.key == Key::Spread).map(|entry| entry.value).collect()
            }
            _ => vec![payload],
        };
        spread.into_iter().for_each(|brought| self.stored(collection, &[], brought, true));
    }

    /// An object that a request brings and that is stored has the fields that the code asks of what is stored there.
    fn stored(&mut self, collection: u32, path: &[String], value: V, is_new: bool) {
        if !matches!(self.project.arena.peek(value), Node::Param(..) | Node::Member(..)) {
            return;
        }
        let Some(shape) = self.hints.shapes.get_mut(collection as usize) else { return };
        let fields: Vec<(String, Hint)> =
            shape.at(path).fields.iter().map(|(name, inner)| (name.clone(), inner.hint.clone())).collect();
        for (name, hint) in fields {
            let key = self.project.arena.sym(&name);
            let member = self.project.arena.member(value, key);
            let members = self.hints.members.entry(value).or_default();
            if members.iter().all(|(known, _)| *known != name) {
                members.push((name, member));
            }
            let own = self.hints.values.entry(member).or_default();
            own.is_number |= hint.is_number;
            own.is_time |= hint.is_time;
            own.is_bool |= hint.is_bool;
            // A new document that is brought whole has what the searches before it ask for.
            if is_new {
                own.first = hint.values.first().copied();
                hint.values.iter().for_each(|asked| self.compared(member, *asked));
            }
        }
    }

    fn change(&mut self, collection: u32, path: &[String], operator: &str, value: V, is_new: bool) {
        let is_number = matches!(operator, "$inc" | "$mul" | "$min" | "$max");
        if is_number {
            self.numeric(value, false, 0);
        }
        let is_list = matches!(operator, "$push" | "$addToSet" | "$pull" | "$pullAll" | "$pop" | "splice");
        let node = self.node(value);
        if path.iter().any(|part| part.is_empty() || part == "...") {
            return;
        }
        // A new document has what the searches before it ask for.
        if is_new && !self.project.arena.is_literal(value) {
            let asked = self.hints.shapes.get_mut(collection as usize).map(|shape| shape.at(path).hint.values.clone());
            for asked in asked.unwrap_or_default() {
                self.compared(value, asked);
            }
        }
        self.stored(collection, path, value, false);
        if matches!(operator, "$push" | "$addToSet") {
            self.pushed(collection, path, value);
        }
        let Some(shape) = self.hints.shapes.get_mut(collection as usize) else { return };
        let shape = shape.at(path);
        if operator == "$pull" {
            shape.pulled.push(value);
        }
        shape.hint.is_number |= is_number || matches!(node, Node::Num(_));
        shape.hint.is_list |= is_list || matches!(node, Node::Array(_) | Node::Mapped(..));
        shape.hint.is_bool |= matches!(node, Node::Bool(_));
        shape.hint.is_time |= matches!(node, Node::Fresh(Freshness::Time, _));
        let is_literal = matches!(node, Node::Num(_) | Node::Bool(_) | Node::Str(_));
        if !is_new && is_literal && !shape.hint.values.contains(&value) {
            shape.hint.values.push(value);
        }
    }
}

fn add<T: PartialEq>(known: &mut Vec<T>, new: T) {
    if !known.contains(&new) {
        known.push(new);
    }
}

/// A text that a simple pattern is likely to match: its letters, without its anchors and operators.
fn sample_of(pattern: &str) -> String {
    let plain: String = pattern.chars().filter(|c| !"^$\\.*+?()[]{}|".contains(*c)).collect();
    if plain.is_empty() { "a".to_owned() } else { plain }
}

//! Hints from what values are compared and calculated with, and from lists that are searched.
//!
//! Input: the operands. Output: marks on their hints. Must not know: commands.

use super::collect::{Collector, add};
use super::hints::Hint;
use super::text::Part;
use crate::limits;
use crate::value::{Freshness, Key, Node, Sym, V};

impl Collector<'_> {
    pub(super) fn compared(&mut self, a: V, b: V) {
        for (side, other) in [(a, b), (b, a)] {
            self.measured(side, other);
            self.shifted(side, other);
            let is_time = matches!(self.project.arena.peek(other), Node::Fresh(Freshness::Time, _));
            self.mark(side, &|hint| {
                hint.is_time |= is_time;
                if !is_time && !hint.values.contains(&other) {
                    hint.values.push(other);
                }
            });
            for row in self.rows(other) {
                self.mark(side, &|hint| add(&mut hint.values, row));
            }
        }
    }

    /// `plan.products + 1 > 10`: the number that is left for what is calculated with.
    fn shifted(&mut self, sum: V, number: V) {
        let (Node::Num(bits), Node::Derived(op, operands)) = (self.node(number), self.node(sum)) else { return };
        let &[a, b] = operands.as_slice() else { return };
        let number = f64::from_bits(bits);
        let (value, left) = match (self.project.arena.text(op), self.node(a), self.node(b)) {
            ("+", _, Node::Num(step)) => (a, number - f64::from_bits(step)),
            ("+", Node::Num(step), _) => (b, number - f64::from_bits(step)),
            ("-", _, Node::Num(step)) => (a, number + f64::from_bits(step)),
            _ => return,
        };
        let left = self.project.arena.num(left);
        self.mark(value, &|hint| add(&mut hint.values, left));
    }

    /// What a table that is written in the code may give: `{ free: 100, pro: 1000 }[user.plan]`
    fn rows(&self, value: V) -> Vec<V> {
        let Node::Index(table, _) = self.node(value) else { return Vec::new() };
        match self.node(table) {
            Node::Object(rows) if rows.len() <= limits::TRIED_ROWS => {
                rows.iter().map(|row| row.value).filter(|row| self.project.arena.is_literal(*row)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// A length that is compared with a number.
    fn measured(&mut self, length: V, number: V) {
        let Node::Num(bits) = self.project.arena.peek(number) else { return };
        let number = f64::from_bits(*bits);
        // Each part of a sum may be as long as the others leave it.
        let parts = match self.node(length) {
            Node::Derived(op, parts) if self.project.arena.text(op) == "+" => parts.to_vec(),
            _ => vec![length],
        };
        parts.into_iter().for_each(|part| self.long(part, number));
    }

    pub(super) fn long(&mut self, length: V, number: f64) {
        let lists: Vec<V> = self.project.arena.alternatives(length).into_iter().map(|(_, v)| v).collect();
        for length in lists {
            if number < 1.0 {
                continue;
            }
            let counted = self.counted_list(length);
            let list = match *self.project.arena.peek(length) {
                _ if counted.is_some() => length,
                Node::Member(list, name) if self.project.arena.text(name) == "length" => list,
                Node::Call { .. } => length,
                _ => continue,
            };
            if number > limits::START_ITEMS {
                self.hints.is_too_long |= counted.is_some() || self.place(list).is_some();
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
            if let Some((collection, path)) = counted {
                if let Some(shape) = self.hints.shapes.get_mut(collection as usize) {
                    apply(&mut shape.at(&path).hint);
                }
                continue;
            }
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

    /// A value whose truth decides.
    pub(super) fn truth(&mut self, value: V) {
        let is_member = matches!(self.project.arena.peek(value), Node::Member(..));
        self.mark(value, &|hint| {
            hint.is_bool |= is_member;
            hint.is_optional = true;
        });
    }

    pub(super) fn is_time(&self, value: V, depth: u32) -> bool {
        match self.project.arena.peek(value) {
            Node::Fresh(Freshness::Time, _) => true,
            Node::Derived(op, operands)
                if depth < limits::TIME_DEPTH && !super::dates::is_part(self.project.arena.text(*op)) =>
            {
                operands.iter().any(|v| self.is_time(*v, depth + 1))
            }
            Node::New { args, .. } if args.len() == 1 && depth < limits::TIME_DEPTH => {
                args.iter().any(|v| self.is_time(*v, depth + 1))
            }
            // new Date(year, month, day)
            Node::New { callee, args, .. } if args.len() > 1 => self.project.arena.is_global(*callee, "Date"),
            _ => false,
        }
    }

    pub(super) fn numeric(&mut self, value: V, is_time: bool, depth: u32) {
        if depth > limits::NUMERIC_DEPTH {
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
            // Math.max(...invoices.map((invoice) => invoice.number))
            Node::Mapped(_, made) => self.numeric(made, is_time, depth + 1),
            Node::Element(list) if matches!(self.node(list), Node::Mapped(..)) => {
                self.numeric(list, is_time, depth + 1);
            }
            _ => self.mark(value, &|hint| {
                hint.is_number |= !is_time;
                hint.is_time |= is_time;
            }),
        }
    }

    /// What the elements of an array are asked for.
    pub(super) fn elements(&mut self, array: V, direct: bool, arg: V) {
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
            let Some((collection, path)) = self.place(array) else {
                // What a list that a request brings is asked for may be its element.
                if direct && inner.is_empty() && self.project.arena.is_of_parameter(array) {
                    let element = self.project.arena.intern(Node::Element(array));
                    self.mark(element, &|hint| add(&mut hint.values, arg));
                }
                continue;
            };
            let keys = if direct { vec![(inner, arg)] } else { self.project.predicate_keys(arg) };
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

    /// A text's method: `name.startsWith('a')`
    pub(super) fn spelled(&mut self, method: Sym, operands: &[V]) {
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
    pub(super) fn same_documents(&mut self) {
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
}

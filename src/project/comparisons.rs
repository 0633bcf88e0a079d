//! Comparisons of what was loaded: with a limit, with an element asked for, with anything else; and lists asked for the
//! elements of another list.
//!
//! Input: a leaf of a path condition. Output: checks. Must not know: rules.

use super::checks::{Check, CheckKind, Leaf};
use super::link::Project;
use super::mongo::Action;
use crate::limits;
use crate::value::{Compare, Node, V};

impl Project {
    pub(super) fn limit_or_field(
        &mut self,
        leaf: Leaf,
        op: Compare,
        a: V,
        b: V,
        documents: &[V],
        checks: &mut Vec<Check>,
    ) {
        for (side, other) in [(self.without_constant(a), b), (self.without_constant(b), a)] {
            let before = checks.len();
            for counted in self.counts_in(side) {
                // That a server has counted so many says how many there are; whether it is a limit is not known.
                if op == Compare::Equal && self.counted_by_server(side).is_some() {
                    continue;
                }
                if let Some((root, path, read)) = self.loaded(counted, documents) {
                    let is_first = other == b;
                    let holds = if is_first && op == Compare::Less { leaf.holds } else { !leaf.holds };
                    checks.push(Check {
                        root,
                        read,
                        kind: CheckKind::Below { path },
                        holds,
                        leaf: leaf.value,
                        under: leaf.under,
                    });
                }
            }
            if checks.len() > before {
                return;
            }
            // for (const m of doc.messages) if (m.id === id) …
            if op == Compare::Equal
                && let Some((array, field)) = self.element_field(side)
                && let Some((root, path, read)) = self.loaded(array, documents)
                && !(path.is_empty() && read.as_ref().is_none_or(|read| read.action != Action::FindMany))
                && self.loaded(other, documents).is_none_or(|(r, _, _)| r != root)
            {
                let kind = if path.is_empty() {
                    CheckKind::Document
                } else {
                    CheckKind::Element { path, keys: vec![(field, other)] }
                };
                // What is asked of one of the documents is asked of its field as well.
                let is_whole = !matches!(kind, CheckKind::Document);
                checks.push(Check { root, read, kind, holds: leaf.holds, leaf: leaf.value, under: leaf.under });
                if is_whole {
                    return;
                }
                break;
            }
        }
        for side in [a, b] {
            let summed = self.summed(side, 0).and_then(|list| self.loaded(list, documents));
            if let Some((root, path, read)) = summed
                && op != Compare::Equal
            {
                let (kind, holds) = (CheckKind::Below { path }, if side == a { leaf.holds } else { !leaf.holds });
                checks.push(Check { root, read, kind, holds, leaf: leaf.value, under: leaf.under });
            }
            for inner in self.loaded_operands(side) {
                if let Some((root, path, read)) = self.loaded(inner, documents)
                    && !path.is_empty()
                    && !checks.iter().any(|known| {
                        known.root == root
                            && known.leaf == leaf.value
                            && matches!(&known.kind, CheckKind::Field { path: own, .. } if *own == path)
                    })
                {
                    let (kind, holds) = (CheckKind::Field { path, test: leaf.value }, leaf.holds);
                    checks.push(Check { root, read, kind, holds, leaf: leaf.value, under: leaf.under });
                }
            }
        }
    }

    /// The lists, or the reads, whose number a value is, alone or in a sum: `team.members.length + team.invites.length`
    fn counts_in(&mut self, value: V) -> Vec<V> {
        let parts = match self.arena.node(value) {
            Node::Derived(op, parts) if self.arena.text(*op) == "+" => parts.to_vec(),
            _ => vec![value],
        };
        let mut counts = Vec::new();
        for part in parts {
            if !self.is_count(part) || self.is_matched_count(part) {
                continue;
            }
            let counted = match self.arena.node(part) {
                Node::Member(list, _) => *list,
                _ => part,
            };
            counts.push(match self.arena.node(counted) {
                Node::Query { array, .. } => *array,
                _ => counted,
            });
        }
        counts
    }

    /// `members.length` of `members.length + 2`
    fn without_constant(&self, value: V) -> V {
        let Node::Derived(op, operands) = self.arena.node(value) else { return value };
        match operands.as_slice() {
            [counted, number] | [number, counted]
                if matches!(self.arena.text(*op), "+" | "-")
                    && matches!(self.arena.node(*number), Node::Num(_))
                    && matches!(self.arena.node(*counted), Node::Member(..) | Node::Call { .. }) =>
            {
                *counted
            }
            _ => value,
        }
    }

    /// The loaded values in a comparison, through arithmetic and coercion: `Number(user.balance) - user.held`.
    fn loaded_operands(&self, value: V) -> Vec<V> {
        match self.arena.node(value) {
            Node::Coerce(_, inner) => self.loaded_operands(*inner),
            Node::Derived(op, operands) if !matches!(self.arena.text(*op), "error" | "called") => {
                operands.iter().flat_map(|operand| self.loaded_operands(*operand)).collect()
            }
            Node::OneOf(alternatives) => alternatives.iter().flat_map(|(_, v)| self.loaded_operands(*v)).collect(),
            Node::Index(..) => vec![self.looked_up(value).unwrap_or(value)],
            Node::Member(..) => vec![value],
            _ => Vec::new(),
        }
    }

    /// By what a table of the code is asked: `order.status` of `{ paid: ['shipped'] }[order.status]`.
    pub fn looked_up(&self, value: V) -> Option<V> {
        match self.arena.node(value) {
            Node::Index(table, key) if matches!(self.arena.node(*table), Node::Object(_)) => Some(self.bare(*key)),
            Node::Coerce(_, inner) => self.looked_up(*inner),
            Node::OneOf(alternatives) => alternatives.iter().find_map(|(_, v)| self.looked_up(*v)),
            _ => None,
        }
    }

    /// A check of what a table of the code says of a loaded field.
    pub(super) fn looked_up_check(&mut self, leaf: Leaf, value: V, documents: &[V], checks: &mut Vec<Check>) -> bool {
        let field = self.looked_up(value).and_then(|key| self.loaded(key, documents));
        let Some((root, path, read)) = field.filter(|(_, path, _)| !path.is_empty()) else { return false };
        let kind = CheckKind::Field { path, test: leaf.value };
        checks.push(Check { root, read, kind, holds: leaf.holds, leaf: leaf.value, under: leaf.under });
        true
    }

    /// `wanted.filter((seat) => show.booked.includes(seat)).length`: the loaded array is asked for an element of another list.
    pub(super) fn membership_check(
        &mut self,
        leaf: Leaf,
        query: V,
        present: bool,
        documents: &[V],
        checks: &mut Vec<Check>,
    ) {
        let Node::Query { method, arg, .. } = self.arena.node(query).clone() else { return };
        let asked = match (self.arena.text(method), self.arena.node(arg)) {
            ("filter" | "some" | "find", Node::Query { .. }) => arg,
            // wanted.every((seat) => !show.booked.includes(seat))
            ("every", Node::Not(inner)) if matches!(self.arena.node(*inner), Node::Query { .. }) => *inner,
            _ => return self.each_check(leaf, query, present, documents, checks),
        };
        if let Node::Query { array, .. } = *self.arena.node(asked)
            && self.loaded(array, documents).is_some_and(|(_, path, _)| !path.is_empty())
        {
            self.element_check(leaf, asked, present, documents, checks);
        }
    }

    /// What a search of a list asks of loaded documents beside: `lines.some((line) => stock.get(line.sku).left < line.count)`,
    /// `seats.every((seat) => !seat.taken)`. Whether it is `present` says whether an element is that stops it.
    pub(super) fn each_check(&mut self, leaf: Leaf, query: V, present: bool, documents: &[V], checks: &mut Vec<Check>) {
        let Node::Query { method, arg, .. } = *self.arena.node(query) else { return };
        let holds = match self.arena.text(method) {
            "some" => present,
            "every" => !present,
            _ => return,
        };
        let mut parts = Vec::new();
        self.leaves_of(Leaf { value: arg, holds, under: leaf.under }, 0, &mut parts);
        let mut own = Vec::new();
        for part in parts {
            if matches!(self.arena.node(part.value), Node::Compare(..) | Node::Member(..)) {
                self.check(part, documents, &mut own);
            }
        }
        checks.extend(own.into_iter().filter(|check| matches!(check.kind, CheckKind::Field { .. })));
    }

    /// Whether a value is the sum of something of the elements of a list.
    pub fn is_sum(&self, value: V) -> bool {
        matches!(self.arena.node(value), Node::Derived(op, _) if matches!(self.arena.text(*op), "reduce" | "sumBy" | "sum"))
    }

    /// The array whose elements a value sums up: `cart.lines.reduce((sum, line) => sum + line.price, 0) + price`.
    fn summed(&self, value: V, depth: u32) -> Option<V> {
        match self.arena.node(value) {
            Node::Derived(_, operands) if self.is_sum(value) => {
                operands.first().map(|list| match self.arena.node(*list) {
                    Node::Mapped(list, _) | Node::Query { array: list, .. } => *list,
                    _ => *list,
                })
            }
            Node::Derived(_, operands) if depth < limits::SUMMED_DEPTH => {
                operands.iter().find_map(|operand| self.summed(*operand, depth + 1))
            }
            Node::Coerce(_, inner) if depth < limits::SUMMED_DEPTH => self.summed(*inner, depth + 1),
            _ => None,
        }
    }
}

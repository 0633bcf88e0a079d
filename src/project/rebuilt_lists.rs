//! Lists that a loop makes of the elements of a loaded one: `for (const line of cart.lines) if (line.sku !== sku) kept.push(line)`.
//!
//! A loop is run once, so such a list looks like one with a single element. What it is made of is known when it is written.
//!
//! Input: a value that is written. Output: the value with such lists as what they are of the loaded ones. Must not know: rules.

use super::link::Project;
use crate::limits;
use crate::value::{Arena, C, Item, Node, V};

impl Project {
    /// A list as what a loop made it of.
    pub(super) fn rebuilt_list(&mut self, value: V) -> Option<V> {
        match self.arena.node(value).clone() {
            Node::Array(items) => {
                let mut made: Vec<Item> = Vec::with_capacity(items.len());
                for item in &items {
                    made.push(self.elements_of_loop(item).unwrap_or(*item));
                }
                (made != items).then(|| self.arena.intern(Node::Array(made)))
            }
            // lines.reduce((kept, line) => { kept.push(line); return kept; }, [])
            Node::Derived(operator, operands) if self.arena.text(operator) == "reduce" => {
                let [_, made] = operands.as_slice() else { return None };
                self.rebuilt_list(*made)
            }
            _ => None,
        }
    }

    /// All that a loop over a loaded list appends, for what it appends once.
    fn elements_of_loop(&mut self, item: &Item) -> Option<Item> {
        if item.spread {
            let is_all =
                item.cond != C::TRUE && self.arena.is_of_loop(item.cond) && self.loaded(item.value, &[]).is_some();
            return is_all.then_some(Item { cond: C::TRUE, ..*item });
        }
        let list = self.looped_list(item)?;
        // That the loop runs is no condition on the element.
        let mut cond = C::TRUE;
        for atom in self.arena.atoms_in_order(item.cond) {
            if !matches!(self.arena.node(atom.value), Node::Opaque(_)) {
                cond = self.arena.assume(cond, atom.value, atom.holds);
            }
        }
        let element = self.arena.intern(Node::Element(list));
        let value = match (item.value == element, cond == C::TRUE) {
            (true, true) => list,
            (true, false) => {
                let (method, arg) = (self.arena.sym("filter"), self.arena.cond_value(cond));
                self.arena.intern(Node::Query { method, array: list, arg })
            }
            (false, true) => self.arena.intern(Node::Mapped(list, item.value)),
            (false, false) => {
                let taken = self.arena.cond_value(cond);
                let otherwise = self.arena.assume(C::TRUE, taken, false);
                let result = self.arena.one_of(vec![(cond, item.value), (otherwise, Arena::UNDEFINED)]);
                self.arena.intern(Node::Mapped(list, result))
            }
        };
        Some(Item { value, spread: true, cond: C::TRUE })
    }

    /// One of the rows of a read, of which a list was made, as what is made of it: `(await rows()).map(toEntry)[0]`.
    pub(super) fn row_made(&mut self, item: &Node) -> Option<V> {
        let list = match *item {
            Node::Index(list, _) => list,
            Node::Query { method, array, .. } if matches!(self.arena.text(method), "find" | "findLast") => array,
            _ => return None,
        };
        let Node::Mapped(mut rows, _) = *self.arena.node(list) else { return None };
        while let Node::Query { array, .. } = *self.arena.node(rows) {
            rows = array;
        }
        self.read_of(rows).is_some().then(|| self.arena.made_at(item)).flatten()
    }

    /// The one loaded list whose elements an appended element is made of.
    fn looped_list(&mut self, item: &Item) -> Option<V> {
        let mut parts: Vec<V> = self.arena.parts(item.value).into_iter().collect();
        if parts.len() > limits::SEARCHED {
            return None;
        }
        parts.sort();
        let lists = parts.into_iter().filter_map(|part| match self.arena.node(part) {
            Node::Element(list) => Some(*list),
            _ => None,
        });
        let lists: Vec<V> = lists.collect();
        match lists.as_slice() {
            [only] if self.loaded(*only, &[]).is_some_and(|(_, path, _)| !path.is_empty()) => Some(*only),
            _ => None,
        }
    }
}

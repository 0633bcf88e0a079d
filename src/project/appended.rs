//! Values as they are written: fields that are assigned before, `doc.state = state`, then `$set: { state: doc.state }` in a function
//! that is given `doc`; lists that are appended to in place before, `doc.items.push(item)`, then `$set: { items: doc.items }`; and lists
//! that a loop makes.
//!
//! Input: the steps before a write, its payload. Output: the payload with the lists as they are then. Must not know: rules.

use super::handed::CHANGING;
use super::link::{Before, Op, Project};
use super::mongo::is_method;
use crate::limits;
use crate::value::{C, Entry, Item, Key, Node, Sym, V};

/// Objects of the language whose functions change no list that they are given.
const LOOKING: [&str; 5] = ["console", "JSON", "Array", "Math", "Promise"];

impl Project {
    pub(super) fn with_appended(&mut self, before: Before<'_>, payload: V) -> V {
        self.appended_within(before, payload, 0)
    }

    fn appended_within(&mut self, before: Before<'_>, value: V, depth: u32) -> V {
        let Node::Object(entries) = self.arena.node(value).clone() else {
            if depth == 0 {
                return value;
            }
            let changed = self.assigned(before, value).or_else(|| self.appended(before, value));
            let changed = changed.or_else(|| self.rebuilt_list(value));
            return changed.unwrap_or(value);
        };
        if depth >= limits::PAYLOAD_DEPTH {
            return value;
        }
        let mut written = entries.clone();
        for Entry { key, value, .. } in &mut written {
            // What an operator other than `$set` is given is no whole list.
            let is_whole = matches!(*key, Key::Name(name) if matches!(self.arena.text(name), "$set") || !self.arena.text(name).starts_with('$'));
            if is_whole {
                *value = self.appended_within(before, *value, depth + 1);
            }
        }
        if written == entries { value } else { self.arena.intern(Node::Object(written)) }
    }

    /// What was surely assigned last to a field of a document, or to a field of an object that was made with it.
    fn assigned(&mut self, before: Before<'_>, field: V) -> Option<V> {
        let Node::Member(document, name) = *self.arena.node(field) else { return None };
        for step in before.steps.iter().rev() {
            let Op::Assign { object, key: Some(key), value } = step.op else { continue };
            let is_made = matches!(self.arena.node(object), Node::New { .. });
            if (object, key) == (document, name) || is_made && self.member(object, key) == field {
                let is_done = self.arena.holds_under(step.cond, before.cond) && !step.in_loop;
                return is_done.then_some(value);
            }
        }
        None
    }

    /// A list of a document, loaded or given, with what was pushed into it, where it was changed in no other way.
    fn appended(&mut self, before: Before<'_>, list: V) -> Option<V> {
        let is_member = matches!(self.arena.node(list), Node::Member(..));
        if !is_member || self.loaded(list, &[]).is_none() && !self.arena.is_of_parameter(list) {
            return None;
        }
        let mut items = vec![Item { value: list, spread: true, cond: C::TRUE }];
        for step in before.steps {
            match &step.op {
                Op::Assign { object, .. } if self.path_from(*object, list).is_some() => return None,
                Op::Call { recv: Some(recv), name: Some(name), args, .. } if self.path_from(*recv, list).is_some() => {
                    let is_done = self.arena.holds_under(step.cond, before.cond) && !step.in_loop;
                    match self.arena.text(*name) {
                        "push" if *recv == list && is_done && !args.iter().any(|arg| self.is_element(*arg)) => {
                            items.extend(args.iter().map(|value| Item { value: *value, spread: false, cond: C::TRUE }));
                        }
                        name if CHANGING.contains(&name) => return None,
                        // doc.items.id(itemId).deleteOne()
                        "remove" | "deleteOne" if *recv != list => return None,
                        _ => {}
                    }
                }
                Op::Call { callee, name, args, .. } => {
                    let is_handed = args.iter().any(|arg| self.path_from(*arg, list).is_some());
                    if is_handed && !self.only_looks(*callee, *name) {
                        return None;
                    }
                }
                _ => {}
            }
        }
        (items.len() > 1).then(|| self.arena.intern(Node::Array(items)))
    }

    /// Whether a call surely leaves a list that it is handed as it is: what a function of the project does to it follows as steps
    /// of its own.
    fn only_looks(&self, callee: V, name: Option<Sym>) -> bool {
        name.is_some_and(|name| is_method(self.arena.text(name)))
            || match self.arena.node(callee) {
                Node::Func(_) => true,
                Node::Member(object, _) => match self.arena.node(*object) {
                    Node::Global(name) => LOOKING.contains(&self.arena.text(*name)),
                    _ => false,
                },
                _ => false,
            }
    }

    /// What a spread gives is one of several.
    fn is_element(&self, value: V) -> bool {
        matches!(self.arena.node(value), Node::Element(_))
    }
}

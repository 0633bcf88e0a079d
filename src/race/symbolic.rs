//! Symbolic values as the parsers of filters and updates read them.
//!
//! A filter can be one of several documents, and an entry can depend on a condition; the parsers see one document at a time.
//!
//! Input: values and a path condition. Output: the documents that a value can be under it, and their view as terms; what is not
//! known stays unknown. Must not know: rules, the judge.

use super::facts::{Compared, Standing};
use super::term::{Terms, View};
use crate::limits;
use crate::project::Project;
use crate::value::{Arena, C, Coercion, Entry, Item, Key, Node, V};
use std::cmp::Ordering;
use std::rc::Rc;

/// The values of an arena, each of one form. An entry that depends on a condition, or whose name is not known, has no name here.
#[derive(Clone, Copy)]
pub struct Symbolic<'a>(pub &'a Project);

impl Terms for Symbolic<'_> {
    type Term = V;

    fn view(&self, term: &V) -> View<V> {
        let arena = &self.0.arena;
        match arena.node(*term) {
            Node::Object(entries) => View::Document(named(arena, entries)),
            Node::Array(items) => {
                let is_plain = |item: &Item| !item.spread && item.cond == C::TRUE;
                match items.iter().all(is_plain) {
                    true => View::List(items.iter().map(|item| item.value).collect()),
                    false => View::Unknown,
                }
            }
            // The driver sends what is undefined as null.
            Node::Null | Node::Undefined => View::Null,
            Node::Bool(value) => View::Bool(*value),
            Node::Num(bits) => View::Number(f64::from_bits(*bits)),
            Node::Str(text) => View::Text(arena.text(*text).into()),
            Node::Regex(_) => View::Pattern,
            Node::Coerce(Coercion::Copy, inner) => self.view(inner),
            Node::Coerce(Coercion::ObjectId | Coercion::Text | Coercion::Number(_) | Coercion::Bool, _)
            | Node::Fresh(..)
            | Node::Template(_)
            | Node::Compare(..)
            | Node::Not(_)
            | Node::Nullish(_) => View::Scalar,
            _ => View::Unknown,
        }
    }
}

impl Compared for Symbolic<'_> {
    fn standing(&self, left: &V, right: &V) -> Standing {
        if self.0.same_value(*left, *right) {
            return Standing::Ordered(Ordering::Equal);
        }
        let known = |view: &View<V>| matches!(view, View::Null | View::Bool(_) | View::Number(_) | View::Text(_));
        match (self.view(left), self.view(right)) {
            (View::Number(a), View::Number(b)) => a.partial_cmp(&b).map_or(Standing::Apart, Standing::Ordered),
            (View::Text(a), View::Text(b)) => Standing::Ordered(a.as_bytes().cmp(b.as_bytes())),
            (View::Bool(a), View::Bool(b)) => Standing::Ordered(a.cmp(&b)),
            (a, b) if known(&a) && known(&b) => Standing::Apart,
            // What is made in this call is no literal.
            (a, b) if self.is_fresh(*left) && known(&b) || self.is_fresh(*right) && known(&a) => Standing::Apart,
            _ if self.is_plain(*left) && self.is_plain(*right) => Standing::Free,
            _ => Standing::Unsure,
        }
    }
}

impl Symbolic<'_> {
    fn is_fresh(&self, value: V) -> bool {
        matches!(self.0.arena.node(self.0.bare(value)), Node::Fresh(..))
    }

    /// A literal, or a value that is given as it is: not computed from another.
    fn is_plain(&self, value: V) -> bool {
        let arena = &self.0.arena;
        match arena.node(self.0.bare(value)) {
            Node::Param(..) | Node::This(_) | Node::Global(_) | Node::Fresh(..) => true,
            Node::Member(object, _) => self.is_plain(*object),
            // What a call gives: the next call may give anything.
            Node::Call { .. } => true,
            _ => arena.is_literal(value),
        }
    }
}

/// The entries that stand at last, those of a spread object among them; of two with one name the later one does.
fn named(arena: &Arena, entries: &[Entry]) -> Vec<(Option<Rc<str>>, V)> {
    let mut found = Vec::with_capacity(entries.len());
    add(arena, entries, 0, &mut found);
    found
}

fn add(arena: &Arena, entries: &[Entry], depth: u32, found: &mut Vec<(Option<Rc<str>>, V)>) {
    for entry in entries {
        if entry.key == Key::Spread
            && entry.cond == C::TRUE
            && depth < limits::FRESH_DEPTH
            && let Node::Object(inner) = arena.node(entry.value)
        {
            add(arena, inner, depth + 1, found);
            continue;
        }
        let name: Option<Rc<str>> = match entry.key {
            Key::Name(name) if entry.cond == C::TRUE => Some(arena.text(name).into()),
            _ => None,
        };
        match found.iter_mut().find(|(known, _)| known.is_some() && *known == name) {
            Some((_, value)) => *value = entry.value,
            None => found.push((name, entry.value)),
        }
    }
}

/// What a value can be where a condition holds: each with the condition under which it is that, alternatives and entries
/// inside of it chosen. Past a limit, what is left open is unknown.
pub fn forms(arena: &mut Arena, value: V, cond: C) -> Vec<(C, V)> {
    let mut open = vec![(cond, value)];
    let mut done = Vec::new();
    while let Some((cond, value)) = open.pop() {
        let room = open.len() + done.len() < limits::ALTERNATIVES;
        match choice(arena, value, cond, 0).filter(|_| room) {
            // The last is taken first, so that the order stays.
            Some(alternatives) => open.extend(alternatives.into_iter().rev()),
            None => done.push((cond, value)),
        }
    }
    done
}

/// The first choice that is left open in a value, made in each way; `None` where there is none.
fn choice(arena: &mut Arena, value: V, cond: C, depth: u32) -> Option<Vec<(C, V)>> {
    if depth > limits::FRESH_DEPTH {
        return None;
    }
    match arena.node(value).clone() {
        Node::OneOf(alternatives) => {
            let both: Vec<(C, V)> = alternatives.into_iter().map(|(own, part)| (arena.and(cond, own), part)).collect();
            Some(both.into_iter().filter(|(both, _)| *both != C::FALSE).collect())
        }
        Node::Object(entries) => entries.iter().enumerate().find_map(|(at, entry)| {
            if entry.cond != C::TRUE {
                return Some(with_and_without(arena, cond, entry.cond, |arena, is_there| {
                    let mut entries = entries.clone();
                    if is_there {
                        entries.iter_mut().skip(at).take(1).for_each(|entry| entry.cond = C::TRUE);
                    } else {
                        entries.remove(at);
                    }
                    arena.intern(Node::Object(entries))
                }));
            }
            let parts = choice(arena, entry.value, cond, depth + 1)?;
            Some(rebuilt(arena, parts, |part| {
                let mut entries = entries.clone();
                match (entry.key, arena_object(part.1)) {
                    // `...(active ? { active } : {})`
                    (Key::Spread, Some(inner)) => drop(entries.splice(at..=at, inner)),
                    _ => entries.iter_mut().skip(at).take(1).for_each(|entry| entry.value = part.0),
                }
                Node::Object(entries)
            }))
        }),
        Node::Array(items) => items.iter().enumerate().find_map(|(at, item)| {
            if item.cond != C::TRUE {
                return Some(with_and_without(arena, cond, item.cond, |arena, is_there| {
                    let mut items = items.clone();
                    if is_there {
                        items.iter_mut().skip(at).take(1).for_each(|item| item.cond = C::TRUE);
                    } else {
                        items.remove(at);
                    }
                    arena.intern(Node::Array(items))
                }));
            }
            let parts = choice(arena, item.value, cond, depth + 1)?;
            Some(rebuilt(arena, parts, |part| {
                let mut items = items.clone();
                items.iter_mut().skip(at).take(1).for_each(|item| item.value = part.0);
                Node::Array(items)
            }))
        }),
        _ => None,
    }
}

/// The entries of an object of one form.
fn arena_object(node: Option<&Node>) -> Option<Vec<Entry>> {
    match node {
        Some(Node::Object(entries)) => Some(entries.clone()),
        Some(Node::Undefined | Node::Null | Node::Bool(false)) => Some(Vec::new()),
        _ => None,
    }
}

/// The whole for each way to make a choice inside of it.
fn rebuilt(arena: &mut Arena, parts: Vec<(C, V)>, whole: impl Fn((V, Option<&Node>)) -> Node) -> Vec<(C, V)> {
    parts
        .into_iter()
        .map(|(cond, part)| {
            let node = whole((part, Some(arena.node(part))));
            (cond, arena.intern(node))
        })
        .collect()
}

/// A value in which a part is there under a condition.
fn with_and_without(arena: &mut Arena, cond: C, own: C, mut value: impl FnMut(&mut Arena, bool) -> V) -> Vec<(C, V)> {
    let there = arena.and(cond, own);
    let held = arena.cond_value(own);
    let absent = match arena.truth(cond, held) {
        Some(true) => C::FALSE,
        _ => arena.meet(cond, held, false),
    };
    let mut found = Vec::new();
    if there != C::FALSE {
        found.push((there, value(arena, true)));
    }
    if absent != C::FALSE {
        found.push((absent, value(arena, false)));
    }
    found
}

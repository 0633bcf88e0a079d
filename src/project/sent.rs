//! What an object holds when it is sent: an instance's fields, a loaded document's, and what was assigned to either since.
//!
//! Input: the steps before a call and a value that it is given. Output: the value as it is then. Must not know: rules.

use super::link::{Before, Op, Project};
use super::mongo::Action;
use crate::limits;
use crate::value::{Arena, C, COPIED, ClassRef, Entry, Key, Node, Site, Sym, V};

impl Project {
    /// A value with what was assigned to it: `const f = byId(id); f.state = 1`, `const c = new Coupon(row); c.used++`.
    pub(super) fn as_sent(&mut self, before: Before<'_>, value: V) -> V {
        self.sent_at(before, value, value, 0)
    }

    fn sent_at(&mut self, before: Before<'_>, value: V, named: V, depth: u32) -> V {
        if depth > limits::SENT_DEPTH || self.arena.is_spent() {
            return value;
        }
        let mut entries = match self.arena.node(value).clone() {
            Node::OneOf(alternatives) => {
                let sent = alternatives.into_iter().map(|(c, v)| (c, self.sent_at(before, v, named, depth + 1)));
                let sent = sent.collect();
                return self.arena.one_of(sent);
            }
            Node::Object(own) => self.sent_operands(before, own, depth),
            Node::New { site, callee, args } => match self.arena.node(callee).clone() {
                Node::Class(class) if self.handle_of(callee, 0).is_none() => {
                    self.instance_entries(class, (&args, site), depth)
                }
                _ => return value,
            },
            _ => {
                let is_known = match self.loaded(value, &[]) {
                    Some((_, path, Some(read))) => {
                        path.is_empty() && matches!(read.action, Action::FindOne | Action::FindMany)
                    }
                    Some(_) => false,
                    // req.body.seats = flight.seats - 1; await Flight.findByIdAndUpdate(id, req.body)
                    None => self.arena.is_of_parameter(value) || self.arena.is_body(value),
                };
                if !is_known {
                    return value;
                }
                vec![Entry { key: Key::Spread, value, cond: C::TRUE }]
            }
        };
        self.add_assigned(before, &mut entries, [value, named], &|_| true);
        if matches!(entries.as_slice(), [only] if only.key == Key::Spread && only.value == value) {
            return value;
        }
        self.rebuilt(Node::Object(entries))
    }

    /// A new document with what it was made from and what was assigned to it since: `const d = new Bed(); d.ward = w`.
    pub(super) fn new_as_sent(&mut self, before: Before<'_>, document: V, made_from: Option<V>) -> Option<V> {
        let mut entries = match made_from.map(|value| self.arena.node(value).clone()) {
            Some(Node::Object(own)) => own,
            Some(_) => made_from.map(|value| Entry { key: Key::Spread, value, cond: C::TRUE }).into_iter().collect(),
            None => Vec::new(),
        };
        let own = entries.len();
        self.add_assigned(before, &mut entries, [document, document], &|_| true);
        if entries.len() == own { made_from } else { Some(self.rebuilt(Node::Object(entries))) }
    }

    /// Adds what was assigned to a value, also under another name, and to its parts; `is_wanted` tells by the path of the part.
    fn add_assigned(
        &mut self,
        before: Before<'_>,
        entries: &mut Vec<Entry>,
        names: [V; 2],
        is_wanted: &dyn Fn(&[Sym]) -> bool,
    ) {
        let own = entries.clone();
        for step in before.steps {
            let Op::Assign { object, key: Some(key), value: assigned } = &step.op else {
                continue;
            };
            // Most assignments are to other objects, and to ask when they hold takes the most work.
            let Some(path) = self.part_of(&own, names, *object).filter(|path| is_wanted(path)) else {
                continue;
            };
            let cond = if self.arena.holds_under(step.cond, before.cond) { C::TRUE } else { step.cond };
            let key = if self.arena.text(*key) == COPIED { Key::Spread } else { Key::Name(*key) };
            self.assign(entries, &path, Entry { key, value: *assigned, cond });
        }
    }

    /// Adds what was assigned at a path to what the object holds by then.
    fn assign(&mut self, entries: &mut Vec<Entry>, path: &[Sym], added: Entry) {
        let (key, value, cond) = match path.split_first() {
            None => (added.key, added.value, added.cond),
            Some((part, below)) => {
                let whole = self.arena.intern(Node::Object(entries.clone()));
                let held = self.member(whole, *part);
                let mut inner = match self.arena.node(held).clone() {
                    Node::Object(inner) => inner,
                    _ => vec![Entry { key: Key::Spread, value: held, cond: C::TRUE }],
                };
                // What nobody has assigned a part of before stays as it was loaded.
                let is_first = !entries.iter().any(|entry| entry.key == Key::Name(*part));
                let cond = if is_first { C::TRUE } else { added.cond };
                self.assign(&mut inner, below, Entry { cond, ..added });
                let cond = if is_first { added.cond } else { C::TRUE };
                (Key::Name(*part), self.rebuilt(Node::Object(inner)), cond)
            }
        };
        if cond == C::TRUE && key != Key::Spread {
            entries.retain(|entry| entry.key != key);
        }
        entries.push(Entry { key, value, cond });
    }

    /// An update as a client sends it that stores null for a field that is set to `undefined`: `{ $set: { token: undefined } }`.
    pub(super) fn with_nulls(&mut self, update: V) -> V {
        let null = self.arena.intern(Node::Null);
        match self.arena.node(update).clone() {
            Node::OneOf(alternatives) => {
                let sent = alternatives.into_iter().map(|(cond, update)| (cond, self.with_nulls(update))).collect();
                self.arena.one_of(sent)
            }
            Node::Object(mut entries) => {
                for entry in &mut entries {
                    let Key::Name(name) = entry.key else { continue };
                    match self.arena.text(name) {
                        "$set" => entry.value = self.with_nulls(entry.value),
                        name if !name.starts_with('$') && entry.value == Arena::UNDEFINED => entry.value = null,
                        _ => {}
                    }
                }
                self.arena.intern(Node::Object(entries))
            }
            _ => update,
        }
    }

    /// Operators with their operands as they are sent: `{ $set: coupon }`.
    fn sent_operands(&mut self, before: Before<'_>, own: Vec<Entry>, depth: u32) -> Vec<Entry> {
        let mut entries = own;
        for entry in &mut entries {
            match entry.key {
                Key::Name(name) if self.arena.text(name).starts_with("$set") => {
                    entry.value = self.sent_at(before, entry.value, entry.value, depth + 1);
                }
                Key::Spread => entry.value = self.copied_as_sent(before, entry.value),
                _ => {}
            }
        }
        entries
    }

    /// What is copied into another object as it is sent: a copy shares its parts with what it was made of, whenever they are changed.
    fn copied_as_sent(&mut self, before: Before<'_>, value: V) -> V {
        if !matches!(self.loaded(value, &[]), Some((_, path, Some(_))) if path.is_empty()) {
            return value;
        }
        let mut entries = vec![Entry { key: Key::Spread, value, cond: C::TRUE }];
        self.add_assigned(before, &mut entries, [value, value], &|path| !path.is_empty());
        if entries.len() == 1 { value } else { self.rebuilt(Node::Object(entries)) }
    }

    /// The path from a value, under one of its names, to the part of it that an object is.
    fn part_of(&self, entries: &[Entry], names: [V; 2], object: V) -> Option<Vec<Sym>> {
        let (mut at, mut path) = (object, Vec::new());
        loop {
            let is_own = names.contains(&at)
                || matches!(self.arena.peek(at), Node::OneOf(all) if all.iter().any(|(_, v)| *v == names[0]));
            if is_own {
                break;
            }
            let Node::Member(whole, key) = *self.arena.peek(at) else { return None };
            let named = entries.iter().find_map(|entry| match entry.key {
                Key::Name(name) if entry.value == at => Some(name),
                _ => None,
            });
            path.push(named.unwrap_or(key));
            if named.is_some() {
                break;
            }
            at = whole;
        }
        path.reverse();
        Some(path)
    }

    /// The fields of an instance, those of the classes it extends first.
    fn instance_entries(&mut self, class: ClassRef, (args, site): (&[V], Site), depth: u32) -> Vec<Entry> {
        let Some(facts) = self.class(class).cloned() else {
            return Vec::new();
        };
        let mut entries = Vec::new();
        if let (Some(parent), true) = (facts.parent, depth <= limits::SENT_DEPTH) {
            let passed: Vec<V> = match facts.super_args {
                Some(passed) => passed.into_iter().map(|arg| self.made_of(class, arg, args, site)).collect(),
                None => args.to_vec(),
            };
            if let Node::Class(parent) = *self.arena.node(parent) {
                entries = self.instance_entries(parent, (&passed, site), depth + 1);
            }
        }
        for (name, value) in facts.fields {
            let value = self.made_of(class, value, args, site);
            let is_code = matches!(self.arena.node(value), Node::Func(_));
            if !is_code {
                let is_copied = self.arena.text(name) == COPIED;
                let key = if is_copied { Key::Spread } else { Key::Name(name) };
                entries.push(Entry { key, value, cond: C::TRUE });
            }
        }
        entries
    }
}

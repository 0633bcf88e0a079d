//! Unread values: an input of the request, and what the two requests share of it.
//!
//! Input: a value that no command and no operator gives. Output: what the choice made for it says. Must not know: the store.

use super::bson::Value;
use super::candidates::candidates;
use super::choices::{Candidate, Choices, Slot, Term};
use super::eval::{Js, Machine, Mode};
use super::hints::{AskedFor, is_position};
use super::known::Part;
use super::state::Request;
use crate::limits;
use crate::value::{Arena, Node, Site, V};
use rustc_hash::FxHashMap;
use std::fmt::Write as _;
use std::rc::Rc;

/// The slot of the nearest field around a path.
fn slot_around(fields: &FxHashMap<Vec<String>, usize>, path: &[String]) -> Option<usize> {
    (1..=path.len()).rev().find_map(|length| fields.get(path.get(..length)?).copied())
}

impl Machine<'_> {
    /// The slot of a field of the start documents; that of the nearest field around it.
    pub fn slot_of(&self, collection: u32, path: &[String]) -> Option<usize> {
        let fields = self.by_names.get(collection as usize)?;
        if !path.iter().any(|part| is_position(part)) {
            return slot_around(fields, path);
        }
        let named: Vec<String> = path.iter().filter(|part| !is_position(part)).cloned().collect();
        slot_around(fields, &named)
    }

    /// The slot that says whether a collection holds a document at the start.
    pub fn slot_of_collection(&self, collection: u32) -> Option<usize> {
        self.fields.get(collection as usize).and_then(|fields| fields.first()).map(|(_, slot)| *slot)
    }

    /// The slots of the fields, and of those around them, that a command asks for.
    fn slots_of_paths(&mut self, site: Site) -> Rc<[usize]> {
        if let Some(known) = self.asked_by.get(&site) {
            return known.clone();
        }
        let asked = self.hints.calls.get(&site);
        let slots = asked.into_iter().flat_map(|AskedFor { collection, paths, .. }| {
            let exists = self.slot_of_collection(*collection);
            let starts = paths.iter().flat_map(|path| (1..=path.len()).filter_map(|length| path.get(..length)));
            exists.into_iter().chain(starts.filter_map(|start| self.slot_of(*collection, start)))
        });
        let slots: Rc<[usize]> = slots.collect();
        self.asked_by.insert(site, slots.clone());
        slots
    }

    /// The result of a read depends on the fields that its filter asks for.
    pub fn ask_read(&mut self, site: Site) {
        if !self.choices.is_listening {
            return;
        }
        let Some(AskedFor { named, .. }) = self.hints.calls.get(&site) else { return };
        // Which other document an input may name instead.
        if !named.is_empty() {
            let is_named = |term: &&Term| term.source.is_some_and(|source| named.contains(&source));
            let has_same = |slot: &usize| self.choices.slots.get(*slot).is_some_and(Slot::has_same);
            let slots = self.choices.terms.iter().filter(is_named).map(|term| term.slot).filter(has_same);
            let slots: Vec<usize> = slots.collect();
            slots.into_iter().for_each(|slot| self.choices.ask(slot));
        }
        self.slots_of_paths(site).iter().for_each(|slot| self.choices.ask(*slot));
    }

    /// What a request brings: a parameter, a global.
    pub(super) fn input(&mut self, request: &mut Request, value: V) -> Js {
        match self.own_input(request, value) {
            (term, Some(Value::Symbol(own))) if own == term => Some(self.with_members(request, value, term)),
            (_, other) => other,
        }
    }

    /// The term of what a request brings, and its value without its members.
    fn own_input(&mut self, request: &mut Request, value: V) -> (u32, Js) {
        let is_own = match self.mode {
            Mode::Same => false,
            Mode::Different(None) => self.is_payload(value),
            Mode::Different(Some(input)) | Mode::Beside(input) => input == value,
        };
        let who = is_own.then_some(request.who);
        let (arena, hints) = (self.arena, self.hints);
        let term = self.choices.input(value, who, || candidates(arena, hints, value));
        (term, self.resolved(request, term))
    }

    /// An unknown value; one whose members the code asks for is a document of these.
    fn with_members(&mut self, request: &mut Request, value: V, term: u32) -> Value {
        let hints = self.hints;
        let Some(members) = hints.members.get(&value) else { return Value::Symbol(term) };
        if !self.is_plain_input(request, value) {
            return Value::Symbol(term);
        }
        let mut fields: Vec<(&str, Value)> = Vec::new();
        for (name, member) in members.iter().filter(|(name, _)| name != "length") {
            if let Some(value) = self.input(request, *member) {
                fields.push((name, value));
            }
        }
        if fields.is_empty() { Value::Symbol(term) } else { Value::document(fields) }
    }

    /// Whether a value is too large to be evaluated in each run.
    pub(super) fn is_large(&mut self, value: V) -> bool {
        if let Some(known) = self.large.get(&value) {
            return known.is_some();
        }
        let (mut open, mut seen, mut is_fresh) = (vec![value], rustc_hash::FxHashSet::default(), false);
        while let Some(at) = open.pop() {
            if seen.len() > limits::EVALUATED_NODES {
                break;
            }
            if seen.insert(at) {
                let node = self.arena.peek(at);
                is_fresh |= matches!(node, Node::Fresh(..));
                crate::value::for_children(node, &mut |child| open.push(child));
                crate::value::for_conditions(node, &mut |cond| {
                    open.extend(self.arena.cond(cond).map(|(_, atom)| atom.value));
                });
            }
        }
        let is_large = seen.len() > limits::EVALUATED_NODES;
        self.large.insert(value, is_large.then_some(is_fresh));
        is_large
    }

    /// A value that is too large to be read: unknown, and another one in each request where something in it is.
    pub(super) fn unread(&mut self, request: &mut Request, value: V) -> Js {
        self.note("a value that is too large");
        let is_own =
            self.large.get(&value).copied().flatten().unwrap_or(false) || self.mode == Mode::Different(Some(value));
        let (is_fresh, who) = (is_own, if is_own { request.who } else { 0 });
        let key = format!("large {value:?} {who}");
        Some(Value::Symbol(self.choices.applied(key, is_fresh, Some(value), || vec![Candidate::Itself])))
    }

    /// Whether a value is an unknown function that may give another value each time.
    pub fn is_unknown_call(&self, value: V) -> bool {
        self.large.get(&value).is_some_and(Option::is_some)
            || matches!(self.arena.peek(value), Node::Call { args, .. } | Node::New { args, .. } if args.is_empty())
    }

    /// Whether a value is brought by a request and selects no document.
    pub fn is_payload(&self, value: V) -> bool {
        let is_brought = match self.arena.peek(value) {
            Node::Opaque(_) | Node::This(_) => true,
            Node::Member(..) => self.is_brought(value),
            _ => self.arena.is_of_parameter(value),
        };
        is_brought && !self.hints.selecting.contains(&value) && !self.hints.settled.contains(&value)
    }

    /// Whether a value is brought by a request and selects documents of other collections than this one alone.
    pub fn selects_beside(&self, value: V, collection: u32) -> bool {
        let named = self.hints.calls.values().filter(|asked| asked.named.contains(&value));
        let mut others = named.map(|asked| asked.collection != collection).peekable();
        others.peek().is_some() && others.all(|is_other| is_other) && self.arena.is_of_parameter(value)
    }

    /// Whether a value is a part of what a request brings, or of what an unknown function makes of it:
    /// `schema.parse(req.body).amount`.
    fn is_brought(&self, value: V) -> bool {
        let (mut open, mut seen) = (vec![value], rustc_hash::FxHashSet::default());
        while let Some(part) = open.pop().filter(|_| seen.len() < limits::SEARCHED) {
            if !seen.insert(part) {
                continue;
            }
            match self.arena.peek(part) {
                Node::Param(..) => return true,
                Node::Call { .. } if self.arena.is_body(part) => return true,
                Node::Member(object, _) => open.push(*object),
                Node::Object(entries) => open.extend(entries.iter().map(|entry| entry.value)),
                Node::Call { site, args, .. } if !self.hints.calls.contains_key(site) => open.extend(args.iter()),
                _ => {}
            }
        }
        false
    }

    /// An unknown function of values.
    pub fn applied(&mut self, request: &mut Request, value: V, operator: &str, operands: &[Js]) -> Js {
        let mut key = String::from(operator);
        // A function without arguments may give another value each time, and one of what each brings, another part of it.
        let is_own = match self.mode {
            Mode::Same => false,
            Mode::Different(None) => matches!(self.arena.peek(value), Node::Member(..)) && self.is_payload(value),
            Mode::Different(Some(input)) | Mode::Beside(input) => input == value,
        };
        if is_own {
            let _ = write!(key, " {}", request.who);
        }
        for operand in operands {
            match operand {
                Some(operand) => {
                    let _ = write!(key, "|{}", operand.canonical());
                }
                None => key.push_str("|-"),
            }
        }
        let is_fresh = operands.iter().flatten().any(|operand| self.is_fresh(operand));
        let (arena, hints) = (self.arena, self.hints);
        let term = self.choices.applied(key, is_fresh, Some(value), || candidates(arena, hints, value));
        self.resolved(request, term)
    }

    fn resolved(&mut self, request: &mut Request, term: u32) -> Js {
        let slot = self.choices.terms.get(term as usize).map(|term| term.slot)?;
        self.choices.ask(slot);
        self.known.rest_on_slot(slot);
        match self.choices.taken(slot).clone() {
            Candidate::Missing | Candidate::Crowd(_) => None,
            Candidate::Value(value) => Some(value),
            Candidate::Of(other) | Candidate::Same(other) => {
                // Two inputs may name each other: which of them both are is what the request has met first.
                if request.depth > limits::START_DEPTH {
                    self.known.disturb();
                    return Some(Value::Symbol(term));
                }
                request.depth += 1;
                let value = self.at_start(request, other);
                request.depth -= 1;
                value
            }
            Candidate::One => {
                let element = self.only_element(request, term).unwrap_or(Value::Symbol(term));
                Some(Value::list(vec![element]))
            }
            Candidate::Many(count) | Candidate::Pulled(count) => {
                Some(Value::list(vec![Value::Symbol(term); count as usize]))
            }
            Candidate::Long(length) => Some(Value::text(&text_of(self.arena, &self.choices, term, length))),
            Candidate::Itself => Some(Value::Symbol(term)),
        }
    }

    /// What the only element of an unknown list is, where the code compares it with something.
    fn only_element(&mut self, request: &mut Request, term: u32) -> Js {
        let source = self.choices.terms.get(term as usize)?.source?;
        let element = self.arena.known(&Node::Element(source))?;
        let is_compared = self.hints.values.get(&element).is_some_and(|hint| !hint.values.is_empty());
        if !is_compared || request.depth > limits::START_DEPTH {
            return None;
        }
        request.depth += 1;
        let value = self.applied(request, element, "element", &[Some(Value::Symbol(term))]);
        request.depth -= 1;
        value
    }

    /// What a value is at the start: what a request brings does not change with what another one has done.
    fn at_start(&mut self, request: &mut Request, value: V) -> Js {
        if request.is_before {
            return self.eval(request, value);
        }
        let mut before = Request::new(request.who);
        (before.is_before, before.depth) = (true, request.depth);
        std::mem::swap(&mut before.elements, &mut request.elements);
        let result = self.eval(&mut before, value);
        std::mem::swap(&mut before.elements, &mut request.elements);
        request.is_broken |= before.is_broken;
        self.known.disturb();
        result
    }

    /// Whether a value is a parameter or a member of one, so that it is an input of its own.
    pub(super) fn is_plain_input(&mut self, request: &Request, value: V) -> bool {
        match self.arena.peek(value) {
            Node::Param(..) | Node::This(_) | Node::Instance(_) | Node::Global(_) | Node::Import { .. } => {
                self.known.rest_on_expected(Part::Given(value));
                !request.given.contains_key(&value)
            }
            Node::Member(object, _) => self.is_plain_input(request, *object),
            _ => false,
        }
    }

    /// Whether a value is the result of a command.
    pub(super) fn is_result(&self, value: V) -> bool {
        matches!(self.arena.peek(value), Node::Call { site, .. } if self.hints.calls.contains_key(site))
    }

    /// A member of an input is an input of its own, unless the object is known.
    pub(super) fn member_of_input(&mut self, request: &mut Request, value: V, object: V, name: &str) -> Js {
        match self.own_input(request, object) {
            (_, None | Some(Value::Null)) => {
                if !self.hints.optional.contains(&value) {
                    self.throw(request);
                }
                None
            }
            (term, Some(Value::Symbol(own))) if own == term => self.input(request, value),
            (_, Some(Value::List(items))) if matches!(name, "length" | "size") => {
                Some(Value::Number(items.len() as f64))
            }
            (_, Some(Value::Text(text))) if name == "length" => Some(Value::Number(text.len() as f64)),
            (_, Some(Value::Document(fields))) => {
                fields.iter().find(|(known, _)| &**known == name).map(|(_, value)| value.clone())
            }
            (_, other) => {
                let operator = format!("member {name}");
                self.applied(request, value, &operator, &[other])
            }
        }
    }
}

/// A text of some letters, by which its term is known: the name in the code, and a number that fills it up.
pub(super) fn text_of(arena: &Arena, choices: &Choices, term: u32, length: u32) -> String {
    let length = length as usize;
    let source = choices.terms.get(term as usize).and_then(|term| term.source);
    let name = match source.map(|source| arena.peek(source)) {
        Some(Node::Member(_, name)) if length != limits::HEX_ID => arena.text(*name),
        _ => "",
    };
    let number = term.to_string();
    let number = number.get(number.len().saturating_sub(length)..).unwrap_or_default();
    let name: String = name.chars().filter(char::is_ascii).take(length - number.len()).collect();
    format!("{name}{number:0>width$}", width = length - name.len())
}

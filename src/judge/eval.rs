//! Evaluation: a symbolic value of the code as a concrete one, in one request.
//!
//! Input: a value, the results of the request's commands so far, the choices. Output: the value; none for `undefined`.
//! What is not modelled becomes a term: the same unknown function of the same values is the same unknown value.
//! Must not know: the store, interleavings.

use super::bson::Value;
use super::choices::{Candidate, Choices, Slot, Term};
use super::hints::{AskedFor, Hint, Hints};
use super::javascript;
use super::known::{Asked, Known, Part, State};
use super::request::Request;
use super::text;
use crate::limits;
use crate::value::{
    Arena, Atom, C, Coercion, Compare, Entry, Freshness, Item, Key, Node, Numeral, RETURNS, Site, Sym, V,
};
use std::fmt::Write as _;

/// Times of a run start here; earlier ones were stored before.
pub const NOW: i64 = 1_700_000_000_000;

/// Which inputs two requests share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// A retry, a double click: all of them.
    Same,
    /// The same document, another payload: all of it, or one input.
    Different(Option<V>),
}

pub struct Machine<'a> {
    pub arena: &'a Arena,
    pub hints: &'a Hints,
    pub choices: Choices,
    pub mode: Mode,
    /// At the start there is a document for each of the two requests.
    pub has_twins: bool,
    /// The documents of the two requests were loaded before either began.
    pub are_given: bool,
    /// Counted work that is left.
    pub fuel: u64,
    /// What was met that is not modelled, most telling first seen.
    pub unmodelled: Vec<String>,
    /// The slot of each field of the documents at the start.
    pub fields: Vec<Vec<(Vec<String>, usize)>>,
    /// The slots of loaded values.
    pub slots: rustc_hash::FxHashMap<V, usize>,
    /// The slots of what names another document, where each request has one of its own.
    pub naming: rustc_hash::FxHashSet<usize>,
    /// Values that are too large to be read, and whether something in them is made anew.
    pub large: rustc_hash::FxHashMap<V, Option<bool>>,
    /// What requests make anew at a place, the same in each run.
    pub fresh: rustc_hash::FxHashMap<(usize, Site), Value>,
    pub known: Known,
}

type Js = Option<Value>;

impl Machine<'_> {
    /// Notes that a result rests on something that is not modelled.
    pub fn note(&mut self, what: &str) {
        if !self.unmodelled.iter().any(|known| known == what) && self.unmodelled.len() < limits::UNMODELLED {
            self.unmodelled.push(what.to_owned());
        }
    }

    /// Whether all atoms hold.
    pub fn all_hold(&mut self, request: &mut Request, atoms: &[Atom]) -> bool {
        atoms.iter().all(|atom| self.holds(request, *atom))
    }

    pub fn holds(&mut self, request: &mut Request, atom: Atom) -> bool {
        request.is_broken = false;
        let value = self.eval(request, atom.value);
        let holds = truthy(&value) == atom.holds && !request.is_broken;
        request.is_broken = false;
        holds
    }

    pub fn condition_holds(&mut self, request: &mut Request, cond: C) -> bool {
        if cond == C::TRUE {
            return true;
        }
        if cond == C::FALSE || self.fuel == 0 {
            return false;
        }
        let is_free = request.elements.is_empty();
        if is_free && let Some(known) = request.conditions.get(&cond) {
            request.results_asked += 1;
            self.known.disturb();
            return *known;
        }
        let asked = self.asked(request, cond);
        if let Some(asked) = asked
            && let Some(again) = self.known.condition(asked, &request.states, &self.choices)
        {
            request.results_asked += 1;
            return again.answer;
        }
        // The shared start of conditions is asked once.
        let Some((parent, atom)) = self.arena.cond(cond) else { return true };
        let open = asked.map(|asked| (asked, self.known.open()));
        self.fuel -= 1;
        let holds = self.condition_holds(request, parent) && {
            let broken = request.is_broken;
            let value = self.eval(request, atom.value);
            request.is_broken = broken;
            truthy(&value) == atom.holds
        };
        let is_kept = open.is_some_and(|(asked, open)| {
            let state = State { parts: &request.states, choices: &self.choices, is_broken_off: self.fuel == 0 };
            self.known.close_condition(open, asked, holds, state)
        });
        if is_free && !is_kept {
            request.conditions.insert(cond, holds);
        }
        holds
    }

    /// The question under which an answer is known again; none where it depends on more than is kept track of.
    fn asked<Q>(&self, request: &Request, what: Q) -> Option<Asked<Q>> {
        let is_tracked = request.elements.is_empty() && !request.is_before && !self.choices.is_listening;
        let Request { who, in_filter, depth, .. } = *request;
        is_tracked.then_some(Asked { what, who, in_filter, depth })
    }

    /// JavaScript would throw here.
    fn throw(&mut self, request: &mut Request) {
        request.is_broken = true;
        self.known.disturb();
    }

    /// A loop runs over nothing.
    fn skip(&mut self, request: &mut Request) {
        request.is_skipped = true;
        self.known.disturb();
    }

    /// A value rests on what a command has changed, or could have.
    fn rest_on(&mut self, request: &mut Request, part: Part) {
        request.results_asked += 1;
        self.known.rest_on(part);
    }

    pub fn eval(&mut self, request: &mut Request, value: V) -> Js {
        if self.fuel == 0 {
            return None;
        }
        match self.arena.peek(value) {
            Node::Undefined => {
                self.fuel -= 1;
                return None;
            }
            Node::Null => {
                self.fuel -= 1;
                return Some(Value::Null);
            }
            Node::Bool(b) => {
                self.fuel -= 1;
                return Some(Value::Bool(*b));
            }
            Node::Num(bits) => {
                self.fuel -= 1;
                return Some(Value::Number(f64::from_bits(*bits)));
            }
            _ => {}
        }
        if let Some((_, known)) = request.elements.iter().rev().find(|(element, _)| *element == value) {
            self.fuel -= 1;
            return known.clone();
        }
        let is_free = request.elements.is_empty() && !request.in_filter;
        if is_free && let Some(known) = self.told(request, value) {
            self.fuel -= 1;
            return known;
        }
        let asked = self.asked(request, value);
        if let Some(asked) = asked
            && let Some(again) = self.known.value(asked, &request.states, &self.choices)
        {
            request.results_asked += u32::from(again.rests_on_results);
            self.fuel -= 1;
            return again.answer;
        }
        let open = asked.map(|asked| (asked, self.known.open()));
        self.fuel -= 1;
        let before = request.results_asked;
        let result = self.node(request, value);
        let is_kept = open.is_some_and(|(asked, open)| {
            let state = State { parts: &request.states, choices: &self.choices, is_broken_off: self.fuel == 0 };
            self.known.close_value(open, asked, &result, state)
        });
        if is_free && !is_kept {
            let memo = if request.results_asked == before { &mut request.fixed } else { &mut request.memo };
            memo.insert(value, result.clone());
        }
        result
    }

    /// What this request has evaluated before, and told then what is told where it is met.
    fn told(&mut self, request: &mut Request, value: V) -> Option<Js> {
        let known = match request.fixed.get(&value) {
            Some(known) => known,
            None => {
                let known = request.memo.get(&value)?;
                request.results_asked += 1;
                known
            }
        };
        self.known.disturb();
        Some(known.clone())
    }

    fn node(&mut self, request: &mut Request, value: V) -> Js {
        if self.choices.is_listening
            && let Some(slot) = self.slots.get(&value)
        {
            self.choices.ask(*slot);
        }
        self.known.rest_on_expected(Part::Given(value));
        if let Some(given) = request.given.get(&value) {
            request.results_asked += 1;
            return Some(given.clone());
        }
        if request.is_before
            && let Some((collection, path)) = self.hints.loaded.get(&value).filter(|(_, path)| !path.is_empty())
        {
            request.results_asked += 1;
            return self.stored_at(request, *collection, path);
        }
        match self.arena.peek(value) {
            Node::Undefined => None,
            Node::Null => Some(Value::Null),
            Node::Bool(b) => Some(Value::Bool(*b)),
            Node::Num(bits) => Some(Value::Number(f64::from_bits(*bits))),
            Node::Str(text) => Some(Value::text(self.arena.text(*text))),
            Node::Object(entries) => Some(self.object(request, entries)),
            Node::Array(items) => Some(self.array(request, items)),
            Node::Template(parts) => self.template(request, parts, value),
            Node::Member(object, key) => self.member(request, value, *object, *key),
            Node::Index(object, index) => self.index(request, value, *object, *index),
            Node::Coerce(kind, inner) => self.coerce(request, *kind, *inner),
            Node::Fresh(kind, site) => Some(self.fresh(request, *kind, *site)),
            Node::OneOf(alternatives) => {
                let taken = alternatives.iter().find(|(cond, _)| self.condition_holds(request, *cond)).map(|(_, v)| *v);
                taken.and_then(|taken| self.eval(request, taken))
            }
            Node::Not(inner) => {
                let inner = self.eval(request, *inner);
                Some(Value::Bool(!truthy(&inner)))
            }
            Node::And(parts) => self.first(request, parts, false),
            Node::Or(parts) => self.first(request, parts, true),
            Node::Compare(op, a, b) => self.compare(request, *op, *a, *b),
            Node::Nullish(inner) => {
                let inner = self.eval(request, *inner);
                Some(Value::Bool(matches!(inner, None | Some(Value::Null))))
            }
            Node::Query { method, array, arg } => self.query(request, value, *method, *array, *arg),
            Node::Mapped(array, result) => {
                let items = self.items(request, *array)?;
                let mapped = items.into_iter().filter_map(|item| self.with_element(request, *array, item, *result));
                Some(Value::list(mapped.collect()))
            }
            Node::Element(array) => self.element(request, value, *array),
            Node::Derived(op, operands) => self.derived(request, value, *op, operands),
            Node::Caught(site) => {
                self.rest_on(request, Part::Caught(*site));
                Some(Value::Bool(request.caught.contains(site)))
            }
            Node::Completed(site) => {
                self.rest_on(request, Part::Result(*site));
                Some(Value::Bool(!request.failed.contains(site)))
            }
            Node::Call { site, callee, args } => match request.results.get(site).cloned() {
                Some(result) => {
                    self.rest_on(request, Part::Result(*site));
                    self.ask_read(*site);
                    result
                }
                None if self.hints.calls.contains_key(site) => {
                    self.rest_on(request, Part::Result(*site));
                    self.ask_read(*site);
                    None
                }
                None => {
                    self.known.rest_on_expected(Part::Result(*site));
                    self.call(request, value, *callee, args)
                }
            },
            Node::New { callee, args, .. } => self.made(request, value, *callee, args),
            Node::Param(..)
            | Node::This(_)
            | Node::Instance(_)
            | Node::Class(_)
            | Node::Func(_)
            | Node::Global(_)
            | Node::Import { .. } => self.input(request, value),
            Node::Opaque(_) | Node::Cut(_) | Node::Cell(_) | Node::Regex(_) => {
                self.note("an expression that is not modelled");
                self.input(request, value)
            }
        }
    }

    /// The slot of a field of the start documents; that of the nearest field around it.
    pub fn slot_of(&self, collection: u32, path: &[String]) -> Option<usize> {
        let fields = self.fields.get(collection as usize)?;
        let named: Vec<&String> = path.iter().filter(|part| !super::hints::is_position(part)).collect();
        (1..=named.len()).rev().find_map(|length| {
            let wanted = named.get(..length)?;
            fields
                .iter()
                .find(|(known, _)| {
                    known.iter().filter(|part| !super::hints::is_position(part)).eq(wanted.iter().copied())
                })
                .map(|(_, slot)| *slot)
        })
    }

    /// The result of a read depends on the fields that its filter asks for.
    pub fn ask_read(&mut self, site: Site) {
        if !self.choices.is_listening {
            return;
        }
        let Some(AskedFor { collection, paths, named }) = self.hints.calls.get(&site) else { return };
        // Which other document an input may name instead.
        let is_named = |term: &&Term| term.source.is_some_and(|source| named.contains(&source));
        let has_same = |slot: &usize| self.choices.slots.get(*slot).is_some_and(Slot::has_same);
        let slots = self.choices.terms.iter().filter(is_named).map(|term| term.slot).filter(has_same);
        let slots: Vec<usize> = slots.collect();
        slots.into_iter().for_each(|slot| self.choices.ask(slot));
        let exists = self.fields.get(*collection as usize).and_then(|fields| fields.first()).map(|(_, slot)| *slot);
        exists.into_iter().for_each(|slot| self.choices.ask(slot));
        for path in paths {
            for length in 1..=path.len() {
                if let Some(slot) = path.get(..length).and_then(|part| self.slot_of(*collection, part)) {
                    self.choices.ask(slot);
                }
            }
        }
    }

    // Unknown values

    /// What a request brings: a parameter, a global.
    fn input(&mut self, request: &mut Request, value: V) -> Js {
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
            Mode::Different(Some(input)) => input == value,
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
    fn is_large(&mut self, value: V) -> bool {
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
    fn unread(&mut self, request: &mut Request, value: V) -> Js {
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
        is_brought && !self.hints.selecting.contains(&value)
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
            Mode::Different(Some(input)) => input == value,
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
            Candidate::One => Some(Value::list(vec![Value::Symbol(term)])),
            Candidate::Many(count) | Candidate::Pulled(count) => {
                Some(Value::list(vec![Value::Symbol(term); count as usize]))
            }
            Candidate::Itself => Some(Value::Symbol(term)),
        }
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

    /// Whether a value was made in a request, so that its name means nothing.
    pub fn is_fresh(&self, value: &Value) -> bool {
        match value {
            Value::Symbol(term) => self.choices.is_fresh(*term),
            Value::Id(id) => *id >= limits::FRESH_IDS,
            Value::Date(time) => *time >= NOW,
            Value::List(items) => items.iter().any(|item| self.is_fresh(item)),
            Value::Document(fields) => fields.iter().any(|(_, value)| self.is_fresh(value)),
            _ => false,
        }
    }

    fn fresh(&mut self, request: &Request, kind: Freshness, site: Site) -> Value {
        if let Some(known) = self.fresh.get(&(request.who, site)) {
            return known.clone();
        }
        let made = match kind {
            Freshness::Id => Value::Id(Request::ids_of_places(request.who) + self.fresh.len() as u32 + 1),
            // Both requests run at one time: a moment that one of them stores is not past for the other.
            Freshness::Time => Value::Date(NOW + request.who as i64),
            Freshness::Random => {
                let key = format!("random {} {site:?}", request.who);
                Value::Symbol(self.choices.applied(key, true, None, || vec![Candidate::Itself]))
            }
        };
        self.fresh.insert((request.who, site), made.clone());
        made
    }

    // Objects and arrays

    fn object(&mut self, request: &mut Request, entries: &[Entry]) -> Value {
        let mut document = Value::document(Vec::<(&str, Value)>::new());
        for entry in entries {
            if entry.cond != C::TRUE && !self.condition_holds(request, entry.cond) {
                continue;
            }
            match entry.key {
                Key::Name(name) if matches!(self.arena.peek(entry.value), Node::Regex(_)) => {
                    let pattern = self.pattern(entry.value);
                    let name = self.arena.text(name);
                    match name {
                        "$regex" => document.set(name, pattern),
                        _ => document.set(name, Value::document([("$regex", pattern)])),
                    }
                }
                Key::Name(name) => {
                    let value = match self.is_large(entry.value) {
                        true => self.unread(request, entry.value),
                        false => self.eval(request, entry.value),
                    };
                    let name = self.arena.text(name);
                    match value {
                        Some(value) => document.set(name, value),
                        // The driver sends an undefined condition as null.
                        None if request.in_filter => document.set(name, Value::Null),
                        // Neither has an object that was spread before the field any more.
                        None => document.unset(name),
                    }
                }
                Key::Computed(key) => {
                    let name = self.name(request, key);
                    if let Some(value) = self.eval(request, entry.value) {
                        document.set(&name, value);
                    }
                }
                Key::Spread => match self.eval(request, entry.value) {
                    Some(Value::Document(fields)) => {
                        if self.is_plain_input(request, entry.value) {
                            self.note("a spread of an unknown object");
                        }
                        fields.iter().for_each(|(name, value)| document.set(name, value.clone()));
                    }
                    Some(Value::Symbol(term)) => {
                        self.note("a spread of an unknown object");
                        // It has some field of its own, another one in another object.
                        if !request.in_filter {
                            document.set(&format!("key{term}"), Value::Symbol(term));
                        }
                    }
                    _ => {}
                },
            }
        }
        document
    }

    /// A computed name; of a path, each part by itself: `counts.${name}`.
    fn name(&mut self, request: &mut Request, key: V) -> String {
        if let Node::Template(parts) = self.arena.peek(key) {
            return parts.iter().map(|part| self.name(request, *part)).collect();
        }
        match self.eval(request, key) {
            Some(Value::Text(text)) => text.to_string(),
            Some(Value::Symbol(term)) => format!("key{term}"),
            Some(other) => other.canonical(),
            None => "undefined".to_owned(),
        }
    }

    /// The pattern of a regular expression that is written in the code.
    fn pattern(&self, value: V) -> Value {
        match self.arena.peek(value) {
            Node::Regex(pattern) => Value::text(self.arena.text(*pattern)),
            _ => Value::Null,
        }
    }

    fn array(&mut self, request: &mut Request, items: &[Item]) -> Value {
        let mut list = Vec::new();
        for item in items {
            if item.cond != C::TRUE && !self.condition_holds(request, item.cond) {
                continue;
            }
            let value = self.eval(request, item.value);
            match (item.spread, value) {
                (false, value) => list.push(value.unwrap_or(Value::Null)),
                (true, Some(Value::List(inner))) => list.extend(inner.iter().cloned()),
                (true, Some(other @ Value::Symbol(_))) => {
                    self.note("a spread of an unknown list");
                    list.push(other);
                }
                (true, _) => {}
            }
        }
        Value::list(list)
    }

    fn template(&mut self, request: &mut Request, parts: &[V], value: V) -> Js {
        let parts: Vec<Js> = parts.iter().map(|part| self.eval(request, *part)).collect();
        let mut text = String::new();
        for part in &parts {
            match part {
                Some(Value::Text(part)) => text.push_str(part),
                Some(Value::Number(number)) => {
                    let _ = write!(text, "{number}");
                }
                Some(Value::Bool(part)) => {
                    let _ = write!(text, "{part}");
                }
                _ => return self.applied(request, value, "template", &parts),
            }
        }
        Some(Value::text(&text))
    }

    fn member(&mut self, request: &mut Request, value: V, object: V, key: Sym) -> Js {
        let name = self.arena.text(key);
        if self.is_plain_input(request, object) && !self.hints.loaded.contains_key(&object) {
            return self.member_of_input(request, value, object, name);
        }
        let base = self.eval(request, object);
        match base {
            Some(Value::Document(_)) => {
                let base = base?;
                match base.field(name) {
                    Some(found) => Some(found.clone()),
                    None if name == "id" => base.field("_id").cloned(),
                    None if name == "_doc" || name == "value" && self.is_result(object) => Some(base),
                    None => None,
                }
            }
            Some(Value::List(items)) => match name {
                "length" | "size" => Some(Value::Number(items.len() as f64)),
                _ => None,
            },
            Some(Value::Text(text)) if name == "length" => Some(Value::Number(text.len() as f64)),
            // An ObjectId's own accessors.
            Some(Value::Id(_)) if matches!(name, "_id" | "id") => base,
            Some(Value::Null) if name == "value" && self.is_result(object) => Some(Value::Null),
            None | Some(Value::Null) => {
                if !self.hints.optional.contains(&value) {
                    self.throw(request);
                }
                None
            }
            other => {
                let operator = format!("member {name}");
                self.applied(request, value, &operator, &[other])
            }
        }
    }

    /// A member of an input is an input of its own, unless the object is known.
    fn member_of_input(&mut self, request: &mut Request, value: V, object: V, name: &str) -> Js {
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

    /// Whether a value is a parameter or a member of one, so that it is an input of its own.
    fn is_plain_input(&mut self, request: &Request, value: V) -> bool {
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
    fn is_result(&self, value: V) -> bool {
        matches!(self.arena.peek(value), Node::Call { site, .. } if self.hints.calls.contains_key(site))
    }

    fn index(&mut self, request: &mut Request, value: V, object: V, index: V) -> Js {
        let base = self.eval(request, object);
        let at = self.eval(request, index);
        match (&base, &at) {
            (Some(Value::List(items)), Some(Value::Number(at))) if *at >= 0.0 => items.get(*at as usize).cloned(),
            (Some(Value::List(items)), Some(Value::Symbol(_))) => items.first().cloned(),
            (Some(Value::Document(_)), Some(Value::Text(name))) => base.as_ref()?.field(name).cloned(),
            (Some(Value::Document(_)), Some(Value::Number(number))) => {
                base.as_ref()?.field(&number.to_string()).cloned()
            }
            (Some(Value::Document(_)), Some(Value::Symbol(term))) => {
                base.as_ref()?.field(&format!("key{term}")).cloned()
            }
            (None | Some(Value::Null), _) => {
                self.throw(request);
                None
            }
            _ => self.applied(request, value, "index", &[base, at]),
        }
    }

    fn coerce(&mut self, request: &mut Request, kind: Coercion, inner: V) -> Js {
        let inner = self.eval(request, inner);
        match (kind, inner) {
            (Coercion::Bool, inner) => Some(Value::Bool(truthy(&inner))),
            (Coercion::Number(_), Some(Value::Text(text))) => Some(Value::Number(text.parse().unwrap_or(f64::NAN))),
            (Coercion::Number(Numeral::Integer), Some(Value::Number(number))) => Some(Value::Number(number.trunc())),
            (Coercion::Number(_), Some(Value::Bool(b))) => Some(Value::Number(f64::from(b))),
            (Coercion::Number(_), Some(Value::Null)) => Some(Value::Number(0.0)),
            (Coercion::Number(_), None) => Some(Value::Number(f64::NAN)),
            (Coercion::Text, Some(Value::Number(number))) => Some(Value::text(&number.to_string())),
            (_, inner) => inner,
        }
    }

    fn first(&mut self, request: &mut Request, parts: &[V], wanted: bool) -> Js {
        let mut last = None;
        for part in parts {
            last = self.eval(request, *part);
            if truthy(&last) == wanted {
                return last;
            }
        }
        last
    }

    fn compare(&mut self, request: &mut Request, op: Compare, a: V, b: V) -> Js {
        let (a, b) = (self.eval(request, a), self.eval(request, b));
        let holds = match op {
            Compare::Equal => javascript::equal(&a, &b),
            Compare::Less | Compare::LessOrEqual => match javascript::order(&a, &b) {
                Some(order) => order.is_lt() || (op == Compare::LessOrEqual && order.is_eq()),
                None => {
                    if a.as_ref().is_some_and(Value::is_opaque) || b.as_ref().is_some_and(Value::is_opaque) {
                        self.note("an order of unknown values");
                    }
                    false
                }
            },
        };
        Some(Value::Bool(holds))
    }

    fn derived(&mut self, request: &mut Request, value: V, op: Sym, operands: &[V]) -> Js {
        let op = self.arena.text(op);
        if let ("reduce", [list, summed]) = (op, operands)
            && let Some(sum) = self.sum(request, value, *list, *summed)
        {
            return sum;
        }
        let operands: Vec<Js> = operands.iter().map(|operand| self.eval(request, *operand)).collect();
        if op == RETURNS {
            return Some(Value::Bool(operands.iter().all(truthy)));
        }
        match javascript::apply(op, &operands) {
            Some(result) => result,
            None => {
                if !javascript::is_injective(op) && !super::dates::has(op) {
                    self.note(&format!("`{op}`"));
                }
                self.applied(request, value, op, &operands)
            }
        }
    }

    /// `lines.reduce((sum, line) => sum + line.price, 0)`
    fn sum(&mut self, request: &mut Request, value: V, list: V, summed: V) -> Option<Js> {
        let Node::Derived(plus, parts) = self.arena.peek(summed) else { return None };
        let [start, each] = parts.as_slice() else { return None };
        if self.arena.text(*plus) != "+" || !matches!(self.arena.peek(*start), Node::Num(_)) {
            return None;
        }
        let mut parts = vec![self.eval(request, *start)];
        for item in self.items(request, list)? {
            parts.push(self.with_element(request, list, item, *each));
        }
        let mut total = 0.0;
        for part in &parts {
            match part {
                Some(Value::Number(number)) => total += number,
                _ => return Some(self.applied(request, value, "sum", &parts)),
            }
        }
        Some(Some(Value::Number(total)))
    }

    fn call(&mut self, request: &mut Request, value: V, callee: V, args: &[V]) -> Js {
        let mut operands = Vec::new();
        let mut name = "call";
        if let Node::Member(recv, method) = self.arena.peek(callee) {
            let is_stored = self.hints.loaded.contains_key(recv);
            let recv = self.eval(request, *recv);
            name = self.arena.text(*method);
            // doc.items.id(itemId)
            if let ("id", Some(Value::List(items)), [id]) = (name, &recv, args) {
                let id = self.eval(request, *id);
                return items.iter().find(|item| item.field("_id").cloned() == id).cloned();
            }
            // doc.scores.get(game), of what is stored as a map
            if let ("get" | "has", Some(Value::Document(_)), [key], true) = (name, &recv, args, is_stored) {
                let key = self.name(request, *key);
                let own = recv.as_ref().and_then(|map| map.field(&key)).cloned();
                return if name == "has" { Some(Value::Bool(own.is_some())) } else { own };
            }
            if matches!(name, "toObject" | "toJSON" | "lean" | "exec" | "populate" | "save") {
                return recv;
            }
            operands.push(recv);
        } else {
            operands.push(self.eval(request, callee));
        }
        operands.extend(self.arguments(request, args));
        self.note(&format!("the result of `{name}(…)`"));
        let operator = format!("call {name}");
        self.applied(request, value, &operator, &operands)
    }

    /// The arguments of a call, which are no part of the filter that it may stand in.
    fn arguments(&mut self, request: &mut Request, args: &[V]) -> Vec<Js> {
        let in_filter = std::mem::take(&mut request.in_filter);
        let operands = args.iter().map(|arg| self.eval(request, *arg)).collect();
        request.in_filter = in_filter;
        operands
    }

    fn made(&mut self, request: &mut Request, value: V, callee: V, args: &[V]) -> Js {
        let operands = self.arguments(request, args);
        let name = match self.arena.peek(callee) {
            Node::Global(name) | Node::Member(_, name) => self.arena.text(*name),
            _ => "",
        };
        match (name, operands.as_slice()) {
            ("Date", [Some(date @ Value::Date(_))]) => Some(date.clone()),
            ("Date", given) if let Some(date) = super::dates::made(given) => Some(date),
            ("Set", [Some(Value::List(items))]) => {
                let mut kept: Vec<Value> = Vec::new();
                items.iter().for_each(|item| {
                    if !kept.contains(item) {
                        kept.push(item.clone());
                    }
                });
                Some(Value::list(kept))
            }
            ("Set" | "Map", []) => Some(Value::list(Vec::new())),
            // new Model({ … })
            (_, [Some(document @ Value::Document(_))]) => Some(document.clone()),
            _ => {
                let operator = format!("new {name} {callee:?}");
                self.applied(request, value, &operator, &operands)
            }
        }
    }

    // Arrays that are searched

    /// The elements of an array; of an unknown one, one unknown element.
    fn items(&mut self, request: &mut Request, array: V) -> Option<Vec<Value>> {
        let list = self.eval(request, array);
        self.items_of(request, array, list)
    }

    fn items_of(&mut self, request: &mut Request, array: V, list: Js) -> Option<Vec<Value>> {
        match list {
            Some(Value::List(items)) => Some(items.to_vec()),
            Some(other @ (Value::Symbol(_) | Value::Document(_))) => {
                self.note("the elements of an unknown list");
                let element = self.applied(request, array, "element", &[Some(other)]);
                Some(element.into_iter().collect())
            }
            _ => {
                self.throw(request);
                None
            }
        }
    }

    fn with_element(&mut self, request: &mut Request, array: V, item: Value, value: V) -> Js {
        let element = self.arena.known(&Node::Element(array));
        let Some(element) = element else { return self.eval(request, value) };
        request.elements.push((element, Some(item)));
        let result = self.eval(request, value);
        request.elements.pop();
        result
    }

    fn element(&mut self, request: &mut Request, value: V, array: V) -> Js {
        match self.eval(request, array) {
            Some(Value::List(items)) => {
                if items.is_empty() {
                    self.skip(request);
                }
                items.first().cloned()
            }
            None | Some(Value::Null) => {
                self.skip(request);
                None
            }
            other => self.applied(request, value, "element", &[other]),
        }
    }

    fn query(&mut self, request: &mut Request, value: V, method: Sym, array: V, arg: V) -> Js {
        let method = self.arena.text(method);
        let direct = matches!(method, "includes" | "indexOf" | "lastIndexOf");
        let list = self.eval(request, array);
        if direct && matches!(list, Some(Value::Text(_))) {
            let operands = [list, self.eval(request, arg)];
            return match javascript::apply(method, &operands) {
                Some(result) => result,
                None => self.applied(request, value, method, &operands),
            };
        }
        let items = self.items_of(request, array, list)?;
        let wanted = if direct { self.eval(request, arg) } else { None };
        let mut kept = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let is_found = match direct {
                true => javascript::equal(&Some(item.clone()), &wanted),
                false if matches!(method, "slice" | "sort" | "reverse" | "flat" | "toSorted" | "toSpliced") => true,
                false => {
                    let found = self.with_element(request, array, item.clone(), arg);
                    truthy(&found)
                }
            };
            if is_found {
                kept.push(at);
            }
        }
        let first = kept.first().copied();
        match method {
            "find" | "findLast" => first.and_then(|at| items.get(at).cloned()),
            "some" | "includes" => Some(Value::Bool(first.is_some())),
            "every" => Some(Value::Bool(kept.len() == items.len())),
            "indexOf" | "lastIndexOf" | "findIndex" | "findLastIndex" => {
                Some(Value::Number(first.map_or(-1.0, |at| at as f64)))
            }
            "filter" => Some(Value::list(kept.iter().filter_map(|at| items.get(*at).cloned()).collect())),
            "sort" | "reverse" | "toSorted" if items.len() < 2 => Some(Value::list(items)),
            "flat" if arg == Arena::UNDEFINED => {
                let flat = items.into_iter().flat_map(|item| match item {
                    Value::List(inner) => inner.to_vec(),
                    item => vec![item],
                });
                Some(Value::list(flat.collect()))
            }
            "slice" | "sort" | "reverse" | "flat" | "toSorted" | "toSpliced" => {
                self.note(&format!("`{method}` of a list"));
                Some(Value::list(items))
            }
            _ => self.applied(request, value, method, &[Some(Value::list(items)), wanted]),
        }
    }
}

/// What is tried for an unknown value.
fn candidates(arena: &Arena, hints: &Hints, value: V) -> Vec<Candidate> {
    let is_constant = matches!(arena.peek(value), Node::Class(_) | Node::Func(_) | Node::Import { .. });
    if is_constant {
        return vec![Candidate::Itself];
    }
    let hint = hints.values.get(&value);
    let first = hint.and_then(|hint| hint.first).filter(|first| !arena.is_literal(*first));
    let mut candidates: Vec<Candidate> = first.map(Candidate::Of).into_iter().collect();
    candidates.extend(hint.map(|hint| of_hint(arena, hint)).unwrap_or_default());
    // What is calculated with or ordered is a number or a time.
    if !hint.is_some_and(|hint| hint.is_number || hint.is_time) {
        candidates.push(Candidate::Itself);
    }
    // What the code never asks about is there.
    if hint.is_some_and(|hint| hint.is_optional) {
        candidates.push(Candidate::Missing);
    }
    let others = hint.map(|hint| hint.values.as_slice()).unwrap_or_default();
    let others = others.iter().filter(|other| **other != value && !arena.is_literal(**other));
    candidates.extend(others.take(limits::INPUTS).map(|other| Candidate::Of(*other)));
    if let Some(hint) = hint {
        candidates.extend(spelled(hint));
        candidates.extend(hint.same.iter().filter(|same| **same != value).map(|same| Candidate::Same(*same)));
    }
    candidates
}

/// A text that has what is looked for in it, where texts' methods are called on a value; a list that has it, where nothing says more.
pub fn spelled(hint: &Hint) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    if hint.is_spelled || !hint.parts.is_empty() {
        candidates.push(Candidate::Value(Value::text(&text::sample(&hint.parts))));
    }
    if !hint.is_spelled {
        let element = |part: &text::Part| match part {
            text::Part::Within(part) => Some(Candidate::Value(Value::list(vec![Value::text(part)]))),
            _ => None,
        };
        candidates.extend(hint.parts.iter().filter_map(element));
    }
    candidates
}

/// What is tried for a value with this hint.
pub fn of_hint(arena: &Arena, hint: &Hint) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    if hint.is_number {
        candidates.extend([1.0, 0.0, 2.0].map(|n| Candidate::Value(Value::Number(n))));
    }
    if hint.is_time {
        candidates.extend([NOW - 86_400_000, NOW + 86_400_000].map(|t| Candidate::Value(Value::Date(t))));
    }
    if hint.is_list {
        candidates.extend([Candidate::One, Candidate::Value(Value::list(Vec::new()))]);
        candidates.extend(hint.lengths.iter().map(|length| Candidate::Many(*length)));
    }
    for value in &hint.values {
        match arena.peek(*value) {
            Node::Num(bits) => {
                let n = f64::from_bits(*bits);
                candidates.extend([n, n - 1.0, n + 1.0].map(|n| Candidate::Value(Value::Number(n))));
            }
            Node::Str(text) => candidates.push(Candidate::Value(Value::text(arena.text(*text)))),
            Node::Bool(b) => candidates.push(Candidate::Value(Value::Bool(*b))),
            _ => {}
        }
    }
    // Above each bound that the code asks for.
    if hint.is_number && !hint.is_taken_from {
        candidates.push(Candidate::Value(Value::Number(limits::AMPLE)));
    }
    if hint.is_bool {
        candidates.extend([Candidate::Value(Value::Bool(true)), Candidate::Value(Value::Bool(false))]);
    }
    candidates
}

/// Truth as JavaScript has it.
pub fn truthy(value: &Js) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(b)) => *b,
        Some(Value::Number(n)) => *n != 0.0 && !n.is_nan(),
        Some(Value::Text(text)) => !text.is_empty(),
        Some(_) => true,
    }
}

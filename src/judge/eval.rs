//! Evaluation: a symbolic value of the code as a concrete one, in one request.
//!
//! Input: a value, the results of the request's commands so far, the choices. Output: the value; none for `undefined`.
//! What is not modelled becomes a term: the same unknown function of the same values is the same unknown value.
//! Must not know: the store, interleavings.

use super::bson::Value;
use super::choices::Choices;
use super::hints::Hints;
use super::known::{Asked, Known, Part, State};
use super::state::Request;
use crate::limits;
use crate::value::{Arena, Atom, C, Node, Site, V};
use std::rc::Rc;

/// Times of a run start here; earlier ones were stored before.
pub const NOW: i64 = 1_700_000_000_000;

/// Which inputs two requests share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// A retry, a double click: all of them.
    Same,
    /// The same document, another payload: all of it, or one input.
    Different(Option<V>),
    /// The same document, and of another collection one for each request, which this input selects.
    Beside(V),
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
    pub fields: Vec<Rc<[Field]>>,
    /// The same by the names in their paths, without positions.
    pub by_names: Vec<rustc_hash::FxHashMap<Vec<String>, usize>>,
    /// The slots of the fields that each command asks for.
    pub asked_by: rustc_hash::FxHashMap<Site, Rc<[usize]>>,
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

/// The path of a field of the documents of one collection, and its slot.
pub type Field = (Vec<String>, usize);

/// A value of JavaScript: none is `undefined`.
pub type Js = Option<Value>;

impl Machine<'_> {
    /// Notes that a result rests on something that is not modelled.
    pub fn note(&mut self, what: &str) {
        if !self.unmodelled.iter().any(|known| known == what) && self.unmodelled.len() < limits::UNMODELLED {
            self.unmodelled.push(what.to_owned());
        }
    }

    /// Whether all atoms hold.
    /// Whether all of these hold; none where JavaScript would throw while it asks one of them.
    pub fn all_hold(&mut self, request: &mut Request, atoms: &[Atom]) -> Option<bool> {
        for atom in atoms {
            if !self.asked_of(request, *atom)? {
                return Some(false);
            }
        }
        Some(true)
    }

    pub fn holds(&mut self, request: &mut Request, atom: Atom) -> bool {
        self.asked_of(request, atom) == Some(true)
    }

    fn asked_of(&mut self, request: &mut Request, atom: Atom) -> Option<bool> {
        request.is_broken = false;
        let value = self.eval(request, atom.value);
        let holds = truthy(&value) == atom.holds;
        (!std::mem::take(&mut request.is_broken)).then_some(holds)
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
    pub(super) fn throw(&mut self, request: &mut Request) {
        request.is_broken = true;
        self.known.disturb();
    }

    /// A loop runs over nothing.
    pub(super) fn skip(&mut self, request: &mut Request) {
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
        let (was_broken, was_skipped) =
            (std::mem::take(&mut request.is_broken), std::mem::take(&mut request.is_skipped));
        let result = self.node(request, value);
        // What throws, throws again.
        let is_whole = !request.is_broken && !request.is_skipped;
        request.is_broken |= was_broken;
        request.is_skipped |= was_skipped;
        let is_kept = open.is_some_and(|(asked, open)| {
            let state = State { parts: &request.states, choices: &self.choices, is_broken_off: self.fuel == 0 };
            self.known.close_value(open, asked, &result, state)
        });
        if is_free && is_whole && !is_kept {
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
            Node::Mapped(..) => {
                let (_, rows) = self.rows(request, value)?;
                Some(Value::list(rows.into_iter().map(|(_, made)| made).collect()))
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
            Node::Opaque(_) if self.hints.memory.contains(&value) => self.input(request, value),
            Node::Opaque(_) | Node::Cut(_) | Node::Cell(_) | Node::Regex(_) => {
                self.note("an expression that is not modelled");
                self.input(request, value)
            }
        }
    }
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

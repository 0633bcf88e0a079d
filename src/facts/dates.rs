//! Dates: what their methods make of them, and the variables that hold one which is set in place.
//!
//! Sources: ECMAScript, "Date Objects"; Moment.js, Day.js and date-fns documentation, the start and the end of a unit of time.
//! Input: a call and its values. Output: the date after it. Must not know: which time it is, MongoDB.

use super::call::unwrap;
use super::eval::Eval;
use crate::limits;
use crate::value::{Arena, Compare, Freshness, Node, V};
use swc_common::Span;
use swc_ecma_ast::Expr;

/// Methods that change a date in place; each gives the time that it is then.
const SETS: [&str; 15] = [
    "setHours",
    "setMinutes",
    "setSeconds",
    "setMilliseconds",
    "setDate",
    "setMonth",
    "setFullYear",
    "setUTCHours",
    "setUTCMinutes",
    "setUTCSeconds",
    "setUTCMilliseconds",
    "setUTCDate",
    "setUTCMonth",
    "setUTCFullYear",
    "setTime",
];
/// Methods that give a part of a date.
const PARTS: [&str; 16] = [
    "getFullYear",
    "getMonth",
    "getDate",
    "getDay",
    "getHours",
    "getMinutes",
    "getSeconds",
    "getMilliseconds",
    "getUTCFullYear",
    "getUTCMonth",
    "getUTCDate",
    "getUTCDay",
    "getUTCHours",
    "getUTCMinutes",
    "getUTCSeconds",
    "getUTCMilliseconds",
];
/// Methods of the dates of a library that give another date.
const MOVES: [&str; 4] = ["startOf", "endOf", "add", "subtract"];
/// Libraries whose one function makes a date of now, or of what it is given.
const LIBRARIES: [&str; 3] = ["moment", "moment-timezone", "dayjs"];

impl Eval<'_> {
    /// `start.setHours(0, 0, 0, 0)`: the variable holds the date as it is then.
    pub(super) fn set_date(&mut self, object: &Expr, recv: V, name: &str, args: &[V]) -> Option<V> {
        if !SETS.contains(&name)
            || args.is_empty()
            || matches!(self.arena.node(recv), Node::This(_) | Node::Instance(_))
        {
            return None;
        }
        let is_member = matches!(self.arena.node(recv), Node::Member(..)) && !self.is_date(recv);
        if is_member {
            return None;
        }
        let date = self.freeze(recv);
        let operands: Vec<V> = std::iter::once(date).chain(args.iter().copied()).collect();
        let set = self.arena.derived(name, operands);
        if let Expr::Ident(variable) = unwrap(object) {
            let variable = self.arena.sym(&variable.sym);
            if let Some(variable) = self.resolve(variable) {
                self.set_var(variable, set);
            }
        }
        Some(set)
    }

    /// A part of a date, the date that a library makes of another one, or the date itself.
    pub(super) fn date_method(&mut self, recv: V, name: &str, args: &[V]) -> Option<V> {
        if let ([other], true) = (args, self.is_date(recv))
            && let Some(is_later) = self.later(name, recv, *other)
        {
            return Some(is_later);
        }
        let is_part = PARTS.contains(&name) && args.is_empty();
        let is_moved = MOVES.contains(&name) && !args.is_empty();
        if !(is_part || is_moved || matches!(name, "toDate" | "clone" | "utc" | "local" | "unix"))
            || !self.is_date(recv)
        {
            return None;
        }
        if !(is_part || is_moved) {
            return Some(recv).filter(|_| name != "unix");
        }
        let operands: Vec<V> = std::iter::once(recv).chain(args.iter().copied()).collect();
        Some(self.arena.derived(name, operands))
    }

    /// `expires.isAfter(now)`, `isAfter(expires, now)`
    fn later(&mut self, name: &str, date: V, other: V) -> Option<V> {
        let (earlier, later) = match name {
            "isAfter" => (other, date),
            "isBefore" => (date, other),
            _ => return None,
        };
        Some(self.arena.intern(Node::Compare(Compare::Less, earlier, later)))
    }

    /// `moment()`, `dayjs(date)`; `startOfDay(date)`, `addDays(date, 1)` of date-fns.
    pub(super) fn date_function(&mut self, target: V, args: &[V], span: Span) -> Option<V> {
        let (module, name) = match *self.arena.node(target) {
            Node::Import { module, name } => (self.arena.text(module), self.arena.text(name)),
            Node::Member(library, name) => match *self.arena.node(library) {
                Node::Import { module, .. } => (self.arena.text(module), self.arena.text(name)),
                _ => return None,
            },
            _ => return None,
        };
        if LIBRARIES.contains(&module) {
            let is_maker = matches!(name, "=" | "default" | "*" | "utc");
            return match args {
                [] if is_maker => Some(self.now(span)),
                [date] if is_maker => Some(self.date_of(*date, span)),
                _ => None,
            };
        }
        if module.split('/').next() != Some("date-fns") {
            return None;
        }
        if let ("isAfter" | "isBefore", [date, other]) = (name, args) {
            let name = name.to_owned();
            return self.later(&name, *date, *other);
        }
        let (method, unit) = ["startOf", "endOf", "add", "sub"].iter().find_map(|method| {
            let unit = name.strip_prefix(method)?;
            Some((if *method == "sub" { "subtract" } else { *method }, unit.to_lowercase()))
        })?;
        let (date, rest) = args.split_first()?;
        if unit.is_empty() {
            return None;
        }
        let mut operands = vec![*date];
        operands.extend(rest.first());
        operands.push(self.arena.str(&unit));
        Some(self.arena.derived(method, operands))
    }

    fn now(&mut self, span: Span) -> V {
        let site = self.site(span);
        self.arena.intern(Node::Fresh(Freshness::Time, site))
    }

    /// `new Date(value)`
    fn date_of(&mut self, value: V, span: Span) -> V {
        if self.is_date(value) {
            return value;
        }
        let (site, callee) = (self.site(span), self.arena.global("Date"));
        self.arena.intern(Node::New { site, callee, args: Box::new([value]) })
    }

    /// Whether a value is surely a date.
    fn is_date(&self, value: V) -> bool {
        is_date(&self.arena, value, 0)
    }
}

fn is_date(arena: &Arena, value: V, depth: u32) -> bool {
    if depth > limits::DATE_DEPTH {
        return false;
    }
    match arena.node(value) {
        Node::Fresh(Freshness::Time, _) => true,
        Node::New { callee, .. } => arena.is_global(*callee, "Date"),
        Node::Derived(name, operands) => {
            let name = arena.text(*name);
            SETS.contains(&name)
                || MOVES.contains(&name) && operands.first().is_some_and(|date| is_date(arena, *date, depth + 1))
        }
        Node::OneOf(alternatives) => alternatives.iter().all(|(_, value)| is_date(arena, *value, depth + 1)),
        _ => false,
    }
}

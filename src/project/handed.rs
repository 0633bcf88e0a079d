//! What callers see of a function: its steps without those that change only values of its own, which nothing else ever sees.
//!
//! A list that is filled and counted, an element of a page, a Set of what was met: a large function has hundreds of such steps,
//! and each would be copied into each of its callers, and into theirs.
//!
//! Input: the steps of a function. Output: those that are copied into its callers. Must not know: rules.

use super::link::{Op, Project, Step, Steps};
use super::mongo::is_method;
use crate::limits;
use crate::value::{FnRef, Node, Site, Sym, V, children};
use rustc_hash::FxHashSet;

/// Methods that change what they are called on, and nothing else.
pub const CHANGING: [&str; 14] = [
    "push",
    "unshift",
    "splice",
    "pop",
    "shift",
    "sort",
    "reverse",
    "fill",
    "copyWithin",
    "addToSet",
    "pull",
    "set",
    "add",
    "delete",
];

/// Methods that only ask.
pub(super) const ASKING: [&str; 2] = ["has", "get"];

/// What a step does for a caller.
enum Use {
    Always,
    Never,
    /// It changes this value; under a key or an element that is not named where `is_keyed`.
    Changes {
        value: V,
        is_keyed: bool,
    },
}

/// Values that something else than a change of them sees; none where they are too many.
type Seen = Option<FxHashSet<V>>;

impl Project {
    /// The steps of a function that its callers see.
    pub(super) fn for_callers(&self, func: FnRef, steps: &Steps) -> Steps {
        let uses: Vec<Use> = steps.iter().map(|step| self.use_of(step)).collect();
        if uses.iter().all(|step| matches!(step, Use::Always)) {
            return Steps::clone(steps);
        }
        let seen = self.seen_values(func, steps, &uses);
        let is_seen = |step: &Use| match step {
            Use::Always => true,
            Use::Never => false,
            Use::Changes { value, is_keyed } => {
                seen.as_ref().is_none_or(|seen| self.is_seen(func, *value, *is_keyed, seen, 0))
            }
        };
        let handed: Vec<Step> =
            steps.iter().zip(&uses).filter(|(_, step)| is_seen(step)).map(|(step, _)| step.clone()).collect();
        handed.into()
    }

    fn use_of(&self, step: &Step) -> Use {
        match &step.op {
            Op::Marked { .. } => Use::Always,
            Op::Assign { object, key, .. } => Use::Changes { value: *object, is_keyed: key.is_none() },
            Op::Call { callee, .. } if matches!(self.arena.peek(*callee), Node::Param(..) | Node::Func(_)) => {
                Use::Always
            }
            Op::Call { recv: Some(recv), name: Some(name), .. } => self.use_of_method(step, *recv, *name),
            Op::Call { .. } => Use::Always,
        }
    }

    fn use_of_method(&self, step: &Step, recv: V, name: Sym) -> Use {
        let name = self.arena.text(name);
        if is_method(name)
            || !(CHANGING.contains(&name) || ASKING.contains(&name))
            || self.outside_effect(step).is_some()
        {
            return Use::Always;
        }
        match ASKING.contains(&name) {
            true => Use::Never,
            false => Use::Changes { value: recv, is_keyed: true },
        }
    }

    /// The values in the calls that always count, and in what the function returns.
    fn seen_values(&self, func: FnRef, steps: &Steps, uses: &[Use]) -> Seen {
        let mut open: Vec<V> = self.returns_of(func).unwrap_or_default().iter().map(|(_, value)| *value).collect();
        for (step, _) in steps.iter().zip(uses).filter(|(_, step)| matches!(step, Use::Always)) {
            match &step.op {
                Op::Call { callee, recv, args, .. } => open.extend(args.iter().chain(recv).chain([callee])),
                Op::Marked { args, .. } => open.extend(args),
                Op::Assign { .. } => {}
            }
        }
        let mut seen = FxHashSet::default();
        while let Some(value) = open.pop() {
            if !seen.insert(value) {
                continue;
            }
            if seen.len() > limits::SEEN_VALUES {
                return None;
            }
            open.extend(children(self.arena.peek(value)));
        }
        Some(seen)
    }

    /// Whether somebody else than the function sees a change of a value: whoever gave it, or what it is given to.
    fn is_seen(&self, func: FnRef, value: V, is_keyed: bool, seen: &FxHashSet<V>, depth: u32) -> bool {
        if depth > limits::SEEN_DEPTH || seen.contains(&value) {
            return true;
        }
        let within = |value: V| self.is_seen(func, value, is_keyed, seen, depth + 1);
        match self.arena.peek(value) {
            Node::Member(object, _)
            | Node::Index(object, _)
            | Node::Element(object)
            | Node::Coerce(_, object)
            | Node::Query { array: object, .. } => within(*object),
            Node::OneOf(alternatives) => alternatives.iter().any(|(_, value)| within(*value)),
            Node::Opaque(site) => !self.is_own_text(func, *site),
            Node::New { site, .. } => !self.is_own_text(func, *site),
            Node::Call { site, callee, .. } => {
                !self.is_own_text(func, *site)
                    || matches!(self.arena.peek(*callee), Node::Member(..)) && within(*callee)
            }
            // const locks = {} at module level
            Node::Object(entries) => self.is_closure(func) || is_keyed && entries.is_empty(),
            Node::Array(_) | Node::Mapped(..) | Node::Derived(..) | Node::Template(_) | Node::Str(_) => {
                self.is_closure(func)
            }
            _ => true,
        }
    }

    /// Whether an expression, or the call that leads to it, stands in the text of a function.
    fn is_own_text(&self, func: FnRef, site: Site) -> bool {
        self.is_in_text(func, self.outermost(site))
    }

    /// Whether a function stands inside of another one, whose values it may change.
    pub(super) fn is_closure(&self, func: FnRef) -> bool {
        let around = self.function(func).and_then(|function| function.parent);
        around.and_then(|around| self.function(around)).is_some_and(|around| around.parent.is_some())
    }
}

//! Validators that ask before the handler runs: `body('email').custom(async (email) => …)` of express-validator.
//!
//! Each is called with a field of the request; that one of them throws is what `validationResult(req).isEmpty()` says.
//!
//! Source: express-validator, "Custom validators". Input: the arguments of a route. Output: functions, with the field they are
//! given. Must not know: rules, MongoDB methods.

use super::instance::Instance;
use super::link::Project;
use crate::limits;
use crate::value::{FnRef, Node, Site, Sym, V, VALID};

/// What runs before or at a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Handler {
    pub(super) func: FnRef,
    /// The part of the request, and the field of it, that a validator is given.
    pub(super) field: Option<(Sym, Sym)>,
}

impl From<FnRef> for Handler {
    fn from(func: FnRef) -> Self {
        Self { func, field: None }
    }
}

impl Project {
    /// The functions of a chain that begins with `body('email')`; none for another value.
    pub(super) fn validators(&mut self, chain: V) -> Option<Vec<Handler>> {
        let (mut at, mut functions) = (chain, Vec::new());
        for _ in 0..limits::VALIDATOR_CALLS {
            at = match self.arena.node(at).clone() {
                Node::Call { callee, args, .. } => match self.arena.node(callee).clone() {
                    Node::Member(inner, name) if self.package_of(callee).is_none() => {
                        if self.arena.text(name) == "custom"
                            && let Some(function) = args.first().map(|function| self.linked(*function))
                            && let Node::Func(func) = *self.arena.node(function)
                        {
                            functions.push(func);
                        }
                        inner
                    }
                    _ => return self.validators_of(callee, &args, functions),
                },
                // body('email').trim()
                Node::Derived(_, operands) => *operands.first()?,
                _ => return None,
            };
        }
        None
    }

    fn validators_of(&mut self, callee: V, args: &[V], functions: Vec<FnRef>) -> Option<Vec<Handler>> {
        if self.package_of(callee) != Some("express-validator") {
            return None;
        }
        let part = match self.last_name(callee)? {
            "body" | "check" => "body",
            "param" => "params",
            "query" => "query",
            _ => return None,
        };
        let field = self.arena.as_str(*args.first()?)?.to_owned();
        let field = (self.arena.sym(part), self.arena.sym(&field));
        Some(functions.into_iter().rev().map(|func| Handler { func, field: Some(field) }).collect())
    }

    /// What a validator is given.
    pub(super) fn given_to_validator(&mut self, request: V, (part, field): (Sym, Sym)) -> Vec<V> {
        let part = self.arena.member(request, part);
        vec![self.arena.member(part, field)]
    }

    /// Whether a validator lets the request pass, as a value.
    pub(super) fn lets_pass(&mut self, func: FnRef, args: &[V], site: Site) -> Option<V> {
        let throws = self.throws_when(func)?;
        let mut instance = Instance::new(func, args, None, site);
        let throws = self.instantiate(&mut instance, throws);
        Some(self.arena.not(throws))
    }

    /// `validationResult(req).isEmpty()`
    pub(super) fn validity(&mut self, request: V) -> V {
        self.arena.derived(VALID, vec![request])
    }
}

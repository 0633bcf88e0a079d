//! Calls of the code's own wrappers, read as the calls of the driver that they stand for.
//!
//! Input: what the configuration says of a wrapper, a call in the facts of a file. Output: the call of the driver. Must not know: the
//! configuration's form, effects, rules.

use crate::facts::FileFacts;
use crate::value::{Arena, Node, V};

/// A wrapper of a method of the driver.
#[derive(Clone, Debug, Default)]
pub struct OwnMethod {
    /// The names of the callee, the outer ones first: `store`, `patch`. A star stands for anything.
    pub path: Vec<String>,
    /// The method of the driver.
    pub method: String,
    pub collection: Collection,
    /// For each operand of the driver's method, the argument that is it; `None` for one that is left out.
    pub operands: Option<Vec<Option<usize>>>,
}

/// What names the collection of a wrapper's call.
#[derive(Clone, Debug, Default)]
pub enum Collection {
    /// The object on which it is called.
    #[default]
    Receiver,
    /// An argument, counted from 0.
    Argument(usize),
    Named(String),
}

impl OwnMethod {
    /// Which arguments are the operands of the driver's method, of a call with so many.
    pub fn operands(&self, arguments: usize) -> Vec<Option<usize>> {
        match (&self.operands, &self.collection) {
            (Some(operands), _) => operands.clone(),
            (None, Collection::Argument(taken)) => (0..arguments).filter(|at| at != taken).map(Some).collect(),
            (None, _) => (0..arguments).map(Some).collect(),
        }
    }

    /// Whether a callee has the names of this wrapper.
    pub fn is_called(&self, facts: &FileFacts, callee: V) -> bool {
        let Some((last, outer)) = self.path.split_last() else { return false };
        let arena = &facts.arena;
        match arena.peek(callee) {
            Node::Member(object, name) if arena.text(*name) == last => match outer.is_empty() {
                // const { patch } = require('./store')
                true => matches!(arena.peek(*object), Node::Import { .. }),
                false => is_named(facts, *object, outer),
            },
            // const store = require('./store'): `store.patch` is what the module exports
            Node::Import { module, name } if !outer.is_empty() && arena.text(*name) == last => {
                let file = file_name(arena.text(*module));
                outer.len() == 1 && outer.iter().all(|name| name == "*" || name.eq_ignore_ascii_case(file))
            }
            _ if outer.is_empty() => name_of(facts, callee).is_some_and(|name| name == *last),
            _ => false,
        }
    }
}

/// Whether a value has these names, the outer ones first; what stands before them may be anything.
fn is_named(facts: &FileFacts, value: V, path: &[String]) -> bool {
    let Some((last, outer)) = path.split_last() else { return true };
    let is_last = last == "*" || name_of(facts, value).is_some_and(|name| name.eq_ignore_ascii_case(last));
    match facts.arena.peek(value) {
        Node::Member(object, _) => is_last && is_named(facts, *object, outer),
        Node::OneOf(alternatives) => alternatives.iter().any(|(_, one)| is_named(facts, *one, path)),
        _ => is_last && outer.iter().all(|name| name == "*"),
    }
}

/// The last name of a module, as most code calls what it exports.
fn file_name(module: &str) -> &str {
    let file = module.rsplit('/').next().unwrap_or_default();
    file.split('.').next().unwrap_or(file)
}

/// What the code of a file calls a value.
fn name_of(facts: &FileFacts, value: V) -> Option<&str> {
    let arena: &Arena = &facts.arena;
    match arena.peek(value) {
        Node::Member(_, name) | Node::Global(name) => Some(arena.text(*name)),
        Node::Import { module, name } => Some(match arena.text(*name) {
            "=" | "default" | "*" => file_name(arena.text(*module)),
            name => name,
        }),
        Node::Param(func, at) => {
            let function = facts.functions.get(func.0 as usize)?;
            function.param_names.get(*at as usize).map(|name| &**name)
        }
        Node::Func(func) => facts.functions.get(func.0 as usize).map(|function| function.name.as_str()),
        Node::Class(class) | Node::Instance(class) => {
            facts.classes.get(class.0 as usize).map(|class| class.name.as_str())
        }
        Node::This(_) => Some("this"),
        Node::New { callee, .. } | Node::Call { callee, .. } => name_of(facts, *callee),
        _ => None,
    }
}

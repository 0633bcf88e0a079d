//! Handlers that are wrapped: `router.get('/', listBeds)` where another file has `exports.listBeds = catchAsync(async (req, res) => …)`.
//!
//! What such a wrapper gives is a function of its own, so that the one that it calls is found where it is written.
//!
//! Input: what is registered or exported, as it is written. Output: the functions that are wrapped in it. Must not know: effects, rules.

use super::link::Project;
use super::merge::symbol_file;
use crate::limits;
use crate::value::{FnRef, Node, Sym, V};

impl Project {
    /// The functions that a value wraps; none for a function itself.
    pub(super) fn wrapped(&mut self, value: V) -> Vec<FnRef> {
        let mut functions = Vec::new();
        self.add_wrapped(value, 0, &mut functions);
        functions
    }

    fn add_wrapped(&mut self, value: V, depth: u32, functions: &mut Vec<FnRef>) {
        let written = self.as_written(value);
        let Node::Call { args, .. } = self.arena.node(written).clone() else { return };
        if depth > limits::HANDLER_LISTS || self.validators(written).is_some() {
            return;
        }
        for arg in args {
            match self.arena.node(arg) {
                Node::Func(func) => functions.push(*func),
                _ => self.add_wrapped(arg, depth + 1, functions),
            }
        }
    }

    /// What another file exports by a name, as it is written there; any other value as it is.
    fn as_written(&mut self, value: V) -> V {
        let mut at = value;
        for _ in 0..limits::HANDED_ON {
            let (module, name) = match *self.arena.node(at) {
                Node::Import { module, name } => (module, name),
                Node::Member(object, name) => match *self.arena.node(object) {
                    Node::Import { module, name: whole } if matches!(self.arena.text(whole), "=" | "*" | "default") => {
                        (module, name)
                    }
                    _ => break,
                },
                _ => break,
            };
            let Some(written) = symbol_file(self.arena.text(module)).and_then(|file| self.written_export(file, name))
            else {
                break;
            };
            at = written;
        }
        at
    }

    fn written_export(&mut self, file: u32, name: Sym) -> Option<V> {
        let whole = self.arena.sym("=");
        let exports = self.exports.get(file as usize)?;
        match (exports.get(&name), exports.get(&whole)) {
            (Some(own), _) => Some(*own),
            (None, Some(whole)) => self.arena.member_of(*whole, name),
            (None, None) => None,
        }
    }

    /// The functions that a file exports in wrappers by names, each with what wraps it: `catchAsync(async (req, res) => …)`.
    pub fn exported_wrapped(&self, file: u32) -> Vec<(Sym, FnRef, V)> {
        let wrapped = self.exported_values(file).into_iter().filter_map(|(name, value)| {
            let Node::Call { callee, args, .. } = self.arena.node(value) else { return None };
            let [only] = &**args else { return None };
            match self.arena.node(*only) {
                Node::Func(func) => Some((name, *func, *callee)),
                _ => None,
            }
        });
        wrapped.collect()
    }
}

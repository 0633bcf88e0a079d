//! Tasks that run one after another, each with a callback that starts the next: `async.waterfall([load, act], done)`.
//!
//! Sources: async, `waterfall` and `series`.
//! Input: a call with a list of function literals. Output: the tasks, joined by functions of their own.
//! Must not know: MongoDB.

use super::call::unwrap;
use super::eval::{Code, Eval};
use super::stmt::function_code;
use super::{Effect, EffectKind};
use crate::value::{Arena, C, FnRef, Node, V};
use swc_common::{Span, Spanned};
use swc_ecma_ast::*;

impl<'a> Eval<'a> {
    pub(super) fn sequence(&mut self, recv: V, name: &str, args: &'a [ExprOrSpread], span: Span) -> Option<V> {
        let is_library =
            matches!(self.arena.node(recv), Node::Import { module, .. } if self.arena.text(*module) == "async");
        if !is_library || !matches!(name, "waterfall" | "series") {
            return None;
        }
        let Expr::Array(list) = unwrap(&args.first()?.expr) else { return None };
        let codes: Vec<(Code<'a>, Span)> = list
            .elems
            .iter()
            .map(|task| task.as_ref().and_then(|task| Some((function_code(&task.expr)?, task.expr.span()))))
            .collect::<Option<_>>()?;
        let tasks: Vec<V> = codes.iter().map(|(code, _)| self.function_value(*code, &format!("{name} task"))).collect();
        let done = self.args(args.get(1..2).unwrap_or_default()).first().copied();
        let mut next = done.unwrap_or(Arena::UNDEFINED);
        for ((code, span), task) in codes.iter().zip(&tasks).skip(1).rev() {
            let taken = match name {
                "waterfall" => parameters(*code).saturating_sub(1),
                _ => 0,
            };
            next = self.relay(*task, taken, next, done, *span);
        }
        let first = tasks.first().copied()?;
        Some(self.plain_call(first, None, None, vec![next], span))
    }

    /// `(error, …results) => error ? done(error) : task(…results, next)`
    fn relay(&mut self, task: V, taken: u32, next: V, done: Option<V>, span: Span) -> V {
        let (start, end) = self.offsets(span);
        let func = FnRef(self.functions.len() as u32);
        let site = self.site(span);
        let error = self.arena.intern(Node::Param(func, 0));
        let mut args: Vec<V> = (1..=taken).map(|at| self.arena.intern(Node::Param(func, at))).collect();
        args.push(next);
        let [fine, failed] = [false, true].map(|holds| self.arena.assume(C::TRUE, error, holds));
        let mut effects = vec![blank_call(site, fine, task, args)];
        effects.extend(done.map(|done| blank_call(site, failed, done, vec![error])));
        let mut facts = Self::blank("<callback>", start, end, C::TRUE, Some(self.frame.func));
        facts.params = taken + 1;
        facts.param_names = vec![String::new(); taken as usize + 1];
        facts.effects = effects;
        facts.returns = vec![(C::TRUE, Arena::UNDEFINED)];
        self.functions.push(facts);
        self.arena.intern(Node::Func(func))
    }
}

fn blank_call(site: crate::value::Site, cond: C, callee: V, args: Vec<V>) -> Effect {
    Effect {
        site,
        cond,
        kind: EffectKind::Call { callee, recv: None, name: None, args },
        in_loop: false,
        duplicate_key_caught: false,
        caught: false,
        within: Vec::new(),
        dropped: true,
        decides: false,
        unsent: false,
    }
}

fn parameters(code: Code<'_>) -> u32 {
    match code {
        Code::Function(node) => node.params.len() as u32,
        Code::Arrow(node) => node.params.len() as u32,
        Code::Constructor(_) => 0,
    }
}

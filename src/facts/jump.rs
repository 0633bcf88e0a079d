//! Loops, switches and exceptions.
//!
//! Input: statements that jump. Output: their effects under the conditions of each way through. Must not know: MongoDB.

use super::branch::Branch;
use super::eval::Eval;
use super::pattern::Bind;
use super::{Try, TryPart};
use crate::limits::{self, Cut};
use crate::value::{C, Node, Site, V};
use swc_ecma_ast::*;

impl<'a> Eval<'a> {
    pub(super) fn for_each(
        &mut self,
        left: &'a ForHead,
        right: &'a Expr,
        body: &'a Stmt,
        span: swc_common::Span,
        of: bool,
    ) {
        let array = self.expr(right);
        let array = self.freeze(array);
        // for (const key in object)
        let list = if of { array } else { self.arena.derived("Object.keys", vec![array]) };
        let element = self.element(list);
        if !of {
            self.indexes.insert(element);
        }
        let outer = self.enter_scope(false);
        let some = self.opaque(span);
        self.loop_body(some, |eval| {
            eval.ask_filters(list);
            match left {
                ForHead::VarDecl(decl) => {
                    for declarator in &decl.decls {
                        eval.bind(&declarator.name, element, Bind::Declare);
                    }
                }
                ForHead::UsingDecl(decl) => {
                    for declarator in &decl.decls {
                        eval.bind(&declarator.name, element, Bind::Declare);
                    }
                }
                ForHead::Pat(pattern) => eval.bind(pattern, element, Bind::Assign),
            }
            eval.in_scope(body);
        });
        self.scope = outer;
    }

    /// What a list was filtered by holds of each of its elements: `for (const tag of tags.filter((tag) => !known.includes(tag)))`
    pub(super) fn ask_filters(&mut self, list: V) {
        for asked in self.arena.filters_of(list) {
            let cond = self.arena.assume(self.cond, asked, true);
            if cond != C::FALSE {
                self.mark_decisive(asked);
                self.cond = cond;
            }
        }
    }

    /// Runs a loop's body once. A return or throw inside it means that its condition did not hold afterwards.
    pub(super) fn loop_body(&mut self, test: V, run: impl FnOnce(&mut Self)) {
        let outer = self.cond;
        let exits = std::mem::take(&mut self.frame.loop_exits);
        let breaks = std::mem::take(&mut self.frame.breaks);
        let base = std::mem::replace(&mut self.frame.loop_base, outer);
        self.frame.loops += 1;
        self.maybe(test, run);
        self.frame.loops -= 1;
        self.frame.loop_base = base;
        let inner = std::mem::replace(&mut self.frame.loop_exits, exits);
        self.frame.breaks = breaks;
        self.left_by(outer, inner);
    }

    /// Runs a loop without an end of its own that a test of its body leaves: what comes before the test once and straight on, and the
    /// rest as the body of a loop that the test ends. `step` is the last part of a `for`. Says whether the body is of that kind.
    ///
    /// `while (true) { const taken = await find(name); if (!taken) break; name = next(name) }`
    pub(super) fn endless(&mut self, body: &'a Stmt, step: Option<&'a Expr>) -> bool {
        let Some((before, test, after)) = left_at(body) else { return false };
        let (scope, outer, jumped) = (self.enter_scope(false), self.cond, self.jumped);
        let exits = std::mem::take(&mut self.frame.loop_exits);
        let breaks = std::mem::take(&mut self.frame.breaks);
        self.frame.loops += 1;
        self.list(before, false);
        let is_left = if self.cond == C::FALSE { None } else { Some(self.expr(test)) };
        self.frame.loops -= 1;
        let inner = std::mem::replace(&mut self.frame.loop_exits, exits);
        self.frame.breaks = breaks;
        if let Some(is_left) = is_left {
            let is_left = self.freeze(is_left);
            let goes_on = self.arena.not(is_left);
            self.step_index(step);
            self.loop_body(goes_on, |eval| eval.list(after, false));
        }
        (self.scope, self.cond, self.jumped) = (scope, outer, jumped);
        self.left_by(outer, inner);
        true
    }

    /// What a `for` counts is another number in each round.
    pub(super) fn step_index(&mut self, step: Option<&'a Expr>) {
        if let Some(step) = step
            && let Some(name) = stepped(step)
        {
            let index = self.opaque(swc_common::Spanned::span(step));
            self.indexes.insert(index);
            let name = self.arena.sym(name);
            self.bind_name(name, index, Bind::Assign);
        }
    }

    /// Code goes on where none of these exits of a loop was taken.
    pub(super) fn left_by(&mut self, outer: C, exits: Vec<C>) {
        for exit in exits.into_iter().take(limits::LOOP_EXITS) {
            if self.frame.loops > 0 {
                self.frame.loop_exits.push(exit);
            }
            let left = self.arena.since(outer, exit);
            if left == C::TRUE || left == C::FALSE {
                continue;
            }
            let left = self.arena.cond_value(left);
            let cond = self.cond;
            let after = self.arena.assume(cond, left, false);
            if after != C::FALSE {
                self.cond = after;
            }
        }
    }

    /// After a loop its test does not hold, as far as that is not contradicted by a `break`. `first` is what it was before a round:
    /// what it asks of the database is asked again only after one.
    pub(super) fn loop_ended(&mut self, test: &'a Expr, first: Option<V>) {
        if self.cond == C::FALSE {
            return;
        }
        let first = first.map(|first| self.freeze(first));
        let (again, asked) = (self.frame.again, self.frame.effects.len());
        self.frame.again |= first.is_some();
        self.frame.loops += 1;
        let test = self.expr(test);
        self.frame.loops -= 1;
        self.frame.again = again;
        let mut test = self.freeze(test);
        if let Some(first) = first
            && self.frame.effects.len() > asked
        {
            let entered = self.arena.assume(C::TRUE, first, true);
            let skipped = self.arena.assume(C::TRUE, first, false);
            for effect in self.frame.effects.iter_mut().skip(asked) {
                effect.cond = self.arena.assume(effect.cond, first, true);
            }
            test = self.merge(entered, test, skipped, first);
        }
        let cond = self.cond;
        let after = self.arena.assume(cond, test, false);
        if after != C::FALSE {
            self.cond = after;
        }
    }

    pub(super) fn switch(&mut self, node: &'a SwitchStmt) {
        let subject = self.expr(&node.discriminant);
        let subject = self.freeze(subject);
        let outer = self.enter_scope(false);
        let breaks = std::mem::take(&mut self.frame.breaks);
        let before = self.cond;
        self.cases(subject, &node.cases, &mut Vec::new());
        let inner = std::mem::replace(&mut self.frame.breaks, breaks);
        if self.cond == C::FALSE && !inner.is_empty() {
            self.jumped = false;
            self.cond = match inner.as_slice() {
                [only] => *only,
                _ => before,
            };
        } else if !inner.is_empty() {
            self.cond = before;
        }
        self.scope = outer;
    }

    /// The cases as a chain of tests; a case without a body falls into the next.
    fn cases(&mut self, subject: V, cases: &'a [SwitchCase], seen: &mut Vec<V>) {
        let mut open = Vec::new();
        let mut rest = cases.iter();
        let case = loop {
            let Some(case) = rest.next() else { return };
            if let Some(test) = &case.test {
                let test = self.expr(test);
                let equal = self.equal(subject, test);
                open.push(equal);
                seen.push(equal);
            }
            let falls = case.cons.is_empty() && case.test.is_some();
            if !falls || rest.as_slice().is_empty() {
                break case;
            }
        };
        let rest = rest.as_slice();
        let is_default = case.test.is_none();
        let test = if is_default {
            let later: Vec<V> =
                rest.iter().filter_map(|case| case.test.as_deref()).map(|test| self.expr(test)).collect();
            let mut none: Vec<V> = seen.to_vec();
            for test in later {
                let equal = self.equal(subject, test);
                none.push(equal);
            }
            let any = self.arena.any(none);
            self.arena.not(any)
        } else {
            self.arena.any(open)
        };
        self.split(
            test,
            |eval| eval.block(&case.cons),
            |eval| {
                eval.deeper(Cut::Branches, |eval| eval.cases(subject, rest, seen));
            },
        );
    }

    pub(super) fn try_catch(&mut self, node: &'a TryStmt) {
        let outer = self.cond;
        let handler = node.handler.as_ref();
        if let Some(handler) = handler {
            let text = self.source(handler.span);
            self.frame.tries.push(expects_duplicates(text));
        }
        let caught_site = self.site(node.span);
        let caught = self.arena.intern(Node::Caught(caught_site));
        if let Some(handler) = handler {
            let clause = self.site(handler.span);
            self.frame.handled.push(Try { site: caught_site, handler: clause, resumes: C::FALSE, rethrows: false });
        }
        let last = node.block.stmts.last().and_then(Stmt::as_return_stmt).filter(|_| handler.is_some());
        let last = std::mem::replace(&mut self.frame.last, last.map(|last| last.span));
        let body = self.branch(outer, |eval| {
            let within = eval.enter_try(&node.block);
            eval.inside(caught_site, TryPart::Body, |eval| eval.scoped_block(&node.block.stmts));
            eval.standing.within = within;
        });
        self.frame.last = last;
        let body_end = body.end;
        let completed = self.arena.not(caught);
        let unsure = self.unsure(completed, &body);
        if handler.is_some() {
            self.frame.tries.pop();
        }
        match handler {
            Some(handler) => {
                let cond = self.arena.assume(outer, caught, true);
                let rescue: Branch = self.branch(cond, |eval| {
                    let scope = eval.enter_scope(false);
                    if let Some(param) = &handler.param {
                        let error = eval.arena.derived("error", vec![caught]);
                        eval.bind(param, error, Bind::Declare);
                    }
                    eval.inside(caught_site, TryPart::Handler, |eval| eval.block(&handler.body.stmts));
                    eval.scope = scope;
                });
                let rescued = rescue.end;
                if let Some(handled) = self.frame.handled.iter_mut().find(|handled| handled.site == caught_site) {
                    handled.resumes = rescued;
                }
                // Assignments of the body are kept: what follows a completed body is the path that matters.
                self.join(completed, body, rescue);
                if rescued == C::FALSE {
                    self.cond = self.arena.assume(body_end, caught, false);
                }
            }
            None => {
                let skipped = self.branch(C::FALSE, |_| {});
                let never = self.arena.bool(true);
                self.join(never, body, skipped);
                self.cond = body_end;
            }
        }
        if let Some(finalizer) = &node.finalizer {
            let after = self.cond;
            let jumped = self.jumped;
            self.cond = outer;
            // It also runs when the body was left half-way.
            self.with_values(unsure, |eval| {
                eval.inside(caught_site, TryPart::Finalizer, |eval| eval.scoped_block(&finalizer.stmts));
            });
            if self.cond != C::FALSE {
                self.cond = after;
                self.jumped = jumped;
            }
        }
    }

    /// The path of a `return` that ends the body of a `try`: nothing was caught there. Of a result of which it is known without the
    /// database whether it is true, this tells one way through from the other: `try { …; return true } catch { return false }`.
    pub(super) fn uncaught(&mut self, node: &ReturnStmt, value: V) -> C {
        let cond = self.cond;
        match self.frame.within.last().copied() {
            Some((site, TryPart::Body))
                if self.frame.last == Some(node.span) && self.arena.truth(C::TRUE, value).is_some() =>
            {
                let caught = self.arena.intern(Node::Caught(site));
                self.arena.assume(cond, caught, false)
            }
            _ => cond,
        }
    }

    pub(super) fn inside(&mut self, site: Site, part: TryPart, run: impl FnOnce(&mut Self)) {
        self.frame.within.push((site, part));
        run(self);
        self.frame.within.pop();
    }
}

/// The test of a loop's body by which the loop is left, with what is done before and after it.
fn left_at(body: &Stmt) -> Option<(&[Stmt], &Expr, &[Stmt])> {
    let stmts = &body.as_block()?.stmts;
    let at = stmts.iter().position(|stmt| is_left_by(stmt).is_some())?;
    Some((stmts.get(..at)?, is_left_by(stmts.get(at)?)?, stmts.get(at + 1..)?))
}

/// `if (test) break;`
fn is_left_by(stmt: &Stmt) -> Option<&Expr> {
    let test = stmt.as_if_stmt().filter(|test| test.alt.is_none())?;
    let is_break = |stmt: &Stmt| matches!(stmt, Stmt::Break(jump) if jump.label.is_none());
    let is_left = match &*test.cons {
        Stmt::Block(block) => matches!(block.stmts.as_slice(), [only] if is_break(only)),
        only => is_break(only),
    };
    is_left.then_some(&*test.test)
}

/// The variable that the last part of a `for` steps on: `i++`, `i += 1`.
fn stepped(update: &Expr) -> Option<&str> {
    let target = match update {
        Expr::Update(update) => update.arg.as_ident(),
        Expr::Assign(assign) => return assign.left.as_ident().map(|ident| ident.id.sym.as_str()),
        _ => None,
    };
    target.map(|ident| ident.sym.as_str())
}

/// Whether the test of a loop always holds.
pub(super) fn is_endless(test: Option<&Expr>) -> bool {
    test.is_none_or(|test| matches!(test, Expr::Lit(Lit::Bool(test)) if test.value))
}

/// Whether the text of a handler asks for a duplicate key: `error.code === 11000`, `isDuplicateKeyError(error)`.
pub(super) fn expects_duplicates(text: &str) -> bool {
    text.contains("11000") || text.contains("uplicateKey") || text.contains("duplicate key")
}

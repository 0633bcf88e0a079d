//! Where code stands: statements alone or in a list, the tests that leave a function before them, the names in scope.
//!
//! Input: statements. Output: [`Statement`], [`Exit`], [`Taken`], names with what they mean. Must not know: what a fix does with them.

use super::eval::{Code, Eval};
use super::leaving::{awaited, leaves};
use super::receiver::is_part;
use super::written::{Exit, Meanings, Otherwise, Standing, Statement, Taken};
use crate::limits;
use crate::value::{Arena, Node, Sym, V};
use rustc_hash::FxHashSet;
use swc_common::{Span, Spanned};
use swc_ecma_ast::*;

/// What a statement does with its expression.
pub(super) enum Standalone<'s> {
    Alone,
    Named(&'s str),
    Returned,
}

impl<'a> Eval<'a> {
    pub(super) fn enter_body(&mut self, code: Code<'a>) -> Standing {
        let span = match code {
            Code::Function(node) => node.span,
            Code::Arrow(node) => node.span,
            Code::Constructor(node) => node.span,
        };
        let is_async = code.is_async();
        let body = self.offsets(span);
        std::mem::replace(&mut self.standing, Standing { body, is_async, ..Standing::default() })
    }

    /// `is_lone`: the statement of a branch without braces.
    pub(super) fn enter_list(&mut self, stmts: &'a [Stmt], is_lone: bool) -> Standing {
        let (last, end) = stmts.last().map_or((0, 0), |last| self.offsets(last.span()));
        let Standing { body, is_async, within, .. } = self.standing;
        std::mem::replace(&mut self.standing, Standing { body, is_async, within, is_listed: !is_lone, last, end })
    }

    /// Begins the block of a `try`.
    pub(super) fn enter_try(&mut self, block: &'a BlockStmt) -> u32 {
        let start = self.offsets(block.span).0;
        std::mem::replace(&mut self.standing.within, start)
    }

    /// Notes a statement that is an expression, gives it a name, or returns it.
    pub(super) fn note_statement(&mut self, expr: &'a Expr, span: Span, role: Standalone<'_>) {
        let (inner, is_awaited) = awaited(expr);
        if !matches!(inner, Expr::Call(_) | Expr::Assign(_) | Expr::Update(_) | Expr::New(_)) {
            return;
        }
        // A statement without a semicolon ends in the syntax tree with that of the next line: `await x()\n;[1].map(f)`.
        let (start, mut end) = (self.offsets(span).0, self.offsets(expr.span()).1);
        let rest = self.text.get(end as usize..).unwrap_or_default();
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let is_terminated = rest.get(blanks..).is_some_and(|rest| rest.starts_with(';'));
        if is_terminated {
            end += blanks as u32 + 1;
        }
        let Standing { body, is_async, is_listed, last, within, end: block_end } = self.standing;
        let statement = Statement {
            start,
            end,
            line_end: self.line_end(end),
            bound: match role {
                Standalone::Named(name) => Some(name.to_owned()),
                Standalone::Alone | Standalone::Returned => None,
            },
            is_awaited,
            is_async,
            indent: self.indent(start),
            is_listed,
            block_end,
            is_last: last == start,
            is_final: self.text.get(end as usize..body.1 as usize).is_some_and(|rest| rest.trim() == "}"),
            is_returned: match role {
                Standalone::Returned => true,
                Standalone::Named(name) => self.returned_after(end).is_some_and(|returned| returned == name),
                Standalone::Alone => false,
            },
            is_counted: match role {
                Standalone::Named(name) => self.returned_after(end).is_some_and(|returned| is_count_of(returned, name)),
                Standalone::Alone | Standalone::Returned => false,
            },
            is_only_tested: match role {
                Standalone::Named(name) if !is_awaited => self.is_only_tested(end, name),
                Standalone::Named(_) | Standalone::Alone | Standalone::Returned => false,
            },
            body: body.0,
            within,
            is_terminated,
        };
        self.noted.statements.insert(self.offsets(inner.span()), statement);
    }

    /// What is returned right after an offset.
    fn returned_after(&self, end: u32) -> Option<&'a str> {
        let rest = self.text.get(end as usize..)?.trim_start().strip_prefix("return ")?;
        rest.split([';', '\n']).next().map(str::trim)
    }

    /// Whether all that stands of a name after an offset are tests and members of it, of the first a few: `if (!found)`, `found.id`. So
    /// nothing waits for a promise in it, or hands it on.
    fn is_only_tested(&self, end: u32, name: &str) -> bool {
        let rest = self.text.get(end as usize..self.standing.body.1 as usize).unwrap_or_default();
        if rest.len() > limits::BLOCK {
            return false;
        }
        let (mut at, mut tests) = (0, 0);
        while let Some(found) = rest.get(at..).and_then(|rest| rest.find(name)) {
            let start = at + found;
            at = start + name.len();
            let (before, after) = (rest.get(..start).unwrap_or_default(), rest.get(at..).unwrap_or_default());
            if before.ends_with(is_part) || after.starts_with(is_part) {
                continue;
            }
            match (is_test(before, after), is_read(before, after)) {
                (true, _) => tests += 1,
                (false, true) => {}
                (false, false) => return false,
            }
        }
        tests > 0
    }

    fn line_end(&self, end: u32) -> u32 {
        let rest = self.text.get(end as usize..).unwrap_or_default();
        if !rest.trim_start_matches([' ', '\t']).starts_with("//") {
            return end;
        }
        let line = rest.split(['\n', '\r']).next().unwrap_or_default();
        end + line.trim_end().len() as u32
    }

    /// The blanks of a line before an offset; none where something else stands there.
    fn indent(&self, start: u32) -> String {
        let before = self.text.get(..start as usize).unwrap_or_default();
        let line = before.trim_end_matches([' ', '\t']);
        if line.is_empty() || line.ends_with('\n') {
            before.get(line.len()..).unwrap_or_default().to_owned()
        } else {
            String::new()
        }
    }

    /// Notes a test that leaves the function, or what is done where it holds.
    pub(super) fn note_test(&mut self, node: &'a IfStmt, test: V) {
        let aside = self.arena.begin(limits::SCOPE_WORK, limits::SCOPE_KEPT);
        let test = self.freeze(test);
        let _ = self.arena.end(aside);
        let (start, end) = self.offsets(node.cons.span());
        let last = match &*node.cons {
            Stmt::Block(block) => block.stmts.last().map_or(start, |last| self.offsets(last.span()).0),
            _ => start,
        };
        let indent = self.indent(self.offsets(node.span).0);
        let otherwise = match node.alt.as_deref() {
            None => Otherwise::Nothing,
            Some(Stmt::Block(block)) if self.source(block.span).len() <= limits::BLOCK => {
                Otherwise::Block { text: self.source(block.span).to_owned(), indent: indent.clone() }
            }
            Some(_) => Otherwise::Unknown,
        };
        if let Otherwise::Block { text, .. } = &otherwise {
            self.note_meanings(end, text);
        }
        let Standing { body, within, end: block_end, .. } = self.standing;
        self.noted.taken.push(Taken { test, start, end, body: body.0, last, otherwise });
        let text = self.source(node.cons.span());
        if node.alt.is_some() || !leaves(&node.cons) || text.len() > limits::BLOCK {
            return;
        }
        self.note_meanings(end, text);
        self.noted.exits.push(Exit { test, end, block_end, body: body.0, within, text: text.to_owned(), indent });
    }

    /// Notes what the names in the text of a branch stand for. A member is no name.
    fn note_meanings(&mut self, end: u32, text: &str) {
        let (mut seen, mut words) = (FxHashSet::default(), Vec::new());
        let mut rest = text;
        while let Some(start) = rest.find(is_part) {
            let (before, from) = rest.split_at(start);
            let (word, after) = from.split_at(from.find(|c: char| !is_part(c)).unwrap_or(from.len()));
            rest = after;
            let is_member = before.ends_with('.') && !before.ends_with("..");
            if !is_member && !word.starts_with(|c: char| c.is_ascii_digit()) && seen.insert(word) {
                let name = self.arena.sym(word);
                words.push((name, self.meaning(name)));
            }
        }
        self.noted.meanings.push(Meanings { end, body: self.standing.body.0, words });
    }

    fn meaning(&self, name: Sym) -> Option<(usize, V)> {
        self.resolve(name).map(|var| (var, self.var(var)))
    }

    /// The ends of the branches of this function, of the last ones, whose texts mean the same here.
    pub(super) fn alike(&self) -> Vec<u32> {
        let body = self.standing.body.0;
        let last = self.noted.meanings.iter().rev().take(limits::BRANCHES);
        let own = last.filter(|branch| branch.body == body);
        let is_alike = |branch: &&Meanings| branch.words.iter().all(|(name, meaning)| self.meaning(*name) == *meaning);
        own.filter(is_alike).map(|branch| branch.end).collect()
    }

    /// What the names in scope mean here, the innermost first. What is not known hides an outer name all the same.
    pub(super) fn names(&mut self) -> Vec<(Sym, V)> {
        let this = (self.arena.sym("this"), self.frame.this);
        let (mut seen, mut names) = (FxHashSet::default(), vec![this]);
        let mut at = Some(self.scope);
        while let Some(scope) = at.and_then(|at| self.scopes.get(at)) {
            let is_module = scope.parent.is_none();
            at = scope.parent;
            // Looked through at each call: what is so large is not known.
            if scope.vars.len() > limits::SCOPE_NAMES {
                break;
            }
            let mut own: Vec<(Sym, usize)> = scope.vars.iter().map(|(name, var)| (*name, *var)).collect();
            own.sort_unstable();
            for (name, var) in own {
                if names.len() >= limits::NAMES || !seen.insert(name) {
                    continue;
                }
                let value = self.var(var);
                // What the module holds can be large, and is shared.
                let value = match is_module && self.arena.has_cell(value) {
                    true => Arena::UNDEFINED,
                    false => self.freeze(value),
                };
                let value = match self.arena.node(value) {
                    Node::Undefined => value,
                    _ => self.arena.narrow(self.cond, value),
                };
                names.push((name, value));
            }
        }
        names
    }
}

/// `result.modifiedCount === 1`
fn is_count_of(code: &str, name: &str) -> bool {
    ["matchedCount", "modifiedCount", "nModified"].into_iter().any(|count| code.contains(&format!("{name}.{count}")))
}

/// Whether a name stands as a test of its own: `if (name)`, `!name`, `name && …`.
fn is_test(before: &str, after: &str) -> bool {
    let (before, after) = (before.trim_end(), after.trim_start());
    let is_of_if = before.strip_suffix('(').is_some_and(|before| before.trim_end().ends_with("if"));
    let begins = is_of_if || before.ends_with('!') || before.ends_with("&&") || before.ends_with("||");
    begins && [")", "&&", "||"].iter().any(|next| after.starts_with(next))
}

/// Whether a member of a name is read, other than one of a promise or of a query.
fn is_read(before: &str, after: &str) -> bool {
    let Some(member) = after.strip_prefix('.').or_else(|| after.strip_prefix("?.")) else { return false };
    let name = member.split(|c| !is_part(c)).next().unwrap_or_default();
    !before.trim_end().ends_with("await") && !matches!(name, "then" | "catch" | "finally" | "exec")
}

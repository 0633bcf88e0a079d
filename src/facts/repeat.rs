//! Reads and writes between which nothing stands that must not be done twice, so that both can be done again.
//!
//! Input: the syntax tree of one file and its text. Output: [`Repeat`]s by the offsets of the writes. Must not know: what the methods
//! mean beyond their names, what a fix does with it.

use super::leaving::{awaited, leaves};
use super::repeatable::Repeatable;
use super::written::{Hoisted, Repeat};
use crate::limits;
use crate::parse::FIRST_POSITION;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use swc_common::{Span, Spanned};
use swc_ecma_ast::*;
use swc_ecma_visit::{Visit, VisitWith};

/// Methods that change one document and give what they found.
const WRITES: [&str; 4] = ["updateOne", "findOneAndUpdate", "findByIdAndUpdate", "replaceOne"];

/// By the offsets of the call that writes.
pub type Repeats = BTreeMap<(u32, u32), Repeat>;

/// All writes of a file that can be done again with the read before them.
pub fn repeats(program: &Program, text: &str) -> Repeats {
    let mut found = Lists { text, repeats: Repeats::new() };
    program.visit_with(&mut found);
    found.repeats
}

struct Lists<'a> {
    text: &'a str,
    repeats: Repeats,
}

impl Visit for Lists<'_> {
    fn visit_block_stmt(&mut self, node: &BlockStmt) {
        self.list(&node.stmts, node.span);
        node.visit_children_with(self);
    }

    fn visit_function_body(&mut self, node: &FunctionBody) {
        self.list(&node.stmts, node.span);
        node.visit_children_with(self);
    }
}

impl Lists<'_> {
    /// `span`: of the braces around the list.
    fn list(&mut self, stmts: &[Stmt], span: Span) {
        let writing = |stmt| sent(stmt).filter(|call| is_write(call));
        let Some(first) = stmts.iter().position(|stmt| writing(stmt).is_some()) else { return };
        // Each statement is looked through once for the names that it uses.
        let mut after = Used::default();
        for (at, stmt) in stmts.iter().enumerate().skip(first).rev() {
            if let Some(call) = writing(stmt)
                && let Some(repeat) = self.repeat(stmts, span, at, &after)
            {
                self.repeats.insert(offsets(call.span), repeat);
            }
            stmt.visit_with(&mut after);
        }
    }

    /// The read before a write of a list, and what is between them. `after`: what is used after the write.
    fn repeat(&self, list: &[Stmt], span: Span, write: usize, after: &Used) -> Option<Repeat> {
        let first = write.saturating_sub(limits::REPEATED);
        let before = list.get(first..write)?;
        let read = first + before.iter().rposition(|stmt| sent(stmt).is_some())?;
        let stmts = list.get(read..=write)?;
        let (reading, writing) = (stmts.first()?, stmts.last()?);
        let Stmt::Decl(Decl::Var(_)) = reading else { return None };
        let (start, end) = (offsets(reading.span()).0, offsets(writing.span()).1);
        let text = self.text.get(start as usize..end as usize).filter(|text| text.len() <= limits::WRITTEN)?;
        if text.contains("attempt") || !are_repeatable(stmts) {
            return None;
        }
        let indent = self.blanks(start)?;
        // Each statement begins its line, as far in as the first.
        if !stmts.iter().all(|stmt| self.blanks(offsets(stmt.span()).0) == Some(indent)) {
            return None;
        }
        let outer = self.line(offsets(span).0);
        let step = indent.strip_prefix(outer).filter(|step| !step.is_empty())?.to_owned();
        let line = |(at, _): (usize, &str)| start + at as u32 + 1;
        let lines = text.match_indices('\n').map(line).filter(|at| !self.is_blank(*at)).collect();
        let mut within = Used::default();
        stmts.iter().for_each(|stmt| stmt.visit_with(&mut within));
        let mut hoisted = Vec::new();
        for stmt in stmts {
            hoist(stmt, (after, &within), &mut hoisted)?;
        }
        Some(Repeat { start, read_end: offsets(reading.span()).1, step, lines, hoisted })
    }

    /// The blanks before an offset, where it begins its line.
    fn blanks(&self, start: u32) -> Option<&str> {
        let before = self.text.get(..start as usize)?;
        let line = before.rsplit('\n').next()?;
        line.trim_matches([' ', '\t']).is_empty().then_some(line)
    }

    /// The blanks that the line of an offset begins with.
    fn line(&self, at: u32) -> &str {
        let line = self.text.get(..at as usize).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
        line.get(..line.len() - line.trim_start_matches([' ', '\t']).len()).unwrap_or_default()
    }

    fn is_blank(&self, at: u32) -> bool {
        let rest = self.text.get(at as usize..).unwrap_or_default();
        rest.split('\n').next().is_none_or(|line| line.trim().is_empty())
    }
}

/// The names of a declaration that are used after the write; none where one of them cannot be declared before.
fn hoist(stmt: &Stmt, (after, within): (&Used, &Used), hoisted: &mut Vec<Hoisted>) -> Option<()> {
    let Stmt::Decl(Decl::Var(decl)) = stmt else { return Some(()) };
    let mut names = Names(Vec::new());
    decl.visit_with(&mut names);
    if !names.0.iter().any(|name| after.names.contains(name)) {
        return Some(());
    }
    let [only] = decl.decls.as_slice() else { return None };
    let Pat::Ident(BindingIdent { id, type_ann: None }) = &only.name else { return None };
    let name = id.sym.to_string();
    let is_captured = after.captured.contains(&name) || within.captured.contains(&name);
    hoisted.push(Hoisted { name, is_captured, at: (offsets(decl.span).0, offsets(only.span).0) });
    Some(())
}

/// The names that some code uses, and those that functions in it use.
#[derive(Default)]
struct Used {
    names: FxHashSet<String>,
    captured: FxHashSet<String>,
    functions: u32,
}

impl Visit for Used {
    fn visit_ident(&mut self, node: &Ident) {
        self.names.insert(node.sym.to_string());
        if self.functions > 0 {
            self.captured.insert(node.sym.to_string());
        }
    }

    fn visit_arrow_expr(&mut self, node: &ArrowExpr) {
        self.functions += 1;
        node.visit_children_with(self);
        self.functions -= 1;
    }

    fn visit_function(&mut self, node: &Function) {
        self.functions += 1;
        node.visit_children_with(self);
        self.functions -= 1;
    }
}

/// Names that a pattern binds.
struct Names(Vec<String>);

impl Visit for Names {
    fn visit_binding_ident(&mut self, node: &BindingIdent) {
        self.0.push(node.id.sym.to_string());
    }

    fn visit_assign_pat_prop(&mut self, node: &AssignPatProp) {
        self.0.push(node.key.id.sym.to_string());
    }

    fn visit_expr(&mut self, _: &Expr) {}
}

/// Whether nothing of a list must not be done twice: its first statement reads, its last one writes.
fn are_repeatable(stmts: &[Stmt]) -> bool {
    let mut all = Repeatable::default();
    stmts.iter().enumerate().all(|(at, stmt)| match sent(stmt) {
        Some(call) if at == 0 => {
            all.binds_fresh(stmt);
            all.is_so_of_arguments(call)
        }
        Some(call) => at + 1 == stmts.len() && all.is_so_of_arguments(call),
        None => all.is_so(stmt),
    }) && all.holds()
}

/// The call that a statement waits for, or returns.
fn sent(stmt: &Stmt) -> Option<&CallExpr> {
    let expr = match stmt {
        Stmt::Expr(node) => &node.expr,
        Stmt::Return(node) => node.arg.as_ref()?,
        Stmt::Decl(Decl::Var(decl)) => match decl.decls.as_slice() {
            [only] => only.init.as_ref()?,
            _ => return None,
        },
        _ => return None,
    };
    match awaited(expr) {
        (Expr::Call(call), true) => Some(call),
        (Expr::Call(call), false) if leaves(stmt) && is_write(call) => Some(call),
        _ => None,
    }
}

fn is_write(call: &CallExpr) -> bool {
    match &call.callee {
        Callee::Expr(callee) => match &**callee {
            Expr::Member(member) => {
                matches!(&member.prop, MemberProp::Ident(name) if WRITES.contains(&name.sym.as_str()))
            }
            _ => false,
        },
        _ => false,
    }
}

fn offsets(span: Span) -> (u32, u32) {
    (span.lo.0.saturating_sub(FIRST_POSITION), span.hi.0.saturating_sub(FIRST_POSITION))
}

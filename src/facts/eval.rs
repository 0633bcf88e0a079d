//! The evaluator's state: scopes, variables, objects that can change, path condition, and how branches join.
//!
//! A branch runs on the shared state; its changes are taken from the trail and undone, and after the other branch both
//! sets of changes are joined under the branch's condition. So the work is linear in the changes, not in the state.

use super::flags::Flag;
use super::{Class, Effect, EffectKind, FileFacts, Function, Try, TryPart, WrittenCall};
use crate::parse::FIRST_POSITION;
use crate::value::{Arena, C, Entry, FnRef, Item, Key, Node, RETURNS, Site, SiteInfo, Sym, V};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use swc_common::Span;
use swc_ecma_ast::{ArrowExpr, Constructor, Function as FnNode, Program};

/// Code of a function that is evaluated later or in place.
#[derive(Clone, Copy)]
pub(super) enum Code<'a> {
    Function(&'a FnNode),
    Arrow(&'a ArrowExpr),
    Constructor(&'a Constructor),
}

pub(super) struct Scope {
    pub parent: Option<usize>,
    pub vars: FxHashMap<Sym, usize>,
    /// `var` declarations go to the nearest scope of a function.
    pub function: bool,
}

/// A place of the state that a branch can change.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Slot {
    Var(usize),
    Cell(u32),
    Overlay(V),
}

/// The state of the function that is being evaluated.
pub(super) struct Frame {
    pub func: FnRef,
    pub this: V,
    pub returns: Vec<(C, V)>,
    pub throws: Vec<C>,
    pub effects: Vec<Effect>,
    pub loops: u32,
    /// Enclosing `try` blocks with a handler: whether it looks for duplicate keys.
    pub tries: Vec<bool>,
    /// The parts of `try` statements that are being evaluated, outermost first.
    pub within: Vec<(Site, TryPart)>,
    pub handled: Vec<Try>,
    /// How many callbacks are being evaluated in place.
    pub inline: u32,
    /// Conditions of returns and throws inside the innermost loop.
    pub loop_exits: Vec<C>,
    /// Branches after which it is remembered that their calls completed.
    pub completions: u32,
    /// Throws and rejections in callbacks that are evaluated in place.
    pub rejections: u32,
    pub breaks: Vec<C>,
    pub places: Vec<(V, Site)>,
    pub missing: Vec<V>,
}

pub(super) struct Pending<'a> {
    pub func: FnRef,
    pub code: Code<'a>,
    pub scope: usize,
    pub this: V,
}

pub(super) struct Eval<'a> {
    pub arena: Arena,
    pub text: &'a str,
    pub file: u32,
    pub functions: Vec<Function>,
    pub classes: Vec<Class>,
    pub exports: Vec<(Sym, V)>,
    pub export_all: Vec<Sym>,
    pub written: BTreeMap<(u32, u32), WrittenCall>,
    pub scopes: Vec<Scope>,
    pub scope: usize,
    pub vars: Vec<V>,
    pub cells: Vec<V>,
    overlay: FxHashMap<V, V>,
    trail: Vec<(Slot, Option<V>)>,
    pub cond: C,
    /// The path ended by `break`, `continue` or the return of a callback, so that its assignments still count.
    pub jumped: bool,
    pub frame: Frame,
    pub pending: Vec<Vec<Pending<'a>>>,
    pub depth: u32,
    /// The name that the next function expression gets.
    pub naming: Option<String>,
    /// The assignment that is being made.
    pub assigned_span: Span,
    /// Start of a promise chain, and the condition under which its last `then` came back without an exception.
    pub chain: Option<(u32, C)>,
    /// Objects below this number were made by the module body, and are shared by all calls.
    pub module_cells: u32,
    /// Names of variables of the module that are flags, and those declared so far.
    pub flag_names: Vec<String>,
    pub flags: Vec<Flag>,
    /// Calls whose results nothing has looked at so far.
    pub dropped: FxHashSet<Site>,
}

/// Expressions nested deeper than this are not modelled.
pub(super) const MAX_DEPTH: u32 = 1_500;
/// Calls of a branch that are remembered as completed after it, and branches of a function for which they are.
const MAX_COMPLETIONS: usize = 2;
const MAX_KEPT_COMPLETIONS: u32 = 12;
/// Path conditions that need more operands than this after a join are dropped.
const MAX_JOIN: usize = 40;

pub(super) fn run(program: &Program, text: &str, file: u32) -> FileFacts {
    let mut eval = Eval::new(text, file);
    let end = text.len() as u32;
    eval.functions.push(Eval::blank("<module>", 0, end, C::TRUE, None));
    eval.find_flags(program);
    eval.module(program);
    let frame = eval.swap_frame(FnRef(0), Arena::UNDEFINED);
    eval.finish(FnRef(0), frame);
    eval.finish_results();
    let exports = eval.exports.iter().map(|(name, value)| (*name, *value)).collect::<Vec<_>>();
    let exports = exports.into_iter().map(|(name, value)| (name, eval.freeze(value))).collect();
    FileFacts {
        arena: eval.arena,
        functions: eval.functions,
        classes: eval.classes,
        exports,
        export_all: eval.export_all,
        notes: Default::default(),
        written: eval.written,
    }
}

impl<'a> Eval<'a> {
    fn new(text: &'a str, file: u32) -> Self {
        Self {
            arena: Arena::default(),
            text,
            file,
            functions: Vec::new(),
            classes: Vec::new(),
            exports: Vec::new(),
            export_all: Vec::new(),
            written: BTreeMap::new(),
            scopes: vec![Scope { parent: None, vars: FxHashMap::default(), function: true }],
            scope: 0,
            vars: Vec::new(),
            cells: Vec::new(),
            overlay: FxHashMap::default(),
            trail: Vec::new(),
            cond: C::TRUE,
            jumped: false,
            frame: Frame::new(FnRef(0), Arena::UNDEFINED),
            pending: vec![Vec::new()],
            depth: 0,
            naming: None,
            assigned_span: swc_common::DUMMY_SP,
            chain: None,
            module_cells: 0,
            flag_names: Vec::new(),
            flags: Vec::new(),
            dropped: FxHashSet::default(),
        }
    }

    pub(super) fn blank(name: &str, start: u32, end: u32, base: C, parent: Option<FnRef>) -> Function {
        Function {
            name: name.to_owned(),
            start,
            end,
            params: 0,
            base,
            effects: Vec::new(),
            returns: Vec::new(),
            throws: Vec::new(),
            class: None,
            parent,
            param_names: Vec::new(),
            places: Vec::new(),
            tries: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// Remembers where a value is written.
    pub(super) fn place(&mut self, value: V, span: Span) {
        let site = self.site(span);
        if !self.frame.places.iter().any(|(v, _)| *v == value) {
            self.frame.places.push((value, site));
        }
    }

    pub(super) fn swap_frame(&mut self, func: FnRef, this: V) -> Frame {
        std::mem::replace(&mut self.frame, Frame::new(func, this))
    }

    pub(super) fn finish(&mut self, func: FnRef, frame: Frame) {
        let returns = frame.returns.into_iter().map(|(cond, value)| (cond, self.freeze(value))).collect();
        if let Some(function) = self.functions.get_mut(func.0 as usize) {
            function.effects = frame.effects;
            function.returns = returns;
            function.throws = frame.throws;
            function.places = frame.places;
            function.tries = frame.handled;
            function.missing = frame.missing;
        }
    }

    // Positions

    pub(super) fn offsets(&self, span: Span) -> (u32, u32) {
        let start = span.lo.0.saturating_sub(FIRST_POSITION);
        (start, span.hi.0.saturating_sub(FIRST_POSITION).max(start))
    }

    pub(super) fn site(&mut self, span: Span) -> Site {
        let (start, end) = self.offsets(span);
        self.arena.site(SiteInfo { file: self.file, start, end, via: None })
    }

    pub(super) fn opaque(&mut self, span: Span) -> V {
        let site = self.site(span);
        self.arena.intern(Node::Opaque(site))
    }

    // Scopes and variables

    pub(super) fn enter_scope(&mut self, function: bool) -> usize {
        let outer = self.scope;
        self.scopes.push(Scope { parent: Some(outer), vars: FxHashMap::default(), function });
        self.scope = self.scopes.len() - 1;
        outer
    }

    pub(super) fn declare(&mut self, name: Sym, value: V) {
        let var = self.vars.len();
        self.vars.push(value);
        if let Some(scope) = self.scopes.get_mut(self.scope) {
            scope.vars.insert(name, var);
        }
    }

    /// Declares in the nearest function scope unless the name is there already.
    pub(super) fn declare_var(&mut self, name: Sym) {
        let mut at = self.scope;
        while let Some(scope) = self.scopes.get(at) {
            match scope.parent {
                Some(parent) if !scope.function => at = parent,
                _ => break,
            }
        }
        if self.scopes.get(at).is_some_and(|scope| scope.vars.contains_key(&name)) {
            return;
        }
        let var = self.vars.len();
        self.vars.push(Arena::UNDEFINED);
        if let Some(scope) = self.scopes.get_mut(at) {
            scope.vars.insert(name, var);
        }
    }

    pub(super) fn resolve(&self, name: Sym) -> Option<usize> {
        let mut at = Some(self.scope);
        while let Some(scope) = at.and_then(|at| self.scopes.get(at)) {
            if let Some(var) = scope.vars.get(&name) {
                return Some(*var);
            }
            at = scope.parent;
        }
        None
    }

    pub(super) fn var(&self, var: usize) -> V {
        self.vars.get(var).copied().unwrap_or(Arena::UNDEFINED)
    }

    pub(super) fn set_var(&mut self, var: usize, value: V) {
        if let Some(slot) = self.vars.get_mut(var) {
            self.trail.push((Slot::Var(var), Some(*slot)));
            *slot = value;
        }
    }

    // Objects and arrays that can change

    pub(super) fn new_cell(&mut self, content: Node) -> V {
        let content = self.arena.intern(content);
        let cell = self.cells.len() as u32;
        self.cells.push(content);
        self.arena.intern(Node::Cell(cell))
    }

    pub(super) fn content(&self, cell: u32) -> V {
        self.cells.get(cell as usize).copied().unwrap_or(Arena::UNDEFINED)
    }

    pub(super) fn set_content(&mut self, cell: u32, content: V) {
        if let Some(slot) = self.cells.get_mut(cell as usize) {
            self.trail.push((Slot::Cell(cell), Some(*slot)));
            *slot = content;
        }
    }

    pub(super) fn overlay(&self, place: V) -> Option<V> {
        self.overlay.get(&place).copied()
    }

    pub(super) fn set_overlay(&mut self, place: V, value: V) {
        let old = self.overlay.insert(place, value);
        self.trail.push((Slot::Overlay(place), old));
    }

    /// Forgets an assignment, so that the member is looked up anew: what a constructor assigns is a field of the class.
    pub(super) fn forget_overlay(&mut self, object: V, key: Sym) {
        let place = self.arena.intern(Node::Member(object, key));
        let old = self.overlay.remove(&place);
        self.trail.push((Slot::Overlay(place), old));
    }

    /// The value as it is now, with no reference to anything that can change later.
    pub(super) fn freeze(&mut self, value: V) -> V {
        if !self.arena.has_cell(value) {
            return value;
        }
        let mut open = FxHashSet::default();
        self.freeze_in(value, &mut open)
    }

    fn freeze_in(&mut self, value: V, open: &mut FxHashSet<u32>) -> V {
        if !self.arena.has_cell(value) {
            return value;
        }
        if open.len() > 64 {
            return Arena::UNDEFINED;
        }
        match self.arena.node(value).clone() {
            Node::Cell(cell) => {
                if !open.insert(cell) {
                    return Arena::UNDEFINED;
                }
                let content = self.content(cell);
                let frozen = self.freeze_in(content, open);
                open.remove(&cell);
                frozen
            }
            node => {
                let node = map_children(&node, &mut |child| self.freeze_in(child, open));
                match node {
                    Node::Member(object, key) => self.arena.member(object, key),
                    Node::OneOf(alternatives) => self.arena.one_of(alternatives),
                    node => self.arena.intern(node),
                }
            }
        }
    }

    // Branches

    /// Runs code as a branch under `cond`: gives the path condition at its end, whether it only jumped, and its changes,
    /// which are undone.
    pub(super) fn branch(&mut self, cond: C, run: impl FnOnce(&mut Self)) -> Branch {
        let (mark, vars, cells) = (self.trail.len(), self.vars.len(), self.cells.len() as u32);
        let outer = std::mem::replace(&mut self.cond, cond);
        let jumped = std::mem::replace(&mut self.jumped, false);
        if cond != C::FALSE {
            run(self);
        }
        let end = std::mem::replace(&mut self.cond, outer);
        let only_jumped = std::mem::replace(&mut self.jumped, jumped);
        let mut changes: Vec<(Slot, V)> = Vec::new();
        let mut seen = FxHashSet::default();
        while self.trail.len() > mark {
            let Some((slot, old)) = self.trail.pop() else { break };
            let own = match slot {
                Slot::Var(var) => var >= vars,
                Slot::Cell(cell) => cell >= cells,
                Slot::Overlay(_) => false,
            };
            if own {
                continue;
            }
            if seen.insert(slot)
                && let Some(value) = self.slot(slot)
            {
                changes.push((slot, value));
            }
            self.restore(slot, old);
        }
        Branch { end, only_jumped, entered: cond, changes }
    }

    fn slot(&self, slot: Slot) -> Option<V> {
        match slot {
            Slot::Var(var) => self.vars.get(var).copied(),
            Slot::Cell(cell) => self.cells.get(cell as usize).copied(),
            Slot::Overlay(place) => self.overlay.get(&place).copied(),
        }
    }

    fn restore(&mut self, slot: Slot, old: Option<V>) {
        match (slot, old) {
            (Slot::Var(var), Some(old)) => {
                if let Some(value) = self.vars.get_mut(var) {
                    *value = old;
                }
            }
            (Slot::Cell(cell), Some(old)) => {
                if let Some(value) = self.cells.get_mut(cell as usize) {
                    *value = old;
                }
            }
            (Slot::Overlay(place), Some(old)) => {
                self.overlay.insert(place, old);
            }
            (Slot::Overlay(place), None) => {
                self.overlay.remove(&place);
            }
            _ => {}
        }
    }

    /// Joins two branches that split on `test`, and sets the path condition after them.
    pub(super) fn join(&mut self, test: V, then: Branch, otherwise: Branch) {
        let yes = self.arena.assume(C::TRUE, test, true);
        let no = self.arena.assume(C::TRUE, test, false);
        let outer = self.cond;
        let then_counts = then.end != C::FALSE || then.only_jumped;
        let else_counts = otherwise.end != C::FALSE || otherwise.only_jumped;
        let mut slots: Vec<Slot> = Vec::new();
        for (slot, _) in then.changes.iter().chain(&otherwise.changes).rev() {
            if !slots.contains(slot) {
                slots.push(*slot);
            }
        }
        for slot in slots {
            let pre = self.slot(slot).or(match slot {
                Slot::Overlay(place) => Some(place),
                _ => None,
            });
            let value_in = |branch: &Branch| branch.changes.iter().find(|(s, _)| *s == slot).map(|(_, v)| *v).or(pre);
            let (Some(a), Some(b)) = (value_in(&then), value_in(&otherwise)) else { continue };
            let value = match (then_counts, else_counts) {
                (true, false) => a,
                (false, true) => b,
                _ if a == b => a,
                _ => self.merge(yes, a, no, b),
            };
            self.set_slot(slot, value);
        }
        self.jumped = self.jumped
            || (then.end == C::FALSE && otherwise.end == C::FALSE && (then.only_jumped || otherwise.only_jumped));
        self.cond = self.join_conditions(outer, &then, &otherwise);
    }

    fn join_conditions(&mut self, outer: C, then: &Branch, otherwise: &Branch) -> C {
        match (then.end, otherwise.end) {
            (C::FALSE, end) | (end, C::FALSE) => end,
            (a, b) if a == then.entered && b == otherwise.entered => outer,
            (a, b) => {
                let (a, b) = (self.arena.since(outer, a), self.arena.since(outer, b));
                let (a, b) = (self.without_many_completions(a), self.without_many_completions(b));
                if self.arena.atoms(a).len() + self.arena.atoms(b).len() > MAX_JOIN {
                    return outer;
                }
                let (a, b) = (self.arena.cond_value(a), self.arena.cond_value(b));
                let either = self.arena.any(vec![a, b]);
                self.arena.assume(outer, either, true)
            }
        }
    }

    /// That a call inside a branch came back says little after the branch, and would make every join long, unless the branch
    /// does little else: `if (known) refuse('email')`.
    fn without_many_completions(&mut self, cond: C) -> C {
        let atoms = self.arena.atoms(cond);
        let count = atoms.iter().filter(|atom| matches!(self.arena.node(atom.value), Node::Completed(_))).count();
        if count == 0 {
            return cond;
        }
        if count <= MAX_COMPLETIONS && atoms.len() == count + 1 && self.frame.completions < MAX_KEPT_COMPLETIONS {
            self.frame.completions += 1;
            return atoms.into_iter().rev().fold(C::TRUE, |cond, atom| {
                let value = self.returning(atom.value);
                self.arena.assume(cond, value, atom.holds)
            });
        }
        let kept = atoms
            .into_iter()
            .rev()
            .filter(|atom| !matches!(self.arena.node(atom.value), Node::Completed(_)))
            .collect::<Vec<_>>();
        kept.into_iter().fold(C::TRUE, |c, atom| self.arena.assume(c, atom.value, atom.holds))
    }

    /// That a call came back, as far as its function can come back at all: `refuse` of `if (known) refuse('email')` cannot.
    fn returning(&mut self, value: V) -> V {
        match self.arena.node(value) {
            Node::Completed(_) => self.arena.derived(RETURNS, vec![value]),
            _ => value,
        }
    }

    fn set_slot(&mut self, slot: Slot, value: V) {
        match slot {
            Slot::Var(var) => self.set_var(var, value),
            Slot::Cell(cell) => self.set_content(cell, value),
            Slot::Overlay(place) => self.set_overlay(place, value),
        }
    }

    /// The value after two branches. Objects and arrays that grew keep their common start.
    fn merge(&mut self, yes: C, then: V, no: C, otherwise: V) -> V {
        match (self.arena.node(then).clone(), self.arena.node(otherwise).clone()) {
            (Node::Object(a), Node::Object(b)) => {
                let common = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
                let mut entries: Vec<Entry> = a.iter().take(common).copied().collect();
                for (cond, rest) in [(yes, a), (no, b)] {
                    for entry in rest.into_iter().skip(common) {
                        let cond = self.arena.and(cond, entry.cond);
                        entries.push(Entry { cond, ..entry });
                    }
                }
                self.arena.intern(Node::Object(entries))
            }
            (Node::Array(a), Node::Array(b)) => {
                let common = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
                let mut items: Vec<Item> = a.iter().take(common).copied().collect();
                for (cond, rest) in [(yes, a), (no, b)] {
                    for item in rest.into_iter().skip(common) {
                        let cond = self.arena.and(cond, item.cond);
                        items.push(Item { cond, ..item });
                    }
                }
                self.arena.intern(Node::Array(items))
            }
            _ => self.arena.one_of(vec![(yes, then), (no, otherwise)]),
        }
    }

    /// Runs code that may or may not run, such as a loop body; its changes are joined with what was before.
    pub(super) fn maybe(&mut self, test: V, run: impl FnOnce(&mut Self)) {
        let cond = self.cond;
        let body = self.branch(cond, run);
        let body = Branch { end: cond, entered: cond, ..body };
        let skipped = Branch { end: cond, entered: cond, only_jumped: false, changes: Vec::new() };
        self.join(test, body, skipped);
    }

    /// Keeps a function's assignments to outer variables as something that may have happened.
    /// With `fills`, an empty variable is taken to hold what the function assigns, if that is made by a call.
    pub(super) fn join_called(&mut self, some: V, body: Branch, mut skipped: Branch, fills: bool) {
        let cond = self.cond;
        if fills {
            let filled = body.changes.iter().filter(|(slot, value)| self.is_filled(*slot, *value)).copied();
            skipped.changes.extend(filled.collect::<Vec<_>>());
        }
        let body = Branch { end: cond, entered: cond, ..body };
        let skipped = Branch { end: cond, entered: cond, ..skipped };
        self.join(some, body, skipped);
    }

    /// The places that a branch has changed, each with its value when it is not known whether the branch was finished.
    /// To be asked before the branch is joined.
    pub(super) fn unsure(&mut self, test: V, branch: &Branch) -> Vec<(Slot, V)> {
        let yes = self.arena.assume(C::TRUE, test, true);
        let no = self.arena.assume(C::TRUE, test, false);
        let mut unsure = Vec::new();
        for (slot, after) in branch.changes.clone() {
            let Some(before) = self.slot(slot) else { continue };
            if before != after {
                unsure.push((slot, self.merge(yes, after, no, before)));
            }
        }
        unsure
    }

    /// Runs code on a state with these values; what the code does not change has its own value again afterwards.
    pub(super) fn with_values(&mut self, values: Vec<(Slot, V)>, run: impl FnOnce(&mut Self)) {
        let mut own = Vec::new();
        for (slot, value) in values {
            let Some(old) = self.slot(slot) else { continue };
            own.push((slot, value, old));
            self.set_slot(slot, value);
        }
        run(self);
        for (slot, value, old) in own {
            if self.slot(slot) == Some(value) {
                self.set_slot(slot, old);
            }
        }
    }

    /// Whether an assignment gives an empty variable a value from outside, whose truth is not known.
    fn is_filled(&self, slot: Slot, value: V) -> bool {
        let empty = self.slot(slot).is_some_and(|old| matches!(self.arena.node(old), Node::Undefined | Node::Null));
        matches!(slot, Slot::Var(_))
            && empty
            && matches!(self.arena.node(value), Node::Call { .. } | Node::Member(..) | Node::Param(..))
    }

    // Effects

    pub(super) fn effect(&mut self, site: Site, kind: EffectKind) {
        if self.cond == C::FALSE {
            return;
        }
        let effect = Effect {
            site,
            cond: self.cond,
            kind,
            in_loop: self.frame.loops > 0,
            duplicate_key_caught: self.frame.tries.contains(&true),
            caught: !self.frame.tries.is_empty(),
            within: self.frame.within.clone(),
            dropped: false,
        };
        self.frame.effects.push(effect);
    }

    /// The text of a range in the file.
    pub(super) fn source(&self, span: Span) -> &'a str {
        let (start, end) = self.offsets(span);
        self.text.get(start as usize..end as usize).unwrap_or("")
    }

    pub(super) fn entry(key: Key, value: V) -> Entry {
        Entry { key, value, cond: C::TRUE }
    }
}

impl Frame {
    fn new(func: FnRef, this: V) -> Self {
        Self {
            func,
            this,
            returns: Vec::new(),
            throws: Vec::new(),
            effects: Vec::new(),
            loops: 0,
            tries: Vec::new(),
            within: Vec::new(),
            handled: Vec::new(),
            inline: 0,
            loop_exits: Vec::new(),
            completions: 0,
            rejections: 0,
            breaks: Vec::new(),
            places: Vec::new(),
            missing: Vec::new(),
        }
    }
}

/// What a branch left behind.
pub(super) struct Branch {
    pub end: C,
    pub only_jumped: bool,
    entered: C,
    changes: Vec<(Slot, V)>,
}

/// The node with each operand mapped; conditions are kept.
pub fn map_children(node: &Node, map: &mut dyn FnMut(V) -> V) -> Node {
    match node {
        Node::Template(parts) => Node::Template(parts.iter().map(|p| map(*p)).collect()),
        Node::And(parts) => Node::And(parts.iter().map(|p| map(*p)).collect()),
        Node::Or(parts) => Node::Or(parts.iter().map(|p| map(*p)).collect()),
        Node::Derived(op, parts) => Node::Derived(*op, parts.iter().map(|p| map(*p)).collect()),
        Node::Object(entries) => Node::Object(
            entries
                .iter()
                .map(|entry| Entry {
                    key: match entry.key {
                        Key::Computed(key) => Key::Computed(map(key)),
                        key => key,
                    },
                    value: map(entry.value),
                    cond: entry.cond,
                })
                .collect(),
        ),
        Node::Array(items) => Node::Array(items.iter().map(|item| Item { value: map(item.value), ..*item }).collect()),
        Node::Member(object, key) => Node::Member(map(*object), *key),
        Node::Index(object, index) => Node::Index(map(*object), map(*index)),
        Node::Call { site, callee, args } => {
            Node::Call { site: *site, callee: map(*callee), args: args.iter().map(|a| map(*a)).collect() }
        }
        Node::New { site, callee, args } => {
            Node::New { site: *site, callee: map(*callee), args: args.iter().map(|a| map(*a)).collect() }
        }
        Node::Coerce(kind, inner) => Node::Coerce(*kind, map(*inner)),
        Node::Not(inner) => Node::Not(map(*inner)),
        Node::Nullish(inner) => Node::Nullish(map(*inner)),
        Node::Element(inner) => Node::Element(map(*inner)),
        Node::OneOf(alternatives) => Node::OneOf(alternatives.iter().map(|(c, v)| (*c, map(*v))).collect()),
        Node::Compare(op, a, b) => Node::Compare(*op, map(*a), map(*b)),
        Node::Query { method, array, arg } => Node::Query { method: *method, array: map(*array), arg: map(*arg) },
        Node::Mapped(array, result) => Node::Mapped(map(*array), map(*result)),
        node => node.clone(),
    }
}

//! The evaluator's state: scopes, variables, objects that can change, path condition, effects.
//!
//! Input: what the evaluation of syntax meets. Output: the facts of the file. Must not know: MongoDB, other files.

use super::written::Standing;
use super::{Class, Effect, EffectKind, FileFacts, Function, Noted, Try, TryPart};
use crate::limits;
use crate::parse::FIRST_POSITION;
use crate::value::{Arena, Budget, C, Entry, FnRef, Key, Node, Site, SiteInfo, Sym, V};
use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use std::cell::OnceCell;
use swc_common::{BytePos, Span};
use swc_ecma_ast::{ArrowExpr, Constructor, Function as FnNode, Program};

/// Code of a function that is evaluated later or in place.
#[derive(Clone, Copy)]
pub(super) enum Code<'a> {
    Function(&'a FnNode),
    Arrow(&'a ArrowExpr),
    Constructor(&'a Constructor),
}

impl Code<'_> {
    /// Whether it gives a promise, which says what it throws.
    pub const fn is_async(self) -> bool {
        match self {
            Self::Function(node) => node.is_async,
            Self::Arrow(node) => node.is_async,
            Self::Constructor(_) => false,
        }
    }
}

/// A flag: its variable and the value that stands for what it holds.
#[derive(Clone, Copy)]
pub(super) struct Flag {
    pub var: usize,
    pub value: V,
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
    /// The `return` that ends the body of the innermost `try` that is caught.
    pub last: Option<Span>,
    /// How many callbacks are being evaluated in place.
    pub inline: u32,
    /// Conditions of returns and throws inside the innermost loop.
    pub loop_exits: Vec<C>,
    /// Branches after which it is remembered that their calls completed.
    pub completions: u32,
    /// How many variables there were before the function.
    pub first_var: usize,
    /// The values of outer variables in branches that the function was left from.
    pub left_with: Vec<(Slot, V)>,
    /// Throws and rejections in callbacks that are evaluated in place: the condition, and how many `try` blocks are around.
    pub rejected: Vec<(C, usize)>,
    /// Those of them that nothing has handled so far, with the number of effects before each.
    pub rejects: Vec<(C, usize)>,
    pub breaks: Vec<C>,
    /// The test of a loop is being evaluated once more.
    pub again: bool,
    pub places: IndexMap<V, Site, FxBuildHasher>,
    pub missing: Vec<V>,
    /// What parameters and their members are where they are left out.
    pub defaults: Vec<(V, V)>,
    pub polls: bool,
    /// The path condition where the innermost loop or callback for each element was entered.
    pub loop_base: C,
    /// What `find` was called on where the result is a cursor.
    pub cursors: Vec<V>,
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
    /// The modules that are loaded by a path that is computed.
    pub computed_loads: Vec<String>,
    pub noted: Noted,
    pub standing: Standing,
    pub scopes: Vec<Scope>,
    pub scope: usize,
    pub vars: Vec<V>,
    pub cells: Vec<V>,
    pub overlay: FxHashMap<V, V>,
    /// The members that are assigned to what calls gave, in order.
    pub assigned: FxHashMap<V, Vec<Sym>>,
    pub trail: Vec<(Slot, Option<V>)>,
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
    /// Calls that nothing waits for.
    pub unsent: FxHashSet<Site>,
    /// Calls whose results a branch depends on, or with a method of the query behind them that changes what they do.
    pub decisive: FxHashSet<Site>,
    /// Work and values of the whole file, beyond which no function is begun.
    pub most: (u64, u64),
    /// Values that run through the places of an array: `i` of `for (let i = 0; …; i++)`.
    pub indexes: FxHashSet<V>,
    /// Names that the module gives to imported types: `type Mail = Job<Data>`.
    pub aliases: FxHashMap<Sym, V>,
    /// Functions that are called with an error first, which they do not see.
    pub after_error: FxHashSet<FnRef>,
    /// Names of constructor functions.
    pub prototypes: Vec<String>,
    /// Where a function begins that only calls of this file use, and how many arguments it is given at most.
    pub given_at_most: FxHashMap<BytePos, u32>,
    /// The more frequent quotation mark of the file, once it was asked for.
    pub quote: OnceCell<char>,
}

/// Evaluates a tree. `file` numbers the file in the sites.
pub fn extract(program: &Program, text: &str, file: u32) -> FileFacts {
    let mut eval = Eval::new(text, file);
    eval.functions.push(Eval::blank("<module>", 0, text.len() as u32, C::TRUE, None));
    eval.find_flags(program);
    eval.find_prototypes(program);
    eval.find_own_calls(program);
    let budget = eval.begin(text.len());
    eval.module(program);
    let frame = eval.swap_frame(FnRef(0), Arena::UNDEFINED);
    eval.finish(FnRef(0), frame);
    let exports = std::mem::take(&mut eval.exports);
    let exports = exports.into_iter().map(|(name, value)| (name, eval.freeze(value))).collect();
    eval.end(FnRef(0), budget);
    eval.finish_results();
    eval.arena.seal();
    let mut run = super::run(program);
    run.loads.append(&mut eval.computed_loads);
    FileFacts {
        arena: eval.arena,
        functions: eval.functions,
        classes: eval.classes,
        exports,
        export_all: eval.export_all,
        notes: Default::default(),
        run,
        noted: Noted { meanings: Vec::new(), repeats: super::repeat::repeats(program, text), ..eval.noted },
    }
}

impl<'a> Eval<'a> {
    pub(super) fn new(text: &'a str, file: u32) -> Self {
        Self {
            arena: Arena::default(),
            text,
            file,
            functions: Vec::new(),
            classes: Vec::new(),
            exports: Vec::new(),
            export_all: Vec::new(),
            computed_loads: Vec::new(),
            noted: Noted::default(),
            standing: Standing::default(),
            scopes: vec![Scope { parent: None, vars: FxHashMap::default(), function: true }],
            scope: 0,
            vars: Vec::new(),
            cells: Vec::new(),
            overlay: FxHashMap::default(),
            assigned: FxHashMap::default(),
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
            unsent: FxHashSet::default(),
            decisive: FxHashSet::default(),
            most: limits::of_file(text.len()),
            indexes: FxHashSet::default(),
            aliases: FxHashMap::default(),
            after_error: FxHashSet::default(),
            prototypes: Vec::new(),
            given_at_most: FxHashMap::default(),
            quote: OnceCell::new(),
        }
    }

    // Budgets

    /// Begins the budget of a function with a text of this many bytes.
    pub(super) fn begin(&mut self, bytes: usize) -> Budget {
        let ((work, kept), own, (done, stored)) =
            (limits::of_function(bytes), limits::of_own_code(bytes), self.arena.total());
        let work = work.min(self.most.0.saturating_sub(done)).max(own.0);
        self.arena.begin(work, kept.min(self.most.1.saturating_sub(stored)).max(own.1))
    }

    /// Ends the budget of a function, and notes what was cut.
    pub(super) fn end(&mut self, func: FnRef, budget: Budget) {
        let spent = self.arena.end(budget);
        if let Some(function) = self.functions.get_mut(func.0 as usize) {
            function.cuts = function.cuts.and(spent.cuts);
        }
    }

    /// Remembers where a value is written.
    pub(super) fn place(&mut self, value: V, span: Span) {
        let site = self.site(span);
        self.frame.places.entry(value).or_insert(site);
    }

    pub(super) fn swap_frame(&mut self, func: FnRef, this: V) -> Frame {
        std::mem::replace(&mut self.frame, Frame::new(func, this))
    }

    pub(super) fn finish(&mut self, func: FnRef, frame: Frame) {
        let returns = self.found_by_returns(frame.returns);
        let returns = returns.into_iter().map(|(cond, value)| (cond, self.handed(value))).collect();
        if let Some(function) = self.functions.get_mut(func.0 as usize) {
            function.effects = frame.effects;
            function.returns = returns;
            function.throws = frame.throws;
            function.rejects = frame.rejects.into_iter().map(|(cond, _)| cond).collect();
            function.places = frame.places.into_iter().collect();
            function.tries = frame.handled;
            function.missing = frame.missing;
            function.defaults = frame.defaults;
            function.polls = frame.polls;
            function.cursors = frame.cursors;
        }
    }

    // Positions

    pub(super) fn offsets(&self, span: Span) -> (u32, u32) {
        let start = span.lo.0.saturating_sub(FIRST_POSITION);
        (start, span.hi.0.saturating_sub(FIRST_POSITION).max(start))
    }

    pub(super) fn site(&mut self, span: Span) -> Site {
        let (start, end) = self.offsets(span);
        self.arena.site(SiteInfo { file: self.file, start, end, via: None, again: self.frame.again })
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

    // Effects

    pub(super) fn effect(&mut self, site: Site, kind: EffectKind) {
        if self.cond == C::FALSE || self.arena.is_spent() {
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
            decides: false,
            unsent: false,
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
    pub(super) fn new(func: FnRef, this: V) -> Self {
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
            last: None,
            inline: 0,
            loop_exits: Vec::new(),
            completions: 0,
            first_var: 0,
            left_with: Vec::new(),
            rejected: Vec::new(),
            rejects: Vec::new(),
            breaks: Vec::new(),
            again: false,
            places: IndexMap::default(),
            missing: Vec::new(),
            defaults: Vec::new(),
            polls: false,
            loop_base: C::TRUE,
            cursors: Vec::new(),
        }
    }
}

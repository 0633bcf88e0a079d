//! Linking: imports become values, calls become the effects of their callees with the caller's arguments.
//!
//! Each function is summarised once, callees first. A callee's summary is copied into each caller with parameters
//! replaced by arguments and every expression marked with the call that leads to it, so that two calls stay apart.

use super::around::Around;
use super::batches::Batches;
use super::bound::Bindings;
use super::handle::Handle;
use super::ledger::Ledger;
use super::marks::Marks;
use super::merge::{Merger, Reexported};
use super::model_table::Models;
use super::ranges::Ranges;
use super::runs::Runs;
use super::sections::Sections;
use super::shared::{Answers, Layered, Shared};
use super::shown::Proven;
use crate::facts::{Class, FileFacts, Function, Try, TryPart, WrittenCall};
use crate::timings::Laps;
use crate::value::{Arena, C, ClassRef, FnRef, Node, Site, SiteInfo, Sym, V};
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Borrow;
use std::sync::Arc;

/// One effect as a function sees it, its own or one of a callee.
#[derive(Clone, Debug)]
pub struct Step {
    pub site: Site,
    pub cond: C,
    pub op: Op,
    pub in_loop: bool,
    pub caught: bool,
    pub duplicate_key_caught: bool,
    /// Nothing looks at the result of this call.
    pub dropped: bool,
    /// A branch depends on the result of this call, or a method of the query changes what the call does.
    pub decides: bool,
    /// The function in whose text the step stands.
    pub owner: FnRef,
    /// How many calls lead from the summarised function to the owner.
    pub calls: u32,
    /// The `try` statements around the step, outermost first, also those around the calls that lead to it.
    pub within: Vec<(Site, TryPart)>,
}

impl Step {
    /// Whether a handler hears what it throws, in the function or where that is called.
    pub fn is_in_try(&self) -> bool {
        self.within.iter().any(|(_, part)| *part == TryPart::Body)
    }
}

/// The steps of a function, in order, which whoever reads them shares.
pub type Steps = Arc<[Step]>;

/// The steps before which a value is looked at.
#[derive(Clone, Copy)]
pub(super) struct Before<'a> {
    pub(super) steps: &'a [Step],
    /// The condition under which the value is sent.
    pub(super) cond: C,
}

#[derive(Clone, Debug)]
pub enum Op {
    Call {
        callee: V,
        recv: Option<V>,
        name: Option<Sym>,
        args: Vec<V>,
    },
    Assign {
        object: V,
        key: Option<Sym>,
        value: V,
    },
    /// A call of a marked function; what the function does follows as steps of its own.
    Marked {
        name: Sym,
        args: Vec<V>,
    },
}

/// What a function returns, each value with its condition.
type Returns = Vec<(C, V)>;

/// Places, each with whether what is inserted there has none of the fields that are asked about.
type Places = Vec<(SiteInfo, bool)>;

/// The linked program.
#[derive(Clone)]
pub struct Project {
    pub arena: Arena,
    pub functions: Shared<Vec<Function>>,
    /// The file of each function.
    pub files: Shared<Vec<u32>>,
    pub classes: Shared<Vec<Class>>,
    pub(super) exports: Shared<Vec<FxHashMap<Sym, V>>>,
    pub(super) export_all: Shared<Vec<Vec<Reexported>>>,
    /// What each function does, in order, callees included.
    pub summaries: Shared<Vec<Steps>>,
    /// For each function, the functions that call it and the site of the call.
    pub callers: Shared<Vec<Vec<(FnRef, Site)>>>,
    pub(super) returns: Shared<Vec<Option<Returns>>>,
    pub(super) throws: Shared<Vec<Option<V>>>,
    pub(super) state: Shared<Vec<State>>,
    /// What each function does itself, until that is expanded.
    pub(super) own_steps: Vec<Vec<Step>>,
    pub(super) expanded: Shared<Vec<State>>,
    /// The steps of each function that its callers see.
    pub(super) handed: Vec<Steps>,
    /// Functions whose results were lost before it was known whether they reach the database.
    pub(super) lost_returns: Vec<FnRef>,
    pub(super) completed: Shared<FxHashMap<Site, V>>,
    /// Where array queries and computed strings are written.
    pub places: Layered<V, Site>,
    /// Values that can be null or undefined where nothing has been asked of them.
    pub missing: Layered<V, ()>,
    /// Functions that an object of another library calls.
    pub(super) foreign: Shared<FxHashSet<FnRef>>,
    pub(super) entries: Shared<FxHashMap<FnRef, super::entry::Entry>>,
    /// The arguments of each call of a function.
    pub(super) given: Shared<FxHashMap<FnRef, Vec<Vec<V>>>>,
    pub(super) models: Shared<Models>,
    pub(super) batches: Shared<Batches>,
    pub(super) bindings: Shared<Bindings>,
    pub(super) proven: Shared<Proven>,
    pub(super) constructors: Shared<FxHashMap<ClassRef, FnRef>>,
    /// Static fields that begin empty and are set by a function.
    pub(super) late: Shared<FxHashSet<(ClassRef, Sym)>>,
    /// By file and offsets of the call.
    pub(super) written: Shared<FxHashMap<(u32, u32, u32), WrittenCall>>,
    pub(super) around: Shared<Around>,
    pub(super) memo: Layered<V, V>,
    /// The same for conditions.
    pub(super) linked_conds: Layered<C, C>,
    pub(super) depth: u32,
    /// Fields of instances that are being looked up inside each other.
    pub(super) open_fields: u32,
    /// Functions that are being summarised inside each other.
    pub(super) open: u32,
    pub(super) ledger: Ledger,
    pub(super) marks: Shared<Marks>,
    /// The `try` statements of all functions by their place in the text.
    pub(super) tries: Shared<FxHashMap<SiteInfo, Try>>,
    pub(super) sections: Shared<Sections>,
    /// How the files are run.
    pub runs: Shared<Runs>,
    pub(super) ranges: Shared<Ranges>,
    /// By collection, fields and others, the places that insert without looking for these fields; none where that is too much to tell.
    /// Whether the clients store null for a field that is set to `undefined`.
    pub stores_undefined: bool,
    pub(super) apart: Answers<(Handle, Vec<String>, Vec<String>), Option<Places>>,
    /// The stages of the linking.
    pub laps: Laps,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    New,
    Open,
    Done,
}

impl Project {
    /// Links the facts of all files, whose texts have these `lengths` in bytes. Facts that are given away are dropped one by
    /// one. `resolve(file, specifier)` gives the file that a module specifier names.
    pub fn link<F: Borrow<FileFacts>>(
        lengths: &[usize],
        facts: impl Iterator<Item = F>,
        marks: Marks,
        resolve: &dyn Fn(u32, &str) -> Option<u32>,
    ) -> Self {
        let mut project = Self {
            arena: Arena::default(),
            functions: Shared::default(),
            files: Shared::default(),
            classes: Shared::default(),
            exports: Shared::default(),
            export_all: Shared::default(),
            summaries: Shared::default(),
            callers: Shared::default(),
            returns: Shared::default(),
            throws: Shared::default(),
            state: Shared::default(),
            own_steps: Vec::new(),
            expanded: Shared::default(),
            handed: Vec::new(),
            lost_returns: Vec::new(),
            completed: Shared::default(),
            places: Layered::default(),
            missing: Layered::default(),
            foreign: Shared::default(),
            entries: Shared::default(),
            given: Shared::default(),
            models: Shared::default(),
            batches: Shared::default(),
            bindings: Shared::default(),
            proven: Shared::default(),
            constructors: Shared::default(),
            late: Shared::default(),
            written: Shared::default(),
            around: Shared::default(),
            memo: Layered::default(),
            linked_conds: Layered::default(),
            depth: 0,
            open_fields: 0,
            open: 0,
            ledger: Ledger::new(lengths),
            marks: marks.into(),
            tries: Shared::default(),
            sections: Shared::default(),
            runs: Shared::default(),
            ranges: Shared::default(),
            stores_undefined: false,
            apart: Answers::default(),
            laps: Laps::default(),
        };
        for (file, facts) in facts.enumerate() {
            let (file, facts) = (file as u32, facts.borrow());
            let counts = (project.functions.len() as u32, project.classes.len() as u32);
            let written = facts.noted.written.iter().map(|((start, end), call)| ((file, *start, *end), call.clone()));
            project.written.extend(written);
            let resolve_here = |specifier: &str| resolve(file, specifier);
            project.runs.add(file, &facts.run, &resolve_here);
            let methods = project.marks.methods.as_slice();
            let moved = Merger::new(facts, &mut project.arena, file, counts, (&resolve_here, methods)).run();
            // A rewrite would take the wrapper for the method that it stands for.
            if !moved.wrapped.is_empty() {
                project.written.retain(|place, _| !moved.wrapped.contains(place));
            }
            project.around.add(file, facts, moved.around);
            project.files.extend(moved.functions.iter().map(|_| file));
            project.functions.extend(moved.functions);
            project.classes.extend(moved.classes);
            // A later export of a name replaces an earlier one.
            project.exports.push(moved.exports.into_iter().collect());
            project.export_all.push(moved.export_all);
        }
        project.laps.end("merge facts");
        project.forget_summaries(lengths);
        project.collect_tries();
        project.collect_constructors();
        project.link_bindings();
        project.laps.end("link bindings");
        project.link_models();
        project.laps.end("link models");
        project.forget_summaries(lengths);
        project.link_classes();
        project.register_decorated();
        project.summarise_all();
        project.laps.end("link functions");
        let reaching = project.reaching();
        project.expand_all(reaching.into_iter());
        project.tell_lost_returns();
        project.laps.end("expand functions");
        project.link_proven();
        project.link_routes();
        (project.own_steps, project.handed) = (Vec::new(), Vec::new());
        project.link_batches();
        project.ranges = Ranges::new(&project.functions, &project.files).into();
        project.link_sections();
        project.link_keepers();
        project.link_made();
        project.laps.end("link the rest");
        project
    }

    /// Begins anew: what was summarised on the way to the models and bindings did not know them.
    fn forget_summaries(&mut self, lengths: &[usize]) {
        let count = self.functions.len();
        self.summaries = vec![Steps::default(); count].into();
        self.callers = vec![Vec::new(); count].into();
        self.returns = vec![None; count].into();
        self.throws = vec![None; count].into();
        self.state = vec![State::New; count].into();
        self.own_steps = vec![Vec::new(); count];
        self.expanded = vec![State::New; count].into();
        self.handed = vec![Steps::default(); count];
        self.lost_returns.clear();
        self.completed.clear();
        self.given.clear();
        self.ledger.renew(lengths);
        self.forget_linked();
    }

    pub fn function(&self, func: FnRef) -> Option<&Function> {
        self.functions.get(func.0 as usize)
    }

    pub fn file_of(&self, func: FnRef) -> u32 {
        self.files.get(func.0 as usize).copied().unwrap_or(0)
    }

    pub fn class(&self, class: ClassRef) -> Option<&Class> {
        self.classes.get(class.0 as usize)
    }

    /// The expression in the text, without the calls that lead to it.
    pub fn base_site(&self, site: Site) -> SiteInfo {
        SiteInfo { via: None, again: false, ..self.arena.site_info(site) }
    }

    /// A call that may be a write, as it is written.
    pub fn written_at(&self, site: Site) -> Option<&WrittenCall> {
        let info = self.arena.site_info(site);
        self.written.get(&(info.file, info.start, info.end))
    }

    /// Whether an expression stands inside a function other than a constructor, so that each call makes its own value.
    pub fn is_local(&self, site: Site) -> bool {
        let mut functions = self.ranges.around(self.arena.site_info(site)).filter_map(|func| self.function(func));
        functions.any(|function| function.parent.is_some() && function.name != "constructor")
    }

    /// Whether an expression stands in a function, of whatever kind.
    pub fn is_in_function(&self, site: Site) -> bool {
        let around = self.enclosing(site).and_then(|func| self.function(func));
        around.is_some_and(|function| function.parent.is_some())
    }

    /// The innermost function in whose text an expression stands.
    pub fn enclosing(&self, site: Site) -> Option<FnRef> {
        self.ranges.around(self.arena.site_info(site)).next()
    }

    fn collect_tries(&mut self) {
        for function in self.functions.iter() {
            for handled in &function.tries {
                self.tries.insert(self.arena.site_info(handled.site), *handled);
            }
        }
    }

    /// What the handler of a `try` statement does, in the terms of its own function.
    pub fn try_at(&self, site: Site) -> Option<Try> {
        self.tries.get(&self.base_site(site)).copied()
    }

    /// What a function does, callees included.
    pub fn steps_of(&self, func: FnRef) -> &[Step] {
        self.summaries.get(func.0 as usize).map_or(&[], |steps| steps)
    }

    /// The same, to be kept while the project changes.
    pub fn shared_steps_of(&self, func: FnRef) -> Steps {
        self.summaries.get(func.0 as usize).cloned().unwrap_or_default()
    }

    /// What a function returns, in its own terms; `None` where that is too much to follow.
    pub fn returns_of(&self, func: FnRef) -> Option<&[(C, V)]> {
        self.returns.get(func.0 as usize)?.as_deref()
    }

    /// The last name of a function that is called, whether it is part of the project or not.
    pub fn called_name(&self, callee: V) -> Option<&str> {
        match self.arena.node(callee) {
            Node::Func(func) => self.function(*func).and_then(|function| function.name.rsplit('.').next()),
            _ => self.last_name(callee),
        }
    }

    pub(super) fn marked(&self, marks: &[String], callee: V) -> Option<String> {
        if marks.is_empty() {
            return None;
        }
        // A function of a file without exports is a page's own, whatever its name.
        if let Node::Func(func) = self.arena.node(callee)
            && self.exports.get(self.file_of(*func) as usize).is_none_or(FxHashMap::is_empty)
        {
            return None;
        }
        let name = self.called_name(callee)?;
        marks.iter().find(|mark| *mark == name).cloned()
    }
}

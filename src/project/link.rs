//! Linking: imports become values, calls become the effects of their callees with the caller's arguments.
//!
//! Each function is summarised once, callees first. A callee's summary is copied into each caller with parameters
//! replaced by arguments and every expression marked with the call that leads to it, so that two calls stay apart.
//! Recursion is cut where it closes; a summary has at most `MAX_STEPS` steps and `MAX_CHAIN` calls above a step.

use super::bulk::Batches;
use super::merge::{Merger, symbol_file};
use super::models::Models;
use crate::facts::{Class, EffectKind, FileFacts, Function, Try, TryPart, WrittenCall, map_children};
use crate::value::{Arena, C, ClassRef, Entry, FnRef, Item, Key, Node, RETURNS, Site, SiteInfo, Sym, V};
use rustc_hash::{FxHashMap, FxHashSet};

const MAX_STEPS: usize = 1_500;
const MAX_CHAIN: u32 = 6;
/// Values nested deeper than this in returned values are left as calls.
const MAX_RETURN_DEPTH: u32 = 6;
/// Returned values made of more nodes than this are left as calls, so that mutual recursion cannot multiply them.
const MAX_RETURN_SIZE: usize = 400;
/// Calls of a function whose exceptions are followed into its callers.
const MAX_FAILING: usize = 4;

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
    /// The function in whose text the step stands.
    pub owner: FnRef,
    /// How many calls lead from the summarised function to the owner.
    pub calls: u32,
    /// The `try` statements around the step, outermost first, also those around the calls that lead to it.
    pub within: Vec<(Site, TryPart)>,
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

/// Functions that rules ask for by name.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// Calls of these are kept as steps.
    pub calls: Vec<String>,
    /// Results of these stay calls instead of becoming the values that the function returns.
    pub results: Vec<String>,
}

/// Values that calls in one file may copy from their callees, at least, and for each value of the file: the work of
/// linking stays linear in the code, also where functions call each other in every direction.
const COPIES_PER_FILE: u32 = 50_000;
const COPIES_PER_VALUE: u32 = 10;

/// Methods beside the catalogue's that a rule looks at.
const RELEVANT: [&str; 29] = [
    "push",
    "unshift",
    "splice",
    "pop",
    "shift",
    "sort",
    "reverse",
    "fill",
    "addToSet",
    "pull",
    "set",
    "add",
    "delete",
    "has",
    "get",
    "session",
    "save",
    "acquire",
    "runExclusive",
    "lock",
    "unlock",
    "release",
    "model",
    "discriminator",
    "forFeature",
    "forFeatureAsync",
    "index",
    "upsert",
    "markModified",
];

/// The linked program.
pub struct Project {
    pub arena: Arena,
    pub functions: Vec<Function>,
    /// The file of each function.
    pub files: Vec<u32>,
    pub classes: Vec<Class>,
    exports: Vec<FxHashMap<Sym, V>>,
    export_all: Vec<Vec<u32>>,
    /// What each function does, in order, callees included.
    pub summaries: Vec<Vec<Step>>,
    /// For each function, the functions that call it and the site of the call.
    pub callers: Vec<Vec<(FnRef, Site)>>,
    pub(super) returns: Vec<Option<Vec<(C, V)>>>,
    pub(super) throws: Vec<Option<V>>,
    pub(super) state: Vec<State>,
    completed: FxHashMap<Site, V>,
    /// Where array queries and computed strings are written.
    pub places: FxHashMap<V, Site>,
    /// Values that can be null or undefined where nothing has been asked of them.
    pub missing: FxHashSet<V>,
    pub(super) entries: FxHashMap<FnRef, super::entries::Entry>,
    pub(super) models: Models,
    pub(super) batches: Batches,
    constructors: FxHashMap<ClassRef, FnRef>,
    /// By file and offsets of the call.
    written: FxHashMap<(u32, u32, u32), WrittenCall>,
    memo: FxHashMap<V, V>,
    depth: u32,
    /// Values that may still be copied into the callers of each file.
    left: Vec<u32>,
    marks: Marks,
    /// The `try` statements of all functions by their place in the text.
    tries: FxHashMap<SiteInfo, Try>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    New,
    Open,
    Done,
}

/// How an instance was made: `new Repository(args)`.
#[derive(Clone, Copy)]
struct Made<'a> {
    args: &'a [V],
    site: Site,
}

/// The replacement of parameters and sites at one call.
struct Instance<'a> {
    callee: FnRef,
    args: &'a [V],
    this: Option<V>,
    call: Site,
    memo: FxHashMap<V, V>,
    conds: FxHashMap<C, C>,
    /// The file of the call, which pays for the copy.
    file: usize,
    /// Members whose value is known where the callee runs.
    known: Option<&'a FxHashMap<V, V>>,
}

impl Project {
    /// Links the facts of all files; `resolve(file, specifier)` gives the file that a module specifier names.
    pub fn link(facts: &[FileFacts], marks: Marks, resolve: &dyn Fn(u32, &str) -> Option<u32>) -> Self {
        let mut project = Self {
            arena: Arena::default(),
            functions: Vec::new(),
            files: Vec::new(),
            classes: Vec::new(),
            exports: Vec::new(),
            export_all: Vec::new(),
            summaries: Vec::new(),
            callers: Vec::new(),
            returns: Vec::new(),
            throws: Vec::new(),
            state: Vec::new(),
            completed: FxHashMap::default(),
            places: FxHashMap::default(),
            missing: FxHashSet::default(),
            entries: FxHashMap::default(),
            models: Models::default(),
            batches: Batches::default(),
            constructors: FxHashMap::default(),
            written: FxHashMap::default(),
            memo: FxHashMap::default(),
            depth: 0,
            left: facts.iter().map(|facts| COPIES_PER_FILE + COPIES_PER_VALUE * facts.arena.len() as u32).collect(),
            marks,
            tries: FxHashMap::default(),
        };
        for (file, facts) in facts.iter().enumerate() {
            let file = file as u32;
            let counts = (project.functions.len() as u32, project.classes.len() as u32);
            let written = facts.written.iter().map(|((start, end), call)| ((file, *start, *end), call.clone()));
            project.written.extend(written);
            let resolve_here = |specifier: &str| resolve(file, specifier);
            let moved = Merger::new(&facts.arena, &mut project.arena, file, counts, &resolve_here).run(facts);
            project.files.extend(moved.functions.iter().map(|_| file));
            project.functions.extend(moved.functions);
            project.classes.extend(moved.classes);
            // A later export of a name replaces an earlier one.
            project.exports.push(moved.exports.into_iter().collect());
            project.export_all.push(moved.export_all);
        }
        let count = project.functions.len();
        project.summaries = vec![Vec::new(); count];
        project.callers = vec![Vec::new(); count];
        project.returns = vec![None; count];
        project.throws = vec![None; count];
        project.state = vec![State::New; count];
        project.collect_tries();
        project.link_models();
        project.link_classes();
        for func in 0..count {
            project.summarise(FnRef(func as u32));
        }
        project.link_routes();
        project.link_batches();
        project
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
        SiteInfo { via: None, ..self.arena.site_info(site) }
    }

    /// The literals of a call, when its filter and its update are written there.
    pub fn written_at(&self, site: Site) -> Option<&WrittenCall> {
        let info = self.arena.site_info(site);
        self.written.get(&(info.file, info.start, info.end))
    }

    /// Whether an expression stands inside a function other than a constructor, so that each call makes its own value.
    pub fn is_local(&self, site: Site) -> bool {
        let info = self.arena.site_info(site);
        self.functions.iter().zip(&self.files).any(|(function, file)| {
            *file == info.file
                && function.parent.is_some()
                && function.name != "constructor"
                && function.start <= info.start
                && info.end <= function.end
        })
    }

    /// The innermost function in whose text an expression stands.
    pub fn enclosing(&self, site: Site) -> Option<FnRef> {
        let info = self.arena.site_info(site);
        self.functions
            .iter()
            .zip(&self.files)
            .enumerate()
            .filter(|(_, (function, file))| {
                **file == info.file && function.start <= info.start && info.end <= function.end
            })
            .min_by_key(|(_, (function, _))| function.end - function.start)
            .map(|(at, _)| FnRef(at as u32))
    }

    /// Whether a function is given to a timer or a schedule.
    pub fn is_scheduled(&self, func: FnRef) -> bool {
        self.functions.iter().flat_map(|function| &function.effects).any(|effect| match &effect.kind {
            EffectKind::Call { callee, args, .. } => {
                matches!(self.last_name(*callee), Some("setInterval" | "schedule" | "scheduleJob"))
                    && args.iter().any(|arg| matches!(self.arena.node(*arg), Node::Func(f) if *f == func))
            }
            EffectKind::Assign { .. } => false,
        })
    }

    fn collect_tries(&mut self) {
        for function in &self.functions {
            for handled in &function.tries {
                self.tries.insert(self.arena.site_info(handled.site), *handled);
            }
        }
    }

    /// What the handler of a `try` statement does, in the terms of its own function.
    pub fn try_at(&self, site: Site) -> Option<Try> {
        self.tries.get(&self.base_site(site)).copied()
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

    fn marked(&self, marks: &[String], callee: V) -> Option<String> {
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

    /// Fields that a method sets hold more than what the constructor leaves: `this.busy = true`.
    fn forget_flags(&mut self) {
        let mut set: Vec<(ClassRef, Sym)> = Vec::new();
        for function in self.functions.iter().filter(|function| function.name != "constructor") {
            for effect in &function.effects {
                if let EffectKind::Assign { object, key: Some(key), .. } = &effect.kind
                    && let Node::Instance(class) = self.arena.node(*object)
                {
                    set.push((*class, *key));
                }
            }
        }
        for (class, key) in set {
            let Some(class) = self.classes.get_mut(class.0 as usize) else { continue };
            class.fields.retain(|(name, value)| *name != key || !matches!(self.arena.node(*value), Node::Bool(_)));
        }
    }

    fn link_classes(&mut self) {
        self.forget_flags();
        for (at, function) in self.functions.iter().enumerate() {
            if let (Some(class), "constructor") = (function.class, function.name.as_str()) {
                self.constructors.insert(class, FnRef(at as u32));
            }
        }
        for at in 0..self.classes.len() {
            let Some(class) = self.classes.get(at).cloned() else { continue };
            let fields = class.fields.iter().map(|(name, value)| (*name, self.linked(*value))).collect();
            let statics = class.statics.iter().map(|(name, value)| (*name, self.linked(*value))).collect();
            let parent = class.parent.map(|parent| self.linked(parent));
            if let Some(slot) = self.classes.get_mut(at) {
                *slot = Class { fields, statics, parent, ..class };
            }
        }
    }

    // Exports

    fn export(&mut self, file: u32, name: Sym, depth: u32) -> Option<V> {
        if depth > 8 {
            return None;
        }
        let text = self.arena.text(name).to_owned();
        let whole = self.arena.sym("=");
        let default = self.arena.sym("default");
        let own = |project: &Self, name: Sym| project.exports.get(file as usize).and_then(|e| e.get(&name)).copied();
        match text.as_str() {
            "=" | "*" => match own(self, whole) {
                Some(value) => Some(value),
                None => Some(self.namespace(file)),
            },
            "default" => match own(self, default).or(own(self, whole)) {
                Some(value) => Some(value),
                None => Some(self.namespace(file)),
            },
            _ => {
                if let Some(value) = own(self, name) {
                    return Some(value);
                }
                if let Some(value) = own(self, whole) {
                    let value = self.linked(value);
                    return Some(self.member(value, name));
                }
                let all = self.export_all.get(file as usize).cloned().unwrap_or_default();
                all.into_iter().find_map(|from| self.export(from, name, depth + 1))
            }
        }
    }

    fn namespace(&mut self, file: u32) -> V {
        let mut exports: Vec<(Sym, V)> =
            self.exports.get(file as usize).map(|e| e.iter().map(|(n, v)| (*n, *v)).collect()).unwrap_or_default();
        exports.sort();
        let entries =
            exports.into_iter().map(|(name, value)| Entry { key: Key::Name(name), value, cond: C::TRUE }).collect();
        self.arena.intern(Node::Object(entries))
    }

    // Values with imports, classes and calls resolved

    /// The value with everything resolved that does not depend on a caller.
    pub fn linked(&mut self, value: V) -> V {
        if !self.arena.is_open(value) {
            return value;
        }
        if let Some(known) = self.memo.get(&value) {
            return *known;
        }
        if self.depth > 600 {
            return value;
        }
        self.depth += 1;
        // A value that leads to itself stays as it is.
        self.memo.insert(value, value);
        let node = self.arena.node(value).clone();
        let result = self.linked_node(value, &node);
        self.memo.insert(value, result);
        self.depth -= 1;
        result
    }

    fn linked_node(&mut self, value: V, node: &Node) -> V {
        match node {
            Node::Import { module, name } => {
                let Some(file) = symbol_file(self.arena.text(*module)) else { return value };
                match self.export(file, *name, 0) {
                    Some(target) => self.linked(target),
                    None => value,
                }
            }
            Node::This(func) => self.model_of_this(*func).unwrap_or(value),
            Node::Completed(site) => match self.completed.get(site) {
                Some(known) => *known,
                None => self.arena.bool(true),
            },
            Node::OneOf(alternatives) => {
                let alternatives = alternatives.iter().map(|(c, v)| (self.linked_cond(*c), self.linked(*v))).collect();
                self.arena.one_of(alternatives)
            }
            Node::Object(entries) => {
                let entries = entries
                    .iter()
                    .map(|entry| Entry {
                        key: match entry.key {
                            Key::Computed(key) => {
                                let key = self.linked(key);
                                self.arena
                                    .as_str(key)
                                    .map(str::to_owned)
                                    .map_or(Key::Computed(key), |text| Key::Name(self.arena.sym(&text)))
                            }
                            key => key,
                        },
                        value: self.linked(entry.value),
                        cond: self.linked_cond(entry.cond),
                    })
                    .collect();
                self.rebuilt(Node::Object(entries))
            }
            Node::Array(items) => {
                let items = items
                    .iter()
                    .map(|item| Item {
                        value: self.linked(item.value),
                        spread: item.spread,
                        cond: self.linked_cond(item.cond),
                    })
                    .collect();
                self.rebuilt(Node::Array(items))
            }
            _ => {
                let this = self.receiver(node).map(|recv| self.linked(recv));
                let node = map_children(node, &mut |child| self.linked(child));
                match node {
                    Node::Call { site, callee, args } => self.rebuilt_call(site, callee, args, this),
                    node => self.rebuilt(node),
                }
            }
        }
    }

    /// `doc` of the call `doc.method(…)`.
    fn receiver(&self, node: &Node) -> Option<V> {
        let Node::Call { callee, .. } = node else { return None };
        match self.arena.node(*callee) {
            Node::Member(recv, _) => Some(*recv),
            _ => None,
        }
    }

    fn rebuilt_call(&mut self, site: Site, callee: V, args: Vec<V>, this: Option<V>) -> V {
        if let Node::Func(func) = *self.arena.node(callee)
            && let Some(value) = self.returned(func, &args, this, site)
        {
            return value;
        }
        self.arena.intern(Node::Call { site, callee, args })
    }

    /// Forgets all resolved values, so that they are resolved again with what is known since.
    pub(super) fn forget_linked(&mut self) {
        self.memo.clear();
    }

    pub fn linked_cond(&mut self, cond: C) -> C {
        if cond == C::TRUE || cond == C::FALSE {
            return cond;
        }
        let atoms = self.arena.atoms(cond);
        let mut result = C::TRUE;
        for atom in atoms.into_iter().rev() {
            let value = self.linked(atom.value);
            result = self.arena.assume(result, value, atom.holds);
        }
        result
    }

    /// Builds a node whose operands have changed, and looks up what is known now.
    fn rebuilt(&mut self, node: Node) -> V {
        match node {
            Node::Member(object, key) => self.member(object, key),
            Node::Index(object, key) => match self.arena.as_str(key).map(str::to_owned) {
                Some(text) => {
                    let key = self.arena.sym(&text);
                    self.member(object, key)
                }
                None => self.arena.intern(Node::Index(object, key)),
            },
            Node::OneOf(alternatives) => self.arena.one_of(alternatives),
            Node::Not(inner) => self.arena.not(inner),
            Node::And(parts) => self.arena.all(parts),
            Node::Or(parts) => self.arena.any(parts),
            Node::New { site, callee, args } => match self.arena.node(callee) {
                Node::Class(class) if args.is_empty() => {
                    let class = *class;
                    self.arena.intern(Node::Instance(class))
                }
                _ => self.arena.intern(Node::New { site, callee, args }),
            },
            Node::Call { site, callee, args } => self.rebuilt_call(site, callee, args, None),
            Node::Derived(operator, operands) if self.arena.text(operator) == RETURNS => {
                let never = operands.iter().any(|operand| self.arena.node(*operand) == &Node::Bool(false));
                self.arena.bool(!never)
            }
            Node::Object(mut entries) => {
                // Spreads that are known now are copied in.
                if entries.iter().any(|e| e.key == Key::Spread && !matches!(self.arena.node(e.value), Node::Param(..)))
                {
                    let mut flat = Vec::new();
                    for entry in entries {
                        self.flatten(&mut flat, entry, 0);
                    }
                    entries = flat;
                }
                self.arena.intern(Node::Object(entries))
            }
            Node::Array(items) => {
                let mut flat = Vec::new();
                for item in items {
                    match self.arena.node(item.value) {
                        Node::Array(inner) if item.spread && item.cond == C::TRUE => flat.extend(inner.clone()),
                        _ => flat.push(item),
                    }
                }
                self.arena.intern(Node::Array(flat))
            }
            Node::Template(parts) => {
                let texts: Option<Vec<&str>> = parts.iter().map(|part| self.arena.as_str(*part)).collect();
                match texts.map(|texts| texts.concat()) {
                    Some(text) => self.arena.str(&text),
                    None => self.arena.intern(Node::Template(parts)),
                }
            }
            node => self.arena.intern(node),
        }
    }

    fn flatten(&mut self, into: &mut Vec<Entry>, entry: Entry, depth: u32) {
        if entry.key != Key::Spread || depth > 6 {
            into.push(entry);
            return;
        }
        match self.arena.node(entry.value).clone() {
            Node::Object(inner) => {
                for e in inner {
                    let cond = self.arena.and(entry.cond, e.cond);
                    self.flatten(into, Entry { cond, ..e }, depth + 1);
                }
            }
            Node::OneOf(alternatives) => {
                for (c, value) in alternatives {
                    let cond = self.arena.and(entry.cond, c);
                    if cond != C::FALSE {
                        self.flatten(into, Entry { key: Key::Spread, value, cond }, depth + 1);
                    }
                }
            }
            Node::Undefined | Node::Null | Node::Bool(_) => {}
            _ => into.push(entry),
        }
    }

    /// `object.key` where the object may be an instance or a class.
    pub fn member(&mut self, object: V, key: Sym) -> V {
        match self.arena.node(object).clone() {
            Node::Instance(class) => {
                let own = self.instance_member(class, key, None, 0).or_else(|| self.model_member(object, key));
                own.unwrap_or_else(|| self.arena.member(object, key))
            }
            Node::New { site, callee, args } if matches!(self.arena.node(callee), Node::Class(_)) => {
                let Node::Class(class) = *self.arena.node(callee) else { return self.arena.member(object, key) };
                let made = Made { args: &args, site };
                self.instance_member(class, key, Some(made), 0).unwrap_or_else(|| self.arena.member(object, key))
            }
            Node::Call { .. } | Node::New { .. } | Node::Element(_) | Node::Query { .. } | Node::This(_) => {
                self.model_member(object, key).unwrap_or_else(|| self.arena.member(object, key))
            }
            Node::Class(class) => {
                if self.arena.text(key) == "name" {
                    let name = self.class(class).map(|class| class.name.clone()).unwrap_or_default();
                    return self.arena.str(&name);
                }
                let found = self
                    .class(class)
                    .and_then(|class| class.statics.iter().rev().find(|(name, _)| *name == key))
                    .map(|(_, v)| *v);
                found.unwrap_or_else(|| self.arena.member(object, key))
            }
            Node::OneOf(alternatives) => {
                let alternatives = alternatives.into_iter().map(|(c, v)| (c, self.member(v, key))).collect();
                self.arena.one_of(alternatives)
            }
            // Guest.prototype.enter
            Node::Member(class, name) if self.arena.text(name) == "prototype" => match *self.arena.node(class) {
                Node::Class(class) => {
                    self.instance_member(class, key, None, 0).unwrap_or_else(|| self.arena.member(object, key))
                }
                _ => self.arena.member(object, key),
            },
            _ => self.arena.member(object, key),
        }
    }

    /// A method or field of an instance; `made` is how it was made, where that is known.
    fn instance_member(&mut self, class: ClassRef, key: Sym, made: Option<Made<'_>>, depth: u32) -> Option<V> {
        let facts = self.class(class)?;
        if let Some((_, func)) = facts.methods.iter().find(|(name, _)| *name == key) {
            let func = *func;
            return Some(self.arena.intern(Node::Func(func)));
        }
        if let Some((_, value)) = facts.fields.iter().rev().find(|(name, _)| *name == key) {
            let value = *value;
            let value = self.linked(value);
            let value = self.constructed(class, value, made);
            // A field that the constructor takes as a parameter or leaves empty is not known.
            return match self.arena.node(value) {
                Node::Param(..) | Node::Null | Node::Undefined => None,
                Node::Array(items) if items.is_empty() => None,
                _ => Some(value),
            };
        }
        let (parent, passed) = (facts.parent?, facts.super_args.clone());
        if depth > 4 {
            return None;
        }
        let Node::Class(parent) = *self.arena.node(parent) else { return None };
        let Some(passed) = passed else { return self.instance_member(parent, key, made, depth + 1) };
        let mut args = Vec::new();
        for arg in passed {
            let arg = self.linked(arg);
            args.push(self.constructed(class, arg, made));
        }
        let site = made.map_or(Site(0), |made| made.site);
        self.instance_member(parent, key, Some(Made { args: &args, site }), depth + 1)
    }

    /// A value of a constructor with the arguments with which the instance was made.
    fn constructed(&mut self, class: ClassRef, value: V, made: Option<Made<'_>>) -> V {
        let (Some(made), true) = (made, self.arena.is_open(value)) else { return value };
        let Some(constructor) = self.constructors.get(&class).copied() else { return value };
        let file = self.arena.site_info(made.site).file as usize;
        let mut instance = Instance::new(constructor, made.args, None, made.site, file);
        self.instantiate(&mut instance, value)
    }

    // Calls

    /// The value that a call of a project's function gives, in terms of the caller.
    fn returned(&mut self, func: FnRef, args: &[V], this: Option<V>, call: Site) -> Option<V> {
        if self.depth > 500 || self.chain(call) > MAX_RETURN_DEPTH {
            return None;
        }
        self.summarise(func);
        let callee = self.arena.intern(Node::Func(func));
        if self.marked(&self.marks.results, callee).is_some() {
            return None;
        }
        if self.left.get(self.arena.site_info(call).file as usize).is_none_or(|left| *left == 0) {
            return None;
        }
        let returns = self.returns.get(func.0 as usize)?.clone()?;
        if returns.len() > 16 {
            return None;
        }
        let file = self.arena.site_info(call).file as usize;
        let mut instance = Instance::new(func, args, this, call, file);
        let base = self.function(func)?.base;
        let base = self.linked_cond(base);
        let mut alternatives = Vec::new();
        for (cond, value) in returns {
            let cond = self.arena.since(base, cond);
            let cond = self.instantiate_cond(&mut instance, cond);
            let value = self.instantiate(&mut instance, value);
            alternatives.push((cond, value));
        }
        Some(self.arena.one_of(alternatives))
    }

    /// How many calls lead to a site.
    pub fn chain(&self, site: Site) -> u32 {
        let mut count = 0;
        let mut at = self.arena.site_info(site).via;
        while let Some(site) = at {
            count += 1;
            at = self.arena.site_info(site).via;
        }
        count
    }

    fn summarise(&mut self, func: FnRef) {
        let at = func.0 as usize;
        if self.state.get(at) != Some(&State::New) {
            return;
        }
        if let Some(state) = self.state.get_mut(at) {
            *state = State::Open;
        }
        if let Some(parent) = self.function(func).and_then(|f| f.parent) {
            self.summarise(parent);
        }
        let Some(facts) = self.functions.get(at).cloned() else { return };
        let mut steps: Vec<Step> = Vec::new();
        for effect in &facts.effects {
            let cond = self.linked_cond(effect.cond);
            let op = match &effect.kind {
                EffectKind::Call { callee, recv, name, args } => Op::Call {
                    callee: self.linked(*callee),
                    recv: recv.map(|recv| self.linked(recv)),
                    name: *name,
                    args: args.iter().map(|arg| self.linked(*arg)).collect(),
                },
                EffectKind::Assign { object, key, value } => {
                    Op::Assign { object: self.linked(*object), key: *key, value: self.linked(*value) }
                }
            };
            self.register_entries(&op);
            let step = Step {
                site: effect.site,
                cond,
                op,
                in_loop: effect.in_loop,
                caught: effect.caught,
                duplicate_key_caught: effect.duplicate_key_caught,
                dropped: effect.dropped,
                owner: func,
                calls: 0,
                within: effect.within.clone(),
            };
            self.add_step(func, &mut steps, step);
        }
        let returns: Vec<(C, V)> = facts.returns.iter().map(|(c, v)| (self.linked_cond(*c), self.linked(*v))).collect();
        for (value, site) in &facts.places {
            let value = self.linked(*value);
            self.places.entry(value).or_insert(*site);
        }
        for value in &facts.missing {
            let value = self.linked(*value);
            self.missing.insert(value);
        }
        let base = self.linked_cond(facts.base);
        let mut thrown = Vec::new();
        for cond in facts.throws.iter().take(8) {
            let cond = self.linked_cond(*cond);
            let cond = self.arena.since(base, cond);
            thrown.push(self.arena.cond_value(cond));
        }
        thrown.extend(self.thrown_by_callees(&facts, base));
        let thrown = self.arena.any(thrown);
        let small = self.is_small(&returns);
        if let Some(slot) = self.returns.get_mut(at) {
            *slot = small.then_some(returns);
        }
        if let Some(slot) = self.throws.get_mut(at) {
            *slot = Some(thrown);
        }
        if let Some(slot) = self.summaries.get_mut(at) {
            *slot = steps;
        }
        if let Some(state) = self.state.get_mut(at) {
            *state = State::Done;
        }
    }

    /// When an exception of a callee leaves the function: `if (known) refuse('email')`, where `refuse` throws.
    fn thrown_by_callees(&mut self, facts: &Function, base: C) -> Vec<V> {
        let calls = facts.effects.iter().filter(|effect| !effect.caught && !effect.in_loop);
        let failing: Vec<(C, V)> = calls
            .filter_map(|effect| {
                let completed = *self.completed.get(&effect.site)?;
                (self.arena.truth(C::TRUE, completed) != Some(true)).then_some((effect.cond, completed))
            })
            .take(MAX_FAILING)
            .collect();
        let mut thrown = Vec::new();
        for (cond, completed) in failing {
            let cond = self.linked_cond(cond);
            let cond = self.arena.since(base, cond);
            let cond = self.arena.assume(cond, completed, false);
            if cond != C::FALSE {
                thrown.push(self.arena.cond_value(cond));
            }
        }
        thrown
    }

    fn is_small(&self, returns: &[(C, V)]) -> bool {
        let mut seen = FxHashSet::default();
        let mut open: Vec<V> = Vec::new();
        for (cond, value) in returns {
            open.push(*value);
            open.extend(self.arena.atoms(*cond).iter().map(|atom| atom.value));
        }
        while let Some(value) = open.pop() {
            if !seen.insert(value) {
                continue;
            }
            if seen.len() > MAX_RETURN_SIZE {
                return false;
            }
            let node = self.arena.node(value);
            open.extend(crate::value::children(node));
            if let Node::OneOf(alternatives) = node {
                for (cond, _) in alternatives {
                    open.extend(self.arena.atoms(*cond).iter().map(|atom| atom.value));
                }
            }
        }
        true
    }

    /// The call that gave a function which releases a lock: `const release = await mutex.acquire(); … release()`.
    pub fn acquiring_call(&self, callee: V) -> Option<Site> {
        match self.arena.node(callee) {
            Node::Call { site, callee, .. } => {
                let (_, name) = self.method_of(*callee)?;
                matches!(self.arena.text(name), "acquire" | "tryAcquire" | "lock").then_some(*site)
            }
            Node::Index(value, _) => self.acquiring_call(*value),
            _ => None,
        }
    }

    /// The function that a mutex runs: `mutex.runExclusive(work)`, `lock.acquire(key, work)`.
    fn exclusive_work(&self, op: &Op) -> Option<V> {
        let Op::Call { name: Some(name), args, .. } = op else { return None };
        if !matches!(self.arena.text(*name), "runExclusive" | "acquire") {
            return None;
        }
        args.iter().copied().find(|arg| matches!(self.arena.node(*arg), Node::Func(_)))
    }

    /// Whether a step can matter to a rule, in its own function or in a caller.
    fn is_relevant(&self, op: &Op) -> bool {
        match op {
            Op::Assign { .. } | Op::Marked { .. } => true,
            Op::Call { callee, name, .. } => {
                let name = name.map_or_else(|| self.last_name(*callee).unwrap_or(""), |name| self.arena.text(name));
                super::mongo::is_method(name)
                    || RELEVANT.contains(&name)
                    || matches!(self.arena.node(*callee), Node::Param(..) | Node::Func(_))
                    || self.acquiring_call(*callee).is_some()
            }
        }
    }

    fn add_step(&mut self, caller: FnRef, steps: &mut Vec<Step>, step: Step) {
        self.add_step_knowing(caller, steps, step, None);
    }

    /// Adds a step; one that calls a function of the project becomes that function's steps, in which `known` members
    /// have their values.
    pub(super) fn add_step_knowing(
        &mut self,
        caller: FnRef,
        steps: &mut Vec<Step>,
        step: Step,
        known: Option<&FxHashMap<V, V>>,
    ) {
        let Op::Call { callee, recv, args, .. } = &step.op else {
            steps.push(step);
            return;
        };
        if let Some(name) = self.marked(&self.marks.calls, *callee)
            && steps.len() < MAX_STEPS
        {
            let name = self.arena.sym(&name);
            steps.push(Step { op: Op::Marked { name, args: args.clone() }, ..step.clone() });
        }
        let targets: Vec<FnRef> = self
            .arena
            .alternatives(*callee)
            .into_iter()
            .filter_map(|(_, v)| match self.arena.node(v) {
                Node::Func(func) => Some(*func),
                _ => None,
            })
            .collect();
        if targets.is_empty() {
            let work = self.exclusive_work(&step.op).map(|callee| Step {
                op: Op::Call { callee, recv: None, name: None, args: Vec::new() },
                ..step.clone()
            });
            if self.is_relevant(&step.op) && steps.len() < MAX_STEPS {
                steps.push(step);
            }
            if let Some(work) = work {
                self.add_step(caller, steps, work);
            }
            return;
        }
        for func in targets {
            self.summarise(func);
            if let Some(callers) = self.callers.get_mut(func.0 as usize) {
                callers.push((caller, step.site));
            }
            let file = self.file_of(caller) as usize;
            let mut instance = Instance::new(func, args, *recv, step.site, file);
            instance.known = known;
            if let Some(Some(thrown)) = self.throws.get(func.0 as usize).copied() {
                let thrown = self.instantiate(&mut instance, thrown);
                let completed = self.arena.not(thrown);
                self.completed.insert(step.site, completed);
            }
            if self.state.get(func.0 as usize) != Some(&State::Done) {
                continue;
            }
            let inner = self.summaries.get(func.0 as usize).cloned().unwrap_or_default();
            for sub in inner {
                let spent = self.left.get(file).is_none_or(|left| *left == 0);
                if spent || steps.len() >= MAX_STEPS || sub.calls + 1 > MAX_CHAIN {
                    continue;
                }
                let sub_cond = self.instantiate_cond(&mut instance, sub.cond);
                let cond = self.arena.and(step.cond, sub_cond);
                if cond == C::FALSE {
                    continue;
                }
                let op = match &sub.op {
                    Op::Call { callee, recv, name, args } => Op::Call {
                        callee: self.instantiate(&mut instance, *callee),
                        recv: recv.map(|recv| self.instantiate(&mut instance, recv)),
                        name: *name,
                        args: args.iter().map(|arg| self.instantiate(&mut instance, *arg)).collect(),
                    },
                    Op::Assign { object, key, value } => Op::Assign {
                        object: self.instantiate(&mut instance, *object),
                        key: *key,
                        value: self.instantiate(&mut instance, *value),
                    },
                    Op::Marked { name, args } => Op::Marked {
                        name: *name,
                        args: args.iter().map(|arg| self.instantiate(&mut instance, *arg)).collect(),
                    },
                };
                let mut within = step.within.clone();
                within.extend(sub.within.iter().map(|(site, part)| (self.site_via(*site, step.site), *part)));
                let copy = Step {
                    site: self.site_via(sub.site, step.site),
                    cond,
                    op,
                    in_loop: sub.in_loop || step.in_loop,
                    caught: sub.caught || step.caught,
                    duplicate_key_caught: sub.duplicate_key_caught || step.duplicate_key_caught,
                    dropped: sub.dropped,
                    owner: sub.owner,
                    calls: sub.calls + 1,
                    within,
                };
                // A parameter that turns out to be a function of the project is called now.
                match &copy.op {
                    Op::Call { callee, .. }
                        if matches!(self.arena.node(*callee), Node::Func(f) if *f != func && *f != caller)
                            && copy.calls < 3 =>
                    {
                        self.add_step(caller, steps, copy);
                    }
                    op if copy.calls < 3 && self.exclusive_work(op).is_some() => {
                        self.add_step(caller, steps, copy);
                    }
                    _ => steps.push(copy),
                }
            }
        }
    }

    fn site_via(&mut self, site: Site, call: Site) -> Site {
        let info = self.arena.site_info(site);
        let via = match info.via {
            Some(inner) => Some(self.site_via(inner, call)),
            None => Some(call),
        };
        self.arena.site(SiteInfo { via, ..info })
    }

    fn may_copy(&mut self, file: usize) -> bool {
        match self.left.get_mut(file) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    fn instantiate(&mut self, instance: &mut Instance<'_>, value: V) -> V {
        if !self.arena.is_open(value) {
            return value;
        }
        if let Some(known) = instance.memo.get(&value) {
            return *known;
        }
        if self.depth > 600 || !self.may_copy(instance.file) {
            return value;
        }
        self.depth += 1;
        let node = self.arena.node(value).clone();
        let result = match node {
            Node::Param(func, at) if func == instance.callee => {
                instance.args.get(at as usize).copied().unwrap_or(Arena::UNDEFINED)
            }
            Node::This(func) if func == instance.callee => instance.this.unwrap_or(value),
            Node::Instance(class) => self.receiving(instance, class).unwrap_or(value),
            Node::Opaque(site) => {
                let site = self.own_site(instance, site);
                self.arena.intern(Node::Opaque(site))
            }
            Node::Fresh(kind, site) => {
                let site = self.own_site(instance, site);
                self.arena.intern(Node::Fresh(kind, site))
            }
            Node::Caught(site) => {
                let site = self.own_site(instance, site);
                self.arena.intern(Node::Caught(site))
            }
            Node::OneOf(alternatives) => {
                let alternatives = alternatives
                    .into_iter()
                    .map(|(c, v)| (self.instantiate_cond(instance, c), self.instantiate(instance, v)))
                    .collect();
                self.arena.one_of(alternatives)
            }
            Node::Object(entries) => {
                let entries = entries
                    .into_iter()
                    .map(|entry| Entry {
                        key: match entry.key {
                            Key::Computed(key) => {
                                let key = self.instantiate(instance, key);
                                self.arena
                                    .as_str(key)
                                    .map(str::to_owned)
                                    .map_or(Key::Computed(key), |text| Key::Name(self.arena.sym(&text)))
                            }
                            key => key,
                        },
                        value: self.instantiate(instance, entry.value),
                        cond: self.instantiate_cond(instance, entry.cond),
                    })
                    .filter(|entry| entry.cond != C::FALSE)
                    .collect();
                self.rebuilt(Node::Object(entries))
            }
            Node::Array(items) => {
                let items = items
                    .into_iter()
                    .map(|item| Item {
                        value: self.instantiate(instance, item.value),
                        spread: item.spread,
                        cond: self.instantiate_cond(instance, item.cond),
                    })
                    .filter(|item| item.cond != C::FALSE)
                    .collect();
                self.rebuilt(Node::Array(items))
            }
            node => {
                let this = self.receiver(&node).map(|recv| self.instantiate(instance, recv));
                let node = map_children(&node, &mut |child| self.instantiate(instance, child));
                match node {
                    Node::Call { site, callee, args } => {
                        let site = self.own_site(instance, site);
                        self.rebuilt_call(site, callee, args, this)
                    }
                    Node::New { site, callee, args } => {
                        let site = self.own_site(instance, site);
                        self.rebuilt(Node::New { site, callee, args })
                    }
                    node => self.rebuilt(node),
                }
            }
        };
        self.depth -= 1;
        let result = instance.known.and_then(|known| known.get(&result)).copied().unwrap_or(result);
        if let Some(site) = self.places.get(&value).copied() {
            let site = self.own_site(instance, site);
            self.places.entry(result).or_insert(site);
        }
        if self.missing.contains(&value) && self.is_same_access(instance, value, result) {
            self.missing.insert(result);
        }
        instance.memo.insert(value, result);
        result
    }

    /// Whether the value of a caller is still read as the callee reads it, so that it can be missing just as well: a
    /// parameter's member that the caller gave is a value of its own.
    fn is_same_access(&mut self, instance: &mut Instance<'_>, value: V, result: V) -> bool {
        match (self.arena.node(value).clone(), self.arena.node(result).clone()) {
            (Node::Member(object, key), Node::Member(other, name)) => {
                key == name && self.instantiate(instance, object) == other
            }
            (Node::Param(..), _) => false,
            (a, b) => std::mem::discriminant(&a) == std::mem::discriminant(&b),
        }
    }

    /// The instance on which a method of a class is called, if it is another one: of a subclass, made with arguments, or a
    /// document into whose schema the class was loaded.
    fn receiving(&self, instance: &Instance<'_>, class: ClassRef) -> Option<V> {
        let this = instance.this?;
        let own = self.function(instance.callee)?.class == Some(class);
        let known = match self.arena.node(this) {
            Node::Instance(_) => true,
            Node::New { callee, .. } => matches!(self.arena.node(*callee), Node::Class(_)),
            _ => self.models.is_loaded(class) && self.is_document(this),
        };
        (own && known).then_some(this)
    }

    /// Sites of the callee's own text are marked with the call; those of enclosing functions stay what they are.
    fn own_site(&mut self, instance: &Instance<'_>, site: Site) -> Site {
        let Some(callee) = self.function(instance.callee) else { return site };
        let outermost = self.outermost(site);
        let inside = outermost.file == self.file_of(instance.callee)
            && outermost.start >= callee.start
            && outermost.end <= callee.end;
        if inside { self.site_via(site, instance.call) } else { site }
    }

    fn outermost(&self, site: Site) -> SiteInfo {
        let mut info = self.arena.site_info(site);
        while let Some(via) = info.via {
            info = self.arena.site_info(via);
        }
        info
    }

    fn instantiate_cond(&mut self, instance: &mut Instance<'_>, cond: C) -> C {
        if cond == C::TRUE || cond == C::FALSE {
            return cond;
        }
        if let Some(known) = instance.conds.get(&cond) {
            return *known;
        }
        let atoms = self.arena.atoms(cond);
        if let Some(left) = self.left.get_mut(instance.file) {
            *left = left.saturating_sub(atoms.len() as u32);
        }
        let mut result = C::TRUE;
        for atom in atoms.into_iter().rev() {
            let value = self.instantiate(instance, atom.value);
            result = self.arena.assume(result, value, atom.holds);
        }
        instance.conds.insert(cond, result);
        result
    }
}

impl<'a> Instance<'a> {
    fn new(callee: FnRef, args: &'a [V], this: Option<V>, call: Site, file: usize) -> Self {
        Self { callee, args, this, call, memo: FxHashMap::default(), conds: FxHashMap::default(), file, known: None }
    }
}

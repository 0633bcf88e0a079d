//! Locks that a function holds around another one that it is given: `runWithLock(key, async () => …)`.
//!
//! A function whose text is not part of the run is believed by its name. One of the project counts when it asks something
//! outside of the process for the lock: a lock in memory keeps nothing apart.
//!
//! Input: the effects of all functions. Output: which functions run under such a lock. Must not know: rules.

use crate::facts::{Effect, EffectKind, TryPart};
use crate::limits;
use crate::project::link::{Op, Project, Step};
use crate::project::sections::Held;
use crate::value::{C, FnRef, Key, Node, Site, SiteInfo, Sym, V, children};
use rustc_hash::FxHashSet;

/// Packages whose locks are kept in the memory of the process.
const IN_MEMORY: [&str; 10] = [
    "async-mutex",
    "async-lock",
    "await-lock",
    "async-sema",
    "p-limit",
    "semaphore-async-await",
    "rwlock",
    "mutexify",
    "await-semaphore",
    "semaphore",
];

impl Project {
    /// Finds the functions that are given to a lock.
    pub(in crate::project) fn link_sections(&mut self) {
        let mut calls = self.calls_given(|node| matches!(node, Node::Func(_)));
        let asking = self.files_that_ask_outside();
        for (callee, name, args) in &calls {
            let given: Vec<FnRef> = args.iter().filter_map(|arg| self.function_given(*arg)).collect();
            let keys: Vec<V> = args.iter().copied().filter(|arg| self.function_given(*arg).is_none()).collect();
            let taken = self.lock_name(*callee, *name, &asking);
            let Some(name) = taken.or_else(|| self.lock_of_package(*callee, *name, &keys)) else { continue };
            let held = Held { name, keys };
            self.sections.held.extend(given.into_iter().map(|func| (func, held.clone())));
            if let Node::Func(holder) = self.arena.node(*callee) {
                self.sections.holders.extend((0..args.len() as u32).map(|at| (*holder, at)));
            }
        }
        if !self.sections.held.is_empty() {
            calls.extend(self.calls_given(|node| matches!(node, Node::Param(..))));
        }
        for _ in 0..limits::LOCK_WRAPPERS {
            if self.sections.held.is_empty() || !self.hand_on_locks(&calls) {
                break;
            }
        }
    }

    /// What functions that run under a lock call of the parameters of those around them runs under it as well.
    fn hand_on_locks(&mut self, calls: &[(V, Option<Sym>, Vec<V>)]) -> bool {
        let mut found: Vec<((FnRef, u32), String)> = Vec::new();
        for (func, held) in &self.sections.held {
            for effect in self.function(*func).into_iter().flat_map(|function| &function.effects) {
                // What is called where the lock was refused is not the work.
                let is_error = |value: V| matches!(self.arena.node(value), Node::Param(of, 0) if of == func);
                let is_refused = self.arena.atoms(effect.cond).iter().any(|atom| atom.holds && is_error(atom.value));
                if let EffectKind::Call { callee, .. } = effect.kind
                    && let Node::Param(of, at) = self.arena.node(callee)
                    && !is_refused
                {
                    found.push(((*of, *at), held.name.clone()));
                }
            }
        }
        let known = self.sections.held.len();
        let mut seen = FxHashSet::default();
        while let Some((holder, name)) = found.pop() {
            if !seen.insert(holder) {
                continue;
            }
            self.sections.holders.insert(holder);
            for (callee, _, args) in calls {
                let mut called = self.arena.alternatives(*callee).into_iter();
                if !called.any(|(_, callee)| self.function_given(callee) == Some(holder.0)) {
                    continue;
                }
                match args.get(holder.1 as usize).map(|arg| self.arena.node(*arg)) {
                    Some(Node::Func(func)) => {
                        let held = Held { name: name.clone(), keys: Vec::new() };
                        self.sections.held.entry(*func).or_insert(held);
                    }
                    // What a function is given, it hands on to the lock.
                    Some(Node::Param(of, at)) => found.push(((*of, *at), name.clone())),
                    _ => {}
                }
            }
        }
        self.sections.held.len() > known
    }

    /// Callee, name and arguments of the calls that are given such a value.
    fn calls_given(&mut self, is_asked: impl Fn(&Node) -> bool) -> Vec<(V, Option<Sym>, Vec<V>)> {
        let mut calls = Vec::new();
        for at in 0..self.functions.len() {
            let effects = self.functions.get(at).map(|function| function.effects.clone()).unwrap_or_default();
            self.within(FnRef(at as u32), |project| {
                for effect in effects {
                    let EffectKind::Call { callee, name, args, .. } = effect.kind else { continue };
                    let args: Vec<V> = args.into_iter().map(|arg| project.linked(arg)).collect();
                    if args.iter().any(|arg| is_asked(project.arena.node(*arg))) {
                        calls.push((project.linked(callee), name, args));
                    }
                }
            });
        }
        calls
    }

    fn function_given(&self, arg: V) -> Option<FnRef> {
        match self.arena.node(arg) {
            Node::Func(func) => Some(*func),
            _ => None,
        }
    }

    /// The name of a callee that runs a function under a lock outside of the process.
    fn lock_name(&self, callee: V, name: Option<Sym>, asking: &FxHashSet<u32>) -> Option<String> {
        // locker: lock.locked(token, wait, time, work), where a lock in memory may stand for the service
        let is_locker = |(_, callee): (C, V)| self.module_of(callee) == Some("locker");
        if name.is_some_and(|name| self.arena.text(name) == "locked")
            && self.arena.alternatives(callee).into_iter().any(is_locker)
        {
            return Some("locker".to_owned());
        }
        if let Node::Func(func) = *self.arena.node(callee) {
            let own = self.called_name(callee).unwrap_or_default();
            let called = name.map_or(own, |name| self.arena.text(name));
            // A lock that is waited for, or given back by a callback, is taken somewhere in the file of the function.
            let is_named = is_with_lock(called) && asking.contains(&self.file_of(func));
            return (is_named || self.asks_outside(func)).then(|| own.to_owned());
        }
        let name = name.map_or_else(|| self.last_name(callee).unwrap_or_default(), |name| self.arena.text(name));
        let is_redlock =
            name == "using" && matches!(self.arena.node(callee), Node::Member(recv, _) if self.is_redlock(*recv));
        if self.is_lock_function(callee) {
            return Some("redis-lock".to_owned());
        }
        let is_memory = self.module_of(callee).is_some_and(|module| IN_MEMORY.contains(&module));
        (is_redlock || is_with_lock(name) && !is_memory).then(|| name.to_owned())
    }

    /// The name of a method of an object from a package that takes a lock by a key: `this.mutex.lock('User', id, async () => …)`. What
    /// takes no key is a mutex of the process.
    fn lock_of_package(&self, callee: V, name: Option<Sym>, keys: &[V]) -> Option<String> {
        let name = self.arena.text(name?);
        let Node::Member(recv, _) = *self.arena.node(callee) else { return None };
        let Node::New { callee: of, .. } = *self.arena.node(recv) else { return None };
        let package = self.package_of(of)?;
        let is_taken = matches!(name, "lock" | "acquire") && keys.iter().any(|key| !self.is_length_of_time(*key));
        (is_taken && !IN_MEMORY.contains(&package)).then(|| name.to_owned())
    }

    fn is_length_of_time(&self, value: V) -> bool {
        matches!(self.arena.node(value), Node::Num(_) | Node::Undefined | Node::Object(_))
    }

    fn is_redlock(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::New { callee, .. } | Node::Call { callee, .. } => self.is_redlock(*callee),
            Node::Import { module, .. } => self.arena.text(*module) == "redlock",
            Node::Member(object, _) => self.is_redlock(*object),
            _ => false,
        }
    }

    /// Whether a function takes a lock outside of the process for the key that it is given: `require('redis-lock')(client)`.
    pub fn is_lock_function(&self, callee: V) -> bool {
        let Node::Call { callee: maker, .. } = self.arena.node(callee) else { return false };
        matches!(self.arena.node(*maker), Node::Import { module, .. } if self.arena.text(*module) == "redis-lock")
    }

    /// Whether a value is made by a package of locks that are kept outside of the process, as its name says: `new LockManager(locks)`.
    pub fn is_lock_service(&self, value: V) -> bool {
        let made: Vec<V> = self.arena.alternatives(value).into_iter().map(|(_, value)| value).collect();
        made.into_iter().any(|value| {
            let package = match self.arena.node(value) {
                Node::New { callee, .. } | Node::Call { callee, .. } => self.package_of(*callee),
                _ => None,
            };
            package.is_some_and(|package| package.contains("lock") && !IN_MEMORY.contains(&package))
        })
    }

    pub(in crate::project) fn module_of(&self, value: V) -> Option<&str> {
        match self.arena.node(value) {
            Node::Import { module, .. } => Some(self.arena.text(*module)),
            Node::Member(object, _) => self.module_of(*object),
            Node::New { callee, .. } | Node::Call { callee, .. } => self.module_of(*callee),
            _ => None,
        }
    }

    /// Whether a function of the project takes a lock outside of the process before it calls what it is given.
    fn asks_outside(&self, func: FnRef) -> bool {
        let steps = self.steps_of(func);
        let is_own = |callee: V| matches!(self.arena.node(callee), Node::Param(of, _) if *of == func);
        // Where locks are switched off, it is called without one first: `if (!this.hasLocks()) return work();`
        let runs = |step: &Step| matches!(step.op, Op::Call { callee, .. } if is_own(callee));
        let last = steps.iter().rposition(runs).unwrap_or(0);
        let takes = |(at, step): (usize, &Step)| {
            let later = steps.get(at..).unwrap_or_default();
            let after = later.iter().position(runs).and_then(|runs| later.get(runs..)).unwrap_or_default();
            self.takes_outside(step) || self.is_document_lock(func, step, after)
        };
        steps.iter().enumerate().take(last).any(takes)
    }

    /// Whether a step asks something outside of the process for a lock.
    fn takes_outside(&self, step: &Step) -> bool {
        let Op::Call { recv: Some(recv), name: Some(name), args, .. } = &step.op else { return false };
        !self.is_memory(*recv)
            && !self.is_mutex(*recv)
            && match self.arena.text(*name) {
                "set" => args.iter().any(|arg| self.is_only_if_absent(*arg)),
                "acquire" | "lock" => true,
                _ => false,
            }
    }

    /// Whether a step inserts a document by a key that the function is given, ends where that is refused, and the document is
    /// deleted by the same key later: `locks.insertOne({ _id: key })`, then `locks.deleteOne({ _id: key })`.
    fn is_document_lock(&self, func: FnRef, step: &Step, after: &[Step]) -> bool {
        let Op::Call { recv: Some(recv), name: Some(name), args, .. } = &step.op else { return false };
        let goes_on = |(site, part): &(Site, TryPart)| {
            *part == TryPart::Body && self.try_at(*site).is_some_and(|handled| handled.resumes != C::FALSE)
        };
        if !matches!(self.arena.text(*name), "insertOne" | "insert" | "create") || step.within.iter().any(goes_on) {
            return false;
        }
        let is_own = |part: V| matches!(self.arena.node(part), Node::Param(of, _) if *of == func);
        let is_given = |value: V| self.contains(value, &mut |_, part| is_own(part));
        let document = args.first().map(|document| self.equalities(*document)).unwrap_or_default();
        let deletes = |step: &Step, key: &(String, V)| match &step.op {
            Op::Call { recv: Some(from), name: Some(name), args, .. } => {
                self.is_same_call(*from, *recv)
                    && matches!(self.arena.text(*name), "deleteOne" | "deleteMany" | "findOneAndDelete" | "remove")
                    && args.first().is_some_and(|filter| self.equalities(*filter).contains(key))
            }
            _ => false,
        };
        document.iter().any(|key| is_given(key.1) && after.iter().any(|step| deletes(step, key)))
    }

    /// Whether two values are one, or two calls of one function with the same arguments.
    fn is_same_call(&self, a: V, b: V) -> bool {
        match (self.arena.node(a), self.arena.node(b)) {
            (Node::Call { callee, args, .. }, Node::Call { callee: other, args: others, .. }) => {
                callee == other && args == others
            }
            _ => a == b,
        }
    }

    /// The files of functions that ask something outside of the process for a lock.
    fn files_that_ask_outside(&self) -> FxHashSet<u32> {
        let asks = |effect: &Effect| match &effect.kind {
            EffectKind::Call { recv: Some(recv), name: Some(name), args, .. } => {
                self.arena.text(*name) == "set"
                    && !self.is_memory(*recv)
                    && args.iter().any(|arg| self.is_only_if_absent(*arg))
            }
            _ => false,
        };
        let functions = self.functions.iter().zip(self.files.iter());
        functions.filter(|(function, _)| function.effects.iter().any(asks)).map(|(_, file)| *file).collect()
    }

    /// Whether an argument asks to set only what is not there: `'NX'` of `redis.set(key, token, 'PX', 5000, 'NX')`, `{ NX: true }`.
    pub fn is_only_if_absent(&self, arg: V) -> bool {
        let is_word = |text: Sym| self.arena.text(text).eq_ignore_ascii_case("nx");
        match self.arena.node(arg) {
            Node::Str(text) => is_word(*text),
            Node::Object(entries) => entries.iter().any(|entry| match entry.key {
                Key::Name(name) => is_word(name) && self.arena.node(entry.value) == &Node::Bool(true),
                _ => false,
            }),
            _ => false,
        }
    }

    // Questions

    /// The innermost function around a place, or around a call that leads to it, that runs under a lock.
    pub fn section_of(&self, site: Site) -> Option<FnRef> {
        if self.sections.held.is_empty() {
            return None;
        }
        let mut at = Some(site);
        while let Some(site) = at {
            if let Some(held) = self.section_at(self.base_site(site)) {
                return Some(held);
            }
            at = self.arena.site_info(site).via;
        }
        None
    }

    /// The innermost function in whose text a place stands that runs under a lock.
    pub fn section_at(&self, place: SiteInfo) -> Option<FnRef> {
        self.ranges.around(place).find(|func| self.is_held(*func))
    }

    /// Whether a function runs only where it is given to a lock.
    fn is_held(&self, func: FnRef) -> bool {
        self.sections.held.contains_key(&func)
            && self.callers_of(func).iter().all(|(_, site)| {
                let around = self.ranges.around(self.base_site(*site)).find(|around| self.runs_under_lock(*around));
                around.is_some()
            })
    }

    fn runs_under_lock(&self, func: FnRef) -> bool {
        self.sections.held.contains_key(&func) || self.sections.holders.iter().any(|(holder, _)| *holder == func)
    }

    /// What takes the lock under which a function is called, by all who call it.
    pub fn lock_of_callers(&self, func: FnRef) -> Option<&str> {
        if self.sections.held.is_empty() { None } else { self.lock_above(func, limits::LOCK_CALLERS) }
    }

    fn lock_above(&self, func: FnRef, depth: u32) -> Option<&str> {
        let callers = self.callers_of(func);
        if depth == 0 || callers.is_empty() || self.entry(func).is_some() {
            return None;
        }
        let mut name = None;
        for (caller, site) in callers {
            let own = self.section_of(*site).and_then(|held| self.lock_taken_by(held));
            name = Some(own.or_else(|| self.lock_above(*caller, depth - 1))?);
        }
        name
    }

    /// Whether the key of the lock under which a function runs may be about another document than these values: both are made
    /// from what the same function is given, and nothing goes into both.
    pub fn is_key_of_another(&self, held: FnRef, identity: &[V]) -> bool {
        let Some(held) = self.sections.held.get(&held) else { return false };
        let (keys, own) = (self.inputs_in(&held.keys), self.inputs_in(identity));
        let is_of_one = |a: V, b: V| self.parameter_of(a) == self.parameter_of(b);
        let is_part = |a: V, b: V| self.path_from(a, b).is_some() || self.path_from(b, a).is_some();
        let pairs = || keys.iter().flat_map(|key| own.iter().map(move |value| (*key, *value)));
        pairs().any(|(a, b)| is_of_one(a, b)) && !pairs().any(|(a, b)| a == b || is_part(a, b))
    }

    /// The parts of parameters that values are made from, as long as they go: `req.body.id`.
    fn inputs_in(&self, values: &[V]) -> Vec<V> {
        let (mut open, mut seen, mut found) = (values.to_vec(), FxHashSet::default(), Vec::new());
        while let Some(value) = open.pop() {
            if !seen.insert(value) || seen.len() > limits::SEARCHED {
                continue;
            }
            match self.parameter_of(value) {
                Some(_) => found.push(value),
                None => open.extend(children(self.arena.node(value))),
            }
        }
        found
    }

    /// What takes the lock under which a function runs.
    pub fn lock_taken_by(&self, held: FnRef) -> Option<&str> {
        self.sections.held.get(&held).map(|held| held.name.as_str())
    }
}

/// Whether a name says that a function is run under a lock: `runWithLock`, `withRedisLock`, `usingLock`.
fn is_with_lock(name: &str) -> bool {
    let (start, end) = (name.to_lowercase(), name.ends_with("Lock") || name.ends_with("Locked"));
    end && ["with", "runwith", "using", "under", "rununder", "executewith", "dowith"]
        .iter()
        .any(|verb| start.starts_with(verb))
}

//! Parameters to which every known call gives one and the same service: `setup(app, storage)`, `new TaskStore(Task)`.
//!
//! What is given counts where it stays what it is for the whole run: a collection or model, a class, an instance of a class that
//! works with the database, a function that an object holds under a name. Where two calls give two, or one is not known, the
//! parameter stays one.
//!
//! Input: the calls of the project. Output: a part of the table of bindings. Must not know: effects, rules.

use super::link::Project;
use super::members::Made;
use crate::facts::EffectKind;
use crate::limits;
use crate::value::{Arena, ClassRef, Entry, FnRef, Key, Node, Sym, V, children};
use rustc_hash::{FxHashMap, FxHashSet};

/// A parameter, or a member of what is given for it.
type Place = (FnRef, u32, Option<Sym>);

/// What the calls of each function give; more of them than are compared say nothing.
type Calls = FxHashMap<FnRef, Vec<Vec<V>>>;

impl Project {
    /// Finds the constructor of each class.
    pub(super) fn collect_constructors(&mut self) {
        for (at, function) in self.functions.iter().enumerate() {
            if let (Some(class), "constructor") = (function.class, function.name.as_str()) {
                self.constructors.insert(class, FnRef(at as u32));
            }
        }
    }

    /// Finds the parameters that are one service.
    pub(super) fn bind_given(&mut self) {
        let mut calls = self.calls_by_function();
        self.add_made(&mut calls);
        let mut known: FxHashMap<Place, Option<V>> = FxHashMap::default();
        self.bindings.constructed =
            self.constructors.values().filter(|func| calls.contains_key(func)).copied().collect();
        let mut functions: Vec<FnRef> = calls.keys().copied().collect();
        functions.sort();
        for func in functions {
            self.within(func, |project| {
                for place in project.places_given(&calls, func) {
                    project.one_given(&calls, place, &mut known, 0);
                }
            });
        }
        self.bindings.given = known.into_iter().filter_map(|(place, value)| Some((place, value?))).collect();
    }

    fn calls_by_function(&mut self) -> Calls {
        let mut calls = Calls::default();
        for at in 0..self.functions.len() {
            let Some(function) = self.functions.get(at) else { continue };
            let class = function.class.filter(|_| function.name == "constructor");
            let own = function.effects.iter().filter_map(|effect| match &effect.kind {
                EffectKind::Call { callee, args, .. } => Some((*callee, args.clone())),
                EffectKind::Assign { .. } => None,
            });
            let own: Vec<(V, Vec<V>)> = own.collect();
            self.within(FnRef(at as u32), |project| {
                for (callee, args) in own {
                    let targets = match (class, project.last_name(callee)) {
                        (Some(class), Some("super")) => project.constructor_above(class).into_iter().collect(),
                        _ => {
                            let callee = project.linked(callee);
                            project.targets(callee)
                        }
                    };
                    for func in targets {
                        project.add_given(&mut calls, func, &args);
                    }
                }
            });
        }
        calls
    }

    /// `new TaskStore(Task)`
    fn add_made(&mut self, calls: &mut Calls) {
        for at in 0..self.arena.len() {
            let Node::New { callee, args, .. } = self.arena.peek(V(at as u32)) else { continue };
            if !matches!(self.arena.peek(*callee), Node::Class(_) | Node::Import { .. } | Node::Member(..)) {
                continue;
            }
            let (callee, args) = (*callee, args.to_vec());
            self.within_a_value(|project| {
                let class = project.linked(callee);
                let Node::Class(class) = *project.arena.node(class) else { return };
                if let Some(func) = project.constructor_from(class) {
                    project.add_given(calls, func, &args);
                }
            });
        }
    }

    fn add_given(&mut self, calls: &mut Calls, func: FnRef, args: &[V]) {
        let params = self.function(func).map_or(0, |function| function.params);
        let known = calls.entry(func).or_default();
        if params == 0 || known.len() > limits::HANDLE_CALLS {
            return;
        }
        let given = args.iter().take(params as usize).map(|arg| self.linked(*arg)).collect();
        if !known.contains(&given) {
            known.push(given);
        }
    }

    /// The constructor that runs for `new Class()`.
    pub(super) fn constructor_from(&mut self, class: ClassRef) -> Option<FnRef> {
        match self.constructors.get(&class) {
            Some(func) => Some(*func),
            None => self.constructor_above(class),
        }
    }

    fn constructor_above(&mut self, class: ClassRef) -> Option<FnRef> {
        let mut at = class;
        for _ in 0..limits::LINEAGE {
            let parent = self.class(at)?.parent?;
            let parent = self.linked(parent);
            let Node::Class(parent) = *self.arena.node(parent) else { return None };
            if let Some(func) = self.constructors.get(&parent) {
                return Some(*func);
            }
            at = parent;
        }
        None
    }

    /// The parameters of a function, and the members of the objects that are given for them.
    fn places_given(&self, calls: &Calls, func: FnRef) -> Vec<Place> {
        let count = calls.get(&func).and_then(|calls| calls.first()).map_or(0, Vec::len) as u32;
        let mut places = Vec::new();
        for at in 0..count {
            places.push((func, at, None));
            places.extend(self.names_given(calls, func, at, 0).into_iter().map(|name| (func, at, Some(name))));
        }
        places
    }

    /// The names in the object that the first call gives for a parameter.
    fn names_given(&self, calls: &Calls, func: FnRef, at: u32, depth: u32) -> Vec<Sym> {
        let first = calls.get(&func).and_then(|calls| calls.first()).and_then(|args| args.get(at as usize));
        match first.map(|first| self.arena.node(*first)) {
            Some(Node::Object(entries)) => entries
                .iter()
                .filter_map(|entry| match entry.key {
                    Key::Name(name) => Some(name),
                    Key::Computed(_) | Key::Spread => None,
                })
                .collect(),
            Some(Node::Param(of, own)) if depth < limits::HANDED_ON => self.names_given(calls, *of, *own, depth + 1),
            _ => Vec::new(),
        }
    }

    /// The one service that all calls give in a place.
    fn one_given(
        &mut self,
        calls: &Calls,
        place: Place,
        known: &mut FxHashMap<Place, Option<V>>,
        depth: u32,
    ) -> Option<V> {
        if let Some(known) = known.get(&place) {
            return *known;
        }
        let (func, at, key) = place;
        let all = calls.get(&func).filter(|all| all.len() <= limits::HANDLE_CALLS && depth <= limits::HANDED_ON)?;
        known.insert(place, None);
        let mut found: Option<V> = None;
        for args in all {
            let given = args.get(at as usize).copied()?;
            let value = match (self.arena.node(given).clone(), key) {
                // A function that calls itself hands on what it was given.
                (Node::Param(of, own), _) if (of, own) == (func, at) => continue,
                (Node::Param(of, own), _) => self.one_given(calls, (of, own, key), known, depth + 1)?,
                (_, Some(key)) => self.arena.member_of(given, key)?,
                (_, None) => given,
            };
            let value = self.linked(value);
            let first = *found.get_or_insert(value);
            if !self.is_same_service(first, value) {
                return None;
            }
        }
        let found = found.filter(|value| self.is_kept_service(*value, key.is_some()));
        known.insert(place, found);
        found
    }

    /// Whether two values are one, or two instances of one class that were made with the same.
    fn is_same_service(&self, one: V, other: V) -> bool {
        match (self.arena.node(one), self.arena.node(other)) {
            (Node::New { callee, args, .. }, Node::New { callee: of, args: given, .. }) => {
                callee == of && args == given
            }
            _ => one == other,
        }
    }

    pub(super) fn is_kept_service(&mut self, value: V, is_held: bool) -> bool {
        if !self.is_settled(value) {
            return false;
        }
        match *self.arena.node(value) {
            Node::Func(_) => is_held,
            Node::Object(_) => self.is_written_service(value),
            Node::Class(_) => true,
            Node::Instance(class) => self.works_with_database(class),
            Node::New { callee, ref args, .. } => match *self.arena.node(callee) {
                Node::Class(class) => {
                    let args = args.clone();
                    self.works_with_database(class) || args.iter().any(|given| self.is_kept_service(*given, false))
                }
                _ => false,
            },
            Node::Call { .. } | Node::Member(..) => self.is_collection(value),
            _ => false,
        }
    }

    /// A repository that is written as an object: `{ find: async (id) => …, add: async (row) => … }`.
    fn is_written_service(&self, value: V) -> bool {
        let Node::Object(entries) = self.arena.node(value) else { return false };
        let is_function =
            |entry: &Entry| matches!(entry.key, Key::Name(_)) && matches!(self.arena.node(entry.value), Node::Func(_));
        !entries.is_empty() && entries.iter().all(is_function)
    }

    /// A collection or model of which the name is known, so that its indexes are.
    pub(super) fn is_collection(&mut self, value: V) -> bool {
        self.handle_of(value, 0).is_some_and(|handle| handle.name().is_some())
    }

    /// Whether the methods of a class call a database, or its instances hold something that does.
    fn works_with_database(&mut self, class: ClassRef) -> bool {
        if self.calls_database(class) {
            return true;
        }
        let fields: Vec<V> = match self.class(class) {
            Some(class) => class.fields.iter().map(|(_, value)| *value).collect(),
            None => return false,
        };
        fields.into_iter().any(|field| {
            let field = self.linked(field);
            match *self.arena.node(field) {
                Node::Instance(of) => of != class && self.calls_database(of),
                Node::New { callee, .. } => match *self.arena.node(callee) {
                    Node::Class(of) => of != class && self.calls_database(of),
                    _ => false,
                },
                Node::Call { .. } | Node::Member(..) => self.is_collection(field),
                _ => false,
            }
        })
    }

    /// Whether no part of a value is one of a single call.
    fn is_settled(&self, value: V) -> bool {
        let (mut open, mut seen) = (vec![value], FxHashSet::default());
        while let Some(value) = open.pop() {
            if !seen.insert(value) {
                continue;
            }
            let node = self.arena.node(value);
            if matches!(node, Node::Param(..) | Node::This(_) | Node::Cell(_) | Node::Cut(_))
                || seen.len() > limits::GROWN
            {
                return false;
            }
            open.extend(children(node));
        }
        true
    }

    // Questions

    /// What a field of a class is that is a parameter of its constructor, where its type does not say: what this instance was made
    /// with, or else what each is made with.
    pub(super) fn taken(&mut self, class: ClassRef, field: Sym, made: Option<Made<'_>>) -> Option<V> {
        let at = self.taken_at(class, field)?;
        match made.and_then(|made| made.argument(at)) {
            Some(given) if self.is_kept_service(given, false) => Some(given),
            _ => {
                let func = self.constructors.get(&class).copied()?;
                self.given_service(func, at)
            }
        }
    }

    /// Whether code of the project makes instances of a class and gives them something.
    pub(super) fn is_constructed(&self, class: ClassRef) -> bool {
        self.constructors.get(&class).is_some_and(|func| self.bindings.constructed.contains(func))
    }

    pub(super) fn taken_at(&self, class: ClassRef, field: Sym) -> Option<u32> {
        let (_, at) = self.class(class)?.taken.iter().find(|(name, _)| *name == field)?;
        Some(*at)
    }

    /// `this.deps.users` of `constructor(private deps: Deps)`.
    pub(super) fn taken_part(&mut self, holder: V, field: Sym, key: Sym) -> Option<V> {
        let class = match *self.arena.node(holder) {
            Node::Instance(class) => class,
            Node::New { callee, .. } => match *self.arena.node(callee) {
                Node::Class(class) => class,
                _ => return None,
            },
            _ => return None,
        };
        let at = self.taken_at(class, field)?;
        let func = self.constructors.get(&class).copied()?;
        let param = self.arena.intern(Node::Param(func, at));
        self.given_part(param, key)
    }

    /// The service that every call gives for a parameter.
    pub(super) fn given_service(&mut self, func: FnRef, at: u32) -> Option<V> {
        let given = self.bindings.given.get(&(func, at, None)).copied();
        let value = given.or_else(|| self.registered_parameter(func, at))?;
        Some(self.linked(value)).filter(|value| *value != Arena::UNDEFINED)
    }

    /// The same for a member of what is given.
    pub(super) fn given_part(&mut self, object: V, key: Sym) -> Option<V> {
        let Node::Param(func, at) = *self.arena.node(object) else { return None };
        let given = self.bindings.given.get(&(func, at, Some(key))).copied();
        let value = given.or_else(|| self.registered_part(func, at, key))?;
        Some(self.linked(value))
    }
}

//! One arena from the arenas of all files.
//!
//! Input: the facts of each file. Output: facts whose identifiers are the project's.

use super::own_methods::{Collection, OwnMethod};
use crate::facts::{
    Class, DeclaredField, Decorated, Effect, EffectKind, Exit, FileFacts, Function, Siblings, Taken, Try,
};
use crate::value::{Arena, Atom, C, ClassRef, Entry, FnRef, Item, Key, Node, Site, SiteInfo, Sym, V, map_children};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// The file that a module specifier leads to, by its number.
type Resolve<'a> = &'a dyn Fn(&str) -> Option<u32>;

/// Copies values of one file into the project's arena.
pub struct Merger<'a> {
    facts: &'a FileFacts,
    from: &'a Arena,
    into: &'a mut Arena,
    file: u32,
    functions: u32,
    classes: u32,
    values: Vec<Option<V>>,
    conds: Vec<Option<C>>,
    syms: Vec<Option<Sym>>,
    /// Gives the module symbol that an import has in the project.
    resolve: Resolve<'a>,
    methods: &'a [OwnMethod],
    wrapped: FxHashSet<(u32, u32, u32)>,
    /// By the address of what they were.
    siblings: FxHashMap<usize, Siblings>,
}

/// The facts of one file, moved.
pub struct Moved {
    pub functions: Vec<Function>,
    pub classes: Vec<Class>,
    pub exports: Vec<(Sym, V)>,
    /// The modules whose names a file has too.
    pub export_all: Vec<Reexported>,
    pub around: FileAround,
    /// Where the code calls a wrapper of its own.
    pub wrapped: FxHashSet<(u32, u32, u32)>,
}

/// The names in scope at a call, by the offsets of the call.
type NamesAt = ((u32, u32), Vec<(Sym, V)>);

/// What stands around the writes of one file.
#[derive(Default)]
pub struct FileAround {
    pub named: Vec<NamesAt>,
    pub exits: Vec<Exit>,
    pub taken: Vec<Taken>,
    pub made: Vec<((u32, u32), V)>,
}

/// The module symbol of a file of the project.
pub fn file_symbol(file: u32) -> String {
    format!("\u{0}{file}")
}

/// A module whose names another one has too: `export * from './roles'`.
#[derive(Clone, Copy)]
pub enum Reexported {
    File(u32),
    /// A module that is not read, by its name.
    Outside(Sym),
}

impl Reexported {
    pub fn file(&self) -> Option<u32> {
        match self {
            Self::File(file) => Some(*file),
            Self::Outside(_) => None,
        }
    }
}

/// The file of a module symbol, if it is one of the project.
pub fn symbol_file(symbol: &str) -> Option<u32> {
    symbol.strip_prefix('\u{0}')?.parse().ok()
}

impl<'a> Merger<'a> {
    /// `functions` and `classes` are how many the project has already.
    pub fn new(
        facts: &'a FileFacts,
        into: &'a mut Arena,
        file: u32,
        (functions, classes): (u32, u32),
        (resolve, methods): (Resolve<'a>, &'a [OwnMethod]),
    ) -> Self {
        let from = &facts.arena;
        let (values, conds, syms) = (vec![None; from.len()], vec![None; from.counts().1], vec![None; from.counts().0]);
        let (wrapped, siblings) = (FxHashSet::default(), FxHashMap::default());
        Self { facts, from, into, file, functions, classes, values, conds, syms, resolve, methods, wrapped, siblings }
    }

    pub fn run(mut self) -> Moved {
        let facts = self.facts;
        let functions = facts.functions.iter().map(|function| self.function(function)).collect();
        let classes = facts.classes.iter().map(|class| self.class(class)).collect();
        let exports = facts.exports.iter().map(|(name, value)| (self.sym(*name), self.value(*value))).collect();
        let export_all = facts.export_all.iter().map(|module| match (self.resolve)(self.from.text(*module)) {
            Some(file) => Reexported::File(file),
            None => Reexported::Outside(self.sym(*module)),
        });
        let export_all = export_all.collect();
        let around = self.around(facts);
        Moved { functions, classes, exports, export_all, around, wrapped: self.wrapped }
    }

    fn around(&mut self, facts: &FileFacts) -> FileAround {
        let named = facts.noted.named.iter().map(|(at, names)| {
            (*at, names.iter().map(|(name, value)| (self.sym(*name), self.value(*value))).collect())
        });
        let named = named.collect();
        let exits = facts.noted.exits.iter().map(|exit| Exit { test: self.value(exit.test), ..exit.clone() }).collect();
        let taken =
            facts.noted.taken.iter().map(|taken| Taken { test: self.value(taken.test), ..taken.clone() }).collect();
        let made = facts.noted.made.iter().map(|(at, class)| (*at, self.value(*class))).collect();
        FileAround { named, exits, taken, made }
    }

    fn function(&mut self, function: &Function) -> Function {
        Function {
            name: function.name.clone(),
            base: self.cond(function.base),
            effects: function.effects.iter().map(|effect| self.effect(effect)).collect(),
            returns: function.returns.iter().map(|(c, v)| (self.cond(*c), self.value(*v))).collect(),
            throws: function.throws.iter().map(|c| self.cond(*c)).collect(),
            rejects: function.rejects.iter().map(|c| self.cond(*c)).collect(),
            class: function.class.map(|class| self.class_ref(class)),
            parent: function.parent.map(|parent| self.fn_ref(parent)),
            param_names: function.param_names.clone(),
            param_types: function.param_types.iter().map(|(at, of)| (*at, self.value(*of))).collect(),
            return_type: function.return_type.map(|of| self.value(of)),
            places: function.places.iter().map(|(value, site)| (self.value(*value), self.site(*site))).collect(),
            tries: function.tries.iter().map(|handled| self.handled(handled)).collect(),
            missing: function.missing.iter().map(|value| self.value(*value)).collect(),
            defaults: function.defaults.iter().map(|(place, value)| (self.value(*place), self.value(*value))).collect(),
            cursors: function.cursors.iter().map(|value| self.value(*value)).collect(),
            siblings: self.siblings(&function.siblings),
            ..*function
        }
    }

    /// The functions of an object literal, sorted by name; of two of one name the last is first.
    fn siblings(&mut self, siblings: &Siblings) -> Siblings {
        if siblings.is_empty() {
            return Siblings::default();
        }
        // The facts hold them, so that no other ones have their address.
        let address = Arc::as_ptr(siblings).addr();
        if let Some(known) = self.siblings.get(&address) {
            return known.clone();
        }
        let mut moved: Vec<_> =
            siblings.iter().rev().map(|(name, func)| (self.sym(*name), self.fn_ref(*func))).collect();
        moved.sort_by_key(|(name, _)| *name);
        let moved = Siblings::from(moved);
        self.siblings.insert(address, moved.clone());
        moved
    }

    fn effect(&mut self, effect: &Effect) -> Effect {
        let kind = match &effect.kind {
            EffectKind::Call { callee, recv, name, args } => match self.wrapped(effect.site, *callee, args) {
                Some((method, recv)) => {
                    let name = self.into.sym(&method.method);
                    let callee = self.into.member(recv, name);
                    EffectKind::Call { callee, recv: Some(recv), name: Some(name), args: self.operands(method, args) }
                }
                None => EffectKind::Call {
                    callee: self.value(*callee),
                    recv: recv.map(|recv| self.value(recv)),
                    name: name.map(|name| self.sym(name)),
                    args: args.iter().map(|arg| self.value(*arg)).collect(),
                },
            },
            EffectKind::Assign { object, key, value } => EffectKind::Assign {
                object: self.value(*object),
                key: key.map(|key| self.sym(key)),
                value: self.value(*value),
            },
        };
        let within = effect.within.iter().map(|(site, part)| (self.site(*site), *part)).collect();
        Effect { site: self.site(effect.site), cond: self.cond(effect.cond), kind, within, ..*effect }
    }

    fn handled(&mut self, handled: &Try) -> Try {
        Try {
            site: self.site(handled.site),
            handler: self.site(handled.handler),
            resumes: self.cond(handled.resumes),
            rethrows: handled.rethrows,
        }
    }

    fn class(&mut self, class: &Class) -> Class {
        Class {
            name: class.name.clone(),
            parent: class.parent.map(|parent| self.value(parent)),
            implements: class.implements.iter().map(|value| self.value(*value)).collect(),
            is_abstract: class.is_abstract,
            setters: class.setters.iter().map(|(name, func)| (self.sym(*name), self.fn_ref(*func))).collect(),
            methods: class.methods.iter().map(|(name, func)| (self.sym(*name), self.fn_ref(*func))).collect(),
            decorated: class
                .decorated
                .iter()
                .map(|it| Decorated {
                    func: self.fn_ref(it.func),
                    by: self.value(it.by),
                    text: it.text.map(|text| self.sym(text)),
                })
                .collect(),
            prefix: class.prefix.map(|prefix| self.sym(prefix)),
            statics: class.statics.iter().map(|(name, value)| (self.sym(*name), self.value(*value))).collect(),
            taken: class.taken.iter().map(|(name, at)| (self.sym(*name), *at)).collect(),
            fields: class.fields.iter().map(|(name, value)| (self.sym(*name), self.value(*value))).collect(),
            field_types: class.field_types.iter().map(|(name, of)| (self.sym(*name), self.value(*of))).collect(),
            super_args: class.super_args.as_ref().map(|args| args.iter().map(|arg| self.value(*arg)).collect()),
            options: class.options.map(|options| self.value(options)),
            options_are_inherited: class.options_are_inherited,
            unique_fields: class.unique_fields.iter().map(|name| self.sym(*name)).collect(),
            indexed_fields: class.indexed_fields.iter().map(|name| self.sym(*name)).collect(),
            declared_fields: class
                .declared_fields
                .iter()
                .map(|field| DeclaredField {
                    name: self.sym(field.name),
                    options: self.site(field.options),
                    ..field.clone()
                })
                .collect(),
            kinds: class.kinds.iter().map(|(name, kind)| (self.sym(*name), *kind)).collect(),
            indexes: class.indexes.iter().map(|(keys, options)| (self.value(*keys), self.value(*options))).collect(),
        }
    }

    fn fn_ref(&self, func: FnRef) -> FnRef {
        FnRef(func.0 + self.functions)
    }

    fn class_ref(&self, class: ClassRef) -> ClassRef {
        ClassRef(class.0 + self.classes)
    }

    fn sym(&mut self, sym: Sym) -> Sym {
        if let Some(Some(known)) = self.syms.get(sym.0 as usize) {
            return *known;
        }
        let new = self.into.sym(self.from.text(sym));
        if let Some(slot) = self.syms.get_mut(sym.0 as usize) {
            *slot = Some(new);
        }
        new
    }

    fn site(&mut self, site: Site) -> Site {
        let info = self.from.site_info(site);
        self.into.site(SiteInfo { file: self.file, via: None, ..info })
    }

    fn cond(&mut self, cond: C) -> C {
        if cond == C::TRUE || cond == C::FALSE {
            return cond;
        }
        // Up from a known start, so that long conditions do not recurse.
        let (known, starts) = self.from.unknown_starts(cond, |at| self.conds.get(at.0 as usize).copied().flatten());
        let mut new = known.unwrap_or(C::TRUE);
        for (at, atom) in starts {
            let value = self.value(atom.value);
            new = self.into.cond_node(new, Atom { value, holds: atom.holds });
            if let Some(slot) = self.conds.get_mut(at.0 as usize) {
                *slot = Some(new);
            }
        }
        new
    }

    fn value(&mut self, value: V) -> V {
        if let Some(Some(known)) = self.values.get(value.0 as usize) {
            return *known;
        }
        let new = match self.from.node(value) {
            Node::Cut(_) => self.into.cut(),
            node => {
                let node = self.node(node);
                self.into.intern(node)
            }
        };
        if let Some(slot) = self.values.get_mut(value.0 as usize) {
            *slot = Some(new);
        }
        new
    }

    /// The wrapper that a call is of, and the collection as the driver would give it.
    fn wrapped(&mut self, site: Site, callee: V, args: &[V]) -> Option<(&'a OwnMethod, V)> {
        let method = self.methods.iter().find(|method| method.is_called(self.facts, callee))?;
        let info = self.from.site_info(site);
        self.wrapped.insert((self.file, info.start, info.end));
        let name = match &method.collection {
            Collection::Receiver => match self.from.node(callee) {
                Node::Member(object, _) => return Some((method, self.value(*object))),
                _ => return None,
            },
            Collection::Argument(at) => self.value(*args.get(*at)?),
            Collection::Named(name) => self.into.str(name),
        };
        let (site, callee) = (self.site(site), self.into.global("collection"));
        Some((method, self.into.intern(Node::Call { site, callee, args: Box::new([name]) })))
    }

    /// The arguments of a wrapper's call in the order of the driver.
    fn operands(&mut self, method: &OwnMethod, args: &[V]) -> Vec<V> {
        let operands = method.operands(args.len()).into_iter();
        operands.map(|at| at.and_then(|at| args.get(at)).map_or(Arena::UNDEFINED, |arg| self.value(*arg))).collect()
    }

    fn node(&mut self, node: &Node) -> Node {
        if let Node::Call { site, callee, args } = node
            && let Some((method, recv)) = self.wrapped(*site, *callee, args)
        {
            let name = self.into.sym(&method.method);
            let callee = self.into.member(recv, name);
            return Node::Call { site: self.site(*site), callee, args: self.operands(method, args).into() };
        }
        match node {
            Node::Opaque(site) => Node::Opaque(self.site(*site)),
            Node::Str(text) => Node::Str(self.sym(*text)),
            Node::Regex(text) => Node::Regex(self.sym(*text)),
            Node::Param(func, at) => Node::Param(self.fn_ref(*func), *at),
            Node::This(func) => Node::This(self.fn_ref(*func)),
            Node::Func(func) => Node::Func(self.fn_ref(*func)),
            Node::Instance(class) => Node::Instance(self.class_ref(*class)),
            Node::Class(class) => Node::Class(self.class_ref(*class)),
            Node::Global(name) => Node::Global(self.sym(*name)),
            Node::Import { module, name } => {
                let specifier = self.from.text(*module);
                let module = match (self.resolve)(specifier) {
                    Some(file) => self.into.sym(&file_symbol(file)),
                    None => self.into.sym(specifier),
                };
                Node::Import { module, name: self.sym(*name) }
            }
            Node::Fresh(kind, site) => Node::Fresh(*kind, self.site(*site)),
            Node::Caught(site) => Node::Caught(self.site(*site)),
            Node::Completed(site) => Node::Completed(self.site(*site)),
            Node::OneOf(alternatives) => {
                Node::OneOf(alternatives.iter().map(|(c, v)| (self.cond(*c), self.value(*v))).collect())
            }
            Node::Object(entries) => Node::Object(
                entries
                    .iter()
                    .map(|entry| Entry {
                        key: match entry.key {
                            Key::Name(name) => Key::Name(self.sym(name)),
                            Key::Computed(key) => Key::Computed(self.value(key)),
                            Key::Spread => Key::Spread,
                        },
                        value: self.value(entry.value),
                        cond: self.cond(entry.cond),
                    })
                    .collect(),
            ),
            Node::Array(items) => Node::Array(
                items
                    .iter()
                    .map(|item| Item { value: self.value(item.value), spread: item.spread, cond: self.cond(item.cond) })
                    .collect(),
            ),
            other => {
                let mapped = map_children(other.clone(), &mut |child| self.value(child));
                match mapped {
                    Node::Member(object, key) => Node::Member(object, self.sym(key)),
                    Node::Call { site, callee, args } => Node::Call { site: self.site(site), callee, args },
                    Node::New { site, callee, args } => Node::New { site: self.site(site), callee, args },
                    Node::Query { method, array, arg } => Node::Query { method: self.sym(method), array, arg },
                    Node::Derived(operator, operands) => Node::Derived(self.sym(operator), operands),
                    other => other,
                }
            }
        }
    }
}

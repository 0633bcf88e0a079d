//! Symbolic values and path conditions, hash-consed: equal values have equal identifiers.
//!
//! Input: nodes built by the facts pass or by instantiation. Output: identifiers and their nodes.
//! Must not know: syntax, MongoDB, files.

use rustc_hash::FxHashMap;
use std::cell::Cell;

/// A symbolic value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct V(pub u32);

/// An interned string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sym(pub u32);

/// A path condition: a conjunction of atoms, as a list that shares its tail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct C(pub u32);

/// An occurrence of an expression; inlined code has one for every chain of calls that leads to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site(pub u32);

/// A function of the project (of one file, before linking).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FnRef(pub u32);

/// A class of the project (of one file, before linking).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassRef(pub u32);

impl C {
    pub const TRUE: C = C(0);
    /// The condition of code that is never reached.
    pub const FALSE: C = C(1);
}

/// How a value is turned into another type. Equality of identities is decided under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coercion {
    Text,
    ObjectId,
    Number,
    Bool,
    /// A copy, such as `structuredClone(x)`.
    Copy,
}

/// A value made in this call, different each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Freshness {
    Id,
    Time,
    Random,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compare {
    Equal,
    Less,
    LessOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    Name(Sym),
    /// A key that is not known: `[field]` with an unknown field.
    Computed(V),
    Spread,
}

/// A property of an object; a later one wins where its condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    pub key: Key,
    pub value: V,
    pub cond: C,
}

/// An element of an array literal, or a spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Item {
    pub value: V,
    pub spread: bool,
    pub cond: C,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// An expression that is not modelled.
    Opaque(Site),
    Undefined,
    Null,
    Bool(bool),
    /// The bits of an `f64`.
    Num(u64),
    Str(Sym),
    Regex(Sym),
    /// Parts joined into a string.
    Template(Vec<V>),
    Object(Vec<Entry>),
    Array(Vec<Item>),
    /// An object or array that can still change; never outside the facts pass.
    Cell(u32),
    Param(FnRef, u32),
    /// `this` of a function that is no method of a class.
    This(FnRef),
    /// An instance of a class, with its fields as the constructor leaves them.
    Instance(ClassRef),
    Class(ClassRef),
    Func(FnRef),
    Global(Sym),
    /// `name` is `default`, `*` for the namespace, or the exported name.
    Import {
        module: Sym,
        name: Sym,
    },
    Member(V, Sym),
    Index(V, V),
    Call {
        site: Site,
        callee: V,
        args: Vec<V>,
    },
    New {
        site: Site,
        callee: V,
        args: Vec<V>,
    },
    Coerce(Coercion, V),
    Fresh(Freshness, Site),
    OneOf(Vec<(C, V)>),
    Not(V),
    And(Vec<V>),
    Or(Vec<V>),
    Compare(Compare, V, V),
    Nullish(V),
    /// The result of an array method that reads: `find`, `some`, `filter`; the second value is the predicate's result
    /// for `Element` of the array, or the argument of `includes` and `indexOf`.
    Query {
        method: Sym,
        array: V,
        arg: V,
    },
    /// `array.map(f)`: the second value is the result of `f` for `Element` of the array.
    Mapped(V, V),
    /// Any element of an array.
    Element(V),
    /// Computed from these: `+`, `-`, a call of a pure library function. The symbol is the operator.
    Derived(Sym, Vec<V>),
    /// The `try` at this site was left by an exception.
    Caught(Site),
    /// The call at this site came back without an exception.
    Completed(Site),
}

/// What a node holds somewhere inside, so that substitution and searches can skip it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Flags {
    open: bool,
    cell: bool,
}

/// Where an expression stands: 0-based byte offsets, end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteInfo {
    pub file: u32,
    pub start: u32,
    pub end: u32,
    /// The call through which this copy of the expression is reached.
    pub via: Option<Site>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Atom {
    pub value: V,
    pub holds: bool,
}

/// The store of all values of a file, or of a project.
#[derive(Clone, Debug)]
pub struct Arena {
    nodes: Vec<Node>,
    flags: Vec<Flags>,
    node_ids: FxHashMap<Node, V>,
    syms: Vec<Box<str>>,
    sym_ids: FxHashMap<Box<str>, Sym>,
    conds: Vec<(C, Atom)>,
    cond_ids: FxHashMap<(C, Atom), C>,
    sites: Vec<SiteInfo>,
    site_ids: FxHashMap<SiteInfo, Site>,
    /// What is left of the work that one question about a condition may take.
    fuel: Cell<u32>,
}

impl Default for Arena {
    fn default() -> Self {
        let none = Atom { value: V(0), holds: true };
        let mut arena = Self {
            nodes: Vec::new(),
            flags: Vec::new(),
            node_ids: FxHashMap::default(),
            syms: Vec::new(),
            sym_ids: FxHashMap::default(),
            conds: vec![(C::TRUE, none), (C::TRUE, Atom { value: V(0), holds: false })],
            cond_ids: FxHashMap::default(),
            sites: Vec::new(),
            site_ids: FxHashMap::default(),
            fuel: Cell::new(0),
        };
        arena.intern(Node::Undefined);
        arena
    }
}

/// The operator of a derived value that is false only if its operand, that a call came back, never holds.
pub const RETURNS: &str = "returns";
/// At most this many alternatives are kept apart; more become one computed value.
const MAX_ALTERNATIVES: usize = 12;
/// Nodes visited to answer one question about a condition; past that it is undecided.
const FUEL: u32 = 200;
/// Longer conditions are not searched for contradictions between their parts.
const MAX_CHECKED: usize = 48;

impl Arena {
    pub const UNDEFINED: V = V(0);

    pub fn sym(&mut self, text: &str) -> Sym {
        if let Some(sym) = self.sym_ids.get(text) {
            return *sym;
        }
        let sym = Sym(self.syms.len() as u32);
        self.syms.push(text.into());
        self.sym_ids.insert(text.into(), sym);
        sym
    }

    pub fn text(&self, sym: Sym) -> &str {
        self.syms.get(sym.0 as usize).map_or("", |text| text)
    }

    pub fn node(&self, value: V) -> &Node {
        self.nodes.get(value.0 as usize).unwrap_or(&Node::Undefined)
    }

    pub fn site(&mut self, info: SiteInfo) -> Site {
        if let Some(site) = self.site_ids.get(&info) {
            return *site;
        }
        let site = Site(self.sites.len() as u32);
        self.sites.push(info);
        self.site_ids.insert(info, site);
        site
    }

    pub fn site_info(&self, site: Site) -> SiteInfo {
        self.sites.get(site.0 as usize).copied().unwrap_or(SiteInfo { file: 0, start: 0, end: 0, via: None })
    }

    /// Interns a node as it stands. Prefer the smart constructors below.
    pub fn intern(&mut self, node: Node) -> V {
        if let Some(value) = self.node_ids.get(&node) {
            return *value;
        }
        let open = self.is_open_node(&node);
        let cell = matches!(node, Node::Cell(_)) || children(&node).iter().any(|child| self.has_cell(*child));
        let value = V(self.nodes.len() as u32);
        self.nodes.push(node.clone());
        self.flags.push(Flags { open, cell });
        self.node_ids.insert(node, value);
        value
    }

    /// Whether instantiation can change the value: it holds a parameter, a site, an import, a class.
    pub fn is_open(&self, value: V) -> bool {
        self.flags.get(value.0 as usize).is_some_and(|flags| flags.open)
    }

    /// Whether the value holds an object or array that can still change.
    pub fn has_cell(&self, value: V) -> bool {
        self.flags.get(value.0 as usize).is_some_and(|flags| flags.cell)
    }

    fn is_open_node(&self, node: &Node) -> bool {
        match node {
            Node::Undefined
            | Node::Null
            | Node::Bool(_)
            | Node::Num(_)
            | Node::Str(_)
            | Node::Regex(_)
            | Node::Global(_) => false,
            Node::Func(_) => false,
            Node::Opaque(_)
            | Node::Cell(_)
            | Node::Param(..)
            | Node::This(_)
            | Node::Instance(_)
            | Node::Class(_)
            | Node::Import { .. }
            | Node::Call { .. }
            | Node::New { .. }
            | Node::Fresh(..)
            | Node::Caught(_)
            | Node::Completed(_) => true,
            Node::Object(entries) => entries.iter().any(|entry| {
                self.is_open(entry.value)
                    || entry.cond != C::TRUE
                    || matches!(entry.key, Key::Computed(key) if self.is_open(key))
            }),
            Node::Array(items) => items.iter().any(|item| self.is_open(item.value) || item.cond != C::TRUE),
            Node::OneOf(_) => true,
            _ => children(node).iter().any(|child| self.is_open(*child)),
        }
    }

    pub fn str(&mut self, text: &str) -> V {
        let sym = self.sym(text);
        self.intern(Node::Str(sym))
    }

    pub fn bool(&mut self, value: bool) -> V {
        self.intern(Node::Bool(value))
    }

    pub fn num(&mut self, value: f64) -> V {
        self.intern(Node::Num(value.to_bits()))
    }

    pub fn global(&mut self, name: &str) -> V {
        let sym = self.sym(name);
        self.intern(Node::Global(sym))
    }

    /// The text of a string value.
    pub fn as_str(&self, value: V) -> Option<&str> {
        match self.node(value) {
            Node::Str(sym) => Some(self.text(*sym)),
            _ => None,
        }
    }

    /// `object.key`, looked up where the object is known.
    pub fn member(&mut self, object: V, key: Sym) -> V {
        match self.node(object) {
            Node::Object(entries) => {
                let entries = entries.clone();
                self.lookup(&entries, key)
            }
            Node::OneOf(alternatives) => {
                let alternatives: Vec<_> = alternatives.clone();
                let alternatives = alternatives.into_iter().map(|(c, v)| (c, self.member(v, key))).collect();
                self.one_of(alternatives)
            }
            Node::Coerce(Coercion::Copy, inner) => {
                let inner = *inner;
                self.member(inner, key)
            }
            Node::Undefined | Node::Null => Self::UNDEFINED,
            _ => self.intern(Node::Member(object, key)),
        }
    }

    /// The value of a property that an object literal surely has.
    pub fn member_of(&self, object: V, key: Sym) -> Option<V> {
        match self.node(object) {
            Node::Object(entries) => entries
                .iter()
                .rev()
                .find(|entry| entry.key == Key::Name(key) && entry.cond == C::TRUE)
                .map(|entry| entry.value),
            _ => None,
        }
    }

    fn lookup(&mut self, entries: &[Entry], key: Sym) -> V {
        let mut found: Vec<(C, V)> = Vec::new();
        for entry in entries.iter().rev() {
            let value = match entry.key {
                Key::Name(name) if name == key => entry.value,
                Key::Name(_) => continue,
                Key::Computed(_) => continue,
                Key::Spread => match self.member(entry.value, key) {
                    Self::UNDEFINED => continue,
                    value => value,
                },
            };
            found.push((entry.cond, value));
            if entry.cond == C::TRUE && !matches!(entry.key, Key::Spread) {
                break;
            }
        }
        match found.as_slice() {
            [] => Self::UNDEFINED,
            [(C::TRUE, only)] => *only,
            // A spread may lack the key, but then the value is undefined, which the alternatives need not say.
            _ => {
                if found.last().is_none_or(|(cond, _)| *cond != C::TRUE) {
                    found.push((C::TRUE, Self::UNDEFINED));
                }
                // Of two, the second holds where the first does not.
                if let [(first, _), (second, _)] = found.as_mut_slice()
                    && *second == C::TRUE
                {
                    let taken = self.cond_value(*first);
                    *second = self.assume(C::TRUE, taken, false);
                }
                self.one_of(found)
            }
        }
    }

    /// One of several values, each with the condition under which it is taken.
    pub fn one_of(&mut self, alternatives: Vec<(C, V)>) -> V {
        let mut flat: Vec<(C, V)> = Vec::new();
        for (cond, value) in alternatives {
            if cond == C::FALSE {
                continue;
            }
            match self.node(value).clone() {
                Node::OneOf(inner) => {
                    for (c, v) in inner {
                        let both = self.and(cond, c);
                        if both != C::FALSE {
                            flat.push((both, v));
                        }
                    }
                }
                _ => flat.push((cond, value)),
            }
        }
        let mut merged: Vec<(C, V)> = Vec::new();
        for (cond, value) in flat {
            if !merged.contains(&(cond, value)) {
                merged.push((cond, value));
            }
        }
        match merged.as_slice() {
            [] => Self::UNDEFINED,
            [(_, first), rest @ ..] if rest.iter().all(|(_, v)| v == first) => *first,
            _ if merged.len() > MAX_ALTERNATIVES => {
                let mut values: Vec<V> = merged.iter().map(|(_, v)| *v).collect();
                values.sort();
                values.dedup();
                self.derived("|", values)
            }
            _ => self.intern(Node::OneOf(merged)),
        }
    }

    pub fn derived(&mut self, operator: &str, operands: Vec<V>) -> V {
        let operator = self.sym(operator);
        self.intern(Node::Derived(operator, operands))
    }

    pub fn not(&mut self, value: V) -> V {
        match self.node(value) {
            Node::Not(inner) => {
                let inner = *inner;
                if self.is_boolean(inner) { inner } else { self.intern(Node::Not(value)) }
            }
            Node::Bool(b) => {
                let b = !*b;
                self.bool(b)
            }
            Node::Null | Node::Undefined => self.bool(true),
            Node::Or(parts) => {
                let parts = parts.clone();
                let negated = parts.into_iter().map(|part| self.not(part)).collect();
                self.all(negated)
            }
            _ => self.intern(Node::Not(value)),
        }
    }

    fn is_boolean(&self, value: V) -> bool {
        matches!(
            self.node(value),
            Node::Bool(_)
                | Node::Not(_)
                | Node::Compare(..)
                | Node::Nullish(_)
                | Node::Coerce(Coercion::Bool, _)
                | Node::Caught(_)
                | Node::Completed(_)
        )
    }

    /// `cond && value`
    pub fn assume(&mut self, cond: C, value: V, holds: bool) -> C {
        if cond == C::FALSE {
            return cond;
        }
        let value = self.as_condition(value);
        match self.node(value).clone() {
            Node::Not(inner) => self.assume(cond, inner, !holds),
            Node::Coerce(Coercion::Bool, inner) => self.assume(cond, inner, holds),
            Node::And(parts) if holds => parts.into_iter().fold(cond, |c, part| self.assume(c, part, true)),
            Node::Or(parts) if !holds => parts.into_iter().fold(cond, |c, part| self.assume(c, part, false)),
            _ => match self.truth(cond, value) {
                Some(known) if known == holds => cond,
                Some(_) => C::FALSE,
                None => self.push_atom(cond, Atom { value, holds }),
            },
        }
    }

    /// The value as a condition: alternatives that come from `&&`, `||`, `!` and `?:` on booleans become `And` and `Or`.
    pub fn as_condition(&mut self, value: V) -> V {
        let Node::OneOf(alternatives) = self.node(value).clone() else { return value };
        let [(c1, v1), (c2, v2)] = alternatives.as_slice() else { return value };
        // The two conditions must be each other's negation.
        let (first, second) = (self.cond_value(*c1), self.cond_value(*c2));
        if self.not(first) != second && self.not(second) != first {
            return value;
        }
        let (condition, then, otherwise) = match self.node(first) {
            Node::Not(_) => (second, *v2, *v1),
            _ => (first, *v1, *v2),
        };
        let negated = self.not(condition);
        let (yes, no) = (self.truth(C::TRUE, then), self.truth(C::TRUE, otherwise));
        if then == condition || yes == Some(true) {
            let rest = self.as_condition(otherwise);
            self.any(vec![condition, rest])
        } else if otherwise == condition || no == Some(false) {
            let rest = self.as_condition(then);
            self.all(vec![condition, rest])
        } else if yes == Some(false) {
            let rest = self.as_condition(otherwise);
            self.all(vec![negated, rest])
        } else if no == Some(true) {
            let rest = self.as_condition(then);
            self.any(vec![negated, rest])
        } else {
            value
        }
    }

    fn push_atom(&mut self, parent: C, atom: Atom) -> C {
        if let Some(cond) = self.cond_ids.get(&(parent, atom)) {
            return *cond;
        }
        let cond = C(self.conds.len() as u32);
        self.conds.push((parent, atom));
        self.cond_ids.insert((parent, atom), cond);
        cond
    }

    /// The atoms of a condition, last first.
    pub fn atoms(&self, mut cond: C) -> Vec<Atom> {
        let mut atoms = Vec::new();
        while cond.0 > 1 {
            let Some((parent, atom)) = self.conds.get(cond.0 as usize) else { break };
            atoms.push(*atom);
            cond = *parent;
        }
        atoms
    }

    /// Both conditions; `FALSE` when they conflict.
    pub fn and(&mut self, left: C, right: C) -> C {
        if left == C::FALSE || right == C::FALSE {
            return C::FALSE;
        }
        if right == C::TRUE || left == right {
            return left;
        }
        if left == C::TRUE {
            return right;
        }
        let mut cond = left;
        for atom in self.atoms(right).into_iter().rev() {
            cond = self.assume(cond, atom.value, atom.holds);
        }
        if self.contradicts_itself(cond) { C::FALSE } else { cond }
    }

    /// `cond && value`, checked against every part of the condition.
    pub fn meet(&mut self, cond: C, value: V, holds: bool) -> C {
        let other = self.assume(C::TRUE, value, holds);
        self.and(cond, other)
    }

    /// Whether a compound atom is refuted by the others: `!(a && b)` beside `a` and `b`.
    fn contradicts_itself(&self, cond: C) -> bool {
        let atoms = self.atoms(cond);
        if atoms.len() > MAX_CHECKED {
            return false;
        }
        self.fuel.set(FUEL);
        atoms.iter().enumerate().any(|(at, atom)| {
            if !matches!(self.node(atom.value), Node::And(_) | Node::Or(_) | Node::OneOf(_)) {
                return false;
            }
            let others: Vec<Atom> = atoms.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, a)| *a).collect();
            self.truth_under(&others, atom.value, 0).is_some_and(|truth| truth != atom.holds)
        })
    }

    /// The atoms of `inner` that `outer`, a prefix of it, does not have.
    pub fn since(&mut self, outer: C, inner: C) -> C {
        if inner == C::FALSE || outer == C::TRUE {
            return inner;
        }
        let mut rest = Vec::new();
        let mut cond = inner;
        while cond != outer && cond.0 > 1 {
            let Some((parent, atom)) = self.conds.get(cond.0 as usize).copied() else { break };
            rest.push(atom);
            cond = parent;
        }
        rest.into_iter().rev().fold(C::TRUE, |c, atom| self.push_atom(c, atom))
    }

    /// The condition as a value.
    pub fn cond_value(&mut self, cond: C) -> V {
        if cond == C::FALSE {
            return self.bool(false);
        }
        let atoms = self.atoms(cond);
        let mut parts: Vec<V> = Vec::new();
        for atom in atoms.into_iter().rev() {
            parts.push(if atom.holds { atom.value } else { self.not(atom.value) });
        }
        self.all(parts)
    }

    pub fn all(&mut self, parts: Vec<V>) -> V {
        let mut flat: Vec<V> = Vec::new();
        for part in parts {
            match self.node(part).clone() {
                Node::Bool(true) => {}
                Node::Bool(false) => return part,
                Node::And(inner) => flat.extend(inner),
                _ => flat.push(part),
            }
        }
        match flat.as_slice() {
            [] => self.bool(true),
            [only] => *only,
            _ => self.intern(Node::And(flat)),
        }
    }

    pub fn any(&mut self, parts: Vec<V>) -> V {
        let mut flat: Vec<V> = Vec::new();
        for part in parts {
            match self.node(part).clone() {
                Node::Bool(false) => {}
                Node::Bool(true) => return part,
                Node::Or(inner) => flat.extend(inner),
                _ => flat.push(part),
            }
        }
        // x || !x
        for part in &flat {
            let opposite = self.not(*part);
            if flat.contains(&opposite) {
                return self.bool(true);
            }
        }
        match flat.as_slice() {
            [] => self.bool(false),
            [only] => *only,
            _ => self.intern(Node::Or(flat)),
        }
    }

    /// Whether a value is truthy under a condition; `None` when that is not decided.
    pub fn truth(&self, cond: C, value: V) -> Option<bool> {
        self.fuel.set(FUEL);
        let atoms = self.atoms(cond);
        self.truth_under(&atoms, value, 0)
    }

    /// Whether a value is truthy where these atoms hold.
    pub fn truth_given(&self, atoms: &[Atom], value: V) -> Option<bool> {
        self.fuel.set(FUEL);
        self.truth_under(atoms, value, 0)
    }

    fn truth_under(&self, atoms: &[Atom], value: V, depth: u32) -> Option<bool> {
        let fuel = self.fuel.get();
        if depth > 8 || fuel == 0 {
            return None;
        }
        self.fuel.set(fuel - 1);
        if let Some(atom) = atoms.iter().find(|atom| atom.value == value) {
            return Some(atom.holds);
        }
        match self.node(value) {
            Node::Undefined | Node::Null => Some(false),
            Node::Bool(b) => Some(*b),
            Node::Num(bits) => {
                let n = f64::from_bits(*bits);
                Some(n != 0.0 && !n.is_nan())
            }
            Node::Str(sym) => Some(!self.text(*sym).is_empty()),
            Node::Object(_) | Node::Array(_) | Node::Cell(_) | Node::Func(_) | Node::Class(_) | Node::Fresh(..) => {
                Some(true)
            }
            Node::New { .. } | Node::Mapped(..) | Node::Coerce(Coercion::ObjectId, _) => Some(true),
            Node::Not(inner) => self.truth_under(atoms, *inner, depth + 1).map(|b| !b),
            Node::Coerce(Coercion::Bool | Coercion::Copy, inner) => self.truth_under(atoms, *inner, depth + 1),
            Node::And(parts) => {
                let truths: Vec<_> = parts.iter().map(|p| self.truth_under(atoms, *p, depth + 1)).collect();
                if truths.contains(&Some(false)) {
                    Some(false)
                } else if truths.iter().all(|t| *t == Some(true)) {
                    Some(true)
                } else {
                    None
                }
            }
            Node::Or(parts) => {
                let truths: Vec<_> = parts.iter().map(|p| self.truth_under(atoms, *p, depth + 1)).collect();
                if truths.contains(&Some(true)) {
                    Some(true)
                } else if truths.iter().all(|t| *t == Some(false)) {
                    Some(false)
                } else {
                    None
                }
            }
            Node::Nullish(inner) => match self.node(*inner) {
                Node::Undefined | Node::Null => Some(true),
                Node::Str(_)
                | Node::Num(_)
                | Node::Bool(_)
                | Node::Object(_)
                | Node::Array(_)
                | Node::Fresh(..)
                | Node::Template(_) => Some(false),
                _ => match self.truth_under(atoms, *inner, depth + 1) {
                    Some(true) => Some(false),
                    _ => None,
                },
            },
            Node::Compare(Compare::Equal, a, b) => {
                if a == b {
                    return Some(true);
                }
                if self.is_literal(*a) && self.is_literal(*b) {
                    return Some(false);
                }
                // x === 'a' is false where x === 'b' holds.
                for atom in atoms.iter().filter(|atom| atom.holds) {
                    if let Node::Compare(Compare::Equal, x, y) = self.node(atom.value)
                        && x == a
                        && y != b
                        && self.is_literal(*y)
                        && self.is_literal(*b)
                    {
                        return Some(false);
                    }
                }
                None
            }
            Node::OneOf(alternatives) => {
                let mut result = None;
                for (c, v) in alternatives {
                    if self.refuted(atoms, *c, depth + 1) {
                        continue;
                    }
                    let mut both = self.atoms(*c);
                    both.extend_from_slice(atoms);
                    let truth = self.truth_under(&both, *v, depth + 1)?;
                    if result.is_some_and(|r| r != truth) {
                        return None;
                    }
                    result = Some(truth);
                    let taken = self
                        .atoms(*c)
                        .iter()
                        .all(|atom| self.truth_under(atoms, atom.value, depth + 1) == Some(atom.holds));
                    if taken {
                        break;
                    }
                }
                result
            }
            _ => None,
        }
    }

    pub fn is_literal(&self, value: V) -> bool {
        matches!(self.node(value), Node::Undefined | Node::Null | Node::Bool(_) | Node::Num(_) | Node::Str(_))
    }

    fn refuted(&self, atoms: &[Atom], cond: C, depth: u32) -> bool {
        cond == C::FALSE
            || self
                .atoms(cond)
                .iter()
                .any(|atom| self.truth_under(atoms, atom.value, depth).is_some_and(|t| t != atom.holds))
    }

    /// Whether two conditions cannot both hold: one holds the negation of the other's atom.
    pub fn conflict(&self, left: C, right: C) -> bool {
        self.fuel.set(FUEL);
        if left == C::FALSE || right == C::FALSE {
            return true;
        }
        let l = self.atoms(left);
        self.refuted(&l, right, 0) || {
            let r = self.atoms(right);
            self.refuted(&r, left, 0)
        }
    }

    /// The value with only the alternatives that a condition allows.
    pub fn narrow(&mut self, cond: C, value: V) -> V {
        match self.node(value).clone() {
            Node::OneOf(alternatives) => {
                let kept: Vec<_> = alternatives.into_iter().filter(|(c, _)| !self.conflict(cond, *c)).collect();
                self.one_of(kept)
            }
            _ => value,
        }
    }

    /// The alternatives of a value with their conditions; a plain value is its own only alternative.
    pub fn alternatives(&self, value: V) -> Vec<(C, V)> {
        match self.node(value) {
            Node::OneOf(alternatives) => alternatives.clone(),
            _ => vec![(C::TRUE, value)],
        }
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub fn syms(&self) -> &[Box<str>] {
        &self.syms
    }

    pub fn conds(&self) -> &[(C, Atom)] {
        &self.conds
    }

    /// Interns a condition node as it stands, for copying between arenas.
    pub fn cond_node(&mut self, parent: C, atom: Atom) -> C {
        self.push_atom(parent, atom)
    }
}

/// The direct operands of a node, without the entries of objects and arrays' conditions.
pub fn children(node: &Node) -> Vec<V> {
    match node {
        Node::Template(parts) | Node::And(parts) | Node::Or(parts) | Node::Derived(_, parts) => parts.clone(),
        Node::Object(entries) => entries
            .iter()
            .flat_map(|entry| match entry.key {
                Key::Computed(key) => vec![key, entry.value],
                _ => vec![entry.value],
            })
            .collect(),
        Node::Array(items) => items.iter().map(|item| item.value).collect(),
        Node::Member(object, _) => vec![*object],
        Node::Index(object, index) => vec![*object, *index],
        Node::Call { callee, args, .. } | Node::New { callee, args, .. } => {
            let mut all = vec![*callee];
            all.extend(args);
            all
        }
        Node::Coerce(_, inner) | Node::Not(inner) | Node::Nullish(inner) | Node::Element(inner) => vec![*inner],
        Node::OneOf(alternatives) => alternatives.iter().map(|(_, v)| *v).collect(),
        Node::Compare(_, a, b) => vec![*a, *b],
        Node::Query { array, arg, .. } => vec![*array, *arg],
        Node::Mapped(array, result) => vec![*array, *result],
        _ => Vec::new(),
    }
}

//! Symbolic values and path conditions, hash-consed: equal values have equal identifiers.
//!
//! Input: nodes built by the facts pass or by instantiation. Output: identifiers and their nodes.
//! Must not know: syntax, MongoDB, files.

mod conditions;
mod node;
mod truth;

pub use node::*;

use rustc_hash::FxHashMap;
use std::cell::Cell;

/// What a node holds somewhere inside, so that substitution and searches can skip it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Flags {
    open: bool,
    cell: bool,
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

    /// A computed key: a name where its text is known.
    pub fn key_of(&self, value: V) -> Key {
        match self.node(value) {
            Node::Str(sym) => Key::Name(*sym),
            _ => Key::Computed(value),
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

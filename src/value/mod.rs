//! Symbolic values and path conditions, hash-consed: equal values have equal identifiers.
//!
//! Input: nodes built by the facts pass or by instantiation. Output: identifiers and their nodes.
//! Must not know: syntax, MongoDB, files.

mod asked;
mod conditions;
mod fork;
mod interned;
mod memo;
mod meter;
mod node;
mod remembered;
mod row;
mod seen;
mod told;
mod truth;
mod work;

use memo::Memo;
use meter::Meter;
pub use meter::{Budget, Spent};
pub use node::*;
pub use seen::Seen;

use crate::limits::{self, Cut};
use interned::{Absent, Chunks, Interned};
use rustc_hash::FxHashSet;
use std::cell::Cell;
use told::Told;

/// What is known of a node without looking inside, so that substitution and searches can skip it, and so that no value is
/// deeper than a recursive walk can take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Shape {
    open: bool,
    cell: bool,
    /// Nodes on the longest way down, conditions included.
    depth: u16,
    /// What its truth may follow from.
    asked: Told,
}

/// What is known of a condition without walking it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Extent {
    atoms: u16,
    depth: u16,
    /// Its atoms, and what their truth may follow from.
    asked: Told,
}

/// The store of all values of a file, or of a project.
#[derive(Clone, Debug)]
pub struct Arena {
    nodes: Interned<Node>,
    shapes: Chunks<Shape>,
    syms: Interned<Box<str>>,
    conds: Interned<(C, Atom)>,
    extents: Chunks<Extent>,
    sites: Interned<SiteInfo>,
    /// What is left of the work that one question about a condition may take.
    fuel: Cell<u32>,
    meter: Meter,
    memo: Memo,
    /// How many unknown values stand for ones that were too deep or too large.
    unknown: u32,
}

impl Default for Arena {
    fn default() -> Self {
        let none = Atom { value: V(0), holds: true };
        let never = Atom { value: V(0), holds: false };
        let mut arena = Self {
            nodes: Interned::default(),
            shapes: Chunks::default(),
            syms: Interned::default(),
            conds: Interned::default(),
            extents: Chunks::default(),
            sites: Interned::default(),
            fuel: Cell::new(0),
            meter: Meter::default(),
            memo: Memo::default(),
            unknown: 0,
        };
        for atom in [none, never] {
            arena.conds.insert((C::TRUE, atom));
            arena.extents.push(Extent::default());
        }
        arena.intern(Node::Undefined);
        arena
    }
}

/// The operator of a derived value that is false only if its operand, that a call came back, never holds.
pub const RETURNS: &str = "returns";

/// The operator of a part of a request that a method gives by name: the receiver, the method and the name.
pub const PART: &str = "part";

/// The operator of whether a request has passed its validators.
pub const VALID: &str = "valid";

/// The function that a container calls to give what a token stands for; its operands are the token and the declared type.
pub const INJECTED: &str = "@inject";

/// The name under which all members of another object are assigned to one: `Object.assign(bed, row)`.
pub const COPIED: &str = "...";
/// The operator of what a call gave, and an object of what was assigned to it since.
pub const CHANGED: &str = "changed";
/// One of more values than are kept apart; JavaScript's `|` is written so too.
pub const ONE_OF_MANY: &str = "|";
const TRIM: &str = "trim";

impl Arena {
    pub const UNDEFINED: V = V(0);

    pub fn sym(&mut self, text: &str) -> Sym {
        Sym(self.syms.number_of(text).unwrap_or_else(|| self.syms.insert(text.into()).0))
    }

    /// The symbol of a text that was met before.
    pub fn known_sym(&self, text: &str) -> Option<Sym> {
        self.syms.number_of(text).map(Sym)
    }

    /// All names and texts that were met.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        (0..self.counts().0 as u32).map(|sym| self.text(Sym(sym)))
    }

    pub fn text(&self, sym: Sym) -> &str {
        self.syms.get(sym.0).map_or("", |text| text)
    }

    /// What a value is. Each answer is counted as work, and none is given once that is spent, so that every walk ends.
    pub fn node(&self, value: V) -> &Node {
        self.spend(1);
        if self.is_spent() {
            return &Node::Cut(0);
        }
        self.nodes.get(value.0).unwrap_or(&Node::Undefined)
    }

    pub fn site(&mut self, info: SiteInfo) -> Site {
        Site(self.sites.insert(info).0)
    }

    pub fn site_info(&self, site: Site) -> SiteInfo {
        let unknown = SiteInfo::NOWHERE;
        self.sites.get(site.0).copied().unwrap_or(unknown)
    }

    /// What a value is, for a walk that counts its own work.
    pub fn peek(&self, value: V) -> &Node {
        self.nodes.get(value.0).unwrap_or(&Node::Undefined)
    }

    /// The atoms of a condition, last first, for a walk that counts its own work.
    pub fn atoms_of(&self, mut cond: C) -> Vec<Atom> {
        let mut atoms = Vec::new();
        while cond.0 > 1 {
            let Some((parent, atom)) = self.cond(cond) else { break };
            atoms.push(atom);
            cond = parent;
        }
        atoms
    }

    /// The starts of a condition of which nothing is known, shortest first, each with its last atom; and what is known of the one
    /// before them. For a walk that counts its own work.
    pub fn unknown_starts<T>(&self, cond: C, known: impl Fn(C) -> Option<T>) -> (Option<T>, Vec<(C, Atom)>) {
        let (mut at, mut unknown) = (cond, Vec::new());
        let found = loop {
            let found = known(at);
            let Some((parent, atom)) = self.cond(at).filter(|_| at.0 > 1 && found.is_none()) else { break found };
            unknown.push((at, atom));
            at = parent;
        };
        unknown.reverse();
        (found, unknown)
    }

    /// The same in the order in which the code decides them.
    pub fn atoms_in_order(&self, cond: C) -> Vec<Atom> {
        let mut atoms = self.atoms_of(cond);
        atoms.reverse();
        atoms
    }

    /// A value with all that it is made of, conditions left out; for a walk that counts its own work.
    pub fn parts(&self, value: V) -> FxHashSet<V> {
        let (mut open, mut seen) = (vec![value], FxHashSet::default());
        while let Some(at) = open.pop() {
            if seen.insert(at) {
                for_children(self.peek(at), &mut |child| open.push(child));
            }
        }
        seen
    }

    /// Whether a value is a parameter or a member of one.
    pub fn is_of_parameter(&self, value: V) -> bool {
        match self.peek(value) {
            Node::Param(..) => true,
            Node::Member(object, _) => self.is_of_parameter(*object),
            _ => false,
        }
    }

    /// Whether a value is the body of a request, as a method of the request gives it: `await request.json()`, `await c.req.json()`.
    /// Sources: Fetch standard, "Body mixin"; Hono, `HonoRequest` (`parseBody`).
    pub fn is_body(&self, value: V) -> bool {
        let Node::Call { callee, args, .. } = self.peek(value) else { return false };
        let Node::Member(request, name) = self.peek(*callee) else { return false };
        let is_asked = matches!(self.text(*name), "json" | "formData" | "text" | "parseBody");
        args.is_empty() && is_asked && self.is_of_parameter(*request)
    }

    /// The value of a node that is known already.
    pub fn known(&self, node: &Node) -> Option<V> {
        self.nodes.number_of(node).map(V)
    }

    /// The value of a call that is known already.
    pub fn call_value(&self, site: Site, callee: V, args: &[V]) -> Option<V> {
        self.known(&Node::Call { site, callee, args: args.into() })
    }

    /// Interns a node as it stands; one that would be too deep or too wide becomes an unknown value of its own.
    /// Prefer the smart constructors below.
    pub fn intern(&mut self, node: Node) -> V {
        self.spend(1);
        let absent = match self.nodes.find(&node) {
            Ok(at) => return V(at),
            Err(absent) => absent,
        };
        let (shape, width) = self.shape_of(&node);
        if shape.depth > limits::VALUE_DEPTH || width > limits::VALUE_WIDTH {
            return self.cut();
        }
        self.add(node, absent, shape, width)
    }

    /// A value of which nothing is known, equal to no other.
    pub fn cut(&mut self) -> V {
        let number = self.unknown;
        self.unknown += 1;
        self.meter.cut(Cut::Values);
        match self.nodes.find(&Node::Cut(number)) {
            Ok(at) => V(at),
            Err(absent) => self.add(Node::Cut(number), absent, Shape::default(), 0),
        }
    }

    /// Gives back what only takes new values: the arena is read from now on.
    pub fn seal(&mut self) {
        self.nodes.seal();
        self.shapes.shrink();
        self.syms.seal();
        self.conds.seal();
        self.extents.shrink();
        self.sites.seal();
        self.memo = Memo::default();
    }

    fn add(&mut self, mut node: Node, absent: Absent, shape: Shape, width: u64) -> V {
        node.shrink();
        let at = self.nodes.add(node, absent);
        self.shapes.push(shape);
        self.meter.keep(1 + width);
        V(at)
    }

    /// The shape of a node, and how many values and conditions it holds.
    fn shape_of(&self, node: &Node) -> (Shape, u64) {
        let (mut cell, mut depth, mut width) = (matches!(node, Node::Cell(_)), 0u16, 0);
        for_children(node, &mut |child| {
            let inner = self.shapes.get(child.0).copied().unwrap_or_default();
            cell |= inner.cell;
            depth = depth.max(inner.depth + 1);
            width += 1;
        });
        for_conditions(node, &mut |cond| {
            depth = depth.max(self.extents.get(cond.0).map_or(0, |inner| inner.depth) + 1);
            width += 1;
        });
        self.spend(width);
        (Shape { open: self.is_open_node(node), cell, depth, asked: self.asked_by(node) }, width)
    }

    /// Whether instantiation can change the value: it holds a parameter, a site, an import, a class.
    pub fn is_open(&self, value: V) -> bool {
        self.shapes.get(value.0).is_some_and(|shape| shape.open)
    }

    /// Whether the value holds an object or array that can still change.
    pub fn has_cell(&self, value: V) -> bool {
        self.shapes.get(value.0).is_some_and(|shape| shape.cell)
    }

    fn is_open_node(&self, node: &Node) -> bool {
        match node {
            Node::Undefined
            | Node::Null
            | Node::Bool(_)
            | Node::Num(_)
            | Node::Str(_)
            | Node::Regex(_)
            | Node::Global(_)
            | Node::Cut(_)
            | Node::Func(_) => false,
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
            // What a program puts there is found once all files are known.
            Node::Member(object, _) if matches!(self.node(*object), Node::Global(name) if is_global_object(self.text(*name))) => {
                true
            }
            Node::OneOf(_) => true,
            _ => {
                let mut is_open = false;
                for_children(node, &mut |child| is_open |= self.is_open(child));
                is_open
            }
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

    /// Whether a value is the global of this name: `Date` of `new Date()`.
    pub fn is_global(&self, value: V, name: &str) -> bool {
        matches!(self.node(value), Node::Global(own) if self.text(*own) == name)
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
            // [...rows].length
            Node::Array(items) if self.text(key) == "length" => match items.as_slice() {
                [Item { value, spread: true, cond }] if self.is_of_loop(*cond) => {
                    let value = *value;
                    self.member(value, key)
                }
                _ => self.intern(Node::Member(object, key)),
            },
            Node::Mapped(list, _) if self.text(key) == "length" => {
                let list = *list;
                self.member(list, key)
            }
            Node::Undefined | Node::Null => Self::UNDEFINED,
            _ => self.intern(Node::Member(object, key)),
        }
    }

    /// Whether a condition says no more than that a loop runs.
    pub fn is_of_loop(&self, cond: C) -> bool {
        self.atoms_of(cond).iter().all(|atom| matches!(self.peek(atom.value), Node::Opaque(_)))
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
                Key::Computed(name) => match self.in_row(name, key, entry.value) {
                    Some(value) => {
                        // One of the turns of a loop over names that are all known.
                        let cond = if self.is_of_loop(entry.cond) { C::TRUE } else { entry.cond };
                        found.push((cond, value));
                        if cond == C::TRUE {
                            break;
                        }
                        continue;
                    }
                    None => continue,
                },
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
            match self.node(value) {
                Node::OneOf(inner) => {
                    for (c, v) in inner.clone() {
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
            all if let Some(id) = self.one_identity(all) => id,
            _ if merged.len() > limits::ALTERNATIVES => {
                let mut values: Vec<V> = merged.iter().map(|(_, v)| *v).collect();
                values.sort();
                values.dedup();
                self.derived(ONE_OF_MANY, values)
            }
            _ => self.intern(Node::OneOf(merged)),
        }
    }

    /// The identifier that is taken as it is or as an ObjectId: `ObjectId.isValid(id) ? new ObjectId(id) : id`.
    fn one_identity(&self, alternatives: &[(C, V)]) -> Option<V> {
        let plain = |value: V| match self.node(value) {
            Node::Coerce(Coercion::ObjectId, inner) => *inner,
            _ => value,
        };
        let (_, first) = alternatives.first()?;
        let id = plain(*first);
        let is_whole = alternatives.iter().any(|(_, value)| *value == id);
        (is_whole && alternatives.iter().all(|(_, value)| plain(*value) == id)).then_some(id)
    }

    pub fn derived(&mut self, operator: &str, operands: Vec<V>) -> V {
        let operator = self.sym(operator);
        match operands.as_slice() {
            [text] if self.is_form(operator) => self.formed(operator, *text),
            _ => self.intern(Node::Derived(operator, operands)),
        }
    }

    /// Whether an operator gives a text in a form that it has from then on, whatever is done to it in the other ways.
    pub fn is_form(&self, operator: Sym) -> bool {
        matches!(self.text(operator), TRIM | "toLowerCase" | "toUpperCase")
    }

    /// A text in such a form: once is enough, and what is trimmed may be put in lower case before or after.
    pub fn formed(&mut self, operator: Sym, text: V) -> V {
        let Node::Derived(own, operands) = self.node(text) else { return self.in_form(operator, text) };
        let (own, Some(inner)) = (*own, operands.first().copied().filter(|_| operands.len() == 1)) else {
            return self.in_form(operator, text);
        };
        if own == operator {
            return text;
        }
        if self.text(operator) != TRIM || !self.is_form(own) {
            return self.in_form(operator, text);
        }
        match self.node(inner) {
            Node::Derived(innermost, _) if *innermost == operator => text,
            _ => {
                let trimmed = self.in_form(operator, inner);
                self.in_form(own, trimmed)
            }
        }
    }

    fn in_form(&mut self, operator: Sym, text: V) -> V {
        self.intern(Node::Derived(operator, vec![text]))
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
        self.nodes.len() == 0
    }

    /// How many symbols and conditions there are.
    pub fn counts(&self) -> (usize, usize) {
        (self.syms.len(), self.conds.len())
    }

    /// A condition as its tail and its last atom.
    pub fn cond(&self, cond: C) -> Option<(C, Atom)> {
        self.conds.get(cond.0).copied()
    }

    /// Interns a condition node as it stands, for copying between arenas.
    pub fn cond_node(&mut self, parent: C, atom: Atom) -> C {
        self.push_atom(parent, atom)
    }
}

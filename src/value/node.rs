//! The nodes of symbolic values, and what a value is made of.
//!
//! Input: none. Output: types. Must not know: how nodes are stored, syntax, MongoDB.

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
    Number(Numeral),
    Bool,
    /// A copy, such as `structuredClone(x)`.
    Copy,
}

/// What of a text is read as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Numeral {
    /// All of it: `Number(x)`, `+x`.
    Whole,
    /// The digits that it begins with: `parseInt(x, 10)`.
    Integer,
    /// The number that it begins with: `parseFloat(x)`.
    Start,
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

/// Kept by the million: 32 bytes, by a test.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// An expression that is not modelled.
    Opaque(Site),
    /// A value that was too deep to keep; nothing is known of it, and no other is equal to it.
    Cut(u32),
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
        args: Box<[V]>,
    },
    New {
        site: Site,
        callee: V,
        args: Box<[V]>,
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

/// Where an expression stands: 0-based byte offsets, end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteInfo {
    pub file: u32,
    pub start: u32,
    pub end: u32,
    /// The call through which this copy of the expression is reached.
    pub via: Option<Site>,
    /// The test of a loop, asked once more after a round.
    pub again: bool,
}

impl SiteInfo {
    /// The place of what stands nowhere in the text.
    pub const NOWHERE: Self = Self { file: 0, start: 0, end: 0, via: None, again: false };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Atom {
    pub value: V,
    pub holds: bool,
}

impl Node {
    /// An identifier that is made anew wherever the code runs, and equal to no other.
    pub fn is_made_anew(&self) -> bool {
        matches!(self, Self::Fresh(Freshness::Id | Freshness::Random, _))
    }

    /// Gives back the room for operands that will not come.
    pub(super) fn shrink(&mut self) {
        match self {
            Self::Template(parts) | Self::And(parts) | Self::Or(parts) | Self::Derived(_, parts) => {
                parts.shrink_to_fit()
            }
            Self::Object(entries) => entries.shrink_to_fit(),
            Self::Array(items) => items.shrink_to_fit(),
            Self::OneOf(alternatives) => alternatives.shrink_to_fit(),
            _ => {}
        }
    }
}

/// The direct operands of a node, without the entries of objects and arrays' conditions.
pub fn children(node: &Node) -> Vec<V> {
    let mut all = Vec::new();
    for_children(node, &mut |child| all.push(child));
    all
}

/// Visits the direct operands of a node in order.
pub fn for_children(node: &Node, visit: &mut dyn FnMut(V)) {
    match node {
        Node::Template(parts) | Node::And(parts) | Node::Or(parts) | Node::Derived(_, parts) => {
            parts.iter().for_each(|part| visit(*part));
        }
        Node::Object(entries) => entries.iter().for_each(|entry| {
            if let Key::Computed(key) = entry.key {
                visit(key);
            }
            visit(entry.value);
        }),
        Node::Array(items) => items.iter().for_each(|item| visit(item.value)),
        Node::Call { callee, args, .. } | Node::New { callee, args, .. } => {
            visit(*callee);
            args.iter().for_each(|arg| visit(*arg));
        }
        Node::Member(inner, _)
        | Node::Coerce(_, inner)
        | Node::Not(inner)
        | Node::Nullish(inner)
        | Node::Element(inner) => visit(*inner),
        Node::OneOf(alternatives) => alternatives.iter().for_each(|(_, value)| visit(*value)),
        Node::Index(a, b) | Node::Compare(_, a, b) | Node::Query { array: a, arg: b, .. } | Node::Mapped(a, b) => {
            visit(*a);
            visit(*b);
        }
        _ => {}
    }
}

/// Visits the conditions inside a node.
pub fn for_conditions(node: &Node, visit: &mut dyn FnMut(C)) {
    match node {
        Node::Object(entries) => entries.iter().for_each(|entry| visit(entry.cond)),
        Node::Array(items) => items.iter().for_each(|item| visit(item.cond)),
        Node::OneOf(alternatives) => alternatives.iter().for_each(|(cond, _)| visit(*cond)),
        _ => {}
    }
}

/// The node with each operand mapped, in order; conditions are kept.
pub fn map_children(mut node: Node, map: &mut dyn FnMut(V) -> V) -> Node {
    match &mut node {
        Node::Template(parts) | Node::And(parts) | Node::Or(parts) | Node::Derived(_, parts) => {
            parts.iter_mut().for_each(|part| *part = map(*part));
        }
        Node::Object(entries) => entries.iter_mut().for_each(|entry| {
            if let Key::Computed(key) = &mut entry.key {
                *key = map(*key);
            }
            entry.value = map(entry.value);
        }),
        Node::Array(items) => items.iter_mut().for_each(|item| item.value = map(item.value)),
        Node::Call { callee, args, .. } | Node::New { callee, args, .. } => {
            *callee = map(*callee);
            args.iter_mut().for_each(|arg| *arg = map(*arg));
        }
        Node::Member(inner, _)
        | Node::Coerce(_, inner)
        | Node::Not(inner)
        | Node::Nullish(inner)
        | Node::Element(inner) => *inner = map(*inner),
        Node::OneOf(alternatives) => alternatives.iter_mut().for_each(|(_, value)| *value = map(*value)),
        Node::Index(a, b) | Node::Compare(_, a, b) | Node::Query { array: a, arg: b, .. } | Node::Mapped(a, b) => {
            *a = map(*a);
            *b = map(*b);
        }
        _ => {}
    }
    node
}

/// The object whose fields are the names that every file knows. Source: ECMAScript, "globalThis"; Node.js, "Global objects".
pub fn is_global_object(name: &str) -> bool {
    matches!(name, "global" | "globalThis")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_node_is_small() {
        assert_eq!(size_of::<super::Node>(), 32);
    }
}

//! The subject of a remedy: the document that the act changes, and which values are parts of it.
//!
//! Input: the act, values. Output: paths into the document, or into an element of one of its arrays. Must not know: filters.

use crate::limits;
use crate::project::Project;
use crate::project::mongo::{Action, DbCall};
use crate::project::writes::Write;
use crate::value::{Atom, C, Compare, Node, Sym, V, children};
use rustc_hash::{FxHashMap, FxHashSet};

/// A value of the subject that may be missing, with what the code takes in its place.
pub struct Defaulted {
    pub path: String,
    pub value: V,
}

pub struct Subject<'a> {
    pub project: &'a mut Project,
    pub act: &'a Write,
    /// Documents that come from outside of the function.
    pub documents: &'a [V],
    /// The element that stands for the document, while a predicate about elements is read.
    pub element: Option<V>,
    /// The lists of the act whose elements are identifiers, in whatever form they are given.
    pub identifiers: Vec<String>,
    /// Whether the element is one of those.
    pub is_identifier: bool,
    own: FxHashMap<V, bool>,
}

impl<'a> Subject<'a> {
    pub fn new(project: &'a mut Project, act: &'a Write, documents: &'a [V]) -> Self {
        let own = FxHashMap::default();
        Self { project, act, documents, element: None, identifiers: Vec::new(), is_identifier: false, own }
    }

    pub fn node(&self, value: V) -> Node {
        self.project.arena.peek(value).clone()
    }

    pub fn text(&self, sym: Sym) -> String {
        self.project.arena.text(sym).to_owned()
    }

    pub fn number(&self, value: V) -> Option<f64> {
        match self.project.arena.peek(value) {
            Node::Num(bits) => Some(f64::from_bits(*bits)),
            _ => None,
        }
    }

    /// Whether a value is the document itself.
    pub fn is_root(&mut self, value: V) -> bool {
        if let Some(element) = self.element {
            return value == element;
        }
        if let Some(known) = self.own.get(&value) {
            return *known;
        }
        let is_own = match self.project.loaded(value, self.documents) {
            Some((root, path, read)) if path.is_empty() && !matches!(self.node(value), Node::OneOf(_)) => {
                let is_list = root == value
                    && read.as_ref().is_some_and(|read| matches!(read.action, Action::FindMany | Action::Count));
                let Write { handle, filter, document, .. } = self.act;
                !is_list && self.project.same_document(root, read.as_ref(), handle, *filter, *document)
            }
            _ => false,
        };
        self.own.insert(value, is_own);
        is_own
    }

    /// The reads that the documents come from which are parts of values looked at so far.
    pub fn reads(&mut self) -> Vec<DbCall> {
        let mut roots: Vec<V> = self.own.iter().filter(|(_, is_own)| **is_own).map(|(root, _)| *root).collect();
        roots.sort_unstable();
        roots.into_iter().filter_map(|root| self.project.loaded(root, self.documents)?.2).collect()
    }

    /// The path of a field of the document; that of the element itself is empty.
    pub fn field(&mut self, value: V) -> Option<String> {
        let value = self.project.bare(value);
        if self.element == Some(value) {
            return Some(String::new());
        }
        let Node::Member(object, key) = self.node(value) else { return None };
        let key = self.text(key);
        if self.is_root(object) {
            return Some(if key == "id" && self.element.is_none() { "_id".to_owned() } else { key });
        }
        let outer = self.field(object)?;
        (key != "length" && !key.contains('.')).then(|| format!("{outer}.{key}"))
    }

    /// Whether a value depends on the document.
    pub fn mentions(&mut self, value: V) -> bool {
        let (mut open, mut seen) = (vec![value], FxHashSet::default());
        while let Some(at) = open.pop() {
            if seen.len() > limits::SEARCHED {
                return true;
            }
            if !seen.insert(at) {
                continue;
            }
            if self.is_root(at) {
                return true;
            }
            let node = self.node(at);
            // What a filter of another read asks for decides nothing about the document.
            if self.project.read_of(at).is_none() {
                open.extend(children(&node));
            }
        }
        false
    }

    /// `doc.count || 0`, `doc.count ?? 0`
    pub fn defaulted(&mut self, value: V) -> Option<Defaulted> {
        let value = self.project.bare(value);
        match self.node(value) {
            Node::OneOf(alternatives) => {
                let [(first, a), (second, b)] = alternatives.as_slice() else { return None };
                [(*first, *a, *b), (*second, *b, *a)].into_iter().find_map(|(cond, own, other)| {
                    let path = self.field(own)?;
                    let is_default = self.is_presence(cond, own) && !self.mentions(other);
                    is_default.then_some(Defaulted { path, value: other })
                })
            }
            Node::Or(parts) => {
                let [own, other] = parts.as_slice() else { return None };
                let path = self.field(*own)?;
                (!self.mentions(*other)).then_some(Defaulted { path, value: *other })
            }
            _ => None,
        }
    }

    /// Whether a condition says that a value is there; by its truth, or by not being nullish.
    fn is_presence(&self, cond: C, value: V) -> bool {
        let atoms = self.project.arena.atoms_of(cond);
        let [Atom { value: said, holds }] = atoms.as_slice() else { return false };
        let (mut said, mut holds) = (*said, *holds);
        while let Node::Not(inner) = self.project.arena.peek(said) {
            (said, holds) = (*inner, !holds);
        }
        match self.project.arena.peek(said) {
            _ if said == value => holds,
            Node::Nullish(inner) => *inner == value && !holds,
            _ => false,
        }
    }

    /// The array whose length a value is.
    pub fn length_of(&mut self, value: V) -> Option<String> {
        let Node::Member(list, key) = self.node(self.project.bare(value)) else { return None };
        if !matches!(self.project.arena.text(key), "length" | "size") {
            return None;
        }
        self.list(list)
    }

    /// The path of a map; `doc.votes || {}` is one too.
    pub fn list_or_map(&mut self, value: V) -> Option<String> {
        if let Some(path) = self.list(value) {
            return Some(path);
        }
        let defaulted = self.defaulted(value)?;
        matches!(self.project.arena.peek(defaulted.value), Node::Object(entries) if entries.is_empty())
            .then_some(defaulted.path)
    }

    /// The path of an array; `doc.items || []` is one too.
    pub fn list(&mut self, value: V) -> Option<String> {
        if let Some(path) = self.field(value) {
            return Some(path);
        }
        let defaulted = self.defaulted(value)?;
        matches!(self.project.arena.peek(defaulted.value), Node::Array(items) if items.is_empty())
            .then_some(defaulted.path)
    }
}

/// The opposite of an order, with its sides kept.
pub fn order(op: Compare, holds: bool, is_turned: bool) -> &'static str {
    match (op, holds, is_turned) {
        (Compare::Less, true, false) | (Compare::LessOrEqual, false, true) => "$lt",
        (Compare::LessOrEqual, true, false) | (Compare::Less, false, true) => "$lte",
        (Compare::Less, true, true) | (Compare::LessOrEqual, false, false) => "$gt",
        _ => "$gte",
    }
}

//! The decision: what a path condition says of the document that the act changes, as a predicate that its filter can ask.
//!
//! Input: a path condition. Output: the predicate, whole: none where a part of it is about the document and cannot be said.
//! Must not know: how the predicate is written, updates.

use super::said::{about, all, any, is_never, is_nothing, never, nothing};
use super::subject::Subject;
use crate::project::declared::Declared;
use crate::project::mongo::{Action, DbCall};
use crate::project::writes::Write;
use crate::race::predicate::{Predicate, Test};
use crate::race::term::Items;
use crate::value::{C, Coercion, Entry, Freshness, Key, Node, RETURNS, Site, V, children};
use rustc_hash::FxHashSet;

/// What the act's filter has to ask.
#[derive(Default)]
pub struct Decision {
    pub predicate: Vec<Predicate<V>>,
    /// Conditions of the read's filter, repeated as they stand.
    pub repeated: Vec<Entry>,
    /// Bounds of the read's filter that the function itself does not make false, though other code may: `endsAt: { $lt: now }`.
    pub bounds: Vec<Entry>,
    /// Fields that an order is asked of: one that is missing has none.
    pub presumed: Vec<String>,
    /// What they are compared with.
    pub ordered: Vec<V>,
    /// Reads that found nothing.
    pub absent: Vec<Site>,
    /// Whether a flag has to be set.
    pub has_flags: bool,
    /// Whether an identifier was compared as a text: what is none is equal to none there, and refused by a filter.
    pub has_texts: bool,
    /// Whether something was decided of fields that the function leaves alone which has no form in a filter.
    pub is_partial: bool,
}

/// How a filter asks for a flag that the code has found to be true.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flags {
    /// It is `true`.
    Set,
    /// It is not `false`, which is all that the function itself writes: what else may count as true is not known.
    NotCleared,
}

/// What can be said of a part; `And` of nothing where it does not concern the document.
pub type Said = Option<Predicate<V>>;

pub struct Reader<'s, 'a> {
    pub subject: &'s mut Subject<'a>,
    /// The writes of the function.
    pub writes: &'s [Write],
    pub decision: Decision,
    /// How a flag that has to be set is asked for.
    pub flags: Flags,
    /// How many alternatives are being read: what is left out of one makes it another.
    alternatives_open: u32,
}

impl<'s, 'a> Reader<'s, 'a> {
    pub fn new(subject: &'s mut Subject<'a>, writes: &'s [Write]) -> Self {
        let (decision, flags) = (Decision::default(), Flags::Set);
        Self { subject, writes, decision, flags, alternatives_open: 0 }
    }

    /// The decision of a path condition.
    pub fn read(mut self, cond: C) -> Option<Decision> {
        let mut said = Vec::new();
        for atom in self.subject.project.arena.atoms_in_order(cond) {
            let absent = self.decision.absent.len();
            match self.said(atom.value, atom.holds, 0) {
                Some(one) => said.push(one),
                None if self.is_left_alone(atom.value) => {
                    self.decision.absent.truncate(absent);
                    self.decision.is_partial = true;
                }
                None => return None,
            }
        }
        match all(said) {
            Predicate::And(parts) => self.decision.predicate = parts,
            whole if is_never(&whole) => return None,
            whole => self.decision.predicate.push(whole),
        }
        let Write { filter, document, .. } = self.subject.act;
        filter.iter().chain(document).for_each(|value| {
            self.subject.mentions(*value);
        });
        // The document was found: what its read asked for has to hold still.
        for read in self.subject.reads() {
            self.repeat(&read)?;
        }
        Some(self.decision)
    }

    /// Whether all that a part says of the document is of fields that the function leaves as they are: what it says holds still when the
    /// act is done, whatever has no form in a filter.
    fn is_left_alone(&mut self, value: V) -> bool {
        let (mut open, mut seen) = (vec![value], FxHashSet::default());
        while let Some(at) = open.pop() {
            if !seen.insert(at) || self.subject.project.read_of(at).is_some() && !self.subject.is_root(at) {
                continue;
            }
            match self.subject.field(at) {
                Some(path) if self.is_written(&path) => return false,
                Some(_) => {}
                None if self.subject.is_root(at) || seen.len() > crate::limits::SEARCHED => return false,
                None => open.extend(children(&self.subject.node(at))),
            }
        }
        true
    }

    /// What a predicate over elements says of one element.
    pub fn about_element(mut self, element: V, predicate: V, holds: bool) -> Said {
        let outer = self.subject.element.replace(element);
        let said = self.said(predicate, holds, 1);
        self.subject.element = outer;
        said.filter(|said| !is_nothing(said) && !self.speaks_of_document(predicate, element))
    }

    pub fn said(&mut self, value: V, holds: bool, depth: u32) -> Said {
        if !self.subject.mentions(value) {
            return Some(nothing());
        }
        if depth > crate::limits::KEY_DEPTH {
            return None;
        }
        let value = self.subject.project.arena.as_condition(value);
        match self.subject.node(value) {
            Node::Not(inner) => self.said(inner, !holds, depth + 1),
            Node::Coerce(Coercion::Bool | Coercion::Copy, inner) => self.said(inner, holds, depth + 1),
            Node::And(parts) => self.parts(&parts, holds, holds, depth),
            Node::Or(parts) => self.parts(&parts, holds, !holds, depth),
            Node::Derived(operator, parts) if holds && self.subject.project.arena.text(operator) == RETURNS => {
                self.parts(&parts, true, true, depth)
            }
            Node::OneOf(alternatives) => {
                let whole = self.alternatives(alternatives)?;
                self.said(whole, holds, depth + 1)
            }
            Node::Nullish(inner) => self.nullish(inner, holds),
            Node::Compare(op, a, b) => self.comparison(op, a, b, holds),
            Node::Query { method, array, arg } => {
                let method = self.subject.text(method);
                self.query(&method, array, arg, holds)
            }
            _ => self.truth(value, holds),
        }
    }

    /// Alternatives as one condition: some alternative is taken, and is true.
    fn alternatives(&mut self, alternatives: Vec<(C, V)>) -> Option<V> {
        let arena = &mut self.subject.project.arena;
        let mut taken = Vec::new();
        for (cond, value) in alternatives {
            let cond = arena.cond_value(cond);
            let value = match arena.is_literal(value) {
                true => {
                    let truth = arena.truth(C::TRUE, value)?;
                    arena.bool(truth)
                }
                false => value,
            };
            taken.push(arena.all(vec![cond, value]));
        }
        Some(arena.any(taken))
    }

    /// Parts of which all or any are to hold.
    fn parts(&mut self, parts: &[V], holds: bool, all: bool, depth: u32) -> Said {
        // Of alternatives, each must be about the document: one that is not may be what lets the request through.
        // That no element is as described says nothing of each part of the description.
        let is_asked_alone = all && self.subject.element.is_none() && self.alternatives_open == 0;
        if !is_asked_alone && parts.iter().any(|part| !self.subject.mentions(*part)) {
            return None;
        }
        self.alternatives_open += u32::from(!all);
        let said: Option<Vec<Predicate<V>>> = parts.iter().map(|part| self.said(*part, holds, depth + 1)).collect();
        self.alternatives_open -= u32::from(!all);
        let said = said?;
        if all {
            return Some(self::all(said));
        }
        // An alternative that is always true leaves nothing to ask.
        Some(any(said))
    }

    fn nullish(&mut self, inner: V, holds: bool) -> Said {
        if self.subject.is_root(inner) {
            return match !holds && self.subject.element.is_none() {
                true => Some(nothing()),
                false => self.not_found(inner),
            };
        }
        if let Node::Query { method, array, arg } = self.subject.node(inner) {
            let method = self.subject.text(method);
            return self.query(&method, array, arg, !holds);
        }
        let path = self.subject.field(inner)?;
        let null = self.subject.project.arena.intern(Node::Null);
        Some(about(&path, if holds { Test::Eq(null) } else { Test::Ne(null) }))
    }

    /// The document was looked for under one condition more than the act asks for, and not found: the opposite has to hold.
    fn not_found(&mut self, root: V) -> Said {
        // What is saved was found.
        if self.subject.element.is_none() && self.subject.act.document == Some(root) {
            return Some(never());
        }
        let read = self.subject.project.read_of(root).filter(|_| self.subject.element.is_none())?;
        self.decision.absent.push(read.site);
        let filter = read.filter?;
        let (Node::Object(searched), Node::Object(asked)) =
            (self.subject.node(filter), self.subject.node(self.subject.act.filter?))
        else {
            return None;
        };
        let mut more = searched.into_iter().filter(|entry| !asked.contains(entry));
        let (Some(only), None) = (more.next(), more.next()) else { return None };
        let Key::Name(name) = only.key else { return None };
        let name = self.subject.text(name);
        let is_plain = !matches!(self.subject.node(only.value), Node::Object(_) | Node::Regex(_) | Node::New { .. });
        (is_plain && only.cond == C::TRUE && !name.starts_with('$')).then(|| about(&name, Test::Ne(only.value)))
    }

    /// Repeats the conditions of a read that the function can make false.
    fn repeat(&mut self, read: &DbCall) -> Option<()> {
        if !matches!(read.action, Action::FindOne | Action::FindMany | Action::Exists) {
            return Some(());
        }
        // What was not found is no condition.
        if self.decision.absent.contains(&read.site) {
            return Some(());
        }
        let Some(filter) = read.filter.filter(|filter| Some(*filter) != self.subject.act.filter) else {
            return Some(());
        };
        let Node::Object(entries) = self.subject.node(filter) else { return None };
        let asked = self.subject.act.filter.map(|filter| self.subject.node(filter));
        for entry in entries {
            let Key::Name(name) = entry.key else { return None };
            let text = self.subject.text(name);
            let is_asked =
                matches!(&asked, Some(Node::Object(asked)) if asked.iter().any(|other| other.key == entry.key));
            let is_written = text.starts_with('$') || self.is_written(&text);
            if is_asked || self.decision.repeated.contains(&entry) {
                continue;
            }
            if !is_written {
                let is_bound = self.is_bound(&entry) && !self.decision.bounds.contains(&entry);
                self.decision.bounds.extend(is_bound.then_some(entry));
                continue;
            }
            if entry.cond != C::TRUE {
                return None;
            }
            self.decision.repeated.push(entry);
        }
        Some(())
    }

    /// `{ $lt: now }`
    fn is_bound(&self, entry: &Entry) -> bool {
        let Node::Object(asked) = self.subject.node(entry.value) else { return false };
        let is_order = |own: &Entry| match own.key {
            Key::Name(name) => matches!(self.subject.project.arena.text(name), "$lt" | "$lte" | "$gt" | "$gte"),
            _ => false,
        };
        entry.cond == C::TRUE && !asked.is_empty() && asked.iter().all(is_order)
    }

    /// Whether the function changes a field of the act's collection.
    pub fn is_written(&self, path: &str) -> bool {
        let own = self.writes.iter().filter(|write| write.handle.same(&self.subject.act.handle));
        let top = path.split('.').next().unwrap_or("");
        own.flat_map(|write| &write.fields).any(|field| field.top() == top || field.path == "...")
    }

    fn truth(&mut self, value: V, holds: bool) -> Said {
        if self.subject.is_root(value) {
            return match holds && self.subject.element.is_none() {
                true => Some(nothing()),
                false => self.not_found(value),
            };
        }
        if let Some(path) = self.subject.length_of(value) {
            return Some(about(&format!("{path}.0"), Test::Exists(holds)));
        }
        if let Some(list) = self.searched_length(value) {
            let (method, array, arg) = list;
            return self.query(&method, array, arg, holds);
        }
        let path = self.subject.field(value)?;
        let blanks = self.blanks(&path)?;
        self.decision.has_flags |= holds && matches!(blanks, Blanks::Bool);
        Some(about(
            &path,
            match (blanks, holds) {
                (Blanks::Bool, true) if self.flags == Flags::NotCleared => {
                    Test::Ne(self.subject.project.arena.bool(false))
                }
                (Blanks::Bool, true) => Test::Eq(self.subject.project.arena.bool(true)),
                (Blanks::Bool, false) => Test::Ne(self.subject.project.arena.bool(true)),
                (Blanks::Values(values), true) => match values.as_slice() {
                    [only] => Test::Ne(*only),
                    _ => Test::Nin(Items::Known(values)),
                },
                (Blanks::Values(values), false) => match values.as_slice() {
                    [only] => Test::Eq(*only),
                    _ => Test::In(Items::Known(values)),
                },
            },
        ))
    }

    /// What of a field's values is false, by its schema or by what the function writes there; none where no filter may ask for what
    /// could be: Mongoose refuses a value that it cannot cast to the type of the field, and which that is, is not known.
    ///
    /// Source: Mongoose guide, "Query Casting".
    fn blanks(&mut self, path: &str) -> Option<Blanks> {
        let model = self.subject.act.handle.name();
        let is_cast = model.is_none_or(|model| self.subject.project.is_cast(model));
        let declared = model.and_then(|model| self.subject.project.declared(model, path));
        if let Some(declared) = declared {
            let arena = &mut self.subject.project.arena;
            let null = arena.intern(Node::Null);
            return Some(match declared {
                Declared::Bool => Blanks::Bool,
                Declared::Number => Blanks::Values(vec![null, arena.num(0.0)]),
                Declared::Text => Blanks::Values(vec![null, arena.str("")]),
                Declared::There => Blanks::Values(vec![null]),
            });
        }
        let (mut is_bool, mut is_number, mut is_text, mut is_object) = (false, false, false, false);
        for field in self.writes.iter().flat_map(|write| &write.fields).filter(|field| field.path == path) {
            match self.subject.project.arena.peek(field.value) {
                _ if matches!(field.operator.as_str(), "$inc" | "$mul") => is_number = true,
                Node::Bool(_) => is_bool = true,
                Node::Num(_) => is_number = true,
                Node::Str(_) | Node::Template(_) => is_text = true,
                Node::Object(_) | Node::Array(_) | Node::New { .. } => is_object = true,
                Node::Fresh(Freshness::Time | Freshness::Id, _) => is_object = true,
                _ => {}
            }
        }
        let arena = &mut self.subject.project.arena;
        let null = arena.intern(Node::Null);
        Some(match (is_bool, is_number, is_text, is_object) {
            (true, false, false, false) => Blanks::Bool,
            (false, true, false, false) => Blanks::Values(vec![null, arena.num(0.0)]),
            (false, false, true, false) => Blanks::Values(vec![null, arena.str("")]),
            (false, false, false, true) => Blanks::Values(vec![null]),
            _ if is_cast => return None,
            _ => Blanks::Values(vec![null, arena.bool(false), arena.num(0.0), arena.str("")]),
        })
    }
}

enum Blanks {
    Bool,
    Values(Vec<V>),
}

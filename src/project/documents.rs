//! Mongoose documents that are saved, and what was changed on them before.
//!
//! Source: Mongoose, Document.prototype.save. Input: the steps of a summary. Output: writes. Must not know: rules.

use super::handed::CHANGING;
use super::handle::Handle;
use super::link::{Before, Op, Project, Step};
use super::mongo::Action;
use super::writes::{FieldWrite, VERSION, Write, WriteKind};
use crate::limits;
use crate::value::{C, COPIED, Coercion, Key, Node, Sym, V};
use std::ops::Range;

impl Project {
    /// `doc.save()`, `doc.updateOne({ $push: … })`, `doc.deleteOne()`
    pub(super) fn is_document_method(&mut self, recv: V, name: Sym, args: &[V]) -> bool {
        match self.arena.text(name) {
            "save" => {
                // Of a document the argument is a callback, of anything else it is what is saved.
                let takes = args.first().is_some_and(|arg| {
                    matches!(self.arena.node(*arg), Node::Param(..) | Node::Call { .. } | Node::New { .. })
                });
                if takes { self.is_read_or_made(recv) } else { self.handle_of(recv, 0).is_none() }
            }
            "deleteOne" | "remove" if args.is_empty() => self.is_read_or_made(recv),
            "updateOne" | "update" if args.len() <= 2 && self.is_document(recv) => match args.first() {
                Some(update) => {
                    self.has_operator(*update)
                        || matches!(self.arena.node(*update), Node::Object(_)) && self.is_read_or_made(recv)
                }
                None => false,
            },
            _ => false,
        }
    }

    /// Whether a value is surely a document: read from a collection, or made by a model.
    fn is_read_or_made(&mut self, value: V) -> bool {
        self.arena.alternatives(value).into_iter().any(|(_, value)| match self.arena.node(value).clone() {
            Node::New { callee, .. } => self.handle_of(callee, 0).is_some(),
            _ => self.loaded(value, &[]).is_some_and(|(_, path, read)| {
                path.is_empty() && read.is_some_and(|read| matches!(read.action, Action::FindOne | Action::FindMany))
            }),
        })
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one call")]
    pub(super) fn document_write(
        &mut self,
        steps: &[Step],
        at: usize,
        step: &Step,
        recv: V,
        name: Sym,
        args: &[V],
        writes: &mut Vec<Write>,
    ) {
        let is_save = self.arena.text(name) == "save";
        if self.is_declared_foreign(step) {
            return;
        }
        for (cond, document) in self.arena.alternatives(recv) {
            let cond = self.arena.and(step.cond, cond);
            if cond == C::FALSE || self.is_other_librarys_row(document) {
                continue;
            }
            let handle = self.document_handle(document, 0);
            let options = args.get(usize::from(!is_save)).copied();
            let mut write = Write {
                step: at,
                site: step.site,
                kind: match self.arena.text(name) {
                    "save" => WriteKind::Save,
                    "deleteOne" | "remove" => WriteKind::Delete,
                    _ => WriteKind::Update,
                },
                method: self.arena.text(name).to_owned(),
                handle,
                filter: None,
                options,
                document: Some(document),
                fields: Vec::new(),
                payload: None,
                upsert: false,
                session: options
                    .and_then(|options| self.option(options, "session"))
                    .or_else(|| self.read_session(steps, document)),
                cond,
            };
            let saved = if is_save { self.last_save(steps, at, document, cond) } else { None };
            if let (Node::New { args, .. }, None, true) =
                (self.arena.node(document).clone(), saved, write.kind != WriteKind::Delete)
            {
                // A model made from a document that was loaded is that document, with every field marked as changed.
                let copied = args.first().copied().filter(|source| self.is_loaded_document(Some(*source)));
                write.kind = if copied.is_some() { WriteKind::Replace } else { WriteKind::Insert };
                write.filter = copied.map(|source| self.own_id_filter(source));
                let before = Before { steps: steps.get(..at).unwrap_or_default(), cond };
                write.payload = self.new_as_sent(before, document, args.first().copied());
                write.document = None;
                self.fill(&mut write);
            } else if is_save {
                self.saved_fields(steps, saved.map_or(0, |at| at + 1)..at, document, &mut write);
            } else {
                write.filter = Some(self.own_id_filter(document));
                write.payload = args.first().copied();
                self.fill(&mut write);
            }
            writes.push(write);
        }
    }

    /// The last step before `at` that has surely saved the document: nothing changed before it is left to save, and a new
    /// document is no longer new.
    fn last_save(&self, steps: &[Step], at: usize, document: V, cond: C) -> Option<usize> {
        steps.iter().take(at).rposition(|step| match &step.op {
            Op::Call { recv: Some(recv), name: Some(name), .. } => {
                let is_saved = self.arena.alternatives(*recv).iter().any(|(_, saved)| *saved == document);
                self.arena.text(*name) == "save" && is_saved && self.arena.holds_under(step.cond, cond)
            }
            _ => false,
        })
    }

    /// Whether a change at the start of a range of steps is saved within the range, on every path of the change.
    fn is_saved_between(&mut self, steps: &[Step], within: Range<usize>, document: V, cond: C) -> bool {
        let Some(change) = steps.get(within.start) else { return false };
        let both = self.arena.and(cond, change.cond);
        let both = if both == C::FALSE { cond } else { both };
        self.last_save(steps.get(within.clone()).unwrap_or_default(), within.len(), document, both).is_some()
    }

    /// `{ _id: document._id }`
    fn own_id_filter(&mut self, document: V) -> V {
        let id = self.arena.sym("_id");
        let id = self.arena.member(document, id);
        self.id_filter(id)
    }

    /// The collection of a document.
    pub(super) fn document_handle(&mut self, document: V, depth: u32) -> Handle {
        match self.arena.node(document).clone() {
            Node::New { callee, .. } => self.handle_of(callee, 0).unwrap_or(Handle::Value(callee)),
            // A dictionary of documents, or a list of them.
            Node::Index(list, _) => match self.kept_handle(document) {
                Some(handle) => handle,
                None => self.document_handle(list, depth + 1),
            },
            Node::Element(list) => self.document_handle(list, depth + 1),
            Node::Query { array, .. } => self.document_handle(array, depth + 1),
            Node::This(_) | Node::Instance(_) => match self.model_of_document(document) {
                Some(model) => self.handle_of(model, 0).unwrap_or(Handle::Value(document)),
                None => Handle::Value(document),
            },
            // A document that callers load, through as many functions as that takes.
            Node::Param(func, at) if depth < limits::DOCUMENT_CALLERS => self
                .given_handle(func, at, &mut |project, value| Some(project.document_handle(value, depth + 1)))
                .unwrap_or(Handle::Value(document)),
            _ => match self.read_of(document) {
                Some(call) => call.handle,
                None => self.kept_handle(document).unwrap_or(Handle::Value(document)),
            },
        }
    }

    /// The session that the call of a step was given.
    pub fn session_of_step(&mut self, steps: &[Step], step: &Step) -> Option<V> {
        let Op::Call { callee, args, .. } = &step.op else { return None };
        match self.arena.call_value(step.site, *callee, args) {
            Some(call) => self.read_session(steps, call),
            None => None,
        }
    }

    /// The session that a read was given.
    pub fn read_session(&mut self, steps: &[Step], document: V) -> Option<V> {
        let Node::Call { site, args, .. } = self.arena.node(document).clone() else { return None };
        let session = self
            .chained_session(steps, site)
            .or_else(|| args.iter().skip(1).find_map(|options| self.option(*options, "session")))
            .or_else(|| self.ambient_session(site));
        session.map(|session| self.given(session))
    }

    /// `session` of `session ?? null`, `session || undefined`.
    pub(super) fn given(&self, value: V) -> V {
        let mut given = self.arena.alternatives(value);
        given.retain(|(_, value)| !matches!(self.arena.node(*value), Node::Null | Node::Undefined));
        match given.as_slice() {
            [(_, only)] => *only,
            _ => value,
        }
    }

    /// What was changed on a loaded document by the steps before it is saved.
    fn saved_fields(&mut self, steps: &[Step], within: Range<usize>, document: V, write: &mut Write) {
        let Range { start, end } = within;
        for at in within {
            let Some(step) = steps.get(at) else { continue };
            if self.arena.conflict(step.cond, write.cond) || self.is_saved_between(steps, at..end, document, write.cond)
            {
                continue;
            }
            match &step.op {
                Op::Assign { object, key, value } => {
                    let Some(mut path) = self.path_from(*object, document) else { continue };
                    if self.is_default(*object, *key, *value) {
                        continue;
                    }
                    let key = key.map_or("*", |key| self.arena.text(key));
                    // doc.$where = { status: 'active' }
                    if key == "$where" && path.is_empty() {
                        let is_always = self.arena.holds_under(step.cond, write.cond);
                        write.filter = is_always.then(|| self.asked_beside(document, *value)).flatten();
                        continue;
                    }
                    // Object.assign(document.part, row)
                    let key = if key == COPIED && !path.is_empty() { "*" } else { key };
                    path.push(key.to_owned());
                    let field = FieldWrite {
                        operator: "$set".to_owned(),
                        path: path.join("."),
                        value: self.rebuilt_list(*value).unwrap_or(*value),
                        cond: step.cond,
                        site: step.site,
                    };
                    write.fields.push(field);
                }
                Op::Call { recv: Some(recv), name: Some(name), args, .. } => {
                    let operator = match self.arena.text(*name) {
                        "push" => "$push",
                        "addToSet" => "$addToSet",
                        "pull" => "$pull",
                        "splice" | "unshift" | "pop" | "shift" | "sort" | "reverse" => "splice",
                        "set" => "$set",
                        // doc.increment()
                        "increment" if *recv == document && args.is_empty() => {
                            let (operator, path, value) = ("$inc".to_owned(), VERSION.to_owned(), self.arena.num(1.0));
                            write.fields.push(FieldWrite { operator, path, value, cond: step.cond, site: step.site });
                            continue;
                        }
                        "markModified" => {
                            let part = args.first().and_then(|part| self.arena.as_str(*part)).map(str::to_owned);
                            let marked = part.and_then(|part| self.marked_part(document, &part, *recv));
                            let Some((path, value)) =
                                marked.filter(|(path, _)| self.grows(steps, start..at, document, path))
                            else {
                                continue;
                            };
                            let (operator, cond, site) = ("$set".to_owned(), step.cond, step.site);
                            write.fields.push(FieldWrite { operator, path, value, cond, site });
                            continue;
                        }
                        _ => continue,
                    };
                    let sets_own =
                        operator == "$set" && self.path_from(*recv, document).is_some_and(|path| path.is_empty());
                    let all = self.all_entries(args).filter(|_| sets_own);
                    // doc.set({ name, age })
                    let whole = all.or_else(|| args.first().copied()).filter(|_| sets_own);
                    if let Some(Node::Object(entries)) = whole.map(|whole| self.arena.node(whole).clone()) {
                        for entry in entries {
                            let Key::Name(name) = entry.key else { continue };
                            let (operator, path) = (operator.to_owned(), self.arena.text(name).to_owned());
                            let cond = self.arena.and(step.cond, entry.cond);
                            write.fields.push(FieldWrite { operator, path, value: entry.value, cond, site: step.site });
                        }
                        continue;
                    }
                    if let Some(value) = all {
                        let (operator, path, cond, site) =
                            (operator.to_owned(), COPIED.to_owned(), step.cond, step.site);
                        write.fields.push(FieldWrite { operator, path, value, cond, site });
                        continue;
                    }
                    for (_, array) in self.arena.alternatives(*recv) {
                        let Some(mut path) = self.path_from(array, document) else { continue };
                        if operator == "$set" {
                            // doc.set('name', value) and doc.list.set(3, value)
                            let key = args.first().and_then(|key| self.arena.as_str(*key)).unwrap_or("*");
                            path.push(key.to_owned());
                        } else if path.is_empty() {
                            continue;
                        }
                        let value = if operator == "$set" { args.get(1) } else { args.first() };
                        write.fields.push(FieldWrite {
                            operator: operator.to_owned(),
                            path: path.join("."),
                            value: value.copied().unwrap_or(crate::value::Arena::UNDEFINED),
                            cond: step.cond,
                            site: step.site,
                        });
                    }
                }
                _ => {}
            }
        }
    }

    /// The object of which each entry is set in turn: `for (const [key, value] of Object.entries(changes)) doc.set(key, value)`.
    fn all_entries(&self, args: &[V]) -> Option<V> {
        let [key, value] = args else { return None };
        let part = |value: V, wanted: f64| match *self.arena.node(value) {
            Node::Index(entry, at) if self.number(at) == Some(wanted) => match *self.arena.node(entry) {
                Node::Element(list) => Some(list),
                _ => None,
            },
            _ => None,
        };
        let list = part(*key, 0.0).filter(|list| part(*value, 1.0) == Some(*list))?;
        match self.arena.node(list) {
            Node::Derived(op, operands) if self.arena.text(*op) == "Object.entries" => operands.first().copied(),
            _ => None,
        }
    }

    /// The filter of a save that asks for something beside the identifier.
    ///
    /// Source: Mongoose, `lib/model.js`, `_applyCustomWhere`.
    fn asked_beside(&mut self, document: V, asked: V) -> Option<V> {
        let own = self.own_id_filter(document);
        match (self.arena.node(own).clone(), self.arena.node(asked).clone()) {
            (Node::Object(own), Node::Object(asked)) => {
                Some(self.arena.intern(Node::Object(own.into_iter().chain(asked).collect())))
            }
            _ => None,
        }
    }

    /// `doc.votes = doc.votes || []`: Mongoose sees no change where the field is there, and has made the array anyway.
    fn is_default(&mut self, object: V, key: Option<Sym>, value: V) -> bool {
        let (Some(key), Node::OneOf(alternatives)) = (key, self.arena.node(value).clone()) else { return false };
        let own = self.arena.member(object, key);
        let is_empty =
            |project: &Self, value: V| matches!(project.arena.node(value), Node::Array(items) if items.is_empty());
        alternatives.iter().any(|(_, value)| *value == own)
            && alternatives.iter().all(|(_, value)| *value == own || is_empty(self, *value))
    }

    /// Path and value of `doc.markModified('part')`, which sends that part whole.
    fn marked_part(&mut self, document: V, part: &str, recv: V) -> Option<(String, V)> {
        if recv != document {
            return None;
        }
        Some((part.to_owned(), self.at_path(document, part)))
    }

    /// Whether an array at the path, or inside of what is there, is changed in these steps.
    fn grows(&self, steps: &[Step], within: Range<usize>, document: V, path: &str) -> bool {
        steps.get(within).unwrap_or_default().iter().any(|step| match &step.op {
            Op::Call { recv: Some(recv), name: Some(name), .. } => {
                CHANGING.contains(&self.arena.text(*name))
                    && self.arena.alternatives(*recv).iter().any(|(_, array)| {
                        self.path_from(*array, document).map(|path| path.join(".")).is_some_and(|array| {
                            array.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                        })
                    })
            }
            // An element of the list is changed, or what stands under a key that is not known.
            Op::Assign { object, key, .. } => self.path_from(*object, document).is_some_and(|changed| {
                let changed = changed.join(".");
                changed == path && key.is_none()
                    || changed.strip_prefix(path).is_some_and(|rest| rest.starts_with(".*"))
            }),
            Op::Call { .. } | Op::Marked { .. } => false,
        })
    }

    /// The member path from a document to a value of it; an element of an array is `*`.
    pub fn path_from(&self, value: V, document: V) -> Option<Vec<String>> {
        self.path_between(value, document, false)
    }

    /// The same, where the value may be one of a copy of the document or of its part.
    pub fn path_in_copy(&self, value: V, document: V) -> Option<Vec<String>> {
        self.path_between(value, document, true)
    }

    fn path_between(&self, value: V, document: V, through_copies: bool) -> Option<Vec<String>> {
        if value == document {
            return Some(Vec::new());
        }
        let (inner, part) = match self.arena.node(value) {
            // The document as it is stored.
            Node::Member(object, key) if self.arena.text(*key) == "_doc" => {
                return self.path_between(*object, document, through_copies);
            }
            Node::Member(object, key) => (*object, self.arena.text(*key).to_owned()),
            Node::Index(object, _) | Node::Element(object) => (*object, "*".to_owned()),
            Node::Query { method, array, .. } if matches!(self.arena.text(*method), "find" | "findLast") => {
                (*array, "*".to_owned())
            }
            Node::Call { callee, .. } => match self.arena.node(*callee) {
                // Mongoose: doc.items.id(itemId)
                Node::Member(array, name) if self.arena.text(*name) == "id" => (*array, "*".to_owned()),
                _ => return None,
            },
            Node::Coerce(Coercion::Copy, inner) if through_copies => {
                return self.path_between(*inner, document, through_copies);
            }
            Node::OneOf(alternatives) => {
                return alternatives.iter().find_map(|(_, v)| self.path_between(*v, document, through_copies));
            }
            _ => return None,
        };
        let mut path = self.path_between(inner, document, through_copies)?;
        path.push(part);
        Some(path)
    }
}

//! Writes in one form: an update, an insert or a save becomes the fields it changes, each with its operator and value.
//!
//! Sources: MongoDB manual, "Update Operators" and "Updates with Aggregation Pipeline"; Mongoose `Document#save`.

use super::handle::Handle;
use super::link::{Before, Op, Project, Step};
use super::mongo::{Action, DbCall};
use crate::limits;
use crate::value::{Arena, C, Key, Node, Site, V};

/// One field of a write.
#[derive(Clone, Debug)]
pub struct FieldWrite {
    /// `$push`, `$set`, `$inc`; `insert` for a field of a new document, `replace` of a replacement, `pipeline`.
    pub operator: String,
    /// Dotted path; a part that is not known is `*`.
    pub path: String,
    pub value: V,
    pub cond: C,
    /// Where the change is written: the call, or `doc.field.push(…)` for a save.
    pub site: Site,
}

/// The field in which Mongoose counts the versions of a document.
pub const VERSION: &str = "__v";

impl Write {
    /// Whether a save counts the version of its document wherever this holds, and so asks for it: `doc.increment()`.
    ///
    /// Source: Mongoose, `Model.prototype.increment`, `Model.prototype.$__version`.
    pub fn is_counted(&self, arena: &Arena, cond: C) -> bool {
        let is_always =
            |field: &FieldWrite| arena.holds_under(field.cond, cond) || arena.holds_under(field.cond, self.cond);
        self.kind == WriteKind::Save && self.fields.iter().any(|field| field.counts_version() && is_always(field))
    }
}

impl FieldWrite {
    /// The array or field at the start of the path: `messages` of `messages.0.text`.
    pub fn top(&self) -> &str {
        self.path.split('.').next().unwrap_or("")
    }

    /// Whether it counts the version of a document: `doc.increment()`.
    pub fn counts_version(&self) -> bool {
        self.operator == "$inc" && self.path == VERSION
    }

    /// Whether an element is appended to the array at the path itself.
    pub fn is_append(&self) -> bool {
        matches!(self.operator.as_str(), "$push" | "$addToSet" | "$pushAll")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteKind {
    Update,
    Replace,
    Insert,
    /// `doc.save()` of a Mongoose document.
    Save,
    Delete,
}

/// A write to the database, as a rule sees it.
#[derive(Clone, Debug)]
pub struct Write {
    /// Index of the step in the summary.
    pub step: usize,
    pub site: Site,
    pub kind: WriteKind,
    pub method: String,
    pub handle: Handle,
    /// Of a save what it asks for beside the identifier: `doc.$where = { … }`.
    pub filter: Option<V>,
    pub options: Option<V>,
    /// The loaded document that is saved.
    pub document: Option<V>,
    pub fields: Vec<FieldWrite>,
    /// The inserted or replacing document.
    pub payload: Option<V>,
    pub upsert: bool,
    pub session: Option<V>,
    pub cond: C,
}

impl Project {
    /// All writes of a summary, in order.
    pub fn writes(&mut self, steps: &[Step]) -> Vec<Write> {
        let mut writes = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            let Op::Call { recv: Some(recv), name: Some(name), args, .. } = &step.op else { continue };
            let method = self.arena.text(*name).to_owned();
            let collected = self
                .pushed_operation(steps, at, *recv, &method, args)
                .or_else(|| self.builder_call(step.site, *recv, &method, args));
            if let Some(call) = collected {
                self.write_of(at, step, call, &mut writes);
                continue;
            }
            // Mongoose: Model.bulkSave(documents) saves each
            if method == "bulkSave"
                && let Some(list) = args.first().copied()
            {
                let saved = self.saved_as_given(*recv, &method, list);
                let document = saved.unwrap_or_else(|| self.arena.intern(Node::Element(list)));
                let save = self.arena.sym("save");
                self.document_write(steps, at, step, document, save, &[], &mut writes);
                continue;
            }
            if let [given] = args.as_slice()
                && let Some(saved) = self.saved_as_given(*recv, &method, *given)
            {
                let save = self.arena.sym("save");
                self.document_write(steps, at, step, saved, save, &[], &mut writes);
                continue;
            }
            if self.is_document_method(*recv, *name, args) {
                self.document_write(steps, at, step, *recv, *name, args, &mut writes);
                continue;
            }
            let Some(mut call) = self.db_call(step.site, *recv, *name, args) else {
                continue;
            };
            let before = Before { steps: steps.get(..at).unwrap_or_default(), cond: step.cond };
            call.filter = call.filter.map(|filter| self.as_sent(before, filter));
            call.payload = call.payload.map(|payload| self.as_sent(before, payload));
            call.payload = call.payload.map(|payload| self.with_appended(before, payload));
            self.write_of(at, step, call, &mut writes);
        }
        for write in writes.iter_mut().filter(|write| write.session.is_none()) {
            write.session = self.chained_session(steps, write.site).or_else(|| self.ambient_session(write.site));
        }
        for write in &mut writes {
            write.session = write.session.map(|session| self.given(session));
            self.without_dead_fields(write);
        }
        writes
    }

    /// The session that a query was given after its call: `Model.updateOne(…).session(session)`.
    pub(super) fn chained_session(&self, steps: &[Step], call: Site) -> Option<V> {
        let given = steps.iter().find_map(|step| match &step.op {
            Op::Call { recv: Some(recv), name: Some(name), args, .. }
                if self.arena.text(*name) == "session"
                    && matches!(self.arena.node(*recv), Node::Call { site, .. } if *site == call) =>
            {
                args.first().copied()
            }
            _ => None,
        })?;
        (!matches!(self.arena.node(given), Node::Null | Node::Undefined)).then_some(given)
    }

    fn write_of(&mut self, at: usize, step: &Step, call: DbCall, writes: &mut Vec<Write>) {
        let kind = match call.action {
            Action::Update => WriteKind::Update,
            Action::Replace => WriteKind::Replace,
            Action::InsertOne if call.method == "save" && self.is_loaded_document(call.payload) => WriteKind::Replace,
            Action::InsertOne | Action::InsertMany => WriteKind::Insert,
            Action::Delete => WriteKind::Delete,
            Action::Bulk => return self.bulk(at, step, &call, writes),
            _ => return,
        };
        let mut write = Write {
            step: at,
            site: step.site,
            kind,
            method: call.method,
            handle: call.handle,
            filter: call.filter,
            options: call.options,
            document: None,
            fields: Vec::new(),
            payload: call.payload,
            upsert: call.options.is_some_and(|options| self.option_is_true(options, "upsert")),
            session: call.options.and_then(|options| self.option(options, "session")),
            cond: self.cond_of_each(kind, call.payload, step.cond),
        };
        self.fill(&mut write);
        self.new_by_upsert(&mut write);
        writes.push(write);
    }

    /// `carts.save(cart)` of the old driver replaces a document that was loaded.
    pub(super) fn is_loaded_document(&mut self, payload: Option<V>) -> bool {
        payload
            .and_then(|payload| self.loaded(payload, &[]))
            .is_some_and(|(_, path, read)| path.is_empty() && read.is_some_and(|read| read.action == Action::FindOne))
    }

    pub(super) fn fill(&mut self, write: &mut Write) {
        let Some(payload) = write.payload else { return };
        match write.kind {
            WriteKind::Update => {
                let payload = if self.stores_undefined { self.with_nulls(payload) } else { payload };
                write.payload = Some(payload);
                let mut fields = Vec::new();
                self.update_fields(payload, write.cond, write.site, &mut fields);
                write.fields = fields;
            }
            WriteKind::Replace => self.document_fields(payload, "replace", write),
            WriteKind::Insert => {
                let payload = self.inserted(payload);
                write.payload = Some(payload);
                self.document_fields(payload, "insert", write);
            }
            _ => {}
        }
    }

    /// The inserted document, or the one that every element of the list has the shape of.
    pub(super) fn inserted(&mut self, payload: V) -> V {
        match self.arena.node(payload).clone() {
            Node::Array(items) => match items.as_slice() {
                [only] if !only.spread => only.value,
                _ => payload,
            },
            Node::Mapped(_, result) => result,
            // Model.create(new Model(data)); what a class makes of several values is none of them.
            Node::New { args, .. } => match *args {
                [only] => only,
                _ => payload,
            },
            _ => payload,
        }
    }

    fn document_fields(&mut self, payload: V, operator: &str, write: &mut Write) {
        let Node::Object(entries) = self.arena.node(payload).clone() else { return };
        for entry in entries {
            let Key::Name(name) = entry.key else { continue };
            let (path, cond, site) = (self.arena.text(name).to_owned(), entry.cond, write.site);
            let field = FieldWrite { operator: operator.to_owned(), path, value: entry.value, cond, site };
            match operator {
                "replace" => self.add_with_parts(field, &mut write.fields),
                _ => write.fields.push(field),
            }
        }
    }

    /// The fields of an update document, of each of its alternatives.
    pub fn update_fields(&mut self, update: V, cond: C, site: Site, fields: &mut Vec<FieldWrite>) {
        match self.arena.node(update).clone() {
            Node::OneOf(alternatives) => {
                for (c, alternative) in alternatives {
                    let both = self.arena.and(cond, c);
                    if both != C::FALSE {
                        self.update_fields(alternative, both, site, fields);
                    }
                }
            }
            Node::Object(entries) => {
                for entry in entries {
                    let both = self.arena.and(cond, entry.cond);
                    if both == C::FALSE {
                        continue;
                    }
                    let name = match entry.key {
                        Key::Name(name) => self.arena.text(name).to_owned(),
                        // { [liked ? '$pull' : '$push']: { likes: user } }
                        Key::Computed(key) => {
                            for (c, key) in self.arena.alternatives(key) {
                                let cond = self.arena.and(both, c);
                                let operator = self.arena.as_str(key).filter(|text| text.starts_with('$'));
                                if let Some(operator) = operator.map(str::to_owned).filter(|_| cond != C::FALSE) {
                                    self.operator_fields(&operator, entry.value, cond, site, fields);
                                }
                            }
                            continue;
                        }
                        Key::Spread => continue,
                    };
                    if name.starts_with('$') {
                        self.operator_fields(&name, entry.value, both, site, fields);
                    } else {
                        // An update without operators sets its fields in Mongoose and replaces in the old driver.
                        let (operator, value, cond) = ("$set".to_owned(), entry.value, both);
                        self.add_with_parts(FieldWrite { operator, path: name, value, cond, site }, fields);
                    }
                }
            }
            Node::Array(items) => {
                for item in items {
                    self.pipeline_fields(item.value, cond, site, fields);
                }
            }
            _ => {}
        }
    }

    fn pipeline_fields(&mut self, stage: V, cond: C, site: Site, fields: &mut Vec<FieldWrite>) {
        let Node::Object(entries) = self.arena.node(stage).clone() else { return };
        for entry in entries {
            let mut inner = Vec::new();
            self.operator_fields("pipeline", entry.value, cond, site, &mut inner);
            for mut field in inner {
                // { $set: { arr: { $concatArrays: ['$arr', [element]] } } } appends like $push.
                if let Some(element) = self.concatenated(field.value, &field.path) {
                    field.operator = "$push".to_owned();
                    field.value = element;
                }
                fields.push(field);
            }
        }
    }

    /// The element of an unconditional `$concatArrays` onto the array itself.
    fn concatenated(&mut self, value: V, path: &str) -> Option<V> {
        if !matches!(self.arena.node(value), Node::Object(_)) {
            return None;
        }
        let operator = self.arena.sym("$concatArrays");
        let Node::Array(parts) = self.arena.node(self.arena.member_of(value, operator)?).clone() else { return None };
        let [own, added] = parts.as_slice() else { return None };
        let is_own = self.arena.as_str(own.value).is_some_and(|text| text.strip_prefix('$') == Some(path));
        match self.arena.node(added.value) {
            Node::Array(items) if is_own => items.first().map(|item| item.value),
            _ => None,
        }
    }

    fn operator_fields(&mut self, operator: &str, value: V, cond: C, site: Site, fields: &mut Vec<FieldWrite>) {
        match self.arena.node(value).clone() {
            Node::Object(entries) => {
                for entry in entries {
                    let both = self.arena.and(cond, entry.cond);
                    if both == C::FALSE {
                        continue;
                    }
                    let paths = match entry.key {
                        Key::Name(name) => vec![(both, self.arena.text(name).to_owned())],
                        Key::Computed(key) => self.path_texts(key, both),
                        // $set: { ...state }
                        Key::Spread => vec![(both, "...".to_owned())],
                    };
                    for (both, path) in paths {
                        for cond in self.conditions_of_each(operator, entry.value, both) {
                            let (operator, path) = (operator.to_owned(), path.clone());
                            let field = FieldWrite { operator, path, value: entry.value, cond, site };
                            match field.operator.as_str() {
                                "$set" => self.add_with_parts(field, fields),
                                "$inc" | "$mul" => self.add_by_turns(field, fields),
                                _ => fields.push(field),
                            }
                        }
                    }
                }
            }
            Node::OneOf(alternatives) => {
                for (c, alternative) in alternatives {
                    let both = self.arena.and(cond, c);
                    if both != C::FALSE {
                        self.operator_fields(operator, alternative, both, site, fields);
                    }
                }
            }
            Node::Undefined | Node::Null => {}
            _ => fields.push(FieldWrite { operator: operator.to_owned(), path: "...".to_owned(), value, cond, site }),
        }
    }

    /// The conditions under which elements of `{ $each: list }` are appended: of a list that was filled under a condition,
    /// or filtered by one. One element that is always there says nothing of the others.
    fn conditions_of_each(&mut self, operator: &str, value: V, cond: C) -> Vec<C> {
        let each = self.arena.sym("$each");
        let list = match self.arena.member_of(value, each) {
            Some(list) if matches!(operator, "$push" | "$addToSet") => list,
            _ => return vec![cond],
        };
        let list = match *self.arena.node(list) {
            Node::Mapped(inner, _) => inner,
            _ => list,
        };
        let mut conds: Vec<C> = match self.arena.node(list).clone() {
            Node::Array(items) => items.iter().map(|item| self.arena.and(cond, item.cond)).collect(),
            Node::Query { method, arg, .. } if self.arena.text(method) == "filter" => {
                vec![self.arena.assume(cond, arg, true)]
            }
            _ => Vec::new(),
        };
        conds.retain(|cond| *cond != C::FALSE);
        conds.dedup();
        if conds.is_empty() || conds.len() > limits::CASES || conds.contains(&cond) { vec![cond] } else { conds }
    }

    /// A path that is computed, with `*` for what is not known.
    pub fn path_text(&self, key: V) -> String {
        match self.arena.node(key) {
            Node::Str(text) => self.arena.text(*text).to_owned(),
            Node::Template(parts) => parts.iter().map(|part| self.arena.as_str(*part).unwrap_or("*")).collect(),
            _ => "*".to_owned(),
        }
    }

    pub fn option(&mut self, options: V, key: &str) -> Option<V> {
        let key = self.arena.sym(key);
        let value = self.arena.member(options, key);
        let known = !matches!(self.arena.node(value), Node::Undefined | Node::Null);
        (known && matches!(self.arena.node(options), Node::Object(_) | Node::OneOf(_))).then_some(value)
    }

    /// Whether an option is there and JavaScript takes it for true: `unique: 1`, `unique: 'taken'`.
    pub fn option_is_set(&mut self, options: V, key: &str) -> bool {
        let Some(value) = self.option(options, key) else { return false };
        match self.arena.node(value) {
            Node::Num(bits) => f64::from_bits(*bits) != 0.0,
            Node::Array(_) | Node::Object(_) => true,
            Node::Str(text) => !self.arena.text(*text).is_empty(),
            other => matches!(other, Node::Bool(true)),
        }
    }

    pub fn option_is_true(&mut self, options: V, key: &str) -> bool {
        self.option(options, key).is_some_and(|value| matches!(self.arena.node(value), Node::Bool(true)))
    }
}

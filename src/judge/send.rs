//! What a call sends to the server, and what it gives back to the code.
//!
//! Sources: MongoDB Node.js driver API (`Collection`), Mongoose `Model`, `Document.prototype.save` with its versioning rule.
//! Input: a planned command, evaluated in a request. Output: the concrete command; the value of the call. Must not know: schedules.

use super::bson::Value;
use super::eval::{Machine, Mode};
use super::hints::is_position;
use super::script::{Action, Command as Planned};
use super::state::Request;
use super::store::{Command, Reply, Returns};
use crate::limits;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::value::{Arena, C, COPIED, Key, Node, V};

/// A command, and how the code sees its reply.
#[derive(Clone, Debug)]
pub struct Sent {
    pub command: Command,
    pub is_write: bool,
    pub many: bool,
    /// A save whose document or version is gone throws.
    pub fails_unmatched: bool,
    pub(super) shape: Shape,
}

#[derive(Clone, Debug)]
pub(super) enum Shape {
    One,
    Many,
    Count,
    Status,
    /// The inserted document itself, as Mongoose gives it.
    Document(Value),
    /// The document under `value`, beside what happened.
    Metadata,
}

impl Sent {
    /// Whether the command inserts what it does not find.
    pub fn is_upsert(&self) -> bool {
        matches!(
            self.command,
            Command::FindAndUpdate { upsert: true, .. } | Command::FindAndReplace { upsert: true, .. }
        )
    }
}

fn empty() -> Value {
    Value::document(Vec::<(&str, Value)>::new())
}

impl Machine<'_> {
    pub fn command(&mut self, request: &mut Request, planned: &Planned) -> Option<Sent> {
        match &planned.action {
            Action::Read { kind, collection, filter } => self.read(request, *kind, *collection, *filter),
            Action::Write { collection, write, versions } => match write.kind {
                WriteKind::Update => self.update(request, *collection, write),
                WriteKind::Insert => self.insert(request, *collection, write),
                WriteKind::Delete => self.delete(request, *collection, write),
                WriteKind::Replace => self.replace(request, *collection, write),
                WriteKind::Save => self.save(request, *collection, write, versions),
            },
            Action::Effect { .. } | Action::Given { .. } => None,
        }
    }

    pub(super) fn filter(&mut self, request: &mut Request, filter: Option<V>) -> Value {
        let Some(filter) = filter else { return empty() };
        request.in_filter = true;
        let evaluated = self.eval(request, filter);
        request.in_filter = false;
        match evaluated {
            Some(document @ Value::Document(_)) => document,
            None | Some(Value::Null) => empty(),
            Some(id) if matches!(self.arena.peek(filter), Node::Coerce(..) | Node::Str(_)) => {
                Value::document([("_id", id)])
            }
            Some(_) => {
                self.note("a filter that is not known");
                empty()
            }
        }
    }

    /// An option of a call that is written there.
    fn option(&mut self, request: &mut Request, options: Option<V>, name: &str) -> Option<Value> {
        let options = options?;
        let entries = match self.arena.peek(options) {
            Node::Object(entries) => entries,
            _ => return None,
        };
        let entry =
            entries.iter().rev().find(|entry| matches!(entry.key, Key::Name(key) if self.arena.text(key) == name))?;
        self.eval(request, entry.value)
    }

    fn is_on(&mut self, request: &mut Request, options: Option<V>, name: &str) -> bool {
        self.option(request, options, name) == Some(Value::Bool(true))
    }

    fn update(&mut self, request: &mut Request, collection: u32, write: &Write) -> Option<Sent> {
        let filter = self.filter(request, write.filter);
        let upsert = write.upsert || self.is_on(request, write.options, "upsert");
        let is_brought = write.payload.is_some_and(|payload| self.is_plain_input(request, payload));
        let update = match write.payload.and_then(|payload| self.eval(request, payload)) {
            Some(list @ Value::List(_)) => list,
            Some(Value::Document(fields)) => {
                let mut update = operators(&fields);
                self.name_unknown(&mut update);
                update
            }
            // What a request brings may be an object without fields; the document is inserted all the same.
            Some(Value::Symbol(_)) if upsert && is_brought => Value::document([("$set", empty())]),
            _ => {
                self.note("an update that is not known");
                return None;
            }
        };
        let array_filters = match self.option(request, write.options, "arrayFilters") {
            Some(Value::List(filters)) => filters.to_vec(),
            _ => Vec::new(),
        };
        let method = write.method.as_str();
        if method.starts_with("findOneAnd") || method.starts_with("findByIdAnd") || method == "findAndModify" {
            let after = self.is_on(request, write.options, "new")
                || self.option(request, write.options, "returnDocument") == Some(Value::text("after"))
                || self.option(request, write.options, "returnOriginal") == Some(Value::Bool(false));
            let metadata = self.is_on(request, write.options, "includeResultMetadata")
                || self.is_on(request, write.options, "rawResult");
            let returns = if after { Returns::After } else { Returns::Before };
            let (sort, projection) = (self.option(request, write.options, "sort"), None);
            let command =
                Command::FindAndUpdate { collection, filter, update, sort, upsert, array_filters, returns, projection };
            let shape = if metadata { Shape::Metadata } else { Shape::One };
            return Some(Sent { command, is_write: true, many: false, fails_unmatched: false, shape });
        }
        let many = method == "updateMany" || self.is_on(request, write.options, "multi");
        let command = Command::Update { collection, filter, update, many, upsert, array_filters };
        Some(Sent { command, is_write: true, many, fails_unmatched: false, shape: Shape::Status })
    }

    /// An unknown object that is set has some field of its own, another one in another object: `{ $set: changes }`
    fn name_unknown(&mut self, update: &mut Value) {
        for operator in ["$set", "$setOnInsert"] {
            if let Some(Value::Symbol(term)) = update.field(operator).cloned() {
                self.note("a spread of an unknown object");
                update.set(operator, Value::document([(format!("key{term}").as_str(), Value::Symbol(term))]));
            }
        }
    }

    fn insert(&mut self, request: &mut Request, collection: u32, write: &Write) -> Option<Sent> {
        let payload = write.payload?;
        let mut document = match self.eval(request, payload) {
            Some(document @ Value::Document(_)) => document,
            Some(Value::List(items)) if items.iter().all(|item| item.fields().is_some()) && !items.is_empty() => {
                items.first().cloned()?
            }
            _ => {
                self.note("an inserted document that is not known");
                empty()
            }
        };
        if document.field("_id").is_none() {
            request.last_id += 1;
            document.set("_id", Value::Id(request.last_id));
        }
        let is_native =
            write.upsert || matches!(write.method.as_str(), "insertOne" | "insertMany" | "bulkWrite" | "insert");
        let shape = if is_native { Shape::Status } else { Shape::Document(document.clone()) };
        let command = Command::Insert { collection, documents: vec![document], ordered: true };
        Some(Sent { command, is_write: true, many: write.method == "insertMany", fails_unmatched: false, shape })
    }

    fn delete(&mut self, request: &mut Request, collection: u32, write: &Write) -> Option<Sent> {
        let filter = self.filter(request, write.filter);
        let method = write.method.as_str();
        let is_found = method.starts_with("findOneAnd") || method.starts_with("findByIdAnd");
        let many = matches!(method, "deleteMany" | "remove" | "removeAsync");
        let (command, shape) = match is_found {
            true => (Command::FindAndDelete { collection, filter, sort: None, projection: None }, Shape::One),
            false => (Command::Delete { collection, filter, many }, Shape::Status),
        };
        Some(Sent { command, is_write: true, many, fails_unmatched: false, shape })
    }

    fn replace(&mut self, request: &mut Request, collection: u32, write: &Write) -> Option<Sent> {
        let replacement = match write.payload.and_then(|payload| self.eval(request, payload)) {
            Some(document @ Value::Document(_)) => document,
            _ => {
                self.note("a replacement that is not known");
                return None;
            }
        };
        let filter = match write.filter {
            Some(_) => self.filter(request, write.filter),
            None => Value::document([("_id", replacement.field("_id").cloned()?)]),
        };
        let mut replacement = replacement;
        if let (Some(id), None) = (filter.field("_id"), replacement.field("_id")) {
            replacement.set("_id", id.clone());
        }
        let command = Command::Replace { collection, filter, replacement, upsert: write.upsert };
        Some(Sent { command, is_write: true, many: false, fails_unmatched: false, shape: Shape::Status })
    }

    /// `doc.save()`: the changes since the document was loaded, by its `_id`, and by its version where arrays were set.
    fn save(&mut self, request: &mut Request, collection: u32, write: &Write, versions: &[C]) -> Option<Sent> {
        let document = match write.document.and_then(|document| self.eval(request, document)) {
            Some(document @ Value::Document(_)) => document,
            _ => {
                self.note("a saved document that is not known");
                return None;
            }
        };
        let mut changes = Changes::default();
        for field in &write.fields {
            if self.condition_holds(request, field.cond) {
                self.change(request, &document, field, &mut changes);
            }
        }
        let counts = |field: &&FieldWrite| field.counts_version();
        let is_counted = write.fields.iter().filter(counts).any(|field| self.condition_holds(request, field.cond));
        if changes.0.is_empty() && !is_counted {
            return None;
        }
        changes.fold();
        let mut filter = vec![("_id", document.field("_id").cloned()?)];
        let asked = write.filter.map(|asked| self.filter(request, Some(asked)));
        let is_versioned = versions.iter().any(|cond| self.condition_holds(request, *cond));
        if is_versioned && let Some(version) = document.field("__v") {
            filter.push(("__v", version.clone()));
            changes.put("$inc", "__v", Value::Number(1.0));
        }
        let mut filter = Value::document(filter);
        asked
            .iter()
            .flat_map(|asked| asked.fields().unwrap_or_default())
            .for_each(|(name, value)| filter.set(name, value.clone()));
        let command = Command::Update {
            collection,
            filter,
            update: changes.update(),
            many: false,
            upsert: false,
            array_filters: Vec::new(),
        };
        Some(Sent { command, is_write: true, many: false, fails_unmatched: true, shape: Shape::Document(document) })
    }

    fn change(&mut self, request: &mut Request, document: &Value, field: &FieldWrite, changes: &mut Changes) {
        let value = match field.value {
            Arena::UNDEFINED => None,
            value => self.eval(request, value),
        };
        let path = self.written_path(request, document, &field.path);
        match (field.operator.as_str(), value) {
            ("$set", None) => changes.put("$unset", &path, Value::text("")),
            ("$set", Some(Value::Document(parts))) if path.is_empty() || field.path == COPIED => {
                parts.iter().for_each(|(name, value)| changes.put("$set", name, value.clone()));
            }
            ("$set", Some(_)) if field.path == COPIED => self.note("an assigned object that is not known"),
            // Nothing is sent of it. It was run all the same: two that do so differ in nothing from one.
            ("$set", Some(value)) if document.at(&path) == Some(&value) && self.is_noticed(field, &value) => {
                changes.of("$set");
            }
            ("$set", Some(value)) => changes.put("$set", &path, value),
            ("$push", Some(value)) => changes.push(&path, value),
            ("$addToSet" | "$pull", Some(value)) => changes.put(&field.operator, &path, value),
            // The version is asked for and counted together.
            _ if field.counts_version() => {}
            ("splice", value) => {
                let old = document.at(&path).cloned();
                self.note("a list that is changed in place");
                let new = self.applied(request, field.value, &format!("spliced {}", field.path), &[old, value]);
                changes.put("$set", &path, Value::list(new.into_iter().collect()));
            }
            (operator, _) => self.note(&format!("`{operator}` of a document")),
        }
    }
}

impl Machine<'_> {
    /// Whether Mongoose sees that a field is set to what it was loaded with, and so sends nothing: `doc.name = name || doc.name`. What
    /// is computed, and comes out the same, stands for what does not. `markModified` says of the field itself, whatever has become of
    /// what is in it, that it is to be sent.
    ///
    /// Source: Mongoose, `Document.prototype.$__shouldModify`.
    fn is_noticed(&self, field: &FieldWrite, value: &Value) -> bool {
        let name = field.path.rsplit('.').next().unwrap_or_default();
        let mut open = vec![field.value];
        let mut is_own = false;
        for _ in 0..limits::JOINED_OPERANDS {
            let Some(part) = open.pop() else { break };
            match self.arena.peek(part) {
                Node::Member(_, key) => is_own |= self.arena.text(*key) == name,
                Node::OneOf(alternatives) => open.extend(alternatives.iter().map(|(_, value)| *value)),
                Node::Or(parts) | Node::And(parts) => open.extend(parts),
                Node::Coerce(_, inner) => open.push(*inner),
                _ => {}
            }
        }
        let is_field_itself = matches!(self.arena.peek(field.value), Node::Member(..));
        is_own && (value.is_scalar() || matches!(value, Value::Symbol(_)) && !is_field_itself)
    }

    /// A path with the names of what it leaves open: the first element of a list; in an object, the key that the request brings.
    fn written_path(&self, request: &Request, document: &Value, path: &str) -> String {
        let mut written = String::new();
        for part in path.split('.') {
            let is_of_list = || matches!(document.at(&written), Some(Value::List(_)));
            let name = match is_position(part) {
                true if self.mode == Mode::Different(None) && !is_of_list() => format!("key{}", request.who + 1),
                true => "0".to_owned(),
                false => part.to_owned(),
            };
            if !written.is_empty() {
                written.push('.');
            }
            written.push_str(&name);
        }
        written
    }
}

/// Operators with the paths and values that they are given.
#[derive(Default)]
struct Changes(Vec<(String, Vec<(String, Value)>)>);

impl Changes {
    /// The paths of an operator, with their values.
    fn of(&mut self, operator: &str) -> Option<&mut Vec<(String, Value)>> {
        let at = match self.0.iter().position(|(known, _)| known == operator) {
            Some(at) => at,
            None => {
                self.0.push((operator.to_owned(), Vec::new()));
                self.0.len() - 1
            }
        };
        self.0.get_mut(at).map(|(_, paths)| paths)
    }

    fn put(&mut self, operator: &str, path: &str, value: Value) {
        let Some(paths) = self.of(operator) else { return };
        match paths.iter_mut().find(|(known, _)| known == path) {
            Some((_, old)) => *old = value,
            None => paths.push((path.to_owned(), value)),
        }
    }

    /// What is set inside of a path that is set whole is a part of the whole: `markModified` sends it as it has become.
    fn fold(&mut self) {
        let Some((_, paths)) = self.0.iter_mut().find(|(operator, _)| operator == "$set") else { return };
        let wholes: Vec<String> = paths.iter().map(|(path, _)| format!("{path}.")).collect();
        let is_inside =
            |path: &str| wholes.iter().filter(|whole| path.starts_with(whole.as_str())).min_by_key(|whole| whole.len());
        let (inner, mut kept): (Vec<_>, Vec<_>) =
            std::mem::take(paths).into_iter().partition(|(path, _)| is_inside(path).is_some());
        for (path, value) in inner {
            let Some(whole) = is_inside(&path) else { continue };
            let outer = kept.iter_mut().find(|(kept, _)| Some(kept.as_str()) == whole.strip_suffix('.'));
            if let Some((_, outer)) = outer {
                outer.set_at(path.strip_prefix(whole.as_str()).unwrap_or_default(), value);
            }
        }
        *paths = kept;
    }

    /// `$push`, with `$each` for more than one.
    fn push(&mut self, path: &str, value: Value) {
        let known = self.0.iter().find(|(operator, _)| operator == "$push");
        let before = known.and_then(|(_, paths)| paths.iter().find(|(known, _)| known == path)).map(|(_, v)| v.clone());
        let mut all = match before.as_ref().and_then(|before| before.field("$each")) {
            Some(Value::List(items)) => items.to_vec(),
            _ => Vec::new(),
        };
        all.push(value);
        self.put("$push", path, Value::document([("$each", Value::list(all))]));
    }

    fn update(self) -> Value {
        Value::document(self.0.into_iter().map(|(operator, paths)| (operator, Value::document(paths))))
    }
}

/// An update as Mongoose sends it: fields beside the operators are set.
fn operators(fields: &[(std::rc::Rc<str>, Value)]) -> Value {
    let mut update = empty();
    let mut set = empty();
    for (name, value) in fields {
        if name.starts_with('$') {
            update.set(name, value.clone());
        } else {
            set.set(name, value.clone());
        }
    }
    if set.fields().is_some_and(|fields| !fields.is_empty()) {
        if let Some(own) = update.field("$set").and_then(Value::fields) {
            own.iter().for_each(|(name, value)| set.set(name, value.clone()));
        }
        update.set("$set", set);
    }
    update
}

/// What is told of a command that finds and changes a document.
///
/// Source: MongoDB manual, "findAndModify", "Return Data".
fn metadata(existed: bool, found: Option<Value>) -> Value {
    Value::document([
        ("lastErrorObject", Value::document([("updatedExisting", Value::Bool(existed))])),
        ("value", found.unwrap_or(Value::Null)),
    ])
}

/// The value of a call, by the reply to its command.
pub fn result(sent: &Sent, reply: Reply) -> Option<Value> {
    let number = |n: u64| Value::Number(n as f64);
    Some(match (&sent.shape, reply) {
        (Shape::Document(document), _) => document.clone(),
        (Shape::One, Reply::Documents(documents)) => documents.into_iter().next().unwrap_or(Value::Null),
        (Shape::Many, Reply::Documents(documents)) => Value::list(documents),
        (Shape::Metadata, Reply::Found(found)) => metadata(found.is_some(), found),
        (Shape::Metadata, Reply::Made(found)) => metadata(false, found),
        (_, Reply::Found(found) | Reply::Made(found)) => found.unwrap_or(Value::Null),
        (_, Reply::Documents(documents)) => Value::list(documents),
        (_, Reply::Count(count)) => number(count),
        (_, Reply::Updated { matched, modified, upserted }) => {
            let n = number(matched + u64::from(upserted.is_some()));
            let mut result = Value::document([
                ("acknowledged", Value::Bool(true)),
                ("matchedCount", number(matched)),
                ("modifiedCount", number(modified)),
                ("upsertedCount", number(u64::from(upserted.is_some()))),
                ("upsertedId", upserted.unwrap_or(Value::Null)),
                ("n", n.clone()),
                ("nModified", number(modified)),
                ("ok", Value::Number(1.0)),
            ]);
            result.set("result", Value::document([("n", n), ("nModified", number(modified))]));
            result
        }
        (_, Reply::Inserted(ids)) => Value::document([
            ("acknowledged", Value::Bool(true)),
            ("insertedCount", number(ids.len() as u64)),
            ("insertedId", ids.first().cloned().unwrap_or(Value::Null)),
        ]),
        (_, Reply::Deleted(count)) => Value::document([
            ("acknowledged", Value::Bool(true)),
            ("deletedCount", number(count)),
            ("n", number(count)),
        ]),
    })
}

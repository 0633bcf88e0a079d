//! The fields that a strict schema has: Mongoose leaves all others out of what it inserts, sets and saves.
//!
//! Source: Mongoose guide, "Schemas", option `strict`.
//! Input: the schemas of the models. Output: the names of their fields, where all of them are known. Must not know: rules.

use super::declaration::{Declared, Identity, What};
use super::handle::{ByHandle, Handle};
use super::link::{Op, Project, Step};
use super::schema::Schemas;
use super::writes::{Write, WriteKind};
use crate::limits;
use crate::value::{Entry, FnRef, Key, Node, V};
use rustc_hash::FxHashSet;

/// What Mongoose gives a document beside the fields of its schema.
const OWN: [&str; 4] = ["_id", "__v", "__t", "id"];

impl Schemas {
    /// Whether Mongoose may store a field of a model: all but those that a strict schema, known whole, does not have.
    pub fn is_stored(&self, handle: &Handle, path: &str) -> bool {
        let all = self.strict.of(handle);
        let top = path.split('.').next().unwrap_or_default();
        if all.is_empty() || !top.starts_with(|c: char| c.is_ascii_alphabetic()) || OWN.contains(&top) {
            return true;
        }
        all.iter().any(|fields| fields.as_ref().is_none_or(|fields| fields.contains(top)))
    }
}

/// What is said of schemas and models outside of where they are made.
#[derive(Default)]
struct Opened {
    schemas: FxHashSet<Identity>,
    models: FxHashSet<String>,
    all: bool,
}

impl Project {
    /// The fields of the models whose schemas are known whole.
    pub(super) fn strict_fields(&mut self, models: &[(String, V)]) -> ByHandle<Option<FxHashSet<String>>> {
        let mut strict = ByHandle::default();
        let opened = self.opened();
        if opened.all {
            return strict;
        }
        for (name, schema) in models {
            let is_open = opened.models.contains(name) || opened.schemas.contains(&self.identity_of(*schema));
            let fields = if is_open { None } else { self.fields_of_strict(*schema) };
            strict.push(&Handle::Named(name.clone()), fields);
        }
        strict
    }

    /// Notes a call that may add fields to a schema, or to all of them.
    pub(super) fn open_schema(&mut self, schema: V, name: &str, args: &[V]) {
        let adds = match name {
            "virtual" => match args.first().and_then(|name| self.arena.as_str(*name)).map(str::to_owned) {
                Some(name) => {
                    let schema = self.linked(schema);
                    let identity = self.identity_of(schema);
                    self.models.virtuals.entry(identity).or_default().push(name);
                    false
                }
                None => true,
            },
            "plugin" | "loadClass" | "alias" | "discriminator" | "clone" => true,
            "add" => !matches!(args, [fields] if matches!(self.arena.node(*fields), Node::Object(_))),
            "set" => self.is_loosened(args),
            _ => false,
        };
        if adds {
            let schema = self.linked(schema);
            self.models.are_loose |= self.package_of(schema) == Some("mongoose") && !self.is_schema(schema);
            let identity = self.identity_of(schema);
            self.models.opened.insert(identity);
        }
    }

    /// Looks once at all calls for what may add a field, or takes strictness away.
    fn opened(&mut self) -> Opened {
        let all = self.models.are_loose;
        let mut opened = Opened { schemas: self.models.opened.clone(), all, ..Opened::default() };
        for at in 0..self.functions.len() {
            for step in self.steps_of(FnRef(at as u32)).iter().filter(|step| step.calls == 0) {
                let Op::Call { callee, recv, name, args, .. } = &step.op else { continue };
                let name =
                    name.map(|name| self.arena.text(name)).or_else(|| self.last_name(*callee)).unwrap_or_default();
                opened.all |= args.iter().any(|arg| self.has_loose_option(*arg));
                if name == "discriminator" {
                    let base = recv.and_then(|recv| self.handle_of_known(recv));
                    opened.models.extend(base);
                }
                if name != "model" {
                    let given = args.iter().filter(|arg| self.is_schema(**arg));
                    opened.schemas.extend(given.map(|schema| self.identity_of(*schema)));
                }
            }
        }
        opened
    }

    fn handle_of_known(&self, model: V) -> Option<String> {
        let Node::Call { args, .. } = self.arena.node(model) else { return None };
        self.arena.as_str(*args.first()?).map(str::to_owned)
    }

    /// `set('strict', false)`
    fn is_loosened(&self, args: &[V]) -> bool {
        let [key, value, ..] = args else { return false };
        self.arena.as_str(*key) == Some("strict") && *self.arena.node(*value) != Node::Bool(true)
    }

    /// `{ strict: false }`
    fn has_loose_option(&self, value: V) -> bool {
        let Node::Object(entries) = self.arena.node(value) else { return false };
        entries.iter().any(|entry| {
            let is_strict = matches!(entry.key, Key::Name(name) if self.arena.text(name) == "strict");
            is_strict && *self.arena.node(entry.value) != Node::Bool(true)
        })
    }

    /// The first names of the fields of `new Schema({ … }, { … })`, and of those that calls add to it.
    fn fields_of_strict(&mut self, schema: V) -> Option<FxHashSet<String>> {
        let Node::New { callee, args, .. } = self.arena.node(schema).clone() else { return None };
        if self.last_name(callee) != Some("Schema") || self.module_of(callee) != Some("mongoose") {
            return None;
        }
        let (fields, options) = match &*args {
            [fields] => (*fields, None),
            [fields, options] => (*fields, Some(*options)),
            _ => return None,
        };
        let mut names = self.names_of(fields)?;
        if let Some(options) = options {
            self.names_of(options)?;
            self.is_strict_by(options)?;
        }
        let identity = self.identity_of(schema);
        let is_own = |own: &&Declared| self.identity_of(own.schema) == identity;
        let declared: Vec<What> = self.models.declared.iter().filter(is_own).map(|own| own.what.clone()).collect();
        for what in declared {
            match what {
                What::Fields(fields) => {
                    let fields = self.linked(fields);
                    names.extend(self.names_of(fields)?);
                }
                What::Options(options) => self.is_strict_by(options)?,
                What::Index { .. } => {}
            }
        }
        let virtuals = self.models.virtuals.get(&identity);
        // A schema of a few fields may be a sketch, beside which the code is to be believed.
        if names.len() < limits::SKETCHED_FIELDS {
            return None;
        }
        names.extend(virtuals.into_iter().flatten().filter_map(|name| name.split('.').next()).map(str::to_owned));
        if options.is_some() {
            names.extend(["createdAt", "updatedAt"].map(str::to_owned));
        }
        Some(names)
    }

    /// Nothing where options may add fields, or allow those that are not declared.
    fn is_strict_by(&self, options: V) -> Option<()> {
        let Node::Object(entries) = self.arena.node(options) else { return None };
        let is_known = |entry: &Entry| {
            let Key::Name(name) = entry.key else { return false };
            let value = self.arena.node(entry.value);
            match self.arena.text(name) {
                "strict" if *value != Node::Bool(true) => false,
                "virtuals" | "discriminatorKey" | "typeKey" | "pluginTags" => false,
                "timestamps" | "versionKey" => matches!(value, Node::Bool(_)),
                _ => true,
            }
        };
        entries.iter().all(is_known).then_some(())
    }

    /// The first names of the fields in an object, where all of them are written, and those that stand for one: `{ n: { alias: 'name' } }`.
    fn names_of(&self, object: V) -> Option<FxHashSet<String>> {
        let Node::Object(entries) = self.arena.node(object) else { return None };
        let mut names = FxHashSet::default();
        for entry in entries {
            let Key::Name(name) = entry.key else { return None };
            names.extend(self.arena.text(name).split('.').next().map(str::to_owned));
            let Node::Object(options) = self.arena.node(entry.value) else { continue };
            for option in options {
                if matches!(option.key, Key::Name(key) if self.arena.text(key) == "alias") {
                    names.insert(self.arena.as_str(option.value)?.to_owned());
                }
            }
        }
        Some(names)
    }

    /// Leaves out of writes what Mongoose does not send of them, and gives those of which nothing is left.
    pub fn without_unstored(&mut self, schemas: &Schemas, steps: &[Step], writes: &mut [Write]) -> Vec<usize> {
        let mut emptied = Vec::new();
        for (at, write) in writes.iter_mut().enumerate() {
            if write.upsert || !self.is_sent_by_schema(steps, write) {
                continue;
            }
            let before = write.fields.len();
            write.fields.retain(|field| schemas.is_stored(&write.handle, &field.path));
            if write.fields.len() < before {
                write.payload = write.payload.map(|payload| self.stored_parts(schemas, write, payload));
                if write.fields.is_empty() {
                    emptied.push(at);
                }
            }
        }
        emptied
    }

    /// Whether a write goes through a model of Mongoose, which knows its schema.
    fn is_sent_by_schema(&self, steps: &[Step], write: &Write) -> bool {
        let recv = match steps.get(write.step).map(|step| &step.op) {
            Some(Op::Call { recv, .. }) => *recv,
            _ => None,
        };
        match write.kind {
            WriteKind::Save => true,
            WriteKind::Insert if write.method == "save" => true,
            WriteKind::Insert | WriteKind::Update => recv.is_some_and(|recv| self.is_model_of_mongoose(recv)),
            WriteKind::Replace | WriteKind::Delete => false,
        }
    }

    /// A new document, or an update, without what is not stored.
    fn stored_parts(&mut self, schemas: &Schemas, write: &Write, payload: V) -> V {
        let Node::Object(mut entries) = self.arena.node(payload).clone() else { return payload };
        let stored = |project: &Self, entry: &Entry| match entry.key {
            Key::Name(name) => schemas.is_stored(&write.handle, project.arena.text(name)),
            _ => true,
        };
        entries.retain(|entry| stored(self, entry));
        for entry in &mut entries {
            let is_operator = matches!(entry.key, Key::Name(name) if self.arena.text(name).starts_with('$'));
            if is_operator && let Node::Object(mut inner) = self.arena.node(entry.value).clone() {
                inner.retain(|entry| stored(self, entry));
                entry.value = self.arena.intern(Node::Object(inner));
            }
        }
        self.arena.intern(Node::Object(entries))
    }
}

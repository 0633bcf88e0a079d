//! Unique and TTL indexes of the whole project, and Mongoose schema options.
//!
//! Sources: MongoDB manual, "Unique Indexes", "TTL Indexes"; Mongoose `SchemaType#unique`, `Schema#index`, `versionKey`.

use super::handles::{ByHandle, Handle};
use super::link::{Op, Project, Step};
use super::mongo::Action;
use crate::value::{FnRef, Key, Node, Site, V};

/// What the schemas of the project say.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    /// Mongoose models.
    pub models: ByHandle<()>,
    /// The keys of each unique index.
    pub unique: ByHandle<Vec<String>>,
    /// Models whose schema says `versionKey: false`.
    pub unversioned: ByHandle<()>,
    /// Models whose schema says `optimisticConcurrency: true`.
    pub optimistic: ByHandle<()>,
    /// Collections whose documents expire: by a TTL index, or by a delete of those older than some time.
    pub expiring: ByHandle<()>,
    /// Arrays of subdocuments, each of which Mongoose gives an `_id` of its own.
    pub subdocuments: ByHandle<String>,
    /// Fields of type Mixed.
    pub mixed: ByHandle<String>,
}

impl Schemas {
    /// Whether a unique index covers an equality check: all of its keys are among the checked ones.
    pub fn covers(&self, handle: &Handle, keys: &[String]) -> bool {
        let covers = |index: &Vec<String>| !index.is_empty() && index.iter().all(|key| keys.contains(key));
        keys.iter().any(|key| key == "_id") || self.unique.of(handle).iter().any(covers)
    }

    pub fn expires(&self, handle: &Handle) -> bool {
        !self.expiring.of(handle).is_empty()
    }

    /// Whether the client casts what is written and compared to the types of a schema: a Mongoose model. One whose file
    /// is not part of the run is told by its name.
    pub fn is_cast(&self, handle: &Handle, name: Option<&str>) -> bool {
        match handle {
            Handle::Named(_) => !self.models.of(handle).is_empty(),
            Handle::Value(_) => name.is_some_and(|name| {
                name.starts_with(char::is_uppercase) || name.ends_with("Model") || name.ends_with("model")
            }),
        }
    }

    pub fn is_unversioned(&self, handle: &Handle) -> bool {
        !self.unversioned.of(handle).is_empty()
    }

    pub fn is_optimistic(&self, handle: &Handle) -> bool {
        !self.optimistic.of(handle).is_empty()
    }

    /// Whether Mongoose gives each element of an array an `_id`.
    pub fn has_subdocuments(&self, handle: &Handle, field: &str) -> bool {
        self.subdocuments.of(handle).iter().any(|known| known == field)
    }

    pub fn is_mixed(&self, handle: &Handle, field: &str) -> bool {
        self.mixed.of(handle).iter().any(|known| known == field)
    }
}

impl Project {
    /// Collects indexes and schema options from all functions.
    pub fn schemas(&mut self) -> Schemas {
        let mut schemas = Schemas::default();
        let models = self.models();
        for (name, schema) in &models {
            schemas.models.push(&Handle::Named(name.clone()), ());
            self.schema_fields(name, *schema, &mut schemas);
        }
        for at in 0..self.functions.len() {
            let steps: Vec<_> = self.summaries.get(at).map(|steps| self.own_or_index(steps)).unwrap_or_default();
            for step in steps {
                let Op::Call { recv: Some(recv), name: Some(name), args, .. } = &step.op else { continue };
                self.index_call(step.site, *recv, *name, args, &models, &mut schemas);
            }
        }
        for at in 0..self.classes.len() {
            let Some(class) = self.classes.get(at).cloned() else { continue };
            if let Some(options) = class.options {
                self.schema_options(&class.name, options, &mut schemas);
            }
            for field in &class.unique_fields {
                let keys = vec![self.arena.text(*field).to_owned()];
                schemas.unique.push(&Handle::Named(class.name.clone()), keys);
            }
        }
        schemas
    }

    /// The steps of a function's own text, and indexes that helpers make for it: `ensureIndexes(db.collection('users'))`.
    fn own_or_index(&self, steps: &[Step]) -> Vec<Step> {
        let is_index = |step: &Step| match &step.op {
            Op::Call { name: Some(name), .. } => {
                matches!(self.arena.text(*name), "createIndex" | "ensureIndex" | "createIndexes")
            }
            _ => false,
        };
        steps.iter().filter(|step| step.calls == 0 || is_index(step)).cloned().collect()
    }

    /// Model names with the schema each was made from.
    fn models(&mut self) -> Vec<(String, V)> {
        let mut models = Vec::new();
        for at in 0..self.functions.len() {
            let steps = self.summaries.get(at).cloned().unwrap_or_default();
            for step in steps.iter().filter(|step| step.calls == 0) {
                let Op::Call { callee, args, .. } = &step.op else { continue };
                let Some(name) = self.last_name(*callee) else { continue };
                if matches!(name, "forFeature" | "forFeatureAsync") {
                    let features = self.features(args);
                    models.extend(
                        features
                            .into_iter()
                            .filter_map(|(name, schema)| self.arena.as_str(name).map(|name| (name.to_owned(), schema))),
                    );
                    continue;
                }
                if !matches!(name, "model" | "discriminator") {
                    continue;
                }
                if let [first, schema, rest @ ..] = args.as_slice()
                    && let Some(text) = self.arena.as_str(*first)
                {
                    models.push((text.to_owned(), *schema));
                    // The third argument names the collection.
                    if let Some(collection) = rest.first().and_then(|v| self.arena.as_str(*v)) {
                        models.push((collection.to_owned(), *schema));
                    }
                }
            }
        }
        models
    }

    fn schema_parts(&self, schema: V) -> Option<(V, Option<V>)> {
        match self.arena.node(schema) {
            Node::New { args, .. } | Node::Call { args, .. } => {
                args.first().map(|fields| (*fields, args.get(1).copied()))
            }
            _ => None,
        }
    }

    fn schema_fields(&mut self, model: &str, schema: V, schemas: &mut Schemas) {
        let Some((fields, options)) = self.schema_parts(schema) else { return };
        if let Node::Class(class) = self.arena.node(fields).clone() {
            // SchemaFactory.createForClass(User)
            let unique = self.class(class).map(|class| class.unique_fields.clone()).unwrap_or_default();
            for field in unique {
                let keys = vec![self.arena.text(field).to_owned()];
                schemas.unique.push(&Handle::Named(model.to_owned()), keys);
            }
        }
        if let Some(options) = options {
            self.schema_options(model, options, schemas);
        }
        let Node::Object(entries) = self.arena.node(fields).clone() else { return };
        for entry in entries {
            let Key::Name(name) = entry.key else { continue };
            let name = self.arena.text(name).to_owned();
            let unique = self.arena.sym("unique");
            // index: { unique: true }
            let index = self.arena.sym("index");
            let index = self.arena.member_of(entry.value, index);
            let is_indexed = index.is_some_and(|index| self.option_is_true(index, "unique"));
            let unique = self.arena.member(entry.value, unique);
            let unique = is_indexed
                || match self.arena.node(unique) {
                    Node::Bool(b) => *b,
                    // unique: [true, 'message']
                    Node::Array(_) | Node::Str(_) => true,
                    _ => false,
                };
            if unique && matches!(self.arena.node(entry.value), Node::Object(_)) {
                schemas.unique.push(&Handle::Named(model.to_owned()), vec![name.clone()]);
            }
            // { createdAt: { type: Date, expires: '5m' } }
            if self.option(entry.value, "expires").is_some() {
                schemas.expiring.push(&Handle::Named(model.to_owned()), ());
            }
            if self.is_subdocument_array(entry.value) {
                schemas.subdocuments.push(&Handle::Named(model.to_owned()), name.clone());
            }
            if self.is_mixed_type(entry.value) {
                schemas.mixed.push(&Handle::Named(model.to_owned()), name);
            }
        }
    }

    fn schema_options(&mut self, model: &str, options: V, schemas: &mut Schemas) {
        let version = self.arena.sym("versionKey");
        let version = self.arena.member(options, version);
        if matches!(self.arena.node(version), Node::Bool(false)) {
            schemas.unversioned.push(&Handle::Named(model.to_owned()), ());
        }
        if self.option_is_true(options, "optimisticConcurrency") {
            schemas.optimistic.push(&Handle::Named(model.to_owned()), ());
        }
    }

    /// `[{ sku: String }]`, `[lineSchema]` or `{ type: [lineSchema] }`, without `_id: false`.
    fn is_subdocument_array(&mut self, field: V) -> bool {
        let kind = self.arena.sym("type");
        let list = match self.arena.node(field) {
            Node::Object(_) => self.arena.member(field, kind),
            _ => field,
        };
        let Node::Array(items) = self.arena.node(list).clone() else { return false };
        let [item] = items.as_slice() else { return false };
        let (fields, options) = match self.arena.node(item.value).clone() {
            Node::Object(_) => (item.value, None),
            Node::New { .. } if self.last_name_of_new(item.value) == Some("Schema") => {
                let Some(parts) = self.schema_parts(item.value) else { return false };
                parts
            }
            _ => return false,
        };
        let Node::Object(entries) = self.arena.node(fields) else { return false };
        let known = entries.iter().all(|entry| matches!(entry.key, Key::Name(_)));
        let id = self.arena.sym("_id");
        // `{ type: String }` is an array of scalars; a field of its own called `_id` is the application's.
        let plain = self.arena.member_of(fields, kind).is_none() && self.arena.member_of(fields, id).is_none();
        let disabled = options.and_then(|options| self.arena.member_of(options, id)).is_some();
        known && plain && !disabled
    }

    fn last_name_of_new(&self, value: V) -> Option<&str> {
        match self.arena.node(value) {
            Node::New { callee, .. } => self.last_name(*callee),
            _ => None,
        }
    }

    fn is_mixed_type(&mut self, field: V) -> bool {
        let kind = self.arena.sym("type");
        let inner = match self.arena.node(field) {
            Node::Object(_) => self.arena.member(field, kind),
            _ => field,
        };
        matches!(self.last_name(inner), Some("Mixed" | "Object"))
    }

    fn index_call(
        &mut self,
        site: Site,
        recv: V,
        name: crate::value::Sym,
        args: &[V],
        models: &[(String, V)],
        schemas: &mut Schemas,
    ) {
        let method = self.arena.text(name).to_owned();
        if method == "index" {
            let unique = args.get(1).is_some_and(|options| self.option_is_true(*options, "unique"));
            let expires = args.get(1).is_some_and(|options| self.option_expires(*options));
            let keys = args.first().map(|keys| self.key_names(*keys)).unwrap_or_default();
            if !unique && !expires {
                return;
            }
            let mut names: Vec<String> =
                models.iter().filter(|(_, schema)| *schema == recv).map(|(name, _)| name.clone()).collect();
            if let Some((fields, _)) = self.schema_parts(recv)
                && let Node::Class(class) = self.arena.node(fields)
                && let Some(class) = self.class(*class)
            {
                names.push(class.name.clone());
            }
            for name in names {
                if expires {
                    schemas.expiring.push(&Handle::Named(name.clone()), ());
                }
                if unique {
                    schemas.unique.push(&Handle::Named(name), keys.clone());
                }
            }
            return;
        }
        self.sweep(site, recv, name, args, schemas);
        if !matches!(method.as_str(), "createIndex" | "ensureIndex" | "createIndexes") {
            return;
        }
        let Some(call) = self.db_call(site, recv, name, args) else { return };
        if call.action != Action::CreateIndex {
            return;
        }
        match args.first().map(|list| self.arena.node(*list).clone()) {
            Some(Node::Array(items)) => {
                for item in items {
                    let key = self.arena.sym("key");
                    let keys = self.arena.member(item.value, key);
                    if self.option_expires(item.value) {
                        schemas.expiring.push(&call.handle, ());
                    }
                    if self.option_is_true(item.value, "unique") {
                        let keys = self.key_names(keys);
                        schemas.unique.push(&call.handle, keys);
                    }
                }
            }
            Some(_) if args.get(1).is_some_and(|options| self.option_expires(*options)) => {
                schemas.expiring.push(&call.handle, ());
            }
            Some(_) if args.get(1).is_some_and(|options| self.option_is_true(*options, "unique")) => {
                let keys = args.first().map(|keys| self.key_names(*keys)).unwrap_or_default();
                schemas.unique.push(&call.handle, keys);
            }
            _ => {}
        }
    }

    fn option_expires(&mut self, options: V) -> bool {
        ["expireAfterSeconds", "expires"].into_iter().any(|name| self.option(options, name).is_some())
    }

    /// A delete of documents older than some time keeps a collection from holding dead ones, like a TTL index.
    fn sweep(&mut self, site: Site, recv: V, name: crate::value::Sym, args: &[V], schemas: &mut Schemas) {
        let Some(call) = self.db_call(site, recv, name, args) else { return };
        if call.action == Action::Delete && call.filter.is_some_and(|filter| self.compares_order(filter)) {
            schemas.expiring.push(&call.handle, ());
        }
    }

    fn key_names(&self, keys: V) -> Vec<String> {
        match self.arena.node(keys) {
            Node::Str(text) => vec![self.arena.text(*text).to_owned()],
            // [['email', 1]]
            Node::Array(items) => items
                .iter()
                .filter_map(|item| match self.arena.node(item.value) {
                    Node::Array(pair) => pair.first().and_then(|key| self.arena.as_str(key.value)).map(str::to_owned),
                    _ => self.arena.as_str(item.value).map(str::to_owned),
                })
                .collect(),
            Node::Object(entries) => entries
                .iter()
                .filter_map(|entry| match entry.key {
                    Key::Name(name) => Some(self.arena.text(name).to_owned()),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The place where a function is called in the caller's text.
    pub fn callers_of(&self, func: FnRef) -> &[(FnRef, Site)] {
        self.callers.get(func.0 as usize).map_or(&[], Vec::as_slice)
    }
}

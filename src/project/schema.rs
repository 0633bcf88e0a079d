//! Unique and TTL indexes of the whole project, and Mongoose schema options.
//!
//! Sources: MongoDB manual, "Unique Indexes", "TTL Indexes"; Mongoose `SchemaType#unique`, `Schema#index`, `versionKey`.

use super::handle::{ByHandle, Handle};
use super::index::{Index, Made, is_index_method};
use super::link::{Op, Project, Step};
use super::saves::Saves;
use super::stored::{Stored, StoredNames};
use crate::value::{ClassRef, FnRef, Key, Node, Site, SiteInfo, V};
use rustc_hash::FxHashSet;

/// A place that inserts, in the text of a function.
#[derive(Clone, Debug)]
pub struct Insert {
    pub func: FnRef,
    pub place: SiteInfo,
    /// The fields of the new document, where it is known whole.
    pub fields: Option<Vec<String>>,
}

impl Insert {
    /// Whether the new document is known whole, and has none of these fields.
    pub fn has_none(&self, fields: &[String]) -> bool {
        let is_of = |field: &String, name: &String| field.split('.').next() == Some(name);
        self.fields.as_ref().is_some_and(|own| !own.iter().any(|name| fields.iter().any(|field| is_of(field, name))))
    }
}

/// What the schemas of the project say.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    /// Mongoose models, each with its schema.
    pub models: ByHandle<V>,
    pub unique: ByHandle<Index>,
    /// Fields by which many collections are divided, among tenants.
    pub scopes: FxHashSet<String>,
    /// The keys of the other indexes: the server makes no second one of the same keys.
    pub indexed: ByHandle<Vec<String>>,
    /// The calls that make them with nothing but their keys.
    pub plain: ByHandle<(Vec<String>, Site)>,
    /// Models whose schema says `versionKey: false`.
    pub unversioned: ByHandle<()>,
    /// Models whose schema says `optimisticConcurrency: true`.
    pub optimistic: ByHandle<()>,
    /// Collections whose documents expire: by a TTL index, or by a delete of those older than some time.
    pub expiring: ByHandle<()>,
    /// Arrays of subdocuments, each of which Mongoose gives an `_id` of its own.
    pub subdocuments: ByHandle<String>,
    /// Fields of type Mixed.
    pub mixed: ByHandle<(V, String)>,
    /// Lists whose elements are of type Mixed: `[]`, `[{}]`, `Array`. Source: Mongoose guide, "SchemaTypes", "Arrays".
    pub mixed_lists: ByHandle<(V, String)>,
    /// The fields of each schema of a model, by their first names, where Mongoose stores no others; none where more may be added.
    pub strict: ByHandle<Option<FxHashSet<String>>>,
    /// What Mongoose gives a field of a new document that the code leaves out.
    pub defaults: ByHandle<(String, V)>,
    /// A call that makes indexes of which the keys or the collection are not known.
    pub unread: Option<Site>,
    /// What collections are called in the database.
    pub stored: StoredNames,
    /// The places that insert into each collection.
    pub inserts: ByHandle<Insert>,
    /// What one request saves more than once.
    pub saves: Saves,
    /// Files that a person runs once.
    pub by_hand: FxHashSet<u32>,
    /// Whether all versions of Mongoose that the project may have know `optimisticConcurrency`.
    pub counts_versions: bool,
    /// Whether they all know `updateOne` of a document.
    pub updates_documents: bool,
}

impl Schemas {
    /// Whether a unique index covers an equality check: all of its keys are among the checked ones.
    pub fn covers(&self, handle: &Handle, keys: &[String]) -> bool {
        let covers = |index: &Index| index.is_within(keys);
        keys.iter().any(|key| key == "_id") || self.unique.of(handle).iter().any(covers)
    }

    /// Adds an index that the code does not make.
    pub fn declare(&mut self, collection: &str, unique: Option<Index>, expires: bool) {
        let handle = Handle::Named(collection.to_owned());
        if expires {
            self.expiring.push(&handle, ());
        }
        if let Some(index) = unique {
            self.unique.push(&handle, index);
        }
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
        self.all_say(handle, &self.mixed, field)
    }

    /// Whether a path leads into an element of type Mixed: `users.*.stars`. Mongoose does not see a change there; marked as modified,
    /// the whole list is sent, under `__v`. Source: Mongoose, `Document.prototype.$__delta` (a `$set` of an array).
    pub fn is_inside_mixed_element(&self, handle: &Handle, path: &str) -> bool {
        let mut parts = path.split('.');
        let (Some(list), Some(position), Some(_)) = (parts.next(), parts.next(), parts.next()) else { return false };
        let is_position = position.starts_with(['*', '$']) || position.bytes().all(|byte| byte.is_ascii_digit());
        is_position && self.all_say(handle, &self.mixed_lists, list)
    }

    /// Whether a field is a list of anything: `log: [Mixed]`.
    pub fn is_mixed_list(&self, handle: &Handle, field: &str) -> bool {
        self.all_say(handle, &self.mixed_lists, field)
    }

    /// Whether each schema of a model says something of a field.
    fn all_say(&self, handle: &Handle, table: &ByHandle<(V, String)>, field: &str) -> bool {
        let models = self.models.of(handle);
        let said = table.of(handle).iter().filter(|(schema, known)| known == field && models.contains(schema));
        let said = said.count();
        said > 0 && said >= models.len()
    }
}

impl Project {
    /// Leaves what is said in files that a person runs once out of what is said of the collections that the application uses.
    pub fn run_by_hand(&self, schemas: &mut Schemas, files: &FxHashSet<u32>) {
        let place = |schema: &V| match self.arena.node(*schema) {
            Node::New { site, .. } | Node::Call { site, .. } => Some(self.base_site(*site).file),
            _ => None,
        };
        schemas.models.prefer(|schema| place(schema).is_none_or(|file| !files.contains(&file)));
        schemas.saves.copied.retain(|file| !files.contains(file));
        schemas.by_hand.clone_from(files);
    }

    /// Collects indexes and schema options from all functions.
    pub fn schemas(&mut self) -> Schemas {
        let mut schemas = Schemas::default();
        let models = self.models(&mut schemas.stored);
        self.find_stored_names(&mut schemas.stored);
        for (name, schema) in &models {
            schemas.models.push(&Handle::Named(name.clone()), *schema);
            self.schema_fields(name, *schema, &mut schemas);
            self.declared_later(name, *schema, &mut schemas);
        }
        schemas.strict = self.strict_fields(&models);
        let (mut made, mut described) = (Made::default(), FxHashSet::default());
        for at in 0..self.functions.len() {
            self.indexes_of_tables(FnRef(at as u32), &mut described, &mut schemas);
            let steps: Vec<_> = self.own_or_index(self.steps_of(FnRef(at as u32)));
            for step in steps {
                self.indexes_by_function(&step.op, &mut schemas);
                let Op::Call { recv: Some(recv), name: Some(name), args, .. } = &step.op else { continue };
                for row in self.rows_of_index(*recv, *name, args) {
                    let Some((recv, args)) = row.split_first() else { continue };
                    let is_read = self.index_call(step.site, *recv, *name, args, &models, &mut schemas);
                    made.note(self.base_site(step.site), step.site, is_read);
                }
            }
        }
        schemas.unread = made.unread();
        for at in 0..self.classes.len() {
            let Some(class) = self.classes.get(at).cloned() else { continue };
            if let Some(options) = self.class_options(ClassRef(at as u32)) {
                self.schema_options(&class.name, options, &mut schemas);
            }
            for (keys, options) in &class.indexes {
                self.add_index(&Handle::Named(class.name.clone()), *keys, *options, &mut schemas);
            }
            let model = Handle::Named(class.name.clone());
            for field in self.class_fields(ClassRef(at as u32), |class| &class.unique_fields) {
                schemas.unique.push(&model, Index::plain(vec![field]));
            }
            for field in self.class_fields(ClassRef(at as u32), |class| &class.indexed_fields) {
                schemas.indexed.push(&model, vec![field]);
            }
        }
        schemas.find_scopes();
        schemas.inserts = self.inserts();
        schemas.saves = self.saves();
        schemas
    }

    /// The steps of a function's own text, and indexes that helpers make for it: `ensureIndexes(db.collection('users'))`.
    fn own_or_index(&self, steps: &[Step]) -> Vec<Step> {
        let is_index = |step: &Step| match &step.op {
            Op::Call { name: Some(name), .. } => is_index_method(self.arena.text(*name)),
            _ => false,
        };
        steps.iter().filter(|step| step.calls == 0 || is_index(step)).cloned().collect()
    }

    /// Model names with the schema each was made from. One that a helper makes of what it is given is read where that is told.
    fn models(&mut self, names: &mut StoredNames) -> Vec<(String, V)> {
        let (mut models, mut told) = (Vec::new(), FxHashSet::default());
        for is_own in [true, false] {
            for at in 0..self.functions.len() {
                for (place, name, recv, args) in self.model_calls(at, is_own) {
                    if name.starts_with("forFeature") {
                        for (name, schema) in self.features(&args) {
                            let Some(text) = self.arena.as_str(name).map(str::to_owned) else { continue };
                            self.model_is(&text, schema, None, names, &mut models);
                        }
                    } else if let [first, schema, rest @ ..] = args.as_slice()
                        && let Some(text) = self.arena.as_str(*first).map(str::to_owned)
                        && told.insert((*first, place))
                    {
                        // Its documents are in the collection of the model that it is one kind of.
                        let base = recv.and_then(|recv| self.handle_of(recv, 0));
                        let base = base.as_ref().and_then(Handle::name);
                        if recv.is_none() {
                            self.model_is(&text, *schema, rest.first().copied(), names, &mut models);
                        } else {
                            models.push((text.clone(), *schema));
                            names.add_model(&text);
                            names.say(&text, base.map_or(Stored::Unknown, |base| Stored::With(base.to_owned())));
                        }
                        if let Some(base) = base {
                            let own = models.iter().filter(|(name, _)| name == base).map(|(_, schema)| *schema);
                            models.extend(own.map(|schema| (text.clone(), schema)).collect::<Vec<_>>());
                        }
                    }
                }
            }
        }
        for (_, args) in self.models_of_classes() {
            let [first, schema, rest @ ..] = args.as_slice() else { continue };
            let named = [Some(first), rest.first()].into_iter().flatten();
            let names: Vec<String> = named.filter_map(|name| self.arena.as_str(*name).map(str::to_owned)).collect();
            for name in names {
                if !models.iter().any(|(known, own)| *known == name && own == schema) {
                    models.push((name, *schema));
                }
            }
        }
        models
    }

    /// Adds a model, and its schema under the name of its collection where the code says that: by an argument or an option.
    fn model_is(
        &mut self,
        name: &str,
        schema: V,
        given: Option<V>,
        names: &mut StoredNames,
        models: &mut Vec<(String, V)>,
    ) {
        models.push((name.to_owned(), schema));
        names.add_model(name);
        let given =
            given.filter(|given| !matches!(self.arena.node(*given), Node::Undefined | Node::Null | Node::Object(_)));
        let stored = match given {
            Some(given) => Some(self.stored_as(given)),
            None => self.stored_by_schema(schema),
        };
        let Some(stored) = stored else { return };
        if let Stored::Named(collection) = &stored {
            models.push((collection.clone(), schema));
        }
        names.say(name, stored);
    }

    /// Place, name, the model that is divided and arguments of the calls that make models, in a function's own text or in what it calls.
    fn model_calls(&mut self, at: usize, is_own: bool) -> Vec<(SiteInfo, &'static str, Option<V>, Vec<V>)> {
        let steps = self.steps_of(FnRef(at as u32));
        let calls = steps.iter().filter(|step| (step.calls == 0) == is_own).filter_map(|step| {
            let Op::Call { callee, recv, args, .. } = &step.op else { return None };
            let divided = recv.filter(|_| self.last_name(*callee) == Some("discriminator"));
            let name = match self.last_name(*callee)? {
                "model" | "discriminator" => "model",
                "forFeature" | "forFeatureAsync" if is_own => "forFeature",
                _ => return None,
            };
            Some((self.base_site(step.site), name, divided, args.clone()))
        });
        let calls: Vec<_> = calls.collect();
        let each =
            |(place, name, divided, args)| self.turns(args).into_iter().map(move |args| (place, name, divided, args));
        calls.into_iter().flat_map(each).collect()
    }

    /// The fields of a schema, and its options.
    pub fn schema_parts(&self, schema: V) -> Option<(V, Option<V>)> {
        match self.arena.node(schema) {
            Node::New { args, .. } | Node::Call { args, .. } => {
                args.first().map(|fields| (*fields, args.get(1).copied()))
            }
            _ => None,
        }
    }

    pub(super) fn schema_options(&mut self, model: &str, options: V, schemas: &mut Schemas) {
        if let Some(stored) = self.stored_by(options) {
            schemas.stored.say(model, stored);
        }
        let version = self.arena.sym("versionKey");
        let version = self.arena.member(options, version);
        if matches!(self.arena.node(version), Node::Bool(false)) {
            schemas.unversioned.push(&Handle::Named(model.to_owned()), ());
        }
        if self.option_is_true(options, "optimisticConcurrency") {
            schemas.optimistic.push(&Handle::Named(model.to_owned()), ());
        }
        if let Some(name) = self.created_at(options) {
            let (date, now) = (self.arena.global("Date"), self.arena.sym("now"));
            let default = self.arena.member(date, now);
            schemas.defaults.push(&Handle::Named(model.to_owned()), (name, default));
        }
    }

    /// The field in which Mongoose keeps when a document was made: `{ timestamps: true }`, `{ timestamps: { createdAt: 'at' } }`.
    fn created_at(&mut self, options: V) -> Option<String> {
        let [timestamps, own] = ["timestamps", "createdAt"].map(|name| self.arena.sym(name));
        let timestamps = self.arena.member_of(options, timestamps)?;
        let own = match self.arena.node(timestamps) {
            Node::Bool(true) => None,
            Node::Object(_) => self.arena.member_of(timestamps, own),
            _ => return None,
        };
        match own.map(|own| self.arena.node(own)) {
            None | Some(Node::Bool(true)) => Some("createdAt".to_owned()),
            Some(Node::Str(name)) => Some(self.arena.text(*name).to_owned()),
            Some(_) => None,
        }
    }

    /// `[{ sku: String }]`, `[lineSchema]` or `{ type: [lineSchema] }`, without `_id: false`.
    pub(super) fn is_subdocument_array(&mut self, field: V) -> bool {
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

    pub(super) fn last_name_of_new(&self, value: V) -> Option<&str> {
        match self.arena.node(value) {
            Node::New { callee, .. } => self.last_name(*callee),
            _ => None,
        }
    }

    /// What a schema says that a field is: itself, or its `type`.
    fn declared_type(&mut self, field: V) -> V {
        match self.arena.node(field) {
            Node::Object(_) => {
                let kind = self.arena.sym("type");
                self.arena.member(field, kind)
            }
            _ => field,
        }
    }

    pub(super) fn is_mixed_type(&mut self, field: V) -> bool {
        let kind = self.declared_type(field);
        matches!(self.last_name(kind), Some("Mixed" | "Object"))
    }

    /// `[]`, `[{}]`, `[Mixed]`, `Array`, also as a `type`.
    pub(super) fn is_mixed_list(&mut self, field: V) -> bool {
        let kind = self.declared_type(field);
        match self.arena.node(kind) {
            Node::Array(items) => match items.as_slice() {
                [] => true,
                [item] => match self.arena.node(item.value) {
                    Node::Object(entries) => entries.is_empty(),
                    _ => matches!(self.last_name(item.value), Some("Mixed" | "Object")),
                },
                _ => false,
            },
            _ => self.last_name(kind) == Some("Array"),
        }
    }

    /// The place where a function is called in the caller's text.
    pub fn callers_of(&self, func: FnRef) -> &[(FnRef, Site)] {
        self.callers.get(func.0 as usize).map_or(&[], Vec::as_slice)
    }
}

//! Models: what a Mongoose schema adds to its model and documents, and what `this` is in there.
//!
//! Sources: Mongoose guide, "Schemas": statics, instance methods, `loadClass`, middleware.
//! Input: the effects of all functions. Output: a table by which a member of a model or document is a function.
//! Must not know: rules.

use super::handle::Handle;
use super::link::Project;
use super::model_table::Members;
use super::mongo::is_method;
use crate::facts::EffectKind;
use crate::limits;
use crate::value::{Arena, ClassRef, FnRef, Key, Node, Site, Sym, V};

impl Project {
    /// Reads what schemas define. Values linked before do not know it.
    pub(super) fn link_models(&mut self) {
        let mut models = Vec::new();
        for at in 0..self.functions.len() {
            let Some(function) = self.functions.get(at) else { continue };
            let kinds: Vec<(Site, EffectKind)> =
                function.effects.iter().map(|effect| (effect.site, effect.kind.clone())).collect();
            self.within(FnRef(at as u32), |project| {
                kinds.into_iter().for_each(|(site, kind)| project.model_effect(site, kind, &mut models));
            });
        }
        models.extend(self.models_by_makers());
        models.extend(self.models_of_classes());
        for (callee, args) in models {
            self.within_a_value(|project| project.model_of_schema(callee, &args));
        }
        self.forget_linked();
        self.link_populated();
        self.find_served();
        self.forget_linked();
    }

    /// What an effect says of models: the callee and the arguments that make one.
    fn model_effect(&mut self, site: Site, kind: EffectKind, models: &mut Vec<(V, Vec<V>)>) {
        let (callee, recv, name, args) = match kind {
            EffectKind::Assign { object, key: Some(key), value } => return self.assigned_member(object, key, value),
            EffectKind::Assign { .. } => return,
            EffectKind::Call { callee, recv, name, args } => (callee, recv, name, args),
        };
        let name = name.map(|name| self.arena.text(name).to_owned());
        let name = name.or_else(|| self.last_name(callee).map(str::to_owned)).unwrap_or_default();
        self.schema_call(recv, &name, &args);
        match name.as_str() {
            "model" | "discriminator" if args.len() > 1 => {
                let args = args.into_iter().map(|arg| self.linked(arg)).collect();
                models.extend(self.turns(args).into_iter().map(|args| (callee, args)));
            }
            // SchemaFactory.createForClass(User)
            "createForClass" => {
                let class = args.first().map_or(Arena::UNDEFINED, |class| self.linked(*class));
                if let Some(name) = self.class_name(class) {
                    let schema = self.arena.intern(Node::Call { site, callee, args: args.into() });
                    models.push((self.arena.global("model"), vec![name, schema]));
                }
            }
            // Typegoose: getModelForClass(User)
            "getModelForClass" => self.model_of_class(site, callee, &args),
            "forFeature" | "forFeatureAsync" => {
                let callee = self.arena.global("model");
                let features = self.features(&args);
                models.extend(features.into_iter().map(|(name, schema)| (callee, vec![name, schema])));
            }
            _ => {}
        }
    }

    /// `schema.statics.find = …`, `schema.methods = { … }`, and `Guest.welcome = …` of the model itself.
    pub(super) fn assigned_member(&mut self, object: V, key: Sym, value: V) {
        let is_group = |text: &str| matches!(text, "statics" | "methods");
        match self.arena.node(object).clone() {
            Node::Member(schema, group) if is_group(self.arena.text(group)) => {
                let group = self.arena.text(group).to_owned();
                self.add_member(schema, &group, key, value);
            }
            _ if is_group(self.arena.text(key)) => {
                let group = self.arena.text(key).to_owned();
                self.add_members(object, &group, value);
            }
            _ if matches!(self.arena.peek(value), Node::Func(_)) && !is_method(self.arena.text(key)) => {
                let model = self.linked(object);
                let Node::Call { callee, args, .. } = self.arena.node(model) else { return };
                if let (Some("model"), [_, schema, ..]) = (self.last_name(*callee), &**args) {
                    self.add_member(*schema, "statics", key, value);
                }
            }
            _ => {}
        }
    }

    fn add_members(&mut self, schema: V, group: &str, members: V) {
        let members = self.linked(members);
        let Node::Object(entries) = self.arena.node(members).clone() else { return };
        for entry in entries {
            if let Key::Name(name) = entry.key {
                self.add_member(schema, group, name, entry.value);
            }
        }
    }

    fn add_member(&mut self, schema: V, group: &str, name: Sym, value: V) {
        let (schema, value) = (self.linked(schema), self.linked(value));
        let Node::Func(func) = *self.arena.node(value) else { return };
        if let Some(class) = self.function(func).and_then(|function| function.class) {
            self.models.loaded.insert(class, schema);
        }
        let identity = self.identity_of(schema);
        let members = self.models.schemas.entry(identity).or_default();
        if group == "statics" {
            members.statics.push((name, value));
        } else {
            members.methods.push((name, value));
            members.documents.push(func);
        }
    }

    /// `schema.method('x', f)`, `schema.static({ … })`, `schema.loadClass(C)`, `schema.pre('save', f)`
    pub(super) fn schema_call(&mut self, recv: Option<V>, name: &str, args: &[V]) {
        let Some(schema) = recv else { return };
        self.open_schema(schema, name, args);
        let group = match name {
            "method" => "methods",
            "static" => "statics",
            "loadClass" => return self.load_class(schema, args),
            "pre" | "post" => return self.middleware(schema, args, name == "pre"),
            "plugin" => return self.plugged(schema, args),
            "get" => return self.virtual_field(schema, args),
            "set" | "add" | "path" | "index" | "unique" => return self.declare(schema, name, args),
            _ => return,
        };
        match args {
            [name, function, ..] => {
                if let Some(text) = self.arena.as_str(*name).map(str::to_owned) {
                    let name = self.arena.sym(&text);
                    self.add_member(schema, group, name, *function);
                }
            }
            [members] => self.add_members(schema, group, *members),
            [] => {}
        }
    }

    /// `schema.virtual('free').get(function () { return this.seats - this.taken; })`
    fn virtual_field(&mut self, field: V, args: &[V]) {
        let Node::Call { callee, args: names, .. } = self.arena.node(field).clone() else { return };
        let Node::Member(schema, method) = *self.arena.node(callee) else { return };
        let name = names.first().and_then(|name| self.arena.as_str(*name)).map(str::to_owned);
        let getter = args.first().map(|getter| self.linked(*getter));
        let (Some(name), Some(getter), "virtual") = (name, getter, self.arena.text(method)) else { return };
        let Node::Func(func) = *self.arena.node(getter) else { return };
        let (schema, name) = (self.linked(schema), self.arena.sym(&name));
        let identity = self.identity_of(schema);
        let members = self.models.schemas.entry(identity).or_default();
        members.virtuals.push((name, func));
        members.documents.push(func);
    }

    /// The value of a computed field of a document.
    pub(super) fn computed(&mut self, document: V, key: Sym) -> Option<V> {
        if self.models.schemas.is_empty() {
            return None;
        }
        let schema = self.schema_of_document(document, 0)?;
        let members = self.models.schemas.get(&self.identity_of(schema))?;
        let (_, func) = *members.virtuals.iter().rev().find(|(name, _)| *name == key)?;
        let site = self.arena.site(crate::value::SiteInfo::NOWHERE);
        self.returned(func, &[], Some(document), site)
    }

    fn load_class(&mut self, schema: V, args: &[V]) {
        let Some(class) = args.first() else { return };
        let (schema, class) = (self.linked(schema), self.linked(*class));
        let Node::Class(id) = *self.arena.node(class) else { return };
        let Some(facts) = self.class(id).cloned() else { return };
        let methods: Vec<(Sym, V)> =
            facts.methods.iter().map(|(name, func)| (*name, self.arena.intern(Node::Func(*func)))).collect();
        let identity = self.identity_of(schema);
        let members = self.models.schemas.entry(identity).or_default();
        members.statics.extend(facts.statics);
        members.methods.extend(methods);
        self.models.loaded.insert(id, schema);
    }

    /// A class whose code is that of its model and documents.
    fn model_of_class(&mut self, site: Site, callee: V, args: &[V]) {
        let class = args.first().map_or(Arena::UNDEFINED, |class| self.linked(*class));
        let Node::Class(id) = *self.arena.node(class) else { return };
        self.load_class(class, &[class]);
        let model = self.arena.intern(Node::Call { site, callee, args: vec![class].into() });
        self.models.loaded.insert(id, model);
    }

    /// Middleware of `save` and the like runs on the document; that of queries does not.
    fn middleware(&mut self, schema: V, args: &[V], is_before: bool) {
        self.hook(schema);
        let on_document = |text: &str| matches!(text, "save" | "validate" | "remove" | "init");
        let Some(first) = args.first() else { return };
        if is_before {
            self.narrow_searches(schema, args);
        }
        let on_save = |text: &str| matches!(text, "save" | "validate");
        let is_of_save = match self.arena.node(*first) {
            Node::Str(event) => on_save(self.arena.text(*event)),
            Node::Array(items) => items.iter().any(|item| self.arena.as_str(item.value).is_none_or(on_save)),
            _ => true,
        };
        if is_of_save {
            self.hook_save(schema);
        }
        let document = match self.arena.node(*first) {
            Node::Str(event) => on_document(self.arena.text(*event)),
            Node::Array(items) => items.iter().all(|item| self.arena.as_str(item.value).is_some_and(on_document)),
            _ => false,
        };
        if !document {
            return;
        }
        let schema = self.linked(schema);
        for arg in args {
            let function = self.linked(*arg);
            if let Node::Func(func) = *self.arena.node(function) {
                let identity = self.identity_of(schema);
                self.models.schemas.entry(identity).or_default().documents.push(func);
                if is_before && is_of_save {
                    self.models.saving.insert(func);
                }
            }
        }
    }

    fn model_of_schema(&mut self, callee: V, args: &[V]) {
        let [name, schema, ..] = args else { return };
        let schema = self.linked(*schema);
        self.option_members(schema);
        let name = &self.linked(*name);
        if let Some(text) = self.arena.as_str(*name).map(str::to_owned) {
            let name = self.arena.sym(&text);
            self.models.by_name.entry(name).or_insert(schema);
        }
        // Any call of `model` with this name is the model.
        let callee = self.linked(callee);
        let site = self.arena.site(crate::value::SiteInfo::NOWHERE);
        let model = self.arena.intern(Node::Call { site, callee, args: Box::new([*name]) });
        let Some(members) = self.models.schemas.get(&self.identity_of(schema)).cloned() else { return };
        for (_, function) in &members.statics {
            if let Node::Func(func) = *self.arena.node(*function)
                && let Some(known) = self.models.this_model.insert(func, model)
                && !self.is_same_model(known, model)
            {
                self.models.shared.insert(func);
            }
        }
        for func in &members.documents {
            if let Some(known) = self.models.this_document.insert(*func, model)
                && !self.is_same_model(known, model)
            {
                self.models.shared.insert(*func);
            }
        }
        let identity = self.identity_of(schema);
        let into = self.models.loaded.iter().filter(|(_, of)| self.identity_of(**of) == identity);
        let into: Vec<ClassRef> = into.map(|(class, _)| *class).collect();
        self.models.loaded.extend(into.into_iter().map(|class| (class, model)));
    }

    /// Whether two calls of `model` name one model.
    fn is_same_model(&self, a: V, b: V) -> bool {
        let name = |model: V| match self.arena.node(model) {
            Node::Call { args, .. } => args.first().copied(),
            _ => None,
        };
        name(a) == name(b)
    }

    /// `new Schema({ … }, { statics: { … }, methods: { … } })`
    fn option_members(&mut self, schema: V) {
        let (Node::New { args, .. } | Node::Call { args, .. }) = self.arena.node(schema).clone() else { return };
        let Some(options) = args.get(1).copied() else { return };
        for group in ["statics", "methods"] {
            let key = self.arena.sym(group);
            if let Some(members) = self.arena.member_of(options, key) {
                self.add_members(schema, group, members);
            }
        }
    }

    fn class_name(&mut self, class: V) -> Option<V> {
        let Node::Class(class) = self.arena.node(class) else { return None };
        let name = self.class(*class)?.name.clone();
        Some(self.arena.str(&name))
    }

    /// Names and schemas of `MongooseModule.forFeature([{ name, schema }])`, and of factories that return the schema.
    pub(super) fn features(&mut self, args: &[V]) -> Vec<(V, V)> {
        let Some(list) = args.first() else { return Vec::new() };
        let list = self.linked(*list);
        let Node::Array(items) = self.arena.node(list).clone() else { return Vec::new() };
        let keys = ["name", "schema", "useFactory"].map(|key| self.arena.sym(key));
        let mut features = Vec::new();
        for item in items {
            let [name, schema, factory] = keys.map(|key| self.arena.member_of(item.value, key));
            let made = factory.and_then(|factory| match self.arena.node(factory) {
                Node::Func(func) => self.function(*func)?.returns.first().map(|(_, value)| *value),
                _ => None,
            });
            if let (Some(name), Some(schema)) = (name, schema.or(made)) {
                let (name, schema) = (self.linked(name), self.linked(schema));
                features.push((self.written_name(name), schema));
            }
        }
        features
    }

    /// The one name that is written out among the alternatives of a name: `options.modelName || 'Member'`.
    fn written_name(&self, name: V) -> V {
        let mut written = self.arena.alternatives(name);
        written.retain(|(_, alternative)| self.arena.as_str(*alternative).is_some());
        match written.as_slice() {
            [(_, only)] => *only,
            _ => name,
        }
    }

    // Questions

    /// What `this` is in a static function.
    pub(super) fn model_of_this(&self, func: FnRef) -> Option<V> {
        self.models.this_model.get(&func).filter(|_| !self.models.shared.contains(&func)).copied()
    }

    /// The model of the documents on which a method or a loaded class's method runs.
    pub fn model_of_document(&self, document: V) -> Option<V> {
        match self.arena.node(document) {
            Node::This(func) if self.models.shared.contains(func) => None,
            Node::This(func) => self.models.this_document.get(func).copied(),
            Node::Instance(class) => self.models.loaded.get(class).copied(),
            _ => None,
        }
    }

    /// Whether a function is a method of this name of the documents or of the model of a schema.
    pub fn is_of_schema(&self, func: FnRef, name: &str) -> bool {
        self.models
            .schemas
            .values()
            .flat_map(|members| members.methods.iter().chain(&members.statics))
            .any(|(key, function)| *self.arena.node(*function) == Node::Func(func) && self.arena.text(*key) == name)
    }

    /// The model that a class was loaded into, as the handle of its static methods.
    pub(super) fn handle_of_class(&mut self, class: ClassRef) -> Option<Handle> {
        let model = self.models.loaded.get(&class).copied()?;
        self.handle_of(model, 1)
    }

    /// A function that the schema of a model or document defines.
    pub(super) fn model_member(&mut self, object: V, key: Sym) -> Option<V> {
        if self.models.schemas.is_empty() {
            return None;
        }
        if let Some(schema) = self.schema_of(object) {
            return self.defined(schema, key, |members| &members.statics);
        }
        let schema = self.schema_of_document(object, 0)?;
        self.defined(schema, key, |members| &members.methods)
    }

    fn defined(&self, schema: V, key: Sym, group: fn(&Members) -> &Vec<(Sym, V)>) -> Option<V> {
        let members = self.models.schemas.get(&self.identity_of(schema))?;
        group(members).iter().rev().find(|(name, _)| *name == key).map(|(_, function)| *function)
    }

    /// The schema of `model('User', schema)` or of `model('User')`.
    fn schema_of(&self, model: V) -> Option<V> {
        if let Node::Member(document, name) = *self.arena.node(model)
            && self.arena.text(name) == "constructor"
        {
            return self.schema_of_document(document, 1);
        }
        let Node::Call { callee, args, .. } = self.arena.node(model) else { return None };
        match (self.last_name(*callee)?, &**args) {
            ("model" | "discriminator", _) => {}
            ("getModelForClass", [class, ..]) => return Some(*class),
            _ => return None,
        }
        match &**args {
            [_, schema, ..] if *schema != Arena::UNDEFINED => Some(*schema),
            [name, ..] => match self.arena.node(*name) {
                Node::Str(name) => self.models.by_name.get(name).copied(),
                Node::Class(_) => Some(*name),
                _ => None,
            },
            [] => None,
        }
    }

    pub(super) fn schema_of_document(&self, document: V, depth: u32) -> Option<V> {
        if depth > limits::DOCUMENT_DEPTH {
            return None;
        }
        match self.arena.node(document) {
            Node::Call { callee, .. } => {
                let (model, _) = self.method_of(*callee)?;
                if !self.is_document(document) {
                    return None;
                }
                self.schema_of(model)
            }
            Node::New { callee, .. } => self.schema_of(*callee),
            Node::Element(list) | Node::Index(list, _) => self.schema_of_document(*list, depth + 1),
            Node::Query { array, .. } => self.schema_of_document(*array, depth + 1),
            Node::This(_) | Node::Instance(_) => self.schema_of(self.model_of_document(document)?),
            _ => None,
        }
    }
}

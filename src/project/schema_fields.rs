//! The fields that a schema declares: their indexes, defaults and types.
//!
//! Sources: Mongoose `SchemaType#unique`, `SchemaType#index`, "Subdocuments"; `@nestjs/mongoose`, Typegoose `@prop`.
//! Input: a schema, or the class that it is made of. Output: rows of [`Schemas`]. Must not know: calls, rules.

use super::handle::Handle;
use super::index::Index;
use super::link::Project;
use super::schema::Schemas;
use crate::facts::{Class, DeclaredField};
use crate::limits;
use crate::value::{C, ClassRef, Entry, Key, Node, Sym, V};

impl Project {
    pub(super) fn schema_fields(&mut self, model: &str, schema: V, schemas: &mut Schemas) {
        let Some((fields, options)) = self.schema_parts(schema) else { return };
        let handle = Handle::Named(model.to_owned());
        if let Node::Class(class) = *self.arena.node(fields) {
            // SchemaFactory.createForClass(User)
            for field in self.class_fields(class, |class| &class.unique_fields) {
                schemas.unique.push(&handle, Index::plain(vec![field]));
            }
            for field in self.class_fields(class, |class| &class.indexed_fields) {
                schemas.indexed.push(&handle, vec![field]);
            }
        }
        if let Some(options) = options {
            self.schema_options(model, options, schemas);
        }
        self.field_indexes(&handle, "", fields, schemas, 0);
        let Node::Object(entries) = self.arena.node(fields).clone() else { return };
        for entry in entries {
            let Key::Name(name) = entry.key else { continue };
            let name = self.arena.text(name).to_owned();
            if let Some(default) = self.option(entry.value, "default") {
                schemas.defaults.push(&handle, (name.clone(), default));
            }
            if self.is_subdocument_array(entry.value) {
                schemas.subdocuments.push(&handle, name.clone());
            }
            if self.is_mixed_type(entry.value) {
                schemas.mixed.push(&handle, (schema, name));
            } else if self.is_mixed_list(entry.value) {
                schemas.mixed_lists.push(&handle, (schema, name));
            }
        }
    }

    /// A field of the model that is made of a class, as its decorator declares it; none where several classes have the name.
    pub fn declared_field(&self, model: &str, field: &str) -> Option<&DeclaredField> {
        let mut own = self.classes.iter().filter(|class| class.name == model && !class.declared_fields.is_empty());
        let (Some(class), None) = (own.next(), own.next()) else { return None };
        let mut fields = class.declared_fields.iter().filter(|declared| self.arena.text(declared.name) == field);
        fields.next()
    }

    /// Fields of a class and of those that it extends.
    pub(super) fn class_fields(&mut self, class: ClassRef, fields: impl Fn(&Class) -> &[Sym]) -> Vec<String> {
        let lineage = self.with_parents(class).into_iter().filter_map(|class| self.class(class));
        lineage.flat_map(fields).map(|field| self.arena.text(*field).to_owned()).collect()
    }

    /// The options of a class, and those that it inherits where it does not say another.
    pub(super) fn class_options(&mut self, class: ClassRef) -> Option<V> {
        let lineage = self.with_parents(class);
        let (own, above) = lineage.split_first()?;
        let own = self.class(*own).and_then(|class| class.options);
        let above = above.iter().filter_map(|class| self.class(*class).filter(|class| class.options_are_inherited));
        let mut all: Vec<V> = own.into_iter().chain(above.filter_map(|class| class.options)).collect();
        if let [] | [_] = all.as_slice() {
            return all.pop();
        }
        let spread = all.into_iter().rev().map(|value| Entry { key: Key::Spread, value, cond: C::TRUE });
        Some(self.rebuilt(Node::Object(spread.collect())))
    }

    /// A class and those that it extends, the nearest first.
    pub(super) fn with_parents(&mut self, class: ClassRef) -> Vec<ClassRef> {
        let mut all = vec![class];
        while let Some(parent) = all.last().and_then(|class| self.class(*class)).and_then(|class| class.parent)
            && all.len() < limits::SCHEMA_DEPTH as usize
        {
            let parent = self.linked(parent);
            let Node::Class(parent) = *self.arena.node(parent) else { break };
            all.push(parent);
        }
        all
    }

    /// The indexes of fields, also of those inside of others: `{ local: { email: { type: String, unique: true } } }`.
    fn field_indexes(&mut self, handle: &Handle, outer: &str, fields: V, schemas: &mut Schemas, depth: u32) {
        let Node::Object(entries) = self.arena.node(fields).clone() else { return };
        if depth > limits::SCHEMA_DEPTH {
            return;
        }
        for entry in entries {
            let Key::Name(name) = entry.key else { continue };
            let path = format!("{outer}{}", self.arena.text(name));
            // index: { unique: true }
            let index = self.arena.sym("index");
            let options = self.arena.member_of(entry.value, index);
            let is_indexed = options.is_some_and(|index| self.option_is_set(index, "unique"));
            let unique = is_indexed || self.option_is_set(entry.value, "unique");
            if unique && matches!(self.arena.node(entry.value), Node::Object(_)) {
                let index = self.index(vec![path.clone()], options.filter(|_| is_indexed).unwrap_or(entry.value));
                schemas.unique.push(handle, index);
            }
            if !unique && self.option(entry.value, "index").is_some() {
                schemas.indexed.push(handle, vec![path.clone()]);
            }
            // { createdAt: { type: Date, expires: '5m' } }
            if self.option(entry.value, "expires").is_some() {
                schemas.expiring.push(handle, ());
            }
            if let Some(inner) = self.inner_fields(entry.value) {
                self.field_indexes(handle, &format!("{path}."), inner, schemas, depth + 1);
            }
        }
    }

    /// The fields inside of a field: `{ email: String }`, `new Schema({ … })`, `{ type: … }` or `[…]` of these.
    pub(super) fn inner_fields(&mut self, field: V) -> Option<V> {
        let kind = self.arena.sym("type");
        let declared = self.arena.member_of(field, kind).unwrap_or(field);
        let one = match self.arena.node(declared) {
            Node::Array(items) => items.first()?.value,
            _ => declared,
        };
        match self.arena.node(one) {
            Node::Object(_) => Some(one),
            Node::New { .. } if self.last_name_of_new(one) == Some("Schema") => Some(self.schema_parts(one)?.0),
            _ => None,
        }
    }
}

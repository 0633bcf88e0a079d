//! Unique and TTL indexes, by the calls that make them.
//!
//! Sources: MongoDB manual, "Unique Indexes", "Partial Indexes", "Sparse Indexes"; Mongoose `Schema#index`.
//! Input: the receiver and the arguments of a call. Output: what it says of a collection. Must not know: rules.

use super::handle::Handle;
use super::index::{Index, is_index_method};
use super::link::{Op, Project};
use super::mongo::Action;
use super::schema::Schemas;
use crate::value::{Arena, Key, Node, Site, Sym, V};

impl Project {
    /// A unique index with these keys and options.
    pub(super) fn index(&mut self, keys: Vec<String>, options: V) -> Index {
        let sparse = self.option_is_true(options, "sparse");
        Index { keys, sparse, partial: self.option(options, "partialFilterExpression") }
    }

    /// The receiver and the arguments of a call that makes an index; of a call in a loop over a literal table, for each row.
    pub(super) fn rows_of_index(&mut self, recv: V, name: Sym, args: &[V]) -> Vec<Vec<V>> {
        let mut call = vec![recv];
        call.extend(args);
        match self.arena.text(name) {
            name if is_index_method(name) || name == "index" => self.rows(call),
            _ => vec![call],
        }
    }

    /// Adds the indexes that a call makes. Gives whether their keys and their collection are known; none where it makes no index,
    /// or its callers say which.
    pub(super) fn index_call(
        &mut self,
        site: Site,
        recv: V,
        name: Sym,
        args: &[V],
        models: &[(String, V)],
        schemas: &mut Schemas,
    ) -> Option<bool> {
        let method = self.arena.text(name).to_owned();
        if method == "index" {
            self.schema_index(site, recv, args, models, schemas);
            return None;
        }
        self.sweep(site, recv, name, args, schemas);
        if method == "command" {
            self.indexes_of_command(args, schemas);
        }
        if !is_index_method(&method) {
            return None;
        }
        // db.createIndex('users', { email: 1 }, { unique: true }): a collection takes keys or options in the second place.
        let is_of_database = matches!(args, [name, keys, ..] if method.ends_with("Index")
            && self.arena.as_str(*name).is_some() && self.is_keys(*keys));
        let call = if is_of_database { None } else { self.db_call(site, recv, name, args) };
        let Some(call) = call else {
            self.indexes_of_argument(args, schemas);
            return None;
        };
        // Fuse.createIndex(keys, list) of a page that loads a library
        if matches!(call.handle, Handle::Value(value) if matches!(self.arena.node(value), Node::Global(_))) {
            return None;
        }
        let made: Vec<(V, V)> = match (call.action == Action::CreateIndex, args) {
            (true, [list, rest @ ..]) => match self.arena.node(*list).clone() {
                Node::Array(items) if method == "createIndexes" => {
                    let key = self.arena.sym("key");
                    items.iter().map(|item| (self.arena.member(item.value, key), item.value)).collect()
                }
                _ => vec![(*list, rest.first().copied().unwrap_or(Arena::UNDEFINED))],
            },
            _ => return None,
        };
        let is_given = |keys: &V| matches!(self.arena.node(*keys), Node::Param(..));
        let is_read = match made.iter().all(|(keys, _)| is_given(keys)) {
            // Whoever calls says what is made.
            true => None,
            false => {
                Some(self.is_known(&call.handle) && made.iter().all(|(keys, _)| !self.key_names(*keys).is_empty()))
            }
        };
        for (keys, options) in made {
            self.add_index(&call.handle, keys, options, schemas);
            if args.len() == 1 && method != "createIndexes" {
                schemas.plain.push(&call.handle, (self.key_names(keys), site));
            }
        }
        is_read
    }

    /// Whether a collection is told by what is written, and not by what a table or a caller says: `db.collection(row.name)`.
    fn is_known(&self, handle: &Handle) -> bool {
        let Handle::Value(value) = handle else { return true };
        !self.contains(*value, &mut |project, part| {
            matches!(project.arena.node(part), Node::Element(_) | Node::Index(..) | Node::Opaque(_))
        })
    }

    /// `db.command({ createIndexes: 'users', indexes: [{ key: { email: 1 }, unique: true }] })`
    fn indexes_of_command(&mut self, args: &[V], schemas: &mut Schemas) {
        let Some(command) = args.first().copied().filter(|command| self.is_object(*command)) else { return };
        let (collection, indexes) = (self.arena.sym("createIndexes"), self.arena.sym("indexes"));
        if let Some(collection) = self.arena.member_of(command, collection)
            && let Some(indexes) = self.arena.member_of(command, indexes)
        {
            self.indexes_of_argument(&[collection, indexes], schemas);
        }
    }

    /// Whether an object says in which order fields are indexed: `{ email: 1, name: -1 }`.
    pub(super) fn is_keys(&self, value: V) -> bool {
        let Node::Object(entries) = self.arena.node(value) else { return false };
        let is_order = |value: V| matches!(self.arena.node(value), Node::Num(_));
        let is_option = |key: Key| matches!(key, Key::Name(name) if is_option(self.arena.text(name)));
        !entries.is_empty() && entries.iter().all(|entry| is_order(entry.value) && !is_option(entry.key))
    }

    /// `ensureIndex(users, { email: 1 }, { unique: true })` of another package.
    pub(super) fn indexes_by_function(&mut self, call: &Op, schemas: &mut Schemas) {
        let Op::Call { callee, recv: None, args, .. } = call else { return };
        let is_followed = matches!(self.arena.node(*callee), Node::Func(_));
        if !is_followed && self.last_name(*callee).is_some_and(is_index_method) {
            self.indexes_of_argument(args, schemas);
        }
    }

    /// What a function that is not followed makes of the collection and the indexes that it is given:
    /// `ensureIndexes(users, { key: { email: 1 }, unique: true })`, `ensureIndex(users, { email: 1 }, { unique: true })`,
    /// `db.createIndex('users', { email: 1 }, { unique: true })`.
    fn indexes_of_argument(&mut self, args: &[V], schemas: &mut Schemas) {
        let [collection, rest @ ..] = args else { return };
        let named = || self.arena.as_str(*collection).map(|name| Handle::Named(name.to_owned()));
        let Some(handle) = named().or_else(|| self.handle_of(*collection, 0)) else { return };
        let key = self.arena.sym("key");
        let mut listed: Vec<V> = Vec::new();
        for value in rest {
            match self.arena.node(*value) {
                Node::Array(items) => listed.extend(items.iter().map(|item| item.value)),
                _ => listed.push(*value),
            }
        }
        let mut is_described = false;
        for index in listed {
            if let Some(keys) = self.arena.member_of(index, key).filter(|keys| self.is_object(*keys)) {
                self.add_index(&handle, keys, index, schemas);
                is_described = true;
            }
        }
        if let (false, [keys, options, ..]) = (is_described, rest) {
            self.add_index(&handle, *keys, *options, schemas);
        }
    }

    fn is_object(&self, value: V) -> bool {
        matches!(self.arena.node(value), Node::Object(_))
    }

    /// `users` of `client.db.users`, where the database that is handed in gives its collections by name.
    fn named_by_database(&self, handle: &Handle) -> Option<Handle> {
        let Handle::Value(value) = handle else { return None };
        let Node::Member(database, name) = self.arena.node(*value) else { return None };
        let is_database = self.last_name(*database) == Some("db");
        is_database.then(|| Handle::Named(self.arena.text(*name).to_owned()))
    }

    pub(super) fn add_index(&mut self, handle: &Handle, keys: V, options: V, schemas: &mut Schemas) {
        let keys = self.key_names(keys);
        let expires = self.option_expires(options);
        let unique = self.option_is_set(options, "unique").then(|| self.index(keys.clone(), options));
        // Also as the code calls it.
        for handle in self.named_by_database(handle).iter().chain([handle]) {
            if expires {
                schemas.expiring.push(handle, ());
            }
            match &unique {
                Some(index) => schemas.unique.push(handle, index.clone()),
                None => schemas.indexed.push(handle, keys.clone()),
            }
        }
    }

    /// `schema.index({ email: 1 }, { unique: true })`
    fn schema_index(&mut self, site: Site, schema: V, args: &[V], models: &[(String, V)], schemas: &mut Schemas) {
        let [keys, options @ ..] = args else { return };
        let is_plain = options.is_empty();
        let options = options.first().copied().unwrap_or(Arena::UNDEFINED);
        let identity = self.identity_of(schema);
        let mut names: Vec<String> =
            models.iter().filter(|(_, own)| self.identity_of(*own) == identity).map(|(name, _)| name.clone()).collect();
        if let Some((fields, _)) = self.schema_parts(schema)
            && let Node::Class(class) = self.arena.node(fields)
            && let Some(class) = self.class(*class)
        {
            names.push(class.name.clone());
        }
        for name in names {
            let model = Handle::Named(name);
            self.add_index(&model, *keys, options, schemas);
            if is_plain {
                schemas.plain.push(&model, (self.key_names(*keys), site));
            }
        }
    }

    fn option_expires(&mut self, options: V) -> bool {
        ["expireAfterSeconds", "expires"].into_iter().any(|name| self.option(options, name).is_some())
    }

    /// A delete of documents older than some time keeps a collection from holding dead ones, like a TTL index.
    fn sweep(&mut self, site: Site, recv: V, name: Sym, args: &[V], schemas: &mut Schemas) {
        let Some(call) = self.db_call(site, recv, name, args) else { return };
        if call.action == Action::Delete && call.filter.is_some_and(|filter| self.compares_order(filter)) {
            schemas.expiring.push(&call.handle, ());
        }
    }

    fn key_names(&self, keys: V) -> Vec<String> {
        match self.arena.node(keys) {
            Node::Str(text) => vec![self.arena.text(*text).to_owned()],
            // new Map([['email', 1]])
            Node::New { callee, args, .. } if self.last_name(*callee) == Some("Map") => {
                args.first().map(|pairs| self.key_names(*pairs)).unwrap_or_default()
            }
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
}

/// Whether a name is that of an option of an index, which may be given as 1.
fn is_option(name: &str) -> bool {
    matches!(name, "unique" | "sparse" | "background" | "expireAfterSeconds")
}

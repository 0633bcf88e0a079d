//! What a method call does to MongoDB: one table for the native driver, Mongoose and clients with the same operations.
//!
//! Sources: MongoDB Node.js driver API (`Collection`), Mongoose API (`Model`, `Query`, `Document`).
//! Input: the values of a call. Output: a [`DbCall`]. Must not know: rules.

use super::handle::Handle;
use super::link::Project;
use crate::value::{C, Coercion, Entry, Key, Node, Site, Sym, V};

/// What kind of operation a method is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// One document or null.
    FindOne,
    /// A list of documents.
    FindMany,
    /// A number of documents.
    Count,
    /// Truthy when a document exists.
    Exists,
    Update,
    /// The whole document is replaced.
    Replace,
    InsertOne,
    InsertMany,
    Bulk,
    Delete,
    CreateIndex,
}

/// Where a method takes its operands.
pub(super) struct Method {
    pub(super) name: &'static str,
    pub(super) action: Action,
    pub(super) filter: Option<usize>,
    /// Update document, replacement, inserted document, or operations.
    pub(super) payload: Option<usize>,
    pub(super) options: Option<usize>,
    /// The filter is an `_id`.
    pub(super) by_id: bool,
    /// Only the receiver tells that this is MongoDB.
    pub(super) ambiguous: bool,
}

const fn read(name: &'static str, action: Action, ambiguous: bool) -> Method {
    Method { name, action, filter: Some(0), payload: None, options: None, by_id: false, ambiguous }
}

const fn write(name: &'static str, action: Action, by_id: bool, ambiguous: bool) -> Method {
    Method { name, action, filter: Some(0), payload: Some(1), options: Some(2), by_id, ambiguous }
}

const fn insert(name: &'static str, action: Action, ambiguous: bool) -> Method {
    Method { name, action, filter: None, payload: Some(0), options: Some(1), by_id: false, ambiguous }
}

const METHODS: [Method; 47] = [
    read("findOne", Action::FindOne, false),
    read("findOneAsync", Action::FindOne, false),
    Method { by_id: true, ..read("findById", Action::FindOne, false) },
    read("find", Action::FindMany, true),
    read("distinct", Action::FindMany, true),
    read("exists", Action::Exists, true),
    read("count", Action::Count, true),
    read("countDocuments", Action::Count, false),
    read("countAsync", Action::Count, false),
    Method { filter: None, ..read("estimatedDocumentCount", Action::Count, false) },
    write("updateOne", Action::Update, false, false),
    write("updateMany", Action::Update, false, false),
    write("update", Action::Update, false, true),
    write("updateAsync", Action::Update, false, false),
    write("upsert", Action::Update, false, true),
    write("upsertAsync", Action::Update, false, false),
    write("findOneAndUpdate", Action::Update, false, false),
    write("findByIdAndUpdate", Action::Update, true, false),
    write("updateById", Action::Update, true, true),
    Method { payload: Some(2), options: Some(3), ..write("findAndModify", Action::Update, false, false) },
    write("replaceOne", Action::Replace, false, false),
    write("findOneAndReplace", Action::Replace, false, false),
    insert("insertOne", Action::InsertOne, false),
    insert("insertAsync", Action::InsertOne, false),
    insert("insert", Action::InsertOne, true),
    insert("create", Action::InsertOne, true),
    insert("insertMany", Action::InsertMany, false),
    insert("bulkWrite", Action::Bulk, false),
    read("deleteOne", Action::Delete, false),
    read("deleteMany", Action::Delete, false),
    read("findOneAndDelete", Action::Delete, false),
    read("findOneAndRemove", Action::Delete, false),
    Method { by_id: true, ..read("findByIdAndDelete", Action::Delete, false) },
    Method { by_id: true, ..read("findByIdAndRemove", Action::Delete, false) },
    read("remove", Action::Delete, true),
    Method { by_id: true, ..read("removeById", Action::Delete, true) },
    read("removeAsync", Action::Delete, true),
    insert("createIndex", Action::CreateIndex, false),
    insert("createIndexes", Action::CreateIndex, false),
    insert("ensureIndex", Action::CreateIndex, false),
    insert("createIndexAsync", Action::CreateIndex, false),
    insert("_ensureIndex", Action::CreateIndex, false),
    insert("index", Action::CreateIndex, true),
    read("findOneOrFail", Action::FindOne, true),
    read("findOneBy", Action::FindOne, true),
    insert("save", Action::InsertOne, true),
    read("aggregate", Action::FindMany, true),
];

/// Method names that hardly any other library has, of calls that change documents.
pub fn telling_names() -> Vec<&'static str> {
    let is_telling = |method: &&Method| {
        !method.ambiguous
            && matches!(method.action, Action::Update | Action::InsertMany | Action::Bulk | Action::Replace)
    };
    METHODS.iter().filter(is_telling).map(|method| method.name).collect()
}

/// Words of code that may change documents: method names, with their call where other libraries have them too.
pub fn write_words() -> Vec<String> {
    use Action::{Bulk, Delete, InsertMany, InsertOne, Replace, Update};
    let is_write = |action: Action| matches!(action, Update | Replace | InsertOne | InsertMany | Bulk | Delete);
    let writes = METHODS.iter().filter(|method| is_write(method.action));
    let word = |method: &Method| if method.ambiguous { format!(".{}(", method.name) } else { method.name.to_owned() };
    writes.map(word).collect()
}

/// Whether a method name alone tells a call of the database.
pub(super) fn is_telling(name: &str) -> bool {
    METHODS.iter().any(|method| method.name == name && !method.ambiguous)
}

/// Whether a call with this method and so many operands is one of a collection only: `findOne` has many owners, and a
/// document updates itself without a filter.
pub(super) fn is_driver_only(name: &str, operands: usize) -> bool {
    METHODS.iter().any(|method| {
        let is_shared = matches!(method.action, Action::FindOne | Action::CreateIndex);
        let is_update = matches!(method.action, Action::Update | Action::Replace);
        method.name == name && !method.ambiguous && !is_shared && (!is_update || operands >= 2)
    })
}

/// Whether a method name can be one of the table's.
pub fn is_method(name: &str) -> bool {
    METHODS.iter().any(|method| method.name == name)
}

/// A database operation.
#[derive(Clone, Debug)]
pub struct DbCall {
    pub site: Site,
    pub method: String,
    pub action: Action,
    pub handle: Handle,
    pub filter: Option<V>,
    pub payload: Option<V>,
    pub options: Option<V>,
}

impl Project {
    /// The operation of a call, by its values.
    pub fn db_call(&mut self, site: Site, recv: V, name: Sym, args: &[V]) -> Option<DbCall> {
        let method_name = self.arena.text(name).to_owned();
        if let Some(call) = self.meteor_user(site, recv, name) {
            return Some(call);
        }
        let method = METHODS.iter().find(|method| method.name == method_name && self.may_have(recv, method))?;
        let named = self.handle_of(recv, 0);
        let first = args.first().copied();
        if named.is_none() && !self.may_be_handle(recv, method, first, args) {
            return None;
        }
        if first.is_some_and(|first| self.is_other_library(first)) {
            return None;
        }
        let handle = named.unwrap_or_else(|| Handle::Value(self.accessor(recv)));
        let arg = |at: Option<usize>| {
            at.and_then(|at| args.get(at)).copied().filter(|v| !matches!(self.arena.node(*v), Node::Func(_)))
        };
        let (filter, payload, options) = (arg(method.filter), arg(method.payload), arg(method.options));
        let mut filter = filter.map(|filter| self.as_references(filter));
        let payload = payload.map(|payload| self.as_references(payload));
        if method.name == "findAndModify"
            && let Some([query, update]) = filter.and_then(|all| self.named_operands(all))
        {
            return Some(DbCall {
                site,
                method: method_name,
                action: method.action,
                handle,
                filter: Some(query),
                payload: Some(update),
                options: filter,
            });
        }
        let may_be_id = matches!(method.action, Action::Update | Action::FindOne);
        if (method.by_id || may_be_id && filter.is_some_and(|filter| self.is_identifier(filter)))
            && let Some(id) = filter
        {
            filter = Some(self.id_filter(id));
        }
        Some(DbCall { site, method: method_name, action: method.action, handle, filter, payload, options })
    }

    /// The read whose result a value is: `findOne(…)`, or an element of `find(…)`.
    pub fn read_of(&mut self, value: V) -> Option<DbCall> {
        let Node::Call { site, callee, args } = self.arena.node(value).clone() else { return None };
        let (recv, name) = self.method_of_collection(callee)?;
        // The count of a query's filter: find(filter).count()
        if matches!(self.arena.text(name), "count" | "countDocuments" | "countAsync" | "hasNext")
            && let Some(list) = self.read_of(recv)
            && matches!(list.action, Action::FindMany | Action::FindOne)
        {
            return Some(DbCall { site, method: "count".to_owned(), action: Action::Count, ..list });
        }
        self.db_call(site, recv, name, &args)
    }

    /// A selector that is an identifier rather than a filter (Meteor): `update(doc._id, …)`.
    fn is_identifier(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::Str(_) | Node::Coerce(..) | Node::Fresh(..) => true,
            Node::Member(_, name) => is_identifier_name(self.arena.text(*name)),
            Node::Param(func, at) => self
                .function(*func)
                .and_then(|function| function.param_names.get(*at as usize))
                .is_some_and(|name| is_identifier_name(name)),
            _ => false,
        }
    }

    /// `findAndModify({ query, update })`, as in the shell.
    fn named_operands(&mut self, all: V) -> Option<[V; 2]> {
        let (query, update) = (self.arena.sym("query"), self.arena.sym("update"));
        Some([self.arena.member_of(all, query)?, self.arena.member_of(all, update)?])
    }

    /// `{ _id: id }`
    pub fn id_filter(&mut self, id: V) -> V {
        // findByIdAndUpdate({ _id: id }, …)
        let own = self.arena.sym("_id");
        if self.arena.member_of(id, own).is_some() {
            return id;
        }
        let key = Key::Name(self.arena.sym("_id"));
        self.arena.intern(Node::Object(vec![Entry { key, value: id, cond: C::TRUE }]))
    }

    /// The last name of a callee or member.
    pub fn last_name(&self, value: V) -> Option<&str> {
        match self.arena.node(value) {
            Node::Member(_, name) | Node::Global(name) => Some(self.arena.text(*name)),
            Node::Import { module, name } => match self.arena.text(*name) {
                "=" | "default" | "*" => self.arena.text(*module).rsplit('/').next(),
                name => Some(name),
            },
            // A member of what is one of several objects.
            Node::OneOf(alternatives) => {
                let mut names = alternatives.iter().map(|(_, value)| self.last_name(*value));
                let first = names.next()?;
                names.all(|name| name == first).then_some(first)?
            }
            _ => None,
        }
    }

    /// Whether an update document has an operator at its top.
    pub fn has_operator(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::Object(entries) => entries.iter().any(|entry| match entry.key {
                Key::Name(name) => self.arena.text(name).starts_with('$'),
                _ => false,
            }),
            Node::OneOf(alternatives) => alternatives.iter().any(|(_, v)| self.has_operator(*v)),
            _ => false,
        }
    }

    /// Receiver and name of a method; of the first alternative when the receiver is one of several
    /// (`mongoose.models.User || mongoose.model('User')`).
    pub fn method_of(&self, callee: V) -> Option<(V, Sym)> {
        match self.arena.node(callee) {
            Node::Member(recv, name) => Some((*recv, *name)),
            Node::OneOf(alternatives) => alternatives.iter().find_map(|(_, v)| self.method_of(*v)),
            _ => None,
        }
    }

    /// The same; of the first alternative whose receiver is known as a collection: `this.users ??= db.collection('users')`.
    pub(super) fn method_of_collection(&mut self, callee: V) -> Option<(V, Sym)> {
        let first = self.method_of(callee)?;
        let Node::OneOf(alternatives) = self.arena.node(callee).clone() else { return Some(first) };
        let methods: Vec<(V, Sym)> = alternatives.iter().filter_map(|(_, method)| self.method_of(*method)).collect();
        let known = methods.into_iter().find(|(recv, name)| *name == first.1 && self.handle_of(*recv, 0).is_some());
        Some(known.unwrap_or(first))
    }

    /// Whether a value is a document that was read or made, so that its methods are a document's.
    pub fn is_document(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::Call { callee, .. } => self.method_of(*callee).is_some_and(|(_, name)| {
                METHODS.iter().any(|m| {
                    m.name == self.arena.text(name)
                        && !matches!(m.action, Action::CreateIndex | Action::Bulk | Action::Count)
                })
            }),
            Node::New { callee, .. } => self.last_name(*callee).is_some_and(|name| name != "Collection"),
            Node::Element(list) => self.is_document(*list),
            Node::Index(list, _) => self.is_document(*list),
            Node::OneOf(alternatives) => alternatives.iter().any(|(_, v)| self.is_document(*v)),
            _ => false,
        }
    }

    /// The value without coercions and copies, for deciding whether two values name the same thing.
    pub fn bare(&self, value: V) -> V {
        match self.arena.node(value) {
            Node::Coerce(kind, inner) if *kind != Coercion::Bool => self.bare(*inner),
            _ => value,
        }
    }

    /// What a value is where it is there, whatever its type: of `doc ? String(doc._id) : undefined` the identifier.
    pub fn bare_if_there(&self, value: V) -> V {
        self.bare(self.if_there(self.bare(value)))
    }

    /// Whether two values are the same identity, whatever their types.
    pub fn same_value(&self, a: V, b: V) -> bool {
        let (a, b) = (self.bare(a), self.bare(b));
        if a == b {
            return true;
        }
        // x and `x ? new ObjectId(x) : x` are the same identity
        let bares = |v: V| -> Vec<V> { self.arena.alternatives(v).into_iter().map(|(_, v)| self.bare(v)).collect() };
        let (left, right) = (bares(a), bares(b));
        (left.len() > 1 || right.len() > 1) && left.iter().all(|l| right.contains(l)) && !left.is_empty()
            || (right.len() > 1 && right.iter().all(|r| left.contains(r)))
            || self.is_part_of(&left, &right, |_| true)
            || self.is_part_of(&right, &left, |part| !self.arena.is_literal(part))
    }

    /// Whether all of some alternatives that are no literals, and one that counts, are among others.
    fn is_part_of(&self, parts: &[V], others: &[V], counts: impl Fn(V) -> bool) -> bool {
        parts.len() > 1
            && parts.iter().filter(|part| !self.arena.is_literal(**part)).all(|part| others.contains(part))
            && parts.iter().any(|part| others.contains(part) && counts(*part) && !self.arena.is_nothing(*part))
    }
}

fn is_identifier_name(name: &str) -> bool {
    matches!(name, "_id" | "id") || name.ends_with("Id") || name.ends_with("_id")
}

//! Functions of the language and of well-known libraries: what they make of their arguments.
//!
//! Input: the name and the values of a call. Output: its value; none for a call that the link step resolves.
//! Must not know: MongoDB.

use super::EffectKind;
use super::cell::Growth;
use super::eval::Eval;
use crate::limits;
use crate::value::{Arena, C, Coercion, Freshness, Item, Key, Node, Numeral, V};
use swc_common::Span;
use swc_ecma_ast::*;

/// Methods of a query or promise that give back what they were called on.
pub(super) const TRANSPARENT: [&str; 32] = [
    "lean",
    "exec",
    "populate",
    "select",
    "sort",
    "limit",
    "skip",
    "session",
    "toArray",
    "hint",
    "project",
    "collation",
    "maxTimeMS",
    "toObject",
    "toJSON",
    "next",
    "read",
    "readConcern",
    "writeConcern",
    "orFail",
    "allowDiskUse",
    "batchSize",
    "setOptions",
    "comment",
    "clone",
    "cursor",
    "execPopulate",
    "finally",
    "tz",
    "stream",
    "fetch",
    "fetchAsync",
];

impl<'a> Eval<'a> {
    /// What of a value is read as a number.
    pub(super) fn number_of(&mut self, numeral: Numeral, value: V) -> V {
        self.arena.intern(Node::Coerce(Coercion::Number(numeral), value))
    }

    /// Whether a radix is that of the numbers that people write.
    fn is_decimal(&self, radix: Option<V>) -> bool {
        radix.is_none_or(|radix| matches!(self.arena.node(radix), Node::Num(bits) if f64::from_bits(*bits) == 10.0))
    }

    /// Functions of the language and of well-known libraries, by name.
    pub(super) fn known_function(&mut self, name: &str, target: V, args: &[V], span: Span) -> Option<V> {
        let site = self.site(span);
        let first = args.first().copied();
        Some(match (name, first) {
            ("String", Some(value)) => self.arena.intern(Node::Coerce(Coercion::Text, value)),
            ("Number", Some(value)) => self.number_of(Numeral::Whole, value),
            ("parseInt", Some(value)) if self.is_decimal(args.get(1).copied()) => {
                self.number_of(Numeral::Integer, value)
            }
            ("parseFloat", Some(value)) => self.number_of(Numeral::Start, value),
            ("Boolean", Some(value)) => self.arena.intern(Node::Coerce(Coercion::Bool, value)),
            ("ObjectId" | "ObjectID", None) => self.arena.intern(Node::Fresh(Freshness::Id, site)),
            ("ObjectId" | "ObjectID" | "toObjectId" | "createFromHexString", Some(value)) => {
                self.arena.intern(Node::Coerce(Coercion::ObjectId, value))
            }
            ("Symbol", _) if matches!(self.arena.node(target), Node::Global(_)) => self.unique_key(first, span),
            ("structuredClone" | "cloneDeep", Some(value)) => self.copy(value),
            (_, Some(value)) if self.is_copier(target) => self.copy(value),
            (_, Some(_)) if let Some(merged) = self.merged(target, args) => merged,
            // class-transformer: the data as an instance of a class
            ("plainToInstance" | "plainToClass", Some(_))
                if args.len() > 1 && matches!(self.arena.node(target), Node::Import { .. }) =>
            {
                let data = args.get(1).copied().unwrap_or(Arena::UNDEFINED);
                self.arena.intern(Node::Coerce(Coercion::Copy, data))
            }
            ("randomUUID" | "uuid" | "uuidv4" | "uuidv1" | "uuidv7" | "nanoid" | "cuid" | "ulid" | "createId", _)
                if !matches!(self.arena.node(target), Node::Func(_)) =>
            {
                self.arena.intern(Node::Fresh(Freshness::Id, site))
            }
            ("isNil" | "isNull" | "isUndefined", Some(value)) if self.is_collection_library(target) => {
                self.nullish(value)
            }
            ("isEmpty", Some(value)) if self.is_collection_library(target) => {
                self.arena.derived("isEmpty", vec![value])
            }
            ("v4" | "v1" | "v7", None) => self.arena.intern(Node::Fresh(Freshness::Id, site)),
            _ => return None,
        })
    }

    /// The name of a function that makes a list of a list, or changes what it is given first: `import { uniqBy } from 'lodash'`,
    /// `require('lodash/merge')`, `require('lodash.merge')`.
    pub(super) fn list_function(&self, target: V) -> Option<String> {
        let name = match self.arena.node(target) {
            Node::Import { module, name } => match (self.arena.text(*module), self.arena.text(*name)) {
                ("lodash" | "lodash-es" | "underscore", name) => name,
                (module, "=" | "default") => {
                    module.strip_prefix("lodash/").or(module.strip_prefix("lodash."))?.trim_end_matches(".js")
                }
                _ => return None,
            },
            Node::Member(library, name) if self.is_lodash(*library) => self.arena.text(*name),
            _ => return None,
        };
        matches!(
            name,
            "sortBy"
                | "orderBy"
                | "uniqBy"
                | "uniq"
                | "union"
                | "without"
                | "omit"
                | "concat"
                | "reject"
                | "filter"
                | "find"
                | "some"
                | "map"
                | "merge"
                | "assign"
                | "extend"
        )
        .then(|| name.to_owned())
    }

    /// A function of lodash or ramda: `import { isNil } from 'lodash'`, `require('lodash/isEmpty')`.
    fn is_collection_library(&self, target: V) -> bool {
        let Node::Import { module, .. } = self.arena.node(target) else {
            return matches!(self.arena.node(target), Node::Member(library, _) if self.is_lodash(*library));
        };
        let module = self.arena.text(*module);
        ["lodash", "lodash-es", "underscore", "ramda"].iter().any(|library| module.split('/').next() == Some(library))
    }

    pub(super) fn global_method(&mut self, recv: V, name: &str, args: &'a [ExprOrSpread], span: Span) -> Option<V> {
        let Node::Global(object) = self.arena.node(recv) else { return None };
        let object = self.arena.text(*object).to_owned();
        let site = self.site(span);
        match (object.as_str(), name) {
            ("Object", "assign") => {
                let (target, sources) = args.split_first()?;
                let target = self.expr(&target.expr);
                for source in sources {
                    let source = self.expr(&source.expr);
                    self.assign_all(target, source, span);
                }
                Some(target)
            }
            ("Symbol", "for") => {
                let values = self.args(args);
                let name = values.first().and_then(|name| self.arena.as_str(*name)).map(str::to_owned)?;
                Some(self.arena.str(&format!("Symbol.for({name})")))
            }
            ("Object", "fromEntries") => {
                let pairs = self.expr(&args.first()?.expr);
                Some(self.of_entries(pairs).unwrap_or(pairs))
            }
            ("Object", "freeze" | "seal") => args.first().map(|arg| self.expr(&arg.expr)),
            ("Promise", "all" | "allSettled" | "resolve" | "race" | "any") => {
                Some(args.first().map_or(Arena::UNDEFINED, |arg| self.expr(&arg.expr)))
            }
            ("Promise", "reject") => {
                let values = self.args(args);
                Some(self.arena.derived("Promise.reject", values))
            }
            ("JSON", "parse") => {
                let values = self.args(args);
                let inner = values.first().copied().unwrap_or(Arena::UNDEFINED);
                Some(match self.arena.node(inner) {
                    Node::Derived(op, operands) if self.arena.text(*op) == "JSON.stringify" => {
                        let original = operands.first().copied().unwrap_or(Arena::UNDEFINED);
                        self.copy(original)
                    }
                    // A list or an object of its own, which the code may change.
                    _ => {
                        let parsed = self.arena.derived("JSON.parse", vec![inner]);
                        self.copy(parsed)
                    }
                })
            }
            ("JSON", "stringify") => {
                let values = self.args(args);
                Some(self.arena.derived("JSON.stringify", values))
            }
            ("Date", "now") | ("performance", "now") => Some(self.arena.intern(Node::Fresh(Freshness::Time, site))),
            ("Math", "random") => Some(self.arena.intern(Node::Fresh(Freshness::Random, site))),
            ("crypto", "randomUUID" | "randomBytes") => {
                self.args(args);
                Some(self.arena.intern(Node::Fresh(Freshness::Id, site)))
            }
            ("Math" | "Number" | "Array" | "Object" | "Date" | "Buffer" | "String" | "Reflect", _) => {
                let values = self.args(args);
                if object == "Array" && name == "from" && values.len() == 1 {
                    return values.first().map(|value| self.copy(*value));
                }
                Some(self.arena.derived(&format!("{object}.{name}"), values))
            }
            ("console" | "logger" | "log", _) => {
                self.args(args);
                Some(Arena::UNDEFINED)
            }
            _ => None,
        }
    }

    /// `Object.assign(target, source)`
    pub(super) fn assign_all(&mut self, target: V, source: V, span: Span) {
        let mut entries = Vec::new();
        self.spread_into(&mut entries, source, C::TRUE);
        self.assigned_span = span;
        if self.mix_in(target, &entries) {
            return;
        }
        let content = match self.arena.node(target) {
            Node::Cell(cell) => Some((*cell, self.content(*cell))),
            _ => None,
        };
        if let Some((cell, content)) = content.filter(|(_, content)| !self.is_copy(*content)) {
            if let Node::Object(mut own) = self.arena.node(content).clone() {
                match self.growth(own.len() + entries.len(), own.last().map(|entry| entry.value)) {
                    Growth::Full => return,
                    Growth::Last(rest) => own.push(Self::entry(Key::Spread, rest)),
                    Growth::Free => own.extend(entries),
                }
                let content = self.arena.intern(Node::Object(own));
                self.set_content(cell, content);
            }
            return;
        }
        for entry in entries {
            self.assign_key(target, entry.key, entry.value);
        }
    }

    /// Methods of strings, arrays and identifiers, where the receiver or the arguments tell that it is one.
    pub(super) fn value_method(&mut self, recv: V, name: &str, args: &[V], span: Span) -> Option<V> {
        let first = args.first().copied();
        let frozen = self.freeze(recv);
        match (name, first) {
            // randomBytes(16).toString('hex')
            ("toString", Some(_)) if matches!(self.arena.node(frozen), Node::Fresh(..)) => {
                Some(self.arena.intern(Node::Coerce(Coercion::Text, frozen)))
            }
            ("toString" | "toHexString" | "valueOf", None) => {
                Some(self.arena.intern(Node::Coerce(Coercion::Text, frozen)))
            }
            ("createFromHexString" | "ObjectId" | "ObjectID", Some(value)) => {
                Some(self.arena.intern(Node::Coerce(Coercion::ObjectId, value)))
            }
            ("ObjectId" | "ObjectID", None) => {
                let site = self.site(span);
                Some(self.arena.intern(Node::Fresh(Freshness::Id, site)))
            }
            ("cloneDeep", Some(value)) => Some(self.copy(value)),
            ("equals", Some(value)) => Some(self.equal(frozen, value)),
            ("includes", Some(value)) if self.joined_arrays(frozen).is_some() => {
                let items = self.joined_arrays(frozen)?;
                let parts = items
                    .into_iter()
                    .map(|item| match item.spread {
                        true => self.query(name, item.value, value),
                        false => self.equal(item.value, value),
                    })
                    .collect();
                Some(self.arena.any(parts))
            }
            ("includes" | "indexOf" | "lastIndexOf", Some(value)) => {
                let query = self.query(name, frozen, value);
                self.place(query, span);
                Some(query)
            }
            ("slice" | "concat" | "reverse" | "flat" | "toSorted" | "toSpliced" | "filter" | "sort", _)
                if !self.is_query_like(recv) || name == "slice" || name == "concat" =>
            {
                let rest = match args {
                    [only] => *only,
                    _ => self.arena.derived("args", args.to_vec()),
                };
                if name == "concat" {
                    return Some(self.concatenated(frozen, args));
                }
                // What is put in another order where it is.
                if matches!(name, "reverse" | "sort") && matches!(self.arena.node(recv), Node::Member(..)) {
                    self.method_effect(recv, name, args.to_vec(), span);
                }
                Some(self.query(name, frozen, rest))
            }
            // new Schema(fields).index(keys, options) is the schema.
            ("index", Some(_)) if args.len() == 2 && matches!(self.arena.node(recv), Node::New { .. }) => {
                self.method_effect(recv, name, args.to_vec(), span);
                Some(recv)
            }
            ("push" | "unshift" | "splice" | "pop" | "shift" | "add", _) => self.change_local(recv, name, args),
            (
                "trim" | "trimStart" | "trimEnd" | "toLowerCase" | "toUpperCase" | "toISOString" | "toFixed"
                | "getTime" | "replace" | "replaceAll" | "split" | "padStart" | "substring" | "substr" | "join"
                | "keys" | "values" | "entries" | "startsWith" | "endsWith" | "match" | "test" | "localeCompare"
                | "toLocaleString" | "toDateString" | "normalize",
                _,
            ) => {
                let mut operands = vec![frozen];
                operands.extend(args);
                Some(self.arena.derived(name, operands))
            }
            // Model.populate(documents, …) gives the documents back.
            ("populate", Some(documents)) if args.len() > 1 && self.is_made_of_call(documents) => Some(documents),
            ("toArray", None) if self.is_query_like(recv) => {
                self.note_cursor(recv);
                Some(recv)
            }
            // find(filter).exec(callback), where the callback is a value
            ("exec" | "toArray", Some(_)) if self.is_query_like(recv) => None,
            // while (await cursor.hasNext()) { const row = await cursor.next(); … }
            ("next", None) if self.frame.loops > 0 && (self.is_query_like(recv) || self.is_of_rows(recv)) => {
                Some(self.element(recv))
            }
            ("next", None) if self.is_of_rows(recv) || self.collection_of_cursor(recv).is_some() => {
                Some(self.first_row(recv))
            }
            // cursor.map(toEntry).toArray(); distinct('field').exec()
            _ if TRANSPARENT.contains(&name) && self.is_of_rows(recv) => Some(recv),
            _ if TRANSPARENT.contains(&name) && self.is_query_like(recv) => {
                if matches!(name, "setOptions" | "orFail") {
                    self.alter_call(recv);
                }
                if name == "orFail" && self.finds_one(recv) {
                    self.ends_without(recv);
                }
                if name == "select"
                    && let Node::Call { site, .. } = self.arena.node(recv)
                    && !first.is_some_and(|fields| self.adds_fields(fields))
                {
                    let place = self.arena.site_info(*site);
                    self.noted.narrowed.insert((place.start, place.end));
                }
                if self.makes_plain(name, first) {
                    self.note_plain(recv, span);
                }
                if matches!(name, "session" | "populate")
                    && let Some(given) = first
                {
                    // What is given belongs to the query it is called on; the link step reads it from this effect.
                    let site = self.site(span);
                    let method = self.arena.sym(name);
                    let callee = self.arena.intern(Node::Member(frozen, method));
                    self.effect(
                        site,
                        EffectKind::Call { callee, recv: Some(frozen), name: Some(method), args: vec![given] },
                    );
                }
                Some(recv)
            }
            ("toObject" | "toJSON", _) => Some(self.arena.intern(Node::Coerce(Coercion::Copy, frozen))),
            _ => None,
        }
    }

    /// Whether what is selected is as much as without: `+password`, and all but `-avatar`.
    fn adds_fields(&self, fields: V) -> bool {
        let is_kept = |name: &str| name.starts_with('+') || name.starts_with('-') && name != "-__v";
        self.arena.as_str(fields).is_some_and(|fields| fields.split_whitespace().all(is_kept))
    }

    /// The parts of `[...a, ...b, c]`.
    pub(super) fn joined_arrays(&self, array: V) -> Option<Vec<Item>> {
        let Node::Array(items) = self.arena.node(array) else { return None };
        let is_joined = items.len() <= limits::JOINED_ARRAYS && items.iter().any(|item| item.spread);
        (is_joined && items.iter().all(|item| item.cond == C::TRUE)).then(|| items.clone())
    }

    pub(super) fn concatenated(&mut self, array: V, args: &[V]) -> V {
        let mut items = vec![Item { value: array, spread: true, cond: C::TRUE }];
        for arg in args {
            match self.arena.node(*arg).clone() {
                Node::Array(inner) if items.len() + inner.len() <= limits::GROWN => items.extend(inner),
                _ => items.push(Item { value: *arg, spread: true, cond: C::TRUE }),
            }
        }
        self.new_cell(Node::Array(items))
    }

    /// `if (known) continue; list.push(x)`: the condition under which a turn of a loop gets here.
    pub(super) fn cond_in_loop(&mut self) -> C {
        match self.frame.loops {
            0 => C::TRUE,
            _ => self.arena.since(self.frame.loop_base, self.cond),
        }
    }

    /// What one value adds to a list or a set: in a loop over all elements of another list, all of these.
    pub(super) fn added(&mut self, value: V) -> Item {
        let cond = self.cond_in_loop();
        match self.each_of(value, cond) {
            Some(list) => Item { value: list, spread: true, cond: C::TRUE },
            None => Item { value, spread: false, cond },
        }
    }

    /// The list of which a loop appends every element: `for (const row of rows) all.push(row)`.
    fn each_of(&self, value: V, cond: C) -> Option<V> {
        let Node::Element(list) = *self.arena.node(value) else { return None };
        let is_inner = |part: V| matches!(self.arena.node(part), Node::Element(_) | Node::Cell(_));
        let is_all = self.frame.loops == 1 && self.arena.is_of_loop(cond);
        (is_all && !self.arena.parts(list).into_iter().any(is_inner)).then_some(list)
    }

    /// Whether a value is the result of a call, so that a chain method on it belongs to that call.
    pub(super) fn is_query_like(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::Call { .. } | Node::New { .. } => true,
            Node::OneOf(alternatives) => alternatives.iter().any(|(_, v)| self.is_query_like(*v)),
            _ => false,
        }
    }

    /// `cursor.next()`, outside of a loop.
    fn first_row(&mut self, rows: V) -> V {
        let first = self.arena.num(0.0);
        let row = Node::Index(rows, first);
        self.arena.made_at(&row).unwrap_or_else(|| self.arena.intern(row))
    }

    /// Whether a value is made of each row that a query finds.
    fn is_of_rows(&self, value: V) -> bool {
        matches!(self.arena.node(value), Node::Mapped(list, _) if matches!(self.arena.node(*list), Node::Call { .. }))
    }

    /// Whether a value is the result of a call, or an element of one.
    fn is_made_of_call(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::Element(inner) | Node::Index(inner, _) => self.is_made_of_call(*inner),
            _ => self.is_query_like(value),
        }
    }

    /// `beds` of `beds.find(filter).toArray()`: only a collection gives cursors.
    fn note_cursor(&mut self, query: V) {
        let collection = self.collection_of_cursor(query);
        self.frame.cursors.extend(collection);
    }

    /// What was asked for a cursor.
    fn collection_of_cursor(&self, query: V) -> Option<V> {
        let Node::Call { callee, .. } = self.arena.node(query) else { return None };
        match self.arena.node(*callee) {
            Node::Member(recv, name) if matches!(self.arena.text(*name), "find" | "aggregate") => Some(*recv),
            _ => None,
        }
    }

    /// `array.push(x)` on an array made in this function; arrays from outside are left to the link step.
    fn change_local(&mut self, recv: V, name: &str, args: &[V]) -> Option<V> {
        match self.arena.node(recv).clone() {
            Node::Cell(cell) => {
                let content = self.content(cell);
                let mut items = match self.arena.node(content).clone() {
                    Node::Array(items) => items,
                    _ if self.is_copy(content) && name != "add" => {
                        vec![Item { value: content, spread: true, cond: C::TRUE }]
                    }
                    _ => return None,
                };
                if matches!(name, "push" | "unshift") {
                    match self.growth(items.len(), items.last().map(|item| item.value)) {
                        Growth::Full => return Some(Arena::UNDEFINED),
                        Growth::Last(rest) => items.push(Item { value: rest, spread: true, cond: C::TRUE }),
                        Growth::Free => {}
                    }
                    match args {
                        [only] => items.push(self.added(*only)),
                        _ => {
                            let cond = self.cond_in_loop();
                            items.extend(args.iter().map(|value| Item { value: *value, spread: false, cond }));
                        }
                    }
                    let content = self.arena.intern(Node::Array(items));
                    self.set_content(cell, content);
                }
                Some(Arena::UNDEFINED)
            }
            Node::OneOf(alternatives) => {
                // const list = doc.items || []; list.push(x)
                let outside: Vec<V> = alternatives
                    .iter()
                    .filter(|(_, v)| !matches!(self.arena.node(*v), Node::Cell(_)))
                    .map(|(_, v)| *v)
                    .collect();
                if outside.len() == alternatives.len() {
                    return None;
                }
                for (_, alternative) in &alternatives {
                    self.change_local(*alternative, name, args);
                }
                None
            }
            _ => None,
        }
    }
}

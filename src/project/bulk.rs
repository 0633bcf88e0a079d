//! Operations that are collected first and run together: bulk builders, and arrays given to `bulkWrite`.
//!
//! Sources: MongoDB Node.js driver API, `Collection#initializeUnorderedBulkOp`, `FindOperators`, `Collection#bulkWrite`.
//! Input: calls. Output: the operations as the table knows them, where they are written. Must not know: rules.

use super::batches::Batches;
use super::handle::Handle;
use super::link::{Op, Project, Step};
use super::mongo::{Action, DbCall};
use super::writes::{Write, WriteKind};
use crate::limits;
use crate::value::{C, Entry, FnRef, Key, Node, Site, V};
use rustc_hash::FxHashMap;

/// The operations of `bulkWrite`.
const OPERATIONS: [&str; 6] = ["updateOne", "updateMany", "replaceOne", "insertOne", "deleteOne", "deleteMany"];

impl Project {
    /// Whether a write changes all documents that match: `updateMany`, `{ multi: true }`.
    pub fn is_of_many(&mut self, write: &Write) -> bool {
        write.method.starts_with("updateMany")
            || write.options.is_some_and(|options| self.option_is_true(options, "multi"))
    }

    /// `bulk.find(filter).upsert().updateOne(update)`, `bulk.insert(document)`
    pub(super) fn builder_call(&mut self, site: Site, recv: V, name: &str, args: &[V]) -> Option<DbCall> {
        let payload = args.first().copied();
        let (action, filter, upsert, builder) = match name {
            "insert" => (Action::InsertOne, None, false, recv),
            "update" | "updateOne" | "replaceOne" => {
                let (builder, filter, upsert) = self.selection(recv, 0)?;
                let action = if name == "replaceOne" { Action::Replace } else { Action::Update };
                (action, Some(filter), upsert, builder)
            }
            _ => return None,
        };
        let handle = self.builder_handle(builder)?;
        let options = upsert.then(|| {
            let (key, value) = (Key::Name(self.arena.sym("upsert")), self.arena.bool(true));
            self.arena.intern(Node::Object(vec![Entry { key, value, cond: crate::value::C::TRUE }]))
        });
        Some(DbCall { site, method: "bulkWrite".to_owned(), action, handle, filter, payload, options })
    }

    /// The builder, the filter and whether it upserts, of `bulk.find(filter).upsert()`.
    fn selection(&self, value: V, depth: u32) -> Option<(V, V, bool)> {
        let Node::Call { callee, args, .. } = self.arena.node(value) else { return None };
        let Node::Member(recv, name) = self.arena.node(*callee) else { return None };
        match self.arena.text(*name) {
            "find" => Some((*recv, *args.first()?, false)),
            "upsert" if depth < limits::BULK_OPTIONS => {
                self.selection(*recv, depth + 1).map(|(builder, filter, _)| (builder, filter, true))
            }
            "hint" | "collation" | "arrayFilters" if depth < limits::BULK_OPTIONS => self.selection(*recv, depth + 1),
            _ => None,
        }
    }

    /// The collection of `collection.initializeOrderedBulkOp()`.
    fn builder_handle(&mut self, builder: V) -> Option<Handle> {
        let Node::Call { callee, .. } = self.arena.node(builder).clone() else { return None };
        let Node::Member(collection, name) = self.arena.node(callee).clone() else { return None };
        if !matches!(self.arena.text(name), "initializeUnorderedBulkOp" | "initializeOrderedBulkOp") {
            return None;
        }
        Some(self.handle_of(collection, 0).unwrap_or(Handle::Value(collection)))
    }

    /// Finds the arrays that `bulkWrite` runs and other functions fill.
    pub(super) fn link_batches(&mut self) {
        let mut handles = FxHashMap::default();
        for at in 0..self.summaries.len() {
            let runs: Vec<(V, V)> =
                self.steps_of(FnRef(at as u32)).iter().filter_map(|step| self.run_of(step)).collect();
            for (collection, operations) in runs {
                if matches!(self.arena.node(operations), Node::Member(..) | Node::Param(..)) {
                    let handle = self.handle_of(collection, 0).unwrap_or(Handle::Value(collection));
                    handles.entry(operations).or_insert(handle);
                }
            }
        }
        self.batches = Batches { handles }.into();
    }

    /// Collection and operations of `collection.bulkWrite(operations)`.
    fn run_of(&self, step: &Step) -> Option<(V, V)> {
        match &step.op {
            Op::Call { recv: Some(recv), name: Some(name), args, .. } if self.arena.text(*name) == "bulkWrite" => {
                Some((*recv, *args.first()?))
            }
            _ => None,
        }
    }

    /// `operations.push({ updateOne: … })` as the `bulkWrite` that runs it, in these steps or elsewhere.
    pub(super) fn pushed_operation(
        &mut self,
        steps: &[Step],
        at: usize,
        recv: V,
        name: &str,
        args: &[V],
    ) -> Option<DbCall> {
        if name != "push" || !args.iter().any(|operation| self.is_operation(*operation)) {
            return None;
        }
        let handle = match self.batches.handles.get(&recv).cloned() {
            Some(handle) => handle,
            None => {
                let later = steps.iter().skip(at).find_map(|step| self.run_of(step).filter(|(_, run)| *run == recv));
                let (collection, _) = later?;
                self.handle_of(collection, 0).unwrap_or(Handle::Value(collection))
            }
        };
        let items =
            args.iter().map(|value| crate::value::Item { value: *value, spread: false, cond: crate::value::C::TRUE });
        let payload = Some(self.arena.intern(Node::Array(items.collect())));
        let site = steps.get(at)?.site;
        let method = "bulkWrite".to_owned();
        Some(DbCall { site, method, action: Action::Bulk, handle, filter: None, payload, options: None })
    }

    fn is_operation(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::Object(entries) => matches!(
                entries.as_slice(),
                [Entry { key: Key::Name(name), .. }] if OPERATIONS.contains(&self.arena.text(*name))
            ),
            _ => false,
        }
    }

    /// The operations of `bulkWrite`, each as a write of its own.
    pub(super) fn bulk(&mut self, at: usize, step: &Step, call: &DbCall, writes: &mut Vec<Write>) {
        let Some(payload) = call.payload else { return };
        let operations: Vec<(C, V)> = match self.arena.node(payload).clone() {
            Node::Array(items) => items.into_iter().map(|item| (item.cond, item.value)).collect(),
            Node::Mapped(_, result) => vec![(C::TRUE, result)],
            _ => Vec::new(),
        };
        for (cond, operation) in operations {
            let operation = match self.arena.node(operation).clone() {
                Node::Mapped(_, result) => result,
                _ => operation,
            };
            let cond = self.arena.and(step.cond, cond);
            for (kind, name) in [
                (WriteKind::Update, "updateOne"),
                (WriteKind::Update, "updateMany"),
                (WriteKind::Replace, "replaceOne"),
                (WriteKind::Insert, "insertOne"),
            ] {
                let key = self.arena.sym(name);
                let body = self.arena.member(operation, key);
                if !matches!(self.arena.node(body), Node::Object(_)) {
                    continue;
                }
                let part = |project: &mut Self, key: &str| {
                    let key = project.arena.sym(key);
                    let value = project.arena.member(body, key);
                    (!matches!(project.arena.node(value), Node::Undefined)).then_some(value)
                };
                let payload =
                    part(self, "update").or_else(|| part(self, "replacement")).or_else(|| part(self, "document"));
                let mut write = Write {
                    step: at,
                    site: step.site,
                    kind,
                    method: "bulkWrite".to_owned(),
                    handle: call.handle.clone(),
                    filter: part(self, "filter"),
                    options: call.options,
                    document: None,
                    fields: Vec::new(),
                    payload,
                    upsert: self.option_is_true(body, "upsert"),
                    session: call.options.and_then(|options| self.option(options, "session")),
                    cond,
                };
                self.fill(&mut write);
                writes.push(write);
            }
        }
    }
}

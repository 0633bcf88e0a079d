//! A function as the judge reads it, and what its schemas say of the collections that it touches.
//!
//! Input: steps, writes, schemas. Output: indexes, versions. Must not know: how an act is judged, rules.

use super::script::Script;
use super::slice::Slice;
use super::unique::UniqueIndex;
use super::{bson, literal};
use crate::limits;
use crate::project::Step;
use crate::project::schema::Schemas;
use crate::project::writes::{Write, WriteKind};
use crate::race::predicate;
use crate::value::{Arena, C};
use std::cell::Cell;

/// One function, as the judge reads it.
pub struct Function<'a> {
    pub steps: &'a [Step],
    pub writes: &'a [Write],
    /// For each write, the conditions under which Mongoose sends it with `__v` in its filter.
    pub versioned: &'a [Vec<C>],
    pub script: &'a Script,
    /// Keys that two documents of the act's collection cannot share while it is judged: that they can is told by itself.
    pub distinct: &'a [String],
    /// Work that judging all acts of it may still take.
    pub fuel: &'a Cell<u64>,
}

pub fn indexes_of(arena: &Arena, schemas: &Schemas, slice: &Slice) -> Vec<UniqueIndex> {
    let mut indexes = Vec::new();
    for (at, handle) in slice.collections.iter().enumerate() {
        for index in schemas.unique.of(handle).iter().filter(|index| !index.keys.is_empty()).take(limits::INDEXES) {
            let partial = index.partial.map(|partial| {
                let expression = literal::literal(arena, partial)?;
                predicate::parse(&bson::Concrete, &expression).ok()
            });
            // Which documents it leaves out is not known: it may refuse none.
            let partial = match partial {
                Some(None) => continue,
                Some(known) => known,
                None => None,
            };
            let (fields, sparse) = (index.keys.clone(), index.sparse);
            let index = UniqueIndex { collection: at as u32, fields, sparse, partial };
            if !indexes.contains(&index) {
                indexes.push(index);
            }
        }
    }
    indexes
}

/// What keeps two documents from sharing the keys of which another finding tells.
pub fn distinct(function: &Function<'_>, slice: &Slice) -> Vec<UniqueIndex> {
    let collection = slice.commands.get(slice.act).and_then(|act| act.action.collection());
    let fields = function.distinct.to_vec();
    let index = collection.map(|collection| UniqueIndex { collection, fields, sparse: false, partial: None });
    index.into_iter().filter(|index| !index.fields.is_empty()).collect()
}

/// The collections whose documents are saved with a version.
pub fn versioned_of(function: &Function<'_>, slice: &Slice) -> Vec<bool> {
    let is_saved = |write: &Write, at: usize| {
        write.kind == WriteKind::Save && slice.collections.get(at).is_some_and(|handle| handle.same(&write.handle))
    };
    let writes = || function.writes.iter().zip(function.versioned);
    (0..slice.collections.len())
        .map(|at| writes().any(|(write, versioned)| !versioned.is_empty() && is_saved(write, at)))
        .collect()
}

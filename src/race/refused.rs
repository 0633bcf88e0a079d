//! Inserts of which the server refuses the second, whoever makes it: what is inserted has the same value under a unique key in
//! each request.
//!
//! Source: MongoDB manual, "Unique Indexes", "The `_id` Field".
//! Input: an insert. Output: whether a second one is refused. Must not know: rules.

use crate::project::Project;
use crate::project::schema::Schemas;
use crate::project::writes::{Write, WriteKind};
use crate::value::{Arena, C, V};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A second one is refused.
    Sure,
    /// What is inserted was stored, and may bring its `_id` along.
    Perhaps,
    None,
}

/// Whether the server refuses a second insert, where two requests found the same.
pub fn refusal(project: &mut Project, schemas: &Schemas, write: &Write, documents: &[V]) -> Refusal {
    if write.kind != WriteKind::Insert {
        return Refusal::None;
    }
    let is_fixed = |key: &String| {
        let mut own = write.fields.iter().filter(|field| field.path == *key);
        let is_value = |value: V| project.arena.is_literal(value) && value != Arena::UNDEFINED;
        own.any(|field| field.cond == C::TRUE && is_value(field.value))
    };
    let mut whole = schemas.unique.of(&write.handle).iter().filter(|index| index.partial.is_none() && !index.sparse);
    if is_fixed(&"_id".to_owned()) || whole.any(|index| !index.keys.is_empty() && index.keys.iter().all(is_fixed)) {
        return Refusal::Sure;
    }
    // insertOne(await removed.findOne({ name })), new User(removed.content)
    let stored = write.payload.and_then(|payload| project.loaded(payload, documents));
    match stored {
        Some((_, path, _)) if path.is_empty() => Refusal::Sure,
        Some(_) => Refusal::Perhaps,
        None => Refusal::None,
    }
}

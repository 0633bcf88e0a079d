//! The guard and the element hold one value under two types, or the element does not store what the guard looks for.

use super::context::{Context, Trace};
use super::guarded::{GuardKey, GuardedAppend};
use super::stored::Stored;
use crate::project::handle::Handle;
use crate::project::writes::Write;
use crate::value::{Coercion, Node, V};

const RULE: &str = "guard-type-mismatch";

/// The BSON types that code mixes up for one identity.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Text,
    ObjectId,
    Number,
}

impl Type {
    fn name(self) -> &'static str {
        match self {
            Type::Text => "a string",
            Type::ObjectId => "an ObjectId",
            Type::Number => "a number",
        }
    }
}

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for append in &trace.guarded {
        let Some(write) = trace.writes.get(append.write) else { continue };
        for key in &append.keys {
            for stored in ctx.stored(append, &key.field) {
                match stored {
                    Stored::Missing => missing(ctx, trace, write, append, key),
                    // Mongoose casts both sides to the schema's type.
                    Stored::Value(value) if !is_cast(ctx, &write.handle) => {
                        mismatch(ctx, trace, write, append, key, value);
                    }
                    _ => {}
                }
            }
        }
    }
}

fn is_cast(ctx: &Context<'_>, handle: &Handle) -> bool {
    let name = match handle {
        Handle::Value(value) => ctx.project.last_name(*value),
        Handle::Named(_) => None,
    };
    ctx.schemas.is_cast(handle, name)
}

/// The type that a value surely has.
fn type_of(ctx: &Context<'_>, value: V) -> Option<Type> {
    match ctx.project.arena.node(value) {
        Node::Coerce(Coercion::Text, _) | Node::Template(_) | Node::Str(_) => Some(Type::Text),
        Node::Coerce(Coercion::ObjectId, _) => Some(Type::ObjectId),
        Node::Coerce(Coercion::Number(_), _) | Node::Num(_) => Some(Type::Number),
        Node::OneOf(alternatives) => {
            let mut types = alternatives.iter().map(|(_, v)| type_of(ctx, *v));
            let first = types.next()??;
            types.all(|other| other == Some(first)).then_some(first)
        }
        _ => None,
    }
}

fn mismatch(ctx: &mut Context<'_>, trace: &Trace, write: &Write, append: &GuardedAppend, key: &GuardKey, value: V) {
    let (Some(guarded), Some(stored)) = (type_of(ctx, key.value), type_of(ctx, value)) else { return };
    if guarded == stored || !ctx.project.same_value(key.value, value) {
        return;
    }
    let array = &append.field.path;
    let path = path_text(array, &key.field);
    let mut draft = ctx.draft(RULE, trace, write, write.site);
    draft.array = Some(array.clone());
    draft.message = format!(
        "the guard compares {path} with {}, the element stores {}: they are never equal, so it is appended again",
        guarded.name(),
        stored.name()
    );
    draft.label = format!("guarded by {}, stored as {}", guarded.name(), stored.name());
    draft.help = match ctx.guard_at(trace, write, array, &[(key.field.clone(), value)]) {
        Some(guard) => format!("guard by the value that is stored: `{guard}`"),
        None => format!("guard {path} by the value that the element stores, in the same type"),
    };
    draft.pair = format!("{} {} {}", key.field, guarded.name(), stored.name());
    ctx.report(draft);
}

fn missing(ctx: &mut Context<'_>, trace: &Trace, write: &Write, append: &GuardedAppend, key: &GuardKey) {
    let array = &append.field.path;
    let path = path_text(array, &key.field);
    let mut draft = ctx.draft(RULE, trace, write, write.site);
    draft.array = Some(array.clone());
    draft.message =
        format!("the guard looks for {path}, but the appended element has no `{}`: it never refuses", key.field);
    draft.label = format!("the element does not store `{}`", key.field);
    draft.help = match crate::remedy::named(ctx.project, write, key.value) {
        Some(value) => format!("store the key in the element, `{}: {value}`, or guard by a field it has", key.field),
        None => format!("store `{}` in the element, or guard by a field it has", key.field),
    };
    draft.pair = format!("{} not stored", key.field);
    ctx.report(draft);
}

fn path_text(array: &str, field: &str) -> String {
    if field.is_empty() { format!("`{array}`") } else { format!("`{array}.{field}`") }
}

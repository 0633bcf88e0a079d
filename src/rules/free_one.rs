//! What an insert takes is one that no stored document has yet: a list of those that are taken is read, one that is not in it is
//! found, and stored.
//!
//! Part of `check-then-insert`. Input: an insert. Output: a draft. Must not know: formats.

use super::context::{Context, Trace};
use super::inserted::{Inserted, doubt_indexes, inserted_field, is_unseen_model, known_of_indexes};
use super::pending::{Judged, Mend};
use crate::diagnostic::Role;
use crate::limits;
use crate::project::mongo::{Action, DbCall};
use crate::project::writes::{FieldWrite, Write};
use crate::value::{C, Key, Node, V, children};

pub fn check(ctx: &mut Context<'_>, trace: &Trace, write: &Write) {
    if is_unseen_model(ctx, &write.handle) {
        return;
    }
    for field in write.fields.iter().filter(|field| field.operator == "insert") {
        let Some((free, taken, filter)) = free_one(ctx, write, field) else { continue };
        let keys = keys_of(ctx, write, field, filter);
        if !ctx.schemas.covers(&write.handle, &keys) {
            report(ctx, trace, write, &keys, (&free, &taken));
            return;
        }
    }
}

/// The read that finds a free one, the read of what is taken, and the filter of that.
///
/// `const taken = await bookings.distinct('table', { day }); tables.findOne({ _id: { $nin: taken } })`
fn free_one(ctx: &mut Context<'_>, write: &Write, field: &FieldWrite) -> Option<(DbCall, DbCall, V)> {
    let (_, _, free) = ctx.project.loaded(field.value, &[])?;
    let free = free.filter(|read| !read.handle.same(&write.handle))?;
    let (mut open, mut seen) = (vec![(free.filter?, false)], 0);
    while let Some((value, is_left_out)) = open.pop().filter(|_| seen < limits::SEARCHED) {
        seen += 1;
        if is_left_out
            && let Some(read) = ctx.project.read_of(value)
            && read.action == Action::FindMany
            && read.handle.same(&write.handle)
        {
            let filter = read.filter?;
            return Some((free, read, filter));
        }
        match ctx.project.arena.node(value).clone() {
            Node::Object(entries) => open.extend(entries.iter().map(|entry| {
                let is_nin = matches!(entry.key, Key::Name(name) if ctx.project.arena.text(name) == "$nin");
                (entry.value, is_left_out || is_nin)
            })),
            Node::Query { array, .. } => open.push((array, is_left_out)),
            node @ (Node::Array(_) | Node::Mapped(..) | Node::Coerce(..) | Node::OneOf(_) | Node::New { .. }) => {
                open.extend(children(&node).into_iter().map(|part| (part, is_left_out)));
            }
            _ => {}
        }
    }
    None
}

/// The field that takes a free one, and what the search for the taken ones asks for and the insert stores too.
fn keys_of(ctx: &mut Context<'_>, write: &Write, field: &FieldWrite, filter: V) -> Vec<String> {
    let mut keys = vec![field.path.clone()];
    for (name, value) in ctx.project.equalities(filter) {
        if let Inserted::Value(stored) = inserted_field(ctx, write, &name)
            && ctx.project.same_value(stored, value)
            && !keys.contains(&name)
        {
            keys.push(name);
        }
    }
    keys
}

fn report(ctx: &mut Context<'_>, trace: &Trace, write: &Write, keys: &[String], (free, taken): (&DbCall, &DbCall)) {
    let collection = ctx.handle_text(&write.handle);
    let (path, list) = (keys.first().map_or("", String::as_str), keys.join(" + "));
    let relation = ctx.claimed(trace, write);
    let mut draft = ctx.draft("check-then-insert", trace, write, write.site);
    draft.message = format!(
        "`{path}` of this insert is one that {collection} did not have when it was read, and {}: two requests can take the same",
        known_of_indexes(ctx, write)
    );
    draft.label = "inserts what was free".to_owned();
    draft.related.push((taken.site, Role::Check, "what is taken is read here".to_owned()));
    draft.related.push((free.site, Role::Context, "a free one is found here".to_owned()));
    doubt_indexes(ctx, write, keys, &mut draft);
    draft.help = format!(
        "let the server refuse the second one, by a unique index on {list}, of those documents alone that count as taken; on E11000 look for the next free one"
    );
    draft.pair = format!("{list} free -> insert");
    let mend = Mend::Nothing;
    ctx.report_judged(draft, trace, &Judged { needs_witness: true, mend, ..Judged::of(write, C::TRUE, relation) });
}

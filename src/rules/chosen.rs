//! What an insert stores is chosen by whether, or how many, documents of the same collection are there: the first user becomes the
//! administrator, the first address the default.
//!
//! Part of `check-then-insert`. Input: an insert. Output: a draft. Must not know: formats.

use super::context::{Context, Trace};
use super::pending::{Judged, Mend};
use crate::diagnostic::{Level, Role};
use crate::limits;
use crate::project::mongo::{Action, DbCall};
use crate::project::writes::{FieldWrite, Write};
use crate::value::{C, Coercion, Node, children};

/// `User.create({ email, role: (await User.countDocuments()) === 0 ? 'admin' : 'user' })`
pub fn check(ctx: &mut Context<'_>, trace: &Trace, write: &Write) {
    // Of two documents with one `_id` the server stores one.
    for field in write.fields.iter().filter(|field| field.operator == "insert" && field.path != "_id") {
        let Some(read) = chosen_by(ctx, write, field) else { continue };
        report(ctx, trace, write, field, &read);
        return;
    }
}

/// The read of the same collection that decides which of several values is stored.
fn chosen_by(ctx: &mut Context<'_>, write: &Write, field: &FieldWrite) -> Option<DbCall> {
    // What is decided by, and what is stored as it is.
    let (mut open, mut seen) = (vec![(field.value, false)], Vec::new());
    while let Some((value, decides)) = open.pop() {
        if seen.contains(&(value, decides)) || seen.len() > limits::SEARCHED {
            continue;
        }
        seen.push((value, decides));
        if let Some((_, path, Some(read))) = ctx.project.loaded(value, &[]) {
            let is_presence = read.handle.same(&write.handle)
                && match read.action {
                    Action::Count | Action::FindOne | Action::Exists => path.is_empty(),
                    // if ((await Page.find({ slug })).length) slug = next(slug)
                    Action::FindMany => path == ["length"],
                    _ => false,
                };
            if decides && is_presence {
                return Some(read);
            }
            continue;
        }
        match ctx.project.arena.node(value).clone() {
            Node::OneOf(alternatives) => {
                for (cond, value) in alternatives {
                    open.push((value, decides));
                    open.extend(ctx.project.arena.atoms_of(cond).into_iter().map(|atom| (atom.value, true)));
                }
            }
            node @ (Node::Compare(..) | Node::Not(_) | Node::Nullish(_) | Node::Coerce(Coercion::Bool, _)) => {
                open.extend(children(&node).into_iter().map(|part| (part, true)));
            }
            node @ (Node::And(_) | Node::Or(_)) => {
                open.extend(children(&node).into_iter().map(|part| (part, decides)));
            }
            _ => {}
        }
    }
    None
}

fn report(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite, read: &DbCall) {
    let (path, collection) = (&field.path, ctx.handle_text(&write.handle));
    let relation = ctx.claimed(trace, write);
    let mut draft = ctx.draft("check-then-insert", trace, write, write.site);
    draft.lowered = Some((Level::Warning, "both documents are stored, each as if it were the first"));
    draft.message = format!(
        "`{path}` of this insert depends on which documents {collection} holds: two requests can both find none and store the same"
    );
    draft.label = format!("stores `{path}` as it was decided");
    draft.related.push((read.site, Role::Check, "asked here".to_owned()));
    draft.help = format!(
        "let the server keep apart who is first: a partial unique index on the documents with that `{path}`, and on E11000 insert it with the other value"
    );
    draft.pair = format!("{path} -> insert");
    let judged = Judged { needs_witness: true, mend: Mend::Nothing, ..Judged::of(write, C::TRUE, relation) };
    ctx.report_judged(draft, trace, &judged);
}

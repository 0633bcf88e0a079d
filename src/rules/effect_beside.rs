//! Something is done outside of the database for a document that is used up beside it: deleted, marked together with others, or
//! inserted because it was not found. Two requests find it as it was, and both do it.
//!
//! Part of `check-then-update` and `check-then-insert`. Input: a function's trace. Output: drafts. Must not know: formats.

use super::check_then_update::is_asked;
use super::consumed::{is_of, not_found};
use super::context::{Context, Trace};
use super::pending::{Judged, Mend, Repeats};
use super::repeated::announces;
use crate::diagnostic::{Level, Role};
use crate::project::Op;
use crate::project::checks::{Check, CheckKind};
use crate::project::effects::may_be_done_again;
use crate::project::mongo::Action;
use crate::project::writes::{Write, WriteKind};
use crate::value::{C, Node, Site, V};
use rustc_hash::FxHashMap;

/// Something that is done outside of the database.
struct Effect {
    name: String,
    site: Site,
    cond: C,
    args: Vec<V>,
}

/// How a write sees to it that a request that comes later does not do it again.
enum How {
    Deleted,
    /// The field of this path no longer is what the read asked for.
    Marked(String),
    /// A unique index holds these keys once.
    Inserted(String),
}

/// `for (const row of await Mail.find({})) { await send(row.to); await Mail.deleteOne({ _id: row._id }); }`
pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    if !trace.writes.iter().any(settles) {
        return;
    }
    let effects = effects(ctx, trace);
    if effects.is_empty() {
        return;
    }
    ctx.aside(|ctx| {
        let mut known: FxHashMap<C, Vec<Check>> = FxHashMap::default();
        for write in trace.writes.iter().filter(|write| settles(write)) {
            let settled = effects.iter().find_map(|effect| {
                let (read, how) = settled(ctx, trace, effect, write, &mut known)?;
                Some((effect, read, how))
            });
            if let Some((effect, read, how)) = settled {
                report(ctx, trace, write, effect, (read, &how));
            }
        }
    });
}

fn settles(write: &Write) -> bool {
    matches!(write.kind, WriteKind::Delete | WriteKind::Insert) || write.upsert || is_of_many(write)
}

fn is_of_many(write: &Write) -> bool {
    write.kind == WriteKind::Update && write.method == "updateMany"
}

fn effects(ctx: &Context<'_>, trace: &Trace) -> Vec<Effect> {
    let mut effects = Vec::new();
    for step in trace.steps.iter() {
        let (Op::Call { args, .. }, Some(name)) = (&step.op, ctx.project.outside_effect(step)) else { continue };
        if !may_be_done_again(name) && !announces(name) && ctx.project.is_known_effect(step) {
            let (name, site, cond, args) = (name.to_owned(), step.site, step.cond, args.clone());
            effects.push(Effect { name, site, cond, args });
        }
    }
    effects
}

/// The read for whose documents, or for whose lack of one, an effect is done, and how a write uses them up.
fn settled(
    ctx: &mut Context<'_>,
    trace: &Trace,
    effect: &Effect,
    write: &Write,
    known: &mut FxHashMap<C, Vec<Check>>,
) -> Option<(Site, How)> {
    if ctx.project.arena.conflict(effect.cond, write.cond)
        || write.handle.name().is_none()
        || takes_back(ctx, effect, write)
    {
        return None;
    }
    if write.kind != WriteKind::Delete && !is_of_many(write) {
        let checks =
            known.entry(effect.cond).or_insert_with(|| ctx.project.checks(effect.cond, &trace.documents)).clone();
        let (check, keys) = not_found(ctx, effect.cond, &checks, write)?;
        return Some((check.read?.site, How::Inserted(keys)));
    }
    for (root, read) in ctx.project.reads_in(effect.args.iter().copied()) {
        if !matches!(read.action, Action::FindOne | Action::FindMany) || !is_of(ctx, root, &read, write) {
            continue;
        }
        if write.kind == WriteKind::Delete {
            // A channel is told of the one document that somebody deletes: that it is told twice says nothing wrong.
            if read.action == Action::FindOne && effect.name == "send" {
                continue;
            }
            return Some((read.site, How::Deleted));
        }
        let (site, kind) = (read.site, CheckKind::Document);
        let check = Check { root, read: Some(read), kind, holds: true, leaf: root, under: C::TRUE };
        let mut asked = write.fields.iter().filter(|field| is_asked(ctx, &check, field));
        // What is taken out of a list leaves others in it, for which it is found again.
        let marked = asked.find(|field| !matches!(field.operator.as_str(), "$pull" | "$pullAll" | "$pop"));
        if let Some(field) = marked {
            return Some((site, How::Marked(field.path.clone())));
        }
    }
    None
}

/// Whether a write is done where the effect has failed: it takes back what was there for it, and uses nothing up.
/// `const sent = await mailer.send(user.email); if (!sent) await User.deleteOne({ _id: user._id })`
fn takes_back(ctx: &Context<'_>, effect: &Effect, write: &Write) -> bool {
    ctx.project.arena.atoms(write.cond).into_iter().any(|atom| {
        let is_effect = matches!(ctx.project.arena.node(atom.value), Node::Call { site, .. } if *site == effect.site);
        is_effect && !atom.holds
    })
}

fn report(ctx: &mut Context<'_>, trace: &Trace, write: &Write, effect: &Effect, (read, how): (Site, &How)) {
    let (collection, name) = (ctx.handle_text(&write.handle), &effect.name);
    let rule = if write.kind == WriteKind::Insert { "check-then-insert" } else { "check-then-update" };
    let mut draft = ctx.draft(rule, trace, write, write.site);
    draft.lowered =
        Some((Level::Warning, "what is stored in the end is right; what is done twice is outside of the database"));
    let (found, message, label, help) = match how {
        How::Deleted => (
            "found here",
            format!(
                "`{name}` is called for what is found in {collection}, and this deletes it whoever was first: two requests can both find it and both call it"
            ),
            "deletes what both have found".to_owned(),
            format!(
                "delete each document first, in one command that says whether it was there (`deletedCount`, `findOneAndDelete`), and call `{name}` only for the request that deleted it"
            ),
        ),
        How::Marked(path) => (
            "found here",
            format!(
                "`{name}` is called for what is found in {collection}, and this sets `{path}` of all of it at last: two requests can both find it and both call it"
            ),
            format!("sets `{path}` whoever was first"),
            format!(
                "set `{path}` first, of each document in one command whose filter asks what was searched for, and call `{name}` only where it matched"
            ),
        ),
        How::Inserted(keys) => (
            "not found here",
            format!(
                "`{name}` is called where {collection} has no document with this {keys}: two requests can both find none and both call it, and the unique index keeps out the second document, not the call"
            ),
            "inserts what both have not found".to_owned(),
            format!(
                "insert the document of {collection} first, and call `{name}` only where the insert was not refused (E11000)"
            ),
        ),
    };
    (draft.message, draft.label, draft.help) = (message, label, help);
    draft.related.push((read, Role::Check, found.to_owned()));
    draft.related.push((effect.site, Role::Context, "done here".to_owned()));
    draft.pair = format!("find {collection} -> {name}");
    let relation = ctx.claimed(trace, write);
    let (needs_witness, repeats) = (true, Some(Repeats::Outside(name.clone())));
    let judged = Judged { needs_witness, repeats, mend: Mend::Nothing, ..Judged::of(write, C::TRUE, relation) };
    ctx.report_judged(draft, trace, &judged);
}

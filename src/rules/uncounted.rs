//! A save that writes a list whole asks for the version of its document, and other code changes the list without counting one:
//! an update, or an element that is changed in place and saved. What it changes in between is lost.
//!
//! Part of `array-overwrite`. Source: Mongoose, "Versioning"; `lib/model.js`, `operand`.
//! Input: the writes of all functions. Output: drafts. Must not know: formats.

use super::array_overwrite::under_version;
use super::changes::asked_of;
use super::context::{Context, Trace};
use super::copies::Changed;
use super::overwriting;
use super::pending::Judged;
use crate::diagnostic::{Level, Role};
use crate::judge::Overwritten;
use crate::project::writes::{FieldWrite, Write};
use crate::race::decision::Loaded;
use crate::race::path;
use crate::race::relation::Taken;
use crate::value::V;

const RULE: &str = "array-overwrite";

/// Notes whether a function writes a list whole under the version of its document.
pub fn note(ctx: &mut Context<'_>, trace: &Trace) {
    let mut named = trace.writes.iter().filter(|write| write.handle.name().is_some());
    if named.any(|write| under_version(ctx, trace, write).is_some()) {
        ctx.stale.saving.push(trace.func);
    }
}

/// Asks of each such list whether others change it without counting a version.
pub fn check(ctx: &mut Context<'_>) {
    let stale = std::mem::take(&mut ctx.stale);
    ctx.revisit(&stale.saving, &[RULE, "lost-update"], false, |ctx, trace, write, _| {
        check_write(ctx, trace, write, stale.changed.of(&write.handle));
    });
    ctx.stale = stale;
}

fn check_write(ctx: &mut Context<'_>, trace: &Trace, write: &Write, changed: &[Changed]) {
    let Some((field, root)) = under_version(ctx, trace, write) else { return };
    let place = ctx.project.base_site(write.site);
    let owner = trace.steps.get(write.step).map_or(trace.func, |step| step.owner);
    let asked = asked_of(ctx, write);
    let other = changed.iter().find(|other| {
        path::is_within(&other.path, &field.path)
            && !other.is_counted
            && other.place != place
            && !ctx.project.is_in_text(owner, other.place)
            && !other.is_of_others(&asked, changed)
    });
    if let Some(other) = other {
        report(ctx, trace, write, (&field, root), other);
    }
}

fn report(ctx: &mut Context<'_>, trace: &Trace, write: &Write, (field, root): (&FieldWrite, V), other: &Changed) {
    let array = field.path.as_str();
    let read = ctx.project.loaded(root, &trace.documents).and_then(|(_, _, read)| read);
    let loaded = Loaded { root, read: read.as_ref(), documents: &trace.documents };
    let relation = ctx.relation_to(trace, &loaded, write, write.cond, Taken::Value(array));
    let mut draft = ctx.draft(RULE, trace, write, write.site);
    draft.lowered = draft.lowered.or(Some((Level::Warning, "what is lost is a change that other code makes")));
    draft.message = format!(
        "`{array}` is written back whole under the version of its document, which other code that changes it does not count: a change of it in between is lost"
    );
    draft.label = format!("writes the whole of `{array}`");
    draft.array = Some(array.to_owned());
    draft.related.extend(read.map(|read| (read.site, Role::Check, "loaded here".to_owned())));
    draft.related.push((other.site, Role::Context, format!("`{array}` is changed here, and no version counted")));
    draft.help = overwriting::shape(ctx, trace, write, field, root, array).help(array);
    draft.pair = format!("{array} loaded -> written whole under a version");
    let overwritten = Some(Overwritten::Uncounted(array.to_owned()));
    let act = Judged { overwritten, needs_witness: true, may_repeat: true, ..Judged::of(write, field.cond, relation) };
    ctx.report_judged(draft, trace, &act);
    ctx.settle(trace);
}

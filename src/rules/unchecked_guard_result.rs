//! The result of a guarded append is dropped.

use super::check_then_push::keys_of;
use super::context::{Context, Trace};
use super::guarded::GuardedAppend;
use crate::project::Op;
use crate::project::checks::CheckKind;
use crate::project::mongo::Action;
use crate::project::writes::Write;
use crate::value::Node;

const RULE: &str = "unchecked-guard-result";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for append in &trace.guarded {
        let Some(write) = trace.writes.get(append.write) else { continue };
        // .orFail() looks at the result itself.
        let dropped = trace.steps.get(write.step).is_some_and(|step| step.dropped && !step.decides);
        // $addToSet says the same by itself; an upsert has a rule of its own; many documents may all hold it already.
        if !dropped
            || append.field.operator == "$addToSet"
            || write.upsert
            || write.method == "bulkWrite"
            || ctx.project.is_of_many(write)
        {
            continue;
        }
        if is_known_to_exist(ctx, trace, append.write, write) {
            // A caller or an earlier handler of the route loaded it.
            ctx.veto(RULE, write.site);
            continue;
        }
        if is_called_back(ctx, trace, write) || is_looked_up(ctx, trace, append) || is_read_again(ctx, trace, write) {
            continue;
        }
        let array = append.field.path.clone();
        let mut draft = ctx.draft(RULE, trace, write, write.site);
        draft.message = format!(
            "the result of this guarded push is dropped: `{array}` may hold it already, or no document matched"
        );
        draft.label = "nothing looks at matchedCount".to_owned();
        draft.help = match write.method.starts_with("find") {
            true => {
                "look at the result: null means that it is there already, or that there is no such document".to_owned()
            }
            false => "look at the result: `matchedCount` 0 means that it is there already, or that there is no such \
                      document"
                .to_owned(),
        };
        draft.array = Some(array);
        draft.pair = "guarded push, result dropped".to_owned();
        ctx.report(draft);
    }
}

/// Whether the document was loaded on this path, so that a miss can only mean 'already there': the path asked something of
/// it, or the filter takes its identity from it.
fn is_known_to_exist(ctx: &mut Context<'_>, trace: &Trace, at: usize, write: &Write) -> bool {
    let Some(filter) = write.filter else { return false };
    let from_document = ctx
        .project
        .equalities(filter)
        .into_iter()
        .any(|(_, value)| ctx.project.loaded(value, &trace.documents).is_some_and(|(_, path, _)| !path.is_empty()));
    from_document
        || trace.checks.get(at).cloned().unwrap_or_default().iter().any(|check| {
            (check.holds || !matches!(check.kind, CheckKind::Document))
                && ctx.project.same_document(check.root, check.read.as_ref(), &write.handle, Some(filter), None)
        })
}

/// Whether the path has looked for the element before, so that a refusal only means that another request was first.
fn is_looked_up(ctx: &mut Context<'_>, trace: &Trace, append: &GuardedAppend) -> bool {
    let checks = trace.checks.get(append.write).cloned().unwrap_or_default();
    checks.iter().any(|check| !check.holds && !keys_of(ctx, check, &append.field.path).is_empty())
}

/// Whether the document is read again after the append, which shows what became of it: `updateOne({ _id, votes: { $ne: who } }, …)`,
/// then `findById(_id)`.
fn is_read_again(ctx: &mut Context<'_>, trace: &Trace, write: &Write) -> bool {
    let Some(filter) = write.filter else { return false };
    let own = ctx.project.equalities(filter);
    trace.steps.iter().skip(write.step + 1).any(|step| {
        let Op::Call { recv: Some(recv), name: Some(name), args, .. } = &step.op else { return false };
        let Some(read) = ctx.project.db_call(step.site, *recv, *name, args) else { return false };
        let asked = read.filter.map(|filter| ctx.project.equalities(filter)).unwrap_or_default();
        read.action == Action::FindOne
            && read.handle.same(&write.handle)
            && ctx.project.arena.holds_under(step.cond, write.cond)
            && !asked.is_empty()
            && asked.iter().all(|asked| own.contains(asked))
    })
}

/// Whether the result goes to a callback: `update(filter, change, done)`.
fn is_called_back(ctx: &Context<'_>, trace: &Trace, write: &Write) -> bool {
    let Some(Op::Call { args, .. }) = trace.steps.get(write.step).map(|step| &step.op) else { return false };
    let Some(last) = args.last().filter(|_| args.len() > 2) else { return false };
    match ctx.project.arena.node(*last) {
        Node::Func(_) => true,
        Node::Param(..) => matches!(ctx.show(*last).as_str(), "done" | "cb" | "callback" | "next" | "fn"),
        _ => false,
    }
}

//! The result of a guarded append is dropped.

use super::context::{Context, Trace};
use crate::value::V;

const RULE: &str = "unchecked-guard-result";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for append in &trace.guarded {
        let Some(write) = trace.writes.get(append.write) else { continue };
        let dropped = trace.steps.get(write.step).is_some_and(|step| step.dropped);
        // $addToSet says the same by itself; an upsert has a rule of its own.
        if !dropped || append.field.operator == "$addToSet" || write.upsert || write.method == "bulkWrite" {
            continue;
        }
        if write.filter.is_some_and(|filter| is_known_to_exist(ctx, trace, write.step, filter)) {
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

/// Whether the document was read before by the same identity, so that a miss can only mean 'already there'.
fn is_known_to_exist(ctx: &mut Context<'_>, trace: &Trace, step: usize, filter: V) -> bool {
    let cond = trace.writes.iter().find(|write| write.step == step).map(|write| write.cond);
    let Some(cond) = cond else { return false };
    let wanted = ctx.project.equalities(filter);
    ctx.project.checks(cond, &trace.documents).into_iter().any(|check| {
        check.holds
            && check.read.as_ref().and_then(|read| read.filter).is_some_and(|read| {
                ctx.project.equalities(read).iter().any(|(name, value)| {
                    name == "_id" && wanted.iter().any(|(other, v)| other == name && ctx.project.same_value(*value, *v))
                })
            })
    })
}

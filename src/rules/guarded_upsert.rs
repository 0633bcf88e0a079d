//! A guard together with `upsert: true`.

use super::context::{Context, Trace};

const RULE: &str = "guarded-upsert";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for append in &trace.guarded {
        let Some(write) = trace.writes.get(append.write).filter(|write| write.upsert) else { continue };
        // The refusal is expected as E11000.
        if trace.steps.get(write.step).is_some_and(|step| step.duplicate_key_caught) {
            continue;
        }
        let array = append.field.path.clone();
        let by_id =
            write.filter.is_some_and(|filter| ctx.project.equalities(filter).iter().any(|(name, _)| name == "_id"));
        let mut draft = ctx.draft(RULE, trace, write, write.site);
        draft.message = if by_id {
            format!("when the guard on `{array}` refuses, `upsert` tries to insert the same `_id`: E11000")
        } else {
            format!("when the guard on `{array}` refuses, `upsert` inserts a second document with the element")
        };
        draft.label = "a refused guard becomes an insert".to_owned();
        let index = if by_id { "" } else { ", under a unique index on the key by which it is found" };
        draft.help = format!(
            "drop `upsert: true`, and create the document before, by an `updateOne` of its own with `$setOnInsert` and `upsert: true`{index}"
        );
        draft.array = Some(array);
        draft.pair = "guard and upsert".to_owned();
        ctx.report(draft);
    }
}

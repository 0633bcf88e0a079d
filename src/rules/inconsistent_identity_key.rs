//! Two write paths append the same kind of element and tell it apart by different keys.

use super::context::Context;
use super::draft::Draft;
use super::key_row::KeyRow;
use crate::config::TrackedArray;
use crate::diagnostic::Role;
use crate::value::{Site, SiteInfo};
use indexmap::IndexMap;

const RULE: &str = "inconsistent-identity-key";

impl Context<'_> {
    /// Notes that a write path tells elements of a kind apart by these fields.
    pub fn note_key(&mut self, array: &TrackedArray, kind: usize, fields: &[String], mut draft: Draft) {
        let Some(array_at) = self.config.arrays.iter().position(|other| std::ptr::eq(other, array)) else { return };
        let mut fields = fields.to_vec();
        fields.sort();
        fields.dedup();
        draft.array = Some(array.field.clone());
        self.key_rows.push(KeyRow { array: array_at, kind, fields, draft });
    }
}

/// One finding for each kind whose write paths use more than one key: at the first path that does not use the kind's
/// own key, with all others as related places.
pub fn check(ctx: &mut Context<'_>) {
    let rows = std::mem::take(&mut ctx.key_rows);
    for (array_at, array) in ctx.config.arrays.iter().enumerate() {
        for (kind_at, kind) in array.kinds.iter().enumerate() {
            let mut views: IndexMap<(SiteInfo, &[String]), &KeyRow> = IndexMap::new();
            for row in rows.iter().filter(|row| (row.array, row.kind) == (array_at, kind_at)) {
                let path = (ctx.project.base_site(row.draft.site), row.fields.as_slice());
                // Of two views of one path, the one that knows the collection speaks.
                let view = views.entry(path).or_insert(row);
                if row.draft.collection.is_some() {
                    *view = row;
                }
            }
            if !differ(views.keys()) {
                continue;
            }
            let mut own: Vec<&KeyRow> = views.into_values().collect();
            own.sort_by_key(|row| {
                let place = ctx.project.base_site(row.draft.site);
                (place.file, place.start, row.fields.clone())
            });
            let mut right = kind.key.clone();
            right.sort();
            let Some(first) = own.iter().find(|row| row.fields != right).or(own.first()) else { continue };
            report(ctx, &kind.name, &kind.key, &array.field, first, &own);
        }
    }
}

/// Whether two places use two keys. Where there are two of each, two rows differ in both.
fn differ<'a>(paths: impl Iterator<Item = &'a (SiteInfo, &'a [String])> + Clone) -> bool {
    let Some((place, fields)) = paths.clone().next() else { return false };
    paths.clone().any(|path| path.0 != *place) && paths.clone().any(|path| path.1 != *fields)
}

fn report(ctx: &mut Context<'_>, kind: &str, key: &[String], array: &str, first: &KeyRow, rows: &[&KeyRow]) {
    let mut keys: Vec<String> = Vec::new();
    for row in rows {
        let text = row.fields.join(" + ");
        if !keys.contains(&text) {
            keys.push(text);
        }
    }
    let mut draft = first.draft.clone();
    draft.rule = RULE;
    draft.message = format!(
        "write paths tell a {kind} in `{array}` apart by different keys ({}): what one refuses another appends",
        keys.join("; ")
    );
    draft.label = format!("by {}", first.fields.join(" + "));
    draft.help = format!("use one key on every path that appends a {kind}: {}", key.join(" + "));
    draft.pair = format!("{kind} by {}", keys.join("; "));
    for row in rows {
        if ctx.project.base_site(row.draft.site) != ctx.project.base_site(first.draft.site) {
            draft.related.push((row.draft.site, Role::Act, format!("by {} here", row.fields.join(" + "))));
        }
    }
    // A rewrite of the whole array keeps whatever its code keeps, by no key at all.
    let rewrites: Vec<Site> = ctx
        .drafts
        .iter()
        .filter(|other| other.rule == "array-overwrite" && other.array.as_deref() == Some(array))
        .map(|other| other.site)
        .collect();
    draft.related.extend(rewrites.into_iter().map(|site| (site, Role::Context, "rewritten whole here".to_owned())));
    ctx.drafts.push(draft);
}

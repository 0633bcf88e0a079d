//! A value is computed from what other writes of the function change beside it, and stored: a sum, an average, a count.
//!
//! Part of `lost-update`. Of two requests the one that has read first may store what it has computed last.
//!
//! Input: a function's trace. Output: drafts. Must not know: formats.

use super::context::{Context, Trace};
use super::pending::Judged;
use super::words::shown;
use crate::diagnostic::{Level, Role};
use crate::limits;
use crate::project::mongo::{Action, DbCall};
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::decision::Loaded;
use crate::race::relation::Taken;
use crate::value::{Node, Site, V, children};

const RULE: &str = "lost-update";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for write in &trace.writes {
        if !matches!(write.kind, WriteKind::Update | WriteKind::Replace | WriteKind::Save) {
            continue;
        }
        for field in &write.fields {
            if !matches!(field.operator.as_str(), "$set" | "replace") || ctx.is_versioned(write, field) {
                continue;
            }
            if let Some(source) = source(ctx, trace, write, field) {
                report(ctx, trace, write, field, &source);
                break;
            }
        }
    }
}

/// What a value is computed from.
struct Source {
    root: V,
    read: DbCall,
    /// The field of the document, or nothing for all that was found.
    path: String,
    /// The write that changes it.
    changed: Site,
}

fn source(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite) -> Option<Source> {
    for value in computed(ctx, field.value) {
        let Some((root, path, Some(read))) = ctx.project.loaded(value, &[]) else { continue };
        let found = match read.action {
            Action::Count | Action::FindMany => {
                changed_before(ctx, trace, write, &read).map(|site| (String::new(), site))
            }
            Action::FindOne => {
                let path = path.join(".");
                changed_beside(ctx, write, (root, &read), &path, field).map(|site| (path, site))
            }
            _ => None,
        };
        if let Some((path, changed)) = found {
            return Some(Source { root, read, path, changed });
        }
    }
    None
}

/// The write before a read that changes what is read: `create(review)`, then `find({ book })`.
fn changed_before(ctx: &Context<'_>, trace: &Trace, write: &Write, read: &DbCall) -> Option<Site> {
    let at = trace.steps.iter().position(|step| step.site == read.site)?;
    let is_change = |other: &&Write| {
        other.step < at
            && other.handle.same(&read.handle)
            && !(other.handle.same(&write.handle) && other.site == write.site)
            && !ctx.project.arena.conflict(other.cond, write.cond)
    };
    trace.writes.iter().find(is_change).map(|other| other.site)
}

/// The change of the list of the same document beside the value that is computed from it: `$push: { lines }, $set: { total }`.
fn changed_beside(
    ctx: &mut Context<'_>,
    write: &Write,
    (root, read): (V, &DbCall),
    path: &str,
    field: &FieldWrite,
) -> Option<Site> {
    if path.is_empty() || path == field.path {
        return None;
    }
    let array = path.split(".*").next().unwrap_or(path);
    let is_change = |other: &&FieldWrite| {
        other.path == array && matches!(other.operator.as_str(), "$push" | "$addToSet" | "$pull" | "$pullAll" | "$inc")
    };
    let found = write.fields.iter().find(is_change)?;
    ctx.project.same_document(root, Some(read), &write.handle, write.filter, write.document).then_some(found.site)
}

/// The values that a sum, a count or an average is computed from.
fn computed(ctx: &mut Context<'_>, value: V) -> Vec<V> {
    let (mut open, mut found, mut seen) = (vec![(value, 0)], Vec::new(), rustc_hash::FxHashSet::default());
    while let Some((at, depth)) = open.pop() {
        if !seen.insert(at) || seen.len() > limits::SEARCHED || depth > limits::COMPUTED_DEPTH {
            continue;
        }
        let is_loaded = ctx.project.loaded(at, &[]).is_some();
        if is_loaded {
            found.push(at);
            continue;
        }
        match ctx.project.arena.node(at).clone() {
            // status: order.total === order.paid + amount ? 'paid' : 'partial'
            Node::OneOf(alternatives) => {
                for (cond, value) in alternatives {
                    open.push((value, depth + 1));
                    open.extend(ctx.project.arena.atoms_of(cond).into_iter().map(|atom| (atom.value, depth + 1)));
                }
            }
            node @ (Node::Derived(..) | Node::Coerce(..) | Node::Mapped(..) | Node::Compare(..) | Node::Not(_)) => {
                open.extend(children(&node).into_iter().map(|v| (v, depth + 1)));
            }
            // found.length, totals[0].sum, list.filter(…).length
            Node::Member(inner, _) | Node::Index(inner, _) => open.push((inner, depth + 1)),
            Node::Query { array, .. } => open.push((array, depth + 1)),
            _ => {}
        }
    }
    found
}

/// Whether a value is an average or a share, which no operator of an update keeps.
fn is_divided(ctx: &Context<'_>, value: V) -> bool {
    ctx.project.contains(value, &mut |project, part| match project.arena.node(part) {
        Node::Derived(operator, _) => project.arena.text(*operator) == "/",
        _ => false,
    })
}

fn report(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite, source: &Source) {
    let loaded = Loaded { root: source.root, read: Some(&source.read), documents: &trace.documents };
    let taken = if source.path.is_empty() { Taken::Other } else { Taken::Value(&source.path) };
    let relation = ctx.relation_to(trace, &loaded, write, write.cond, taken);
    let path = shown(&field.path);
    let of = match source.path.as_str() {
        "" => ctx.handle_text(&source.read.handle),
        path => format!("`{path}`"),
    };
    let mut draft = ctx.draft(RULE, trace, write, write.site);
    draft.lowered = draft.lowered.or(Some((Level::Warning, "the next request computes it anew")));
    draft.message = format!(
        "`{path}` is computed from {of} as it was read and stored: of two requests, the older value can be stored last"
    );
    draft.label = format!("stores `{path}` as it was computed");
    draft.array = Some(field.path.clone());
    draft.related.push((source.read.site, Role::Check, "read here".to_owned()));
    if source.changed != write.site {
        draft.related.push((source.changed, Role::Context, "changed here".to_owned()));
    }
    draft.help = match source.path.as_str() {
        "" if is_divided(ctx, field.value) => format!(
            "store what `{path}` is computed from, a sum and a number, change each by `$inc`, and divide where it is read; or compute it anew in one pipeline update after each change"
        ),
        "" => {
            format!("let each request change the stored `{path}` by what it adds itself, by an operator of the update")
        }
        source => format!("let the server compute `{path}` from the stored `{source}`, by a pipeline update"),
    };
    draft.pair = format!("{of} -> {}", field.path);
    ctx.report_judged(
        draft,
        trace,
        &Judged { needs_witness: true, may_repeat: true, ..Judged::of(write, field.cond, relation) },
    );
}

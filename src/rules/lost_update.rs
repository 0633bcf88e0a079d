//! A scalar computed from its own loaded value is written back.

use super::bounded;
use super::consumed::not_found;
use super::context::{Context, Trace};
use super::pending::{Judged, Mend};
use super::words::shown;
use crate::diagnostic::{Level, Role};
use crate::limits;
use crate::project::Project;
use crate::project::declared::Declared;
use crate::project::mongo::DbCall;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::decision::Loaded;
use crate::race::relation::{Relation, Taken};
use crate::value::{C, Coercion, Key, Node, Site, V};

const RULE: &str = "lost-update";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for write in &trace.writes {
        if !matches!(write.kind, WriteKind::Update | WriteKind::Replace | WriteKind::Save) {
            continue;
        }
        // One finding for one save, however many fields it writes back.
        ctx.first_of(|ctx| {
            for (own, field) in write.fields.iter().enumerate() {
                if !is_set(ctx, write, field) {
                    continue;
                }
                let found = own_value(ctx, trace, write, field).or_else(|| {
                    let root = super::toggled::chosen_by_itself(ctx, trace, write, field)?;
                    Some((root, Operation::Toggle, field.cond))
                });
                let found = found.or_else(|| {
                    let root = super::recomputed::recomputed(ctx, trace, write, field)?;
                    Some((root, Operation::Recomputed, field.cond))
                });
                let Some((root, operation, cond)) = found else { continue };
                let read = ctx.project.read_of(root).or_else(|| list_read(ctx, root));
                let is_next = operation == Operation::Add && asks_for_more(ctx, write, read.as_ref(), root);
                let operation = if is_next { Operation::Next } else { operation };
                let loaded = Loaded { root, read: read.as_ref(), documents: &trace.documents };
                let relation = ctx.relation_to(trace, &loaded, write, write.cond, Taken::Value(&field.path));
                let read = read.map(|read| read.site);
                report(ctx, trace, write, (own, field, cond), read, operation, relation);
            }
        });
    }
}

fn is_set(ctx: &mut Context<'_>, write: &Write, field: &FieldWrite) -> bool {
    matches!(field.operator.as_str(), "$set" | "replace") && !field.path.is_empty() && !ctx.is_versioned(write, field)
}

/// The paths of all fields of a write that are computed as one of them is, in code marks: `` `size` and `count` ``
fn computed_with(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    (own, path, operation): (usize, &str, Operation),
) -> String {
    let mut paths = vec![format!("`{path}`")];
    for (_, other) in write.fields.iter().enumerate().filter(|(at, _)| *at != own) {
        let is_new = !paths.iter().any(|known| known.trim_matches('`') == other.path) && !other.path.contains('*');
        let is_alike = is_new
            && is_set(ctx, write, other)
            && own_value(ctx, trace, write, other).is_some_and(|(_, found, _)| found == operation)
            && is_sum(ctx, other.value);
        if is_alike {
            paths.push(format!("`{}`", other.path));
        }
    }
    paths.join(" and ")
}

fn list_read(ctx: &mut Context<'_>, root: V) -> Option<DbCall> {
    match ctx.project.arena.node(root) {
        Node::Element(list) | Node::Index(list, _) => {
            let list = *list;
            ctx.project.read_of(list)
        }
        _ => None,
    }
}

/// Whether an upsert looks for its document by more than the read did, so that the value is that of another one where it inserts:
/// the highest position of a user's tags, for the tag of a name.
fn asks_for_more(ctx: &mut Context<'_>, write: &Write, read: Option<&DbCall>, root: V) -> bool {
    let (Some(own), Some(read)) = (write.filter, read.and_then(|read| read.filter)) else { return false };
    let searched = ctx.project.equalities(read);
    let is_more = |ctx: &mut Context<'_>, (name, value): &(String, V)| {
        !searched.iter().any(|(known, _)| known == name)
            && !ctx.project.contains(*value, &mut |_, part| part == root)
            && !ctx.project.arena.is_literal(*value)
    };
    write.upsert && ctx.project.equalities(own).iter().any(|asked| is_more(ctx, asked))
}

/// How a value was computed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    Add,
    /// What is added to may be of another document of the collection.
    Next,
    Other,
    Negate,
    /// One of several constants takes the place of another.
    Toggle,
    Text,
    /// A function that is not followed computes it, of what a request brings too.
    Unknown,
    /// It is made in any way of what was loaded and of what the request brings.
    Recomputed,
}

/// The loaded document whose field the value is computed from, when it is the field that is written, and the condition under
/// which it is written so.
fn own_value(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite) -> Option<(V, Operation, C)> {
    let path: Vec<String> = field.path.split('.').map(str::to_owned).collect();
    let mut found = None;
    let values = ctx.project.arena.alternatives(field.value).into_iter();
    let values: Vec<_> = values.flat_map(|(cond, value)| parts(ctx, cond, &path, value)).collect();
    for (cond, path, value) in values {
        let Some(operation) = operation_of(ctx, trace, value) else { continue };
        let mut leaves = Vec::new();
        operands(ctx, trace, value, 0, &mut leaves);
        if operation == Operation::Text && !is_joined_to(ctx, trace, &leaves) {
            continue;
        }
        for leaf in leaves {
            let Some((root, loaded, read)) = ctx.project.loaded(leaf, &trace.documents) else { continue };
            let is_same_path = loaded == path
                || (path.contains(&"*".to_owned())
                    && loaded.len() == path.len()
                    && loaded.last() == path.last()
                    && loaded.first() == path.first());
            if is_same_path
                && ctx.project.same_document(root, read.as_ref(), &write.handle, write.filter, write.document)
            {
                let both = ctx.project.arena.and(field.cond, cond);
                found = Some((root, operation, if both == C::FALSE { field.cond } else { both }));
            }
        }
    }
    found
}

/// A value with its path; of an object whose keys are all known, each of its values: `{ wins: stats.wins + 1, losses }`.
fn parts(ctx: &Context<'_>, cond: C, path: &[String], value: V) -> Vec<(C, Vec<String>, V)> {
    let known = match ctx.project.arena.node(value) {
        Node::Object(entries) => entries.iter().map(|entry| match entry.key {
            Key::Name(name) => Some((entry.value, ctx.project.arena.text(name))),
            _ => None,
        }),
        _ => return vec![(cond, path.to_vec(), value)],
    };
    let known: Option<Vec<_>> = known.collect();
    let inside = |name: &str| path.iter().cloned().chain([name.to_owned()]).collect();
    known.unwrap_or_default().into_iter().map(|(value, name)| (cond, inside(name), value)).collect()
}

/// Whether an operator makes a text, a list or an object anew of what it is given.
fn makes_anew(op: &str) -> bool {
    matches!(op, "JSON.stringify" | "join" | "omit")
}

fn operation_of(ctx: &mut Context<'_>, trace: &Trace, value: V) -> Option<Operation> {
    let zero = ctx.project.arena.num(0.0);
    match ctx.project.arena.node(value).clone() {
        Node::Derived(op, parts) => match ctx.project.arena.text(op) {
            // What nothing is added to, or taken from, is what it was.
            "+" if parts.contains(&zero) => None,
            "-" if parts.last() == Some(&zero) => None,
            "+" | "-" => Some(Operation::Add),
            "*" | "/" | "%" | "**" | "|" | "&" | "^" | "Math.max" | "Math.min" | "Math.floor" | "Math.round"
            | "Math.ceil" | "Math.abs" | "toFixed" | "neg" => Some(Operation::Other),
            op if makes_anew(op) => transformed(ctx, trace, value).map(|_| Operation::Unknown),
            _ => None,
        },
        Node::Coerce(Coercion::Number(_), inner) => operation_of(ctx, trace, inner),
        Node::Call { .. } | Node::Member(..) => transformed(ctx, trace, value).map(|_| Operation::Unknown),
        Node::Not(_) => Some(Operation::Negate),
        Node::Template(_) => Some(Operation::Text),
        _ => None,
    }
}

/// The operands of an arithmetic expression.
fn operands(ctx: &mut Context<'_>, trace: &Trace, value: V, depth: u32, into: &mut Vec<V>) {
    if depth > limits::OPERATION_DEPTH || into.len() > limits::OPERATION_OPERANDS {
        return;
    }
    match ctx.project.arena.node(value).clone() {
        Node::Derived(op, parts) if makes_anew(ctx.project.arena.text(op)) => {
            into.extend(transformed(ctx, trace, value).unwrap_or(parts));
        }
        Node::Derived(_, parts) | Node::Template(parts) => {
            parts.into_iter().for_each(|part| operands(ctx, trace, part, depth + 1, into));
        }
        Node::Coerce(_, inner) | Node::Not(inner) => operands(ctx, trace, inner, depth + 1, into),
        Node::OneOf(alternatives) => {
            alternatives.into_iter().for_each(|(_, v)| operands(ctx, trace, v, depth + 1, into));
        }
        _ if ctx.project.loaded(value, &trace.documents).is_some() => into.push(value),
        _ => match transformed(ctx, trace, value) {
            Some(parts) => into.extend(parts),
            None => into.push(value),
        },
    }
}

/// Whether a request has something of its own to add to a text of these parts. One that is made of the document alone, be it with
/// the time, is made once: `deleted-${user.id}-${user.email}`.
fn is_joined_to(ctx: &mut Context<'_>, trace: &Trace, parts: &[V]) -> bool {
    parts.iter().any(|part| {
        let is_plain = matches!(ctx.project.arena.node(*part), Node::Fresh(..)) || ctx.project.arena.is_literal(*part);
        !is_plain && ctx.project.loaded(*part, &trace.documents).is_none()
    })
}

/// What a function that is not followed is given, where a request brings a part of it: `settle(account.balance, payment)`,
/// `plan({ rents: tenant.rents }, term).rents`. What it makes of a loaded value alone is that value in another form.
fn transformed(ctx: &mut Context<'_>, trace: &Trace, value: V) -> Option<Vec<V>> {
    let call = match ctx.project.arena.node(value) {
        Node::Member(call, _) => *call,
        _ => value,
    };
    let mut parts = Vec::new();
    match ctx.project.arena.node(call).clone() {
        Node::Call { callee, args, .. } if !ctx.project.is_document(call) => {
            // moment(pass.until).add(days, 'days')
            if let Node::Member(recv, _) = ctx.project.arena.node(callee)
                && let Node::Call { args, .. } = ctx.project.arena.node(*recv)
            {
                parts.extend(args);
            }
            args.iter().for_each(|arg| held(ctx, *arg, &mut parts));
        }
        // JSON.stringify([...JSON.parse(page.tags), tag]), [...page.tags.split(','), tag].join(',')
        Node::Derived(_, operands) => {
            let mut inner = Vec::new();
            operands.iter().for_each(|operand| held(ctx, *operand, &mut inner));
            for value in inner {
                let at = ctx.project.bare(value);
                match ctx.project.arena.node(at) {
                    Node::Derived(op, from) if matches!(ctx.project.arena.text(*op), "JSON.parse" | "split") => {
                        parts.extend(from.first().map(|text| given_or_none(ctx, *text)));
                    }
                    _ => parts.push(at),
                }
            }
        }
        _ => return None,
    }
    // A value that is given only where the request brings none is stored as it was.
    parts.retain(|part| !matches!(ctx.project.arena.node(*part), Node::OneOf(_)));
    let is_brought = parts
        .iter()
        .any(|part| ctx.project.arena.is_of_parameter(*part) && ctx.project.loaded(*part, &trace.documents).is_none());
    is_brought.then_some(parts)
}

/// What an object or a list holds; any other value itself.
fn held(ctx: &Context<'_>, value: V, into: &mut Vec<V>) {
    match ctx.project.arena.node(value) {
        Node::Object(entries) => into.extend(entries.iter().map(|entry| entry.value)),
        Node::Array(items) => into.extend(items.iter().map(|item| item.value)),
        _ => into.push(value),
    }
}

/// `doc.tags` of `doc.tags || '[]'`
fn given_or_none(ctx: &Context<'_>, value: V) -> V {
    let alternatives = ctx.project.arena.alternatives(value);
    let mut given = alternatives.iter().filter(|(_, value)| !ctx.project.arena.is_literal(*value));
    match (given.next(), given.next()) {
        (Some((_, only)), None) => *only,
        _ => value,
    }
}

/// Whether a value is for sure what was loaded and something added or taken away.
fn is_sum(ctx: &Context<'_>, value: V) -> bool {
    let is_computed = |part: &V| matches!(ctx.project.arena.node(*part), Node::Call { .. } | Node::OneOf(_));
    matches!(ctx.project.arena.node(value), Node::Derived(operator, parts)
        if matches!(ctx.project.arena.text(*operator), "+" | "-") && !parts.iter().any(is_computed))
}

/// The collection into which a record of this write is inserted after it, under a unique index: it was looked for before and not found.
/// What is computed of a loaded value once for each record, such as a streak of days, an update of the server's computes twice.
fn recorded_after(ctx: &mut Context<'_>, trace: &Trace, write: &Write) -> Option<String> {
    let at = trace.writes.iter().position(|own| std::ptr::eq(own, write))?;
    let checks = trace.checks.get(at)?;
    let later = |other: &&Write| other.kind == WriteKind::Insert && other.step > write.step;
    let record = trace.writes.iter().filter(later).find(|other| not_found(ctx, write.cond, checks, other).is_some())?;
    Some(ctx.handle_text(&record.handle))
}

fn report(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    (own, field, cond): (usize, &FieldWrite, C),
    read: Option<Site>,
    operation: Operation,
    relation: Relation,
) {
    let path = shown(&field.path);
    let mut draft = ctx.draft(RULE, trace, write, write.site);
    draft.message =
        format!("`{path}` is computed from its loaded value and written back: of two requests, one is lost");
    draft.label = format!("writes back `{path}`");
    draft.array = Some(field.path.clone());
    if let Some(read) = read {
        draft.related.push((read, Role::Check, "loaded here".to_owned()));
    }
    if field.site != write.site {
        draft.related.push((field.site, Role::Context, "computed here".to_owned()));
    }
    // What is read as a number, though it is stored as a text: `parseInt(list.length) + 1`.
    let is_text = |ctx: &mut Context<'_>| {
        let is_read =
            |project: &Project, part: V| matches!(project.arena.node(part), Node::Coerce(Coercion::Number(_), _));
        let declared = write.handle.name().and_then(|model| ctx.project.declared(model, &field.path));
        declared == Some(Declared::Text)
            && ctx.project.contains(field.value, &mut |project, part| is_read(project, part))
    };
    draft.help = match operation {
        Operation::Add | Operation::Other if is_text(ctx) => format!(
            "ask in the filter for the `{path}` that was loaded, and load and compute it anew where nothing matched; no operator adds to what the schema declares a String: as a Number, the server could"
        ),
        Operation::Add if is_sum(ctx, field.value) => {
            let paths = computed_with(ctx, trace, write, (own, &path, operation));
            format!("let the server add to the stored {paths}, by an operator of the update")
        }
        Operation::Add | Operation::Other if let Some(bound) = bounded::by(ctx, field.value) => format!(
            "let the server compute `{path}` from the stored value, by a pipeline update that keeps it within its bound by `{bound}`"
        ),
        Operation::Add => format!("let the server compute `{path}` from the stored value, in the update itself"),
        Operation::Next => format!(
            "keep the last `{path}` in a document of its own and take the next one from it by one `$inc` (findOneAndUpdate), or put a unique index on it and try the next one on E11000"
        ),
        Operation::Other => format!("let the server compute `{path}` from the stored value, by a pipeline update"),
        Operation::Negate | Operation::Toggle => format!(
            "set `{path}` to the value that is asked for, not to the opposite of what was loaded; where it has to flip whatever it is, let the update do it"
        ),
        Operation::Unknown | Operation::Recomputed => format!(
            "ask in the filter for the `{path}` that was loaded, and load and compute it anew where nothing matched"
        ),
        Operation::Text => format!(
            "let the server join it to the stored `{path}`, by a pipeline update that takes a missing field for an empty text"
        ),
    };
    if operation == Operation::Add && bounded::is_checked(ctx, trace, write, field) {
        draft.beside = Some(bounded::CHECKED);
    }
    if matches!(operation, Operation::Negate | Operation::Toggle) {
        draft.message = format!(
            "`{path}` is set to the opposite of what was loaded: of two requests that flip it at once, one is lost"
        );
        draft.lowered = draft.lowered.or(Some((Level::Warning, "whoever flips it may want the value that is left")));
    }
    if operation == Operation::Unknown {
        draft.lowered = draft.lowered.or(Some((Level::Warning, "what the function makes of it is not known")));
    }
    let recorded = (!is_sum(ctx, field.value)).then(|| recorded_after(ctx, trace, write)).flatten();
    if let Some(collection) = &recorded {
        draft.help = format!(
            "insert the document of {collection} before this: where it is refused (E11000), another request was first, and nothing is to be computed again"
        );
    }
    draft.pair = format!("{} -> $set", field.path);
    // No update flips what is stored, or adds to what another document stores.
    let is_unmended = matches!(operation, Operation::Negate | Operation::Next) || recorded.is_some();
    let mend = if is_unmended { Mend::Nothing } else { Mend::Change };
    // Of several constants one may be the last; and who is let through by what it was has flipped nothing back.
    let needs_witness = matches!(operation, Operation::Toggle | Operation::Recomputed);
    let may_repeat = matches!(operation, Operation::Negate | Operation::Toggle);
    let judged = Judged { needs_witness, may_repeat, mend, own: Some(own), ..Judged::of(write, cond, relation) };
    ctx.report_judged(draft, trace, &judged);
}

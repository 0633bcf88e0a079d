//! A document is written back whole, with fields that nothing here has changed: a change of them in between is lost.
//!
//! Part of `lost-update`. That others change such a field is known once all functions were read, so it is asked then.
//!
//! Input: the writes of all functions. Output: drafts. Must not know: formats.

use super::changes::{constants, names};
use super::context::{Context, Trace};
use super::copies::Changed;
use super::pending::{Judged, Mend};
use crate::diagnostic::{Level, Role};
use crate::judge::Overwritten;
use crate::project::writes::{Write, WriteKind};
use crate::race::decision::Loaded;
use crate::race::path;
use crate::race::relation::Taken;
use crate::value::{C, Key, Node, V};

const RULE: &str = "lost-update";

/// Notes whether a function writes a document back whole.
pub fn note(ctx: &mut Context<'_>, trace: &Trace) {
    let mut named = trace.writes.iter().filter(|write| write.handle.name().is_some());
    if named.any(|write| !copied(ctx, trace, write).is_empty()) {
        ctx.stale.copying.push(trace.func);
    }
}

/// Asks of each document that is written back whole, whether others change a field of it.
pub fn check(ctx: &mut Context<'_>) {
    let stale = std::mem::take(&mut ctx.stale);
    ctx.revisit(&stale.copying, &[RULE, "array-overwrite"], true, |ctx, trace, write, _| {
        check_write(ctx, trace, write, stale.changed.of(&write.handle));
    });
    ctx.stale = stale;
}

fn check_write(ctx: &mut Context<'_>, trace: &Trace, write: &Write, changed: &[Changed]) {
    // The calls by which a helper is reached count as the place of what it is given.
    let mut places = vec![ctx.project.base_site(write.site)];
    places.extend(ctx.calls_to(write.site).into_iter().map(|call| ctx.project.base_site(call)));
    for copy in copied(ctx, trace, write) {
        let owner = trace.steps.get(write.step).map_or(trace.func, |step| step.owner);
        let mut others = changed.iter().filter(|other| {
            copy.takes(&other.path)
                && !places.contains(&other.place)
                && !ctx.project.is_in_text(owner, other.place)
                && !ctx.project.is_in_text(trace.func, other.place)
                && !other.is_of_others(&copy.asked, changed)
        });
        let first = others.next();
        let other =
            first.filter(|first| !first.is_brought).or_else(|| others.find(|other| !other.is_brought)).or(first);
        if let Some(other) = other {
            report(ctx, trace, write, &copy, other);
            return;
        }
    }
}

/// A loaded document, or a part of one, that is a part of what is written.
struct Copy {
    root: V,
    /// The path of the part; nothing for the whole document.
    path: String,
    /// The fields that are written beside it.
    named: Vec<String>,
    /// The constants by which the document is found, as text.
    asked: Vec<(String, String)>,
    /// The part is written as it was loaded, with all that is inside: `$set: { mail: user.mail, ...data }`.
    is_exact: bool,
}

impl Copy {
    /// Whether a path is written back as it was loaded.
    fn takes(&self, path: &str) -> bool {
        // What a document is known by does not change.
        if matches!(path, "_id" | "id") {
            return false;
        }
        let below = match self.path.as_str() {
            "" => Some(path),
            own if self.is_exact => return path::is_within(path, own),
            own => path.strip_prefix(own).and_then(|rest| rest.strip_prefix('.')),
        };
        let first = below.and_then(|below| below.split('.').next());
        first.is_some_and(|first| !self.named.iter().any(|name| name == first))
    }
}

/// What a write writes back with all its fields: `replaceOne(filter, { ...doc, name })`, `$set: doc`,
/// `$set: { settings: { ...doc.settings, theme } }`.
fn copied(ctx: &mut Context<'_>, trace: &Trace, write: &Write) -> Vec<Copy> {
    // A client that has `save` of a plain object sends what has changed.
    if !matches!(write.kind, WriteKind::Update | WriteKind::Replace | WriteKind::Save) {
        return Vec::new();
    }
    let mut wholes: Vec<(String, V)> = Vec::new();
    if let Some(payload) = write.payload.filter(|_| write.kind != WriteKind::Save && write.method != "save") {
        let set = ctx.project.arena.sym("$set");
        wholes.push((String::new(), payload));
        if let Node::Object(_) = ctx.project.arena.node(payload) {
            wholes.extend(ctx.project.arena.member_of(payload, set).map(|set| (String::new(), set)));
        }
    }
    let set = write.fields.iter().filter(|field| matches!(field.operator.as_str(), "$set" | "replace"));
    wholes.extend(set.map(|field| (field.path.clone(), field.value)));
    let mut wholes: Vec<(String, V, bool)> = wholes.into_iter().map(|(own, whole)| (own, whole, false)).collect();
    let inside: Vec<(String, V, bool)> = wholes.iter().flat_map(|(own, whole, _)| parts_of(ctx, own, *whole)).collect();
    wholes.extend(inside);
    let mut copies = Vec::new();
    for (own, whole, is_inside) in wholes {
        // What the code before the write has ruled out is not written: `if (!user) return`.
        let whole = ctx.project.arena.narrow(write.cond, whole);
        let whole = defaulted(ctx, trace, whole);
        let is_exact = !own.is_empty() && !matches!(ctx.project.arena.node(whole), Node::Object(_));
        let (parts, named): (Vec<V>, Vec<String>) = match ctx.project.arena.node(whole) {
            Node::Object(entries) => {
                let spread = entries.iter().filter(|entry| entry.key == Key::Spread).map(|entry| entry.value);
                (spread.collect(), names(ctx, entries))
            }
            // What is loaded in one of two cases only is as often what the request did not bring.
            Node::OneOf(_) => continue,
            _ if is_exact && !is_inside && write.kind == WriteKind::Save => continue,
            _ => (vec![whole], Vec::new()),
        };
        for part in parts {
            let part = ctx.project.arena.narrow(write.cond, part);
            let Some((root, path, read)) = ctx.project.loaded(part, &trace.documents) else { continue };
            if path.join(".") == own
                && ctx.project.same_document(root, read.as_ref(), &write.handle, write.filter, write.document)
            {
                let filters = read.and_then(|read| read.filter).into_iter().chain(write.filter);
                let asked = filters.flat_map(|filter| constants(ctx, filter)).collect();
                copies.push(Copy { root, path: own.clone(), named: named.clone(), asked, is_exact });
            }
        }
    }
    copies
}

/// The fields of an object that is written whole under a path: `run: { next, count: doc.run.count }`.
fn parts_of(ctx: &Context<'_>, own: &str, whole: V) -> Vec<(String, V, bool)> {
    let Node::Object(entries) = ctx.project.arena.node(whole) else { return Vec::new() };
    if own.is_empty() || entries.iter().any(|entry| entry.key == Key::Spread) {
        return Vec::new();
    }
    let named = entries.iter().filter_map(|entry| match entry.key {
        Key::Name(name) => Some((format!("{own}.{}", ctx.project.arena.text(name)), entry.value, true)),
        _ => None,
    });
    named.collect()
}

/// The loaded value to which a constant is the default: `doc.count ?? 0`.
fn defaulted(ctx: &mut Context<'_>, trace: &Trace, value: V) -> V {
    let Node::OneOf(alternatives) = ctx.project.arena.node(value).clone() else { return value };
    let is_default = |(_, value): &&(C, V)| ctx.project.arena.is_literal(*value);
    let defaults: Vec<(C, V)> = alternatives.iter().filter(is_default).copied().collect();
    let kept: Vec<(C, V)> = alternatives.iter().filter(|other| !is_default(other)).copied().collect();
    let [(_, kept)] = kept.as_slice() else { return value };
    let Some((root, _, _)) = ctx.project.loaded(*kept, &trace.documents) else { return value };
    let is_of_root = |ctx: &mut Context<'_>, asked: V| {
        let asked = match *ctx.project.arena.node(asked) {
            Node::Nullish(inner) | Node::Not(inner) => inner,
            _ => asked,
        };
        ctx.project.loaded(asked, &trace.documents).is_some_and(|(of, _, _)| of == root)
    };
    let mut asked =
        defaults.iter().flat_map(|(cond, _)| ctx.project.arena.atoms(*cond)).collect::<Vec<_>>().into_iter();
    if asked.all(|atom| is_of_root(ctx, atom.value)) { *kept } else { value }
}

fn report(ctx: &mut Context<'_>, trace: &Trace, write: &Write, copy: &Copy, other: &Changed) {
    let path = other.path.as_str();
    let read = ctx.project.loaded(copy.root, &trace.documents).and_then(|(_, _, read)| read);
    let loaded = Loaded { root: copy.root, read: read.as_ref(), documents: &trace.documents };
    let relation = ctx.relation_to(trace, &loaded, write, write.cond, Taken::Value(path));
    let mut draft = ctx.draft(RULE, trace, write, write.site);
    draft.lowered = draft.lowered.or(Some((Level::Warning, "what is lost is a change that other code makes")));
    let what = match copy.path.as_str() {
        "" => "the document".to_owned(),
        part => format!("`{part}`"),
    };
    draft.message = match copy.path == path {
        true => format!("{what} is written back as it was loaded: a change of it in between is lost"),
        false => format!("{what} is written back whole, `{path}` as it was loaded: a change of it in between is lost"),
    };
    draft.label = "writes back all that was loaded".to_owned();
    draft.array = Some(path.to_owned());
    draft.related.extend(read.map(|read| (read.site, Role::Check, "loaded here".to_owned())));
    draft.related.push((other.site, Role::Context, format!("`{path}` is changed here")));
    draft.help = "send only what changes: an update that sets these fields, and no others".to_owned();
    draft.pair = "document loaded -> written whole".to_owned();
    // What is lost of a field that nothing here changes, no other filter or update of it keeps.
    let (overwritten, mend) = (Some(Overwritten::Field(path.to_owned())), Mend::Nothing);
    let act =
        Judged { overwritten, mend, needs_witness: true, may_repeat: true, ..Judged::of(write, write.cond, relation) };
    ctx.report_judged(draft, trace, &act);
    ctx.settle(trace);
}

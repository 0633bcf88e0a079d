//! What is appended to arrays, and by which fields the code looks for it, for `pushguard init`.
//!
//! Input: a function's trace. Output: one draft for each append.

use super::appended::{appends, elements};
use super::context::{Context, Trace};
use super::key_uses::guard_uses;
use crate::config::Scalar;
use crate::limits;
use crate::project::checks::CheckKind;
use crate::project::guards::Guard;
use crate::project::writes::{FieldWrite, Write};
use crate::survey::{Evidence, Field, FieldValue, Shape};
use crate::value::{Arena, C, FnRef, Key, Node, Site, V};

/// An append before its place is resolved.
#[derive(Clone, Debug)]
pub struct AppendDraft {
    pub site: Site,
    pub owner: FnRef,
    pub collection: Option<String>,
    pub array: String,
    pub evidence: Evidence,
}

/// The appends of one function and of what it calls.
pub fn collect(ctx: &mut Context<'_>, trace: &Trace) -> Vec<AppendDraft> {
    let mut drafts = Vec::new();
    for write in &trace.writes {
        for field in appends(write) {
            let cond = ctx.project.arena.and(write.cond, field.cond);
            if cond == C::FALSE {
                continue;
            }
            let mut evidence = Evidence::default();
            for element in elements(ctx.project, field.value) {
                for shape in shapes(&mut ctx.project.arena, element, cond) {
                    if !evidence.shapes.contains(&shape) {
                        evidence.shapes.push(shape);
                    }
                }
            }
            evidence.keys = keys(ctx, trace, write, &field, cond);
            drafts.push(AppendDraft {
                site: field.site,
                owner: trace.steps.get(write.step).map_or(trace.func, |step| step.owner),
                collection: write.handle.name().map(str::to_owned),
                array: field.path.clone(),
                evidence,
            });
        }
    }
    drafts
}

/// The keys by which the code looks for the element, in the filter of the append or in a check before it.
fn keys(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite, cond: C) -> Vec<Vec<String>> {
    let guards = guard_uses(ctx, write, field, cond).into_iter().map(|used| used.fields);
    let mut found: Vec<Vec<String>> = guards.collect();
    for check in ctx.project.checks(cond, &trace.documents).into_iter().filter(|check| !check.holds) {
        match check.kind {
            CheckKind::Element { path, keys } if path.join(".") == field.path => {
                found.push(keys.into_iter().map(|(name, _)| name).collect());
            }
            CheckKind::Document => {
                let Some(filter) = check.read.as_ref().and_then(|read| read.filter) else { continue };
                // What one alternative of a filter selects by holds together; another alternative is another key.
                for (_, filter) in ctx.project.filters(filter, &field.path, C::TRUE) {
                    let selects = filter.guards.into_iter().filter_map(|(guard, _)| match guard {
                        Guard::Selects(fields) => Some(fields),
                        _ => None,
                    });
                    found.push(selects.flatten().collect());
                }
            }
            _ => {}
        }
    }
    let mut keys: Vec<Vec<String>> = Vec::new();
    for key in found {
        let mut fields: Vec<String> = Vec::new();
        for name in key {
            if !fields.contains(&name) {
                fields.push(name);
            }
        }
        // The empty field is the element itself; a dotted one lies deeper than a kind's key can name.
        let named = fields.iter().all(|field| !field.is_empty() && !field.contains(['.', '*', '$']));
        if named && !fields.is_empty() && !keys.contains(&fields) {
            keys.push(fields);
        }
    }
    keys
}

/// The objects that an element can be, one for each condition under which its fields differ.
fn shapes(arena: &mut Arena, element: V, cond: C) -> Vec<Shape> {
    let mut shapes = Vec::new();
    for (c, alternative) in arena.alternatives(element) {
        let both = arena.and(cond, c);
        let Node::Object(entries) = arena.node(alternative).clone() else { continue };
        let mut cases = vec![both];
        for entry in &entries {
            let under = arena.and(both, entry.cond);
            for (c, _) in arena.alternatives(entry.value) {
                cases.push(arena.and(under, c));
            }
        }
        cases.sort();
        cases.dedup();
        for case in cases.into_iter().filter(|case| *case != C::FALSE).take(limits::CASES) {
            let shape = shape(arena, alternative, case);
            if !shape.fields.is_empty() && !shapes.contains(&shape) {
                shapes.push(shape);
            }
        }
    }
    shapes
}

/// The fields that an object surely has under a condition.
fn shape(arena: &Arena, object: V, cond: C) -> Shape {
    let mut shape = Shape::default();
    let Node::Object(entries) = arena.node(object) else { return shape };
    for entry in entries {
        let Key::Name(name) = entry.key else { continue };
        if !arena.holds_under(entry.cond, cond) {
            continue;
        }
        let name = arena.text(name);
        // A later entry of the same name wins.
        shape.fields.retain(|field| field.name != name);
        if let Some(value) = field_value(arena, entry.value, cond) {
            shape.fields.push(Field { name: name.to_owned(), value });
        }
    }
    shape
}

/// What a field holds; `None` where it may be missing.
fn field_value(arena: &Arena, value: V, cond: C) -> Option<FieldValue> {
    let alternatives = arena.alternatives(value);
    let possible: Vec<V> =
        alternatives.iter().filter(|(c, _)| !arena.conflict(cond, *c)).map(|(_, value)| *value).collect();
    if possible.iter().any(|value| matches!(arena.node(*value), Node::Undefined | Node::Null)) {
        return None;
    }
    let [only] = possible.as_slice() else {
        let fresh = possible.iter().any(|value| is_fresh(arena, *value, 0));
        return Some(if fresh { FieldValue::Fresh } else { FieldValue::Other });
    };
    Some(match arena.node(*only) {
        Node::Bool(value) => FieldValue::Literal(Scalar::Bool(*value)),
        Node::Str(text) => FieldValue::Literal(Scalar::Text(arena.text(*text).to_owned())),
        Node::Num(bits) => FieldValue::Literal(Scalar::Number(f64::from_bits(*bits))),
        _ if is_fresh(arena, *only, 0) => FieldValue::Fresh,
        // `isMerged: isMerged` where the code has asked for it.
        _ if arena.truth(cond, *only) == Some(true) && matches!(arena.node(value), Node::OneOf(_)) => {
            FieldValue::Literal(Scalar::Bool(true))
        }
        _ => FieldValue::Other,
    })
}

fn is_fresh(arena: &Arena, value: V, depth: u32) -> bool {
    if depth > limits::FRESH_DEPTH {
        return false;
    }
    match arena.node(value) {
        Node::Fresh(..) => true,
        Node::Coerce(_, inner) | Node::Member(inner, _) => is_fresh(arena, *inner, depth + 1),
        Node::Template(parts) | Node::Derived(_, parts) => parts.iter().any(|part| is_fresh(arena, *part, depth + 1)),
        Node::OneOf(alternatives) => alternatives.iter().any(|(_, value)| is_fresh(arena, *value, depth + 1)),
        _ => false,
    }
}

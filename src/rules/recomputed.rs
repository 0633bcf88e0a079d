//! A field is set to what is made of its loaded value and of what the request brings, in any way: the greater of the two, a text
//! rewritten.
//!
//! Part of `lost-update`. Input: a changed field. Output: the loaded document. Must not know: formats.

use super::context::{Context, Trace};
use super::rewritten;
use crate::limits;
use crate::project::writes::{FieldWrite, Write};
use crate::value::{Node, V, children};
use rustc_hash::FxHashSet;

/// The loaded document on whose own field the new value rests.
pub(super) fn recomputed(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite) -> Option<V> {
    let path: Vec<String> = field.path.split('.').map(str::to_owned).collect();
    let (mut computed, mut is_kept) = (Vec::new(), false);
    let alternatives = ctx.project.arena.alternatives(field.value);
    for (_, value) in &alternatives {
        // What is sent as it was loaded, or as the request brings it, is not made of the other.
        let loaded = ctx.project.loaded(*value, &trace.documents);
        is_kept |= loaded.as_ref().is_some_and(|(_, loaded, _)| *loaded == path);
        if loaded.is_some() || ctx.project.arena.is_of_parameter(*value) {
            continue;
        }
        // A list or an object that keeps its parts is `array-overwrite`.
        if rewritten::source(ctx, trace, *value, &path, 0).is_some() {
            return None;
        }
        computed.push(*value);
    }
    // best: run.best > time ? run.best : time
    if is_kept {
        let conds = alternatives.iter().flat_map(|(cond, _)| ctx.project.arena.atoms_of(*cond));
        computed.extend(conds.map(|atom| atom.value));
    }
    computed.into_iter().find_map(|value| root_of(ctx, trace, write, &path, value))
}

/// The loaded document whose field at the path stands in a value beside something that the request brings.
fn root_of(ctx: &mut Context<'_>, trace: &Trace, write: &Write, path: &[String], value: V) -> Option<V> {
    let (mut root, mut is_brought) = (None, false);
    let (mut open, mut seen) = (vec![value], FxHashSet::default());
    while let Some(value) = open.pop().filter(|_| seen.len() < limits::SEARCHED) {
        if !seen.insert(value) {
            continue;
        }
        if let Some((from, loaded, read)) = ctx.project.loaded(value, &trace.documents) {
            let is_own = loaded == path
                && ctx.project.same_document(from, read.as_ref(), &write.handle, write.filter, write.document);
            root = root.or(is_own.then_some(from));
            continue;
        }
        is_brought |= ctx.project.arena.is_of_parameter(value);
        let node = ctx.project.arena.node(value);
        // What a function that is not followed makes of it may be anything: a token that is renewed.
        if matches!(node, Node::Call { .. } | Node::New { .. }) {
            continue;
        }
        match replacement(ctx, value) {
            Some(with) => open.push(with),
            None => open.extend(children(node)),
        }
    }
    root.filter(|_| is_brought)
}

/// What a part of a text that the code names is replaced by: whatever request was first, the last one's stands there.
/// `name.replace(/\d+.*/, `${amount}/month`)`
fn replacement(ctx: &Context<'_>, value: V) -> Option<V> {
    let Node::Derived(op, parts) = ctx.project.arena.node(value) else { return None };
    let [_, pattern, with] = parts.as_slice() else { return None };
    let is_replace = matches!(ctx.project.arena.text(*op), "replace" | "replaceAll");
    let is_named = matches!(ctx.project.arena.node(*pattern), Node::Regex(_) | Node::Str(_));
    let is_text = !matches!(ctx.project.arena.node(*with), Node::Func(_));
    (is_replace && is_named && is_text).then_some(*with)
}

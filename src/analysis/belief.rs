//! What the engine believes of the functions around a line.
//!
//! Input: sources and a line. Output: text. Must not know: how it is asked for.

use super::cancel::Cancel;
use super::declared::schemas;
use super::linking::{link, on_own_threads};
use super::memory::Memory;
use crate::config::Config;
use crate::diagnostic::BelievedCall;
use crate::project::Project;
use crate::rules::context::{Context, Draft, Trace};
use crate::rules::{CHECKS, belief};
use crate::source::{FileId, Place, Sources};
use crate::value::{FnRef, SiteInfo};

/// One text for each function around the 1-based line that makes a database call, outermost first; for none of them, the
/// module's.
pub fn beliefs(sources: &Sources, config: &Config, file: FileId, line: u32) -> Vec<String> {
    let mut texts = on_own_threads(|| {
        let mut memory = Memory::of_one_run();
        memory.refresh(sources, &|| (), &Cancel::default());
        let (mut project, _) = link(sources, config, &mut memory);
        let schemas = schemas(&mut project, sources, config);
        let mut ctx = Context::new(&mut project, &schemas, config);
        around(&mut ctx, sources, file, line, belief_of)
    });
    // The module is the first, and holds what stands in no function.
    if texts.len() > 1 && texts.first().is_some_and(|text| text.starts_with("<module>")) {
        texts.remove(0);
    }
    texts
}

/// What is believed of the database calls in the text of the functions around a 1-based line, by the place of the call.
pub(super) fn believed_calls(ctx: &mut Context<'_>, sources: &Sources, file: FileId, line: u32) -> Vec<BelievedCall> {
    let calls = around(ctx, sources, file, line, |ctx, sources, file, func| {
        let trace = ctx.trace(func);
        Some(belief::rows(ctx, func, trace.as_ref(), &|info| line_of(sources, file, info)))
    });
    let place = |info: SiteInfo| Place { file: FileId(info.file), start: info.start, end: info.end };
    calls.into_iter().flatten().map(|(info, rows)| BelievedCall { place: place(info), rows }).collect()
}

/// What is made of each function around a line.
fn around<T>(
    ctx: &mut Context<'_>,
    sources: &Sources,
    file: FileId,
    line: u32,
    of: impl Fn(&mut Context<'_>, &Sources, FileId, FnRef) -> Option<T>,
) -> Vec<T> {
    let mut found = Vec::new();
    for func in functions_around(ctx.project, sources, file, line) {
        let turn = ctx.project.begin(func);
        found.extend(of(ctx, sources, file, func));
        ctx.project.end(func, turn);
    }
    found
}

/// The functions of a file whose text touches a line.
fn functions_around(project: &Project, sources: &Sources, file: FileId, line: u32) -> Vec<FnRef> {
    let Some(source) = sources.get(file) else { return Vec::new() };
    let (start, end) = (source.line_start(line), source.line_start(line + 1));
    let functions = project.functions.iter().zip(project.files.iter()).enumerate();
    let mut found: Vec<(u32, FnRef)> = functions
        .filter(|(_, (function, own))| **own == file.0 && function.start < end && function.end > start)
        .map(|(at, (function, _))| (function.start, FnRef(at as u32)))
        .collect();
    found.sort();
    found.into_iter().map(|(_, func)| func).collect()
}

fn belief_of(ctx: &mut Context<'_>, sources: &Sources, file: FileId, func: FnRef) -> Option<String> {
    let trace = ctx.trace(func);
    let drafts = trace.as_ref().map(|trace| drafts(ctx, trace)).unwrap_or_default();
    belief::text(ctx, func, trace.as_ref(), &drafts, &|info| line_of(sources, file, info))
}

fn line_of(sources: &Sources, file: FileId, info: SiteInfo) -> String {
    let Some(source) = sources.get(FileId(info.file)) else { return "nowhere".to_owned() };
    let line = source.position(info.start).line;
    if info.file == file.0 { format!("line {line}") } else { format!("{}:{line}", source.path) }
}

/// What the rules say of a function on its own.
fn drafts(ctx: &mut Context<'_>, trace: &Trace) -> Vec<Draft> {
    for check in CHECKS {
        check(ctx, trace);
    }
    ctx.settle(trace);
    std::mem::take(&mut ctx.drafts)
}

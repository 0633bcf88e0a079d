//! Belief: what the engine makes of one function, in words, for who asks why it speaks or keeps silent.
//!
//! Input: a function's steps, its trace and what the rules said. Output: text. Must not know: formats, the file system.

use super::context::{Context, Draft, Trace};
use super::spell::Numbers;
use super::words::check_words;
use crate::project::Op;
use crate::project::checks::{Check, CheckKind};
use crate::project::mongo::{Action, DbCall};
use crate::project::writes::{FieldWrite, Write};
use crate::value::{C, FnRef, Node, Site, SiteInfo, V};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Where an expression stands, in words.
pub type Lines<'a> = &'a dyn Fn(SiteInfo) -> String;

/// One database call that is listed.
struct Listed {
    step: usize,
    site: Site,
    read: Option<DbCall>,
    /// Indices into the trace's writes; more than one where a call does several.
    writes: Vec<usize>,
}

struct Numbered<'a> {
    calls: Vec<Listed>,
    lines: Lines<'a>,
    /// Indices of the calls whose numbers were asked for.
    named: RefCell<BTreeSet<usize>>,
}

impl<'a> Numbered<'a> {
    fn new(calls: Vec<Listed>, lines: Lines<'a>) -> Self {
        Self { calls, lines, named: RefCell::default() }
    }
}

impl Numbers for Numbered<'_> {
    fn number(&self, site: Site) -> Option<usize> {
        let at = self.calls.iter().position(|call| call.site == site)?;
        self.named.borrow_mut().insert(at);
        Some(at + 1)
    }

    fn line(&self, place: SiteInfo) -> String {
        (self.lines)(place)
    }
}

/// A function as the engine sees it; `None` when it makes no database call. `drafts` are what the rules said of it.
pub fn text(
    ctx: &mut Context<'_>,
    func: FnRef,
    trace: Option<&Trace>,
    drafts: &[Draft],
    lines: Lines<'_>,
) -> Option<String> {
    let numbered = Numbered::new(listed(ctx, func, trace), lines);
    if numbered.calls.is_empty() {
        return None;
    }
    let mut out = vec![heading(ctx, func)];
    for (at, call) in numbered.calls.iter().enumerate() {
        out.push(String::new());
        out.extend(of_call(ctx, func, at, call, trace, &numbered));
    }
    out.push(String::new());
    out.extend(trace.map(|trace| lock_rows(ctx, trace, &numbered)).unwrap_or_default());
    let mut reported: Vec<String> = drafts
        .iter()
        .map(|draft| format!("reported: {} at {}", draft.rule, lines(ctx.project.base_site(draft.site))))
        .collect();
    reported.sort();
    reported.dedup();
    if reported.is_empty() {
        reported.push("reported: nothing".to_owned());
    }
    out.extend(reported);
    Some(out.join("\n") + "\n")
}

fn of_call(
    ctx: &mut Context<'_>,
    func: FnRef,
    at: usize,
    call: &Listed,
    trace: Option<&Trace>,
    numbered: &Numbered<'_>,
) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(read) = &call.read {
        out.push(title(ctx, at, &read.method, read.handle.name(), call.site, numbered));
        out.extend(row("filter", read.filter.map(|filter| ctx.spell(filter, numbered))));
        let session = read_session(ctx, func, read);
        out.extend(circumstances(ctx, func, call, session, trace, numbered));
    }
    for write in call.writes.iter().filter_map(|at| trace?.writes.get(*at)) {
        out.push(title(ctx, at, &write.method, write.handle.name(), call.site, numbered));
        out.extend(write_rows(ctx, write, numbered));
        out.extend(circumstances(ctx, func, call, write.session, trace, numbered));
    }
    if let Some(trace) = trace {
        call.writes.iter().for_each(|write| out.extend(decisions(ctx, trace, *write, numbered)));
    }
    out
}

/// What is believed of the calls that stand in the text of a function, by where they stand: rows without their titles, then
/// what the numbers in them mean.
pub fn rows(
    ctx: &mut Context<'_>,
    func: FnRef,
    trace: Option<&Trace>,
    lines: Lines<'_>,
) -> Vec<(SiteInfo, Vec<String>)> {
    let numbered = Numbered::new(listed(ctx, func, trace), lines);
    let mut found = Vec::new();
    for (at, call) in numbered.calls.iter().enumerate() {
        if ctx.project.arena.site_info(call.site).via.is_some() {
            continue;
        }
        numbered.named.take();
        let mut rows = of_call(ctx, func, at, call, trace, &numbered);
        rows.retain(|row| row.starts_with(' '));
        for other in numbered.named.take().into_iter().filter(|other| *other != at) {
            rows.extend(numbered.calls.get(other).map(|call| meaning(ctx, other, call, trace, &numbered)));
        }
        found.push((ctx.project.base_site(call.site), rows));
    }
    found
}

/// `   #1         findOne on `chats`, line 7`
fn meaning(ctx: &Context<'_>, at: usize, call: &Listed, trace: Option<&Trace>, numbered: &Numbered<'_>) -> String {
    let write = || trace?.writes.get(*call.writes.first()?).map(|write| (write.method.as_str(), &write.handle));
    let called = call.read.as_ref().map(|read| (read.method.as_str(), &read.handle)).or_else(write);
    let (method, name) = called.map_or(("", None), |(method, handle)| (method, handle.name()));
    let title = title(ctx, at, method, name, call.site, numbered);
    let (number, text) = title.split_once(' ').unwrap_or_default();
    format!("   {number:<10} {text}")
}

/// The database calls of a function in order.
fn listed(ctx: &mut Context<'_>, func: FnRef, trace: Option<&Trace>) -> Vec<Listed> {
    let steps = ctx.project.shared_steps_of(func);
    let mut calls = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let written = trace.map_or(&[][..], |trace| trace.writes.as_slice()).iter().enumerate();
        let writes: Vec<usize> = written.filter(|(_, write)| write.step == at).map(|(place, _)| place).collect();
        let read = match &step.op {
            Op::Call { recv: Some(recv), name: Some(name), args, .. } if writes.is_empty() => {
                ctx.project.db_call(step.site, *recv, *name, args).filter(|call| is_read(call.action))
            }
            _ => None,
        };
        if read.is_some() || !writes.is_empty() {
            calls.push(Listed { step: at, site: step.site, read, writes });
        }
    }
    calls
}

fn is_read(action: Action) -> bool {
    matches!(action, Action::FindOne | Action::FindMany | Action::Count | Action::Exists)
}

fn heading(ctx: &Context<'_>, func: FnRef) -> String {
    let name = ctx.project.function(func).map_or("<module>", |function| function.name.as_str());
    match ctx.project.entry(func) {
        Some(entry) => format!("{name}, started by a {}", entry.kind.name()),
        None => format!("{name}, started by no known entry"),
    }
}

fn title(
    ctx: &Context<'_>,
    at: usize,
    method: &str,
    collection: Option<&str>,
    site: Site,
    numbered: &Numbered<'_>,
) -> String {
    let collection = collection.map_or("a collection without a name".to_owned(), |name| format!("`{name}`"));
    let line = |site: Site| numbered.line(ctx.project.base_site(site));
    let calls = ctx.calls_to(site).into_iter().map(|call| format!(", by the call at {}", line(call)));
    format!("#{} {method} on {collection}, {}{}", at + 1, line(site), calls.collect::<String>())
}

fn row(name: &str, text: Option<String>) -> Option<String> {
    text.map(|text| format!("   {name:<10} {text}"))
}

fn write_rows(ctx: &Context<'_>, write: &Write, numbered: &Numbered<'_>) -> Vec<String> {
    let mut rows = Vec::new();
    rows.extend(row("filter", write.filter.map(|filter| ctx.spell(filter, numbered))));
    rows.extend(row("document", write.document.map(|document| ctx.spell(document, numbered))));
    rows.extend(write.fields.iter().filter_map(|field| row("change", Some(change(ctx, write, field, numbered)))));
    if write.fields.is_empty() {
        rows.extend(row("change", write.payload.map(|payload| ctx.spell(payload, numbered))));
    }
    rows.extend(row("upsert", write.upsert.then(|| "yes".to_owned())));
    rows
}

fn change(ctx: &Context<'_>, write: &Write, field: &FieldWrite, numbered: &Numbered<'_>) -> String {
    let text = format!("{} {}: {}", field.operator, field.path, ctx.spell(field.value, numbered));
    match field.cond {
        cond if cond == C::TRUE || cond == write.cond => text,
        cond => format!("{text} if {}", ctx.spell_condition(cond, numbered)),
    }
}

fn read_session(ctx: &mut Context<'_>, func: FnRef, read: &DbCall) -> Option<V> {
    let steps = ctx.project.shared_steps_of(func);
    let step = steps.iter().find(|step| step.site == read.site)?;
    let Op::Call { callee, args, .. } = &step.op else { return None };
    let result =
        ctx.project.arena.intern(Node::Call { site: read.site, callee: *callee, args: args.as_slice().into() });
    ctx.project.read_session(&steps, result)
}

/// The path, the session, the exceptions, and what becomes of the result.
fn circumstances(
    ctx: &mut Context<'_>,
    func: FnRef,
    call: &Listed,
    session: Option<V>,
    trace: Option<&Trace>,
    numbered: &Numbered<'_>,
) -> Vec<String> {
    let Some(step) = ctx.project.steps_of(func).get(call.step).cloned() else { return Vec::new() };
    let caught = match (step.duplicate_key_caught, step.caught) {
        (true, _) => "a duplicate key",
        (false, true) => "any error",
        (false, false) => "nothing",
    };
    let mut uses = Vec::new();
    for (at, other) in numbered.calls.iter().enumerate().filter(|(_, other)| other.step != call.step) {
        let how = used_as(ctx, func, call.site, other, trace);
        numbered.named.borrow_mut().extend((!how.is_empty()).then_some(at));
        uses.extend(how.into_iter().map(|how| format!("{how} of #{}", at + 1)));
    }
    if uses.is_empty() {
        uses.push(if step.dropped { "nothing".to_owned() } else { "no database call".to_owned() });
    }
    let rows = [
        row("used by", Some(uses.join(", "))),
        row("when", Some(ctx.spell_condition(step.cond, numbered))),
        row("in a loop", step.in_loop.then(|| "yes".to_owned())),
        row("session", session.map(|session| ctx.spell(session, numbered))),
        row("caught", Some(caught.to_owned())),
    ];
    rows.into_iter().flatten().collect()
}

/// As what another call uses the result of a call.
fn used_as(ctx: &Context<'_>, func: FnRef, site: Site, other: &Listed, trace: Option<&Trace>) -> Vec<&'static str> {
    let holds = |value: V| {
        ctx.project.contains(
            value,
            &mut |project, value| matches!(project.arena.node(value), Node::Call { site: own, .. } if *own == site),
        )
    };
    let in_condition = |cond: C| ctx.project.arena.atoms(cond).iter().any(|atom| holds(atom.value));
    let step = ctx.project.steps_of(func).get(other.step);
    let writes: Vec<&Write> = other.writes.iter().filter_map(|at| trace?.writes.get(*at)).collect();
    let filters = writes.iter().map(|write| write.filter).chain([other.read.as_ref().and_then(|read| read.filter)]);
    let mut found = Vec::new();
    if step.is_some_and(|step| in_condition(step.cond)) || writes.iter().any(|write| in_condition(write.cond)) {
        found.push("the path");
    }
    if filters.flatten().any(holds) {
        found.push("the filter");
    }
    if writes.iter().any(|write| write.document.is_some_and(holds)) {
        found.push("the document");
    }
    if writes.iter().any(|write| {
        let own = |field: &FieldWrite| field.cond != write.cond && in_condition(field.cond);
        write.fields.iter().any(|field| holds(field.value) || own(field))
    }) {
        found.push("the change");
    }
    found
}

/// The checks in the path of a write, and whether they mean the document that is written.
fn decisions(ctx: &mut Context<'_>, trace: &Trace, write: usize, numbered: &Numbered<'_>) -> Vec<String> {
    let (Some(act), Some(checks)) = (trace.writes.get(write), trace.checks.get(write)) else { return Vec::new() };
    checks.iter().filter_map(|check| row("check", Some(decision(ctx, act, check, numbered)))).collect()
}

fn decision(ctx: &mut Context<'_>, write: &Write, check: &Check, numbered: &Numbered<'_>) -> String {
    let (handle, filter, document) = (&write.handle, write.filter, write.document);
    let is_same = ctx.project.same_document(check.root, check.read.as_ref(), handle, filter, document);
    let read = match check.read.as_ref().map(|read| numbered.number(read.site)) {
        Some(Some(number)) => format!("#{number}"),
        Some(None) => "a read elsewhere".to_owned(),
        None => "a document from outside".to_owned(),
    };
    let holds = if check.holds { "holds" } else { "does not hold" };
    let under = match check.under {
        C::TRUE => String::new(),
        under => format!(" if {}", ctx.spell_condition(under, numbered)),
    };
    let statement = match &check.kind {
        CheckKind::Document => "has a document".to_owned(),
        CheckKind::Element { keys, .. } => {
            let keys: Vec<&str> = keys.iter().map(|(key, _)| key.as_str()).filter(|key| !key.is_empty()).collect();
            let by = if keys.is_empty() { "itself".to_owned() } else { keys.join(" + ") };
            format!("has an element in {} by {by}", check_words(check))
        }
        CheckKind::Below { .. } => format!("has {} below a limit", check_words(check)),
        CheckKind::Field { .. } => format!("has a value in {}", check_words(check)),
    };
    format!(
        "{read} {statement}: {holds}, by {}{under}; {}",
        ctx.spell(check.leaf, numbered),
        if is_same { "the document that is written" } else { "another document, or not known to be the same" }
    )
}

fn lock_rows(ctx: &Context<'_>, trace: &Trace, numbered: &Numbered<'_>) -> Vec<String> {
    let number =
        |step: usize| numbered.calls.iter().position(|call| call.step == step).map(|at| format!("#{}", at + 1));
    let mut rows = Vec::new();
    for lock in &trace.locks {
        let place = lock.handle.as_ref().and_then(|handle| handle.name()).unwrap_or("this process");
        let key = lock.key.map_or("no key".to_owned(), |key| ctx.spell(key, numbered));
        let protects: Vec<String> = lock.protects.iter().filter_map(|step| number(*step)).collect();
        let site = trace
            .steps
            .get(lock.step)
            .map_or(String::new(), |step| format!(", {}", numbered.line(ctx.project.base_site(step.site))));
        rows.push(format!(
            "lock: {:?} in {place} by {key}{site}, over {}",
            lock.kind,
            if protects.is_empty() { "no write".to_owned() } else { protects.join(", ") }
        ));
    }
    rows
}

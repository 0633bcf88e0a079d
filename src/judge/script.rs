//! The script: what a function sends to the database and does outside of it, in order, read once for all that is asked about it.
//!
//! Input: the steps and writes of a function. Output: its commands, each with its path condition and the commands whose results
//! it uses. Must not know: which of them is judged, how commands are run, rules.

use super::fences;
pub use super::planned::{Action, Command};
use super::sources::{Row, Sources};
use crate::project::handle::Handle;
use crate::project::mongo::{Action as Method, DbCall};
use crate::project::schema::Schemas;
use crate::project::writes::{FieldWrite, Write};
use crate::project::{Op, Project, Step};
use crate::value::{Arena, C, V};
use std::cell::RefCell;

/// The values that a command evaluates, its path condition included.
pub fn values_of(command: &Command) -> Vec<V> {
    let mut values: Vec<V> = command.atoms.iter().map(|atom| atom.value).collect();
    match &command.action {
        Action::Read { filter, .. } => values.extend(filter),
        Action::Given { .. } => {}
        Action::Write { write, .. } => {
            values.extend(write.filter.iter().chain(&write.payload).chain(&write.document).chain(&write.options));
            values.extend(write.fields.iter().map(|field| field.value));
        }
        Action::Effect { args, .. } => values.extend(args),
    }
    values.extend(command.session);
    values
}

/// The conditions of the parts of a write.
pub fn conditions_of(command: &Command) -> Vec<C> {
    match &command.action {
        Action::Write { write, .. } => write.fields.iter().map(|field: &FieldWrite| field.cond).collect(),
        _ => Vec::new(),
    }
}

/// All commands of a function.
#[derive(Debug)]
pub struct Script {
    pub(super) commands: Vec<Command>,
    /// For each command, the commands whose results it uses.
    pub(super) needs: Vec<Row>,
    /// For each number of a site, its commands.
    pub(super) of_numbers: Vec<Vec<usize>>,
    /// For each write, its command.
    pub(super) of_writes: Vec<Option<usize>>,
    pub(super) collections: Vec<Handle>,
    pub(super) sources: RefCell<Sources>,
}

impl Script {
    /// Whether something is done outside before a write.
    pub fn has_effect_before(&self, write: usize) -> bool {
        let at = self.of_writes.get(write).copied().flatten();
        let before = at.and_then(|at| self.commands.get(..at)).unwrap_or_default();
        before.iter().any(|command| matches!(command.action, Action::Effect { .. }))
    }

    /// Whether nothing is written and nothing done outside before a write.
    pub fn is_first(&self, write: usize) -> bool {
        let at = self.of_writes.get(write).copied().flatten();
        let before = at.and_then(|at| self.commands.get(..at));
        before.is_some_and(|before| {
            before.iter().all(|command| matches!(command.action, Action::Read { .. } | Action::Given { .. }))
        })
    }

    /// Reads a function. `versioned` says of each write under which conditions Mongoose sends it with `__v` in its filter.
    pub fn read(
        project: &mut Project,
        schemas: &Schemas,
        steps: &[Step],
        writes: &[Write],
        versioned: &[Vec<C>],
    ) -> Self {
        let mut collections = Vec::new();
        let mut commands: Vec<Command> = Vec::new();
        let mut of_writes = vec![None; writes.len()];
        for (at, step) in steps.iter().enumerate() {
            let before = commands.len();
            for (index, write) in writes.iter().enumerate().filter(|(_, write)| write.step == at) {
                if let Some(slot) = of_writes.get_mut(index) {
                    *slot = Some(commands.len());
                }
                let action = Action::Write {
                    collection: number_of(&mut collections, &write.handle),
                    write: Box::new(write.clone()),
                    versions: versioned.get(index).cloned().unwrap_or_default(),
                };
                commands.push(command(project, (at, step), write.cond, write.session, action));
            }
            if commands.len() > before {
                continue;
            }
            if let Some(read) = read_at(project, step) {
                let action = Action::Read {
                    kind: read.action,
                    collection: number_of(&mut collections, &read.handle),
                    filter: read.filter,
                };
                let session = project.session_of_step(steps, step);
                commands.push(command(project, (at, step), step.cond, session, action));
            } else if let Some(action) = effect_at(project, step) {
                commands.push(command(project, (at, step), step.cond, None, action));
            }
        }
        let fences = fences::raise(project, schemas, &mut commands);
        // What is done outside gives nothing that is known, so nothing rests on its having been done.
        let answers = commands.iter().filter(|command| !matches!(command.action, Action::Effect { .. }));
        let sites = answers.map(|command| command.site);
        let mut sources = Sources::new(sites.chain(writes.iter().map(|write| write.site)));
        // What asks whether something was caught asks what may have been refused.
        fences.iter().for_each(|fence| sources.name(fence.caught_by, fence.site));
        let needs = commands.iter().map(|command| needs_of(&project.arena, &mut sources, command)).collect();
        let mut of_numbers = vec![Vec::new(); sources.len()];
        for (at, command) in commands.iter().enumerate() {
            let own = sources.number_of(command.site).and_then(|number| of_numbers.get_mut(number));
            own.into_iter().for_each(|own: &mut Vec<usize>| own.push(at));
        }
        Self { commands, needs, of_numbers, of_writes, collections, sources: RefCell::new(sources) }
    }
}

/// The commands whose results a command uses, and those that may keep it from being done.
pub fn needs_of(arena: &Arena, sources: &mut Sources, command: &Command) -> Row {
    let values: Vec<Row> = values_of(command).into_iter().map(|value| sources.of(arena, value)).collect();
    let conditions: Vec<Row> =
        conditions_of(command).into_iter().map(|cond| sources.of_condition(arena, cond)).collect();
    let fences: Vec<Row> = command.fences.iter().map(|fence| sources.alone(fence.site)).collect();
    sources.all(values.into_iter().chain(conditions).chain(fences))
}

fn command(project: &Project, (at, step): (usize, &Step), cond: C, session: Option<V>, action: Action) -> Command {
    Command {
        site: step.site,
        step: Some(at),
        in_loop: step.in_loop,
        atoms: project.arena.atoms_in_order(cond),
        within: step.within.clone(),
        caught: step.caught,
        session,
        ends_unmatched: false,
        fences: Vec::new(),
        action,
    }
}

fn number_of(collections: &mut Vec<Handle>, handle: &Handle) -> u32 {
    let known = collections.iter().position(|known| known.same(handle));
    known.unwrap_or_else(|| {
        collections.push(handle.clone());
        collections.len() - 1
    }) as u32
}

/// The read that a step does.
fn read_at(project: &mut Project, step: &Step) -> Option<DbCall> {
    let Op::Call { callee, recv: Some(recv), name: Some(name), args } = &step.op else { return None };
    let call = project.arena.call_value(step.site, *callee, args);
    let read = match call.and_then(|call| project.read_of(call)) {
        Some(read) => Some(read),
        None => project.db_call(step.site, *recv, *name, args),
    }?;
    matches!(read.action, Method::FindOne | Method::FindMany | Method::Count | Method::Exists).then_some(read)
}

fn effect_at(project: &Project, step: &Step) -> Option<Action> {
    let Op::Call { args, .. } = &step.op else { return None };
    let name = project.outside_effect(step)?;
    Some(Action::Effect { name: name.to_owned(), args: args.clone() })
}

//! The slice: the commands of one function that decide an act, and those that the same decisions lead to.
//!
//! Input: the steps and writes of a function, and the act. Output: the commands in order, each with its path condition.
//! Must not know: how commands are run, rules.

use crate::facts::TryPart;
use crate::limits;
use crate::project::handles::Handle;
use crate::project::mongo::{Action as Method, DbCall};
use crate::project::writes::{FieldWrite, Write};
use crate::project::{Op, Project, Step};
use crate::value::{Atom, C, Node, Site, V, for_children, for_conditions};
use rustc_hash::{FxHashMap, FxHashSet};

/// Which act is judged.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    /// Index into the writes of the function.
    pub write: usize,
    /// The condition of the part of the write that is judged, such as that of one changed field.
    pub cond: C,
    /// The input by which the act selects its document, where two requests for two documents are judged.
    pub apart: Option<V>,
}

/// How much of a function is sliced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The act, what it depends on, and what its result decides.
    Act,
    /// Also what the same results decide: other changes, and what is done outside.
    Decided,
}

/// One command or outside effect.
#[derive(Clone, Debug)]
pub struct Command {
    pub site: Site,
    /// The path condition, in the order in which the code decides it.
    pub atoms: Vec<Atom>,
    /// The `try` statements around it, outermost first.
    pub within: Vec<(Site, TryPart)>,
    pub caught: bool,
    pub session: Option<V>,
    /// The request ends when this command matches nothing.
    pub ends_unmatched: bool,
    pub action: Action,
}

#[derive(Clone, Debug)]
pub enum Action {
    Read {
        kind: Method,
        collection: u32,
        filter: Option<V>,
    },
    /// Someone else loaded this document before the function began.
    Given {
        collection: u32,
        document: V,
    },
    Write {
        collection: u32,
        write: Box<Write>,
        is_versioned: bool,
    },
    /// Something outside of the database: a mail, a payment, a message to a queue.
    Effect {
        name: String,
        args: Vec<V>,
    },
}

impl Action {
    pub fn collection(&self) -> Option<u32> {
        match self {
            Self::Read { collection, .. } | Self::Write { collection, .. } | Self::Given { collection, .. } => {
                Some(*collection)
            }
            Self::Effect { .. } => None,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Slice {
    pub commands: Vec<Command>,
    /// Index of the act in the commands.
    pub act: usize,
    pub collections: Vec<Handle>,
    /// The path condition of the act, in the order in which the code decides it.
    pub goal: Vec<Atom>,
    /// Whether commands were left out because there are too many.
    pub is_cut: bool,
}

/// What a value is made from: the calls in it, those in its conditions included.
#[derive(Default)]
struct Sources {
    memo: FxHashMap<V, FxHashSet<Site>>,
}

impl Sources {
    fn of(&mut self, project: &Project, value: V, into: &mut FxHashSet<Site>) {
        let found = self.memo.entry(value).or_insert_with(|| {
            let mut found = FxHashSet::default();
            let (mut open, mut seen) = (vec![value], FxHashSet::default());
            while let Some(at) = open.pop() {
                if !seen.insert(at) {
                    continue;
                }
                let node = project.arena.peek(at);
                match node {
                    Node::Call { site, .. } | Node::Caught(site) | Node::Completed(site) => {
                        found.insert(*site);
                    }
                    _ => {}
                }
                for_children(node, &mut |child| open.push(child));
                for_conditions(node, &mut |cond| {
                    open.extend(project.arena.atoms_of(cond).iter().map(|atom| atom.value));
                });
            }
            found
        });
        into.extend(found.iter());
    }
}

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

/// The commands of a function around an act, of which slices are taken.
pub struct Commands {
    all: Vec<Command>,
    /// For each command, the calls whose results it uses.
    needs: Vec<FxHashSet<Site>>,
    act: usize,
    /// The path condition of the write of the act.
    cond: C,
    goal: Vec<Atom>,
    collections: Vec<Handle>,
}

impl Commands {
    /// Reads a function. `versioned` says of each write whether Mongoose sends it with `__v` in its filter; none where the act
    /// is no command.
    pub fn read(project: &mut Project, steps: &[Step], writes: &[Write], versioned: &[bool], act: Act) -> Option<Self> {
        let acting = writes.get(act.write)?;
        let mut collections = Vec::new();
        let mut all: Vec<Command> = Vec::new();
        all.extend(given(project, acting, &mut collections));
        let mut at_act = None;
        for (at, step) in steps.iter().enumerate() {
            let mut own: Vec<Command> = Vec::new();
            for (index, write) in writes.iter().enumerate().filter(|(_, write)| write.step == at) {
                if index == act.write {
                    at_act = Some(all.len() + own.len());
                }
                let action = Action::Write {
                    collection: number_of(&mut collections, &write.handle),
                    write: Box::new(write.clone()),
                    is_versioned: versioned.get(index).copied().unwrap_or(false),
                };
                own.push(command(project, step, write.cond, write.session, action));
            }
            if own.is_empty()
                && let Some(read) = read_at(project, step)
            {
                let action = Action::Read {
                    kind: read.action,
                    collection: number_of(&mut collections, &read.handle),
                    filter: read.filter,
                };
                let session = project.session_of_step(steps, step);
                own.push(command(project, step, step.cond, session, action));
            }
            if own.is_empty()
                && let Some(action) = effect_at(project, step)
            {
                own.push(command(project, step, step.cond, None, action));
            }
            all.extend(own);
        }
        let both = project.arena.and(acting.cond, act.cond);
        let goal = project.arena.atoms_in_order(if both == C::FALSE { acting.cond } else { both });
        let needs = needs_of(project, &all);
        Some(Self { all, needs, act: at_act?, cond: acting.cond, goal, collections })
    }

    /// Takes a slice.
    pub fn slice(&self, project: &Project, extent: Extent) -> Option<Slice> {
        let mut kept = self.kept(project, extent);
        let is_cut = kept.len() > limits::COMMANDS;
        if is_cut {
            // The act and what is nearest before it.
            let cut = kept.iter().position(|at| *at == self.act).unwrap_or(0);
            let from = (cut + 1).saturating_sub(limits::COMMANDS);
            kept = kept.into_iter().skip(from).take(limits::COMMANDS).collect();
        }
        let act = kept.iter().position(|at| *at == self.act)?;
        let commands: Vec<Command> = kept.into_iter().filter_map(|at| self.all.get(at).cloned()).collect();
        Some(Slice { commands, act, collections: self.collections.clone(), goal: self.goal.clone(), is_cut })
    }

    /// The commands that matter: what the act depends on; other changes of the same collections; and what the same reads
    /// decide, be it in another collection or outside.
    fn kept(&self, project: &Project, extent: Extent) -> Vec<usize> {
        let Self { all, needs, act, .. } = self;
        let given = all.iter().take(1).filter(|first| matches!(first.action, Action::Given { .. })).map(|_| 0);
        let mut kept: FxHashSet<usize> = given.chain([*act]).collect();
        close(all, needs, &mut kept);
        // The nearest first, as many as can be judged together.
        let mut extras = self.extras(project, &kept, extent);
        extras.sort_by_key(|at| at.abs_diff(*act));
        for extra in extras {
            let mut with = kept.clone();
            with.insert(extra);
            close(all, needs, &mut with);
            if with.len() <= limits::JUDGED_TOGETHER {
                kept = with;
            }
        }
        let mut kept: Vec<usize> = kept.into_iter().collect();
        kept.sort_unstable();
        kept
    }

    /// What the same results decide, or a value of theirs goes into, belongs to the act.
    fn extras(&self, project: &Project, kept: &FxHashSet<usize>, extent: Extent) -> Vec<usize> {
        let Some(acting) = self.all.get(self.act) else { return Vec::new() };
        let before = kept.iter().filter(|at| **at != self.act).filter_map(|at| self.all.get(*at));
        let read: FxHashSet<Site> = before.map(|command| command.site).collect();
        let asked = self.own_atoms(project, acting, kept);
        let mut extras: Vec<usize> = Vec::new();
        for (at, (command, needs)) in self.all.iter().zip(&self.needs).enumerate() {
            let changes = !matches!(command.action, Action::Read { .. } | Action::Given { .. });
            let own = command.action.collection();
            let is_near = own.is_some() && own == acting.action.collection();
            // With the act goes what the same condition decides; what another one decides is judged at its own place.
            let is_decided = needs.iter().any(|site| read.contains(site))
                && (is_near || asked.is_empty() || command.atoms.iter().any(|atom| asked.contains(atom)));
            // What this request does not do on its way to the act, the other one may.
            let is_excluded = !is_near && command.atoms.iter().any(|atom| is_refuted(project, self.cond, *atom));
            let is_after = needs.contains(&acting.site);
            let is_wanted = match extent {
                // What the act's own result decides takes it back, or goes with it.
                Extent::Act => is_after,
                Extent::Decided => is_after || is_decided || (is_near && read.is_empty()),
            };
            if changes && !kept.contains(&at) && is_wanted && !is_excluded {
                extras.push(at);
            }
        }
        extras
    }

    /// The conditions of the act on what was read of its own collection.
    fn own_atoms(&self, project: &Project, acting: &Command, kept: &FxHashSet<usize>) -> Vec<Atom> {
        let near = kept.iter().filter_map(|at| self.all.get(*at)).filter(|command| {
            matches!(command.action, Action::Read { .. }) && command.action.collection() == acting.action.collection()
        });
        let sites: FxHashSet<Site> = near.map(|command| command.site).collect();
        let mut sources = Sources::default();
        let mut is_own = |atom: &&Atom| {
            let mut calls = FxHashSet::default();
            sources.of(project, atom.value, &mut calls);
            !calls.is_disjoint(&sites)
        };
        self.goal.iter().filter(|atom| is_own(atom)).copied().collect()
    }
}

/// The document that others loaded and that the act writes.
fn given(project: &mut Project, acting: &Write, collections: &mut Vec<Handle>) -> Option<Command> {
    let document = project.outside_document(acting)?;
    let action = Action::Given { collection: number_of(collections, &acting.handle), document };
    Some(Command {
        site: acting.site,
        atoms: Vec::new(),
        within: Vec::new(),
        caught: false,
        session: None,
        ends_unmatched: false,
        action,
    })
}

fn needs_of(project: &Project, all: &[Command]) -> Vec<FxHashSet<Site>> {
    let mut sources = Sources::default();
    let sites = |command| {
        let mut sites = FxHashSet::default();
        values_of(command).into_iter().for_each(|value| sources.of(project, value, &mut sites));
        for cond in conditions_of(command) {
            for atom in project.arena.atoms_of(cond) {
                sources.of(project, atom.value, &mut sites);
            }
        }
        sites
    };
    all.iter().map(sites).collect()
}

fn is_refuted(project: &Project, cond: C, atom: Atom) -> bool {
    project.arena.atoms_of(cond).iter().any(|other| other.value == atom.value && other.holds != atom.holds)
}

/// Adds the commands whose results the kept ones use.
fn close(all: &[Command], needs: &[FxHashSet<Site>], kept: &mut FxHashSet<usize>) {
    loop {
        let wanted: FxHashSet<Site> = kept.iter().filter_map(|at| needs.get(*at)).flatten().copied().collect();
        let before = kept.len();
        kept.extend(all.iter().enumerate().filter(|(_, command)| wanted.contains(&command.site)).map(|(at, _)| at));
        if kept.len() == before {
            return;
        }
    }
}

fn command(project: &Project, step: &Step, cond: C, session: Option<V>, action: Action) -> Command {
    let atoms = project.arena.atoms_in_order(cond);
    let (within, ends_unmatched) = (step.within.clone(), false);
    Command { site: step.site, atoms, within, caught: step.caught, session, ends_unmatched, action }
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

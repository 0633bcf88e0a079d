//! The slice: the commands of one function that decide an act, and those that the same decisions lead to.
//!
//! Input: the script of a function, and the act. Output: the commands in order, each with its path condition.
//! Must not know: how commands are run, rules.

use super::script::{Action, Command, Script, needs_of};
use super::sources::{Row, Sources};
use super::transaction;
use crate::limits;
use crate::project::Project;
use crate::project::handle::Handle;
use crate::project::mongo::Action as Method;
use crate::project::writes::{Write, WriteKind};
use crate::value::{Atom, C, V};
use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

/// Which act is judged.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    /// Index into the writes of the function.
    pub write: usize,
    /// The condition of the part of the write that is judged, such as that of one changed field.
    pub cond: C,
    /// The input by which the act selects its document, where two requests for two documents are judged.
    pub apart: Option<V>,
    /// It is an upsert of which nothing keeps search and insert together.
    pub is_torn: bool,
    /// The changed field that has to end as no serial order leaves it, by its index in the write; any where none.
    pub own: Option<usize>,
    /// Nothing but the number of documents in its collection is compared.
    pub is_counted: bool,
}

/// How much of a function is sliced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The act, what it depends on, and what its result decides.
    Act,
    /// Also what the same results decide: other changes, and what is done outside.
    Decided,
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
    /// Whether the act is sent in two halves, where it is an upsert that finds nothing.
    pub is_torn: bool,
}

/// The commands around an act, of which slices are taken. An index counts the given document first, where there is one.
pub struct Commands<'a> {
    script: &'a Script,
    /// The act and what it needs, as it stands in the function or in its place.
    acting: (Command, Row),
    /// The document that others loaded and that the act writes, and its collection.
    given: Option<(Command, Handle)>,
    act: usize,
    /// The path condition of the write of the act.
    cond: C,
    goal: Vec<Atom>,
    is_torn: bool,
}

/// The indices of the commands of a slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    commands: Vec<usize>,
    /// One whose document is taken to be there: the request ends otherwise.
    found: Option<usize>,
    is_cut: bool,
}

impl Kept {
    pub fn len(&self) -> usize {
        self.commands.len()
    }
}

/// Commands that were chosen, each once, in the order in which they were.
#[derive(Clone, Default)]
struct Chosen {
    kept: IndexSet<usize, FxBuildHasher>,
}

impl Chosen {
    fn add(&mut self, at: usize) {
        self.kept.insert(at);
    }

    fn has(&self, at: usize) -> bool {
        self.kept.contains(&at)
    }

    fn count(&self) -> usize {
        self.kept.len()
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        self.kept.iter().copied()
    }
}

impl<'a> Commands<'a> {
    /// The commands around an act; none where the act is no command. `instead` stands in the place of its write.
    pub fn around(
        project: &mut Project,
        script: &'a Script,
        writes: &[Write],
        act: Act,
        instead: Option<&Write>,
    ) -> Option<Self> {
        let write = instead.or(writes.get(act.write))?;
        let document = match project.outside_document(write) {
            Some(document) => Some((document, write.handle.clone())),
            None => decided_by_given(project, write, writes),
        };
        let both = project.arena.and(write.cond, act.cond);
        let goal = project.arena.atoms_in_order(if both == C::FALSE { write.cond } else { both });
        let at = script.of_writes.get(act.write).copied().flatten()?;
        let (own, needs) = (script.commands.get(at)?, *script.needs.get(at)?);
        let acting = match (instead, own.action.collection()) {
            (Some(write), Some(collection)) => {
                let action = Action::Write { collection, write: Box::new(write.clone()), versions: Vec::new() };
                let atoms = project.arena.atoms_in_order(write.cond);
                let command = Command { atoms, session: write.session, action, ..own.clone() };
                let needs = needs_of(&project.arena, &mut script.sources.borrow_mut(), &command);
                (command, needs)
            }
            _ => (own.clone(), needs),
        };
        let given = document.map(|(document, handle)| (given(write, document), handle));
        let at = at + usize::from(given.is_some());
        Some(Self { script, acting, given, act: at, cond: write.cond, goal, is_torn: act.is_torn })
    }

    fn len(&self) -> usize {
        self.script.commands.len() + self.before()
    }

    /// How many commands come before those of the function.
    fn before(&self) -> usize {
        usize::from(self.given.is_some())
    }

    fn command(&self, at: usize) -> Option<&Command> {
        match (&self.given, at) {
            (Some((given, _)), 0) => Some(given),
            _ if at == self.act => Some(&self.acting.0),
            _ => self.script.commands.get(at - self.before()),
        }
    }

    /// The commands whose results a command uses; the given document uses none.
    fn needs(&self, at: usize) -> Option<Row> {
        match (&self.given, at) {
            (Some(_), 0) => None,
            _ if at == self.act => Some(self.acting.1),
            _ => self.script.needs.get(at - self.before()).copied(),
        }
    }

    /// Takes a slice.
    pub fn slice(&self, kept: &Kept) -> Option<Slice> {
        let act = kept.commands.iter().position(|at| *at == self.act)?;
        let chosen = |at: &usize| {
            let mut command = self.command(*at).cloned()?;
            command.ends_unmatched |= kept.found == Some(*at);
            Some(command)
        };
        let mut commands: Vec<Command> = kept.commands.iter().filter_map(chosen).collect();
        let mut collections = self.script.collections.clone();
        // The collection of the given document is the first one.
        if let Some((_, own)) = &self.given {
            let old = collections.iter().position(|known| known.same(own)).unwrap_or(collections.len());
            if old < collections.len() {
                collections.remove(old);
            }
            collections.insert(0, own.clone());
            let is_given = |command: &Command| matches!(command.action, Action::Given { .. });
            for command in commands.iter_mut().filter(|command| !is_given(command)) {
                command.action.renumber(|number| match (number as usize).cmp(&old) {
                    std::cmp::Ordering::Less => number + 1,
                    std::cmp::Ordering::Equal => 0,
                    std::cmp::Ordering::Greater => number,
                });
            }
        }
        let (goal, is_cut, is_torn) = (self.goal.clone(), kept.is_cut, self.is_torn);
        Some(Slice { commands, act, collections, goal, is_cut, is_torn })
    }

    /// The commands that matter, with one of those beside the act where it is given: what the act depends on; other changes of the same collections; and what the same reads
    /// decide, be it in another collection or outside.
    pub fn kept(&self, project: &Project, extent: Extent, beside: Option<usize>) -> Kept {
        let asks = self.asks(project);
        let sources = &*self.script.sources.borrow();
        let mut chosen = Chosen::default();
        self.given.iter().for_each(|_| chosen.add(0));
        chosen.add(self.act);
        // What decides the part of the act that is judged may decide nothing of its command.
        asks.iter().for_each(|row| self.add_sources(sources, *row, &mut chosen));
        self.close(sources, &mut chosen);
        let beside = beside.filter(|at| !chosen.has(*at));
        if let Some(at) = beside {
            chosen.add(at);
            self.close(sources, &mut chosen);
        }
        // What is stored first, and the nearest first, as many as can be judged together.
        let mut extras = self.extras(project, (sources, &asks), &chosen, extent);
        let is_outside = |at: usize| self.command(at).is_some_and(|command| command.action.collection().is_none());
        extras.sort_by_key(|at| (is_outside(*at), at.abs_diff(self.act)));
        for extra in extras {
            if chosen.count() >= limits::JUDGED_TOGETHER {
                break;
            }
            let mut with = chosen.clone();
            with.add(extra);
            self.close(sources, &mut with);
            if with.count() <= limits::JUDGED_TOGETHER {
                chosen = with;
            }
        }
        let mut commands: Vec<usize> = chosen.iter().collect();
        commands.sort_unstable();
        let is_cut = commands.len() > limits::COMMANDS;
        if is_cut {
            // The act and what is nearest before it.
            let cut = commands.iter().position(|at| *at == self.act).unwrap_or(0);
            let from = (cut + 1).saturating_sub(limits::COMMANDS);
            commands = commands.into_iter().skip(from).take(limits::COMMANDS).collect();
        }
        Kept { commands, found: beside, is_cut }
    }

    /// What the transaction of the act writes in other collections wherever it does the act, the nearest first.
    pub fn written_beside(&self, project: &Project) -> Vec<usize> {
        let act = &self.acting.0;
        // The first search of the act's own collection that decides it.
        let asks = self.asks(project);
        let sources = self.script.sources.borrow();
        let deciding = sources.joined(asks.into_iter());
        let own = (0..self.len()).filter_map(|at| self.command(at)).find_map(|command| match command.action {
            Action::Read { collection, filter, .. } if act.action.collection() == Some(collection) => {
                filter.filter(|_| sources.is_among(&deciding, command.site))
            }
            _ => None,
        });
        let asked = own.map(|filter| transaction::asked_for(project, filter)).unwrap_or_default();
        let excludes =
            |at: &usize| self.command(*at).is_some_and(|own| transaction::excludes(project, own, act, &asked));
        let mut beside: Vec<usize> = (0..self.len()).filter(excludes).collect();
        beside.sort_by_key(|at| at.abs_diff(self.act));
        beside
    }

    /// What the same results decide, or a value of theirs goes into, belongs to the act.
    fn extras(
        &self,
        project: &Project,
        (sources, asks): (&Sources, &[Row]),
        chosen: &Chosen,
        extent: Extent,
    ) -> Vec<usize> {
        let before: Vec<&Command> =
            chosen.iter().filter(|at| *at != self.act).filter_map(|at| self.command(at)).collect();
        let read = sources.sites(before.iter().map(|command| command.site));
        let refuted: Vec<(V, bool)> =
            project.arena.atoms_of(self.cond).iter().map(|atom| (atom.value, !atom.holds)).collect();
        let (acting, own) = (&self.acting.0, self.acting.0.action.collection());
        let asked = self.own_atoms(sources, asks, chosen);
        let found = self.found_unasked(sources, &before);
        let mut extras: Vec<usize> = Vec::new();
        for at in (0..self.len()).filter(|at| !chosen.has(*at)) {
            let (Some(command), Some(needs)) = (self.command(at), self.needs(at)) else { continue };
            if matches!(command.action, Action::Read { .. } | Action::Given { .. }) {
                continue;
            }
            let collection = command.action.collection();
            let is_near = collection.is_some() && collection == own;
            // With the act goes what the same condition decides; what another one decides is judged at its own place.
            let is_decided = sources.meet(needs, &read)
                && (is_near || asked.is_empty() || command.atoms.iter().any(|atom| asked.contains(atom)));
            let is_after = sources.has(needs, acting.site);
            let is_wanted = match extent {
                // What the act's own result decides takes it back, or goes with it.
                Extent::Act => is_after,
                Extent::Decided => {
                    is_after
                        || is_decided
                        || (is_near && before.is_empty())
                        || matches!(command.action, Action::Effect { .. }) && sources.meet(needs, &found)
                        || self.takes_away(command, &before)
                        || self.is_read_back(at, command, chosen)
                }
            };
            // What this request does not do on its way to the act, the other one may.
            let is_excluded =
                || !is_near && command.atoms.iter().any(|atom| refuted.contains(&(atom.value, atom.holds)));
            if is_wanted && !is_excluded() {
                extras.push(at);
            }
        }
        extras
    }

    /// What reads of the act's collection have found, where the act asks for nothing that was read: it changes what is there then, such
    /// as all that was found before.
    fn found_unasked(&self, sources: &Sources, before: &[&Command]) -> Vec<u64> {
        let own = self.acting.0.action.collection();
        let is_read = |command: &&Command| {
            before.is_empty() && matches!(command.action, Action::Read { .. }) && command.action.collection() == own
        };
        let reads = (0..self.act).filter_map(|at| self.command(at)).filter(is_read);
        sources.sites(reads.map(|command| command.site))
    }

    /// Whether a command deletes from a collection that one of the reads reads, or changes the document that was given.
    fn takes_away(&self, command: &Command, reads: &[&Command]) -> bool {
        let Action::Write { write, .. } = &command.action else { return false };
        let own = command.action.collection();
        let is_of_given = self.given.as_ref().is_some_and(|(_, handle)| handle.same(&write.handle));
        reads.iter().any(|read| match read.action {
            Action::Read { .. } => write.kind == WriteKind::Delete && read.action.collection() == own,
            Action::Given { .. } => is_of_given,
            // A fence that is taken down again.
            Action::Write { write: ref other, .. } => {
                other.kind == WriteKind::Insert && write.kind == WriteKind::Delete && read.action.collection() == own
            }
            Action::Effect { .. } => false,
        })
    }

    /// Whether a chosen read of many documents, of another collection than the act's, finds what a command before it has written.
    fn is_read_back(&self, at: usize, command: &Command, chosen: &Chosen) -> bool {
        let Action::Write { collection, .. } = command.action else { return false };
        let reads = chosen.iter().filter(|read| *read > at).filter_map(|read| self.command(read));
        let mut reads =
            reads.filter(|read| matches!(read.action, Action::Read { kind: Method::Count | Method::FindMany, .. }));
        self.acting.0.action.collection() != Some(collection)
            && reads.any(|read| read.action.collection() == Some(collection))
    }

    /// Adds the commands whose results the chosen ones use.
    fn close(&self, sources: &Sources, chosen: &mut Chosen) {
        let mut at = 0;
        while let Some(next) = chosen.kept.get_index(at).copied() {
            if let Some(needs) = self.needs(next) {
                self.add_sources(sources, needs, chosen);
            }
            at += 1;
        }
    }

    /// Adds the commands of a set.
    fn add_sources(&self, sources: &Sources, wanted: Row, chosen: &mut Chosen) {
        for number in sources.numbers_in(wanted) {
            let commands = self.script.of_numbers.get(number).into_iter().flatten();
            commands.for_each(|at| chosen.add(at + self.before()));
        }
    }

    /// For each condition of the act the commands that it asks about.
    fn asks(&self, project: &Project) -> Vec<Row> {
        let mut sources = self.script.sources.borrow_mut();
        self.goal.iter().map(|atom| sources.of(&project.arena, atom.value)).collect()
    }

    /// The conditions of the act on what was read of its own collection.
    fn own_atoms(&self, sources: &Sources, asks: &[Row], chosen: &Chosen) -> Vec<Atom> {
        let own = self.acting.0.action.collection();
        let near = chosen
            .iter()
            .filter_map(|at| self.command(at))
            .filter(|command| matches!(command.action, Action::Read { .. }) && command.action.collection() == own);
        let near = sources.sites(near.map(|command| command.site));
        let asked = self.goal.iter().zip(asks).filter(|(_, row)| sources.meet(**row, &near));
        asked.map(|(atom, _)| *atom).collect()
    }
}

/// The document that others loaded, that decides an act, and that is written beside it, with its collection; none where the act is
/// done without one.
fn decided_by_given(project: &mut Project, acting: &Write, writes: &[Write]) -> Option<(V, Handle)> {
    let decides = project.arena.atoms(acting.cond);
    let is_without = |document: V| decides.iter().any(|atom| atom.value == document && !atom.holds);
    writes.iter().find_map(|write| {
        let document = project.outside_document(write)?;
        let is_asked = |value: V| project.contains(value, &mut |_, part| part == document);
        let is_decided = !is_without(document) && decides.iter().any(|atom| is_asked(atom.value));
        is_decided.then(|| (document, write.handle.clone()))
    })
}

/// The document that others loaded and that the act writes, in the first collection.
fn given(acting: &Write, document: V) -> Command {
    Command {
        site: acting.site,
        step: None,
        in_loop: false,
        atoms: Vec::new(),
        within: Vec::new(),
        caught: false,
        session: None,
        ends_unmatched: false,
        fences: Vec::new(),
        action: Action::Given { collection: 0, document },
    }
}

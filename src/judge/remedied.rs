//! Whether a remedy mends a race: no outcome is left that no serial order gives, and whoever was served before still is.
//!
//! Input: a function, its act, and what the remedy makes of both. Output: yes, or no for lack of proof. Must not know: rules,
//! how a remedy was found, formats.

use super::bson::{Concrete, Value};
use super::choices::Candidate;
use super::collect;
use super::eval::{Machine, Mode};
use super::function::{Function, indexes_of, versioned_of};
use super::hints::Hints;
use super::literal;
use super::question::{Overwritten, Question, Verdict};
use super::script::Script;
use super::search::{self, Search};
use super::slice::{Act, Commands, Extent, Slice};
use super::state::{Request, World};
use super::unique::UniqueIndex;
use crate::limits;
use crate::project::Project;
use crate::project::schema::Schemas;
use crate::project::writes::{Write, WriteKind};
use crate::race::predicate;
use crate::value::{Arena, C, Node, V, children};
use rustc_hash::FxHashSet;

/// A function with its remedy.
pub struct Remedied<'a> {
    /// What stands in the place of the act's write.
    pub write: Option<&'a Write>,
    /// Indexes that the remedy adds to the collection of the act.
    pub indexes: &'a [NewIndex],
    pub presumed: &'a Presumed,
    /// The values by which a document is searched, one group for each key: a second request may bring another value for one alone.
    pub keys: &'a [V],
}

/// What a remedy takes for granted, as the code does where it means anything: nobody is served worse for what is no input.
#[derive(Clone, Debug, Default)]
pub struct Presumed {
    /// Fields of the act's documents that are there, with a value that has an order.
    pub fields: Vec<Vec<String>>,
    /// Fields that hold a number where they are there: the code takes one for what is missing.
    pub numbers: Vec<Vec<String>>,
    /// Values that have an order: numbers, times.
    pub ordered: Vec<V>,
    /// Values that are not undefined.
    pub given: Vec<V>,
}

/// A unique index to be created.
#[derive(Clone, Debug, PartialEq)]
pub struct NewIndex {
    pub fields: Vec<String>,
    /// Whether documents without the field are left out.
    pub sparse: bool,
    /// The constants that a document of the index has.
    pub partial: Vec<(String, V)>,
    /// Whether it needs a name of its own: another one of the same keys, for another constant, would have the same by default.
    pub is_named: bool,
}

/// Whether there is no race where Mongoose sends all saves of the act's collection with their version, and a lone request saves
/// what it saved.
pub fn mends_by_version(
    project: &mut Project,
    schemas: &Schemas,
    function: &Function<'_>,
    act: Act,
    overwritten: Option<&Overwritten>,
) -> bool {
    let Some(own) = function.writes.get(act.write) else { return false };
    let is_save = |write: &Write| write.kind == WriteKind::Save && write.handle.same(&own.handle);
    let of = |(write, versions): (&Write, &Vec<C>)| if is_save(write) { vec![C::TRUE] } else { versions.clone() };
    let versioned: Vec<Vec<C>> = function.writes.iter().zip(function.versioned).map(of).collect();
    let script = Script::read(project, schemas, function.steps, function.writes, &versioned);
    let versioned = Function { versioned: &versioned, script: &script, ..*function };
    let mut slice = |function: &Function<'_>| {
        let commands = Commands::around(project, function.script, function.writes, act, None)?;
        commands.slice(&commands.kept(project, Extent::Decided, None))
    };
    let (Some(before), Some(after)) = (slice(function), slice(&versioned)) else { return false };
    let hints = collect::collect(project, &before);
    let indexes = indexes_of(&project.arena, schemas, &before);
    let versions = [versioned_of(function, &before), versioned_of(&versioned, &after)];
    let question = |slice, versioned| Question {
        own: None,
        is_counted: false,
        arena: &project.arena,
        slice,
        hints: &hints,
        indexes: &indexes,
        versioned,
        overwritten,
        apart: act.apart,
        fuel: function.fuel,
    };
    let [were, are] = &versions;
    let (before, after) = (question(&before, &were[..]), question(&after, &are[..]));
    let presumed = Presumed::default();
    let Some(collection) = after.slice.commands.get(after.slice.act).and_then(|act| act.action.collection()) else {
        return false;
    };
    serves(&before, &after, &Plausible::new(&project.arena, collection, &presumed), None)
        && matches!(search::judge(&after), Verdict::Safe { .. })
}

/// What is known of a remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mended {
    Yes,
    No,
    /// Every request that was served is served still, and no race was found in what could be tried of all there is.
    Cut,
}

/// Whether the remedy leaves no race and refuses no request that was served.
pub fn mends(
    project: &mut Project,
    schemas: &Schemas,
    function: &Function<'_>,
    act: Act,
    overwritten: Option<&Overwritten>,
    remedied: &Remedied<'_>,
) -> bool {
    mended(project, schemas, function, act, overwritten, remedied) == Mended::Yes
}

/// What is known of a remedy of an act.
pub fn mended(
    project: &mut Project,
    schemas: &Schemas,
    function: &Function<'_>,
    act: Act,
    overwritten: Option<&Overwritten>,
    remedied: &Remedied<'_>,
) -> Mended {
    let mut slice = |instead| {
        let commands = Commands::around(project, function.script, function.writes, act, instead)?;
        commands.slice(&commands.kept(project, Extent::Decided, None))
    };
    let Some(before) = slice(None) else { return Mended::No };
    let Some(mut after) = slice(remedied.write) else { return Mended::No };
    let is_same = before.collections.len() == after.collections.len()
        && before.collections.iter().zip(&after.collections).all(|(a, b)| a.same(b));
    let acting = after.act;
    let Some(command) = after.commands.get_mut(acting) else { return Mended::No };
    let Some(collection) = command.action.collection().filter(|_| is_same) else { return Mended::No };
    // Whoever takes the remedy treats a command that matches nothing as the check having failed.
    command.ends_unmatched = true;
    let hints = collect::collect(project, &before);
    let old = indexes_of(&project.arena, schemas, &before);
    let Some(added) = added(&project.arena, collection, remedied.indexes) else { return Mended::No };
    let new: Vec<UniqueIndex> = old.iter().cloned().chain(added).collect();
    let versions = [versioned_of(function, &before), versioned_of(function, &after)];
    let mut variants = vec![hints];
    for at in 0..remedied.keys.len() {
        let own = variants.first().map(|hints| own_key(&project.arena, hints, remedied.keys, at));
        variants.extend(own);
    }
    let mut mended = Mended::Yes;
    for hints in &variants {
        let question = |slice, indexes, versioned| Question {
            own: None,
            is_counted: false,
            arena: &project.arena,
            slice,
            hints,
            indexes,
            versioned,
            overwritten,
            apart: act.apart,
            fuel: function.fuel,
        };
        let [were, are] = &versions;
        let (before, after) = (question(&before, &old[..], &were[..]), question(&after, &new[..], &are[..]));
        let plausible = Plausible::new(&project.arena, collection, remedied.presumed);
        if !serves(&before, &after, &plausible, (!remedied.indexes.is_empty()).then_some(remedied)) {
            return Mended::No;
        }
        match search::judge(&after) {
            Verdict::Safe { .. } => {}
            Verdict::Unknown { .. } => mended = Mended::Cut,
            Verdict::Race(_) | Verdict::ActsTwice(_) => return Mended::No,
        }
    }
    mended
}

fn added(arena: &Arena, collection: u32, indexes: &[NewIndex]) -> Option<Vec<UniqueIndex>> {
    let mut added = Vec::new();
    for index in indexes {
        let mut constants = Value::document(Vec::<(&str, Value)>::new());
        for (path, value) in &index.partial {
            constants.set(path, literal::literal(arena, *value)?);
        }
        let partial = match index.partial.is_empty() {
            true => None,
            false => Some(predicate::parse(&Concrete, &constants).ok()?),
        };
        added.push(UniqueIndex { collection, fields: index.fields.clone(), sparse: index.sparse, partial });
    }
    Some(added)
}

/// The hints under which a second request brings its own value for one key, and shares the others.
fn own_key(arena: &Arena, hints: &Hints, keys: &[V], own: usize) -> Hints {
    let mut shared = FxHashSet::default();
    for (_, key) in keys.iter().enumerate().filter(|(at, _)| *at != own) {
        shared.extend(arena.parts(*key));
    }
    let taken = keys.get(own).map(|key| arena.parts(*key)).unwrap_or_default();
    let mut hints = hints.clone();
    hints.selecting.retain(|value| shared.contains(value) || !taken.contains(value));
    hints
}

/// A value and what it is computed from, without what is asked for where it is read or called for.
fn operands(arena: &Arena, value: V, into: &mut FxHashSet<V>) {
    let node = arena.peek(value);
    if into.insert(value) && !matches!(node, Node::Call { .. }) {
        children(node).into_iter().for_each(|part| operands(arena, part, into));
    }
}

/// Whether each request that the function serves is served by the remedied one too, with the same outcome: alone, and one after
/// another one. Where indexes are `added`, also beside a document of the same keys.
fn serves(
    before: &Question<'_>,
    after: &Question<'_>,
    plausible: &Plausible<'_>,
    added: Option<&Remedied<'_>>,
) -> bool {
    [Mode::Same, Mode::Different(None)].into_iter().all(|mode| {
        let mut search = Search::new(before, mode, None);
        search.machine.expect(after.slice);
        if search.climb().is_some() {
            return false;
        }
        let reached: Vec<usize> = search.machine.choices.slots.iter().map(|slot| slot.taken).collect();
        // Where what was found is no plausible input, what is nearest to it and plausible is looked at instead.
        let is_plausible = plausible.holds(&search.machine);
        let start = if is_plausible { reached.clone() } else { plausible.nearest(&search.machine, reached.clone()) };
        let (mut is_served, mut is_tried) = (false, false);
        for (slot, candidate) in neighbours(&search.machine, &start) {
            search.take(&start);
            search.set(slot, candidate);
            if search.machine.fuel == 0 {
                break;
            }
            if !plausible.holds(&search.machine) {
                continue;
            }
            is_tried = true;
            match serves_here(&mut search.machine, before, after) {
                Some(served) => is_served |= served,
                None if search.machine.fuel > 0 => return false,
                None => {}
            }
        }
        if !is_tried {
            search.take(&reached);
            return serves_here(&mut search.machine, before, after).is_some();
        }
        let Some(added) = added else { return is_served };
        let beside = of_same_keys(&search.machine, plausible.collection, added, reached);
        for (slot, candidate) in neighbours(&search.machine, &beside) {
            search.take(&beside);
            search.set(slot, candidate);
            if search.machine.fuel == 0 {
                break;
            }
            let is_refused = plausible.holds(&search.machine)
                && serves_here(&mut search.machine, before, after).is_none()
                && search.machine.fuel > 0;
            if is_refused {
                return false;
            }
        }
        is_served
    })
}

/// The choices with one document stored that has the keys of the request in the fields of the indexes.
fn of_same_keys(machine: &Machine<'_>, collection: u32, added: &Remedied<'_>, mut taken: Vec<usize>) -> Vec<usize> {
    let mut choose = |slot: Option<usize>, is_meant: &dyn Fn(&Candidate) -> bool| {
        let Some(slot) = slot else { return };
        let candidates = machine.choices.slots.get(slot).map(|known| known.candidates.iter());
        let meant = candidates.into_iter().flatten().position(is_meant);
        if let (Some(own), Some(meant)) = (taken.get_mut(slot), meant) {
            *own = meant;
        }
    };
    let slot_of =
        |field: &str| machine.slot_of(collection, &field.split('.').map(str::to_owned).collect::<Vec<String>>());
    let fields = machine.fields.get(collection as usize);
    let exists = fields.and_then(|fields| fields.first()).map(|(_, slot)| *slot);
    choose(exists, &|candidate| matches!(candidate, Candidate::One));
    for index in added.indexes {
        for field in &index.fields {
            let is_key = |value: &V| added.keys.contains(value);
            choose(slot_of(field), &|candidate| matches!(candidate, Candidate::Of(value) if is_key(value)));
        }
        for (field, constant) in &index.partial {
            let constant = literal::literal(machine.arena, *constant);
            let is_constant = |value: &Value| Some(value) == constant.as_ref();
            choose(slot_of(field), &|candidate| matches!(candidate, Candidate::Value(value) if is_constant(value)));
        }
    }
    taken
}

/// Choices that differ from those given in one slot, the given ones first.
fn neighbours(machine: &Machine<'_>, start: &[usize]) -> Vec<(usize, usize)> {
    let own = (0, start.first().copied().unwrap_or(0));
    let slots = machine.choices.slots.iter().take(start.len()).enumerate();
    let others = slots.flat_map(|(slot, known)| (0..known.candidates.len()).map(move |candidate| (slot, candidate)));
    std::iter::once(own).chain(others.take(limits::NEIGHBOURS)).collect()
}

/// What is presumed, for looking up.
struct Plausible<'a> {
    collection: u32,
    fields: &'a [Vec<String>],
    numbers: &'a [Vec<String>],
    ordered: FxHashSet<V>,
    given: FxHashSet<V>,
}

impl<'a> Plausible<'a> {
    fn new(arena: &Arena, collection: u32, presumed: &'a Presumed) -> Self {
        let all = |values: &[V]| {
            let mut all = FxHashSet::default();
            values.iter().for_each(|value| operands(arena, *value, &mut all));
            all
        };
        let (ordered, given) = (all(&presumed.ordered), all(&presumed.given));
        Self { collection, fields: &presumed.fields, numbers: &presumed.numbers, ordered, given }
    }

    /// The choices with something known in place of what is presumed to be no input.
    fn nearest(&self, machine: &Machine<'_>, mut taken: Vec<usize>) -> Vec<usize> {
        let choices = &machine.choices;
        let fields = self.fields.iter().filter_map(|path| machine.slot_of(self.collection, path));
        let is_presumed = |source: &V| self.given.contains(source) || self.ordered.contains(source);
        let terms = choices.terms.iter().filter(|term| term.source.as_ref().is_some_and(is_presumed));
        for slot in fields.chain(terms.map(|term| term.slot)) {
            let Some(known) = choices.slots.get(slot) else { continue };
            let is_known =
                |at: usize| !matches!(known.candidates.get(at), Some(Candidate::Missing | Candidate::Itself));
            // What is what another unknown is, is known no better.
            let is_own = |at: &usize| is_known(*at) && !matches!(known.candidates.get(*at), Some(Candidate::Of(_)));
            let is_left = leads_nowhere(machine, slot);
            if let Some(own) = taken.get_mut(slot).filter(|own| !is_known(**own) || is_left) {
                let mut all = 0..known.candidates.len();
                *own = all.clone().find(is_own).or_else(|| all.find(|at| is_known(*at))).unwrap_or(*own);
            }
        }
        for slot in self.number_slots(machine) {
            let Some(known) = choices.slots.get(slot) else { continue };
            if let Some(own) = taken.get_mut(slot)
                && !known.candidates.get(*own).is_some_and(is_number_or_none)
            {
                *own = known.candidates.iter().position(is_number_or_none).unwrap_or(*own);
            }
        }
        taken
    }

    /// The slots of the fields that hold numbers; a field of another one has none of its own.
    fn number_slots(&self, machine: &Machine<'_>) -> Vec<usize> {
        let known = machine.fields.get(self.collection as usize);
        let is_asked = |path: &Vec<String>| self.numbers.contains(path);
        known.into_iter().flatten().filter(|(path, _)| is_asked(path)).map(|(_, slot)| *slot).collect()
    }

    /// Whether it holds under the choices made.
    fn holds(&self, machine: &Machine<'_>) -> bool {
        let choices = &machine.choices;
        let is_known = |slot| {
            !matches!(choices.taken(slot), Candidate::Missing | Candidate::Itself) && !leads_nowhere(machine, slot)
        };
        let are_there = self.fields.iter().all(|path| machine.slot_of(self.collection, path).is_none_or(is_known));
        let are_numbers = self.number_slots(machine).into_iter().all(|slot| is_number_or_none(choices.taken(slot)));
        are_there
            && are_numbers
            && choices.terms.iter().all(|term| match (term.source, choices.taken(term.slot)) {
                (Some(source), Candidate::Missing) => !self.given.contains(&source),
                (Some(source), Candidate::Itself) => !self.ordered.contains(&source),
                (Some(source), Candidate::Of(_)) if leads_nowhere(machine, term.slot) => {
                    !self.given.contains(&source) && !self.ordered.contains(&source)
                }
                _ => true,
            })
    }
}

fn is_number_or_none(candidate: &Candidate) -> bool {
    matches!(candidate, Candidate::Missing | Candidate::Value(Value::Number(_)))
}

/// Whether a slot is what another one is, and that one what it is itself, or nothing.
fn leads_nowhere(machine: &Machine<'_>, slot: usize) -> bool {
    let choices = &machine.choices;
    let mut at = slot;
    for _ in 0..limits::START_DEPTH {
        let Candidate::Of(value) = choices.taken(at) else {
            return at != slot && matches!(choices.taken(at), Candidate::Missing);
        };
        let input = || choices.terms.iter().find(|term| term.source == Some(*value)).map(|term| term.slot);
        let Some(next) = machine.slots.get(value).copied().or_else(input) else { return false };
        at = next;
    }
    true
}

/// Whether a request is served under the choices made, by both alike; none where the remedied one serves another way, or the
/// work that a judgement may take is spent.
fn serves_here(machine: &mut Machine<'_>, before: &Question<'_>, after: &Question<'_>) -> Option<bool> {
    let mut is_served = false;
    let orders: [&[usize]; 3] = [&[0], &[0, 1], &[1, 0]];
    for order in orders {
        let (served, end) = run(machine, before, order);
        let (still, same) = run(machine, after, order);
        if machine.fuel == 0 {
            return None;
        }
        if served > 0 && (served != still || end != same) {
            return None;
        }
        is_served |= served > 0;
    }
    Some(is_served)
}

/// How often requests act, one after another, and what is stored and done then.
fn run(machine: &mut Machine<'_>, question: &Question<'_>, order: &[usize]) -> (u32, Vec<String>) {
    let store = machine.start(question.hints, question.indexes, question.versioned);
    let mut world = World { store, fresh: limits::FRESH_IDS, ..World::default() };
    let mut acts = 0;
    for who in order {
        let mut request = Request::new(*who);
        while machine.advance(question.slice, &mut request, &mut world) {}
        acts += request.acts;
    }
    (acts, end(machine, question.slice, &world))
}

/// What is stored in the end, whatever the order of fields, without the versions that a save counts.
fn end(machine: &Machine<'_>, slice: &Slice, world: &World) -> Vec<String> {
    let mut stored = Vec::new();
    for at in 0..slice.collections.len() {
        for document in world.store.documents(at as u32) {
            let fields = document.fields().into_iter().flatten().filter(|(name, _)| &**name != "__v");
            let mut fields: Vec<String> =
                fields.map(|(name, value)| format!("{name}: {}", machine.shown(value))).collect();
            fields.sort();
            stored.push(format!("{at} {}", fields.join(", ")));
        }
    }
    stored.extend(world.effects.iter().cloned());
    stored.sort();
    stored
}

//! Whether whoever is served by a function is served by another one too, alone and one after another, with the same outcome.
//!
//! Input: two questions about the same act, before and after. Output: yes, or no for one that is served another way. Must not know:
//! remedies, how a race is found.

use super::bson::Value;
use super::choices::Candidate;
use super::eval::{Machine, Mode};
use super::plausible::Plausible;
use super::question::Question;
use super::search::Search;
use super::slice::Slice;
use super::state::{Request, World};
use crate::limits;
use crate::value::V;

/// What unique indexes ask for.
pub struct Keyed<'a> {
    /// Paths of the fields of which no two documents have the same values.
    pub fields: Vec<String>,
    /// What the documents of the indexes have beside.
    pub constants: Vec<(String, Value)>,
    /// What requests bring for the fields.
    pub keys: &'a [V],
}

/// Whether each request that the function serves is served by the remedied one too, with the same outcome: alone, and one after
/// another one. Where indexes are added, also beside a document of the same keys.
pub fn serves(
    before: &Question<'_>,
    after: &Question<'_>,
    plausible: &Plausible<'_>,
    keyed: Option<&Keyed<'_>>,
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
        let Some(keyed) = keyed else { return is_served };
        let beside = of_same_keys(&search.machine, plausible.collection, keyed, reached);
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
fn of_same_keys(machine: &Machine<'_>, collection: u32, keyed: &Keyed<'_>, mut taken: Vec<usize>) -> Vec<usize> {
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
    choose(machine.slot_of_collection(collection), &|candidate| matches!(candidate, Candidate::One));
    for field in &keyed.fields {
        choose(slot_of(field), &|candidate| matches!(candidate, Candidate::Of(value) if keyed.keys.contains(value)));
    }
    for (field, constant) in &keyed.constants {
        choose(slot_of(field), &|candidate| matches!(candidate, Candidate::Value(value) if value == constant));
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

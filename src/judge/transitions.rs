//! The steps of two requests through the states of the world, each run once: what a request does next rests on what it has been told
//! so far and on what is stored, and on nothing else. Interleavings of the same commands meet the same states over and over.
//!
//! Input: the choices made (they do not change meanwhile), and a step to run where it is not known. Output: where it leads.
//! Must not know: the order of steps, verdicts.

use super::known::States;
use super::state::{Move, Request, World};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Number of a state of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct RequestState(u32);

/// Number of a state of the world: what is stored, and what services were told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct WorldState(u32);

/// Where a step leads.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) request: RequestState,
    pub(super) world: WorldState,
    /// It sent a command; there may be more.
    pub(super) is_more: bool,
    /// What it did, for the witness.
    moves: Rc<[Move]>,
    /// What it did outside of the database.
    effects: Rc<[String]>,
}

/// The steps that led to a state of the world, the last one first.
#[derive(Clone, Debug, Default)]
pub(super) struct Trail(Option<Rc<Link>>);

#[derive(Debug)]
struct Link {
    moves: Rc<[Move]>,
    effects: Rc<[String]>,
    before: Trail,
}

impl Trail {
    pub(super) fn and(&self, step: &Step) -> Self {
        if step.moves.is_empty() && step.effects.is_empty() {
            return self.clone();
        }
        let (moves, effects) = (step.moves.clone(), step.effects.clone());
        Self(Some(Rc::new(Link { moves, effects, before: self.clone() })))
    }

    fn links(&self) -> Vec<&Link> {
        let mut links: Vec<&Link> = std::iter::successors(self.0.as_deref(), |link| link.before.0.as_deref()).collect();
        links.reverse();
        links
    }

    pub(super) fn moves(&self) -> Vec<Move> {
        self.links().into_iter().flat_map(|link| link.moves.iter().cloned()).collect()
    }

    pub(super) fn effects(&self) -> Vec<String> {
        self.links().into_iter().flat_map(|link| link.effects.iter().cloned()).collect()
    }
}

/// What two requests in the same state have in common; a transaction or half of an upsert is not compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Told {
    who: usize,
    at: usize,
    states: States,
    last_id: u32,
    acts: u32,
    is_over: bool,
    was_refused: bool,
}

#[derive(Debug, Default)]
pub(super) struct Transitions {
    requests: Vec<Request>,
    told: FxHashMap<Told, RequestState>,
    /// Without effects and moves.
    worlds: Vec<World>,
    known: FxHashMap<(RequestState, WorldState), Step>,
}

impl Transitions {
    /// The number of a request as it stands.
    pub(super) fn request(&mut self, request: Request) -> RequestState {
        let next = RequestState(self.requests.len() as u32);
        if request.transaction.is_none() && request.torn.is_none() {
            let told = Told {
                who: request.who,
                at: request.at,
                states: request.states.clone(),
                last_id: request.last_id,
                acts: request.acts,
                is_over: request.is_over,
                was_refused: request.was_refused,
            };
            let state = *self.told.entry(told).or_insert(next);
            if state != next {
                return state;
            }
        }
        self.requests.push(request);
        next
    }

    /// The number of a world, whatever was done on the way.
    pub(super) fn world(&mut self, world: World) -> WorldState {
        let is_known = |known: &World| {
            known.fresh == world.fresh && known.attempts == world.attempts && known.store.is_same(&world.store)
        };
        let at = self.worlds.iter().rposition(is_known).unwrap_or_else(|| {
            self.worlds.push(World { moves: Vec::new(), effects: Vec::new(), ..world });
            self.worlds.len() - 1
        });
        WorldState(at as u32)
    }

    pub(super) fn request_at(&self, state: RequestState) -> Option<&Request> {
        self.requests.get(state.0 as usize)
    }

    pub(super) fn world_at(&self, state: WorldState) -> Option<&World> {
        self.worlds.get(state.0 as usize)
    }

    /// The step of a request in a state of the world.
    pub(super) fn step(
        &mut self,
        request: RequestState,
        world: WorldState,
        run: impl FnOnce(&mut Request, &mut World) -> bool,
    ) -> Option<Step> {
        if let Some(step) = self.known.get(&(request, world)) {
            return Some(step.clone());
        }
        let (mut next, mut left) = (self.request_at(request)?.clone(), self.world_at(world)?.clone());
        let is_more = run(&mut next, &mut left);
        let moves = std::mem::take(&mut left.moves).into();
        let effects = std::mem::take(&mut left.effects).into();
        let step = Step { request: self.request(next), world: self.world(left), is_more, moves, effects };
        self.known.insert((request, world), step.clone());
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::Transaction;
    use super::super::written::value;
    use super::*;

    /// A request that inserts a document, once.
    fn insert(request: &mut Request, world: &mut World) -> bool {
        if request.at > 0 {
            return false;
        }
        request.at = 1;
        world.store.insert_start(0, value("{'_id': 1}"));
        world.effects.push("told".to_owned());
        true
    }

    #[test]
    fn a_step_is_run_once_for_each_state_and_leads_to_the_same() {
        let mut steps = Transitions::default();
        let (request, world) = (steps.request(Request::new(0)), steps.world(World::default()));
        let mut runs = 0;
        let mut ends = Vec::new();
        for _ in 0..2 {
            let step = steps.step(request, world, |request, world| {
                runs += 1;
                insert(request, world)
            });
            ends.push(step.expect("known states"));
        }
        assert_eq!(runs, 1);
        let [first, again] = &ends[..] else { panic!("two steps") };
        assert_eq!((first.request, first.world, first.is_more), (again.request, again.world, true));
        assert_ne!((first.request, first.world), (request, world));
        assert_eq!(Trail::default().and(first).and(again).effects(), ["told", "told"]);
        let last = steps.step(first.request, first.world, insert).expect("known states");
        assert_eq!((last.request, last.world, last.is_more), (first.request, first.world, false));
    }

    #[test]
    fn requests_that_were_told_the_same_are_one_and_open_transactions_none() {
        let mut steps = Transitions::default();
        let first = steps.request(Request::new(0));
        assert_eq!(steps.request(Request::new(0)), first);
        assert_ne!(steps.request(Request::new(1)), first);
        assert_ne!(steps.request(Request { at: 1, ..Request::new(0) }), first);
        let (own, base) = (World::default().store, World::default().store);
        let open = Request { transaction: Some(Transaction { base, own, acts: 0 }), ..Request::new(0) };
        let [one, other] = [open.clone(), open].map(|open| steps.request(open));
        assert!(one != first && one != other);
    }

    #[test]
    fn worlds_that_store_the_same_are_one_whatever_led_to_them() {
        let mut steps = Transitions::default();
        let empty = steps.world(World::default());
        let told = World { effects: vec!["told".to_owned()], ..World::default() };
        assert_eq!(steps.world(told), empty);
        let mut stored = World::default();
        stored.store.insert_start(0, value("{'_id': 1}"));
        let [one, other] = [stored.clone(), stored].map(|world| steps.world(world));
        assert!(one == other && one != empty);
        assert_ne!(steps.world(World { fresh: 1, ..World::default() }), empty);
    }
}

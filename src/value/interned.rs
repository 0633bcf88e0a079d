//! A store of equal things: each is kept once, and has a number.
//!
//! The values of a large project are most of what an analysis takes. So nothing is kept beside the things themselves but their
//! numbers and half of their hashes in a table, and a store that grows never holds a second copy of what it has.
//!
//! Input: things. Output: their numbers, by which they are found again. Must not know: what they are.

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

/// How many things stand together, as a power of two.
const SHIFT: u32 = 12;
const CHUNK: usize = 1 << SHIFT;

/// A list that grows by whole chunks and so never moves what stands in it. All chunks but the last are full.
#[derive(Clone, Debug)]
struct Row<T>(Vec<Vec<T>>);

impl<T> Row<T> {
    fn get(&self, at: usize) -> Option<&T> {
        self.0.get(at >> SHIFT)?.get(at & (CHUNK - 1))
    }

    fn len(&self) -> usize {
        self.0.last().map_or(0, |last| (self.0.len() - 1) * CHUNK + last.len())
    }

    fn push(&mut self, thing: T) {
        match self.0.last_mut() {
            Some(last) if last.len() < CHUNK => last.push(thing),
            // The first chunk of a small file stays small.
            last => {
                let mut chunk = Vec::with_capacity(if last.is_some() { CHUNK } else { 0 });
                chunk.push(thing);
                self.0.push(chunk);
            }
        }
    }
}

/// A list of which others may share the start, which does not change any more.
#[derive(Clone, Debug)]
pub(super) struct Chunks<T> {
    shared: Arc<Row<T>>,
    /// The length of what is shared.
    start: usize,
    own: Row<T>,
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self { shared: Arc::new(Row(Vec::new())), start: 0, own: Row(Vec::new()) }
    }
}

impl<T> Chunks<T> {
    pub(super) fn get(&self, at: u32) -> Option<&T> {
        match (at as usize).checked_sub(self.start) {
            Some(at) => self.own.get(at),
            None => self.shared.get(at as usize),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.start + self.own.len()
    }

    pub(super) fn push(&mut self, thing: T) {
        self.own.push(thing);
    }

    /// Gives back the room for what will not come.
    pub(super) fn shrink(&mut self) {
        self.own.0.last_mut().into_iter().for_each(Vec::shrink_to_fit);
    }

    /// Lets copies share what is there. Once only: what comes later is copied.
    pub(super) fn share(&mut self) {
        if self.start == 0 {
            self.start = self.own.len();
            self.shared = Arc::new(Row(std::mem::take(&mut self.own.0)));
        }
    }
}

/// The number of a thing, with half of its hash: by that it is told from most others, and put elsewhere when the table grows,
/// without a look at the thing.
#[derive(Clone, Copy, Debug)]
struct Numbered {
    number: u32,
    half: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Interned<T> {
    things: Chunks<T>,
    shared: Arc<HashTable<Numbered>>,
    numbers: HashTable<Numbered>,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self { things: Chunks::default(), shared: Arc::default(), numbers: HashTable::new() }
    }
}

/// Half of the hash of a thing.
fn half<T: Hash + ?Sized>(thing: &T) -> u32 {
    (FxBuildHasher.hash_one(thing) >> 32) as u32
}

/// What the table goes by, of which both ends count.
const fn spread(half: u32) -> u64 {
    (half as u64) << 32 | half as u64
}

/// Half of the hash of a thing that a store does not have.
pub(super) struct Absent(u32);

impl<T: Hash + Eq> Interned<T> {
    pub(super) fn get(&self, at: u32) -> Option<&T> {
        self.things.get(at)
    }

    pub(super) fn len(&self) -> usize {
        self.things.len()
    }

    pub(super) fn number_of<Q: Hash + Eq + ?Sized>(&self, thing: &Q) -> Option<u32>
    where
        T: Borrow<Q>,
    {
        self.numbered(thing, half(thing))
    }

    fn numbered<Q: Eq + ?Sized>(&self, thing: &Q, half: u32) -> Option<u32>
    where
        T: Borrow<Q>,
    {
        let is_it = |known: &Numbered| {
            known.half == half && self.things.get(known.number).is_some_and(|known| known.borrow() == thing)
        };
        let hash = spread(half);
        let shared = if self.shared.is_empty() { None } else { self.shared.find(hash, is_it) };
        shared.or_else(|| self.numbers.find(hash, is_it)).map(|known| known.number)
    }

    /// The number of a thing, or that it is new.
    pub(super) fn find(&self, thing: &T) -> Result<u32, Absent> {
        let half = half(thing);
        self.numbered(thing, half).ok_or(Absent(half))
    }

    /// The number of a thing that was sought in vain just now.
    pub(super) fn add(&mut self, thing: T, Absent(half): Absent) -> u32 {
        let number = self.things.len() as u32;
        self.numbers.insert_unique(spread(half), Numbered { number, half }, |known| spread(known.half));
        self.things.push(thing);
        number
    }

    /// The number of a thing, and whether it is new.
    pub(super) fn insert(&mut self, thing: T) -> (u32, bool) {
        match self.find(&thing) {
            Ok(known) => (known, false),
            Err(absent) => (self.add(thing, absent), true),
        }
    }

    /// How many things all copies have.
    pub(super) fn shared_len(&self) -> u32 {
        self.things.start as u32
    }

    /// Lets copies share what is there.
    pub(super) fn share(&mut self) {
        self.things.share();
        if self.shared.is_empty() {
            self.shared = Arc::new(std::mem::take(&mut self.numbers));
        }
    }

    /// Gives back the room for what will not come. What is asked for or comes nevertheless is taken for new.
    pub(super) fn seal(&mut self) {
        (self.shared, self.numbers) = (Arc::default(), HashTable::new());
        self.things.shrink();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_things_have_one_number_however_many_there_are() {
        let mut store: Interned<Box<str>> = Interned::default();
        let count = 3 * CHUNK as u32 + 7;
        for at in 0..count {
            assert_eq!(store.insert(at.to_string().into()), (at, true));
        }
        for at in 0..count {
            assert_eq!(store.number_of(at.to_string().as_str()), Some(at));
            assert_eq!(store.insert(at.to_string().into()), (at, false));
            assert_eq!(store.get(at).map(|thing| &**thing), Some(at.to_string().as_str()));
        }
        assert_eq!(store.len(), count as usize);
        assert_eq!((store.get(count), store.number_of("none")), (None, None));
        assert_eq!(store.insert("none".into()), (count, true));
        store.share();
        let mut copy = store.clone();
        assert_eq!((copy.insert("7".into()), copy.insert("own".into())), ((7, false), (count + 1, true)));
        assert_eq!((copy.get(count + 1).map(|thing| &**thing), copy.number_of("own")), (Some("own"), Some(count + 1)));
        assert_eq!((store.get(count + 1), store.number_of("own")), (None, None));
        store.seal();
        assert_eq!((store.len(), store.get(count).map(|thing| &**thing)), (count as usize + 1, Some("none")));
    }
}

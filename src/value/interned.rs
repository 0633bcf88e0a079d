//! A store of equal things: each is kept once, and has a number.
//!
//! The values of a large project are most of what an analysis takes. So nothing is kept beside the things themselves but their
//! numbers in a hash table, and a store that grows never holds a second copy of what it has.
//!
//! Input: things. Output: their numbers, by which they are found again. Must not know: what they are.

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};

/// How many things stand together, as a power of two.
const SHIFT: u32 = 12;
const CHUNK: usize = 1 << SHIFT;

/// A list that grows by whole chunks and so never moves what stands in it. All chunks but the last are full.
#[derive(Clone, Debug)]
pub(super) struct Chunks<T>(Vec<Vec<T>>);

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Chunks<T> {
    pub(super) fn get(&self, at: u32) -> Option<&T> {
        self.0.get((at >> SHIFT) as usize)?.get(at as usize & (CHUNK - 1))
    }

    pub(super) fn len(&self) -> usize {
        self.0.last().map_or(0, |last| (self.0.len() - 1) * CHUNK + last.len())
    }

    pub(super) fn push(&mut self, thing: T) {
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

    /// Gives back the room for what will not come.
    pub(super) fn shrink(&mut self) {
        self.0.last_mut().into_iter().for_each(Vec::shrink_to_fit);
    }
}

#[derive(Clone, Debug)]
pub(super) struct Interned<T> {
    things: Chunks<T>,
    numbers: HashTable<u32>,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self { things: Chunks::default(), numbers: HashTable::new() }
    }
}

fn hash<T: Hash + ?Sized>(thing: &T) -> u64 {
    FxBuildHasher.hash_one(thing)
}

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
        self.numbered(thing, hash(thing))
    }

    fn numbered<Q: Eq + ?Sized>(&self, thing: &Q, hash: u64) -> Option<u32>
    where
        T: Borrow<Q>,
    {
        self.numbers.find(hash, |at| self.things.get(*at).is_some_and(|known| known.borrow() == thing)).copied()
    }

    /// The number of a thing, and whether it is new.
    pub(super) fn insert(&mut self, thing: T) -> (u32, bool) {
        let hashed = hash(&thing);
        if let Some(known) = self.numbered(&thing, hashed) {
            return (known, false);
        }
        let at = self.things.len() as u32;
        let things = &self.things;
        self.numbers.insert_unique(hashed, at, |at| things.get(*at).map_or(0, hash));
        self.things.push(thing);
        (at, true)
    }

    /// Gives back the room for what will not come. What is asked for or comes nevertheless is taken for new.
    pub(super) fn seal(&mut self) {
        self.numbers = HashTable::new();
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
        store.seal();
        assert_eq!((store.len(), store.get(count).map(|thing| &**thing)), (count as usize + 1, Some("none")));
    }
}

//! What copies of a project share: tables that do not change once all is linked, and tables to which each copy adds its own.
//!
//! Input: tables. Output: copies that cost nothing. Must not know: what is in them.

use rustc_hash::FxHashMap;
use std::hash::Hash;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

/// A thing that copies share until one of them changes it.
#[derive(Debug, Default)]
pub struct Shared<T>(Arc<T>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> From<T> for Shared<T> {
    fn from(thing: T) -> Self {
        Self(Arc::new(thing))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

/// A map of which copies share the entries that were there when it was shared.
#[derive(Clone, Debug)]
pub struct Layered<K, T> {
    shared: Arc<FxHashMap<K, T>>,
    own: FxHashMap<K, T>,
}

impl<K, T> Default for Layered<K, T> {
    fn default() -> Self {
        Self { shared: Arc::default(), own: FxHashMap::default() }
    }
}

impl<K: Hash + Eq, T> Layered<K, T> {
    pub fn get(&self, key: &K) -> Option<&T> {
        self.own.get(key).or_else(|| if self.shared.is_empty() { None } else { self.shared.get(key) })
    }

    pub fn contains_key(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    pub(super) fn insert(&mut self, key: K, thing: T) {
        self.own.insert(key, thing);
    }

    /// Adds an entry where there is none.
    pub(super) fn insert_new(&mut self, key: K, thing: T) {
        if !self.contains_key(&key) {
            self.own.insert(key, thing);
        }
    }

    /// Whether this copy has added nothing.
    pub(super) fn is_bare(&self) -> bool {
        self.own.is_empty()
    }

    /// Forgets an entry that this copy has added.
    pub(super) fn remove_own(&mut self, key: &K) {
        self.own.remove(key);
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Lets copies share what is there. Once only: what comes later is copied.
    pub(super) fn share(&mut self) {
        if self.shared.is_empty() {
            self.shared = Arc::new(std::mem::take(&mut self.own));
        }
    }
}

/// Answers that all copies find again, whoever asked first: what is answered must not depend on that.
#[derive(Debug)]
pub struct Answers<Q, A>(Arc<Mutex<FxHashMap<Q, A>>>);

impl<Q, A> Clone for Answers<Q, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<Q, A> Default for Answers<Q, A> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<Q: Hash + Eq, A: Clone> Answers<Q, A> {
    pub(super) fn get(&self, question: &Q) -> Option<A> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(question).cloned()
    }

    pub(super) fn insert(&self, question: Q, answer: A) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(question, answer);
    }
}

//! Which collection or model a call works on, and tables of what is said of each.
//!
//! Must not know: how a value is found to be a collection, rules.

use super::plural::canonical;
use crate::value::V;
use rustc_hash::FxHashMap;

/// The collection or model that a call works on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Handle {
    /// `db.collection('users')`, `mongoose.model('User')`
    Named(String),
    /// Known only as a value, such as a parameter.
    Value(V),
}

impl Handle {
    /// The name for a report.
    pub fn name(&self) -> Option<&str> {
        match self {
            Handle::Named(name) => Some(name),
            Handle::Value(_) => None,
        }
    }

    /// Whether both are surely the same collection. A model `User` is the collection `users`.
    pub fn same(&self, other: &Handle) -> bool {
        match (self, other) {
            (Handle::Named(a), Handle::Named(b)) => a == b || !begin_apart(a, b) && canonical(a) == canonical(b),
            (a, b) => a == b,
        }
    }

    /// Equal for handles that are the same.
    fn key(&self) -> Handle {
        match self {
            Handle::Named(name) => Handle::Named(canonical(name)),
            Handle::Value(value) => Handle::Value(*value),
        }
    }
}

/// Whether two names begin with other letters, so that no plural makes them one; no rule changes the first letter of a word of four.
fn begin_apart(a: &str, b: &str) -> bool {
    let first = |name: &str| name.bytes().next().filter(|first| first.is_ascii() && name.len() > 3);
    match (first(a), first(b)) {
        (Some(a), Some(b)) => !a.eq_ignore_ascii_case(&b),
        _ => false,
    }
}

/// What is said of each collection, in the order in which it is said.
#[derive(Clone, Debug)]
pub struct ByHandle<T>(FxHashMap<Handle, (Handle, Vec<T>)>);

impl<T> Default for ByHandle<T> {
    fn default() -> Self {
        Self(FxHashMap::default())
    }
}

impl<T> ByHandle<T> {
    pub fn push(&mut self, handle: &Handle, what: T) {
        self.0.entry(handle.key()).or_insert_with(|| (handle.clone(), Vec::new())).1.push(what);
    }

    /// What is said of collections that are known by name, as the code first names them, sorted by it.
    pub fn named(&self) -> Vec<(&str, &[T])> {
        let mut named: Vec<_> =
            self.0.values().filter_map(|(handle, all)| Some((handle.name()?, all.as_slice()))).collect();
        named.sort_by_key(|(name, _)| *name);
        named
    }

    /// What is said of any collection.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        self.0.values().flat_map(|(_, all)| all)
    }

    pub fn retain(&mut self, is_kept: impl Fn(&T) -> bool) {
        self.0.values_mut().for_each(|(_, all)| all.retain(&is_kept));
    }

    /// Keeps of each collection what is preferred, where there is that.
    pub fn prefer(&mut self, is_preferred: impl Fn(&T) -> bool) {
        let some = self.0.values_mut().filter(|(_, all)| all.iter().any(&is_preferred));
        some.for_each(|(_, all)| all.retain(&is_preferred));
    }

    /// What is said of all handles that are the same as this one.
    pub fn of(&self, handle: &Handle) -> &[T] {
        self.0.get(&handle.key()).map_or(&[], |(_, all)| all.as_slice())
    }
}

//! The values that a walk has met.
//!
//! Most walks end after a few, which are compared faster than they are hashed.
//!
//! Input: values. Output: whether each is new. Must not know: what the walk is for.

use super::V;
use rustc_hash::FxHashSet;

/// Up to this many are compared one by one.
const FEW: usize = 16;

/// Values that were met.
#[derive(Debug, Default)]
pub struct Seen {
    few: Vec<V>,
    many: FxHashSet<V>,
}

impl Seen {
    /// Notes a value; says whether it is new.
    pub fn insert(&mut self, value: V) -> bool {
        if !self.many.is_empty() {
            return self.many.insert(value);
        }
        if self.few.contains(&value) {
            return false;
        }
        if self.few.len() == FEW {
            self.many.extend(self.few.drain(..));
            return self.many.insert(value);
        }
        self.few.push(value);
        true
    }

    /// How many were met.
    pub fn len(&self) -> usize {
        self.few.len() + self.many.len()
    }

    /// Whether none was met.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_new_once_however_many_there_are() {
        let mut seen = Seen::default();
        assert!(seen.is_empty());
        for round in [true, false] {
            for value in 0..3 * FEW as u32 {
                assert_eq!(seen.insert(V(value)), round, "{value}");
                assert!(round || seen.len() == 3 * FEW);
                assert!(!seen.insert(V(value)));
            }
        }
    }
}

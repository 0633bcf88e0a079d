//! Ranges inside each other, and the innermost one around an offset.
//!
//! Input: the statements of a file. Output: answers. Must not know: what a statement is.

/// Ranges that are disjoint or inside each other.
pub(super) struct Nest {
    /// Sorted by start, the outer ones first; each with the number of the one around it.
    ranges: Vec<(u32, u32, Option<usize>)>,
}

impl Nest {
    /// Takes ranges of offsets, end exclusive.
    pub fn new(ranges: &[(u32, u32)]) -> Self {
        let mut sorted = ranges.to_vec();
        sorted.sort_unstable_by_key(|(start, end)| (*start, std::cmp::Reverse(*end)));
        let mut nest = Self { ranges: Vec::with_capacity(sorted.len()) };
        let mut open: Vec<usize> = Vec::new();
        for (at, (start, end)) in sorted.into_iter().enumerate() {
            while open.last().and_then(|last| nest.ranges.get(*last)).is_some_and(|(_, end, _)| *end <= start) {
                open.pop();
            }
            nest.ranges.push((start, end, open.last().copied()));
            open.push(at);
        }
        nest
    }

    /// The start of the innermost range that holds `offset`.
    pub fn innermost(&self, offset: u32) -> Option<u32> {
        let mut at = self.ranges.partition_point(|(start, ..)| *start <= offset).checked_sub(1);
        while let Some((start, end, outer)) = at.and_then(|at| self.ranges.get(at)) {
            if offset < *end {
                return Some(*start);
            }
            at = *outer;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_range_is_found_behind_others_too() {
        let nest = Nest::new(&[(0, 100), (10, 20), (12, 14), (20, 30), (50, 60), (50, 55)]);
        let found: Vec<Option<u32>> = [5, 12, 13, 14, 19, 20, 40, 54, 56, 99, 100].map(|at| nest.innermost(at)).into();
        let wanted = [0, 12, 12, 10, 10, 20, 0, 50, 50, 0];
        assert_eq!(found, wanted.iter().map(|at| Some(*at)).chain([None]).collect::<Vec<_>>());
    }
}

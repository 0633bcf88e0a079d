//! What values are made from: which of a function's commands gave a result that is in a value, conditions included.
//!
//! Values and conditions share their parts, so each part is looked at once for the whole function.
//!
//! Input: the sites of the commands, values. Output: sets of commands. Must not know: what a command does.

use crate::value::{Arena, C, Node, Site, V, for_children, for_conditions};
use rustc_hash::FxHashMap;

/// A set of sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row(u32);

impl Row {
    const EMPTY: Self = Self(0);
}

/// The sets of sites in the values of one function.
#[derive(Debug)]
pub struct Sources {
    numbers: FxHashMap<Site, u32>,
    /// Words of one row.
    width: usize,
    rows: Vec<u64>,
    /// The row with one site alone.
    single: Vec<Option<Row>>,
    values: FxHashMap<V, Row>,
    conditions: FxHashMap<C, Row>,
}

impl Sources {
    pub fn new(sites: impl Iterator<Item = Site>) -> Self {
        let mut numbers = FxHashMap::default();
        for site in sites {
            let next = numbers.len() as u32;
            numbers.entry(site).or_insert(next);
        }
        let width = numbers.len().div_ceil(64).max(1);
        Self {
            width,
            rows: vec![0; width],
            single: vec![None; numbers.len()],
            numbers,
            values: FxHashMap::default(),
            conditions: FxHashMap::default(),
        }
    }

    /// Takes another site for one that is known: a `try` statement for the command in it that may fail.
    pub fn name(&mut self, other: Option<Site>, known: Site) {
        if let Some((other, number)) = other.zip(self.numbers.get(&known).copied()) {
            self.numbers.entry(other).or_insert(number);
        }
    }

    /// The number of a site that is known.
    pub fn number_of(&self, site: Site) -> Option<usize> {
        self.numbers.get(&site).map(|number| *number as usize)
    }

    /// How many sites are told apart.
    pub fn len(&self) -> usize {
        self.single.len()
    }

    /// The numbers of the sites in a set.
    pub fn numbers_in(&self, row: Row) -> impl Iterator<Item = usize> {
        self.words(row).iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(at * 64 + bit)
            })
        })
    }

    /// Whether a site is in a set.
    pub fn has(&self, row: Row, site: Site) -> bool {
        self.is_among(self.words(row), site)
    }

    /// Whether a site is in one of the sets that were joined.
    pub fn is_among(&self, joined: &[u64], site: Site) -> bool {
        let Some(number) = self.numbers.get(&site) else { return false };
        let (word, bit) = place(*number);
        joined.get(word).is_some_and(|word| word & bit != 0)
    }

    /// The sites of several sets.
    pub fn joined(&self, rows: impl Iterator<Item = Row>) -> Vec<u64> {
        let mut joined = vec![0; self.width];
        for row in rows {
            joined.iter_mut().zip(self.words(row)).for_each(|(all, own)| *all |= own);
        }
        joined
    }

    /// The sites in a value.
    pub fn of(&mut self, arena: &Arena, value: V) -> Row {
        if let Some(known) = self.values.get(&value) {
            return *known;
        }
        let node = arena.peek(value);
        let mut row = match node {
            Node::Call { site, .. } | Node::Caught(site) | Node::Completed(site) => self.alone(*site),
            _ => Row::EMPTY,
        };
        for_children(node, &mut |child| {
            let inner = self.of(arena, child);
            row = self.both(row, inner);
        });
        for_conditions(node, &mut |cond| {
            let inner = self.of_condition(arena, cond);
            row = self.both(row, inner);
        });
        self.values.insert(value, row);
        row
    }

    /// The sites in a condition.
    pub fn of_condition(&mut self, arena: &Arena, cond: C) -> Row {
        let (known, starts) = arena.unknown_starts(cond, |at| self.conditions.get(&at).copied());
        let mut row = known.unwrap_or(Row::EMPTY);
        for (cond, atom) in starts {
            let inner = self.of(arena, atom.value);
            row = self.both(row, inner);
            self.conditions.insert(cond, row);
        }
        row
    }

    /// The set of the sites of several sets.
    pub fn all(&mut self, rows: impl IntoIterator<Item = Row>) -> Row {
        rows.into_iter().fold(Row::EMPTY, |all, row| self.both(all, row))
    }

    /// The set of these sites.
    pub fn sites(&self, sites: impl Iterator<Item = Site>) -> Vec<u64> {
        let mut joined = vec![0; self.width];
        for number in sites.filter_map(|site| self.numbers.get(&site)) {
            let (word, bit) = place(*number);
            joined.get_mut(word).into_iter().for_each(|word| *word |= bit);
        }
        joined
    }

    /// The set of one site.
    pub fn alone(&mut self, site: Site) -> Row {
        let Some(number) = self.numbers.get(&site).copied() else { return Row::EMPTY };
        if let Some(known) = self.single.get(number as usize).copied().flatten() {
            return known;
        }
        let (word, bit) = place(number);
        let row = self.push((0..self.width).map(|at| if at == word { bit } else { 0 }).collect());
        if let Some(slot) = self.single.get_mut(number as usize) {
            *slot = Some(row);
        }
        row
    }

    /// Whether two sets have a site in common.
    pub fn meet(&self, row: Row, joined: &[u64]) -> bool {
        self.words(row).iter().zip(joined).any(|(a, b)| a & b != 0)
    }

    fn both(&mut self, a: Row, b: Row) -> Row {
        if a == b || b == Row::EMPTY {
            return a;
        }
        if a == Row::EMPTY {
            return b;
        }
        let both: Vec<u64> = self.words(a).iter().zip(self.words(b)).map(|(a, b)| a | b).collect();
        if both == self.words(a) {
            a
        } else if both == self.words(b) {
            b
        } else {
            self.push(both)
        }
    }

    fn push(&mut self, words: Vec<u64>) -> Row {
        let at = self.rows.len() / self.width;
        self.rows.extend(words);
        Row(at as u32)
    }

    fn words(&self, row: Row) -> &[u64] {
        let from = row.0 as usize * self.width;
        self.rows.get(from..from + self.width).unwrap_or_default()
    }
}

fn place(number: u32) -> (usize, u64) {
    ((number / 64) as usize, 1 << (number % 64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Atom, SiteInfo};

    #[test]
    fn a_value_has_the_sites_of_its_parts_and_of_their_conditions() {
        let mut arena = Arena::default();
        let sites: Vec<Site> = (0..70)
            .map(|at| arena.site(SiteInfo { file: 0, start: at, end: at + 1, via: None, again: false }))
            .collect();
        let callee = arena.global("find");
        let calls: Vec<V> =
            sites.iter().map(|site| arena.intern(Node::Call { site: *site, callee, args: Box::new([]) })).collect();
        let cond = arena.cond_node(C::TRUE, Atom { value: calls[69], holds: true });
        let value = arena.intern(Node::OneOf(vec![(cond, calls[3]), (C::TRUE, callee)]));
        let mut sources = Sources::new(sites.iter().copied());
        let row = sources.of(&arena, value);
        let found: Vec<usize> = (0..70).filter(|at| sources.has(row, sites[*at])).collect();
        assert_eq!(found, [3, 69]);
        let (third, fourth) = (sources.alone(sites[3]), sources.alone(sites[4]));
        let joined = sources.joined([third, fourth].into_iter());
        assert!(sources.meet(row, &joined) && !sources.meet(row, &sources.joined([fourth].into_iter())));
        assert_eq!(sources.all([row, third]), row);
    }
}

//! In which functions an expression stands, by their ranges in the text.
//!
//! Ranges of one file lie inside each other or apart, so each but the outermost has one that is next around it.
//!
//! Input: the functions of all files. Output: those around a place, innermost first. Must not know: what functions do.

use crate::facts::Function;
use crate::value::{FnRef, SiteInfo};
use std::cmp::Reverse;

#[derive(Debug, Default)]
pub(super) struct Ranges {
    /// By file and start; of two with one start the longer comes first, so that what lies inside follows.
    sorted: Vec<Range>,
}

#[derive(Clone, Copy, Debug)]
struct Range {
    file: u32,
    start: u32,
    end: u32,
    func: FnRef,
    /// Where the range next around it stands in the list.
    outer: Option<u32>,
}

impl Ranges {
    /// `files` is the file of each function.
    pub(super) fn new(functions: &[Function], files: &[u32]) -> Self {
        let ranges = functions.iter().zip(files).enumerate().map(|(at, (function, file))| Range {
            file: *file,
            start: function.start,
            end: function.end,
            func: FnRef(at as u32),
            outer: None,
        });
        let mut sorted: Vec<Range> = ranges.collect();
        // Of equal ranges the first function counts as the innermost.
        sorted.sort_unstable_by_key(|range| (range.file, range.start, Reverse(range.end), Reverse(range.func)));
        let mut around: Vec<(u32, Range)> = Vec::new();
        for (at, range) in sorted.iter_mut().enumerate() {
            while around.pop_if(|(_, outer)| outer.file != range.file || outer.end < range.end).is_some() {}
            range.outer = around.last().map(|(at, _)| *at);
            around.push((at as u32, *range));
        }
        Self { sorted }
    }

    /// The functions in whose text a place stands, innermost first.
    pub(super) fn around(&self, place: SiteInfo) -> impl Iterator<Item = FnRef> {
        let after = self.sorted.partition_point(|range| (range.file, range.start) <= (place.file, place.start));
        let outwards = |at: &u32| self.sorted.get(*at as usize).and_then(|range| range.outer);
        let all = std::iter::successors((after as u32).checked_sub(1), outwards);
        let ranges = all.filter_map(|at| self.sorted.get(at as usize));
        ranges.filter(move |range| range.file == place.file && place.end <= range.end).map(|range| range.func)
    }
}

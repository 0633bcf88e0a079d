//! The line hash of GitHub's upload action, `primaryLocationLineHash`.
//!
//! Input: the text of a file. Output: a hash for each line, over the first 100 characters from its start that are no space
//! and no tab. It must be the same to the bit: the action recomputes it and warns about any other value.
//! Must not know: findings.

use std::collections::BTreeMap;

const WINDOW: usize = 100;
const BASE: u64 = 37;
const END_OF_FILE: u16 = 0xFFFF;
const SPACE: u16 = b' ' as u16;
const TAB: u16 = b'\t' as u16;
const LF: u16 = b'\n' as u16;
const CR: u16 = b'\r' as u16;

/// The hashes of all lines, the first line first: `hash:occurrence`.
pub fn line_hashes(text: &str) -> Vec<String> {
    let mut roller = Roller::new();
    let mut after_cr = false;
    let mut line_start = true;
    for unit in text.encode_utf16().chain([END_OF_FILE]) {
        // The feed of a CRLF and blanks do not count. As in the action, a blank ends the memory of the CR.
        if unit == SPACE || unit == TAB || (after_cr && unit == LF) {
            after_cr = false;
            continue;
        }
        after_cr = unit == CR;
        let unit = if after_cr { LF } else { unit };
        roller.output();
        if line_start {
            roller.mark_line();
        }
        line_start = unit == LF;
        roller.push(unit);
    }
    for _ in 0..WINDOW {
        roller.output();
        roller.push(0);
    }
    roller.hashes
}

/// A ring of the last [`WINDOW`] units and the hash over them.
struct Roller {
    units: [u16; WINDOW],
    /// Whether a line starts at this place of the ring.
    starts: [bool; WINDOW],
    at: usize,
    hash: u64,
    /// `BASE` to the power of `WINDOW`, wrapping.
    leaving: u64,
    seen: BTreeMap<u64, u32>,
    hashes: Vec<String>,
}

impl Roller {
    fn new() -> Self {
        let leaving = (0..WINDOW).fold(1u64, |power, _| power.wrapping_mul(BASE));
        Self {
            units: [0; WINDOW],
            starts: [false; WINDOW],
            at: 0,
            hash: 0,
            leaving,
            seen: BTreeMap::new(),
            hashes: Vec::new(),
        }
    }

    /// Puts out the hash of the line that started a whole window ago, if one did.
    fn output(&mut self) {
        if let Some(start @ true) = self.starts.get_mut(self.at) {
            *start = false;
            let count = self.seen.entry(self.hash).or_default();
            *count += 1;
            self.hashes.push(format!("{:x}:{count}", self.hash));
        }
    }

    fn mark_line(&mut self) {
        if let Some(start) = self.starts.get_mut(self.at) {
            *start = true;
        }
    }

    fn push(&mut self, unit: u16) {
        let Some(slot) = self.units.get_mut(self.at) else {
            return;
        };
        let gone = u64::from(std::mem::replace(slot, unit));
        self.hash =
            self.hash.wrapping_mul(BASE).wrapping_add(u64::from(unit)).wrapping_sub(self.leaving.wrapping_mul(gone));
        self.at = (self.at + 1) % WINDOW;
    }
}

//! Stacks of the size that a piece of work needs.
//!
//! What recurses once for each level of its input runs on a stack that fits the levels, for Rust ends the process where
//! a stack ends. Input: levels and work. Output: its result. Must not know: what the work is.

use std::sync::{Mutex, PoisonError};

/// What one level takes at most, by the forms that take most: the tuples of TypeScript, which take 5 KiB.
/// The frames of an unoptimised build are several times larger.
const BYTES_PER_LEVEL: usize = if cfg!(debug_assertions) { 32 << 10 } else { 8 << 10 };
/// What work takes beside its levels.
const BASE: usize = if cfg!(debug_assertions) { 64 << 20 } else { 8 << 20 };
/// Where less is left, recursion has to stop. More than lies between two questions.
const LOW: usize = if cfg!(debug_assertions) { 2 << 20 } else { 512 << 10 };
/// Levels above which only one piece of work has its stack at a time, so that many threads do not add up.
const ORDINARY: u32 = 1_000;

/// The stack of [`for_project`], which goes down by the depths that the limits allow.
const PROJECT: usize = if cfg!(debug_assertions) { 256 << 20 } else { 64 << 20 };

static DEEP: Mutex<()> = Mutex::new(());

/// Runs `work` on a stack for `levels`. Memory is taken only as far as the work goes down.
pub fn for_levels<T>(levels: u32, work: impl FnOnce() -> T) -> T {
    let size = BASE + levels as usize * BYTES_PER_LEVEL;
    if levels <= ORDINARY {
        return stacker::grow(size, work);
    }
    let _one = DEEP.lock().unwrap_or_else(PoisonError::into_inner);
    stacker::grow(size, work)
}

/// The stack of a thread on which work on a whole project needs no other one, some of it being taken already.
pub const OF_THREAD: usize = PROJECT + PROJECT / 8;

/// Runs the work on a whole project, which follows values through functions and files.
pub fn for_project<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(PROJECT, PROJECT, work)
}

/// Whether recursion must not go on.
pub fn is_low() -> bool {
    stacker::remaining_stack().is_some_and(|left| left < LOW)
}

//! Attempts: what a service does once, however often it is told, because the caller names the attempt.
//!
//! Sources: Stripe API, "Idempotent requests"; BullMQ guide, "Job Ids"; Amazon SQS, `MessageDeduplicationId`.
//! Input: the arguments of a call outside. Output: the name of the attempt. Must not know: rules.

use crate::limits;
use crate::value::{Arena, Key, Node, V};

/// Options that name an attempt, in lower case and without what parts their words.
const NAMES: [&str; 4] = ["idempotencykey", "xidempotencykey", "clientrequesttoken", "messagededuplicationid"];

/// The option that names a job, which stands beside what the job is given.
const OF_JOB: &str = "jobId";

/// The value that names the attempt that a call makes.
pub fn name_of(arena: &Arena, args: &[V]) -> Option<V> {
    let named = args.iter().find_map(|arg| named_in(arena, *arg, limits::OPTION_DEPTH, &is_name));
    let (options, [_, ..]) = args.split_last()? else { return named };
    named.or_else(|| named_in(arena, *options, 1, &|option| option == OF_JOB))
}

fn named_in(arena: &Arena, value: V, depth: u32, is_name: &dyn Fn(&str) -> bool) -> Option<V> {
    let Node::Object(entries) = arena.peek(value) else { return None };
    entries.iter().rev().find_map(|entry| {
        let Key::Name(name) = entry.key else { return None };
        match is_name(arena.text(name)) {
            true => Some(entry.value),
            false if depth > 1 => named_in(arena, entry.value, depth - 1, is_name),
            false => None,
        }
    })
}

fn is_name(option: &str) -> bool {
    let letters = option.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
    NAMES.contains(&letters.collect::<String>().as_str())
}

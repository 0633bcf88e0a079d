//! The decision of an act as what a filter asks.
//!
//! Input: a path condition. Output: entries of a filter, and what is presumed of the documents that they are asked of. Must not know:
//! updates, how a filter is sent.

use super::bounds;
use super::decision::{Flags, Reader};
use super::lower;
use super::subject::Subject;
use crate::judge::Presumed;
use crate::project::writes::Write;
use crate::value::{C, Entry};

/// What was decided, as entries of a filter; none where a part of it has no form there.
pub struct Condition {
    pub entries: Vec<Entry>,
    /// The same with the bounds that the read asked for; none where there are no bounds.
    pub bounded: Vec<Entry>,
    /// Whether a flag is among what is asked.
    pub has_flags: bool,
    /// Whether an identifier was compared as a text.
    pub has_texts: bool,
    /// Whether something of what was decided has no form in a filter, though what the function changes has.
    pub is_partial: bool,
}

/// The condition of the subject's act.
pub fn of_act(
    subject: &mut Subject<'_>,
    writes: &[Write],
    cond: C,
    flags: Flags,
    presumed: &mut Presumed,
) -> Condition {
    let mut reader = Reader::new(subject, writes);
    reader.flags = flags;
    let decision = reader.read(cond);
    let has_flags = decision.as_ref().is_some_and(|decision| decision.has_flags);
    let unsaid = Condition { entries: Vec::new(), bounded: Vec::new(), has_flags, has_texts: false, is_partial: true };
    let Some(decision) = decision else { return unsaid };
    presumed.fields.extend(decision.presumed.iter().map(|path| path.split('.').map(str::to_owned).collect()));
    presumed.ordered.extend(decision.ordered);
    let entries = lower::filter(&mut subject.project.arena, &decision.predicate);
    let Some(mut entries) = entries else { return unsaid };
    let is_new = |entry: &Entry| entries.iter().all(|known| known.key != entry.key);
    let repeated: Vec<Entry> = decision.repeated.iter().filter(|entry| is_new(entry)).copied().collect();
    entries.extend(repeated);
    let bounded = bounds::with_bounds(subject.project, subject.act, &entries, &decision.bounds);
    Condition { entries, bounded, has_flags, has_texts: decision.has_texts, is_partial: decision.is_partial }
}

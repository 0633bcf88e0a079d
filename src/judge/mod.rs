//! The judge: runs two requests on a tiny MongoDB and looks for an outcome that no serial order of them gives.
//!
//! Input: the steps and writes of a function, and the act. Output: a verdict, with a witness. Must not know: rules, formats, syntax.

pub mod act;
pub mod arithmetic;
pub mod arrays;
pub mod bson;
mod choices;
pub mod command;
mod eval;
pub mod evaluated;
pub mod expression;
pub mod failure;
mod function;
mod hints;
mod javascript;
pub mod keys;
pub mod matching;
pub mod pattern;
pub mod pipeline;
pub mod projection;
mod remedied;
mod request;
mod search;
mod send;
mod slice;
pub mod sort;
mod start;
pub mod store;
pub mod traverse;
pub mod unique;
pub mod update;
pub mod upsert;
mod witness;

pub use function::Function;
pub use remedied::{NewIndex, Presumed, Remedied, mends};
pub use search::Verdict;
pub use slice::Act;

use crate::diagnostic::witness::{Harm, Witness};
use crate::project::Project;
use crate::project::schema::Schemas;
use crate::value::Site;
use function::{indexes_of, versioned_of};
use search::{Evidence, Question};
use slice::Slice;
use store::UniqueIndex;

/// A verdict, and for a race what shows it.
#[derive(Clone, Debug)]
pub struct Judgement {
    pub verdict: Verdict,
    /// The witness, and the site of each of its moves.
    pub witness: Option<(Witness, Vec<Site>)>,
}

/// Judges an act: whether two requests that run the function can leave what no serial order of them leaves. `whole_array` is the path
/// of an array that the act writes whole.
pub fn judge(
    project: &mut Project,
    schemas: &Schemas,
    function: &Function<'_>,
    act: Act,
    whole_array: Option<&str>,
) -> Judgement {
    let Some(slice) = slice::slice(project, function.steps, function.writes, function.versioned, act) else {
        return Judgement { verdict: Verdict::Unknown("the act is no command".to_owned()), witness: None };
    };
    let hints = hints::collect(project, &slice);
    let indexes = indexes_of(schemas, &slice);
    let versioned = versioned_of(function, &slice);
    let verdict = search::judge(&Question {
        arena: &project.arena,
        slice: &slice,
        hints: &hints,
        indexes: &indexes,
        versioned: &versioned,
        whole_array,
    });
    let shown = match &verdict {
        Verdict::Race(evidence) => Some((evidence, Harm::Race)),
        Verdict::ActsTwice(evidence) => Some((evidence, Harm::ActsTwice)),
        Verdict::Safe { .. } | Verdict::Unknown(_) => None,
    };
    let witness = shown.map(|(evidence, harm)| shown_by(project, &slice, evidence, &indexes, harm));
    Judgement { verdict, witness }
}

fn shown_by(
    project: &Project,
    slice: &Slice,
    evidence: &Evidence,
    indexes: &[UniqueIndex],
    harm: Harm,
) -> (Witness, Vec<Site>) {
    let collections = slice
        .collections
        .iter()
        .enumerate()
        .map(|(at, handle)| handle.name().map_or_else(|| format!("collection{}", at + 1), str::to_owned));
    let names = witness::Names::new(project, collections.collect(), evidence);
    witness::witness(&names, evidence, indexes, harm)
}

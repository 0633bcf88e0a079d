//! The judge: runs two requests on a tiny MongoDB.
//!
//! Input: commands on concrete documents. Output: what a server answers and stores. Must not know: rules, files, syntax.

<<<<<<< HEAD
mod arithmetic;
pub mod bson;
mod choices;
mod eval;
pub mod expression;
mod hints;
pub mod matching;
mod request;
mod search;
mod send;
mod slice;
mod start;
=======
pub mod act;
pub mod arithmetic;
pub mod arrays;
pub mod bson;
pub mod command;
pub mod evaluated;
pub mod expression;
pub mod failure;
pub mod keys;
pub mod matching;
pub mod pattern;
pub mod pipeline;
pub mod projection;
pub mod sort;
>>>>>>> store
pub mod store;
pub mod traverse;
pub mod unique;
pub mod update;
<<<<<<< HEAD

pub use search::{Evidence, Verdict};
pub use slice::Act;

use crate::project::schema::Schemas;
use crate::project::writes::{Write, WriteKind};
use crate::project::{Project, Step};
use search::Question;
use store::UniqueIndex;

/// One function, as the judge reads it.
pub struct Function<'a> {
    pub steps: &'a [Step],
    pub writes: &'a [Write],
    /// For each write, whether Mongoose sends it with `__v` in its filter.
    pub versioned: &'a [bool],
}

/// Judges an act: whether two requests that run the function can leave what no serial order of them leaves. `whole_array` is the path
/// of an array that the act writes whole.
pub fn judge(
    project: &mut Project,
    schemas: &Schemas,
    function: &Function<'_>,
    act: Act,
    whole_array: Option<&str>,
) -> Verdict {
    let Some(slice) = slice::slice(project, function.steps, function.writes, function.versioned, act) else {
        return Verdict::Unknown("the act is no command".to_owned());
    };
    let hints = hints::collect(project, &slice);
    let mut indexes = Vec::new();
    let mut versioned = vec![false; slice.collections.len()];
    for (at, handle) in slice.collections.iter().enumerate() {
        for keys in schemas.unique.of(handle).iter().filter(|keys| !keys.is_empty()) {
            indexes.push(UniqueIndex { collection: at as u32, fields: keys.clone(), sparse: false, partial: None });
        }
        let is_saved = |write: &Write| write.kind == WriteKind::Save && write.handle.same(handle);
        if let Some(is_versioned) = versioned.get_mut(at) {
            *is_versioned = function.writes.iter().zip(function.versioned).any(|(write, versioned)| *versioned && is_saved(write));
        }
    }
    search::judge(&Question {
        arena: &project.arena,
        slice: &slice,
        hints: &hints,
        indexes: &indexes,
        versioned: &versioned,
        whole_array,
    })
}
=======
pub mod upsert;
>>>>>>> store

//! Which arrays of a collection are looked at, and what tells their elements apart.
//!
//! Input: the configuration, the name of a collection, what the command line names. Output: fields with identities, the same for a
//! server and an export. Must not know: where documents come from.

use super::identity::Identities;
use crate::config::TrackedArray;
use crate::error::Error;
use crate::rules::kinds::is_array;

/// The fields of a collection that hold arrays, or the one that is asked for, each with the array that says what it holds.
pub fn fields<'a>(
    arrays: &'a [TrackedArray],
    collection: &str,
    asked: Option<&'a str>,
) -> Vec<(&'a str, &'a TrackedArray)> {
    let of_collection = arrays.iter().filter(|array| is_array(array, Some(collection), &array.field));
    let all = asked.map_or_else(|| of_collection.map(|array| array.field.as_str()).collect(), |field| vec![field]);
    let mut fields: Vec<(&str, &TrackedArray)> = Vec::new();
    for field in all {
        if fields.iter().all(|(known, _)| *known != field) {
            fields.extend(array_of(arrays, collection, field).map(|array| (field, array)));
        }
    }
    fields
}

/// The array that the linter goes by. A field that the command line alone names is told apart by the kinds that hold for any collection.
fn array_of<'a>(arrays: &'a [TrackedArray], collection: &str, field: &str) -> Option<&'a TrackedArray> {
    let own = arrays.iter().find(|array| is_array(array, Some(collection), field));
    own.or_else(|| arrays.iter().find(|array| array.collection.is_none()))
}

/// Whether the configuration itself names the collection of a field.
pub fn is_named(arrays: &[TrackedArray], collection: &str, field: &str) -> bool {
    arrays.iter().any(|array| array.collection.is_some() && is_array(array, Some(collection), field))
}

/// An array without any would always be called clean.
pub fn identities(array: &TrackedArray, field: &str) -> Result<Identities, Error> {
    let identities = Identities::of(array);
    if identities.kinds().is_empty() {
        return Err(Error::Usage {
            message: format!(
                "nothing tells the elements of `{field}` apart: its `[[array]]` has no kinds and no `fallback`"
            ),
            remedy: "add an `[[array.kind]]` with its `key`, or name another array with `--collection` and `--field`"
                .to_owned(),
        });
    }
    Ok(identities)
}

//! From the appends of a code base to proposals for its configuration: arrays, kinds of elements, identity keys.
//!
//! Input: what each append stores and by which fields the code tells elements apart. Output: proposals in the types of
//! the configuration. Must not know: syntax, values, the file system, how a file is written.

mod keys;
mod kinds;

#[cfg(test)]
mod tests;

use crate::config::Scalar;
use crate::config::draft::Proposal;
use crate::source::Place;
use std::collections::{BTreeMap, BTreeSet};

/// One place that appends to an array.
#[derive(Clone, Debug, PartialEq)]
pub struct Append {
    pub place: Place,
    pub function: String,
    /// `None` where the code does not tell.
    pub collection: Option<String>,
    pub array: String,
    pub evidence: Evidence,
}

/// What one append shows of an array.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// The objects that are appended, one for each case that the code tells apart.
    pub shapes: Vec<Shape>,
    /// The fields by which a check before the append, or the filter of the append, looks for the element.
    pub keys: Vec<Vec<String>>,
}

/// The fields of an appended object, in the order of the code.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    pub fields: Vec<Field>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub name: String,
    pub value: FieldValue,
}

#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue {
    Literal(Scalar),
    /// Made anew for each append, so that a retry has another one.
    Fresh,
    Other,
}

impl Shape {
    fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether the object holds all of these fields.
    fn has(&self, names: &[String]) -> bool {
        names.iter().all(|name| self.field(name).is_some())
    }
}

/// One array with everything that is known of it.
struct Array<'a> {
    name: &'a str,
    /// The only collection it is seen in; `None` when one of its appends does not tell.
    collection: Option<&'a str>,
    appends: Vec<&'a Append>,
}

/// A proposal for each array whose elements can be told apart, or might be, sorted by field and collection.
pub fn propose(appends: &[Append]) -> Vec<Proposal> {
    arrays(appends).iter().filter_map(kinds::proposal).collect()
}

/// The appends by array. An append to an unknown collection joins all arrays of its field into one.
fn arrays(appends: &[Append]) -> Vec<Array<'_>> {
    let unknown: BTreeSet<&str> =
        appends.iter().filter(|append| append.collection.is_none()).map(|append| append.array.as_str()).collect();
    let mut arrays: BTreeMap<(&str, Option<&str>), Vec<&Append>> = BTreeMap::new();
    for append in appends {
        let field = append.array.as_str();
        let collection = append.collection.as_deref().filter(|_| !unknown.contains(field));
        arrays.entry((field, collection)).or_default().push(append);
    }
    arrays.into_iter().map(|((name, collection), appends)| Array { name, collection, appends }).collect()
}

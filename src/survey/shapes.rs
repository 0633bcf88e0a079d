//! What an append shows of an array.
//!
//! Input: none. Output: types. Must not know: how they are found, what is proposed from them.

use crate::config::Scalar;
use crate::source::Place;

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
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether the object holds all of these fields.
    pub(super) fn has(&self, names: &[String]) -> bool {
        names.iter().all(|name| self.field(name).is_some())
    }
}

/// One array with everything that is known of it.
pub(super) struct Array<'a> {
    pub name: &'a str,
    /// The only collection it is seen in; `None` when one of its appends does not tell.
    pub collection: Option<&'a str>,
    pub appends: Vec<&'a Append>,
}

//! By what an element is told from others: its kind, and the values of the kind's key.
//!
//! Input: a tracked array of the configuration, elements. Output: an identity, the same for elements that are one. Must not
//! know: documents, what becomes of an element.

use super::Read;
use super::canonical;
use crate::config::{Pattern, Scalar, TrackedArray};
use bson::raw::{RawBsonRef, RawDocument};

/// How the elements of one array are told apart: its kinds in order, then its last resorts.
#[derive(Clone, Debug, Default)]
pub struct Identities {
    kinds: Vec<Kind>,
}

/// One way to tell elements apart.
#[derive(Clone, Debug)]
pub struct Kind {
    pub name: String,
    pub key: Vec<Path>,
    /// An element is of the kind when any of these holds, and its key is whole; without any, the key alone decides.
    pub when: Vec<Pattern>,
}

/// A field, or one of an embedded document: its names from the outside in.
pub type Path = Vec<String>;

/// The number of the kind, and the canonical bytes of its key.
pub type Identity = (usize, Vec<u8>);

impl Identities {
    pub fn of(array: &TrackedArray) -> Self {
        let kind = |kind: &crate::config::Kind| Kind {
            name: kind.name.clone(),
            key: kind.key.iter().map(|field| path(field)).collect(),
            when: kind.when.patterns().to_vec(),
        };
        let last =
            |field: &String| Kind { name: format!("other, by {field}"), key: vec![path(field)], when: Vec::new() };
        Self { kinds: array.kinds.iter().map(kind).chain(array.fallback.iter().map(last)).collect() }
    }

    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// `None` for an element that nothing tells from others. Such an element stays.
    pub fn of_element(&self, element: &RawDocument) -> Read<Option<Identity>> {
        for (at, kind) in self.kinds.iter().enumerate() {
            if let Some(key) = kind.key_of(element)? {
                return Ok(Some((at, key)));
            }
        }
        Ok(None)
    }
}

impl Kind {
    /// The canonical bytes of the key, where the element is of this kind.
    fn key_of(&self, element: &RawDocument) -> Read<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        for part in &self.key {
            match telling(element, part)? {
                // A text that is the id of another element as code prints it.
                Some(RawBsonRef::ObjectId(id)) => canonical::encode(RawBsonRef::String(&id.to_hex()), &mut bytes)?,
                Some(value) => canonical::encode(value, &mut bytes)?,
                None => return Ok(None),
            }
        }
        if self.when.is_empty() {
            return Ok(Some(bytes));
        }
        for pattern in &self.when {
            if holds(pattern, element)? {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// The key as a person writes it.
    pub fn shown_key(&self) -> String {
        self.key.iter().map(|part| part.join(".")).collect::<Vec<_>>().join(" + ")
    }
}

pub fn path(field: &str) -> Path {
    field.split('.').map(str::to_owned).collect()
}

fn holds(pattern: &Pattern, element: &RawDocument) -> Read<bool> {
    for field in &pattern.has {
        if telling(element, &path(field))?.is_none() {
            return Ok(false);
        }
    }
    for (field, wanted) in &pattern.equals {
        let Some(value) = at(element, &path(field))? else { return Ok(false) };
        let (mut is, mut should) = (Vec::new(), Vec::new());
        canonical::encode(value, &mut is)?;
        canonical::encode(scalar(wanted), &mut should)?;
        if is != should {
            return Ok(false);
        }
    }
    Ok(true)
}

fn scalar(value: &Scalar) -> RawBsonRef<'_> {
    match value {
        Scalar::Bool(value) => RawBsonRef::Boolean(*value),
        Scalar::Number(value) => RawBsonRef::Double(*value),
        Scalar::Text(value) => RawBsonRef::String(value),
    }
}

/// A value that can tell elements apart: it is there, and it is none of those that code writes for want of one.
fn telling<'d>(element: &'d RawDocument, path: &Path) -> Read<Option<RawBsonRef<'d>>> {
    let Some(value) = at(element, path)? else { return Ok(None) };
    let is_empty = match value {
        RawBsonRef::Null | RawBsonRef::Undefined | RawBsonRef::Boolean(false) => true,
        RawBsonRef::String(text) | RawBsonRef::Symbol(text) => text.is_empty(),
        RawBsonRef::Double(number) => number.is_nan(),
        RawBsonRef::Decimal128(number) => number.to_string().ends_with("NaN"),
        RawBsonRef::Document(fields) => fields.is_empty(),
        RawBsonRef::Array(items) => items.is_empty(),
        _ => false,
    };
    Ok((!is_empty).then_some(value))
}

/// The value at a path, through documents and never through the elements of an array.
pub fn at<'d>(document: &'d RawDocument, path: &[String]) -> Read<Option<RawBsonRef<'d>>> {
    let Some((name, rest)) = path.split_first() else { return Ok(None) };
    let value = document.get(name)?;
    match (rest.is_empty(), value) {
        (true, value) => Ok(value),
        (false, Some(RawBsonRef::Document(inner))) => at(inner, rest),
        (false, _) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use bson::{Bson, Document, RawDocumentBuf, doc, oid::ObjectId};

    fn identity(element: Document) -> Option<(String, Vec<u8>)> {
        let identities = Identities::of(&Config::default().arrays[0]);
        let raw = RawDocumentBuf::try_from(&element).expect("a document");
        let found = identities.of_element(&raw).expect("valid BSON");
        found.map(|(kind, key)| (identities.kinds()[kind].name.clone(), key))
    }

    fn kind(element: Document) -> Option<String> {
        identity(element).map(|(kind, _)| kind)
    }

    #[test]
    fn the_order_is_that_of_the_guide() {
        let batch = doc! { "batchId": "b", "batchIndex": 0 };
        let with = |more: Document| {
            let mut element = batch.clone();
            element.extend(more);
            kind(element)
        };
        assert_eq!(with(doc! {}).as_deref(), Some("batch image"));
        assert_eq!(with(doc! { "mergeId": "m", "isMerged": true }).as_deref(), Some("merged image"));
        assert_eq!(with(doc! { "mergeId": Bson::Null, "isMerged": true }).as_deref(), Some("batch image"));
        assert_eq!(kind(doc! { "batchId": "b", "batchIndex": Bson::Null, "imageId": 1 }).as_deref(), Some("image"));
        assert_eq!(kind(doc! { "videoId": "v", "imageUrl": "u" }).as_deref(), Some("video"));
        assert_eq!(kind(doc! { "imageUrl": "u" }).as_deref(), Some("other, by imageUrl"));
        assert_eq!(kind(doc! { "role": "user", "content": "hello" }), None);
    }

    #[test]
    fn what_stands_for_no_value_tells_nothing_apart() {
        for empty in [
            Bson::Null,
            Bson::Undefined,
            Bson::String(String::new()),
            Bson::Boolean(false),
            Bson::Double(f64::NAN),
            Bson::Document(doc! {}),
            Bson::Array(Vec::new()),
        ] {
            assert_eq!(kind(doc! { "type": "mergeFace", "mergeId": empty.clone() }), None, "{empty:?}");
        }
        assert_eq!(kind(doc! { "batchId": "b", "batchIndex": 0.0 }).as_deref(), Some("batch image"));
    }

    #[test]
    fn an_id_and_its_text_are_one() {
        let id = ObjectId::from_bytes([0xab; 12]);
        let (text, upper) = (id.to_hex(), id.to_hex().to_uppercase());
        assert_eq!(identity(doc! { "mergeId": id }), identity(doc! { "mergeId": text }));
        assert_ne!(identity(doc! { "mergeId": id }), identity(doc! { "mergeId": upper }));
        assert_ne!(identity(doc! { "imageId": id }), identity(doc! { "videoId": id }), "kinds are kept apart");
    }
}

//! Hints: what the code compares its unknown values and its documents' fields with, so that the search starts at values
//! that decide something: the literals of the code, numbers at the boundary, a list without and with the element asked for.
//!
//! Must not know: how they are collected, how values are chosen.

use super::slice::Slice;
use super::text::Part;
use crate::project::declared::Declared;
use crate::value::{Site, V};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// The name that stands for one by which a request names a field.
pub const NAME: &str = "name";
/// The text that stands for one that a pattern is made of.
pub const WORD: &str = "word";

/// What the code does with a value.
#[derive(Clone, Debug, Default)]
pub struct Hint {
    pub is_number: bool,
    pub is_time: bool,
    pub is_bool: bool,
    pub is_list: bool,
    /// It names a field that is written.
    pub is_name: bool,
    /// Its length is asked, as texts and lists have one.
    pub is_measured: bool,
    /// Something is written under a name that is not known: it may be a list, and it may be a map.
    pub is_map: bool,
    /// Texts' own methods are called on it.
    pub is_spelled: bool,
    /// What is looked for in it.
    pub parts: Vec<Part>,
    /// What else names a document of the collection in which this one does.
    pub same: Vec<V>,
    /// Lengths that a list or a text is compared with.
    pub lengths: Vec<u32>,
    /// The code asks whether there is one.
    pub is_optional: bool,
    /// Values that it is compared with or set to: literals, and values that the request brings.
    pub values: Vec<V>,
    /// The value that it most likely is.
    pub first: Option<V>,
    /// What the schema says that it is.
    pub declared: Option<Declared>,
    /// A write takes from it as far as its own filter finds enough there: how much is left stands for what else is limited.
    pub is_taken_from: bool,
}

/// A field of a collection, and what is inside of it.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    pub hint: Hint,
    /// Fields of a document, or of the documents of a list.
    pub fields: BTreeMap<String, Shape>,
    /// Elements that are asked for, where the elements are no documents.
    pub elements: Vec<V>,
    /// The fields by which documents are counted, and their values.
    pub crowd: Vec<(String, V)>,
    /// Elements that are taken out of the list, or what is asked of them.
    pub pulled: Vec<V>,
}

/// What a command asks for.
#[derive(Clone, Debug, Default)]
pub struct AskedFor {
    pub collection: u32,
    /// The paths that its filter names.
    pub paths: Vec<Vec<String>>,
    /// The values that its filter selects a document by.
    pub named: Vec<V>,
}

#[derive(Clone, Debug, Default)]
pub struct Hints {
    pub values: FxHashMap<V, Hint>,
    /// By collection number.
    pub shapes: Vec<Shape>,
    /// The field that a loaded value is: collection and path.
    pub loaded: FxHashMap<V, (u32, Vec<String>)>,
    /// Values inside of filters by which a document is selected.
    pub selecting: FxHashSet<V>,
    /// A list is compared with a length that no list has at the start.
    pub is_too_long: bool,
    /// Values that select a document in one branch of a `$or` only: two requests may find the same one by another branch.
    pub alternative: FxHashSet<V>,
    /// Values of which one is taken from the other: what is left decides.
    pub differences: Vec<(V, V)>,
    /// Members that are asked of a value: their names and the values that they are.
    pub members: FxHashMap<V, Vec<(String, V)>>,
    /// Members that are read through `?.`, of nothing as well.
    pub optional: FxHashSet<V>,
    /// What one process keeps, a variable of a module: another process has its own.
    pub memory: FxHashSet<V>,
    /// Options of an instance that all requests share, which are the same in each.
    pub settled: FxHashSet<V>,
    /// The commands by their calls.
    pub calls: FxHashMap<Site, AskedFor>,
    /// The fields that filters and conditions ask for: collection and path.
    pub deciding: FxHashSet<(u32, Vec<String>)>,
}

impl Hints {
    /// A field of the documents that the act writes is stored at the start, though the code never asks for it; as a list, if it is one.
    pub fn store_field(&mut self, slice: &Slice, path: &str, is_list: bool) {
        let collection = slice.commands.get(slice.act).and_then(|act| act.action.collection());
        if let Some(shape) = collection.and_then(|collection| self.shapes.get_mut(collection as usize)) {
            let path: Vec<String> = path.split('.').map(str::to_owned).collect();
            shape.at(&path).hint.is_list |= is_list;
        }
    }
}

impl Shape {
    /// How many fields there are in it.
    pub fn size(&self) -> usize {
        self.fields.values().map(|inner| 1 + inner.size()).sum()
    }

    /// Whether fields of the elements are known; how many there are is no field of one.
    pub fn holds_documents(&self) -> bool {
        self.fields.keys().any(|name| name != "length")
    }

    pub fn at(&mut self, path: &[String]) -> &mut Self {
        let mut shape = self;
        for part in path {
            if is_position(part) {
                shape.hint.is_list = true;
            } else {
                shape = shape.fields.entry(part.clone()).or_default();
            }
        }
        shape
    }
}

/// Whether a part of a path selects an element of a list.
pub fn is_position(part: &str) -> bool {
    part.starts_with('$') || part.starts_with('*') || part.chars().all(|c| c.is_ascii_digit())
}

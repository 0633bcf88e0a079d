//! What a run looked at, and what it could not follow: so that silence can be told from not having looked.
//!
//! Input: counts and names from discovery, linking and the rules. Output: owned data, lists sorted.
//! Must not know: syntax, formats.

/// A module of the project that an import names and that was not found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unresolved {
    pub path: String,
    pub specifier: String,
}

/// A place in a function, for what is not known there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unknown {
    pub path: String,
    pub line: u32,
    pub function: String,
}

/// A function that was not followed to its end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cut {
    pub path: String,
    pub function: String,
    /// The limit, as a phrase: "calls more than 6 deep".
    pub what: &'static str,
}

/// Files that a walk passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    pub tests: usize,
    pub minified: usize,
    /// Files that a glob of the configuration names, or in a folder that it names.
    pub excluded: usize,
    /// Folders that were left out for their name, or that git ignores, and that hold database calls, relative to the root.
    pub folders: Vec<String>,
    /// Such folders with more files than are looked into, and none that holds a call among those that were.
    pub unsearched: Vec<String>,
}

/// What a run looked at. All counts are of the files that are reported on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    pub functions: usize,
    /// Database calls in the text, each counted once, however many callers it has.
    pub calls: usize,
    /// Those of them that change documents.
    pub writes: usize,
    /// Collections that are known by name.
    pub collections: usize,
    /// Tracked arrays that are written somewhere.
    pub arrays: usize,
    /// Imports of first-party modules for which a file was found.
    pub resolved: usize,
    pub unresolved: Vec<Unresolved>,
    /// Database calls of which no caller says the collection.
    pub unnamed: Vec<Unknown>,
    pub cut: Vec<Cut>,
    /// Paths of files that could not be read or parsed.
    pub unread: Vec<String>,
    pub left_out: LeftOut,
    /// Why nothing may have been looked at, one sentence each.
    pub warnings: Vec<String>,
}

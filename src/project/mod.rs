//! What the files say together: modules, calls across files, what each function does with its callees' effects in place.
//!
//! Input: the facts of all files. Output: [`Project`], an indexed view that does not change.
//! Must not know: syntax, rules, formats.

mod appended;
mod around;
mod bindings;
pub mod budget;
mod bulk;
mod called_back;
pub mod census;
mod changed;
pub mod checks;
mod comparisons;
mod declaration;
pub mod declared;
mod documents;
pub mod effects;
pub mod entries;
mod expand;
mod folded;
mod foreign;
mod fork;
pub mod guards;
mod handed;
pub mod handles;
pub mod index;
mod indexes;
mod inserts;
mod instance;
mod late;
pub mod link;
mod linked;
mod loaded;
pub mod locks;
mod makers;
mod members;
mod merge;
pub mod models;
pub mod mongo;
mod outcome;
mod outside;
mod parts;
mod pass;
mod plugins;
mod proven;
mod ranges;
mod reach;
mod rebuilt_lists;
pub mod resolve;
mod returns;
mod routes;
pub mod runs;
pub mod schema;
mod schema_calls;
mod scope;
mod sections;
mod sent;
mod shared;
mod summary;
mod tables;
mod upserts;
pub mod writes;

pub use crate::facts::{Argument, Exit, Literal, Otherwise, Property, Statement, Taken, Written, WrittenCall};
pub use handed::CHANGING;
pub use inserts::Apart;
pub use link::{Marks, Op, Project, Step, Steps};

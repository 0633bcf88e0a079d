//! The judge: runs two requests on a tiny MongoDB.
//!
//! Input: commands on concrete documents. Output: what a server answers and stores. Must not know: rules, files, syntax.

pub mod bson;
pub mod expression;
pub mod matching;
pub mod store;
pub mod update;

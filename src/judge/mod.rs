//! The judge: runs two requests on a tiny MongoDB.
//!
//! Input: commands on concrete documents. Output: what a server answers and stores. Must not know: rules, files, syntax.

pub mod act;
pub mod arithmetic;
pub mod arrays;
pub mod bson;
pub mod command;
pub mod evaluated;
pub mod expression;
pub mod failure;
pub mod identity;
pub mod keys;
pub mod matching;
pub mod pattern;
pub mod pipeline;
pub mod projection;
pub mod sort;
pub mod store;
pub mod traverse;
pub mod unique;
pub mod update;
pub mod upsert;

#[cfg(test)]
mod store_tests;
#[cfg(test)]
mod update_tests;
#[cfg(test)]
mod written;

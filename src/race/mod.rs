//! The relations that decide a race, each written once.
//!
//! Input: terms, whatever they are made of. Output: typed trees of what a database command asks and does. Must not know: the judge.

pub mod change;
pub mod claim;
mod course;
pub mod decision;
pub mod element;
pub mod entails;
pub mod expression;
pub mod facts;
pub mod fence;
mod lock_service;
pub mod mention;
pub mod path;
pub mod pipeline;
pub mod predicate;
pub mod refused;
pub mod relation;
mod search;
pub mod symbolic;
pub mod term;

#[cfg(test)]
mod parser_tests;
#[cfg(test)]
mod written;

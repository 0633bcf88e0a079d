//! The relations that decide a race, each written once.
//!
//! Input: terms, whatever they are made of. Output: typed trees of what a database command asks and does. Must not know: the judge.

pub mod change;
pub mod element;
pub mod expression;
pub mod path;
pub mod pipeline;
pub mod predicate;
pub mod term;

#[cfg(test)]
mod parser_tests;
#[cfg(test)]
mod written;

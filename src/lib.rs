//! pushguard finds the JavaScript and TypeScript code that can write the same MongoDB array element twice, or lose one.
//!
//! `discover -> parse -> facts (one file at a time, parallel) -> project (link) -> rules -> findings -> suppress -> report`.
//! Each stage takes and returns owned data and never calls a later one.

#![forbid(unsafe_code)]

pub mod analysis;
pub mod baseline;
pub mod changed;
#[cfg(any(feature = "cleanup", test))]
pub mod cleanup;
pub mod cli;
pub mod config;
pub mod coverage;
pub mod diagnostic;
pub mod discover;
pub mod disk;
pub mod error;
pub mod facts;
pub mod fix;
pub mod git;
pub mod judge;
pub mod limits;
pub mod lsp;
pub mod panics;
pub mod parse;
pub mod project;
pub mod race;
pub mod remedy;
pub mod repair;
pub mod report;
pub mod rules;
pub mod source;
pub mod stack;
pub mod suppress;
pub mod survey;
pub mod timings;
pub mod value;

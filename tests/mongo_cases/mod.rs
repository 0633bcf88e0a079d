//! Random cases for the differential test: documents, an index, and a command, from a fixed seed.

pub mod commands;
pub mod encode;
pub mod expressions;
pub mod filters;
pub mod random;
pub mod updates;
pub mod values;

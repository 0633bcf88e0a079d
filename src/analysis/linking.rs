//! What the files say together, on threads and a stack of its own.
//!
//! Input: what is known of each file. Output: the project. Must not know: rules, findings.

use super::memory::Memory;
use crate::config::Config;
use crate::facts::FileFacts;
use crate::project::resolve::Resolver;
use crate::project::{Marks, Project};
use crate::source::Sources;
use crate::stack;

/// Runs `work` with threads of its own, on a stack for the values of a whole project.
pub(super) fn on_own_threads<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    match rayon::ThreadPoolBuilder::new().stack_size(stack::OF_THREAD).build() {
        Ok(pool) => pool.install(|| stack::for_project(work)),
        Err(_) => stack::for_project(work),
    }
}

/// First-party imports: file, specifier, and whether a file was found.
pub(super) type Imports = Vec<(u32, String, bool)>;

/// Links what `memory` knows of all files.
pub(super) fn link(sources: &Sources, config: &Config, memory: &mut Memory) -> (Project, Imports) {
    let resolver = Resolver::new(sources, &memory.facts);
    let resolve = |file, specifier: &str| resolver.resolve(file, specifier);
    let lengths: Vec<usize> = sources.iter().map(|(_, file)| file.text.len()).collect();
    let mut project = if memory.is_of_one_run {
        let facts = memory.facts.iter_mut().map(FileFacts::take_all_but_notes);
        Project::link(&lengths, facts, marks(config), &resolve)
    } else {
        Project::link(&lengths, memory.facts.iter(), marks(config), &resolve)
    };
    let is_told = |option: &str| project.arena.known_sym(option).is_some();
    project.stores_undefined =
        resolver.stores_undefined() && !["ignoreUndefined", "omitUndefined"].iter().any(|option| is_told(option));
    (project, resolver.own_imports())
}

/// The functions of the completion protocol, which its rules ask for by name.
fn marks(config: &Config) -> Marks {
    let Some(completion) = &config.protocol.completion else { return Marks::default() };
    let mut calls = vec![completion.producer.clone(), completion.consumer.clone()];
    calls.extend(completion.complete.iter().cloned());
    calls.extend(completion.recovery.clone());
    Marks { calls, results: vec![completion.producer.clone()] }
}

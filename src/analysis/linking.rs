//! What the files say together, on threads and a stack of its own.
//!
//! Input: what is known of each file. Output: the project. Must not know: rules, findings.

use super::clients::packages;
use super::memory::Memory;
use crate::config::Config;
use crate::config::method::{DeclaredCollection, DeclaredMethod};
use crate::facts::FileFacts;
use crate::panics;
use crate::project::own_methods::{Collection, OwnMethod};
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

/// What the imports of a project lead to.
#[derive(Default)]
pub(super) struct Imports {
    /// First-party imports: file, specifier, and whether a file was found.
    pub own: Vec<(u32, String, bool)>,
    /// What is wrong with the settings by which they are found.
    pub troubles: Vec<String>,
}

/// Links what `memory` knows of all files.
pub(super) fn link(sources: &Sources, config: &Config, memory: &mut Memory) -> (Project, Imports) {
    sources.iter().for_each(|(_, file)| panics::point("linked", &file.path));
    let resolver = Resolver::new(sources, &memory.facts);
    let resolve = |file, specifier: &str| resolver.resolve(file, specifier);
    let lengths: Vec<usize> = sources.iter().map(|(_, file)| file.text.len()).collect();
    let mut project = if memory.is_of_one_run {
        let facts = memory.facts.iter_mut().map(FileFacts::take_all_but_notes);
        Project::link(&lengths, facts, marks(sources, config), &resolve)
    } else {
        Project::link(&lengths, memory.facts.iter(), marks(sources, config), &resolve)
    };
    let is_told = |option: &str| project.arena.known_sym(option).is_some();
    project.stores_undefined =
        resolver.stores_undefined() && !["ignoreUndefined", "omitUndefined"].iter().any(|option| is_told(option));
    (project, Imports { own: resolver.own_imports(), troubles: resolver.troubles().to_vec() })
}

/// What the configuration and the manifests say of names: the functions of the completion protocol, which its rules ask for, the
/// code's own wrappers, the packages.
fn marks(sources: &Sources, config: &Config) -> Marks {
    let methods = config.methods.iter().map(own_method).collect();
    let marks = Marks { methods, packages: packages(sources), ..Marks::default() };
    let Some(completion) = &config.protocol.completion else { return marks };
    let mut calls = vec![completion.producer.clone(), completion.consumer.clone()];
    calls.extend(completion.complete.iter().cloned());
    calls.extend(completion.recovery.clone());
    Marks { calls, results: vec![completion.producer.clone()], ..marks }
}

fn own_method(declared: &DeclaredMethod) -> OwnMethod {
    let payload = declared.update.or(declared.document);
    let operands = match (declared.filter, payload, declared.options) {
        (None, None, None) => None,
        (None, payload, options) => Some(vec![payload, options]),
        (filter, payload, options) => Some(vec![filter, payload, options]),
    };
    let collection = match &declared.collection {
        None => Collection::Receiver,
        Some(DeclaredCollection::Argument(at)) => Collection::Argument(*at),
        Some(DeclaredCollection::Name(name)) => Collection::Named(name.clone()),
    };
    OwnMethod {
        path: declared.name.split('.').map(str::to_owned).collect(),
        method: declared.method.name().to_owned(),
        collection,
        operands,
    }
}

//! How the files of the project are run: which file loads which, which end by themselves, and which belong to Meteor.
//!
//! Input: what each file says of itself. Output: answers about files. Must not know: rules.

use crate::facts::Run;
use rustc_hash::{FxHashMap, FxHashSet};

/// How all files are run.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    /// For each file, the files that load it.
    loaders: FxHashMap<u32, FxHashSet<u32>>,
    /// Files that end by themselves.
    ending: FxHashSet<u32>,
    /// Files that a clock or an endless loop keeps running.
    lasting: FxHashSet<u32>,
    /// Files that do something without an end.
    looping: FxHashSet<u32>,
    /// Files that load a package of Meteor.
    meteor: FxHashSet<u32>,
    /// The last names of modules that were not found.
    unfound: FxHashSet<String>,
    /// Some file puts the names of the modules together that it loads.
    searches: bool,
}

impl Runs {
    pub(super) fn add(&mut self, file: u32, run: &Run, resolve: &dyn Fn(&str) -> Option<u32>) {
        self.searches |= run.searches;
        if run.ends && !run.goes_on {
            self.ending.insert(file);
        }
        if run.goes_on {
            self.lasting.insert(file);
        }
        if run.loops {
            self.looping.insert(file);
        }
        for module in &run.loads {
            if module.starts_with("meteor/") {
                self.meteor.insert(file);
            }
            match resolve(module) {
                Some(loaded) if loaded != file => {
                    self.loaders.entry(loaded).or_default().insert(file);
                }
                Some(_) => {}
                None => {
                    self.unfound.insert(stem(module).to_owned());
                }
            }
        }
    }

    /// The files that load a file, where that is known: no module of its name was looked for in vain.
    pub fn loaders_of(&self, file: u32, path: &str) -> Option<&FxHashSet<u32>> {
        let known = self.loaders.get(&file);
        known.filter(|_| !self.unfound.contains(stem(path)))
    }

    pub fn is_loaded(&self, file: u32) -> bool {
        self.loaders.contains_key(&file)
    }

    /// Whether nothing loads a file: all modules are loaded by names, and none of its name was looked for in vain.
    pub fn is_left_out(&self, file: u32, path: &str) -> bool {
        !self.searches && !self.is_loaded(file) && !self.unfound.contains(stem(path))
    }

    pub fn ends(&self, file: u32) -> bool {
        self.ending.contains(&file)
    }

    /// Whether a clock or an endless loop keeps a file running.
    pub fn lasts(&self, file: u32) -> bool {
        self.lasting.contains(&file)
    }

    pub fn loops(&self, file: u32) -> bool {
        self.looping.contains(&file)
    }

    /// The files that load a package of Meteor.
    pub fn meteor(&self) -> impl Iterator<Item = u32> {
        self.meteor.iter().copied()
    }
}

/// `user` of `../models/user.js`.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split('.').next().unwrap_or(name)
}

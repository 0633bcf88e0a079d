//! Whether a call is of the database, or of code that is read.
//!
//! Input: a call in the text of a function. Output: a yes or no. Must not know: rules.

use super::link::Project;
use crate::value::{FnRef, Site, Sym, V};

impl Project {
    /// Whether a call in the text of a function is one of the database, or of functions of the project.
    pub fn is_followed(&mut self, func: FnRef, site: Site, callee: V, on: Option<(V, Sym)>, args: &[V]) -> bool {
        self.within(func, |project| {
            let callee = project.linked(callee);
            let args: Vec<V> = args.iter().map(|arg| project.linked(*arg)).collect();
            let recv = on.map(|(recv, name)| (project.linked(recv), name));
            !project.targets(callee).is_empty()
                || recv.is_some_and(|(recv, name)| project.db_call(site, recv, name, &args).is_some())
        })
    }
}

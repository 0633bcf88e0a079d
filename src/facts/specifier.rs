//! The module that a computed specifier names: `require(__dirname + '/db')`, `require(path.join(__dirname, 'db'))`,
//! `` import(`${process.cwd()}/db.js`) ``.
//!
//! Source: Node.js, `__dirname`, `process.cwd()`, `path.join` and `path.resolve`. Input: the value of an argument. Output: a specifier,
//! relative to the file, or from the root of the sources with a slash first. Must not know: which files there are.

use super::eval::Eval;
use crate::limits;
use crate::value::{Node, V};

/// The names of the module of Node.js for paths.
const PATHS: [&str; 2] = ["path", "node:path"];

/// Packages that hold the path of the folder that the program is started in.
const ROOTS: [&str; 3] = ["app-root-path", "app-root-dir", "root-path"];

impl Eval<'_> {
    /// None where it is no constant and starts at no folder that is known.
    pub(super) fn specifier(&self, value: V) -> Option<String> {
        let mut left = limits::SPECIFIER_PARTS;
        self.path(value, &mut left).filter(|path| !path.is_empty())
    }

    /// `left` is how many parts may still be looked at.
    fn path(&self, value: V, left: &mut usize) -> Option<String> {
        *left = left.checked_sub(1)?;
        match self.arena.node(value) {
            Node::Str(text) => Some(self.arena.text(*text).to_owned()),
            Node::Global(name) if self.arena.text(*name) == "__dirname" => Some(".".to_owned()),
            Node::Member(folder, name) if self.arena.text(*name) == "path" => self.root(*folder),
            Node::Coerce(_, folder) => self.root(*folder),
            Node::Import { .. } => self.root(value),
            Node::Template(parts) => Some(self.paths(parts, left)?.concat()),
            // A method that texts and lists have too.
            Node::Derived(method, operands) => match operands.split_first()? {
                (library, parts) if self.is_paths(*library) && self.arena.text(*method) == "join" => {
                    Some(self.paths(parts, left)?.join("/"))
                }
                _ => None,
            },
            Node::Call { callee, args, .. } => match self.function_of(*callee)? {
                ("process", "cwd") => Some(String::new()),
                (module, "join" | "normalize") if PATHS.contains(&module) => Some(self.paths(args, left)?.join("/")),
                (module, "resolve") if PATHS.contains(&module) => {
                    let resolved = self.paths(args, left)?.join("/");
                    let is_literal = args.first().is_some_and(|first| self.arena.as_str(*first).is_some());
                    // A path that starts at no folder starts where the program is started.
                    let is_rooted = is_literal && !resolved.starts_with('/');
                    Some(if is_rooted { format!("/{}", resolved.trim_start_matches("./")) } else { resolved })
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn paths(&self, parts: &[V], left: &mut usize) -> Option<Vec<String>> {
        parts.iter().map(|part| self.path(*part, left)).collect()
    }

    /// The folder that the program is started in, where a package gives it.
    fn root(&self, value: V) -> Option<String> {
        let Node::Import { module, .. } = self.arena.node(value) else { return None };
        ROOTS.contains(&self.arena.text(*module)).then(String::new)
    }

    fn is_paths(&self, value: V) -> bool {
        matches!(self.arena.node(value), Node::Import { module, .. } if PATHS.contains(&self.arena.text(*module)))
    }

    /// The module of a function and its name.
    fn function_of(&self, callee: V) -> Option<(&str, &str)> {
        match self.arena.node(callee) {
            Node::Import { module, name } => Some((self.arena.text(*module), self.arena.text(*name))),
            Node::Member(of, name) => match self.arena.node(*of) {
                Node::Import { module, .. } | Node::Global(module) => {
                    Some((self.arena.text(*module), self.arena.text(*name)))
                }
                _ => None,
            },
            _ => None,
        }
    }
}

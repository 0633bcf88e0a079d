//! Objects of other libraries that look like documents: rows of an SQL mapper, jobs of a queue, the session of a request.
//!
//! Input: values. Output: whether they are no documents of MongoDB. Must not know: rules.

use super::link::{Op, Project, Step};
use super::merge::symbol_file;
use crate::facts::EffectKind;
use crate::value::{FnRef, Key, Node, V};

impl Project {
    /// Whether a value that is saved was made by another library.
    pub(super) fn is_other_librarys_row(&mut self, value: V) -> bool {
        match *self.arena.node(value) {
            // await Profile.findOne({ where: { userId } })
            Node::Call { ref args, .. } => args.first().is_some_and(|first| self.is_other_library(*first)),
            Node::Element(list) | Node::Index(list, _) => self.is_other_librarys_row(list),
            Node::Param(func, at) => self.is_foreign_param(func, at),
            // req.session.save()
            Node::Member(object, name) => {
                self.arena.text(name) == "session" && matches!(self.arena.node(object), Node::Param(..))
            }
            _ => false,
        }
    }

    /// Whether the function in whose text a method is called says that its object is another library's: `(job: Job) => job.save()`.
    pub(super) fn is_declared_foreign(&mut self, step: &Step) -> bool {
        let place = self.base_site(step.site);
        let effects = self.function(step.owner).map(|function| function.effects.as_slice()).unwrap_or_default();
        let recv = effects.iter().find_map(|effect| match effect.kind {
            EffectKind::Call { recv, .. } if self.arena.site_info(effect.site) == place => recv,
            _ => None,
        });
        recv.is_some_and(|recv| match *self.arena.node(recv) {
            Node::Param(func, at) => self.is_foreign_param(func, at),
            _ => false,
        })
    }

    /// `agenda.define('mail', async (job) => …)`, `(job: Job) => …`
    fn is_foreign_param(&mut self, func: FnRef, at: u32) -> bool {
        let types = self.function(func).map(|function| function.param_types.as_slice()).unwrap_or_default();
        match types.iter().find(|(own, _)| *own == at).copied() {
            Some((_, of)) => {
                let of = self.linked(of);
                self.package_of(of).is_some_and(is_foreign_package)
            }
            None => self.foreign.contains(&func),
        }
    }

    /// Notes the functions that an object of another library calls: `new Queue('mails').process(async (job) => …)`.
    pub(super) fn register_foreign(&mut self, call: &Op) {
        let Op::Call { recv: Some(recv), args, .. } = call else { return };
        let is_foreign = match self.arena.node(*recv) {
            Node::New { callee, .. } | Node::Call { callee, .. } => {
                self.package_of(*callee).is_some_and(is_foreign_package)
            }
            _ => false,
        };
        for arg in args.iter().filter(|_| is_foreign) {
            if let Node::Func(func) = self.arena.node(*arg) {
                self.foreign.insert(*func);
            }
        }
    }

    /// The package that a value is imported from.
    pub(super) fn package_of(&self, value: V) -> Option<&str> {
        match self.arena.node(value) {
            Node::Import { module, .. } => {
                let module = self.arena.text(*module);
                let is_own = symbol_file(module).is_some() || module.starts_with(['.', '/', '~', '#']);
                (!is_own && !module.starts_with("@/")).then_some(module)
            }
            Node::Member(object, _) => self.package_of(*object),
            _ => None,
        }
    }

    /// Whether a value comes from a package that the project names among those it depends on, and that holds no models.
    pub(super) fn is_of_package(&self, value: V) -> bool {
        let Some(module) = self.package_of(value).filter(|module| is_foreign_package(module)) else { return false };
        let parts = if module.starts_with('@') { 2 } else { 1 };
        let end = module.match_indices('/').nth(parts - 1).map_or(module.len(), |(at, _)| at);
        module.get(..end).is_some_and(|package| self.marks.packages.contains(package))
    }

    /// `{ where: … }` and `{ include: … }` are Sequelize, TypeORM or Prisma.
    pub(super) fn is_other_library(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::Object(entries) => entries.iter().any(|entry| match entry.key {
                Key::Name(name) => matches!(self.arena.text(name), "where" | "include"),
                _ => false,
            }),
            _ => false,
        }
    }
}

/// A package whose objects are no documents, and which does not pass on what it is given.
fn is_foreign_package(package: &str) -> bool {
    let of_documents = ["mongo", "typegoose", "meteor", "papr"].iter().any(|word| package.contains(word));
    let passes_on = ["async", "bluebird", "lodash", "underscore", "rxjs", "ramda"].contains(&package)
        || package.starts_with("lodash")
        || package.starts_with("p-")
        || package.starts_with("rxjs/");
    !of_documents && !passes_on
}

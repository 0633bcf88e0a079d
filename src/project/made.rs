//! Objects that a request makes for itself: what such an instance holds is gone with it, and is no memory of the process.
//!
//! Input: where instances are made, and the fields of their classes. Output: whether what a value keeps belongs to an instance that
//! was made on the way to an expression. Must not know: rules, locks.

use super::link::Project;
use crate::value::{ClassRef, FnRef, Node, Site, SiteInfo, V};

impl Project {
    /// Notes which functions make instances, and what those hold.
    pub(super) fn link_made(&mut self) {
        let places = self.around.made.clone();
        for ((file, start, end), class) in places {
            let place = SiteInfo { file, start, end, ..SiteInfo::NOWHERE };
            let Some(by) = self.ranges.around(place).next() else { continue };
            self.within_a_value(|project| {
                let linked = project.linked(class);
                let Node::Class(class) = *project.arena.node(linked) else { return };
                for class in project.with_parents(class) {
                    project.proven.made.by.entry(class).or_default().push(by);
                }
            });
        }
        let made: Vec<ClassRef> = self.proven.made.by.keys().copied().collect();
        for own in made {
            let fields: Vec<V> =
                self.class(own).into_iter().flat_map(|class| &class.fields).map(|(_, value)| *value).collect();
            for field in fields {
                if let Node::New { site, .. } | Node::Opaque(site) = self.arena.node(field) {
                    let place = self.base_site(*site);
                    self.proven.made.held.insert(place, own);
                }
            }
        }
    }

    /// Whether a value is an option of an instance that all requests share: a parameter of its constructor, or a member of one.
    pub fn is_given_at_start(&self, value: V) -> bool {
        let mut at = value;
        while let Node::Member(object, _) = self.arena.peek(at) {
            at = *object;
        }
        let Node::Param(func, _) = *self.arena.peek(at) else { return false };
        let Some(function) = self.function(func).filter(|function| function.name == "constructor") else {
            return false;
        };
        let makers = function.class.and_then(|class| self.proven.made.by.get(&class));
        let is_of_start = |func: &FnRef| self.function(*func).is_some_and(|function| function.parent.is_none());
        makers.is_some_and(|makers| makers.iter().all(is_of_start))
    }

    /// Whether what a value keeps belongs to an instance that one of the functions makes through which an expression is reached:
    /// `const resolver = new Resolver(); resolver.resolve(id)`.
    pub(super) fn is_made_on_the_way(&self, state: V, site: Site) -> bool {
        let class = match self.arena.node(state) {
            Node::New { site, .. } | Node::Opaque(site) => self.proven.made.held.get(&self.base_site(*site)).copied(),
            Node::Instance(class) => Some(*class),
            Node::Member(object, _) => match self.arena.node(*object) {
                Node::Instance(class) => Some(*class),
                _ => None,
            },
            _ => None,
        };
        let Some(makers) = class.and_then(|class| self.proven.made.by.get(&class)) else { return false };
        let mut at = Some(site);
        while let Some(site) = at {
            let is_made = self.enclosing(site).is_some_and(|func| {
                self.function(func).is_some_and(|function| function.parent.is_some()) && makers.contains(&func)
            });
            if is_made {
                return true;
            }
            at = self.arena.site_info(site).via;
        }
        false
    }
}

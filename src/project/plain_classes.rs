//! Classes whose instances are plain data, such as a domain object that a repository makes of a document: no method of theirs or of
//! what they hold calls a database. What is not known is taken for a service.
//!
//! Input: the classes and what stands behind interfaces. Output: the plain ones. Must not know: effects, rules.

use super::link::Project;
use crate::value::{ClassRef, INJECTED, Node, V};
use rustc_hash::FxHashSet;

impl Project {
    /// Finds the plain classes. Values linked before do not know them.
    pub(super) fn find_plain_classes(&mut self) {
        let classes: Vec<ClassRef> = (0..self.classes.len()).map(|at| ClassRef(at as u32)).collect();
        // Whatever holds or extends a service is one.
        let (mut users, mut services): (Vec<Vec<ClassRef>>, Vec<ClassRef>) =
            (vec![Vec::new(); classes.len()], Vec::new());
        let mut seen: FxHashSet<ClassRef> = FxHashSet::default();
        for own in &classes {
            let Some(class) = self.class(*own) else { continue };
            let parent = class.parent;
            let fields: Vec<V> = class.fields.iter().map(|(_, value)| *value).chain(parent).collect();
            let is_followed = self.bindings.implementers.contains_key(own);
            let mut is_service = self.is_unbound(*own) || is_followed || self.calls_database(*own);
            for field in fields {
                let field = self.within_class(*own, |project| project.linked(field));
                match self.held(field) {
                    Held::Value => {}
                    Held::Service => is_service = true,
                    Held::Instance(of) => {
                        if let Some(users) = users.get_mut(self.concrete(of).0 as usize) {
                            users.push(*own);
                        }
                    }
                }
            }
            if is_service && seen.insert(*own) {
                services.push(*own);
            }
        }
        while let Some(service) = services.pop() {
            for user in std::mem::take(&mut users[service.0 as usize]) {
                if seen.insert(user) {
                    services.push(user);
                }
            }
        }
        self.bindings.plain = classes.into_iter().filter(|class| !seen.contains(class)).collect();
    }

    fn is_made(&self, value: V) -> bool {
        matches!(self.arena.node(value), Node::Instance(_) | Node::New { .. } | Node::Call { .. } | Node::Import { .. })
    }

    fn held(&self, field: V) -> Held {
        match *self.arena.node(field) {
            Node::Instance(of) | Node::Class(of) => Held::Instance(of),
            Node::New { callee, .. } => match *self.arena.node(callee) {
                Node::Class(of) => Held::Instance(of),
                Node::Import { .. } | Node::Member(..) => Held::Service,
                _ => Held::Value,
            },
            Node::Call { callee, .. } => match self.arena.node(callee) {
                Node::Global(name) if matches!(self.arena.text(*name), INJECTED | "model") => Held::Service,
                // What a getter gives.
                Node::Func(_) => Held::Value,
                _ => Held::Service,
            },
            // One of those that implement an interface, among others.
            Node::OneOf(ref alternatives) if alternatives.iter().any(|(_, one)| self.is_made(*one)) => Held::Service,
            Node::Import { .. } => Held::Service,
            _ => Held::Value,
        }
    }
}

/// What a field of a class holds.
enum Held {
    Value,
    Service,
    Instance(ClassRef),
}

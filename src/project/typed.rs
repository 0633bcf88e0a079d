//! Objects that code knows by their type alone: `models: Models` of a handler, where one function of the project makes what is of
//! that type.
//!
//! `export const load = (db: Connection): Models => { const models = {} as Models; models.Users = db.model('users', …); return models }`
//! says what `models.Users` is wherever a parameter is declared to be `Models`, or to be of an interface with a field of that type:
//! `({ models }: Context)`. Where two functions make such an object, none is chosen.
//!
//! Input: the types of parameters, results and fields. Output: a part of the table of bindings. Must not know: effects, rules.

use super::link::Project;
use crate::value::{ClassRef, FnRef, Node, Sym, V};

impl Project {
    /// Finds the objects of the interfaces that functions say they return.
    pub(super) fn bind_typed(&mut self) {
        for at in 0..self.functions.len() {
            let Some(function) = self.functions.get(at) else { continue };
            let Some(of) = function.return_type else { continue };
            let returned: Vec<V> = function.returns.iter().map(|(_, value)| *value).collect();
            let func = FnRef(at as u32);
            let made = self.within(func, |project| {
                let of = project.class_named(of)?;
                Some((of, project.only_object(&returned)?)).filter(|_| project.is_unbound(of))
            });
            let Some((of, object)) = made else { continue };
            let known = self.bindings.typed.entry(of).or_insert(Some((func, object)));
            if *known != Some((func, object)) {
                *known = None;
            }
        }
    }

    /// The class or interface that a type is.
    fn class_named(&mut self, of: V) -> Option<ClassRef> {
        let of = self.linked(of);
        match *self.arena.node(of) {
            Node::Class(of) => Some(of),
            _ => None,
        }
    }

    /// The one object literal among what a function returns.
    fn only_object(&self, returned: &[V]) -> Option<V> {
        let alternatives = returned.iter().flat_map(|value| self.arena.alternatives(*value));
        let mut objects = alternatives.map(|(_, value)| value).filter(|value| match self.arena.node(*value) {
            Node::Object(entries) => !entries.is_empty(),
            _ => false,
        });
        objects.next().filter(|only| objects.all(|other| other == *only))
    }

    /// The class or interface that a parameter is declared to be of.
    pub(super) fn type_of_parameter(&mut self, func: FnRef, at: u32) -> Option<ClassRef> {
        let of = self.function(func)?.param_types.iter().find(|(own, _)| *own == at)?.1;
        self.class_named(of)
    }

    /// What a parameter has under a name, by its type.
    pub(super) fn typed_part(&mut self, func: FnRef, at: u32, key: Sym) -> Option<V> {
        let of = self.type_of_parameter(func, at)?;
        self.part_of_type(of, key)
    }

    /// What the object of an interface has under a name, else an instance of the interface that a field of it is declared to be,
    /// where there is such an object.
    pub(super) fn part_of_type(&mut self, interface: ClassRef, key: Sym) -> Option<V> {
        if let Some((func, object)) = self.bindings.typed.get(&interface).copied().flatten() {
            let part = self.arena.member_of(object, key)?;
            return Some(self.within(func, |project| project.linked(part)));
        }
        let of = self.class(interface)?.field_types.iter().find(|(name, _)| *name == key)?.1;
        let of = self.class_named(of)?;
        let is_made = self.bindings.typed.get(&of).is_some_and(Option::is_some);
        is_made.then(|| self.arena.intern(Node::Instance(of)))
    }
}

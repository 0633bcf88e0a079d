//! What stands behind an interface or an abstract class: the one class that implements it, or the few that do.
//!
//! Where there are several, a value of that type is one of them, and which is a text of the process that two requests share:
//! `this.store` of `constructor(private store: Store)` is an instance of each under its condition, so that a check and an act of one
//! request are calls of one class.
//!
//! Input: the classes and those that are below each. Output: a part of the table of bindings. Must not know: rules.

use super::bound::Implementers;
use super::link::Project;
use crate::facts::EffectKind;
use crate::limits::{self, Cut};
use crate::value::{Arena, C, ClassRef, Compare, FnRef, Node, V};
use rustc_hash::{FxHashMap, FxHashSet};

/// The classes below each class.
pub(super) type Below = FxHashMap<ClassRef, Vec<ClassRef>>;

impl Project {
    /// The classes that each class is extended or implemented by.
    pub(super) fn classes_below(&mut self) -> Below {
        let mut below = Below::default();
        for at in 0..self.classes.len() {
            let own = ClassRef(at as u32);
            let parents: Vec<V> = match self.class(own) {
                Some(class) => class.parent.iter().chain(&class.implements).copied().collect(),
                None => continue,
            };
            self.within_class(own, |project| {
                for parent in parents {
                    let parent = project.linked(parent);
                    if let Node::Class(parent) = *project.arena.node(parent) {
                        below.entry(parent).or_default().push(own);
                    }
                }
            });
        }
        below
    }

    /// Finds what is behind each abstract class.
    pub(super) fn bind_implementers(&mut self, below: &Below) {
        for at in 0..self.classes.len() {
            let own = ClassRef(at as u32);
            if !self.class(own).is_some_and(|class| class.is_abstract) {
                continue;
            }
            let mut found = self.within_class(own, |project| project.implementers(own, below));
            match found.as_slice() {
                [] => {}
                [only] => {
                    self.bindings.concrete.insert(own, *only);
                }
                _ => {
                    let has_more = found.len() > limits::IMPLEMENTERS;
                    found.truncate(limits::IMPLEMENTERS);
                    self.bindings.implementers.insert(own, Implementers { classes: found, has_more });
                }
            }
        }
    }

    /// The classes behind an abstract one: what the container says, else the only one that implements it, else those of them
    /// that call a database.
    fn implementers(&mut self, class: ClassRef, below: &Below) -> Vec<ClassRef> {
        let token = self.arena.intern(Node::Class(class));
        if let Some(provided) = self.bindings.provided.get(&token).copied()
            && let Node::Instance(own) = *self.arena.node(provided)
        {
            return vec![own];
        }
        let (mut found, mut seen): (Vec<ClassRef>, FxHashSet<ClassRef>) = Default::default();
        let mut open = vec![class];
        while let Some(at) = open.pop() {
            for child in below.get(&at).into_iter().flatten() {
                self.arena.spend(1);
                if seen.insert(*child) && !self.arena.is_spent() {
                    found.push(*child);
                    open.push(*child);
                }
            }
        }
        found.retain(|class| self.class(*class).is_some_and(|class| !class.is_abstract));
        if found.len() > 1 {
            found.retain(|class| self.calls_database(*class));
            found.sort_unstable();
        }
        found
    }

    /// Whether a method of a class, or of one it extends, has a call that hardly anything but a database has.
    pub(super) fn calls_database(&mut self, class: ClassRef) -> bool {
        let mut at = Some(class);
        for _ in 0..limits::LINEAGE {
            let Some(class) = at.and_then(|at| self.class(at)).cloned() else { return false };
            let calls = class.methods.iter().filter_map(|(_, func)| self.function(*func)).any(|function| {
                function.effects.iter().any(|effect| match &effect.kind {
                    EffectKind::Call { name: Some(name), .. } => super::mongo::is_telling(self.arena.text(*name)),
                    _ => false,
                })
            });
            if calls {
                return true;
            }
            let parent = class.parent.map_or(Arena::UNDEFINED, |parent| self.linked(parent));
            at = match *self.arena.node(parent) {
                Node::Class(parent) => Some(parent),
                _ => None,
            };
        }
        false
    }

    // Questions

    /// The class whose code runs for an instance of this one.
    pub(super) fn concrete(&self, class: ClassRef) -> ClassRef {
        self.bindings.concrete.get(&class).copied().unwrap_or(class)
    }

    /// Whether a class says nothing of its instances: an interface behind which there is not just one class.
    pub(super) fn is_unbound(&self, class: ClassRef) -> bool {
        self.class(self.concrete(class)).is_some_and(|class| class.is_abstract && class.methods.is_empty())
    }

    /// Whether an instance of an abstract class is one of several classes.
    pub(super) fn is_one_of_many(&self, class: ClassRef) -> bool {
        self.bindings.implementers.contains_key(&class)
    }

    /// An instance of each class behind an abstract one, under the condition that it is the one in this place. Where not all are
    /// followed, the last alternative is the abstract class itself.
    pub(super) fn one_of_implementers(&mut self, class: ClassRef, place: &str) -> Option<V> {
        let Implementers { mut classes, has_more } = self.bindings.implementers.get(&class).cloned()?;
        let last = if has_more { class } else { classes.pop()? };
        let place = self.arena.global(place);
        let mut none = C::TRUE;
        let mut alternatives = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for own in classes {
            let mut name = self.class(own).map(|class| class.name.clone()).unwrap_or_default();
            if names.contains(&name) {
                name = format!("{name} {}", names.len());
            }
            let text = self.arena.str(&name);
            names.push(name);
            let is_own = self.arena.intern(Node::Compare(Compare::Equal, place, text));
            let instance = self.arena.intern(Node::Instance(own));
            alternatives.push((self.arena.assume(C::TRUE, is_own, true), instance));
            none = self.arena.assume(none, is_own, false);
        }
        let last = self.arena.intern(Node::Instance(last));
        alternatives.push((none, last));
        Some(self.arena.one_of(alternatives))
    }

    /// Notes that a call may be of a class that is not followed, because too many stand behind an interface.
    pub(super) fn note_implementers(&mut self, caller: FnRef, callee: V) {
        let has_more = self.arena.alternatives(callee).into_iter().any(|(_, callee)| match *self.arena.node(callee) {
            Node::Member(object, _) => match self.arena.node(object) {
                Node::Instance(class) => self.bindings.implementers.get(class).is_some_and(|known| known.has_more),
                _ => false,
            },
            _ => false,
        });
        if has_more {
            self.note_cut(caller, Cut::Implementers);
        }
    }
}

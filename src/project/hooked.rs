//! What a hook sets of a new document out of what is inserted: `this.username = this.email.split('@')[0]` before a save.
//!
//! Only the fields of unique indexes: they say whether the server refuses the insert.
//!
//! Source: Mongoose guide, "Middleware": `create` and `save` of a new document run `pre('save')`, in which it is new and all that was given
//! is modified. Input: writes. Output: inserts with what their hooks add. Must not know: rules.

use super::instance::Instance;
use super::link::Project;
use super::schema::Schemas;
use super::writes::{Write, WriteKind};
use crate::facts::EffectKind;
use crate::value::{C, Entry, FnRef, Key, Node, Site, Sym, V};

impl Project {
    /// Adds to inserts what hooks set of their unique fields, where the code leaves these out.
    pub fn add_hooked(&mut self, schemas: &Schemas, writes: &mut [Write]) {
        for write in writes.iter_mut().filter(|write| write.kind == WriteKind::Insert) {
            let Some(payload) = write.payload.filter(|_| matches!(write.method.as_str(), "create" | "save")) else {
                continue;
            };
            let Node::Object(mut entries) = self.arena.node(payload).clone() else { continue };
            let unique: Vec<&String> = schemas.unique.of(&write.handle).iter().flat_map(|index| &index.keys).collect();
            if unique.is_empty() {
                continue;
            }
            let own = entries.len();
            for hook in self.hooks_before_save(write) {
                for entry in self.set_by_hook(hook, payload) {
                    let is_unique =
                        matches!(entry.key, Key::Name(key) if unique.iter().any(|name| *name == self.arena.text(key)));
                    let is_given = entries.iter().any(|given| given.key == entry.key || given.key == Key::Spread);
                    if is_unique && !is_given {
                        entries.push(entry);
                    }
                }
            }
            if entries.len() > own {
                write.payload = Some(self.arena.intern(Node::Object(entries)));
                self.fill(write);
            }
        }
    }

    /// The functions that run before a new document is inserted, in the order of the code.
    fn hooks_before_save(&mut self, write: &Write) -> Vec<FnRef> {
        let mut hooks: Vec<FnRef> = self.models.saving.iter().copied().collect();
        hooks.sort_unstable();
        let of_model = |hook: &FnRef| {
            let handle = self.models.saved_model(*hook).and_then(|model| self.handle_of(model, 0));
            handle.is_some_and(|handle| handle.same(&write.handle))
        };
        hooks.into_iter().filter(of_model).collect()
    }

    /// What a hook surely sets of a new document, out of what is given for it alone.
    fn set_by_hook(&mut self, hook: FnRef, document: V) -> Vec<Entry> {
        let effects = self.function(hook).map(|function| function.effects.as_slice()).unwrap_or_default();
        let assigned = effects.iter().filter_map(|effect| match effect.kind {
            EffectKind::Assign { object, key: Some(key), value } => {
                Some((effect.site, effect.cond, object, key, value))
            }
            EffectKind::Assign { .. } | EffectKind::Call { .. } => None,
        });
        let assigned: Vec<(Site, C, V, Sym, V)> = assigned.collect();
        let mut set = Vec::new();
        for (site, cond, object, key, value) in assigned {
            if *self.arena.node(object) != Node::This(hook) {
                continue;
            }
            let (own, value) = self.within(hook, |project| (project.linked_cond(cond), project.linked(value)));
            if !self.reads_in([value]).is_empty() {
                continue;
            }
            let asked: Vec<V> = self.arena.atoms(own).into_iter().map(|atom| atom.value).collect();
            let mut instance = Instance::new(hook, &[], Some(document), site);
            for asked in asked {
                self.tell_of_new(&mut instance, asked, document);
            }
            let cond = self.instantiate_cond(&mut instance, own);
            let value = self.instantiate(&mut instance, value);
            if cond == C::TRUE && !self.contains(value, &mut |project, part| project.may_differ(part, document)) {
                set.push(Entry { key: Key::Name(key), value, cond });
            }
        }
        set
    }

    /// Whether a part of what a hook sets may be another one for the same document: what a function makes of it may be drawn by lot.
    fn may_differ(&self, part: V, document: V) -> bool {
        match self.arena.node(part) {
            Node::Call { callee, .. } => self.cut_text(*callee).is_none(),
            Node::Opaque(_) | Node::Cut(_) | Node::New { .. } => true,
            _ => part == document,
        }
    }

    /// `this.isNew`, and `this.isModified('email')` where an `email` is given.
    fn tell_of_new(&mut self, instance: &mut Instance<'_>, asked: V, document: V) {
        let Node::Object(given) = self.arena.node(document).clone() else { return };
        let this = self.arena.intern(Node::This(instance.callee));
        let mut parts: Vec<V> = self.arena.parts(asked).into_iter().collect();
        parts.sort_unstable();
        for part in parts {
            let told = match self.arena.node(part) {
                Node::Member(object, name) if *object == this => (self.arena.text(*name) == "isNew").then_some(true),
                Node::Call { callee, args, .. } => match *self.arena.node(*callee) {
                    Node::Member(object, name) if object == this && self.arena.text(name) == "isModified" => {
                        let path = args.first().map(|path| self.arena.as_str(*path));
                        path.map_or(Some(true), |path| {
                            let name = self.arena.known_sym(path?)?;
                            Some(given.iter().any(|entry| entry.key == Key::Name(name)))
                        })
                    }
                    _ => None,
                },
                _ => None,
            };
            if let Some(told) = told {
                let told = self.arena.bool(told);
                instance.memo.insert(part, told);
            }
        }
    }
}

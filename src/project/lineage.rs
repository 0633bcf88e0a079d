//! Classes and those that they extend: what a field is in an instance of the class below, and the models among these:
//! `this.model = model(this.getName(), this.getSchema())`, where the class below says name and schema.
//!
//! Input: the classes. Output: their fields, and calls of `model` as if each stood in the class below. Must not know: rules.

use super::link::Project;
use crate::facts::{Class, EffectKind};
use crate::limits;
use crate::value::{ClassRef, Node, Sym, V};
use rustc_hash::FxHashSet;

impl Project {
    /// Callee and arguments of the `model` calls that fields of classes above are in each class.
    pub(super) fn models_of_classes(&mut self) -> Vec<(V, Vec<V>)> {
        let mut models = Vec::new();
        for at in 0..self.classes.len() {
            let own = ClassRef(at as u32);
            if self.class(own).is_none_or(|class| class.parent.is_none()) {
                continue;
            }
            self.within_class(own, |project| {
                let instance = project.arena.intern(Node::Instance(own));
                for field in project.fields_above(own) {
                    let value = project.member(instance, field);
                    for (_, value) in project.arena.alternatives(value) {
                        let Node::Call { callee, args, .. } = project.arena.node(value).clone() else { continue };
                        let is_model = matches!(project.last_name(callee), Some("model" | "discriminator"));
                        if let ([name, schema, rest @ ..], true) = (&*args, is_model) {
                            let schema = project.one_schema(*schema);
                            models.push((callee, [&[*name, schema], rest].concat()));
                        }
                    }
                }
            });
        }
        models
    }

    /// Fields that a method sets hold more than what the constructor leaves: `this.busy = true`.
    fn forget_flags(&mut self) {
        let mut set: Vec<(ClassRef, Sym)> = Vec::new();
        for function in self.functions.iter().filter(|function| function.name != "constructor") {
            for effect in &function.effects {
                if let EffectKind::Assign { object, key: Some(key), .. } = &effect.kind
                    && let Node::Instance(class) = self.arena.node(*object)
                {
                    set.push((*class, *key));
                }
            }
        }
        for (class, key) in set {
            let Some(class) = self.classes.get_mut(class.0 as usize) else { continue };
            class.fields.retain(|(name, value)| *name != key || !matches!(self.arena.node(*value), Node::Bool(_)));
        }
    }

    /// Links what the classes hold.
    pub(super) fn link_classes(&mut self) {
        self.forget_flags();
        self.find_late();
        let extended = self.extended();
        for at in 0..self.classes.len() {
            let Some(class) = self.classes.get(at).cloned() else { continue };
            let class = self.within_class(ClassRef(at as u32), |project| {
                // What a field is made of, a class below may say.
                let fields = match extended.contains(&ClassRef(at as u32)) {
                    true => class.fields.clone(),
                    false => class.fields.iter().map(|(name, value)| (*name, project.linked(*value))).collect(),
                };
                let statics = class.statics.iter().map(|(name, value)| (*name, project.linked(*value))).collect();
                let parent = class.parent.map(|parent| project.linked(parent));
                Class { fields, statics, parent, ..class }
            });
            if let Some(slot) = self.classes.get_mut(at) {
                *slot = class;
            }
        }
    }

    /// The classes that others extend.
    fn extended(&mut self) -> FxHashSet<ClassRef> {
        let mut extended = FxHashSet::default();
        for at in 0..self.classes.len() {
            let own = ClassRef(at as u32);
            let Some(parent) = self.class(own).and_then(|class| class.parent) else { continue };
            let parent = self.within_class(own, |project| project.linked(parent));
            if let Node::Class(parent) = *self.arena.node(parent) {
                extended.insert(parent);
            }
        }
        extended
    }

    /// The names of the fields that the classes above a class declare.
    fn fields_above(&mut self, class: ClassRef) -> Vec<Sym> {
        let (mut fields, mut at) = (Vec::new(), class);
        for _ in 0..limits::LINEAGE {
            let Some(parent) = self.class(at).and_then(|class| class.parent) else { break };
            let parent = self.linked(parent);
            let Node::Class(parent) = *self.arena.node(parent) else { break };
            let own = self.class(parent).map(|class| class.fields.clone()).unwrap_or_default();
            fields.extend(own.into_iter().map(|(name, _)| name));
            at = parent;
        }
        fields.sort();
        fields.dedup();
        fields
    }

    /// The schema that is made of fields, of `schema instanceof Schema ? schema : new Schema(schema)`.
    fn one_schema(&self, schema: V) -> V {
        let is_made_of_fields = |value: V| match self.arena.node(value) {
            Node::New { args, .. } => {
                args.first().is_some_and(|fields| matches!(self.arena.node(*fields), Node::Object(_)))
            }
            _ => false,
        };
        let all = self.arena.alternatives(schema);
        all.into_iter().map(|(_, value)| value).find(|value| is_made_of_fields(*value)).unwrap_or(schema)
    }
}

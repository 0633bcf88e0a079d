//! Plugins of Mongoose schemas: a function that adds to any schema it is given.
//!
//! Source: Mongoose guide, "Plugins". Input: a schema and the function. Output: what it adds, as if it stood at the schema.
//! Must not know: rules.

use super::declaration::{Declared, Identity, What};
use super::link::Project;
use crate::facts::EffectKind;
use crate::value::{C, Entry, Key, Node, V};

/// A plugin with which each save asks for the version that was loaded, and counts it, as `optimisticConcurrency` does; or for the
/// time of the last change, which each save changes.
///
/// Source: mongoose-update-if-current, `version-occ-plugin.js`, `timestamp-occ-plugin.js`.
const UPDATE_IF_CURRENT: &str = "mongoose-update-if-current";

/// A plugin that marks a document as deleted in place of deleting it: it stores `deleted: false` in each new one, and with
/// `overrideMethods` searches find those alone that are not marked.
///
/// Source: mongoose-delete, `README.md`, "Override methods" and "Set type for deletedBy".
const MONGOOSE_DELETE: &str = "mongoose-delete";

impl Project {
    pub(super) fn identity_of(&self, schema: V) -> Identity {
        match *self.arena.node(schema) {
            Node::New { site, .. } => Identity::Made(site),
            _ => Identity::Value(schema),
        }
    }

    pub(super) fn hook(&mut self, schema: V) {
        let schema = self.linked(schema);
        let identity = self.identity_of(schema);
        self.models.hooked.insert(identity);
    }

    pub(super) fn hook_save(&mut self, schema: V) {
        let schema = self.linked(schema);
        let identity = self.identity_of(schema);
        self.models.save_hooked.insert(identity);
    }

    /// Whether a save of a document does what an update of it does not: middleware of `save`, or a plugin that is not known.
    pub fn has_save_hooks(&self, schema: V) -> bool {
        self.models.save_hooked.contains(&self.identity_of(schema))
    }

    /// Whether middleware or a plugin is told of what documents of a schema do.
    pub fn has_hooks(&self, schema: V) -> bool {
        self.models.hooked.contains(&self.identity_of(schema))
    }

    /// `schema.plugin(f)`: what `f` does with its first parameter is done with the schema.
    pub(super) fn plugged(&mut self, schema: V, args: &[V]) {
        self.hook(schema);
        let Some(plugin) = args.first().map(|plugin| self.linked(*plugin)) else { return };
        if self.package_of(plugin) == Some(UPDATE_IF_CURRENT) {
            return self.ask_for_versions(schema);
        }
        if self.package_of(plugin) == Some(MONGOOSE_DELETE) {
            self.delete_softly(schema, args.get(1).copied());
        }
        let Node::Func(func) = *self.arena.node(plugin) else { return self.hook_save(schema) };
        let own = self.arena.intern(Node::Param(func, 0));
        let schema = self.linked(schema);
        let effects: Vec<EffectKind> = match self.function(func) {
            Some(function) => function.effects.iter().map(|effect| effect.kind.clone()).collect(),
            None => return,
        };
        for kind in effects {
            match kind {
                EffectKind::Assign { object, key: Some(key), value } => {
                    let object = match *self.arena.node(object) {
                        _ if object == own => schema,
                        Node::Member(inner, group) if inner == own => self.arena.intern(Node::Member(schema, group)),
                        _ => continue,
                    };
                    self.assigned_member(object, key, value);
                }
                EffectKind::Call { recv: Some(recv), name: Some(name), args, .. } if recv == own => {
                    let name = self.arena.text(name).to_owned();
                    match name.as_str() {
                        "plugin" => {}
                        "index" => self.declare_index(schema, &args),
                        _ => self.schema_call(Some(schema), &name, &args),
                    }
                }
                _ => {}
            }
        }
    }

    /// Documents of a schema have a mark, and searches ask for those without it where the plugin is told to see to that.
    fn delete_softly(&mut self, schema: V, options: Option<V>) {
        let schema = self.linked(schema);
        let [name, kind, default] = ["deleted", "type", "default"].map(|name| self.arena.sym(name));
        let (boolean, no) = (self.arena.global("Boolean"), self.arena.bool(false));
        let entry = |name, value| Entry { key: Key::Name(name), value, cond: C::TRUE };
        let field = self.arena.intern(Node::Object(vec![entry(kind, boolean), entry(default, no)]));
        let fields = self.arena.intern(Node::Object(vec![entry(name, field)]));
        self.models.declared.push(Declared { schema, what: What::Fields(fields) });
        let overrides = options.and_then(|options| {
            let options = self.linked(options);
            self.option(options, "overrideMethods")
        });
        if overrides.is_some_and(|overrides| self.arena.truth(C::TRUE, overrides) != Some(false)) {
            let identity = self.identity_of(schema);
            self.models.narrowed.entry(identity).or_default().push(name);
            self.models.kept.entry(identity).or_default().push((name, no));
        }
    }

    /// Saves of the documents of a schema ask for their version; those of all schemas where the plugin is given to Mongoose itself.
    fn ask_for_versions(&mut self, schema: V) {
        if self.package_of(schema) == Some("mongoose") {
            self.models.are_versioned = true;
            return;
        }
        let (schema, key) = (self.linked(schema), Key::Name(self.arena.sym("optimisticConcurrency")));
        let value = self.arena.bool(true);
        let options = self.arena.intern(Node::Object(vec![Entry { key, value, cond: C::TRUE }]));
        self.models.declared.push(Declared { schema, what: What::Options(options) });
    }
}

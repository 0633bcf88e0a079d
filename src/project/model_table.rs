//! The table of schemas and models, and of the functions that they own.
//!
//! Must not know: where that is said.

use super::declaration::{Declared, Identity, Populated};
use crate::value::{ClassRef, FnRef, SiteInfo, Sym, V};
use rustc_hash::{FxHashMap, FxHashSet};

/// The functions that one schema defines.
#[derive(Clone, Debug, Default)]
pub(super) struct Members {
    pub(super) statics: Vec<(Sym, V)>,
    pub(super) methods: Vec<(Sym, V)>,
    /// Fields that a function computes from the document.
    pub(super) virtuals: Vec<(Sym, FnRef)>,
    /// Functions whose `this` is a document: methods and document middleware.
    pub(super) documents: Vec<FnRef>,
}

/// Schemas and models of the project.
#[derive(Clone, Debug, Default)]
pub struct Models {
    pub(super) schemas: FxHashMap<Identity, Members>,
    pub(super) by_name: FxHashMap<Sym, V>,
    /// The model of a static function's `this`.
    pub(super) this_model: FxHashMap<FnRef, V>,
    /// The model of the document that a method's `this` is.
    pub(super) this_document: FxHashMap<FnRef, V>,
    /// Functions that run before a document is saved.
    pub(super) saving: FxHashSet<FnRef>,
    /// Functions that a plugin gives to more than one model: what `this` is, only a call says.
    pub(super) shared: FxHashSet<FnRef>,
    /// The model that a class was loaded into.
    pub(super) loaded: FxHashMap<ClassRef, V>,
    /// Schemas with middleware or a plugin.
    pub(super) hooked: FxHashSet<Identity>,
    /// Schemas of which something adds to what a search asks for, with the fields that it asks for.
    pub(super) narrowed: FxHashMap<Identity, Vec<Sym>>,
    /// What the documents that such a search finds store there, where that is one constant.
    pub(super) kept: FxHashMap<Identity, Vec<(Sym, V)>>,
    /// Schemas of which something runs when a document is saved, and not when it is updated.
    pub(super) save_hooked: FxHashSet<Identity>,
    /// The references that each query follows, by where the query is called.
    pub(super) populated: FxHashMap<SiteInfo, Vec<Populated>>,
    /// The query of each call of `populate`.
    pub(super) populating: FxHashMap<SiteInfo, SiteInfo>,
    /// What calls add to schemas after they are made.
    pub(super) declared: Vec<Declared>,
    /// The names of what schemas compute of their documents: `schema.virtual('fullName')`.
    pub(super) virtuals: FxHashMap<Identity, Vec<String>>,
    /// Schemas that may get fields which are not known.
    pub(super) opened: FxHashSet<Identity>,
    /// Whether all schemas may: `mongoose.plugin(…)`, `mongoose.set('strict', false)`.
    pub(super) are_loose: bool,
    /// Whether a plugin of all schemas has each save ask for the version that was loaded.
    pub(super) are_versioned: bool,
    /// Whether what is sent within `connection.transaction(…)` belongs to it without being given its session.
    pub(super) have_ambient_sessions: bool,
}

impl Models {
    /// Whether a class was loaded into a schema.
    pub fn is_loaded(&self, class: ClassRef) -> bool {
        self.loaded.contains_key(&class)
    }

    /// The model of the document before whose save a function runs; none where there are several.
    pub(super) fn saved_model(&self, func: FnRef) -> Option<V> {
        let is_one = self.saving.contains(&func) && !self.shared.contains(&func);
        self.this_document.get(&func).copied().filter(|_| is_one)
    }

    /// The names of the methods that schemas give their documents.
    pub(super) fn document_methods(&self) -> Vec<Sym> {
        self.schemas.values().flat_map(|members| members.methods.iter().map(|(name, _)| *name)).collect()
    }

    /// The schema of the model of a name.
    pub(super) fn named(&self, name: Sym) -> Option<V> {
        self.by_name.get(&name).copied()
    }

    /// Whether a static function belongs to several models, so that what `this` is, only a call says.
    pub(super) fn is_static_of_many(&self, func: FnRef) -> bool {
        self.shared.contains(&func) && self.this_model.contains_key(&func)
    }
}

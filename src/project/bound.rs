//! The table of what stands behind an interface, a token of a container, or a name in a registry.
//!
//! Must not know: where that is said.

use super::registered::Container;
use crate::value::{ClassRef, FnRef, Sym, V};
use rustc_hash::{FxHashMap, FxHashSet};

/// The classes behind an abstract one that work with the database, the first few of them.
#[derive(Clone, Debug, Default)]
pub struct Implementers {
    pub(super) classes: Vec<ClassRef>,
    pub(super) has_more: bool,
}

/// What the project binds.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    /// The class whose instances are meant where an abstract one is named.
    pub(super) concrete: FxHashMap<ClassRef, ClassRef>,
    /// The classes of which an instance may be meant, where there are several.
    pub(super) implementers: FxHashMap<ClassRef, Implementers>,
    /// The object that is declared to be of an interface, and the function that makes it; `None` where there are several.
    pub(super) typed: FxHashMap<ClassRef, Option<(FnRef, V)>>,
    /// What a container gives for a token.
    pub(super) provided: FxHashMap<V, V>,
    /// Functions by the name of the object that holds them and their own; `None` where there are several.
    pub(super) handed_on: FxHashMap<(Sym, Sym), Option<V>>,
    /// Functions that are put on an object from outside, by how it is called and their own name; `None` where there are several.
    pub(super) put_on: FxHashMap<Sym, FxHashMap<String, Option<V>>>,
    /// What a container gives by name.
    pub(super) container: Container,
    /// What files add to what other files export; `None` where that is several things.
    pub(super) added: FxHashMap<(u32, Option<Sym>, Sym), Option<V>>,
    /// What an application keeps under a text; `None` where that is several things.
    pub(super) kept: FxHashMap<Sym, Option<V>>,
    /// Names of methods whose class works with the database, or that a schema gives its documents.
    pub(super) served: FxHashSet<Sym>,
    /// What every call gives for a parameter, or under a name of the object that it gives for it.
    pub(super) given: FxHashMap<(FnRef, u32, Option<Sym>), V>,
    /// Constructors that code of the project calls with something.
    pub(super) constructed: FxHashSet<FnRef>,
    /// Classes whose instances are plain data.
    pub(super) plain: FxHashSet<ClassRef>,
}

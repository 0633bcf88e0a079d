//! What a configuration and the manifests say of names, for the whole of a run.
//!
//! Input: none. Output: a record. Must not know: where it is told.

use super::own_methods::OwnMethod;
use rustc_hash::FxHashSet;

/// Functions that rules ask for by name.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// Calls of these are kept as steps.
    pub calls: Vec<String>,
    /// Results of these stay calls instead of becoming the values that the function returns.
    pub results: Vec<String>,
    /// The code's own wrappers of the driver.
    pub methods: Vec<OwnMethod>,
    /// Packages that the project depends on and does not hold.
    pub packages: FxHashSet<String>,
}

//! Which functions write a document back whole, and which fields are changed by themselves: known once all functions were read.
//!
//! Input: none. Output: types. Must not know: how either is found.

use crate::judge::{Constant, OtherChange};
use crate::limits;
use crate::project::handle::{ByHandle, Handle};
use crate::value::{FnRef, Site, SiteInfo};

#[derive(Default)]
pub struct StaleCopies {
    pub copying: Vec<FnRef>,
    /// The functions that set a state because of the state that was loaded.
    pub moving: Vec<FnRef>,
    /// The functions that write a list whole under the version of its document.
    pub saving: Vec<FnRef>,
    /// The functions that change or delete a document because of a field that they leave alone.
    pub deciding: Vec<FnRef>,
    /// The functions that write at positions of a list that they have loaded.
    pub placing: Vec<FnRef>,
    /// The fields that are changed by themselves, each with a place of it.
    pub changed: ByHandle<Changed>,
}

impl StaleCopies {
    /// Notes a field that is changed.
    pub fn add(&mut self, handle: &Handle, changed: Changed) {
        let known = self.changed.of(handle);
        let is_known = known.iter().any(|known| known.path == changed.path && known.place == changed.place);
        if !is_known && known.len() < limits::CHANGED_FIELDS {
            self.changed.push(handle, changed);
        }
    }

    /// Forgets what is changed in some files.
    pub fn forget(&mut self, is_of: &dyn Fn(u32) -> bool) {
        self.changed.retain(|changed| !is_of(changed.place.file));
    }

    /// Takes over what was noted elsewhere, whose sites are others.
    pub fn take_over(&mut self, other: Self, mut site: impl FnMut(Site) -> Site) {
        self.copying.extend(other.copying);
        self.moving.extend(other.moving);
        self.saving.extend(other.saving);
        self.deciding.extend(other.deciding);
        self.placing.extend(other.placing);
        for (name, changed) in other.changed.named() {
            let handle = Handle::Named(name.to_owned());
            for changed in changed {
                self.add(&handle, Changed { site: site(changed.site), ..changed.clone() });
            }
        }
    }
}

/// A field that some code changes.
#[derive(Clone, Debug)]
pub struct Changed {
    pub path: String,
    pub site: Site,
    pub place: SiteInfo,
    /// The constants by which its document is found, as text.
    pub asked: Vec<(String, String)>,
    /// The constant to which it is set, whatever it was before.
    pub state: Option<Constant>,
    /// What is done to it, with what is asked before, where all of that stands in the code.
    pub change: Option<OtherChange>,
    /// The version that Mongoose keeps in `__v` is counted with it.
    pub is_counted: bool,
    /// It is saved with its document, whose version a save under `optimisticConcurrency` asks for.
    pub is_saved: bool,
    /// It is what a call gives a helper that names the fields: told of where nothing else changes them.
    pub is_brought: bool,
    /// It is a list that loses elements by it, or that is what the request brings.
    pub is_shortened: bool,
}

impl Changed {
    /// Whether documents with these constants are others than those that it changes: one field has another constant, and
    /// `changed`, the fields of the collection that are changed, has not that one.
    pub fn is_of_others(&self, asked: &[(String, String)], changed: &[Changed]) -> bool {
        let differs = |(path, value): &&(String, String)| {
            let mut own = self.asked.iter().filter(|(own, _)| own == path).peekable();
            own.peek().is_some() && own.all(|(_, other)| other != value)
        };
        asked.iter().filter(differs).any(|(path, _)| changed.iter().all(|changed| changed.path != *path))
    }
}

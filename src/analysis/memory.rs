//! The facts of all files, those of an earlier run used again.
//!
//! Input: the files of a run and the [`Memory`] of the run before. Output: facts and problems by file number.
//! Must not know: the project, rules.

use super::file_facts;
use crate::facts::FileFacts;
use crate::parse::Problem;
use crate::source::{FileId, SourceFile};
use rayon::prelude::*;
use std::sync::Arc;

/// What a process that analyses again and again keeps between two runs. The default remembers nothing.
#[derive(Debug, Default)]
pub struct Memory {
    /// By file number.
    known: Vec<Known>,
    pub(super) facts: Vec<FileFacts>,
}

/// What the facts of one file came from, and what was wrong with it.
#[derive(Debug)]
struct Known {
    path: String,
    text: Arc<str>,
    reported: bool,
    problems: Vec<Problem>,
}

impl Known {
    /// Facts follow from the path, the text and whether the file is reported. They also carry the file's number; the
    /// caller compares only under one number.
    fn is(&self, file: &SourceFile) -> bool {
        let same_text = Arc::ptr_eq(&self.text, &file.text) || self.text == file.text;
        self.reported == file.reported && self.path == file.path && same_text
    }
}

impl Memory {
    /// Brings the facts up to date: a file that is unchanged under the same number is not parsed again.
    pub(super) fn refresh(&mut self, files: &[(FileId, &SourceFile)], progress: &(dyn Fn() + Sync)) {
        let known = std::mem::take(&mut self.known).into_iter().zip(std::mem::take(&mut self.facts));
        let mut known: Vec<Option<(Known, FileFacts)>> = known.map(Some).collect();
        known.resize_with(files.len(), || None);
        let fresh: Vec<(Known, FileFacts)> = files
            .par_iter()
            .zip(known)
            .map(|((id, file), known)| {
                let done = known.filter(|(known, _)| known.is(file)).unwrap_or_else(|| {
                    let (facts, problems) = file_facts(*id, file);
                    let (path, text) = (file.path.clone(), Arc::clone(&file.text));
                    (Known { path, text, reported: file.reported, problems }, facts)
                });
                progress();
                done
            })
            .collect();
        (self.known, self.facts) = fresh.into_iter().unzip();
    }

    /// What was wrong with a file, in the order of its text.
    pub(super) fn problems(&self, id: FileId) -> &[Problem] {
        self.known.get(id.0 as usize).map_or(&[], |known| &known.problems)
    }
}

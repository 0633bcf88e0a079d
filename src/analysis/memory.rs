//! The facts of all files, those of an earlier run used again.
//!
//! Input: the files of a run and the [`Memory`] of the run before. Output: facts and problems by file number.
//! Must not know: the project, rules.

use super::cancel::Cancel;
use super::read::file_facts;
use crate::facts::FileFacts;
use crate::parse::Problem;
use crate::source::{FileId, SourceFile, Sources};
use rayon::prelude::*;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a process that analyses again and again keeps between two runs. The default remembers nothing.
#[derive(Debug, Default)]
pub struct Memory {
    /// By file number.
    known: Vec<Known>,
    pub(super) facts: Vec<FileFacts>,
    /// Whether nothing is kept for another run, so that the facts may be given away.
    pub(super) is_of_one_run: bool,
}

/// What the facts of one file came from, and what was wrong with it.
#[derive(Debug)]
struct Known {
    path: String,
    text: Arc<str>,
    reported: bool,
    problems: Vec<Problem>,
    /// What parsing and evaluating took.
    taken: Duration,
}

impl Known {
    /// Is no file: none has an empty path.
    fn nothing() -> Self {
        Self { path: String::new(), text: Arc::from(""), reported: false, problems: Vec::new(), taken: Duration::ZERO }
    }

    /// Facts follow from the path, the text and whether the file is reported. They also carry the file's number; the
    /// caller compares only under one number.
    fn is(&self, file: &SourceFile) -> bool {
        let same_text = Arc::ptr_eq(&self.text, &file.text) || self.text == file.text;
        self.reported == file.reported && self.path == file.path && same_text
    }
}

impl Memory {
    /// Remembers nothing after its run.
    pub(super) fn of_one_run() -> Self {
        Self { is_of_one_run: true, ..Self::default() }
    }

    /// Brings the facts up to date: a file that is unchanged under the same number is not parsed again, nor counted by
    /// `progress`.
    /// Once `cancel` is over no file is parsed any more, and those that are left out are not known the next time.
    pub(super) fn refresh(&mut self, sources: &Sources, progress: &(dyn Fn() + Sync), cancel: &Cancel) {
        let files: Vec<(FileId, &SourceFile)> = sources.iter().collect();
        let known = std::mem::take(&mut self.known).into_iter().zip(std::mem::take(&mut self.facts));
        let mut known: Vec<Option<(Known, FileFacts)>> = known.map(Some).collect();
        known.resize_with(files.len(), || None);
        let fresh: Vec<(Known, FileFacts)> = files
            .par_iter()
            .zip(known)
            .map(|((id, file), known)| {
                known.filter(|(known, _)| known.is(file)).unwrap_or_else(|| {
                    if cancel.is_over() {
                        return (Known::nothing(), FileFacts::default());
                    }
                    let since = Instant::now();
                    let (facts, problems) = file_facts(*id, file);
                    let taken = since.elapsed();
                    progress();
                    let (path, text) = (file.path.clone(), Arc::clone(&file.text));
                    (Known { path, text, reported: file.reported, problems, taken }, facts)
                })
            })
            .collect();
        (self.known, self.facts) = fresh.into_iter().unzip();
    }

    /// The files that were to be parsed and could not be.
    pub(super) fn unread(&self) -> Vec<FileId> {
        let known = self.known.iter().zip(&self.facts).enumerate();
        let unread = known.filter(|(_, (known, facts))| !known.problems.is_empty() && facts.functions.is_empty());
        unread.map(|(at, _)| FileId(at as u32)).collect()
    }

    /// What parsing and evaluating each file took.
    pub(super) fn times(&self) -> impl Iterator<Item = (&str, Duration)> {
        self.known.iter().map(|known| (known.path.as_str(), known.taken))
    }

    /// What was wrong with a file, in the order of its text.
    pub(super) fn problems(&self, id: FileId) -> &[Problem] {
        self.known.get(id.0 as usize).map_or(&[], |known| &known.problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{analyze, analyze_again};
    use crate::config::Config;
    use std::sync::atomic::{AtomicU32, Ordering};

    const RACY: &str = "exports.f = async (c, id, m) => {
  if (await c.findOne({ _id: id, 'messages.mergeId': m.mergeId })) return;
  await c.updateOne({ _id: id }, { $push: { messages: m } });
};";

    fn sources(files: &[(&str, &str, bool)]) -> Sources {
        Sources::new(
            files.iter().map(|(path, text, reported)| SourceFile::new((*path).into(), text, *reported)).collect(),
        )
    }

    #[test]
    fn what_is_remembered_changes_no_finding() {
        let typed = RACY.replace("(c, id, m)", "(c: any, id: any, m: any)");
        // Parsed only when it is reported: it holds no word that could matter to others.
        let silent = "fetch('a').then((r) => { if (";
        let runs: [&[(&str, &str, bool)]; 8] = [
            &[("a.js", RACY, true), ("b.js", silent, false)],
            &[("a.js", RACY, true), ("b.js", silent, true)],
            &[("a.js", RACY, false), ("b.js", silent, true)],
            &[("0.js", silent, true), ("a.js", RACY, true), ("b.js", RACY, true)],
            &[("a.js", RACY, true), ("b.js", RACY, true)],
            &[("a.txt", RACY, true), ("b.js", RACY, true)],
            &[("a.ts", &typed, true)],
            &[("a.tsx", &typed, true), ("b.js", "", true)],
        ];
        let mut memory = Memory::default();
        let mut counts = Vec::new();
        for run in runs {
            let (sources, config) = (sources(run), Config::default());
            let again =
                analyze_again(&sources, &config, &mut memory, &|| {}, &Cancel::default()).expect("an end").findings;
            assert_eq!(again, analyze(&sources, &config, &|| {}).findings, "{run:?}");
            counts.push(again.len());
        }
        assert_eq!(counts, [1, 2, 1, 3, 2, 1, 1, 1]);
    }

    #[test]
    fn an_analysis_that_is_cut_has_no_result_and_spoils_no_later_one() {
        let (sources, config, mut memory) = (sources(&[("a.js", RACY, true)]), Config::default(), Memory::default());
        let over = Cancel::after(std::time::Duration::ZERO);
        assert!(analyze_again(&sources, &config, &mut memory, &|| {}, &over).is_none());
        let whole = analyze_again(&sources, &config, &mut memory, &|| {}, &Cancel::default()).expect("an end");
        assert_eq!(whole.findings, analyze(&sources, &config, &|| {}).findings);
        assert!(analyze_again(&sources, &config, &mut memory, &|| {}, &over).is_none());
    }

    #[test]
    fn a_file_that_did_not_change_is_not_read_again() {
        let mut memory = Memory::default();
        let mut read = |files: &[(&str, &str, bool)]| {
            let count = AtomicU32::new(0);
            let step = || {
                count.fetch_add(1, Ordering::Relaxed);
            };
            analyze_again(&sources(files), &Config::default(), &mut memory, &step, &Cancel::default());
            count.into_inner()
        };
        assert_eq!(read(&[("a.js", RACY, true), ("b.js", RACY, true)]), 2);
        assert_eq!(read(&[("a.js", RACY, true), ("b.js", "exports.a = 1;", true)]), 1);
        assert_eq!(read(&[("a.js", RACY, true), ("b.js", "exports.a = 1;", true), ("c.js", RACY, true)]), 1);
    }
}

//! Source texts and the only conversion from byte offsets to lines and columns.
//!
//! Input: file contents. Output: 1-based lines and 1-based UTF-16 columns (SARIF 2.1.0 section 3.30, `utf16CodeUnits`).
//! Must not know: syntax, findings, the file system.

use std::sync::Arc;

/// Index of a file in [`Sources`]. Files are sorted by path, so that identifiers order like paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A range of one file: 0-based byte offsets into [`SourceFile::text`], end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

/// A 1-based line and 1-based column in UTF-16 code units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// One file of the project. A byte-order mark is not part of `text`.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path relative to the root, `/`-separated.
    pub path: String,
    pub text: Arc<str>,
    /// Whether a byte-order mark stands before the text on disk.
    pub has_bom: bool,
    /// Whether bytes that are no UTF-8 were replaced, so that the text is not the one on disk.
    pub is_lossy: bool,
    /// Whether findings in this file are reported. Other files only give context to the link step.
    pub reported: bool,
    /// 0-based byte offset of each line's first byte.
    line_starts: Vec<u32>,
    /// UTF-16 units before every [`STRIDE`]th byte, so that a column costs the same on a line of any length.
    units: Vec<u32>,
}

const STRIDE: usize = 1024;

/// The UTF-16 units of whole characters in UTF-8.
fn utf16_units(bytes: &[u8]) -> u32 {
    // A character counts at its first byte; one of four bytes is a surrogate pair.
    bytes.iter().map(|byte| u32::from(byte & 0xc0 != 0x80) + u32::from(*byte >= 0xf0)).sum()
}

impl SourceFile {
    /// Takes the text of a file; a byte-order mark at its start is remembered but is no part of the text.
    pub fn new(path: String, text: &str, reported: bool) -> Self {
        let unmarked = text.strip_prefix('\u{feff}');
        let has_bom = unmarked.is_some();
        let text: Arc<str> = Arc::from(unmarked.unwrap_or(text));
        let mut line_starts = vec![0];
        let bytes = text.as_bytes();
        for (at, byte) in bytes.iter().enumerate() {
            // CRLF counts at its LF; a CR alone ends a line as in ECMA-262 section 12.3.
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                line_starts.push(at as u32 + 1);
            }
        }
        let mut before = 0;
        let mut units = Vec::with_capacity(bytes.len() / STRIDE + 1);
        for chunk in bytes.chunks(STRIDE) {
            units.push(before);
            before += utf16_units(chunk);
        }
        Self { path, text, has_bom, is_lossy: false, reported, line_starts, units }
    }

    /// The same file, where `is_lossy` says whether bytes were replaced.
    pub fn with_loss(self, is_lossy: bool) -> Self {
        Self { is_lossy, ..self }
    }

    /// The same file with another text.
    pub fn with_text(&self, text: &str) -> Self {
        let file = Self::new(self.path.clone(), text, self.reported);
        Self { has_bom: self.has_bom, is_lossy: self.is_lossy, ..file }
    }

    /// The text as it is stored, with its byte-order mark.
    pub fn on_disk(&self) -> String {
        format!("{}{}", if self.has_bom { "\u{feff}" } else { "" }, self.text)
    }

    /// Line and column of a 0-based byte offset. An offset past the end gives the end of the text.
    pub fn position(&self, offset: u32) -> Position {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line_starts.partition_point(|start| *start as usize <= offset);
        let start = self.line_starts.get(line.saturating_sub(1)).copied().unwrap_or(0) as usize;
        Position { line: line as u32, column: self.units_before(offset) - self.units_before(start) + 1 }
    }

    fn units_before(&self, offset: usize) -> u32 {
        let Some(start) = offset.checked_sub(1).map(|last| last / STRIDE) else { return 0 };
        let rest = self.text.as_bytes().get(start * STRIDE..offset).unwrap_or_default();
        self.units.get(start).copied().unwrap_or(0) + utf16_units(rest)
    }

    /// The number of the last line, which is empty when the text ends with a line feed.
    pub fn last_line(&self) -> u32 {
        self.line_starts.len() as u32
    }

    /// 0-based byte offset of the first byte of a 1-based line; the end of the text for a line after the last.
    pub fn line_start(&self, line: u32) -> u32 {
        self.line_starts.get(line.saturating_sub(1) as usize).copied().unwrap_or(self.text.len() as u32)
    }

    /// The text of a 1-based line, without its line ending.
    pub fn line(&self, line: u32) -> &str {
        let start = self.line_start(line) as usize;
        let end = self.line_start(line.max(1) + 1) as usize;
        self.text.get(start..end).unwrap_or("").trim_end_matches(['\r', '\n'])
    }

    /// 0-based byte offset of the end of the line on which an offset stands, without its line ending.
    pub fn line_end(&self, offset: u32) -> u32 {
        let line = self.line_starts.partition_point(|start| *start <= offset) as u32;
        self.line_start(line) + self.line(line).len() as u32
    }

    /// The text of a byte range; empty when the range is not on character boundaries.
    pub fn slice(&self, start: u32, end: u32) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or("")
    }
}

/// All files of a run, sorted by path.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
    /// Symbolic links to folders, each with the folder, both relative to the root.
    links: Vec<(String, String)>,
}

impl Sources {
    /// Sorts the files by path, so that identifiers do not depend on the order of discovery.
    pub fn new(mut files: Vec<SourceFile>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self { files, links: Vec::new() }
    }

    /// Remembers the symbolic links by which files name folders of the run, link and folder relative to the root.
    pub fn with_links(self, links: Vec<(String, String)>) -> Self {
        Self { links, ..self }
    }

    pub fn links(&self) -> &[(String, String)] {
        &self.links
    }

    pub fn len(&self) -> usize {
        self.files.len()
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// Whether findings in a file are told.
    pub fn is_reported(&self, id: FileId) -> bool {
        self.get(id).is_some_and(|file| file.reported)
    }

    /// Puts a file with the same path in the place of another.
    pub fn replace(&mut self, id: FileId, file: SourceFile) {
        if let Some(slot) = self.files.get_mut(id.0 as usize) {
            *slot = file;
        }
    }

    pub fn find(&self, path: &str) -> Option<FileId> {
        self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok().map(|at| FileId(at as u32))
    }

    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(at, file)| (FileId(at as u32), file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_utf16_units_after_a_bom_and_crlf() {
        let file = SourceFile::new("a.js".into(), "\u{feff}a\r\né😀x\ty", true);
        let at = file.text.find('x').map(|at| at as u32);
        assert_eq!(at.map(|at| file.position(at)), Some(Position { line: 2, column: 4 }));
        assert_eq!(file.position(0), Position { line: 1, column: 1 });
        let long = SourceFile::new("a.js".into(), &format!("\n{}", "é😀x".repeat(1000)), true);
        for (character, (at, _)) in long.text.char_indices().enumerate().skip(1) {
            let pairs = (character - 1) / 3 + usize::from(character % 3 == 0);
            let column = (character + pairs) as u32;
            assert_eq!(long.position(at as u32), Position { line: 2, column }, "{at}");
        }
        assert_eq!(file.line(1), "a");
        assert_eq!(file.line(2), "é😀x\ty");
    }

    #[test]
    fn a_line_ends_before_its_ending_whatever_that_is() {
        let file = SourceFile::new("a.js".into(), "ab\r\ncd\re\n\nf", true);
        let ends: Vec<u32> = (0..=file.text.len() as u32).map(|at| file.line_end(at)).collect();
        assert_eq!(ends, [2, 2, 2, 2, 6, 6, 6, 8, 8, 9, 11, 11]);
    }
}

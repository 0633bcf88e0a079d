//! How much room a text takes on a terminal, and texts cut to a room.
//!
//! Input: text that is safe to print. Output: text. Must not know: what the text says.

use textwrap::{WordSeparator, WordSplitter};
use unicode_width::UnicodeWidthChar;

/// Columns that a character takes.
pub fn width_of(character: char) -> usize {
    character.width().unwrap_or(0)
}

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    text.chars().map(width_of).sum()
}

/// The start of a text that fits, with an ellipsis where something is left out.
pub fn keep_start(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let kept = fitting(text.chars(), columns.saturating_sub(1));
    text.chars().take(kept).chain(['…']).collect()
}

/// The end of a text that fits, with an ellipsis where something is left out.
pub fn keep_end(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let left_out = text.chars().count() - fitting(text.chars().rev(), columns.saturating_sub(1));
    std::iter::once('…').chain(text.chars().skip(left_out)).collect()
}

/// The lines of running text. Words with hyphens, such as the names of rules, stay whole.
pub fn wrapped(text: &str, first: &str, rest: &str, columns: usize) -> Vec<String> {
    let options = textwrap::Options::new(columns).initial_indent(first).subsequent_indent(rest);
    let options = options.word_separator(WordSeparator::AsciiSpace).word_splitter(WordSplitter::NoHyphenation);
    textwrap::wrap(text, options).into_iter().map(|line| line.into_owned()).collect()
}

/// How many of the characters fit.
fn fitting(characters: impl Iterator<Item = char>, columns: usize) -> usize {
    let mut taken = 0;
    let fits = |character: &char| {
        taken += width_of(*character);
        taken <= columns
    };
    characters.take_while(fits).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_fits_and_says_so() {
        assert_eq!(keep_start("models/a.js", 11), "models/a.js");
        assert_eq!(keep_start("models/a.js", 10), "models/a.…");
        assert_eq!(keep_end("models/a.js", 6), "…/a.js");
        assert_eq!(keep_start("画像を保存", 5), "画像…");
        assert_eq!(width(&keep_end("画像を保存", 6)), 5);
    }
}

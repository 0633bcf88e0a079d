//! Neutralises what a terminal or a log would obey: control characters, escapes, and marks that reorder text.
//!
//! Input: names and texts of the analysed code. Output: text that is safe to print. Must not know: formats.

/// Text for one line: line breaks are escaped too.
pub fn line(text: &str) -> String {
    escape(text, "")
}

/// Text that may span lines.
pub fn block(text: &str) -> String {
    escape(text, "\n\t")
}

/// Text of one line of code: tabs stay.
pub fn code(text: &str) -> String {
    escape(text, "\t")
}

fn escape(text: &str, kept: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            _ if kept.contains(character) => safe.push(character),
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            _ if character.is_control() || is_reordering(character) => safe.extend(character.escape_unicode()),
            _ => safe.push(character),
        }
    }
    safe
}

/// Bidirectional overrides and isolates, and separators that some terminals break lines at.
fn is_reordering(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_lose_their_effect_and_other_text_stays() {
        assert_eq!(line("a\u{1b}[31mb\nc\u{9b}d"), "a\\u{1b}[31mb\\nc\\u{9b}d");
        assert_eq!(block("é😀\n\tx\u{202e}y"), "é😀\n\tx\\u{202e}y");
    }
}

//! Characters, and what is read of them at a time.
//!
//! Input: characters, a text. Output: what they are, and lengths. Must not know: tokens.

pub(super) fn is_word(next: char) -> bool {
    next.is_ascii_alphanumeric()
        || matches!(next, '_' | '$' | '#' | '\\')
        || (!next.is_ascii() && !next.is_whitespace() && next != '\u{feff}')
}

pub(super) fn is_operator(byte: u8) -> bool {
    matches!(byte, b'+' | b'-' | b'*' | b'%' | b'&' | b'|' | b'^' | b'=' | b'!' | b'~' | b'?' | b'@')
}

/// ECMA-262 section 12.3.
pub(super) fn is_line_end(next: char) -> bool {
    matches!(next, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

pub(super) fn line_end(text: &str, from: usize) -> usize {
    text.get(from..).and_then(|rest| rest.find(is_line_end)).map_or(text.len(), |length| from + length)
}

/// The length of the regular expression at the start of a text, with its flags; `None` when it does not end on its line.
pub(super) fn regular_expression(text: &str) -> Option<usize> {
    let (mut class, mut escaped) = (false, false);
    for (at, next) in text.char_indices().skip(1) {
        match next {
            _ if is_line_end(next) => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => class = true,
            ']' => class = false,
            '/' if !class => {
                let flags = text.get(at + 1..).unwrap_or_default();
                return Some(at + 1 + flags.find(|next| !is_word(next)).unwrap_or(flags.len()));
            }
            _ => {}
        }
    }
    None
}

//! String literals and property names of JavaScript, as a fix or a help writes them.
//!
//! Input: a text that the analysed code chose. Output: one token that evaluates to this text, whatever it holds.
//! Must not know: where the token goes.

/// A string literal. What an editor or a terminal would not show as it is, is escaped too.
pub fn string(text: &str, quote: char) -> String {
    let mut token = String::with_capacity(text.len() + 2);
    token.push(quote);
    for character in text.chars() {
        match character {
            '\\' => token.push_str("\\\\"),
            '\n' => token.push_str("\\n"),
            '\r' => token.push_str("\\r"),
            '\t' => token.push_str("\\t"),
            _ if character == quote => token.extend(['\\', quote]),
            _ if character.is_control() || is_unseen(character) => token.push_str(&escaped(character)),
            _ => token.push(character),
        }
    }
    token.push(quote);
    token
}

/// A property name; a string literal where it has to be one.
pub fn key(name: &str, quote: char) -> String {
    if is_identifier(name) { name.to_owned() } else { string(name, quote) }
}

/// Whether a text can be a property name without quotation marks.
pub fn is_identifier(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
}

/// The names, keywords and parts of texts of some code.
pub fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$')
}

/// Line separators, marks that reorder text, and characters without a width.
fn is_unseen(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Escapes that every edition of the language reads.
fn escaped(character: char) -> String {
    let mut units = [0; 2];
    character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_its_token() {
        assert_eq!(string("a'b\"c\\", '\''), r#"'a\'b"c\\'"#);
        assert_eq!(string("a'b\"c\\", '"'), r#""a'b\"c\\""#);
        assert_eq!(
            string("a\n\r\t\u{0}\u{2028}\u{202e}\u{e0041}é😀", '\''),
            r"'a\n\r\t\u0000\u2028\u202e\udb40\udc41é😀'"
        );
        assert_eq!((key("a_$1", '\''), key("1a", '\''), key("", '"')), ("a_$1".into(), "'1a'".into(), "\"\"".into()));
    }
}

//! Regular expressions that are plain texts with anchors. The server's dialect is PCRE; what is more than a text is not modelled.
//!
//! Input: a pattern, its options, a value. Output: whether it matches. Must not know: filters.

use super::bson::Value;
use super::failure::Failure;

/// Whether a value is a text that matches.
pub fn matches(pattern: &Value, options: Option<&Value>, value: Option<&Value>) -> Result<bool, Failure> {
    let text = match value {
        Some(Value::Text(text)) => text,
        Some(Value::Symbol(_)) => return Failure::not_modelled("$regex on an unknown value"),
        _ => return Ok(false),
    };
    let Value::Text(pattern) = pattern else { return Failure::not_modelled("$regex that is not known") };
    let ignores_case = match options {
        None => false,
        Some(Value::Text(options)) if options.is_empty() => false,
        Some(Value::Text(options)) if &**options == "i" => true,
        Some(_) => return Failure::not_modelled("the options of $regex"),
    };
    let Some(plain) = Plain::read(pattern) else { return Failure::not_modelled("$regex that is no plain text") };
    // `$` also matches before a final newline, and letters beyond ASCII have more than two cases.
    if text.contains('\n') || ignores_case && !(text.is_ascii() && pattern.is_ascii()) {
        return Failure::not_modelled("$regex on such a text");
    }
    if ignores_case {
        return Ok(plain.matches(&text.to_ascii_lowercase(), &plain.text.to_ascii_lowercase()));
    }
    Ok(plain.matches(text, &plain.text))
}

struct Plain {
    text: String,
    from_start: bool,
    to_end: bool,
}

impl Plain {
    fn read(pattern: &str) -> Option<Self> {
        let (from_start, rest) = pattern.strip_prefix('^').map_or((false, pattern), |rest| (true, rest));
        let mut plain = Self { text: String::new(), from_start, to_end: false };
        let mut letters = rest.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => plain.text.push(letters.next().filter(char::is_ascii_punctuation)?),
                '$' if letters.peek().is_none() => plain.to_end = true,
                '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => return None,
                _ => plain.text.push(letter),
            }
        }
        Some(plain)
    }

    fn matches(&self, text: &str, wanted: &str) -> bool {
        match (self.from_start, self.to_end) {
            (true, true) => text == wanted,
            (true, false) => text.starts_with(wanted),
            (false, true) => text.ends_with(wanted),
            (false, false) => text.contains(wanted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_and_escapes() {
        let is_match = |pattern: &str, text: &str| matches(&Value::text(pattern), None, Some(&Value::text(text))).ok();
        for (pattern, text, expected) in [
            ("b", "abc", Some(true)),
            ("^b", "abc", Some(false)),
            ("^a", "abc", Some(true)),
            ("c$", "abc", Some(true)),
            ("^ab$", "abc", Some(false)),
            ("a\\.c", "a.c", Some(true)),
            ("a\\.c", "abc", Some(false)),
            ("a.c", "abc", None),
            ("\\d", "1", None),
            ("a|b", "a", None),
            ("c$", "c\n", None),
        ] {
            assert_eq!(is_match(pattern, text), expected, "{pattern} {text}");
        }
        let ignoring = |text: &str| matches(&Value::text("AB"), Some(&Value::text("i")), Some(&Value::text(text))).ok();
        assert_eq!((ignoring("xab"), ignoring("é"), ignoring("x")), (Some(true), None, Some(false)));
    }
}

//! Texts: what JavaScript's own methods make of a known one, and one that fits what the code asks of an unknown one.
//!
//! Source: ECMAScript, "Properties of the String Prototype Object". Input: a method, a text and its arguments; or the parts that are
//! looked for. Output: the result, none where it is not modelled. Must not know: how values are chosen.

use super::bson::Value;
use crate::limits;

/// Methods of a text; of `includes` and `indexOf`, which lists have too, only those that are called on a known one.
pub const METHODS: [&str; 18] = [
    "trim",
    "trimStart",
    "trimEnd",
    "toLowerCase",
    "toUpperCase",
    "replace",
    "replaceAll",
    "split",
    "padStart",
    "substring",
    "substr",
    "startsWith",
    "endsWith",
    "match",
    "localeCompare",
    "normalize",
    "includes",
    "indexOf",
];

/// Methods that write a text in one form: what equals the result is a text of that form.
pub const FORMS: [&str; 4] = ["trim", "toLowerCase", "toUpperCase", "normalize"];

/// A part of a text that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    First(String),
    Within(String),
    Last(String),
}

/// The result of a method of a known text.
pub fn call(method: &str, text: &str, args: &[Option<Value>]) -> Option<Value> {
    // JavaScript counts letters beyond the basic plane twice.
    let is_counted = matches!(method, "substring" | "substr" | "indexOf");
    if is_counted && text.chars().any(|letter| letter.len_utf16() > 1) {
        return None;
    }
    let word = |at: usize| match args.get(at) {
        Some(Some(Value::Text(word))) => Some(word.to_string()),
        _ => None,
    };
    let count = |at: usize| match args.get(at) {
        Some(Some(Value::Number(count))) if *count >= 0.0 => Some(*count as usize),
        _ => None,
    };
    let from = |first: usize, last: usize| text.chars().take(last).skip(first).collect::<String>();
    let given = match method {
        "trim" => text.trim().to_owned(),
        "trimStart" => text.trim_start().to_owned(),
        "trimEnd" => text.trim_end().to_owned(),
        "toLowerCase" => text.to_lowercase(),
        "toUpperCase" => text.to_uppercase(),
        // Text of plain letters has one form.
        "normalize" if text.is_ascii() => text.to_owned(),
        // `$&` stands for what was found.
        "replace" => text.replacen(&word(0)?, &word(1).filter(|with| !with.contains('$'))?, 1),
        "replaceAll" => {
            let asked = word(0).filter(|asked| !asked.is_empty())?;
            text.replace(&asked, &word(1).filter(|with| !with.contains('$'))?)
        }
        "substring" if args.len() == 1 => from(count(0)?, usize::MAX),
        "substring" => from(count(0)?.min(count(1)?), count(0)?.max(count(1)?)),
        "substr" if args.len() == 1 => from(count(0)?, usize::MAX),
        "substr" => from(count(0)?, count(0)?.saturating_add(count(1)?)),
        "padStart" => {
            let fill = if args.len() > 1 { word(1)? } else { " ".to_owned() };
            let missing = count(0)?.saturating_sub(text.encode_utf16().count());
            if missing > limits::PADDED || !fill.is_ascii() {
                return None;
            }
            fill.chars().cycle().take(missing).chain(text.chars()).collect()
        }
        "startsWith" if args.len() == 1 => return Some(Value::Bool(text.starts_with(&word(0)?))),
        "endsWith" if args.len() == 1 => return Some(Value::Bool(text.ends_with(&word(0)?))),
        "includes" if args.len() == 1 => return Some(Value::Bool(text.contains(&word(0)?))),
        "indexOf" if args.len() == 1 => {
            let before = text.find(&word(0)?).and_then(|at| text.get(..at));
            return Some(Value::Number(before.map_or(-1.0, |before| before.chars().count() as f64)));
        }
        "split" if args.len() == 1 => {
            let separator = word(0).filter(|separator| !separator.is_empty())?;
            let parts: Vec<Value> = text.split(&separator).take(limits::SPLIT_TEXTS + 1).map(Value::text).collect();
            return (parts.len() <= limits::SPLIT_TEXTS).then(|| Value::list(parts));
        }
        _ => return None,
    };
    Some(Value::text(&given))
}

/// A text that has these parts.
pub fn sample(parts: &[Part]) -> String {
    let mut text = String::new();
    let first = parts.iter().find_map(|part| if let Part::First(first) = part { Some(first) } else { None });
    text.push_str(first.map_or("", String::as_str));
    text.push('a');
    for part in parts {
        if let Part::Within(part) = part {
            text.push_str(part);
            text.push('a');
        }
    }
    let last = parts.iter().find_map(|part| if let Part::Last(last) = part { Some(last) } else { None });
    text.push_str(last.map_or("", String::as_str));
    text
}

#[cfg(test)]
mod tests {
    use super::{Part, call, sample};
    use crate::judge::bson::Value;

    #[test]
    fn methods_of_a_text_give_what_javascript_gives() {
        let word = |word: &str| Some(Value::text(word));
        let number = |number: f64| Some(Value::Number(number));
        let rows = [
            ("trim", " a ", vec![], Value::text("a")),
            ("replaceAll", "a-a-", vec![word("-"), word("+")], Value::text("a+a+")),
            ("trimEnd", " a ", vec![], Value::text(" a")),
            ("trimStart", " a ", vec![], Value::text("a ")),
            ("replace", "a-a", vec![word("-"), word("+")], Value::text("a+a")),
            ("substring", "abcd", vec![number(3.0), number(1.0)], Value::text("bc")),
            ("substr", "abcd", vec![number(1.0), number(2.0)], Value::text("bc")),
            ("startsWith", "abc", vec![word("ab")], Value::Bool(true)),
            ("endsWith", "abc", vec![word("ab")], Value::Bool(false)),
            ("indexOf", "äb", vec![word("b")], Value::Number(1.0)),
            ("indexOf", "ab", vec![word("c")], Value::Number(-1.0)),
            ("padStart", "7", vec![number(4.0), word("0")], Value::text("0007")),
            ("padStart", "17", vec![number(1.0)], Value::text("17")),
            ("padStart", "7", vec![number(4.0), word("ab")], Value::text("aba7")),
            ("split", "a:b", vec![word(":")], Value::list(vec![Value::text("a"), Value::text("b")])),
        ];
        for (method, text, args, result) in rows {
            assert_eq!(call(method, text, &args), Some(result), "{method} of {text}");
        }
        assert_eq!(call("replace", "a", &[Some(Value::Null), word("b")]), None);
        assert_eq!(call("replace", "a", &[word("a"), word("$&")]), None);
        assert_eq!(call("padStart", "7", &[number(1e9), word("0")]), None);
        assert_eq!(call("padStart", "7", &[number(4.0), word("")]), Some(Value::text("7")));
        assert_eq!(call("split", "ab", &[word("")]), None);
        assert_eq!(call("split", &"a,".repeat(40), &[word(",")]), None);
        assert_eq!(call("indexOf", "\u{1f600}b", &[word("b")]), None);
    }

    #[test]
    fn a_sample_has_the_parts_that_are_looked_for() {
        let parts = [Part::Within(":".into()), Part::First("Bearer ".into()), Part::Last(".png".into())];
        assert_eq!(sample(&parts), "Bearer a:a.png");
        assert_eq!(sample(&[]), "a");
    }
}

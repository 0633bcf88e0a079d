//! Values and commands as a reader of JavaScript writes them.
//!
//! Input: MongoDB Extended JSON. Output: text of one line, safe to print. Must not know: columns, findings.

use crate::diagnostic::Command;
use crate::report::escape;
use serde_json::{Map, Value};

/// How much of a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    Whole,
    /// Of an `ObjectId` the last digits, and of a time at midnight the day.
    Short,
    /// Also only the first field of an object inside an array.
    Terse,
}

/// `{ _id: 1, at: new Date('2026-01-01') }`
pub fn value(value: &Value, detail: Detail) -> String {
    let mut text = String::new();
    write(value, detail, false, &mut text);
    escape::line(&text)
}

/// `accounts.findOne({ _id: 1 })`, without the collection where all commands are on one.
pub fn command(command: &Command, is_named: bool, detail: Detail) -> String {
    match command {
        Command::Effect { text } => escape::line(text),
        Command::Database { collection, method, arguments } => {
            let arguments: Vec<String> = arguments.iter().map(|argument| value(argument, detail)).collect();
            called(collection, method, &arguments, is_named)
        }
    }
}

/// The same without its filter, where something else is to be seen beside it: `accounts.updateOne(…, { $inc: { n: 1 } })`.
pub fn without_filter(command: &Command, is_named: bool, detail: Detail) -> Option<String> {
    match command {
        Command::Database { collection, method, arguments } if arguments.len() > 1 => {
            let rest = arguments.iter().skip(1).map(|argument| value(argument, detail));
            let arguments: Vec<String> = std::iter::once("…".to_owned()).chain(rest).collect();
            Some(called(collection, method, &arguments, is_named))
        }
        _ => None,
    }
}

fn called(collection: &str, method: &str, arguments: &[String], is_named: bool) -> String {
    let owner = if is_named { format!("{}.", escape::line(collection)) } else { String::new() };
    format!("{owner}{}({})", escape::line(method), arguments.join(", "))
}

fn write(value: &Value, detail: Detail, is_element: bool, out: &mut String) {
    match value {
        Value::String(text) => quote(text, out),
        Value::Array(elements) => {
            out.push('[');
            for (at, element) in elements.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                write(element, detail, true, out);
            }
            out.push(']');
        }
        Value::Object(fields) => match wrapper(fields, detail) {
            Some(text) => out.push_str(&text),
            None => object(fields, detail, is_element, out),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
    }
}

fn object(fields: &Map<String, Value>, detail: Detail, is_element: bool, out: &mut String) {
    if fields.is_empty() {
        out.push_str("{}");
        return;
    }
    let most = if is_element && detail == Detail::Terse { 1 } else { usize::MAX };
    out.push_str("{ ");
    for (at, (name, field)) in fields.iter().take(most).enumerate() {
        out.push_str(if at > 0 { ", " } else { "" });
        key(name, out);
        out.push_str(": ");
        // An object in a field of an element is shortened like the element.
        write(field, detail, is_element, out);
    }
    out.push_str(if fields.len() > most { ", … }" } else { " }" });
}

/// The name of a field, quoted where JavaScript asks for it.
pub fn key(name: &str, out: &mut String) {
    let mut characters = name.chars();
    let starts = characters.next().is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '$'));
    match starts && characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$')) {
        true => out.push_str(name),
        false => quote(name, out),
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('\'');
    for character in text.chars() {
        if matches!(character, '\'' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('\'');
}

/// A value that JSON has no form for: `{ "$oid": "…" }` and the like.
fn wrapper(fields: &Map<String, Value>, detail: Detail) -> Option<String> {
    let (name, inner) = fields.iter().next().filter(|_| fields.len() == 1)?;
    match (name.as_str(), inner) {
        ("$oid", Value::String(id)) => Some(match (detail, id.char_indices().nth_back(3)) {
            (Detail::Whole, _) | (_, None) => format!("ObjectId('{id}')"),
            (_, Some((at, _))) => format!("…{}", id.get(at..).unwrap_or_default()),
        }),
        ("$date", Value::String(time)) => Some(match detail {
            Detail::Whole => format!("new Date('{time}')"),
            _ => format!("new Date('{}')", time.trim_end_matches("T00:00:00Z").trim_end_matches("T00:00:00.000Z")),
        }),
        ("$date", Value::Object(time)) => Some(format!("new Date({})", time.get("$numberLong")?.as_str()?)),
        ("$numberInt" | "$numberLong" | "$numberDouble" | "$numberDecimal", Value::String(number)) => {
            Some(number.clone())
        }
        ("$regularExpression", Value::Object(parts)) => {
            let part = |name: &str| parts.get(name).and_then(Value::as_str);
            Some(format!("/{}/{}", part("pattern")?, part("options").unwrap_or_default()))
        }
        ("$undefined", _) => Some("undefined".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_is_written_as_in_javascript() {
        let whole = json!({
            "_id": { "$oid": "0123456789abcdef01234567" }, "a.b": "it's", "$gte": -1.5, "at": { "$date": "2026-01-01T00:00:00Z" },
            "n": { "$numberLong": "9007199254740993" }, "r": { "$regularExpression": { "pattern": "^a", "options": "i" } },
            "none": null, "list": [{ "k": 1, "l": { "m": true } }, {}, []],
        });
        assert_eq!(
            value(&whole, Detail::Whole),
            "{ _id: ObjectId('0123456789abcdef01234567'), 'a.b': 'it\\'s', $gte: -1.5, at: new Date('2026-01-01T00:00:00Z'), \
             n: 9007199254740993, r: /^a/i, none: null, list: [{ k: 1, l: { m: true } }, {}, []] }"
        );
        let terse = value(&whole, Detail::Terse);
        assert!(terse.contains("_id: …4567,") && terse.contains("new Date('2026-01-01')"), "{terse}");
        assert!(terse.contains("[{ k: 1, … }, {}, []]"), "{terse}");
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(value(&json!({ "a\u{1b}[31m": "\n" }), Detail::Whole), "{ 'a\\u{1b}[31m': '\\n' }");
    }
}

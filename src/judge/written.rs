//! Values written as JSON, for tests: `"@1"` is an ObjectId, `"#1"` a symbol, `"~1"` a date. Quotes may be single.
//!
//! Input: a text. Output: a value. Must not know: anything else.

use super::bson::Value;
use std::rc::Rc;

pub fn value(text: &str) -> Value {
    from(&serde_json::from_str(&text.replace('\'', "\"")).unwrap_or_else(|error| panic!("{error}: {text}")))
}

fn from(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => Value::Number(number.as_f64().unwrap()),
        serde_json::Value::String(text) => {
            let made = text.get(1..).and_then(|rest| rest.parse().ok()).map(|number: u32| (&text[..1], number));
            match made {
                Some(("@", id)) => Value::Id(id),
                Some(("#", name)) => Value::Symbol(name),
                Some(("~", time)) => Value::Date(i64::from(time)),
                _ => Value::text(text),
            }
        }
        serde_json::Value::Array(items) => Value::list(items.iter().map(from).collect()),
        serde_json::Value::Object(fields) => {
            Value::document(fields.iter().map(|(name, value)| (Rc::from(name.as_str()), from(value))))
        }
    }
}

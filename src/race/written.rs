//! Terms written as JSON, for tests: `"?"` is not known, a name `"?"` neither, `"/x/"` is a regular expression. Quotes may be single.
//!
//! Input: a text. Output: a term. Must not know: anything else.

use super::term::{Terms, View};
use serde_json::Value;
use std::rc::Rc;

pub struct Json;

pub fn term(text: &str) -> Value {
    serde_json::from_str(&text.replace('\'', "\"")).unwrap_or_else(|error| panic!("{error}: {text}"))
}

impl Terms for Json {
    type Term = Value;

    fn view(&self, term: &Value) -> View<Value> {
        match term {
            Value::Null => View::Null,
            Value::Bool(value) => View::Bool(*value),
            Value::Number(number) => View::Number(number.as_f64().unwrap()),
            Value::String(text) if text == "?" => View::Unknown,
            Value::String(text) if text.starts_with('/') => View::Pattern,
            Value::String(text) => View::Text(text.as_str().into()),
            Value::Array(items) => View::List(items.clone()),
            Value::Object(fields) => {
                let named =
                    fields.iter().map(|(name, value)| ((name != "?").then(|| Rc::from(name.as_str())), value.clone()));
                View::Document(named.collect())
            }
        }
    }
}

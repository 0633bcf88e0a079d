//! Concrete values, as the server stores and orders them.
//!
//! Input: none. Output: values, their order, their text. Must not know: filters, updates.

use crate::race::term::{Terms, View};
use std::cmp::Ordering;
use std::fmt::Write as _;
use std::rc::Rc;

/// A value of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(Rc<str>),
    /// An ObjectId.
    Id(u32),
    /// Milliseconds.
    Date(i64),
    /// A value of which only the identity is known: it equals itself only. It has no order that a filter may ask for; a sort
    /// puts it by its number.
    Symbol(u32),
    List(Rc<Vec<Value>>),
    Document(Rc<Fields>),
}

/// Names and values, in order.
pub type Fields = Vec<(Rc<str>, Value)>;

impl Value {
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    pub fn list(items: Vec<Self>) -> Self {
        Self::List(Rc::new(items))
    }

    pub fn document<N: Into<Rc<str>>>(fields: impl IntoIterator<Item = (N, Self)>) -> Self {
        Self::Document(Rc::new(fields.into_iter().map(|(name, value)| (name.into(), value)).collect()))
    }

    /// Equality that does not look into what is shared.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(a), Self::List(b)) => {
                Rc::ptr_eq(a, b) || (a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.is_same(b)))
            }
            (Self::Document(a), Self::Document(b)) => {
                let mut pairs = a.iter().zip(b.iter());
                Rc::ptr_eq(a, b)
                    || (a.len() == b.len() && pairs.all(|((name, a), (other, b))| name == other && a.is_same(b)))
            }
            _ => self == other,
        }
    }

    /// The fields of a document.
    pub fn fields(&self) -> Option<&[(Rc<str>, Self)]> {
        match self {
            Self::Document(fields) => Some(fields),
            _ => None,
        }
    }

    /// One field of a document, or one element of a list by its index.
    pub fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Document(fields) => fields.iter().find(|(known, _)| &**known == name).map(|(_, value)| value),
            Self::List(items) => items.get(index(name)?),
            _ => None,
        }
    }

    /// The value at a dotted path, as JavaScript reads it: through documents and by index, not through all elements.
    pub fn at(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |value, name| value.field(name))
    }

    /// Sets a field of a document; a new one comes last.
    pub fn set(&mut self, name: &str, value: Self) {
        if let Self::Document(fields) = self {
            let fields = Rc::make_mut(fields);
            match fields.iter_mut().find(|(known, _)| &**known == name) {
                Some((_, old)) => *old = value,
                None => fields.push((name.into(), value)),
            }
        }
    }

    pub fn unset(&mut self, name: &str) {
        if let Self::Document(fields) = self
            && fields.iter().any(|(known, _)| &**known == name)
        {
            Rc::make_mut(fields).retain(|(known, _)| &**known != name);
        }
    }

    /// Sets what stands at a dotted path. What is no document on the way becomes one, and a list is appended to past its end.
    pub fn set_at(&mut self, path: &str, value: Self) {
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        let mut inner = self.field(name).cloned().unwrap_or(Self::Null);
        match rest {
            Some(rest) => inner.set_at(rest, value),
            None => inner = value,
        }
        if let (Self::List(items), Ok(at)) = (&mut *self, name.parse::<usize>()) {
            let mut all = items.to_vec();
            match all.get_mut(at) {
                Some(old) => *old = inner,
                None => all.push(inner),
            }
            *self = Self::list(all);
            return;
        }
        if !matches!(self, Self::Document(_)) {
            *self = Self::document(Vec::<(&str, Self)>::new());
        }
        self.set(name, inner);
    }

    /// The server's order of all values: first by type, then within it.
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.partial_cmp(b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan())),
            (Self::Text(a), Self::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Self::Id(a), Self::Id(b)) | (Self::Symbol(a), Self::Symbol(b)) => a.cmp(b),
            (Self::Date(a), Self::Date(b)) => a.cmp(b),
            (Self::List(a), Self::List(b)) => {
                let parts = a.iter().zip(b.iter()).map(|(a, b)| a.order(b));
                parts.into_iter().find(|order| order.is_ne()).unwrap_or_else(|| a.len().cmp(&b.len()))
            }
            (Self::Document(a), Self::Document(b)) => order_of_fields(a, b),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    /// The place of a type in the server's order.
    pub const fn rank(&self) -> u8 {
        match self {
            Self::Null => 1,
            Self::Number(_) => 2,
            Self::Text(_) => 3,
            Self::Document(_) => 4,
            Self::List(_) => 5,
            Self::Symbol(_) => 6,
            Self::Id(_) => 7,
            Self::Bool(_) => 8,
            Self::Date(_) => 9,
        }
    }

    /// Whether it is known, and has no parts.
    pub const fn is_scalar(&self) -> bool {
        !matches!(self, Self::Symbol(_) | Self::List(_) | Self::Document(_))
    }

    /// Whether the model knows only the identity of a value, or of a part of it.
    pub fn is_opaque(&self) -> bool {
        match self {
            Self::Symbol(_) => true,
            Self::List(items) => items.iter().any(Self::is_opaque),
            Self::Document(fields) => fields.iter().any(|(_, value)| value.is_opaque()),
            _ => false,
        }
    }

    /// One text for all documents that differ only in the order of their fields.
    pub fn canonical(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, true);
        text
    }

    fn write(&self, text: &mut String, sorted: bool) {
        // Writing to a string cannot fail.
        let _ = match self {
            Self::Null => text.write_str("null"),
            Self::Bool(value) => write!(text, "{value}"),
            // Zero has no sign.
            Self::Number(value) => write!(text, "{}", value + 0.0),
            Self::Text(value) if is_plain(value) => {
                text.push('"');
                text.push_str(value);
                text.write_char('"')
            }
            Self::Text(value) => write!(text, "{value:?}"),
            Self::Id(id) => {
                text.push_str("ObjectId(");
                push_number(text, *id);
                text.write_char(')')
            }
            Self::Date(time) => write!(text, "Date({time})"),
            Self::Symbol(name) => {
                text.push('#');
                push_number(text, *name);
                Ok(())
            }
            Self::List(items) => {
                text.push('[');
                for (at, item) in items.iter().enumerate() {
                    text.push_str(if at == 0 { "" } else { ", " });
                    item.write(text, sorted);
                }
                text.write_char(']')
            }
            Self::Document(fields) if !sorted || fields.is_sorted_by(|(a, _), (b, _)| a <= b) => {
                write_fields(text, fields.iter(), sorted);
                Ok(())
            }
            Self::Document(fields) => {
                let mut fields: Vec<&(Rc<str>, Self)> = fields.iter().collect();
                fields.sort_by(|(a, _), (b, _)| a.cmp(b));
                write_fields(text, fields.into_iter(), sorted);
                Ok(())
            }
        };
    }
}

/// Whether a text is written as it stands: what is not plain is escaped.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\')
}

/// Writes a number without the machinery of formats, which most of what is written would spend its time in.
fn push_number(text: &mut String, number: u32) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    text.extend(char::from_digit(number % 10, 10));
}

fn write_fields<'f>(text: &mut String, fields: impl Iterator<Item = &'f (Rc<str>, Value)>, sorted: bool) {
    text.push('{');
    for (at, (name, value)) in fields.enumerate() {
        text.push_str(if at == 0 { "" } else { ", " });
        text.push_str(name);
        text.push_str(": ");
        value.write(text, sorted);
    }
    text.push('}');
}

/// Documents are ordered field by field: by type, then by name, then by value; the shorter one first.
fn order_of_fields(a: &Fields, b: &Fields) -> Ordering {
    for ((left_name, left), (right_name, right)) in a.iter().zip(b) {
        let order = left.rank().cmp(&right.rank()).then_with(|| left_name.as_bytes().cmp(right_name.as_bytes()));
        let order = order.then_with(|| left.order(right));
        if order.is_ne() {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

/// The index that a name of a path means in a list.
pub fn index(name: &str) -> Option<usize> {
    let digits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || name.len() > 1 && name.starts_with('0') {
        return None;
    }
    name.parse().ok()
}

/// Concrete values as the parsers read them.
#[derive(Clone, Copy, Debug)]
pub struct Concrete;

impl Terms for Concrete {
    type Term = Value;

    fn view(&self, term: &Value) -> View<Value> {
        match term {
            Value::Null => View::Null,
            Value::Bool(value) => View::Bool(*value),
            Value::Number(value) => View::Number(*value),
            Value::Text(text) => View::Text(text.clone()),
            Value::Id(_) | Value::Date(_) | Value::Symbol(_) => View::Scalar,
            Value::List(items) => View::List(items.to_vec()),
            Value::Document(fields) => {
                View::Document(fields.iter().map(|(name, value)| (Some(name.clone()), value.clone())).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::written::value;
    use super::*;

    #[test]
    fn values_are_ordered_by_type_and_within_it() {
        let sorted = "[null, -1, 2, '', 'b', {}, {'a': 1}, {'a': 1, 'b': 0}, {'b': 0}, {'a': 'x'}, [], [1], [1, 0], [2], '#1', '#2', '@1', false, true, '~1']";
        let Value::List(items) = value(sorted) else { panic!("no list") };
        let mut shuffled: Vec<Value> = items.iter().rev().cloned().collect();
        shuffled.sort_by(Value::order);
        assert_eq!(shuffled, *items);
    }

    #[test]
    fn one_text_stands_for_all_orders_of_the_fields() {
        assert_eq!(value("{'b': [1, {'y': 1, 'x': -0.0}], 'a': null}").canonical(), "{a: null, b: [1, {x: 0, y: 1}]}");
        assert_ne!(value("[1, 2]").canonical(), value("[2, 1]").canonical());
        let texts = ["a b", "it's", "say \"a\"", "a\\b", "a\nb", "\u{e4}", "~", "\u{7f}"];
        for text in texts {
            assert_eq!(Value::text(text).canonical(), format!("{text:?}"));
        }
        for number in [0, 7, 10, 1_000_000, u32::MAX] {
            assert_eq!(Value::Id(number).canonical(), format!("ObjectId({number})"));
        }
    }

    #[test]
    fn paths_lead_through_documents_and_indices() {
        let mut document = value("{'a': [{'b': 1}, 2]}");
        assert_eq!(document.at("a.0.b"), Some(&value("1")));
        assert_eq!(document.at("a.b"), None);
        assert_eq!(
            (index("0"), index("12"), index("01"), index(""), index("-1")),
            (Some(0), Some(12), None, None, None)
        );
        document.set("c", value("3"));
        document.set("a", value("4"));
        assert_eq!(document, value("{'a': 4, 'c': 3}"));
    }
}

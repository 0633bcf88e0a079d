//! Calls whose filter and update are object literals at the call, as they are written: what a fix may change.
//!
//! Input: none. Output: types. Must not know: syntax, what the methods mean.

/// A call `x.method({ … }, { $operator: … })`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenCall {
    pub filter: Literal,
    pub update: Literal,
}

/// An object literal. Offsets are 0-based bytes, ends exclusive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    pub properties: Vec<Property>,
    /// What separates one more property from the last: a comma, and blanks or a line break with the indentation in use.
    pub separator: String,
    /// The quotation mark in use around the literal.
    pub quote: char,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// `None` for a spread, a computed key, a method, and a key that is no text.
    pub key: Option<String>,
    pub start: u32,
    pub end: u32,
    pub value: Written,
    /// The text of the value.
    pub text: String,
    /// Whether nothing but a comma and blanks stands between the property before and this one.
    pub follows_plainly: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    Object(Literal),
    /// A string, number or boolean.
    Constant,
    /// A name, or fields of a name: evaluating it again gives the same.
    Path,
    Other,
}

impl Literal {
    /// The only property of this name, when nothing after it can replace it.
    pub fn get(&self, key: &str) -> Option<&Property> {
        let at = self.properties.iter().position(|property| property.key.as_deref() == Some(key))?;
        let replaced = |property: &Property| property.key.as_deref().is_none_or(|other| other == key);
        let rest = self.properties.get(at + 1..).unwrap_or_default();
        if rest.iter().any(replaced) { None } else { self.properties.get(at) }
    }

    /// The only property of the literal, when it is one of this name.
    pub fn only(&self, key: &str) -> Option<&Property> {
        if self.properties.len() == 1 { self.get(key) } else { None }
    }
}

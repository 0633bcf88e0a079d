//! What a filter, an update or an expression is written in: documents, lists and values of any representation.
//!
//! The judge's documents and the symbolic values of a function are read by the same parsers through this one view.
//!
//! Input: none. Output: the trait and its view. Must not know: MongoDB's operators, the representations.

use std::fmt;
use std::rc::Rc;

/// A representation of values.
pub trait Terms {
    type Term: Clone;

    /// What one term is, one level deep.
    fn view(&self, term: &Self::Term) -> View<Self::Term>;
}

/// One level of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum View<T> {
    /// The entries in order; an entry without a name has one that is not known.
    Document(Vec<(Option<Rc<str>>, T)>),
    List(Vec<T>),
    Null,
    Bool(bool),
    Number(f64),
    Text(Rc<str>),
    /// A regular expression.
    Pattern,
    /// Any other value that is neither a document nor a list.
    Scalar,
    /// Nothing is known. Where a value is asked for, it is taken for a value that is no document of operators.
    Unknown,
}

/// The server refuses the command, whatever is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub Box<str>);

impl Refused {
    pub fn new(why: impl Into<Box<str>>) -> Self {
        Self(why.into())
    }
}

/// What was read; `None` where it is not known.
pub type Known<T> = Result<Option<T>, Refused>;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The items of an operand that has to be a list.
#[derive(Clone, Debug, PartialEq)]
pub enum Items<T> {
    Known(Vec<T>),
    /// A list of which nothing is known.
    Unknown(T),
}

impl<T: Clone> Items<T> {
    pub fn read<S: Terms<Term = T>>(terms: &S, operand: &T, operator: &str) -> Result<Self, Refused> {
        match terms.view(operand) {
            View::List(items) => Ok(Self::Known(items)),
            View::Unknown => Ok(Self::Unknown(operand.clone())),
            _ => Err(Refused::new(format!("{operator} needs an array"))),
        }
    }
}

/// The entries of an operand that has to be a document; `None` where it, or one of its names, is not known.
pub fn entries<S: Terms>(terms: &S, operand: &S::Term, operator: &str) -> Known<Vec<(Rc<str>, S::Term)>> {
    match terms.view(operand) {
        View::Document(entries) => Ok(entries.into_iter().map(|(name, value)| Some((name?, value))).collect()),
        View::Unknown => Ok(None),
        _ => Err(Refused::new(format!("{operator} needs a document"))),
    }
}

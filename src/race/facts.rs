//! A fact about a document: a bound that some value at a path passes, or that none does.
//!
//! Input: bounds and how terms compare. Output: whether one bound lies within another, and whether two are disjoint.
//! Must not know: predicates as a whole.

use super::expression::Expression;
use super::predicate::{Predicate, Test};
use super::term::{Terms, View};
use std::cmp::Ordering;
use std::rc::Rc;

/// How two terms stand to each other, whatever is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Both are known, or they are one term.
    Ordered(Ordering),
    /// They surely differ and have no order that a filter asks for.
    Apart,
    /// Each can have any value.
    Free,
    /// One may depend on the other.
    Unsure,
}

/// Terms that can be compared.
pub trait Compared: Terms<Term: PartialEq> {
    fn standing(&self, left: &Self::Term, right: &Self::Term) -> Standing;
}

#[derive(Clone, Debug, PartialEq)]
pub struct Fact<T> {
    pub subject: Subject<T>,
    pub holds: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Subject<T> {
    At {
        path: Rc<str>,
        bound: Bound<T>,
    },
    Computed(Expression<T>),
    /// A part that is not modelled, by its name.
    Unknown(Box<str>),
}

/// What one value passes.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound<T> {
    /// A missing value is null.
    Equal(T),
    /// Greater, or equal where so said.
    Over(T, bool),
    Under(T, bool),
    Exists,
    /// A list with a document that the predicate holds of.
    Element(Box<Predicate<T>>),
    /// A test of which only the same one is known to be equal.
    Other(Test<T>),
}

impl<T> Fact<T> {
    /// What is not known of the fact alone.
    pub fn unknown(&self) -> Option<Box<str>> {
        match &self.subject {
            Subject::At { bound: Bound::Other(_), .. } => Some("a test".into()),
            Subject::At { .. } => None,
            Subject::Computed(_) => Some("$expr".into()),
            Subject::Unknown(part) => Some(part.clone()),
        }
    }
}

/// Whether every value within the first bound is within the second; `None` where that is not known.
pub fn is_within<S: Compared>(terms: &S, inner: &Bound<S::Term>, outer: &Bound<S::Term>) -> Option<bool> {
    if inner == outer {
        return Some(true);
    }
    let is_null = |value: &S::Term| terms.view(value) == View::Null;
    match (inner, outer) {
        (Bound::Equal(a), Bound::Equal(b)) => match terms.standing(a, b) {
            Standing::Ordered(order) => Some(order == Ordering::Equal),
            Standing::Apart | Standing::Free => Some(false),
            Standing::Unsure => None,
        },
        (Bound::Equal(value) | Bound::Over(value, _) | Bound::Under(value, _), Bound::Exists) => {
            match terms.view(value) {
                View::Null => Some(false),
                View::Unknown => None,
                _ => Some(true),
            }
        }
        (Bound::Element(_), Bound::Exists) => Some(true),
        (Bound::Equal(value), Bound::Over(limit, or_equal) | Bound::Under(limit, or_equal)) => {
            let is_over = matches!(outer, Bound::Over(..));
            // Null has no order but with itself.
            ordered(terms.standing(value, limit), is_over, *or_equal)
        }
        (Bound::Over(a, a_equal), Bound::Over(b, b_equal)) | (Bound::Under(a, a_equal), Bound::Under(b, b_equal)) => {
            let is_over = matches!(inner, Bound::Over(..));
            if is_null(a) || is_null(b) {
                return None;
            }
            ordered(terms.standing(a, b), is_over, *b_equal || !*a_equal)
        }
        (Bound::Over(a, true), Bound::Under(b, true)) | (Bound::Under(a, true), Bound::Over(b, true)) => {
            (is_null(a) && is_null(b)).then_some(true).or(Some(false))
        }
        (Bound::Other(_), _) | (_, Bound::Other(_)) => None,
        _ => Some(false),
    }
}

fn ordered(standing: Standing, is_over: bool, or_equal: bool) -> Option<bool> {
    match standing {
        Standing::Ordered(Ordering::Equal) => Some(or_equal),
        Standing::Ordered(order) => Some(order.is_gt() == is_over),
        Standing::Apart | Standing::Free => Some(false),
        Standing::Unsure => None,
    }
}

/// Whether no value is within both bounds.
pub fn is_disjoint<S: Compared>(terms: &S, left: &Bound<S::Term>, right: &Bound<S::Term>) -> Option<bool> {
    let is_null = |value: &S::Term| terms.view(value) == View::Null;
    match (left, right) {
        (Bound::Equal(a), Bound::Equal(b)) => match terms.standing(a, b) {
            Standing::Ordered(order) => Some(order.is_ne()),
            Standing::Apart => Some(true),
            Standing::Free => Some(false),
            Standing::Unsure => None,
        },
        (Bound::Equal(value), Bound::Over(limit, or_equal) | Bound::Under(limit, or_equal))
        | (Bound::Over(limit, or_equal) | Bound::Under(limit, or_equal), Bound::Equal(value)) => {
            let is_over = matches!(left, Bound::Over(..)) || matches!(right, Bound::Over(..));
            match terms.standing(value, limit) {
                Standing::Free => Some(false),
                Standing::Apart => Some(true),
                standing => ordered(standing, is_over, *or_equal).map(|within| !within),
            }
        }
        (Bound::Over(low, low_equal), Bound::Under(high, high_equal))
        | (Bound::Under(high, high_equal), Bound::Over(low, low_equal)) => {
            if is_null(low) || is_null(high) {
                return None;
            }
            match terms.standing(low, high) {
                Standing::Ordered(Ordering::Greater) | Standing::Apart => Some(true),
                Standing::Ordered(Ordering::Equal) => Some(!(*low_equal && *high_equal)),
                Standing::Ordered(Ordering::Less) | Standing::Free => Some(false),
                Standing::Unsure => None,
            }
        }
        (Bound::Element(_), Bound::Element(_)) => Some(false),
        // One value that is no list.
        (Bound::Element(_), _) | (_, Bound::Element(_)) => Some(true),
        (Bound::Other(_), _) | (_, Bound::Other(_)) => None,
        _ => Some(false),
    }
}

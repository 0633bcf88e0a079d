//! The name that a filter of `arrayFilters` gives to an element.
//!
//! Input: a filter in any representation. Output: the first part of its paths, which is one. Must not know: predicates.

use super::term::{Items, Refused, Terms, entries};
use std::rc::Rc;

/// The name; `None` where it is not known.
pub fn name<S: Terms>(terms: &S, filter: &S::Term) -> Result<Option<Rc<str>>, Refused> {
    let Some(named) = entries(terms, filter, "arrayFilters")? else { return Ok(None) };
    let mut found: Option<Rc<str>> = None;
    let mut agree = |name: Rc<str>| match &found {
        Some(before) if *before != name => Err(Refused::new("an array filter names one element")),
        _ => {
            found = Some(name);
            Ok(())
        }
    };
    for (part, operand) in named {
        match &*part {
            "$and" | "$or" | "$nor" => {
                let Items::Known(items) = Items::read(terms, &operand, &part)? else { return Ok(None) };
                for item in &items {
                    let Some(inner) = name(terms, item)? else { return Ok(None) };
                    agree(inner)?;
                }
            }
            part if part.starts_with('$') => return Ok(None),
            path => agree(path.split('.').next().unwrap_or_default().into())?,
        }
    }
    found.map(Some).ok_or_else(|| Refused::new("an array filter names an element"))
}

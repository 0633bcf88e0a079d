//! An update as a typed list of changes, and the one parser of updates.
//!
//! Input: an update in any representation. Output: what it changes; what is not modelled stays in it under its name, and is
//! never dropped. Must not know: how a document is changed.

use super::element;
use super::path::Beside;
use super::pipeline;
use super::predicate::{self, Predicate};
use super::term::{Items, Refused, Terms, View, entries};
use std::rc::Rc;

pub use super::path::{Path, Step};
pub use super::pipeline::Stage;

/// What an update makes of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Change<T> {
    /// Operators, in the order written; the server applies them in the order of their paths.
    Operators {
        edits: Vec<Edit<T>>,
        filters: Vec<ElementFilter<T>>,
    },
    Pipeline(Vec<Stage<T>>),
    Replacement(T),
    /// An update that is not modelled, by the part that is not.
    Unknown(Box<str>),
}

/// One field of one operator.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit<T> {
    pub path: Path,
    pub act: Act<T>,
}

/// What an operator does with the value at its path.
#[derive(Clone, Debug, PartialEq)]
pub enum Act<T> {
    Set(T),
    /// As `Set`, and only where an upsert inserts.
    SetOnInsert(T),
    Unset,
    Inc(T),
    Mul(T),
    Min(T),
    Max(T),
    Rename(Path),
    CurrentDate,
    Push(Push<T>),
    AddToSet(Items<T>),
    /// Removes the elements that the predicate holds of.
    Pull(Pulled<T>),
    PullAll(Items<T>),
    Pop {
        first: bool,
    },
    Bit {
        operator: Bit,
        operand: T,
    },
    /// An operator that is not modelled, by its name.
    Unknown(Box<str>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Push<T> {
    pub items: Items<T>,
    pub position: Option<T>,
    pub slice: Option<T>,
    pub sort: Option<T>,
}

/// Which elements `$pull` removes.
#[derive(Clone, Debug, PartialEq)]
pub enum Pulled<T> {
    /// Those that equal a value.
    Equal(T),
    /// Documents that a predicate holds of.
    Documents(Predicate<T>),
    /// Values that pass a test: the predicate is about the field with the empty name.
    Values(Predicate<T>),
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bit {
    And,
    Or,
    Xor,
}

/// What `arrayFilters` say of the elements under one name.
#[derive(Clone, Debug, PartialEq)]
pub struct ElementFilter<T> {
    pub name: Rc<str>,
    /// About a document with the element under that name.
    pub predicate: Predicate<T>,
}

/// Reads an update: a document of operators, a replacement, or a pipeline.
pub fn parse<S: Terms>(terms: &S, update: &S::Term, filters: &[S::Term]) -> Result<Change<S::Term>, Refused> {
    match terms.view(update) {
        View::List(stages) => {
            if !filters.is_empty() {
                return Err(Refused::new("a pipeline takes no arrayFilters"));
            }
            Ok(Change::Pipeline(pipeline::parse(terms, &stages)?))
        }
        View::Document(named) if predicate::is_operators(&named) => operators(terms, named, filters),
        View::Document(named) if named.first().is_some_and(|(name, _)| name.is_none()) => {
            Ok(Change::Unknown("computed key".into()))
        }
        View::Document(_) => Ok(Change::Replacement(update.clone())),
        View::Unknown => Ok(Change::Unknown("update".into())),
        _ => Err(Refused::new("an update is a document or a pipeline")),
    }
}

fn operators<S: Terms>(
    terms: &S,
    named: Vec<(Option<Rc<str>>, S::Term)>,
    filters: &[S::Term],
) -> Result<Change<S::Term>, Refused> {
    let mut edits = Vec::new();
    for (operator, operand) in named {
        let Some(operator) = operator else { return Ok(Change::Unknown("computed key".into())) };
        let Some(fields) = entries(terms, &operand, &operator)? else {
            return Ok(Change::Unknown((&*operator).into()));
        };
        for (path, operand) in fields {
            edits.push(Edit { path: Path::read(&path)?, act: act(terms, &operator, &path, &operand)? });
        }
    }
    conflicts(&edits)?;
    let mut read = Vec::with_capacity(filters.len());
    for filter in filters {
        let Some(name) = element::name(terms, filter)? else {
            return Ok(Change::Unknown("arrayFilters".into()));
        };
        let predicate = predicate::parse(terms, filter)?;
        if predicate.is_never() {
            return Err(Refused::new("an array filter that holds of nothing"));
        }
        read.push(ElementFilter { name, predicate });
    }
    names(&edits, &read)?;
    Ok(Change::Operators { edits, filters: read })
}

/// Each name of a path has one filter, and each filter is used.
fn names<T>(edits: &[Edit<T>], filters: &[ElementFilter<T>]) -> Result<(), Refused> {
    let used: Vec<&Rc<str>> = edits.iter().flat_map(|edit| edit.path.0.iter()).filter_map(name_of).collect();
    if let Some(name) = used.iter().find(|name| !filters.iter().any(|filter| filter.name == ***name)) {
        return Err(Refused::new(format!("no array filter found for {name}")));
    }
    for (at, filter) in filters.iter().enumerate() {
        if !used.contains(&&filter.name) || filters.iter().take(at).any(|other| other.name == filter.name) {
            return Err(Refused::new(format!("the array filter {} is not used, or there twice", filter.name)));
        }
    }
    Ok(())
}

fn name_of(step: &Step) -> Option<&Rc<str>> {
    match step {
        Step::Filtered(name) => Some(name),
        _ => None,
    }
}

/// No path of an update lies in another one.
fn conflicts<T>(edits: &[Edit<T>]) -> Result<(), Refused> {
    let mut paths: Vec<&Path> = edits.iter().flat_map(Edit::paths).collect();
    // Among names alone only what leads on from another one conflicts, and it stands right behind it in their order.
    if paths.iter().all(|path| path.is_of_names()) {
        let mut sorted = paths.clone();
        sorted.sort_by(|a, b| a.names().cmp(b.names()));
        let is_apart = |pair: &[&Path]| matches!(pair, [a, b] if a.beside(b) == Beside::Apart);
        if sorted.windows(2).all(is_apart) {
            return Ok(());
        }
    }
    paths.clear();
    for path in edits.iter().flat_map(Edit::paths) {
        if let Some(other) = paths.iter().find(|other| path.beside(other) == Beside::Conflict) {
            return Err(Refused::new(format!("updating {path} would conflict with {other}")));
        }
        paths.push(path);
    }
    Ok(())
}

impl<T> Edit<T> {
    /// The paths that it writes: two of a renamed field.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        let to = if let Act::Rename(to) = &self.act { Some(to) } else { None };
        std::iter::once(&self.path).chain(to)
    }
}

fn act<S: Terms>(terms: &S, operator: &str, path: &str, operand: &S::Term) -> Result<Act<S::Term>, Refused> {
    let value = || operand.clone();
    Ok(match operator {
        "$set" => Act::Set(value()),
        "$setOnInsert" => Act::SetOnInsert(value()),
        "$unset" => Act::Unset,
        "$inc" => Act::Inc(number(terms, operand, operator)?),
        "$mul" => Act::Mul(number(terms, operand, operator)?),
        "$min" => Act::Min(value()),
        "$max" => Act::Max(value()),
        "$rename" => rename(terms, path, operand)?,
        "$currentDate" => Act::CurrentDate,
        "$push" => Act::Push(push(terms, operand)?),
        "$addToSet" => Act::AddToSet(added(terms, operand)?),
        "$pull" => Act::Pull(pulled(terms, operand)?),
        "$pullAll" => Act::PullAll(Items::read(terms, operand, operator)?),
        "$pop" => match terms.view(operand) {
            View::Number(end) if end == 1.0 || end == -1.0 => Act::Pop { first: end < 0.0 },
            View::Unknown => Act::Unknown(operator.into()),
            _ => return Err(Refused::new("$pop needs 1 or -1")),
        },
        "$bit" => bit(terms, operand)?,
        _ => return Err(Refused::new(format!("unknown modifier: {operator}"))),
    })
}

fn number<S: Terms>(terms: &S, operand: &S::Term, operator: &str) -> Result<S::Term, Refused> {
    match terms.view(operand) {
        View::Number(_) | View::Unknown | View::Scalar => Ok(operand.clone()),
        _ => Err(Refused::new(format!("cannot {operator} with a value that is no number"))),
    }
}

fn rename<S: Terms>(terms: &S, from: &str, operand: &S::Term) -> Result<Act<S::Term>, Refused> {
    let to = match terms.view(operand) {
        View::Text(to) => to,
        View::Unknown => return Ok(Act::Unknown("$rename".into())),
        _ => return Err(Refused::new("$rename needs a name")),
    };
    if from.contains('$') || to.contains('$') {
        return Err(Refused::new("$rename takes no positional path"));
    }
    Ok(Act::Rename(Path::read(&to)?))
}

fn push<S: Terms>(terms: &S, operand: &S::Term) -> Result<Push<S::Term>, Refused> {
    let one = |items| Push { items, position: None, slice: None, sort: None };
    let plain = || one(Items::Known(vec![operand.clone()]));
    let View::Document(named) = terms.view(operand) else { return Ok(plain()) };
    if !named.iter().any(|(name, _)| name.as_deref() == Some("$each")) {
        return Ok(plain());
    }
    let mut push = one(Items::Known(Vec::new()));
    for (name, value) in named {
        match name.as_deref() {
            Some("$each") => push.items = Items::read(terms, &value, "$each")?,
            Some("$position") => push.position = Some(value),
            Some("$slice") => push.slice = Some(value),
            Some("$sort") => push.sort = Some(value),
            _ => return Err(Refused::new("an unknown part of $push")),
        }
    }
    for part in [&push.position, &push.slice].into_iter().flatten() {
        match terms.view(part) {
            View::Number(number) if number.fract() == 0.0 => {}
            View::Unknown => {}
            _ => return Err(Refused::new("$position and $slice need integers")),
        }
    }
    if let Some(sort) = &push.sort {
        directions(terms, sort)?;
    }
    Ok(push)
}

/// A `$sort` is 1 or -1, or a document of such.
fn directions<S: Terms>(terms: &S, sort: &S::Term) -> Result<(), Refused> {
    let is_direction = |view| match view {
        View::Number(number) => number == 1.0 || number == -1.0,
        view => matches!(view, View::Unknown),
    };
    let good = match terms.view(sort) {
        View::Document(named) => !named.is_empty() && named.iter().all(|(_, one)| is_direction(terms.view(one))),
        view => is_direction(view),
    };
    if good { Ok(()) } else { Err(Refused::new("$sort is 1 or -1")) }
}

fn added<S: Terms>(terms: &S, operand: &S::Term) -> Result<Items<S::Term>, Refused> {
    match terms.view(operand) {
        View::Document(named) => match named.as_slice() {
            [(Some(name), items), rest @ ..] if &**name == "$each" => {
                if !rest.is_empty() {
                    return Err(Refused::new("$addToSet takes nothing beside $each"));
                }
                Items::read(terms, items, "$each")
            }
            _ => Ok(Items::Known(vec![operand.clone()])),
        },
        _ => Ok(Items::Known(vec![operand.clone()])),
    }
}

fn pulled<S: Terms>(terms: &S, operand: &S::Term) -> Result<Pulled<S::Term>, Refused> {
    Ok(match terms.view(operand) {
        View::Document(named) if predicate::is_test(&named) => Pulled::Values(predicate::of_value(terms, operand)?),
        View::Document(_) => Pulled::Documents(predicate::parse(terms, operand)?),
        View::Pattern => Pulled::Values(predicate::of_value(terms, operand)?),
        View::Unknown => Pulled::Unknown,
        _ => Pulled::Equal(operand.clone()),
    })
}

fn bit<S: Terms>(terms: &S, operand: &S::Term) -> Result<Act<S::Term>, Refused> {
    let Some(named) = entries(terms, operand, "$bit")? else { return Ok(Act::Unknown("$bit".into())) };
    let [(name, operand)] = named.as_slice() else {
        // Several at once are applied in order; nobody writes them.
        return if named.is_empty() {
            Err(Refused::new("$bit lacks an operator"))
        } else {
            Ok(Act::Unknown("$bit".into()))
        };
    };
    let operator = match &**name {
        "and" => Bit::And,
        "or" => Bit::Or,
        "xor" => Bit::Xor,
        _ => return Err(Refused::new("$bit knows and, or, xor")),
    };
    match terms.view(operand) {
        View::Number(number) if number.fract() == 0.0 => Ok(Act::Bit { operator, operand: operand.clone() }),
        View::Unknown => Ok(Act::Unknown("$bit".into())),
        _ => Err(Refused::new("$bit needs an integer")),
    }
}

//! A filter as a typed tree, and the one parser of filters.
//!
//! Input: a filter in any representation. Output: its predicate; what is not modelled stays in the tree under its name, and is
//! never dropped. Must not know: how a document is matched.

use super::expression::{self, Expression};
use super::term::{Items, Known, Refused, Terms, View};
use crate::limits::FILTER_DEPTH;
use std::rc::Rc;

/// What a filter says of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicate<T> {
    And(Vec<Predicate<T>>),
    Or(Vec<Predicate<T>>),
    Nor(Vec<Predicate<T>>),
    /// Something about the values that a dotted path leads to, through arrays.
    Field {
        path: Rc<str>,
        test: Test<T>,
    },
    Expr(Expression<T>),
    /// A part that is not modelled, by its name.
    Unknown(Box<str>),
}

/// What is said of the values at a path. `Ne`, `Nin` and `Not` hold where *no* value there passes the opposite.
#[derive(Clone, Debug, PartialEq)]
pub enum Test<T> {
    Eq(T),
    Ne(T),
    Gt(T),
    Gte(T),
    Lt(T),
    Lte(T),
    In(Items<T>),
    Nin(Items<T>),
    Exists(bool),
    /// A list of this length.
    Size(T),
    /// Each of these is there; of none, nothing matches.
    All(Items<T>),
    /// A list with one document that the predicate holds of.
    ElemMatch(Box<Predicate<T>>),
    /// A list with one value that passes all tests. The tests of `$elemMatch: {$gt: 1, $lt: 5}`.
    ElemTest(Vec<Test<T>>),
    /// Not all of these.
    Not(Vec<Test<T>>),
    Regex {
        pattern: T,
        options: Option<T>,
    },
    Type(Vec<Kind>),
    Mod {
        divisor: T,
        remainder: T,
    },
    /// All of these: `$all: [{$elemMatch: ..}]`.
    Every(Vec<Test<T>>),
    /// A test that is not modelled, by its operator.
    Unknown(Box<str>),
}

/// A type that `$type` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any number.
    Number,
    /// A number of one representation, which the model does not tell apart.
    OneNumber,
    Text,
    Document,
    List,
    Id,
    Bool,
    Date,
    Null,
    /// A type that no modelled value has.
    Other,
}

/// Reads a filter. The server refuses some filters whatever is stored.
pub fn parse<S: Terms>(terms: &S, filter: &S::Term) -> Result<Predicate<S::Term>, Refused> {
    filter_of(terms, filter, 0)
}

fn filter_of<S: Terms>(terms: &S, filter: &S::Term, depth: u32) -> Result<Predicate<S::Term>, Refused> {
    if depth > FILTER_DEPTH {
        return Ok(Predicate::Unknown("nesting".into()));
    }
    let named = match terms.view(filter) {
        View::Document(named) => named,
        View::Unknown => return Ok(Predicate::Unknown("filter".into())),
        _ => return Err(Refused::new("a filter is a document")),
    };
    let mut parts = Vec::with_capacity(named.len());
    for (name, operand) in named {
        match name {
            None => parts.push(Predicate::Unknown("computed key".into())),
            Some(name) if name.starts_with('$') => parts.extend(combined(terms, &name, &operand, depth)?),
            Some(name) => field(terms, &name, &operand, depth, &mut parts)?,
        }
    }
    Ok(match parts.len() {
        1 => parts.remove(0),
        _ => Predicate::And(parts),
    })
}

/// A part whose name is an operator; `$comment` says nothing.
fn combined<S: Terms>(
    terms: &S,
    name: &str,
    operand: &S::Term,
    depth: u32,
) -> Result<Option<Predicate<S::Term>>, Refused> {
    let join = match name {
        "$and" => Predicate::And,
        "$or" => Predicate::Or,
        "$nor" => Predicate::Nor,
        "$comment" => return Ok(None),
        "$expr" => return Ok(Some(Predicate::Expr(expression::parse(terms, operand)?))),
        "$where" | "$text" | "$jsonSchema" | "$alwaysTrue" | "$alwaysFalse" | "$sampleRate" => {
            return Ok(Some(Predicate::Unknown(name.into())));
        }
        _ => return Err(Refused::new(format!("unknown top level operator: {name}"))),
    };
    match Items::read(terms, operand, name)? {
        Items::Unknown(_) => Ok(Some(Predicate::Unknown(name.into()))),
        Items::Known(items) if items.is_empty() => Err(Refused::new(format!("{name} needs a nonempty array"))),
        Items::Known(items) => {
            let parts: Result<Vec<_>, _> = items.iter().map(|item| filter_of(terms, item, depth + 1)).collect();
            Ok(Some(join(parts?)))
        }
    }
}

fn field<S: Terms>(
    terms: &S,
    path: &Rc<str>,
    operand: &S::Term,
    depth: u32,
    parts: &mut Vec<Predicate<S::Term>>,
) -> Result<(), Refused> {
    let mut add = |test| parts.push(Predicate::Field { path: path.clone(), test });
    match terms.view(operand) {
        View::Document(named) if is_operators(&named) => tests(terms, named, depth, &mut add)?,
        View::Document(named) if named.iter().any(|(name, _)| name.is_none()) => {
            add(Test::Unknown("computed key".into()));
        }
        View::Pattern => add(Test::Regex { pattern: operand.clone(), options: None }),
        _ => add(Test::Eq(operand.clone())),
    }
    Ok(())
}

/// Whether a document is read as operators: its first name decides.
pub fn is_operators<T>(named: &[(Option<Rc<str>>, T)]) -> bool {
    let first = named.first().and_then(|(name, _)| name.as_deref());
    first.is_some_and(|name| name.starts_with('$'))
}

/// The operators that join filters, where a document of operators is read as a filter.
const OF_DOCUMENTS: [&str; 5] = ["$and", "$or", "$nor", "$where", "$expr"];

/// Whether a document is read as tests of one value, and not as a filter: `$not` is neither.
pub fn is_test<T>(named: &[(Option<Rc<str>>, T)]) -> bool {
    let first = named.first().and_then(|(name, _)| name.as_deref());
    is_operators(named) && !first.is_some_and(|name| name == "$not" || OF_DOCUMENTS.contains(&name))
}

impl<T> Predicate<T> {
    /// The parts that all have to hold; of what is no `$and` itself.
    pub fn conjuncts(&self) -> &[Self] {
        match self {
            Self::And(parts) => parts,
            part => std::slice::from_ref(part),
        }
    }

    /// Whether there is an `$all` of nothing in it: the server forgets the path, and what is said beside it.
    pub fn is_never(&self) -> bool {
        match self {
            Self::And(parts) => parts.iter().any(Self::is_never),
            Self::Or(parts) => parts.iter().all(Self::is_never),
            Self::Field { test: Test::All(Items::Known(items)), .. } => items.is_empty(),
            _ => false,
        }
    }

    /// Whether there is an `$expr` in it.
    pub fn has_expression(&self) -> bool {
        match self {
            Self::And(parts) | Self::Or(parts) | Self::Nor(parts) => parts.iter().any(Self::has_expression),
            Self::Expr(_) => true,
            Self::Field { .. } | Self::Unknown(_) => false,
        }
    }
}

fn tests<S: Terms>(
    terms: &S,
    named: Vec<(Option<Rc<str>>, S::Term)>,
    depth: u32,
    add: &mut impl FnMut(Test<S::Term>),
) -> Result<(), Refused> {
    let find = |key: &str| named.iter().find(|(name, _)| name.as_deref() == Some(key)).map(|(_, value)| value.clone());
    for (name, operand) in &named {
        match name.as_deref() {
            None => add(Test::Unknown("computed key".into())),
            Some("$regex") => add(Test::Regex { pattern: operand.clone(), options: find("$options") }),
            Some("$options") if find("$regex").is_some() => {}
            Some(name) => add(test(terms, name, operand, depth)?),
        }
    }
    Ok(())
}

fn test<S: Terms>(terms: &S, name: &str, operand: &S::Term, depth: u32) -> Result<Test<S::Term>, Refused> {
    if depth > FILTER_DEPTH {
        return Ok(Test::Unknown("nesting".into()));
    }
    let value = || operand.clone();
    Ok(match name {
        "$eq" => Test::Eq(value()),
        "$ne" => Test::Ne(value()),
        "$gt" => Test::Gt(value()),
        "$gte" => Test::Gte(value()),
        "$lt" => Test::Lt(value()),
        "$lte" => Test::Lte(value()),
        "$in" => Test::In(plain(terms, Items::read(terms, operand, name)?, name)?),
        "$nin" => Test::Nin(plain(terms, Items::read(terms, operand, name)?, name)?),
        "$exists" => match truth(terms, operand) {
            Some(truth) => Test::Exists(truth),
            None => Test::Unknown(name.into()),
        },
        "$size" => size(terms, operand)?,
        "$all" => all(terms, operand, depth)?,
        "$elemMatch" => element(terms, operand, depth)?,
        "$not" => not(terms, operand, depth)?,
        "$type" => kinds(terms, operand)?.map_or_else(|| Test::Unknown(name.into()), Test::Type),
        "$mod" => modulo(terms, operand)?,
        "$bitsAllSet" | "$bitsAnySet" | "$bitsAllClear" | "$bitsAnyClear" | "$geoWithin" | "$geoIntersects"
        | "$near" | "$nearSphere" | "$ref" | "$id" | "$db" => Test::Unknown(name.into()),
        _ => return Err(Refused::new(format!("unknown operator: {name}"))),
    })
}

/// What is true for the server: all but false, null and zero.
fn truth<S: Terms>(terms: &S, operand: &S::Term) -> Option<bool> {
    match terms.view(operand) {
        View::Unknown => None,
        View::Null => Some(false),
        View::Bool(value) => Some(value),
        View::Number(value) => Some(value != 0.0),
        _ => Some(true),
    }
}

/// The items of `$in`, among which no document of operators may be.
fn plain<S: Terms>(terms: &S, items: Items<S::Term>, name: &str) -> Result<Items<S::Term>, Refused> {
    if let Items::Known(items) = &items {
        for item in items {
            if matches!(terms.view(item), View::Document(named) if is_operators(&named)) {
                return Err(Refused::new(format!("cannot nest $ under {name}")));
            }
        }
    }
    Ok(items)
}

fn size<S: Terms>(terms: &S, operand: &S::Term) -> Result<Test<S::Term>, Refused> {
    match terms.view(operand) {
        View::Unknown => Ok(Test::Size(operand.clone())),
        View::Number(size) if size >= 0.0 && size.fract() == 0.0 => Ok(Test::Size(operand.clone())),
        _ => Err(Refused::new("$size needs a number that is not negative")),
    }
}

fn all<S: Terms>(terms: &S, operand: &S::Term, depth: u32) -> Result<Test<S::Term>, Refused> {
    let Items::Known(items) = Items::read(terms, operand, "$all")? else {
        return Ok(Test::All(Items::Unknown(operand.clone())));
    };
    let element_of = |item: &S::Term| match terms.view(item) {
        View::Document(named) if is_operators(&named) => Some(named),
        _ => None,
    };
    let mut elements = Vec::new();
    for item in &items {
        let Some(named) = element_of(item) else { continue };
        match named.as_slice() {
            [(Some(name), operand)] if &**name == "$elemMatch" => elements.push(element(terms, operand, depth)?),
            _ => return Err(Refused::new("no $ expressions in $all")),
        }
    }
    match elements.len() {
        0 => Ok(Test::All(Items::Known(items))),
        count if count == items.len() => Ok(Test::Every(elements)),
        _ => Err(Refused::new("$all mixes $elemMatch and values")),
    }
}

fn element<S: Terms>(terms: &S, operand: &S::Term, depth: u32) -> Result<Test<S::Term>, Refused> {
    let View::Document(named) = terms.view(operand) else {
        return match terms.view(operand) {
            View::Unknown => Ok(Test::Unknown("$elemMatch".into())),
            _ => Err(Refused::new("$elemMatch needs a document")),
        };
    };
    let first = named.first().and_then(|(name, _)| name.clone());
    if is_operators(&named) && !first.is_some_and(|name| OF_DOCUMENTS.contains(&&*name)) {
        let mut list = Vec::with_capacity(named.len());
        tests(terms, named, depth + 1, &mut |test| list.push(test))?;
        return Ok(Test::ElemTest(list));
    }
    Ok(Test::ElemMatch(Box::new(filter_of(terms, operand, depth + 1)?)))
}

fn not<S: Terms>(terms: &S, operand: &S::Term, depth: u32) -> Result<Test<S::Term>, Refused> {
    match terms.view(operand) {
        View::Document(named) if is_operators(&named) => {
            let mut list = Vec::with_capacity(named.len());
            tests(terms, named, depth + 1, &mut |test| list.push(test))?;
            Ok(Test::Not(list))
        }
        View::Pattern => Ok(Test::Not(vec![Test::Regex { pattern: operand.clone(), options: None }])),
        View::Unknown => Ok(Test::Unknown("$not".into())),
        _ => Err(Refused::new("$not needs a regular expression or a document of operators")),
    }
}

/// The types that `$type` names; `None` where the operand is not known.
fn kinds<S: Terms>(terms: &S, operand: &S::Term) -> Known<Vec<Kind>> {
    let items = match terms.view(operand) {
        View::List(items) if items.is_empty() => return Err(Refused::new("$type must match at least one type")),
        View::List(items) => items,
        _ => vec![operand.clone()],
    };
    let mut kinds = Vec::with_capacity(items.len());
    for item in &items {
        kinds.push(match terms.view(item) {
            View::Unknown => return Ok(None),
            View::Number(number) => kind_of_number(number)?,
            View::Text(name) => kind_of_name(&name)?,
            _ => return Err(Refused::new("$type needs a number or a text")),
        });
    }
    Ok(Some(kinds))
}

fn kind_of_number(number: f64) -> Result<Kind, Refused> {
    let names = [(1.0, "double"), (2.0, "string"), (3.0, "object"), (4.0, "array"), (7.0, "objectId")];
    let more = [(8.0, "bool"), (9.0, "date"), (10.0, "null"), (16.0, "int"), (18.0, "long"), (19.0, "decimal")];
    if let Some((_, name)) = names.iter().chain(&more).find(|(code, _)| *code == number) {
        return kind_of_name(name);
    }
    let other = number == -1.0 || number == 127.0 || (1.0..=19.0).contains(&number) && number.fract() == 0.0;
    if other { Ok(Kind::Other) } else { Err(Refused::new(format!("invalid numerical type code: {number}"))) }
}

fn kind_of_name(name: &str) -> Result<Kind, Refused> {
    Ok(match name {
        "number" => Kind::Number,
        "double" | "int" | "long" | "decimal" => Kind::OneNumber,
        "string" => Kind::Text,
        "object" => Kind::Document,
        "array" => Kind::List,
        "objectId" => Kind::Id,
        "bool" => Kind::Bool,
        "date" => Kind::Date,
        "null" => Kind::Null,
        "binData"
        | "undefined"
        | "regex"
        | "dbPointer"
        | "javascript"
        | "symbol"
        | "javascriptWithScope"
        | "timestamp"
        | "minKey"
        | "maxKey" => Kind::Other,
        _ => return Err(Refused::new(format!("unknown type name: {name}"))),
    })
}

fn modulo<S: Terms>(terms: &S, operand: &S::Term) -> Result<Test<S::Term>, Refused> {
    let Items::Known(items) = Items::read(terms, operand, "$mod")? else {
        return Ok(Test::Unknown("$mod".into()));
    };
    let [divisor, remainder] = items.as_slice() else {
        return Err(Refused::new("$mod needs a divisor and a remainder"));
    };
    for (part, is_divisor) in [(divisor, true), (remainder, false)] {
        match terms.view(part) {
            View::Unknown => {}
            View::Number(number) if !is_divisor || number.trunc() != 0.0 => {}
            _ => return Err(Refused::new("$mod needs two numbers, the divisor not 0")),
        }
    }
    Ok(Test::Mod { divisor: divisor.clone(), remainder: remainder.clone() })
}

/// Reads what is said of one value: the predicate is about the field with the empty name.
pub fn of_value<S: Terms>(terms: &S, operand: &S::Term) -> Result<Predicate<S::Term>, Refused> {
    let mut parts = Vec::new();
    field(terms, &"".into(), operand, 0, &mut parts)?;
    Ok(if parts.len() == 1 { parts.remove(0) } else { Predicate::And(parts) })
}

//! An aggregation expression as a typed tree, and its parser.
//!
//! Input: an expression in any representation. Output: its tree; an operator that is not modelled stays in it by its name.
//! Must not know: how it is evaluated.

use super::term::{Known, Refused, Terms, View, entries};
use crate::limits::FILTER_DEPTH;
use std::rc::Rc;

/// A value computed from a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression<T> {
    Value(T),
    /// `$a.b`, through arrays.
    Field(Rc<str>),
    /// `$$name.path`; the path may be empty.
    Variable {
        name: Rc<str>,
        path: Rc<str>,
    },
    Document(Vec<(Rc<str>, Expression<T>)>),
    List(Vec<Expression<T>>),
    Call(Operator, Vec<Expression<T>>),
    /// The first branch whose condition holds.
    Switch {
        branches: Vec<(Expression<T>, Expression<T>)>,
        default: Option<Box<Expression<T>>>,
    },
    Let {
        variables: Vec<(Rc<str>, Expression<T>)>,
        result: Box<Expression<T>>,
    },
    Map {
        input: Box<Expression<T>>,
        name: Rc<str>,
        result: Box<Expression<T>>,
    },
    Filter {
        input: Box<Expression<T>>,
        name: Rc<str>,
        condition: Box<Expression<T>>,
    },
    Reduce {
        input: Box<Expression<T>>,
        initial: Box<Expression<T>>,
        result: Box<Expression<T>>,
    },
    /// A part that is not modelled, by its name.
    Unknown(Box<str>),
}

macro_rules! operators {
    ($($variant:ident $name:literal $least:literal $most:literal,)*) => {
        /// An operator that evaluates its arguments in order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Operator { $($variant,)* }

        impl Operator {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// As it is written.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The operator of a name, and the least and most arguments that it takes.
            fn read(name: &str) -> Option<(Self, usize, usize)> {
                match name { $($name => Some((Self::$variant, $least, $most)),)* _ => None }
            }
        }
    };
}

operators! {
    Abs "$abs" 1 1,
    Add "$add" 0 99,
    AllElementsTrue "$allElementsTrue" 1 1,
    And "$and" 0 99,
    AnyElementTrue "$anyElementTrue" 1 1,
    ArrayElemAt "$arrayElemAt" 2 2,
    ArrayToObject "$arrayToObject" 1 1,
    Ceil "$ceil" 1 1,
    Cmp "$cmp" 2 2,
    Concat "$concat" 0 99,
    ConcatArrays "$concatArrays" 0 99,
    Divide "$divide" 2 2,
    Eq "$eq" 2 2,
    First "$first" 1 1,
    Floor "$floor" 1 1,
    Gt "$gt" 2 2,
    Gte "$gte" 2 2,
    IfNull "$ifNull" 2 99,
    In "$in" 2 2,
    IndexOfArray "$indexOfArray" 2 2,
    IsArray "$isArray" 1 1,
    IsNumber "$isNumber" 1 1,
    Last "$last" 1 1,
    Lt "$lt" 2 2,
    Lte "$lte" 2 2,
    Max "$max" 0 99,
    MergeObjects "$mergeObjects" 0 99,
    Min "$min" 0 99,
    Mod "$mod" 2 2,
    Multiply "$multiply" 0 99,
    Ne "$ne" 2 2,
    Not "$not" 1 1,
    ObjectToArray "$objectToArray" 1 1,
    Or "$or" 0 99,
    Range "$range" 2 3,
    ReverseArray "$reverseArray" 1 1,
    SetDifference "$setDifference" 2 2,
    SetEquals "$setEquals" 2 99,
    SetIntersection "$setIntersection" 0 99,
    SetIsSubset "$setIsSubset" 2 2,
    SetUnion "$setUnion" 0 99,
    Size "$size" 1 1,
    Slice "$slice" 2 3,
    Subtract "$subtract" 2 2,
    Sum "$sum" 0 99,
    ToLower "$toLower" 1 1,
    ToUpper "$toUpper" 1 1,
    Trunc "$trunc" 1 1,
}

/// Reads an expression.
pub fn parse<S: Terms>(terms: &S, term: &S::Term) -> Result<Expression<S::Term>, Refused> {
    Reader { terms }.expression(term, 0)
}

struct Reader<'a, S> {
    terms: &'a S,
}

type Parsed<S> = Result<Expression<<S as Terms>::Term>, Refused>;

impl<S: Terms> Reader<'_, S> {
    fn expression(&self, term: &S::Term, depth: u32) -> Parsed<S> {
        if depth > FILTER_DEPTH {
            return Ok(Expression::Unknown("nesting".into()));
        }
        match self.terms.view(term) {
            View::Text(text) => text_of(&text, term),
            View::List(items) => {
                let items: Result<Vec<_>, _> = items.iter().map(|item| self.expression(item, depth + 1)).collect();
                Ok(Expression::List(items?))
            }
            View::Document(named) => self.document(named, depth),
            _ => Ok(Expression::Value(term.clone())),
        }
    }

    fn document(&self, named: Vec<(Option<Rc<str>>, S::Term)>, depth: u32) -> Parsed<S> {
        if let [(Some(name), operand)] = named.as_slice()
            && name.starts_with('$')
        {
            return self.operator(name, operand, depth);
        }
        let mut fields = Vec::with_capacity(named.len());
        for (name, value) in named {
            let Some(name) = name else { return Ok(Expression::Unknown("computed key".into())) };
            if name.starts_with('$') || name.contains('.') {
                return Err(Refused::new(format!("a field of an expression cannot be named {name}")));
            }
            fields.push((name, self.expression(&value, depth + 1)?));
        }
        Ok(Expression::Document(fields))
    }

    fn operator(&self, name: &str, operand: &S::Term, depth: u32) -> Parsed<S> {
        match name {
            "$literal" | "$const" => return Ok(Expression::Value(operand.clone())),
            "$cond" => return self.cond(operand, depth),
            "$switch" => return self.switch(operand, depth),
            "$let" => return self.bound(operand, depth),
            "$map" | "$filter" | "$reduce" => return self.over_list(name, operand, depth),
            _ => {}
        }
        let Some((operator, least, most)) = Operator::read(name) else {
            return Ok(Expression::Unknown(name.into()));
        };
        let arguments = match self.terms.view(operand) {
            View::List(items) => items,
            // An unknown operand may be the list of all arguments.
            View::Unknown if most > 1 => return Ok(Expression::Unknown(name.into())),
            _ => vec![operand.clone()],
        };
        if !(least..=most).contains(&arguments.len()) {
            return Err(Refused::new(format!("{name} takes another number of arguments")));
        }
        let arguments: Result<Vec<_>, _> = arguments.iter().map(|one| self.expression(one, depth + 1)).collect();
        Ok(Expression::Call(operator, arguments?))
    }

    fn cond(&self, operand: &S::Term, depth: u32) -> Parsed<S> {
        let parts = match self.terms.view(operand) {
            View::List(items) if items.len() == 3 => items,
            View::Document(_) => match self.named(operand, "$cond", &["if", "then", "else"], &[])? {
                Some(parts) => parts.into_iter().flatten().collect(),
                None => return Ok(Expression::Unknown("$cond".into())),
            },
            View::Unknown => return Ok(Expression::Unknown("$cond".into())),
            _ => return Err(Refused::new("$cond takes three arguments")),
        };
        let [test, yes, no] = parts.as_slice() else { return Err(Refused::new("$cond takes three arguments")) };
        let branch = (self.expression(test, depth + 1)?, self.expression(yes, depth + 1)?);
        let default = Some(Box::new(self.expression(no, depth + 1)?));
        Ok(Expression::Switch { branches: vec![branch], default })
    }

    fn switch(&self, operand: &S::Term, depth: u32) -> Parsed<S> {
        let unknown = || Ok(Expression::Unknown("$switch".into()));
        let Some(parts) = self.named(operand, "$switch", &["branches"], &["default"])? else { return unknown() };
        let Some(Some(list)) = parts.first() else { return unknown() };
        let items = match self.terms.view(list) {
            View::List(items) if !items.is_empty() => items,
            View::Unknown => return unknown(),
            _ => return Err(Refused::new("$switch needs branches")),
        };
        let mut branches = Vec::with_capacity(items.len());
        for item in &items {
            let Some(parts) = self.named(item, "$switch", &["case", "then"], &[])? else { return unknown() };
            let [Some(case), Some(then)] = parts.as_slice() else { return unknown() };
            branches.push((self.expression(case, depth + 1)?, self.expression(then, depth + 1)?));
        }
        let default = parts.get(1).and_then(Option::as_ref).map(|one| self.expression(one, depth + 1)).transpose()?;
        Ok(Expression::Switch { branches, default: default.map(Box::new) })
    }

    fn bound(&self, operand: &S::Term, depth: u32) -> Parsed<S> {
        let unknown = || Ok(Expression::Unknown("$let".into()));
        let Some(parts) = self.named(operand, "$let", &["vars", "in"], &[])? else { return unknown() };
        let [Some(vars), Some(result)] = parts.as_slice() else { return unknown() };
        let Some(vars) = entries(self.terms, vars, "$let")? else { return unknown() };
        let mut variables = Vec::with_capacity(vars.len());
        for (name, value) in vars {
            variables.push((name, self.expression(&value, depth + 1)?));
        }
        Ok(Expression::Let { variables, result: Box::new(self.expression(result, depth + 1)?) })
    }

    fn over_list(&self, name: &str, operand: &S::Term, depth: u32) -> Parsed<S> {
        let (required, optional): (&[&str], &[&str]) = match name {
            "$map" => (&["input", "in"], &["as"]),
            "$filter" => (&["input", "cond"], &["as", "limit"]),
            _ => (&["input", "initialValue", "in"], &[]),
        };
        let unknown = || Ok(Expression::Unknown(name.into()));
        let Some(parts) = self.named(operand, name, required, optional)? else { return unknown() };
        let part = |at: usize| parts.get(at).and_then(Option::as_ref);
        let (Some(input), Some(second)) = (part(0), part(1)) else { return unknown() };
        let input = Box::new(self.expression(input, depth + 1)?);
        let second = Box::new(self.expression(second, depth + 1)?);
        if name == "$reduce" {
            let Some(result) = part(2) else { return unknown() };
            return Ok(Expression::Reduce {
                input,
                initial: second,
                result: Box::new(self.expression(result, depth + 1)?),
            });
        }
        let variable: Rc<str> = match part(2).map(|one| self.terms.view(one)) {
            None => "this".into(),
            Some(View::Text(text)) => text,
            Some(_) => return unknown(),
        };
        if part(3).is_some() {
            return unknown();
        }
        Ok(match name {
            "$map" => Expression::Map { input, name: variable, result: second },
            _ => Expression::Filter { input, name: variable, condition: second },
        })
    }

    /// The required and optional arguments that an operator takes by name; `None` where they are not known.
    fn named(
        &self,
        operand: &S::Term,
        operator: &str,
        required: &[&str],
        optional: &[&str],
    ) -> Known<Vec<Option<S::Term>>> {
        let Some(mut given) = entries(self.terms, operand, operator)? else { return Ok(None) };
        let mut take = |name: &str| {
            let at = given.iter().position(|(given, _)| &**given == name);
            at.map(|at| given.remove(at).1)
        };
        let mut parts = Vec::with_capacity(required.len() + optional.len());
        for name in required {
            match take(name) {
                Some(value) => parts.push(Some(value)),
                None => return Err(Refused::new(format!("{operator} lacks {name}"))),
            }
        }
        parts.extend(optional.iter().map(|name| take(name)));
        match given.first() {
            Some((name, _)) => Err(Refused::new(format!("{operator} takes no {name}"))),
            None => Ok(Some(parts)),
        }
    }
}

fn text_of<T: Clone>(text: &Rc<str>, term: &T) -> Result<Expression<T>, Refused> {
    if let Some(variable) = text.strip_prefix("$$") {
        let (name, path) = variable.split_once('.').unwrap_or((variable, ""));
        return Ok(Expression::Variable { name: name.into(), path: path.into() });
    }
    match text.strip_prefix('$') {
        Some(path) if path.is_empty() || path.split('.').any(str::is_empty) => {
            Err(Refused::new("a field path has no empty part"))
        }
        Some(path) => Ok(Expression::Field(path.into())),
        None => Ok(Expression::Value(term.clone())),
    }
}

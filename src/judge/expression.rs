//! The value of an aggregation expression.
//!
//! Input: an expression, the document that it is about. Output: a value, or that it is missing. Must not know: filters,
//! updates.

use super::arithmetic;
use super::arrays;
use super::bson::Value;
use super::evaluated::{Evaluated, truth};
use super::failure::Failure;
use crate::race::expression::{Expression, Operator};
use std::cmp::Ordering;
use std::rc::Rc;

/// What the names of an expression mean.
pub struct Scope<'a> {
    root: &'a Value,
    /// The time of the command, where it has one.
    now: Option<i64>,
    variables: Vec<(Rc<str>, Option<Value>)>,
}

impl<'a> Scope<'a> {
    pub const fn new(root: &'a Value, now: Option<i64>) -> Self {
        Self { root, now, variables: Vec::new() }
    }
}

/// Whether an expression is true of a document.
pub fn is_true(expression: &Expression<Value>, document: &Value) -> Result<bool, Failure> {
    evaluate(expression, &mut Scope::new(document, None)).map(|value| truth(value.as_ref()))
}

pub fn evaluate(expression: &Expression<Value>, scope: &mut Scope<'_>) -> Evaluated {
    match expression {
        Expression::Value(value) => Ok(Some(value.clone())),
        Expression::Field(path) => Ok(along(scope.root, Some(path))),
        Expression::Variable { name, path } => variable(name, path, scope),
        Expression::Document(fields) => {
            let mut new = Vec::with_capacity(fields.len());
            for (name, value) in fields {
                if let Some(value) = evaluate(value, scope)? {
                    new.push((name.clone(), value));
                }
            }
            Ok(Some(Value::Document(Rc::new(new))))
        }
        Expression::List(items) => {
            let items: Result<Vec<_>, _> = items.iter().map(|item| nullable(item, scope)).collect();
            Ok(Some(Value::list(items?)))
        }
        Expression::Call(operator, arguments) => call(*operator, arguments, scope),
        Expression::Switch { branches, default } => {
            for (case, then) in branches {
                if truth(evaluate(case, scope)?.as_ref()) {
                    return evaluate(then, scope);
                }
            }
            match default {
                Some(default) => evaluate(default, scope),
                None => Failure::rejected("$switch could not find a matching branch"),
            }
        }
        Expression::Let { variables, result } => {
            let outer = scope.variables.len();
            let mut bound = Vec::with_capacity(variables.len());
            for (name, value) in variables {
                bound.push((name.clone(), evaluate(value, scope)?));
            }
            scope.variables.extend(bound);
            let value = evaluate(result, scope);
            scope.variables.truncate(outer);
            value
        }
        Expression::Map { input, name, result } => {
            over(input, scope, |item, scope| Ok(Some(with(&[(name, item)], result, scope)?.unwrap_or(Value::Null))))
        }
        Expression::Filter { input, name, condition } => over(input, scope, |item, scope| {
            let keeps = truth(with(&[(name, item)], condition, scope)?.as_ref());
            Ok(keeps.then(|| item.clone()))
        }),
        Expression::Reduce { input, initial, result } => reduce(input, initial, result, scope),
        Expression::Unknown(part) => Failure::not_modelled(&**part),
    }
}

/// A missing value is null where an operator asks for one.
pub fn nullable(expression: &Expression<Value>, scope: &mut Scope<'_>) -> Result<Value, Failure> {
    Ok(evaluate(expression, scope)?.unwrap_or(Value::Null))
}

fn variable(name: &str, path: &str, scope: &Scope<'_>) -> Evaluated {
    let path = (!path.is_empty()).then_some(path);
    if let Some((_, value)) = scope.variables.iter().rev().find(|(known, _)| &**known == name) {
        return Ok(value.as_ref().and_then(|value| along(value, path)));
    }
    match name {
        "ROOT" | "CURRENT" => Ok(along(scope.root, path)),
        "REMOVE" => Ok(None),
        "NOW" => match scope.now {
            Some(now) => Ok(Some(Value::Date(now))),
            None => Failure::not_modelled("$$NOW in a filter"),
        },
        "CLUSTER_TIME" | "DESCEND" | "KEEP" | "PRUNE" | "SEARCH_META" | "USER_ROLES" => Failure::not_modelled(name),
        _ => Failure::rejected(format!("use of undefined variable: {name}")),
    }
}

/// The value at a path: of an array, the values in its documents.
fn along(value: &Value, path: Option<&str>) -> Option<Value> {
    let Some(path) = path else { return Some(value.clone()) };
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    match value {
        Value::Document(_) => along(value.field(name)?, rest),
        Value::List(items) => {
            let documents = items.iter().filter(|item| item.fields().is_some());
            Some(Value::list(documents.filter_map(|item| along(item, Some(path))).collect()))
        }
        _ => None,
    }
}

fn with(variables: &[(&Rc<str>, &Value)], body: &Expression<Value>, scope: &mut Scope<'_>) -> Evaluated {
    let outer = scope.variables.len();
    scope.variables.extend(variables.iter().map(|(name, value)| ((*name).clone(), Some((*value).clone()))));
    let value = evaluate(body, scope);
    scope.variables.truncate(outer);
    value
}

/// The elements of an input; `None` where it is null.
fn elements(input: &Expression<Value>, scope: &mut Scope<'_>) -> Result<Option<Rc<Vec<Value>>>, Failure> {
    match nullable(input, scope)? {
        Value::List(items) => Ok(Some(items)),
        Value::Null => Ok(None),
        Value::Symbol(_) => Failure::not_modelled("the elements of an unknown value"),
        _ => Failure::rejected("an input is no array"),
    }
}

fn over(
    input: &Expression<Value>,
    scope: &mut Scope<'_>,
    mut each: impl FnMut(&Value, &mut Scope<'_>) -> Evaluated,
) -> Evaluated {
    let Some(items) = elements(input, scope)? else { return Ok(Some(Value::Null)) };
    let mut new = Vec::with_capacity(items.len());
    for item in items.iter() {
        new.extend(each(item, scope)?);
    }
    Ok(Some(Value::list(new)))
}

fn reduce(
    input: &Expression<Value>,
    initial: &Expression<Value>,
    result: &Expression<Value>,
    scope: &mut Scope<'_>,
) -> Evaluated {
    let Some(items) = elements(input, scope)? else { return Ok(Some(Value::Null)) };
    let (this, value): (Rc<str>, Rc<str>) = ("this".into(), "value".into());
    let mut sum = nullable(initial, scope)?;
    for item in items.iter() {
        sum = with(&[(&this, item), (&value, &sum)], result, scope)?.unwrap_or(Value::Null);
    }
    Ok(Some(sum))
}

/// Operators that look at their arguments one by one, and at none after a null.
const STOPS_AT_NULL: [Operator; 6] = [
    Operator::Add,
    Operator::Multiply,
    Operator::Concat,
    Operator::ConcatArrays,
    Operator::SetUnion,
    Operator::SetIntersection,
];

fn call(operator: Operator, arguments: &[Expression<Value>], scope: &mut Scope<'_>) -> Evaluated {
    match operator {
        Operator::And | Operator::Or => {
            let decides = operator == Operator::Or;
            for argument in arguments {
                if truth(evaluate(argument, scope)?.as_ref()) == decides {
                    return Ok(Some(Value::Bool(decides)));
                }
            }
            return Ok(Some(Value::Bool(!decides)));
        }
        Operator::IfNull => {
            let mut value = None;
            for argument in arguments {
                value = evaluate(argument, scope)?;
                if !matches!(value, None | Some(Value::Null)) {
                    break;
                }
            }
            return Ok(value);
        }
        _ => {}
    }
    let mut values = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let value = evaluate(argument, scope)?;
        let ends = STOPS_AT_NULL.contains(&operator) && matches!(value, None | Some(Value::Null));
        values.push(value);
        if ends {
            break;
        }
    }
    match operator {
        Operator::Eq | Operator::Ne => {
            let [a, b] = values.as_slice() else { return Failure::not_modelled(operator.name()) };
            Ok(Some(Value::Bool((a == b) == (operator == Operator::Eq))))
        }
        Operator::Gt | Operator::Gte | Operator::Lt | Operator::Lte | Operator::Cmp => compare(operator, &values),
        Operator::Not => Ok(Some(Value::Bool(!truth(values.first().and_then(Option::as_ref))))),
        Operator::IsNumber => Ok(Some(Value::Bool(matches!(values.first(), Some(Some(Value::Number(_))))))),
        Operator::IsArray => Ok(Some(Value::Bool(matches!(values.first(), Some(Some(Value::List(_))))))),
        _ if arithmetic::has(operator) => arithmetic::compute(operator, &values),
        _ => arrays::compute(operator, values),
    }
}

/// The order over all types, a missing value first.
fn compare(operator: Operator, values: &[Option<Value>]) -> Evaluated {
    let [a, b] = values else { return Failure::not_modelled(operator.name()) };
    let opaque = |value: &Option<Value>| value.as_ref().is_some_and(Value::is_opaque);
    if a != b && (opaque(a) || opaque(b)) {
        return Failure::not_modelled("the order of an unknown value");
    }
    let order = match (a, b) {
        (Some(a), Some(b)) => a.order(b),
        _ => a.is_some().cmp(&b.is_some()),
    };
    Ok(Some(match operator {
        Operator::Gt => Value::Bool(order.is_gt()),
        Operator::Gte => Value::Bool(order.is_ge()),
        Operator::Lt => Value::Bool(order.is_lt()),
        Operator::Lte => Value::Bool(order.is_le()),
        _ => Value::Number(match order {
            Ordering::Less => -1.0,
            Ordering::Equal => 0.0,
            Ordering::Greater => 1.0,
        }),
    }))
}

#[cfg(test)]
mod tests {
    use super::super::bson::Concrete;
    use super::super::written::value;
    use super::*;
    use crate::race::expression::parse;

    const ROOT: &str = "{'n': 3, 'm': -2.5, 'a': [1, 2, 3], 'd': [{'x': 1}, {'x': 2}, 5], 't': 'aB', 'o': {'p': 1}, 's': '#1', 'w': '~9'}";

    fn computed(text: &str) -> Result<String, Failure> {
        let expression = parse(&Concrete, &value(text))?;
        let found = evaluate(&expression, &mut Scope::new(&value(ROOT), Some(7)))?;
        Ok(found.map_or_else(|| "missing".to_owned(), |value| value.canonical()))
    }

    #[test]
    fn each_operator_computes() {
        for (text, expected) in [
            ("{'$abs': '$m'}", "2.5"),
            ("{'$add': ['$n', 1, 2]}", "6"),
            ("{'$add': ['$w', 1]}", "Date(10)"),
            ("{'$add': ['$z', '$a']}", "null"),
            ("{'$allElementsTrue': ['$a']}", "true"),
            ("{'$and': ['$n', 0]}", "false"),
            ("{'$anyElementTrue': [[0, 1]]}", "true"),
            ("{'$arrayElemAt': ['$a', -1]}", "3"),
            ("{'$arrayElemAt': ['$a', 9]}", "missing"),
            ("{'$arrayToObject': {'$literal': [['k', 1]]}}", "{k: 1}"),
            ("{'$ceil': '$m'}", "-2"),
            ("{'$cmp': ['$n', 4]}", "-1"),
            ("{'$concat': ['$t', 'c']}", "\"aBc\""),
            ("{'$concat': ['$t', '$z']}", "null"),
            ("{'$concatArrays': ['$a', [4]]}", "[1, 2, 3, 4]"),
            ("{'$concatArrays': ['$z', {'$anyElementTrue': ['$n']}]}", "null"),
            ("{'$cond': [{'$gt': ['$n', 2]}, 'y', 'n']}", "\"y\""),
            ("{'$divide': ['$n', 2]}", "1.5"),
            ("{'$eq': ['$z', null]}", "false"),
            ("{'$eq': ['$s', '$s']}", "true"),
            ("{'$filter': {'input': '$a', 'as': 'e', 'cond': {'$ne': ['$$e', 2]}}}", "[1, 3]"),
            ("{'$first': '$a'}", "1"),
            ("{'$floor': '$m'}", "-3"),
            ("{'$gte': ['$n', 3]}", "true"),
            ("{'$ifNull': ['$z', '$n']}", "3"),
            ("{'$in': [2, '$a']}", "true"),
            ("{'$in': [{'x': 1}, '$d']}", "true"),
            ("{'$indexOfArray': ['$a', 2]}", "1"),
            ("{'$isArray': '$a'}", "true"),
            ("{'$isNumber': '$t'}", "false"),
            ("{'$last': '$a'}", "3"),
            ("{'$let': {'vars': {'v': '$n'}, 'in': {'$add': ['$$v', 1]}}}", "4"),
            ("{'$lt': ['$z', null]}", "true"),
            ("{'$lte': ['$n', 2]}", "false"),
            ("{'$map': {'input': '$d', 'in': '$$this.x'}}", "[1, 2, null]"),
            ("{'$max': '$a'}", "3"),
            ("{'$max': ['$n', '$z', 5]}", "5"),
            ("{'$mergeObjects': ['$o', {'q': 2}]}", "{p: 1, q: 2}"),
            ("{'$min': ['$n', 5]}", "3"),
            ("{'$mod': ['$n', 2]}", "1"),
            ("{'$multiply': ['$n', 2]}", "6"),
            ("{'$ne': ['$n', 3]}", "false"),
            ("{'$not': ['$z']}", "true"),
            ("{'$objectToArray': '$o'}", "[{k: \"p\", v: 1}]"),
            ("{'$or': ['$z', '$n']}", "true"),
            ("{'$range': [0, '$n']}", "[0, 1, 2]"),
            ("{'$reduce': {'input': '$a', 'initialValue': 0, 'in': {'$add': ['$$value', '$$this']}}}", "6"),
            ("{'$reverseArray': '$a'}", "[3, 2, 1]"),
            ("{'$setDifference': ['$a', [2]]}", "[1, 3]"),
            ("{'$setEquals': ['$a', [3, 2, 1, 1]]}", "true"),
            ("{'$setIntersection': ['$a', [3, 1, 9]]}", "[1, 3]"),
            ("{'$setIsSubset': [[1], '$a']}", "true"),
            ("{'$setUnion': ['$a', [3, 4]]}", "[1, 2, 3, 4]"),
            ("{'$size': '$a'}", "3"),
            ("{'$slice': ['$a', -2]}", "[2, 3]"),
            ("{'$slice': ['$a', 1, 1]}", "[2]"),
            ("{'$subtract': ['$w', 2]}", "Date(7)"),
            ("{'$sum': '$z'}", "0"),
            ("{'$sum': ['$n', '$t', 1]}", "4"),
            ("{'$switch': {'branches': [{'case': 0, 'then': 1}], 'default': 2}}", "2"),
            ("{'$toLower': '$t'}", "\"ab\""),
            ("{'$toUpper': '$z'}", "\"\""),
            ("{'$trunc': '$m'}", "-2"),
            ("'$d.x'", "[1, 2]"),
            ("'$a.0'", "[]"),
            ("{'k': '$z', 'l': ['$z']}", "{l: [null]}"),
            ("'$$ROOT.n'", "3"),
            ("'$$NOW'", "Date(7)"),
            ("'$$REMOVE'", "missing"),
        ] {
            assert_eq!(computed(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn the_server_refuses_or_the_model_does_not_know() {
        for text in [
            "{'$add': ['$t', 1]}",
            "{'$divide': ['$n', 0]}",
            "{'$in': [1, '$n']}",
            "{'$size': '$z'}",
            "{'$concatArrays': ['$a', '$n']}",
            "{'$objectToArray': '$a'}",
            "{'$mergeObjects': ['$n']}",
            "{'$switch': {'branches': [{'case': 0, 'then': 1}]}}",
            "{'$slice': ['$a', 0, 0]}",
            "'$$v'",
        ] {
            assert!(matches!(computed(text), Err(Failure::Rejected(_))), "{text}");
        }
        for text in
            ["{'$add': ['$s', 1]}", "{'$lt': ['$s', 1]}", "{'$size': '$s'}", "{'$dateAdd': {}}", "{'$max': ['$s', 1]}"]
        {
            assert!(matches!(computed(text), Err(Failure::NotModelled(_))), "{text}");
        }
    }
}

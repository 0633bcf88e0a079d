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
    let values: Result<Vec<Option<Value>>, Failure> = arguments.iter().map(|one| evaluate(one, scope)).collect();
    let values = values?;
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

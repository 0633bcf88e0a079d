//! Operators of expressions on numbers, dates and texts.
//!
//! Input: an operator and its arguments. Output: a value. Must not know: how arguments are evaluated.

use super::bson::Value;
use super::evaluated::Evaluated;
use super::failure::Failure;
use crate::race::expression::Operator;

/// Whether an operator is computed here.
pub const fn has(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::Abs
            | Operator::Add
            | Operator::Ceil
            | Operator::Concat
            | Operator::Divide
            | Operator::Floor
            | Operator::Mod
            | Operator::Multiply
            | Operator::Subtract
            | Operator::ToLower
            | Operator::ToUpper
            | Operator::Trunc
    )
}

pub fn compute(operator: Operator, values: &[Option<Value>]) -> Evaluated {
    if values.iter().flatten().any(|value| matches!(value, Value::Symbol(_))) {
        return Failure::not_modelled(format!("{} of an unknown value", operator.name()));
    }
    match operator {
        Operator::ToLower | Operator::ToUpper => case(operator, values),
        Operator::Concat => concat(values),
        Operator::Add => add(values),
        Operator::Multiply => multiply(values),
        Operator::Subtract | Operator::Divide | Operator::Mod => of_two(operator, values),
        _ => of_one(operator, values),
    }
}

fn is_null(value: &Option<Value>) -> bool {
    matches!(value, None | Some(Value::Null))
}

fn number(value: f64) -> Evaluated {
    Ok(Some(Value::Number(value)))
}

fn add(values: &[Option<Value>]) -> Evaluated {
    let (mut sum, mut date, mut null) = (0.0, None, false);
    for value in values {
        match value {
            Some(Value::Number(value)) => sum += value,
            Some(Value::Date(time)) if date.is_none() => date = Some(*time),
            Some(Value::Date(_)) => return Failure::rejected("only one date allowed in an $add expression"),
            value if is_null(value) => null = true,
            _ => return Failure::rejected("$add only supports numeric or date types"),
        }
    }
    match date {
        _ if null => Ok(Some(Value::Null)),
        Some(time) => Ok(Some(Value::Date(time + sum.round() as i64))),
        None => number(sum),
    }
}

fn multiply(values: &[Option<Value>]) -> Evaluated {
    let (mut product, mut null) = (1.0, false);
    for value in values {
        match value {
            Some(Value::Number(value)) => product *= value,
            value if is_null(value) => null = true,
            _ => return Failure::rejected("$multiply only supports numeric types"),
        }
    }
    if null { Ok(Some(Value::Null)) } else { number(product) }
}

fn of_two(operator: Operator, values: &[Option<Value>]) -> Evaluated {
    let [a, b] = values else { return Failure::not_modelled(operator.name()) };
    match (a, b) {
        _ if is_null(a) || is_null(b) => Ok(Some(Value::Null)),
        (Some(Value::Number(a)), Some(Value::Number(b))) => match operator {
            Operator::Subtract => number(a - b),
            _ if *b == 0.0 => Failure::rejected("can't divide by zero"),
            Operator::Divide => number(a / b),
            _ => number(a % b),
        },
        (Some(Value::Date(a)), Some(Value::Date(b))) if operator == Operator::Subtract => number((a - b) as f64),
        (Some(Value::Date(a)), Some(Value::Number(b))) if operator == Operator::Subtract => {
            Ok(Some(Value::Date(a - b.round() as i64)))
        }
        _ => Failure::rejected(format!("{} only supports numeric types", operator.name())),
    }
}

fn of_one(operator: Operator, values: &[Option<Value>]) -> Evaluated {
    match values.first() {
        Some(Some(Value::Number(value))) => number(match operator {
            Operator::Abs => value.abs(),
            Operator::Ceil => value.ceil(),
            Operator::Floor => value.floor(),
            _ => value.trunc(),
        }),
        Some(value) if is_null(value) => Ok(Some(Value::Null)),
        _ => Failure::rejected(format!("{} only supports numeric types", operator.name())),
    }
}

fn concat(values: &[Option<Value>]) -> Evaluated {
    let mut text = String::new();
    for value in values {
        match value {
            Some(Value::Text(part)) => text.push_str(part),
            value if is_null(value) => return Ok(Some(Value::Null)),
            _ => return Failure::rejected("$concat only supports strings"),
        }
    }
    Ok(Some(Value::text(&text)))
}

/// The server changes ASCII letters only.
fn case(operator: Operator, values: &[Option<Value>]) -> Evaluated {
    match values.first() {
        Some(Some(Value::Text(text))) if operator == Operator::ToLower => {
            Ok(Some(Value::text(&text.to_ascii_lowercase())))
        }
        Some(Some(Value::Text(text))) => Ok(Some(Value::text(&text.to_ascii_uppercase()))),
        Some(value) if is_null(value) => Ok(Some(Value::text(""))),
        _ => Failure::not_modelled(format!("{} of a value that is no text", operator.name())),
    }
}

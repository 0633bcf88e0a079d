//! JavaScript's operators on concrete values.
//!
//! Source: ECMAScript, "Abstract Operations". Input: values; none is `undefined`. Output: the result, or none where it is not known.
//! Must not know: symbolic values.

use super::bson::Value;
use super::dates;
use super::text;
use crate::value::PART;
use std::cmp::Ordering;

/// Equality as code means it: an identifier equals its text.
pub fn equal(a: &Option<Value>, b: &Option<Value>) -> bool {
    match (a, b) {
        (Some(Value::Number(a)), Some(Value::Number(b))) => a == b,
        (a, b) => a == b,
    }
}

/// The order of two values; none where they have none.
pub fn order(a: &Option<Value>, b: &Option<Value>) -> Option<Ordering> {
    match (a, b) {
        (Some(Value::Text(a)), Some(Value::Text(b))) => Some(a.cmp(b)),
        (Some(a), Some(b)) => number(a)?.partial_cmp(&number(b)?),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => Some(*n),
        Value::Date(time) => Some(*time as f64),
        Value::Bool(b) => Some(f64::from(*b)),
        Value::Null => Some(0.0),
        _ => None,
    }
}

/// The numbers among arguments of which a list is spread: `Math.max(...numbers, 0)`
fn spread(operands: &[Option<Value>]) -> Option<Vec<f64>> {
    let mut numbers = Vec::new();
    for operand in operands {
        match operand {
            Some(Value::List(items)) => {
                for item in items.iter() {
                    numbers.push(number(item)?);
                }
            }
            other => numbers.push(number(other.as_ref()?)?),
        }
    }
    Some(numbers)
}

/// The result of an operator; none where it is not modelled for these operands.
pub fn apply(operator: &str, operands: &[Option<Value>]) -> Option<Option<Value>> {
    let numbers = || operands.iter().map(|operand| number(operand.as_ref()?)).collect::<Option<Vec<f64>>>();
    if let Some(date) = dates::apply(operator, operands) {
        return Some(Some(date));
    }
    let is_time = operands.iter().any(|operand| matches!(operand, Some(Value::Date(_))));
    let result = match operator {
        "+" | "-" | "*" | "/" | "%" | "**" | "neg" => {
            // What is calculated with `undefined` is no number.
            let terms = operands.iter().map(|operand| operand.as_ref().map_or(Some(f64::NAN), number));
            let numbers = terms.collect::<Option<Vec<f64>>>()?;
            let value = match (operator, numbers.as_slice()) {
                ("+", [a, b]) => a + b,
                ("-", [a, b]) => a - b,
                ("*", [a, b]) => a * b,
                ("/", [a, b]) => a / b,
                ("%", [a, b]) => a % b,
                ("**", [a, b]) => a.powf(*b),
                ("neg", [a]) => -a,
                _ => return None,
            };
            let is_known = numbers.iter().all(|n| !n.is_nan());
            if is_time
                && is_known
                && matches!(operator, "+" | "-")
                && numbers.iter().filter(|n| **n > 1e12).count() == 1
            {
                return Some(Some(Value::Date(value as i64)));
            }
            value
        }
        "Math.max" => spread(operands)?.into_iter().fold(f64::NEG_INFINITY, f64::max),
        "Math.min" => spread(operands)?.into_iter().fold(f64::INFINITY, f64::min),
        "Math.floor" => numbers()?.first()?.floor(),
        "Math.ceil" => numbers()?.first()?.ceil(),
        "Math.round" => numbers()?.first()?.round(),
        "Math.abs" => numbers()?.first()?.abs(),
        // lodash: nothing is empty, as a list, an object or a text without a part is, and so is a number.
        "isEmpty" => {
            let is_empty = match operands.first()? {
                None | Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Date(_)) => true,
                Some(Value::List(items)) => items.is_empty(),
                Some(Value::Document(fields)) => fields.is_empty(),
                Some(Value::Text(text)) => text.is_empty(),
                _ => return None,
            };
            return Some(Some(Value::Bool(is_empty)));
        }
        "getTime" => match operands.first()? {
            Some(date @ Value::Date(_)) => return Some(Some(date.clone())),
            _ => return None,
        },
        method if text::METHODS.contains(&method) => match operands {
            [Some(Value::Text(text)), args @ ..] => return text::call(method, text, args).map(Some),
            // Of an unknown text that was made in one form already.
            [Some(symbol @ Value::Symbol(_))] if text::FORMS.contains(&method) => return Some(Some(symbol.clone())),
            _ => return None,
        },
        "typeof" => {
            let name = match operands.first()? {
                None => "undefined",
                Some(Value::Bool(_)) => "boolean",
                Some(Value::Number(_)) => "number",
                Some(Value::Text(_)) => "string",
                Some(Value::Symbol(_)) => return None,
                Some(_) => "object",
            };
            return Some(Some(Value::text(name)));
        }
        "Object.keys" | "Object.values" | "Object.entries" => match operands {
            [Some(Value::Document(fields))] => {
                let each = fields.iter().map(|(name, value)| match operator {
                    "Object.keys" => Value::text(name),
                    "Object.values" => value.clone(),
                    _ => Value::list(vec![Value::text(name), value.clone()]),
                });
                return Some(Some(Value::list(each.collect())));
            }
            _ => return None,
        },
        "JSON.stringify" | "JSON.parse" | "Object.freeze" => return operands.first().cloned(),
        "Array.isArray" => return Some(Some(Value::Bool(matches!(operands.first()?, Some(Value::List(_)))))),
        _ => return None,
    };
    Some(Some(Value::Number(result)))
}

/// Whether different operands surely give different results, so that an unknown result is as good as a known one.
pub fn is_injective(operator: &str) -> bool {
    matches!(operator, "template" | "+" | "-" | "neg" | "toISOString" | "error" | "called" | "args" | "typeof" | PART)
}

//! Operators of expressions on arrays and documents.
//!
//! Input: an operator and its arguments. Output: a value. Must not know: how arguments are evaluated.

use super::bson::Value;
use super::evaluated::{Evaluated, truth};
use super::failure::Failure;
use crate::limits::RANGE;
use crate::race::expression::Operator;
use std::rc::Rc;

pub fn compute(operator: Operator, values: Vec<Option<Value>>) -> Evaluated {
    match operator {
        Operator::Max | Operator::Min | Operator::Sum => return fold(operator, &values),
        Operator::MergeObjects => return merge(&values),
        Operator::ConcatArrays => return concat(&values),
        Operator::SetUnion | Operator::SetIntersection => return sets(operator, &values),
        Operator::Range => return range(&values),
        _ => {}
    }
    let has_null = values.iter().any(|value| matches!(value, None | Some(Value::Null)));
    if operator == Operator::SetDifference && has_null {
        return Ok(Some(Value::Null));
    }
    let first = values.first().cloned().flatten();
    let items = match first {
        Some(Value::List(items)) => items,
        Some(Value::Symbol(_)) => return Failure::not_modelled(format!("{} of an unknown value", operator.name())),
        Some(Value::Document(fields)) if operator == Operator::ObjectToArray => return Ok(Some(to_array(&fields))),
        // The only operator here whose array is its second argument.
        first if operator == Operator::In => return is_in(first.as_ref(), &values),
        None | Some(Value::Null) => return of_null(operator),
        Some(_) => return Failure::rejected(format!("{} needs an array", operator.name())),
    };
    let second = values.get(1).cloned().flatten();
    match operator {
        Operator::In => is_in(Some(&Value::List(items)), &values),
        Operator::ObjectToArray => Failure::rejected("$objectToArray requires a document input"),
        Operator::Size => Ok(Some(Value::Number(items.len() as f64))),
        Operator::First => Ok(items.first().cloned()),
        Operator::Last => Ok(items.last().cloned()),
        Operator::ReverseArray => Ok(Some(Value::list(items.iter().rev().cloned().collect()))),
        Operator::AllElementsTrue => Ok(Some(Value::Bool(items.iter().all(|item| truth(Some(item)))))),
        Operator::AnyElementTrue => Ok(Some(Value::Bool(items.iter().any(|item| truth(Some(item)))))),
        Operator::ArrayElemAt => element_at(&items, second),
        Operator::IndexOfArray => {
            let at = second.and_then(|wanted| items.iter().position(|item| *item == wanted));
            Ok(Some(Value::Number(at.map_or(-1.0, |at| at as f64))))
        }
        Operator::Slice => slice(&items, &values),
        Operator::SetDifference | Operator::SetEquals | Operator::SetIsSubset => pair(operator, &values),
        Operator::ArrayToObject => to_object(&items),
        _ => Failure::not_modelled(operator.name()),
    }
}

fn of_null(operator: Operator) -> Evaluated {
    match operator {
        Operator::Size
        | Operator::AllElementsTrue
        | Operator::AnyElementTrue
        | Operator::SetEquals
        | Operator::SetIsSubset => Failure::rejected(format!("{} needs an array", operator.name())),
        _ => Ok(Some(Value::Null)),
    }
}

fn is_in(wanted: Option<&Value>, values: &[Option<Value>]) -> Evaluated {
    match values.get(1) {
        Some(Some(Value::List(items))) => Ok(Some(Value::Bool(wanted.is_some_and(|wanted| items.contains(wanted))))),
        Some(Some(Value::Symbol(_))) => Failure::not_modelled("$in an unknown value"),
        _ => Failure::rejected("$in requires an array as a second argument"),
    }
}

/// One array stands for its elements; several arguments stand for themselves.
fn fold(operator: Operator, values: &[Option<Value>]) -> Evaluated {
    let items: Vec<Value> = match values {
        [Some(Value::List(items))] => items.to_vec(),
        _ => values.iter().flatten().cloned().collect(),
    };
    if items.iter().any(Value::is_opaque) {
        return Failure::not_modelled(format!("{} of an unknown value", operator.name()));
    }
    if operator == Operator::Sum {
        let numbers = items.iter().map(|item| if let Value::Number(number) = item { *number } else { 0.0 });
        return Ok(Some(Value::Number(numbers.fold(0.0, |sum, number| sum + number))));
    }
    let some = items.into_iter().filter(|item| *item != Value::Null);
    let best = some.reduce(|best, item| {
        let better = if operator == Operator::Max { item.order(&best).is_gt() } else { item.order(&best).is_lt() };
        if better { item } else { best }
    });
    Ok(Some(best.unwrap_or(Value::Null)))
}

fn merge(values: &[Option<Value>]) -> Evaluated {
    let documents: Vec<Option<Value>> = match values {
        [Some(Value::List(items))] => items.iter().cloned().map(Some).collect(),
        _ => values.to_vec(),
    };
    let mut merged = Value::document::<Rc<str>>([]);
    for document in documents {
        match document {
            None | Some(Value::Null) => {}
            Some(Value::Document(fields)) => fields.iter().for_each(|(name, value)| merged.set(name, value.clone())),
            Some(Value::Symbol(_)) => return Failure::not_modelled("$mergeObjects of an unknown value"),
            Some(_) => return Failure::rejected("$mergeObjects requires object inputs"),
        }
    }
    Ok(Some(merged))
}

/// The arrays among the arguments; `None` where one is null.
fn lists(operator: Operator, values: &[Option<Value>]) -> Result<Option<Vec<Rc<Vec<Value>>>>, Failure> {
    let (mut lists, mut null) = (Vec::with_capacity(values.len()), false);
    for value in values {
        match value {
            Some(Value::List(items)) => lists.push(items.clone()),
            None | Some(Value::Null) => null = true,
            Some(Value::Symbol(_)) => return Failure::not_modelled(format!("{} of an unknown value", operator.name())),
            Some(_) => return Failure::rejected(format!("{} only supports arrays", operator.name())),
        }
    }
    Ok((!null).then_some(lists))
}

fn concat(values: &[Option<Value>]) -> Evaluated {
    let Some(lists) = lists(Operator::ConcatArrays, values)? else { return Ok(Some(Value::Null)) };
    Ok(Some(Value::list(lists.iter().flat_map(|list| list.iter().cloned()).collect())))
}

fn distinct(items: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut set: Vec<Value> = Vec::new();
    for item in items {
        if !set.contains(&item) {
            set.push(item);
        }
    }
    set
}

/// The server gives these sets in no certain order; here they are sorted.
fn sets(operator: Operator, values: &[Option<Value>]) -> Evaluated {
    let Some(lists) = lists(operator, values)? else { return Ok(Some(Value::Null)) };
    let mut set = match (operator, lists.split_first()) {
        (Operator::SetIntersection, Some((first, others))) => {
            let common = first.iter().filter(|item| others.iter().all(|list| list.contains(item)));
            distinct(common.cloned())
        }
        _ => distinct(lists.iter().flat_map(|list| list.iter().cloned())),
    };
    set.sort_by(Value::order);
    Ok(Some(Value::list(set)))
}

fn pair(operator: Operator, values: &[Option<Value>]) -> Evaluated {
    let lists = match lists(operator, values)? {
        Some(lists) => lists,
        None if operator == Operator::SetDifference => return Ok(Some(Value::Null)),
        None => return Failure::rejected(format!("{} needs arrays", operator.name())),
    };
    let Some((first, others)) = lists.split_first() else { return Failure::not_modelled(operator.name()) };
    let within = |a: &[Value], b: &[Value]| a.iter().all(|item| b.contains(item));
    Ok(Some(match operator {
        Operator::SetDifference => {
            let left = first.iter().filter(|item| !others.iter().any(|other| other.contains(item)));
            Value::list(distinct(left.cloned()))
        }
        Operator::SetIsSubset => Value::Bool(others.iter().all(|other| within(first, other))),
        _ => Value::Bool(others.iter().all(|other| within(first, other) && within(other, first))),
    }))
}

fn integer(value: Option<&Value>, operator: Operator) -> Result<Option<f64>, Failure> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) if number.fract() == 0.0 => Ok(Some(*number)),
        Some(Value::Symbol(_)) => Failure::not_modelled(format!("{} of an unknown value", operator.name())),
        Some(_) => Failure::rejected(format!("{} needs an integer", operator.name())),
    }
}

fn element_at(items: &[Value], at: Option<Value>) -> Evaluated {
    let Some(at) = integer(at.as_ref(), Operator::ArrayElemAt)? else { return Ok(Some(Value::Null)) };
    let at = if at < 0.0 { at + items.len() as f64 } else { at };
    Ok(if at < 0.0 { None } else { items.get(at as usize).cloned() })
}

/// `[array, n]` or `[array, position, n]`.
fn slice(items: &[Value], values: &[Option<Value>]) -> Evaluated {
    let part = |at: usize| integer(values.get(at).and_then(Option::as_ref), Operator::Slice);
    let Some(second) = part(1)? else { return Ok(Some(Value::Null)) };
    let length = items.len() as f64;
    let (from, count) = if values.len() == 3 {
        let Some(count) = part(2)? else { return Ok(Some(Value::Null)) };
        if count <= 0.0 {
            return Failure::rejected("the third argument of $slice is positive");
        }
        (if second < 0.0 { (length + second).max(0.0) } else { second.min(length) }, count)
    } else if second < 0.0 {
        ((length + second).max(0.0), -second)
    } else {
        (0.0, second)
    };
    let to = (from + count).min(length);
    Ok(Some(Value::list(items.get(from as usize..to as usize).unwrap_or_default().to_vec())))
}

fn range(values: &[Option<Value>]) -> Evaluated {
    let part = |at: usize| integer(values.get(at).and_then(Option::as_ref), Operator::Range);
    let (Some(from), Some(to)) = (part(0)?, part(1)?) else { return Failure::rejected("$range needs integers") };
    let step = if values.len() == 3 { part(2)? } else { Some(1.0) };
    let Some(step) = step.filter(|step| *step != 0.0) else { return Failure::rejected("$range needs a step") };
    if (to - from) / step > f64::from(RANGE) {
        return Failure::not_modelled("a long $range");
    }
    let mut numbers = Vec::new();
    let mut at = from;
    while if step > 0.0 { at < to } else { at > to } {
        numbers.push(Value::Number(at));
        at += step;
    }
    Ok(Some(Value::list(numbers)))
}

fn to_array(fields: &[(Rc<str>, Value)]) -> Value {
    let pair =
        |(name, value): &(Rc<str>, Value)| Value::document([("k", Value::Text(name.clone())), ("v", value.clone())]);
    Value::list(fields.iter().map(pair).collect())
}

/// `[[k, v], ..]` or `[{k, v}, ..]`, of which the first element decides.
fn to_object(items: &[Value]) -> Evaluated {
    let mut object = Value::document::<Rc<str>>([]);
    let as_pairs = matches!(items.first(), Some(Value::List(_)));
    for item in items {
        let (name, value) = match item {
            Value::List(pair) if as_pairs && pair.len() == 2 => (pair.first(), pair.get(1)),
            Value::Document(fields) if !as_pairs && fields.len() == 2 => (item.field("k"), item.field("v")),
            Value::Symbol(_) => return Failure::not_modelled("$arrayToObject of an unknown value"),
            _ => return Failure::rejected("$arrayToObject needs pairs"),
        };
        match (name, value) {
            (Some(Value::Text(name)), Some(value)) => object.set(name, value.clone()),
            (Some(Value::Symbol(_)), _) => return Failure::not_modelled("$arrayToObject of an unknown name"),
            _ => return Failure::rejected("$arrayToObject needs names"),
        }
    }
    Ok(Some(object))
}

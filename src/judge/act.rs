//! What one update operator makes of one value.
//!
//! Input: an operator, the value at its path or none. Output: what becomes of it. Must not know: paths, documents around it.

use super::bson::Value;
use super::failure::Failure;
use super::matching;
use super::sort::Order;
use crate::race::change::{Act, Bit, Pulled, Push};
use crate::race::term::Items;
use std::cmp::Ordering;
use std::rc::Rc;

/// What becomes of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Keep,
    /// It becomes this one; nothing is written where it is this one already.
    Put(Value),
    /// It is written, even where it is this one already.
    Write(Value),
    Remove,
}

type Applied = Result<Outcome, Failure>;

/// `now` is the time of the command.
pub fn apply(act: &Act<Value>, old: Option<&Value>, now: i64) -> Applied {
    match act {
        Act::Set(value) | Act::SetOnInsert(value) => Ok(Outcome::Put(value.clone())),
        Act::Unset => Ok(if old.is_some() { Outcome::Remove } else { Outcome::Keep }),
        Act::Inc(by) => arithmetic(old, by, |old, by| old + by, None),
        Act::Mul(by) => arithmetic(old, by, |old, by| old * by, Some(0.0)),
        Act::Min(value) => bounded(old, value, Ordering::Less),
        Act::Max(value) => bounded(old, value, Ordering::Greater),
        Act::CurrentDate => Ok(Outcome::Put(Value::Date(now))),
        Act::Push(push) => pushed(old, push),
        Act::AddToSet(items) => added(old, items),
        Act::Pull(pulled) => filtered(old, "$pull", |item| is_pulled(item, pulled)),
        Act::PullAll(Items::Known(values)) => filtered(old, "$pullAll", |item| Ok(values.contains(item))),
        Act::Pop { first } => popped(old, *first),
        Act::Bit { operator, operand } => bit(old, *operator, operand),
        Act::PullAll(Items::Unknown(_)) => Failure::not_modelled("$pullAll"),
        Act::Rename(_) => Failure::not_modelled("$rename"),
        Act::Unknown(operator) => Failure::not_modelled(&**operator),
    }
}

fn arithmetic(old: Option<&Value>, by: &Value, compute: fn(f64, f64) -> f64, missing: Option<f64>) -> Applied {
    match (old, by) {
        (Some(Value::Number(old)), Value::Number(by)) => Ok(Outcome::Put(Value::Number(compute(*old, *by)))),
        (None, Value::Number(_)) => Ok(Outcome::Put(missing.map_or_else(|| by.clone(), Value::Number))),
        (_, Value::Symbol(_)) | (Some(Value::Symbol(_)), Value::Number(_)) => {
            Failure::not_modelled("arithmetic on an unknown value")
        }
        _ => Failure::rejected("arithmetic on a value that is no number"),
    }
}

fn bounded(old: Option<&Value>, value: &Value, wanted: Ordering) -> Applied {
    let Some(old) = old else { return Ok(Outcome::Put(value.clone())) };
    if old == value {
        return Ok(Outcome::Keep);
    }
    if old.is_opaque() || value.is_opaque() {
        return Failure::not_modelled("the order of an unknown value");
    }
    Ok(if value.order(old) == wanted { Outcome::Put(value.clone()) } else { Outcome::Keep })
}

/// The elements of an array; a missing one is empty.
fn elements(old: Option<&Value>, operator: &str) -> Result<Vec<Value>, Failure> {
    match old {
        None => Ok(Vec::new()),
        Some(Value::List(items)) => Ok(items.to_vec()),
        Some(Value::Symbol(_)) => Failure::not_modelled(format!("{operator} on an unknown value")),
        Some(_) => Failure::rejected(format!("{operator} on a value that is no array")),
    }
}

fn pushed(old: Option<&Value>, push: &Push<Value>) -> Applied {
    let Items::Known(new) = &push.items else { return Failure::not_modelled("$each") };
    let mut items = elements(old, "$push")?;
    let mut writes = !new.is_empty();
    let at = match &push.position {
        None => items.len(),
        Some(Value::Number(at)) if *at >= 0.0 => (*at as usize).min(items.len()),
        Some(Value::Number(at)) => items.len().saturating_sub(-*at as usize),
        Some(_) => return Failure::not_modelled("$position"),
    };
    items.splice(at..at, new.iter().cloned());
    if let Some(sort) = &push.sort {
        writes |= !items.is_empty();
        Order::of_elements(sort)?.sort(&mut items)?;
    }
    match &push.slice {
        None => {}
        Some(Value::Number(slice)) if *slice >= 0.0 => items.truncate(*slice as usize),
        Some(Value::Number(slice)) => {
            let gone = items.len().saturating_sub(-*slice as usize);
            items.drain(..gone);
        }
        Some(_) => return Failure::not_modelled("$slice"),
    }
    let new = Value::list(items);
    Ok(if writes { Outcome::Write(new) } else { Outcome::Put(new) })
}

fn added(old: Option<&Value>, new: &Items<Value>) -> Applied {
    let Items::Known(new) = new else { return Failure::not_modelled("$each") };
    let mut items = elements(old, "$addToSet")?;
    for value in new {
        if !items.contains(value) {
            items.push(value.clone());
        }
    }
    Ok(Outcome::Put(Value::list(items)))
}

fn filtered(old: Option<&Value>, operator: &str, goes: impl Fn(&Value) -> Result<bool, Failure>) -> Applied {
    if old.is_none() {
        return Ok(Outcome::Keep);
    }
    let mut kept = Vec::new();
    for item in elements(old, operator)? {
        if !goes(&item)? {
            kept.push(item);
        }
    }
    Ok(Outcome::Put(Value::list(kept)))
}

fn is_pulled(item: &Value, pulled: &Pulled<Value>) -> Result<bool, Failure> {
    match pulled {
        Pulled::Equal(value) => Ok(item == value),
        Pulled::Documents(predicate) => match item {
            Value::Document(_) => matching::matches(predicate, item),
            Value::Symbol(_) => Failure::not_modelled("$pull of an unknown value"),
            _ => Ok(false),
        },
        Pulled::Values(predicate) => {
            let wrapped = Value::Document(Rc::new(vec![("".into(), item.clone())]));
            matching::matches(predicate, &wrapped)
        }
        Pulled::Unknown => Failure::not_modelled("$pull"),
    }
}

fn popped(old: Option<&Value>, first: bool) -> Applied {
    if old.is_none() {
        return Ok(Outcome::Keep);
    }
    let mut items = elements(old, "$pop")?;
    if items.is_empty() {
        return Ok(Outcome::Keep);
    }
    items.remove(if first { 0 } else { items.len() - 1 });
    Ok(Outcome::Put(Value::list(items)))
}

fn bit(old: Option<&Value>, operator: Bit, operand: &Value) -> Applied {
    let old = match old {
        None => 0.0,
        Some(Value::Number(old)) if old.fract() == 0.0 => *old,
        Some(Value::Symbol(_)) => return Failure::not_modelled("$bit on an unknown value"),
        Some(_) => return Failure::rejected("$bit on a value that is no integer"),
    };
    let Value::Number(operand) = operand else { return Failure::not_modelled("$bit") };
    let (old, operand) = (old as i64, *operand as i64);
    let new = match operator {
        Bit::And => old & operand,
        Bit::Or => old | operand,
        Bit::Xor => old ^ operand,
    };
    Ok(Outcome::Put(Value::Number(new as f64)))
}

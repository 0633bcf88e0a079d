//! Aggregations: the stages that choose, count and sum documents.
//!
//! Sources: MongoDB manual, "Aggregation Stages", "$group (aggregation)", "$count", "$project".
//! Input: stages, the documents of a collection. Output: documents. Must not know: commands, requests.

use super::bson::{Concrete, Value};
use super::expression::{self, Scope};
use super::failure::Failure;
use super::matching;
use super::projection::Projection;
use super::sort::Order;
use super::traverse;
use crate::race::{expression as expressions, predicate};
use std::cmp::Ordering;
use std::rc::Rc;

type Documents = Result<Vec<Value>, Failure>;
type Computed = Result<Option<Value>, Failure>;

/// Whether all stages are modelled, and what they accumulate.
pub fn is_known(stages: &[Value]) -> bool {
    stages.iter().all(|stage| match stage.fields() {
        Some([(name, operand)]) => match &**name {
            "$match" | "$sort" | "$limit" | "$skip" | "$count" | "$project" | "$addFields" | "$set" => true,
            "$unwind" => matches!(operand, Value::Text(_)),
            "$group" => operand.fields().is_some_and(|fields| fields.iter().all(|(name, of)| is_group_part(name, of))),
            _ => false,
        },
        _ => false,
    })
}

fn is_group_part(name: &str, of: &Value) -> bool {
    const ACCUMULATORS: [&str; 9] = ["$sum", "$avg", "$max", "$min", "$first", "$last", "$push", "$addToSet", "$count"];
    name == "_id" || matches!(of.fields(), Some([(operator, _)]) if ACCUMULATORS.contains(&&**operator))
}

/// What the stages make of the documents of a collection, in the order of their insertion.
pub fn run(stages: &[Value], documents: &[Value]) -> Documents {
    let mut documents = documents.to_vec();
    for stage in stages {
        let Some([(name, operand)]) = stage.fields() else { return Failure::rejected("a stage has one name") };
        documents = match &**name {
            "$match" => matched(operand, documents)?,
            "$sort" => sorted(operand, &documents)?,
            "$limit" => documents.into_iter().take(count(operand)?).collect(),
            "$skip" => documents.into_iter().skip(count(operand)?).collect(),
            "$count" => counted(operand, documents.len())?,
            "$group" => grouped(operand, &documents)?,
            "$project" => projected(operand, documents)?,
            "$addFields" | "$set" => with_fields(operand, documents)?,
            "$unwind" => unwound(operand, documents)?,
            name => return Failure::not_modelled(format!("`{name}` of an aggregation")),
        };
    }
    Ok(documents)
}

fn matched(filter: &Value, documents: Vec<Value>) -> Documents {
    let predicate = predicate::parse(&Concrete, filter)?;
    let mut kept = Vec::new();
    for document in documents {
        if matching::matches(&predicate, &document)? {
            kept.push(document);
        }
    }
    Ok(kept)
}

fn sorted(sort: &Value, documents: &[Value]) -> Documents {
    let mut found: Vec<&Value> = documents.iter().collect();
    Order::of_documents(sort)?.arrange(&mut found)?;
    Ok(found.into_iter().cloned().collect())
}

fn count(operand: &Value) -> Result<usize, Failure> {
    match operand {
        Value::Number(number) if *number >= 0.0 => Ok(*number as usize),
        _ => Failure::not_modelled("a limit that is not known"),
    }
}

/// Of nothing nothing is given, not a zero.
fn counted(name: &Value, length: usize) -> Documents {
    let Value::Text(name) = name else { return Failure::not_modelled("a count without a name") };
    let row = || Value::document([(name.clone(), Value::Number(length as f64))]);
    Ok((length > 0).then(row).into_iter().collect())
}

fn computed(term: &Value, document: &Value) -> Computed {
    let parsed = expressions::parse(&Concrete, term)?;
    expression::evaluate(&parsed, &mut Scope::new(document, None))
}

fn grouped(operand: &Value, documents: &[Value]) -> Documents {
    let Some(parts) = operand.fields() else { return Failure::rejected("a group is a document") };
    let mut groups: Vec<(Value, Vec<&Value>)> = Vec::new();
    for document in documents {
        let id = operand.field("_id").map_or(Ok(None), |id| computed(id, document))?.unwrap_or(Value::Null);
        match groups.iter_mut().find(|(known, _)| *known == id) {
            Some((_, members)) => members.push(document),
            None => groups.push((id, vec![document])),
        }
    }
    let mut rows = Vec::with_capacity(groups.len());
    for (id, members) in groups {
        let mut row = Value::document([("_id", id)]);
        for (name, accumulator) in parts.iter().filter(|(name, _)| &**name != "_id") {
            let Some([(operator, of)]) = accumulator.fields() else {
                return Failure::rejected("a field of a group is accumulated");
            };
            let values: Vec<Option<Value>> =
                members.iter().map(|document| computed(of, document)).collect::<Result<_, _>>()?;
            if let Some(value) = accumulated(operator, values)? {
                row.set(name, value);
            }
        }
        rows.push(row);
    }
    Ok(rows)
}

fn accumulated(operator: &str, values: Vec<Option<Value>>) -> Computed {
    let length = values.len();
    Ok(Some(match operator {
        "$count" => Value::Number(length as f64),
        "$sum" => Value::Number(numbers(values)?.iter().sum()),
        "$avg" => {
            let numbers = numbers(values)?;
            match numbers.len() {
                0 => Value::Null,
                length => Value::Number(numbers.iter().sum::<f64>() / length as f64),
            }
        }
        "$max" => most(values, Ordering::Greater)?,
        "$min" => most(values, Ordering::Less)?,
        "$first" => values.into_iter().next().flatten().unwrap_or(Value::Null),
        "$last" => values.into_iter().next_back().flatten().unwrap_or(Value::Null),
        "$push" => Value::list(values.into_iter().flatten().collect()),
        "$addToSet" => {
            let mut set: Vec<Value> = Vec::new();
            for value in values.into_iter().flatten() {
                if !set.contains(&value) {
                    set.push(value);
                }
            }
            Value::list(set)
        }
        _ => return Failure::not_modelled(format!("`{operator}` of a group")),
    }))
}

/// What is no number is left out.
fn numbers(values: Vec<Option<Value>>) -> Result<Vec<f64>, Failure> {
    let mut numbers = Vec::with_capacity(values.len());
    for value in values.into_iter().flatten() {
        match value {
            Value::Number(number) => numbers.push(number),
            value if value.is_opaque() => return Failure::not_modelled("a sum of unknown values"),
            _ => {}
        }
    }
    Ok(numbers)
}

/// The greatest or the least value; what is missing or null is left out.
fn most(values: Vec<Option<Value>>, wanted: Ordering) -> Result<Value, Failure> {
    let mut most = Value::Null;
    for value in values.into_iter().flatten().filter(|value| *value != Value::Null) {
        if most == Value::Null {
            most = value;
        } else if most != value {
            if most.is_opaque() || value.is_opaque() {
                return Failure::not_modelled("the order of an unknown value");
            }
            if value.order(&most) == wanted {
                most = value;
            }
        }
    }
    Ok(most)
}

fn projected(operand: &Value, documents: Vec<Value>) -> Documents {
    let Some(fields) = operand.fields() else { return Failure::rejected("a projection is a document") };
    let is_flag = |value: &Value| matches!(value, Value::Bool(_) | Value::Number(_));
    if fields.iter().all(|(_, value)| is_flag(value)) {
        let projection = Projection::read(Some(operand))?;
        return Ok(documents.iter().map(|document| projection.of(document)).collect());
    }
    let is_off = |value: &Value| matches!(value, Value::Bool(false)) || *value == Value::Number(0.0);
    let (flags, made): (Vec<_>, Vec<_>) = fields.iter().cloned().partition(|(_, value)| is_flag(value));
    if flags.iter().any(|(name, value)| is_off(value) && &**name != "_id") {
        return Failure::rejected("a projection mixes what stays and what goes");
    }
    // Of the document what is named, and always the `_id` that is not.
    let is_without_id = flags.iter().any(|(_, value)| is_off(value));
    let mut kept: Vec<(Rc<str>, Value)> = flags.into_iter().filter(|(_, value)| !is_off(value)).collect();
    kept.push(("_id".into(), Value::Bool(true)));
    let kept = Value::document(kept);
    let projection = Projection::read(Some(&kept))?;
    let mut rows = Vec::with_capacity(documents.len());
    for document in documents {
        let mut row = projection.of(&document);
        if is_without_id {
            row.unset("_id");
        }
        set_fields(&made, &document, &mut row)?;
        rows.push(row);
    }
    Ok(rows)
}

fn with_fields(operand: &Value, documents: Vec<Value>) -> Documents {
    let Some(fields) = operand.fields() else { return Failure::rejected("fields are a document") };
    let mut rows = Vec::with_capacity(documents.len());
    for document in documents {
        let mut row = document.clone();
        set_fields(fields, &document, &mut row)?;
        rows.push(row);
    }
    Ok(rows)
}

fn set_fields(fields: &[(Rc<str>, Value)], document: &Value, row: &mut Value) -> Result<(), Failure> {
    for (name, term) in fields {
        if name.contains('.') {
            return Failure::not_modelled("a field inside of a document");
        }
        if let Some(value) = computed(term, document)? {
            row.set(name, value);
        }
    }
    Ok(())
}

/// A document for each element; none for a list that is empty, missing or null. Source: MongoDB manual, `$unwind`.
fn unwound(operand: &Value, documents: Vec<Value>) -> Documents {
    let Value::Text(path) = operand else { return Failure::not_modelled("`$unwind` with options") };
    let path = path.trim_start_matches('$');
    let mut rows = Vec::new();
    for document in documents {
        let mut items = Vec::new();
        if document.at(path).is_some_and(|value| *value != Value::Null) {
            traverse::values(&document, path, &mut items);
        }
        for item in items {
            let mut row = document.clone();
            row.set_at(path, item);
            rows.push(row);
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::super::written::value;
    use super::*;

    const STORED: &str =
        "[{'_id': 1, 'k': 'a', 'n': 2, 'l': [1, 2]}, {'_id': 2, 'k': 'a', 'n': 5}, {'_id': 3, 'k': 'b', 'l': []}]";

    fn answered(stages: &str) -> Result<String, Failure> {
        let (Value::List(stages), Value::List(documents)) = (value(stages), value(STORED)) else {
            panic!("lists are written")
        };
        assert!(is_known(&stages), "{stages:?}");
        Ok(Value::list(run(&stages, &documents)?).canonical())
    }

    #[test]
    fn each_stage_gives_what_the_manual_says() {
        for (stages, expected) in [
            ("[{'$match': {'k': 'a'}}, {'$count': 'c'}]", "[{c: 2}]"),
            ("[{'$match': {'k': 'z'}}, {'$count': 'c'}]", "[]"),
            ("[{'$match': {'k': 'z'}}, {'$group': {'_id': null, 'm': {'$max': '$n'}}}]", "[]"),
            ("[{'$group': {'_id': null, 'm': {'$max': '$n'}, 's': {'$sum': '$n'}}}]", "[{_id: null, m: 5, s: 7}]"),
            ("[{'$group': {'_id': '$k', 'c': {'$sum': 1}}}]", "[{_id: \"a\", c: 2}, {_id: \"b\", c: 1}]"),
            ("[{'$group': {'_id': '$k', 'a': {'$avg': '$n'}}}]", "[{_id: \"a\", a: 3.5}, {_id: \"b\", a: null}]"),
            ("[{'$group': {'_id': null, 'c': {'$count': {}}}}]", "[{_id: null, c: 3}]"),
            ("[{'$sort': {'n': -1}}, {'$limit': 1}, {'$project': {'n': 1, '_id': 0}}]", "[{n: 5}]"),
            ("[{'$match': {'_id': 1}}, {'$project': {'c': {'$size': '$l'}}}]", "[{_id: 1, c: 2}]"),
            ("[{'$match': {'_id': 1}}, {'$unwind': '$l'}, {'$project': {'l': 1, '_id': 0}}]", "[{l: 1}, {l: 2}]"),
            ("[{'$match': {'_id': 3}}, {'$unwind': '$l'}]", "[]"),
            (
                "[{'$skip': 2}, {'$addFields': {'d': {'$add': ['$_id', 1]}}}, {'$project': {'d': 1}}]",
                "[{_id: 3, d: 4}]",
            ),
        ] {
            assert_eq!(answered(stages).as_deref(), Ok(expected), "{stages}");
        }
    }

    #[test]
    fn what_is_not_modelled_is_said() {
        let Value::List(stages) = value("[{'$lookup': {'from': 'x'}}]") else { panic!("a list is written") };
        assert!(!is_known(&stages));
        assert!(matches!(run(&stages, &[]), Err(Failure::NotModelled(_))));
    }
}

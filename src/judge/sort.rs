//! Sorting of documents by the server's order.
//!
//! Input: a sort, documents or the elements of an array. Output: them in order. Must not know: commands.

use super::bson::Value;
use super::failure::Failure;
use super::keys::{Key, keys};
use std::cmp::Ordering;
use std::rc::Rc;

/// What is sorted by, and whether it falls.
#[derive(Clone, Debug)]
pub struct Order {
    /// Dotted paths. None where whole elements are compared.
    fields: Vec<(Rc<str>, bool)>,
    /// Whether whole elements fall; used where there are no fields.
    falls: bool,
}

impl Order {
    /// The `sort` of a query.
    pub fn of_documents(sort: &Value) -> Result<Self, Failure> {
        let Some(named) = sort.fields() else { return Failure::rejected("a sort is a document") };
        Ok(Self { fields: directions(named)?, falls: false })
    }

    /// The `$sort` of `$push`.
    pub fn of_elements(sort: &Value) -> Result<Self, Failure> {
        match sort {
            Value::Document(named) if named.is_empty() => Failure::rejected("an empty $sort"),
            Value::Document(named) => Ok(Self { fields: directions(named)?, falls: false }),
            _ => Ok(Self { fields: Vec::new(), falls: falls(sort)? }),
        }
    }

    /// Sorts the elements of an array; a path goes into documents only.
    pub fn sort(&self, items: &mut [Value]) -> Result<(), Failure> {
        items.sort_by(|a, b| {
            if self.fields.is_empty() {
                return turned(a.order(b), self.falls);
            }
            let parts = self.fields.iter().map(|(path, falls)| {
                let value = |item: &Value| item.fields().and_then(|_| item.at(path)).cloned().unwrap_or(Value::Null);
                turned(value(a).order(&value(b)), *falls)
            });
            parts.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
        Ok(())
    }

    /// The indices of the documents in order. An array counts by its least element, or by its greatest where the sort falls.
    pub fn arrange(&self, documents: &mut Vec<&Value>) -> Result<(), Failure> {
        let mut keyed = Vec::with_capacity(documents.len());
        for document in documents.iter() {
            let all = keys(self.fields.iter().map(|(path, _)| &**path), document)?;
            let first = all.into_iter().min_by(|a, b| self.compare(a, b)).unwrap_or_default();
            keyed.push((first, *document));
        }
        keyed.sort_by(|(a, _), (b, _)| self.compare(a, b));
        *documents = keyed.into_iter().map(|(_, document)| document).collect();
        Ok(())
    }

    fn compare(&self, a: &Key, b: &Key) -> Ordering {
        let parts = a.iter().zip(b).zip(&self.fields).map(|((a, b), (_, falls))| turned(a.order(b), *falls));
        parts.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

fn directions(named: &[(Rc<str>, Value)]) -> Result<Vec<(Rc<str>, bool)>, Failure> {
    named.iter().map(|(path, direction)| Ok((path.clone(), falls(direction)?))).collect()
}

fn falls(direction: &Value) -> Result<bool, Failure> {
    match direction {
        Value::Number(number) if *number == 1.0 => Ok(false),
        Value::Number(number) if *number == -1.0 => Ok(true),
        Value::Document(_) | Value::Symbol(_) => Failure::not_modelled("such a sort"),
        _ => Failure::rejected("a sort is 1 or -1"),
    }
}

fn turned(order: Ordering, falls: bool) -> Ordering {
    if falls { order.reverse() } else { order }
}

#[cfg(test)]
mod tests {
    use super::super::written::value;
    use super::*;

    fn sorted(sort: &str, documents: &[&str]) -> Vec<String> {
        let documents: Vec<Value> = documents.iter().map(|document| value(document)).collect();
        let mut order: Vec<&Value> = documents.iter().collect();
        Order::of_documents(&value(sort)).unwrap().arrange(&mut order).unwrap();
        order.into_iter().map(Value::canonical).collect()
    }

    #[test]
    fn an_array_counts_by_its_least_or_greatest_element() {
        let documents = ["{'a': [2, 9]}", "{'a': 3}", "{'a': []}", "{}"];
        assert_eq!(sorted("{'a': 1}", &documents), ["{a: []}", "{}", "{a: [2, 9]}", "{a: 3}"]);
        assert_eq!(sorted("{'a': -1}", &documents), ["{a: [2, 9]}", "{a: 3}", "{}", "{a: []}"]);
    }

    #[test]
    fn two_fields_of_one_array_are_compared_element_by_element() {
        let documents = ["{'a': [{'x': 1, 'y': 9}, {'x': 2, 'y': 0}]}", "{'a': {'x': 1, 'y': 5}}"];
        assert_eq!(
            sorted("{'a.x': 1, 'a.y': 1}", &documents),
            [value(documents[1]).canonical(), value(documents[0]).canonical()]
        );
    }

    #[test]
    fn a_direction_is_one_or_minus_one() {
        assert!(matches!(Order::of_documents(&value("{'a': 2}")), Err(Failure::Rejected(_))));
        assert!(matches!(Order::of_documents(&value("{'a': {'$meta': 'x'}}")), Err(Failure::NotModelled(_))));
    }
}

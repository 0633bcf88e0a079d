//! What the rows of an aggregation are made from.
//!
//! Sources: MongoDB manual, "Aggregation Stages", "$group (aggregation)", "$project".
//! Input: the stages as they are written, a field of a row. Output: the stored field, and how it was computed. Must not know: rules.

use super::link::Project;
use super::mongo::DbCall;
use crate::value::{Key, Node, Sym, V};

/// Where a field of a row comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub how: How,
    /// The stored field; empty where documents are counted.
    pub path: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The stored value of one document: also the greatest, the least, the first or the last of several.
    One,
    /// A sum or an average of stored values.
    Sum,
    /// How many there are: documents, or elements of a list.
    Count,
    /// A list of stored values.
    List,
}

impl Project {
    /// The origin of a field of the rows; none where a stage makes it that is not read.
    pub fn origin(&self, stages: V, field: &str) -> Option<Origin> {
        let Node::Array(items) = self.arena.node(stages) else { return None };
        let stages: Vec<V> = items.iter().map(|item| item.value).collect();
        self.origin_in(&stages, field)
    }

    /// What the first stage asks of the documents.
    pub fn asked_first(&self, stages: V) -> Option<V> {
        let Node::Array(items) = self.arena.node(stages) else { return None };
        let (name, operand) = self.only_entry(items.first()?.value)?;
        (self.arena.text(name) == "$match").then_some(operand)
    }

    /// The aggregation of which a value is the number of its documents: `rows[0].count` after `{ $count: 'count' }`.
    pub(super) fn counted_by_server(&mut self, value: V) -> Option<(V, DbCall)> {
        // A row of what was found.
        let Node::Member(row, _) = *self.arena.node(value) else { return None };
        if !matches!(self.arena.node(row), Node::Index(..) | Node::Element(_) | Node::Query { .. }) {
            return None;
        }
        let (root, path, read) = self.loaded(value, &[])?;
        let ([field], Some(read)) = (path.as_slice(), read) else { return None };
        let origin = self.origin(read.filter?, field)?;
        (origin.how == How::Count && origin.path.is_empty()).then_some((root, read))
    }

    /// Whether a part of a condition asks for such a number: what else the stages do is known to the judge alone.
    pub fn is_of_server_count(&mut self, leaf: V) -> bool {
        let sides = match *self.arena.node(leaf) {
            Node::Compare(_, a, b) => vec![a, b],
            _ => vec![leaf],
        };
        let values: Vec<V> =
            sides.into_iter().flat_map(|side| self.arena.alternatives(side)).map(|(_, value)| value).collect();
        values.into_iter().any(|value| self.counted_by_server(value).is_some())
    }

    fn only_entry(&self, value: V) -> Option<(Sym, V)> {
        let Node::Object(entries) = self.arena.node(value) else { return None };
        match entries.as_slice() {
            [entry] => match entry.key {
                Key::Name(name) => Some((name, entry.value)),
                _ => None,
            },
            _ => None,
        }
    }

    fn named(&self, object: V, field: &str) -> Option<V> {
        let Node::Object(entries) = self.arena.node(object) else { return None };
        let is_named = |key: Key| matches!(key, Key::Name(name) if self.arena.text(name) == field);
        entries.iter().rev().find(|entry| is_named(entry.key)).map(|entry| entry.value)
    }

    fn origin_in(&self, stages: &[V], field: &str) -> Option<Origin> {
        for (at, stage) in stages.iter().enumerate().rev() {
            let earlier = stages.get(..at)?;
            let (name, operand) = self.only_entry(*stage)?;
            match self.arena.text(name) {
                "$count" => {
                    let is_own = self.arena.as_str(operand) == Some(field);
                    return is_own.then(|| Origin { how: How::Count, path: Vec::new() });
                }
                "$group" => return self.made(self.named(operand, field)?, earlier),
                "$project" => match self.named(operand, field) {
                    Some(value) if !matches!(self.arena.node(value), Node::Num(_) | Node::Bool(_)) => {
                        return self.made(value, earlier);
                    }
                    None if field != "_id" => return None,
                    _ => {}
                },
                "$addFields" | "$set" => {
                    if let Some(value) = self.named(operand, field) {
                        return self.made(value, earlier);
                    }
                }
                "$match" | "$sort" | "$limit" | "$skip" | "$unwind" | "$lookup" | "$sample" => {}
                _ => return None,
            }
        }
        Some(Origin { how: How::One, path: vec![field.to_owned()] })
    }

    /// `'$no'`, `{ $max: '$no' }`, `{ $sum: 1 }`, `{ $size: { $ifNull: ['$players', []] } }`
    fn made(&self, value: V, earlier: &[V]) -> Option<Origin> {
        if let Some(path) = self.arena.as_str(value).and_then(|text| text.strip_prefix('$')) {
            let mut parts = path.split('.');
            let mut origin = self.origin_in(earlier, parts.next()?)?;
            origin.path.extend(parts.map(str::to_owned));
            return Some(origin);
        }
        let (operator, operand) = self.only_entry(value)?;
        let how = match (self.arena.text(operator), self.arena.node(operand)) {
            ("$count", _) | ("$sum", Node::Num(_)) => return Some(Origin { how: How::Count, path: Vec::new() }),
            ("$ifNull", Node::Array(items)) => return self.made(items.first()?.value, earlier),
            ("$max" | "$min" | "$first" | "$last", _) => How::One,
            ("$sum" | "$avg", _) => How::Sum,
            ("$size", _) => How::Count,
            ("$push" | "$addToSet", _) => How::List,
            _ => return None,
        };
        let origin = self.made(operand, earlier)?;
        (origin.how == How::One).then_some(Origin { how, ..origin })
    }
}

//! The kinds of one array: elements with the same key, and the patterns that recognise them.
//!
//! Input: an array with its appends. Output: a proposal, or none when its elements are scalars or unknown.

use super::keys::{self, Candidate};
use super::{Array, Field, FieldValue, Shape};
use crate::config::draft::{KindNote, Proposal};
use crate::config::{Kind, Pattern, TrackedArray, When};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Elements that share a key.
struct Group<'a> {
    key: Vec<String>,
    used: bool,
    shapes: Vec<&'a Shape>,
    /// Other keys that the same elements could have.
    others: BTreeSet<Vec<String>>,
}

pub fn proposal(array: &Array<'_>) -> Option<Proposal> {
    let mut groups = groups(array);
    let doubtful = groups.is_empty();
    if doubtful {
        groups = reference_groups(array);
    }
    let has_objects = array.appends.iter().any(|append| !append.evidence.shapes.is_empty());
    if groups.is_empty() && !has_objects {
        return None;
    }
    sort(&mut groups);
    let (mut kinds, mut notes) = (Vec::new(), Vec::new());
    for group in &groups {
        let taken: Vec<&str> = kinds.iter().map(|kind: &Kind| kind.name.as_str()).collect();
        let literals = literals(group, &groups);
        kinds.push(Kind {
            name: name(array, group, &literals, &taken),
            when: when(group, &literals),
            key: group.key.clone(),
        });
        notes.push(KindNote { used: group.used, others: group.others.iter().cloned().collect() });
    }
    let appended_by: BTreeSet<String> = array.appends.iter().map(|append| append.function.clone()).collect();
    Some(Proposal {
        array: TrackedArray {
            collection: array.collection.map(str::to_owned),
            field: array.name.to_owned(),
            kinds,
            fallback: Vec::new(),
            models: Vec::new(),
        },
        notes,
        doubtful,
        appended_by: appended_by.into_iter().collect(),
    })
}

/// The groups whose key is an identity by its name, or because the code looks for it.
fn groups<'a>(array: &Array<'a>) -> Vec<Group<'a>> {
    grouped(array, |candidate| candidate.used || !keys::is_reference(&candidate.fields))
}

/// The groups that a reference would make: `userId` in `votes` may be an identity, in `comments` it is none.
fn reference_groups<'a>(array: &Array<'a>) -> Vec<Group<'a>> {
    grouped(array, |_| true)
}

fn grouped<'a>(array: &Array<'a>, wanted: impl Fn(&Candidate) -> bool) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<Vec<String>, Group<'a>> = BTreeMap::new();
    for append in &array.appends {
        for shape in &append.evidence.shapes {
            let mut candidates = keys::candidates(array, shape, &append.evidence.keys).into_iter().filter(&wanted);
            let Some(best) = candidates.next() else { continue };
            let group = groups.entry(sorted(&best.fields)).or_insert_with(|| Group::new(best.fields));
            group.used |= best.used;
            group.shapes.push(shape);
            group.others.extend(candidates.map(|candidate| candidate.fields));
        }
        // Elements that are not seen whole, but looked for by a key.
        if append.evidence.shapes.is_empty() {
            for key in append.evidence.keys.iter().filter(|key| !key.is_empty()) {
                let group = groups.entry(sorted(key)).or_insert_with(|| Group::new(key.clone()));
                group.used = true;
            }
        }
    }
    joined(groups.into_values().collect())
}

/// Groups that each carry the other's key are one kind with two keys: the one that more elements have is kept.
fn joined(mut groups: Vec<Group<'_>>) -> Vec<Group<'_>> {
    groups.sort_by_key(|group| (Reverse(group.used), Reverse(group.shapes.len()), Reverse(group.key.len())));
    let mut kept: Vec<Group<'_>> = Vec::new();
    for group in groups {
        let carries = |a: &Group<'_>, b: &Group<'_>| a.shapes.iter().any(|shape| shape.has(&b.key));
        match kept.iter_mut().find(|other| carries(other, &group) && carries(&group, other)) {
            Some(other) => {
                other.others.insert(group.key);
                other.others.extend(group.others.into_iter().filter(|key| !keys::is_same(key, &other.key)));
                other.shapes.extend(group.shapes);
            }
            None => kept.push(group),
        }
    }
    kept
}

impl Group<'_> {
    fn new(key: Vec<String>) -> Self {
        Self { key, used: false, shapes: Vec::new(), others: BTreeSet::new() }
    }
}

fn sorted(key: &[String]) -> Vec<String> {
    let mut key = key.to_vec();
    key.sort();
    key
}

/// The first match wins, so a kind whose elements carry another kind's key comes before that other kind.
fn sort(groups: &mut [Group<'_>]) {
    let ranks: BTreeMap<Vec<String>, usize> = groups
        .iter()
        .map(|group| {
            let over = groups
                .iter()
                .filter(|other| other.key != group.key && group.shapes.iter().any(|shape| shape.has(&other.key)));
            (group.key.clone(), over.count())
        })
        .collect();
    groups.sort_by_key(|group| {
        let rank = ranks.get(&group.key).copied().unwrap_or(0);
        (Reverse(rank), Reverse(group.key.len()), group.key.clone())
    });
}

/// The literals that stand on elements of this group and of no other.
fn literals<'a>(group: &Group<'a>, groups: &[Group<'a>]) -> Vec<&'a Field> {
    let mut found: Vec<&Field> = Vec::new();
    for field in group.shapes.iter().flat_map(|shape| &shape.fields).filter(|field| keys::is_discriminator(field)) {
        let elsewhere = groups.iter().filter(|other| other.key != group.key).any(|other| {
            other.shapes.iter().any(|shape| shape.field(&field.name).is_some_and(|known| known.value == field.value))
        });
        // `has` is a word of the configuration itself.
        if !elsewhere && field.name != "has" && !found.contains(&field) {
            found.push(field);
        }
    }
    found
}

fn when(group: &Group<'_>, literals: &[&Field]) -> When {
    let mut patterns: Vec<Pattern> = literals
        .iter()
        .filter_map(|field| match &field.value {
            FieldValue::Literal(value) => {
                Some(Pattern { has: Vec::new(), equals: BTreeMap::from([(field.name.clone(), value.clone())]) })
            }
            _ => None,
        })
        .collect();
    patterns.push(Pattern { has: group.key.clone(), equals: BTreeMap::new() });
    match patterns.len() {
        1 => When::All(patterns.remove(0)),
        _ => When::Any(patterns),
    }
}

/// What a literal calls the kind, else what its key does, else the array.
fn name(array: &Array<'_>, group: &Group<'_>, literals: &[&Field], taken: &[&str]) -> String {
    let words: BTreeSet<String> = literals.iter().filter_map(|field| keys::word_of(field)).collect();
    let from_literal = words.iter().next().filter(|_| words.len() == 1).cloned();
    let from_key = || {
        let words = group.key.first().map(|field| keys::words(field)).unwrap_or_default();
        words.split_last().filter(|(_, rest)| !rest.is_empty()).map(|(_, rest)| rest.join(" "))
    };
    let stem = from_literal.or_else(from_key).unwrap_or_else(|| keys::singular(array.name));
    let spoken = group.key.join(" and ");
    [stem.clone(), format!("{stem} by {spoken}")]
        .into_iter()
        .find(|name| !taken.contains(&name.as_str()))
        .unwrap_or_else(|| format!("{stem} {}", taken.len() + 1))
}

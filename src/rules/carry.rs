//! How a check is carried by the act: the filter condition that says the same, and the call that can take it.
//!
//! Input: a check and a write. Output: text for the help. Must not know: formats.

use super::context::Context;
use super::words::key_text;
use crate::project::checks::{Check, CheckKind};
use crate::project::writes::{Write, WriteKind};
use crate::value::{Compare, Key, Node, V};

/// What to do with a condition, so that checking and writing are one call; `change` is the update document in short.
pub fn carry_text(write: &Write, condition: &str, change: &str) -> String {
    let model = write.handle.name().filter(|name| name.starts_with(char::is_uppercase)).unwrap_or("Model");
    if write.kind == WriteKind::Save {
        format!(
            "replace the change and `save()` by one call: `{model}.updateOne({{ _id: doc._id, {condition} }}, {change})`"
        )
    } else if write.document.is_some() {
        format!(
            "call it on the model, with the check in its filter: `{model}.updateOne({{ _id: doc._id, {condition} }}, {change})`"
        )
    } else if write.method.starts_with("findById") {
        format!(
            "carry the check in a filter: `findOneAndUpdate({{ _id: id, {condition} }}, {change})` instead of `{}`",
            write.method
        )
    } else {
        format!("carry the check in the filter of this call: add `{condition}`")
    }
}

impl Context<'_> {
    /// The check as a filter condition: `balance: { $gte: amount }`; `written` is what the act sets the field to.
    pub fn condition_text(&self, check: &Check, path: &str, written: V) -> String {
        let key = key_text(path);
        let CheckKind::Field { test, .. } = &check.kind else {
            let filter = check.read.as_ref().and_then(|read| read.filter);
            let wanted =
                filter.and_then(|filter| self.project.equalities(filter).into_iter().find(|(name, _)| name == path));
            return format!("{key}: {}", wanted.map_or("…".to_owned(), |(_, value)| self.show(value)));
        };
        match self.project.arena.node(*test) {
            Node::Compare(Compare::Equal, a, b) => {
                let other = if self.is_field(*a, path) { *b } else { *a };
                match check.holds {
                    true => format!("{key}: {}", self.show(other)),
                    false => format!("{key}: {{ $ne: {} }}", self.show(other)),
                }
            }
            Node::Compare(_, a, b) => match self.ordered(*a, *b, path) {
                Some((field_first, other)) => {
                    let operator = match (field_first, check.holds) {
                        (true, true) => "$lt",
                        (true, false) => "$gte",
                        (false, true) => "$gt",
                        (false, false) => "$lte",
                    };
                    format!("{key}: {{ {operator}: {} }}", self.show(other))
                }
                None => format!("{key}: …"),
            },
            // ['paid', 'sent'].includes(order.status)
            Node::Query { array, .. } => match self.project.arena.node(*array) {
                Node::Array(items) => {
                    let items: Vec<String> = items.iter().map(|item| self.show(item.value)).collect();
                    let operator = if check.holds { "$in" } else { "$nin" };
                    format!("{key}: {{ {operator}: [{}] }}", items.join(", "))
                }
                _ => format!("{key}: …"),
            },
            // A flag is a boolean; of anything else only missing and false are surely falsy.
            _ => match (self.project.arena.node(written), check.holds) {
                (Node::Bool(true), false) => format!("{key}: {{ $ne: true }}"),
                (Node::Bool(false), true) => format!("{key}: true"),
                (_, true) => format!("{key}: {{ $nin: [null, false] }}"),
                (_, false) => format!("{key}: {{ $in: [null, false] }}"),
            },
        }
    }

    /// Whether a value is the field itself, also with a default: `doc.balance || 0`.
    fn is_field(&self, value: V, path: &str) -> bool {
        match self.project.arena.node(self.project.bare(value)) {
            Node::Member(_, name) => path.ends_with(self.project.arena.text(*name)),
            Node::OneOf(alternatives) => {
                let mut own = alternatives.iter().filter(|(_, v)| !self.project.arena.is_literal(*v)).peekable();
                own.peek().is_some() && own.all(|(_, v)| self.is_field(*v, path))
            }
            _ => false,
        }
    }

    /// Of `a < b`: whether the field stands first, and what it is compared with. `balance - amount < 0` compares with amount.
    fn ordered(&self, a: V, b: V, path: &str) -> Option<(bool, V)> {
        if self.is_field(a, path) {
            return Some((true, b));
        }
        if self.is_field(b, path) {
            return Some((false, a));
        }
        let is_zero = |v: V| matches!(self.project.arena.node(v), Node::Num(bits) if f64::from_bits(*bits) == 0.0);
        let taken = |v: V| match self.project.arena.node(v) {
            Node::Derived(op, parts) if self.project.arena.text(*op) == "-" => match parts.as_slice() {
                [field, other] if self.is_field(*field, path) => Some(*other),
                _ => None,
            },
            _ => None,
        };
        match (taken(a), taken(b)) {
            (Some(other), _) if is_zero(b) => Some((true, other)),
            (_, Some(other)) if is_zero(a) => Some((false, other)),
            _ => None,
        }
    }

    /// What keeps two inserts apart that a search by `keys` decides: an index on what the search surely asks for.
    pub fn index_text(&self, filter: Option<V>, keys: &[String]) -> String {
        let Some(entries) = filter.and_then(|filter| self.plain_equalities(filter)) else {
            return "store what the search asks for as one key of its own, such as a day or a sorted pair, with a unique index, and treat E11000 as found".to_owned();
        };
        let (constant, own): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|(_, value)| self.project.arena.is_literal(*value));
        let names: Vec<String> = match own.is_empty() {
            true => keys.iter().map(|key| key_text(key)).collect(),
            false => own.iter().map(|(key, _)| key_text(key)).collect(),
        };
        let index: Vec<String> = names.iter().map(|name| format!("{name}: 1")).collect();
        let index = index.join(", ");
        let fixed: Vec<String> =
            constant.iter().map(|(key, value)| format!("{}: {}", key_text(key), self.show(*value))).collect();
        let partial = match fixed.is_empty() {
            true => String::new(),
            false => format!(" with `partialFilterExpression: {{ {} }}`", fixed.join(", ")),
        };
        format!(
            "create a unique index on `{{ {index} }}`{partial} and treat E11000 as found, or use one `updateOne(filter, {{ $setOnInsert: … }}, {{ upsert: true }})` on that index"
        )
    }

    /// The entries of a filter that holds nothing but equalities.
    fn plain_equalities(&self, filter: V) -> Option<Vec<(String, V)>> {
        let Node::Object(entries) = self.project.arena.node(filter) else { return None };
        entries
            .iter()
            .map(|entry| match entry.key {
                Key::Name(name) if !self.project.arena.text(name).starts_with('$') => {
                    let plain = !matches!(self.project.arena.node(entry.value), Node::Object(_) | Node::Array(_));
                    plain.then(|| (self.project.arena.text(name).to_owned(), entry.value))
                }
                _ => None,
            })
            .collect()
    }
}

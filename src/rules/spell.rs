//! Spelling: a value in full, as the code would write it, for who looks into the engine.
//!
//! Input: values. Output: texts. A report shows names instead ([`super::words`]). Must not know: formats, files.

use super::context::Context;
use super::words::key_text;
use crate::limits;
use crate::value::{C, Compare, Entry, Freshness, Item, Key, Node, PART, Site, SiteInfo, V};

/// How results of calls are told apart.
pub trait Numbers {
    /// The number under which the call at a site is listed.
    fn number(&self, site: Site) -> Option<usize>;
    /// Where an expression stands.
    fn line(&self, place: SiteInfo) -> String;
}

/// Spells where no calls are listed.
pub struct Unnumbered;

impl Numbers for Unnumbered {
    fn number(&self, _: Site) -> Option<usize> {
        None
    }

    fn line(&self, _: SiteInfo) -> String {
        "the line before".to_owned()
    }
}

impl Context<'_> {
    /// A value in full; `#3` is the result of the third listed call.
    pub fn spell(&self, value: V, numbers: &dyn Numbers) -> String {
        self.spell_at(value, numbers, 0)
    }

    /// A path condition: its parts, first asked first.
    pub fn spell_condition(&self, cond: C, numbers: &dyn Numbers) -> String {
        match cond {
            C::TRUE => "always".to_owned(),
            C::FALSE => "never".to_owned(),
            _ => {
                let mut atoms = self.project.arena.atoms(cond);
                atoms.reverse();
                let parts = atoms.iter().map(|atom| match (atom.holds, self.spell(atom.value, numbers)) {
                    (true, text) => text,
                    (false, text) => negated(&text),
                });
                parts.collect::<Vec<_>>().join(" && ")
            }
        }
    }

    fn spell_at(&self, value: V, numbers: &dyn Numbers, depth: u32) -> String {
        if depth > limits::SPELLED_DEPTH {
            return "…".to_owned();
        }
        let arena = &self.project.arena;
        let inner = |value: V| self.spell_at(value, numbers, depth + 1);
        match arena.node(value) {
            Node::Call { site, callee, args } => match numbers.number(*site) {
                Some(number) => format!("#{number}"),
                None => format!("{}({})", inner(*callee), joined(args, &inner)),
            },
            Node::New { callee, args, .. } => format!("new {}({})", inner(*callee), joined(args, &inner)),
            Node::Object(entries) => self.spell_object(entries, numbers, depth),
            Node::Array(items) => self.spell_array(items, numbers, depth),
            Node::OneOf(alternatives) => {
                let parts = alternatives.iter().map(|(cond, value)| match cond {
                    &C::TRUE => inner(*value),
                    cond => format!("{} if {}", inner(*value), self.spell_condition_at(*cond, numbers, depth + 1)),
                });
                format!("({})", parts.collect::<Vec<_>>().join(" | "))
            }
            Node::And(parts) => format!("({})", parts.iter().map(|v| inner(*v)).collect::<Vec<_>>().join(" && ")),
            Node::Or(parts) => format!("({})", parts.iter().map(|v| inner(*v)).collect::<Vec<_>>().join(" || ")),
            Node::Derived(operator, parts) => self.spell_derived(arena.text(*operator), parts, &inner),
            Node::Template(parts) => {
                let parts = parts.iter().map(|part| match arena.as_str(*part) {
                    Some(text) => text.to_owned(),
                    None => format!("${{{}}}", inner(*part)),
                });
                format!("`{}`", parts.collect::<String>())
            }
            Node::Member(object, key) => format!("{}.{}", inner(*object), arena.text(*key)),
            _ => self.spell_unary(value, numbers, depth),
        }
    }

    /// The values with one or two operands, and those with none.
    fn spell_unary(&self, value: V, numbers: &dyn Numbers, depth: u32) -> String {
        let arena = &self.project.arena;
        let inner = |value: V| self.spell_at(value, numbers, depth + 1);
        match arena.node(value) {
            Node::Not(value) => negated(&inner(*value)),
            Node::Nullish(value) => format!("{} == null", inner(*value)),
            Node::Compare(operator, a, b) => {
                let operator = match operator {
                    Compare::Equal => "===",
                    Compare::Less => "<",
                    Compare::LessOrEqual => "<=",
                };
                format!("{} {operator} {}", inner(*a), inner(*b))
            }
            Node::Query { method, array, arg } => format!("{}.{}({})", inner(*array), arena.text(*method), inner(*arg)),
            Node::Mapped(array, result) => format!("{}.map({})", inner(*array), inner(*result)),
            Node::Element(array) => format!("{}[*]", inner(*array)),
            Node::Index(object, key) => format!("{}[{}]", inner(*object), inner(*key)),
            Node::Coerce(kind, value) => format!("{kind:?}({})", inner(*value)),
            Node::Regex(text) => arena.text(*text).to_owned(),
            Node::Fresh(Freshness::Id, _) => "<new id>".to_owned(),
            Node::Fresh(Freshness::Time, _) => "<now>".to_owned(),
            Node::Fresh(Freshness::Random, _) => "<random>".to_owned(),
            Node::Func(func) => {
                format!("<function {}>", self.project.function(*func).map_or("", |function| function.name.as_str()))
            }
            Node::Class(class) => self.project.class(*class).map_or("<class>".to_owned(), |class| class.name.clone()),
            Node::Caught(site) => format!("<threw at {}>", numbers.line(self.project.base_site(*site))),
            Node::Completed(site) => format!("<returned at {}>", numbers.line(self.project.base_site(*site))),
            Node::Opaque(site) => format!("<unknown at {}>", numbers.line(self.project.base_site(*site))),
            Node::Cut(_) => "<cut>".to_owned(),
            _ => self.show(value),
        }
    }

    fn spell_condition_at(&self, cond: C, numbers: &dyn Numbers, depth: u32) -> String {
        if depth > limits::SPELLED_CONDITIONS { "…".to_owned() } else { self.spell_condition(cond, numbers) }
    }

    fn spell_object(&self, entries: &[Entry], numbers: &dyn Numbers, depth: u32) -> String {
        let parts = entries.iter().map(|entry| {
            let value = self.spell_at(entry.value, numbers, depth + 1);
            let text = match entry.key {
                Key::Name(name) => format!("{}: {value}", key_text(self.project.arena.text(name))),
                Key::Computed(key) => format!("[{}]: {value}", self.spell_at(key, numbers, depth + 1)),
                Key::Spread => format!("...{value}"),
            };
            self.with_condition(text, entry.cond, numbers, depth)
        });
        match entries {
            [] => "{}".to_owned(),
            _ => format!("{{ {} }}", parts.collect::<Vec<_>>().join(", ")),
        }
    }

    fn spell_array(&self, items: &[Item], numbers: &dyn Numbers, depth: u32) -> String {
        let parts = items.iter().map(|item| {
            let spread = if item.spread { "..." } else { "" };
            let text = format!("{spread}{}", self.spell_at(item.value, numbers, depth + 1));
            self.with_condition(text, item.cond, numbers, depth)
        });
        format!("[{}]", parts.collect::<Vec<_>>().join(", "))
    }

    fn with_condition(&self, text: String, cond: C, numbers: &dyn Numbers, depth: u32) -> String {
        match cond {
            C::TRUE => text,
            _ => format!("({text} if {})", self.spell_condition_at(cond, numbers, depth + 1)),
        }
    }

    fn spell_derived(&self, operator: &str, parts: &[V], inner: &dyn Fn(V) -> String) -> String {
        match parts {
            [owner, method, key] if operator == PART => {
                let method = self.project.arena.as_str(*method).unwrap_or_default();
                format!("{}.{method}({})", inner(*owner), inner(*key))
            }
            [a] if operator == "neg" => format!("-{}", inner(*a)),
            [a, b] if !operator.starts_with(|c: char| c.is_alphabetic()) => {
                format!("({} {operator} {})", inner(*a), inner(*b))
            }
            _ => format!("{operator}({})", joined(parts, inner)),
        }
    }
}

fn joined(values: &[V], inner: &dyn Fn(V) -> String) -> String {
    values.iter().map(|value| inner(*value)).collect::<Vec<_>>().join(", ")
}

fn negated(text: &str) -> String {
    if text.contains(' ') && !text.starts_with('(') { format!("!({text})") } else { format!("!{text}") }
}

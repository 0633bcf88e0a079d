//! Code: a value as the analysed code would write it at the act.
//!
//! Input: a value. Output: its text; none where a part of it has no name that is known here. Must not know: formats.

use super::token;
use crate::project::Project;
use crate::value::{C, Coercion, Entry, Key, Node, PART, V};

/// Longer calls are no help.
const LONGEST: usize = 220;
/// What is nested deeper is not written.
const DEEPEST: u32 = 10;

/// A value.
pub fn value(project: &Project, value: V) -> Option<String> {
    text(project, value, 0).filter(|text| text.chars().count() <= LONGEST)
}

/// The entries of an object, without its braces.
pub fn entries(project: &Project, all: &[Entry]) -> Option<String> {
    listed(project, all, 0).filter(|text| text.chars().count() <= LONGEST)
}

fn text(project: &Project, value: V, depth: u32) -> Option<String> {
    if depth > DEEPEST {
        return None;
    }
    let arena = &project.arena;
    let inner = |value: V| text(project, value, depth + 1);
    Some(match arena.peek(value) {
        Node::Undefined => "undefined".to_owned(),
        Node::Null => "null".to_owned(),
        Node::Bool(b) => b.to_string(),
        Node::Num(bits) => f64::from_bits(*bits).to_string(),
        Node::Str(text) => token::string(arena.text(*text), '\''),
        Node::Template(parts) => template(project, parts, depth)?,
        Node::Param(func, at) => {
            let name = project.function(*func)?.param_names.get(*at as usize)?;
            named(name)?
        }
        Node::Global(name) => arena.text(*name).to_owned(),
        Node::Import { name, .. } => {
            let name = arena.text(*name);
            named(name).filter(|name| name != "default")?
        }
        Node::Member(object, key) => member(project, *object, arena.text(*key), depth)?,
        Node::This(_) | Node::Instance(_) => "this".to_owned(),
        Node::Coerce(Coercion::Text, own) => format!("String({})", inner(*own)?),
        Node::Coerce(Coercion::ObjectId, own) => format!("new ObjectId({})", inner(*own)?),
        Node::Coerce(Coercion::Number, own) => format!("Number({})", inner(*own)?),
        Node::Coerce(Coercion::Copy, own) => inner(*own)?,
        Node::Coerce(Coercion::Bool, own) => format!("Boolean({})", inner(*own)?),
        Node::Derived(operator, operands) if arena.text(*operator) == PART => {
            let [owner, method, key] = operands.as_slice() else { return None };
            format!("{}.{}({})", inner(*owner)?, arena.as_str(*method)?, inner(*key)?)
        }
        Node::Derived(operator, operands) => {
            let operands = operands.iter().map(|operand| inner(*operand)).collect::<Option<Vec<String>>>()?;
            computed(arena.text(*operator), &operands)?
        }
        // A parameter or a member with a default has the name of the one that may be missing.
        Node::OneOf(alternatives) => {
            let mut named = alternatives.iter().filter(|(_, value)| !arena.is_literal(*value));
            let (_, only) = named.next()?;
            if named.next().is_some() {
                return None;
            }
            inner(*only)?
        }
        Node::Object(own) if own.is_empty() => "{}".to_owned(),
        Node::Object(own) => format!("{{ {} }}", listed(project, own, depth)?),
        Node::Array(items) => {
            let items = items
                .iter()
                .map(|item| {
                    let text = inner(item.value).filter(|_| item.cond == C::TRUE)?;
                    Some(if item.spread { format!("...{text}") } else { text })
                })
                .collect::<Option<Vec<String>>>()?;
            format!("[{}]", items.join(", "))
        }
        _ => return None,
    })
}

fn listed(project: &Project, all: &[Entry], depth: u32) -> Option<String> {
    let mut texts = Vec::new();
    for entry in all {
        if entry.cond != C::TRUE {
            return None;
        }
        let value = text(project, entry.value, depth + 1)?;
        texts.push(match entry.key {
            Key::Name(name) => {
                let key = token::key(project.arena.text(name), '\'');
                if key == value { key } else { format!("{key}: {value}") }
            }
            Key::Computed(key) => format!("[{}]: {value}", text(project, key, depth + 1)?),
            Key::Spread => format!("...{value}"),
        });
    }
    Some(texts.join(", "))
}

/// A member; what came with a request is called by its last name.
fn member(project: &Project, object: V, key: &str, depth: u32) -> Option<String> {
    if !token::is_identifier(key) {
        return Some(format!("{}[{}]", text(project, object, depth + 1)?, token::string(key, '\'')));
    }
    let is_sent = match project.arena.peek(object) {
        Node::Member(_, name) => matches!(project.arena.text(*name), "body" | "params" | "query"),
        // A parameter that is taken apart where it is declared.
        Node::Param(func, at) => {
            let named = project.function(*func).and_then(|function| function.param_names.get(*at as usize));
            named.is_none_or(|name| name.is_empty())
        }
        _ => false,
    };
    if is_sent {
        return Some(key.to_owned());
    }
    Some(format!("{}.{key}", text(project, object, depth + 1)?))
}

fn template(project: &Project, parts: &[V], depth: u32) -> Option<String> {
    let mut written = String::from("`");
    for part in parts {
        match project.arena.peek(*part) {
            Node::Str(own) => {
                let own = project.arena.text(*own);
                if own.contains(['`', '\\', '$', '\n']) {
                    return None;
                }
                written.push_str(own);
            }
            _ => written.push_str(&format!("${{{}}}", text(project, *part, depth + 1)?)),
        }
    }
    written.push('`');
    Some(written)
}

fn computed(operator: &str, operands: &[String]) -> Option<String> {
    let is_name = |text: &str| text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '(' | ')'));
    let part = |text: &String| if is_name(text) { text.clone() } else { format!("({text})") };
    match (operator, operands) {
        ("+" | "-" | "*" | "/" | "%" | "**", [a, b]) => Some(format!("{} {operator} {}", part(a), part(b))),
        ("neg", [a]) => Some(format!("-{}", part(a))),
        (name, operands) if name.starts_with("Math.") => Some(format!("{name}({})", operands.join(", "))),
        _ => None,
    }
}

fn named(name: &str) -> Option<String> {
    token::is_identifier(name).then(|| name.to_owned())
}

//! Code: a value as it would be written at the act, by the names in scope there.
//!
//! Input: a value. Output: its text; none where a part of it has no name at the act. Must not know: formats.

use super::token;
use crate::limits;
use crate::project::Project;
use crate::project::writes::Write;
use crate::value::{Atom, C, Coercion, Compare, Entry, Item, Key, Node, Numeral, PART, Sym, V};

/// What can be named at an act.
#[derive(Clone)]
pub struct Scope {
    names: Vec<(Sym, V)>,
    /// The condition under which the act runs, which leaves some alternatives of a value out.
    cond: C,
    /// Texts of whole values that the call itself writes.
    texts: Vec<(V, String)>,
    quote: char,
}

impl Scope {
    /// None where nothing is known of the names at the act.
    pub fn at(project: &mut Project, act: &Write) -> Option<Self> {
        let names = project.names_at(act.site)?;
        Some(Self { names, cond: act.cond, texts: Vec::new(), quote: '\'' })
    }

    /// For what has no names in it.
    pub fn without_names(act: &Write) -> Self {
        Self { names: Vec::new(), cond: act.cond, texts: Vec::new(), quote: '\'' }
    }

    pub fn quoted(&self, quote: char) -> Self {
        Self { quote, ..self.clone() }
    }

    pub fn with_texts(&self, texts: Vec<(V, String)>) -> Self {
        Self { texts, ..self.clone() }
    }

    /// A value.
    pub fn value(&self, project: &mut Project, value: V) -> Option<String> {
        self.text(project, value, 0).filter(|text| text.chars().count() <= limits::HELP_CALL)
    }

    /// The entries of an object, without its braces.
    pub fn entries(&self, project: &mut Project, all: &[Entry]) -> Option<String> {
        self.listed(project, all, 0).filter(|text| text.chars().count() <= limits::HELP_CALL)
    }

    pub fn names(&self) -> &[(Sym, V)] {
        &self.names
    }

    /// Whether a name means nothing here, or something that is not known by this name.
    pub fn is_free(&self, project: &Project, name: &str) -> bool {
        self.names.iter().all(|(own, _)| project.arena.text(*own) != name)
    }

    fn name_of(&self, project: &mut Project, value: V) -> Option<String> {
        let narrow = match project.arena.peek(value) {
            Node::Undefined | Node::Null | Node::Bool(_) | Node::Num(_) | Node::Str(_) => return None,
            Node::OneOf(_) => project.arena.narrow(self.cond, value),
            _ => value,
        };
        let (name, _) = self.names.iter().find(|(_, own)| *own == value || *own == narrow)?;
        let text = project.arena.text(*name);
        token::is_identifier(text).then(|| text.to_owned())
    }

    fn text(&self, project: &mut Project, value: V, depth: u32) -> Option<String> {
        if depth > limits::HELP_DEPTH {
            return None;
        }
        if let Some(name) = self.name_of(project, value) {
            return Some(name);
        }
        let node = project.arena.peek(value).clone();
        Some(match node {
            Node::Undefined => "undefined".to_owned(),
            Node::Null => "null".to_owned(),
            Node::Bool(b) => b.to_string(),
            Node::Num(bits) => f64::from_bits(bits).to_string(),
            Node::Str(text) => token::string(project.arena.text(text), self.quote),
            Node::Template(parts) => self.template(project, &parts, depth)?,
            Node::Global(name) => {
                let name = project.arena.text(name).to_owned();
                (self.is_free(project, &name) && token::is_identifier(&name)).then_some(name)?
            }
            Node::Member(object, key) => self.member(project, value, (object, key), depth)?,
            Node::Coerce(Coercion::Text, own) => format!("String({})", self.text(project, own, depth + 1)?),
            Node::Coerce(Coercion::ObjectId, own) => {
                let maker = self.object_id(project)?;
                format!("new {maker}({})", self.text(project, own, depth + 1)?)
            }
            Node::Coerce(Coercion::Number(numeral), own) => {
                let own = self.text(project, own, depth + 1)?;
                match numeral {
                    Numeral::Whole => format!("Number({own})"),
                    Numeral::Integer => format!("parseInt({own}, 10)"),
                    Numeral::Start => format!("parseFloat({own})"),
                }
            }
            Node::Coerce(Coercion::Copy, own) => self.text(project, own, depth + 1)?,
            Node::Coerce(Coercion::Bool, own) => format!("Boolean({})", self.text(project, own, depth + 1)?),
            Node::Derived(operator, operands) if project.arena.text(operator) == PART => {
                let [owner, method, key] = operands.as_slice() else { return None };
                let (owner, key) = (self.text(project, *owner, depth + 1)?, self.text(project, *key, depth + 1)?);
                format!("{owner}.{}({key})", project.arena.as_str(*method)?)
            }
            Node::Derived(operator, operands) => {
                let operands = operands.into_iter().map(|operand| self.text(project, operand, depth + 1));
                let operands = operands.collect::<Option<Vec<String>>>()?;
                computed(project.arena.text(operator), &operands)?
            }
            Node::OneOf(alternatives) => match project.arena.narrow(self.cond, value) {
                narrow if narrow != value => self.text(project, narrow, depth + 1)?,
                _ => self.conditional(project, &alternatives, depth)?,
            },
            Node::Object(own) if own.is_empty() => "{}".to_owned(),
            Node::Object(own) => format!("{{ {} }}", self.listed(project, &own, depth)?),
            Node::Array(items) => self.array(project, &items, depth)?,
            _ => return None,
        })
    }

    /// `isNew ? 1 : 0`, `flow === 'IN' ? amount : -amount`: numbers that tests with names tell apart, each asked where those before it
    /// failed. Nothing is no value to ask for or to write.
    fn conditional(&self, project: &mut Project, alternatives: &[(C, V)], depth: u32) -> Option<String> {
        let is_number = |value: V| match project.arena.peek(value) {
            Node::Num(_) => true,
            Node::Derived(operator, _) => project.arena.text(*operator) == "neg",
            _ => false,
        };
        let is_of_numbers = alternatives.iter().any(|(_, value)| is_number(*value));
        if !is_of_numbers || alternatives.iter().any(|(_, value)| project.arena.is_nothing(*value)) {
            return None;
        }
        self.chosen(project, self.cond, alternatives, depth)
    }

    /// The alternatives that are left where `known` holds: one, or the first one's test with the others where it fails.
    fn chosen(&self, project: &mut Project, known: C, alternatives: &[(C, V)], depth: u32) -> Option<String> {
        let atoms = |(cond, value): &(C, V)| {
            let atoms = project.arena.atoms_in_order(*cond);
            let truth = |atom: &Atom| project.arena.truth(known, atom.value).map(|truth| truth == atom.holds);
            let is_possible = atoms.iter().all(|atom| truth(atom) != Some(false));
            let open: Vec<Atom> = atoms.into_iter().filter(|atom| truth(atom).is_none()).collect();
            is_possible.then_some((*cond, *value, open))
        };
        let left: Vec<(C, V, Vec<Atom>)> = alternatives.iter().filter_map(atoms).collect();
        let ((_, value, open), rest) = left.split_first()?;
        match (open.as_slice(), rest) {
            ([], []) => self.text(project, *value, depth + 1),
            ([only], [_, ..]) => {
                let rest: Vec<(C, V)> = rest.iter().map(|(cond, value, _)| (*cond, *value)).collect();
                let asked = self.test(project, only.value, depth + 1)?;
                let then = self.text(project, *value, depth + 1)?;
                let failed = project.arena.meet(known, only.value, !only.holds);
                let otherwise = self.chosen(project, failed, &rest, depth + 1)?;
                let (then, otherwise) = if only.holds { (then, otherwise) } else { (otherwise, then) };
                Some(format!("{asked} ? {then} : {otherwise}"))
            }
            _ => None,
        }
    }

    /// What is asked, as a test of the code.
    fn test(&self, project: &mut Project, value: V, depth: u32) -> Option<String> {
        let Node::Compare(operator, a, b) = *project.arena.peek(value) else { return self.text(project, value, depth) };
        let operator = match operator {
            Compare::Equal => "===",
            Compare::Less => "<",
            Compare::LessOrEqual => "<=",
        };
        let (a, b) = (self.text(project, a, depth + 1)?, self.text(project, b, depth + 1)?);
        (!a.contains(" ? ") && !b.contains(" ? ")).then(|| format!("{a} {operator} {b}"))
    }

    fn array(&self, project: &mut Project, items: &[Item], depth: u32) -> Option<String> {
        let items = items.iter().map(|item| {
            let text = self.text(project, item.value, depth + 1).filter(|_| item.cond == C::TRUE)?;
            Some(if item.spread { format!("...{text}") } else { text })
        });
        Some(format!("[{}]", items.collect::<Option<Vec<String>>>()?.join(", ")))
    }

    fn listed(&self, project: &mut Project, all: &[Entry], depth: u32) -> Option<String> {
        let mut texts = Vec::new();
        for entry in all {
            if entry.cond != C::TRUE {
                return None;
            }
            let written = self.texts.iter().find(|(own, _)| *own == entry.value);
            let value = match written {
                Some((_, text)) => text.clone(),
                None => self.text(project, entry.value, depth + 1)?,
            };
            texts.push(match entry.key {
                Key::Name(name) => {
                    let key = token::key(project.arena.text(name), self.quote);
                    if key == value { key } else { format!("{key}: {value}") }
                }
                Key::Computed(key) => format!("[{}]: {value}", self.text(project, key, depth + 1)?),
                Key::Spread => format!("...{value}"),
            });
        }
        Some(texts.join(", "))
    }

    fn member(&self, project: &mut Project, whole: V, (object, key): (V, Sym), depth: u32) -> Option<String> {
        // Of two cases, the last alone would be the owner.
        let owner = self.text(project, object, depth + 1).filter(|owner| !owner.contains(" ? "))?;
        let key = project.arena.text(key);
        if !token::is_identifier(key) {
            return Some(format!("{owner}[{}]", token::string(key, self.quote)));
        }
        let link = if project.missing.contains_key(&whole) { "?." } else { "." };
        Some(format!("{owner}{link}{key}"))
    }

    /// What makes an identifier here.
    fn object_id(&self, project: &Project) -> Option<&'static str> {
        let has = |name: &str| !self.is_free(project, name);
        [("ObjectId", "ObjectId"), ("ObjectID", "ObjectID"), ("mongoose", "mongoose.Types.ObjectId")]
            .into_iter()
            .find(|(name, _)| has(name))
            .map(|(_, maker)| maker)
    }

    fn template(&self, project: &mut Project, parts: &[V], depth: u32) -> Option<String> {
        let mut written = String::from("`");
        for part in parts {
            match project.arena.as_str(*part) {
                Some(own) if own.contains(['`', '\\', '$', '\n']) => return None,
                Some(own) => written.push_str(own),
                None => written.push_str(&format!("${{{}}}", self.text(project, *part, depth + 1)?)),
            }
        }
        written.push('`');
        Some(written)
    }
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

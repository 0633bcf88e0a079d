//! Words: values, guards and places as a report shows them.
//!
//! Input: values and checks. Output: texts and places. Must not know: formats.

use super::context::{Context, Trace};
use crate::diagnostic::Role;
use crate::limits;
use crate::project::checks::{Check, CheckKind};
use crate::project::handle::Handle;
use crate::project::writes::Write;
use crate::remedy::{self, token};
use crate::value::{Compare, Node, Site, V};

/// A path in a sentence; of a key that is computed, what it is a key of: `done.*` is no path that a filter takes, and no more are
/// `lines.$.done` and `lines.$[line].done`.
pub fn place(path: &str) -> String {
    let is_open = |part: &str| part == "*" || part.starts_with('$');
    let Some(at) = path.split('.').position(is_open).filter(|at| *at > 0) else { return format!("`{}`", shown(path)) };
    let outer: Vec<&str> = path.split('.').take(at).collect();
    let outer = outer.join(".");
    let inner: Vec<&str> = path.split('.').skip(at).filter(|part| !is_open(part)).collect();
    let is_key = path.split('.').any(|part| part == "*");
    match (inner.join("."), is_key) {
        (inner, true) if inner.is_empty() => format!("the same entry of `{outer}`"),
        (inner, true) => format!("`{inner}` of the same entry of `{outer}` (by an `$elemMatch`, where that is a list)"),
        (inner, false) if inner.is_empty() => format!("the element of `{outer}` (by an `$elemMatch` of it)"),
        (inner, false) => format!("`{inner}` of the element of `{outer}` (by an `$elemMatch` of it)"),
    }
}

/// A path as a text names it: of any element, or of a key that is computed, `lines[…].done`.
pub fn shown(path: &str) -> String {
    if path == "*" { "[…]".to_owned() } else { path.replace(".*", "[…]") }
}

impl Context<'_> {
    /// A value as the code would write it.
    pub fn show(&self, value: V) -> String {
        let text = self.show_at(value, 0);
        if text.chars().count() > limits::SHOWN { "…".to_owned() } else { text }
    }

    fn show_at(&self, value: V, depth: u32) -> String {
        if depth > limits::SHOWN_DEPTH {
            return "…".to_owned();
        }
        let arena = &self.project.arena;
        match arena.node(value) {
            Node::Undefined => "undefined".to_owned(),
            Node::Null => "null".to_owned(),
            Node::Bool(b) => b.to_string(),
            Node::Num(bits) => f64::from_bits(*bits).to_string(),
            Node::Str(text) => token::string(arena.text(*text), '\''),
            Node::Param(func, at) => {
                let name = self
                    .project
                    .function(*func)
                    .and_then(|f| f.param_names.get(*at as usize))
                    .cloned()
                    .unwrap_or_default();
                if name.is_empty() { "…".to_owned() } else { name }
            }
            Node::Global(name) => arena.text(*name).to_owned(),
            Node::Import { .. } => self.project.last_name(value).unwrap_or("…").to_owned(),
            Node::Member(object, key) => {
                let key = arena.text(*key);
                match self.show_at(*object, depth + 1).as_str() {
                    "…" => key.to_owned(),
                    "" => key.to_owned(),
                    object if object.ends_with("body") || object.ends_with("params") || object.ends_with("query") => {
                        key.to_owned()
                    }
                    object if is_name(key) => format!("{object}.{key}"),
                    object => format!("{object}[{}]", token::string(key, '\'')),
                }
            }
            Node::This(_) | Node::Instance(_) => "this".to_owned(),
            Node::Coerce(crate::value::Coercion::Text, inner) => {
                format!("{}.toString()", self.show_at(*inner, depth + 1))
            }
            Node::Coerce(crate::value::Coercion::ObjectId, inner) => {
                format!("new ObjectId({})", self.show_at(*inner, depth + 1))
            }
            Node::Coerce(_, inner) => self.show_at(*inner, depth + 1),
            Node::Fresh(..) => "…".to_owned(),
            Node::OneOf(alternatives) => alternatives
                .iter()
                .map(|(_, v)| self.show_at(*v, depth + 1))
                .find(|text| text != "…" && text != "undefined")
                .unwrap_or("…".to_owned()),
            _ => "…".to_owned(),
        }
    }

    /// `'messages.mergeId': { $ne: mergeId }`, or the `$not $elemMatch` of several fields.
    pub fn guard_text(&self, array: &str, keys: &[(String, V)]) -> String {
        // A value without a name in the code is called after its field.
        let value_text = |field: &str, value: V| match self.show(value).as_str() {
            "…" | "_id" | "id" | "undefined" | "insertedId" if !field.is_empty() => {
                field.rsplit('.').next().unwrap_or("").to_owned()
            }
            text => text.to_owned(),
        };
        if keys.is_empty() {
            return format!("{}: {{ $ne: … }}", key_text(array));
        }
        let keyed = keys.iter().map(|(field, value)| (field.clone(), value_text(field, *value)));
        guard(array, &keyed.collect::<Keyed>(), '\'')
    }

    /// The guard as the filter of a write would carry it; none where a value has no name there, or is another one in each call.
    pub fn guard_at(&mut self, trace: &Trace, write: &Write, array: &str, keys: &[(String, V)]) -> Option<String> {
        let mut keyed = Keyed::new();
        for (field, value) in keys {
            let is_new = self.origin(trace, *value, write.cond).is_new();
            let text = remedy::named(self.project, write, *value).filter(|_| !is_new)?;
            keyed.push((field.clone(), text));
        }
        (!keyed.is_empty()).then(|| guard(array, &keyed, '\''))
    }

    pub fn handle_text(&self, handle: &Handle) -> String {
        match handle {
            Handle::Named(name) => format!("`{name}`"),
            Handle::Value(_) => "the collection".to_owned(),
        }
    }

    /// Where a check was made: the array query if there is one, else the read.
    pub fn check_site(&self, check: &Check) -> Option<Site> {
        let mut at = check.leaf;
        for _ in 0..limits::PLACE_STEPS {
            if let Some(site) = self.project.places.get(&at) {
                return Some(*site);
            }
            at = match self.project.arena.node(at) {
                // `1 < count`
                Node::Compare(_, a, b) => {
                    if self.project.arena.is_literal(*a) {
                        *b
                    } else {
                        *a
                    }
                }
                Node::Not(inner) | Node::Nullish(inner) | Node::Coerce(_, inner) => *inner,
                Node::Member(inner, _) => *inner,
                _ => break,
            };
        }
        self.read_site(check)
    }

    /// Where the document of a check was read.
    pub fn read_site(&self, check: &Check) -> Option<Site> {
        check.read.as_ref().map(|read| read.site)
    }

    /// The related places of a race: where it was checked, and where it was read if that is another line.
    pub fn ends(&self, check: &Check) -> Vec<(Site, Role, String)> {
        let mut ends = Vec::new();
        let checked = self.check_site(check);
        let read = self.read_site(check);
        if let Some(site) = checked {
            ends.push((site, Role::Check, "checked here".to_owned()));
        }
        if let Some(site) = read
            && Some(site) != checked
        {
            ends.push((site, Role::Check, "loaded here".to_owned()));
        }
        ends
    }
}

/// Whether a count is asked for being none, and not for being below a limit: `!list.length`, `list.length === 0`.
pub fn asks_for_any(ctx: &Context<'_>, leaf: V) -> bool {
    let is_most = |value: V, most: f64| ctx.project.number(value).is_some_and(|number| number <= most);
    match ctx.project.arena.node(leaf) {
        Node::Not(inner) => asks_for_any(ctx, *inner),
        Node::Compare(Compare::Equal, a, b) => is_most(*a, 0.0) || is_most(*b, 0.0),
        Node::Compare(Compare::LessOrEqual, a, b) => is_most(*a, 1.0) || is_most(*b, 0.0),
        Node::Compare(Compare::Less, a, b) => is_most(*b, 1.0) || is_most(*a, 0.0),
        _ => true,
    }
}

/// What a check says, for a report.
pub fn check_words(check: &Check) -> String {
    match &check.kind {
        CheckKind::Document => "a document".to_owned(),
        CheckKind::Element { path, .. } => format!("`{}`", path.join(".")),
        CheckKind::Below { path } if path.is_empty() => "a count".to_owned(),
        CheckKind::Below { path } => format!("the length of `{}`", path.join(".")),
        CheckKind::Field { path, .. } => format!("`{}`", path.join(".")),
    }
}

/// A field of an element and the text of its value; the empty field is the element itself.
pub type Keyed = Vec<(String, String)>;

/// A filter's condition that no element of an array has these. No name in it may be written as it came: the analysed code has
/// chosen it.
pub fn guard(array: &str, keyed: &Keyed, quote: char) -> String {
    let key = |name: &str| token::key(name, quote);
    match keyed.as_slice() {
        [(name, text)] if name.is_empty() => format!("{}: {{ $ne: {text} }}", key(array)),
        [(name, text)] => format!("{}: {{ $ne: {text} }}", key(&format!("{array}.{name}"))),
        _ => {
            let is_short = |name: &str, text: &str| name == text && token::is_identifier(name) && name != "this";
            let fields: Vec<String> = keyed
                .iter()
                .map(|(name, text)| if is_short(name, text) { name.clone() } else { format!("{}: {text}", key(name)) })
                .collect();
            format!("{}: {{ $not: {{ $elemMatch: {{ {} }} }} }}", key(array), fields.join(", "))
        }
    }
}

/// Whether a text can be a property name without quotation marks.
fn is_name(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
        && !text.is_empty()
}

/// A key of an object literal.
pub fn key_text(key: &str) -> String {
    if is_name(key) { key.to_owned() } else { token::string(key, '\'') }
}

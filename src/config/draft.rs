//! A first configuration for a code base, as the text of a commented `pushguard.toml`.
//!
//! Input: proposed arrays and folders. Output: text that [`super::load`] accepts. Must not know: how proposals come about.

use super::schema;
use super::{Pattern, Scalar, TrackedArray};

/// A tracked array that a code base seems to have.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    pub array: TrackedArray,
    /// One for each kind of the array.
    pub notes: Vec<KindNote>,
    /// Nothing shows that its elements have identity: it is written as a comment.
    pub doubtful: bool,
    /// Names of functions, sorted.
    pub appended_by: Vec<String>,
}

/// Why a key was proposed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KindNote {
    /// The code looks for elements by this key.
    pub used: bool,
    /// Keys that the same elements also carry.
    pub others: Vec<Vec<String>>,
}

/// What was seen beside the arrays, for whoever reads the file through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// Collections, each with the fields of a unique index.
    pub indexes: Vec<(String, Vec<String>)>,
    /// Database calls on a collection that no caller names: path, line, function.
    pub unnamed: Vec<(String, u32, String)>,
    /// The path and 1-based line of a call that makes indexes of which the keys or the collection are not known.
    pub unread: Option<(String, u32)>,
    /// Those that are called most first.
    pub wrappers: Vec<Wrapper>,
}

/// A function that takes an update, and that nothing follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrapper {
    /// The name by which a `[[method]]` tells it.
    pub name: String,
    /// The arguments that seem to be its operands, counted from 0.
    pub collection: Option<usize>,
    pub filter: usize,
    pub update: usize,
    pub calls: usize,
    /// The path and the 1-based line of the first call.
    pub first: (String, u32),
}

const HEAD: &str = "\
# Written by `pushguard init` from what the code appends and looks for. Read it through before you rely on it: a key
# must be the same when the same element comes a second time, and different for any other element.
";

const EXAMPLE: &str = r#"
# No array was found whose elements can be told apart. Tracked without this file: `messages` of any collection.
# [[array]]
# collection = "chats"              # omit for any collection
# field = "messages"
#
# [[array.kind]]                    # the first match wins
# name = "image"
# when = [{ type = "image" }, { has = ["imageId"] }]
# key = ["imageId"]
"#;

const TAIL: &str = r#"
# [rules]
# unguarded-push = "warning"        # off, info, warning, error
"#;

/// The text of a configuration.
pub fn render(proposals: &[Proposal], seen: &Seen) -> String {
    let mut text = format!("#:schema {}\n{HEAD}\n", schema::url());
    text.push_str("# Folders and files to report on; without it the whole project.\n# paths = [\"src\"]\n");
    text.push_str("\n# Globs to leave out.\n# exclude = [\"legacy/\", \"**/*.gen.js\"]\n");
    if proposals.iter().all(|proposal| proposal.doubtful) {
        text.push_str(EXAMPLE);
    }
    for proposal in proposals.iter().filter(|proposal| !proposal.doubtful) {
        text.push('\n');
        text.push_str(&array(proposal));
    }
    for proposal in proposals.iter().filter(|proposal| proposal.doubtful) {
        text.push_str("\n# Left out, for nothing shows what makes two of its elements the same:\n");
        for line in array(proposal).lines() {
            // What is a comment already stays one.
            let line = if line.starts_with('#') { line.to_owned() } else { format!("# {line}") };
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text.push_str(&methods(&seen.wrappers));
    text.push_str(TAIL);
    let indexes = seen.indexes.iter().map(|(collection, keys)| format!("{collection}: {}", keys.join(", ")));
    text.push_str(&noted(
        "Unique indexes that the code makes. Name one that only the server has as [[index]], or\n# `check-then-insert` reports too much.",
        indexes.collect(),
    ));
    text.push_str(&noted(
        "Makes indexes of which the keys or the collection are not known here:\n# `pushguard indexes --help` says how to list them.",
        seen.unread.iter().map(|(path, line)| format!("{path}:{line}")).collect(),
    ));
    let unnamed = seen.unnamed.iter().map(|(path, line, function)| format!("{path}:{line} `{function}`"));
    text.push_str(&noted(
        "Not followed, so nothing of them is checked: database calls on a collection that no caller\n# names.",
        unnamed.collect(),
    ));
    text
}

/// The wrappers as they would be told, in a comment: what they do, only their authors know.
fn methods(wrappers: &[Wrapper]) -> String {
    const SHOWN: usize = 5;
    if wrappers.is_empty() {
        return String::new();
    }
    let mut text =
        "\n# Called with an update, and not followed: say what they do, and races through them are found.\n".to_owned();
    for wrapper in wrappers.iter().take(SHOWN) {
        let (path, line) = &wrapper.first;
        let calls =
            if wrapper.calls == 1 { "called".to_owned() } else { format!("called {} times, first", wrapper.calls) };
        text.push_str(&one_line(&format!("# [[method]]                      # {calls} at {path}:{line}")));
        text.push_str(&format!("\n# name = {}\n# method = \"updateOne\"\n", quoted(&wrapper.name)));
        if let Some(at) = wrapper.collection {
            text.push_str(&format!("# collection = {at}                # the argument that names it, from 0\n"));
        } else if !wrapper.name.contains('.') {
            text.push_str("# collection = \"…\"\n");
        }
        text.push_str(&format!("# filter = {}\n# update = {}\n", wrapper.filter, wrapper.update));
    }
    if wrappers.len() > SHOWN {
        text.push_str(&format!("# … and {} more\n", wrappers.len() - SHOWN));
    }
    text
}

/// A comment with a list; nothing for an empty one.
fn noted(what: &str, all: Vec<String>) -> String {
    const SHOWN: usize = 20;
    if all.is_empty() {
        return String::new();
    }
    let mut text = format!("\n# {what}\n");
    for line in all.iter().take(SHOWN) {
        text.push_str(&format!("#   {}\n", one_line(line)));
    }
    if all.len() > SHOWN {
        text.push_str(&format!("#   and {} more\n", all.len() - SHOWN));
    }
    text
}

fn array(proposal: &Proposal) -> String {
    let TrackedArray { collection, field, kinds, .. } = &proposal.array;
    let mut text = String::new();
    if !proposal.appended_by.is_empty() {
        text.push_str(&format!("# Appended to by {}.\n", names(&proposal.appended_by)));
    }
    text.push_str("[[array]]\n");
    match collection {
        Some(collection) => text.push_str(&format!("collection = {}\n", quoted(collection))),
        None => text.push_str("# collection = \"…\"                # one of the appends does not tell which: any\n"),
    }
    text.push_str(&format!("field = {}\n", quoted(field)));
    for (kind, note) in kinds.iter().zip(&proposal.notes) {
        text.push_str(&format!("\n[[array.kind]]\nname = {}\n", quoted(&kind.name)));
        let patterns: Vec<String> = kind.when.patterns().iter().map(pattern).collect();
        match patterns.as_slice() {
            [only] => text.push_str(&format!("when = {only}\n")),
            _ => text.push_str(&format!("when = [{}]\n", patterns.join(", "))),
        }
        text.push_str(&format!("key = {}{}\n", list(&kind.key), why(note)));
    }
    text
}

fn why(note: &KindNote) -> String {
    let others: Vec<String> = note.others.iter().map(|key| one_line(&key.join(" + "))).collect();
    match (note.used, others.as_slice()) {
        (true, []) => "  # the code looks for it".to_owned(),
        (true, _) => format!("  # the code looks for it; these elements also carry {}", others.join(", ")),
        (false, []) => "  # chosen by its name".to_owned(),
        (false, _) => format!("  # chosen by its name; these elements also carry {}", others.join(", ")),
    }
}

/// The first few names, for the rest does not help.
fn names(names: &[String]) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| one_line(name)).collect();
    match names.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{} and {more} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}

/// A comment must end where its line does.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn pattern(pattern: &Pattern) -> String {
    let mut parts: Vec<String> = Vec::new();
    if !pattern.has.is_empty() {
        parts.push(format!("has = {}", list(&pattern.has)));
    }
    parts.extend(pattern.equals.iter().map(|(field, value)| format!("{} = {}", key(field), scalar(value))));
    format!("{{ {} }}", parts.join(", "))
}

fn scalar(value: &Scalar) -> String {
    match value {
        Scalar::Bool(value) => value.to_string(),
        Scalar::Number(value) => toml::Value::Float(*value).to_string(),
        Scalar::Text(text) => quoted(text),
    }
}

fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
    format!("[{}]", items.join(", "))
}

fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if bare { name.to_owned() } else { quoted(name) }
}

/// A basic string; TOML 1.0 section "String" names what must be escaped.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", c as u32)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load::parse;
    use crate::config::{Kind, When};
    use std::collections::BTreeMap;

    fn proposal(name: &str, doubtful: bool) -> Proposal {
        let pattern = |has: &[&str], equals: &[(&str, Scalar)]| Pattern {
            has: has.iter().map(|field| (*field).to_owned()).collect(),
            equals: equals
                .iter()
                .map(|(field, value)| ((*field).to_owned(), value.clone()))
                .collect::<BTreeMap<_, _>>(),
        };
        let text = Scalar::Text(name.to_owned());
        let kinds = vec![
            Kind {
                name: name.to_owned(),
                when: When::Any(vec![
                    pattern(&[], &[(name, text), ("flag", Scalar::Bool(true)), ("n", Scalar::Number(2.0))]),
                    pattern(&[name], &[]),
                ]),
                key: vec![name.to_owned(), "b".to_owned()],
            },
            Kind { name: "plain".to_owned(), when: When::All(pattern(&["id"], &[])), key: vec!["id".to_owned()] },
        ];
        Proposal {
            array: TrackedArray {
                collection: Some(name.to_owned()),
                field: "f".to_owned(),
                kinds,
                fallback: Vec::new(),
                models: Vec::new(),
            },
            notes: vec![KindNote { used: true, others: vec![vec![name.to_owned()]] }, KindNote::default()],
            doubtful,
            appended_by: (0..6).map(|at| format!("{name}{at}")).collect(),
        }
    }

    fn seen(name: &str) -> Seen {
        let name = name.to_owned();
        Seen {
            indexes: vec![(name.clone(), vec![name.clone()])],
            unnamed: vec![(name.clone(), 1, name.clone()); 30],
            unread: Some((name.clone(), 1)),
            wrappers: vec![Wrapper {
                name: name.clone(),
                collection: None,
                filter: 0,
                update: 1,
                calls: 2,
                first: (name, 1),
            }],
        }
    }

    #[test]
    fn what_is_written_is_read_back_whatever_the_names_are() {
        for name in ["a", "two words", "q\"uote\\", "line\nend\r\n\u{2028}\u{7f}\u{85}", "ключ", "# = ]"] {
            let proposals = [proposal(name, false)];
            let text = render(&proposals, &seen(name));
            let config = parse(&text, &[]).unwrap_or_else(|problem| panic!("{problem:?}\n{text}"));
            assert_eq!(config.arrays, [proposals[0].array.clone()], "{text}");
            assert!(config.paths.is_empty(), "{text}");
        }
    }

    #[test]
    fn what_is_doubtful_is_written_as_a_comment() {
        let text = render(&[proposal("line\nend", true)], &seen("line\nend"));
        let config = parse(&text, &[]).unwrap_or_else(|problem| panic!("{problem:?}\n{text}"));
        assert_eq!(config.arrays, crate::config::Config::default().arrays);
        assert!(text.contains("#   and 10 more\n"), "{text}");
        assert!(text.contains("# Left out") && text.contains("# No array was found"), "{text}");
    }
}

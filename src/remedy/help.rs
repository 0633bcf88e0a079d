//! The help: a remedy in a sentence, with the call as the code would make it.
//!
//! Input: the act before and after. Output: a text; none where a part of the call has no name that is known. Must not know: whether the
//! remedy is proven.

use super::code::Scope;
use super::token;
use crate::judge::NewIndex;
use crate::project::Project;
use crate::project::writes::{Write, WriteKind};
use crate::value::{Entry, Key, Node, V};

/// An update whose filter carries a check inserts a second document where that fails, or is refused by the key of the first.
///
/// Source: MongoDB manual, "db.collection.updateOne()", "Upsert with Duplicate Values".
pub const UPSERTED: &str = ", without `upsert`, after an upsert of its own that makes the document where there is none (`$setOnInsert`); matchedCount 0 (or null) then means that the check failed";

/// What a help adds that asks for more in the filter of an upsert; the source is that of [`UPSERTED`].
pub const WITHOUT_UPSERT: &str =
    "; without `upsert`, which would insert a second document: make the document first, by an upsert of its own";

/// How an update or a save is made one command.
pub fn of_update(
    project: &mut Project,
    scope: &Scope,
    before: &Write,
    condition: &[Entry],
    after: &Write,
    is_changed: bool,
) -> Option<String> {
    let update = after.payload.and_then(|payload| scope.value(project, payload));
    let filter = after.filter.and_then(|filter| scope.value(project, filter));
    let is_upsert = is_upsert(project, before);
    let (within, unnamed) = in_session(project, scope, before);
    let tail = match condition.is_empty() {
        true => "",
        // Where the filter fails, an upsert inserts another document.
        false if is_upsert => UPSERTED,
        false if after.method.starts_with("findOneAnd") => ", and treat null as the check having failed",
        false => ", and treat matchedCount 0 as the check having failed",
    };
    // What the transaction does beside has to be taken back.
    let aborted = if before.session.is_some() && !condition.is_empty() { ABORTED } else { "" };
    let tail = format!("{tail}{aborted}");
    let is_save = before.kind == WriteKind::Save;
    if is_save || before.document.is_some() {
        let what = if is_save { "replace the change and `save()` by one call" } else { "call it on the model" };
        let filter = filter?;
        return Some(match (model(project, scope, before), update) {
            (Some(model), Some(update)) => {
                format!("{what}: `{model}.updateOne({filter}, {update}{within})`{unnamed}{tail}")
            }
            (None, Some(update)) => {
                format!("{what} of the model: `updateOne({filter}, {update}{within})`{unnamed}{tail}")
            }
            (_, None) if is_changed => return None,
            (_, None) => {
                let within = if before.session.is_some() { " in the same session" } else { "" };
                format!("{what} of the model, `updateOne`, whose filter is `{filter}`{within}{tail}")
            }
        });
    }
    if before.method != after.method {
        let (before, after) = (&before.method, &after.method);
        let filter = filter?;
        return Some(match is_changed {
            true => format!("call `{after}({filter}, {}{within})` instead of `{before}`{unnamed}{tail}", update?),
            false => format!("call `{after}` with the filter `{filter}` instead of `{before}`{tail}"),
        });
    }
    let added = added(project, scope, before, after)?;
    Some(match (condition.is_empty(), is_changed) {
        (true, _) => format!("let the server compute it: make the update `{}`", update?),
        (false, true) => {
            format!("carry the check in the filter of this call: add `{added}`, make the update `{}`{tail}", update?)
        }
        (false, false) => format!("carry the check in the filter of this call: add `{added}`{tail}"),
    })
}

/// What follows where the filter of an update refuses it in a transaction.
const ABORTED: &str = ": throw, so that the transaction is rolled back";

/// The session of a write, as the options of a call in its place and as words where it has no name: without it, that call is no part of
/// the transaction.
pub fn in_session(project: &mut Project, scope: &Scope, write: &Write) -> (String, &'static str) {
    let Some(session) = write.session else { return (String::new(), "") };
    match scope.value(project, session) {
        Some(name) if name == "session" => (", { session }".to_owned(), ""),
        Some(name) => (format!(", {{ session: {name} }}"), ""),
        None => (String::new(), " in the same session"),
    }
}

/// Whether a write inserts what it does not find.
pub fn is_upsert(project: &mut Project, write: &Write) -> bool {
    write.upsert || write.options.is_some_and(|options| project.option(options, "upsert").is_some())
}

/// The longest code of a help that is more than a name.
pub fn code(help: &str) -> Option<String> {
    let codes = help.split('`').skip(1).step_by(2);
    let codes = codes.filter(|code| code.contains(':') || code.contains('(') && !code.ends_with("()"));
    codes.max_by_key(|code| code.len()).map(str::to_owned)
}

/// What the filter asks for that it did not ask before.
pub fn added(project: &mut Project, scope: &Scope, before: &Write, after: &Write) -> Option<String> {
    let entries = |filter: Option<V>| match filter.map(|filter| project.arena.peek(filter)) {
        Some(Node::Object(entries)) => entries.clone(),
        _ => Vec::new(),
    };
    let old = entries(before.filter);
    let new: Vec<Entry> = entries(after.filter).into_iter().filter(|entry| !old.contains(entry)).collect();
    scope.entries(project, &new)
}

/// The model that a document was loaded by, as it is called at the act.
pub fn model(project: &mut Project, scope: &Scope, write: &Write) -> Option<String> {
    if let Some(document) = write.document
        && let Node::Call { callee, .. } = project.arena.peek(document).clone()
        && let Some((receiver, _)) = project.method_of(callee)
        // Another method may give a document too, and its owner is no model: `client.memberOf(id)`.
        && project.read_of(document).is_some()
    {
        return scope.value(project, receiver);
    }
    let name = write.handle.name().filter(|name| name.starts_with(char::is_uppercase) && token::is_identifier(name))?;
    (!scope.is_free(project, name)).then(|| name.to_owned())
}

/// The path that an entry of a filter asks about.
pub fn name_of(project: &Project, entry: &Entry) -> Option<String> {
    match entry.key {
        Key::Name(name) => Some(project.arena.text(name).to_owned()),
        _ => None,
    }
}

/// Which unique indexes to create, and what to do then where one refuses; `known` are the keys of those that are there and are not unique, of which the server makes no
/// second one.
pub fn of_indexes(project: &Project, indexes: &[NewIndex], known: &[Vec<String>], then: &str) -> Option<String> {
    let mut texts = Vec::new();
    for index in indexes {
        let keys: Vec<String> = index.fields.iter().map(|field| format!("{}: 1", token::key(field, '\''))).collect();
        let mut text = format!("`{{ {} }}`", keys.join(", "));
        if index.sparse {
            text.push_str(" with `sparse: true`");
        }
        if !index.partial.is_empty() {
            let constants = index
                .partial
                .iter()
                .map(|(path, value)| Some(format!("{}: {}", token::key(path, '\''), constant(project, *value, '\'')?)));
            let constants = constants.collect::<Option<Vec<String>>>()?.join(", ");
            text.push_str(&format!(" with `partialFilterExpression: {{ {constants} }}`"));
            if let Some(name) = index_name(project, index, '\'') {
                text.push_str(&format!(" and `name: {name}`"));
            }
        }
        texts.push(text);
    }
    if let ([index], [text]) = (indexes, texts.as_slice())
        && known.contains(&index.fields)
        && index.partial.is_empty()
    {
        return Some(format!("make the index on {text} unique (drop the one that the server has first), and {then}"));
    }
    let (what, which) = match texts.as_slice() {
        [only] => ("a unique index", only.clone()),
        _ => ("a unique index on each of", texts.join(" and ")),
    };
    let on = if texts.len() == 1 { " on " } else { " " };
    Some(format!("create {what}{on}{which}, and {then}"))
}

/// The name of an index that needs one of its own: its fields and constants.
pub fn index_name(project: &Project, index: &NewIndex, quote: char) -> Option<String> {
    let plain = |text: String| text.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect::<String>();
    let constants = index.partial.iter().filter_map(|(path, value)| {
        let value = constant(project, *value, quote)?;
        Some(format!("{path}_{}", plain(value.trim_matches(quote).to_owned())))
    });
    let name: Vec<String> = index.fields.iter().cloned().chain(constants).collect();
    index.is_named.then(|| token::string(&name.join("_"), quote))
}

/// A constant as it is written anywhere.
pub fn constant(project: &Project, value: V, quote: char) -> Option<String> {
    Some(match project.arena.peek(value) {
        Node::Null => "null".to_owned(),
        Node::Bool(b) => b.to_string(),
        Node::Num(bits) => f64::from_bits(*bits).to_string(),
        Node::Str(text) => token::string(project.arena.text(*text), quote),
        _ => return None,
    })
}

//! Whether a name is given to nobody: what the code around it does with it is all that happens to it.
//!
//! Input: the text of a function before a call. Output: yes or no; no where the text leaves a doubt. Must not know: MongoDB.

use super::eval::Eval;
use crate::limits;

/// Methods that only ask.
const ASKS: [&str; 8] = ["toObject", "toJSON", "get", "equals", "isModified", "isNew", "populated", "toString"];

/// What follows a name that is only compared or tested.
const TESTS: [&str; 7] = ["===", "!==", "==", "!=", "&&", "||", "?"];

impl Eval<'_> {
    /// Whether a receiver is a name that no one else is given before an offset, and of which no method is called that may change it.
    pub(super) fn is_kept(&self, receiver: &str, at: u32) -> bool {
        let (start, _) = self.standing.body;
        let Some(text) = self.text.get(start as usize..at as usize).filter(|text| text.len() <= limits::LOOKED_OVER)
        else {
            return false;
        };
        let is_name = !receiver.is_empty() && receiver.chars().all(is_part);
        let mut uses = text.match_indices(receiver).filter(|(at, _)| {
            let (before, after) =
                (text.get(..*at).unwrap_or_default(), text.get(at + receiver.len()..).unwrap_or_default());
            let is_member = before.ends_with('.') && !before.ends_with("..");
            !is_member && !before.ends_with(is_part) && !after.starts_with(is_part)
        });
        is_name
            && uses.all(|(at, _)| {
                is_kept_at(text.get(..at).unwrap_or_default(), text.get(at + receiver.len()..).unwrap_or_default())
            })
    }
}

/// Whether a character can be a part of a name.
pub(super) fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// Whether a name between two texts is declared, tested, or looked into there.
fn is_kept_at(before: &str, after: &str) -> bool {
    let (before, after) = (before.trim_end(), after.trim_start());
    let is_tested = before.ends_with('!') || before.ends_with("if (") || before.ends_with("if(");
    if let Some(member) = after.strip_prefix("?.").or_else(|| after.strip_prefix('.')) {
        let (name, rest) = member.split_at(member.find(|c: char| !is_part(c)).unwrap_or(member.len()));
        return !rest.trim_start().starts_with('(') || ASKS.contains(&name);
    }
    let is_assigned = after.starts_with('=') && !after.starts_with("=>");
    let is_parameter = is_parameter(before, after);
    let is_typed = after.starts_with(':') && (before.ends_with("const") || before.ends_with("let"));
    is_tested || is_assigned || is_typed || is_parameter || TESTS.iter().any(|test| after.starts_with(test))
}

/// Whether a name is one that a function gives to what it is called with: `doc => …`, `(err, doc) => …`, `function (err, doc) { … }`.
fn is_parameter(before: &str, after: &str) -> bool {
    if after.starts_with("=>") {
        return true;
    }
    let is_list = |text: &str| text.chars().all(|c| is_part(c) || c.is_whitespace() || c == ',');
    let (Some((outside, first)), Some((others, body))) = (before.rsplit_once('('), after.split_once(')')) else {
        return false;
    };
    let body = body.trim_start();
    let outside = outside.trim_end();
    let unnamed = outside.trim_end_matches(is_part).trim_end();
    let is_function = body.starts_with('{') && (outside.ends_with("function") || unnamed.ends_with("function"));
    is_list(first) && is_list(others) && (body.starts_with("=>") || is_function)
}

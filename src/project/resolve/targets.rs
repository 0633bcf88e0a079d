//! What the `exports` and the `imports` of a manifest give for a name.
//!
//! Source: Node.js, "Packages", `exports`, `imports`, subpath patterns. Node takes the first target of a list that it can
//! read; bundlers and TypeScript the first that is there, and nothing needs to be built here.
//! Input: one of the two fields. Output: targets in their order, under any condition. Must not know: what is there.

use crate::limits;
use serde_json::Value;

/// The targets of `#name`, `.` or `./path`.
pub fn targets(field: &Value, wanted: &str) -> Vec<String> {
    let names = field.as_object().filter(|map| map.keys().any(|key| key.starts_with(['.', '#'])));
    let (target, filled) = match names {
        None if wanted == "." => (Some(field), ""),
        None => (None, ""),
        Some(map) => match map.get(wanted) {
            Some(target) => (Some(target), ""),
            None => {
                let patterns = map.iter().filter_map(|(key, target)| Some((key.split_once('*')?, target)));
                let fitting = patterns.filter_map(|((start, end), target)| {
                    let filled = wanted.strip_prefix(start)?.strip_suffix(end)?;
                    Some((start.len(), target, filled))
                });
                let best = fitting.max_by_key(|(length, _, _)| *length);
                best.map_or((None, ""), |(_, target, filled)| (Some(target), filled))
            }
        },
    };
    let (mut open, mut found): (Vec<&Value>, Vec<String>) = (target.into_iter().collect(), Vec::new());
    while let Some(value) = open.pop().filter(|_| found.len() < limits::TARGETS) {
        match value {
            Value::String(text) => found.push(text.replace('*', filled)),
            Value::Array(all) => open.extend(all.iter().rev()),
            Value::Object(conditions) => open.extend(conditions.values().rev()),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_conditions_and_patterns_give_their_targets_in_order() {
        let field =
            json!({ "#a": ["./x", { "node": "./y", "default": ["./z"] }], "#a/*": "./a/*.js", "#a/b/*": "./b/*" });
        assert_eq!(targets(&field, "#a"), ["./x", "./y", "./z"]);
        assert_eq!(
            (targets(&field, "#a/c"), targets(&field, "#a/b/c")),
            (vec!["./a/c.js".into()], vec!["./b/c".into()])
        );
        assert_eq!((targets(&field, "#b"), targets(&json!("./m"), ".")), (vec![], vec!["./m".to_owned()]));
        assert_eq!(targets(&json!({ "import": "./m", "default": "./n" }), "."), ["./m", "./n"]);
        assert!(targets(&json!("./m"), "./m").is_empty());
    }
}

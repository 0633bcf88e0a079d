//! What was done outside, as a reader is told of it: unknown values by their names, and what a request made by what it is.
//!
//! Input: a call with values in canonical form. Output: its text. Must not know: how values are evaluated.

/// What stands for values that a request made anew, and what is told of them.
const ANEW: [(&str, &str); 3] = [("<new>", "a new value"), ("<id>", "a new id"), ("<time>", "now")];

/// A call with each term (`#11`) by its name, as a text, and without placeholders.
pub fn said(call: &str, name_of: impl Fn(u32) -> String) -> String {
    let (mut said, mut rest) = (String::with_capacity(call.len()), call);
    while let Some(at) = rest.find(['"', '#']) {
        let (before, from) = rest.split_at(at);
        said.push_str(before);
        if from.starts_with('"') {
            let (text, after) = from.split_at(end_of_text(from));
            let anew = ANEW.iter().find(|(placeholder, _)| text.get(1..text.len() - 1) == Some(*placeholder));
            said.push_str(anew.map_or(text, |(_, told)| *told));
            rest = after;
        } else {
            let number = from.get(1..).unwrap_or_default();
            let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
            let (number, after) = number.split_at(digits);
            match number.parse() {
                Ok(term) => said.push_str(&format!("{:?}", name_of(term))),
                Err(_) => said.push('#'),
            }
            rest = after;
        }
    }
    said + rest
}

/// The end of the text in quotes at the start of another one.
fn end_of_text(from: &str) -> usize {
    let mut is_escaped = false;
    let end = from.char_indices().skip(1).find(|(_, c)| {
        let is_end = *c == '"' && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        is_end
    });
    end.map_or(from.len(), |(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn terms_have_names_and_what_is_new_is_told() {
        let name_of = |term| format!("value-{term}");
        let told = |call| said(call, name_of);
        assert_eq!(
            told(r##"send({id: #11, text: "#12 \"#13\""}, "<new>")"##),
            r##"send({id: "value-11", text: "#12 \"#13\""}, a new value)"##
        );
        assert_eq!(told(r#"send([ObjectId(1), "<id>"], "<time>")"#), "send([ObjectId(1), a new id], now)");
        assert_eq!(told("go(#)"), "go(#)");
        assert_eq!(told(r#"go(""#), r#"go(""#);
    }
}

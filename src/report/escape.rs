//! Neutralises what a terminal or a log would obey: control characters, escapes, marks that reorder or hide text, and
//! the commands that build servers read out of the log of a job.
//!
//! Input: names and texts of the analysed code. Output: text that is safe to print. Must not know: formats.

/// Text for one line: line breaks are escaped too.
pub fn line(text: &str) -> String {
    escape(text, "", true)
}

/// Text that may span lines.
pub fn block(text: &str) -> String {
    escape(text, "\n\t", true)
}

/// Text of one line of code, which is printed after something else: tabs stay. The escapes of a text begin with those of
/// any part of its start.
pub fn code(text: &str) -> String {
    escape(text, "\t", false)
}

/// A character of one line of code, after what is printed of the line before it.
pub fn code_after(printed: &str, character: char) -> String {
    match character {
        '[' if is_command(printed) => "\\u{5b}".to_owned(),
        _ => code(character.encode_utf8(&mut [0; 4])),
    }
}

/// A unified diff: line breaks stay, so that it applies where nothing unusual stands in it.
pub fn patch(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix("\r\n") {
            Some(line) => (line, "\r\n"),
            None => (line.strip_suffix('\n').unwrap_or(line), if line.ends_with('\n') { "\n" } else { "" }),
        };
        safe.push_str(&escape(line, "\t", true));
        safe.push_str(end);
    }
    safe
}

/// A text of JSON: a character that is not seen stands in a string, where JSON has an escape for it.
pub fn json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() && character != '\n' || is_unseen(character) {
            let mut units = [0; 2];
            safe.extend(character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            safe.push(character);
        }
    }
    safe
}

/// `starts_line` says that nothing stands before the text in its line.
fn escape(text: &str, kept: &str, starts_line: bool) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut starts_line = starts_line;
    for character in text.chars() {
        match character {
            ':' if starts_line && safe.ends_with(':') => safe.push_str("\\u{3a}"),
            '[' if is_command(&safe) => safe.push_str("\\u{5b}"),
            _ if kept.contains(character) => safe.push(character),
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            _ if character.is_control() || is_unseen(character) => safe.extend(character.escape_unicode()),
            _ => safe.push(character),
        }
        // `::error::` counts after blanks, too.
        starts_line =
            character == '\n' && kept.contains('\n') || starts_line && (character == ':' || character.is_whitespace());
    }
    safe
}

fn is_command(printed: &str) -> bool {
    COMMANDS.iter().any(|command| printed.ends_with(command))
}

/// What stands before the bracket of a command of GitHub (in its older form), Azure Pipelines and TeamCity, anywhere in a line.
const COMMANDS: [&str; 3] = ["##", "##vso", "##teamcity"];

/// Separators at which some terminals break lines, marks that reorder text, characters without a width, fillers that are letters
/// and look like nothing, tags, and characters of private use. The selectors after an emoji stay.
///
/// Source: Unicode 16, `Default_Ignorable_Code_Point`, and U+2800, the pattern of Braille without a dot.
fn is_unseen(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_lose_their_effect_and_other_text_stays() {
        assert_eq!(line("a\u{1b}[31mb\nc\u{9b}d"), "a\\u{1b}[31mb\\nc\\u{9b}d");
        assert_eq!(block("é❤\u{fe0f}😀\n\tx\u{202e}y"), "é❤\u{fe0f}😀\n\tx\\u{202e}y");
        let unseen = "\u{0}\u{7f}\u{61c}\u{200b}\u{200d}\u{200e}\u{2028}\u{2060}\u{2066}\u{feff}\u{e0041}\
            \u{34f}\u{115f}\u{3164}\u{ffa0}\u{2800}\u{1d173}\u{e000}\u{e0100}\u{10ffff}";
        for text in [line(unseen), block(unseen), code(unseen), patch(unseen)] {
            assert!(text.is_ascii() && !text.contains(char::is_control), "{text:?}");
        }
    }

    #[test]
    fn a_patch_without_anything_unusual_stays_as_it_is() {
        let text = "--- a/é.js\n+++ b/é.js\n@@ -1 +1 @@\n-\ta::b\r\n+\tc ::d [##]\n\\ No newline at end of file";
        assert_eq!(patch(text), text);
        assert_eq!(patch("+a\rb\u{1b}\r\n-c"), "+a\\rb\\u{1b}\r\n-c");
    }

    #[test]
    fn the_commands_of_build_servers_are_no_commands_any_more() {
        assert_eq!(line("::error::x::y"), ":\\u{3a}error::x::y");
        assert_eq!(block("a ::b\n  ::stop-commands::c"), "a ::b\n  :\\u{3a}stop-commands::c");
        assert_eq!(patch(" \t::add-mask::c\n"), " \t:\\u{3a}add-mask::c\n");
        assert_eq!(code("x ##[error]"), "x ##\\u{5b}error]");
        assert_eq!(
            line("x ##vso[task.setvariable]##teamcity[a]"),
            "x ##vso\\u{5b}task.setvariable]##teamcity\\u{5b}a]"
        );
    }
}

//! A page of Markdown laid out for a terminal: headings, running text to the width, code, lists, tables.
//!
//! Input: Markdown, the columns, whether to use colours. Output: text. Must not know: what the page is about.

use super::columns::{width, wrapped};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

const BOLD: &str = "1";
const UNDERLINED: &str = "1;4";
const ITALIC: &str = "3";
const CODE: &str = "36";
const BAD: &str = "31";
const GOOD: &str = "32";
/// Code and tables stand this far in.
const INDENT: &str = "    ";

/// The page, with a line feed at its end. Code and tables keep their lines, however wide they are.
pub fn markdown(text: &str, columns: usize, color: bool) -> String {
    let mut page = Page { columns, color, ..Page::default() };
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        page.take(event);
    }
    page.lines.join("\n").trim_matches('\n').to_owned() + "\n"
}

#[derive(Default)]
struct Page {
    columns: usize,
    color: bool,
    lines: Vec<String>,
    /// The running text of the open block.
    text: String,
    /// Depth of open lists, and whether the open item has not yet shown its mark.
    depth: usize,
    is_marked: bool,
    /// Whether the last line belongs to a list.
    is_listing: bool,
    code: Option<String>,
    /// Rows of the open table.
    rows: Vec<Vec<String>>,
}

impl Page {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.text.push_str(&text),
            },
            Event::Code(code) => {
                let code = if self.color { self.painted(&code, CODE) } else { format!("`{code}`") };
                self.text.push_str(&code);
            }
            Event::SoftBreak | Event::HardBreak => self.text.push(' '),
            Event::Html(text) | Event::InlineHtml(text) => self.text.push_str(&text),
            Event::Rule => self.block(vec!["─".repeat(self.columns)]),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::List(_) => {
                self.paragraph();
                self.depth += 1;
            }
            Tag::Item => self.is_marked = false,
            Tag::CodeBlock(kind) => self.open_code(kind),
            Tag::TableHead | Tag::TableRow => self.rows.push(Vec::new()),
            Tag::Emphasis => self.paint(ITALIC),
            Tag::Strong => self.paint(BOLD),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => {
                let style = if level as usize == 1 { UNDERLINED } else { BOLD };
                let text = std::mem::take(&mut self.text);
                let heading = self.painted(&text, style);
                self.block(vec![heading]);
            }
            TagEnd::Paragraph | TagEnd::Item => self.paragraph(),
            TagEnd::List(_) => self.depth = self.depth.saturating_sub(1),
            TagEnd::CodeBlock => {
                let code = self.code.take().unwrap_or_default();
                self.lines.extend(code.lines().map(|line| format!("{INDENT}{line}").trim_end().to_owned()));
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.text);
                if let Some(row) = self.rows.last_mut() {
                    row.push(cell);
                }
            }
            TagEnd::Table => self.table(),
            TagEnd::Emphasis | TagEnd::Strong => self.paint("0"),
            _ => {}
        }
    }

    /// The words after the language say what an example is.
    fn open_code(&mut self, kind: &CodeBlockKind<'_>) {
        self.paragraph();
        let CodeBlockKind::Fenced(info) = kind else {
            self.block(Vec::new());
            self.code = Some(String::new());
            return;
        };
        let label = match info.split_whitespace().nth(1) {
            Some("bad") => self.painted("bad:", BAD),
            Some("good") => self.painted("good:", GOOD),
            Some("fixed") => self.painted("after --fix:", GOOD),
            Some("suggested") => self.painted("after --fix-suggested:", GOOD),
            _ => String::new(),
        };
        self.block(if label.is_empty() { Vec::new() } else { vec![format!("  {label}")] });
        self.code = Some(String::new());
    }

    /// Ends the open running text.
    fn paragraph(&mut self) {
        let text = std::mem::take(&mut self.text);
        if text.trim().is_empty() {
            return;
        }
        if self.depth == 0 {
            self.block(wrapped(&text, "", "", self.columns));
            return;
        }
        let rest = "  ".repeat(self.depth + 1);
        let mark = if self.is_marked { rest.clone() } else { format!("{}- ", "  ".repeat(self.depth)) };
        let lines = wrapped(&text, &mark, &rest, self.columns);
        self.is_marked = true;
        // The first item stands apart from what is above it, the others follow.
        if self.is_listing {
            self.lines.extend(lines)
        } else {
            self.block(lines)
        }
        self.is_listing = true;
    }

    /// Lines with an empty one above them.
    fn block(&mut self, lines: Vec<String>) {
        self.is_listing = false;
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(String::new());
        }
        self.lines.extend(lines);
    }

    fn table(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        let count = rows.iter().map(Vec::len).max().unwrap_or(0);
        let widest = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| shown(cell)).max().unwrap_or(0);
        let widths: Vec<usize> = (0..count).map(widest).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths);
            let padded: Vec<String> =
                cells.map(|(cell, room)| format!("{cell}{}", " ".repeat(room.saturating_sub(shown(cell))))).collect();
            format!("{INDENT}{}", padded.join("  ")).trim_end().to_owned()
        };
        let mut lines: Vec<String> = rows.iter().map(line).collect();
        if !lines.is_empty() {
            lines.insert(
                1,
                format!("{INDENT}{}", "─".repeat(widths.iter().sum::<usize>() + 2 * count.saturating_sub(1))),
            );
        }
        self.block(lines);
    }

    fn paint(&mut self, style: &str) {
        if self.color {
            self.text.push_str(&format!("\u{1b}[{style}m"));
        }
    }

    fn painted(&self, text: &str, style: &str) -> String {
        if self.color { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// The columns of a cell, without its escapes.
fn shown(cell: &str) -> usize {
    let mut parts = cell.split('\u{1b}');
    let first = parts.next().map_or(0, width);
    first + parts.map(|part| part.split_once('m').map_or(0, |(_, text)| width(text))).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
# rule

A `$push` that
nobody guards.

## Bad

```js bad
  f();
```

- one item
- another, longer than the line

| a | `b` |
|---|---|
| long | 1 |
";

    #[test]
    fn a_page_is_laid_out_to_the_width() {
        let expected = "\
rule

A `$push` that nobody
guards.

Bad

  bad:
      f();

  - one item
  - another, longer than
    the line

    a     `b`
    ─────────
    long  1
";
        assert_eq!(markdown(PAGE, 24, false), expected);
    }

    #[test]
    fn colours_change_no_column() {
        let text = markdown(PAGE, 24, true);
        assert!(
            text.contains("\u{1b}[1;4mrule\u{1b}[0m") && text.contains("A \u{1b}[36m$push\u{1b}[0m that"),
            "{text}"
        );
        assert!(text.contains("    a     \u{1b}[36mb\u{1b}[0m\n    ───────\n"), "{text}");
    }
}

//! The examples of the rule pages.

use super::File;

/// One example of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    pub kind: String,
    /// Line of the page where the first block starts.
    pub line: usize,
    pub files: Vec<File>,
    /// Whether the files have names, so that more may follow.
    pub named: bool,
    pub config: String,
}

/// Takes the examples out of a page. Named blocks of one kind with only blank lines between them form one project.
pub fn examples(page: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut config = String::new();
    let mut lines = page.lines().enumerate();
    let mut open = false;
    while let Some((at, line)) = lines.next() {
        if line.starts_with("## ") {
            config.clear();
        }
        let Some(info) = line.strip_prefix("```") else {
            open &= line.trim().is_empty();
            continue;
        };
        let text: String = lines
            .by_ref()
            .map(|(_, line)| line)
            .take_while(|line| *line != "```")
            .map(|line| format!("{line}\n"))
            .collect();
        let words: Vec<&str> = info.split_whitespace().collect();
        let (Some(language), Some(kind)) = (words.first(), words.get(1)) else { continue };
        if *kind == "config" {
            config = text;
            open = false;
            continue;
        }
        let name = words.iter().find_map(|word| word.strip_prefix("file="));
        let path = name.map_or_else(|| format!("example.{language}"), str::to_owned);
        match examples.last_mut() {
            Some(last)
                if open
                    && last.named
                    && name.is_some()
                    && last.kind == *kind
                    && last.files.iter().all(|(p, _)| *p != path) =>
            {
                last.files.push((path, text));
            }
            _ => examples.push(Example {
                kind: (*kind).to_owned(),
                line: at + 1,
                files: vec![(path, text)],
                named: name.is_some(),
                config: config.clone(),
            }),
        }
        open = true;
    }
    examples
}

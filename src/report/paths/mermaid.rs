//! The graph of write paths as a Mermaid flowchart, which GitHub and GitLab draw inside of Markdown.
//!
//! Input: a graph. Output: text. Must not know: the command line.

use super::graph::{Graph, Tone};
use crate::report::escape;
use std::fmt::Write as _;

/// Tones with their colours, which can be read on a light and on a dark ground.
const COLOURS: [(Tone, &str); 4] =
    [(Tone::Reported, "#d1373f"), (Tone::Open, "#b7791f"), (Tone::Safe, "#2f855a"), (Tone::Neutral, "#808080")];

pub fn mermaid(graph: &Graph) -> String {
    let mut text = "flowchart LR\n".to_owned();
    let mut tell = |line: String| {
        let _ = writeln!(text, "  {line}");
    };
    for (at, name) in graph.entries.iter().enumerate() {
        tell(format!("e{at}([\"{}\"])", label(name)));
    }
    for (at, writer) in graph.writers.iter().enumerate() {
        let place = format!("{}:{}", writer.path, writer.line);
        tell(format!("f{at}[\"{}<br/>{}\"]", label(&writer.name), label(&place)));
    }
    for (at, name) in graph.arrays.iter().enumerate() {
        tell(format!("a{at}[(\"{}\")]", label(name)));
    }
    for (from, to, _) in &graph.starts {
        tell(format!("e{from} --> f{to}"));
    }
    for edge in &graph.writes {
        let line = if edge.tone == Tone::Open { "-.->" } else { "-->" };
        tell(format!("f{} {line}|\"{}\"| a{}", edge.from, label(&edge.label()), edge.to));
    }
    let tones: Vec<Tone> =
        graph.starts.iter().map(|(.., tone)| *tone).chain(graph.writes.iter().map(|edge| edge.tone)).collect();
    for (tone, colour) in COLOURS {
        let of: Vec<String> =
            (0..).zip(&tones).filter(|(_, it)| **it == tone).map(|(at, _): (usize, _)| at.to_string()).collect();
        if !of.is_empty() {
            tell(format!("linkStyle {} stroke:{colour},stroke-width:2px", of.join(",")));
        }
    }
    text
}

/// A text between quotes: what Mermaid or HTML could read as more than itself is named by its number.
fn label(text: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || " ._-/:,$*()".contains(character);
    escape::line(text)
        .chars()
        .map(|character| if is_plain(character) { character.to_string() } else { format!("#{};", character as u32) })
        .collect()
}

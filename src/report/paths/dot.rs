//! The graph of write paths in the language of Graphviz.
//!
//! Input: a graph. Output: text. Must not know: the command line.

use super::graph::{Graph, Tone};
use crate::report::escape;
use std::fmt::Write as _;

pub fn dot(graph: &Graph) -> String {
    let mut text = "digraph writes {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n  \
                    edge [fontname=\"sans-serif\", fontsize=10];\n"
        .to_owned();
    let mut tell = |line: String| {
        let _ = writeln!(text, "  {line}");
    };
    for (at, name) in graph.entries.iter().enumerate() {
        tell(format!("e{at} [label={}, shape=oval];", quoted(name)));
    }
    for (at, writer) in graph.writers.iter().enumerate() {
        let place = format!("{}:{}", writer.path, writer.line);
        tell(format!("f{at} [label={}, tooltip={}];", quoted(&writer.name), quoted(&place)));
    }
    for (at, name) in graph.arrays.iter().enumerate() {
        tell(format!("a{at} [label={}, shape=cylinder];", quoted(name)));
    }
    for (from, to, tone) in &graph.starts {
        tell(format!("e{from} -> f{to} [{}];", style(*tone)));
    }
    for edge in &graph.writes {
        tell(format!("f{} -> a{} [label={}, {}];", edge.from, edge.to, quoted(&edge.label()), style(edge.tone)));
    }
    text.push_str("}\n");
    text
}

fn style(tone: Tone) -> &'static str {
    match tone {
        Tone::Reported => "color=\"#b02a30\", penwidth=2.5",
        Tone::Open => "color=\"#8a5a00\", penwidth=2, style=dashed",
        Tone::Safe => "color=\"#2f6f4a\"",
        Tone::Neutral => "color=\"#707070\", style=dotted",
    }
}

/// A string: a backslash and an ampersand would begin something else in a label.
fn quoted(text: &str) -> String {
    format!("\"{}\"", escape::line(text).replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;"))
}

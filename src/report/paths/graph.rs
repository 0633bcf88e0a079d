//! The write paths as a graph: what starts the work, the functions that write, the arrays that are written.
//!
//! Input: write paths. Output: nodes and edges in a fixed order. Must not know: how a graph is drawn.

use crate::diagnostic::WritePath;
use crate::report::Run;
use std::collections::BTreeSet;

/// What a verdict means for somebody who looks at the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Something refuses a second write of the same element.
    Safe,
    /// A second write of the same element changes nothing that counts: a removal, a change in place, a new document.
    Neutral,
    /// Nothing refuses it, and no rule reports it.
    Open,
    /// A rule reports it.
    Reported,
}

impl Tone {
    pub fn of(verdict: &str) -> Self {
        match verdict {
            "guarded" | "optimistic" | "transaction" => Tone::Safe,
            "in place" | "removal" | "new document" => Tone::Neutral,
            "unguarded" => Tone::Open,
            _ => Tone::Reported,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Tone::Safe => "safe",
            Tone::Neutral => "neutral",
            Tone::Open => "open",
            Tone::Reported => "reported",
        }
    }
}

/// A function that writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    pub name: String,
    /// The file, and the line of its first write.
    pub path: String,
    pub line: u32,
}

/// From a function to an array, by the indexes of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    pub tone: Tone,
    pub verdicts: BTreeSet<String>,
    pub operators: BTreeSet<String>,
}

impl Edge {
    /// `$push: check-then-push`
    pub fn label(&self) -> String {
        let joined = |names: &BTreeSet<String>| names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        format!("{}: {}", joined(&self.operators), joined(&self.verdicts))
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// `route POST /chat`
    pub entries: Vec<String>,
    pub writers: Vec<Writer>,
    /// `chats.messages`, with `*` for a collection that no caller names.
    pub arrays: Vec<String>,
    /// From an entry to a function that it reaches; the worst that is written there.
    pub starts: Vec<(usize, usize, Tone)>,
    pub writes: Vec<Edge>,
}

/// The graph of some write paths, its nodes in the order in which the paths name them.
pub fn graph<'a>(run: &Run<'_>, paths: impl IntoIterator<Item = &'a WritePath>) -> Graph {
    let mut graph = Graph::default();
    for path in paths {
        let Some(spot) = run.locate(path.place) else { continue };
        let writer = graph.writer(&path.function, &spot.file.path, spot.start.line);
        let array = position(&mut graph.arrays, array_name(path));
        let tone = graph.write(writer, array, path);
        for caller in &path.callers {
            let Some(entry) = caller.entry else { continue };
            let entry = position(&mut graph.entries, format!("{entry} {}", caller.function));
            match graph.starts.iter_mut().find(|(from, to, _)| (*from, *to) == (entry, writer)) {
                Some((_, _, known)) => *known = (*known).max(tone),
                None => graph.starts.push((entry, writer, tone)),
            }
        }
    }
    graph
}

/// `chats.messages`
pub fn array_name(path: &WritePath) -> String {
    format!("{}.{}", path.collection.as_deref().unwrap_or("*"), path.array)
}

impl Graph {
    fn writer(&mut self, name: &str, path: &str, line: u32) -> usize {
        if let Some(at) = self.writers.iter().position(|known| known.name == name && known.path == path) {
            return at;
        }
        self.writers.push(Writer { name: name.to_owned(), path: path.to_owned(), line });
        self.writers.len() - 1
    }

    fn write(&mut self, from: usize, to: usize, path: &WritePath) -> Tone {
        let tone = Tone::of(&path.verdict);
        if !self.writes.iter().any(|edge| (edge.from, edge.to) == (from, to)) {
            let (verdicts, operators) = Default::default();
            self.writes.push(Edge { from, to, tone, verdicts, operators });
        }
        if let Some(edge) = self.writes.iter_mut().find(|edge| (edge.from, edge.to) == (from, to)) {
            edge.tone = edge.tone.max(tone);
            edge.verdicts.extend(path.verdict.split(", ").map(str::to_owned));
            edge.operators.insert(path.operator.clone());
        }
        tone
    }
}

fn position(names: &mut Vec<String>, name: String) -> usize {
    names.iter().position(|known| *known == name).unwrap_or_else(|| {
        names.push(name);
        names.len() - 1
    })
}

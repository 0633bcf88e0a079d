//! The map of write paths: what starts the work on the left, the functions that write in the middle, the arrays on the right.
//!
//! Input: a graph. Output: an SVG. Must not know: write paths, where the graph comes from.

use crate::report::columns::{keep_end, keep_start};
use crate::report::escape;
use crate::report::paths::graph::{Graph, Tone};
use maud::{Markup, html};

const ROW: usize = 40;
const HEIGHT: usize = 30;
const WIDTH: usize = 270;
const GAP: usize = 110;
/// Characters of a name that fit a box.
const NAME: usize = 33;

/// The order of the boxes of a column: for each node its row.
type Rows = Vec<usize>;

pub fn map(graph: &Graph, label: &str) -> Markup {
    let has_entries = !graph.entries.is_empty();
    let (entries, writers, arrays) = rows(graph);
    let most = graph.entries.len().max(graph.writers.len()).max(graph.arrays.len());
    let (left, columns) = if has_entries { (WIDTH + GAP, 3) } else { (0, 2) };
    let right = left + WIDTH + GAP;
    let (width, height) = (columns * WIDTH + (columns - 1) * GAP, most * ROW);
    let middle = |rows: &Rows, at: usize, count: usize| y(rows, at, count, most) + HEIGHT / 2;
    html! {
        div.scroll role="group" aria-label={ "Map of the writes to " (label) } tabindex="0" {
            svg.map viewBox={ "-2 -2 " (width + 4) " " (height + 4) } width=(width + 4) height=(height + 4) {
                @for (from, to, tone) in &graph.starts {
                    (edge((WIDTH, middle(&entries, *from, graph.entries.len())), (left, middle(&writers, *to, graph.writers.len())), *tone, ""))
                }
                @for write in &graph.writes {
                    @let title = write.label();
                    (edge((left + WIDTH, middle(&writers, write.from, graph.writers.len())), (right, middle(&arrays, write.to, graph.arrays.len())), write.tone, &title))
                }
                @for (at, name) in graph.entries.iter().enumerate() {
                    (node("entry", (0, y(&entries, at, graph.entries.len(), most)), &started(name), name))
                }
                @for (at, writer) in graph.writers.iter().enumerate() {
                    @let title = format!("{} in {}:{}", writer.name, writer.path, writer.line);
                    (node("writer", (left, y(&writers, at, graph.writers.len(), most)), &keep_start(&escape::line(&writer.name), NAME), &title))
                }
                @for (at, name) in graph.arrays.iter().enumerate() {
                    (node("array", (right, y(&arrays, at, graph.arrays.len(), most)), &keep_end(&escape::line(name), NAME), name))
                }
            }
        }
    }
}

/// What starts the work, with its kind, and the end of its name.
fn started(name: &str) -> String {
    let name = escape::line(name);
    match name.split_once(' ') {
        Some((kind, rest)) => format!("{kind} {}", keep_end(rest, NAME.saturating_sub(kind.len() + 1))),
        None => keep_end(&name, NAME),
    }
}

/// The top of a box; a column of fewer boxes stands in the middle.
fn y(rows: &Rows, at: usize, count: usize, most: usize) -> usize {
    let row = rows.get(at).copied().unwrap_or(at);
    row * ROW + (most - count) * ROW / 2 + (ROW - HEIGHT) / 2
}

/// The arrays in their order, the functions by the arrays that they write, the entries by the functions that they reach.
fn rows(graph: &Graph) -> (Rows, Rows, Rows) {
    let arrays: Rows = (0..graph.arrays.len()).collect();
    let writes: Vec<(usize, usize)> = graph.writes.iter().map(|edge| (edge.from, edge.to)).collect();
    let writers = ordered(graph.writers.len(), &writes, &arrays);
    let starts: Vec<(usize, usize)> = graph.starts.iter().map(|(from, to, _)| (*from, *to)).collect();
    let entries = ordered(graph.entries.len(), &starts, &writers);
    (entries, writers, arrays)
}

/// The row of each node: near the mean of the rows that its edges lead to, in thousandths.
fn ordered(count: usize, edges: &[(usize, usize)], targets: &Rows) -> Rows {
    let mean = |at: usize| {
        let rows = edges.iter().filter(|(from, _)| *from == at).filter_map(|(_, to)| targets.get(*to));
        let (sum, number) = rows.fold((0, 0), |(sum, number), row| (sum + row * 1000, number + 1));
        sum / number.max(1)
    };
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_cached_key(|at| (mean(*at), *at));
    let mut rows = vec![0; count];
    for (row, at) in order.into_iter().enumerate() {
        if let Some(place) = rows.get_mut(at) {
            *place = row;
        }
    }
    rows
}

fn edge(from: (usize, usize), to: (usize, usize), tone: Tone, title: &str) -> Markup {
    let bend = GAP / 2;
    let path =
        format!("M{} {}C{} {} {} {} {} {}", from.0, from.1, from.0 + bend, from.1, to.0 - bend, to.1, to.0, to.1);
    html! {
        path.edge.(tone.name()) d=(path) { @if !title.is_empty() { title { (escape::line(title)) } } }
    }
}

fn node(class: &str, (x, y): (usize, usize), name: &str, title: &str) -> Markup {
    html! {
        g.node.(class) {
            title { (escape::line(title)) }
            rect x=(x) y=(y) width=(WIDTH) height=(HEIGHT) rx="6" {}
            text x=(x + 10) y=(y + 20) { (name) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_stand_near_what_they_lead_to() {
        // The first function writes the last array.
        assert_eq!(ordered(3, &[(0, 2), (1, 0), (2, 1), (2, 0)], &vec![0, 1, 2]), [2, 0, 1]);
        assert_eq!(ordered(2, &[], &vec![]), [0, 1]);
    }
}

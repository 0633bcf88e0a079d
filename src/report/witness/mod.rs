//! A witness for people: who does what in which order, and what is stored in the end.
//!
//! Input: a witness. Output: lines, at most [`MAX_LINES`] unless all is wanted. Must not know: the rest of a finding.

pub(super) mod ends;
pub(super) mod notation;
mod script;

pub use script::script;

use super::Run;
use super::columns::{keep_start, width, wrapped};
use super::escape;
use super::{counted, level_note};
use crate::diagnostic::{Command, Finding, Harm, Inputs, Move, Proof, Role, Witness};
use crate::source::{FileId, Place};
use ends::{collections, differing_collections, ends};
use notation::Detail;
use serde_json::Value;

/// Lines of a witness that is shown beside its finding.
pub const MAX_LINES: usize = 8;
/// A report of so many columns has no room for two requests beside each other.
const NARROW: usize = 60;
const INDENT: &str = "  ";
const GAP: &str = "  ";

/// What is shown, and how.
#[derive(Clone, Copy)]
pub struct Layout<'a> {
    pub columns: usize,
    /// Every step, value and place, however long that gets.
    pub full: bool,
    /// Places that tell the harm, the act first.
    pub weighty: &'a [Place],
    /// By what the steps are shown that are left out.
    pub rest: &'static str,
}

/// The places of a finding that tell its harm: the act and the checks.
pub fn weighty(finding: &Finding) -> Vec<Place> {
    let checks = finding.related.iter().filter(|related| related.role == Role::Check);
    std::iter::once(finding.place).chain(checks.map(|check| check.place)).collect()
}

/// The lines of a witness.
pub fn lines(run: &Run<'_>, witness: &Witness, layout: Layout<'_>) -> Vec<String> {
    let closing = closing(witness, layout);
    let before = before(witness, layout);
    let table = Table::new(run, witness, layout);
    if layout.full {
        return [before, table.whole(), closing].concat();
    }
    let room = MAX_LINES.saturating_sub(before.len() + closing.len());
    if table.fits(room) {
        return [before, table.within(room, layout), closing].concat();
    }
    // What the requests read and do says more than what was there.
    [table.within(MAX_LINES.saturating_sub(closing.len()), layout), closing].concat()
}

/// A finding with its whole witness; `None` without one.
pub fn page(run: &Run<'_>, finding: &Finding, columns: usize) -> Option<String> {
    let witness = finding.proof.witness()?;
    let spot = run.locate(finding.place)?;
    let place = format!("{}:{}:{}", spot.file.path, spot.start.line, spot.start.column);
    let head = format!("{}[{}] {place}: {}", finding.level.name(), finding.rule, finding.message);
    let mut text = wrapped(&escape::line(&head), "", INDENT, columns);
    text.extend(level_note(finding).iter().flat_map(|note| wrapped(note, INDENT, INDENT, columns)));
    text.extend(lines(run, &witness, Layout { columns, full: true, weighty: &[], rest: "" }));
    Some(text.join("\n"))
}

/// Whether a finding has its act, or a check or another act of its race, at a line.
pub fn is_at(run: &Run<'_>, finding: &Finding, file: FileId, line: u32) -> bool {
    let ends = finding.related.iter().filter(|related| matches!(related.role, Role::Check | Role::Act));
    let mut places = ends.map(|related| related.place).chain([finding.place]);
    places.any(|place| place.file == file && run.line_of(place) == Some(line))
}

/// The outcome in one sentence, for reports that show no steps.
pub fn sentence(witness: &Witness) -> String {
    let ends = ends(witness, Detail::Terse);
    let serial = ends.serial.join(" or ");
    match witness.kind {
        Harm::Race => format!("two requests at once store {}; one after the other {serial}", ends.outcome),
        Harm::ActsTwice => format!("two requests at once both do it, and {} is stored", ends.outcome),
        Harm::RetryDiffers => format!("the same request twice stores {}; once {serial}", ends.outcome),
    }
}

/// Whether a finding is proven, for reports that show no steps; `None` where nobody asked.
pub fn verdict(proof: &Proof) -> Option<String> {
    match proof {
        Proof::NotJudged => None,
        Proof::Proven(witness) => Some(format!("proven: {}", sentence(&witness.open()?))),
        Proof::Unproven(reason) => Some(format!("not proven: {reason}")),
    }
}

/// A command with its result: `accounts.findOne({ _id: 1 }) → found`.
pub fn step(step: &Move) -> String {
    let command = notation::command(&step.command, true, Detail::Short);
    if step.result.is_empty() { command } else { format!("{command} → {}", escape::line(&step.result)) }
}

/// `before: [{ balance: 100, … }]`
fn before(witness: &Witness, layout: Layout<'_>) -> Vec<String> {
    let text = |detail| format!("before: {}", ends(witness, detail).before);
    if layout.full {
        let mut lines = wrapped(&text(Detail::Whole), INDENT, "    ", layout.columns);
        for index in &witness.indexes {
            let keys = index.keys.join(", ");
            let kind = if index.sparse { " (sparse)" } else { "" };
            let partial =
                index.partial.as_ref().map(|filter| format!(" where {}", notation::value(filter, Detail::Whole)));
            let index = format!("unique in {}: {keys}{kind}{}", index.collection, partial.unwrap_or_default());
            lines.extend(wrapped(&escape::line(&index), INDENT, "    ", layout.columns));
        }
        return lines;
    }
    vec![fitting(&[text(Detail::Short), text(Detail::Terse)], INDENT, layout.columns)]
}

/// `stored: […]` against `one after the other: […]`, on one line where they fit.
fn closing(witness: &Witness, layout: Layout<'_>) -> Vec<String> {
    let texts = |detail| {
        let ends = ends(witness, detail);
        let other = match witness.kind {
            Harm::RetryDiffers => "once only",
            Harm::Race | Harm::ActsTwice => "one after the other",
        };
        (format!("stored: {}", ends.outcome), format!("{other}: {}", ends.serial.join(" or ")))
    };
    let room = layout.columns.saturating_sub(INDENT.len());
    if layout.full {
        let (stored, serial) = texts(Detail::Whole);
        let lines = [stored, serial].map(|text| wrapped(&text, INDENT, "    ", layout.columns));
        return lines.concat();
    }
    let (short, terse) = (texts(Detail::Short), texts(Detail::Terse));
    let one_line = format!("{}, {}", short.0, short.1);
    if width(&one_line) <= room {
        return vec![format!("{INDENT}{one_line}")];
    }
    vec![fitting(&[short.0, terse.0], INDENT, layout.columns), fitting(&[short.1, terse.1], INDENT, layout.columns)]
}

/// The first of the texts that fits, else the start of the last.
fn fitting(texts: &[String], indent: &str, columns: usize) -> String {
    let room = columns.saturating_sub(indent.len());
    let text = texts.iter().find(|text| width(text) <= room).or(texts.last());
    format!("{indent}{}", keep_start(text.map_or("", String::as_str), room))
}

/// The steps, each request in a column of its own.
struct Table<'a> {
    run: &'a Run<'a>,
    witness: &'a Witness,
    columns: usize,
    /// Whether the commands need the names of their collections.
    is_named: bool,
}

impl<'a> Table<'a> {
    fn new(run: &'a Run<'a>, witness: &'a Witness, layout: Layout<'_>) -> Self {
        let is_named = layout.full || collections(witness).len() > 1;
        Self { run, witness, columns: layout.columns, is_named }
    }

    /// Two columns, where there are two requests and room for them.
    fn is_wide(&self) -> bool {
        self.columns > NARROW && self.witness.requests.len() == 2
    }

    /// Columns of one cell.
    fn room(&self) -> usize {
        match self.is_wide() {
            true => self.columns.saturating_sub(INDENT.len() + GAP.len()) / 2,
            false => self.columns.saturating_sub(INDENT.len() + "A: ".len()),
        }
    }

    fn fits(&self, lines: usize) -> bool {
        self.head().len() + self.witness.steps.len() <= lines
    }

    /// At most `most` lines: the header, and the steps that weigh most.
    fn within(&self, most: usize, layout: Layout<'_>) -> Vec<String> {
        let head = self.head();
        let room = most.saturating_sub(head.len());
        let steps = &self.witness.steps;
        let most = if steps.len() > room { room.saturating_sub(1) } else { room };
        let kept = kept(self.witness, most, layout.weighty);
        let rows = kept.iter().filter_map(|at| steps.get(*at)).map(|step| self.row(step.request, &self.short(step)));
        let mut lines: Vec<String> = head.into_iter().chain(rows).collect();
        if kept.len() < steps.len() {
            let left_out = counted(steps.len() - kept.len(), "more step");
            lines.push(format!("{INDENT}… and {left_out}, with {}", layout.rest));
        }
        lines
    }

    /// Every step with its result and its place, in as many lines as that takes.
    fn whole(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for (at, request) in self.witness.requests.iter().enumerate() {
            let inputs = request
                .inputs
                .iter()
                .map(|(source, input)| format!("{} = {}", escape::line(source), notation::value(input, Detail::Whole)));
            let inputs = inputs.collect::<Vec<_>>().join(", ");
            if !inputs.is_empty() {
                lines.extend(wrapped(&format!("{}: {inputs}", title(at, request)), INDENT, "    ", self.columns));
            }
        }
        if self.is_wide() {
            let titles: Vec<String> = self.witness.requests.iter().enumerate().map(|(at, it)| title(at, it)).collect();
            lines.push(self.beside(titles.first(), titles.get(1)));
        }
        for step in &self.witness.steps {
            let result = if step.result.is_empty() { String::new() } else { format!(" → {}", step.result) };
            let place = step.place.and_then(|place| self.run.locate(place));
            let place = place.map(|spot| format!(" ({}:{})", spot.file.path, spot.start.line)).unwrap_or_default();
            let command = notation::command(&step.command, self.is_named, Detail::Whole);
            let text = format!("{command}{}", escape::line(&format!("{result}{place}")));
            let cells = wrapped(&text, "", "  ", self.room());
            lines.extend(cells.iter().enumerate().map(|(at, cell)| match at {
                0 => self.row(step.request, cell),
                _ => self.continued(step.request, cell),
            }));
        }
        lines
    }

    fn head(&self) -> Vec<String> {
        if !self.is_wide() {
            return Vec::new();
        }
        let cells: Vec<String> = self.witness.requests.iter().enumerate().map(|(at, it)| self.titled(at, it)).collect();
        vec![self.beside(cells.first(), cells.get(1))]
    }

    /// `request A: amount = 80`
    fn titled(&self, at: usize, request: &Inputs) -> String {
        let is_shared = |input: &(String, Value)| self.witness.requests.iter().all(|it| it.inputs.contains(input));
        let mut inputs: Vec<&(String, Value)> = request.inputs.iter().collect();
        // What tells the requests apart comes first.
        inputs.sort_by_key(|input| is_shared(input));
        let inputs = inputs.into_iter().map(|(source, input)| {
            // The last part of `req.body.amount` says enough here.
            let name = source.rsplit('.').next().unwrap_or(source);
            format!("{} = {}", escape::line(name), notation::value(input, Detail::Terse))
        });
        let inputs = inputs.collect::<Vec<_>>().join(", ");
        let title = title(at, request);
        let text = if inputs.is_empty() { title } else { format!("{title}: {inputs}") };
        keep_start(&text, self.room())
    }

    /// A command that fits its cell, with its result where that is not what everybody expects.
    fn short(&self, step: &Move) -> String {
        let result = match step.result.as_str() {
            "" | "matched 1" | "inserted 1" | "deleted 1" => String::new(),
            result => format!(" → {}", escape::line(result)),
        };
        let room = self.room().saturating_sub(width(&result));
        let whole = |detail| Some(notation::command(&step.command, self.is_named, detail));
        let part = |detail| notation::without_filter(&step.command, self.is_named, detail);
        let texts = [whole(Detail::Short), part(Detail::Short), part(Detail::Terse).or_else(|| whole(Detail::Terse))];
        let texts: Vec<String> = texts.into_iter().flatten().collect();
        format!("{}{result}", fitting(&texts, "", room))
    }

    fn row(&self, request: usize, cell: &str) -> String {
        match (self.is_wide(), request) {
            (true, 0) => self.beside(Some(cell), None::<&str>),
            (true, _) => self.beside(None::<&str>, Some(cell)),
            (false, _) => {
                let name = self.witness.requests.get(request).map_or("?", |it| it.name.as_str());
                format!("{INDENT}{}: {cell}", escape::line(name))
            }
        }
    }

    fn continued(&self, request: usize, cell: &str) -> String {
        if self.is_wide() { self.row(request, cell) } else { format!("{INDENT}   {cell}") }
    }

    fn beside(&self, left: Option<impl AsRef<str>>, right: Option<impl AsRef<str>>) -> String {
        let left = left.as_ref().map_or("", |text| text.as_ref());
        let right = right.as_ref().map_or("", |text| text.as_ref());
        let blanks = " ".repeat(self.room().saturating_sub(width(left)));
        format!("{INDENT}{left}{blanks}{GAP}{right}").trim_end().to_owned()
    }
}

fn title(at: usize, request: &Inputs) -> String {
    match request.name.as_str() {
        "" => format!("request {}", at + 1),
        name => format!("request {}", escape::line(name)),
    }
}

/// The indexes of the steps to show, in their order: of each request those at weighty places first, then what it does to the
/// collections in which the outcomes differ, what it reads of them, and what else it changes.
fn kept(witness: &Witness, most: usize, weighty: &[Place]) -> Vec<usize> {
    let steps = &witness.steps;
    let differing = differing_collections(witness);
    let does_otherwise = ends::done_outside(witness, &witness.outcome).is_some();
    let place_of = |step: &Move| {
        let place = step.place?;
        weighty.iter().position(|it| it.file == place.file && it.start <= place.start && place.start < it.end)
    };
    let weight = |at: usize| {
        let step = steps.get(at)?;
        let is_told = match &step.command {
            Command::Database { collection, .. } => differing.contains(&collection.as_str()),
            Command::Effect { .. } => does_otherwise,
        };
        let place = place_of(step);
        let is_of_place = |&other: &&Move| other.request == step.request && place_of(other) == place;
        // A call in a loop is shown once.
        let again = steps.iter().take(at).filter(is_of_place).count();
        let is_change = step.command.is_change();
        let class = match (place, is_told, is_change) {
            (Some(place), ..) if again == 0 => place,
            (_, true, true) => weighty.len(),
            (_, true, false) => weighty.len() + 1,
            (_, false, true) => weighty.len() + 2,
            (_, false, false) => weighty.len() + 3,
        };
        Some((class, at))
    };
    let mut order: Vec<usize> = (0..steps.len()).collect();
    order.sort_by_key(|at| weight(*at));
    order.truncate(most);
    order.sort_unstable();
    order
}

#[cfg(test)]
mod tests;

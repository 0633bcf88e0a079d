//! A witness as a drawing: a lane for each request, their commands in order, and what is stored after each of them.
//!
//! Input: a witness. Output: markup. Must not know: the rest of a finding.

use crate::diagnostic::{Command, End, Harm, Inputs, Move, Stored, Witness};
use crate::report::columns::keep_start;
use crate::report::witness::ends::{Told, collections, done_outside, told};
use crate::report::witness::notation::{self, Detail};
use crate::report::{Run, escape};
use maud::{Markup, html};
use serde_json::Value;

/// Characters of one value that are shown.
const VALUE: usize = 200;

pub fn witness(run: &Run<'_>, witness: &Witness) -> Markup {
    let drawing = Drawing { run, witness, is_named: collections(witness).len() > 1 };
    html! {
        section.witness {
            h4 { (title(witness.kind)) }
            (drawing.before())
            (drawing.lanes())
            (drawing.ends())
        }
    }
}

fn title(kind: Harm) -> &'static str {
    match kind {
        Harm::Race | Harm::ActsTwice => "Two requests at the same time",
        Harm::RetryDiffers => "The same request twice",
    }
}

struct Drawing<'a> {
    run: &'a Run<'a>,
    witness: &'a Witness,
    /// Whether documents need the names of their collections.
    is_named: bool,
}

impl Drawing<'_> {
    fn before(&self) -> Markup {
        html! {
            div.state {
                span.when { "Stored before" }
                (self.documents(&self.witness.start, None))
            }
            @for index in &self.witness.indexes {
                p.note {
                    "Unique in " code { (escape::line(&index.collection)) } ": "
                    code { (escape::line(&index.keys.join(", "))) }
                    @if index.sparse { " (sparse)" }
                    @if let Some(partial) = &index.partial {
                        " where " code { (notation::value(partial, Detail::Short)) }
                    }
                }
            }
        }
    }

    fn lanes(&self) -> Markup {
        let is_followed = self.witness.steps.iter().any(|step| step.stored.is_some());
        let mut before = self.witness.start.as_slice();
        let mut rows = Vec::new();
        for (at, step) in self.witness.steps.iter().enumerate() {
            rows.push(html! {
                tr {
                    th scope="row" { (at + 1) }
                    @for lane in 0..self.witness.requests.len() {
                        td.lane.{ "lane-" (lane) } { @if lane == step.request { (self.step(step)) } }
                    }
                    @if is_followed {
                        td.stored {
                            @match &step.stored {
                                Some(now) => (self.documents(now, Some(before))),
                                None => span.same { "no change" },
                            }
                        }
                    }
                }
            });
            before = step.stored.as_deref().unwrap_or(before);
        }
        html! {
            div.scroll role="group" aria-label="Commands in order" tabindex="0" {
                table.lanes {
                    thead { tr {
                        th scope="col" { span.unseen { "Step" } }
                        @for (lane, request) in self.witness.requests.iter().enumerate() {
                            th scope="col" class={ "lane-" (lane) } { (self.request(lane, request)) }
                        }
                        @if is_followed { th scope="col" { "Stored then" } }
                    } }
                    tbody { @for row in &rows { (row) } }
                }
            }
        }
    }

    /// The name of a request, and what it carries; what tells the requests apart comes first.
    fn request(&self, lane: usize, request: &Inputs) -> Markup {
        let is_shared = |input: &(String, Value)| self.witness.requests.iter().all(|it| it.inputs.contains(input));
        let mut inputs: Vec<&(String, Value)> = request.inputs.iter().collect();
        inputs.sort_by_key(|input| is_shared(input));
        html! {
            "Request " (self.name(lane))
            @for (source, value) in inputs {
                br;
                code.input { (escape::line(source)) " = " (short(value)) }
            }
        }
    }

    fn name(&self, lane: usize) -> String {
        match self.witness.requests.get(lane).map(|request| request.name.as_str()) {
            None | Some("") => (lane + 1).to_string(),
            Some(name) => escape::line(name),
        }
    }

    fn step(&self, step: &Move) -> Markup {
        let kind = match &step.command {
            Command::Effect { .. } => "effect",
            command if command.is_change() => "change",
            Command::Database { .. } => "read",
        };
        let command = notation::command(&step.command, self.is_named, Detail::Short);
        let spot = step.place.and_then(|place| self.run.locate(place));
        html! {
            div.step.(kind) {
                span.who { (self.name(step.request)) ": " }
                code { (command) }
                @if !step.result.is_empty() { " " span.result { "→ " (escape::line(&step.result)) } }
                @if let Some(spot) = spot {
                    " " span.site { (escape::line(&spot.file.path)) ":" (spot.start.line) }
                }
            }
        }
    }

    fn ends(&self) -> Markup {
        let (bad, good) = match self.witness.kind {
            Harm::Race | Harm::ActsTwice => ("Stored in the end", "One after the other"),
            Harm::RetryDiffers => ("Stored after both", "Stored after one"),
        };
        let mut serial: Vec<&End> = Vec::new();
        for end in &self.witness.serial {
            if !serial.iter().any(|known| self.reads_alike(known, end)) {
                serial.push(end);
            }
        }
        html! {
            div.ends {
                div.end.bad { h5 { "✗ " (bad) } (self.end(&self.witness.outcome)) }
                div.end.good {
                    h5 { "✓ " (good) }
                    @for (at, end) in serial.iter().enumerate() {
                        @if at > 0 { p.or { "or" } }
                        (self.end(end))
                    }
                }
            }
        }
    }

    /// Whether two outcomes look the same as they are shown.
    fn reads_alike(&self, a: &End, b: &End) -> bool {
        self.end(a).into_string() == self.end(b).into_string()
    }

    fn end(&self, end: &End) -> Markup {
        html! {
            (self.documents(&end.documents, Some(&self.witness.start)))
            @if let Some(done) = done_outside(self.witness, end) { p.done { "and done: " code { (done) } } }
        }
    }

    /// The documents, what is new since `before` marked.
    fn documents(&self, documents: &[Stored], before: Option<&[Stored]>) -> Markup {
        let told = told(self.witness, documents);
        html! {
            div.documents {
                @if told.is_empty() { span.same { "nothing" } }
                @for document in &told {
                    @let was = before.map(|before| before.iter().find(|it| is_same(it, document.stored)));
                    (self.document(document, was.map(|was| was.map(|stored| &stored.document))))
                }
            }
        }
    }

    /// `was` is the document before; the inner `None` says that there was none, the outer that nobody asks.
    fn document(&self, document: &Told<'_>, was: Option<Option<&Value>>) -> Markup {
        let is_new = was.is_some_and(|was| was.is_none());
        html! {
            div.document.new[is_new] {
                @if self.is_named { span.of { (escape::line(&document.stored.collection)) } }
                @if is_new { span.unseen { "new: " } }
                @for (name, value) in &document.fields {
                    span.field {
                        span.key { (field_name(name)) ": " }
                        (field(value, was.flatten().map(|was| was.get(*name).unwrap_or(&Value::Null))))
                    }
                }
                @if document.is_part { span.more title="further fields, which do not differ" { "…" } }
            }
        }
    }
}

/// A list as boxes in a row, anything else as it is.
fn field(value: &Value, was: Option<&Value>) -> Markup {
    let Value::Array(elements) = value else {
        return html! { span.value.changed[was.is_some_and(|was| was != value)] { (short(value)) } };
    };
    let known = |at: usize| was.and_then(|was| was.get(at));
    let before = was.and_then(Value::as_array).into_iter().flatten();
    html! {
        span.list {
            "["
            @for lost in before.filter(|known| !elements.contains(known)) {
                del.element title="no longer stored" { (short(lost)) }
            }
            @for (at, element) in elements.iter().enumerate() {
                @let is_new = was.is_some() && known(at) != Some(element) && !is_moved(element, elements, was);
                @let is_twice = elements.iter().take(at).any(|other| other == element);
                span.element.changed[is_new].twice[is_twice] title=[is_twice.then_some("the same element again")] {
                    (short(element))
                }
            }
            "]"
        }
    }
}

/// Whether an element stood elsewhere before, and as often.
fn is_moved(element: &Value, elements: &[Value], was: Option<&Value>) -> bool {
    let often = |list: &[Value]| list.iter().filter(|other| *other == element).count();
    was.and_then(Value::as_array).is_some_and(|was| often(was) == often(elements))
}

fn is_same(a: &Stored, b: &Stored) -> bool {
    a.collection == b.collection && a.document.get("_id") == b.document.get("_id")
}

fn field_name(name: &str) -> String {
    let mut text = String::new();
    notation::key(name, &mut text);
    escape::line(&text)
}

fn short(value: &Value) -> String {
    keep_start(&notation::value(value, Detail::Short), VALUE)
}

//! The witness of a race, from the evidence of the judge: plain data with names of the code.
//!
//! Input: evidence. Output: a witness, and for each of its moves the site in the code. Must not know: how it was found, formats.

use super::bson::Value;
use super::choices::{Candidate, Choices, Term};
use super::inputs::text_of;
use super::question::Evidence;
use super::said::said;
use super::slice::Slice;
use super::state::{Done, Move};
use super::store::{Command, Failure, Reply, Returns, Store, UniqueIndex};
use crate::diagnostic::witness::{self, End, Harm, Index, Inputs, Stored, Witness};
use crate::limits;
use crate::project::Project;
use crate::value::{Node, Site, V};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value as Json, json};

/// The names of a witness.
pub struct Names<'a> {
    pub project: &'a Project,
    /// Collections by number.
    pub collections: Vec<String>,
    texts: FxHashMap<u32, String>,
}

impl<'a> Names<'a> {
    pub fn new(project: &'a Project, collections: Vec<String>, evidence: &Evidence) -> Self {
        let mut names = Self { project, collections, texts: FxHashMap::default() };
        let mut used: Vec<String> = Vec::new();
        for (at, term) in evidence.choices.terms.iter().enumerate() {
            let base = term.source.map_or("other".to_owned(), |source| names.name_of(source));
            let base = if term.request == Some(1) { format!("{base}-b") } else { base };
            let mut name = base.clone();
            let mut count = 1;
            while used.contains(&name) {
                count += 1;
                name = format!("{base}-{count}");
            }
            used.push(name.clone());
            names.texts.insert(at as u32, name);
        }
        names
    }

    /// A short name for an unknown value: the last name in its source.
    fn name_of(&self, value: V) -> String {
        match self.project.arena.peek(value) {
            Node::Member(_, name) | Node::Global(name) => self.project.arena.text(*name).to_owned(),
            Node::Param(func, at) => self
                .project
                .function(*func)
                .and_then(|function| function.param_names.get(*at as usize))
                .filter(|name| !name.is_empty())
                .map_or("value".to_owned(), |name| name.to_string()),
            Node::Call { callee, .. } => self.name_of(*callee),
            Node::Element(_) => "element".to_owned(),
            _ => "value".to_owned(),
        }
    }

    /// What a request brings, by its way from the parameter: `request.params.id`.
    fn input_of(&self, value: V) -> String {
        let Node::Member(object, name) = self.project.arena.peek(value) else { return self.name_of(value) };
        let name = self.project.arena.text(*name);
        match self.is_taken_apart(*object) {
            true => name.to_owned(),
            false => format!("{}.{name}", self.input_of(*object)),
        }
    }

    /// Whether a value is a parameter without a name of its own: `({ id }) => …`.
    fn is_taken_apart(&self, value: V) -> bool {
        let Node::Param(func, at) = self.project.arena.peek(value) else { return false };
        let function = self.project.function(*func);
        function.and_then(|function| function.param_names.get(*at as usize)).is_none_or(|name| name.is_empty())
    }

    fn term(&self, term: u32) -> String {
        self.texts.get(&term).cloned().unwrap_or_else(|| format!("value-{term}"))
    }

    /// What was done outside, as it is shown.
    fn said(&self, effect: &str) -> String {
        said(effect, |term| self.term(term))
    }

    /// A value in relaxed Extended JSON.
    pub fn json(&self, value: &Value) -> Json {
        match value {
            Value::Null => Json::Null,
            Value::Bool(b) => json!(b),
            Value::Number(n) if n.fract() == 0.0 && n.abs() < 9e15 => json!(*n as i64),
            Value::Number(n) => json!(n),
            Value::Text(text) => json!(&**text),
            Value::Id(id) => json!({ "$oid": format!("{id:024x}") }),
            Value::Date(time) => json!({ "$date": date(*time) }),
            Value::Symbol(term) => json!(self.term(*term)),
            Value::List(items) => Json::Array(items.iter().map(|item| self.json(item)).collect()),
            Value::Document(fields) => Json::Object(
                fields.iter().map(|(name, value)| (name.to_string(), self.json(value))).collect::<Map<_, _>>(),
            ),
        }
    }

    /// What was chosen for a term; none where nothing, a list, or what something else than an input is.
    fn chosen(&self, choices: &Choices, at: usize, depth: u32) -> Option<Json> {
        let term = choices.terms.get(at).filter(|_| depth < limits::START_DEPTH)?;
        match choices.taken(term.slot) {
            Candidate::Value(value) => Some(self.json(value)),
            Candidate::Long(length) => Some(json!(text_of(&self.project.arena, choices, at as u32, *length))),
            Candidate::Itself => Some(self.json(&Value::Symbol(at as u32))),
            Candidate::Of(other) | Candidate::Same(other) => {
                let is_it = |known: &Term| known.source == Some(*other) && known.request.is_none();
                self.chosen(choices, choices.terms.iter().position(is_it)?, depth + 1)
            }
            _ => None,
        }
    }

    fn stored(&self, store: &Store) -> Vec<Stored> {
        let mut stored = Vec::new();
        for (at, collection) in self.collections.iter().enumerate() {
            for document in store.documents(at as u32) {
                stored.push(Stored { collection: collection.clone(), document: self.json(document) });
            }
        }
        stored
    }

    fn collection(&self, at: u32) -> String {
        self.collections.get(at as usize).cloned().unwrap_or_default()
    }

    fn command(&self, command: &Command, many: bool) -> witness::Command {
        let mut options = Map::new();
        let on = |options: &mut Map<String, Json>, name: &str, is_on: bool| {
            if is_on {
                options.insert(name.to_owned(), json!(true));
            }
        };
        let (collection, method, mut arguments): (u32, &str, Vec<Json>) = match command {
            Command::Find { collection, filter, limit, .. } => {
                (*collection, if *limit == Some(1) { "findOne" } else { "find" }, vec![self.json(filter)])
            }
            Command::Count { collection, filter, .. } => (*collection, "countDocuments", vec![self.json(filter)]),
            Command::Aggregate { collection, stages } => {
                let stages = stages.iter().map(|stage| self.json(stage)).collect();
                (*collection, "aggregate", vec![Json::Array(stages)])
            }
            Command::Distinct { collection, field, filter } => {
                (*collection, "distinct", vec![json!(&**field), self.json(filter)])
            }
            Command::Update { collection, filter, update, upsert, array_filters, .. } => {
                on(&mut options, "upsert", *upsert);
                if !array_filters.is_empty() {
                    let filters: Vec<Json> = array_filters.iter().map(|filter| self.json(filter)).collect();
                    options.insert("arrayFilters".to_owned(), Json::Array(filters));
                }
                (*collection, if many { "updateMany" } else { "updateOne" }, vec![self.json(filter), self.json(update)])
            }
            Command::Replace { collection, filter, replacement, upsert } => {
                on(&mut options, "upsert", *upsert);
                (*collection, "replaceOne", vec![self.json(filter), self.json(replacement)])
            }
            Command::Insert { collection, documents, .. } => {
                (*collection, "insertOne", documents.iter().map(|document| self.json(document)).take(1).collect())
            }
            Command::Delete { collection, filter, many } => {
                (*collection, if *many { "deleteMany" } else { "deleteOne" }, vec![self.json(filter)])
            }
            Command::FindAndUpdate { collection, filter, update, upsert, returns, .. } => {
                on(&mut options, "upsert", *upsert);
                after(&mut options, *returns);
                (*collection, "findOneAndUpdate", vec![self.json(filter), self.json(update)])
            }
            Command::FindAndReplace { collection, filter, replacement, upsert, returns, .. } => {
                on(&mut options, "upsert", *upsert);
                after(&mut options, *returns);
                (*collection, "findOneAndReplace", vec![self.json(filter), self.json(replacement)])
            }
            Command::FindAndDelete { collection, filter, .. } => {
                (*collection, "findOneAndDelete", vec![self.json(filter)])
            }
        };
        if !options.is_empty() {
            arguments.push(Json::Object(options));
        }
        witness::Command::Database { collection: self.collection(collection), method: method.to_owned(), arguments }
    }

    fn move_of(&self, done: &Move) -> witness::Move {
        let (command, result) = match &done.what {
            Done::Command { command, many, reply } => (self.command(command, *many), words(command, reply)),
            Done::Effect(text) => (witness::Command::Effect { text: self.said(text) }, String::new()),
        };
        witness::Move { request: done.request, command, place: None, result, stored: None }
    }

    /// The moves, each with what it leaves in the store where it changes that. What a transaction writes shows with its own
    /// commands, which stand together.
    fn moves(&self, evidence: &Evidence) -> Vec<witness::Move> {
        let mut moves: Vec<witness::Move> = evidence.moves.iter().map(|done| self.move_of(done)).collect();
        let (mut store, mut fresh) = (evidence.start.clone(), limits::FRESH_IDS);
        let mut before = self.stored(&store);
        for (shown, done) in moves.iter_mut().zip(&evidence.moves) {
            let Done::Command { command, .. } = &done.what else { continue };
            // What was refused was refused before: the reply is known.
            let _ = store.run(command, &mut fresh);
            let now = self.stored(&store);
            if now != before {
                shown.stored = Some(now.clone());
                before = now;
            }
        }
        if before != self.stored(&evidence.outcome.store) {
            // A transaction was undone, or saw less than this: nothing is better than what is not so.
            moves.iter_mut().for_each(|shown| shown.stored = None);
        }
        moves
    }
}

fn after(options: &mut Map<String, Json>, returns: Returns) {
    if returns == Returns::After {
        options.insert("returnDocument".to_owned(), json!("after"));
    }
}

/// What a request gets back, in the words of a witness.
fn words(command: &Command, reply: &Result<Reply, Failure>) -> String {
    let found = |is_found: bool| if is_found { "found" } else { "null" }.to_owned();
    match (command, reply) {
        (Command::Find { limit: Some(1), .. }, Ok(Reply::Documents(documents))) => found(!documents.is_empty()),
        (_, Ok(Reply::Documents(documents))) => documents.len().to_string(),
        (_, Ok(Reply::Count(count))) => count.to_string(),
        (_, Ok(Reply::Updated { upserted: Some(_), .. })) => "upserted".to_owned(),
        (_, Ok(Reply::Updated { matched, .. })) => format!("matched {matched}"),
        (_, Ok(Reply::Inserted(ids))) => format!("inserted {}", ids.len()),
        (_, Ok(Reply::Deleted(count))) => format!("deleted {count}"),
        (_, Ok(Reply::Found(document) | Reply::Made(document))) => found(document.is_some()),
        (_, Err(Failure::DuplicateKey)) => "E11000".to_owned(),
        (_, Err(_)) => String::new(),
    }
}

/// A witness, with the site of each of its moves.
pub fn witness(names: &Names<'_>, evidence: &Evidence, indexes: &[UniqueIndex], kind: Harm) -> (Witness, Vec<Site>) {
    let end = |store: &Store, effects: &[String]| {
        let mut effects: Vec<String> = effects.iter().map(|effect| names.said(effect)).collect();
        effects.sort();
        End { documents: names.stored(store), effects }
    };
    let mut serial: Vec<End> = Vec::new();
    for world in &evidence.serial {
        let end = end(&world.store, &world.effects);
        if !serial.contains(&end) {
            serial.push(end);
        }
    }
    let mut requests: Vec<Inputs> =
        ["A", "B"].iter().map(|name| Inputs { name: (*name).to_owned(), inputs: Vec::new() }).collect();
    let arena = &names.project.arena;
    let brought = || {
        let terms = evidence.choices.terms.iter().enumerate();
        terms.filter_map(|(at, term)| Some((at, term, term.source.filter(|source| arena.is_of_parameter(*source))?)))
    };
    // An object is told by its members.
    let mut wholes = FxHashSet::default();
    for (_, _, mut source) in brought() {
        while let Node::Member(object, _) = arena.peek(source) {
            wholes.insert(*object);
            source = *object;
        }
    }
    for (at, term, source) in brought() {
        if wholes.contains(&source) && matches!(evidence.choices.taken(term.slot), Candidate::Itself) {
            continue;
        }
        let Some(value) = names.chosen(&evidence.choices, at, 0) else { continue };
        for (who, request) in requests.iter_mut().enumerate() {
            if term.request.is_none_or(|own| own == who) {
                request.inputs.push((names.input_of(source), value.clone()));
            }
        }
    }
    let witness = Witness {
        kind,
        start: names.stored(&evidence.start),
        // A partial index that refused nothing here is left out: its expression is not kept.
        indexes: indexes
            .iter()
            .filter(|index| index.partial.is_none())
            .map(|index| Index {
                collection: names.collection(index.collection),
                keys: index.fields.clone(),
                sparse: index.sparse,
                partial: None,
            })
            .collect(),
        requests,
        steps: names.moves(evidence),
        outcome: end(&evidence.outcome.store, &evidence.outcome.effects),
        serial,
    };
    (witness, evidence.moves.iter().map(|done| done.site).collect())
}

/// Whether one request runs one call of the code twice, which stands in two steps and in no loop: no request does that, so that
/// the steps are not what the code does.
pub fn has_doubled(slice: &Slice, moves: &[Move]) -> bool {
    let is_doubled = |site: Site| {
        let mut own = slice.commands.iter().filter(|command| command.site == site && command.step.is_some());
        let first = own.next().map(|first| (first.step, first.in_loop));
        first.is_some_and(|(step, in_loop)| !in_loop && own.any(|other| other.step != step && !other.in_loop))
    };
    let is_again = |at: usize, done: &Move| {
        let mut before = moves.iter().take(at);
        before.any(|other| (other.request, other.site) == (done.request, done.site))
    };
    moves.iter().enumerate().any(|(at, done)| is_again(at, done) && is_doubled(done.site))
}

/// Milliseconds since 1970 as ISO 8601 in UTC.
fn date(time: i64) -> String {
    let (days, rest) = (time.div_euclid(86_400_000), time.rem_euclid(86_400_000));
    // Civil date from days, by eras of 400 years (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + i64::from(month <= 2);
    let (hours, minutes, seconds) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{:03}Z", rest % 1_000)
}

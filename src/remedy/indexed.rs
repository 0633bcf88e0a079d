//! Unique indexes as edits of the text: next to the schema; where there is none, before the insert, with the answer that the search gives.
//!
//! Input: the act, the filters of the searches, the indexes. Output: edits; none where the text leaves a doubt. Must not know: whether the
//! indexes mend anything, formats.

use super::case::Case;
use super::code::Scope;
use super::{help, refusal, token};
use crate::diagnostic::{Applicability, Edit, Fix};
use crate::judge::NewIndex;
use crate::project::schema::Schemas;
use crate::project::writes::Write;
use crate::project::{Op, Otherwise, Project, Statement, Step, WrittenCall};
use crate::source::{FileId, Place};
use crate::value::{Node, Site, Sym, V};

const SERVED: &str = "who comes second is served today with what is found, and would fail: the code has to catch E11000, and search again";

const UNWATCHED: &str =
    "nobody waits for the insert: an E11000 would be a rejection that nothing handles, which ends the process";

const IN_LOOP: &str = "the insert stands in a loop: where E11000 ends it, what is left of the list is not inserted, so each round has to catch it";

pub fn of_indexes(
    project: &mut Project,
    schemas: &Schemas,
    case: &Case<'_>,
    filters: &[V],
    indexes: &[NewIndex],
) -> Option<Fix> {
    let act = case.function.writes.get(case.act.write)?;
    if is_unwatched(project, act) {
        return case.refuse(UNWATCHED);
    }
    // Whether a handler is one of each round is not known.
    let is_looped = case.function.steps.get(act.step).is_none_or(|step| step.in_loop);
    // The server makes no second index of the same keys.
    if indexes.iter().any(|index| schemas.indexed.of(&act.handle).contains(&index.fields)) {
        if let [index] = indexes
            && !is_looped
            && let Some(fix) =
                made_unique(project, schemas, act, index).or_else(|| at_class(project, schemas, act, indexes))
        {
            return Some(fix);
        }
        return case.refuse("there is an index of the same keys, which the server has to drop first");
    }
    match own_schema(project, schemas, act) {
        Ok(Some(_)) if is_looped => case.refuse(IN_LOOP),
        Ok(Some(_)) if is_served(project, case, act, filters) => case.refuse(SERVED),
        Ok(Some(schema)) => {
            let calls = indexes.iter().map(|index| Some(format!(".index({})", arguments(project, index, '\'')?)));
            let titled = |text: &str| format!("Create the unique index next to the schema: `{text}`");
            let fix = at_schema(project, schema, &calls.collect::<Option<Vec<String>>>()?, &titled);
            fix.or_else(|| case.refuse("nothing is known of the text of the schema"))
        }
        Err(why) => case.refuse(why),
        Ok(None) => {
            let at_class = if is_looped { None } else { at_class(project, schemas, act, indexes) };
            at_class.or_else(|| at_insert(project, schemas, case, filters, (indexes, is_looped))).or_else(|| {
                case.refuse(if is_looped { IN_LOOP } else { "no line before the insert could create the index" })
            })
        }
    }
}

/// Whether a refusal of an insert reaches no code: `Cart.create({ user });` alone, without `await`.
/// Source: Node.js, "Process", event `unhandledRejection`.
fn is_unwatched(project: &Project, act: &Write) -> bool {
    let at = project.base_site(act.site);
    let is_bare = project.statement_at(act.site).is_some_and(|statement| {
        let is_alone = statement.start == at.start && statement.end <= at.end + 1;
        is_alone && !statement.is_awaited && !statement.is_returned
    });
    is_bare && project.written_at(act.site).is_some_and(|call| call.args.len() == 1)
}

/// Whether the function goes on with what a search finds, be it found or made, and hears nothing of an insert that is refused.
fn is_served(project: &mut Project, case: &Case<'_>, act: &Write, filters: &[V]) -> bool {
    let Some(step) = case.function.steps.get(act.step).filter(|step| !step.is_in_try()) else { return false };
    let is_search = |step: &&Step| match &step.op {
        Op::Call { args, .. } => args.first().is_some_and(|filter| filters.contains(filter)),
        _ => false,
    };
    let searches: Vec<Site> = case.function.steps.iter().filter(is_search).map(|step| step.site).collect();
    let returned = project.returns_of(step.owner).unwrap_or_default().iter().map(|(_, value)| *value);
    let returned: Vec<V> = returned.collect();
    returned.into_iter().any(|value| {
        project.contains(
            value,
            &mut |project, part| matches!(project.arena.node(part), Node::Call { site, .. } if searches.contains(site)),
        )
    })
}

/// The index that is there and is not unique, as one that is.
fn made_unique(project: &Project, schemas: &Schemas, act: &Write, index: &NewIndex) -> Option<Fix> {
    let calls = schemas.plain.of(&act.handle);
    let at = calls.iter().find(|(keys, _)| *keys == index.fields).map(|(_, site)| project.base_site(*site))?;
    // A call in a loop makes others too.
    let is_other = |(keys, site): &&(Vec<String>, Site)| project.base_site(*site) == at && *keys != index.fields;
    if schemas.plain.all().any(|call| is_other(&call)) {
        return None;
    }
    let options = options(project, index, '\'')?;
    let place = Place { file: FileId(at.file), start: at.end.checked_sub(1)?, end: at.end.checked_sub(1)? };
    let title = format!("Make the index unique, where the server has dropped the one that it has: `{options}`");
    let edits = vec![Edit { place, text: format!(", {options}") }];
    Some(Fix { title, edits, applicability: Applicability::Suggested })
}

/// Where a class is the schema, the options of its fields. An index of several fields, or of a part of the documents, has no such option.
fn at_class(project: &Project, schemas: &Schemas, act: &Write, indexes: &[NewIndex]) -> Option<Fix> {
    let model = act.handle.name().filter(|_| schemas.models.of(&act.handle).is_empty())?;
    let (mut edits, mut titles, mut is_there) = (Vec::new(), Vec::new(), false);
    for index in indexes {
        let ([field], true) = (index.fields.as_slice(), index.partial.is_empty()) else { return None };
        let declared = project.declared_field(model, field)?;
        let at = project.base_site(declared.options);
        let options = if index.sparse { "unique: true, sparse: true" } else { "unique: true" };
        let text = match declared.has_options {
            true => format!(", {options}"),
            false => format!("{{ {options} }}"),
        };
        let place = Place { file: FileId(at.file), start: at.end, end: at.end };
        edits.push(Edit { place, text });
        titles.push(format!("`{field}: {{ {options} }}`"));
        is_there |= schemas.indexed.of(&act.handle).contains(&index.fields);
    }
    let what = match is_there {
        true => "Make the index unique, where the server has dropped the one that it has",
        false => "Create the unique index with the field of the class",
    };
    let title = format!("{what}: {}", titles.join(", "));
    Some(Fix { title, edits, applicability: Applicability::Suggested })
}

/// The schema of a model, where it has one, and what makes it makes no other.
fn own_schema(project: &Project, schemas: &Schemas, act: &Write) -> Result<Option<V>, &'static str> {
    match own_schemas(project, schemas, act)?.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(*only)),
        _ => Err("several schemas are of this collection"),
    }
}

/// The schemas of a model, one for each program that has it, where what makes one makes none of another model.
pub fn own_schemas(project: &Project, schemas: &Schemas, act: &Write) -> Result<Vec<V>, &'static str> {
    let mut own: Vec<V> = Vec::new();
    for schema in schemas.models.of(&act.handle) {
        if !own.contains(schema) {
            own.push(*schema);
        }
    }
    let place = |schema: V| match project.arena.node(schema) {
        Node::New { site, .. } | Node::Call { site, .. } => Some(project.base_site(*site)),
        _ => None,
    };
    let places: Vec<_> = own.iter().map(|schema| place(*schema)).collect();
    match schemas.models.all().any(|other| !own.contains(other) && places.contains(&place(*other))) {
        true => Err("the schemas of several models are made in one place"),
        false => Ok(own),
    }
}

/// Functions that make a schema.
const SCHEMAS: [&str; 2] = ["Schema", "createForClass"];

/// Calls of the schema, such as `.index({ mail: 1 })`, next to where it is made.
pub fn at_schema(project: &Project, schema: V, calls: &[String], titled: &dyn Fn(&str) -> String) -> Option<Fix> {
    let site = match project.arena.node(schema) {
        Node::New { site, .. } => *site,
        Node::Call { site, callee, .. } if project.last_name(*callee).is_some_and(|name| SCHEMAS.contains(&name)) => {
            *site
        }
        _ => return None,
    };
    let at = project.base_site(site);
    let named = project.statement_at(site).and_then(|statement| Some((statement, statement.bound.as_ref()?)));
    // What a function makes without a name is followed no further than its own call.
    if named.is_none() && project.is_in_function(site) {
        return None;
    }
    let mut text = String::new();
    for call in calls {
        match named {
            Some((statement, name)) => {
                text.push_str(&format!("\n{}{name}{call}{}", statement.indent, terminator(statement)));
            }
            // It gives the schema back.
            None => text.push_str(call),
        }
    }
    let file = FileId(at.file);
    let end = named.map_or(at.end, |(statement, _)| statement.line_end);
    let place = Place { file, start: end, end };
    let title = titled(text.trim());
    let edits = vec![Edit { place, text }];
    Some(Fix { title, edits, applicability: Applicability::Suggested })
}

/// The driver's own insert: the index is there before the document is. In a loop, the code has to take its refusal as found.
fn at_insert(
    project: &mut Project,
    schemas: &Schemas,
    case: &Case<'_>,
    filters: &[V],
    (indexes, is_looped): (&[NewIndex], bool),
) -> Option<Fix> {
    let act = case.function.writes.get(case.act.write)?;
    let call = project.written_at(act.site)?.clone();
    let statement = project.statement_at(act.site)?.clone();
    // A transaction creates no index, and what has options may be one.
    let is_own = call.name == "insertOne" && act.method == call.name && call.args.len() == 1 && act.session.is_none();
    let is_line = statement.is_listed && statement.is_async && !statement.indent.is_empty();
    let is_plain = statement.is_awaited && !statement.is_returned;
    if !is_own || !is_line || case.function.steps.get(act.step)?.calls > 0 {
        return None;
    }
    let (receiver, indent) = (on_one_line(&call.receiver)?, &statement.indent);
    let mut before = String::new();
    let mut first = None;
    for index in indexes {
        let (end, own) = (terminator(&statement), arguments(project, index, call.quote)?);
        before.push_str(&format!("await {receiver}.createIndex({own}){end}\n{indent}"));
        first.get_or_insert(own);
    }
    // Of several indexes it is not known which one refuses.
    let is_only = indexes.len() == 1 && filters.len() == 1 && schemas.unique.of(&act.handle).is_empty();
    let at = project.base_site(act.site);
    let answer = match is_only && is_plain {
        true => answer(project, act, (&call, &statement), at.file, filters),
        false => None,
    };
    let place = |start| Place { file: FileId(at.file), start, end: start };
    let Some(answer) = answer else {
        if is_looped {
            return None;
        }
        let title = format!("Create the unique index before the insert, which it refuses: `createIndex({})`", first?);
        let edits = vec![Edit { place: place(statement.start), text: before }];
        return Some(Fix { title, edits, applicability: Applicability::Suggested });
    };
    let mut edits = vec![Edit { place: place(at.end), text: caught(&statement, &answer) }];
    if let Answer::Told { text, own, name } = &answer {
        if statement.bound.is_none() {
            before.push_str(&format!("const {name} = "));
        }
        let told = format!("\n{indent}if (!{name}) {}", refusal::indented(text, own, indent));
        edits.push(Edit { place: place(statement.line_end), text: told });
    }
    edits.insert(0, Edit { place: place(statement.start), text: before });
    let title =
        format!("Create the unique index before the insert, and take its refusal as found: `createIndex({})`", first?);
    Some(Fix { title, edits, applicability: Applicability::Suggested })
}

/// What is done where a search finds something.
enum Answer {
    /// Nothing is left out but the insert.
    Nothing,
    Told {
        text: String,
        /// The blanks that its lines begin with.
        own: String,
        /// The result of the insert.
        name: String,
    },
}

/// None where the code after the search needs what was found, or is not known.
fn answer(
    project: &mut Project,
    act: &Write,
    (call, statement): (&WrittenCall, &Statement),
    file: u32,
    filters: &[V],
) -> Option<Answer> {
    let holder = call.holder.clone();
    let scope = Scope::at(project, act)?;
    let is_of_search = |project: &Project, value: V| project.contains(value, &mut |_, part| filters.contains(&part));
    let around = project.test_around(file, statement).filter(|(test, _)| is_of_search(project, *test));
    let exits = project.exits_before(file, statement);
    let exit = exits.into_iter().find(|(test, _)| is_of_search(project, *test));
    let (text, own, end) = match (exit, around) {
        (Some((_, exit)), _) => (exit.text, exit.indent, exit.end),
        (None, Some((_, taken))) if taken.last == statement.start => match taken.otherwise {
            Otherwise::Nothing => return statement.bound.is_none().then_some(Answer::Nothing),
            Otherwise::Block { text, indent } => (text, indent, taken.end),
            Otherwise::Unknown => return None,
        },
        _ => return None,
    };
    let needs = |project: &Project, (name, value): &(Sym, V)| {
        let name = project.arena.text(*name);
        token::words(&text).any(|word| word == name) && is_of_search(project, *value)
    };
    if scope.names().iter().any(|named| needs(project, named)) {
        return None;
    }
    let name = statement.bound.clone().or(holder)?;
    (refusal::can_move(&text, statement) && call.alike.contains(&end)).then_some(Answer::Told { text, own, name })
}

/// `db\n  .collection('users')` without the line break; none where that could change what it means.
fn on_one_line(receiver: &str) -> Option<String> {
    let is_plain = !receiver.contains(['`', '{']) && !receiver.contains("//") && !receiver.contains("/*");
    let lines: Vec<&str> = receiver.lines().map(str::trim).collect();
    let are_links = lines.iter().skip(1).all(|line| line.starts_with('.'));
    (is_plain && are_links).then(|| lines.concat())
}

/// What ends an insert that the index refuses, and any other that fails as before.
fn caught(statement: &Statement, answer: &Answer) -> String {
    let (indent, end) = (&statement.indent, terminator(statement));
    let inner = match answer {
        Answer::Told { text, own, .. } => {
            let blanks = text.lines().nth(1).and_then(|line| line.strip_suffix(line.trim_start()));
            blanks.and_then(|blanks| blanks.strip_prefix(own.as_str())).filter(|step| !step.is_empty())
        }
        Answer::Nothing => None,
    };
    let step = inner.unwrap_or(if indent.contains('\t') { "\t" } else { "  " });
    let result = match answer {
        Answer::Told { .. } => format!("\n{indent}{step}return null{end}"),
        Answer::Nothing => String::new(),
    };
    format!(".catch((error) => {{\n{indent}{step}if (error.code !== 11000) throw error{end}{result}\n{indent}}})")
}

fn terminator(statement: &Statement) -> &'static str {
    if statement.is_terminated { ";" } else { "" }
}

/// The calls that create indexes.
pub fn calls(project: &Project, indexes: &[NewIndex]) -> Option<String> {
    let calls = indexes.iter().map(|index| Some(format!("createIndex({})", arguments(project, index, '\'')?)));
    Some(calls.collect::<Option<Vec<String>>>()?.join("\n"))
}

/// The keys and the options of an index.
fn arguments(project: &Project, index: &NewIndex, quote: char) -> Option<String> {
    let keys: Vec<String> = index.fields.iter().map(|field| format!("{}: 1", token::key(field, quote))).collect();
    Some(format!("{{ {} }}, {}", keys.join(", "), options(project, index, quote)?))
}

fn options(project: &Project, index: &NewIndex, quote: char) -> Option<String> {
    let mut options = vec!["unique: true".to_owned()];
    if index.sparse {
        options.push("sparse: true".to_owned());
    }
    if !index.partial.is_empty() {
        let constants = index.partial.iter().map(|(path, value)| {
            Some(format!("{}: {}", token::key(path, quote), help::constant(project, *value, quote)?))
        });
        let constants = constants.collect::<Option<Vec<String>>>()?.join(", ");
        options.push(format!("partialFilterExpression: {{ {constants} }}"));
        options.extend(help::index_name(project, index, quote).map(|name| format!("name: {name}")));
    }
    Some(format!("{{ {} }}", options.join(", ")))
}

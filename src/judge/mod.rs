//! The judge: runs two requests on a tiny MongoDB and looks for an outcome that no serial order of them gives.
//!
//! Input: the steps and writes of a function, and the act. Output: a verdict, with a witness. Must not know: rules, formats, syntax.

pub mod act;
mod aggregation;
mod alternatives;
pub mod arithmetic;
pub mod arrays;
mod asked;
pub mod bson;
mod candidates;
mod choices;
mod climb;
mod collect;
pub mod command;
mod compared;
mod construct;
mod coupled;
mod dates;
mod elements;
mod eval;
pub mod evaluated;
pub mod expression;
pub mod failure;
mod fences;
mod followed;
mod function;
mod hints;
pub mod identity;
mod inputs;
mod javascript;
pub mod keys;
mod known;
mod let_through;
mod literal;
pub mod matching;
mod names;
mod operators;
mod orders;
mod other;
pub mod pattern;
pub mod pipeline;
mod planned;
mod plausible;
pub mod projection;
mod question;
mod reads;
mod remedied;
mod repair;
mod request;
mod said;
mod script;
mod search;
mod send;
mod served;
mod slice;
pub mod sort;
mod sources;
mod staged;
mod start;
mod state;
pub mod store;
#[cfg(test)]
mod store_tests;
mod stored;
mod text;
pub mod torn;
mod transaction;
mod transitions;
pub mod traverse;
pub mod unique;
pub mod update;
#[cfg(test)]
mod update_tests;
pub mod upsert;
mod witness;
#[cfg(test)]
mod written;

pub use function::Function;
pub use other::{Constant, Guard, Makes, OtherChange};
pub use plausible::Presumed;
pub use question::{Overwritten, Verdict};
pub use remedied::{Mended, NewIndex, Remedied, mended, mends, mends_by_version};
pub use script::Script;
pub use slice::Act;

use crate::diagnostic::packed::Packed;
use crate::diagnostic::witness::Harm;
use crate::limits;
use crate::project::Project;
use crate::project::handle::Handle;
use crate::project::schema::Schemas;
use crate::project::writes::WriteKind;
use crate::value::{C, Entry, Freshness, Key, Node, Site, V};
use function::{distinct, indexes_of, versioned_of};
use question::{Evidence, Question};
use script::Action;
use slice::{Commands, Extent, Kept, Slice};
use store::UniqueIndex;

/// A verdict, and for a race what shows it.
#[derive(Clone, Debug)]
pub struct Judgement {
    pub verdict: Verdict,
    /// The witness, and the site of each of its moves.
    pub witness: Option<(Packed, Vec<Site>)>,
}

/// Judges an act: whether two requests that run the function can leave what no serial order of them leaves. `overwritten` is what
/// the act writes over, whatever others have made of it.
pub fn judge(
    project: &mut Project,
    schemas: &Schemas,
    function: &Function<'_>,
    act: Act,
    overwritten: Option<&Overwritten>,
) -> Judgement {
    let Some(commands) = Commands::around(project, function.script, function.writes, act, None) else {
        return Judgement { verdict: Verdict::unknown("the act is no command"), witness: None };
    };
    let own_path = own_path(function, act, overwritten);
    let asked = Asked { overwritten, apart: act.apart, own: own_path.as_deref(), is_counted: act.is_counted };
    let judged = judge_extents(project, schemas, function, &commands, asked, None);
    if !matches!(judged.verdict, Verdict::Race(_) | Verdict::ActsTwice(_)) {
        return judged;
    }
    // Another document that the transaction writes may keep the two requests apart.
    for beside in commands.written_beside(project).into_iter().take(limits::WRITTEN_BESIDE) {
        let apart = judge_extents(project, schemas, function, &commands, asked, Some(beside));
        if matches!(apart.verdict, Verdict::Safe { .. }) {
            return apart;
        }
    }
    judged
}

/// Judges the act alone, then with what it decides; both with another command where one is given.
fn judge_extents(
    project: &mut Project,
    schemas: &Schemas,
    function: &Function<'_>,
    commands: &Commands<'_>,
    asked: Asked<'_>,
    beside: Option<usize>,
) -> Judgement {
    let overwritten = asked.overwritten;
    let [own, all] = &[Extent::Act, Extent::Decided].map(|extent| commands.kept(project, extent, beside));
    let alone = judge_kept(project, schemas, function, commands, asked, own);
    let is_decided = match &alone.verdict {
        Verdict::Race(_) | Verdict::Unknown { .. } => true,
        // A list that is written whole loses elements or does not, whatever else is done.
        Verdict::Safe { .. } | Verdict::ActsTwice(_) => overwritten.is_some(),
    };
    if is_decided || own == all {
        return alone;
    }
    // Something else that the act's condition decides may be repeated.
    let decided = judge_kept(project, schemas, function, commands, asked, all);
    match decided.verdict {
        Verdict::Race(_) => decided,
        _ if all.len() == own.len() => alone,
        Verdict::Unknown { .. } | Verdict::Safe { .. } if matches!(alone.verdict, Verdict::ActsTwice(_)) => alone,
        _ => decided,
    }
}

/// Whether a value is made of constants and of these, so that it is the same in two requests that have these alike.
pub fn follows(project: &Project, known: Vec<V>, value: V) -> bool {
    let asked = transaction::made_of(project, known);
    transaction::follows(&project.arena, value, &asked) && project.contains(value, &mut |_, part| asked.contains(&part))
}

/// What is asked of each slice of an act.
#[derive(Clone, Copy)]
struct Asked<'a> {
    overwritten: Option<&'a Overwritten>,
    apart: Option<V>,
    own: Option<&'a str>,
    is_counted: bool,
}

/// The path of the field that an act is judged for: the one that is named, or that is written over.
fn own_path(function: &Function<'_>, act: Act, overwritten: Option<&Overwritten>) -> Option<String> {
    let named = || Some(&function.writes.get(act.write)?.fields.get(act.own?)?.path);
    let path = match overwritten {
        Some(Overwritten::List(path) | Overwritten::Uncounted(path) | Overwritten::Field(path)) => Some(path),
        Some(Overwritten::State(..) | Overwritten::Other(_)) | None => named(),
    }?;
    // What is inside of the elements of a list is a part of the list.
    let parts: Vec<&str> = path.split('.').take_while(|part| !hints::is_position(part)).collect();
    let is_known = !parts.is_empty() && parts.iter().all(|part| !part.is_empty());
    is_known.then(|| parts.join("."))
}

/// Judges a slice.
fn judge_kept(
    project: &mut Project,
    schemas: &Schemas,
    function: &Function<'_>,
    commands: &Commands<'_>,
    Asked { overwritten, apart, own, is_counted }: Asked<'_>,
    kept: &Kept,
) -> Judgement {
    let Some(mut slice) = commands.slice(kept) else {
        return Judgement { verdict: Verdict::unknown("the act is no command"), witness: None };
    };
    fill_defaults(project, schemas, &mut slice);
    name_unique_fields(project, schemas, &mut slice);
    let mut hints = collect::collect(project, &slice);
    match overwritten {
        Some(Overwritten::Field(path)) => hints.store_field(&slice, path, false),
        Some(Overwritten::List(path) | Overwritten::Uncounted(path)) => hints.store_field(&slice, path, true),
        Some(Overwritten::State(..) | Overwritten::Other(_)) | None => {}
    }
    let known = indexes_of(&project.arena, schemas, &slice);
    let indexes = [known.clone(), distinct(function, &slice)].concat();
    let versioned = versioned_of(function, &slice);
    let verdict = search::judge(&Question {
        arena: &project.arena,
        slice: &slice,
        hints: &hints,
        indexes: &indexes,
        versioned: &versioned,
        overwritten,
        apart,
        own,
        is_counted,
        fuel: function.fuel,
    });
    let mut verdict = match verdict {
        Verdict::Race(evidence) | Verdict::ActsTwice(evidence) if witness::has_doubled(&slice, &evidence.moves) => {
            Verdict::unknown("one call of the code would run twice in one request")
        }
        other => other,
    };
    let shown = match &verdict {
        Verdict::Race(evidence) => Some((evidence, Harm::Race)),
        Verdict::ActsTwice(evidence) => Some((evidence, Harm::ActsTwice)),
        Verdict::Safe { .. } | Verdict::Unknown { .. } => None,
    };
    let witness = shown.map(|(evidence, harm)| shown_by(project, &slice, evidence, &known, harm));
    if let Verdict::Race(evidence) | Verdict::ActsTwice(evidence) = &mut verdict {
        evidence.forget_states();
    }
    Judgement { verdict, witness }
}

fn shown_by(
    project: &Project,
    slice: &Slice,
    evidence: &Evidence,
    indexes: &[UniqueIndex],
    harm: Harm,
) -> (Packed, Vec<Site>) {
    let collections = slice
        .collections
        .iter()
        .enumerate()
        .map(|(at, handle)| handle.name().map_or_else(|| format!("collection{}", at + 1), str::to_owned));
    let names = witness::Names::new(project, collections.collect(), evidence);
    let (witness, moves) = witness::witness(&names, evidence, indexes, harm);
    (witness.into(), moves)
}

/// New documents as Mongoose sends them: with the defaults of the schema, and with what a function of it makes anew.
fn fill_defaults(project: &mut Project, schemas: &Schemas, slice: &mut Slice) {
    for command in &mut slice.commands {
        let site = command.site;
        let Action::Write { write, .. } = &mut command.action else { continue };
        let is_mongoose = write.kind == WriteKind::Insert && matches!(write.method.as_str(), "create" | "save");
        let Some(payload) = write.payload.filter(|_| is_mongoose) else { continue };
        let Node::Object(own) = project.arena.node(payload).clone() else { continue };
        let mut entries = Vec::new();
        for (name, value) in schemas.defaults.of(&write.handle) {
            let value = match project.arena.node(*value) {
                Node::Func(_) => continue,
                // default: Date.now
                Node::Member(_, now) if project.arena.text(*now) == "now" => {
                    project.arena.intern(Node::Fresh(Freshness::Time, site))
                }
                _ => *value,
            };
            let key = Key::Name(project.arena.sym(name));
            entries.push(Entry { key, value, cond: C::TRUE });
        }
        entries.extend(made_anew(project, schemas, &write.handle, &own, site));
        if !entries.is_empty() {
            entries.extend(own);
            write.payload = Some(project.arena.intern(Node::Object(entries)));
        }
    }
}

/// What no two new documents have alike though the code does not write it: a field that is unique alone is set by a function of the
/// schema or by a hook, for else there could be one document only, unless the index leaves out those without it.
fn made_anew(project: &mut Project, schemas: &Schemas, handle: &Handle, own: &[Entry], site: Site) -> Vec<Entry> {
    if own.iter().any(|entry| entry.key == Key::Spread) {
        return Vec::new();
    }
    let value = project.arena.intern(Node::Fresh(Freshness::Random, site));
    let mut entries = Vec::new();
    for index in schemas.unique.of(handle).iter().filter(|index| index.partial.is_none() && !index.sparse) {
        let [name] = index.keys.as_slice() else { continue };
        let key = Key::Name(project.arena.sym(name));
        let mut defaults = schemas.defaults.of(handle).iter().filter(|(field, _)| field == name);
        let is_constant = defaults.any(|(_, value)| project.arena.is_literal(*value));
        if !is_constant && !name.contains('.') && own.iter().all(|entry| entry.key != key) {
            entries.push(Entry { key, value, cond: C::TRUE });
        }
    }
    entries
}

/// Inserted documents that a request brings whole, with the fields of unique indexes named: two may differ in one of them alone.
fn name_unique_fields(project: &mut Project, schemas: &Schemas, slice: &mut Slice) {
    for command in &mut slice.commands {
        let Action::Write { write, .. } = &mut command.action else { continue };
        let Some(payload) = write.payload.filter(|_| write.kind == WriteKind::Insert) else { continue };
        let own = match project.arena.node(payload).clone() {
            Node::Object(own) => own,
            _ if project.arena.is_of_parameter(payload) => {
                vec![Entry { key: Key::Spread, value: payload, cond: C::TRUE }]
            }
            _ => continue,
        };
        let Some(brought) = own.iter().rev().find(|entry| entry.key == Key::Spread).map(|entry| entry.value) else {
            continue;
        };
        if !project.arena.is_of_parameter(brought) {
            continue;
        }
        let mut entries = own;
        let named: Vec<Key> = entries.iter().map(|entry| entry.key).collect();
        for name in schemas.unique.of(&write.handle).iter().flat_map(|index| &index.keys) {
            let name = project.arena.sym(name);
            let text = project.arena.text(name);
            if text.contains('.') || named.contains(&Key::Name(name)) || schemas.scopes.contains(text) {
                continue;
            }
            let value = project.arena.member(brought, name);
            entries.push(Entry { key: Key::Name(name), value, cond: C::TRUE });
        }
        write.payload = Some(project.arena.intern(Node::Object(entries)));
    }
}

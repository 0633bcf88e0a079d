//! Remedies: what of a function has to change so that its act is no race, found from what the act depends on and judged like it.
//!
//! Input: a function and its act. Output: the act as it would be written, or an index to create, and the help that says so; none
//! where nothing that was tried is proven to leave no race and to serve whoever was served. Must not know: rules, formats.

mod again;
mod asked;
mod beside;
mod bounds;
mod case;
mod cast;
mod change;
mod code;
mod comparison;
mod condition;
mod decision;
mod edits;
mod elements;
mod expression;
mod fenced;
mod guesses;
mod help;
mod identifiers;
mod index;
mod indexed;
mod kept;
mod lower;
mod meant;
mod operators;
mod own;
mod patch;
mod refusal;
mod said;
mod subject;
mod sums;
pub mod token;
mod validated;
mod versioned;

use crate::diagnostic::{Applicability, Fix};
use crate::judge::{self, Mended, NewIndex, Overwritten, Presumed, Remedied};
use crate::project::schema::{Insert, Schemas};
use crate::project::writes::{Write, WriteKind};
use crate::project::{Apart, Op, Project};
use crate::race::path;
use crate::value::{Arena, C, Entry, Key, Node, V};
pub use asked::{of_change, of_field};
pub use beside::of_save as of_where;
use case::Draft;
pub use case::{Case, IN_HELPER};
use change::Change;
use condition::Condition;
use decision::Flags;
pub use fenced::of_update as of_fence;
pub use guesses::of_count as of_guesses;
pub use help::{UPSERTED, WITHOUT_UPSERT};
use index::Needed;
pub use index::in_transaction;
pub use operators::of_update as of_operators;
use subject::Subject;
pub use validated::is_validated;
pub use versioned::of_save;

/// A remedy that was proven.
#[derive(Clone)]
pub struct Remedy {
    pub help: String,
    /// The code of the help, which can be taken over as it stands.
    pub call: Option<String>,
    /// The unique indexes that it asks for.
    pub indexes: Vec<NewIndex>,
    /// The one path that the filter has to ask about; none where it is more, or the update changes too.
    pub only: Option<String>,
    pub fix: Option<Fix>,
}

/// What is added for one caller of a helper, the others would be refused by.
const SHARED: &str =
    "; that is for this caller alone: leave the helper as it is for the others, and give this one a method of its own";

const UNNAMED: &str = "nothing is known of the names at the call";
const OF_ONE_CALLER: &str = "what is added is another value for other callers of the helper";
/// Why there is no fix where the race itself is not shown.
pub const UNSHOWN: &str = "no input is known that shows the race";
const UNMENDED: &str = "nothing that was tried is shown to end the race and to serve whoever was served";

/// The remedy of an update or a save: a condition in its filter, operators in place of computed values, or both. Where other code may
/// change what was loaded, `keeps_all`, a condition has to ask for what was loaded.
pub fn of_update(project: &mut Project, schemas: &Schemas, case: &Case<'_>, keeps_all: bool) -> Option<Remedy> {
    let act = case.function.writes.get(case.act.write)?;
    let mut presumed = Presumed::default();
    let scope = code::Scope::at(project, act).or_else(|| case.refuse(UNNAMED))?;
    let (mut all, has_flags) = drafts(project, schemas, case, act, &mut presumed, Flags::Set);
    if has_flags {
        let (mut others, _) = drafts(project, schemas, case, act, &mut presumed, Flags::NotCleared);
        others.retain(|draft| all.iter().all(|known| known.condition != draft.condition));
        all.extend(others);
    }
    case.refuse::<()>("what is decided has no form in a filter, and what is written none in an update");
    let has_identifiers = !identifiers::of_lists(project, schemas, act).is_empty();
    let is_asked = !keeps_all && asked::is_asked_of_change(project, case);
    for draft in all {
        if keeps_all && !draft.is_changed && !draft.is_pinned {
            continue;
        }
        // A list that is written whole is lost whatever else is asked of its document.
        if !draft.is_changed && !draft.is_pinned && is_beside_overwritten(project, case, &draft.condition) {
            continue;
        }
        if asked::counts_towards(project, &draft.condition, &draft.write) {
            continue;
        }
        // Without its check, what is added is added for whoever the check would have refused.
        if is_asked && draft.condition.is_empty() && asked::adds(&draft.write) {
            continue;
        }
        let added = draft.write.fields.iter().filter(|field| asked::is_sum(field));
        let added: Vec<&str> = added.map(|field| field.path.as_str()).collect();
        if draft.is_changed && !asked::is_of_all_callers(project, case, &added) {
            case.refuse::<()>(OF_ONE_CALLER);
            continue;
        }
        let help = help::of_update(project, &scope, act, &draft.condition, &draft.write, draft.is_changed);
        if !mends(project, schemas, case, &draft.write, &presumed) {
            case.refuse::<()>(UNMENDED);
            continue;
        }
        let mut fix = patch::of_update(project, schemas, case, &scope, &draft);
        // An identifier that cannot be one is refused by the server, where JavaScript found it equal to none.
        if draft.is_changed && has_identifiers {
            fix.iter_mut().for_each(|fix| fix.applicability = Applicability::Suggested);
        }
        let Some(help) = help.or_else(|| fix.as_ref().map(|fix| lowered(&fix.title))) else { continue };
        let only = match draft.condition.as_slice() {
            [only] if !draft.is_changed => help::name_of(project, only),
            _ => None,
        };
        let call = help::code(&help);
        let early = refusal::done_before_told(project, case, act).filter(|_| !draft.condition.is_empty());
        let help = match early {
            Some(early) => format!("{help}; look at that first: as it stands, {early} for a refused request too"),
            None => help,
        };
        let help = if own::is_shared(project, case, act) { help + SHARED } else { help };
        return Some(Remedy { help, call, indexes: Vec::new(), only, fix });
    }
    None
}

/// Whether a condition asks for nothing of the list that an act writes over.
fn is_beside_overwritten(project: &Project, case: &Case<'_>, condition: &[Entry]) -> bool {
    let Some(Overwritten::List(path) | Overwritten::Uncounted(path)) = case.overwritten else { return false };
    let is_of_list = |entry: &Entry| match entry.key {
        Key::Name(name) => {
            let own = project.arena.text(name);
            own.starts_with('$') || path::is_within(own, path) || path::is_within(path, own)
        }
        Key::Computed(_) | Key::Spread => true,
    };
    !condition.iter().any(is_of_list)
}

/// Whether a write inserts what it does not find, so that a check in its filter would have it insert a second document.
pub fn is_upsert(project: &mut Project, write: &Write) -> bool {
    help::is_upsert(project, write)
}

/// A constant as it is written in JavaScript.
pub fn constant(project: &Project, value: V) -> Option<String> {
    help::constant(project, value, '\'')
}

/// A value by the names in scope at a write; none where it has none there.
pub fn named(project: &mut Project, write: &Write, value: V) -> Option<String> {
    code::Scope::at(project, write)?.value(project, value)
}

/// Whether the schema declares a field as a list, of which a unique index would keep each element apart.
pub fn is_list(project: &mut Project, schemas: &Schemas, act: &Write, path: &str) -> bool {
    index::is_list(project, schemas, act, path)
}

/// Whether the schema says that no document may lack a field.
pub fn is_required(project: &mut Project, schemas: &Schemas, act: &Write, path: &str) -> bool {
    index::is_required(project, schemas, act, path)
}

/// A title as the rest of a sentence.
fn lowered(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map(|first| first.to_lowercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

/// What can be tried, the least change first, and whether a flag is among what is asked.
fn drafts(
    project: &mut Project,
    schemas: &Schemas,
    case: &Case<'_>,
    act: &Write,
    presumed: &mut Presumed,
    flags: Flags,
) -> (Vec<Draft>, bool) {
    let writes = case.function.writes;
    let identifiers = identifiers::of_lists(project, schemas, act);
    let is_of_part = case.is_of_part(project, act);
    let cond = case.cond(project, act);
    let mut subject = Subject::new(project, act, case.documents);
    subject.identifiers = identifiers;
    let Condition { entries, bounded, has_flags, has_texts, .. } =
        condition::of_act(&mut subject, writes, cond, flags, presumed);
    let is_stale = act.kind != WriteKind::Save && change::is_changed_in_place(&mut subject, case.function.steps);
    let changes: Option<Vec<Change>> = match is_stale {
        _ if change::is_changed_since(&subject, case.function.steps) => None,
        true => change::appended_in_place(&mut subject, case.function.steps),
        false => act.fields.iter().map(|field| change::change(&mut subject, writes, field)).collect(),
    };
    let fields = change::presumed(&mut subject);
    let numbers = sums::numbers(&mut subject);
    let has_default = !numbers.is_empty();
    presumed.numbers.extend(numbers.iter().map(|path| path.split('.').map(str::to_owned).collect()));
    presumed.fields.extend(fields.iter().map(|path| path.split('.').map(str::to_owned).collect()));
    // In the filter, the check of one field would refuse the others.
    let (condition, bounded) = if is_of_part { (Vec::new(), Vec::new()) } else { (entries, bounded) };
    presumed.given.extend(condition.iter().chain(&bounded).map(|entry| entry.value));
    let changes = changes.filter(|changes| changes.iter().any(|change| !matches!(change, Change::Kept)));
    if let Some(changes) = &changes {
        for (field, change) in act.fields.iter().zip(changes) {
            match change {
                Change::Kept => {}
                Change::Operator("$push" | "$pull", _, value) => presumed.given.push(*value),
                Change::Keys(keys) => presumed.given.extend(keys.iter().flat_map(|(key, value)| [*key, *value])),
                _ => {
                    presumed.ordered.push(field.value);
                    presumed.given.push(field.value);
                }
            }
        }
    }
    let mut tried: Vec<(&[Entry], Option<&[Change]>)> = Vec::new();
    if let Some(changes) = &changes {
        tried.push((&[], Some(changes)));
    }
    if !condition.is_empty() {
        tried.extend((!bounded.is_empty()).then_some((bounded.as_slice(), None)));
        tried.push((&condition, None));
        tried.extend(changes.as_ref().map(|changes| (condition.as_slice(), Some(changes.as_slice()))));
    }
    let is_pinned = condition.iter().any(|entry| subject.mentions(entry.value));
    let mut drafts = Vec::new();
    for (condition, changes) in tried {
        if let Some(write) = edits::edited(&mut subject, condition, changes) {
            drafts.push(Draft {
                condition: condition.to_vec(),
                write,
                is_changed: changes.is_some(),
                is_pinned,
                is_by_text: has_texts && !condition.is_empty(),
                is_stale,
                has_default,
            });
        }
    }
    (drafts, has_flags)
}

/// Whether a search is done again in each round of a loop.
fn is_searched_in_loop(case: &Case<'_>, filter: V) -> bool {
    case.function
        .steps
        .iter()
        .any(|step| step.in_loop && matches!(&step.op, Op::Call { args, .. } if args.first() == Some(&filter)))
}

/// Whether a condition says that a search found nothing, whatever else it says.
fn is_absent(project: &mut Project, cond: C, filter: V) -> bool {
    let mut found: Vec<V> = Vec::new();
    for atom in project.arena.atoms(cond) {
        project.contains(atom.value, &mut |project, part| {
            if matches!(project.arena.node(part), Node::Call { .. }) {
                found.push(part);
            }
            false
        });
    }
    found.into_iter().any(|read| {
        let is_search = project.read_of(read).is_some_and(|read| read.filter == Some(filter));
        is_search && project.arena.truth(cond, read) == Some(false)
    })
}

/// Whether an act stores a value at a path.
fn stores(project: &mut Project, act: &Write, path: &str, value: V) -> bool {
    let stored = match act.payload.filter(|_| act.kind == WriteKind::Insert) {
        Some(payload) if matches!(project.arena.node(payload), Node::Object(_)) => project.at_path(payload, path),
        Some(payload) => {
            let key = project.arena.sym(path);
            project.arena.member(payload, key)
        }
        None => act.fields.iter().find(|field| field.path == path).map_or(Arena::UNDEFINED, |field| field.value),
    };
    stored != Arena::UNDEFINED && project.same_value(stored, value)
}

fn mends(project: &mut Project, schemas: &Schemas, case: &Case<'_>, write: &Write, presumed: &Presumed) -> bool {
    let remedied = Remedied { write: Some(write), indexes: &[], presumed, keys: &[] };
    judge::mends(project, schemas, case.function, case.act, case.overwritten, &remedied)
}

/// The remedy of an insert that searches decide, by their filters: a unique index for each of them. Where no input shows the race,
/// what is stored has to be what was searched for.
pub fn of_insert(
    project: &mut Project,
    schemas: &Schemas,
    case: &Case<'_>,
    (filters, is_proven): (&[V], bool),
) -> Option<Remedy> {
    let act = case.function.writes.get(case.act.write)?;
    let in_loop = case.function.steps.get(act.step).is_none_or(|step| step.in_loop);
    // Each round looks for its own document.
    let is_repeated = in_loop && !filters.iter().all(|filter| is_searched_in_loop(case, *filter));
    // Of a list, two documents may have one key.
    let is_one = match act.payload {
        Some(payload) => !matches!(project.arena.node(payload), Node::Array(_)),
        None => act.kind != WriteKind::Insert,
    };
    if is_repeated || !is_one || act.method == "insertMany" {
        return case.refuse("several documents are inserted");
    }
    if filters.iter().any(|filter| project.narrows_search(schemas, &act.handle, *filter)) {
        return case.refuse("a hook of the schema adds to what is searched for, and a unique index would refuse more");
    }
    let Needed { mut indexes, keys, searched } = index::needed(project, schemas, case, act, filters)?;
    let cond = project.arena.and(act.cond, case.act.cond);
    let is_stored = searched.iter().all(|(path, value)| stores(project, act, path, *value))
        && filters.iter().all(|filter| is_absent(project, cond, *filter));
    let is_shown = is_proven || is_stored;
    // Without an input nothing says that another insert of the project is one that the search is for.
    let own = project.base_site(act.site);
    let is_other = |insert: &Insert| insert.place != own && !schemas.by_hand.contains(&insert.place.file);
    let is_alone = || !schemas.inserts.of(&act.handle).iter().any(is_other);
    if !is_proven && !is_alone() {
        return case.refuse("no input is known that shows the race, and other code inserts into the collection");
    }
    if !is_shown {
        return case
            .refuse("no input is known that shows the race, and what is stored need not be what was searched for");
    }
    if act.handle.name().is_some_and(|name| schemas.stored.is_shared(name)) {
        return case.refuse(
            "other models store their documents in the same collection, and an index is one of the collection",
        );
    }
    for index in &mut indexes {
        let has_default = schemas.defaults.of(&act.handle).iter().any(|(field, _)| index.fields.contains(field));
        // The server may take no second index of these keys, for another constant.
        let is_of_one = index.fields.iter().all(|field| index.partial.iter().any(|(path, _)| path == field));
        if is_of_one && !is_alone() {
            return case.refuse(
                "other code inserts into the collection, and each constant would need an index of the same keys",
            );
        }
        index.is_named = !index.partial.is_empty() && !is_alone();
        let others: Vec<String> = index.partial.iter().map(|(path, _)| path.clone()).collect();
        match project.inserted_apart(schemas, &act.handle, act.site, &index.fields, &others) {
            Apart::Nothing => {}
            Apart::Without if index.partial.is_empty() && !has_default => index.sparse = true,
            Apart::Without | Apart::Anything => {
                return case.refuse(
                    "other code inserts into the collection without this search, and a unique index could refuse that",
                );
            }
        }
    }
    let remedied = Remedied { write: None, indexes: &indexes, presumed: &Presumed::default(), keys: &keys };
    let then = match (act.session, case.act.is_torn) {
        (Some(_), _) => index::RUN_AGAIN,
        (None, true) => "where it refuses one of two upserts with E11000, send that again: it then finds the document",
        (None, false) if in_loop => "treat E11000 as found, in each round, so that the others are done too",
        (None, false) => index::FOUND,
    };
    let help = help::of_indexes(project, &indexes, schemas.indexed.of(&act.handle), then)?;
    let mut mended = || judge::mended(project, schemas, case.function, case.act, case.overwritten, &remedied);
    // What is stored is what was found missing: that the index keeps apart, however long the function is.
    let is_mended = !is_proven
        || match mended() {
            Mended::Yes => true,
            Mended::Cut => is_stored && !case.act.is_torn,
            Mended::No => false,
        };
    if !is_mended {
        return case.refuse(UNMENDED);
    }
    // Another caller of a helper may insert without this search.
    let calls = case.function.steps.get(act.step).map_or(0, |step| step.calls);
    let mut is_searched = |index: &NewIndex| {
        let others: Vec<String> = index.partial.iter().map(|(path, _)| path.clone()).collect();
        project.is_always_searched(act.site, &act.handle, &index.fields, &others)
    };
    let is_searched = indexes.iter().all(&mut is_searched);
    let fix = match is_searched || project.has_one_caller(act.site, &act.handle, calls) {
        true if act.session.is_some() => {
            case.refuse("a refused insert aborts the transaction, which has to be run again")
        }
        true if case.is_kept(project, act) => case.refuse("the process keeps the document, which would stay a new one"),
        true => indexed::of_indexes(project, schemas, case, filters, &indexes),
        false => case.refuse("the insert stands in a helper, which others call too"),
    };
    let call = indexed::calls(project, &indexes);
    Some(Remedy { help, call, indexes, only: None, fix })
}

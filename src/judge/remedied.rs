//! Whether a remedy mends a race: no outcome is left that no serial order gives, and whoever was served before still is.
//!
//! Input: a function, its act, and what the remedy makes of both. Output: yes, or no for lack of proof. Must not know: rules,
//! how a remedy was found, formats.

use super::bson::{Concrete, Value};
use super::collect;
use super::function::{Function, indexes_of, versioned_of};
use super::hints::Hints;
use super::literal;
use super::plausible::{Plausible, Presumed};
use super::question::{Overwritten, Question, Verdict};
use super::script::Script;
use super::search;
use super::served::{Keyed, serves};
use super::slice::{Act, Commands, Extent};
use super::unique::UniqueIndex;
use crate::project::Project;
use crate::project::schema::Schemas;
use crate::project::writes::{Write, WriteKind};
use crate::race::predicate;
use crate::value::{Arena, C, V};
use rustc_hash::FxHashSet;

/// A function with its remedy.
pub struct Remedied<'a> {
    /// What stands in the place of the act's write.
    pub write: Option<&'a Write>,
    /// Indexes that the remedy adds to the collection of the act.
    pub indexes: &'a [NewIndex],
    pub presumed: &'a Presumed,
    /// The values by which a document is searched, one group for each key: a second request may bring another value for one alone.
    pub keys: &'a [V],
}

/// A unique index to be created.
#[derive(Clone, Debug, PartialEq)]
pub struct NewIndex {
    pub fields: Vec<String>,
    /// Whether documents without the field are left out.
    pub sparse: bool,
    /// The constants that a document of the index has.
    pub partial: Vec<(String, V)>,
    /// Whether it needs a name of its own: another one of the same keys, for another constant, would have the same by default.
    pub is_named: bool,
}

/// Whether there is no race where Mongoose sends all saves of the act's collection with their version, and a lone request saves
/// what it saved.
pub fn mends_by_version(
    project: &mut Project,
    schemas: &Schemas,
    function: &Function<'_>,
    act: Act,
    overwritten: Option<&Overwritten>,
) -> bool {
    let Some(own) = function.writes.get(act.write) else { return false };
    let is_save = |write: &Write| write.kind == WriteKind::Save && write.handle.same(&own.handle);
    let of = |(write, versions): (&Write, &Vec<C>)| if is_save(write) { vec![C::TRUE] } else { versions.clone() };
    let versioned: Vec<Vec<C>> = function.writes.iter().zip(function.versioned).map(of).collect();
    let script = Script::read(project, schemas, function.steps, function.writes, &versioned);
    let versioned = Function { versioned: &versioned, script: &script, ..*function };
    let mut slice = |function: &Function<'_>| {
        let commands = Commands::around(project, function.script, function.writes, act, None)?;
        commands.slice(&commands.kept(project, Extent::Decided, None))
    };
    let (Some(before), Some(after)) = (slice(function), slice(&versioned)) else { return false };
    let hints = collect::collect(project, &before);
    let indexes = indexes_of(&project.arena, schemas, &before);
    let versions = [versioned_of(function, &before), versioned_of(&versioned, &after)];
    let question = |slice, versioned| Question {
        own: None,
        is_counted: false,
        arena: &project.arena,
        slice,
        hints: &hints,
        indexes: &indexes,
        versioned,
        overwritten,
        apart: act.apart,
        fuel: function.fuel,
    };
    let [were, are] = &versions;
    let (before, after) = (question(&before, &were[..]), question(&after, &are[..]));
    let presumed = Presumed::default();
    let Some(collection) = after.slice.commands.get(after.slice.act).and_then(|act| act.action.collection()) else {
        return false;
    };
    serves(&before, &after, &Plausible::new(&project.arena, collection, &presumed), None)
        && matches!(search::judge(&after), Verdict::Safe { .. })
}

/// What is known of a remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mended {
    Yes,
    No,
    /// Every request that was served is served still, and no race was found in what could be tried of all there is.
    Cut,
}

/// Whether the remedy leaves no race and refuses no request that was served.
pub fn mends(
    project: &mut Project,
    schemas: &Schemas,
    function: &Function<'_>,
    act: Act,
    overwritten: Option<&Overwritten>,
    remedied: &Remedied<'_>,
) -> bool {
    mended(project, schemas, function, act, overwritten, remedied) == Mended::Yes
}

/// What is known of a remedy of an act.
pub fn mended(
    project: &mut Project,
    schemas: &Schemas,
    function: &Function<'_>,
    act: Act,
    overwritten: Option<&Overwritten>,
    remedied: &Remedied<'_>,
) -> Mended {
    let mut slice = |instead| {
        let commands = Commands::around(project, function.script, function.writes, act, instead)?;
        commands.slice(&commands.kept(project, Extent::Decided, None))
    };
    let Some(before) = slice(None) else { return Mended::No };
    let Some(mut after) = slice(remedied.write) else { return Mended::No };
    let is_same = before.collections.len() == after.collections.len()
        && before.collections.iter().zip(&after.collections).all(|(a, b)| a.same(b));
    let acting = after.act;
    let Some(command) = after.commands.get_mut(acting) else { return Mended::No };
    let Some(collection) = command.action.collection().filter(|_| is_same) else { return Mended::No };
    // Whoever takes the remedy treats a command that matches nothing as the check having failed.
    command.ends_unmatched = true;
    let hints = collect::collect(project, &before);
    let old = indexes_of(&project.arena, schemas, &before);
    let Some(added) = added(&project.arena, collection, remedied.indexes) else { return Mended::No };
    let new: Vec<UniqueIndex> = old.iter().cloned().chain(added).collect();
    let versions = [versioned_of(function, &before), versioned_of(function, &after)];
    let mut variants = vec![hints];
    for at in 0..remedied.keys.len() {
        let own = variants.first().map(|hints| own_key(&project.arena, hints, remedied.keys, at));
        variants.extend(own);
    }
    let keyed = keyed(&project.arena, remedied);
    let mut mended = Mended::Yes;
    for hints in &variants {
        let question = |slice, indexes, versioned| Question {
            own: None,
            is_counted: false,
            arena: &project.arena,
            slice,
            hints,
            indexes,
            versioned,
            overwritten,
            apart: act.apart,
            fuel: function.fuel,
        };
        let [were, are] = &versions;
        let (before, after) = (question(&before, &old[..], &were[..]), question(&after, &new[..], &are[..]));
        let plausible = Plausible::new(&project.arena, collection, remedied.presumed);
        if !serves(&before, &after, &plausible, keyed.as_ref()) {
            return Mended::No;
        }
        match search::judge(&after) {
            Verdict::Safe { .. } => {}
            Verdict::Unknown { .. } => mended = Mended::Cut,
            Verdict::Race(_) | Verdict::ActsTwice(_) => return Mended::No,
        }
    }
    mended
}

fn added(arena: &Arena, collection: u32, indexes: &[NewIndex]) -> Option<Vec<UniqueIndex>> {
    let mut added = Vec::new();
    for index in indexes {
        let mut constants = Value::document(Vec::<(&str, Value)>::new());
        for (path, value) in &index.partial {
            constants.set(path, literal::literal(arena, *value)?);
        }
        let partial = match index.partial.is_empty() {
            true => None,
            false => Some(predicate::parse(&Concrete, &constants).ok()?),
        };
        added.push(UniqueIndex { collection, fields: index.fields.clone(), sparse: index.sparse, partial });
    }
    Some(added)
}

/// What the new indexes ask for; none where there are none.
fn keyed<'a>(arena: &Arena, remedied: &Remedied<'a>) -> Option<Keyed<'a>> {
    let (mut fields, mut constants) = (Vec::new(), Vec::new());
    for index in remedied.indexes {
        fields.extend(index.fields.iter().cloned());
        let known = index.partial.iter().map(|(path, value)| Some((path.clone(), literal::literal(arena, *value)?)));
        constants.extend(known.flatten());
    }
    (!fields.is_empty()).then_some(Keyed { fields, constants, keys: remedied.keys })
}

/// The hints under which a second request brings its own value for one key, and shares the others.
fn own_key(arena: &Arena, hints: &Hints, keys: &[V], own: usize) -> Hints {
    let mut shared = FxHashSet::default();
    for (_, key) in keys.iter().enumerate().filter(|(at, _)| *at != own) {
        shared.extend(arena.parts(*key));
    }
    let taken = keys.get(own).map(|key| arena.parts(*key)).unwrap_or_default();
    let mut hints = hints.clone();
    hints.selecting.retain(|value| shared.contains(value) || !taken.contains(value));
    hints
}

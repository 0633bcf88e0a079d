//! Acts that are to be judged. A rule proposes them while a function is read; they are judged when all functions are, for a place is
//! judged only as long as no view of it has shown a race.
//!
//! Input: drafts and their acts. Output: the acts in their order, and which of them to judge. Must not know: how an act is judged.

use super::draft::Draft;
use crate::judge::Overwritten;
use crate::limits;
use crate::project::writes::Write;
use crate::race::relation::Relation;
use crate::remedy;
use crate::value::{C, FnRef, SiteInfo, V};
use rustc_hash::{FxHashMap, FxHashSet};

/// An act to be judged.
pub struct Judged<'a> {
    pub write: &'a Write,
    /// The condition of the part of the write that is judged.
    pub cond: C,
    /// What the act writes over.
    pub overwritten: Option<Overwritten>,
    /// The input by which the act selects its document, where what decides it is about others.
    pub apart: Option<V>,
    /// It is an upsert of which nothing keeps search and insert together.
    pub is_torn: bool,
    /// The changed field that the report is about, by its index in the write: it has to end as no order of the two leaves it.
    pub own: Option<usize>,
    pub relation: Relation,
    /// Fields that the write changes whether or not the part that is judged is done.
    pub beside: Vec<&'a str>,
    /// Only a witness makes it worth a report.
    pub needs_witness: bool,
    /// A second time leaves what is set there as it is.
    pub is_flag: bool,
    /// The act takes what the check refuses to others, so that two that are let through are one too many.
    pub claims: bool,
    /// Whether doing it twice is no harm, as long as what is stored in the end is right.
    pub may_repeat: bool,
    /// What a witness has to show as done once more than in an order of the two; anything where none.
    pub repeats: Option<Repeats>,
    /// The keys of a search beside this check, of which another finding tells that two documents can share them.
    pub distinct: Vec<String>,
    pub mend: Mend,
}

/// What is done again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repeats {
    Act,
    /// The act, for one document of this collection that was not found: another one more is another matter.
    ActFor(Option<String>),
    /// A call of this name outside of the database.
    Outside(String),
    /// An element of the list at this path.
    Element(String),
    /// The document that is inserted.
    Document,
}

impl<'a> Judged<'a> {
    /// An act on the document that decides it, mended by another filter or update.
    pub fn of(write: &'a Write, cond: C, relation: Relation) -> Self {
        let (overwritten, apart, own, beside, mend) = (None, None, None, Vec::new(), Mend::Update);
        let (is_torn, needs_witness, is_flag, claims, may_repeat) = (false, false, false, false, false);
        let (repeats, distinct) = (None, Vec::new());
        Self {
            write,
            cond,
            overwritten,
            apart,
            is_torn,
            own,
            relation,
            beside,
            needs_witness,
            is_flag,
            claims,
            may_repeat,
            repeats,
            distinct,
            mend,
        }
    }
}

/// What may mend an act.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Mend {
    /// Another filter or update.
    Update,
    /// Another update, or a filter that asks for what was loaded: what other code changes in between is kept too.
    Change,
    /// An index on what these filters look for.
    Insert(Vec<V>),
    /// No filter and no update of the same fields.
    Nothing,
}

/// A rule, a place, its collection as one view names it, the path or the pair that is told of, whether the relations leave a doubt,
/// and the function in which what decides the act stands, where that is another one than the act's.
pub type JudgedPlace = (&'static str, SiteInfo, Option<String>, Option<String>, bool, Option<FnRef>);

/// Where an act stands among what is said of its function.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// How many drafts were reported before.
    pub after: usize,
    /// Acts of which only the first that is told counts.
    pub group: Option<u32>,
}

/// The groups of one function of which an act is told.
#[derive(Debug, Default)]
pub struct Told(FxHashSet<u32>);

impl Told {
    pub fn has(&self, act: &Pending) -> bool {
        act.order.group.is_some_and(|group| self.0.contains(&group))
    }

    pub fn add(&mut self, act: &Pending) {
        self.0.extend(act.order.group);
    }

    pub fn add_if(&mut self, is_told: bool, act: &Pending) {
        if is_told {
            self.add(act);
        }
    }
}

/// A draft with the act on which its proof depends.
#[derive(Debug)]
pub struct Pending {
    pub place: JudgedPlace,
    pub order: Order,
    pub(super) draft: Draft,
    /// The act among the writes of its function; none where it is a part of one.
    write: Option<usize>,
    cond: C,
    overwritten: Option<Overwritten>,
    apart: Option<V>,
    is_torn: bool,
    own: Option<usize>,
    relation: Relation,
    beside: Vec<String>,
    needs_witness: bool,
    is_flag: bool,
    claims: bool,
    may_repeat: bool,
    repeats: Option<Repeats>,
    distinct: Vec<String>,
    mend: Mend,
}

impl Pending {
    pub(super) fn new(place: JudgedPlace, order: Order, draft: Draft, writes: &[Write], act: &Judged<'_>) -> Self {
        Self {
            place,
            order,
            draft,
            write: writes.iter().position(|known| std::ptr::eq(known, act.write)),
            cond: act.cond,
            overwritten: act.overwritten.clone(),
            apart: act.apart,
            is_torn: act.is_torn,
            own: act.own,
            relation: act.relation,
            beside: act.beside.iter().map(|&path| path.to_owned()).collect(),
            needs_witness: act.needs_witness,
            is_flag: act.is_flag,
            claims: act.claims,
            may_repeat: act.may_repeat,
            repeats: act.repeats.clone(),
            distinct: act.distinct.clone(),
            mend: act.mend.clone(),
        }
    }

    /// The number of the write, and the act.
    pub(super) fn act<'a>(&'a self, writes: &'a [Write]) -> Option<(usize, Judged<'a>)> {
        let at = self.write?;
        let act = Judged {
            write: writes.get(at)?,
            cond: self.cond,
            overwritten: self.overwritten.clone(),
            apart: self.apart,
            is_torn: self.is_torn,
            own: self.own,
            relation: self.relation,
            beside: self.beside.iter().map(String::as_str).collect(),
            needs_witness: self.needs_witness,
            is_flag: self.is_flag,
            claims: self.claims,
            may_repeat: self.may_repeat,
            repeats: self.repeats.clone(),
            distinct: self.distinct.clone(),
            mend: self.mend.clone(),
        };
        Some((at, act))
    }

    pub(super) fn mend(&self) -> &Mend {
        &self.mend
    }

    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// The draft as it is told where another view of its place is proven.
    pub fn into_draft(self) -> Draft {
        self.draft
    }
}

/// What is to become of an act.
pub enum Turn {
    /// It is judged.
    Judge,
    /// It is told without a proof of its own: its place is shown by another witness, and further callers add their ends.
    Tell,
    Drop,
}

/// What the views of a place that were judged have shown.
#[derive(Clone, Copy, Default)]
struct Viewed {
    views: u32,
    is_proven: bool,
    /// No fix was found because the act stands in a helper: the helper itself may have one.
    is_of_helper: bool,
}

/// How often each place was judged, and what was found.
#[derive(Default)]
pub struct Views(FxHashMap<JudgedPlace, Viewed>);

impl Views {
    pub fn turn(&self, act: &Pending) -> Turn {
        let Viewed { views, is_proven, is_of_helper } = self.0.get(&act.place).copied().unwrap_or_default();
        let is_doubted = act.place.4;
        let is_own = act.draft.calls == 0;
        match is_proven {
            true if is_own && is_of_helper && views < limits::JUDGED_VIEWS => Turn::Judge,
            true if is_doubted => Turn::Drop,
            true => Turn::Tell,
            false if views >= limits::JUDGED_VIEWS => Turn::Drop,
            false => Turn::Judge,
        }
    }

    pub fn is_proven(&self, place: &JudgedPlace) -> bool {
        self.0.get(place).is_some_and(|known| known.is_proven)
    }

    /// Adds a view that was judged, with what it has shown.
    pub fn add(&mut self, place: &JudgedPlace, is_proven: bool, drafts: &[Draft]) {
        let known = self.0.entry(place.clone()).or_default();
        let is_of_helper = !known.is_proven && drafts.iter().any(|draft| draft.unfixed == Some(remedy::IN_HELPER));
        *known = Viewed { views: known.views + 1, is_proven: known.is_proven || is_proven, is_of_helper };
    }
}

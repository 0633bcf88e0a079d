//! Whether one predicate implies another on the document that both are asked of.
//!
//! `stock: { $gt: 0 }` does not imply `stock: { $gte: quantity }`, nor does a guard by one key imply one by another. The
//! question is put as: can a document pass the first and fail the second? Each way to do so is a list of facts about values
//! at paths; it is refuted where two facts exclude each other.
//!
//! Input: two predicates, and which paths hold one value and which a list. Output: yes, no, or why it is not known.
//! Must not know: where predicates come from, the judge.

use super::expression::{Expression, Operator};
use super::facts::{Bound, Compared, Fact, Subject, is_disjoint, is_within};
use super::path;
use super::predicate::{Predicate, Test};
use super::term::{Items, View};
use crate::limits::ENTAILED_WAYS;
use std::rc::Rc;

/// What the code takes the value at a path for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// One value that is no list, or none.
    One,
    /// A list of values, or none.
    List,
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entailment {
    Yes,
    No,
    Unknown(Box<str>),
}

/// Whether every document that passes the filter passes the decision.
pub fn entails<S: Compared>(
    terms: &S,
    filter: &Predicate<S::Term>,
    decision: &Predicate<S::Term>,
    held: &dyn Fn(&str) -> Held,
) -> Entailment {
    let prover = Prover { terms, held };
    let mut ways = Ways(vec![Vec::new()]);
    if prover.assume(filter, true, &mut ways).is_none() || prover.assume(decision, false, &mut ways).is_none() {
        return Entailment::Unknown("too many ways".into());
    }
    let mut answer = Entailment::Yes;
    for way in &ways.0 {
        match prover.refute(way) {
            Refuted::Yes => {}
            Refuted::No => return Entailment::No,
            Refuted::Unknown(why) => answer = Entailment::Unknown(why),
        }
    }
    answer
}

/// The facts of each way, in disjunction.
struct Ways<T>(Vec<Vec<Fact<T>>>);

enum Refuted {
    Yes,
    No,
    Unknown(Box<str>),
}

struct Prover<'a, S: Compared> {
    terms: &'a S,
    held: &'a dyn Fn(&str) -> Held,
}

impl<S: Compared> Prover<'_, S> {
    /// Adds that a predicate holds, or does not, to every way; `None` where there are too many.
    fn assume(&self, predicate: &Predicate<S::Term>, holds: bool, ways: &mut Ways<S::Term>) -> Option<()> {
        match (predicate, holds) {
            (Predicate::And(parts), true) => parts.iter().try_for_each(|part| self.assume(part, true, ways)),
            (Predicate::Or(parts), false) | (Predicate::Nor(parts), true) => {
                parts.iter().try_for_each(|part| self.assume(part, false, ways))
            }
            (Predicate::And(parts), false) => self.any(parts, ways, |part, ways| self.assume(part, false, ways)),
            (Predicate::Or(parts), true) | (Predicate::Nor(parts), false) => {
                self.any(parts, ways, |part, ways| self.assume(part, true, ways))
            }
            (Predicate::Field { path, test }, _) => self.assume_test(path, test, holds, ways),
            (Predicate::Expr(expression), _) => self.assume_expression(expression, holds, ways),
            (Predicate::Unknown(part), _) => ways.add(&Fact { subject: Subject::Unknown(part.clone()), holds }),
        }
    }

    fn any<P>(
        &self,
        parts: &[P],
        ways: &mut Ways<S::Term>,
        mut assume: impl FnMut(&P, &mut Ways<S::Term>) -> Option<()>,
    ) -> Option<()> {
        let before = std::mem::take(&mut ways.0);
        for part in parts {
            let mut own = Ways(before.clone());
            assume(part, &mut own)?;
            ways.0.append(&mut own.0);
            if ways.0.len() > ENTAILED_WAYS {
                return None;
            }
        }
        Some(())
    }

    fn assume_test(&self, path: &Rc<str>, test: &Test<S::Term>, holds: bool, ways: &mut Ways<S::Term>) -> Option<()> {
        let each = |tests: &[Test<S::Term>], wanted: bool, ways: &mut Ways<S::Term>| match wanted {
            true => tests.iter().try_for_each(|test| self.assume_test(path, test, true, ways)),
            false => self.any(tests, ways, |test, ways| self.assume_test(path, test, false, ways)),
        };
        let equal = |items: &[S::Term]| items.iter().cloned().map(Test::Eq).collect::<Vec<_>>();
        let mut fact = |bound: Bound<S::Term>, holds: bool| {
            ways.add(&Fact { subject: Subject::At { path: path.clone(), bound }, holds })
        };
        match test {
            Test::Eq(value) => match self.terms.view(value) {
                View::List(_) | View::Document(_) => fact(Bound::Other(test.clone()), holds),
                _ => fact(Bound::Equal(value.clone()), holds),
            },
            Test::Ne(value) => self.assume_test(path, &Test::Eq(value.clone()), !holds, ways),
            Test::Gt(value) => fact(Bound::Over(value.clone(), false), holds),
            Test::Gte(value) => fact(Bound::Over(value.clone(), true), holds),
            Test::Lt(value) => fact(Bound::Under(value.clone(), false), holds),
            Test::Lte(value) => fact(Bound::Under(value.clone(), true), holds),
            Test::In(Items::Known(items)) | Test::Nin(Items::Known(items)) => {
                let tests = equal(items);
                match matches!(test, Test::In(_)) == holds {
                    true => self.any(&tests, ways, |test, ways| self.assume_test(path, test, true, ways)),
                    false => tests.iter().try_for_each(|test| self.assume_test(path, test, false, ways)),
                }
            }
            Test::Nin(items) => fact(Bound::Other(Test::In(items.clone())), !holds),
            Test::Exists(exists) => fact(Bound::Exists, *exists == holds),
            Test::All(Items::Known(items)) if !items.is_empty() => each(&equal(items), holds, ways),
            Test::Every(tests) => each(tests, holds, ways),
            Test::Not(tests) => each(tests, !holds, ways),
            // Of a list, one value that passes one test is any value that passes it.
            Test::ElemTest(tests) if tests.len() == 1 && (self.held)(path) == Held::List => each(tests, holds, ways),
            Test::ElemMatch(inner) => match &**inner {
                // Of a list, a document with one such field is any document there with it.
                Predicate::Field { path: below, test } if is_about_one(test) && (self.held)(path) == Held::List => {
                    self.assume_test(&format!("{path}.{below}").into(), test, holds, ways)
                }
                _ => fact(Bound::Element(inner.clone()), holds),
            },
            other => fact(Bound::Other(other.clone()), holds),
        }
    }

    /// `{ $lt: [{ $size: '$a' }, 3] }` says that there is no third element.
    fn assume_expression(&self, expression: &Expression<S::Term>, holds: bool, ways: &mut Ways<S::Term>) -> Option<()> {
        if let Expression::Call(Operator::Not, parts) = expression
            && let [inner] = parts.as_slice()
        {
            return self.assume_expression(inner, !holds, ways);
        }
        if let Some((path, is_there)) = self.length_limit(expression) {
            let subject = Subject::At { path, bound: Bound::Exists };
            return ways.add(&Fact { subject, holds: is_there == holds });
        }
        ways.add(&Fact { subject: Subject::Computed(expression.clone()), holds })
    }

    /// The element that exists, or does not, where a comparison of a length with a number holds.
    fn length_limit(&self, expression: &Expression<S::Term>) -> Option<(Rc<str>, bool)> {
        let Expression::Call(operator, parts) = expression else { return None };
        let [left, right] = parts.as_slice() else { return None };
        let sized = |part: &Expression<S::Term>| match part {
            Expression::Call(Operator::Size, inner) => match inner.as_slice() {
                [Expression::Field(path)] => Some(path.clone()),
                _ => None,
            },
            _ => None,
        };
        let number = |part: &Expression<S::Term>| match part {
            Expression::Value(value) => match self.terms.view(value) {
                View::Number(number) if number.fract() == 0.0 && (0.0..1e9).contains(&number) => Some(number as u64),
                _ => None,
            },
            _ => None,
        };
        let (path, number, operator) = match (sized(left), number(right)) {
            (Some(path), Some(number)) => (path, number, *operator),
            _ => (sized(right)?, number(left)?, mirrored(*operator)?),
        };
        // length < n: no element n - 1; length <= n: no element n.
        let (index, is_there) = match operator {
            Operator::Lt => (number.checked_sub(1)?, false),
            Operator::Lte => (number, false),
            Operator::Gt => (number, true),
            Operator::Gte => (number.checked_sub(1)?, true),
            _ => return None,
        };
        Some((format!("{path}.{index}").into(), is_there))
    }

    /// Whether two facts of a way exclude each other.
    fn refute(&self, way: &[Fact<S::Term>]) -> Refuted {
        let mut facts = way.to_vec();
        for fact in way {
            self.inside(fact, &mut facts);
        }
        let mut unsure: Option<Box<str>> = None;
        for (at, one) in facts.iter().enumerate() {
            unsure = unsure.or_else(|| one.unknown());
            for other in facts.iter().take(at) {
                match self.excludes(one, other) {
                    Some(true) => return Refuted::Yes,
                    Some(false) if self.overlap(one, other) => {
                        unsure = unsure.or_else(|| Some("a value and a part of it".into()));
                    }
                    Some(false) => {}
                    None => unsure = unsure.or_else(|| Some("how two values stand to each other".into())),
                }
            }
        }
        if may_be_covered(&facts) || self.is_short(&facts) {
            unsure = unsure.or_else(|| Some("several facts together".into()));
        }
        unsure.map_or(Refuted::No, Refuted::Unknown)
    }

    /// Whether two facts are about a value and a part of it, in a way that is not decided.
    fn overlap(&self, one: &Fact<S::Term>, other: &Fact<S::Term>) -> bool {
        let (Subject::At { path: a, .. }, Subject::At { path: b, .. }) = (&one.subject, &other.subject) else {
            return false;
        };
        let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
        let Some(rest) = long.strip_prefix(&**short).and_then(|rest| rest.strip_prefix('.')) else { return false };
        let is_index = rest.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
        (self.held)(short) != Held::List || is_index && element_of(long).is_none_or(|(list, _)| list != &**short)
    }

    /// Whether a list may be too short for all that has to be in it.
    fn is_short(&self, facts: &[Fact<S::Term>]) -> bool {
        facts.iter().any(|fact| {
            let Subject::At { path, bound: Bound::Exists } = &fact.subject else { return false };
            let Some((list, index)) = element_of(path).filter(|_| !fact.holds) else { return false };
            let is_inside = |other: &&Fact<S::Term>| {
                let Subject::At { path, .. } = &other.subject else { return false };
                other.holds && path::is_within(path, list)
            };
            facts.iter().filter(is_inside).count() as u64 > index
        })
    }

    /// What an element with these fields says about the values at the paths below.
    fn inside(&self, fact: &Fact<S::Term>, facts: &mut Vec<Fact<S::Term>>) {
        let (true, Subject::At { path, bound: Bound::Element(inner) }) = (fact.holds, &fact.subject) else { return };
        let mut ways = Ways(vec![Vec::new()]);
        if self.assume(inner, true, &mut ways).is_none() {
            return;
        }
        let [own] = ways.0.as_slice() else { return };
        for part in own.iter().filter(|part| part.holds) {
            if let Subject::At { path: below, bound } = &part.subject {
                let path = format!("{path}.{below}").into();
                facts.push(Fact { subject: Subject::At { path, bound: bound.clone() }, holds: true });
            }
        }
    }

    /// Whether two facts cannot both be; `None` where that is not known.
    fn excludes(&self, one: &Fact<S::Term>, other: &Fact<S::Term>) -> Option<bool> {
        match (&one.subject, &other.subject) {
            (Subject::Computed(a), Subject::Computed(b)) if a == b => Some(one.holds != other.holds),
            (Subject::At { path: a, bound: left }, Subject::At { path: b, bound: right }) if a == b => {
                self.excludes_at(a, (left, one.holds), (right, other.holds))
            }
            (Subject::At { path: a, bound: left }, Subject::At { path: b, bound: right }) => {
                Some(self.excludes_below((a, left, one.holds), (b, right, other.holds)))
            }
            _ => Some(false),
        }
    }

    /// Two facts at one path. A fact that holds is about some value there, one that does not is about all.
    fn excludes_at(
        &self,
        path: &str,
        (left, left_holds): (&Bound<S::Term>, bool),
        (right, right_holds): (&Bound<S::Term>, bool),
    ) -> Option<bool> {
        match (left_holds, right_holds) {
            (true, false) => self.is_contained(left, right),
            (false, true) => self.is_contained(right, left),
            (true, true) if (self.held)(path) == Held::One => is_disjoint(self.terms, left, right),
            // There is a value, or none, which is null.
            (false, false) if (self.held)(path) == Held::One => {
                let is_null = |bound: &Bound<S::Term>| matches!(bound, Bound::Equal(value) if self.terms.view(value) == View::Null);
                let covers = |a: &Bound<S::Term>, b: &Bound<S::Term>| *a == Bound::Exists && is_null(b);
                Some(covers(left, right) || covers(right, left))
            }
            _ => Some(false),
        }
    }

    /// Whether a value that passes the first passes the second.
    fn is_contained(&self, inner: &Bound<S::Term>, outer: &Bound<S::Term>) -> Option<bool> {
        match (inner, outer) {
            (Bound::Element(a), Bound::Element(b)) => match entails(self.terms, a, b, &|_| Held::One) {
                Entailment::Yes => Some(true),
                Entailment::No => Some(false),
                Entailment::Unknown(_) => None,
            },
            _ => is_within(self.terms, inner, outer),
        }
    }

    /// Facts at two paths: an element that exists has those before it, and a list without a first element has none.
    fn excludes_below(
        &self,
        left: (&Rc<str>, &Bound<S::Term>, bool),
        right: (&Rc<str>, &Bound<S::Term>, bool),
    ) -> bool {
        let one_way = |(absent, bound, holds): (&Rc<str>, &Bound<S::Term>, bool),
                       other: (&Rc<str>, &Bound<S::Term>, bool)| {
            if holds || *bound != Bound::Exists || !other.2 {
                return false;
            }
            let Some((list, index)) = element_of(absent) else { return false };
            if (self.held)(list) != Held::List {
                return false;
            }
            if let Some((other_list, at)) = element_of(other.0)
                && other_list == list
            {
                return *other.1 == Bound::Exists && at >= index;
            }
            let is_inside = path::is_within(other.0, list);
            index == 0 && is_inside && !self.accepts_nothing(other.1)
        };
        one_way(left, right) || one_way(right, left)
    }

    /// Whether a fact that holds can be about a missing value, or about an empty list itself.
    fn accepts_nothing(&self, bound: &Bound<S::Term>) -> bool {
        match bound {
            Bound::Equal(value) => matches!(self.terms.view(value), View::Null | View::Unknown),
            Bound::Element(_) => false,
            _ => true,
        }
    }
}

impl<T: Clone + PartialEq> Ways<T> {
    fn add(&mut self, fact: &Fact<T>) -> Option<()> {
        for way in &mut self.0 {
            if !way.contains(fact) {
                way.push(fact.clone());
            }
        }
        Some(())
    }
}

/// The list and the index of `list.3`.
fn element_of(path: &str) -> Option<(&str, u64)> {
    let (list, index) = path.rsplit_once('.')?;
    Some((list, index.parse().ok()?))
}

fn mirrored(operator: Operator) -> Option<Operator> {
    Some(match operator {
        Operator::Lt => Operator::Gt,
        Operator::Lte => Operator::Gte,
        Operator::Gt => Operator::Lt,
        Operator::Gte => Operator::Lte,
        _ => return None,
    })
}

/// Whether a test passes for a list where one value in it passes.
fn is_about_one<T>(test: &Test<T>) -> bool {
    matches!(test, Test::Eq(_) | Test::Gt(_) | Test::Gte(_) | Test::Lt(_) | Test::Lte(_) | Test::In(Items::Known(_)))
}

/// Whether facts could exclude a value together that no two of them exclude: `a >= 3`, `a != 3`, `!(a > 3)`.
fn may_be_covered<T: PartialEq>(facts: &[Fact<T>]) -> bool {
    facts.iter().any(|fact| {
        let Subject::At { path, bound } = &fact.subject else { return false };
        let same = facts.iter().filter(|other| matches!(&other.subject, Subject::At { path: p, .. } if p == path));
        let is_ordered = matches!(bound, Bound::Over(..) | Bound::Under(..));
        let count = same.clone().count();
        let held = same.filter(|other| other.holds).count();
        count > 2 && is_ordered || held > 2
    })
}

//! Random arrays: what goes is what is there before, and what a backup holds makes the array what it was.

use super::backup::{Outcome, Recorded};
use super::identity::Identities;
use super::operation::{Operation, take_last};
use super::plan::{Plan, plan, without};
use super::restore::missing;
use crate::config::Config;
use bson::raw::RawBsonRef;
use bson::{Bson, Document, RawArrayBuf, RawBson, doc};

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    /// Few identities, so that many are the same, and some copies that are the same altogether.
    fn element(&mut self) -> RawBson {
        let mut element = match self.below(6) {
            0 => return RawBson::Int32(self.below(2) as i32),
            1 => doc! { "content": self.below(3) as i32 },
            2 => doc! { "batchId": "b", "batchIndex": self.below(3) as i32 },
            3 => doc! { "mergeId": self.below(2) as f64 },
            _ => doc! { "imageId": self.below(3) as i64 },
        };
        if self.below(2) == 0 {
            element.insert("at", self.below(3) as i32);
        }
        RawBson::try_from(Bson::Document(element)).expect("a document")
    }

    pub fn array(&mut self, most: usize) -> RawArrayBuf {
        let mut array = RawArrayBuf::new();
        for _ in 0..self.below(most) {
            array.push(self.element().as_raw_bson_ref());
        }
        array
    }

    /// As an application sorts an array again.
    pub fn shuffled(&mut self, array: &RawArrayBuf) -> RawArrayBuf {
        let mut items = items(array);
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
        self::array(&items)
    }
}

fn identities() -> Identities {
    Identities::of(&Config::default().arrays[0])
}

fn decided(array: &RawArrayBuf) -> Plan {
    plan(array, &identities()).expect("valid BSON")
}

pub fn items(array: &RawArrayBuf) -> Vec<RawBson> {
    array.into_iter().map(|item| item.expect("valid BSON").into()).collect()
}

pub fn array(items: &[RawBson]) -> RawArrayBuf {
    let mut array = RawArrayBuf::new();
    for item in items {
        array.push(item.as_raw_bson_ref());
    }
    array
}

/// A clean-up of an array, in operations of so many elements at most; gives what is left of it.
pub fn clean(before: &RawArrayBuf, most: usize, operations: &mut Vec<Recorded>) -> RawArrayBuf {
    let id = RawBson::Int32(1);
    let mut left = decided(before).removals;
    let mut now = items(before);
    let kinds = [(); 9].map(|()| String::new());
    while !left.is_empty() {
        let mut part = left.split_off(left.len().saturating_sub(most));
        let operation: Operation =
            take_last(&id, before, &mut part, &kinds).expect("valid BSON").expect("something goes");
        assert!(part.is_empty());
        for removed in operation.removed.iter().rev() {
            let gone = now.remove(removed.at);
            assert_eq!(gone.as_raw_bson_ref(), RawBsonRef::Document(&removed.element));
        }
        let number = operations.len() as u64;
        operations.push(Recorded { file: 0, number, outcome: Outcome::Removed, removed: operation.removed });
    }
    array(&now)
}

fn put_back(now: &RawArrayBuf, operations: &[Recorded], most: usize) -> RawArrayBuf {
    let insertions = missing(operations, now, most).expect("valid BSON").insertions;
    assert!(insertions.windows(2).all(|two| two[0].at < two[1].at), "{insertions:?}");
    let mut now = items(now);
    for insertion in insertions {
        now.insert(insertion.at, RawBson::Document(insertion.element));
    }
    array(&now)
}

fn sorted(array: &RawArrayBuf) -> Vec<String> {
    let mut items: Vec<String> = items(array).iter().map(|item| format!("{item:?}")).collect();
    items.sort();
    items
}

#[test]
fn what_goes_is_there_before_and_the_rest_keeps_its_order() {
    let mut random = Random(1);
    for _ in 0..3000 {
        let array = random.array(30);
        let decision = decided(&array);
        let kept = without(&array, &decision.removals);
        assert_eq!(decided(&kept).removals, [], "nothing is left to do");
        let elements = items(&array);
        for removal in &decision.removals {
            let stays = elements[removal.first].clone();
            assert!(removal.first < removal.at && items(&kept).contains(&stays));
            assert!(decision.removals.iter().all(|other| other.at != removal.first));
            assert_eq!(removal.is_copy, stays == elements[removal.at]);
        }
        assert_eq!(kept.into_iter().count(), decision.size - decision.removals.len());
    }
}

#[test]
fn a_backup_makes_the_array_what_it_was_in_any_number_of_steps() {
    let mut random = Random(2);
    for _ in 0..3000 {
        let before = random.array(25);
        let mut operations = Vec::new();
        let after = clean(&before, 1 + random.below(4), &mut operations);
        let mut now = after;
        let step = 1 + random.below(5);
        for _ in 0..30 {
            now = put_back(&now, &operations, step);
        }
        assert_eq!(items(&now), items(&before), "{operations:#?}");
    }
}

#[test]
fn an_array_that_was_sorted_again_gets_back_all_and_keeps_its_order() {
    let mut random = Random(5);
    for _ in 0..3000 {
        let before = random.array(25);
        let mut operations = Vec::new();
        let after = clean(&before, 1 + random.below(4), &mut operations);
        let after = random.shuffled(&after);
        let mut now = after.clone();
        let step = 1 + random.below(5);
        for _ in 0..30 {
            now = put_back(&now, &operations, step);
        }
        assert_eq!(sorted(&now), sorted(&before), "{operations:#?}");
        let mut rest = items(&now).into_iter();
        assert!(items(&after).iter().all(|kept| rest.any(|one| one == *kept)), "the order of what was there");
    }
}

#[test]
fn what_goes_back_stands_beside_its_neighbour_wherever_that_is() {
    let element = |id: i32, n: i32| {
        let element = doc! { "imageId": id, "n": n };
        RawBson::try_from(Bson::Document(element)).expect("a document")
    };
    let pairs = |ids: [i32; 3]| array(&ids.map(|id| [element(id, 0), element(id, 1)]).concat());
    let mut operations = Vec::new();
    let after = clean(&pairs([1, 2, 3]), 2, &mut operations);
    let mut turned = items(&after);
    turned.reverse();
    assert_eq!(items(&put_back(&array(&turned), &operations, usize::MAX)), items(&pairs([3, 2, 1])));
}

#[test]
fn two_clean_ups_with_pushes_between_and_after_are_undone_together() {
    let mut random = Random(3);
    for _ in 0..3000 {
        let mut operations = Vec::new();
        let before = random.array(15);
        let fresh = |n: usize| doc! { "content": format!("pushed {n}") };
        let push = |array: RawArrayBuf, document: Document| {
            let mut array = array;
            array.push(RawBson::try_from(Bson::Document(document)).expect("a document").as_raw_bson_ref());
            array
        };
        let first = push(clean(&before, 3, &mut operations), fresh(0));
        let mut more = items(&first);
        more.push(more[0].clone());
        let second = push(clean(&array(&more), 3, &mut operations), fresh(1));
        let mut expected = items(&before);
        expected.extend(items(&array(&more)).split_off(more.len() - 2));
        expected.push(items(&second).pop().expect("what was pushed"));
        let now = put_back(&second, &operations, usize::MAX);
        assert_eq!(items(&now), expected, "{before:?}");
        assert_eq!(items(&put_back(&now, &operations, usize::MAX)), expected);
    }
}

#[test]
fn what_two_runs_took_at_once_goes_back_once() {
    let mut random = Random(8);
    for _ in 0..1000 {
        let before = random.array(15);
        let mut operations = Vec::new();
        let after = clean(&before, 1 + random.below(5), &mut operations);
        let unknown = operations.iter().map(|one| Recorded { file: 1, outcome: Outcome::Unknown, ..one.clone() });
        let unknown: Vec<Recorded> = unknown.collect();
        for all in [[&operations[..], &unknown].concat(), [&unknown[..], &operations].concat()] {
            assert_eq!(items(&put_back(&after, &all, usize::MAX)), items(&before));
        }
    }
}

#[test]
fn a_copy_that_was_pushed_after_an_operation_of_which_nobody_knows_goes_back_beside_the_other() {
    let element = |fields: Document| RawBson::try_from(Bson::Document(fields)).expect("a document");
    let (copy, other) = (element(doc! { "imageId": 1 }), element(doc! { "content": 1 }));
    let mut operations = Vec::new();
    let mut now = items(&clean(&array(&[copy.clone(), copy.clone()]), 1, &mut operations));
    operations[0].outcome = Outcome::Unknown;
    now.extend([other.clone(), copy.clone()]);
    let mut later = Vec::new();
    let after = clean(&array(&now), 1, &mut later);
    operations.extend(later.into_iter().map(|one| Recorded { file: 1, ..one }));
    let expected = [copy.clone(), copy.clone(), other, copy];
    assert_eq!(items(&put_back(&after, &operations, usize::MAX)), expected);
}

#[test]
fn what_was_put_back_before_does_not_count_again() {
    let mut random = Random(7);
    for _ in 0..1000 {
        let before = random.array(15);
        let mut operations = Vec::new();
        clean(&before, 2, &mut operations);
        operations.iter_mut().for_each(|operation| operation.outcome = Outcome::Restored);
        let after = clean(&before, 3, &mut operations);
        assert_eq!(items(&put_back(&after, &operations, usize::MAX)), items(&before));
    }
}

#[test]
fn an_operation_of_which_nobody_knows_is_undone_only_if_it_was_done() {
    let mut random = Random(4);
    for _ in 0..1000 {
        let before = random.array(15);
        let mut operations = Vec::new();
        let after = clean(&before, 100, &mut operations);
        for outcome in [Outcome::Unknown, Outcome::Removed] {
            operations.iter_mut().for_each(|operation| operation.outcome = outcome);
            assert_eq!(items(&put_back(&after, &operations, usize::MAX)), items(&before));
            assert_eq!(items(&put_back(&before, &operations, usize::MAX)), items(&before));
        }
        // It was not done, and a later run has taken the same.
        let mut twice = operations.clone();
        twice.iter_mut().for_each(|operation| operation.outcome = Outcome::Unknown);
        twice.extend(operations);
        assert_eq!(items(&put_back(&after, &twice, usize::MAX)), items(&before));
    }
}

//! Random arrays: what goes is what is there before, and what a backup holds makes the array what it was.

use super::backup::{Entry, Outcome};
use super::identity::Identities;
use super::operation::{Operation, take_last};
use super::plan::{Plan, plan, without};
use super::restore::missing;
use crate::config::Config;
use bson::raw::RawBsonRef;
use bson::{Bson, Document, RawArrayBuf, RawBson, doc};

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
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

    fn array(&mut self, most: usize) -> RawArrayBuf {
        let mut array = RawArrayBuf::new();
        for _ in 0..self.below(most) {
            array.push(self.element().as_raw_bson_ref());
        }
        array
    }
}

fn identities() -> Identities {
    Identities::of(&Config::default().arrays[0])
}

fn decided(array: &RawArrayBuf) -> Plan {
    plan(array, &identities()).expect("valid BSON")
}

fn items(array: &RawArrayBuf) -> Vec<RawBson> {
    array.into_iter().map(|item| item.expect("valid BSON").into()).collect()
}

fn array(items: &[RawBson]) -> RawArrayBuf {
    let mut array = RawArrayBuf::new();
    for item in items {
        array.push(item.as_raw_bson_ref());
    }
    array
}

/// A clean-up of an array, in operations of so many elements at most; gives what is left of it.
fn clean(before: &RawArrayBuf, most: usize, operations: &mut Vec<(Outcome, Vec<Entry>)>) -> RawArrayBuf {
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
        let entry = |removed| Entry { operation: number, id: id.clone(), removed };
        operations.push((Outcome::Removed, operation.removed.into_iter().map(entry).collect()));
    }
    array(&now)
}

fn put_back(now: &RawArrayBuf, operations: &[(Outcome, Vec<Entry>)], most: usize) -> RawArrayBuf {
    let mut now = items(now);
    for insertion in missing(operations, &array(&now), most).expect("valid BSON").insertions {
        now.insert(insertion.at, RawBson::Document(insertion.element));
    }
    array(&now)
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
fn an_operation_of_which_nobody_knows_is_undone_only_if_it_was_done() {
    let mut random = Random(4);
    for _ in 0..1000 {
        let before = random.array(15);
        let mut operations = Vec::new();
        let after = clean(&before, 100, &mut operations);
        for outcome in [Outcome::Unknown, Outcome::Removed] {
            operations.iter_mut().for_each(|operation| operation.0 = outcome);
            assert_eq!(items(&put_back(&after, &operations, usize::MAX)), items(&before));
            assert_eq!(items(&put_back(&before, &operations, usize::MAX)), items(&before));
        }
        // It was not done, and a later run has taken the same.
        let mut twice = operations.clone();
        twice.iter_mut().for_each(|operation| operation.0 = Outcome::Unknown);
        twice.extend(operations);
        assert_eq!(items(&put_back(&after, &twice, usize::MAX)), items(&before));
    }
}

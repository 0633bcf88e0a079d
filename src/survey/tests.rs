//! Proposals from appends that are written down by hand.

use super::*;
use crate::config::{Scalar, When};
use crate::source::{FileId, Place};

const OTHER: FieldValue = FieldValue::Other;

fn text(value: &str) -> FieldValue {
    FieldValue::Literal(Scalar::Text(value.to_owned()))
}

fn shape(fields: &[(&str, FieldValue)]) -> Shape {
    Shape {
        fields: fields.iter().map(|(name, value)| Field { name: (*name).to_owned(), value: value.clone() }).collect(),
    }
}

fn append(array: &str, collection: Option<&str>, shapes: Vec<Shape>, keys: &[&[&str]]) -> Append {
    Append {
        place: Place { file: FileId(0), start: 0, end: 1 },
        function: "add".to_owned(),
        collection: collection.map(str::to_owned),
        array: array.to_owned(),
        evidence: Evidence {
            shapes,
            keys: keys.iter().map(|key| key.iter().map(|field| (*field).to_owned()).collect()).collect(),
        },
    }
}

/// `name: key` of each kind, in order.
fn kinds(proposal: &Proposal) -> Vec<String> {
    proposal.array.kinds.iter().map(|kind| format!("{}: {}", kind.name, kind.key.join(" + "))).collect()
}

fn only(appends: &[Append]) -> Proposal {
    let mut proposals = propose(appends);
    assert_eq!(proposals.len(), 1, "{proposals:?}");
    proposals.remove(0)
}

#[test]
fn a_literal_names_the_kind_and_picks_the_key_that_goes_with_it() {
    let merged =
        shape(&[("imageId", OTHER), ("mergeId", OTHER), ("isMerged", FieldValue::Literal(Scalar::Bool(true)))]);
    let image = shape(&[("type", text("image")), ("imageId", OTHER)]);
    let proposal = only(&[
        append("messages", Some("chats"), vec![image], &[]),
        append("messages", Some("chats"), vec![merged], &[&["imageId"]]),
    ]);
    // A merged image also has an imageId, so it must be recognised first.
    assert_eq!(kinds(&proposal), ["merged: mergeId", "image: imageId"]);
    assert_eq!(proposal.array.kinds[0].when.patterns().len(), 2);
    assert!(!proposal.doubtful);
}

#[test]
fn a_literal_of_two_kinds_recognises_neither() {
    let batch = shape(&[("type", text("image")), ("batchId", OTHER), ("batchIndex", OTHER)]);
    let image = shape(&[("type", text("image")), ("imageId", OTHER)]);
    let proposal = only(&[append("messages", None, vec![batch, image], &[])]);
    assert_eq!(kinds(&proposal), ["batch: batchId + batchIndex", "image: imageId"]);
    for kind in &proposal.array.kinds {
        assert!(matches!(&kind.when, When::All(pattern) if pattern.equals.is_empty()), "{kind:?}");
    }
}

#[test]
fn what_the_code_looks_for_outweighs_a_name() {
    let line = shape(&[("lineId", OTHER), ("colour", OTHER), ("size", OTHER)]);
    let proposal = only(&[append("lines", None, vec![line], &[&["colour", "size"]])]);
    assert_eq!(kinds(&proposal), ["line: colour + size"]);
    assert!(proposal.notes[0].used);
    assert_eq!(proposal.notes[0].others, [["lineId"]]);
}

#[test]
fn two_keys_of_the_same_elements_make_one_kind() {
    let variant = shape(&[("colour", OTHER), ("size", OTHER), ("ean", OTHER)]);
    let proposal = only(&[
        append("variants", None, vec![variant.clone()], &[&["colour", "size"]]),
        append("variants", None, vec![variant], &[&["ean"]]),
    ]);
    assert_eq!(kinds(&proposal), ["variant: colour + size"]);
    assert_eq!(proposal.notes[0].others, [["ean"]]);
}

#[test]
fn an_identifier_made_for_the_append_is_no_key() {
    let note = shape(&[("_id", FieldValue::Fresh), ("text", OTHER)]);
    let proposal = only(&[append("notes", None, vec![note], &[])]);
    assert!(proposal.doubtful && proposal.array.kinds.is_empty(), "{proposal:?}");
}

#[test]
fn an_owner_is_a_key_only_where_the_code_looks_for_it() {
    let vote = shape(&[("userId", OTHER), ("choice", OTHER)]);
    let proposal = only(&[append("votes", None, vec![vote.clone()], &[])]);
    assert_eq!((kinds(&proposal), proposal.doubtful), (vec!["user: userId".to_owned()], true));
    let proposal = only(&[append("votes", None, vec![vote], &[&["userId"]])]);
    assert_eq!((kinds(&proposal), proposal.doubtful), (vec!["user: userId".to_owned()], false));
}

#[test]
fn scalars_and_unknown_elements_are_left_out_unless_the_code_looks_for_a_field() {
    assert_eq!(propose(&[append("likedBy", None, vec![], &[])]), []);
    let proposal = only(&[append("discounts", None, vec![], &[&["code"]])]);
    assert_eq!(kinds(&proposal), ["discount: code"]);
}

#[test]
fn an_append_to_an_unknown_collection_joins_the_arrays_of_its_field() {
    let item = || vec![shape(&[("sku", OTHER)])];
    let known = [append("items", Some("carts"), item(), &[]), append("items", Some("orders"), item(), &[])];
    assert_eq!(propose(&known).len(), 2);
    let proposal = only(&[known.as_slice(), &[append("items", None, item(), &[])]].concat());
    assert_eq!(proposal.array.collection, None);
}

#[test]
fn names_are_split_into_words() {
    assert_eq!(keys::words("batchIndex"), ["batch", "index"]);
    assert_eq!(keys::words("_id"), ["id"]);
    assert_eq!(keys::words("userID"), ["user", "id"]);
    assert_eq!(keys::words("order-line_no"), ["order", "line", "no"]);
    assert_eq!(
        ["messages", "entries", "addresses", "status", "chat.images"].map(keys::singular),
        ["message", "entry", "address", "status", "image"]
    );
}

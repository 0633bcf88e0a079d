//! A witness as it is kept until it is reported: each of its values once.
//!
//! The documents of a witness are stored many times, before and after each command, and differ in a field or two. As values they take
//! hundreds of times the code that they are about; packed they take a few times as much.
//!
//! Input: a witness. Output: its bytes, and the witness again. Must not know: what it shows.

use super::witness::Witness;
use crate::source::Place;
use rustc_hash::FxHashMap;
use serde_json::{Map, Number, Value};
use std::sync::Arc;

/// A packed witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    bytes: Arc<[u8]>,
    /// Where the code does each of its moves.
    places: Arc<[Option<Place>]>,
}

impl Packed {
    pub fn new(witness: &Witness) -> Self {
        let mut packer = Packer::default();
        packer.node(&serde_json::to_value(witness).unwrap_or_default());
        Self { bytes: packer.bytes.into(), places: witness.steps.iter().map(|step| step.place).collect() }
    }

    /// The same witness, with these places of its moves.
    #[must_use]
    pub fn at(self, places: impl IntoIterator<Item = Option<Place>>) -> Self {
        Self { places: places.into_iter().collect(), ..self }
    }

    /// The witness; none of bytes that are none, which nobody makes.
    pub fn open(&self) -> Option<Witness> {
        let mut witness: Witness = serde_json::from_value(Reader { bytes: &self.bytes }.value()?).ok()?;
        for (step, place) in witness.steps.iter_mut().zip(self.places.iter()) {
            step.place = *place;
        }
        Some(witness)
    }
}

impl From<Witness> for Packed {
    fn from(witness: Witness) -> Self {
        Self::new(&witness)
    }
}

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const SIGNED: u8 = 3;
const UNSIGNED: u8 = 4;
const FLOAT: u8 = 5;
const TEXT: u8 = 6;
const LIST: u8 = 7;
const OBJECT: u8 = 8;

/// Writes each value once, after those that it is made of, which it names by their numbers.
#[derive(Default)]
struct Packer {
    bytes: Vec<u8>,
    numbers: FxHashMap<Vec<u8>, u32>,
}

impl Packer {
    fn node(&mut self, value: &Value) -> u32 {
        let mut own = Vec::new();
        match value {
            Value::Null => own.push(NULL),
            Value::Bool(false) => own.push(FALSE),
            Value::Bool(true) => own.push(TRUE),
            Value::Number(number) => {
                let (tag, bits) = match (number.as_i64(), number.as_u64()) {
                    (Some(number), _) => (SIGNED, number.cast_unsigned()),
                    (None, Some(number)) => (UNSIGNED, number),
                    (None, None) => (FLOAT, number.as_f64().unwrap_or_default().to_bits()),
                };
                own.push(tag);
                own.extend(bits.to_le_bytes());
            }
            Value::String(text) => return self.text(text),
            Value::Array(items) => {
                let items: Vec<u32> = items.iter().map(|item| self.node(item)).collect();
                own.push(LIST);
                push(&mut own, items.len() as u32);
                items.into_iter().for_each(|item| push(&mut own, item));
            }
            Value::Object(fields) => {
                let fields: Vec<[u32; 2]> =
                    fields.iter().map(|(name, value)| [self.text(name), self.node(value)]).collect();
                own.push(OBJECT);
                push(&mut own, fields.len() as u32);
                fields.into_iter().flatten().for_each(|part| push(&mut own, part));
            }
        }
        self.numbered(own)
    }

    fn text(&mut self, text: &str) -> u32 {
        let mut own = vec![TEXT];
        push(&mut own, text.len() as u32);
        own.extend(text.as_bytes());
        self.numbered(own)
    }

    fn numbered(&mut self, own: Vec<u8>) -> u32 {
        if let Some(known) = self.numbers.get(&own) {
            return *known;
        }
        let number = self.numbers.len() as u32;
        self.bytes.extend(&own);
        self.numbers.insert(own, number);
        number
    }
}

/// A number in as few bytes as it needs, seven bits in each.
fn push(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl Reader<'_> {
    /// The last value, which is made of all others.
    fn value(&mut self) -> Option<Value> {
        let mut known: Vec<Value> = Vec::new();
        while !self.bytes.is_empty() {
            let value = self.node(&known)?;
            known.push(value);
        }
        known.pop()
    }

    fn node(&mut self, known: &[Value]) -> Option<Value> {
        Some(match *self.take(1)?.first()? {
            NULL => Value::Null,
            FALSE => Value::Bool(false),
            TRUE => Value::Bool(true),
            SIGNED => Value::Number(self.bits()?.cast_signed().into()),
            UNSIGNED => Value::Number(self.bits()?.into()),
            FLOAT => Value::Number(Number::from_f64(f64::from_bits(self.bits()?))?),
            TEXT => {
                let length = self.number()?;
                Value::String(String::from_utf8(self.take(length as usize)?.to_vec()).ok()?)
            }
            LIST => {
                let mut items = Vec::new();
                for _ in 0..self.number()? {
                    items.push(known.get(self.number()? as usize)?.clone());
                }
                Value::Array(items)
            }
            OBJECT => {
                let mut fields = Map::new();
                for _ in 0..self.number()? {
                    let (name, value) = (self.number()?, self.number()?);
                    let name = known.get(name as usize)?.as_str()?.to_owned();
                    fields.insert(name, known.get(value as usize)?.clone());
                }
                Value::Object(fields)
            }
            _ => return None,
        })
    }

    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = u32::from(*self.take(1)?.first()?);
            number |= (byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(number);
            }
            shift += 7;
        }
    }

    fn bits(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Command, End, Harm, Inputs, Move, Stored};
    use crate::source::FileId;
    use serde_json::json;

    fn wide(count: usize) -> Witness {
        let list = |length: usize| {
            let fields = (0..count).map(|at| (format!("l{at}"), json!(vec!["x"; length])));
            vec![Stored { collection: "accounts".to_owned(), document: Value::Object(fields.collect()) }]
        };
        let command = Command::Database {
            collection: "accounts".to_owned(),
            method: "updateOne".to_owned(),
            arguments: vec![json!({ "n": 1.5, "big": u64::MAX, "low": -3, "no": null, "is": [true, false] })],
        };
        let place = Some(Place { file: FileId(0), start: 3, end: 9 });
        let step =
            |stored| Move { request: 1, command: command.clone(), place, result: "matched 1".to_owned(), stored };
        let effect = Command::Effect { text: "mail(…)".to_owned() };
        let sent = Move { request: 0, command: effect, place: None, result: String::new(), stored: None };
        let end = |length| End { documents: list(length), effects: vec!["mail(…)".to_owned()] };
        Witness {
            kind: Harm::ActsTwice,
            start: list(0),
            indexes: Vec::new(),
            requests: vec![Inputs { name: "A".to_owned(), inputs: vec![("req.body".to_owned(), json!({}))] }],
            steps: vec![step(Some(list(1))), step(Some(list(2))), sent],
            outcome: end(2),
            serial: vec![end(1), end(0)],
        }
    }

    #[test]
    fn a_witness_is_the_same_after_it_was_packed() {
        for count in [0, 1, 300] {
            let witness = wide(count);
            assert_eq!(Packed::new(&witness).open(), Some(witness));
        }
    }

    #[test]
    fn what_is_stored_again_is_not_kept_again() {
        let witness = wide(300);
        let whole = serde_json::to_string(&witness).expect("JSON").len();
        assert!(Packed::new(&witness).bytes.len() * 2 < whole);
    }
}

//! Random elements whose keys are values of every type, many of them equal to the server although they are spelt differently.

use bson::{Bson, Document, doc, oid::ObjectId};

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

    pub fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }
}

fn decimal(text: &str) -> Bson {
    Bson::Decimal128(text.parse().unwrap())
}

pub fn value(random: &mut Random) -> Bson {
    let id = ObjectId::from_bytes([0xab; 12]);
    let numbers = [
        Bson::Int32(0),
        Bson::Int32(1),
        Bson::Int64(1),
        Bson::Double(1.0),
        Bson::Double(-0.0),
        Bson::Double(0.1),
        decimal("1.00"),
        decimal("0.1"),
        decimal("0.1000000000000000055511151231257827"),
        decimal("1E+3"),
        Bson::Int64(1000),
        Bson::Int64(9_007_199_254_740_993),
        Bson::Double(9_007_199_254_740_992.0),
        decimal("9007199254740993"),
        Bson::Double(1e300),
        decimal("1E+300"),
        Bson::Double(f64::INFINITY),
        decimal("Infinity"),
        Bson::Double(f64::NAN),
        decimal("NaN"),
    ];
    let others = [
        Bson::Null,
        Bson::Undefined,
        Bson::String(String::new()),
        Bson::String("1".into()),
        Bson::String("a".into()),
        Bson::String("A".into()),
        Bson::Symbol("a".into()),
        Bson::ObjectId(id),
        Bson::String(id.to_hex()),
        Bson::String(id.to_hex().to_uppercase()),
        Bson::Boolean(true),
        Bson::Boolean(false),
        Bson::DateTime(bson::DateTime::from_millis(1)),
        Bson::Timestamp(bson::Timestamp { time: 0, increment: 1 }),
        Bson::Array(vec![]),
        Bson::Array(vec![Bson::Int32(1)]),
        Bson::Array(vec![Bson::Double(1.0)]),
        Bson::Document(doc! {}),
        Bson::Document(doc! { "a": 1, "b": 2 }),
        Bson::Document(doc! { "a": 1.0, "b": 2_i64 }),
        Bson::Document(doc! { "b": 2, "a": 1 }),
        Bson::Binary(bson::Binary { subtype: bson::spec::BinarySubtype::Generic, bytes: vec![1] }),
        Bson::Binary(bson::Binary { subtype: bson::spec::BinarySubtype::UserDefined(0x80), bytes: vec![1] }),
        Bson::RegularExpression(bson::Regex { pattern: "a".try_into().unwrap(), options: "i".try_into().unwrap() }),
        Bson::JavaScriptCode("a".into()),
        Bson::MinKey,
        Bson::MaxKey,
    ];
    if random.below(2) == 0 { random.pick(&numbers) } else { random.pick(&others) }
}

fn element(random: &mut Random) -> Bson {
    let mut element = Document::new();
    for field in ["batchId", "batchIndex", "mergeId", "videoId", "imageId", "imageUrl"] {
        if random.below(4) == 0 {
            element.insert(field, value(random));
        }
    }
    if random.below(4) == 0 {
        element.insert("type", random.pick(&["mergeFace", "video", "image", "text"]));
    }
    if random.below(4) == 0 {
        element.insert("isMerged", random.pick(&[Bson::Boolean(true), Bson::Boolean(false), Bson::Int32(1)]));
    }
    match random.below(12) {
        0 => value(random),
        1 => Bson::Array(vec![Bson::Document(element)]),
        _ => Bson::Document(element),
    }
}

pub fn documents(random: &mut Random, count: i32) -> Vec<Document> {
    let document = |n: i32| {
        let messages: Vec<Bson> = (0..random.below(40)).map(|_| element(random)).collect();
        doc! { "_id": n, "messages": messages }
    };
    (0..count).map(document).collect()
}

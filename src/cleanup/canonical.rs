//! When two values are one to the server, byte for byte.
//!
//! Input: a BSON value. Output: bytes that are the same for values that `$eq` of an aggregation finds equal under the simple
//! collation, and differ otherwise. Must not know: elements, keys.

use super::Read;
use bson::raw::{RawArray, RawBsonRef, RawDocument};

/// The digits of the longest double, so that a double is written as what it is and not rounded.
const DOUBLE_DIGITS: usize = 767;

/// Appends the canonical bytes of a value.
pub fn encode(value: RawBsonRef<'_>, out: &mut Vec<u8>) -> Read<()> {
    match value {
        RawBsonRef::Double(value) => number(&double(value), out),
        RawBsonRef::Int32(value) => number(&integer(i64::from(value)), out),
        RawBsonRef::Int64(value) => number(&integer(value), out),
        RawBsonRef::Decimal128(value) => number(&decimal(&value.to_string()), out),
        // A symbol is a text to the server.
        RawBsonRef::String(text) | RawBsonRef::Symbol(text) => sized(b's', text.as_bytes(), out),
        RawBsonRef::Document(fields) => document(fields, out)?,
        RawBsonRef::Array(items) => array(items, out)?,
        RawBsonRef::Boolean(value) => out.extend([b'b', u8::from(value)]),
        RawBsonRef::Null => out.push(b'n'),
        RawBsonRef::Undefined => out.push(b'u'),
        RawBsonRef::MinKey => out.push(b'<'),
        RawBsonRef::MaxKey => out.push(b'>'),
        RawBsonRef::ObjectId(id) => sized(b'o', &id.bytes(), out),
        RawBsonRef::DateTime(date) => sized(b'd', &date.timestamp_millis().to_be_bytes(), out),
        RawBsonRef::Timestamp(at) => {
            out.push(b't');
            out.extend(at.time.to_be_bytes());
            out.extend(at.increment.to_be_bytes());
        }
        RawBsonRef::Binary(binary) => {
            out.extend([b'x', u8::from(binary.subtype)]);
            sized(b'x', binary.bytes, out);
        }
        RawBsonRef::RegularExpression(regex) => {
            sized(b'r', regex.pattern.as_str().as_bytes(), out);
            sized(b'r', regex.options.as_str().as_bytes(), out);
        }
        RawBsonRef::JavaScriptCode(code) => sized(b'j', code.as_bytes(), out),
        RawBsonRef::JavaScriptCodeWithScope(code) => {
            sized(b'k', code.code.as_bytes(), out);
            document(code.scope, out)?;
        }
        RawBsonRef::DbPointer(_) => {
            let mut whole = bson::RawDocumentBuf::new();
            whole.append(bson::cstr!("p"), value);
            sized(b'p', whole.as_bytes(), out);
        }
    }
    Ok(())
}

fn sized(tag: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    out.extend((bytes.len() as u64).to_be_bytes());
    out.extend(bytes);
}

fn number(digits: &str, out: &mut Vec<u8>) {
    sized(b'#', digits.as_bytes(), out);
}

/// The order of fields counts, as it does on the server.
fn document(fields: &RawDocument, out: &mut Vec<u8>) -> Read<()> {
    out.push(b'{');
    for field in fields {
        let (name, value) = field?;
        sized(b':', name.as_str().as_bytes(), out);
        encode(value, out)?;
    }
    out.push(b'}');
    Ok(())
}

fn array(items: &RawArray, out: &mut Vec<u8>) -> Read<()> {
    out.push(b'[');
    for item in items {
        encode(item?, out)?;
    }
    out.push(b']');
    Ok(())
}

fn integer(value: i64) -> String {
    scaled(value < 0, &value.unsigned_abs().to_string(), 0)
}

fn double(value: f64) -> String {
    if !value.is_finite() {
        return special(value.is_nan(), value < 0.0);
    }
    decimal(&format!("{value:.precision$e}", precision = DOUBLE_DIGITS - 1))
}

/// The canonical form of a number as it is printed, such as `-12.50E+3`.
fn decimal(text: &str) -> String {
    let is_negative = text.starts_with('-');
    let text = text.trim_start_matches('-');
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let Ok(exponent) = exponent.parse::<i64>() else { return special(true, false) };
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return special(digits.eq_ignore_ascii_case("nan"), is_negative);
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    scaled(is_negative, &format!("{whole}{fraction}"), exponent - fraction.len() as i64)
}

fn special(is_nan: bool, is_negative: bool) -> String {
    match (is_nan, is_negative) {
        (true, _) => "nan",
        (false, true) => "-inf",
        (false, false) => "inf",
    }
    .to_owned()
}

/// Digits without zeros at either end, times a power of ten.
fn scaled(is_negative: bool, digits: &str, exponent: i64) -> String {
    let digits = digits.trim_start_matches('0');
    let short = digits.trim_end_matches('0');
    if short.is_empty() {
        return "0".to_owned();
    }
    let sign = if is_negative { "-" } else { "" };
    format!("{sign}{short}e{}", exponent + (digits.len() - short.len()) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bson::{Bson, RawBson, bson, oid::ObjectId};

    fn canonical(value: Bson) -> Vec<u8> {
        let raw = RawBson::try_from(value).expect("a value");
        let mut out = Vec::new();
        encode(raw.as_raw_bson_ref(), &mut out).expect("valid BSON");
        out
    }

    fn decimal128(text: &str) -> Bson {
        Bson::Decimal128(text.parse().expect("a decimal"))
    }

    #[test]
    fn numbers_are_one_by_value_and_not_by_type() {
        let same = [
            (Bson::Int32(1), Bson::Double(1.0)),
            (Bson::Int32(1), Bson::Int64(1)),
            (Bson::Int64(-1200), decimal128("-1.20E+3")),
            (Bson::Double(0.0), Bson::Double(-0.0)),
            (Bson::Double(0.5), decimal128("0.50")),
            (Bson::Int32(0), decimal128("-0E+10")),
            (Bson::Double(f64::NAN), decimal128("NaN")),
            (Bson::Double(f64::INFINITY), decimal128("Infinity")),
            (Bson::Double(9_007_199_254_740_992.0), Bson::Int64(9_007_199_254_740_992)),
        ];
        for (a, b) in same {
            assert_eq!(canonical(a.clone()), canonical(b.clone()), "{a:?} {b:?}");
        }
        let different = [
            (Bson::Double(0.1), decimal128("0.1")),
            (Bson::Double(0.1), decimal128("0.1000000000000000055511151231257827")),
            (Bson::Double(9_007_199_254_740_992.0), Bson::Int64(9_007_199_254_740_993)),
            (Bson::Int32(1), Bson::String("1".into())),
            (Bson::Int32(1), Bson::Boolean(true)),
            (Bson::Double(f64::INFINITY), Bson::Double(f64::NEG_INFINITY)),
            (Bson::Null, Bson::Undefined),
        ];
        for (a, b) in different {
            assert_ne!(canonical(a.clone()), canonical(b.clone()), "{a:?} {b:?}");
        }
    }

    #[test]
    fn documents_are_one_in_the_same_order_only() {
        assert_eq!(
            canonical(bson!({"a": 1, "b": [1, {"c": 2}]})),
            canonical(bson!({"a": 1.0, "b": [1.0, {"c": 2.0}]}))
        );
        assert_ne!(canonical(bson!({"a": 1, "b": 2})), canonical(bson!({"b": 2, "a": 1})));
        assert_ne!(canonical(bson!([[1], 2])), canonical(bson!([[1, 2]])));
        let id = ObjectId::from_bytes([7; 12]);
        assert_ne!(
            canonical(Bson::ObjectId(id)),
            canonical(Bson::String(id.to_hex())),
            "only as an identity they are one"
        );
    }
}

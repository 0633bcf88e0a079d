//! What an expression gives.
//!
//! Input: none. Output: a type, and what is true. Must not know: expressions.

use super::bson::Value;
use super::failure::Failure;

/// A value; `None` stands for a missing one, which is not null.
pub type Evaluated = Result<Option<Value>, Failure>;

/// All but a missing value, null, false and zero.
pub fn truth(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(value)) => *value,
        Some(Value::Number(value)) => *value != 0.0,
        Some(_) => true,
    }
}

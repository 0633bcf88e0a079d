//! One command by which other code changes the document that an act is about, with what it asks of the document first.
//!
//! Input: what stands in that code, as constants. Output: a command. Must not know: how it is found, the order of commands.

use super::bson::Value;
use super::command::Command;

/// What other code does to a document, taken as one command: where it is none, more can come between.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OtherChange {
    /// The path of the field that it changes.
    pub path: String,
    pub makes: Makes,
    /// All of it has to hold before.
    pub asks: Vec<Guard>,
    /// The other fields that it changes, each with what it makes of it where that is known.
    pub beside: Vec<(String, Option<Makes>)>,
    /// Whoever asked for it is told that it was done, which has to be so in the end.
    pub is_answered: bool,
}

/// A value that stands in the code.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Constant {
    Text(String),
    /// The bits of a double.
    Number(u64),
    Flag(bool),
    Nothing,
}

/// What becomes of a field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Makes {
    Set(Constant),
    /// It is set to the time of the command.
    Dated,
    /// A list gets an element.
    Added,
    /// It is counted up or down: the bits of a double.
    Counted(u64),
    Unset,
    /// It is set to what is not known, and what nobody else sets.
    Anything,
    /// A list loses its first element.
    Shortened,
}

/// That a field has one of some values, or none of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Guard {
    pub path: String,
    pub is_in: bool,
    pub values: Vec<Constant>,
}

impl Constant {
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Text(text) => Value::text(text),
            Self::Number(bits) => Value::Number(f64::from_bits(*bits)),
            Self::Flag(is_on) => Value::Bool(*is_on),
            Self::Nothing => Value::Null,
        }
    }
}

impl Makes {
    /// The operator that does it, with its operand; `element` is what a list gets.
    fn sent(&self, element: &Value) -> (&'static str, Value) {
        match self {
            Self::Set(constant) => ("$set", constant.value()),
            Self::Dated => ("$currentDate", Value::Bool(true)),
            Self::Added => ("$push", element.clone()),
            Self::Counted(bits) => ("$inc", Value::Number(f64::from_bits(*bits))),
            Self::Unset => ("$unset", Value::text("")),
            Self::Anything => ("$set", element.field("_id").cloned().unwrap_or(Value::Null)),
            Self::Shortened => ("$pop", Value::Number(-1.0)),
        }
    }
}

impl OtherChange {
    /// The command that does it to the document with an `_id`; `element` is what a list gets.
    pub(super) fn command(&self, collection: u32, id: Value, element: &Value) -> Command {
        let mut update: Vec<(&str, Vec<(&str, Value)>)> = Vec::new();
        let beside = self.beside.iter().filter_map(|(path, makes)| Some((path, makes.as_ref()?)));
        for (path, makes) in std::iter::once((&self.path, &self.makes)).chain(beside) {
            let (operator, operand) = makes.sent(element);
            match update.iter_mut().find(|(known, _)| *known == operator) {
                Some((_, fields)) => fields.push((path, operand)),
                None => update.push((operator, vec![(path, operand)])),
            }
        }
        let asked = self.asks.iter().map(|guard| {
            let values = Value::list(guard.values.iter().map(Constant::value).collect::<Vec<_>>());
            let operator = if guard.is_in { "$in" } else { "$nin" };
            Value::document([(guard.path.as_str(), Value::document([(operator, values)]))])
        });
        let mut filter = Value::document([("_id", id)]);
        let asked: Vec<Value> = asked.collect();
        if !asked.is_empty() {
            filter.set("$and", Value::list(asked));
        }
        Command::Update {
            collection,
            filter,
            update: Value::document(update.into_iter().map(|(operator, fields)| (operator, Value::document(fields)))),
            many: false,
            upsert: false,
            array_filters: Vec::new(),
        }
    }
}

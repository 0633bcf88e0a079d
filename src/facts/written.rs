//! Calls that may be writes, the statements they are, and the tests that leave a function before them, as they are written:
//! what a fix may change.
//!
//! Input: none. Output: types. Must not know: syntax, what the methods mean.

use crate::value::{Sym, V};
use std::collections::{BTreeMap, BTreeSet};

/// What a file says around its writes; offsets are those of a call or an expression.
#[derive(Clone, Debug, Default)]
pub struct Noted {
    /// Calls that may be writes.
    pub written: BTreeMap<(u32, u32), WrittenCall>,
    /// What names mean at those calls, the innermost first.
    pub named: BTreeMap<(u32, u32), Vec<(Sym, V)>>,
    /// Statements that are one expression, or give one a name.
    pub statements: BTreeMap<(u32, u32), Statement>,
    pub exits: Vec<Exit>,
    /// Whether the types of what it writes are checked: TypeScript.
    pub is_typed: bool,
    /// Writes that can be done again with the read before them, by the offsets of their calls.
    pub repeats: BTreeMap<(u32, u32), Repeat>,
    pub taken: Vec<Taken>,
    /// Queries of which a call says which fields they give: `.select('name')`.
    pub narrowed: BTreeSet<(u32, u32)>,
    /// Queries that give plain objects, which have no methods of a document: `.lean()`.
    pub plain: BTreeSet<(u32, u32)>,
    /// Calls that run what they are given in a transaction: `connection.transaction(async () => { … })`.
    pub transactions: BTreeSet<(u32, u32)>,
    /// Where instances are made, with the class as it is named there: `new Resolver()`.
    pub made: Vec<((u32, u32), V)>,
    /// What the names in the texts of exits and of other branches stand for there.
    pub(super) meanings: Vec<Meanings>,
}

/// The words of a text with the variables that they are there, and what those hold; none where a word is no variable.
#[derive(Clone, Debug)]
pub(super) struct Meanings {
    /// End of the branch.
    pub end: u32,
    /// Start of the function or callback around it.
    pub body: u32,
    pub words: Vec<(Sym, Option<(usize, V)>)>,
}

/// A call `x.method(…)`. Offsets are 0-based bytes, ends exclusive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenCall {
    /// The text before the dot.
    pub receiver: String,
    pub name: String,
    /// Where the method's name stands.
    pub method: (u32, u32),
    /// Whether a comment stands before that.
    pub is_commented: bool,
    /// Whether the receiver is a name that nobody else was given before.
    pub is_kept: bool,
    pub args: Vec<Argument>,
    /// The quotation mark in use around the call.
    pub quote: char,
    /// A name for what the call gives, which nothing has in the function or callback around it.
    pub holder: Option<String>,
    /// Ends of the branches before or around it whose texts mean the same here.
    pub alike: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    pub start: u32,
    pub end: u32,
    pub value: Written,
    pub text: String,
}

/// An object literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    pub properties: Vec<Property>,
    /// What separates one more property from the last: a comma, and blanks or a line break with the indentation in use.
    pub separator: String,
    /// The quotation mark in use around the literal.
    pub quote: char,
    /// Whether a comment stands in it.
    pub is_commented: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// `None` for a spread, a computed key, a method, and a key that is no text.
    pub key: Option<String>,
    pub start: u32,
    pub end: u32,
    pub value: Written,
    /// The text of the value.
    pub text: String,
    /// Whether nothing but a comma and blanks stands between the property before and this one.
    pub follows_plainly: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    Object(Literal),
    /// A string, number or boolean.
    Constant,
    /// A name, or fields of a name: evaluating it again gives the same.
    Path,
    Other,
}

/// A statement that is one expression, gives one a name, or returns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub start: u32,
    pub end: u32,
    /// End of its line, where nothing but a comment follows; else its own end.
    pub line_end: u32,
    /// The variable: `const updated = await …`.
    pub bound: Option<String>,
    pub is_awaited: bool,
    /// Whether the function around it is one that can wait.
    pub is_async: bool,
    /// The blanks before it, where it begins its line.
    pub indent: String,
    /// Whether it stands in a list of statements, so that another can follow it.
    pub is_listed: bool,
    /// End of that list.
    pub block_end: u32,
    /// Whether it is the last of its block.
    pub is_last: bool,
    /// Whether nothing of the function follows it.
    pub is_final: bool,
    /// Whether its value is returned, by it or by the next statement.
    pub is_returned: bool,
    /// Whether the next statement returns how many documents it changed.
    pub is_counted: bool,
    /// Whether the function does nothing with the variable but ask whether there is something in it.
    pub is_only_tested: bool,
    /// Start of the function or callback around it.
    pub body: u32,
    /// Start of the innermost block of a `try` around it in that function; 0 for none.
    pub within: u32,
    /// Whether a semicolon ends it.
    pub is_terminated: bool,
}

/// A read and a write of one list of statements, between which nothing stands that must not be done twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// The statement that reads.
    pub start: u32,
    pub read_end: u32,
    /// The blanks of one more level.
    pub step: String,
    /// Where the lines after the first begin, without those that are blank.
    pub lines: Vec<u32>,
    /// The names that are used after the write.
    pub hoisted: Vec<Hoisted>,
}

/// A name whose declaration has to stand before a block around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hoisted {
    pub name: String,
    /// Whether a function uses it, for which its type would have to be said.
    pub is_captured: bool,
    /// The text before the name: `const `.
    pub at: (u32, u32),
}

/// `if (test) return …;`, `if (test) { …; throw …; }`
#[derive(Clone, Debug)]
pub struct Exit {
    pub test: V,
    pub end: u32,
    /// End of the block in which it stands.
    pub block_end: u32,
    /// Start of the function or callback around it.
    pub body: u32,
    /// Start of the innermost block of a `try` around it in that function; 0 for none.
    pub within: u32,
    /// What is done where the test holds.
    pub text: String,
    pub indent: String,
}

/// `if (test) { … } else …`, whatever is done there.
#[derive(Clone, Debug)]
pub struct Taken {
    pub test: V,
    pub start: u32,
    pub end: u32,
    /// Start of the function or callback around it.
    pub body: u32,
    /// Start of the last statement that is done where the test holds.
    pub last: u32,
    pub otherwise: Otherwise,
}

#[derive(Clone, Debug)]
pub enum Otherwise {
    Nothing,
    /// The block after `else`, with the blanks before the `if`.
    Block {
        text: String,
        indent: String,
    },
    /// Another test.
    Unknown,
}

/// The list of statements that is being evaluated.
#[derive(Clone, Copy, Default)]
pub(super) struct Standing {
    /// The function or callback around it.
    pub body: (u32, u32),
    pub is_async: bool,
    /// Start of the innermost block of a `try`; 0 for none.
    pub within: u32,
    pub is_listed: bool,
    /// Start of the last statement.
    pub last: u32,
    pub end: u32,
}

impl WrittenCall {
    /// The filter and the update, when both are literals.
    pub fn literals(&self) -> Option<(&Literal, &Literal)> {
        match self.args.as_slice() {
            [Argument { value: Written::Object(filter), .. }, Argument { value: Written::Object(update), .. }, ..] => {
                Some((filter, update))
            }
            _ => None,
        }
    }
}

impl Literal {
    /// The only property of this name, when nothing after it can replace it.
    pub fn get(&self, key: &str) -> Option<&Property> {
        let at = self.properties.iter().position(|property| property.key.as_deref() == Some(key))?;
        let replaced = |property: &Property| property.key.as_deref().is_none_or(|other| other == key);
        let rest = self.properties.get(at + 1..).unwrap_or_default();
        if rest.iter().any(replaced) { None } else { self.properties.get(at) }
    }

    /// The only property of the literal, when it is one of this name.
    pub fn only(&self, key: &str) -> Option<&Property> {
        if self.properties.len() == 1 { self.get(key) } else { None }
    }
}

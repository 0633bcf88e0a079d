//! What one file says, as owned data: functions with their effects in order, classes, exports.
//!
//! Input: the syntax tree of one file. Output: [`FileFacts`]. The tree is not needed afterwards.
//! Must not know: other files, rules, configuration.

mod branch;
mod built_query;
mod call;
mod callback;
mod cell;
mod class;
mod copies;
mod dates;
mod declared;
mod decorated;
mod ending;
mod environment;
mod eval;
mod event_proxy;
mod expr;
mod flags;
mod found_index;
mod function;
mod jump;
mod leaving;
mod library;
mod literal;
mod lodash;
mod maps;
mod module;
mod named_callback;
mod namespace;
mod operator;
mod own_calls;
mod pattern;
mod pipes;
mod plain;
mod prototype;
mod railway;
mod random;
mod receiver;
mod repeat;
mod repeatable;
mod request;
mod rescue;
mod results;
mod run;
mod sequence;
mod sets;
mod specifier;
mod standing;
mod statements;
mod stmt;
mod written;
mod written_calls;

pub use declared::Declared;
pub use eval::extract;
pub use run::{Run, run};
pub use statements::statements;
pub use written::{
    Argument, Exit, Hoisted, Literal, Noted, Otherwise, Property, Repeat, Statement, Taken, Written, WrittenCall,
};

use crate::limits::Cuts;
use crate::parse::Comment;
use crate::value::{Arena, C, ClassRef, FnRef, Site, Sym, V};
use std::sync::Arc;

/// The functions of one object literal, which all of them share.
pub type Siblings = Arc<[(Sym, FnRef)]>;

/// The facts of one file. Identifiers are those of its own arena.
#[derive(Clone, Debug, Default)]
pub struct FileFacts {
    pub arena: Arena,
    /// The first is the module body.
    pub functions: Vec<Function>,
    pub classes: Vec<Class>,
    /// Exported name to value; `default` for the default export, `=` for `module.exports` as a whole.
    pub exports: Vec<(Sym, V)>,
    /// Modules of `export * from`.
    pub export_all: Vec<Sym>,
    pub notes: Notes,
    pub run: Run,
    pub noted: Noted,
}

impl FileFacts {
    /// Moves everything out but the notes, which are asked for after linking.
    pub fn take_all_but_notes(&mut self) -> Self {
        let notes = std::mem::take(&mut self.notes);
        std::mem::replace(self, Self { notes, ..Self::default() })
    }
}

/// What a file says to the analyzer itself. Empty for a file that holds no directive.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// Sorted. Of a file that could not be parsed, those before its first code.
    pub comments: Vec<Comment>,
    /// 0-based byte offsets of every statement, end exclusive.
    pub statements: Vec<(u32, u32)>,
    /// Whether all of the file was parsed, so that a finding that is missing is really not there.
    pub is_whole: bool,
}

/// One function, evaluated once on its own parameters.
#[derive(Clone, Debug)]
pub struct Function {
    /// `addMessage`, `Repo.save`, `POST /chat`, `<module>`, `<anonymous>`.
    pub name: String,
    /// 0-based byte offsets of the whole function, end exclusive.
    pub start: u32,
    pub end: u32,
    pub params: u32,
    /// The number of the parameter that takes all further arguments: `(first, ...rest)`.
    pub rest: Option<u32>,
    /// The condition under which the function is created.
    pub base: C,
    pub effects: Vec<Effect>,
    /// Returned values, each with its path condition; falling off the end returns undefined.
    pub returns: Vec<(C, V)>,
    /// Conditions under which an exception leaves the function.
    pub throws: Vec<C>,
    /// Conditions under which a promise that the function makes is rejected, by an exception of a callback or by `reject`.
    pub rejects: Vec<C>,
    pub class: Option<ClassRef>,
    pub parent: Option<FnRef>,
    /// Parameter names; empty for a pattern.
    pub param_names: Vec<String>,
    /// The types of parameters that are imported, by number.
    pub param_types: Vec<(u32, V)>,
    /// The type of what it returns, or of the promise, where the file declares or imports it.
    pub return_type: Option<V>,
    /// Where array queries and computed strings are written, for reports.
    pub places: Vec<(V, Site)>,
    pub tries: Vec<Try>,
    /// Values that can be null or undefined: read through `?.`, or with `null` as their default.
    pub missing: Vec<V>,
    /// What a parameter, or a member of one, is where the caller leaves it out, as far as that is a literal: `(count = 1)`.
    pub defaults: Vec<(V, V)>,
    /// The functions of the object literal around it, by name, which `this` reaches: `{ async has() {}, async add() { this.has() } }`.
    pub siblings: Siblings,
    /// What a call of it gives is a promise.
    pub is_async: bool,
    /// Starts a timer whose callback is part of this function: `setInterval(async () => { … }, 5000)`.
    pub polls: bool,
    /// Values whose method gave a cursor: `beds` of `beds.find(filter).toArray()`.
    pub cursors: Vec<V>,
    /// Stands in a list that the file makes as it is loaded, alone or in an object: `[{ name: 'boards', async run() {} }]`.
    pub is_listed: bool,
    /// What was not evaluated. Of one that is too large the effects are those up to there, and what it returns is not known.
    pub cuts: Cuts,
}

/// A `try` statement with a handler, and what the handler does with an exception.
#[derive(Clone, Copy, Debug)]
pub struct Try {
    pub site: Site,
    /// The `catch` clause.
    pub handler: Site,
    /// The condition at the end of the handler; `FALSE` when it always returns or throws.
    pub resumes: C,
    pub rethrows: bool,
}

/// A part of a `try` statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryPart {
    Body,
    Handler,
    Finalizer,
}

/// Something that a function does that the outside can see, in order.
#[derive(Clone, Debug)]
pub struct Effect {
    pub site: Site,
    pub cond: C,
    pub kind: EffectKind,
    /// Inside a loop or a callback that runs for each element.
    pub in_loop: bool,
    /// An exception of this effect is caught by code that looks for error 11000 (duplicate key).
    pub duplicate_key_caught: bool,
    /// An exception of this effect is caught in this function.
    pub caught: bool,
    /// The `try` statements around the effect, outermost first.
    pub within: Vec<(Site, TryPart)>,
    /// Nothing looks at the result of this call.
    pub dropped: bool,
    /// A branch depends on the result of this call, or a method of the query changes what the call does.
    pub decides: bool,
    /// The call stands alone, and nothing waits for it: where it makes a query that runs once somebody does, it never runs.
    pub unsent: bool,
}

#[derive(Clone, Debug)]
pub enum EffectKind {
    /// `recv.name(args)` or `callee(args)`; the result is the `Call` node of the effect's site.
    Call { callee: V, recv: Option<V>, name: Option<Sym>, args: Vec<V> },
    /// `object.key = value` on an object that was not made in this function.
    Assign { object: V, key: Option<Sym>, value: V },
}

/// A field of a class, as its decorator declares it.
#[derive(Clone, Debug)]
pub struct DeclaredField {
    pub name: Sym,
    /// It ends where another option can be written.
    pub options: Site,
    /// Whether there are options before that.
    pub has_options: bool,
    /// Whether its type, or an option, says that it is a list.
    pub is_list: bool,
    /// Whether a document may lack it.
    pub is_optional: bool,
}

/// A method of a class with a decorator: `@Post('login') async login() {}`
#[derive(Clone, Debug)]
pub struct Decorated {
    pub func: FnRef,
    /// The function that is the decorator.
    pub by: V,
    /// The text that it is called with, if it is.
    pub text: Option<Sym>,
}

/// One class, or the shape of its instances.
#[derive(Clone, Debug)]
pub struct Class {
    pub name: String,
    pub parent: Option<V>,
    /// Interfaces that the class says it implements, or that the interface extends.
    pub implements: Vec<V>,
    /// No instance is of just this class: an interface, or an abstract class.
    pub is_abstract: bool,
    pub methods: Vec<(Sym, FnRef)>,
    /// A method that several decorators have stands here several times.
    pub decorated: Vec<Decorated>,
    /// The text that a decorator of the class is called with: `@Controller('users')`.
    pub prefix: Option<Sym>,
    /// Functions that an assignment to the field calls.
    pub setters: Vec<(Sym, FnRef)>,
    pub statics: Vec<(Sym, V)>,
    /// Fields as property initialisers and the constructor leave them.
    pub fields: Vec<(Sym, V)>,
    /// The types that an interface gives its fields, where the file declares or imports them.
    pub field_types: Vec<(Sym, V)>,
    /// Fields that are a parameter of the constructor, also where `fields` has what its type declares.
    pub taken: Vec<(Sym, u32)>,
    /// What the constructor passes to the parent's constructor; `None` where it passes on its own arguments.
    pub super_args: Option<Vec<V>>,
    /// The options of a class decorator: `@Schema({ versionKey: false })`.
    pub options: Option<V>,
    /// Classes that extend it have these options too.
    pub options_are_inherited: bool,
    /// Fields with a decorator that makes them unique (`@Prop({ unique: true })`).
    pub unique_fields: Vec<Sym>,
    /// Fields with a decorator that gives them another index (`@Prop({ index: true })`).
    pub indexed_fields: Vec<Sym>,
    /// Fields that a decorator declares with options, or with none: `@prop({ required: true })`, `@Prop()`.
    pub declared_fields: Vec<DeclaredField>,
    /// What a decorator, or the type of the member, says that the values of a field are.
    pub kinds: Vec<(Sym, Declared)>,
    /// Keys and options of the indexes that class decorators make: `@index({ user: 1, post: 1 }, { unique: true })`.
    pub indexes: Vec<(V, V)>,
}

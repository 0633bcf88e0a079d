//! How deep a question looks into a value, and how much of it a message shows.
//!
//! Each bounds one question: past it the answer is "not known", which no rule takes for a reason to fire. A unit is one value
//! inside another, where nothing else is said.
//!
//! Input: none. Output: numbers. Must not know: anything of the project.

/// Fields behind each other in the path that a fix writes again: `this.store.chats`.
pub const PATH_FIELDS: u32 = 8;
/// Values inside each other, for whether one is surely a date.
pub const DATE_DEPTH: u32 = 16;
/// Members and calls between a value and the parameter that it is reached from.
pub const REQUEST_DEPTH: u32 = 6;
/// Operators inside each other in a condition whose parts are looked at one by one.
pub const LEAF_DEPTH: u32 = 10;
/// Operators inside each other in a test of one element.
pub const PREDICATE_DEPTH: u32 = 6;
/// Factories that give what another factory makes.
pub const FACTORIES: u32 = 2;
/// Objects inside each other in a filter that is searched for a path.
pub const NAMED_PATH_DEPTH: u32 = 6;
/// Objects inside each other in a filter that is read for what it asks of an array; a deeper one may ask more.
pub const GUARD_DEPTH: u32 = 4;
/// Members and calls between an effect and the name of the service it is done by.
pub const SERVICE_DEPTH: u32 = 4;
/// Calls, members and alternatives between a value and the collection that it is.
pub const HANDLE_DEPTH: u32 = 4;
/// Of these, members of parameters.
pub const HANDLE_PARAMS: u32 = 2;
/// Constructors that hand on to the one above what they were given.
pub const SUPER_CALLS: u32 = 4;
/// Models that are made from another model, whose collection they share.
pub const BASE_MODELS: u32 = 4;
/// Calls and alternatives between a document and its model.
pub const DOCUMENT_DEPTH: u32 = 4;
/// Lists and filters around the documents that a call saves as they are.
pub const SAVED_DEPTH: u32 = 4;
/// Arithmetic around a sum over a list.
pub const SUMMED_DEPTH: u32 = 4;
/// Lists and wrappers inside each other around a handler.
pub const HANDLER_LISTS: u32 = 3;
/// Members inside each other of what a dictionary keeps.
pub const KEPT_DEPTH: u32 = 3;
/// Options of one selection in a bulk: `bulk.find(filter).upsert().hint(index)`.
pub const BULK_OPTIONS: u32 = 3;
/// Spreads inside each other that are put in place; a deeper one stays a spread.
pub const SPREADS: u32 = 6;
/// Members and changes between a value and the document that it was loaded with.
pub const LOADED_DEPTH: u32 = 12;
/// Values inside each other that are searched for one that was loaded.
pub const ORIGIN_DEPTH: u32 = 10;
/// Values that are looked at for it.
pub const ORIGIN_NODES: usize = 200;
/// Members and calls of what only shows or notes something.
pub const QUIET_DEPTH: u32 = 6;
/// Members and arithmetic around an entry of a structure that locks.
pub const ENTRY_DEPTH: u32 = 5;
/// Operators inside each other in what is written back.
pub const OPERATION_DEPTH: u32 = 6;
/// Operands of it.
pub const OPERATION_OPERANDS: usize = 30;
/// Operators inside each other in a value that depends on nothing loaded.
pub const OWN_DEPTH: u32 = 6;
/// Operators inside each other in what a sum, a count or an average is computed from.
pub const COMPUTED_DEPTH: u32 = 8;
/// Changes of a list between its load and its being written as a whole.
pub const REWRITTEN_DEPTH: u32 = 8;
/// Values inside each other that a message shows; `…` stands for what is deeper.
pub const SHOWN_DEPTH: u32 = 6;
/// Characters of a value that a message shows; `…` stands for a longer one.
pub const SHOWN: usize = 60;
/// Operators between a condition and the query whose place is told.
pub const PLACE_STEPS: usize = 6;
/// Values inside each other whose conditions are spelled.
pub const SPELLED_CONDITIONS: u32 = 2;
/// Alternatives inside each other that are searched for a key that may be missing, and values for one that is asked.
pub const MISSING_DEPTH: u32 = 6;
/// Operators between a value and where it comes from.
pub const FRESHNESS_DEPTH: u32 = 8;
/// Operators between a test and the query of an array in it, for a fix.
pub const TEST_STEPS: usize = 4;
/// Operators inside each other in a filter from which starts are made.
pub const ASKED_DEPTH: u32 = 6;
/// Operators inside each other in what it asks of one field.
pub const ASKED_VALUE_DEPTH: u32 = 8;
/// Arithmetic around a time.
pub const TIME_DEPTH: u32 = 6;
/// Arithmetic around a value that must be a number.
pub const NUMERIC_DEPTH: u32 = 6;
/// Alternatives and coercions between a value and what is found out of it.
pub const HINT_DEPTH: u32 = 8;

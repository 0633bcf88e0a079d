//! Every limit of the analysis: what it bounds, and who is told when it cuts.
//!
//! Work is counted, never timed, so that the same code gives the same answer on every machine. Time and memory are linear in
//! the size of the code because each function and each file draws on a budget that is linear in its own text.
//!
//! Input: none. Output: numbers. Must not know: anything of the project.

mod cut;
mod depth;

pub use cut::{Cut, Cuts};
pub use depth::*;

/// What evaluating one function may take: work, and values that are kept. A unit of work is a question to the arena, such as
/// what a value is. Real functions take up to 40 units of work and keep 0.7 values for each byte.
pub const fn of_function(bytes: usize) -> (u64, u64) {
    (300_000 + 100 * bytes as u64, 100_000 + 2 * bytes as u64)
}

/// What evaluating all functions of one file may take.
pub const fn of_file(bytes: usize) -> (u64, u64) {
    (2_000_000 + 100 * bytes as u64, 200_000 + 2 * bytes as u64)
}

/// What linking and judging one function may take, callees in place.
pub const fn of_linked_function(bytes: usize) -> (u64, u64) {
    (3_000_000 + 1_000 * bytes as u64, 90_000 + 2 * bytes as u64)
}

/// What one function may take whatever others have taken, so that its own code is followed beside a thousand large ones.
pub const fn of_own_code(bytes: usize) -> (u64, u64) {
    (10_000 + 100 * bytes as u64, 300 + bytes as u64)
}

/// What linking and judging all functions of one file may take.
pub const fn of_linked_file(bytes: usize) -> (u64, u64) {
    (20_000_000 + 100 * bytes as u64, 130_000 + bytes as u64)
}

/// What linking and judging the whole project may take.
pub const fn of_project(bytes: usize) -> (u64, u64) {
    (1_000_000_000 + 20 * bytes as u64, 12_000_000 + bytes as u64 * 7 / 10)
}

/// Values inside values. A deeper value is not known, so no walk over values recurses deeper than this.
pub const VALUE_DEPTH: u16 = 200;
/// Entries, items, operands or alternatives of one value. A wider value is not known.
pub const VALUE_WIDTH: u64 = 20_000;
/// Entries or items up to which a value grows by spreads, joins and assignments; what comes after is not known.
pub const GROWN: usize = 500;
/// Operands of one `and` or `or`.
pub const OPERANDS: usize = 1_000;
/// Bytes of a text that is put together from parts; a longer one is known as its parts only.
pub const TEXT: usize = 10_000;
/// Atoms of a path condition; further branches of the function are followed without their tests.
pub const ATOMS: u16 = 120;
/// At most this many alternatives of a value are kept apart; more become one computed value.
pub const ALTERNATIVES: usize = 12;

/// Steps of a function, those of its callees included.
pub const STEPS: usize = 1_500;
/// Parts of which the path of a module is put together; of what has more nothing is known.
pub const SPECIFIER_PARTS: usize = 100;
/// Calls between a function and a step that it sees.
pub const CALLS: u32 = 6;
/// Calls below a function after which a callback that it gave is called.
pub const CALLED_BACK: u32 = 5;
/// Calls through which a value comes back to a function that still knows it. A value that comes from further is not known, or
/// each function of a long chain of calls would keep one copy for each call below it.
pub const CHAIN: u32 = 50;
/// Work that copying one step of a callee costs, and what it keeps.
pub const WORK_PER_STEP: u64 = 20;
pub const KEPT_PER_STEP: u64 = 4;
/// Values of a function among which is looked for one that its callers may see, and parts of one value; where there are more,
/// they see all.
pub const SEEN_VALUES: usize = 20_000;
pub const SEEN_DEPTH: u32 = 50;
/// Functions that are summarised inside each other.
pub const SUMMARIES_OPEN: u32 = 200;

/// What keeps a step out of a function that has `steps` already and reaches it by `calls`.
pub fn cut_of_step(steps: usize, calls: u32) -> Option<Cut> {
    if steps >= STEPS {
        return Some(Cut::Steps);
    }
    (calls > CALLS).then_some(Cut::Calls)
}

/// Returned values of a function that its callers see.
pub const RETURNS: usize = 16;
/// Fields inside each other, and classes that extend each other, whose indexes a schema has.
pub const SCHEMA_DEPTH: u32 = 6;
/// Barrels inside each other through which a name is looked up.
pub const REEXPORTS: u32 = 100;
/// Steps inside each other of resolving a value; what lies deeper stays as it is, and a call stays a call a little earlier.
pub const LINKED_DEPTH: u32 = 600;
pub const RETURNED_DEPTH: u32 = 500;
/// Calls through which a returned value is followed; one from further stays a call.
pub const RETURN_CALLS: u32 = 6;
/// Returned values made of more nodes than this are left as calls, so that mutual recursion cannot multiply them.
pub const RETURN_SIZE: usize = 400;
/// The same with objects of nothing but functions.
pub const RETURNED_FUNCTIONS: usize = 4_000;
/// Exceptions of a function that its callers see.
pub const THROWS: usize = 8;
/// Calls of a function whose exceptions are followed into its callers.
pub const FAILING: usize = 4;

// What follows bounds a question: past it the answer is "not known", which no rule takes for a reason to fire.

/// Expressions nested deeper than this are not modelled.
pub const EXPRESSION_DEPTH: u32 = 1_500;
/// Objects inside each other that are followed.
pub const OPEN_OBJECTS: usize = 64;
/// Objects inside each other in which a table of code is looked for something that runs.
pub const DISPATCH_DEPTH: u32 = 3;
/// Entries of a table in which what runs is looked for.
pub const TABLE_ENTRIES: usize = 64;
/// Literals nested deeper than this are not described.
pub const WRITTEN_DEPTH: u32 = 6;
/// Bytes of a call that is remembered as it is written.
pub const WRITTEN: usize = 4_000;
/// Statements before a write that are looked at for what can be done again.
pub const REPEATED: usize = 24;
/// Bytes of a block that is remembered as it is written.
pub const BLOCK: usize = 1_000;
/// Names in scope at one call that are remembered, the innermost first.
pub const NAMES: usize = 200;
/// Names of one scope; those of a larger one are not remembered.
pub const SCOPE_NAMES: usize = 1_000;
/// The work that the names in scope at one call may take, and what may be kept of them.
pub const SCOPE_WORK: u64 = 200_000;
pub const SCOPE_KEPT: u64 = 20_000;
/// The work that the rarer proposals of one write may take, and what may be kept of them.
pub const PROPOSAL_WORK: u64 = 200_000;
pub const PROPOSAL_KEPT: u64 = 20_000;
/// The work that looking for the remedy of one act may take, and what may be kept of it.
pub const REMEDY_WORK: u64 = 2_000_000;
pub const REMEDY_KEPT: u64 = 50_000;
/// The same for all acts of one function.
pub const REMEDIES_WORK: u64 = 20_000_000;
pub const REMEDIES_KEPT: u64 = 200_000;
/// Loaded values that a filter is made to ask for; more conditions are no help to whoever reads them.
pub const PINNED: usize = 3;
/// Saves of one function that are compared with one another; of more, no fix asks for a version.
pub const SAVES: usize = 64;
/// The work that looking for other inserts into one collection may take, once for all remedies, and what may be kept of it.
pub const APART_WORK: u64 = 5_000_000;
pub const APART_KEPT: u64 = 500_000;
/// Bytes of a function that are looked over for a name.
pub const LOOKED_OVER: usize = 8_000;
/// Branches before a write whose texts may be moved behind it.
pub const BRANCHES: usize = 64;
/// Parts of a test that are looked through for calls.
pub const TEST_PARTS: usize = 64;
/// Ways out of a loop's body that are remembered after it.
pub const LOOP_EXITS: usize = 4;
/// Path conditions that need more operands than this after a join are dropped.
pub const JOINED_OPERANDS: usize = 40;
/// Parts of an array that are asked one by one whether they hold an element.
pub const JOINED_ARRAYS: usize = 4;
/// Calls of a branch that are remembered as completed after it, and branches of a function for which they are.
pub const COMPLETIONS: usize = 2;
pub const KEPT_COMPLETIONS: u32 = 12;
/// Conditions of such a branch.
pub const COMPLETING_CONDITIONS: usize = 1;
/// Parts of the condition under which a call in a branch came back; of one with more it is taken that it did.
pub const RETURNING_PARTS: usize = 48;
/// Nodes visited to answer one question about a condition; past that it is undecided.
pub const TRUTH_NODES: u32 = 200;
/// The same for each atom of a long condition of which it is asked whether they contradict each other.
pub const ATOM_NODES: u32 = 10;
/// The same for whether two conditions exclude each other, which is asked of pairs that a finding rests on.
pub const PAIR_NODES: u32 = 4_000;
/// Other writes of one check that a finding names.
pub const TOLD_BESIDE: usize = 12;
/// How deep a value is looked into for its truth.
pub const TRUTH_DEPTH: u32 = 8;
/// Answers of one kind that are remembered; they are found again in as much counted work, so none depends on this.
pub const REMEMBERED: usize = 1 << 16;
/// Parts of a condition that are looked at one by one.
pub const LEAVES: usize = 200;
/// Comparisons with an entry of a structure that locks, of which each may come out either way; the others are left open.
pub const ENTRY_TESTS: usize = 4;
/// Nodes visited to find one in a value.
pub const SEARCHED: usize = 400;
/// How deep an object is looked into for what it says of collections.
pub const DESCRIBED: u32 = 6;
/// Fields of one collection that are known to be changed by themselves, each by its place.
pub const CHANGED_FIELDS: usize = 200;
/// Parameters that are handed on to parameters.
pub const HANDED_ON: u32 = 6;
/// Calls of one function that are asked which collection they give.
pub const HANDLE_CALLS: usize = 12;
/// Calls through which the collection of a document is looked for.
pub const DOCUMENT_CALLERS: u32 = 5;
/// A number that is tried where the code compares or calculates: more than most bounds.
pub const AMPLE: f64 = 1_000.0;
/// A class and those that it extends, one after the other.
pub const LINEAGE: usize = 7;
/// Classes behind one interface that are followed.
pub const IMPLEMENTERS: usize = 8;
/// Fields of an instance that are made of other fields of it.
pub const OPEN_FIELDS: u32 = 6;
/// Objects inside each other that are looked through for what was assigned to them before they are sent.
pub const SENT_DEPTH: u32 = 4;
/// Objects inside each other, and alternatives, whose parts are changes of their own.
pub const PARTS_DEPTH: u32 = 4;
/// Handlers in one chain; more are cut from its start.
pub const HANDLERS: usize = 32;
/// Routers mounted on routers.
pub const MOUNTS: u32 = 16;
/// Cases of one element that are kept apart.
pub const CASES: usize = 16;
/// Alternatives of one element that are looked through; an element of more is not known.
pub const FORMS: usize = 256;
/// How deep a value is searched for something fresh.
pub const FRESH_DEPTH: u32 = 6;
/// How deep a condition is followed to the search in it.
pub const KEY_DEPTH: u32 = 10;
/// How many functions above a write are listed.
pub const LISTED_CALLERS: usize = 24;
/// Functions that are looked at above one act.
pub const VISITED: usize = 128;
/// Related places of one finding.
pub const RELATED: usize = 12;
/// Collections that one line writes to; where it has more, it is told once, with their number.
pub const COLLECTIONS_OF_LINE: usize = 3;
/// Filters, updates and expressions inside each other that are read; the server takes no more either.
pub const FILTER_DEPTH: u32 = 100;
/// Ways in which a document can pass a filter and fail a decision.
pub const ENTAILED_WAYS: usize = 64;

/// Commands of one function that are judged together.
pub const COMMANDS: usize = 12;
/// Work of all judgements of one function, in the units of [`JUDGE_FUEL`]. One act takes two millions at most on real code, and functions
/// with a dozen acts take less; what comes after is not judged, and the function is named as too large.
pub const fn of_judged_function(bytes: usize) -> u64 {
    3_000_000 + 50 * bytes as u64
}
/// The same for the remedies of what was found in it.
pub const fn of_mended_function(bytes: usize) -> u64 {
    6_000_000 + 50 * bytes as u64
}
/// The same of all functions of one file, and of all files. Each is given once for verdicts, and once more for remedies.
pub const fn of_judged_file(bytes: usize) -> u64 {
    12_000_000 + 100 * bytes as u64
}
pub const fn of_judged_project(bytes: usize) -> u64 {
    50_000_000 + 50 * bytes as u64
}
/// What judging one function may take whatever others have taken.
pub const fn of_judged_code(bytes: usize) -> u64 {
    20_000 + 50 * bytes as u64
}
/// Fields of a schema from which on it is taken for whole, so that Mongoose stores no others.
pub const SKETCHED_FIELDS: usize = 4;
/// Indexes of one collection. Source: MongoDB manual, "MongoDB Limits and Thresholds", "Number of Indexes per Collection".
pub const INDEXES: usize = 64;
/// Work of one judgement in one mode: values evaluated, and commands run at [`COMMAND_FUEL`] each, wide ones at more.
pub const JUDGE_FUEL: u64 = 100_000;
pub const COMMAND_FUEL: u64 = 10;
/// Pairs of fields that one command writes, for one unit of work.
pub const FIELDS_PER_WORK: u64 = 64;
/// Changes of the choices, one or two at a time, on the way to the act.
pub const CLIMBS: usize = 24;
/// Calls in one chain that are looked through for what it begins with.
pub const CHAINED: u32 = 32;
/// Inserts of a function that the database may refuse, so that what comes after them is not done.
pub const FENCES: usize = 8;
/// Commands that are judged together with an act although it needs none of their results.
pub const JUDGED_TOGETHER: usize = 8;
/// Writes of a transaction to other collections of which each is tried for what keeps two transactions apart.
pub const WRITTEN_BESIDE: usize = 4;
/// Choices that are kept while the conditions before the one that they are made for are reached anew, and the share of a judgement's
/// work for it.
pub const KEPT_CHOICES: usize = 4;
pub const REPAIR_FUEL: u64 = 30_000;
/// Unknown values that one condition asks for, of which two are changed at once.
pub const CLIMBED_PAIRS: usize = 6;
/// Unknown values that one condition asks for, of which each candidate is tried.
pub const CLIMBED_SLOTS: usize = 12;
/// Choices near the first ones that reach the act.
pub const NEIGHBOURS: usize = 40;
/// Pairs of unknown values that are compared with each other and changed at once, and the share of a judgement's work for it.
pub const COUPLED: usize = 3;
pub const COUPLED_FUEL: u64 = 30_000;
/// The share of a judgement's work for starts at which a request does more after the act.
pub const FOLLOWED_FUEL: u64 = 30_000;
/// Alternatives of a decision that are tried one by one, and the share of a judgement's work for it.
pub const TRIED_ALTERNATIVES: usize = 8;
pub const ALTERNATIVES_FUEL: u64 = 30_000;
/// Interleavings of two requests under the same choices.
pub const SCHEDULES: usize = 100;
/// Fields of one collection whose values at the start are chosen.
pub const START_FIELDS: usize = 40;
/// Parts that are not modelled which one verdict names.
pub const UNMODELLED: usize = 8;
/// Identifiers from here on are made in a run.
pub const FRESH_IDS: u32 = 1_000_000;
/// Parts that a text is split into.
pub const SPLIT_TEXTS: usize = 16;
/// Steps of matching one text with a regular expression, and how deep its groups may stand in each other.
pub const PATTERN_STEPS: u32 = 2_000;
pub const PATTERN_DEPTH: u32 = 8;
/// Parts of which a pattern is joined.
pub const PATTERN_PARTS: usize = 16;
/// Members of an element that is spread into arguments.
pub const SPREAD_DEPTH: usize = 4;
/// Letters that are put before a text to make it long enough.
pub const PADDED: usize = 64;
/// Inputs that differ one at a time between two requests.
pub const INPUTS: usize = 4;
/// Rows of a table whose values are tried where one of them is compared with.
pub const TRIED_ROWS: usize = 16;
/// Nulls with which the store fills an array up to an index beyond its end.
pub const FILLED_ARRAY: usize = 1_000;
/// Numbers that a `$range` of the store makes.
pub const RANGE: u32 = 10_000;
/// Fields of the start documents that are made from each other.
pub const START_DEPTH: u32 = 6;
/// Views of one place that are judged: callers of the function in which it stands.
pub const JUDGED_VIEWS: u32 = 4;
/// Functions that are judged at the same time, before it is counted what they have taken.
pub const JUDGED_AT_ONCE: usize = 32;
/// Functions that are read and judged before it is counted what they have taken together.
pub const READ_AT_ONCE: usize = 256;
/// Letters of an ObjectId that is written as a text. Source: MongoDB manual, "ObjectId()".
pub const HEX_ID: usize = 24;
/// Letters of a text of which only the length matters, where any length will do.
pub const PLAIN_TEXT: u32 = 8;
/// Elements of a list at the start.
pub const START_ITEMS: f64 = 100.0;
/// Answers for one value that are kept, each for other results and choices.
pub const KNOWN_ANSWERS: usize = 16;
/// Parts of a value that is evaluated in each run of a judgement.
pub const EVALUATED_NODES: usize = 300;
/// Fields of kinds that nothing in the code has of which a warning tells.
pub const UNKNOWN_FIELDS: usize = 8;
/// Characters of a condition that a reason names.
pub const SPELLED: usize = 120;
/// Makers of values that call each other.
pub const NESTED_MAKERS: usize = 3;
/// Calls in the chain of one validator.
pub const VALIDATOR_CALLS: usize = 24;
/// Options inside each other: `{ headers: { 'Idempotency-Key': key } }`.
pub const OPTION_DEPTH: u32 = 2;
/// Tests within a test that is decided late.
pub const LATE_TESTS: u32 = 4;
/// A list in a payload is a field of it, or of an operator in it.
pub const PAYLOAD_DEPTH: u32 = 2;
/// Functions that wrap others and hand a lock on.
pub const LOCK_WRAPPERS: usize = 3;
/// Calls that are followed to one that holds the lock.
pub const LOCK_CALLERS: u32 = 6;
/// Operators, and the paths in them, whose names are known to a judgement.
pub const NAMED_DEPTH: u32 = 2;
/// Characters of a call that a help writes; longer ones are no help.
pub const HELP_CALL: usize = 220;
/// Values inside each other that a help writes.
pub const HELP_DEPTH: u32 = 10;

// What follows bounds what is read and written, before anything is followed and after.

/// Labels inside each other. The parser compares each with all of them.
pub const LABELS: u32 = 1_000;
/// Levels that are still parsed. Generated tables, minified bundles and long chains stay far below.
pub const LEVELS: u32 = 30_000;
/// Brackets inside each other that have a `<` open before them: each may double the work.
pub const DOUBLED: u32 = 12;
/// `<` open at once. The work is quadratic in them.
pub const ANGLES: u32 = 500;
/// Parentheses inside each other that are no calls: in the types of Flow, each takes four times the work.
pub const GROUPS: u32 = 8;
/// Patterns of one folder: a hostile chain of configurations must not multiply.
pub const PATTERNS: usize = 2_000;
/// Configurations that lead to one another, at most.
pub const CONFIGURATIONS: usize = 50;
/// Configurations that are read because others name them.
pub const NAMED_CONFIGURATIONS: usize = 2_000;
/// Targets of one name in `exports` or `imports` that are tried.
pub const TARGETS: usize = 32;
/// How deep a value is spelled.
pub const SPELLED_DEPTH: u32 = 8;
/// Files that are looked into, of one folder.
pub const LOOKED_INTO: usize = 2_000;
/// Entries of one folder that are looked through for such files.
pub const LOOKED_THROUGH: usize = 100_000;
/// Bytes of a larger file are not looked at.
pub const LOOKED_INTO_BYTES: u64 = 4 << 20;
/// Files larger than this are not read, in bytes: offsets are 32 bits, and no source is that large.
pub const FILE_BYTES: u64 = 512 << 20;
/// A larger index of git is not read for what it tracks, in bytes.
pub const INDEX_BYTES: u64 = 256 << 20;
/// How long one command of git may take.
pub const GIT_TIME: std::time::Duration = std::time::Duration::from_secs(120);
/// A larger `.gitignore` is not read, in bytes.
pub const IGNORE_BYTES: u64 = 1 << 20;
/// Folders in folders. No project is that deep; the length of a path makes each step into it dearer than the one before.
pub const FOLDERS: usize = 256;
/// Rounds after which a run of fixes stops: a fix may make room for the next one, but two must not undo each other for
/// ever.
pub const FIX_ROUNDS: usize = 10;
/// Fixes of one file that are refused one by one; with more, the rest of the file is left as it is, for each costs a parse.
pub const REFUSED_FIXES: usize = 16;
/// A larger configuration is refused, in bytes.
pub const CONFIGURATION_BYTES: u64 = 1 << 20;
/// A larger baseline is refused, in bytes: an entry has about 200.
pub const BASELINE_BYTES: u64 = 64 << 20;
/// A larger list of indexes is refused, in bytes.
pub const INDEX_LIST_BYTES: u64 = 64 << 20;
/// Bytes of the file that names the owners of folders. Source: GitHub Docs, "About code owners", "CODEOWNERS file size".
pub const OWNERS_BYTES: u64 = 3 << 20;
/// Files larger than this are not compared with their fixed text, in bytes.
pub const COMPARED_BYTES: u64 = 1 << 30;
/// Folders below one in which is looked for a name that the configuration spells wrong.
pub const SOUGHT_FOLDERS: u32 = 4;
/// Bytes of one line of a header that an editor sends.
pub const HEADER_LINE: u64 = 4_096;

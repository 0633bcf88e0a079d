//! What the caller is told where the filter refuses: what the check would have told it.
//!
//! Input: the act and the text around it. Output: nothing to do, what is done already, or a test to write after the call; none where
//! the code would go on as if the act had been done. Must not know: how the act is rewritten.

use super::case::Case;
use super::decision::Reader;
use super::said::is_nothing;
use super::subject::Subject;
use super::token;
use crate::project::schema::Schemas;
use crate::project::writes::Write;
use crate::project::{Exit, Otherwise, Project, Statement, WrittenCall};
use crate::value::{Node, V};

pub enum Refusal {
    /// Nothing is done after the act that is not done where the check fails.
    AsUnchecked,
    /// The code looks at the result.
    Told,
    /// A test of the result.
    Answered {
        /// The variable to hold the result, where none does.
        name: Option<String>,
        /// Where the statement of the act begins, and where the next line can.
        at: (u32, u32),
        test: String,
    },
}

pub fn of(
    project: &mut Project,
    schemas: &Schemas,
    case: &Case<'_>,
    (call, statement): (&WrittenCall, Option<&Statement>),
    after: &Write,
) -> Option<Refusal> {
    let act = case.function.writes.get(case.act.write)?;
    if case.function.steps.get(act.step)?.decides && is_told(project, act, call, statement) {
        // What the code does before it looks is done for a refused one too.
        if done_before_told(project, case, act).is_some() {
            return case.refuse("something is done before the code looks at what the database gave");
        }
        return is_told_alike(project, case, act, call, statement).then_some(Refusal::Told);
    }
    let statement = statement.filter(|_| !call.args.iter().any(|arg| is_callback(&arg.text)))?;
    // Whoever is returned the result of the call itself takes it for done.
    if statement.is_returned && statement.bound.is_none() {
        return None;
    }
    let file = project.base_site(act.site).file;
    let exits = project.exits_before(file, statement);
    let around = project.test_around(file, statement);
    let (mut refusing, mut missing) = (None, None);
    let mut subject = Subject::new(project, act, case.documents);
    for (test, exit) in exits {
        match about(&mut subject, case, test, false) {
            Some(true) if refusing.is_none() => refusing = Some(exit),
            // Which of two tests would have failed is not known.
            Some(true) if refusing.as_ref().is_some_and(|known: &Exit| known.text != exit.text) => return None,
            Some(false) if missing.is_none() => missing = Some(exit),
            _ => {}
        }
    }
    let around = around.filter(|(test, _)| about(&mut subject, case, *test, true) == Some(true));
    if refusing.is_none()
        && let Some((_, taken)) = around
    {
        let is_last = taken.last == statement.start;
        match taken.otherwise {
            Otherwise::Nothing => return (is_last && statement.bound.is_none()).then_some(Refusal::AsUnchecked),
            Otherwise::Block { text, indent } if is_last => {
                return answered(schemas, act, (call, statement), after, &Branch { text, indent, end: taken.end });
            }
            _ => return None,
        }
    }
    // Who found nothing is told so; where a test of the document decides, that is another answer.
    let cond = subject.project.arena.and(act.cond, case.act.cond);
    let atoms = subject.project.arena.atoms(cond);
    let is_tested = atoms.iter().any(|atom| about(&mut subject, case, atom.value, atom.holds) == Some(true));
    let exit = refusing.or(missing.filter(|_| !is_tested))?;
    if statement.is_final && statement.bound.is_none() && says_nothing(&exit.text) {
        return Some(Refusal::AsUnchecked);
    }
    let Exit { text, indent, end, .. } = exit;
    answered(schemas, act, (call, statement), after, &Branch { text, indent, end })
}

fn is_callback(text: &str) -> bool {
    text.contains("=>") || text.contains("function")
}

/// What is done after an act before the code looks at what the database gave, so that a refused request does it too, as a clause.
/// `const paid = await Payout.findOneAndUpdate(…); await Sum.updateOne(…); if (!paid) throw new Error()`
pub fn done_before_told(project: &mut Project, case: &Case<'_>, act: &Write) -> Option<String> {
    let own = case.function.steps.get(act.step).filter(|step| step.decides)?.site;
    let is_result =
        |project: &Project, part: V| matches!(project.arena.node(part), Node::Call { site, .. } if *site == own);
    for (at, step) in case.function.steps.iter().enumerate().skip(act.step + 1) {
        let atoms = project.arena.atoms(step.cond);
        if atoms.iter().any(|atom| project.contains(atom.value, &mut |project, part| is_result(project, part))) {
            return None;
        }
        if project.arena.conflict(step.cond, act.cond) {
            continue;
        }
        match case.function.writes.iter().find(|write| write.step == at) {
            Some(write) => return write.handle.name().map(|name| format!("`{name}` is written")),
            None if let Some(name) = project.outside_effect(step) => return Some(format!("`{name}` is called")),
            None => {}
        }
    }
    None
}

/// How the code asks a result whether the act was refused.
pub struct Tested {
    /// A name for it, where it has none.
    pub name: String,
    /// Whether it is the document that was found.
    is_found: bool,
}

impl Tested {
    /// A test that holds where the act was refused.
    pub fn refused(&self, name: &str) -> String {
        if self.is_found { format!("!{name}") } else { format!("{name}.matchedCount === 0") }
    }

    /// A test that holds where it was done.
    pub fn done(&self, name: &str) -> String {
        if self.is_found { name.to_owned() } else { format!("{name}.matchedCount > 0") }
    }
}

/// How to ask for the result of a statement; none where what it gives differs by client and version, or nobody waits for it.
pub fn tested(
    schemas: &Schemas,
    act: &Write,
    (call, statement): (&WrittenCall, &Statement),
    after: &Write,
) -> Option<Tested> {
    let is_found = after.method.starts_with("findOneAnd");
    // The driver's own method gives an object or the document, by its version.
    let is_known = match is_found {
        true => !schemas.models.of(&act.handle).is_empty(),
        // What others give differs by client and version.
        false => matches!(after.method.as_str(), "updateOne" | "updateMany" | "replaceOne"),
    };
    let is_awaited = statement.is_awaited || statement.is_returned && statement.is_async;
    let is_open = call.args.iter().any(|arg| is_callback(&arg.text));
    if !is_known || is_open || !statement.is_listed || !is_awaited || statement.indent.is_empty() {
        return None;
    }
    let name = statement.bound.clone().or_else(|| call.holder.clone())?;
    Some(Tested { name, is_found })
}

/// The variable to hold the result, where none does, and a test of it that holds where the act was refused.
fn test_of(
    schemas: &Schemas,
    act: &Write,
    (call, statement): (&WrittenCall, &Statement),
    after: &Write,
) -> Option<(Option<String>, String)> {
    let tested = tested(schemas, act, (call, statement), after).filter(|_| statement.is_awaited)?;
    let test = tested.refused(&tested.name);
    Some((statement.bound.is_none().then_some(tested.name), test))
}

/// What is done where the check fails.
struct Branch {
    text: String,
    indent: String,
    end: u32,
}

/// What a result says of how many documents were found.
const COUNTS: [&str; 4] = ["matchedCount", "modifiedCount", "nModified", "n"];

/// Whether the code after the act goes another way for one that the database refused.
pub fn is_told(project: &mut Project, act: &Write, call: &WrittenCall, statement: Option<&Statement>) -> bool {
    let Some(statement) = statement else { return false };
    let file = project.base_site(act.site).file;
    let tests = project.choices_after(file, statement);
    statement.is_counted || tests.into_iter().any(|test| asks_for_result(project, act, call, test))
}

/// Whether a test asks whether the act was refused.
fn asks_for_result(project: &mut Project, act: &Write, call: &WrittenCall, test: V) -> bool {
    let at = project.base_site(act.site);
    let is_found = call.name.starts_with("findOneAnd") || call.name.starts_with("findByIdAnd");
    let is_result = |project: &Project, value: V| {
        // An older driver keeps what the server said in `result`.
        let whole = match project.arena.node(value) {
            Node::Member(object, key) if project.arena.text(*key) == "result" => *object,
            _ => value,
        };
        matches!(project.arena.node(whole), Node::Call { site, .. } if project.base_site(*site) == at)
    };
    let asks = |project: &Project, part: V| match project.arena.node(part) {
        Node::Member(object, key) => {
            !is_found && COUNTS.contains(&project.arena.text(*key)) && is_result(project, *object)
        }
        Node::Not(value) | Node::Nullish(value) | Node::Coerce(_, value) => is_found && is_result(project, *value),
        Node::Compare(_, a, b) => is_found && [a, b].into_iter().any(|value| is_result(project, *value)),
        _ => false,
    };
    is_found && is_result(project, test) || project.contains(test, &mut |project, part| asks(project, part))
}

/// Whether the test of the result may do what the check does: where the check gives something back, an error is another answer.
fn is_told_alike(
    project: &mut Project,
    case: &Case<'_>,
    act: &Write,
    call: &WrittenCall,
    statement: Option<&Statement>,
) -> bool {
    let Some(statement) = statement else { return true };
    let file = project.base_site(act.site).file;
    let throws = |exit: &Exit| token::words(&exit.text).any(|word| word == "throw");
    let after = project.exits_after(file, statement);
    let fails = after.into_iter().any(|(test, exit)| throws(&exit) && asks_for_result(project, act, call, test));
    if !fails {
        return true;
    }
    let before = project.exits_before(file, statement);
    let mut subject = Subject::new(project, act, case.documents);
    let refusing = before.into_iter().find(|(test, _)| about(&mut subject, case, *test, false) == Some(true));
    refusing.is_none_or(|(_, exit)| throws(&exit))
}

/// A test of the result that does what the check would have done.
fn answered(
    schemas: &Schemas,
    act: &Write,
    (call, statement): (&WrittenCall, &Statement),
    after: &Write,
    branch: &Branch,
) -> Option<Refusal> {
    if !can_move(&branch.text, statement) || !call.alike.contains(&branch.end) {
        return None;
    }
    let (name, test) = test_of(schemas, act, (call, statement), after)?;
    let test =
        format!("\n{}if ({test}) {}", statement.indent, indented(&branch.text, &branch.indent, &statement.indent));
    Some(Refusal::Answered { name, at: (statement.start, statement.line_end), test })
}

/// Whether code leaves the function, and does nothing else.
fn says_nothing(code: &str) -> bool {
    code.trim_matches(|c: char| c.is_whitespace() || matches!(c, '{' | '}' | ';')) == "return"
}

/// Whether a test asks for something of the document; no where it asks only whether it is there.
pub fn about(subject: &mut Subject<'_>, case: &Case<'_>, test: V, holds: bool) -> Option<bool> {
    if matches!(subject.node(test), Node::Bool(_)) || !subject.mentions(test) {
        return None;
    }
    let said = Reader::new(subject, case.function.writes).said(test, holds, 0);
    Some(!said.is_some_and(|said| is_nothing(&said)))
}

/// Whether code means the same after a statement: it ends by itself, or by the end of the line as the statement does, and no text
/// in it has lines.
pub fn can_move(code: &str, statement: &Statement) -> bool {
    let ends = code.ends_with(['}', ';']) || !statement.is_terminated;
    ends && !(code.contains('`') && code.contains('\n'))
}

/// What is done where the check fails, with the indentation of the act.
pub fn indented(code: &str, own: &str, indent: &str) -> String {
    let mut lines = code.lines();
    let mut text = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        text.push('\n');
        match line.strip_prefix(own) {
            Some(rest) if !rest.is_empty() => text.push_str(&format!("{indent}{rest}")),
            _ => text.push_str(line),
        }
    }
    text
}

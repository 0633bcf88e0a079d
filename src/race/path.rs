//! The paths of updates, and how two of them lie to each other.
//!
//! Input: dotted texts. Output: typed steps. Must not know: operators, documents.

use super::term::Refused;
use std::fmt;
use std::rc::Rc;

/// A path of an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(pub Rc<[Step]>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Field(Rc<str>),
    /// `$`: the element that the filter found.
    Found,
    /// `$[]`
    Every,
    /// `$[name]`
    Filtered(Rc<str>),
}

impl Path {
    pub fn read(text: &str) -> Result<Self, Refused> {
        if text.split('.').any(str::is_empty) {
            return Err(Refused::new(format!("an update path has no empty part: {text:?}")));
        }
        let steps: Rc<[Step]> = text.split('.').map(Step::read).collect();
        if !matches!(steps.first(), Some(Step::Field(_))) {
            return Err(Refused::new(format!("an update path begins with a field: {text}")));
        }
        Ok(Self(steps))
    }
}

impl Step {
    fn read(part: &str) -> Self {
        match part.strip_prefix("$[").and_then(|rest| rest.strip_suffix(']')) {
            Some("") => Self::Every,
            Some(name) => Self::Filtered(name.into()),
            None if part == "$" => Self::Found,
            None => Self::Field(part.into()),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { "." })?;
            match step {
                Step::Field(name) => f.write_str(name)?,
                Step::Found => f.write_str("$")?,
                Step::Every => f.write_str("$[]")?,
                Step::Filtered(name) => write!(f, "$[{name}]")?,
            }
        }
        Ok(())
    }
}

/// How two paths of one update lie to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    Apart,
    /// One lies in the other, or one takes for an array what the other takes for a document. The server refuses both together.
    Conflict,
    /// It depends on the document whether they meet in one element.
    MayMeet,
}

impl Path {
    /// Whether it selects no element but by its position.
    pub fn is_of_names(&self) -> bool {
        self.0.iter().all(|step| matches!(step, Step::Field(_)))
    }

    /// The names on it, of a path that selects no element.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|step| if let Step::Field(name) = step { Some(&**name) } else { None })
    }

    pub fn beside(&self, other: &Self) -> Beside {
        let mut sure = true;
        for (a, b) in self.0.iter().zip(other.0.iter()) {
            match (a, b) {
                (a, b) if a == b => {}
                (Step::Every | Step::Filtered(_), Step::Every | Step::Filtered(_)) => sure = false,
                (Step::Every | Step::Filtered(_), _) | (_, Step::Every | Step::Filtered(_)) => {
                    return if sure { Beside::Conflict } else { Beside::MayMeet };
                }
                (Step::Found, Step::Field(name)) | (Step::Field(name), Step::Found) if is_index(name) => sure = false,
                _ => return Beside::Apart,
            }
        }
        if sure { Beside::Conflict } else { Beside::MayMeet }
    }
}

fn is_index(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the dotted path is the other one, or leads on from it.
pub fn is_within(path: &str, other: &str) -> bool {
    path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The server refuses a list of dotted paths one of which lies in another one.
pub fn apart<'a>(paths: impl Iterator<Item = &'a str>) -> Result<(), Refused> {
    let mut seen: Vec<&str> = Vec::new();
    for path in paths {
        if seen.iter().any(|other| is_within(path, other) || is_within(other, path)) {
            return Err(Refused::new(format!("the path {path} is there twice")));
        }
        seen.push(path);
    }
    Ok(())
}

//! Values as they were loaded, where the code changes them in place before it writes them: a copy that is made before the change.
//!
//! Input: an act and the values that its filter is to ask for. Output: which of them are changed, how deep, and the text of a copy
//! that such a change leaves as it is. Must not know: filters, whether a copy mends anything.

use super::subject::Subject;
use crate::limits;
use crate::project::{CHANGING, Op, Project, Step};
use crate::race::path;
use crate::value::{Arena, Coercion, Node, Site, V};
use std::collections::BTreeMap;

/// What of a value is changed in place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Its own elements or keys; and whether it is a list, where that is known.
    is_changed: bool,
    is_list: Option<bool>,
    /// Elements of it.
    element: Option<Box<Shape>>,
    /// Its fields.
    members: BTreeMap<String, Shape>,
}

/// A value that is changed in place.
#[derive(Clone, Debug)]
pub struct Changed {
    pub path: String,
    pub shape: Shape,
    /// The changes.
    pub sites: Vec<Site>,
}

/// A loaded value that the filter asks for.
#[derive(Clone)]
pub struct Pin {
    pub path: String,
    pub value: V,
    /// Whether the code takes something else for it where it is missing.
    pub is_optional: bool,
    pub changed: Option<Changed>,
}

/// A part of a value.
enum Part {
    Element,
    Member(String),
}

/// Which of the loaded values at these paths are changed in place before the act; none where a change is not followed.
pub fn changed(subject: &mut Subject<'_>, steps: &[Step], paths: &[String]) -> Option<Vec<Changed>> {
    let act = subject.act;
    let in_loop = steps.get(act.step).is_none_or(|step| step.in_loop);
    let mut all: Vec<Changed> = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        if at >= act.step && !in_loop {
            break;
        }
        let (target, key, is_list) = match &step.op {
            Op::Assign { object, key, .. } => (*object, *key, key.map(|_| false)),
            Op::Call { recv: Some(recv), name: Some(name), .. }
                if CHANGING.contains(&subject.project.arena.text(*name)) =>
            {
                (*recv, None, Some(true))
            }
            _ => continue,
        };
        if !subject.mentions(target) || is_made(subject, target) {
            continue;
        }
        let key = key.map(|key| subject.text(key));
        let is_list = is_list.filter(|_| key.as_deref() != Some("length"));
        if subject.is_root(target) {
            // doc.items = …: what was loaded stays what it is.
            let key = key?;
            let is_own = |own: &&String| path::is_within(own, &key);
            paths.iter().filter(is_own).for_each(|own| add(&mut all, own, step.site, |_| ()));
            continue;
        }
        let (field, parts) = located(subject, target, 0)?;
        for own in paths {
            if path::is_within(own, &field) && *own != field {
                // A part of what is changed is asked for: its own value stays, but for deeper changes.
                if !parts.is_empty() {
                    return None;
                }
                add(&mut all, own, step.site, |_| ());
            } else if path::is_within(&field, own) {
                let rest = field.get(own.len()..).unwrap_or_default();
                let inner = rest.split('.').filter(|part| !part.is_empty());
                let inner: Vec<Part> = inner.map(|part| Part::Member(part.to_owned())).collect();
                add(&mut all, own, step.site, |shape| {
                    let mut at = shape;
                    for part in inner.iter().chain(&parts) {
                        at = match part {
                            Part::Element => {
                                at.is_list = Some(true);
                                at.element.get_or_insert_default()
                            }
                            Part::Member(name) => {
                                at.is_list = at.is_list.or(Some(false));
                                at.members.entry(name.clone()).or_default()
                            }
                        };
                    }
                    at.is_changed = true;
                    at.is_list = at.is_list.or(is_list);
                });
            }
        }
    }
    Some(all)
}

fn add(all: &mut Vec<Changed>, path: &str, site: Site, mark: impl FnOnce(&mut Shape)) {
    let at = all.iter().position(|known| known.path == path).unwrap_or_else(|| {
        all.push(Changed { path: path.to_owned(), shape: Shape::default(), sites: Vec::new() });
        all.len() - 1
    });
    if let Some(known) = all.get_mut(at) {
        known.sites.push(site);
        mark(&mut known.shape);
    }
}

/// Whether a value was made by the code, so that a change of it changes no document.
fn is_made(subject: &Subject<'_>, value: V) -> bool {
    match subject.node(value) {
        Node::Array(_) | Node::Object(_) | Node::Mapped(..) | Node::Coerce(Coercion::Copy, _) | Node::New { .. } => {
            true
        }
        Node::Query { method, .. } => matches!(subject.text(method).as_str(), "filter" | "slice" | "flat"),
        _ => false,
    }
}

/// The field of the document that a value is a part of, and which.
fn located(subject: &mut Subject<'_>, value: V, depth: u32) -> Option<(String, Vec<Part>)> {
    if depth > limits::KEY_DEPTH {
        return None;
    }
    if let Some(path) = subject.list_or_map(value) {
        return Some((path, Vec::new()));
    }
    let value = subject.project.bare(value);
    let (array, part) = match subject.node(value) {
        Node::Element(list) | Node::Index(list, _) => (whole(subject, list), Part::Element),
        Node::Query { method, array, .. }
            if matches!(subject.text(method).as_str(), "find" | "findLast" | "at" | "pop" | "shift") =>
        {
            (whole(subject, array), Part::Element)
        }
        Node::Member(object, key) => (object, Part::Member(subject.text(key))),
        // doc.item || made: what is made is no part of the document.
        Node::OneOf(alternatives) => {
            let own: Vec<V> =
                alternatives.into_iter().map(|(_, own)| own).filter(|own| subject.mentions(*own)).collect();
            let [only] = own.as_slice() else { return None };
            return located(subject, *only, depth + 1);
        }
        _ => return None,
    };
    let (path, mut parts) = located(subject, array, depth + 1)?;
    parts.push(part);
    Some((path, parts))
}

/// The list whose elements those of a shortened one are.
fn whole(subject: &Subject<'_>, list: V) -> V {
    match subject.node(list) {
        Node::Query { method, array, .. } if matches!(subject.text(method).as_str(), "filter" | "slice") => {
            whole(subject, array)
        }
        _ => list,
    }
}

impl Shape {
    /// A copy of a value that these changes leave as it is; `own` is its text, `name` what its elements are called.
    pub fn copied(&self, own: &str, name: &str, (is_optional, is_typed): (bool, bool)) -> Option<String> {
        // Of what may be missing, nothing is copied.
        if is_optional && (self.is_changed || self.element.is_some()) {
            return None;
        }
        if let Some(element) = &self.element {
            if !self.members.is_empty() || self.is_list != Some(true) {
                return None;
            }
            let each = element.part(name)?;
            let each = if each.starts_with('{') { format!("({each})") } else { each };
            // Of what has no type, the elements have none.
            let parameter = if is_typed { format!("{name}: any") } else { name.to_owned() };
            return Some(match each == name {
                true => own.to_owned(),
                false => format!("{own}.map(({parameter}) => {each})"),
            });
        }
        match (self.is_changed, self.is_list, self.members.is_empty()) {
            (false, _, true) => Some(own.to_owned()),
            (true, Some(true), true) => Some(format!("[...{own}]")),
            // A map, or a part of an element: a copy of all that is in it would say more than it mends.
            _ => None,
        }
    }

    /// A copy of an element.
    fn part(&self, own: &str) -> Option<String> {
        let is_plain = self.element.is_none() && self.members.is_empty();
        match (self.is_changed, self.is_list, is_plain) {
            (false, _, true) => Some(own.to_owned()),
            (true, Some(false), true) => Some(format!("{{ ...{own} }}")),
            _ => None,
        }
    }
}

/// What one of these is called: `message` of `messages`.
pub fn singular(project: &Project, path: &str, is_free: impl Fn(&Project, &str) -> bool) -> String {
    let last = path.rsplit('.').next().unwrap_or(path);
    let own = last.strip_suffix("ies").map(|stem| format!("{stem}y"));
    let own = own.or_else(|| last.strip_suffix('s').map(str::to_owned)).filter(|own| own.len() > 2);
    own.filter(|own| is_free(project, own)).unwrap_or_else(|| "element".to_owned())
}

/// Whether a value may be missing where it is read, by what the code takes in its place.
pub fn may_be_missing(subject: &mut Subject<'_>, all: &[V], value: V) -> bool {
    let is_asked = subject.project.missing.contains_key(&value);
    is_asked
        || all.iter().any(|whole| {
            let mut parts: Vec<V> = Vec::new();
            subject.project.contains(*whole, &mut |project, part| {
                if matches!(project.arena.node(part), Node::OneOf(_) | Node::Or(_) | Node::Nullish(_) | Node::Not(_)) {
                    parts.push(part);
                }
                false
            });
            let arena = |subject: &Subject<'_>, part: V| match subject.node(part) {
                Node::Nullish(inner) | Node::Not(inner) => inner,
                _ => Arena::UNDEFINED,
            };
            parts.into_iter().any(|part| {
                arena(subject, part) == value
                    || subject.defaulted(part).is_some_and(|known| Some(known.path) == subject.field(value))
            })
        })
}

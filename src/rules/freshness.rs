//! Values that are new in each call, so that comparing them with what is stored never finds anything.
//!
//! Input: a value and the trace in which it is used. Output: where it comes from. Must not know: rules.

use super::context::{Context, Trace};
use crate::limits;
use crate::project::writes::WriteKind;
use crate::value::{Arena, C, Node, Site, V};

/// How a value stands to the call in which it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Made in this call, at this place.
    Fresh(Site),
    /// The identity of a document that this call inserts.
    Inserted(Site),
    /// A parameter of a function whose callers decide.
    Caller,
    Other,
}

impl Origin {
    /// Whether no earlier call can have stored the value.
    pub fn is_new(self) -> bool {
        matches!(self, Origin::Fresh(_) | Origin::Inserted(_))
    }
}

/// Operators whose result says little about the values that went in: a day comes again in the next call.
const OPAQUE: [&str; 6] = ["typeof", "error", "|", "toDateString", "toLocaleString", "Math.floor"];
/// Parts of a time that no two calls share.
const PRECISE: [&str; 3] = ["getTime", "valueOf", "getMilliseconds"];

impl Context<'_> {
    /// Where a value comes from, on the paths that a condition allows.
    pub fn origin(&mut self, trace: &Trace, value: V, cond: C) -> Origin {
        self.origin_at(trace, value, cond, 0)
    }

    fn origin_at(&mut self, trace: &Trace, value: V, cond: C, depth: u32) -> Origin {
        if depth > limits::FRESHNESS_DEPTH {
            return Origin::Other;
        }
        match self.project.arena.node(value).clone() {
            // What the module body made is the same in every call.
            Node::Fresh(_, site) if self.project.is_local(site) => Origin::Fresh(site),
            Node::Coerce(_, inner) => self.origin_at(trace, inner, cond, depth + 1),
            Node::Template(parts) => self.any_fresh(trace, &parts, cond, depth),
            Node::Derived(operator, operands) if !OPAQUE.contains(&self.project.arena.text(operator)) => {
                self.any_fresh(trace, &operands, cond, depth)
            }
            Node::Member(object, name) => match self.project.arena.text(name) {
                "insertedId" | "_id" | "id" => self.inserted_identity(trace, object, cond, depth),
                _ => Origin::Other,
            },
            // insertMany(…).insertedIds[0]
            Node::Index(object, _) => match self.project.arena.node(object) {
                Node::Member(result, name) if self.project.arena.text(*name) == "insertedIds" => {
                    let result = *result;
                    self.inserted_identity(trace, result, cond, depth)
                }
                _ => Origin::Other,
            },
            // new Date().getMilliseconds(); a month or a day comes again
            Node::Call { callee, args, .. } if args.is_empty() => match self.project.method_of(callee) {
                Some((object, name))
                    if matches!(self.project.arena.node(object), Node::Fresh(..))
                        && PRECISE.contains(&self.project.arena.text(name)) =>
                {
                    self.origin_at(trace, object, cond, depth + 1)
                }
                _ => Origin::Other,
            },
            Node::OneOf(alternatives) => self.all_fresh(trace, &alternatives, cond, depth),
            Node::Param(func, _) if !self.project.callers_of(func).is_empty() => Origin::Caller,
            _ => Origin::Other,
        }
    }

    /// A text or number with one fresh part is fresh.
    fn any_fresh(&mut self, trace: &Trace, parts: &[V], cond: C, depth: u32) -> Origin {
        let origins: Vec<Origin> = parts.iter().map(|part| self.origin_at(trace, *part, cond, depth + 1)).collect();
        let fresh = origins.iter().copied().find(|origin| origin.is_new());
        fresh.unwrap_or(if origins.contains(&Origin::Caller) { Origin::Caller } else { Origin::Other })
    }

    /// A value that is one of several is fresh when each of them is.
    fn all_fresh(&mut self, trace: &Trace, alternatives: &[(C, V)], cond: C, depth: u32) -> Origin {
        let mut all: Option<Origin> = None;
        for (c, alternative) in alternatives {
            if self.project.arena.conflict(cond, *c) {
                continue;
            }
            let origin = self.origin_at(trace, *alternative, cond, depth + 1);
            match all {
                Some(known) if known.is_new() && origin.is_new() => {}
                None => all = Some(origin),
                Some(known) if known == origin => {}
                Some(_) => return Origin::Other,
            }
        }
        all.unwrap_or(Origin::Other)
    }

    /// The identity of a document that this call inserts: `insertedId` of an insert's result, `_id` of a new document.
    fn inserted_identity(&mut self, trace: &Trace, object: V, cond: C, depth: u32) -> Origin {
        let (site, given) = match self.project.arena.node(object).clone() {
            Node::Call { site, .. } => {
                let insert = trace.writes.iter().find(|write| write.site == site && write.kind == WriteKind::Insert);
                let Some(insert) = insert else { return Origin::Other };
                (site, insert.payload)
            }
            Node::New { site, callee, args } if self.project.handle_of(callee, 0).is_some() => {
                (site, args.first().copied())
            }
            _ => return Origin::Other,
        };
        let id = self.project.arena.sym("_id");
        let own = match given.map(|given| (given, self.project.arena.node(given).clone())) {
            Some((given, Node::Object(_))) => self.project.arena.member(given, id),
            Some((_, Node::Array(_) | Node::Mapped(..))) | None => Arena::UNDEFINED,
            // The document comes from outside and may bring its own.
            Some(_) => return Origin::Other,
        };
        if own == Arena::UNDEFINED { Origin::Inserted(site) } else { self.origin_at(trace, own, cond, depth + 1) }
    }
}

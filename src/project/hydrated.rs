//! What a document that Mongoose makes of what is stored has not: what its strict schema does not declare reads as `undefined`.
//!
//! Source: Mongoose, `lib/document.js`, `lib/helpers/document/compile.js`: a document has an accessor for each path of the schema; what is
//! stored beside them stays in `_doc`.
//! Input: the steps of a function. Output: the same, where what is never reached does nothing. Must not know: rules.

use super::link::{Op, Project, Step, Steps};
use super::mongo::Action;
use super::schema::Schemas;
use crate::facts::TryPart;
use crate::value::{Arena, C, Node, V, for_children};
use rustc_hash::{FxHashMap, FxHashSet};

/// What each document has beside its fields and the methods that are called on it.
const OF_DOCUMENT: [&str; 7] = ["isNew", "errors", "schema", "collection", "db", "constructor", "modelName"];

impl Project {
    /// The steps, with undeclared members of hydrated documents as `undefined` in their conditions, and the numbers of those that are
    /// never reached. None where no such member is asked for.
    pub fn without_undeclared(&mut self, schemas: &Schemas, steps: &Steps) -> Option<(Steps, Vec<usize>)> {
        let undeclared = self.undeclared(schemas, steps);
        if undeclared.is_empty() {
            return None;
        }
        let mut memo: FxHashMap<V, V> = undeclared.iter().map(|member| (*member, Arena::UNDEFINED)).collect();
        let mut known: FxHashMap<C, C> = FxHashMap::default();
        let (mut told, mut thrown) = (steps.to_vec(), Vec::new());
        for (at, step) in told.iter_mut().enumerate() {
            step.cond = match known.get(&step.cond) {
                Some(cond) => *cond,
                None => {
                    let cond = self.replaced_cond(step.cond, &mut memo);
                    known.insert(step.cond, cond);
                    cond
                }
            };
            // order.items.push(item) of what is undefined
            if matches!(step.op, Op::Call { recv: Some(recv), .. } if undeclared.contains(&recv)) {
                thrown.push((at, true));
            }
        }
        let dead = self.stop_after(&mut told, &thrown);
        Some((told.into(), dead))
    }

    /// Takes what steps do away, where they throw or stand after one that throws, and where their condition never holds. Gives their
    /// numbers. `thrown`: the numbers of those that throw, each with whether the function hears of it there.
    pub fn stop_after(&self, steps: &mut [Step], thrown: &[(usize, bool)]) -> Vec<usize> {
        let ends: Vec<(usize, Step)> = thrown
            .iter()
            .filter(|(_, is_heard)| *is_heard)
            .filter_map(|(at, _)| Some((*at, steps.get(*at)?.clone())))
            .collect();
        let mut dead = Vec::new();
        for (at, step) in steps.iter_mut().enumerate() {
            let is_thrown = thrown.iter().any(|(own, _)| *own == at);
            let mut before = ends.iter().filter(|(from, _)| *from < at);
            if step.cond == C::FALSE || is_thrown || before.any(|(_, end)| self.ends_before(end, step)) {
                step.op = Op::Assign { object: Arena::UNDEFINED, key: None, value: Arena::UNDEFINED };
                step.cond = C::FALSE;
                dead.push(at);
            }
        }
        dead
    }

    /// Whether the exception of a step keeps a later one from being reached: it stands in the text of the function itself, and what hears of
    /// the exception stands around both.
    fn ends_before(&self, end: &Step, later: &Step) -> bool {
        let mut heard = end.within.iter().filter(|(_, part)| *part == TryPart::Body);
        end.calls == 0
            && !end.in_loop
            && heard.all(|around| later.within.contains(around))
            && self.arena.holds_under(end.cond, later.cond)
    }

    /// The members that are asked for in conditions, or of which a method is called, and that their documents do not have.
    fn undeclared(&mut self, schemas: &Schemas, steps: &[Step]) -> FxHashSet<V> {
        if schemas.strict.all().next().is_none() {
            return FxHashSet::default();
        }
        let mut found = FxHashSet::default();
        for member in self.members_asked(steps) {
            let Node::Member(document, name) = *self.arena.node(member) else { continue };
            let is_assigned = steps.iter().any(|step| match step.op {
                Op::Assign { object, key, .. } => object == document && key.is_none_or(|key| key == name),
                _ => false,
            });
            if !is_assigned && self.is_undeclared(schemas, document, member) {
                found.insert(member);
            }
        }
        found
    }

    fn is_undeclared(&mut self, schemas: &Schemas, document: V, member: V) -> bool {
        let Some((root, path, Some(read))) = self.loaded(member, &[]) else { return false };
        let [name] = path.as_slice() else { return false };
        let is_one = match self.arena.node(document) {
            Node::Call { .. } => document == root && matches!(read.action, Action::FindOne | Action::Update),
            Node::Element(list) | Node::Index(list, _) => *list == root && read.action == Action::FindMany,
            _ => false,
        };
        let is_own = OF_DOCUMENT.contains(&name.as_str())
            || self.arena.known_sym(name).is_some_and(|name| self.models.document_methods().contains(&name));
        is_one
            && self.is_read_by_model(root)
            && !is_own
            && !schemas.is_stored(&read.handle, name)
            && read.method != "aggregate"
            && !self.is_plain_row(document)
    }

    /// Whether a model of Mongoose reads: what the driver gives is what is stored.
    fn is_read_by_model(&mut self, read: V) -> bool {
        let Node::Call { callee, .. } = *self.arena.node(read) else { return false };
        self.method_of_collection(callee).is_some_and(|(model, _)| self.is_model_of_mongoose(model))
    }

    /// Members in the conditions of steps, and those of which a step calls a method, each once.
    fn members_asked(&self, steps: &[Step]) -> Vec<V> {
        let (mut seen, mut conds, mut open) = (FxHashSet::default(), FxHashSet::default(), Vec::new());
        for step in steps {
            if let Op::Call { recv: Some(recv), .. } = step.op {
                open.push((recv, false));
            }
            let mut at = step.cond;
            while conds.insert(at)
                && let Some((parent, atom)) = self.arena.cond(at)
            {
                open.push((atom.value, true));
                at = parent;
            }
        }
        let mut members = Vec::new();
        while let Some((value, is_whole)) = open.pop() {
            if !seen.insert(value) {
                continue;
            }
            let node = self.arena.peek(value);
            if let Node::Member(object, _) = node
                && matches!(self.arena.peek(*object), Node::Call { .. } | Node::Element(_) | Node::Index(..))
            {
                members.push(value);
            }
            match node {
                // A method is no member that is asked for.
                Node::Call { callee, args, .. } if is_whole => {
                    if let Node::Member(object, _) = self.arena.peek(*callee) {
                        open.push((*object, true));
                    }
                    open.extend(args.iter().map(|arg| (*arg, true)));
                }
                node if is_whole => for_children(node, &mut |child| open.push((child, true))),
                _ => {}
            }
        }
        members
    }
}

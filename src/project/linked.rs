//! Linked values: imports become what they name, members of instances become methods, calls become what they return.
//!
//! Input: a value of one file. Output: the value with everything resolved that does not depend on a caller.
//! Must not know: effects, rules.

use super::link::Project;
use super::merge::symbol_file;
use crate::limits;
use crate::value::{Arena, C, CHANGED, Coercion, Entry, Item, Key, Node, ONE_OF_MANY, RETURNS, Site, V, map_children};

impl Project {
    /// Whether a value is an object without members that another file exports.
    fn is_filled_later(&mut self, value: V) -> bool {
        let is_exported = match self.arena.node(value) {
            Node::Import { .. } => true,
            Node::Member(module, _) => matches!(self.arena.node(*module), Node::Import { .. }),
            _ => false,
        };
        is_exported && {
            let linked = self.linked(value);
            matches!(self.arena.node(linked), Node::Object(entries) if entries.is_empty())
        }
    }

    // Values with imports, classes and calls resolved

    /// The value with everything resolved that does not depend on a caller.
    pub fn linked(&mut self, value: V) -> V {
        if !self.arena.is_open(value) {
            return value;
        }
        if let Some(known) = self.memo.get(&value) {
            return *known;
        }
        if self.depth > limits::LINKED_DEPTH || self.arena.is_spent() {
            return value;
        }
        if self.arena.is_unlimited() {
            return self.within_a_value(|project| project.linked(value));
        }
        self.depth += 1;
        // A value that leads to itself stays as it is.
        self.memo.insert(value, value);
        let node = self.arena.node(value).clone();
        let result = self.linked_node(value, node);
        self.depth -= 1;
        if self.arena.is_spent() {
            // What was cut here may be followed elsewhere.
            self.memo.remove_own(&value);
        } else {
            self.memo.insert(value, result);
        }
        result
    }

    fn linked_node(&mut self, value: V, node: Node) -> V {
        match &node {
            Node::Import { module, name } => {
                let Some(file) = symbol_file(self.arena.text(*module)) else { return value };
                match self.exported_by(file, *name) {
                    Some(target) => self.linked(target),
                    None => value,
                }
            }
            Node::Member(object, name) if let Some(file) = self.reexporting(*object) => {
                match self.exported_by(file, *name) {
                    Some(target) => self.linked(target),
                    None => value,
                }
            }
            Node::Member(object, name) if let Some(value) = self.put_on_export(*object, *name) => self.linked(value),
            Node::Member(object, name) if let Some(value) = self.added(*object, *name) => value,
            // What another file exports empty is filled by what runs later: `exports.collections[name] = db.collection(name)`.
            Node::Member(object, _) if self.is_filled_later(*object) => value,
            Node::This(func) => self.model_of_this(*func).unwrap_or(value),
            Node::Param(func, at) => self.given_service(*func, *at).unwrap_or(value),
            Node::Instance(class) => {
                let class = self.concrete(*class);
                self.arena.intern(Node::Instance(class))
            }
            Node::Completed(site) => match self.completed.get(site) {
                Some(known) => *known,
                None => self.arena.bool(true),
            },
            Node::OneOf(alternatives) => {
                let alternatives = alternatives.iter().map(|(c, v)| (self.linked_cond(*c), self.linked(*v))).collect();
                self.arena.one_of(alternatives)
            }
            Node::Object(entries) => {
                let entries = entries
                    .iter()
                    .map(|entry| Entry {
                        key: match entry.key {
                            Key::Computed(key) => {
                                let key = self.linked(key);
                                self.arena.key_of(key)
                            }
                            key => key,
                        },
                        value: self.linked(entry.value),
                        cond: self.linked_cond(entry.cond),
                    })
                    .collect();
                self.rebuilt(Node::Object(entries))
            }
            Node::Array(items) => {
                let items = items
                    .iter()
                    .map(|item| Item {
                        value: self.linked(item.value),
                        spread: item.spread,
                        cond: self.linked_cond(item.cond),
                    })
                    .collect();
                self.rebuilt(Node::Array(items))
            }
            Node::Call { site, callee, args } if let Some(value) = self.curried(*site, *callee, args) => value,
            _ => {
                let this = self.receiver(&node).map(|recv| self.linked(recv));
                let node = map_children(node, &mut |child| self.linked(child));
                match node {
                    Node::Call { site, callee, args } => self.rebuilt_call(site, callee, args, this),
                    node => self.rebuilt(node),
                }
            }
        }
    }

    /// `doc` of the call `doc.method(…)`.
    pub(super) fn receiver(&self, node: &Node) -> Option<V> {
        let Node::Call { callee, .. } = node else { return None };
        match self.arena.node(*callee) {
            Node::Member(recv, _) => Some(*recv),
            _ => None,
        }
    }

    pub(super) fn rebuilt_call(&mut self, site: Site, callee: V, args: Box<[V]>, this: Option<V>) -> V {
        let callee = self.if_there(callee);
        if let Node::Func(func) = *self.arena.node(callee)
            && let Some(value) = self.returned(func, &args, this, site)
        {
            return value;
        }
        if let Some(value) = self.returned_by_one(callee, &args, this, site) {
            return value;
        }
        let known = self.injected(callee, &args).or_else(|| self.resolved(callee, &args));
        let known = known.or_else(|| self.handed_back(callee, &args)).or_else(|| self.asked_for_name(callee, &args));
        let known = known.or_else(|| self.asked_of_nothing(callee, &args));
        let known = known.or_else(|| self.parsed_safely(site, callee, &args));
        let known = known.or_else(|| self.read_by_name(callee, &args)).or_else(|| self.loaded_one(callee, &args, site));
        let known = known.or_else(|| self.one_of_list(callee, &args));
        if let Some(value) = known.or_else(|| self.dispatched_by_map(callee, &args)) {
            return value;
        }
        self.arena.intern(Node::Call { site, callee, args })
    }

    /// What a call gives back as it was given: `this.load.bind(this)`, `Schema.parse(body)` of Zod, `result.unwrap()` of a library.
    fn handed_back(&self, callee: V, args: &[V]) -> Option<V> {
        let Node::Member(object, name) = self.arena.node(callee) else { return None };
        let Some((first, rest)) = args.split_first() else {
            return (self.arena.text(*name) == "unwrap" && !self.is_for_callers(*object)).then_some(*object);
        };
        match self.arena.text(*name) {
            "bind" if rest.is_empty() => matches!(self.arena.node(*object), Node::Func(_)).then_some(*object),
            "parse" | "parseAsync" | "encode" | "decode" => self.describes_a_value(*object).then_some(*first),
            // new Schema({ … }).add({ … })
            "add" | "index" | "pre" | "post" | "plugin" | "method" | "static" | "loadClass" => {
                self.is_schema(*object).then_some(*object)
            }
            "set" if !rest.is_empty() => self.is_schema(*object).then_some(*object),
            _ => None,
        }
    }

    /// Whether a value is what the caller gives, or what a function gives that is the caller's: its class is not known yet.
    fn is_for_callers(&self, value: V) -> bool {
        match *self.arena.node(value) {
            Node::Call { callee, .. } => self.arena.is_of_parameter(callee),
            _ => self.arena.is_of_parameter(value),
        }
    }

    /// `Schema.safeParse(body)` of Zod: what was given as `data`, and whether it is as described. Source: Zod, "Basic usage".
    fn parsed_safely(&mut self, site: Site, callee: V, args: &[V]) -> Option<V> {
        let (Node::Member(object, name), [given, ..]) = (self.arena.node(callee).clone(), args) else { return None };
        let is_safe = matches!(self.arena.text(name), "safeParse" | "safeParseAsync");
        if !is_safe || !self.describes_a_value(object) {
            return None;
        }
        let call = self.arena.intern(Node::Call { site, callee, args: args.into() });
        let said = ["success", "error"].map(|name| {
            let name = self.arena.sym(name);
            Entry { key: Key::Name(name), value: self.arena.member(call, name), cond: C::TRUE }
        });
        let data = Entry { key: Key::Name(self.arena.sym("data")), value: *given, cond: C::TRUE };
        Some(self.arena.intern(Node::Object(said.into_iter().chain([data]).collect())))
    }

    /// `new DataLoader(async (ids) => …).load(id)`: an element of what the function gives for a list with the one key.
    fn loaded_one(&mut self, callee: V, args: &[V], site: Site) -> Option<V> {
        let (Node::Member(loader, name), [key]) = (self.arena.node(callee).clone(), args) else {
            return None;
        };
        let Node::New { callee: class, args: given, .. } = self.arena.node(loader).clone() else {
            return None;
        };
        if self.arena.text(name) != "load"
            || !self.last_name(class).is_some_and(|class| class.to_lowercase().ends_with("dataloader"))
        {
            return None;
        }
        let Node::Func(batch) = *self.arena.node(*given.first()?) else {
            return None;
        };
        let keys = self.arena.intern(Node::Array(vec![Item { value: *key, spread: false, cond: C::TRUE }]));
        let list = self.returned(batch, &[keys], None, site)?;
        Some(self.arena.intern(Node::Element(list)))
    }

    /// `doc.get('stats.seen')` of a Mongoose document.
    fn read_by_name(&mut self, callee: V, args: &[V]) -> Option<V> {
        let (Node::Member(document, name), [path]) = (self.arena.node(callee).clone(), args) else {
            return None;
        };
        let path = self.arena.as_str(*path)?.to_owned();
        // A `Map` is no document.
        let is_made = matches!(self.arena.node(document), Node::New { .. });
        if self.arena.text(name) != "get" || is_made || !self.is_document(document) {
            return None;
        }
        Some(self.at_path(document, &path))
    }

    /// The only alternative that is there: of what was not set yet no method can be called, and no document found.
    pub(super) fn if_there(&self, value: V) -> V {
        let Node::OneOf(alternatives) = self.arena.node(value) else { return value };
        let mut there = alternatives.iter().filter(|(_, part)| !self.arena.is_nothing(*part));
        match (there.next(), there.next()) {
            (Some((_, only)), None) => *only,
            _ => value,
        }
    }

    /// Forgets all resolved values, so that they are resolved again with what is known since.
    pub(super) fn forget_linked(&mut self) {
        self.memo.clear();
        self.linked_conds.clear();
    }

    pub fn linked_cond(&mut self, cond: C) -> C {
        if cond == C::TRUE || cond == C::FALSE {
            return cond;
        }
        // Conditions share their starts, so each start is linked once.
        let (known, starts) = self.arena.unknown_starts(cond, |at| self.linked_conds.get(&at).copied());
        self.arena.spend(starts.len() as u64);
        let mut result = known.unwrap_or(C::TRUE);
        for (cond, atom) in starts {
            let value = self.linked_test(atom.value);
            let value = self.told_by_no(value);
            result = self.arena.assume(result, value, atom.holds);
            // Inside of a value that is being linked, or once the budget is spent, it is linked less far than elsewhere.
            if self.depth == 0 && !self.arena.is_spent() {
                self.linked_conds.insert(cond, result);
            }
        }
        result
    }

    /// A function that gives `false` or nothing is asked whether it gives `false`: `if (await mayPass(user) === false) return`.
    fn told_by_no(&mut self, value: V) -> V {
        let Node::OneOf(alternatives) = self.arena.node(value).clone() else { return value };
        let is_no = |value: V| matches!(self.arena.node(value), Node::Bool(false));
        let says = alternatives.iter().any(|(_, value)| is_no(*value));
        if !says || !alternatives.iter().all(|(_, value)| *value == Arena::UNDEFINED || is_no(*value)) {
            return value;
        }
        let yes = self.arena.bool(true);
        let told =
            alternatives.into_iter().map(|(cond, value)| (cond, if value == Arena::UNDEFINED { yes } else { value }));
        self.arena.one_of(told.collect())
    }

    /// Whether calls came back: `refuse()` never does, and `if (code) await assertFree(code)` does where nothing is stored that it
    /// refuses. What else may throw in a branch that is left says little of what comes after it.
    fn came_back(&mut self, operands: &[V]) -> V {
        let never = operands.iter().any(|operand| self.arena.node(*operand) == &Node::Bool(false));
        let deciding =
            operands.iter().copied().filter(|_| !never).filter(|operand| self.is_decided_by_a_call(*operand));
        let deciding: Vec<V> = deciding.collect();
        if deciding.is_empty() { self.arena.bool(!never) } else { self.arena.all(deciding) }
    }

    /// Whether a condition of a few parts asks for what a call gave.
    fn is_decided_by_a_call(&self, condition: V) -> bool {
        let (mut parts, mut asks) = (0, false);
        self.contains(condition, &mut |project, part| {
            parts += 1;
            asks |= matches!(project.arena.node(part), Node::Call { .. });
            parts > limits::RETURNING_PARTS
        });
        asks && parts <= limits::RETURNING_PARTS
    }

    /// Builds a node whose operands have changed, and looks up what is known now.
    pub(super) fn rebuilt(&mut self, node: Node) -> V {
        if let Some(known) = self.folded(&node) {
            return known;
        }
        match node {
            Node::Member(object, key) => self.member(object, key),
            Node::Index(object, key) => match self.arena.as_str(key).map(str::to_owned) {
                Some(text) => {
                    let key = self.arena.sym(&text);
                    self.member(object, key)
                }
                None => {
                    let known = self.placed(object, key).or_else(|| self.dispatched(object, key));
                    known.unwrap_or_else(|| self.indexed_by_turns(object, key))
                }
            },
            Node::Mapped(list, made) => self.arena.mapped(list, made),
            Node::Element(list) => match *self.arena.node(list) {
                Node::Mapped(_, made) => made,
                // save([order]), where each of them is looked at, or what was put into a list where something holds
                Node::Array(ref items) if let [Item { value, spread: false, .. }] = items.as_slice() => *value,
                _ => self.arena.intern(Node::Element(list)),
            },
            Node::Query { method, array, arg } => {
                let query = Node::Query { method, array, arg };
                let asked = self.arena.asked_of_made(method, array, arg);
                asked.or_else(|| self.row_made(&query)).unwrap_or_else(|| self.arena.intern(query))
            }
            Node::OneOf(alternatives) => self.arena.one_of(alternatives),
            Node::Not(inner) => self.arena.not(inner),
            Node::And(parts) => self.arena.all(parts),
            Node::Or(parts) => self.arena.any(parts),
            Node::New { site, callee, args } => match self.arena.node(callee) {
                Node::Class(class) if args.is_empty() => {
                    let class = self.concrete(*class);
                    self.arena.intern(Node::Instance(class))
                }
                _ => {
                    let behind = self.behind_proxy(callee, &args);
                    behind.unwrap_or_else(|| self.arena.intern(Node::New { site, callee, args }))
                }
            },
            Node::Call { site, callee, args } => self.rebuilt_call(site, callee, args, None),
            Node::Coerce(Coercion::Copy, inner) => match self.written_out(inner) {
                Some(value) => value,
                None => self.arena.intern(node),
            },
            Node::Derived(operator, operands) if let (true, &[text]) = (self.arena.is_form(operator), &*operands) => {
                self.arena.formed(operator, text)
            }
            Node::Derived(operator, operands) if self.arena.text(operator) == RETURNS => self.came_back(&operands),
            Node::Derived(operator, operands) if self.arena.text(operator) == CHANGED => self.changed(&operands),
            Node::Derived(operator, operands) if self.arena.text(operator) == ONE_OF_MANY => {
                // Of many spreads one has the key, as it turns out.
                let mut known: Vec<V> = operands.into_iter().filter(|value| *value != Arena::UNDEFINED).collect();
                known.sort_unstable();
                known.dedup();
                match known.as_slice() {
                    [] => Arena::UNDEFINED,
                    [only] => *only,
                    _ => self.arena.intern(Node::Derived(operator, known)),
                }
            }
            Node::Object(mut entries) => {
                // Spreads that are known now are copied in.
                if entries.iter().any(|e| e.key == Key::Spread && !matches!(self.arena.node(e.value), Node::Param(..)))
                {
                    let mut flat = Vec::new();
                    for entry in entries {
                        self.flatten(&mut flat, entry, 0);
                    }
                    entries = flat;
                }
                if entries.iter().any(|entry| matches!(entry.key, Key::Computed(_))) {
                    entries = self.by_names(entries);
                }
                self.arena.intern(Node::Object(entries))
            }
            Node::Array(items) => {
                let mut flat = Vec::new();
                for item in items {
                    match self.arena.node(item.value) {
                        Node::Array(inner)
                            if item.spread && item.cond == C::TRUE && flat.len() + inner.len() <= limits::GROWN =>
                        {
                            flat.extend(inner.clone());
                        }
                        _ => flat.push(item),
                    }
                }
                self.arena.intern(Node::Array(flat))
            }
            Node::Template(parts) => {
                let texts: Option<Vec<&str>> = parts.iter().map(|part| self.arena.as_str(*part)).collect();
                match texts.map(|texts| texts.concat()) {
                    Some(text) if text.len() <= limits::TEXT => self.arena.str(&text),
                    _ => self.arena.intern(Node::Template(parts)),
                }
            }
            node => self.arena.intern(node),
        }
    }

    /// `doc[isPaid ? 'paid' : 'due']`
    fn indexed_by_turns(&mut self, object: V, key: V) -> V {
        let keys = self.arena.alternatives(key);
        let is_known = keys.len() > 1 && keys.iter().all(|(_, key)| self.arena.as_str(*key).is_some());
        if !is_known || matches!(self.arena.node(object), Node::Object(_)) {
            return self.arena.intern(Node::Index(object, key));
        }
        let mut members = Vec::new();
        for (cond, key) in keys {
            if let Key::Name(name) = self.arena.key_of(key) {
                members.push((cond, self.member(object, name)));
            }
        }
        self.arena.one_of(members)
    }

    pub(super) fn flatten(&mut self, into: &mut Vec<Entry>, entry: Entry, depth: u32) {
        if into.len() >= limits::GROWN {
            if into.len() == limits::GROWN {
                let value = self.arena.cut();
                into.push(Entry { key: Key::Spread, value, cond: C::TRUE });
            }
            return;
        }
        if entry.key != Key::Spread || depth > limits::SPREADS {
            into.push(entry);
            return;
        }
        match self.arena.node(entry.value).clone() {
            Node::Object(inner) => {
                for e in inner {
                    let cond = self.arena.and(entry.cond, e.cond);
                    self.flatten(into, Entry { cond, ..e }, depth + 1);
                }
            }
            Node::OneOf(alternatives) => {
                for (c, value) in alternatives {
                    let cond = self.arena.and(entry.cond, c);
                    if cond != C::FALSE {
                        self.flatten(into, Entry { key: Key::Spread, value, cond }, depth + 1);
                    }
                }
            }
            Node::Undefined | Node::Null | Node::Bool(_) => {}
            _ => into.push(entry),
        }
    }
}

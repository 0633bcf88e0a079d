//! Members of values: methods and fields of instances, statics of classes, functions that stand beside each other.
//!
//! Input: an object and a name. Output: the value as far as it does not depend on a caller. Must not know: rules.

use super::instance::Instance;
use super::link::{Op, Project};
use crate::limits;
use crate::value::{COPIED, ClassRef, Coercion, FnRef, INJECTED, Node, Site, Sym, V};

/// How an instance was made: `new Repository(args)`.
#[derive(Clone, Copy)]
pub(super) struct Made<'a> {
    args: &'a [V],
    site: Site,
}

impl Made<'_> {
    /// What was given for a parameter of the constructor.
    pub(super) fn argument(&self, at: u32) -> Option<V> {
        self.args.get(at as usize).copied()
    }
}

impl Project {
    /// The function of this name beside another in an object literal. They are sorted by name.
    fn sibling(&self, func: FnRef, key: Sym) -> Option<FnRef> {
        let siblings = &self.function(func)?.siblings;
        let at = siblings.partition_point(|(name, _)| *name < key);
        siblings.get(at).filter(|(name, _)| *name == key).map(|(_, sibling)| *sibling)
    }

    /// `object.key` where the object may be an instance or a class.
    pub fn member(&mut self, object: V, key: Sym) -> V {
        match self.arena.node(object).clone() {
            Node::Instance(class) => {
                let own = self.instance_member(class, key, None, object, 0).or_else(|| self.model_member(object, key));
                let own = own.or_else(|| self.part_of_type(class, key));
                own.unwrap_or_else(|| self.arena.member(object, key))
            }
            Node::New { site, callee, args } if matches!(self.arena.node(callee), Node::Class(_)) => {
                let Node::Class(class) = *self.arena.node(callee) else { return self.arena.member(object, key) };
                let made = Made { args: &args, site };
                self.instance_member(class, key, Some(made), object, 0)
                    .unwrap_or_else(|| self.arena.member(object, key))
            }
            Node::This(func) if self.sibling(func, key).is_some() => {
                let sibling = self.sibling(func, key).unwrap_or(func);
                self.arena.intern(Node::Func(sibling))
            }
            Node::Call { .. } | Node::New { .. } | Node::Element(_) | Node::Query { .. } | Node::This(_) => {
                let own = self.model_member(object, key).or_else(|| self.computed(object, key));
                let own = own.or_else(|| self.populated_member(object, key));
                let own = own.or_else(|| self.given_field(object, key)).or_else(|| self.put_on(object, key));
                own.unwrap_or_else(|| self.arena.member(object, key))
            }
            Node::Class(class) => {
                if self.arena.text(key) == "name" {
                    let name = self.class(class).map(|class| class.name.clone()).unwrap_or_default();
                    return self.arena.str(&name);
                }
                let found = self
                    .class(class)
                    .and_then(|class| class.statics.iter().rev().find(|(name, _)| *name == key))
                    .map(|(_, v)| *v);
                found.unwrap_or_else(|| self.arena.member(object, key))
            }
            Node::OneOf(alternatives) => {
                let alternatives = alternatives.into_iter().map(|(c, v)| (c, self.member(v, key))).collect();
                self.arena.one_of(alternatives)
            }
            // Guest.prototype.enter
            Node::Member(class, name) if self.arena.text(name) == "prototype" => match *self.arena.node(class) {
                Node::Class(class) => {
                    let of = self.arena.intern(Node::Instance(class));
                    self.instance_member(class, key, None, of, 0).unwrap_or_else(|| self.arena.member(object, key))
                }
                _ => self.handed_on(object, key).unwrap_or_else(|| self.arena.member(object, key)),
            },
            Node::Member(..) if let Some(found) = self.populated_member(object, key) => found,
            Node::Member(holder, field) if let Some(given) = self.taken_part(holder, field, key) => given,
            Node::Member(..) => self.handed_on(object, key).unwrap_or_else(|| self.arena.member(object, key)),
            Node::Param(..) if let Some(part) = self.given_part(object, key) => part,
            Node::Param(func, at) => {
                let own = self.put_on(object, key).or_else(|| self.typed_method(object, func, at, key));
                let own = own.or_else(|| self.typed_part(func, at, key));
                own.unwrap_or_else(|| self.arena.member(object, key))
            }
            Node::Global(_) => self.put_on(object, key).unwrap_or_else(|| self.arena.member(object, key)),
            _ => self.arena.member(object, key),
        }
    }

    /// `draft.slug` of `const draft = new Page({ slug })`, where the field is a value that nothing changes in place.
    fn given_field(&mut self, object: V, key: Sym) -> Option<V> {
        let Node::New { callee, args, .. } = self.arena.node(object).clone() else { return None };
        let value = self.arena.member_of(*args.first()?, key)?;
        let is_plain = self.arena.is_of_parameter(value) || self.arena.is_literal(value);
        (is_plain && self.handle_of(callee, 0).is_some()).then_some(value)
    }

    /// The method of a parameter that is declared to be of a class, or of an interface behind which there is one class.
    fn typed_method(&mut self, object: V, func: FnRef, at: u32, key: Sym) -> Option<V> {
        let class = self.type_of_parameter(func, at)?;
        if self.is_unbound(class)
            && let Some(one) = self.one_of_implementers(class, &self.name_of_parameter(func, at))
        {
            let method = self.member(one, key);
            return (!self.targets(method).is_empty()).then_some(method);
        }
        let class = self.concrete(class);
        let is_method = self.methods_of(class).contains(&key);
        let method = is_method.then(|| self.instance_member(class, key, None, object, 0)).flatten()?;
        matches!(self.arena.node(method), Node::Func(_)).then_some(method)
    }

    fn name_of_parameter(&self, func: FnRef, at: u32) -> String {
        let function = self.function(func);
        let name = function.and_then(|function| function.param_names.get(at as usize));
        format!("{}.{}", function.map_or("", |function| &function.name), name.map_or("", |name| name))
    }

    /// What a field is that is declared to be of an interface, or of an abstract class, behind which there are several classes.
    fn implemented(&mut self, value: V, class: ClassRef, key: Sym) -> Option<V> {
        let Node::Instance(of) = *self.arena.node(value) else { return None };
        let place = format!("{}.{}", self.class(class)?.name, self.arena.text(key));
        self.one_of_implementers(of, &place)
    }

    /// The names of the methods of a class and of those that it extends.
    fn methods_of(&self, class: ClassRef) -> Vec<Sym> {
        let (mut names, mut at) = (Vec::new(), Some(class));
        for _ in 0..limits::LINEAGE {
            let Some(class) = at.and_then(|at| self.class(at)) else { break };
            names.extend(class.methods.iter().map(|(name, _)| *name));
            at = class.parent.and_then(|parent| match *self.arena.peek(parent) {
                Node::Class(parent) => Some(parent),
                _ => None,
            });
        }
        names
    }

    /// A method or field of the instance `of`, in this class of it or above; `made` is how it was made, where that is known.
    fn instance_member(&mut self, class: ClassRef, key: Sym, made: Option<Made<'_>>, of: V, depth: u32) -> Option<V> {
        let facts = self.class(class)?;
        if let Some((_, func)) = facts.methods.iter().find(|(name, _)| *name == key) {
            let func = *func;
            return Some(self.arena.intern(Node::Func(func)));
        }
        if let Some((_, value)) = facts.fields.iter().rev().find(|(name, _)| *name == key) {
            let value = *value;
            let value = self.field_of(class, value, of);
            let value = self.linked(value);
            // A copy of what the constructor is given is another one in each instance.
            let is_copy = matches!(self.arena.node(value), Node::Coerce(Coercion::Copy, _));
            if made.is_none() && is_copy && self.arena.is_open(value) {
                return None;
            }
            let value = self.constructed(class, value, made);
            let is_unbound = match *self.arena.node(value) {
                Node::Instance(class) => self.is_unbound(class),
                Node::Call { callee, .. } => {
                    matches!(self.arena.node(callee), Node::Global(name) if self.arena.text(*name) == INJECTED)
                }
                _ => false,
            };
            let is_open = matches!(*self.arena.node(value), Node::Instance(of) if self.is_one_of_many(of));
            if (is_unbound || is_open)
                && let Some(given) = self.taken(class, key, made)
            {
                return Some(given);
            }
            // What the callers of the constructor give comes before what a type says.
            if self.is_made_of_package(value)
                && let Some(at) = self.taken_at(class, key)
            {
                let given = made.and_then(|made| made.argument(at)).filter(|given| !self.arena.is_nothing(*given));
                if given.is_some() || self.is_constructed(class) {
                    return given.or_else(|| self.taken(class, key, made));
                }
            }
            if let Some(one) = self.implemented(value, class, key) {
                return Some(one);
            }
            if is_unbound {
                return None;
            }
            // A field that the constructor takes as a parameter or leaves empty is not known; what a plain object takes of a
            // parameter is what its maker gave.
            let is_given = made.is_none() && self.bindings.plain.contains(&class);
            return match self.arena.node(value) {
                _ if is_given && self.arena.is_of_parameter(value) => None,
                Node::Param(..) | Node::Null | Node::Undefined => None,
                Node::Array(items) if items.is_empty() => None,
                _ => Some(value),
            };
        }
        if let (Some(made), Some(copied)) =
            (made, facts.fields.iter().rev().find(|(name, _)| self.arena.text(*name) == COPIED))
        {
            // Object.assign(this, row)
            let copied = copied.1;
            // A row that may be an instance itself: `constructor(row: IPage)` of `class Page implements IPage`.
            if self.open_fields >= limits::OPEN_FIELDS {
                return None;
            }
            self.open_fields += 1;
            let copied = self.made_of(class, copied, made.args, made.site);
            let value = self.member(copied, key);
            self.open_fields -= 1;
            return Some(value);
        }
        let (parent, passed) = (facts.parent?, facts.super_args.clone());
        if depth > limits::SUPER_CALLS {
            return None;
        }
        let Node::Class(parent) = *self.arena.node(parent) else { return None };
        let Some(passed) = passed else { return self.instance_member(parent, key, made, of, depth + 1) };
        let mut args = Vec::new();
        for arg in passed {
            let arg = self.linked(arg);
            args.push(self.constructed(class, arg, made));
        }
        let site = made.map_or(Site(0), |made| made.site);
        self.instance_member(parent, key, Some(Made { args: &args, site }), of, depth + 1)
    }

    /// An instance of what is imported and not of the project, made with nothing: `schema: ZodSchema`.
    fn is_made_of_package(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::New { callee, args, .. } => args.is_empty() && !matches!(self.arena.node(*callee), Node::Class(_)),
            _ => false,
        }
    }

    /// A field that a class declares, as an instance of a class below it has it: `this.model = model(this.getName())` is the
    /// model of the class that says the name.
    fn field_of(&mut self, class: ClassRef, value: V, of: V) -> V {
        let below = match *self.arena.node(of) {
            Node::Instance(own) => own,
            Node::New { callee, .. } => match *self.arena.node(callee) {
                Node::Class(own) => own,
                _ => return value,
            },
            _ => return value,
        };
        let is_above = below != class && self.concrete(class) != below;
        if !is_above || !self.arena.is_open(value) || self.open_fields >= limits::OPEN_FIELDS {
            return value;
        }
        let method = self.class(class).and_then(|class| class.methods.first()).map(|(_, func)| *func);
        let Some(func) = method.or_else(|| self.constructors.get(&class).copied()) else { return value };
        let count = self.function(func).map_or(0, |function| function.params);
        let params: Vec<V> = (0..count).map(|at| self.arena.intern(Node::Param(func, at))).collect();
        self.open_fields += 1;
        let mut instance = Instance::new(func, &params, Some(of), Site(0));
        let value = self.instantiate(&mut instance, value);
        self.open_fields -= 1;
        value
    }

    /// `patron.blocked = list` where a setter takes it, as the call that it is.
    pub(super) fn set_by_function(&mut self, op: Op) -> Op {
        let Op::Assign { object, key: Some(key), value } = op else { return op };
        match self.setter(object, key) {
            Some(func) => {
                let callee = self.arena.intern(Node::Func(func));
                Op::Call { callee, recv: Some(object), name: Some(key), args: vec![value] }
            }
            None => Op::Assign { object, key: Some(key), value },
        }
    }

    fn setter(&self, object: V, key: Sym) -> Option<FnRef> {
        let class = match self.arena.node(object) {
            Node::Instance(class) => *class,
            Node::New { callee, .. } => match self.arena.node(*callee) {
                Node::Class(class) => *class,
                _ => return None,
            },
            Node::OneOf(alternatives) => return alternatives.iter().find_map(|(_, object)| self.setter(*object, key)),
            _ => return None,
        };
        let mut at = Some(class);
        for _ in 0..limits::LINEAGE {
            let class = self.class(at?)?;
            if let Some((_, func)) = class.setters.iter().find(|(name, _)| *name == key) {
                return Some(*func);
            }
            at = match self.arena.node(class.parent?) {
                Node::Class(parent) => Some(*parent),
                _ => None,
            };
        }
        None
    }

    /// A field of an instance that was made with these arguments.
    pub(super) fn made_of(&mut self, class: ClassRef, value: V, args: &[V], site: Site) -> V {
        let value = self.linked(value);
        self.constructed(class, value, Some(Made { args, site }))
    }

    /// A value of a constructor with the arguments with which the instance was made.
    fn constructed(&mut self, class: ClassRef, value: V, made: Option<Made<'_>>) -> V {
        let (Some(made), true) = (made, self.arena.is_open(value)) else { return value };
        let Some(constructor) = self.constructors.get(&class).copied() else { return value };
        // A field that is made of other fields, such as what a getter gives.
        let this = (self.open_fields < limits::OPEN_FIELDS).then(|| {
            let class = self.arena.intern(Node::Class(class));
            self.arena.intern(Node::New { site: made.site, callee: class, args: made.args.to_vec().into() })
        });
        self.open_fields += 1;
        let mut instance = Instance::new(constructor, made.args, this, made.site);
        let value = self.instantiate(&mut instance, value);
        self.open_fields -= 1;
        value
    }
}

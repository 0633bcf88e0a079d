//! Patterns: what destructuring and assignment bind.

use super::EffectKind;
use super::cell::Growth;
use super::eval::Eval;
use crate::value::{Arena, C, COPIED, Item, Key, Node, Sym, V};
use swc_ecma_ast::*;

/// How names are bound.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Bind {
    Declare,
    Assign,
}

impl<'a> Eval<'a> {
    pub(super) fn bind(&mut self, pattern: &'a Pat, value: V, how: Bind) {
        match pattern {
            Pat::Ident(ident) => {
                let name = self.arena.sym(&ident.id.sym);
                self.mark_dropped(value);
                self.bind_name(name, value, how);
            }
            Pat::Object(object) => self.bind_object(object, value, how),
            Pat::Array(array) => self.bind_array(array, value, how),
            Pat::Assign(assign) => {
                let value = self.or_default(value, &assign.right);
                self.bind(&assign.left, value, how);
            }
            Pat::Rest(rest) => self.bind(&rest.arg, value, how),
            Pat::Expr(target) => self.assign_to_expr(target, value),
            _ => {}
        }
    }

    pub(super) fn bind_name(&mut self, name: Sym, value: V, how: Bind) {
        match (how, self.resolve(name)) {
            (Bind::Assign, Some(var)) => self.set_var(var, value),
            _ => self.declare(name, value),
        }
    }

    /// `value`, or the default where the value is undefined. A parameter's default does not hide the parameter.
    fn or_default(&mut self, value: V, default: &'a Expr) -> V {
        let default = self.expr(default);
        match self.arena.node(value) {
            Node::Undefined => default,
            _ if self.arena.is_literal(default) => {
                match self.arena.node(default) {
                    Node::Null | Node::Undefined => self.mark_missing(value),
                    _ if self.arena.is_of_parameter(value) => self.frame.defaults.push((value, default)),
                    _ => {}
                }
                value
            }
            _ => {
                let missing = self.arena.intern(Node::Nullish(value));
                let present = self.arena.assume(C::TRUE, missing, false);
                let absent = self.arena.assume(C::TRUE, missing, true);
                if absent == C::FALSE {
                    return value;
                }
                self.arena.one_of(vec![(present, value), (absent, default)])
            }
        }
    }

    fn bind_object(&mut self, object: &'a ObjectPat, value: V, how: Bind) {
        for prop in &object.props {
            match prop {
                ObjectPatProp::KeyValue(pair) => {
                    let inner = match self.prop_key(&pair.key) {
                        Key::Name(key) => self.get(value, key),
                        Key::Computed(key) => self.arena.intern(Node::Index(value, key)),
                        Key::Spread => value,
                    };
                    self.bind(&pair.value, inner, how);
                }
                ObjectPatProp::Assign(assign) => {
                    let name = self.arena.sym(&assign.key.id.sym);
                    let mut inner = self.get(value, name);
                    if let Some(default) = &assign.value {
                        inner = self.or_default(inner, default);
                    }
                    self.bind_name(name, inner, how);
                }
                ObjectPatProp::Rest(rest) => {
                    let value = self.freeze(value);
                    let mut entries = vec![Self::entry(Key::Spread, value)];
                    entries.extend(self.assigned_by_now(value));
                    // const { _id, ...rest } = document: a document without its identity.
                    let id = self.arena.sym("_id");
                    if object.props.iter().any(|prop| self.is_named(prop, id)) {
                        entries.push(Self::entry(Key::Name(id), Arena::UNDEFINED));
                    }
                    // const { [id]: gone, ...rest } = document.cards
                    let computed = object.props.iter().filter_map(|prop| match prop {
                        ObjectPatProp::KeyValue(pair) => match self.prop_key(&pair.key) {
                            Key::Computed(key) => Some(key),
                            _ => None,
                        },
                        _ => None,
                    });
                    let computed: Vec<V> = computed.collect();
                    let copy = match computed.is_empty() {
                        true => self.new_cell(Node::Object(entries)),
                        false => self.omitted(value, computed),
                    };
                    self.bind(&rest.arg, copy, how);
                }
            }
        }
    }

    fn is_named(&mut self, prop: &'a ObjectPatProp, name: Sym) -> bool {
        match prop {
            ObjectPatProp::KeyValue(pair) => self.prop_key(&pair.key) == Key::Name(name),
            ObjectPatProp::Assign(assign) => *assign.key.id.sym == *self.arena.text(name),
            ObjectPatProp::Rest(_) => false,
        }
    }

    fn bind_array(&mut self, array: &'a ArrayPat, value: V, how: Bind) {
        for (at, element) in array.elems.iter().enumerate() {
            let Some(element) = element else { continue };
            let inner = match element {
                Pat::Rest(_) => value,
                _ => self.item(value, at),
            };
            self.bind(element, inner, how);
        }
    }

    /// `value[at]`
    pub(super) fn item(&mut self, value: V, at: usize) -> V {
        let content = match self.arena.node(value) {
            Node::Cell(cell) => self.content(*cell),
            _ => value,
        };
        if let Node::Array(items) = self.arena.node(content)
            && items.iter().take(at + 1).all(|item| !item.spread && item.cond == C::TRUE)
        {
            return items.get(at).map_or(Arena::UNDEFINED, |item| item.value);
        }
        let index = self.arena.num(at as f64);
        let value = self.freeze(value);
        self.arena.intern(Node::Index(value, index))
    }

    pub(super) fn assign_target(&mut self, target: &'a AssignTarget, value: V) {
        match target {
            AssignTarget::Simple(simple) => match simple {
                SimpleAssignTarget::Ident(ident) => {
                    let name = self.arena.sym(&ident.id.sym);
                    self.assign_name(name, value);
                }
                SimpleAssignTarget::Member(member) => self.assign_member(member, value),
                SimpleAssignTarget::Paren(paren) => self.assign_to_expr(&paren.expr, value),
                SimpleAssignTarget::TsAs(cast) => self.assign_to_expr(&cast.expr, value),
                SimpleAssignTarget::TsNonNull(cast) => self.assign_to_expr(&cast.expr, value),
                SimpleAssignTarget::TsSatisfies(cast) => self.assign_to_expr(&cast.expr, value),
                SimpleAssignTarget::TsTypeAssertion(cast) => self.assign_to_expr(&cast.expr, value),
                _ => {}
            },
            AssignTarget::Pat(AssignTargetPat::Object(object)) => self.bind_object(object, value, Bind::Assign),
            AssignTarget::Pat(AssignTargetPat::Array(array)) => self.bind_array(array, value, Bind::Assign),
            AssignTarget::Pat(_) => {}
        }
    }

    fn assign_name(&mut self, name: Sym, value: V) {
        match self.resolve(name) {
            Some(var) => {
                self.set_var(var, value);
                self.set_flag(var, value);
            }
            None => {
                let object = self.arena.global("globalThis");
                self.assign_key(object, Key::Name(name), value);
            }
        }
    }

    pub(super) fn assign_to_expr(&mut self, target: &'a Expr, value: V) {
        match target {
            Expr::Ident(ident) => {
                let name = self.arena.sym(&ident.sym);
                self.assign_name(name, value);
            }
            Expr::Member(member) => self.assign_member(member, value),
            Expr::Paren(paren) => self.assign_to_expr(&paren.expr, value),
            Expr::TsAs(cast) => self.assign_to_expr(&cast.expr, value),
            Expr::TsNonNull(cast) => self.assign_to_expr(&cast.expr, value),
            Expr::TsTypeAssertion(cast) => self.assign_to_expr(&cast.expr, value),
            _ => {}
        }
    }

    fn assign_member(&mut self, member: &'a MemberExpr, value: V) {
        let object = self.expr(&member.obj);
        let key = match &member.prop {
            MemberProp::Ident(name) => Key::Name(self.arena.sym(&name.sym)),
            MemberProp::PrivateName(name) => Key::Name(self.arena.sym(&format!("#{}", name.name))),
            MemberProp::Computed(computed) => {
                let key = self.expr(&computed.expr);
                self.key_of(key)
            }
        };
        self.assigned_span = member.span;
        self.assign_key(object, key, value);
    }

    pub(super) fn key_of(&mut self, value: V) -> Key {
        let value = self.freeze(value);
        self.arena.key_of(value)
    }

    /// `object[key] = value`, on an object of this function or on one from outside.
    pub(super) fn assign_key(&mut self, object: V, key: Key, value: V) {
        match self.arena.node(object).clone() {
            // locks[key] = true on an object that outlives the call
            Node::Cell(cell)
                if cell < self.module_cells && matches!(key, Key::Computed(_)) && self.frame.func.0 != 0 =>
            {
                let object = self.freeze(object);
                let value = self.freeze(value);
                let site = self.site(self.assigned_span);
                self.effect(site, EffectKind::Assign { object, key: None, value });
            }
            // copy[at] = value
            Node::Cell(cell) if matches!(key, Key::Computed(_)) && self.is_copy(self.content(cell)) => {
                let copy = self.content(cell);
                self.assign_outside(copy, key, value);
            }
            Node::Cell(cell) => {
                let content = self.content(cell);
                let node = match self.is_copy(content) {
                    true => Node::Object(vec![Self::entry(Key::Spread, content)]),
                    false => self.arena.node(content).clone(),
                };
                let content = match (node, key) {
                    (Node::Object(mut entries), key) => {
                        match self.growth(entries.len(), entries.last().map(|entry| entry.value)) {
                            Growth::Full => return,
                            Growth::Last(rest) => entries.push(Self::entry(Key::Spread, rest)),
                            Growth::Free => entries.push(Self::entry(key, value)),
                        }
                        self.arena.intern(Node::Object(entries))
                    }
                    (Node::Array(mut items), _) => {
                        match self.growth(items.len(), items.last().map(|item| item.value)) {
                            Growth::Full => return,
                            Growth::Last(rest) => items.push(Item { value: rest, spread: true, cond: C::TRUE }),
                            Growth::Free => items.push(Item { value, spread: false, cond: C::TRUE }),
                        }
                        self.arena.intern(Node::Array(items))
                    }
                    _ => return,
                };
                self.set_content(cell, content);
            }
            Node::OneOf(alternatives) => {
                for (_, alternative) in alternatives {
                    self.assign_key(alternative, key, value);
                }
            }
            Node::Undefined | Node::Null => {}
            _ => self.assign_outside(object, key, value),
        }
    }

    fn assign_outside(&mut self, object: V, key: Key, value: V) {
        self.export_by_assignment(object, key, value);
        let object = self.freeze(object);
        let frozen = self.freeze(value);
        let site = self.site(self.assigned_span);
        let name = match key {
            Key::Name(name) => Some(name),
            // Object.assign(bed, row)
            Key::Spread => Some(self.arena.sym(COPIED)),
            Key::Computed(_) => None,
        };
        if !self.is_module_object(object) {
            self.effect(site, EffectKind::Assign { object, key: name, value: frozen });
        }
        if let Some(name) = name {
            let place = self.arena.intern(Node::Member(object, name));
            self.note_assigned(object, name);
            self.set_overlay(place, value);
        }
    }
}

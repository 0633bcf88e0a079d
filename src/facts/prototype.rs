//! Constructor functions: a function with methods on its prototype is a class.
//!
//! `function Accounts(db) { this.db = db; } Accounts.prototype.find = function (id) { … }`
//!
//! Input: declarations and assignments. Output: classes of the file. Must not know: MongoDB, other files.

use super::class::blank_class;
use super::eval::{Code, Eval, Pending};
use super::stmt::function_code;
use crate::value::{ClassRef, Entry, FnRef, Key, Node, V};
use swc_ecma_ast::*;
use swc_ecma_visit::{Visit, VisitWith};

/// The names of what has a prototype that is written to.
#[derive(Default)]
struct Prototypes {
    names: Vec<String>,
}

impl Visit for Prototypes {
    fn visit_member_expr(&mut self, node: &MemberExpr) {
        if let (Expr::Ident(owner), MemberProp::Ident(name)) = (&*node.obj, &node.prop)
            && name.sym == "prototype"
            && !self.names.iter().any(|known| *known == *owner.sym)
        {
            self.names.push(owner.sym.to_string());
        }
        node.visit_children_with(self);
    }
}

impl<'a> Eval<'a> {
    /// The names of the file's constructor functions, before it is evaluated.
    pub(super) fn find_prototypes(&mut self, program: &'a Program) {
        if self.text.contains(".prototype") {
            let mut found = Prototypes::default();
            program.visit_with(&mut found);
            self.prototypes = found.names;
        }
    }

    /// The class of a constructor function, whose code runs later; `None` for any other function.
    pub(super) fn constructor_function(&mut self, code: Code<'a>, name: &str) -> Option<V> {
        if !matches!(code, Code::Function(_)) || !self.prototypes.iter().any(|known| known == name) {
            return None;
        }
        let id = ClassRef(self.classes.len() as u32);
        self.classes.push(blank_class(name, None, Vec::new()));
        let func = self.define(code, "constructor");
        self.belongs(func, id);
        let this = self.arena.intern(Node::Instance(id));
        let pending = Pending { func, code, scope: self.scope, this };
        if let Some(last) = self.pending.last_mut() {
            last.push(pending);
        }
        Some(self.arena.intern(Node::Class(id)))
    }

    /// `Accounts.prototype.find = function (id) { … }`, `Accounts.prototype = { find: function (id) { … } }`
    pub(super) fn prototype_assignment(&mut self, node: &'a AssignExpr) -> Option<V> {
        if self.prototypes.is_empty() || node.op != AssignOp::Assign {
            return None;
        }
        let AssignTarget::Simple(SimpleAssignTarget::Member(member)) = &node.left else { return None };
        let MemberProp::Ident(name) = &member.prop else { return None };
        if !matches!(&*member.obj, Expr::Ident(_) | Expr::Member(_)) {
            return None;
        }
        let owner = self.expr(&member.obj);
        if let Node::Class(id) = *self.arena.node(owner)
            && name.sym == "prototype"
        {
            return self.prototype_object(id, &node.right);
        }
        let Node::Member(class, prototype) = *self.arena.node(owner) else { return None };
        let Node::Class(id) = *self.arena.node(class) else { return None };
        if self.arena.text(prototype) != "prototype" {
            return None;
        }
        let code = function_code(&node.right)?;
        Some(self.prototype_method(id, &name.sym, code))
    }

    fn prototype_object(&mut self, id: ClassRef, object: &'a Expr) -> Option<V> {
        match object {
            Expr::Object(object) => {
                for prop in &object.props {
                    let PropOrSpread::Prop(prop) = prop else { continue };
                    let (key, code) = match &**prop {
                        Prop::KeyValue(pair) => (&pair.key, function_code(&pair.value)),
                        Prop::Method(method) => (&method.key, Some(Code::Function(&method.function))),
                        _ => continue,
                    };
                    if let (Key::Name(name), Some(code)) = (self.prop_key(key), code) {
                        let name = self.arena.text(name).to_owned();
                        self.prototype_method(id, &name, code);
                    }
                }
                Some(self.arena.intern(Node::Class(id)))
            }
            // Object.create(Base.prototype), new Base()
            _ => {
                let value = self.expr(object);
                let parent = match self.arena.node(value) {
                    Node::New { callee, .. } => Some(*callee),
                    Node::Instance(parent) => {
                        let parent = *parent;
                        Some(self.arena.intern(Node::Class(parent)))
                    }
                    Node::Derived(op, operands) if self.arena.text(*op) == "Object.create" => operands.first().copied(),
                    _ => None,
                };
                self.inherit(id, parent?);
                Some(value)
            }
        }
    }

    /// `util.inherits(Accounts, Base)`
    pub(super) fn inherits(&mut self, name: &str, args: &[V]) {
        if let ("inherits", [class, parent]) = (name, args)
            && let Node::Class(id) = *self.arena.node(*class)
        {
            self.inherit(id, *parent);
        }
    }

    fn inherit(&mut self, id: ClassRef, parent: V) {
        let parent = match self.arena.node(parent) {
            Node::Member(class, name) if self.arena.text(*name) == "prototype" => *class,
            _ => parent,
        };
        if let Some(class) = self.classes.get_mut(id.0 as usize) {
            class.parent = Some(parent);
        }
    }

    fn prototype_method(&mut self, id: ClassRef, name: &str, code: Code<'a>) -> V {
        let owner = self.classes.get(id.0 as usize).map(|class| class.name.clone()).unwrap_or_default();
        let func = self.define(code, &format!("{owner}.{name}"));
        self.belongs(func, id);
        let this = self.arena.intern(Node::Instance(id));
        let pending = Pending { func, code, scope: self.scope, this };
        if let Some(last) = self.pending.last_mut() {
            last.push(pending);
        }
        let name = self.arena.sym(name);
        if let Some(class) = self.classes.get_mut(id.0 as usize) {
            class.methods.push((name, func));
        }
        self.arena.intern(Node::Func(func))
    }

    /// `Object.assign(Accounts.prototype, { find() { … } })`: says whether the target is a prototype.
    pub(super) fn mix_in(&mut self, target: V, entries: &[Entry]) -> bool {
        let Node::Member(class, prototype) = *self.arena.node(target) else { return false };
        let Node::Class(id) = *self.arena.node(class) else { return false };
        if self.arena.text(prototype) != "prototype" {
            return false;
        }
        for entry in entries {
            if let (Key::Name(name), Node::Func(func)) = (entry.key, self.arena.node(entry.value))
                && let Some(class) = self.classes.get_mut(id.0 as usize)
            {
                class.methods.push((name, *func));
            }
        }
        true
    }

    fn belongs(&mut self, func: FnRef, id: ClassRef) {
        if let Some(facts) = self.functions.get_mut(func.0 as usize) {
            facts.class = Some(id);
        }
    }

    /// The fields that a constructor function has left, once it was evaluated.
    pub(super) fn constructed_fields(&mut self, func: FnRef, code: Code<'a>, this: V) {
        let (Code::Function(_), Node::Instance(id)) = (code, self.arena.node(this)) else { return };
        let id = *id;
        let is_own = self
            .functions
            .get(func.0 as usize)
            .is_some_and(|facts| facts.name == "constructor" && facts.class == Some(id));
        if is_own {
            for (key, value) in self.assigned_to(func, this) {
                self.forget_overlay(this, key);
                self.add_field(id, false, key, Some(value));
            }
        }
    }
}

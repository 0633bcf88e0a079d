//! Operators and assignments.
//!
//! Input: expressions with operands. Output: values in one form for the ways to write them. Must not know: MongoDB.

use super::eval::Eval;
use crate::limits;
use crate::value::{Arena, C, Coercion, Compare, Node, Numeral, V};
use swc_ecma_ast::*;

impl<'a> Eval<'a> {
    /// One of two values by a test, with both sides evaluated as branches.
    pub(super) fn choose(
        &mut self,
        test: V,
        then: impl FnOnce(&mut Self) -> V,
        otherwise: impl FnOnce(&mut Self) -> V,
    ) -> V {
        self.mark_decisive(test);
        let cond = self.cond;
        let yes = self.arena.assume(cond, test, true);
        let no = self.arena.assume(cond, test, false);
        let (mut a, mut b) = (Arena::UNDEFINED, Arena::UNDEFINED);
        let first = self.branch(yes, |eval| a = then(eval));
        let second = self.branch(no, |eval| b = otherwise(eval));
        self.join(test, first, second);
        if yes == C::FALSE {
            return b;
        }
        if no == C::FALSE {
            return a;
        }
        let yes = self.arena.assume(C::TRUE, test, true);
        let no = self.arena.assume(C::TRUE, test, false);
        self.arena.one_of(vec![(yes, a), (no, b)])
    }

    pub(super) fn binary(&mut self, node: &'a BinExpr) -> V {
        match node.op {
            BinaryOp::LogicalAnd => {
                let left = self.expr(&node.left);
                let test = self.freeze(left);
                self.choose(test, |eval| eval.expr(&node.right), |_| left)
            }
            BinaryOp::LogicalOr => {
                let left = self.expr(&node.left);
                if self.is_kept_model(left) {
                    return self.expr(&node.right);
                }
                let test = self.freeze(left);
                self.choose(test, |_| left, |eval| eval.expr(&node.right))
            }
            BinaryOp::NullishCoalescing => {
                let left = self.expr(&node.left);
                if self.is_kept_model(left) {
                    return self.expr(&node.right);
                }
                let frozen = self.freeze(left);
                let missing = self.nullish(frozen);
                self.choose(missing, |eval| eval.expr(&node.right), |_| left)
            }
            _ => {
                let left = self.expr(&node.left);
                let right = self.expr(&node.right);
                let (left, right) = (self.freeze(left), self.freeze(right));
                self.operate(node.op, left, right)
            }
        }
    }

    /// `mongoose.models.User` of `mongoose.models.User || mongoose.model('User', schema)`: the same, where it was made before.
    fn is_kept_model(&self, value: V) -> bool {
        let Node::Member(models, _) = self.arena.node(value) else { return false };
        match self.arena.node(*models) {
            Node::Member(library, name) => {
                self.arena.text(*name) == "models"
                    && matches!(self.arena.node(*library), Node::Import { module, .. } if self.arena.text(*module) == "mongoose")
            }
            Node::Import { module, name } => {
                self.arena.text(*name) == "models" && self.arena.text(*module) == "mongoose"
            }
            _ => false,
        }
    }

    fn operate(&mut self, op: BinaryOp, left: V, right: V) -> V {
        let (left, right) = (self.found_index(left), self.found_index(right));
        match op {
            BinaryOp::EqEq | BinaryOp::EqEqEq => self.equal(left, right),
            BinaryOp::NotEq | BinaryOp::NotEqEq => {
                let equal = self.equal(left, right);
                self.arena.not(equal)
            }
            BinaryOp::Lt => self.arena.intern(Node::Compare(Compare::Less, left, right)),
            BinaryOp::Gt => self.arena.intern(Node::Compare(Compare::Less, right, left)),
            BinaryOp::LtEq => {
                let greater = self.arena.intern(Node::Compare(Compare::Less, right, left));
                self.arena.not(greater)
            }
            BinaryOp::GtEq => {
                let less = self.arena.intern(Node::Compare(Compare::Less, left, right));
                self.arena.not(less)
            }
            BinaryOp::Add if self.arena.as_str(left).is_some() || self.is_text(left) || self.is_text(right) => {
                self.concat(left, right)
            }
            other => self.arena.derived(other.as_str(), vec![left, right]),
        }
    }

    fn is_text(&self, value: V) -> bool {
        matches!(self.arena.node(value), Node::Str(_) | Node::Template(_) | Node::Coerce(Coercion::Text, _))
    }

    pub(super) fn concat(&mut self, left: V, right: V) -> V {
        let mut parts = Vec::new();
        for side in [left, right] {
            match self.arena.node(side).clone() {
                Node::Template(inner) => parts.extend(inner),
                _ => parts.push(side),
            }
        }
        let texts: Option<Vec<&str>> = parts.iter().map(|part| self.arena.as_str(*part)).collect();
        match texts.map(|texts| texts.concat()) {
            Some(text) if text.len() <= limits::TEXT => self.arena.str(&text),
            _ if parts.len() > limits::GROWN => self.arena.cut(),
            _ => self.arena.intern(Node::Template(parts)),
        }
    }

    pub(super) fn nullish(&mut self, value: V) -> V {
        match self.arena.truth(C::TRUE, value) {
            Some(true) => self.arena.bool(false),
            _ => match self.arena.node(value) {
                Node::Undefined | Node::Null => self.arena.bool(true),
                _ => self.arena.intern(Node::Nullish(value)),
            },
        }
    }

    /// `left === right`, in one form for the ways to write it.
    pub(super) fn equal(&mut self, left: V, right: V) -> V {
        let (left, right) = (self.freeze(left), self.freeze(right));
        let (left, right) = if self.arena.is_literal(left) { (right, left) } else { (left, right) };
        match self.arena.node(right) {
            Node::Undefined | Node::Null => return self.nullish(left),
            Node::Bool(true) if self.is_condition(left) => return left,
            Node::Bool(false) if self.is_condition(left) => return self.arena.not(left),
            _ => {}
        }
        // typeof x === 'undefined'
        if let Node::Derived(op, operands) = self.arena.node(left)
            && self.arena.text(*op) == "typeof"
            && self.arena.as_str(right) == Some("undefined")
            && let [operand] = operands.as_slice()
        {
            let operand = *operand;
            return self.nullish(operand);
        }
        if self.arena.is_literal(left) && self.arena.is_literal(right) {
            return self.arena.bool(left == right);
        }
        let (left, right) = if !self.arena.is_literal(right) && right < left { (right, left) } else { (left, right) };
        self.arena.intern(Node::Compare(Compare::Equal, left, right))
    }

    fn is_condition(&self, value: V) -> bool {
        matches!(
            self.arena.node(value),
            Node::Not(_)
                | Node::And(_)
                | Node::Or(_)
                | Node::Compare(..)
                | Node::Nullish(_)
                | Node::Query { .. }
                | Node::Member(..)
                | Node::Param(..)
                | Node::Call { .. }
                | Node::OneOf(_)
        )
    }

    pub(super) fn unary(&mut self, node: &'a UnaryExpr) -> V {
        let value = self.expr(&node.arg);
        match node.op {
            UnaryOp::Bang => {
                let value = self.freeze(value);
                if let Some(known) = self.arena.truth(C::TRUE, value) {
                    return self.arena.bool(!known);
                }
                self.arena.not(value)
            }
            UnaryOp::Void => Arena::UNDEFINED,
            UnaryOp::Minus => match self.arena.node(value) {
                Node::Num(bits) => {
                    let n = -f64::from_bits(*bits);
                    self.arena.num(n)
                }
                _ => {
                    let value = self.freeze(value);
                    self.arena.derived("neg", vec![value])
                }
            },
            UnaryOp::Plus => {
                let value = self.freeze(value);
                self.number_of(Numeral::Whole, value)
            }
            UnaryOp::TypeOf => {
                let value = self.freeze(value);
                self.arena.derived("typeof", vec![value])
            }
            UnaryOp::Delete => {
                self.assigned_span = node.span;
                self.assign_to_expr(&node.arg, Arena::UNDEFINED);
                self.arena.bool(true)
            }
            _ => {
                let value = self.freeze(value);
                self.arena.derived("~", vec![value])
            }
        }
    }

    pub(super) fn assign(&mut self, node: &'a AssignExpr) -> V {
        if let Some(value) = self.prototype_assignment(node) {
            return value;
        }
        if node.op == AssignOp::Assign {
            self.naming = assigned_name(&node.left);
            let value = self.expr(&node.right);
            self.naming = None;
            if self.is_computed_text(value) {
                self.place(value, swc_common::Spanned::span(&*node.right));
            }
            self.assigned_span = node.span;
            self.assign_target(&node.left, value);
            return value;
        }
        let old = match &node.left {
            AssignTarget::Simple(SimpleAssignTarget::Ident(ident)) => self.ident(&ident.id),
            AssignTarget::Simple(SimpleAssignTarget::Member(member)) => self.member_expr(member),
            _ => self.opaque(node.span),
        };
        let frozen = self.freeze(old);
        match node.op {
            AssignOp::AndAssign | AssignOp::OrAssign | AssignOp::NullishAssign => {
                let (test, keep) = match node.op {
                    AssignOp::AndAssign => (frozen, false),
                    AssignOp::OrAssign => (frozen, true),
                    _ => {
                        let missing = self.nullish(frozen);
                        (self.arena.not(missing), true)
                    }
                };
                let mut value = old;
                let set = |eval: &mut Self, value: &mut V| {
                    let new = eval.expr(&node.right);
                    eval.assigned_span = node.span;
                    eval.assign_target(&node.left, new);
                    *value = new;
                };
                if keep {
                    self.split(test, |_| {}, |eval| set(eval, &mut value));
                } else {
                    self.split(test, |eval| set(eval, &mut value), |_| {});
                }
                let cond = self.arena.assume(C::TRUE, test, keep);
                let other = self.arena.assume(C::TRUE, test, !keep);
                self.arena.one_of(vec![(cond, old), (other, value)])
            }
            op => {
                let right = self.expr(&node.right);
                let right = self.freeze(right);
                let value = match op.to_update() {
                    Some(op) => self.operate(op, frozen, right),
                    None => self.opaque(node.span),
                };
                self.assigned_span = node.span;
                self.assign_target(&node.left, value);
                value
            }
        }
    }
}

fn assigned_name(target: &AssignTarget) -> Option<String> {
    match target {
        AssignTarget::Simple(SimpleAssignTarget::Ident(ident)) => Some(ident.id.sym.to_string()),
        AssignTarget::Simple(SimpleAssignTarget::Member(member)) => match &member.prop {
            MemberProp::Ident(name) => Some(name.sym.to_string()),
            _ => None,
        },
        _ => None,
    }
}

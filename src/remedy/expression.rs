//! A value computed from a loaded document, as an expression that the server computes from the stored one.
//!
//! Source: MongoDB manual, "Aggregation Operators". Input: a value. Output: its expression; none where no operator says exactly the
//! same. Must not know: filters, updates.

use super::subject::Subject;
use crate::race::expression::{Expression, Operator};
use crate::value::{Coercion, Node, V};
use std::rc::Rc;

type Exact = Option<Expression<V>>;

impl Subject<'_> {
    pub fn expression(&mut self, value: V) -> Exact {
        if let Some(path) = self.length_of(value) {
            return Some(call(Operator::Size, vec![or_else(path, Expression::List(Vec::new()))]));
        }
        if let Some(path) = self.field(value) {
            return Some(field(path));
        }
        if let Some(defaulted) = self.defaulted(value) {
            return Some(or_else(defaulted.path, Expression::Value(defaulted.value)));
        }
        if !self.mentions(value) {
            return Some(Expression::Value(value));
        }
        match self.node(value) {
            Node::Derived(operator, operands) => {
                let operator = self.text(operator);
                if operator == "+" && operands.iter().any(|operand| self.is_text(*operand)) {
                    return self.joined(&operands);
                }
                let operator = arithmetic(&operator)?;
                Some(call(operator, operands.into_iter().map(|v| self.expression(v)).collect::<Option<_>>()?))
            }
            Node::Template(parts) => self.joined(&parts),
            Node::Not(inner) => Some(call(Operator::Not, vec![self.expression(inner)?])),
            Node::Coerce(Coercion::Number(_) | Coercion::Copy, inner) => self.expression(inner),
            _ => None,
        }
    }

    /// A text of parts; one that is missing is empty, or the whole would be null.
    fn joined(&mut self, parts: &[V]) -> Exact {
        let mut joined = Vec::new();
        for part in parts {
            joined.push(match self.field(*part) {
                Some(path) => or_else(path, Expression::Value(self.project.arena.str(""))),
                None => self.expression(*part)?,
            });
        }
        Some(call(Operator::Concat, joined))
    }

    fn is_text(&self, value: V) -> bool {
        matches!(self.project.arena.peek(value), Node::Str(_) | Node::Template(_))
    }
}

/// The operators that give what JavaScript gives. `$round` rounds halves to even, and is none of them.
fn arithmetic(operator: &str) -> Option<Operator> {
    Some(match operator {
        "+" => Operator::Add,
        "-" => Operator::Subtract,
        "*" => Operator::Multiply,
        "/" => Operator::Divide,
        "%" => Operator::Mod,
        "Math.max" => Operator::Max,
        "Math.min" => Operator::Min,
        "Math.floor" => Operator::Floor,
        "Math.ceil" => Operator::Ceil,
        "Math.abs" => Operator::Abs,
        _ => return None,
    })
}

pub fn field(path: String) -> Expression<V> {
    Expression::Field(Rc::from(path))
}

pub fn call(operator: Operator, arguments: Vec<Expression<V>>) -> Expression<V> {
    Expression::Call(operator, arguments)
}

fn or_else(path: String, otherwise: Expression<V>) -> Expression<V> {
    call(Operator::IfNull, vec![field(path), otherwise])
}

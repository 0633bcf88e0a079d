//! Fields of classes, as their decorators declare them.
//!
//! Sources: Typegoose, "Prop Decorator"; `@nestjs/mongoose`, `@Prop`. Input: a field of a class. Output: what is said of it, and where
//! more could be; none where no decorator declares it, or one in another form. Must not know: indexes, other files.

use super::DeclaredField;
use super::eval::Eval;
use crate::value::Sym;
use swc_common::{Span, Spanned};
use swc_ecma_ast::*;

/// Options after which it is not known what another index would do.
const UNKNOWN: [&str; 5] = ["unique", "sparse", "default", "expires", "text"];

impl<'a> Eval<'a> {
    pub(super) fn declared_field(&mut self, name: Sym, prop: &'a ClassProp) -> Option<DeclaredField> {
        let call = prop.decorators.iter().find_map(|decorator| match &*decorator.expr {
            Expr::Call(call) if is_prop(call) => Some(call),
            _ => None,
        })?;
        let options = match call.args.as_slice() {
            [] => None,
            [only] if only.spread.is_none() => match &*only.expr {
                Expr::Object(options) if !options.props.is_empty() => Some(options),
                _ => return None,
            },
            _ => return None,
        };
        let said = options.map(said).unwrap_or_else(|| Some(Vec::new()))?;
        if said.iter().any(|(name, _)| UNKNOWN.contains(&name.as_str())) {
            return None;
        }
        let value = |asked: &str| said.iter().find(|(name, _)| name == asked).map(|(_, value)| *value);
        let is_required = matches!(value("required"), Some(Expr::Lit(Lit::Bool(required))) if required.value);
        let is_list = prop.type_ann.as_deref().is_some_and(|annotation| is_list_type(&annotation.type_ann))
            || value("type").is_some_and(is_list);
        let end = match options.and_then(|options| options.props.last()) {
            Some(last) => last.span(),
            // Before the bracket that closes the call.
            None => Span { lo: call.span.lo, hi: call.span.hi - swc_common::BytePos(1) },
        };
        Some(DeclaredField {
            name,
            options: self.site(end),
            has_options: options.is_some(),
            is_list,
            is_optional: prop.is_optional || !is_required,
        })
    }
}

fn is_prop(call: &CallExpr) -> bool {
    let Callee::Expr(callee) = &call.callee else { return false };
    matches!(&**callee, Expr::Ident(name) if matches!(&*name.sym, "prop" | "Prop"))
}

/// Names and values of options; none where one of them is not written here.
fn said(options: &ObjectLit) -> Option<Vec<(String, &Expr)>> {
    options
        .props
        .iter()
        .map(|prop| {
            let PropOrSpread::Prop(prop) = prop else { return None };
            let Prop::KeyValue(pair) = &**prop else { return None };
            let PropName::Ident(name) = &pair.key else { return None };
            Some((name.sym.to_string(), &*pair.value))
        })
        .collect()
}

/// `[String]`, `() => [String]`
fn is_list(value: &Expr) -> bool {
    match value {
        Expr::Array(_) => true,
        Expr::Arrow(arrow) => matches!(&*arrow.body, ArrowFunctionBody::Expr(body) if is_list(body)),
        Expr::Paren(paren) => is_list(&paren.expr),
        // A map has no value that could be told apart as one.
        Expr::Ident(name) => matches!(&*name.sym, "Array" | "Map" | "Set"),
        _ => false,
    }
}

/// `string[]`, `Array<string>`, and either of these or nothing.
fn is_list_type(kind: &TsType) -> bool {
    match kind {
        TsType::TsArrayType(_) | TsType::TsTupleType(_) => true,
        TsType::TsTypeRef(reference) => {
            let name = match &reference.type_name {
                TsEntityName::Ident(name) => &name.sym,
                TsEntityName::TsQualifiedName(name) => &name.right.sym,
            };
            ["Array", "Map", "Set"].iter().any(|list| name.ends_with(list))
        }
        TsType::TsUnionOrIntersectionType(TsUnionOrIntersectionType::TsUnionType(union)) => {
            union.types.iter().any(|part| is_list_type(part))
        }
        _ => false,
    }
}

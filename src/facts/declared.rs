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

/// The kind of a declared field, as far as it decides which values count as false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared {
    Bool,
    Number,
    Text,
    /// An identifier, a time, bytes: each value that is there counts as true.
    There,
}

impl Declared {
    /// The kind of a type by its name: `Number` of `mongoose.Schema.Types.Number`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "Boolean" => Some(Self::Bool),
            "Number" | "Decimal128" | "Long" | "Double" | "Int32" => Some(Self::Number),
            "String" => Some(Self::Text),
            "ObjectId" | "ObjectID" | "Date" | "Buffer" | "UUID" => Some(Self::There),
            _ => None,
        }
    }
}

/// `Boolean`, `mongoose.Schema.Types.ObjectId`, `() => Number`
fn kind_of_value(value: &Expr) -> Option<Declared> {
    match value {
        Expr::Ident(name) => Declared::named(&name.sym),
        Expr::Member(member) => match &member.prop {
            MemberProp::Ident(name) => Declared::named(&name.sym),
            _ => None,
        },
        Expr::Arrow(arrow) => match &*arrow.body {
            ArrowFunctionBody::Expr(body) => kind_of_value(body),
            _ => None,
        },
        Expr::Paren(paren) => kind_of_value(&paren.expr),
        _ => None,
    }
}

/// `boolean`, `Date`, `Types.ObjectId`, `'open' | 'done'`, and either of these or nothing.
fn kind_of_type(kind: &TsType) -> Option<Declared> {
    match kind {
        TsType::TsKeywordType(keyword) => match keyword.kind {
            TsKeywordTypeKind::TsBooleanKeyword => Some(Declared::Bool),
            TsKeywordTypeKind::TsNumberKeyword => Some(Declared::Number),
            TsKeywordTypeKind::TsStringKeyword => Some(Declared::Text),
            _ => None,
        },
        TsType::TsLitType(literal) => match literal.lit {
            TsLit::Bool(_) => Some(Declared::Bool),
            TsLit::Number(_) => Some(Declared::Number),
            TsLit::Str(_) => Some(Declared::Text),
            _ => None,
        },
        TsType::TsTypeRef(reference) => match &reference.type_name {
            TsEntityName::Ident(name) => Declared::named(&name.sym),
            TsEntityName::TsQualifiedName(name) => Declared::named(&name.right.sym),
        },
        TsType::TsUnionOrIntersectionType(TsUnionOrIntersectionType::TsUnionType(union)) => {
            let is_nothing = |part: &TsType| {
                matches!(part, TsType::TsKeywordType(keyword)
                    if matches!(keyword.kind, TsKeywordTypeKind::TsNullKeyword | TsKeywordTypeKind::TsUndefinedKeyword))
            };
            let mut kinds = union.types.iter().filter(|part| !is_nothing(part)).map(|part| kind_of_type(part));
            let first = kinds.next()??;
            kinds.all(|kind| kind == Some(first)).then_some(first)
        }
        _ => None,
    }
}

impl<'a> Eval<'a> {
    /// The kind of a field of a class: what its decorator says, or the type of the member, which the decorator takes where it says none.
    ///
    /// Source: `@nestjs/mongoose`, `@Prop`: "the type is inferred from the metadata of the member"; Typegoose, "type".
    pub(super) fn declared_kind(prop: &ClassProp) -> Option<Declared> {
        let call = prop.decorators.iter().find_map(|decorator| match &*decorator.expr {
            Expr::Call(call) if is_prop(call) => Some(call),
            _ => None,
        })?;
        let options = call.args.iter().find_map(|arg| match &*arg.expr {
            Expr::Object(options) => Some(options),
            _ => None,
        });
        let kind = options.and_then(|options| {
            options.props.iter().find_map(|prop| match prop {
                PropOrSpread::Prop(prop) => match &**prop {
                    Prop::KeyValue(pair) if matches!(&pair.key, PropName::Ident(name) if name.sym == "type") => {
                        Some(&*pair.value)
                    }
                    _ => None,
                },
                PropOrSpread::Spread(_) => None,
            })
        });
        match (kind, &prop.type_ann) {
            (Some(kind), _) => kind_of_value(kind),
            (None, Some(annotation)) => kind_of_type(&annotation.type_ann),
            (None, None) => None,
        }
    }

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

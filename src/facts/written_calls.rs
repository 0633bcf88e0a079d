//! The calls that may be writes, described as they are written.
//!
//! Input: a call and the text of the file. Output: [`WrittenCall`], without values.
//! Must not know: what the methods mean.

use super::eval::Eval;
use super::written::{Argument, Literal, Property, Written, WrittenCall};
use crate::limits;
use swc_common::{Span, Spanned};
use swc_ecma_ast::*;

/// Names of methods that may write a document.
const MAY_WRITE: [&str; 17] = [
    "updateOne",
    "updateMany",
    "update",
    "findOneAndUpdate",
    "findByIdAndUpdate",
    "findAndModify",
    "findOneAndReplace",
    "replaceOne",
    "bulkWrite",
    "save",
    "insertOne",
    "insertMany",
    "insert",
    "create",
    "updateAsync",
    "insertAsync",
    "upsert",
];

impl<'a> Eval<'a> {
    /// Describes a call that may be a write, and notes what names mean there.
    pub(super) fn note_written(&mut self, member: &'a MemberExpr, args: &'a [ExprOrSpread], span: Span) {
        let MemberProp::Ident(name) = &member.prop else { return };
        // A chain holds the texts of all calls before its last.
        let is_long = self.source(span).len() > limits::WRITTEN;
        if is_long || !MAY_WRITE.contains(&name.sym.as_str()) || args.iter().any(|arg| arg.spread.is_some()) {
            return;
        }
        let receiver = self.source(member.obj.span()).to_owned();
        let method = self.offsets(name.span);
        let args: Vec<Argument> = args
            .iter()
            .map(|arg| {
                let own = uncast(&arg.expr);
                let (start, end) = self.offsets(own.span());
                Argument { start, end, value: self.written(own, 0), text: self.source(own.span()).to_owned() }
            })
            .collect();
        let quote = quote_of(self.source(span)).unwrap_or_else(|| *self.quote.get_or_init(|| quote_around(self.text)));
        let at = self.offsets(span);
        let before = self.text.get(at.0 as usize..method.0 as usize).unwrap_or_default();
        let is_commented = before.contains("//") || before.contains("/*");
        let name = name.sym.to_string();
        let is_kept = name == "save" && self.is_kept(&receiver, at.0);
        let holder = self.holder(if name.starts_with("insert") { "inserted" } else { "result" }, at.0);
        let alike = self.alike();
        self.noted
            .written
            .insert(at, WrittenCall { receiver, name, method, is_commented, is_kept, args, quote, holder, alike });
        // What a fix can name is no work of the function.
        let aside = self.arena.begin(limits::SCOPE_WORK, limits::SCOPE_KEPT);
        let names = self.names();
        let _ = self.arena.end(aside);
        self.noted.named.insert(at, names);
    }

    /// A name that begins like this and that the text of the function around an offset does not hold; each call has its own.
    fn holder(&self, base: &str, at: u32) -> Option<String> {
        let (start, end) = self.standing.body;
        let text = self.text.get(start as usize..end as usize).filter(|text| text.len() <= limits::LOOKED_OVER)?;
        let before = self.noted.written.range((start, 0)..(at, 0));
        let count = before.filter(|(_, call)| call.holder.as_ref().is_some_and(|name| name.starts_with(base))).count();
        let name = if count == 0 { base.to_owned() } else { format!("{base}{}", count + 1) };
        (!text.is_empty() && !text.contains(&name)).then_some(name)
    }

    fn literal_of(&self, node: &ObjectLit, depth: u32) -> Literal {
        let text = self.source(node.span);
        let mut properties = Vec::new();
        let mut end_before = None;
        for prop in &node.props {
            let (start, end) = self.offsets(prop.span());
            let between = end_before.and_then(|before: u32| self.text.get(before as usize..start as usize));
            let (key, value) = match prop {
                PropOrSpread::Prop(prop) => match &**prop {
                    Prop::Shorthand(name) => (Some(name.sym.to_string()), Some(Shown::Name(name))),
                    Prop::KeyValue(pair) => (key_text(&pair.key), Some(Shown::Value(&pair.value))),
                    _ => (None, None),
                },
                PropOrSpread::Spread(_) => (None, None),
            };
            let (value, text) = match value {
                Some(Shown::Name(name)) => (Written::Path, self.source(name.span)),
                Some(Shown::Value(value)) => (self.written(value, depth + 1), self.source(value.span())),
                None => (Written::Other, ""),
            };
            properties.push(Property {
                key,
                start,
                end,
                value,
                text: text.to_owned(),
                follows_plainly: between.is_some_and(|between| between.trim() == ","),
            });
            end_before = Some(end);
        }
        Literal {
            separator: self.separator(node),
            quote: quote_of(text).unwrap_or_else(|| *self.quote.get_or_init(|| quote_around(self.text))),
            is_commented: text.contains("//") || text.contains("/*"),
            properties,
        }
    }

    fn written(&self, value: &Expr, depth: u32) -> Written {
        match value {
            Expr::Object(node) if depth < limits::WRITTEN_DEPTH => Written::Object(self.literal_of(node, depth)),
            Expr::Lit(Lit::Str(_) | Lit::Num(_) | Lit::Bool(_)) => Written::Constant,
            value if is_path(value, 0) => Written::Path,
            _ => Written::Other,
        }
    }

    /// The blanks before the first property separate all of them, when they are on lines of their own.
    fn separator(&self, node: &ObjectLit) -> String {
        let (start, _) = self.offsets(node.span);
        let first = node.props.first().map_or(start + 1, |prop| self.offsets(prop.span()).0);
        match self.text.get(start as usize + 1..first as usize) {
            Some(blanks) if blanks.contains('\n') && blanks.trim().is_empty() => format!(",{blanks}"),
            _ => ", ".to_owned(),
        }
    }
}

enum Shown<'a> {
    Name(&'a Ident),
    Value(&'a Expr),
}

fn key_text(key: &PropName) -> Option<String> {
    match key {
        PropName::Ident(name) => Some(name.sym.to_string()),
        // Half of a surrogate pair has no text that could be written again.
        PropName::Str(text) => text.value.as_str().map(str::to_owned),
        _ => None,
    }
}

/// `name`, `this`, `name.field.field`: no call, no index, no optional link.
fn is_path(value: &Expr, depth: u32) -> bool {
    match value {
        Expr::Ident(_) | Expr::This(_) => true,
        Expr::Member(member) => {
            matches!(member.prop, MemberProp::Ident(_))
                && depth < limits::PATH_FIELDS
                && is_path(&member.obj, depth + 1)
        }
        _ => false,
    }
}

/// The expression without parentheses and type assertions.
fn uncast(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(node) => uncast(&node.expr),
        Expr::TsAs(node) => uncast(&node.expr),
        Expr::TsSatisfies(node) => uncast(&node.expr),
        Expr::TsTypeAssertion(node) => uncast(&node.expr),
        Expr::TsConstAssertion(node) => uncast(&node.expr),
        other => other,
    }
}

/// The first quotation mark of a text.
fn quote_of(text: &str) -> Option<char> {
    text.chars().find(|character| matches!(character, '\'' | '"'))
}

/// The more frequent quotation mark of a file.
fn quote_around(text: &str) -> char {
    let count = |mark: u8| text.bytes().filter(|byte| *byte == mark).count();
    if count(b'"') > count(b'\'') { '"' } else { '\'' }
}

//! Effects outside of the database, which a second run repeats: a mail, a payment, a message to a queue.
//!
//! Input: a call. Output: its name, where it is one. Must not know: rules.

use super::link::{Op, Project, Step};
use crate::facts::EffectKind;
use crate::limits;
use crate::value::{C, FnRef, Key, Node, V};

/// Verbs of functions that do something outside of the database which a second run repeats.
const VERBS: [&str; 38] = [
    "send",
    "mail",
    "email",
    "notify",
    "publish",
    "emit",
    "charge",
    "refund",
    "transfer",
    "payout",
    "capture",
    "enqueue",
    "dispatch",
    "produce",
    "trigger",
    "sms",
    "pay",
    "withdraw",
    "broadcast",
    "queue",
    "alert",
    "schedule",
    "deliver",
    "ship",
    "fulfill",
    "fulfil",
    "invoice",
    "bill",
    "credit",
    "debit",
    "deposit",
    "award",
    "reward",
    "grant",
    "issue",
    "provision",
    "remind",
    "invite",
];

/// Clients of services that do something for each call that does not only ask.
const SERVICES: [&str; 19] = [
    "stripe",
    "paypal",
    "braintree",
    "razorpay",
    "twilio",
    "sendgrid",
    "sgMail",
    "mailgun",
    "mailer",
    "transporter",
    "mailService",
    "emailService",
    "sns",
    "sqs",
    "ses",
    "kafka",
    "producer",
    "axios",
    "httpService",
];

/// Beginnings of names of methods that only ask, or that prepare.
const ASKS: [&str; 16] = [
    "get",
    "list",
    "find",
    "fetch",
    "retrieve",
    "search",
    "read",
    "head",
    "is",
    "has",
    "on",
    "create",
    "connect",
    "construct",
    "verify",
    "set",
];

/// Beginnings of names of methods that answer, note down, remember, or change only a value at hand.
const IDLE: [&str; 57] = [
    "log",
    "info",
    "warn",
    "error",
    "debug",
    "trace",
    "verbose",
    "print",
    "write",
    "inc",
    "increment",
    "gauge",
    "timing",
    "observe",
    "record",
    "track",
    "set",
    "del",
    "delete",
    "hset",
    "expire",
    "invalidate",
    "cache",
    "clear",
    "flush",
    "push",
    "add",
    "json",
    "render",
    "redirect",
    "status",
    "end",
    "next",
    "done",
    "cb",
    "callback",
    "resolve",
    "reject",
    "assert",
    "expect",
    "check",
    "validate",
    "ensure",
    "verify",
    "compare",
    "hash",
    "encrypt",
    "decrypt",
    "sign",
    "format",
    "parse",
    "convert",
    "transform",
    "sleep",
    "delay",
    "wait",
    "load",
];

/// Packages that describe and check values.
const DESCRIBING: [&str; 10] =
    ["joi", "zod", "yup", "celebrate", "express-validator", "superstruct", "valibot", "ajv", "typebox", "io-ts"];

impl Project {
    /// The name of a call that does something outside of the database.
    pub fn outside_effect(&self, step: &Step) -> Option<&str> {
        let Op::Call { callee, recv, name, args } = &step.op else { return None };
        let name = match name {
            Some(name) => self.arena.text(*name),
            None => self.last_name(*callee)?,
        };
        if self.is_reply(*recv, args) || recv.is_some_and(|recv| self.is_quiet(recv, 0, false)) {
            return None;
        }
        let verb = verb_of(name);
        if recv.is_some_and(|recv| self.describes_a_value(recv)) || self.is_of_files(args) {
            return None;
        }
        if self.removes_there(args) || self.is_noted(name, recv.unwrap_or(*callee), args) {
            return None;
        }
        let is_service = recv.is_some_and(|recv| self.is_service(recv, verb, 0));
        let does = VERBS.contains(&verb)
            || is_service
            || self.is_ordered(*callee, *recv, name, args)
            || self.is_for_a_document(step, *callee, *recv, verb, args);
        does.then_some(name)
    }

    /// Whether a call is an effect by its name or its client, not only because it is given something of a document.
    pub fn is_known_effect(&self, step: &Step) -> bool {
        let Op::Call { callee, recv, name, args } = &step.op else { return false };
        let name = name.map(|name| self.arena.text(name)).or_else(|| self.last_name(*callee));
        name.is_some_and(|name| {
            let verb = verb_of(name);
            VERBS.contains(&verb)
                || recv.is_some_and(|recv| self.is_service(recv, verb, 0))
                || self.is_ordered(*callee, *recv, name, args)
        })
    }

    /// A command of a store of files that leaves the same when it is sent again: `client.send(new PutObjectCommand({ Key }))`
    ///
    /// Source: AWS SDK for JavaScript v3, `@aws-sdk/client-s3`.
    fn is_of_files(&self, args: &[V]) -> bool {
        let command = args.first().and_then(|command| match self.arena.node(*command) {
            Node::New { callee, .. } => self.last_name(*callee),
            _ => None,
        });
        command.is_some_and(|name| {
            let is_asked = ["Put", "Delete", "Copy", "Get", "Head", "List"].iter().any(|verb| name.starts_with(verb));
            is_asked && (name.contains("Object") || name.contains("Bucket")) && name.ends_with("Command")
        })
    }

    /// The conditions under which a function's own text answers with a status that says that the caller may not:
    /// `res.status(409)`, `NextResponse.json(body, { status: 409 })`.
    pub fn refusals_of(&mut self, func: FnRef) -> Vec<C> {
        let effects = self.function(func).map(|function| function.effects.as_slice()).unwrap_or_default();
        let mut conds: Vec<C> =
            effects.iter().filter(|effect| self.refuses(&effect.kind)).map(|effect| effect.cond).collect();
        conds.extend(self.function(func).map(|function| function.rejects.as_slice()).unwrap_or_default());
        conds.into_iter().map(|cond| self.linked_cond(cond)).collect()
    }

    fn refuses(&self, kind: &EffectKind) -> bool {
        let EffectKind::Call { name: Some(name), args, .. } = kind else { return false };
        let is_refusal = |value: V| match *self.arena.node(value) {
            Node::Num(bits) => (400.0..500.0).contains(&f64::from_bits(bits)),
            _ => false,
        };
        match self.arena.text(*name) {
            "status" | "sendStatus" | "code" | "writeHead" => args.first().is_some_and(|first| is_refusal(*first)),
            "json" => args.get(1).is_some_and(|options| match self.arena.node(*options) {
                Node::Object(entries) => entries.iter().any(|entry| {
                    matches!(entry.key, Key::Name(key) if self.arena.text(key) == "status") && is_refusal(entry.value)
                }),
                _ => false,
            }),
            _ => false,
        }
    }

    /// A part of the description of a value, whose methods are named like what it describes: `Joi.string().email()`.
    pub(super) fn describes_a_value(&self, value: V) -> bool {
        let mut at = value;
        for _ in 0..limits::CHAINED {
            at = match self.arena.node(at) {
                Node::Call { callee, .. } => *callee,
                Node::Member(object, _) => *object,
                _ => break,
            };
        }
        self.package_of(at).is_some_and(|package| DESCRIBING.contains(&package.trim_start_matches("@hapi/")))
    }

    /// `stripe.refunds.create(…)`, `axios.post(…)`
    fn is_service(&self, value: V, verb: &str, depth: u32) -> bool {
        let is_own = self.last_name(value).is_some_and(|name| SERVICES.contains(&name));
        match self.arena.node(value) {
            _ if is_own && depth == 0 => !ASKS.contains(&verb),
            _ if is_own => verb == "create" || !ASKS.contains(&verb),
            Node::Member(object, _) if depth < limits::SERVICE_DEPTH => self.is_service(*object, verb, depth + 1),
            Node::New { callee, .. } | Node::Call { callee, .. } if depth < limits::SERVICE_DEPTH => {
                self.is_service(*callee, verb, depth + 1)
            }
            _ => false,
        }
    }

    /// A call for its own sake that is given something of a loaded document: `await this.ledger.book(order.total)`.
    fn is_for_a_document(&self, step: &Step, callee: V, recv: Option<V>, verb: &str, args: &[V]) -> bool {
        let is_object = recv.is_some_and(|recv| match self.arena.node(recv) {
            Node::Import { .. } | Node::Global(_) | Node::New { .. } | Node::Instance(_) => true,
            Node::Member(object, _) => {
                matches!(
                    self.arena.node(*object),
                    Node::This(_) | Node::Instance(_) | Node::Param(..) | Node::Import { .. }
                )
            }
            _ => false,
        });
        let is_imported = recv.is_none() && matches!(self.arena.node(callee), Node::Import { .. });
        step.dropped
            && (is_object || is_imported)
            && !IDLE.contains(&verb)
            && !super::mongo::is_method(verb)
            && args.iter().any(|arg| self.contains(*arg, &mut |project, part| project.is_document(part)))
    }
}

/// `send` of `sendMail`.
pub(super) fn verb_of(name: &str) -> &str {
    name.split(|c: char| c.is_uppercase() || c == '_').next().unwrap_or(name)
}

/// Whether a call leaves the same when it is done again: a file that is removed is gone.
pub fn may_be_done_again(name: &str) -> bool {
    matches!(
        verb_of(name),
        "unlink" | "rm" | "delete" | "del" | "remove" | "destroy" | "clear" | "invalidate" | "revoke"
    )
}

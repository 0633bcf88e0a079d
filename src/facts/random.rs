//! Generators: calls that give another value each time, so that no two requests get the same one.
//!
//! Input: what is called. Output: whether its result is new. Must not know: MongoDB.

use super::eval::Eval;
use super::stmt::function_code;
use crate::value::{Freshness, Node, V};
use swc_common::Span;
use swc_ecma_ast::ExprOrSpread;

/// Packages whose functions make identifiers, tokens and codes.
const GENERATORS: [&str; 20] = [
    "nanoid",
    "uuid",
    "cuid",
    "@paralleldrive/cuid2",
    "ulid",
    "ulidx",
    "shortid",
    "short-uuid",
    "short-unique-id",
    "randomstring",
    "random-string",
    "crypto-random-string",
    "randomatic",
    "rand-token",
    "uid-safe",
    "otp-generator",
    "unique-string",
    "uniqid",
    "hyperid",
    "chance",
];

/// What those packages do with a value that is there already.
const TESTS: [&str; 8] = ["validate", "isValid", "isCuid", "parse", "stringify", "version", "verify", "check"];

impl<'a> Eval<'a> {
    /// Whether a call of this value, or of a method of it with this name, makes something new: `nanoid()`,
    /// `customAlphabet('abc', 8)()`, `shortid.generate()`, `Random.id()`, `crypto.randomBytes(16)`.
    pub(super) fn is_generator(&self, target: V, name: &str) -> bool {
        if TESTS.contains(&name) {
            return false;
        }
        match self.arena.node(target) {
            Node::Import { module, .. } => {
                let module = self.arena.text(*module);
                let module = module.strip_prefix("node:").unwrap_or(module);
                match module {
                    "crypto" => name.starts_with("random") || name.starts_with("generateKey"),
                    "meteor/random" | "@reactioncommerce/random" => matches!(name, "id" | "secret" | "hexString"),
                    _ => {
                        let package = module.strip_suffix("/non-secure").unwrap_or(module);
                        // customAlphabet and init make the generator first.
                        let is_maker = matches!(name, "customAlphabet" | "customRandom" | "init" | "factory");
                        GENERATORS.contains(&package) && !is_maker || is_named_random(module, name)
                    }
                }
            }
            // promisify(randomBytes)
            Node::Call { callee, args, .. } if self.is_promisify(*callee) => {
                args.first().is_some_and(|maker| self.is_generator_itself(*maker))
            }
            Node::Call { callee, .. } | Node::New { callee, .. } => {
                matches!(self.arena.node(*callee), Node::Import { .. }) && self.is_generator(*callee, "")
            }
            // privateKey.export() of a new pair of keys
            Node::Member(pair, _) if name == "export" && matches!(self.arena.node(*pair), Node::Fresh(..)) => true,
            // const { randomBytes } = require('crypto')
            Node::Member(object, own) => {
                let own = self.arena.text(*own);
                matches!(self.arena.node(*object), Node::Import { .. })
                    && self.is_generator(*object, if own == "Random" { name } else { own })
            }
            Node::Global(object) => {
                matches!((self.arena.text(*object), name), ("Random", "id" | "secret" | "hexString"))
            }
            _ => false,
        }
    }

    /// `crypto.randomBytes`, `randomBytes` of `crypto`
    fn is_generator_itself(&self, function: V) -> bool {
        match self.arena.node(function) {
            Node::Member(object, name) => self.is_generator(*object, self.arena.text(*name)),
            Node::Import { name, .. } => self.is_generator(function, self.arena.text(*name)),
            _ => false,
        }
    }

    fn is_promisify(&self, function: V) -> bool {
        match self.arena.node(function) {
            Node::Import { name, .. } | Node::Member(_, name) => self.arena.text(*name) == "promisify",
            _ => false,
        }
    }

    /// A generator that gives what it made to a callback, which runs here: `randomBytes(16, (error, bytes) => …)`.
    pub(super) fn generated(&mut self, target: V, name: &str, args: &'a [ExprOrSpread], span: Span) -> Option<V> {
        let (last, rest) = args.split_last()?;
        let code = function_code(&last.expr).filter(|_| self.is_generator(target, name))?;
        self.args(rest);
        let (error, made) = (self.arena.derived("error", Vec::new()), self.fresh_id(span));
        Some(self.in_place(code, &[error, made]))
    }

    /// Whether a call gives its result to a callback.
    pub(super) fn takes_function(&self, args: &[V]) -> bool {
        args.iter().any(|arg| matches!(self.arena.node(*arg), Node::Func(_)))
    }

    pub(super) fn fresh_id(&mut self, span: Span) -> V {
        let site = self.site(span);
        self.arena.intern(Node::Fresh(Freshness::Id, site))
    }
}

/// `randomCode()` of a package, which has no text here.
fn is_named_random(module: &str, name: &str) -> bool {
    !module.starts_with(['.', '/', '@', '~', '#']) && name.starts_with("random")
}

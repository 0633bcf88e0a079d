//! What is only shown on a screen, noted down or remembered: that it is done twice says nothing wrong.
//!
//! Input: a call. Output: whether it is one of these. Must not know: rules.

use super::effects::verb_of;
use super::link::Project;
use crate::limits;
use crate::value::{Node, V};

/// Receivers that only show or note down.
const QUIET: [&str; 24] = [
    "console",
    "log",
    "logs",
    "logger",
    "winston",
    "pino",
    "debug",
    "metrics",
    "stats",
    "statsd",
    "telemetry",
    "sentry",
    "tracer",
    "span",
    "analytics",
    "audit",
    "io",
    "socket",
    "sockets",
    "ws",
    "wss",
    "sse",
    "pubsub",
    "pubSub",
];

/// Receivers that only remember.
const MEMORIES: [&str; 5] = ["cache", "redis", "lru", "memo", "session"];

/// Packages that note down what goes wrong and what is done.
const NOTING: [&str; 12] = [
    "@sentry/",
    "@bugsnag/",
    "@google-cloud/error-reporting",
    "@honeybadger-io/",
    "@airbrake/",
    "@segment/analytics-node",
    "applicationinsights",
    "mixpanel",
    "newrelic",
    "posthog-js",
    "posthog-node",
    "rollbar",
];

/// Last words of names of functions that note something down: `captureException`, `sendMetrics`.
const NOTED: [&str; 13] = [
    "error",
    "errors",
    "exception",
    "exceptions",
    "breadcrumb",
    "log",
    "logs",
    "metric",
    "metrics",
    "telemetry",
    "analytics",
    "trace",
    "span",
];

impl Project {
    /// Something shown on a screen, noted down or remembered: `io.to(room).emit(…)`. What is looked up in a memory is something else:
    /// `client.channels.cache.get(id).send(text)`.
    pub(super) fn is_quiet(&self, value: V, depth: u32, is_looked_up: bool) -> bool {
        if depth > limits::QUIET_DEPTH {
            return false;
        }
        let is_named = self.last_name(value).is_some_and(|name| match MEMORIES.contains(&name) {
            true => !is_looked_up,
            false => QUIET.contains(&name) || name.to_lowercase().ends_with("logger"),
        });
        if is_named {
            return true;
        }
        match self.arena.node(value) {
            Node::Member(object, _) => self.is_quiet(*object, depth + 1, is_looked_up),
            Node::Call { callee, args, .. } => {
                let is_lookup =
                    matches!(self.arena.node(*callee), Node::Member(_, name) if self.arena.text(*name) == "get");
                // channels.cache.get(settings.channels.logs)
                let is_of_quiet = is_lookup && args.iter().any(|arg| self.is_quiet(*arg, depth + 1, true));
                is_of_quiet || self.is_quiet(*callee, depth + 1, is_looked_up || is_lookup)
            }
            Node::New { callee, .. } => self.is_quiet(*callee, depth + 1, is_looked_up),
            _ => false,
        }
    }

    /// Whether a call notes down what went wrong or what was done, by its name or by the package that its client comes from. What it
    /// is given to run does more: `Sentry.startSpan(options, send)`.
    pub(super) fn is_noted(&self, name: &str, client: V, args: &[V]) -> bool {
        let runs = || args.iter().any(|arg| matches!(self.arena.node(*arg), Node::Func(_) | Node::Param(..)));
        notes(name) || self.package_of(client).is_some_and(is_noting) && !runs()
    }
}

/// `captureException`, `sendMetrics`
fn notes(name: &str) -> bool {
    let last = name.rfind(|c: char| c.is_uppercase() || c == '_').and_then(|at| name.get(at..));
    let last = last.map(|last| last.trim_start_matches('_').to_lowercase());
    last.is_some_and(|last| {
        NOTED.contains(&last.as_str()) || verb_of(name) == "capture" && matches!(last.as_str(), "message" | "event")
    })
}

fn is_noting(package: &str) -> bool {
    NOTING.iter().any(|known| match known.ends_with('/') {
        true => package.starts_with(known),
        false => package == *known,
    })
}

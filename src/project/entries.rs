//! Entries: the functions that something outside the code starts, such as a request, a clock or an event.
//!
//! Input: the calls that register functions. Output: for each registered function, by what it is started.
//! Must not know: rules, formats.

use super::link::{Op, Project};
use crate::value::{FnRef, Node, V};

/// What starts a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    Route,
    /// A route that another service calls when something is done.
    Webhook,
    /// `setInterval`, or a timer that starts again.
    Poll,
    Cron,
    Event,
    /// The start of the process.
    Start,
}

impl EntryKind {
    /// Whether a clock starts it.
    pub fn is_scheduled(self) -> bool {
        matches!(self, EntryKind::Poll | EntryKind::Cron)
    }

    /// Whether it runs once, when the process starts.
    pub fn is_start(self) -> bool {
        self == EntryKind::Start
    }

    pub fn name(self) -> &'static str {
        match self {
            EntryKind::Route => "route",
            EntryKind::Webhook => "webhook",
            EntryKind::Poll => "poll",
            EntryKind::Cron => "cron",
            EntryKind::Event => "event",
            EntryKind::Start => "start",
        }
    }
}

/// How a function is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub kind: EntryKind,
    /// Something stands between the path and the function: middleware, or a schema.
    pub has_middleware: bool,
}

impl Project {
    /// By what a function is started; `None` when only code calls it.
    pub fn entry(&self, func: FnRef) -> Option<&Entry> {
        self.entries.get(&func)
    }

    /// Notes the functions that a call registers.
    pub(super) fn register_entries(&mut self, call: &Op) {
        let Op::Call { callee, args, .. } = call else { return };
        let Some(name) = self.last_name(*callee) else { return };
        let path = args.first().and_then(|path| self.arena.as_str(*path)).unwrap_or("");
        let Some(kind) = kind_of(name, path) else { return };
        for (at, arg) in args.iter().enumerate() {
            if let Some(func) = self.function_of(*arg) {
                self.note_entry(func, kind, at > 1);
            }
        }
    }

    pub(super) fn note_entry(&mut self, func: FnRef, kind: EntryKind, has_middleware: bool) {
        self.entries.entry(func).or_insert(Entry { kind, has_middleware });
    }

    fn function_of(&self, value: V) -> Option<FnRef> {
        match self.arena.node(value) {
            Node::Func(func) => Some(*func),
            _ => None,
        }
    }
}

/// The names under which frameworks and schedulers take functions.
fn kind_of(name: &str, path: &str) -> Option<EntryKind> {
    let is_path = path.starts_with('/');
    match name {
        "get" | "post" | "put" | "patch" | "delete" | "all" | "route" if is_path => {
            let path = path.to_lowercase();
            let called_back = ["webhook", "callback", "hook"].iter().any(|word| path.contains(word));
            Some(if called_back { EntryKind::Webhook } else { EntryKind::Route })
        }
        "setInterval" => Some(EntryKind::Poll),
        "schedule" | "scheduleJob" | "CronJob" | "addJob" | "Cron" => Some(EntryKind::Cron),
        "on" | "once" | "addListener" | "process" | "consume" | "subscribe" => Some(EntryKind::Event),
        // Meteor.startup(async () => { … })
        "startup" => Some(EntryKind::Start),
        _ => None,
    }
}

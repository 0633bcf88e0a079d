//! What something outside the code starts a function by.
//!
//! Must not know: how functions are registered, rules.

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
    /// The method and the path of a route: `POST /chat/:id`.
    pub route: Option<String>,
}

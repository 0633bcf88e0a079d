//! Entries: the functions that something outside the code starts, such as a request, a clock or an event.
//!
//! Sources: Nest, "Controllers", "Resolvers", "Task scheduling", "Events", "Microservices", "Gateways"; TypeGraphQL, "Resolvers";
//! inversify-express-utils, "Decorators". Input: the calls and decorators that register functions. Output: for each registered function,
//! by what it is started. Must not know: rules, formats.

use super::entry::{Entry, EntryKind};
use super::link::{Op, Project};
use crate::facts::Decorated;
use crate::value::{FnRef, Node, V};

/// The methods of HTTP that decorators are named after.
const HTTP: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ALL"];

/// What test runners are given the parts of a test by.
const TESTS: [&str; 9] = ["it", "test", "describe", "context", "suite", "before", "beforeEach", "after", "afterEach"];

impl Project {
    /// By what a function is started; `None` when only code calls it.
    pub fn entry(&self, func: FnRef) -> Option<&Entry> {
        self.entries.get(&func)
    }

    /// Whether something outside starts any function in this way.
    pub fn has_entry(&self, kind: EntryKind) -> bool {
        self.entries.values().any(|entry| entry.kind == kind)
    }

    /// Notes the functions that a call registers, of which the arguments are `written` so.
    pub(super) fn register_entries(&mut self, call: &Op, written: &[V]) {
        let Op::Call { callee, recv, args, .. } = call else { return };
        let Some(name) = self.last_name(*callee) else { return };
        let path = args.first().and_then(|path| self.arena.as_str(*path)).unwrap_or("");
        let kind = if self.is_start(name, *recv, args) { Some(EntryKind::Start) } else { kind_of(name, path) };
        let Some(kind) = kind else { return };
        let is_route = matches!(kind, EntryKind::Route | EntryKind::Webhook) && name != "route";
        let route = is_route.then(|| format!("{} {path}", name.to_uppercase()));
        for (at, (arg, written)) in args.iter().zip(written).enumerate() {
            let wrapped = self.wrapped(*written);
            let own = self.function_of(*arg).filter(|_| wrapped.is_empty());
            for func in wrapped.into_iter().chain(own) {
                self.note_entry(func, kind, at > 1, route.clone());
            }
        }
    }

    /// Whether a call registers what is done once, when the process has its connection or its port: `mongoose.connection.once('open', …)`,
    /// `app.listen(3000, () => …)`.
    ///
    /// Sources: Mongoose, "Connection Events"; Node.js, `server.listen`.
    fn is_start(&self, name: &str, recv: Option<V>, args: &[V]) -> bool {
        let first = args.first().and_then(|event| self.arena.as_str(*event));
        match (name, recv) {
            ("once", Some(recv)) => {
                matches!(first, Some("open" | "connected")) && self.package_of(recv) == Some("mongoose")
            }
            ("on", Some(recv)) => first == Some("open") && self.package_of(recv) == Some("mongoose"),
            // What is told something listens to more than a port.
            ("listen", Some(_)) => {
                let told = args.last().and_then(|last| self.function_of(*last)).and_then(|func| self.function(func));
                args.len() > 1 && told.is_some_and(|function| function.params == 0)
            }
            _ => false,
        }
    }

    /// Notes the methods that decorators of packages register: `@Post('login')` of `@Controller('users')`.
    pub(super) fn register_decorated(&mut self) {
        let classes = self.classes.iter().map(|class| (class.prefix, class.decorated.clone()));
        let decorated: Vec<_> = classes.filter(|(_, methods)| !methods.is_empty()).collect();
        for (prefix, methods) in decorated {
            for Decorated { func, by, text } in methods {
                let by = self.linked(by);
                let (Some(name), Some(_)) = (self.last_name(by), self.package_of(by)) else { continue };
                let method = http_method(name);
                let Some(kind) = kind_of_decorator(name).or(method.map(|_| EntryKind::Route)) else { continue };
                let texts = [prefix, text].into_iter().flatten().map(|text| self.arena.text(text));
                let path: Vec<&str> = texts.flat_map(|text| text.split('/')).filter(|part| !part.is_empty()).collect();
                let route = method.map(|method| format!("{method} /{}", path.join("/")));
                // Guards are put before a whole class or application.
                self.note_entry(func, kind, true, route);
            }
        }
    }

    pub(super) fn note_entry(&mut self, func: FnRef, kind: EntryKind, has_middleware: bool, route: Option<String>) {
        self.entries.entry(func).or_insert(Entry { kind, has_middleware, route });
    }

    /// The name of a function in a report: of a route its method and path.
    pub fn told_name(&self, func: FnRef) -> &str {
        match self.entry(func).and_then(|entry| entry.route.as_deref()) {
            Some(route) => route,
            None => self.function(func).map_or("<module>", |function| function.name.as_str()),
        }
    }

    /// Whether a function is a part of a test, so that it is not the way by which anything is reached in production.
    pub fn is_of_test(&self, func: FnRef) -> bool {
        let name = self.function(func).and_then(|function| function.name.strip_suffix(" callback"));
        name.is_some_and(|name| TESTS.contains(&name))
    }

    fn function_of(&self, value: V) -> Option<FnRef> {
        match self.arena.node(value) {
            Node::Func(func) => Some(*func),
            _ => None,
        }
    }
}

/// What a method is started by that a package has decorated so, where that is named after no HTTP method.
fn kind_of_decorator(name: &str) -> Option<EntryKind> {
    match name {
        "Query" | "Mutation" | "Subscription" | "ResolveField" | "FieldResolver" | "ResolveReference" => {
            Some(EntryKind::Route)
        }
        "Cron" | "Interval" | "Timeout" => Some(EntryKind::Cron),
        "OnEvent" | "EventPattern" | "MessagePattern" | "SubscribeMessage" | "GrpcMethod" | "GrpcStreamMethod"
        | "Process" | "RabbitSubscribe" | "RabbitRPC" | "SqsMessageHandler" | "Slash" | "On" | "Once" | "Command"
        | "Hears" | "Action" => Some(EntryKind::Event),
        _ => None,
    }
}

/// The HTTP method that a decorator is named after: `Post`, `post`, `httpPost`.
fn http_method(name: &str) -> Option<&'static str> {
    let name = name.strip_prefix("http").unwrap_or(name);
    HTTP.into_iter().find(|method| name.eq_ignore_ascii_case(method))
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

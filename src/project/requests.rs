//! Requests to other services, and jobs for other processes, by what is called and by what it is given.
//!
//! Sources: Fetch standard (`method`), RFC 9110 section 9.2.2 (which methods may be sent again), BullMQ `Queue#add`.
//! Input: a call. Output: whether it asks somebody to do something. Must not know: rules.

use super::link::Project;
use crate::value::{Key, Node, V};

/// Functions that send a request.
const SENDERS: [&str; 7] = ["fetch", "$fetch", "ofetch", "axios", "got", "ky", "request"];

/// Clients that send a request by a method of the name of its own.
const CLIENTS: [&str; 6] = ["got", "ky", "superagent", "needle", "request", "http"];

/// Packages whose queues hand jobs to other processes.
const QUEUES: [&str; 3] = ["bull", "bullmq", "bee-queue"];

impl Project {
    /// A request that does something each time it is sent, or a job that is done each time it is handed out.
    pub(super) fn is_ordered(&self, callee: V, recv: Option<V>, method: &str, args: &[V]) -> bool {
        match recv {
            Some(recv) => {
                let name = self.last_name(recv);
                let is_client = matches!(method, "post" | "patch") && name.is_some_and(|name| CLIENTS.contains(&name));
                is_client || matches!(method, "add" | "addBulk") && self.is_queue(recv) && !self.is_of_functions(args)
            }
            None => {
                let is_sender = self.last_name(callee).is_some_and(|name| SENDERS.contains(&name))
                    || self.package_of(callee).is_some_and(|package| package.ends_with("-fetch"));
                is_sender && args.iter().any(|arg| self.changes_there(*arg))
            }
        }
    }

    /// `{ method: 'POST' }`: a method that may not be sent again as it is.
    fn changes_there(&self, options: V) -> bool {
        let Node::Object(entries) = self.arena.node(options) else { return false };
        entries.iter().any(|entry| {
            let is_method = matches!(entry.key, Key::Name(key) if self.arena.text(key) == "method");
            let method = self.arena.as_str(entry.value).filter(|_| is_method);
            method.is_some_and(|method| method.eq_ignore_ascii_case("post") || method.eq_ignore_ascii_case("patch"))
        })
    }

    fn is_queue(&self, value: V) -> bool {
        if let Node::New { callee, .. } = self.arena.node(value) {
            return self.package_of(*callee).is_some_and(|package| QUEUES.contains(&package));
        }
        self.last_name(value).is_some_and(|name| name.to_lowercase().ends_with("queue"))
    }

    /// Work of this process, which is its own: `queue.add(() => load(url))`.
    fn is_of_functions(&self, args: &[V]) -> bool {
        args.iter().any(|arg| matches!(self.arena.node(*arg), Node::Func(_)))
    }
}

//! Requests to other services, and jobs for other processes, by what is called and by what it is given.
//!
//! Sources: Fetch standard (`method`), RFC 9110 section 9.2.2 (which methods may be sent again), BullMQ `Queue#add`.
//! Input: a call. Output: whether it asks somebody to do something. Must not know: rules.

use super::effects::may_be_done_again;
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

    /// Whether a request asks by its address that something is removed, so that a second one finds nothing to do:
    /// `` axios.post(`${index}/_delete_by_query`, query) ``
    pub(super) fn removes_there(&self, args: &[V]) -> bool {
        let Some(first) = args.first() else { return false };
        let address = match self.arena.node(*first) {
            Node::Object(entries) => {
                let is_address = |key: Key| matches!(key, Key::Name(key) if self.arena.text(key) == "url");
                entries.iter().find(|entry| is_address(entry.key)).map(|entry| entry.value)
            }
            _ => Some(*first),
        };
        let last = match address.map(|address| self.arena.node(address)) {
            Some(Node::Template(parts)) => parts.last().copied(),
            _ => address,
        };
        let Some((_, path)) = last.and_then(|last| self.arena.as_str(last)).and_then(|text| text.rsplit_once('/'))
        else {
            return false;
        };
        path.split(|c: char| !c.is_ascii_alphabetic()).any(may_be_done_again)
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

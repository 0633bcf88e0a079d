//! What a call reads from the server.
//!
//! Sources: MongoDB Node.js driver API (`Collection#find`, `Collection#aggregate`), Mongoose `Model`.
//! Input: a planned read, evaluated in a request. Output: the concrete command. Must not know: schedules.

use super::aggregation;
use super::bson::Value;
use super::eval::Machine;
use super::send::{Sent, Shape};
use super::state::Request;
use super::store::Command;
use crate::project::mongo::Action as Method;
use crate::value::{Node, V};

impl Machine<'_> {
    pub(super) fn read(
        &mut self,
        request: &mut Request,
        kind: Method,
        collection: u32,
        filter: Option<V>,
    ) -> Option<Sent> {
        if let Some(stages) = filter.filter(|filter| matches!(self.arena.peek(*filter), Node::Array(_))) {
            return self.aggregation(request, collection, stages);
        }
        let filter = self.filter(request, filter);
        let find =
            |limit| Command::Find { collection, filter: filter.clone(), sort: None, skip: 0, limit, projection: None };
        let (command, shape) = match kind {
            Method::FindMany => (find(None), Shape::Many),
            Method::Count => (Command::Count { collection, filter, limit: None }, Shape::Count),
            _ => (find(Some(1)), Shape::One),
        };
        Some(Sent { command, is_write: false, many: false, fails_unmatched: false, shape })
    }

    fn aggregation(&mut self, request: &mut Request, collection: u32, written: V) -> Option<Sent> {
        request.in_filter = true;
        let stages = self.eval(request, written);
        request.in_filter = false;
        if let Some(Value::List(stages)) = stages
            && aggregation::is_known(&stages)
        {
            let command = Command::Aggregate { collection, stages: stages.to_vec() };
            return Some(Sent { command, is_write: false, many: false, fails_unmatched: false, shape: Shape::Many });
        }
        self.note("an aggregation");
        let row = self.applied(request, written, "aggregate", &[]);
        request.unread = Some(Value::list(row.into_iter().collect()));
        None
    }
}

//! Sends statements, many at once, each of which ends on its own.
//!
//! Input: statements of [`super::statement`]. Output: how each ended. Must not know: what they do.

use super::patience::{PASSING, is_passing};
use super::scope::Target;
use bson::{Document, RawArrayBuf, RawDocumentBuf, rawdoc};
use mongodb::error::Result;

/// Bytes of statements that are sent at once; a larger one goes alone.
const MOST_BYTES: usize = 8 << 20;

/// A server takes no larger command, in bytes, less what the driver adds to one.
const LARGEST: usize = (16 << 20) + (14 << 10);

/// Room for the rest of the command, such as the name of the collection.
const AROUND: usize = 1 << 10;

/// By this code a statement says that it found another array than it was made for.
const OUTDATED: i32 = 241;
/// `$slice`, `$arrayElemAt` and `$concatArrays` of something that is no array any more, and another writer at the same moment.
const ALSO_OUTDATED: [i32; 5] = [28664, 28689, 28690, 28724, 112];

/// How one statement ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Done {
    Changed,
    /// The document is not what was read, and was left alone.
    Outdated,
    /// The connection broke, or the server may take it back: nobody knows.
    Unknown,
    Refused(String),
}

/// Whether a server takes a statement, if it goes alone.
pub fn fits(statement: &RawDocumentBuf) -> bool {
    statement.as_bytes().len() + AROUND <= LARGEST
}

/// Only a statement that goes alone can be too large.
pub fn send(target: &Target<'_>, statements: &[RawDocumentBuf]) -> Result<Vec<Done>> {
    let mut done = Vec::new();
    while let Some(rest) = statements.get(done.len()..).filter(|rest| !rest.is_empty()) {
        let mut bytes = 0;
        let fits = rest.iter().take_while(|statement| {
            bytes += statement.as_bytes().len();
            bytes <= MOST_BYTES
        });
        let now = &rest[..fits.count().max(1)];
        let command = command(target, now);
        if let Some(refused) = too_large(&command) {
            done.push(refused);
            continue;
        }
        match target.database.run_raw_command(command).run() {
            Ok(reply) => done.extend(ends(&reply, now.len())),
            Err(error) if is_passing(&error) => done.extend(now.iter().map(|_| Done::Unknown)),
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// The server would refuse all of it, as it would what no document can be.
fn too_large(command: &RawDocumentBuf) -> Option<Done> {
    let length = command.as_bytes().len();
    (length > LARGEST).then(|| Done::Refused(format!("the command of {length} bytes is larger than a server takes")))
}

/// An `update` that a majority has to take, whatever the connection string says: what is noted as removed must stay so.
fn command(target: &Target<'_>, statements: &[RawDocumentBuf]) -> RawDocumentBuf {
    let mut updates = RawArrayBuf::new();
    for statement in statements {
        updates.push(statement.as_ref());
    }
    rawdoc! {
        "update": target.collection.name(),
        "ordered": false,
        "writeConcern": { "w": "majority" },
        "updates": updates,
    }
}

fn ends(reply: &Document, statements: usize) -> Vec<Done> {
    let mut done = vec![Done::Changed; statements];
    let errors = reply.get_array("writeErrors").map(Vec::as_slice).unwrap_or_default();
    for error in errors.iter().filter_map(|error| error.as_document()) {
        let at = error.get_i32("index").ok().and_then(|at| done.get_mut(usize::try_from(at).ok()?));
        let code = error.get_i32("code").unwrap_or_default();
        let end = match code {
            OUTDATED => Done::Outdated,
            code if ALSO_OUTDATED.contains(&code) => Done::Outdated,
            code if PASSING.contains(&code) => Done::Unknown,
            _ => Done::Refused(error.get_str("errmsg").unwrap_or("the server refused").to_owned()),
        };
        if let Some(at) = at {
            *at = end;
        }
    }
    let matched = u64::try_from(reply.get_i32("n").unwrap_or_default()).unwrap_or_default();
    let changed = done.iter().filter(|done| **done == Done::Changed).count() as u64;
    if matched < changed || reply.contains_key("writeConcernError") {
        // A document is gone, and the reply does not say which, or what was done may be undone: a look at each tells.
        for done in done.iter_mut().filter(|done| **done == Done::Changed) {
            *done = Done::Unknown;
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use bson::doc;

    #[test]
    fn a_command_that_no_server_takes_is_refused_as_one_statement() {
        let of = |length: usize| rawdoc! { "updates": "x".repeat(length) };
        assert_eq!(too_large(&of(16 << 20)), None);
        let refused = too_large(&of((16 << 20) + (16 << 10)));
        assert!(
            matches!(&refused, Some(Done::Refused(reason)) if reason.contains("larger than a server takes")),
            "{refused:?}"
        );
    }

    #[test]
    fn each_statement_has_its_own_end() {
        let error = |index: i32, code: i32| doc! { "index": index, "code": code, "errmsg": "no" };
        let errors = vec![error(0, 241), error(2, 121), error(3, 10107)];
        let reply = doc! { "n": 2, "writeErrors": errors, "ok": 1.0 };
        let refused = || Done::Refused("no".to_owned());
        assert_eq!(ends(&reply, 5), [Done::Outdated, Done::Changed, refused(), Done::Unknown, Done::Changed]);
        let mut fewer = reply.clone();
        fewer.insert("n", 1);
        assert_eq!(ends(&fewer, 5), [Done::Outdated, Done::Unknown, refused(), Done::Unknown, Done::Unknown]);
        let mut undone = reply;
        undone.insert("writeConcernError", doc! { "code": 91 });
        assert_eq!(ends(&undone, 5)[1], Done::Unknown);
    }
}

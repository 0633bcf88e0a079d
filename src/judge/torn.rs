//! An upsert as the server does it where no unique index is in its way: it searches, and then inserts what it did not find.
//!
//! Source: MongoDB manual, `db.collection.updateOne()`, "Upsert with Unique Index".
//! Input: a store and a command. Output: the two halves of it. Must not know: requests, schedules.

use super::bson::Value;
use super::command::{Command, Reply};
use super::store::Store;

/// An upsert that has found nothing, and is about to insert.
#[derive(Clone, Debug)]
pub struct Torn {
    pub search: Command,
    pub insert: Command,
    /// What the whole of it answers.
    pub reply: Reply,
}

/// The halves of an upsert; none where it finds a document, and of any other command.
pub fn torn(store: &mut Store, command: &Command, fresh: &mut u32) -> Option<Torn> {
    let (collection, filter) = upserted(command)?;
    let search =
        Command::Find { collection, filter: filter.clone(), sort: None, skip: 0, limit: Some(1), projection: None };
    let found = store.run(&search, fresh).ok()?;
    if !matches!(found, Reply::Documents(documents) if documents.is_empty()) {
        return None;
    }
    // Where nothing is stored, what it leaves is what it inserts.
    let mut empty = Store::default();
    let reply = empty.run(command, fresh).ok()?;
    let document = empty.documents(collection).first()?.clone();
    Some(Torn { search, insert: Command::Insert { collection, documents: vec![document], ordered: true }, reply })
}

/// The collection and the filter of an upsert.
fn upserted(command: &Command) -> Option<(u32, &Value)> {
    match command {
        Command::Update { collection, filter, upsert: true, .. }
        | Command::Replace { collection, filter, upsert: true, .. }
        | Command::FindAndUpdate { collection, filter, upsert: true, .. }
        | Command::FindAndReplace { collection, filter, upsert: true, .. } => Some((*collection, filter)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::written::value;
    use super::*;

    fn upsert(filter: &str, update: &str) -> Command {
        let (filter, update) = (value(filter), value(update));
        Command::Update { collection: 0, filter, update, many: false, upsert: true, array_filters: Vec::new() }
    }

    #[test]
    fn what_is_inserted_is_what_the_whole_inserts() {
        let command = upsert("{'a': 1}", "{'$inc': {'n': 2}}");
        let Torn { insert, reply, .. } = torn(&mut Store::default(), &command, &mut 0).expect("nothing is found");
        let Command::Insert { documents, .. } = insert else { panic!("an insert") };
        let document = documents.first().expect("a document");
        assert_eq!((document.field("a"), document.field("n")), (Some(&Value::Number(1.0)), Some(&Value::Number(2.0))));
        let expected = Reply::Updated { matched: 0, modified: 0, upserted: document.field("_id").cloned() };
        assert_eq!(reply, expected);
    }

    #[test]
    fn what_finds_a_document_is_one_command() {
        let mut store = Store::default();
        store.insert_start(0, value("{'_id': 7, 'a': 1}"));
        assert!(torn(&mut store, &upsert("{'a': 1}", "{'$inc': {'n': 2}}"), &mut 0).is_none());
        assert!(torn(&mut store, &upsert("{'a': 2}", "{'$inc': {'n': 2}}"), &mut 0).is_some());
    }

    #[test]
    fn what_inserts_nothing_is_one_command() {
        let mut command = upsert("{'a': 1}", "{'$inc': {'n': 2}}");
        let Command::Update { upsert, .. } = &mut command else { panic!("an update") };
        *upsert = false;
        assert!(torn(&mut Store::default(), &command, &mut 0).is_none());
    }
}

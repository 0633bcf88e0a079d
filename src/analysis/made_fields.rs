//! What a witness shows of fields that an insert does not name.

use super::analyze;
use crate::config::Config;
use crate::diagnostic::Command;
use crate::source::{SourceFile, Sources};

#[test]
fn a_field_that_is_unique_alone_is_made_anew_unless_its_index_leaves_out_documents_without_it() {
    let text = "const mongoose = require('mongoose');
const code = { type: String, unique: true };
const Member = mongoose.model('Member', new mongoose.Schema({ user: String, code, badge: { ...code, sparse: true } }));
exports.join = async (user) => {
  if (await Member.findOne({ user })) return;
  await Member.create({ user });
};";
    let sources = Sources::new(vec![SourceFile::new("a.js".into(), text, true)]);
    let analysis = analyze(&sources, &Config::default(), &|| ());
    let witness = analysis.findings.first().and_then(|finding| finding.proof.witness()).expect("a proven race");
    let inserted = witness.steps.iter().filter_map(|step| match &step.command {
        Command::Database { method, arguments, .. } if method == "insertOne" => arguments.first()?.as_object(),
        _ => None,
    });
    let inserted: Vec<_> = inserted.collect();
    assert_eq!(inserted.len(), 2, "{witness:?}");
    assert!(inserted.iter().all(|document| document.contains_key("code") && !document.contains_key("badge")));
    assert_ne!(inserted[0].get("code"), inserted[1].get("code"));
}

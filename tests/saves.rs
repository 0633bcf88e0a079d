//! What `--fix-suggested` makes of a change and a save: one update where it says the same, else nothing.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::Project;

const TEXT: &str = "\
const { Schema, model } = require('mongoose');
const schema = new Schema({ owner: String, open: Boolean, coins: Number, log: String });
const Wallet = model('Wallet', schema);
module.exports = async (id, amount, res) => {
  const wallet = await Wallet.findById(id);
  if (!wallet) return;
  wallet.coins += amount;
  await wallet.save();
};
";
const SAVE: &str = "await wallet.save();";
const UPDATE: &str = "await Wallet.updateOne({ _id: id }, { $inc: { coins: amount } });";

fn after(text: &str) -> String {
    Project::rewritten("models/a.js", text, "--fix-suggested")
}

/// The loaded object is left as it was: others may hold it.
#[test]
fn a_save_becomes_an_update_and_the_object_still_changes() {
    assert_eq!(after(TEXT), TEXT.replace(SAVE, UPDATE));
}

/// Who is found by other conditions later may be another document.
#[test]
fn a_saved_document_is_found_by_its_identifier() {
    for find in ["findOne({ owner: id })", "findOne({ owner: id, open: true })", "findOne({ open: true })"] {
        let text = TEXT.replace("findById(id)", find);
        assert_eq!(after(&text), text.replace(SAVE, &UPDATE.replace("_id: id", "_id: wallet._id")));
    }
    let text = TEXT.replace("findById(id)", "findOne({ _id: id, open: true })");
    assert_eq!(after(&text), text.replace(SAVE, UPDATE));
}

/// The save carries, asks or does more than the update would.
#[test]
fn a_save_that_does_more_is_left_alone() {
    let twins = [
        (SAVE, "await wallet // checked above\n    .save();"),
        (SAVE, "await wallet /* checked above */.save();"),
        // What a method changes.
        ("  wallet.coins +=", "  wallet.rename(amount);\n  wallet.coins +="),
        ("  wallet.coins +=", "  Object.assign(wallet, res);\n  wallet.coins +="),
        ("  wallet.coins +=", "  const own = wallet;\n  wallet.coins +="),
        // What is not declared is not saved.
        ("coins: Number, ", ""),
        // What a save would refuse or change.
        ("coins: Number", "coins: { type: Number, min: 0 }"),
        ("coins: Number", "coins: { type: Number, validate: (n) => n < 9 }"),
        // Its result is used.
        (SAVE, "const saved = await wallet.save();\n  res.send(saved);"),
        (SAVE, "return wallet.save();"),
        (SAVE, "await wallet.save({ validateBeforeSave: false });"),
        (SAVE, "await wallet.save();\n  wallet.open = false;\n  await wallet.save();"),
        ("const Wallet", "schema.pre('save', function () { this.log = 'saved'; });\nconst Wallet"),
    ];
    for (from, to) in twins {
        assert!(TEXT.contains(from), "{from}");
        let text = TEXT.replacen(from, to, 1);
        let found = Project::new(&[("models/a.js", &text)]).run(&["check", "--format", "json"]);
        assert!(found.findings().iter().any(|finding| finding.ends_with("lost-update")), "{to}: {found:?}");
        assert_eq!(after(&text), text, "{to}");
    }
}

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

const OPTION: &str = "\nschema.set('optimisticConcurrency', true);";

fn after(text: &str) -> String {
    Project::rewritten("models/a.js", text, "--fix-suggested")
}

/// The loaded object is left as it was: others may hold it.
#[test]
fn a_save_becomes_an_update_and_the_object_still_changes() {
    assert_eq!(after(TEXT), TEXT.replace(SAVE, UPDATE));
}

/// A time has no name but the one that the document gives it.
#[test]
fn what_a_document_holds_is_named_by_it() {
    let changed = "wallet.coins += amount;\n  wallet.usedAt = new Date();";
    let text = TEXT.replace("wallet.coins += amount;", changed).replace("log: String", "log: String, usedAt: Date");
    let update = "await Wallet.updateOne({ _id: id }, { $inc: { coins: amount }, $set: { usedAt: wallet.usedAt } });";
    assert_eq!(after(&text), text.replace(SAVE, update));
    // What is set for some alone is not set for all.
    let some = text.replace("wallet.usedAt =", "if (amount > 3) wallet.usedAt =");
    assert_eq!(after(&some), some);
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

/// What a save would refuse, the update refuses too, or it cannot come to be.
#[test]
fn an_update_asks_what_a_save_asks() {
    let declared = |coins: &str, change: &str| {
        let text = TEXT.replace("coins: Number", &format!("coins: {coins}"));
        text.replace("wallet.coins += amount;", change)
    };
    for asked in ["{ type: Number, min: 0 }", "{ type: Number, validate: { validator: Number.isInteger } }"] {
        let text = declared(asked, "wallet.coins += 1;");
        assert_eq!(after(&text), text.replace(SAVE, &UPDATE.replace("amount", "1")), "{asked}");
    }
    for (asked, change) in [
        ("{ type: Number, min: 0 }", "wallet.coins -= 1;"),
        ("{ type: Number, max: 9 }", "wallet.coins += 1;"),
        ("{ type: Number, validate: { validator: Number.isInteger } }", "wallet.coins += 0.5;"),
    ] {
        let text = declared(asked, change);
        assert_eq!(after(&text), text, "{asked}");
    }
    let text = TEXT.replace("log: String", "log: { type: String, enum: ['new', 'paid'] }");
    let text = text.replace("if (!wallet) return;", "if (!wallet || wallet.log !== 'new') return;");
    let text = text.replace("wallet.coins += amount;", "wallet.log = 'paid';\n  wallet.owner = amount;");
    let set = "{ $set: { log: 'paid', owner: amount } }";
    let update = format!("await Wallet.updateOne({{ _id: id, log: 'new' }}, {set}, {{ runValidators: true }});");
    assert_eq!(after(&text), text.replace(SAVE, &update));
}

/// A query that nobody waits for is sent when it is asked to be.
#[test]
fn a_save_that_nobody_waits_for_is_sent() {
    let text = TEXT.replace("await wallet.save();", "wallet.save();");
    assert_eq!(after(&text), text.replace("wallet.save();", &UPDATE.replace("await ", "").replace(");", ").exec();")));
    for callback in ["(err, wallet) => {", "function (err, wallet) {", "async function found(err, wallet) {"] {
        let text = format!(
            "{}  Wallet.findById(id, {callback}\n    if (!wallet) return;\n    wallet.coins += amount;\n    wallet.save();\n  }});\n}};\n",
            TEXT.split_inclusive('\n').take(4).collect::<String>()
        );
        let update = "Wallet.updateOne({ _id: id }, { $inc: { coins: amount } }).exec();";
        assert_eq!(after(&text), text.replace("wallet.save();", update), "{callback}");
    }
}

const HOOKED: &str = "\
const { Schema, model } = require('mongoose');
const schema = new Schema({ open: Boolean, log: String });
schema.pre('save', function () { this.open = true; });
const Ticket = model('Ticket', schema);
const Credit = model('Credit', new Schema({ ticket: String, amount: Number }));
module.exports = async (id, amount) => {
  const ticket = await Ticket.findById(id);
  if (!ticket || ticket.log === id) return;
  ticket.log = id;
  await ticket.save();
  await Credit.create({ ticket: id, amount });
};
";

/// The hooks run, and the second of two saves is refused; what is asked for has no type, so that no save could ask for it.
#[test]
fn a_save_with_hooks_is_kept_under_its_version() {
    let schema = HOOKED.lines().nth(1).unwrap();
    assert_eq!(after(HOOKED), HOOKED.replace(schema, &format!("{schema}{OPTION}")));
    let fixed = Project::new(&[("models/a.js", &after(HOOKED))]).run(&["check", "--format", "json"]);
    assert!(fixed.findings().is_empty(), "{fixed:?}");
}

/// A version would be ignored, or would refuse a save of one request alone.
#[test]
fn a_version_that_would_not_do_is_not_asked_for() {
    let twins = [
        ("log: String }", "log: String }, { versionKey: false }"),
        ("findById(id)", "findById(id).select('open')"),
        ("findById(id)", "findById(id, 'open')"),
        (
            "  await Credit",
            "  const again = await Ticket.findById(id);\n  again.log = 'credited';\n  await again.save();\n  await Credit",
        ),
    ];
    for (from, to) in twins {
        let text = HOOKED.replacen(from, to, 1);
        assert_ne!(text, HOOKED, "{from}");
        assert_eq!(after(&text), text, "{to}");
    }
    for (range, is_known) in
        [("^5.9.1", false), ("^4.13.0", false), ("5.10.0", true), ("^8.1.0", true), ("latest", true)]
    {
        let package = format!("{{ \"dependencies\": {{ \"mongoose\": \"{range}\" }} }}");
        let project = Project::new(&[("models/a.js", HOOKED), ("package.json", &package)]);
        project.run(&["check", "--fix-suggested"]);
        assert_eq!(project.read("models/a.js").contains(OPTION), is_known, "{range}");
    }
}

/// Where a handler only logs the refusal, what the second one adds is lost as before; one that the caller hears of is none.
#[test]
fn a_refusal_that_is_only_logged_does_not_keep_what_is_added() {
    for (handler, is_heard) in [
        ("console.error(error);", false),
        ("console.error(error, 'not counted'); console.log(command);", false),
        ("", false),
        ("console.error(error); throw error;", true),
        ("return null;", true),
        ("notify(error);", true),
    ] {
        let text = format!(
            "\
const {{ Schema, model }} = require('mongoose');
const schema = new Schema({{ command: {{ type: String, unique: true }}, uses: Number }});
const Usage = model('Usage', schema);
module.exports = async (command) => {{
  try {{
    const data = (await Usage.findOne({{ command }})) || (await Usage.create({{ command, uses: 0 }}));
    data.uses++;
    await data.save();
  }} catch (error) {{ {handler} }}
}};
"
        );
        assert_eq!(after(&text).contains(OPTION), is_heard, "{handler}");
    }
}

/// A document from another file, whose model has no name here, is told to update itself; since Mongoose 5.3.
#[test]
fn a_document_without_the_name_of_its_model_updates_itself() {
    let users = "\
const { Schema, model } = require('mongoose');
const schema = new Schema({ name: String, coins: Number, tags: [String] });
const User = model('User', schema);
exports.byId = async (id) => User.findById(id);
";
    let text = |save: &str| {
        format!(
            "\
const users = require('./users');
exports.pay = async (id, amount) => {{
  const user = await users.byId(id);
  if (!user) return;
  user.coins += amount;
  {save}
}};
"
        )
    };
    let rewritten = |version: &str, save: &str| {
        let manifest = format!("{{ \"dependencies\": {{ \"mongoose\": \"{version}\" }} }}");
        let project = Project::new(&[("package.json", &manifest), ("users.js", users), ("pay.js", &text(save))]);
        project.run(&["check", "--fix-suggested"]);
        let found = project.run(&["check", "--format", "json"]);
        (project.read("pay.js"), found.findings().iter().any(|finding| finding.ends_with("lost-update")))
    };
    let update = "user.updateOne({ $inc: { coins: amount } })";
    for version in ["5.3.9", "^8.0.0", "latest"] {
        assert_eq!(rewritten(version, "await user.save();"), (text(&format!("await {update};")), false), "{version}");
        assert_eq!(rewritten(version, "user.save();"), (text(&format!("{update}.exec();")), false), "{version}");
    }
    for version in ["5.2.0", "^4.13.0"] {
        assert_eq!(rewritten(version, "await user.save();"), (text("await user.save();"), true), "{version}");
    }
}

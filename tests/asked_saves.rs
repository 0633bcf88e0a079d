//! What `--fix-suggested` has a save ask for in `$where` of its document, and where it leaves the save as it is.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::Project;

/// A hook, which an update in place of the save would not run.
const TEXT: &str = "\
const { Schema, model } = require('mongoose');
const schema = new Schema({
  guest: { type: Schema.Types.ObjectId, ref: 'Guest' }, seats: Number, status: String, paidAt: Date, log: String,
  helpers: [{ type: Schema.Types.ObjectId, ref: 'Guest' }],
});
schema.pre('save', function () { this.log = 'saved'; });
const Booking = model('Booking', schema);
exports.pay = async (id, helper, res) => {
  const booking = await Booking.findById(id);
  if (!booking) return res.sendStatus(404);
  if (booking.status !== 'open') return res.sendStatus(409);
  booking.status = 'paid';
  booking.paidAt = new Date();
  await booking.save();
  res.json(booking);
};
";
const SAVE: &str = "  await booking.save();\n";
const CHECK: &str = "booking.status !== 'open'";
const CHANGE: &str = "booking.status = 'paid';";

fn after(text: &str) -> String {
    Project::rewritten("models/a.js", text, "--fix-suggested")
}

fn findings(text: &str) -> Vec<String> {
    Project::new(&[("models/a.js", text)]).run(&["check", "--format", "json"]).findings()
}

fn asking(text: &str, asked: &str) -> String {
    text.replacen(SAVE, &format!("  booking.$where = {asked};\n{SAVE}"), 1)
}

#[test]
fn a_save_asks_for_what_was_checked() {
    let fixed = after(TEXT);
    assert_eq!(fixed, asking(TEXT, "{ status: 'open' }"));
    assert!(!findings(TEXT).is_empty() && findings(&fixed).is_empty(), "{fixed}");
}

/// All that the save does beside stays: its options, its session, its result.
#[test]
fn the_save_stays_what_it_is() {
    for save in ["  await booking.save({ validateBeforeSave: false });\n", "  const saved = await booking.save();\n"] {
        let text = TEXT.replace(SAVE, save);
        assert_eq!(after(&text), text.replace(save, &format!("  booking.$where = {{ status: 'open' }};\n{save}")));
    }
    let text = TEXT.replace(SAVE, "  return booking.save();\n").replace("  res.json(booking);\n", "");
    let fixed = text.replace("  return booking", "  booking.$where = { status: 'open' };\n  return booking");
    assert_eq!(after(&text), fixed);
    let text = TEXT.replace(";\n", "\n");
    assert_eq!(after(&text), asking(TEXT, "{ status: 'open' }").replace(";\n", "\n"));
}

/// What is asked for goes to the server as it stands.
#[test]
fn what_is_asked_for_is_of_the_type_that_is_stored() {
    let of = |check: &str, change: &str| TEXT.replace(CHECK, check).replace(CHANGE, change);
    let known = [
        ("['paid', 'gone'].includes(booking.status)", CHANGE, "{ status: { $nin: ['paid', 'gone'] } }"),
        ("booking.guest", "booking.guest = helper;", "{ guest: null }"),
    ];
    for (check, change, asked) in known {
        let text = of(check, change);
        assert_eq!(after(&text), asking(&text, asked), "{check}");
    }
    // A text is equal to no identifier.
    let text = of("booking.helpers.includes(helper)", "booking.helpers.push(helper);");
    assert!(!findings(&text).is_empty());
    assert!(!after(&text).contains("$where"), "{}", after(&text));
}

/// A save that is refused throws: too late, unheard, or for somebody who was served.
#[test]
fn a_save_that_cannot_be_refused_is_left_alone() {
    let twins = [
        // It is saved again, and would ask for the same then.
        (SAVE, "  await booking.save();\n  booking.log = 'told';\n  await booking.save();\n"),
        (CHANGE, "await fetch('https://pay.example/' + id, { method: 'POST' });\n  booking.status = 'paid';"),
        (SAVE, "  await booking.save().catch(() => {});\n"),
        (SAVE, "  booking.save();\n"),
        (SAVE, "  booking.$where = { seats: 1 };\n  await booking.save();\n"),
        (SAVE, "  try {\n    await booking.save();\n  } catch (error) {\n    console.log(error);\n  }\n"),
    ];
    for (from, to) in twins {
        assert!(TEXT.contains(from), "{from}");
        let text = TEXT.replacen(from, to, 1);
        assert!(!findings(&text).is_empty(), "{to}");
        let fixed = after(&text);
        assert!(!fixed.contains("$where = { status"), "{to}: {fixed}");
    }
}

/// Who does not pass the check is answered like the others; and what a save changes beside, a hook too, is saved whatever the check says.
#[test]
fn a_save_that_refuses_who_was_served_asks_for_nothing() {
    let (check, leaves) = ("if (booking.status !== 'open')", " return res.sendStatus(409);\n  ");
    let change = "booking.status = 'paid';\n  booking.paidAt = new Date();\n  ";
    let whole = format!("{check}{leaves}{change}await booking.save();\n");
    assert!(TEXT.contains(&whole));
    let asked = "if (booking.status === 'open')";
    for inner in [
        format!("{asked} {{\n  booking.helpers.push(id);\n  {change}await booking.save();\n  }}\n"),
        format!("{asked} {{\n  booking.helpers.push(id);\n  {change}}}\n  await booking.save();\n"),
    ] {
        let fixed = after(&TEXT.replace(&whole, &inner));
        assert!(!fixed.contains("$where"), "{fixed}");
    }
}

/// Whoever calls the function has the document, and saves it again.
#[test]
fn a_document_that_a_caller_saves_again_asks_for_nothing() {
    let caller = "exports.close = async (id, res) => {\n  const own = await pay(id, 1, res);\n  own.log = 'closed';\n  await own.save();\n};\n";
    let text = TEXT
        .replace("exports.pay = async", "const pay = async")
        .replace("  res.json(booking);\n", "  return booking;\n");
    let text = format!("{text}exports.pay = pay;\n");
    assert!(after(&text).contains("booking.$where = { status: 'open' };"), "{}", after(&text));
    let again = format!("{text}{caller}");
    assert!(!after(&again).contains("$where"), "{}", after(&again));
}

/// Where no input shows the race, a save that asks for all that decides it is done once all the same.
#[test]
fn all_that_decides_a_save_needs_no_input() {
    let text = |between: &str, change: &str| {
        format!(
            "\
const {{ Schema, model }} = require('mongoose');
const Group = model('Group', new Schema({{ open: Boolean, size: Number, opened: Number, title: String }}));
exports.open = async (id, code, title) => {{
  if ((Number(code) * 7 + 3) % 97 !== 1) throw new Error('not a code');
  const group = await Group.findById(id);
  if (!group) throw new Error('not found');
  if (group.open) throw new Error('open');
{between}  group.open = true;
  {change}
  await group.save();
}};
"
        )
    };
    let title = "group.title = title;";
    let asked = "  group.$where = { open: { $ne: true } };\n  await group.save();";
    assert_eq!(after(&text("", title)), text("", title).replace("  await group.save();", asked));
    // What is computed from the document, or decided by another one, is more than that.
    let other = "  const own = await Group.findOne({ title });\n  if (own.size > 3) throw new Error('taken');\n";
    for (between, change) in [("", "group.opened = group.size * 2 + group.opened;"), (other, title)] {
        let text = text(between, change);
        assert!(!after(&text).contains("$where"), "{}", after(&text));
    }
}

//! What `--fix-suggested` writes where an update asks for what was loaded: the loop that loads it again, or the error.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::Project;

fn after(file: &str, text: &str) -> String {
    Project::rewritten(file, text, "--fix-suggested")
}

fn findings(file: &str, text: &str) -> Vec<String> {
    Project::new(&[(file, text)]).run(&["check", "--format", "json"]).findings()
}

/// A function that changes a list, with what stands between the read and the write, and what follows.
fn renaming(between: &str, write: &str, after: &str) -> String {
    format!(
        "\
exports.rename = async (db, id, from, to, log) => {{
  const rooms = db.collection('rooms');
  const room = await rooms.findOne({{ _id: id }});
  if (!room) throw new Error('no such room');
  {between}
  const seats = room.seats.map((seat) => (seat.name === from ? {{ ...seat, name: to }} : seat));
  {write}{after}
}};
"
    )
}

const WRITE: &str = "await rooms.updateOne({ _id: id }, { $set: { seats } });";
const FENCED: &str = "const result = await rooms.updateOne({ _id: id, seats: room.seats }, { $set: { seats } });";
const ERROR: &str = "throw new Error('changed by another request, load it and try again');";

fn is_looped(text: &str) -> bool {
    text.contains("for (let attempt = 0; ; attempt++) {")
}

#[test]
fn what_can_be_done_again_is_done_again() {
    for between in [
        "// nothing",
        "if (room.closed) return;",
        "const names = room.seats.map((seat) => seat.name).sort();",
        "if (room.seats.length > 3) {\n    log.error('many');\n    return;\n  }",
        "let count = 0;\n  for (const seat of room.seats) {\n    if (!seat.name) continue;\n    count++;\n  }",
    ] {
        let text = renaming(between, WRITE, "");
        let fixed = after("a.js", &text);
        assert!(
            is_looped(&fixed) && fixed.contains(&format!("    {FENCED}\n    if (result.matchedCount > 0) break;")),
            "{fixed}"
        );
        assert!(findings("a.js", &fixed).is_empty(), "{fixed}");
    }
}

/// What somebody would see twice is not done again: whoever comes second is told.
#[test]
fn what_must_not_be_done_again_is_told() {
    for between in [
        "log.push(room);",
        "await log.write(room.name);",
        "log(room);",
        "log.count++;",
        "const all = log.rooms;\n  all.push(room);",
        "this.room = room;",
        "try { log.parse(room.name); } catch (error) { return; }",
        "const text = `a\n  b ${room.name}`;",
        "const attempt = room.seats.length;",
    ] {
        let text = renaming(between, WRITE, "");
        let fixed = after("a.js", &text);
        assert!(!is_looped(&fixed), "{fixed}");
        if fixed != text {
            assert!(fixed.contains(&format!("  {FENCED}\n  if (result.matchedCount === 0) {ERROR}")), "{fixed}");
        }
    }
}

/// Where a test follows, the last refusal is answered by it.
#[test]
fn what_is_told_already_is_told_at_last() {
    let write = format!("const result = {WRITE}");
    let text =
        renaming("// nothing", &write, "\n  if (result.matchedCount === 0) throw new Error('gone');\n  return seats;");
    let fixed = after("a.js", &text);
    assert!(
        fixed.contains(
            "\n    if (result.matchedCount > 0 || attempt === 4) break;\n  }\n  if (result.matchedCount === 0)"
        ),
        "{fixed}"
    );
    assert!(fixed.contains("\n  let seats;\n  let result;\n  for ("), "{fixed}");
    assert!(findings("a.js", &fixed).is_empty(), "{fixed}");
}

/// A handler that answers nothing by an error is left alone, and so is an update that asks for more than was loaded.
#[test]
fn what_cannot_be_told_is_left() {
    let silent = "\
exports.rename = async (db, id, from, to, log) => {
  const room = await db.collection('rooms').findOne({ _id: id });
  const name = await log(to);
  const seats = room.seats.map((seat) => (seat.name === from ? { ...seat, name } : seat));
  await db.collection('rooms').updateOne({ _id: id }, { $set: { seats } });
};
";
    let more = renaming("// nothing", "await rooms.updateOne({ _id: id, open: true }, { $set: { seats } });", "");
    for text in [silent, &more] {
        assert_eq!(findings("a.js", text).len(), 1, "{text}");
        assert_eq!(after("a.js", text), text);
    }
}

/// What is changed in place is copied before.
#[test]
fn what_is_changed_in_place_is_kept() {
    for (change, copy) in [
        (
            "room.seats.forEach((seat) => {\n    if (seat.name === from) seat.name = to;\n  });",
            "room.seats.map((seat) => ({ ...seat }))",
        ),
        (
            "const own = room.seats.find((seat) => seat.name === from);\n  if (own) own.name = to;",
            "room.seats.map((seat) => ({ ...seat }))",
        ),
    ] {
        let text = format!(
            "\
exports.rename = async (db, id, from, to) => {{
  const room = await db.collection('rooms').findOne({{ _id: id }});
  if (!room) throw new Error('no such room');
  {change}
  await db.collection('rooms').updateOne({{ _id: id }}, {{ $set: {{ seats: room.seats }} }});
}};
"
        );
        let fixed = after("a.js", &text);
        assert!(fixed.contains(&format!("\n    const seatsRead = {copy};\n")), "{fixed}");
        assert!(fixed.contains("updateOne({ _id: id, seats: seatsRead }"), "{fixed}");
        assert!(findings("a.js", &fixed).is_empty(), "{fixed}");
    }
}

/// A variable whose type nothing says is none that a function may use.
#[test]
fn what_functions_use_is_not_declared_without_a_type() {
    let text = "\
import { Db } from 'mongodb';
export async function rename(db: Db, id: string, from: string, to: string) {
  const rooms = db.collection('rooms');
  const room = await rooms.findOne({ _id: id as any });
  if (!room) throw new Error('no such room');
  const seats = room.seats.map((seat: any) => (seat.name === from ? { ...seat, name: to } : seat));
  await rooms.updateOne({ _id: id as any }, { $set: { seats } });
  return () => seats;
}
";
    let fixed = after("a.ts", text);
    assert!(!is_looped(&fixed) && fixed.contains(ERROR), "{fixed}");
    let plain = text.replace("() => seats", "seats");
    let fixed = after("a.ts", &plain);
    assert!(is_looped(&fixed) && fixed.contains("  let seats;\n"), "{fixed}");
}

/// An update that is no statement of its own begins with blanks of the file: tabs stay tabs.
#[test]
fn the_blanks_of_the_file_stay() {
    let text = renaming("// nothing", WRITE, "").replace("  ", "\t");
    let fixed = after("a.js", &text);
    assert!(fixed.contains("\n\tfor (let attempt = 0; ; attempt++) {\n\t\tconst room = await"), "{fixed}");
}

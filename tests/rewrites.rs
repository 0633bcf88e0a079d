//! What `--fix-suggested` writes in a call, and which calls it leaves as they are.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::Project;

fn after(text: &str) -> String {
    Project::rewritten("models/a.js", text, "--fix-suggested")
}

fn findings(text: &str) -> Vec<String> {
    Project::new(&[("models/a.js", text)]).run(&["check", "--format", "json"]).findings()
}

/// What a help says is what its fix writes.
#[test]
fn a_help_and_its_fix_are_one() {
    let pushed = "\
async function add(chats, id, entry) {
  const imageId = entry.imageId;
  if (!imageId) throw new Error(\"no image\");
  return chats.updateOne({ _id: id }, { $push: { messages: { type: \"image\", imageId: entry.imageId } } });
}
module.exports = { add };
";
    let split = "\
async function invite(chats, id, imageId) {
  return chats.updateOne(
    { _id: id, messages: { $elemMatch: { imageId: { $ne: imageId } } } },
    { $push: { messages: { imageId: imageId, \"type\": \"image\" } } },
  );
}
module.exports = { invite };
";
    for (text, rule) in [(pushed, "unguarded-push"), (split, "any-element-guard")] {
        let found = Project::new(&[("models/a.js", text)]).run(&["check", "--format", "json"]).json();
        let findings = found["findings"].as_array().unwrap();
        let finding = findings.iter().find(|finding| finding["rule"] == rule && finding["fix"].is_object()).unwrap();
        let title = finding["fix"]["title"].as_str().unwrap();
        let guard = title.split('`').nth(1).unwrap();
        assert!(guard.contains("\"messages.imageId\": { $ne: "), "{title}");
        assert!(finding["help"].as_str().unwrap().contains(guard), "{finding}");
    }
}

/// `doc.updateOne(update)` has no filter that could ask.
#[test]
fn an_update_of_a_document_is_left_alone() {
    let text = "\
const { Schema, model } = require('mongoose');
const Post = model('Post', new Schema({ tags: [String] }));
module.exports = async (id, tag) => {
  const post = await Post.findById(id);
  if (!post) return;
  if (post.tags.includes(tag)) return;
  await post.updateOne({ $push: { tags: tag } }, { strict: false });
};
";
    assert_eq!(findings(text), ["models/a.js:7 check-then-push"]);
    assert_eq!(after(text), text);
}

/// What is given as the filter can be the identifier alone.
#[test]
fn an_identifier_is_asked_for_by_name() {
    let text = "\
import { Mongo } from 'meteor/mongo';
import { Meteor } from 'meteor/meteor';
const Posts = new Mongo.Collection('posts');
Meteor.methods({
  async tag(id, tag) {
    const post = await Posts.findOneAsync(id);
    if (post.tags.includes(tag)) return;
    await Posts.updateAsync(id, { $push: { tags: tag } });
  },
});
";
    assert_eq!(findings(text), ["models/a.js:8 check-then-push"]);
    let guarded = "updateAsync({ _id: id, tags: { $ne: tag } }, {";
    assert_eq!(after(text), text.replace("updateAsync(id, {", guarded));
}

/// A filter that is an object is spread, and what it is taken for stays.
#[test]
fn a_cast_stays_around_what_is_asked() {
    let text = "\
export async function add(db: any, id: string, tag: string) {
  const one = { _id: id };
  const post = await db.collection('posts').findOne(one);
  if (post.tags.includes(tag)) return;
  await db.collection('posts').updateOne(one as any, { $push: { tags: tag } });
}
";
    let fixed = text.replace("updateOne(one as any", "updateOne({ ...one, tags: { $ne: tag } } as any");
    assert_eq!(Project::rewritten("models/a.ts", text, "--fix-suggested"), fixed);
}

const KEPT: &str = "\
module.exports = async (db, id, limit) => {
  const list = await db.collection('lists').findOne({ _id: id });
  const items = list.items.filter((item) => item.at > limit);
  await db.collection('lists').updateOne({ _id: id }, { $set: { items } });
};
";

/// What has no value there is neither above nor below, and is not kept.
#[test]
fn what_an_order_does_not_keep_is_pulled_with_what_has_no_value() {
    for (order, kept) in [(">", "$gt"), (">=", "$gte"), ("<", "$lt"), ("<=", "$lte")] {
        let text = KEPT.replace("at > limit", &format!("at {order} limit"));
        let pulled = format!("{{ $pull: {{ items: {{ at: {{ $not: {{ {kept}: limit }} }} }} }} }}");
        assert_eq!(after(&text), text.replace("{ $set: { items } }", &pulled));
    }
}

/// A list that is changed in place is not what was loaded with an item more.
#[test]
fn a_list_that_is_changed_otherwise_is_left_alone() {
    let text = "\
module.exports = async (db, id, line) => {
  const room = await db.collection('rooms').findOne({ _id: id });
  if (!room) return;
  room.lines.push(line);
  await db.collection('rooms').updateOne({ _id: id }, { $set: { lines: room.lines } });
};
";
    assert_eq!(after(text), text.replace("$set: { lines: room.lines }", "$push: { lines: line }"));
    for change in ["copyWithin(0, 1)", "add(line)", "pull(line)", "addToSet(line)", "reverse()"] {
        let text = text.replace("room.lines.push(line);", &format!("room.lines.push(line);\n  room.lines.{change};"));
        assert_eq!(findings(&text), ["models/a.js:6 array-overwrite"], "{change}");
        let fixed = after(&text);
        assert!(!fixed.contains("$push"), "{fixed}");
        // What is not known to change the list alone is not done again.
        if !change.starts_with("pull") && !change.starts_with("addToSet") {
            assert!(fixed.contains("    const linesRead = [...room.lines];"), "{fixed}");
            assert!(findings(&fixed).is_empty(), "{fixed}");
        } else {
            assert_eq!(fixed, text);
        }
    }
}

/// What is computed has no operator: the update is refused where the list was changed meanwhile.
#[test]
fn a_list_that_no_operator_says_is_asked_for_as_it_was_loaded() {
    let text = "\
module.exports = async (db, id, names) => {
  const chats = db.collection('chats');
  const chat = await chats.findOne({ _id: id });
  const tags = [...new Set([...chat.tags, ...names])].sort();
  await chats.updateOne({ _id: id }, { $set: { tags } });
};
";
    let fixed = "\
module.exports = async (db, id, names) => {
  const chats = db.collection('chats');
  for (let attempt = 0; ; attempt++) {
    const chat = await chats.findOne({ _id: id });
    const tags = [...new Set([...chat.tags, ...names])].sort();
    const result = await chats.updateOne({ _id: id, tags: chat.tags }, { $set: { tags } });
    if (result.matchedCount > 0) break;
    if (attempt === 4) throw new Error('changed by another request, load it and try again');
  }
};
";
    assert_eq!(findings(text), ["models/a.js:5 array-overwrite"]);
    assert_eq!(Project::rewritten("models/a.js", text, "--fix-suggested"), fixed);
    assert!(findings(fixed).is_empty());
    // Whoever is given the result is given the same.
    let returned = text.replace("  await chats.updateOne", "  return chats.updateOne");
    let returned = Project::rewritten("models/a.js", &returned, "--fix-suggested");
    assert_eq!(returned, fixed.replace("matchedCount > 0) break", "matchedCount > 0) return result"));
}

/// A model whose lists are changed under a code that no input is found for.
fn checked(update: &str) -> String {
    format!(
        "\
import mongoose, {{ Schema }} from 'mongoose';
const Group = mongoose.model('Group', new Schema({{ count: Number, open: Boolean, lines: [{{ id: String }}] }}));
export async function change(groupId: string, id: string, line: any, code: string, by: any) {{
  if ((Number(code) * 7 + 3) % 97 !== 1) throw new Error('not a code');
  const group = await Group.findOne({{ _id: groupId }});
  if (!group) throw new Error('not found');
  {update}
}}
"
    )
}

/// An operator on what is stored is exact, whether or not the race could be shown.
#[test]
fn an_operator_needs_no_input() {
    let rewritten = |text: &str| Project::rewritten("models/a.ts", text, "--fix-suggested");
    let update = |what: &str| checked(&format!("await Group.updateOne({{ _id: group._id }}, {{ {what} }});"));
    for (computed, stored) in [
        ("$set: { lines: group.lines.filter((line) => line.id !== id) }", "$pull: { lines: { id } }"),
        ("$set: { lines: [...group.lines, line] }", "$push: { lines: line }"),
        ("$set: { count: group.count + 1 }", "$inc: { count: 1 }"),
    ] {
        let text = update(computed);
        assert_eq!(rewritten(&text), update(stored));
        assert_eq!(rewritten(&update(stored)), update(stored));
    }
    let save = |change: &str, save: &str| checked(&format!("{change}\n  await {save};"));
    assert_eq!(
        rewritten(&save("group.count += 1;", "group.save()")),
        save("group.count += 1;", "Group.updateOne({ _id: groupId }, { $inc: { count: 1 } })")
    );
    // What may be a text is no number, and the text of an element is no element.
    for kept in [
        update("$set: { count: group.count + by }"),
        save("group.count += by;", "group.save()"),
        update("$set: { lines: group.lines.filter((line) => line.toString() !== id) }"),
        checked(
            "if (group.open) await Group.updateOne({ _id: group._id }, { $set: { lines: [...group.lines, line] } });",
        ),
    ] {
        assert_eq!(rewritten(&kept), kept);
    }
}

/// An update of what was loaded, with these parameters beside the identifier.
fn written(params: &str, before: &str, update: &str) -> String {
    format!(
        "\
module.exports = async (db, id{params}) => {{
  const page = await db.collection('pages').findOne({{ _id: id }});
  if (!page) return;
{before}  await db.collection('pages').updateOne({{ _id: id }}, {update});
}};
"
    )
}

/// A counter that may be missing is added to as from zero; what is stored may be null, so that it is no safe fix.
#[test]
fn a_number_with_a_default_is_added_to() {
    for own in ["(page.views || 0)", "(page.views ?? 0)", "page.views"] {
        let text = written("", "", &format!("{{ $set: {{ views: {own} + 1, at: id }} }}"));
        assert_eq!(after(&text), written("", "", "{ $inc: { views: 1 }, $set: { at: id } }"), "{own}");
        let is_safe = Project::rewritten("models/a.js", &text, "--fix") != text;
        assert_eq!(is_safe, own == "page.views", "{own}");
    }
    for own in ["(page.views || 1)", "(page.visits || 0)"] {
        let text = written("", "", &format!("{{ $set: {{ views: {own} + 1 }} }}"));
        assert!(!after(&text).contains("$inc"), "{}", after(&text));
    }
}

/// What tells the cases apart is the caller's; where the document does, the server would have to look.
#[test]
fn each_case_adds_its_own_number() {
    let before = "  const views = page.views || 0;\n";
    for (value, added) in [
        ("isNew ? views + 1 : views", "isNew ? 1 : 0"),
        ("isNew ? views : views + 1", "isNew ? 0 : 1"),
        ("isNew ? views + 3 : views - 1", "isNew ? 3 : -1"),
    ] {
        let text = written(", isNew", before, &format!("{{ $set: {{ views: {value}, at: id }} }}"));
        let update = format!("{{ $inc: {{ views: {added} }}, $set: {{ at: id }} }}");
        assert_eq!(after(&text), written(", isNew", before, &update), "{value}");
    }
    for value in [
        "isNew ? 0 : views + 1",
        "page.own ? views + 1 : views",
        "isNew ? views + 1 : page.visits",
        "isNew ? views * 2 : views",
    ] {
        let text = written(", isNew", before, &format!("{{ $set: {{ views: {value}, at: id }} }}"));
        assert!(!after(&text).contains("$inc"), "{}", after(&text));
    }
}

/// `concat` appends what is no list as a whole.
#[test]
fn a_list_is_appended_as_one() {
    let before = "  const tags = names.map((name) => ({ name }));\n";
    for value in ["page.tags.concat(tags)", "[...page.tags, ...tags]", "(page.tags ?? []).concat(tags)"] {
        let text = written(", names", before, &format!("{{ $set: {{ tags: {value}, at: id }} }}"));
        let update = "{ $push: { tags: { $each: tags } }, $set: { at: id } }";
        assert_eq!(after(&text), written(", names", before, update), "{value}");
    }
    let before = "  const tags = names.filter((name) => name);\n";
    let text = written(", names", before, "{ $set: { tags: [...page.tags, 'new', ...tags] } }");
    assert_eq!(after(&text), written(", names", before, "{ $push: { tags: { $each: ['new', ...tags] } } }"));
    for value in ["page.tags.concat(names)", "[...page.tags, ...names]", "[...page.tags, ...page.names]"] {
        let text = written(", names", "", &format!("{{ $set: {{ tags: {value} }} }}"));
        assert!(!after(&text).contains("$push"), "{}", after(&text));
    }
}

/// The only document of a collection, and a list that a loop makes of the rest.
#[test]
fn a_list_that_a_loop_makes_is_pulled_from() {
    let text = |find: &str, filter: &str, update: &str| {
        format!(
            "\
module.exports = async (db, name) => {{
  const meta = await db.collection('meta').findOne({find});
  const links = [];
  meta.links.forEach((link) => {{
    if (link.name !== name) links.push(link);
  }});
  return db.collection('meta').updateOne({filter}, {update});
}};
"
        )
    };
    let (whole, pulled) = ("{ $set: { links } }", "{ $pull: { links: { name } } }");
    for (find, filter) in [("", "{}"), ("{}", "{}"), ("{ _id: 1 }", "{ _id: 1 }")] {
        assert_eq!(after(&text(find, filter, whole)), text(find, filter, pulled), "{find}");
        let is_safe =
            Project::rewritten("models/a.js", &text(find, filter, whole), "--fix") != text(find, filter, whole);
        assert_eq!(is_safe, filter != "{}");
    }
    for (find, filter) in [("{ name }", "{}"), ("", "{ name }")] {
        assert!(!after(&text(find, filter, whole)).contains("$pull"), "{find} {filter}");
    }
}

/// What a caller's view of a helper cannot mend, the helper's own can: in its own names.
#[test]
fn a_helper_is_mended_in_its_own_names() {
    let store = |update: &str| {
        format!(
            "\
class Store {{
  constructor(db) {{
    this.db = db;
  }}
  async remove(key) {{
    const meta = await this.db.collection('meta').findOne({{ _id: 1 }});
    const links = meta.links.filter((link) => link.name !== key);
    await this.db.collection('meta').updateOne({{ _id: 1 }}, {update});
  }}
}}
module.exports = Store;
"
        )
    };
    let caller = "\
const Store = require('./z-store');
module.exports = (app, db) => {
  const store = new Store(db);
  app.delete('/links/:name', async (req, res) => {
    await store.remove(req.params.name);
    res.send({ ok: true });
  });
};
";
    let project = Project::new(&[("a-routes.js", caller), ("z-store.js", &store("{ $set: { links } }"))]);
    project.run(&["check", "--fix-suggested"]);
    assert_eq!(project.read("z-store.js"), store("{ $pull: { links: { name: key } } }"));
}

/// Where the check gives something back, who is refused is not to be told of an error.
#[test]
fn a_refusal_that_is_told_is_told_as_the_check_tells_it() {
    let text = |check: &str, filter: &str| {
        format!(
            "\
module.exports = async (db, id) => {{
  const user = await db.collection('users').findOne({{ _id: id }});
  if (!user) throw new Error('none');
  if (user.state === 'on') {{
    {check};
  }}
  const updated = await db.collection('users').findOneAndUpdate({{ _id: id{filter} }}, {{ $set: {{ state: 'on' }}, $inc: {{ times: 1 }} }}, {{ returnDocument: 'after' }});
  if (!updated) {{
    throw new Error('none');
  }}
  return updated;
}};
"
        )
    };
    let asked = ", state: { $ne: 'on' }";
    assert_eq!(after(&text("throw new Error('is on')", "")), text("throw new Error('is on')", asked));
    assert_eq!(after(&text("return user", "")), text("return user", ""));
}

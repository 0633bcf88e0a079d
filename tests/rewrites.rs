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
        assert_eq!(after(&text), text, "{change}");
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
    let update = "  await chats.updateOne({ _id: id }, { $set: { tags } });";
    let fenced = "  const result = await chats.updateOne({ _id: id, tags: chat.tags }, { $set: { tags } });
  if (result.matchedCount === 0) throw new Error('changed by another request, load it and try again');";
    assert_eq!(findings(text), ["models/a.js:5 array-overwrite"]);
    let fixed = text.replace(update, fenced);
    assert_eq!(Project::rewritten("models/a.js", text, "--fix-suggested"), fixed);
    assert!(findings(&fixed).is_empty());
    // Nobody is told.
    let returned = text.replace("  await chats.updateOne", "  return chats.updateOne");
    assert_eq!(Project::rewritten("models/a.js", &returned, "--fix-suggested"), returned);
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
    // What may be a text is no number, and the text of an element is no element.
    for kept in [
        update("$set: { count: group.count + by }"),
        update("$set: { lines: group.lines.filter((line) => line.toString() !== id) }"),
        checked(
            "if (group.open) await Group.updateOne({ _id: group._id }, { $set: { lines: [...group.lines, line] } });",
        ),
    ] {
        assert_eq!(rewritten(&kept), kept);
    }
}

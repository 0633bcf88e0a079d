//! What `--fix-suggested` makes the code answer where the database refuses: what the check answered, or no fix.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::Project;

/// What `--fix-suggested` makes of the body of a function.
fn after(body: &str) -> String {
    let text = format!("module.exports = async (db, res, id, tag) => {{\n{body}}};\n");
    let fixed = Project::rewritten("models/a.js", &text, "--fix-suggested");
    let lines: Vec<&str> = fixed.lines().collect();
    lines[1..lines.len() - 1].join("\n") + "\n"
}

const PUSH: &str = "await db.collection('posts').updateOne({ _id: id }, { $push: { tags: tag } });";
const GUARDED: &str =
    "await db.collection('posts').updateOne({ _id: id, tags: { $ne: tag } }, { $push: { tags: tag } });";
const FIND: &str = "  const post = await db.collection('posts').findOne({ _id: id });\n  if (!post) return;\n";

#[test]
fn what_the_other_branch_does_is_done() {
    let body = format!(
        "{FIND}  if (!post.tags.includes(tag)) {{\n    {PUSH}\n  }} else {{\n    return res.send('there');\n  }}\n  res.send('done');\n"
    );
    let fixed = format!(
        "{FIND}  if (!post.tags.includes(tag)) {{\n    const result = {GUARDED}\n    if (result.matchedCount === 0) {{\n      return res.send('there');\n    }}\n  }} else {{\n    return res.send('there');\n  }}\n  res.send('done');\n"
    );
    assert_eq!(after(&body), fixed);
}

/// What stands after the act where the check let it through would be done where the database refuses.
#[test]
fn what_follows_the_act_alone_is_not_done_for_a_refused_one() {
    let follows = [
        format!("  if (!post.tags.includes(tag)) {{\n    {PUSH}\n    res.send('added');\n  }}\n"),
        format!(
            "  if (!post.tags.includes(tag)) {{\n    if (res) {{\n      {PUSH}\n    }}\n    res.send('added');\n  }}\n"
        ),
        format!("  if (!post.tags.includes(tag)) {{\n    {{\n      {PUSH}\n    }}\n    res.send('added');\n  }}\n"),
        format!(
            "  if (!post.tags.includes(tag)) {{\n    {PUSH}\n  }} else if (res) {{\n    res.send('there');\n  }}\n"
        ),
    ];
    for rest in follows {
        let body = format!("{FIND}{rest}");
        assert_eq!(after(&body), body);
    }
}

#[test]
fn what_the_check_throws_is_thrown() {
    let exit = "  if (post.tags.includes(tag)) {\n    throw new Error('there');\n  }\n";
    let body = format!("{FIND}{exit}  const result = {PUSH}\n  return result;\n");
    let told = exit.replace("post.tags.includes(tag)", "result.matchedCount === 0");
    assert_eq!(after(&body), format!("{FIND}{exit}  const result = {GUARDED}\n{told}  return result;\n"));
    let body = body.replace("  const result = await", "  return").replace("  return result;\n", "");
    assert_eq!(after(&body), body);
}

const EXIT: &str = "  if (post.tags.includes(tag)) {\n    throw new Error('there');\n  }\n";
const TOLD: &str = "  if (result.matchedCount === 0) {\n    throw new Error('there');\n  }\n";

/// A statement without a semicolon ends where its expression does, not at that of the next line.
#[test]
fn an_answer_stands_before_the_semicolon_of_the_next_line() {
    let (push, guarded) = (PUSH.trim_end_matches(';'), GUARDED.trim_end_matches(';'));
    let body = format!("{FIND}{EXIT}  {push}\n  ;[1, 2].forEach(res.send)\n");
    let fixed = format!("{FIND}{EXIT}  const result = {guarded}\n{TOLD}  ;[1, 2].forEach(res.send)\n");
    assert_eq!(after(&body), fixed);
}

#[test]
fn an_answer_is_written_with_the_line_ends_of_the_file() {
    let body = format!("{FIND}{EXIT}  {PUSH}\n").replace('\n', "\r\n");
    let text = format!("module.exports = async (db, res, id, tag) => {{\r\n{body}}};\r\n");
    let fixed = Project::rewritten("models/a.js", &text, "--fix-suggested");
    assert!(fixed.contains(&TOLD.replace('\n', "\r\n")), "{fixed:?}");
    assert_eq!(fixed.matches('\n').count(), fixed.matches("\r\n").count(), "{fixed:?}");
}

/// The handler of the `try` around the act would catch what the check throws past it.
#[test]
fn what_another_handler_would_catch_is_not_thrown() {
    let body = format!("{FIND}{EXIT}  try {{\n    {PUSH}\n  }} catch (error) {{\n    res.send('later');\n  }}\n");
    assert_eq!(after(&body), body);
    let whole = format!("{FIND}  try {{\n{EXIT}  {PUSH}\n  }} catch (error) {{\n    res.send('there');\n  }}\n");
    assert_ne!(after(&whole), whole);
}

#[test]
fn a_result_gets_a_name_that_nothing_has() {
    let guarded = |name: &str| GUARDED.replace("await", &format!("const {name} = await"));
    // A name of a block that is left, and one that is declared later.
    for other in ["  if (id) {\n    const result = 1;\n  }\n", "  const resultText = 1;\n"] {
        let body = format!("{FIND}{EXIT}  {PUSH}\n{other}");
        assert_eq!(after(&body), body);
    }
    let second = |text: &str| text.replace("posts", "notes").replace("result", "result2");
    let branch = |push: &str, told: &str| format!("{FIND}{EXIT}  {push}\n{told}");
    let both = |push: &str, told: &str| {
        format!("  if (res) {{\n{}  }} else {{\n{}  }}\n", branch(push, told), second(&branch(push, told)))
    };
    assert_eq!(after(&both(PUSH, "")), both(&guarded("result"), TOLD));
}

/// Which of two tests a refused act would have failed is not known.
#[test]
fn of_two_answers_none_is_given() {
    let other = "  if (post.closed) {\n    throw new Error('closed');\n  }\n";
    let body = format!("{FIND}{other}{EXIT}  {PUSH}\n");
    assert_eq!(after(&body), body);
    let alike = other.replace("'closed'", "'there'");
    let body = format!("{FIND}{alike}{EXIT}  {PUSH}\n");
    assert!(after(&body).contains(TOLD), "{}", after(&body));
}

/// What other methods give differs by client and version.
#[test]
fn a_result_that_is_not_known_is_not_asked() {
    let body = format!("{FIND}{EXIT}  {PUSH}\n").replace("updateOne", "update");
    assert_eq!(after(&body), body);
}

/// What is told of an update that found nothing is an answer; that the server did it is none, and neither is a line of a log.
#[test]
fn an_answer_of_the_code_is_left_alone() {
    let result = format!("  const result = {PUSH}\n");
    let answers = [
        "  if (!result.matchedCount) return res.send('none');\n",
        "  if (result.modifiedCount > 0) {\n    res.send('added');\n  } else {\n    res.send('none');\n  }\n",
    ];
    for answer in answers {
        let body = format!("{FIND}{EXIT}{result}{answer}");
        assert_eq!(after(&body), body.replace(PUSH, GUARDED));
    }
    let none = [
        "  if (!result.acknowledged) throw new Error('failed');\n  res.send('added');\n",
        "  if (result.modifiedCount) console.log('added');\n  res.send('added');\n",
    ];
    for rest in none {
        let body = format!("{FIND}{EXIT}{result}{rest}");
        assert_eq!(after(&body), format!("{FIND}{EXIT}{}{TOLD}{rest}", result.replace(PUSH, GUARDED)));
    }
}

/// What a name stands for there need not be what it stands for at the act.
#[test]
fn an_answer_whose_names_are_others_is_not_given() {
    let exit = "  if (post.tags.includes(tag)) {\n    throw new Error(text);\n  }\n";
    let given = format!("  const text = 'there';\n{FIND}{exit}  {PUSH}\n");
    assert_ne!(after(&given), given);
    let bodies = [
        format!("  let text = 'there';\n{FIND}{exit}  text = 'added';\n  {PUSH}\n  res.send(text);\n"),
        format!(
            "  const text = 'there';\n{FIND}{exit}  if (id) {{\n    const text = 'added';\n    {PUSH}\n    res.send(text);\n  }}\n"
        ),
        format!(
            "  const text = 'there';\n{FIND}  if (!post.tags.includes(tag)) {{\n    const text = 'added';\n    res.log(text);\n    {PUSH}\n  }} else {{\n    return res.send(text);\n  }}\n"
        ),
    ];
    for body in bodies {
        assert_eq!(after(&body), body);
    }
}

/// Without its semicolon it could go on in the next line, and the lines of a text are no lines of code.
#[test]
fn an_answer_that_would_change_by_being_moved_is_not_moved() {
    let exits = [
        "  if (post.tags.includes(tag)) throw new Error('there')\n",
        "  if (post.tags.includes(tag)) {\n    throw new Error(`there:\n    ${tag}`);\n  }\n",
    ];
    for exit in exits {
        let body = format!("{FIND}{exit}  {PUSH}\n");
        assert_eq!(after(&body), body);
    }
    let exit = "  if (found) {\n    throw new Error(`there:\n    ${tag}`);\n  }\n";
    let body = format!("{SEARCH}{exit}  await tags.insertOne({{ id, tag }});\n");
    assert!(!after(&body).contains("inserted"), "{}", after(&body));
}

/// A raw result is an object whatever was found.
#[test]
fn a_raw_result_is_not_taken_for_the_document() {
    let text = "\
const { Schema, model } = require('mongoose');
const Post = model('Post', new Schema({ tags: [String] }));
module.exports = async (res, id, tag) => {
  const post = await Post.findById(id);
  if (!post) return;
  if (post.tags.includes(tag)) {
    throw new Error('there');
  }
  await Post.findOneAndUpdate({ _id: id }, { $push: { tags: tag } }, { new: true });
};
";
    let fixed = |text: &str| Project::rewritten("models/a.js", text, "--fix-suggested");
    assert!(fixed(text).contains("if (!result) {"), "{}", fixed(text));
    for option in ["rawResult", "passRawResult", "includeResultMetadata"] {
        let raw = text.replace("new: true", &format!("{option}: true"));
        assert_eq!(fixed(&raw), raw);
    }
}

const SEARCH: &str = "  const tags = db.collection('tags');\n  const found = await tags.findOne({ id, tag });\n";
const INDEXED: &str = "await tags.createIndex({ id: 1, tag: 1 }, { unique: true });";

#[test]
fn an_insert_that_the_index_refuses_is_answered_as_found() {
    let exit = "  if (found) {\n    return res.send('there');\n  }\n";
    let caught = ".catch((error) => {\n    if (error.code !== 11000) throw error;\n    return null;\n  });\n";
    let body = format!("{SEARCH}{exit}  await tags.insertOne({{ id, tag }});\n  res.send('done');\n");
    let told = exit.replace("found", "!inserted");
    let fixed = format!(
        "{SEARCH}{exit}  {INDEXED}\n  const inserted = await tags.insertOne({{ id, tag }}){caught}{told}  res.send('done');\n"
    );
    assert_eq!(after(&body), fixed);
    let bound = body.replace("await tags.insertOne", "const made = await tags.insertOne");
    let fixed = fixed.replace("inserted", "made");
    assert_eq!(after(&bound), fixed);
    // Nothing but the insert is left out.
    let inside =
        format!("{SEARCH}  if (!found) {{\n    await tags.insertOne({{ id, tag }});\n  }}\n  res.send('done');\n");
    let caught = ".catch((error) => {\n      if (error.code !== 11000) throw error;\n    });\n";
    let fixed = format!(
        "{SEARCH}  if (!found) {{\n    {INDEXED}\n    await tags.insertOne({{ id, tag }}){caught}  }}\n  res.send('done');\n"
    );
    assert_eq!(after(&inside), fixed);
}

/// The insert fails, so nothing that follows is done.
#[test]
fn an_insert_whose_answer_needs_what_was_found_fails() {
    let insert = "await tags.insertOne({ id, tag });";
    let bodies = [
        // The answer is what was found.
        format!("{SEARCH}  if (found) {{\n    return res.send(found);\n  }}\n  {insert}\n"),
        // What follows is done for an insert alone.
        format!("{SEARCH}  if (!found) {{\n    {insert}\n    res.send('added');\n  }}\n"),
        // The name for what it gives is taken.
        format!("{SEARCH}  if (found) {{\n    throw new Error('there');\n  }}\n  {insert}\n  const inserted = id;\n"),
        // What the search answers means something else here.
        format!(
            "  let text = 'there';\n{SEARCH}  if (found) {{\n    throw new Error(text);\n  }}\n  text = 'added';\n  {insert}\n"
        ),
    ];
    for body in bodies {
        let indent = if body.contains("    await tags.insertOne") { "    " } else { "  " };
        assert_eq!(after(&body), body.replace(insert, &format!("{INDEXED}\n{indent}{insert}")));
    }
}

#[test]
fn an_insert_that_no_index_may_refuse_is_left_alone() {
    let insert = "await tags.insertOne({ id, tag });";
    let bodies = [
        // A transaction creates no index.
        format!("{SEARCH}  if (found) return;\n  await tags.insertOne({{ id, tag }}, {{ session: res.session }});\n"),
        // The second of one request would always be refused.
        format!("{SEARCH}  if (found) return;\n  {insert}\n  await db.collection('tags').insertOne({{ id, tag }});\n"),
        // Another place inserts the same on purpose.
        format!(
            "{SEARCH}  if (found) return;\n  {insert}\n  res.on('again', async () => {{\n    await db.collection('tags').insertOne({{ id, tag }});\n  }});\n"
        ),
    ];
    for body in bodies {
        assert_eq!(after(&body), body);
    }
}

/// What counts as set is not known, but only `false` is written: the filter asks that nobody has written that.
#[test]
fn a_flag_is_asked_for_not_being_cleared() {
    let (hide, log) = (
        "await db.collection('posts').updateOne({ _id: id }, { $set: { shown: false } });",
        "await db.collection('log').insertOne({ hidden: id });",
    );
    let guarded = hide.replace("{ _id: id }", "{ _id: id, shown: { $ne: false } }");
    let exit = "  if (!post.shown) {\n    throw new Error('hidden');\n  }\n";
    let told = exit.replace("!post.shown", "result.matchedCount === 0");
    let body = format!("{FIND}{exit}  {hide}\n  {log}\n");
    assert_eq!(after(&body), format!("{FIND}{exit}  const result = {guarded}\n{told}  {log}\n"));
    // Nobody is told that it was refused.
    let body = format!("{FIND}  if (post.shown) {{\n    {hide}\n    {log}\n  }}\n");
    assert_eq!(after(&body), body);
}

/// What has no form in a filter and is decided of fields that the function leaves alone stays a test of the code; of others it holds no
/// more when the update is done.
#[test]
fn what_nothing_here_changes_needs_no_form() {
    let check = "  if (!res.names.includes(post.owner.name.split(' ')[0])) return res.send('no');\n  if (post.tags.includes(tag)) return res.send('no');\n";
    let body = format!("{FIND}{check}  {PUSH}\n  res.send('done');\n");
    assert!(after(&body).contains(GUARDED), "{}", after(&body));
    let changed = body.replace("{ $push", "{ $set: { 'owner.name': tag }, $push");
    assert!(!after(&changed).contains("tags: { $ne: tag }"), "{}", after(&changed));
}

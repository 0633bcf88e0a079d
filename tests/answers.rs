//! What `--fix-suggested` makes the code answer where the database refuses: what the check answered, or no fix.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::Project;

/// What `--fix-suggested` makes of the body of a function.
fn after(body: &str) -> String {
    let text = format!("module.exports = async (db, res, id, tag) => {{\n{body}}};\n");
    let project = Project::new(&[("models/a.js", &text)]);
    let outcome = project.run(&["check", "--fix-suggested"]);
    assert!(matches!(outcome.code, Some(0 | 1)), "{outcome:?}");
    let fixed = project.read("models/a.js");
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

#[test]
fn an_insert_whose_answer_needs_what_was_found_is_left_alone() {
    let insert = "await tags.insertOne({ id, tag });";
    let bodies = [
        // The answer is what was found.
        format!("{SEARCH}  if (found) {{\n    return res.send(found);\n  }}\n  {insert}\n"),
        // What follows is done for an insert alone.
        format!("{SEARCH}  if (!found) {{\n    {insert}\n    res.send('added');\n  }}\n"),
        // A transaction creates no index.
        format!("{SEARCH}  if (found) return;\n  await tags.insertOne({{ id, tag }}, {{ session: res.session }});\n"),
        // Another place inserts the same on purpose.
        format!(
            "{SEARCH}  if (found) return;\n  {insert}\n  res.on('again', async () => {{\n    await db.collection('tags').insertOne({{ id, tag }});\n  }});\n"
        ),
    ];
    for body in bodies {
        assert_eq!(after(&body), body);
    }
}

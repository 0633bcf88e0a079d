//! Where `--fix-suggested` creates the unique index that an insert after a search needs, and where it does not.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::Project;

fn after(text: &str) -> String {
    Project::rewritten("models/a.js", text, "--fix-suggested")
}

fn is_found(text: &str) -> bool {
    let found = Project::new(&[("models/a.js", text)]).run(&["check", "--format", "json"]);
    found.findings().iter().any(|finding| finding.ends_with("check-then-insert"))
}

const FIELDS: &str = "{ mail: { type: String, required: true }, name: String }";
const INDEX: &str = ".index({ mail: 1 }, { unique: true })";

/// A model that is made like this, and an insert after a search.
fn signup(model: &str) -> String {
    format!(
        "\
const mongoose = require('mongoose');
{model}
module.exports = async (mail, name) => {{
  if (await User.findOne({{ mail }})) throw new Error('taken');
  return User.create({{ mail, name }});
}};
"
    )
}

#[test]
fn an_index_is_written_next_to_the_schema() {
    let forms = [
        // A schema with a name.
        (format!("const schema = new mongoose.Schema({FIELDS});"), format!("\nschema{INDEX};")),
        (format!("const schema = mongoose.Schema({FIELDS});"), format!("\nschema{INDEX};")),
    ];
    for (schema, index) in forms {
        let model = "\nconst User = mongoose.model('User', schema);";
        let (before, fixed) = (signup(&format!("{schema}{model}")), signup(&format!("{schema}{index}{model}")));
        assert_eq!(after(&before), fixed);
        assert!(!is_found(&fixed), "{fixed}");
    }
    // A schema without one.
    let made = |index: &str| {
        signup(&format!(
            "const User = mongoose.model('User', new mongoose.Schema({FIELDS}, {{ timestamps: true }}){index});"
        ))
    };
    assert_eq!(after(&made("")), made(INDEX));
    assert!(!is_found(&made(INDEX)));
}

/// Who comes second is served with what is found: an index alone would fail that request, unless its refusal is caught.
#[test]
fn an_index_does_not_refuse_who_is_served_with_what_is_found() {
    let schema = format!("const schema = new mongoose.Schema({FIELDS});");
    let model = format!("{schema}\nconst User = mongoose.model('User', schema);");
    let made = "let user = await User.findOne({ mail });\n  if (!user) user = await User.create({ mail, name });\n";
    let text = |body: &str| {
        format!(
            "const mongoose = require('mongoose');\n{model}\nmodule.exports = async (mail, name) => {{\n  {body}}};\n"
        )
    };
    let open = text(&format!("{made}  return user;\n"));
    assert!(is_found(&open), "{open}");
    assert_eq!(after(&open), open);
    let tried = text(&format!(
        "try {{\n  {made}  return user;\n  }} catch (error) {{\n    return User.findOne({{ mail }});\n  }}\n"
    ));
    assert!(is_found(&tried), "{tried}");
    assert_ne!(after(&tried), tried);
}

/// The server makes no second index of the same keys.
#[test]
fn an_index_that_is_there_is_not_created_again() {
    let schemas = [
        "const schema = new mongoose.Schema({ mail: { type: String, required: true, index: true }, name: String });"
            .to_owned(),
        format!("const schema = new mongoose.Schema({FIELDS});\nschema.index({{ mail: 1 }}, {{ name: 'mails' }});"),
    ];
    for schema in schemas {
        let text = signup(&format!("{schema}\nconst User = mongoose.model('User', schema);"));
        assert!(is_found(&text), "{text}");
        assert_eq!(after(&text), text);
    }
    let other = format!("const schema = new mongoose.Schema({FIELDS});\nschema.index({{ name: 1 }});");
    let text = signup(&format!("{other}\nconst User = mongoose.model('User', schema);"));
    assert_ne!(after(&text), text);
}

/// Documents without the key are left out, and only where the others are known to have none.
#[test]
fn an_index_leaves_out_what_others_insert_without_its_key() {
    let text = |index: &str, other: &str| {
        format!(
            "\
module.exports = {{
  async byMail(db, mail, name) {{
    const users = db.collection('users');
    if (await users.findOne({{ mail }})) throw new Error('taken');
    {index}await users.insertOne({{ mail, name }});
  }},
  async byPhone(db, phone, rest) {{
    await db.collection('users').insertOne({{ {other} }});
  }},
}};
"
        )
    };
    let index = "await users.createIndex({ mail: 1 }, { unique: true, sparse: true });\n    ";
    let fixed = after(&text("", "phone, name: phone"));
    assert!(fixed.contains("await users.createIndex({ mail: 1 }, { unique: true, sparse: true });"), "{fixed}");
    assert!(!is_found(&text(index, "phone, name: phone")));
    for other in ["...rest", "phone, [rest]: phone", "phone, mail: rest", "phone, mail: null"] {
        assert_eq!(after(&text("", other)), text("", other));
    }
}

/// Who looks for more lets a second document in that has the same key.
#[test]
fn an_index_of_a_collection_that_several_models_share_is_not_created() {
    let shared = |kind: &str| {
        signup(&format!(
            "\
const Base = mongoose.model('Base', new mongoose.Schema({{ name: String }}));
const schema = new mongoose.Schema({FIELDS});
const User = {kind};
const Guest = Base.discriminator('Guest', new mongoose.Schema({{ room: String }}));"
        ))
    };
    let of_base = shared("Base.discriminator('User', schema)");
    assert_eq!(after(&of_base), of_base);
    assert!(is_found(&of_base));
    // The same schema, of a model with a collection of its own.
    let alone = shared("mongoose.model('User', schema)");
    assert_ne!(after(&alone), alone);
}

#[test]
fn an_index_that_would_refuse_what_another_search_lets_in_is_not_created() {
    let text = |search: &str| {
        format!(
            "\
module.exports = {{
  async one(db, mail, name) {{
    if (await db.collection('codes').findOne({{ mail }})) throw new Error('taken');
    await db.collection('codes').insertOne({{ mail, name }});
  }},
  async two(db, mail, name) {{
    if (await db.collection('codes').findOne({{ {search} }})) throw new Error('taken');
    await db.collection('codes').insertOne({{ mail, name, role: 'shop' }});
  }},
}};
"
        )
    };
    assert!(after(&text("mail")).contains("createIndex({ mail: 1 }, { unique: true })"));
    assert!(!after(&text("mail, role: 'shop'")).contains("createIndex({ mail: 1 }, { unique: true })"));
}

/// A limit lets a second document in that has the same key.
#[test]
fn an_index_that_would_refuse_what_a_limit_lets_in_is_not_created() {
    let text = |search: &str| {
        format!(
            "\
module.exports = {{
  async first(db, team) {{
    if (await db.collection('spaces').findOne({{ team }})) return;
    await db.collection('spaces').insertOne({{ team, name: 'first' }});
  }},
  async more(db, team, name) {{
    if ({search}) throw new Error('too many');
    await db.collection('spaces').insertOne({{ team, name }});
  }},
}};
"
        )
    };
    let limits = [
        "(await db.collection('spaces').find({ team }).toArray()).length >= 9",
        "(await db.collection('spaces').countDocuments({ team })) >= 9",
    ];
    for limit in limits {
        assert_eq!(after(&text(limit)), text(limit));
    }
    assert!(after(&text("await db.collection('spaces').findOne({ team })")).contains("createIndex"));
}

/// What the code answers to a document that is there need not be known: the insert fails.
#[test]
fn an_insert_of_the_driver_is_refused() {
    let insert = "return db.collection('users').insertOne({ mail, name });";
    let signup = |lines: &str| {
        format!(
            "\
module.exports = async (db, mail, name) => {{
  const found = await db.collection('users').findOne({{ mail }});
  if (found) return found;
  {lines}
}};
"
        )
    };
    let index = "await db.collection('users').createIndex({ mail: 1 }, { unique: true });";
    assert_eq!(after(&signup(insert)), signup(&format!("{index}\n  {insert}")));
    assert!(!is_found(&signup(&format!("{index}\n  {insert}"))));
    let made = signup(&format!("await db.collection('users').createIndex({{ mail: 1 }});\n  {insert}"));
    assert_eq!(after(&made), made.replace("{ mail: 1 }", "{ mail: 1 }, { unique: true }"));
    // The database that is handed in gives its collections by name.
    let named = signup(insert).replace("db.collection('users')", "db.users");
    let fixed = signup(&format!("{index}\n  {insert}")).replace("db.collection('users')", "db.users");
    assert_eq!(after(&named), fixed);
    // Nothing can be waited for.
    let waits = signup(insert).replace("async (", "(").replace("await db", "db");
    assert_eq!(after(&waits), waits);
}

/// What makes the index says that it is unique.
#[test]
fn an_index_that_is_there_becomes_unique() {
    let made = |options: &str| {
        let index = format!("schema.index({{ mail: 1 }}{options});\nconst User = mongoose.model('User', schema);");
        signup(&format!("const schema = new mongoose.Schema({FIELDS});\n{index}"))
    };
    let text = made("");
    assert!(is_found(&text), "{text}");
    assert_eq!(after(&text), made(", { unique: true }"));
    // A loop makes others too.
    let looped =
        "for (const key of ['mail', 'name']) schema.index({ [key]: 1 });\nconst User = mongoose.model('User', schema);";
    let text = signup(&format!("const schema = new mongoose.Schema({FIELDS});\n{looped}"));
    assert_eq!(after(&text), text);
}

/// Each round looks for its own document, and an E11000 that no round catches would leave out what is left of the list.
#[test]
fn an_insert_in_a_loop_has_no_index_that_would_end_it() {
    let text = |find: &str, index: &str| {
        format!(
            "\
module.exports = async (db, roles) => {{
  const known = db.collection('roles');
  for (const role of roles) {{
    {find}
    {index}await known.insertOne({{ name: role.name, rights: [] }});
  }}
}};
"
        )
    };
    let own = "if (await known.findOne({ name: role.name })) continue;";
    assert!(is_found(&text(own, "")));
    assert!(!is_found(&text(own, "await known.createIndex({ name: 1 }, { unique: true });\n    ")));
    for find in [own, "if (await known.findOne({})) continue;"] {
        assert_eq!(after(&text(find, "")), text(find, ""));
    }
}

/// The one document of a kind is kept apart from those of its kind alone.
#[test]
fn a_document_of_a_kind_has_an_index_of_its_kind() {
    let text = |other: &str| {
        format!(
            "\
module.exports = {{
  async limits(db) {{
    const found = await db.collection('settings').findOne({{ kind: 'limits' }});
    if (!found) {{
      await db.collection('settings').insertOne({{ kind: 'limits', perDay: 10 }});
    }}
  }},
  async others(db, name) {{
    {other}
  }},
}};
"
        )
    };
    let index = "createIndex({ kind: 1 }, { unique: true, partialFilterExpression: { kind: 'limits' } })";
    let fixed = after(&text("await db.collection('logs').insertOne({ name });"));
    assert!(fixed.contains(index), "{fixed}");
    assert!(!is_found(&fixed), "{fixed}");
    // The server makes no second index of the same key, for another kind.
    let other = "const found = await db.collection('settings').findOne({ kind: 'mail' });\n    if (!found) await db.collection('settings').insertOne({ kind: 'mail' });";
    assert_eq!(after(&text(other)), text(other));
}

/// A class that is a schema has the options of its fields.
#[test]
fn an_index_is_written_with_the_field_of_a_class() {
    let text = |field: &str| {
        format!(
            "\
import {{ prop, getModelForClass }} from '@typegoose/typegoose';
class Order {{
  {field};
  @prop({{ default: 0 }})
  public count: number;
}}
const OrderModel = getModelForClass(Order);
export async function orderOf(owner: string) {{
  let order = await OrderModel.findOne({{ owner }});
  if (!order) order = await OrderModel.create({{ owner }});
  return order;
}}
"
        )
    };
    let rewritten = |field: &str| Project::rewritten("models/a.ts", &text(field), "--fix-suggested");
    for (field, fixed) in [
        (
            "@prop({ required: true }) public owner!: string",
            "@prop({ required: true, unique: true }) public owner!: string",
        ),
        (
            "@prop({ required: true, index: true })\n  owner: string",
            "@prop({ required: true, index: true, unique: true })\n  owner: string",
        ),
        ("@prop() public owner?: string", "@prop({ unique: true, sparse: true }) public owner?: string"),
        ("@prop({ trim: true }) owner: string", "@prop({ trim: true, unique: true, sparse: true }) owner: string"),
    ] {
        assert_eq!(rewritten(field), text(fixed), "{field}");
        let found = Project::new(&[("models/a.ts", &text(fixed))]).run(&["check", "--format", "json"]);
        assert!(!found.findings().iter().any(|finding| finding.ends_with("check-then-insert")), "{fixed}");
    }
    for field in [
        "@prop({ required: true }) public owner!: string[]",
        "@prop({ required: true, type: () => [String] }) public owner: any",
        "@prop({ default: 'none' }) public owner?: string",
        "@prop({ ...common }) public owner!: string",
        "@prop(options) public owner!: string",
        "@field({ required: true }) public owner!: string",
        "public owner!: string",
    ] {
        assert_eq!(rewritten(field), text(field), "{field}");
    }
    // Which of two classes is the model is not known.
    let twice = text("@prop({ required: true }) public owner!: string");
    let other = "import { prop } from '@typegoose/typegoose';\nexport class Order {\n  @prop() owner?: string;\n}\n";
    let project = Project::new(&[("models/a.ts", &twice), ("models/b.ts", other)]);
    project.run(&["check", "--fix-suggested"]);
    assert_eq!(project.read("models/a.ts"), twice);
}

/// Source: Node.js, "Process", event `unhandledRejection`.
#[test]
fn an_index_is_not_made_where_nothing_hears_its_refusal() {
    let text = |insert: &str, index: &str| {
        format!(
            "\
const mongoose = require('mongoose');
const User = mongoose.model('User', new mongoose.Schema({FIELDS}){index});
module.exports = async (mail, name) => {{
  const found = await User.findOne({{ mail }});
  if (!found) {{
    {insert};
  }}
}};
"
        )
    };
    let left = text("User.create({ mail, name })", "");
    assert!(is_found(&left));
    assert_eq!(after(&left), left);
    let heard = "await User.create({ mail, name })";
    assert_eq!(after(&text(heard, "")), text(heard, INDEX));
}

/// A repository inserts for others too, and the schema is of one model: the fix does not change the repository.
#[test]
fn an_index_for_a_call_of_a_repository_is_written_next_to_the_schema() {
    let repository = "\
class Repository {
  constructor(model) { this.model = model; }
  one(filter) { return this.model.findOne(filter); }
  create(document) { return this.model.create(document); }
}
module.exports = { Repository };
";
    let service = |name: &str, index: &str| {
        format!(
            "\
const mongoose = require('mongoose');
const {{ Repository }} = require('./repository');
const {name}s = new Repository(mongoose.model('{name}', new mongoose.Schema({FIELDS}){index}));
exports.add = async (mail, name) => {{
  if (await {name}s.one({{ mail }})) throw new Error('taken');
  return {name}s.create({{ mail, name }});
}};
"
        )
    };
    let project =
        Project::new(&[("repository.js", repository), ("a.js", &service("Guest", "")), ("b.js", &service("Room", ""))]);
    assert_eq!(
        project.run(&["check", "--format", "json"]).findings(),
        ["a.js:6 check-then-insert", "b.js:6 check-then-insert"]
    );
    project.run(&["check", "--fix-suggested"]);
    assert_eq!(project.read("repository.js"), repository);
    assert_eq!(project.read("a.js"), service("Guest", INDEX));
    assert_eq!(project.read("b.js"), service("Room", INDEX));
}

//! The rows of the guard table: for each a racy program and its safe twin, which differ in the filter alone.
//!
//! A twin's verdict follows from an interleaving of two requests, not from what the engine says.

pub struct Row {
    pub name: &'static str,
    /// The rule that finds the racy twin, on the line that ends in `// act`.
    pub rule: &'static str,
    pub racy: String,
    pub safe: String,
}

/// An append that a check on `sku` decides; the rows differ in the filter.
fn by_sku(filter: &str) -> String {
    checked_push("(item) => item.sku === sku", filter, "{ sku, size, quantity }")
}

/// An append that a check on `sku` and `size` decides.
fn by_sku_and_size(filter: &str) -> String {
    checked_push("(item) => item.sku === sku && item.size === size", filter, "{ sku, size, quantity }")
}

fn checked_push(predicate: &str, filter: &str, element: &str) -> String {
    format!(
        "async function add(carts, id, sku, size, quantity) {{
  const cart = await carts.findOne({{ _id: id }});
  if (cart.items.some({predicate})) return null;
  return carts.updateOne({{ _id: id{filter} }}, {{ $push: {{ items: {element} }} }}); // act
}}
module.exports = {{ add }};
"
    )
}

/// An append of a word that a check decides.
fn by_word(filter: &str, change: &str) -> String {
    format!(
        "async function tag(posts, id, word) {{
  const post = await posts.findOne({{ _id: id }});
  if (post.tags.includes(word)) return null;
  return posts.updateOne({{ _id: id{filter} }}, {change}); // act
}}
module.exports = {{ tag }};
"
    )
}

/// An array that is loaded, extended and written back whole.
fn overwrite(filter: &str, change: &str) -> String {
    format!(
        "async function append(carts, id, item) {{
  const cart = await carts.findOne({{ _id: id }});
  return carts.updateOne({{ _id: id{filter} }}, {{ $set: {{ items: [...cart.items, item] }}{change} }}); // act
}}
module.exports = {{ append }};
"
    )
}

/// A withdrawal that a comparison decides.
fn withdrawal(filter: &str) -> String {
    format!(
        "async function withdraw(accounts, id, amount) {{
  const account = await accounts.findOne({{ _id: id }});
  if (account.balance < amount) throw new Error('not enough');
  return accounts.updateOne({{ _id: id{filter} }}, {{ $inc: {{ balance: -amount }} }}); // act
}}
module.exports = {{ withdraw }};
"
    )
}

/// A payment that a state decides, with a counter that a second run would count again.
fn payment(filter: &str) -> String {
    format!(
        "async function pay(orders, id) {{
  const order = await orders.findOne({{ _id: id }});
  if (order.status !== 'pending') return null;
  return orders.updateOne({{ _id: id{filter} }}, {{ $set: {{ status: 'paid' }}, $inc: {{ payments: 1 }} }}); // act
}}
module.exports = {{ pay }};
"
    )
}

fn of(name: &'static str, rule: &'static str, racy: String, safe: String) -> Row {
    Row { name, rule, racy, safe }
}

/// Conditions on the array itself. In each racy twin two requests with one `sku` and two quantities both pass the check on
/// the loaded array, and the second update still matches.
fn on_the_array() -> Vec<Row> {
    let push = "check-then-push";
    let sku = |name, racy: &str, safe: &str| of(name, push, by_sku(racy), by_sku(safe));
    vec![
        sku("no guard", "", ", 'items.sku': { $ne: sku }"),
        sku("$ne by another key", ", 'items.quantity': { $ne: quantity }", ", 'items.sku': { $ne: sku }"),
        sku("$ne of another value", ", 'items.sku': { $ne: 'gift' }", ", 'items.sku': { $ne: sku }"),
        of(
            "$not $elemMatch by more",
            push,
            by_sku_and_size(", items: { $not: { $elemMatch: { sku, size, quantity } } }"),
            by_sku_and_size(", items: { $not: { $elemMatch: { sku, size } } }"),
        ),
        sku("$nin", ", 'items.sku': { $nin: ['gift'] }", ", 'items.sku': { $nin: [sku] }"),
        sku(
            "$nin of several",
            ", 'items.sku': { $nin: ['gift', 'voucher'] }",
            ", 'items.sku': { $nin: [sku, 'gift'] }",
        ),
        sku("$not $eq", ", 'items.sku': { $not: { $eq: 'gift' } }", ", 'items.sku': { $not: { $eq: sku } }"),
        sku("$not $in", ", 'items.sku': { $not: { $in: ['gift'] } }", ", 'items.sku': { $not: { $in: [sku] } }"),
        sku("$nor", ", $nor: [{ 'items.size': size, archived: true }]", ", $nor: [{ 'items.sku': sku }]"),
        sku(
            "$nor $elemMatch",
            ", $nor: [{ items: { $elemMatch: { sku, quantity } } }]",
            ", $nor: [{ items: { $elemMatch: { sku } } }]",
        ),
        of(
            "whole element by $ne",
            push,
            by_word(", tags: { $ne: 'new' }", "{ $push: { tags: word } }"),
            by_word(", tags: { $ne: word }", "{ $push: { tags: word } }"),
        ),
        of(
            "$addToSet",
            push,
            checked_push("(item) => item.sku === sku", "", "{ sku, at: new Date() }").replace("$push", "$addToSet"),
            by_word("", "{ $addToSet: { tags: word } }"),
        ),
        of(
            "pipeline with $cond and $in",
            push,
            by_word("", "[{ $set: { tags: { $concatArrays: ['$tags', [word]] } } }]"),
            by_word(
                "",
                "[{ $set: { tags: { $cond: [{ $in: [word, '$tags'] }, '$tags', { $concatArrays: ['$tags', [word]] }] } } }]",
            ),
        ),
        of(
            "nullable key",
            "nullable-guard-key",
            by_sku(", 'items.sku': { $ne: sku || null }"),
            by_sku(", 'items.sku': { $ne: sku }"),
        ),
    ]
}

/// Conditions that are combined, and the two that look like a guard.
fn combined() -> Vec<Row> {
    let push = "check-then-push";
    let sku = |name, racy: &str, safe: &str| of(name, push, by_sku(racy), by_sku(safe));
    let none = ", items: { $not: { $elemMatch: { sku } } }";
    vec![
        sku(
            "$and",
            ", $and: [{ 'items.quantity': { $ne: quantity } }, { open: true }]",
            ", $and: [{ 'items.sku': { $ne: sku } }, { open: true }]",
        ),
        sku(
            "$or with an open branch",
            ", $or: [{ 'items.sku': { $ne: sku } }, { shared: true }]",
            ", $or: [{ 'items.sku': { $ne: sku }, open: true }, { 'items.sku': { $ne: sku }, shared: true }]",
        ),
        sku(
            "$or with another value",
            ", $or: [{ 'items.sku': { $ne: sku } }, { 'items.sku': { $ne: 'gift' } }]",
            ", $or: [{ 'items.sku': { $ne: sku } }, { items: { $exists: false } }]",
        ),
        sku(
            "$or of three, one of them open",
            ", $or: [{ 'items.sku': { $ne: sku }, open: true }, { 'items.sku': { $ne: sku } }, { shared: true }]",
            ", $or: [{ 'items.sku': { $ne: sku }, open: true }, { 'items.sku': { $ne: sku } }, { items: { $exists: false } }]",
        ),
        of(
            "split compound",
            "split-compound-guard",
            by_sku_and_size(", 'items.sku': { $ne: sku }, 'items.size': { $ne: size }"),
            by_sku_and_size(", items: { $not: { $elemMatch: { sku, size } } }"),
        ),
        of("any element", "any-element-guard", by_sku(", items: { $elemMatch: { sku: { $ne: sku } } }"), by_sku(none)),
    ]
}

/// Versions and sizes: two requests load the same array, and the second write drops the element of the first.
fn optimistic() -> Vec<Row> {
    let row = |name, racy: String, safe: String| of(name, "array-overwrite", racy, safe);
    vec![
        row(
            "$size",
            overwrite(", notes: { $size: cart.notes.length }", ""),
            overwrite(", items: { $size: cart.items.length }", ""),
        ),
        row(
            "$exists of the next index",
            overwrite(", [`items.${cart.items.length - 1}`]: { $exists: true }", ""),
            overwrite(", [`items.${cart.items.length}`]: { $exists: false }", ""),
        ),
        row(
            "a version that is counted",
            overwrite(", version: cart.version", ""),
            overwrite(", version: cart.version", ", $inc: { version: 1 }"),
        ),
        row(
            "a version that is loaded",
            overwrite(", version: 2", ""),
            overwrite(", version: { $eq: cart.version }", ", $inc: { version: 1 }"),
        ),
        row(
            "a time that is compared for equality",
            overwrite(", updatedAt: { $gt: since }", ", $currentDate: { updatedAt: true }")
                .replace("(carts, id, item)", "(carts, id, item, since)"),
            overwrite(", updatedAt: cart.updatedAt", ", $currentDate: { updatedAt: true }"),
        ),
        row(
            "a version under any name",
            overwrite(", epoch: cart.epoch", ""),
            overwrite(", epoch: cart.epoch", ", $inc: { epoch: 1 }"),
        ),
        row("the array as it was loaded", overwrite(", notes: cart.notes", ""), overwrite(", items: cart.items", "")),
    ]
}

/// Conditions on a scalar. In each racy twin the document still matches after the first request has changed it.
fn on_a_scalar() -> Vec<Row> {
    let update = "check-then-update";
    let spent = |name, racy: &str, safe: &str| of(name, update, withdrawal(racy), withdrawal(safe));
    let paid = |name, racy: &str, safe: &str| of(name, update, payment(racy), payment(safe));
    vec![
        spent("no bound", "", ", balance: { $gte: amount }"),
        spent("a weaker bound", ", balance: { $gt: 0 }", ", balance: { $gte: amount }"),
        spent("a bound on another field", ", limit: { $gte: amount }", ", balance: { $gte: amount }"),
        spent("a bound by another value", ", balance: { $gte: 1 }", ", balance: { $not: { $lt: amount } }"),
        spent(
            "a bound in one branch",
            ", $or: [{ balance: { $gte: amount } }, { trusted: true }]",
            ", $and: [{ balance: { $gte: amount } }, { open: true }]",
        ),
        spent("a bound by $expr", ", $expr: { $gte: ['$balance', 0] }", ", $expr: { $gte: ['$balance', amount] }"),
        paid("no state", "", ", status: 'pending'"),
        paid("another state", ", status: { $ne: 'closed' }", ", status: 'pending'"),
        paid(
            "states that hold the next one",
            ", status: { $in: ['pending', 'paid'] }",
            ", status: { $in: ['pending'] }",
        ),
        paid("a state of another field", ", delivery: 'pending'", ", status: { $eq: 'pending' }"),
        paid("the field exists", ", status: { $exists: true }", ", status: 'pending'"),
    ]
}

/// What lies beside the filter.
fn beside_the_filter() -> Vec<Row> {
    let session = |read: &str| {
        format!(
            "async function add(client, carts, id, sku) {{
  const session = client.startSession();
  return session.withTransaction(async () => {{
    const cart = await carts.findOne({{ _id: id }}{read});
    if (cart.items.some((item) => item.sku === sku)) return null;
    return carts.updateOne({{ _id: id }}, {{ $push: {{ items: {{ sku }} }} }}, {{ session }}); // act
  }});
}}
module.exports = {{ add }};
"
        )
    };
    let index = "async function prepare(db) {
  await db.collection('carts').createIndex({ 'items.sku': 1 }, { unique: true });
}
";
    let named = |program: String| program.replace("(carts, ", "(db, ").replace(" carts.", " db.collection('carts').");
    let in_place = |value: &str| {
        format!(
            "async function change(carts, id, sku, quantity) {{
  const cart = await carts.findOne({{ _id: id }});
  const item = cart.items.find((item) => item.sku === sku);
  if (!item) return null;
  return carts.updateOne({{ _id: id, 'items.sku': sku }}, {{ $set: {{ 'items.$.quantity': {value} }} }}); // act
}}
module.exports = {{ change }};
"
        )
    };
    let insert = "async function prepare(db) {
  await db.collection('items').createIndex({ cart: 1, sku: 1 }, { unique: true });
}
async function add(db, cart, sku) {
  const found = await db.collection('items').findOne({ cart, sku });
  if (found) return null;
  return db.collection('items').insertOne({ cart, sku }); // act
}
module.exports = { add, prepare };
";
    vec![
        of("one session for both", "check-then-push", session(""), session(", { session }")),
        of(
            "a unique index separates documents, not elements",
            "check-then-push",
            format!("{index}{}", named(by_sku("")).replace("{ add }", "{ add, prepare }")),
            insert.to_owned(),
        ),
        // Two loaded quantities, one of which is lost; a value that is given is the last one's in any order.
        of("in place", "lost-update", in_place("item.quantity + quantity"), in_place("quantity")),
    ]
}

pub fn rows() -> Vec<Row> {
    let rows: Vec<Row> =
        [on_the_array(), combined(), optimistic(), on_a_scalar(), beside_the_filter()].into_iter().flatten().collect();
    assert!(rows.len() > 30, "rows were lost");
    rows
}

// What is done to the programs of the guard table, and what they should leave. A scenario belongs to the function that a
// program exports; where a twin asks for more, its row says what.

/** In every array stands one element already, which is another one in each document. */
function document({ id, name }) {
  return {
    _id: id,
    items: [{ sku: `first ${name}`, size: 'S', quantity: 1 }],
    tags: ['first'],
    notes: [{ sku: 'note' }],
    open: true,
    shared: true,
    trusted: true,
    limit: 1000,
    balance: 100,
    status: 'pending',
    delivery: 'pending',
    payments: 0,
    version: 2,
    epoch: 1,
    updatedAt: new Date('2026-01-01T00:00:00Z'),
  };
}

function seed(collection) {
  return (one) => ({ [collection]: document(one) });
}

function read(collection, elements) {
  return async (db, { id }) => elements(await db.collection(collection).findOne({ _id: id }));
}

const each = (what) => Array.from({ length: 10 }, (_, worker) => `${what} ${worker}`);

/** Every worker adds one item, each with a quantity of its own. */
const add = {
  seed: seed('carts'),
  act: ({ module, db, id, name, worker }) => module.add(db.collection('carts'), id, name, 'M', worker + 2),
  expected: ({ name }) => [`first ${name}`, name],
  stored: read('carts', (cart) => cart.items.map((item) => item.sku)),
};

/** Every worker adds one word. */
const tag = {
  seed: seed('posts'),
  act: ({ module, db, id }) => module.tag(db.collection('posts'), id, 'word'),
  expected: () => ['first', 'word'],
  stored: read('posts', (post) => post.tags),
};

/** Each worker appends an item of its own, and tries again where nothing was matched. */
const append = {
  seed: seed('carts'),
  act: async ({ module, db, id, worker }) => {
    const since = new Date('2025-01-01T00:00:00Z');
    const once = () => module.append(db.collection('carts'), id, { sku: `item ${worker}` }, since);
    while ((await once()).matchedCount === 0) continue;
  },
  expected: ({ name }) => [`first ${name}`, ...each('item')],
  stored: read('carts', (cart) => cart.items.map((item) => item.sku)),
};

/** Every worker withdraws 80 of 100. */
const withdraw = {
  refusals: ['not enough'],
  seed: seed('accounts'),
  act: ({ module, db, id }) => module.withdraw(db.collection('accounts'), id, 80),
  expected: () => ['paid'],
  stored: read('accounts', (account) => Array((100 - account.balance) / 80).fill('paid')),
};

/** Every worker pays one order. */
const pay = {
  seed: seed('orders'),
  act: ({ module, db, id }) => module.pay(db.collection('orders'), id),
  expected: () => ['paid'],
  stored: read('orders', (order) => Array(order.payments).fill('paid')),
};

/** Five sizes of one article, each added twice. */
const sizes = {
  ...add,
  act: ({ module, db, id, worker }) => module.add(db.collection('carts'), id, 'a', `size ${worker % 5}`, worker + 2),
  expected: () => ['S', ...each('size').slice(0, 5)],
  stored: read('carts', (cart) => cart.items.map((item) => item.size)),
};

/** The key of the new item is empty. */
const empty = {
  ...add,
  act: ({ module, db, id }) => module.add(db.collection('carts'), id, '', 'M', 1),
  expected: ({ name }) => [`first ${name}`, ''],
};

const inSession = { ...add, act: ({ module, client, db, id, name }) => module.add(client, db.collection('carts'), id, name) };

const byDatabase = { ...add, act: ({ module, db, id, name, worker }) => module.add(db, id, name, 'M', worker + 2) };

const inserted = {
  refusals: [11000],
  act: ({ module, db, name }) => module.add(db, name, 'a'),
  expected: () => ['a'],
  stored: async (db, { name }) => (await db.collection('items').find({ cart: name }).toArray()).map((item) => item.sku),
};

/** Each worker adds one to the quantity. */
const added = {
  seed: seed('carts'),
  act: ({ module, db, id, name }) => module.change(db.collection('carts'), id, `first ${name}`, 1),
  expected: () => Array(11).fill('piece'),
  stored: read('carts', (cart) => Array(cart.items[0].quantity).fill('piece')),
};

/** Each worker gives a quantity, one of which is the last. */
const given = {
  ...added,
  act: ({ module, db, id, name, worker }) => module.change(db.collection('carts'), id, `first ${name}`, worker + 2),
  expected: () => ['one that was given'],
  stored: read('carts', ({ items: [item] }) => [item.quantity > 1 && item.quantity < 12 ? 'one that was given' : item.quantity]),
};

const BY_FUNCTION = { add, tag, append, withdraw, pay };
const BY_ROW = {
  'nullable key': { racy: empty, safe: empty },
  'split compound': { racy: sizes, safe: sizes },
  // Two writes of one millisecond leave the same time, and a third that has read between them still matches: in turn, no
  // third one reads.
  'a time that is compared for equality': { racy: append, safe: { ...append, always: 'in turn' } },
  // A transaction that meets another one is done again, with its reads; so it has to come after the other one.
  'one session for both': { racy: inSession, safe: inSession },
  'a unique index separates documents, not elements': { racy: byDatabase, safe: inserted },
  'in place': { racy: added, safe: given },
};

export default function scenario(row, twin, program) {
  const name = Object.keys(program).find((one) => one in BY_FUNCTION);
  return BY_ROW[row]?.[twin] ?? BY_FUNCTION[name];
}

// Every worker adds the same item to the cart of a user who has none yet.
export default {
  act: ({ module, name }) => module.addItem(name, 'a'),
  expected: () => ['a'],
  stored: async (db, { name }) => {
    const carts = await db.collection('carts').find({ userId: name }).toArray();
    return carts.flatMap((cart) => cart.items.map((item) => item.sku));
  },
};

// Each worker removes a card of its own; one card stays.
const title = (worker) => `card ${worker}`;

export default {
  seed: ({ id }) => ({ boards: { _id: id, cards: Array.from({ length: 11 }, (_, one) => ({ title: title(one) })) } }),
  act: ({ module, id, worker }) => module.removeCard(String(id), title(worker)),
  expected: () => [title(10)],
  stored: async (db, { id }) => (await db.collection('boards').findOne({ _id: id })).cards.map((card) => card.title),
};

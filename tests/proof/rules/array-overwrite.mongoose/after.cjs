const { Schema, model } = require('mongoose');

const Board = model('Board', new Schema({ name: String, cards: [{ title: String, column: String }] }));

async function removeCard(boardId, title) {
  await Board.findByIdAndUpdate(boardId, { $pull: { cards: { title } } });
}

module.exports = { removeCard };

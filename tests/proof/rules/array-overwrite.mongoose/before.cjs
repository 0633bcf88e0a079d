const { Schema, model } = require('mongoose');

const Board = model('Board', new Schema({ name: String, cards: [{ title: String, column: String }] }));

async function removeCard(boardId, title) {
  const board = await Board.findById(boardId);
  const cards = board.cards.filter((card) => card.title !== title);
  await Board.findByIdAndUpdate(boardId, { cards }); // error
}

module.exports = { removeCard };

const { Schema, model } = require('mongoose');

const message = new Schema(
  { type: { type: String }, isMerged: Boolean, mergeId: String, batchId: String, batchIndex: Number, imageUrl: String },
  { _id: false },
);
const Chat = model('Chat', new Schema({ userId: String, messages: [message] }));

async function addMergedImage(chatId, image) {
  const { mergeId, batchId, batchIndex, imageUrl } = image;
  const result = await Chat.updateOne(
    { _id: chatId, 'messages.mergeId': { $ne: mergeId } },
    { $push: { messages: { type: 'mergeFace', isMerged: true, mergeId, batchId, batchIndex, imageUrl } } },
  );
  return result.matchedCount === 1;
}

module.exports = { addMergedImage };

import { Schema, model } from 'mongoose';

const message = new Schema({ type: { type: String }, videoId: String, videoUrl: String }, { _id: false });
const Chat = model('Chat', new Schema({ userId: String, messages: [message] }));

export async function addVideo(chatId, videoId, videoUrl) {
  return Chat.findByIdAndUpdate(chatId, { $push: { messages: { type: 'video', videoId, videoUrl } } }); // error
}

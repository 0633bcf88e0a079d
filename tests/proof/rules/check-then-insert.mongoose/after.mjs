import { Schema, model } from 'mongoose';

const follows = new Schema({ follower: String, followee: String });
follows.index({ follower: 1, followee: 1 }, { unique: true });
const Follow = model('Follow', follows);

export async function follow(follower, followee) {
  if (await Follow.exists({ follower, followee })) {
    return false;
  }
  await Follow.create({ follower, followee });
  return true;
}

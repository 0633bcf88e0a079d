import { Schema, model } from 'mongoose';

const Follow = model('Follow', new Schema({ follower: String, followee: String }));

export async function follow(follower, followee) {
  if (await Follow.exists({ follower, followee })) {
    return false;
  }
  await Follow.create({ follower, followee }); // error
  return true;
}

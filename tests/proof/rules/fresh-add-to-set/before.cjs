async function addMember(db, roomId, userId) {
  await db.collection('rooms').updateOne({ _id: roomId }, { $addToSet: { members: { userId, joinedAt: new Date() } } }); // error
}

module.exports = { addMember };

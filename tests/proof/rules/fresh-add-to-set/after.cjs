async function addMember(db, roomId, userId) {
  const result = await db.collection('rooms').updateOne(
    { _id: roomId, 'members.userId': { $ne: userId } },
    { $push: { members: { userId, joinedAt: new Date() } } },
  );
  return result.matchedCount === 1;
}

module.exports = { addMember };

const { Schema, model } = require('mongoose');

const Playlist = model('Playlist', new Schema({ title: String, trackIds: [String] }));

async function addTrack(playlistId, trackId) {
  const result = await Playlist.updateOne({ _id: playlistId, trackIds: { $ne: trackId } }, { $push: { trackIds: trackId } });
  return result.matchedCount === 1;
}

module.exports = { addTrack };

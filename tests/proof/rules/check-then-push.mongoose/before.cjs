const { Schema, model } = require('mongoose');

const Playlist = model('Playlist', new Schema({ title: String, trackIds: [String] }));

async function addTrack(playlistId, trackId) {
  const playlist = await Playlist.findById(playlistId);
  if (!playlist || playlist.trackIds.includes(trackId)) {
    return false;
  }
  playlist.trackIds.push(trackId); // error
  await playlist.save();
  return true;
}

module.exports = { addTrack };

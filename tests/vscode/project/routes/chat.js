const express = require('express');
const { add, addOnce } = require('../models/chat');

const router = express.Router();

router.post('/chats/:id/messages', async (req, res) => {
  await add(req.app.locals.db, req.params.id, req.body);
  res.sendStatus(204);
});

router.post('/webhook/merge', async (req, res) => {
  await addOnce(req.app.locals.db, req.body.chat, req.body.item);
  res.sendStatus(204);
});

module.exports = router;

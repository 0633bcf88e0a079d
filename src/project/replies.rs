//! Replies to whoever made the request: each is told of its own, so that two of them are no effect that happens twice.
//!
//! Sources: Express and Fastify, `res`, `reply`; Koa and Telegraf, `ctx`; discord.js, `Message#reply`, `Message#channel`, `Message#author`,
//! `Interaction#user`; node-telegram-bot-api, `sendMessage(msg.chat.id, …)`. Input: the receiver and the arguments of a call. Output: whether
//! it is such a reply. Must not know: rules.

use super::link::Project;
use crate::value::{Node, V};

impl Project {
    /// `res.send(…)`, `message.reply(…)`, `message.channel.send(…)`, `bot.sendMessage(msg.chat.id, …)`
    pub(super) fn is_reply(&self, recv: Option<V>, args: &[V]) -> bool {
        let to_chat = args.first().is_some_and(|chat| self.is_own_chat(*chat));
        to_chat
            || recv.is_some_and(|recv| {
                self.last_name(recv).is_some_and(is_response)
                    || self.is_response_param(recv)
                    || self.is_message_param(recv)
                    || self.is_of_sender(recv)
            })
    }

    fn is_response_param(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::Param(..) => self.param_name(value).is_some_and(is_response),
            Node::Call { callee, .. } => match self.arena.node(*callee) {
                // res.status(404).send(…)
                Node::Member(recv, _) => self.is_response_param(*recv),
                _ => false,
            },
            _ => false,
        }
    }

    fn is_message_param(&self, value: V) -> bool {
        self.param_name(value).is_some_and(is_message)
    }

    /// The channel in which a message came, or who sent it.
    fn is_of_sender(&self, value: V) -> bool {
        let Node::Member(root, part) = *self.arena.node(value) else { return false };
        match self.arena.text(part) {
            "channel" | "author" => self.is_message_param(root),
            "user" => self.param_name(root).is_some_and(is_response),
            _ => false,
        }
    }

    /// `msg.chat.id`
    fn is_own_chat(&self, value: V) -> bool {
        let Node::Member(chat, id) = *self.arena.node(value) else { return false };
        let Node::Member(root, part) = *self.arena.node(chat) else { return false };
        self.arena.text(id) == "id"
            && self.arena.text(part) == "chat"
            && self.param_name(root).is_some_and(|name| is_message(name) || is_response(name))
    }

    fn param_name(&self, value: V) -> Option<&str> {
        let Node::Param(func, at) = *self.arena.node(value) else { return None };
        self.function(func)?.param_names.get(at as usize).map(String::as_str)
    }
}

fn is_response(name: &str) -> bool {
    matches!(name, "res" | "response" | "reply" | "ctx" | "context" | "socket" | "ws" | "interaction")
}

fn is_message(name: &str) -> bool {
    matches!(name, "message" | "msg")
}

//! Messages on standard input and output.
//!
//! Input: bytes. Output: channels of messages. The queues are unbounded, so that a client that is slow to read cannot
//! hold up the answers to its own messages. Must not know: what messages mean.

use crossbeam_channel::{Receiver, Sender, unbounded};
use lsp_server::Message;
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::thread::JoinHandle;

/// A message, or why one could not be read.
pub type Inbound = Result<Message, String>;

/// The inbound channel closes at the end of standard input; the writer ends when all outbound senders are dropped.
pub fn stdio() -> (Receiver<Inbound>, Sender<Message>, JoinHandle<()>) {
    let (to_session, inbound) = unbounded();
    std::thread::spawn(move || read_all(&mut BufReader::new(io::stdin()), &to_session));
    let (outbound, from_session) = unbounded::<Message>();
    let writer = std::thread::spawn(move || {
        let mut stdout = io::stdout().lock();
        for message in from_session {
            // Who closed the pipe reads no more; the end of standard input follows.
            if message.write(&mut stdout).is_err() {
                break;
            }
        }
    });
    (inbound, outbound, writer)
}

/// Reads to the end. A message with a proper header and a bad body is reported and passed over.
fn read_all(input: &mut impl BufRead, session: &Sender<Inbound>) {
    loop {
        let message = match Message::read(input) {
            Ok(Some(message)) => Ok(message),
            Ok(None) => return,
            Err(error) if error.kind() == ErrorKind::InvalidData => Err(error.to_string()),
            Err(_) => return,
        };
        if session.send(message).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_message_does_not_hide_the_next_one() {
        let good = r#"{"jsonrpc":"2.0","method":"exit"}"#;
        let framed = |text: &str| format!("Content-Length: {}\r\n\r\n{text}", text.len());
        let input = [framed("{\"id\":"), framed("[]"), framed(good)].concat();
        let (sender, receiver) = unbounded();
        read_all(&mut input.as_bytes(), &sender);
        drop(sender);
        let read: Vec<Inbound> = receiver.iter().collect();
        assert!(matches!(&read[..], [Err(_), Err(_), Ok(Message::Notification(n))] if n.method == "exit"), "{read:?}");
    }
}

//! Messages on standard input and output.
//!
//! Input: bytes. Output: channels of messages. The queues are unbounded, so that a client that is slow to read cannot
//! hold up the answers to its own messages. Must not know: what messages mean.

use crate::limits;
use crossbeam_channel::{Receiver, Sender, unbounded};
use lsp_server::Message;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
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
        let message = match frame(input) {
            Ok(Some(body)) => serde_json::from_slice(&body).map_err(|error| error.to_string()),
            Ok(None) => return,
            Err(error) if error.kind() == ErrorKind::InvalidData => Err(error.to_string()),
            Err(_) => return,
        };
        if session.send(message).is_err() {
            return;
        }
    }
}

/// The body of the next message; `None` at the end of the input. Unlike [`Message::read`] it takes no memory on the word
/// of a header alone.
fn frame(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let bad = |what: &str, line: &str| Err(io::Error::new(ErrorKind::InvalidData, format!("{what} in `{line}`")));
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if input.take(limits::HEADER_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        match (line.trim().split_once(':'), length) {
            (None, Some(length)) if line.trim().is_empty() => {
                let mut body = Vec::new();
                let read = input.take(length).read_to_end(&mut body)?;
                return Ok((read as u64 == length).then_some(body));
            }
            (Some((name, value)), _) if name.eq_ignore_ascii_case("Content-Length") => match value.trim().parse() {
                Ok(number) => length = Some(number),
                Err(_) => return bad("no length", line.trim()),
            },
            (Some(_), _) => {}
            (None, _) => return bad("no header", line.trim()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read from an input: the methods of notifications, `!` for what is no message.
    fn read(input: &str) -> String {
        let (sender, receiver) = unbounded();
        read_all(&mut input.as_bytes(), &sender);
        drop(sender);
        let shown = receiver.iter().map(|message| match message {
            Ok(Message::Notification(notification)) => notification.method,
            Ok(_) => "?".to_owned(),
            Err(_) => "!".to_owned(),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_bad_message_does_not_hide_the_next_one() {
        let framed = |text: &str| format!("Content-Length: {}\r\n\r\n{text}", text.len());
        let good = framed(r#"{"jsonrpc":"2.0","method":"m"}"#);
        let deep = framed(&"[".repeat(100_000));
        assert_eq!(
            read(&[&framed("{\"id\":"), &good, &framed("[]"), &deep, &good].map(String::as_str).concat()),
            "! m ! ! m"
        );
        assert_eq!(read(&format!("Content-Type: x\r\n{good}")), "m");
        assert_eq!(read(&format!("noise\r\n\r\n{good}")), "! ! m");
        assert_eq!(read(&format!("Content-Length: {}0\r\n\r\n{good}", u64::MAX)), "! ! m");
        assert_eq!(read(&format!("{good}Content-Length: {}\r\n\r\n{{}}", u64::MAX)), "m");
        assert_eq!(read(&good[..good.len() - 1]), "");
    }
}

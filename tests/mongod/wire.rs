//! The protocol of MongoDB, as far as commands and their replies go: `OP_MSG` with one document.

use bson::Document;
use std::io::{self, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};

const OP_MSG: i32 = 2013;
/// Length, number, number answered, kind of message, flags; then the kind of section.
const HEADER: usize = 21;

pub struct Connection {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
}

impl Connection {
    pub fn open(port: u16) -> io::Result<Self> {
        let writer = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        writer.set_nodelay(true)?;
        Ok(Self { reader: BufReader::new(writer.try_clone()?), writer })
    }

    /// Sends one command, which must succeed.
    pub fn done(&mut self, command: Document) -> Document {
        let reply = self.run(std::slice::from_ref(&command)).remove(0);
        assert!(reply.get_f64("ok").ok() == Some(1.0), "{command}\n{reply}");
        reply
    }

    /// Sends all commands at once, and reads all replies. The commands run one after the other.
    pub fn run(&mut self, commands: &[Document]) -> Vec<Document> {
        self.try_run(commands).unwrap()
    }

    /// As [`Self::run`], for a port at which another process may answer, or stop to.
    pub fn try_run(&mut self, commands: &[Document]) -> io::Result<Vec<Document>> {
        let mut bytes = Vec::new();
        for command in commands {
            let body = command.to_vec().unwrap();
            let length = i32::try_from(HEADER + body.len()).unwrap();
            for part in [length, 1, 0, OP_MSG, 0] {
                bytes.extend_from_slice(&part.to_le_bytes());
            }
            bytes.push(0);
            bytes.extend_from_slice(&body);
        }
        self.writer.write_all(&bytes)?;
        commands.iter().map(|_| self.reply()).collect()
    }

    fn reply(&mut self) -> io::Result<Document> {
        let mut header = [0; HEADER];
        self.reader.read_exact(&mut header)?;
        Document::from_reader(&mut self.reader).map_err(io::Error::other)
    }
}

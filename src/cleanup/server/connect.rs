//! The connection.
//!
//! Input: a connection string. Output: a client that reads and writes at the primary. No text that leaves here holds the password.
//! Must not know: arrays.

use crate::error::Error;
use mongodb::options::{ClientOptions, ReadPreference, SelectionCriteria};
use mongodb::sync::{Client, Database};
use std::time::Duration;

/// How long to look for a server that is not there.
const SELECTION: Duration = Duration::from_secs(10);

pub struct Connection {
    client: Client,
    secrets: Vec<String>,
}

impl Connection {
    pub fn open(uri: &str) -> Result<Self, Error> {
        let secrets = secrets(uri);
        let options = options(uri).map_err(|error| malformed(&error, uri))?;
        let client = Client::with_options(options).map_err(|error| failure(&error, &secrets))?;
        Ok(Self { client, secrets })
    }

    pub fn database(&self, name: &str) -> Database {
        self.client.database(name)
    }

    pub fn error(&self, error: &mongodb::error::Error) -> Error {
        failure(error, &self.secrets)
    }
}

fn options(uri: &str) -> mongodb::error::Result<ClientOptions> {
    let mut options = ClientOptions::parse(uri).run()?;
    options.app_name.get_or_insert_with(|| "pushguard cleanup".to_owned());
    options.server_selection_timeout.get_or_insert(SELECTION);
    // What a secondary holds may be old: a clean-up that goes by it finds each document changed.
    options.selection_criteria = Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
    Ok(options)
}

/// Where a password has not been escaped, the driver takes a part of it for something else, and names it.
fn malformed(error: &mongodb::error::Error, uri: &str) -> Error {
    let message = error.kind.to_string();
    let parts = password(uri).into_iter().flat_map(|password| password.split(|c: char| !c.is_ascii_alphanumeric()));
    if parts.filter(|part| !part.is_empty()).any(|part| message.contains(part)) {
        return Error::Database {
            message: "the connection string is not valid".to_owned(),
            remedy:
                "write every character of the password but letters and digits as `%` and its two hexadecimal digits"
                    .to_owned(),
        };
    }
    failure(error, &secrets(uri))
}

fn failure(error: &mongodb::error::Error, secrets: &[String]) -> Error {
    let mut message = format!("the database: {}", error.kind);
    for secret in secrets {
        message = message.replace(secret, "***");
    }
    let remedy = "check the connection string, that the server runs, and that its user may do this".to_owned();
    Error::Database { message, remedy }
}

/// The password of a connection string, as it is written and as it is meant.
fn secrets(uri: &str) -> Vec<String> {
    let Some(password) = password(uri).filter(|password| !password.is_empty()) else { return Vec::new() };
    let meant = percent_decoded(password);
    let mut secrets = vec![password.to_owned(), meant];
    secrets.dedup();
    secrets
}

fn password(uri: &str) -> Option<&str> {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let (credentials, _) = rest.rsplit_once('@')?;
    credentials.split_once(':').map(|(_, password)| password)
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(code) if byte == b'%' => {
                decoded.push(code);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_known_in_both_spellings_and_never_shown() {
        let uri = "mongodb://me:p%40ss:w@host:1/?authSource=a";
        assert_eq!(secrets(uri), ["p%40ss:w", "p@ss:w"]);
        assert_eq!(secrets("mongodb://host"), [""; 0]);
        for password in ["sec%ret", "s?cret", "s/cret", "s:cret", "s@cret", "s#cret", "cret"] {
            for rest in ["127.0.0.1:1/", ":x/", "h/?tls=maybe"] {
                let Err(error) = options(&format!("mongodb://me:{password}@{rest}")) else { continue };
                let told = malformed(&error, &format!("mongodb://me:{password}@{rest}"));
                for part in ["cret", "sec%ret", "got s", "me:s"] {
                    assert!(!told.to_string().contains(part), "{password} {told}");
                }
            }
        }
    }
}

//! A small client of the language server: one process, framing by hand.

#![allow(dead_code, reason = "each test program uses its own part")]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Nothing here takes so long; a test that waits for it fails.
const LIMIT: Duration = Duration::from_secs(60);

pub struct Client {
    process: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    requests: i64,
    /// The diagnostics that stand, by URI.
    pub diagnostics: BTreeMap<String, Vec<Value>>,
    /// All `publishDiagnostics`, in order.
    pub published: Vec<Value>,
    /// `method: message` of all messages to the user and to the log.
    pub said: Vec<String>,
    /// Requests of the server.
    pub asked: Vec<Value>,
}

impl Client {
    /// Starts the server without a word.
    pub fn start() -> Self {
        Self::start_in(Path::new("/"))
    }

    pub fn start_in(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    fn start_with(folder: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pushguard"));
        command.arg("lsp").args(args).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || read_all(output, |message| sender.send(message).is_ok()));
        let input = process.stdin.take();
        Self {
            process,
            input,
            messages,
            requests: 0,
            diagnostics: BTreeMap::new(),
            published: Vec::new(),
            said: Vec::new(),
            asked: Vec::new(),
        }
    }

    /// A client that can do everything, in one workspace folder for each path.
    pub fn initialized(folders: &[&Path]) -> Self {
        Self::start().initialize(folders)
    }

    /// As [`Client::initialized`], of a server that gives up an analysis after some seconds.
    pub fn limited(folders: &[&Path], seconds: u32) -> Self {
        Self::start_with(Path::new("/"), &["--time-limit", &seconds.to_string()]).initialize(folders)
    }

    fn initialize(self, folders: &[&Path]) -> Self {
        let mut client = self;
        let folders: Vec<Value> = folders.iter().map(|path| json!({ "uri": uri(path), "name": "w" })).collect();
        let answer = client.request("initialize", initialize(&json!(folders)));
        assert_eq!(answer["result"]["capabilities"]["positionEncoding"], "utf-16", "{answer}");
        client.notify("initialized", json!({}));
        client
    }

    pub fn send_raw(&mut self, body: &str) {
        let input = self.input.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        input.flush().unwrap();
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        self.send_raw(&json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string());
    }

    pub fn ask(&mut self, method: &str, params: Value) -> i64 {
        self.requests += 1;
        let id = self.requests;
        self.send_raw(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string());
        id
    }

    /// Sends a request and gives the response; what comes before it is kept.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        self.response(id)
    }

    pub fn response(&mut self, id: i64) -> Value {
        let deadline = Instant::now() + LIMIT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let message = self.messages.recv_timeout(left).expect("a response");
            assert_eq!(message["jsonrpc"], "2.0", "{message}");
            if message.get("method").is_none() && message["id"] == json!(id) {
                return message;
            }
            self.keep(message);
        }
    }

    fn keep(&mut self, message: Value) {
        let params = &message["params"];
        match message["method"].as_str() {
            Some("textDocument/publishDiagnostics") => {
                let uri = params["uri"].as_str().unwrap().to_owned();
                self.diagnostics.insert(uri, params["diagnostics"].as_array().unwrap().clone());
                self.published.push(params.clone());
            }
            Some(method @ ("window/showMessage" | "window/logMessage")) => {
                self.said.push(format!("{method}: {}", params["message"].as_str().unwrap()));
            }
            Some(_) if message.get("id").is_some() => self.asked.push(message),
            _ => panic!("unexpected {message}"),
        }
    }

    pub fn open(&mut self, path: &Path, text: &str) {
        let document = json!({ "uri": uri(path), "languageId": "javascript", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    pub fn change(&mut self, path: &Path, version: i64, text: &str) {
        let document = json!({ "uri": uri(path), "version": version });
        let params = json!({ "textDocument": document, "contentChanges": [{ "text": text }] });
        self.notify("textDocument/didChange", params);
    }

    pub fn close(&mut self, path: &Path) {
        self.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri(path) } }));
    }

    /// `kind` 1: created, 2: changed, 3: deleted.
    pub fn changed_on_disk(&mut self, path: &Path, kind: u8) {
        let changes = json!([{ "uri": uri(path), "type": kind }]);
        self.notify("workspace/didChangeWatchedFiles", json!({ "changes": changes }));
    }

    /// Waits until what was sent so far is analysed: a question about a file is answered after that.
    pub fn settle(&mut self, path: &Path) {
        self.hover(path, 0, 0);
    }

    pub fn hover(&mut self, path: &Path, line: u32, character: u32) -> Value {
        let position = json!({ "line": line, "character": character });
        let params = json!({ "textDocument": { "uri": uri(path) }, "position": position });
        let answer = self.request("textDocument/hover", params);
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].clone()
    }

    pub fn actions(&mut self, path: &Path, line: u32) -> Vec<Value> {
        self.actions_or_none(path, line).expect("actions")
    }

    /// `None` where the server knows nothing of the text.
    pub fn actions_or_none(&mut self, path: &Path, line: u32) -> Option<Vec<Value>> {
        let end = json!({ "line": line, "character": 200 });
        let range = json!({ "start": { "line": line, "character": 0 }, "end": end });
        let params = json!({
            "textDocument": { "uri": uri(path) }, "range": range, "context": { "diagnostics": [] }
        });
        let answer = self.request("textDocument/codeAction", params);
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].as_array().cloned()
    }

    /// `line rule` of each diagnostic that stands for a file, 0-based.
    pub fn found(&mut self, path: &Path) -> Vec<String> {
        self.settle(path);
        self.standing(path)
    }

    /// As [`Client::found`], without waiting.
    pub fn standing(&self, path: &Path) -> Vec<String> {
        let diagnostics = self.diagnostics.get(&uri(path)).cloned().unwrap_or_default();
        let rule = |d: &Value| d["code"].as_str().unwrap_or("-").to_owned();
        diagnostics.iter().map(|d| format!("{} {}", d["range"]["start"]["line"], rule(d))).collect()
    }

    /// Asks for the shutdown, says `exit`, and gives the exit code.
    pub fn stop(mut self) -> Option<i32> {
        let answer = self.request("shutdown", Value::Null);
        assert_eq!(answer.get("result"), Some(&Value::Null), "{answer}");
        self.notify("exit", Value::Null);
        self.wait()
    }

    /// Closes the server's input and gives its exit code.
    pub fn hang_up(mut self) -> Option<i32> {
        self.input = None;
        self.wait()
    }

    pub fn wait(&mut self) -> Option<i32> {
        let deadline = Instant::now() + LIMIT;
        while Instant::now() < deadline {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the server does not end");
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The parameters of `initialize` of a client that can do everything.
pub fn initialize(folders: &Value) -> Value {
    json!({
        "processId": std::process::id(),
        "rootUri": null,
        "workspaceFolders": folders,
        "capabilities": {
            "general": { "positionEncodings": ["utf-8", "utf-16"] },
            "textDocument": {
                "publishDiagnostics": { "relatedInformation": true, "versionSupport": true },
                "hover": { "contentFormat": ["markdown", "plaintext"] },
                "codeAction": { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": ["quickfix"] } } },
            },
            "workspace": {
                "workspaceFolders": true,
                "workspaceEdit": { "documentChanges": true },
                "didChangeWatchedFiles": { "dynamicRegistration": true },
            },
        },
    })
}

fn read_all(mut output: impl BufRead, mut take: impl FnMut(Value) -> bool) {
    let mut header = String::new();
    while output.read_line(&mut header).unwrap() > 0 {
        let length: usize = header.trim().strip_prefix("Content-Length: ").expect("a header").parse().unwrap();
        header.clear();
        output.read_line(&mut header).unwrap();
        assert_eq!(header, "\r\n");
        header.clear();
        let mut body = vec![0; length];
        output.read_exact(&mut body).unwrap();
        if !take(serde_json::from_slice(&body).unwrap()) {
            return;
        }
    }
}

/// The URI of a path, with everything escaped that may be.
pub fn uri(path: &Path) -> String {
    let mut uri = "file://".to_owned();
    for byte in path.to_str().unwrap().bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => uri.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// The text after the edits of a code action in one file, whose lines hold ASCII alone.
pub fn apply(action: &Value, path: &Path, text: &str) -> String {
    let changes = action["edit"]["documentChanges"].as_array().unwrap();
    let change = changes.iter().find(|change| change["textDocument"]["uri"] == json!(uri(path))).unwrap();
    let mut edits = change["edits"].as_array().unwrap().clone();
    edits.sort_by_key(|edit| std::cmp::Reverse(offset(text, &edit["range"]["start"])));
    let mut result = text.to_owned();
    for edit in edits {
        let range = offset(text, &edit["range"]["start"])..offset(text, &edit["range"]["end"]);
        result.replace_range(range, edit["newText"].as_str().unwrap());
    }
    result
}

fn offset(text: &str, position: &Value) -> usize {
    let line = position["line"].as_u64().unwrap() as usize;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    start + position["character"].as_u64().unwrap() as usize
}

//! One session: the loop that takes messages and outcomes, and decides when to analyse.
//!
//! Input: channels of messages. Output: messages, and the exit code. Must not know: bytes, how findings come about.

use super::address::escape_uris;
use super::answers::{self, Answer};
use super::documents::{Document, Documents};
use super::lifecycle::{self, Abilities};
use super::published::Published;
use super::roots::{PATIENCE, Roots};
use super::transport::Inbound;
use super::worker::{Outcome, Worker};
use crate::analysis::Cancel;
use crossbeam_channel::{Receiver, Sender, after, never, select};
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::Notification as Method;
use lsp_types::{InitializeParams, MessageType, ShowMessageParams, notification};
use serde::Serialize;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Where the session stands in the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    New,
    Running,
    ShutDown,
}

pub struct Session {
    client: Sender<Message>,
    worker: Worker,
    /// The analysis under way.
    busy: Option<Busy>,
    /// How long one may take.
    limit: Duration,
    pub(super) abilities: Abilities,
    pub(super) documents: Documents,
    pub(super) roots: Roots,
    pub(super) published: Published,
    /// Requests that an analysis under way will answer better, and until when they wait for it.
    waiting: Vec<(Request, Option<Instant>)>,
    life: Life,
}

/// An analysis under way.
struct Busy {
    /// Its root.
    folder: PathBuf,
    documents: Vec<Document>,
    since: Instant,
    cancel: Cancel,
    /// From then on nobody waits for it: it should have heeded its limit.
    overdue: Instant,
}

impl Busy {
    fn is_overdue(&self) -> bool {
        self.overdue <= Instant::now()
    }
}

/// What an analysis is granted beyond its limit to notice that it is over.
const GRACE: Duration = Duration::from_secs(1);

/// Serves until `exit` or the end of the input.
pub fn run(inbound: &Receiver<Inbound>, client: Sender<Message>, limit: Duration) -> u8 {
    let mut session = Session {
        client,
        worker: Worker::start(),
        busy: None,
        limit,
        abilities: Abilities::default(),
        documents: Documents::default(),
        roots: Roots::default(),
        published: Published::default(),
        waiting: Vec::new(),
        life: Life::New,
    };
    loop {
        session.start_work();
        let outcomes = session.worker.outcomes.clone();
        select! {
            recv(inbound) -> message => match message {
                Ok(Ok(message)) => if session.take(message).is_none() { break },
                Ok(Err(unreadable)) => session.log(MessageType::WARNING, format!("unreadable message: {unreadable:.200}")),
                Err(_) => break,
            },
            recv(outcomes) -> outcome => if let Ok(outcome) = outcome { session.absorb(outcome) },
            recv(session.alarm()) -> _ => session.stop_waiting(),
        }
    }
    u8::from(session.life != Life::ShutDown)
}

impl Session {
    /// Rings when the next analysis is due, or when the one under way should be over and somebody waits for it.
    fn alarm(&self) -> Receiver<Instant> {
        let due = match &self.busy {
            None => self.roots.due(),
            Some(busy) => {
                self.waiting.iter().map(|(_, until)| until.map_or(busy.overdue, |until| until.min(busy.overdue))).min()
            }
        };
        match due.filter(|_| self.life == Life::Running) {
            Some(due) => after(due.saturating_duration_since(Instant::now())),
            None => never(),
        }
    }

    /// Starts the next analysis if it is due, or if somebody waits for it.
    fn start_work(&mut self) {
        let is_due = self.roots.due().is_some_and(|due| due <= Instant::now() || !self.waiting.is_empty());
        if self.life != Life::Running || self.busy.is_some() || !is_due {
            return;
        }
        if let Some(job) = self.roots.next_job(&self.documents) {
            let (cancel, since) = (Cancel::after(self.limit), Instant::now());
            let overdue = since + self.limit + GRACE;
            let (folder, documents) = (job.root.folder.clone(), job.documents.clone());
            self.busy = Some(Busy { folder, documents, since, cancel: cancel.clone(), overdue });
            self.worker.analyse(job, cancel);
        }
    }

    /// A document was edited: an analysis of its older text that is costly ends soon. One that is not may end by itself, so
    /// that who never pauses sees results.
    pub(super) fn supersede(&mut self, path: &Path) {
        if let Some(busy) = self.busy.as_ref().filter(|busy| path.starts_with(&busy.folder)) {
            busy.cancel.shorten(PATIENCE);
        }
    }

    /// Answers from the last results what no analysis is going to answer better in time.
    fn stop_waiting(&mut self) {
        let is_overdue = self.busy.as_ref().is_some_and(Busy::is_overdue);
        let is_over = |until: &Option<Instant>| is_overdue || until.is_some_and(|until| until <= Instant::now());
        let (over, waiting) = std::mem::take(&mut self.waiting).into_iter().partition(|(_, until)| is_over(until));
        self.waiting = waiting;
        for (request, _) in over {
            let result = self.answer_to(&request);
            self.answer(request.id, result);
        }
    }

    fn absorb(&mut self, outcome: Outcome) {
        let (documents, since) =
            self.busy.take().map_or((Vec::new(), Instant::now()), |busy| (busy.documents, busy.since));
        match (outcome.report, self.roots.get(&outcome.folder)) {
            (_, None) => self.worker.forget(outcome.folder),
            (Ok(Some(report)), Some(root)) => {
                root.report = Some(report);
                root.finish(documents, since.elapsed(), Instant::now());
                self.publish(&outcome.folder);
            }
            // An edit has come meanwhile, and the next analysis is about to start.
            (Ok(None), Some(root)) if root.is_stale() => root.held.stop(&documents, false),
            (Ok(None), Some(root)) => {
                root.held.stop(&documents, true);
                let (folder, limit) = (outcome.folder.display(), self.limit.as_secs());
                let message = format!("pushguard gave up on {folder} after {limit} s; what it found before stays");
                if root.said.replace(message.clone()).as_ref() != Some(&message) {
                    self.show(message);
                }
            }
            (Err(panic), Some(root)) => {
                root.distrust();
                let message = format!("pushguard failed on {}: {panic}", outcome.folder.display());
                // The same code fails again at each key that is pressed.
                if root.said.replace(message.clone()).as_ref() != Some(&message) {
                    self.show(message);
                }
            }
        }
        for (request, until) in std::mem::take(&mut self.waiting) {
            self.ask(request, until);
        }
    }

    /// Takes one message; `None` when it was the last one.
    fn take(&mut self, message: Message) -> Option<()> {
        match message {
            Message::Notification(notification) if notification.method == notification::Exit::METHOD => return None,
            Message::Notification(notification) if self.life == Life::Running => self.hear(notification),
            Message::Request(request) => self.request(request),
            // Answers to the registration of watchers, and what comes too early or too late.
            Message::Notification(_) | Message::Response(_) => {}
        }
        Some(())
    }

    fn request(&mut self, mut request: Request) {
        escape_uris(&mut request.params);
        let refuse = |code: ErrorCode, why: &str| Err((code, why.to_owned()));
        let result = match (request.method.as_str(), self.life) {
            ("initialize", Life::New) => self.initialize(&request.params),
            (_, Life::New) => refuse(ErrorCode::ServerNotInitialized, "the first request must be `initialize`"),
            ("initialize", _) => refuse(ErrorCode::InvalidRequest, "the session is initialized already"),
            (_, Life::ShutDown) => refuse(ErrorCode::InvalidRequest, "the session is shut down"),
            ("shutdown", Life::Running) => {
                self.life = Life::ShutDown;
                for (request, _) in std::mem::take(&mut self.waiting) {
                    self.answer(request.id, refuse(ErrorCode::RequestCanceled, "the session is shut down"));
                }
                Ok(Value::Null)
            }
            (_, Life::Running) => return self.ask(request, None),
        };
        self.answer(request.id, result);
    }

    fn initialize(&mut self, params: &Value) -> Answer {
        let params: InitializeParams = answers::parameters(params)?;
        self.abilities = Abilities::of(&params);
        for folder in lifecycle::folders(&params) {
            self.roots.add_folder(folder);
        }
        self.life = Life::Running;
        self.find_roots();
        answers::result(&lifecycle::answer())
    }

    /// Answers a request about documents, now or after the analysis that knows their present text. Where the last one knew it
    /// too, it waits a moment for what other files change in the answer: `until` then, or as long as it did already.
    fn ask(&mut self, request: Request, until: Option<Instant>) {
        let now = Instant::now();
        let waits = answers::path(&request).and_then(|path| {
            let owner = self.roots.owner(&path)?;
            let is_analysed = self.busy.as_ref().is_some_and(|busy| busy.folder == owner.root.folder);
            let is_hopeless = self.busy.as_ref().is_some_and(Busy::is_overdue);
            let is_known = self.documents.get(&path).is_some_and(|one| owner.held.knows(&path, one.revision));
            let until = until.or_else(|| is_known.then(|| now + PATIENCE));
            let is_over = is_hopeless || until.is_some_and(|until| until <= now);
            ((owner.is_stale() || is_analysed) && !is_over).then_some(until)
        });
        if let Some(until) = waits {
            return self.waiting.push((request, until));
        }
        let result = self.answer_to(&request);
        self.answer(request.id, result);
    }

    pub(super) fn cancel(&mut self, id: &RequestId) {
        self.waiting.retain(|(request, _)| request.id != *id);
        self.answer(id.clone(), Err((ErrorCode::RequestCanceled, "cancelled by the client".to_owned())));
    }

    pub(super) fn is_waiting(&self, id: &RequestId) -> bool {
        self.waiting.iter().any(|(request, _)| request.id == *id)
    }

    /// After folders, documents or a configuration file have come or gone.
    pub(super) fn find_roots(&mut self) {
        for folder in self.roots.refresh(&self.documents, Instant::now()) {
            let messages = self.published.update(&folder, Default::default(), &|_| false);
            for message in messages {
                self.notify::<notification::PublishDiagnostics>(message);
            }
            self.worker.forget(folder);
        }
    }

    fn answer(&self, id: RequestId, result: Answer) {
        let response = match result {
            Ok(value) => Response::new_ok(id, value),
            Err((code, message)) => Response::new_err(id, code as i32, message),
        };
        self.send(response.into());
    }

    pub(super) fn notify<N: Method>(&self, params: N::Params)
    where
        N::Params: Serialize,
    {
        self.send(Notification::new(N::METHOD.to_owned(), params).into());
    }

    /// Tells the user.
    pub(super) fn show(&self, message: String) {
        self.notify::<notification::ShowMessage>(ShowMessageParams { typ: MessageType::ERROR, message });
    }

    /// Tells who reads the log of the editor.
    pub(super) fn log(&self, typ: MessageType, message: String) {
        self.notify::<notification::LogMessage>(lsp_types::LogMessageParams { typ, message });
    }

    pub(super) fn send(&self, message: Message) {
        // Without a reader the session ends at the end of its input.
        let _ = self.client.send(message);
    }
}

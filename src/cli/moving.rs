//! The progress bar of a clean-up on standard error.
//!
//! Input: documents and elements from any thread. Output: a bar with the rate and the time left, on a terminal only. Must not know:
//! what is done.

use crate::cleanup::server::Watch;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const TEMPLATE: &str = "{bar:30} {human_pos} of {human_len} documents, {per_sec}, {eta} left, {msg}";
const TICK: Duration = Duration::from_millis(200);

pub struct Moving {
    bar: ProgressBar,
    elements: AtomicU64,
    verb: &'static str,
}

impl Moving {
    pub fn start(verb: &'static str) -> Self {
        let target = match std::io::stderr().is_terminal() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        let moving = Self { bar, elements: AtomicU64::new(0), verb };
        moving.moved(0);
        moving
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for Moving {
    fn expect(&self, documents: u64) {
        self.bar.set_length(documents);
    }

    fn advance(&self, documents: u64) {
        self.bar.inc(documents);
    }

    fn moved(&self, elements: u64) {
        let all = self.elements.fetch_add(elements, Ordering::Relaxed) + elements;
        self.bar.set_message(format!("{all} elements {}", self.verb));
    }
}

//! Holds back the signals that end the process while a file is being replaced, so that no half of it stays behind.
//!
//! Input: the life of a [`Hold`]. Output: the signal that came meanwhile, at its end. Must not know: what is done meanwhile.

use signal_hook::consts::TERM_SIGNALS;
use signal_hook::{flag, low_level};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// While it lives, an interrupt waits.
pub struct Hold(&'static Signals);

struct Signals {
    /// Whether a signal ends the process at once.
    free: Arc<AtomicBool>,
    /// The signal that waits; 0 for none.
    waiting: Arc<AtomicUsize>,
}

impl Hold {
    pub fn new() -> Self {
        static SIGNALS: OnceLock<Signals> = OnceLock::new();
        let signals = SIGNALS.get_or_init(Signals::watch);
        signals.free.store(false, Ordering::SeqCst);
        Self(signals)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.free.store(true, Ordering::SeqCst);
        let waiting = self.0.waiting.swap(0, Ordering::SeqCst);
        if waiting != 0 {
            // Ends the process as the signal would have done.
            let _ = low_level::emulate_default_handler(waiting as i32);
        }
    }
}

impl Signals {
    /// A signal that cannot be watched keeps its effect.
    fn watch() -> Self {
        let signals = Self { free: Arc::new(AtomicBool::new(true)), waiting: Arc::new(AtomicUsize::new(0)) };
        for signal in TERM_SIGNALS {
            let waiting = Arc::clone(&signals.waiting);
            let _ = flag::register_conditional_default(*signal, Arc::clone(&signals.free))
                .and_then(|_| flag::register_usize(*signal, waiting, *signal as usize));
        }
        signals
    }
}

//! The end of an analysis before its end.
//!
//! Input: how long it may take, from any thread. Output: whether that is over. Must not know: what is analysed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Shared between who analyses, and asks now and then, and who waits for it.
#[derive(Clone, Debug)]
pub struct Cancel {
    start: Instant,
    /// Milliseconds from the start.
    limit: Arc<AtomicU64>,
}

impl Default for Cancel {
    /// Without a limit.
    fn default() -> Self {
        Self { start: Instant::now(), limit: Arc::new(AtomicU64::new(u64::MAX)) }
    }
}

impl Cancel {
    /// Over when this time has passed from now.
    pub fn after(limit: Duration) -> Self {
        let cancel = Self::default();
        cancel.shorten(limit);
        cancel
    }

    /// Over when this time has passed from the start, unless it was before.
    pub fn shorten(&self, limit: Duration) {
        self.limit.fetch_min(limit.as_millis() as u64, Ordering::Relaxed);
    }

    pub fn is_over(&self) -> bool {
        let limit = self.limit.load(Ordering::Relaxed);
        limit != u64::MAX && self.start.elapsed().as_millis() as u64 >= limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_only_gets_shorter() {
        assert!(!Cancel::default().is_over() && Cancel::after(Duration::ZERO).is_over());
        let cancel = Cancel::after(Duration::from_secs(3_600));
        assert!(!cancel.is_over());
        cancel.clone().shorten(Duration::ZERO);
        cancel.shorten(Duration::from_secs(3_600));
        assert!(cancel.is_over());
    }
}

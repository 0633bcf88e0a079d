//! The boundary at which a panic becomes a value, so that one file or function does not end the run.
//!
//! Input: work. Output: its result, or what went wrong and where. Must not know: what the work is.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

/// What a panic said, on one line, and where it was raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panic(pub String);

thread_local! {
    static ATTEMPTS: Cell<u32> = const { Cell::new(0) };
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

static HOOK: Once = Once::new();

/// Runs `work`. What it had changed when it panicked stays changed.
pub fn attempt<T>(work: impl FnOnce() -> T) -> Result<T, Panic> {
    HOOK.call_once(|| {
        let outer = take_hook();
        set_hook(Box::new(move |info| {
            if ATTEMPTS.get() > 0 {
                LAST.replace(Some(one_line(info)));
            } else {
                outer(info);
            }
        }));
    });
    ATTEMPTS.set(ATTEMPTS.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(work));
    ATTEMPTS.set(ATTEMPTS.get() - 1);
    result.map_err(|payload| Panic(LAST.take().unwrap_or_else(|| text(payload.as_ref()).to_owned())))
}

/// Where a test may let a stage of the analysis panic: on a name that holds the name of the stage. Nothing elsewhere.
#[cfg(test)]
pub fn point(stage: &str, name: &str) {
    assert!(!name.contains(&format!("panics_when_{stage}")), "as asked for");
}

#[cfg(not(test))]
pub const fn point(_stage: &str, _name: &str) {}

fn one_line(info: &PanicHookInfo<'_>) -> String {
    let message = text(info.payload()).split_whitespace().collect::<Vec<_>>().join(" ");
    // A machine's paths do not belong into a report.
    let file = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    match info.location() {
        Some(at) => format!("{message} ({}:{})", file(at.file()), at.line()),
        None => message,
    }
}

fn text(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_with_its_place_and_the_next_attempt_is_free_of_it() {
        let panic = attempt(|| panic!("no\n  {}", "luck")).map(|()| 0);
        assert!(matches!(&panic, Err(Panic(text)) if text.starts_with("no luck (panics.rs:")), "{panic:?}");
        assert_eq!(attempt(|| 1), Ok(1));
        let within = attempt(|| attempt(|| panic!("inner")).map(|()| 0).unwrap_or(2));
        assert_eq!(within, Ok(2));
    }
}

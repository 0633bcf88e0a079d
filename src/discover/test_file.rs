//! Which files are tests: what a test suite runs, and no request ever does.
//!
//! Input: names. Output: yes or no. A word `test` somewhere in a name says nothing: `test.controller.js` may serve exams,
//! `user.test.model.js` may be a model. Must not know: file contents.

/// Folders that hold tests and what they need, wherever they are.
const ANYWHERE: [&str; 3] = ["__tests__", "__mocks__", "__fixtures__"];

/// Folders that hold tests at the top of a package. Deeper, such a name may be a part of the application.
const AT_TOP: [&str; 4] = ["test", "tests", "e2e", "cypress"];

/// The last part of the name of a test before its extension: `chat.test.ts`, `app.e2e-spec.ts`, `login.cy.js`.
const LAST_PARTS: [&str; 8] = ["test", "spec", "integ", "it", "e2e", "e2e-test", "e2e-spec", "cy"];

/// Whether a folder of this name holds tests. `is_at_top` says whether it stands beside a `package.json`, or in the root.
pub fn is_test_folder(name: &str, is_at_top: impl FnOnce() -> bool) -> bool {
    ANYWHERE.contains(&name) || AT_TOP.contains(&name) && is_at_top()
}

/// Whether a file of this name is a test.
pub fn is_test_file(name: &str) -> bool {
    let mut parts = name.rsplit('.').skip(1);
    let last = parts.next();
    // `test.js` is a name, not a kind of file.
    parts.next().is_some() && last.is_some_and(|last| LAST_PARTS.contains(&last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_of_a_name_decides() {
        for name in [
            "a.test.js",
            "a.b.spec.ts",
            "a.test.jsx",
            "app.e2e-spec.ts",
            "login.cy.js",
            "a.integ.ts",
            "b.it.js",
            "c.e2e.ts",
        ] {
            assert!(is_test_file(name), "{name}");
        }
        for name in
            ["test.js", "spec.ts", "test.controller.js", "spec.routes.js", "user.test.model.js", "a-test.js", "cy.js"]
        {
            assert!(!is_test_file(name), "{name}");
        }
    }

    #[test]
    fn a_folder_of_a_common_word_counts_at_the_top_alone() {
        assert!(is_test_folder("__tests__", || false) && is_test_folder("tests", || true));
        assert!(!is_test_folder("tests", || false) && !is_test_folder("testing", || true));
    }
}

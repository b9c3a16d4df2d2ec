//! The sources of the tests that the list names, and a test in them.

/// Each file under `tests/` that the list names, with what it says.
const SOURCES: &[(&str, &str)] = &[
    ("attacks.rs", include_str!("../../../tests/attacks.rs")),
    ("bank/generators.rs", include_str!("../../../tests/bank/generators.rs")),
    ("bank/orders.rs", include_str!("../../../tests/bank/orders.rs")),
    ("bank/passwords.rs", include_str!("../../../tests/bank/passwords.rs")),
    ("bank/people.rs", include_str!("../../../tests/bank/people.rs")),
    ("bank/registration.rs", include_str!("../../../tests/bank/registration.rs")),
    ("browser/administration.test.mjs", include_str!("../../../tests/browser/administration.test.mjs")),
    ("browser/corners.test.mjs", include_str!("../../../tests/browser/corners.test.mjs")),
    ("browser/customers.test.mjs", include_str!("../../../tests/browser/customers.test.mjs")),
    ("browser/flows.test.mjs", include_str!("../../../tests/browser/flows.test.mjs")),
    ("browser/linkage.test.mjs", include_str!("../../../tests/browser/linkage.test.mjs")),
    ("browser/passkeys.test.mjs", include_str!("../../../tests/browser/passkeys.test.mjs")),
    ("browser/story.test.mjs", include_str!("../../../tests/browser/story.test.mjs")),
    ("caution.rs", include_str!("../../../tests/caution.rs")),
    ("certificate.rs", include_str!("../../../tests/certificate.rs")),
    ("consent.rs", include_str!("../../../tests/consent.rs")),
    ("contract.rs", include_str!("../../../tests/contract.rs")),
    ("desk.rs", include_str!("../../../tests/desk.rs")),
    ("doors.rs", include_str!("../../../tests/doors.rs")),
    ("issuer.rs", include_str!("../../../tests/issuer.rs")),
    ("life.rs", include_str!("../../../tests/life.rs")),
    ("life/passkey.rs", include_str!("../../../tests/life/passkey.rs")),
    ("linkage/accounts.rs", include_str!("../../../tests/linkage/accounts.rs")),
    ("linkage/grants.rs", include_str!("../../../tests/linkage/grants.rs")),
    ("linkage/mistakes.rs", include_str!("../../../tests/linkage/mistakes.rs")),
    ("linkage/pages.rs", include_str!("../../../tests/linkage/pages.rs")),
    ("linkage/requests.rs", include_str!("../../../tests/linkage/requests.rs")),
    ("old_books.rs", include_str!("../../../tests/old_books.rs")),
    ("passkeys.rs", include_str!("../../../tests/passkeys.rs")),
    ("site.rs", include_str!("../../../tests/site.rs")),
    ("stop.rs", include_str!("../../../tests/stop.rs")),
];

/// The test of this name in this file, as it is written there.
pub(super) fn source(file: &str, test: &str) -> Option<String> {
    let (_, text) = SOURCES.iter().find(|(known, _)| *known == file)?;
    let lines: Vec<&str> = text.lines().collect();
    let is_its_head = |line: &&str| {
        let line = line.trim_start();
        let title = line.strip_prefix("test(").map(|title| title.trim_start_matches(['`', '"']));
        line.starts_with(&format!("async fn {test}()"))
            || line.starts_with(&format!("fn {test}()"))
            || title.is_some_and(|title| title.starts_with(test))
    };
    let head = lines.iter().position(is_its_head)?;
    let indent = lines[head].len() - lines[head].trim_start().len();
    // A test ends with the first line of its own depth that closes it.
    let is_its_end = |line: &&str| line.starts_with(&format!("{}}}", " ".repeat(indent)));
    let length = lines[head..].iter().position(is_its_end)?;
    // The attribute that makes a function a test stands above it.
    let is_test = file.ends_with(".mjs") || lines[..head].last().is_some_and(|line| line.contains("test"));
    is_test.then(|| lines[head..=head + length].join("\n"))
}

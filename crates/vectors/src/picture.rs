//! Tests of pictures.

use std::fs;

use serde::Deserialize;

use super::values::{About, NoFields, Outcome, Tested, same};
use camtoken::qr::{self, Limits, Luma, ScanOptions};

pub(super) enum Scan {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScanTest {
    picture: String,
    text: Option<String>,
    reason: Option<Reason>,
}

/// Why nothing is read.
#[derive(Deserialize, Clone, Copy, PartialEq, Debug)]
pub(super) enum Reason {
    NotFound,
    Unreadable,
}

impl Tested for Scan {
    const NAME: &'static str = "Scan";
    type Group = NoFields;
    type Test = ScanTest;

    fn run(_: &NoFields, test: &ScanTest, about: &About<'_>) -> Outcome {
        let bytes = match fs::read(about.folder.join(&test.picture)) {
            Ok(bytes) => bytes,
            Err(error) => return Outcome::Wrong(format!("{}: {error}", test.picture)),
        };
        match (look(&bytes), test.reason) {
            (Err(error), _) => Outcome::Wrong(format!("{}: {error}", test.picture)),
            (Ok(Ok(text)), _) => same("text", Some(text), test.text.clone()).into(),
            (Ok(Err(reason)), Some(expected)) if expected != reason => {
                Outcome::Wrong(format!("expected {expected:?}, {reason:?}"))
            }
            (Ok(Err(reason)), _) => Outcome::Refused(format!("{reason:?}")),
        }
    }
}

/// The text in a picture. The outer error is that of a file that is no picture.
pub(super) fn look(picture: &[u8]) -> Result<Result<String, Reason>, String> {
    let luma = Luma::decode(picture, &Limits::default()).map_err(|error| error.to_string())?;
    Ok(match qr::scan(&luma, &ScanOptions::default()) {
        qr::Scan::Read(symbols) => Ok(String::from_utf8_lossy(&symbols[0].payload).into_owned()),
        qr::Scan::Unreadable { .. } => Err(Reason::Unreadable),
        qr::Scan::NotFound => Err(Reason::NotFound),
    })
}

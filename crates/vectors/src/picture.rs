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

#[derive(Deserialize, Clone, Copy, PartialEq, Debug)]
enum Reason {
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
        let luma = match Luma::decode(&bytes, &Limits::default()) {
            Ok(luma) => luma,
            Err(error) => return Outcome::Wrong(format!("{}: {error}", test.picture)),
        };
        let reason = match qr::scan(&luma, &ScanOptions::default()) {
            qr::Scan::Read(symbols) => {
                let payload = String::from_utf8_lossy(&symbols[0].payload).into_owned();
                return match same("text", Some(payload), test.text.clone()) {
                    Ok(()) => Outcome::Accepted,
                    Err(outcome) => outcome,
                };
            }
            qr::Scan::Unreadable { .. } => Reason::Unreadable,
            qr::Scan::NotFound => Reason::NotFound,
        };
        match test.reason {
            Some(expected) if expected != reason => Outcome::Wrong(format!("expected {expected:?}, {reason:?}")),
            _ => Outcome::Refused(format!("{reason:?}")),
        }
    }
}

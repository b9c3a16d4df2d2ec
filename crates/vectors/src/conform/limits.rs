//! How long one request may take, and how much of an answer is reported.

use std::time::Duration;

/// The limits of one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long an answer may take: 60 s.
    pub within: Duration,
    /// The most bytes of an answer: 1 MiB.
    pub answer_bytes: usize,
    /// After so many questions that were lost (no answer in time, the process ended, no protocol) no more are asked: 20.
    pub losses: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { within: Duration::from_secs(60), answer_bytes: 1 << 20, losses: 20 }
    }
}

/// As much of a text as a report should hold.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 400;

    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

//! The token's refusal of an image in which it reads no code, and the message for a person.

use camtoken::qr::Scan;
use camtoken::token::Refusal;

use crate::failure::{Code, Failure};
use crate::text::Text;

/// The token's refusal of a picture in which nothing was read.
pub fn refusal_of(seen: &Scan) -> Refusal {
    match seen {
        Scan::Unreadable { module_px } => Refusal::Unreadable { module_px: *module_px },
        _ => Refusal::NoCode,
    }
}

/// A refusal as a message for the person at the keyboard.
pub fn failure_of(refusal: Refusal, file: &str, text: &Text) -> Failure {
    let code = Code::find(refusal.code()).expect("the table has T01 to T14 (tested)");
    let failure = Failure::new(code);
    match refusal {
        Refusal::Unreadable { module_px: Some(px) } => failure
            .because(format!("{file}: {}", text.with("scan-module", &[("px", &rounded(px).to_string())])))
            .with("case", if px >= LARGE_ENOUGH { "enough" } else { "small" }),
        _ => failure.because(file),
    }
}

/// From this number of pixels a module on, more of them do not help: `camtoken explain CT-E041`.
const LARGE_ENOUGH: f32 = 3.0;

/// Pixels to one decimal place.
pub fn rounded(px: f32) -> f32 {
    (px * 10.0).round() / 10.0
}

//! How well a camera reads a code: measures with grades, and advice.
//!
//! [`quality`] grades a symbol that was read, [`diagnose`] says why none was read. The measures follow ISO/IEC 15415 and the
//! annex on print quality of ISO/IEC 18004, as far as an image under unknown light allows; each [`MeasureKind`] has the
//! differences. The grey value of a pixel, 0 to 255, counts as its reflectance, 0 to 100 %: decoders use the same values.

mod codewords;
mod contrast;
mod diagnose;
mod grade;
mod grading;
mod grid;
mod measure;
mod overlay;
mod quiet_zone;
#[cfg(feature = "second-opinion")]
mod second_opinion;
#[cfg(test)]
mod tests;

pub use diagnose::{Diagnosis, Edge, Reason, diagnose};
pub use grade::{Grade, GradeError};
pub use grading::{Quality, QualityOptions, quality};
pub use measure::{Advice, Measure, MeasureKind};
pub use overlay::Overlay;
pub(super) use overlay::png;
#[cfg(feature = "second-opinion")]
pub use second_opinion::{SecondOpinion, second_opinion};

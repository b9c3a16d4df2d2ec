//! The grades of ISO/IEC 15415.

use std::fmt;
use std::str::FromStr;

/// A grade of ISO/IEC 15415: 4 is A, 0 is F. A better grade is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Fails.
    F,
    /// Poor: few readers manage.
    D,
    /// Fair.
    C,
    /// Good.
    B,
    /// Excellent.
    A,
}

impl Grade {
    /// The letter.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::F => "F",
        }
    }

    /// The grade of a value of which more is better; the limits of A, B, C and D.
    pub(super) fn at_least(value: f64, limits: [f64; 4]) -> Self {
        // The limits have two digits, so an error of rounding does not lower the grade.
        Self::nth(limits.iter().position(|limit| value >= limit - 1e-6))
    }

    /// The grade of a value of which less is better.
    pub(super) fn at_most(value: f64, limits: [f64; 4]) -> Self {
        Self::nth(limits.iter().position(|limit| value <= limit + 1e-6))
    }

    fn nth(place: Option<usize>) -> Self {
        place.map_or(Self::F, |place| [Self::A, Self::B, Self::C, Self::D][place])
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text is no grade: A, B, C, D and F are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GradeError;

impl std::error::Error for GradeError {}

impl fmt::Display for GradeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a grade is A, B, C, D or F")
    }
}

impl FromStr for Grade {
    type Err = GradeError;

    fn from_str(text: &str) -> Result<Self, GradeError> {
        match text {
            "A" | "a" => Ok(Self::A),
            "B" | "b" => Ok(Self::B),
            "C" | "c" => Ok(Self::C),
            "D" | "d" => Ok(Self::D),
            "F" | "f" => Ok(Self::F),
            _ => Err(GradeError),
        }
    }
}

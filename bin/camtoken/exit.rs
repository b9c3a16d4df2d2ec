//! The exit codes. Scripts depend on these numbers: they keep their meaning.

use std::process::ExitCode;

/// The exit code of every verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, and the answer is yes.
    Done = 0,
    /// Could not do it: input and output, network, internal.
    Failed = 1,
    /// Usage, configuration, or an answer that is missing in a pipe.
    Usage = 2,
    /// No 2D code in the picture (T01).
    NoCode = 3,
    /// A code was found and could not be read (T02).
    Unreadable = 4,
    /// The code was read, but the token refuses (T03 and on).
    Refused = 5,
    /// The verifier says no. An answer, not an error.
    Rejected = 6,
    /// Findings: a grade below the limit, vectors that failed, a doctor's problem.
    Findings = 7,
    /// Cancelled on the token (T10).
    Cancelled = 8,
}

impl Exit {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::NoCode,
        Self::Unreadable,
        Self::Refused,
        Self::Rejected,
        Self::Findings,
        Self::Cancelled,
    ];

    /// The number.
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

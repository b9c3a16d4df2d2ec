//! Why a file is no picture to scan.

use std::error::Error;
use std::fmt;

use super::Format;

/// Why a file is no picture to scan.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PictureError {
    /// It has no pixel.
    Empty,
    /// The pixels do not make up the rectangle.
    Length {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Pixels given.
        found: usize,
    },
    /// The file has no bytes.
    Nothing,
    /// It begins like a known file that is no picture.
    NotRead {
        /// Its kind, and where it helps the next step: `an HTML page`, …
        kind: &'static str,
    },
    /// It does not begin like a supported format.
    Unknown,
    /// The file is larger than [`Limits::max_file_bytes`](super::Limits::max_file_bytes).
    FileTooLarge {
        /// Bytes of the file.
        bytes: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// A side or the area is larger than the limits allow.
    TooManyPixels {
        /// Columns, as the file claims.
        width: u32,
        /// Rows, as the file claims.
        height: u32,
    },
    /// Decoding would take more than [`Limits::max_alloc_bytes`](super::Limits::max_alloc_bytes).
    Memory {
        /// Bytes needed.
        bytes: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// The file breaks the rules of its format, ends too early, or uses a part of it that is not supported.
    Damaged {
        /// The format it begins as.
        format: Format,
        /// The decoder's message.
        reason: String,
    },
    /// The file ends before its picture does, and there is no symbol in the part that is there.
    CutShort {
        /// The format it begins as.
        format: Format,
    },
}

impl Error for PictureError {}

impl fmt::Display for PictureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the picture has no pixels"),
            Self::Length { width, height, found } => {
                write!(f, "a picture of {width}x{height} does not have {found} pixels")
            }
            Self::Nothing => f.write_str("the file is empty"),
            Self::NotRead { kind } => write!(f, "this is {kind}; {} are read", Format::names("and")),
            Self::Unknown => write!(f, "the file is neither {}", Format::names("nor")),
            Self::FileTooLarge { bytes, limit } => write!(f, "the file has {bytes} bytes, more than {limit}"),
            Self::TooManyPixels { width, height } => {
                write!(f, "the picture is {width}x{height} pixels, more than is read")
            }
            Self::Memory { bytes, limit } => {
                write!(f, "decoding the picture takes {bytes} bytes, more than {limit}")
            }
            Self::Damaged { format, reason } => {
                write!(f, "the {format} is damaged or of a kind not read: {reason}")
            }
            Self::CutShort { format } => {
                write!(f, "the {format} is cut short, and no code is in the part that is there")
            }
        }
    }
}

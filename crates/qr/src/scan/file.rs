//! From a file, which may hold several pictures, to the symbols in one of them.

use crate::scan::picture::PictureFile;
use crate::scan::{Limits, PictureError, Scan, ScanOptions, scan_for};
use crate::{Luma, Symbol};

/// Reads a file: its pictures one after another, until a symbol is read in one, at most 32. Those are the frames of an animation and the
/// images of a PDF; where a picture is transparent, also what is seen of it on black, and without transparency. `is_meant` is as for
/// [`scan_for`].
///
/// Returns the picture in which a symbol was read; else the one that shows most, or the first.
///
/// # Errors
///
/// Those of [`Luma::decode`]; and where no symbol was read, the error that made the rest of the file unreadable:
/// [`PictureError::CutShort`], for example.
///
/// # Examples
///
/// ```
/// use camtoken_qr::{Limits, Scan, ScanOptions, encode, scan_file, EcLevel};
///
/// let svg = encode("CT1:EXAMPLE", EcLevel::M)?.to_svg(4);
/// let (_, seen) = scan_file(svg.as_bytes(), &Limits::default(), &ScanOptions::default(), |_| true)?;
/// assert!(matches!(seen, Scan::Read(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn scan_file(
    bytes: &[u8],
    limits: &Limits,
    options: &ScanOptions,
    is_meant: impl Fn(&Symbol) -> bool,
) -> Result<(Luma, Scan), PictureError> {
    let file = PictureFile::open(bytes, limits)?;
    let mut best: Option<(Luma, Scan)> = None;
    for picture in file.pictures() {
        let luma = picture?;
        let is_same = best.as_ref().is_some_and(|(known, _)| *known == luma);
        if is_same {
            continue;
        }
        let seen = scan_for(&luma, options, &is_meant);
        let tells_more = match (&best, &seen) {
            (_, Scan::Read(_)) => return Ok((luma, seen)),
            (None, _) | (Some((_, Scan::NotFound)), Scan::Unreadable { .. }) => true,
            _ => false,
        };
        if tells_more {
            best = Some((luma, seen));
        }
        if options.deadline.has_passed() {
            break;
        }
    }
    best.ok_or(PictureError::Empty)
}

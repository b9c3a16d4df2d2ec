//! From a file, which may hold several pictures, to the symbols in one of them.

use crate::scan::picture::PictureFile;
use crate::scan::{Limits, PictureError, Scan, ScanOptions, scan_for};
use crate::{Luma, Symbol};

/// What was found in a file.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FileScan {
    /// The picture in which a symbol was read; else the one that shows most, or the first.
    pub luma: Luma,
    /// What is in that picture.
    pub scan: Scan,
    /// How many pictures of the file were looked at: pages, frames, images. 1 to 32.
    pub pictures: usize,
}

/// Reads a file: its pictures one after another, until a symbol is read in one, at most 32. Those are the frames of an animation, the
/// pages of a TIFF, and the images and drawings of a PDF; where a picture is transparent, also what is seen of it on black, and without
/// transparency. `is_meant` is as for [`scan_for`].
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
/// let found = scan_file(svg.as_bytes(), &Limits::default(), &ScanOptions::default(), |_| true)?;
/// assert!(matches!(found.scan, Scan::Read(_)));
/// assert_eq!(found.pictures, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn scan_file(
    bytes: &[u8],
    limits: &Limits,
    options: &ScanOptions,
    is_meant: impl Fn(&Symbol) -> bool,
) -> Result<FileScan, PictureError> {
    let file = PictureFile::open(bytes, limits)?;
    let mut best: Option<FileScan> = None;
    let mut pictures = 0;
    for picture in file.pictures() {
        let (number, luma) = picture?;
        pictures = number.max(pictures);
        if best.as_ref().is_some_and(|known| known.luma == luma) {
            continue;
        }
        let scan = scan_for(&luma, options, &is_meant);
        let tells_more = match (best.as_ref().map(|known| &known.scan), &scan) {
            (_, Scan::Read(_)) => return Ok(FileScan { luma, scan, pictures }),
            (None, _) | (Some(Scan::NotFound), Scan::Unreadable { .. }) => true,
            _ => false,
        };
        if tells_more {
            best = Some(FileScan { luma, scan, pictures });
        }
        if options.deadline.has_passed() {
            break;
        }
    }
    best.map(|best| FileScan { pictures, ..best }).ok_or(PictureError::Empty)
}

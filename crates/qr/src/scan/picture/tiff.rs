//! TIFF (revision 6.0, section 2): a list of pages, each with a directory that names the next.
//!
//! The decoder reads the first page of a file. So each page is handed to it as a file whose first directory is that of the page.

use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::iter;

use image::ImageDecoder;
use image::codecs::tiff::TiffDecoder;

use super::by_image::still;
use super::{Decoded, Format, Frames, Ground, Limits, MAX_PICTURES, damaged, faults_last};

/// Where the file says where its first directory is.
const FIRST: std::ops::Range<u64> = 4..8;

/// The pages that can be decoded, then the first fault in one of the others.
pub(super) fn frames<'a>(bytes: &'a [u8], ground: Ground, limits: &'a Limits) -> Frames<'a> {
    // The list may go round in a circle.
    let pages = directories(bytes).take(MAX_PICTURES).map(move |place| page(bytes, place, ground, limits));
    Box::new(faults_last(pages))
}

fn page(bytes: &[u8], place: [u8; 4], ground: Ground, limits: &Limits) -> Decoded {
    let file = BufReader::new(Page { file: Cursor::new(bytes), place });
    let mut decoder = TiffDecoder::new(file).map_err(|e| damaged(Format::Tiff, e))?;
    let mut most = image::Limits::no_limits();
    most.max_alloc = Some(limits.max_alloc_bytes);
    decoder.set_limits(most).map_err(|e| damaged(Format::Tiff, e))?;
    still(decoder, Format::Tiff, ground, limits)
}

/// The places of the directories, as the file writes them; the first even if nothing is there.
fn directories(bytes: &[u8]) -> impl Iterator<Item = [u8; 4]> {
    let is_little = bytes.starts_with(b"II");
    let word = move |at: usize| -> Option<[u8; 4]> { bytes.get(at..at.checked_add(4)?)?.try_into().ok() };
    let number = move |word: [u8; 4]| if is_little { u32::from_le_bytes(word) } else { u32::from_be_bytes(word) };
    let next = move |place: &[u8; 4]| {
        let at = number(*place) as usize;
        let count: [u8; 2] = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        let entries = if is_little { u16::from_le_bytes(count) } else { u16::from_be_bytes(count) };
        // Twelve bytes each; behind the last page is none.
        word(at + 2 + 12 * usize::from(entries)).filter(|place| number(*place) != 0)
    };
    iter::successors(word(FIRST.start as usize), next)
}

/// The file with another first directory.
struct Page<'a> {
    file: Cursor<&'a [u8]>,
    place: [u8; 4],
}

impl Read for Page<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let from = self.file.position();
        let count = self.file.read(buffer)?;
        for (at, byte) in (from..).zip(&mut buffer[..count]).filter(|(at, _)| FIRST.contains(at)) {
            *byte = self.place[(at - FIRST.start) as usize];
        }
        Ok(count)
    }
}

impl Seek for Page<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[cfg(test)]
mod tests;

//! An image of a document (ISO 32000-1, 8.9): an object of its own, or in the content of a page.

use super::dictionary::Dictionary;
use super::filters::decoded;
use crate::scan::picture::samples::Frame;
use crate::scan::picture::{Format, Ground, Limits, PictureError, check_memory, damaged, jpeg};

/// The least side of an image that may hold a symbol.
const LEAST: u32 = 21;

/// The image as luma; `None` if it is of an unsupported kind, or too small for a symbol.
pub(super) fn image(dictionary: Dictionary<'_>, data: &[u8], limits: &Limits) -> Option<Result<Frame, PictureError>> {
    let size = (dictionary.number([b"/Width", b"/W"])?, dictionary.number([b"/Height", b"/H"])?);
    if size.0.min(size.1) < LEAST {
        return None;
    }
    let filters = dictionary.names([b"/Filter", b"/F"]);
    match filters.split_last() {
        Some((last, before)) if matches!(*last, b"DCTDecode" | b"DCT") => {
            let (data, left) = decoded(before, data, limits.max_file_bytes);
            let frame =
                || jpeg::frames(&data, limits).map_or_else(|error| Some(Err(error)), |mut frames| frames.next());
            left.is_empty().then(frame).flatten()
        }
        _ => of_samples(dictionary, &filters, data, size, limits).transpose(),
    }
}

fn of_samples(
    dictionary: Dictionary<'_>,
    filters: &[&[u8]],
    data: &[u8],
    (width, height): (u32, u32),
    limits: &Limits,
) -> Result<Option<Frame>, PictureError> {
    let area = limits.check_size(width, height)?;
    check_memory(area * 5, limits)?;
    // Four channels, and a byte before each row.
    let (bytes, left) = decoded(filters, data, area * 4 + u64::from(height));
    if !left.is_empty() {
        return Ok(None);
    }
    let deep = dictionary.number([b"/BitsPerComponent", b"/BPC"]).unwrap_or(1);
    let is_predicted = dictionary.number([b"/Predictor"; 2]).is_some_and(|predictor| predictor >= 10);
    let is_indexed = dictionary.has(b"/Indexed") || dictionary.has(b"/I ");
    let row = |channels: usize| (width as usize * channels * deep as usize).div_ceil(8) + usize::from(is_predicted);
    // The colour space may be in another object, but the number of bytes shows how many channels it has.
    let channels = [4, 3, 1].into_iter().find(|&channels| bytes.len() >= row(channels) * height as usize);
    let Some(channels) = channels.filter(|_| matches!(deep, 1 | 2 | 4 | 8)) else {
        return Err(damaged(Format::Pdf, "an image of a kind not read, or cut short"));
    };
    let mut rows: Vec<u8> = Vec::with_capacity(bytes.len());
    let step = (channels * deep as usize).div_ceil(8);
    let mut above = vec![0; row(channels) - usize::from(is_predicted)];
    for line in bytes.chunks_exact(row(channels)).take(height as usize) {
        let mut line = line.to_vec();
        if is_predicted {
            let kind = line.remove(0);
            restore(kind, &mut line, &above, step);
            above.clone_from(&line);
        }
        unpack(&mut rows, &line, width as usize * channels, deep);
    }
    if is_indexed {
        // An index points to a colour in another object: different indices count as different greys.
        let most = rows.iter().copied().max().unwrap_or(1).max(1);
        rows.iter_mut().for_each(|index| *index = (u16::from(*index) * 255 / u16::from(most)) as u8);
    }
    if channels == 4 {
        // Cyan, magenta, yellow, black.
        let light = |ink: u8| 255 - u32::from(ink);
        let grey = |&[c, m, y, k]: &[u8; 4]| (light(k) * (light(c) + light(m) + light(y)) / 765) as u8;
        rows = rows.as_chunks::<4>().0.iter().map(grey).collect();
    }
    Frame::new((width, height), rows, if channels == 3 { 3 } else { 1 }, Ground::White).map(Some)
}

/// Reverses the prediction of a row (ISO/IEC 15948, 9).
fn restore(kind: u8, row: &mut [u8], above: &[u8], step: usize) {
    for at in 0..row.len() {
        let left = if at >= step { row[at - step] } else { 0 };
        let corner = if at >= step { above[at - step] } else { 0 };
        let up = above[at];
        let predicted = match kind {
            1 => left,
            2 => up,
            3 => u8::midpoint(left, up),
            4 => {
                let estimate = i16::from(left) + i16::from(up) - i16::from(corner);
                let off = |value: u8| (estimate - i16::from(value)).abs();
                *[left, up, corner].iter().min_by_key(|value| off(**value)).unwrap_or(&0)
            }
            _ => 0,
        };
        row[at] = row[at].wrapping_add(predicted);
    }
}

/// Appends the samples of a row, 1 to 8 bits each, as bytes from 0 to 255.
fn unpack(samples: &mut Vec<u8>, row: &[u8], count: usize, deep: u32) {
    let most = ((1u16 << deep) - 1) as u8;
    let each = 8 / deep as usize;
    samples.extend((0..count).map(|i| {
        let shift = 8 - deep as usize * (i % each + 1);
        (row[i / each] >> shift & most) * (255 / most)
    }));
}

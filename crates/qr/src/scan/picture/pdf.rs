//! The pictures that are embedded in a PDF (ISO 32000-1, 8.9). They are objects of their own wherever the page is described, so they are
//! found without its structure: each stream whose dictionary says that it is an image.
//!
//! Lines and areas are not read, nor are encrypted files.

use std::iter;

use super::samples::Frame;
use super::{Format, Frames, Ground, Limits, PictureError, check_memory, damaged, jpeg};

/// Bytes of a dictionary before its stream.
const MAX_DICTIONARY: usize = 2048;

/// The images of the file that are large enough for a symbol.
pub(super) fn frames<'a>(bytes: &'a [u8], limits: &'a Limits) -> Result<Frames<'a>, PictureError> {
    let images = streams(bytes).filter(|(dictionary, _)| name(dictionary, b"/Subtype") == Some(b"Image"));
    let mut frames = images.filter_map(move |(dictionary, data)| image(dictionary, data, limits)).peekable();
    if frames.peek().is_none() {
        let is_encrypted = bytes.windows(9).any(|word| word == b"/Encrypt ");
        let reason = if is_encrypted {
            "it is encrypted"
        } else {
            "no picture is in it that is read: save the page as a picture"
        };
        return Err(damaged(Format::Pdf, reason));
    }
    Ok(Box::new(frames))
}

/// Each stream with the dictionary before it.
fn streams(pdf: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut at = 0;
    iter::from_fn(move || {
        loop {
            let begin = at + find(&pdf[at..], b"stream")?;
            at = begin + b"stream".len();
            let dictionary = &pdf[begin.saturating_sub(MAX_DICTIONARY)..begin];
            let first = dictionary.windows(4).rposition(|word| word == b" obj");
            let data = match pdf.get(at..at + 2)? {
                b"\r\n" => at + 2,
                [b'\n' | b'\r', _] => at + 1,
                _ => continue,
            };
            if let Some(first) = first {
                let length = find(&pdf[data..], b"endstream").unwrap_or(pdf.len() - data);
                at = (data + length + b"endstream".len()).min(pdf.len());
                return Some((&dictionary[first + 4..], &pdf[data..data + length]));
            }
        }
    })
}

/// An image as luma; `None` if it is of an unsupported kind, or too small for a symbol.
fn image(dictionary: &[u8], data: &[u8], limits: &Limits) -> Option<Result<Frame, PictureError>> {
    let number = |key: &[u8]| {
        let digits = value(dictionary, key)?;
        let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
        str::from_utf8(&digits[..end]).ok()?.parse::<u32>().ok()
    };
    let (width, height) = (number(b"/Width")?, number(b"/Height")?);
    if width.min(height) < 21 {
        return None;
    }
    match name(dictionary, b"/Filter")? {
        b"DCTDecode" => jpeg::frames(data, limits).map_or_else(|error| Some(Err(error)), |mut frames| frames.next()),
        b"FlateDecode" => {
            let deep = number(b"/BitsPerComponent").unwrap_or(1);
            let is_predicted = number(b"/Predictor").is_some_and(|predictor| predictor >= 10);
            let is_indexed = find(dictionary, b"/Indexed").is_some();
            Some(inflated(data, (width, height), deep, is_predicted, is_indexed, limits))
        }
        _ => None,
    }
}

fn inflated(
    data: &[u8],
    (width, height): (u32, u32),
    deep: u32,
    is_predicted: bool,
    is_indexed: bool,
    limits: &Limits,
) -> Result<Frame, PictureError> {
    use std::io::Read;

    let area = limits.check_size(width, height)?;
    check_memory(area * 5, limits)?;
    let mut bytes = Vec::new();
    // A stream with a broken end is read up to the error.
    let read = flate2::read::ZlibDecoder::new(data).take(area * 5 + u64::from(height)).read_to_end(&mut bytes);
    let row = |channels: usize| (width as usize * channels * deep as usize).div_ceil(8) + usize::from(is_predicted);
    // The colour space may be in another object, but the number of bytes shows how many channels it has.
    let channels = [4, 3, 1].into_iter().find(|&channels| bytes.len() >= row(channels) * height as usize);
    let channels = channels.filter(|_| matches!(deep, 1 | 2 | 4 | 8));
    let Some(channels) = channels else {
        return Err(damaged(
            Format::Pdf,
            read.map_or_else(|e| e.to_string(), |_| "an image of a kind not read".to_owned()),
        ));
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
    Frame::new((width, height), rows, if channels == 3 { 3 } else { 1 }, Ground::White)
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

/// The name that a key has in a dictionary, or the only one in its array.
fn name<'a>(dictionary: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let value = value(dictionary, key)?;
    let value = value.strip_prefix(b"[").map_or(value, <[u8]>::trim_ascii_start).strip_prefix(b"/")?;
    let end = value.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(value.len());
    Some(&value[..end])
}

/// The text after a key.
fn value<'a>(dictionary: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let mut rest = dictionary;
    loop {
        rest = &rest[find(rest, key)? + key.len()..];
        // Not the beginning of a longer key.
        if rest.first().is_some_and(|byte| !byte.is_ascii_alphanumeric()) {
            return Some(rest.trim_ascii_start());
        }
    }
}

fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|part| part == word)
}

#[cfg(test)]
mod tests;

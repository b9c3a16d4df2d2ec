//! The pictures of a PDF: embedded images (ISO 32000-1, 8.9), and what its pages draw with areas and lines. Both are streams, which stand
//! for themselves in the file wherever the page is described, so they are found without its structure.
//!
//! Text is not drawn, an image is not laid over the page that it belongs to, and encrypted files are not read.

mod content;
mod dictionary;
mod filters;
mod image;
mod page;

use std::iter;

use self::dictionary::{Dictionary, find};
use super::{Decoded, Format, Frames, Limits, PictureError, damaged, faults_last};

/// Bytes of a dictionary before its stream.
const MAX_DICTIONARY: usize = 2048;

/// Bytes of the content of a page.
const MAX_CONTENT: u64 = 16 << 20;

/// Bytes of the contents of all pages.
const MAX_CONTENTS: u64 = 64 << 20;

/// The pictures of the file that are large enough for a symbol, in its order, and then the first fault in one.
pub(super) fn frames<'a>(bytes: &'a [u8], limits: &'a Limits) -> Result<Frames<'a>, PictureError> {
    let mut left = MAX_CONTENTS;
    let pictures = streams(bytes).filter_map(move |(dictionary, data)| picture(dictionary, data, &mut left, limits));
    let mut frames = faults_last(pictures).peekable();
    let is_encrypted = || bytes.windows(9).any(|word| word == b"/Encrypt ");
    match frames.peek() {
        None | Some(Err(_)) if is_encrypted() => Err(damaged(Format::Pdf, "it is encrypted")),
        None => Err(damaged(Format::Pdf, nothing(bytes))),
        Some(_) => Ok(Box::new(frames)),
    }
}

/// The picture that a stream is; `left` counts down the bytes of contents that are still looked at.
fn picture(dictionary: Dictionary<'_>, data: &[u8], left: &mut u64, limits: &Limits) -> Option<Decoded> {
    if is_image(dictionary) {
        return image::image(dictionary, data, limits);
    }
    // Fonts, profiles, tables of objects.
    let others: [&[u8]; 5] = [b"/Length1", b"/ObjStm", b"/XRef", b"/Metadata", b"/Alternate"];
    if *left == 0 || others.iter().any(|word| dictionary.has(word)) {
        return None;
    }
    let filters = dictionary.names([b"/Filter"; 2]);
    let (content, rest) = filters::decoded(&filters, data, MAX_CONTENT.min(*left));
    *left -= (content.len() as u64).min(*left);
    if rest.is_empty() { page::drawn(&content, limits) } else { None }
}

fn is_image(dictionary: Dictionary<'_>) -> bool {
    dictionary.names([b"/Subtype"; 2]).first() == Some(&&b"Image"[..])
}

/// Why a file shows nothing.
fn nothing(bytes: &[u8]) -> String {
    let images = streams(bytes).filter(|(dictionary, _)| is_image(*dictionary));
    let coded =
        images.filter_map(|(dictionary, _)| dictionary.names([b"/Filter"; 2]).pop()).find_map(|name| match name {
            b"JBIG2Decode" => Some("JBIG2"),
            b"CCITTFaxDecode" => Some("CCITT fax"),
            b"JPXDecode" => Some("JPEG 2000"),
            b"LZWDecode" => Some("LZW"),
            _ => None,
        });
    coded.map_or_else(
        || "no picture is in it that is read: save the page as a picture".to_owned(),
        |coded| format!("its images are coded as {coded}, which is not read: save the page as a picture"),
    )
}

/// Each stream with the dictionary before it.
fn streams(pdf: &[u8]) -> impl Iterator<Item = (Dictionary<'_>, &[u8])> {
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
                return Some((Dictionary(&dictionary[first + 4..]), &pdf[data..data + length]));
            }
        }
    })
}

#[cfg(test)]
mod tests;

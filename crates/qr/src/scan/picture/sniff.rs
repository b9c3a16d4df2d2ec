//! The format of a file, by its first bytes.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use super::{Format, PictureError};

/// The number of bytes within which an XML file names its kind.
const XML_HEAD: usize = 4096;

impl Format {
    /// The formats that this build supports.
    const READ: &[Self] = &[
        Self::Png,
        Self::Jpeg,
        Self::WebP,
        #[cfg(feature = "image")]
        Self::Bmp,
        #[cfg(feature = "image")]
        Self::Gif,
        #[cfg(feature = "image")]
        Self::Tiff,
        Self::Netpbm,
        Self::Svg,
        Self::Pdf,
    ];

    /// `PNG, JPEG and WebP`.
    pub(super) fn names(last: &str) -> String {
        let names: Vec<String> = Self::READ.iter().map(ToString::to_string).collect();
        let (end, others) = names.split_last().expect("some are read");
        format!("{} {last} {end}", others.join(", "))
    }

    /// The format of a file, if it is supported.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, PictureError> {
        let format = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Self::Png
        } else if bytes.starts_with(b"\xff\xd8\xff") {
            Self::Jpeg
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Self::WebP
        } else if bytes.starts_with(b"BM") {
            Self::Bmp
        } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
            Self::Gif
        } else if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
            Self::Tiff
        } else if matches!(bytes, [b'P', b'1'..=b'6', byte, ..] if byte.is_ascii_whitespace() || *byte == b'#') {
            Self::Netpbm
        } else if is_svg(bytes) {
            Self::Svg
        } else if bytes.trim_ascii_start().starts_with(b"%PDF-") {
            Self::Pdf
        } else {
            return Err(no_picture(bytes));
        };
        Self::READ.contains(&format).then_some(format).ok_or(match format {
            Self::Bmp => PictureError::NotRead { kind: "a BMP" },
            Self::Gif => PictureError::NotRead { kind: "a GIF" },
            _ => PictureError::NotRead { kind: "a TIFF" },
        })
    }
}

/// The text of a file without what may come before it.
fn text_of(bytes: &[u8]) -> &[u8] {
    let text = bytes.trim_ascii_start();
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii_start()
}

fn is_svg(bytes: &[u8]) -> bool {
    let text = text_of(bytes);
    let head = &text[..text.len().min(XML_HEAD)];
    let may_be = [&b"<?xml"[..], b"<!--", b"<!DOCTYPE svg", b"<svg"].iter().any(|begin| head.starts_with(begin));
    may_be && head.windows(4).any(|word| word == b"<svg")
}

/// The picture in a text: a `data:` URI (RFC 2397) or Base64 (RFC 4648); any other file as it is.
pub(super) fn unwrapped(bytes: &[u8]) -> Result<Cow<'_, [u8]>, PictureError> {
    let text = text_of(bytes).trim_ascii_end();
    if text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"data:")) {
        let refused = || PictureError::NotRead { kind: "a data: URI without a picture" };
        let comma = text.iter().position(|&byte| byte == b',').ok_or_else(refused)?;
        let (head, data) = (&text[..comma], unescaped(&text[comma + 1..]));
        let is_base64 = head.len() > 7 && head[head.len() - 7..].eq_ignore_ascii_case(b";base64");
        return if is_base64 { from_base64(&data).ok_or_else(refused) } else { Ok(data) }
            .map(|data| data.into_owned().into());
    }
    // A picture begins with bytes that Base64 does not have, but for these, which go on with others.
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_=\r\n".contains(byte);
    if text.len() >= 64
        && text.iter().all(is_base64)
        && let Some(data) = from_base64(text).filter(|data| Format::of(data).is_ok())
    {
        return Ok(data.into_owned().into());
    }
    Ok(bytes.into())
}

fn from_base64(text: &[u8]) -> Option<Cow<'static, [u8]>> {
    let text: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD]
        .iter()
        .find_map(|engine| engine.decode(&text).ok())
        .map(Cow::Owned)
}

/// Decodes the escapes of a URI (RFC 3986, 2.1).
fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'%') {
        return text.into();
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        (rest, _) = match (first, tail) {
            (b'%', &[high, low, ref after @ ..]) if digit(high).is_some() && digit(low).is_some() => {
                (after, bytes.push(digit(high).unwrap_or(0) << 4 | digit(low).unwrap_or(0)))
            }
            (&byte, tail) => (tail, bytes.push(byte)),
        };
    }
    bytes.into()
}

/// The kind of a file that is no supported picture.
fn no_picture(bytes: &[u8]) -> PictureError {
    if bytes.trim_ascii().is_empty() {
        return PictureError::Nothing;
    }
    let text = text_of(bytes);
    let starts = |start: &&[u8]| text.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start));
    let kinds: [(&[&[u8]], &str); 9] = [
        (&[b"\x1f\x8b"], "a gzip file, and what is in it is not looked at"),
        (&[b"PK\x03\x04"], "a zip file, and what is in it is not looked at"),
        (&[b"P7"], "a PAM"),
        (&[b"\0\0\x01\0"], "an icon"),
        (&[b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"], "a JPEG 2000"),
        (&[b"<?xml"], "XML"),
        (&[b"<!doctype html", b"<html", b"<head", b"<body"], "an HTML page"),
        (&[b"{", b"["], "JSON"),
        (&[b"http://", b"https://"], "a web address and not the picture there"),
    ];
    let known = kinds.iter().find(|(begins, _)| begins.iter().any(starts)).map(|(_, kind)| *kind);
    let kind = known.or_else(|| match (bytes.get(4..8)?, bytes.get(8..12)?) {
        (b"ftyp", b"avif" | b"avis") => Some("an AVIF, to be saved as PNG or JPEG first"),
        (b"ftyp", b"heic" | b"heix" | b"heim" | b"heis" | b"mif1" | b"msf1" | b"hevc" | b"hevx") => {
            Some("a HEIC, to be exported as JPEG first, or replaced by a screenshot")
        }
        (b"ftyp", _) => Some("a video"),
        _ => None,
    });
    kind.map_or(PictureError::Unknown, |kind| PictureError::NotRead { kind })
}

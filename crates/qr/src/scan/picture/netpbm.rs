//! Netpbm: PBM, PGM and PPM, in digits (P1 to P3) or bytes (P4 to P6).

use std::iter;

use super::samples::Frame;
use super::{Format, Frames, Ground, Limits, PictureError, check_memory, damaged};

/// The first picture of the file.
pub(super) fn frames<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Frames<'a>, PictureError> {
    let kind = bytes[1] - b'0';
    let mut words = Words { rest: &bytes[2..] };
    let mut number = |most: u32| {
        let number = words.number().ok_or_else(|| damaged(Format::Netpbm, "a number is missing"))?;
        if number > most { Err(damaged(Format::Netpbm, "a number is too large")) } else { Ok(number) }
    };
    let size = (number(u32::MAX)?, number(u32::MAX)?);
    let (is_bitmap, is_digits) = (matches!(kind, 1 | 4), kind < 4);
    let most = if is_bitmap { 1 } else { number(65_535)?.max(1) };
    let area = limits.check_size(size.0, size.1)?;
    let channels = if matches!(kind, 3 | 6) { 3 } else { 1 };
    check_memory(area * channels, limits)?;
    let count = (area * channels) as usize;
    let scale = |value: u32| ((value.min(most) * 255 + most / 2) / most) as u8;
    let samples: Vec<u8> = if is_digits {
        let digit =
            |words: &mut Words<'_>| if is_bitmap { words.digit().map(|dark| 1 - dark.min(1)) } else { words.number() };
        iter::from_fn(|| digit(&mut words)).take(count).map(scale).collect()
    } else {
        // One space ends the header.
        let data = words.rest.get(1..).unwrap_or_default();
        match most {
            _ if is_bitmap => {
                let rows = data.chunks_exact((size.0 as usize).div_ceil(8));
                let light = |row: &[u8], x: usize| if row[x / 8] >> (7 - x % 8) & 1 == 1 { 0 } else { 255 };
                rows.take(size.1 as usize).flat_map(|row| (0..size.0 as usize).map(move |x| light(row, x))).collect()
            }
            ..=255 => data.iter().take(count).map(|&value| scale(value.into())).collect(),
            _ => data.as_chunks::<2>().0.iter().take(count).map(|v| scale(u16::from_be_bytes(*v).into())).collect(),
        }
    };
    if samples.len() < count {
        return Err(damaged(Format::Netpbm, "pixels are missing"));
    }
    Ok(Box::new(iter::once(Frame::new(size, samples, channels as usize, Ground::White))))
}

/// The numbers of a text with spaces and comments between them.
struct Words<'a> {
    rest: &'a [u8],
}

impl Words<'_> {
    fn skip(&mut self) {
        while let [first, rest @ ..] = self.rest {
            match first {
                b'#' => self.rest = &rest[rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len())..],
                byte if byte.is_ascii_whitespace() => self.rest = rest,
                _ => return,
            }
        }
    }

    fn number(&mut self) -> Option<u32> {
        self.skip();
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        str::from_utf8(number).ok()?.parse().ok()
    }

    /// One digit, for those of a bitmap may stand without spaces.
    fn digit(&mut self) -> Option<u32> {
        self.skip();
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        char::from(*first).to_digit(2)
    }
}

//! The filters of a stream (ISO 32000-1, 7.4): how its bytes were encoded.

use std::borrow::Cow;
use std::io::Read;

/// Takes off the filters, the first first, up to one that is not known here. Returns at most so many bytes, and the filters that are left.
/// Data that are broken are decoded up to the fault.
pub(super) fn decoded<'a, 'n>(filters: &'n [&'a [u8]], data: &'a [u8], most: u64) -> (Cow<'a, [u8]>, &'n [&'a [u8]]) {
    let mut data = Cow::Borrowed(data);
    for (i, filter) in filters.iter().enumerate() {
        let mut bytes: Vec<u8> = Vec::new();
        let limit = usize::try_from(most).unwrap_or(usize::MAX);
        match *filter {
            b"FlateDecode" | b"Fl" => {
                // A fault ends the data.
                let _ = flate2::read::ZlibDecoder::new(&*data).take(most).read_to_end(&mut bytes);
            }
            b"ASCII85Decode" | b"A85" => bytes.extend(from_base_85(&data).take(limit)),
            b"ASCIIHexDecode" | b"AHx" => bytes.extend(from_hex(&data).take(limit)),
            b"RunLengthDecode" | b"RL" => bytes.extend(from_runs(&data).take(limit)),
            _ => return (data, &filters[i..]),
        }
        data = Cow::Owned(bytes);
    }
    (data, &[])
}

/// Five digits from `!` on are four bytes; `z` is four zeroes.
fn from_base_85(text: &[u8]) -> impl Iterator<Item = u8> {
    let mut digits = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).take_while(|&byte| byte != b'~');
    std::iter::from_fn(move || {
        let mut group = [84u8; 5];
        let mut count = 0;
        while count < 5 {
            match digits.next() {
                Some(b'z') if count == 0 => return Some(([0; 4], 4)),
                Some(digit @ b'!'..=b'u') => {
                    group[count] = digit - b'!';
                    count += 1;
                }
                _ => break,
            }
        }
        let word = group.iter().fold(0u32, |word, &digit| word.wrapping_mul(85).wrapping_add(digit.into()));
        (count > 1).then(|| (word.to_be_bytes(), count - 1))
    })
    .flat_map(|(bytes, count)| bytes.into_iter().take(count))
}

fn from_hex(text: &[u8]) -> impl Iterator<Item = u8> {
    let mut digits = text.iter().filter_map(|&byte| char::from(byte).to_digit(16)).map(|digit| digit as u8);
    std::iter::from_fn(move || Some(digits.next()? << 4 | digits.next().unwrap_or(0)))
}

/// A length below 128 is followed by one byte more than that; a length above by one byte that is repeated.
fn from_runs(data: &[u8]) -> impl Iterator<Item = u8> {
    let mut rest = data;
    std::iter::from_fn(move || {
        let (&length, tail) = rest.split_first()?;
        let (bytes, count) = match length {
            ..128 => (tail.get(..usize::from(length) + 1)?, 1),
            128 => return None,
            _ => (tail.get(..1)?, 257 - usize::from(length)),
        };
        rest = &tail[bytes.len()..];
        Some(std::iter::repeat_n(bytes, count).flatten().copied())
    })
    .flatten()
}

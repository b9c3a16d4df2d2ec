//! Videos: YUV4MPEG2, and JPEGs one behind the other.

use std::io::{self, BufRead, Read};
use std::time::Duration;

use crate::{Frame, FrameError, FrameSource, raw};
use camtoken_qr::{Format, Limits, Luma, PictureError};

/// How a YUV4MPEG2 video begins.
pub(super) const Y4M: &[u8] = b"YUV4MPEG2";
/// How a JPEG begins (ITU-T T.81, B.1.1.3).
pub(super) const JPEG: &[u8] = b"\xff\xd8\xff";

/// The longest line of parameters; those of real videos have some sixty bytes.
const MAX_LINE: u64 = 4096;
/// The frame rate of JPEGs, which have none of their own.
const JPEG_RATE: u64 = 30;

/// A video, read frame by frame.
pub struct Film<R> {
    from: R,
    limits: Limits,
    kind: Kind,
    /// Frames begun.
    number: u64,
    over: bool,
}

enum Kind {
    Planar { width: u32, height: u32, luma: u64, chroma: u64, rate: (u64, u64) },
    Jpegs,
}

impl<R: BufRead> Film<R> {
    /// Reads the header.
    ///
    /// # Errors
    ///
    /// [`FrameError::Film`] for a header that is no video's or of a kind that is not read, [`FrameError::Picture`] for
    /// frames beyond the limits.
    pub fn new(mut from: R, limits: &Limits) -> Result<Self, FrameError> {
        let start = from.fill_buf()?;
        let kind = if start.starts_with(JPEG) {
            Kind::Jpegs
        } else {
            let header = line(&mut from)?.ok_or(FrameError::Film { reason: "it is empty" })?;
            planar(&header, limits)?
        };
        Ok(Self { from, limits: limits.clone(), kind, number: 0, over: false })
    }

    fn frame(&mut self) -> Result<Frame, FrameError> {
        self.number += 1;
        let number = self.number;
        let cut = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => FrameError::CutOff { number },
            _ => FrameError::Io(error),
        };
        match self.kind {
            Kind::Planar { width, height, luma, chroma, rate } => {
                let header = line(&mut self.from)?.ok_or(FrameError::Ended)?;
                if header != b"FRAME" && !header.starts_with(b"FRAME ") {
                    return Err(FrameError::Film { reason: "a frame does not begin with FRAME" });
                }
                // Grows with what is there: a header alone costs no memory.
                let mut pixels = Vec::new();
                (&mut self.from).take(luma).read_to_end(&mut pixels)?;
                let skipped = io::copy(&mut (&mut self.from).take(chroma), &mut io::sink())?;
                if (pixels.len() as u64, skipped) != (luma, chroma) {
                    return Err(FrameError::CutOff { number });
                }
                let nanos = u128::from(number - 1) * u128::from(rate.1) * 1_000_000_000 / u128::from(rate.0);
                let at = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
                Ok(Frame { luma: Luma::from_raw(width, height, pixels)?, at })
            }
            Kind::Jpegs => {
                if self.from.fill_buf()?.is_empty() {
                    return Err(FrameError::Ended);
                }
                let jpeg = jpeg(&mut self.from, self.limits.max_file_bytes).map_err(cut)?;
                let jpeg = jpeg.ok_or(FrameError::Film { reason: "between two JPEGs is something else" })?;
                let luma = raw::jpeg(&jpeg, &self.limits).map_err(|reason| FrameError::Damaged { number, reason })?;
                Ok(Frame { luma, at: Duration::from_nanos((number - 1) * 1_000_000_000 / JPEG_RATE) })
            }
        }
    }
}

impl<R: BufRead> FrameSource for Film<R> {
    fn next(&mut self, _wait: Duration) -> Result<Option<Frame>, FrameError> {
        if self.over {
            return Err(FrameError::Ended);
        }
        let frame = self.frame();
        self.over = !matches!(frame, Ok(_) | Err(FrameError::Damaged { .. }));
        frame.map(Some)
    }
}

/// Reads up to the line feed, without it; `None` at the end.
fn line(from: &mut impl BufRead) -> Result<Option<Vec<u8>>, FrameError> {
    let mut line = Vec::new();
    from.take(MAX_LINE).read_until(b'\n', &mut line)?;
    match line.pop() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(line)),
        Some(_) => Err(FrameError::Film { reason: "a line of parameters does not end" }),
    }
}

/// Reads the parameters: `YUV4MPEG2 W640 H480 F30:1 C420jpeg X…`, in any order; comments (X) and what does not change
/// the luma are passed over.
fn planar(header: &[u8], limits: &Limits) -> Result<Kind, FrameError> {
    let bad = |reason| FrameError::Film { reason };
    let header = str::from_utf8(header).map_err(|_| bad("the header is no text"))?;
    let mut words = header.split_ascii_whitespace();
    if words.next() != Some("YUV4MPEG2") {
        return Err(bad("it is neither YUV4MPEG2 nor JPEG"));
    }
    let (mut width, mut height, mut rate, mut space) = (None, None, (25, 1), "420");
    for word in words {
        let Some((tag, value)) = word.split_at_checked(1) else { continue };
        match tag {
            "W" => width = Some(value.parse::<u32>().map_err(|_| bad("the width is no number"))?),
            "H" => height = Some(value.parse::<u32>().map_err(|_| bad("the height is no number"))?),
            "F" => rate = ratio(value).ok_or(bad("the frame rate is no ratio"))?,
            "C" => space = value,
            _ => {}
        }
    }
    let (Some(width), Some(height)) = (width, height) else { return Err(bad("width or height is missing")) };
    let luma = u64::from(width) * u64::from(height);
    if luma == 0 {
        return Err(PictureError::Empty.into());
    }
    if width.max(height) > limits.max_side || luma > limits.max_pixels {
        return Err(PictureError::TooManyPixels { width, height }.into());
    }
    let half = |side: u32| u64::from(side.div_ceil(2));
    // Chroma planes are rounded up at odd sizes.
    let chroma = match space {
        "mono" => 0,
        "420" | "420jpeg" | "420mpeg2" | "420paldv" => 2 * half(width) * half(height),
        "411" => 2 * u64::from(width.div_ceil(4)) * u64::from(height),
        "422" => 2 * half(width) * u64::from(height),
        "444" => 2 * luma,
        "444alpha" => 3 * luma,
        _ => return Err(bad("its colour space is not one of 8 bits that is read")),
    };
    Ok(Kind::Planar { width, height, luma, chroma, rate })
}

fn ratio(text: &str) -> Option<(u64, u64)> {
    let (above, below) = text.split_once(':')?;
    let (above, below) = (above.parse().ok()?, below.parse().ok()?);
    // 0:0 is "unknown".
    if (above, below) == (0, 0) { Some((25, 1)) } else { (above > 0).then_some((above, below)) }
}

/// Reads one JPEG from its first marker to its last (ITU-T T.81, B.1.1): segments are skipped by their length, so that a
/// thumbnail inside one ends nothing. `None` if what is there does not begin like one.
fn jpeg(from: &mut impl BufRead, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut from = Copied { from, copy: Vec::new(), limit };
    if from.byte()? != 0xff || from.byte()? != 0xd8 {
        return Ok(None);
    }
    let mut marker = from.marker()?;
    loop {
        match marker {
            // End of image.
            0xd9 => return Ok(Some(from.copy)),
            // Markers without a segment.
            0x01 | 0xd0..=0xd8 => marker = from.marker()?,
            _ => {
                let length = u16::from_be_bytes([from.byte()?, from.byte()?]);
                from.skip(u64::from(length.saturating_sub(2)))?;
                marker = if marker == 0xda { from.after_scan()? } else { from.marker()? };
            }
        }
    }
}

/// Reads and keeps what was read.
struct Copied<'a, R> {
    from: &'a mut R,
    copy: Vec<u8>,
    limit: u64,
}

impl<R: BufRead> Copied<'_, R> {
    fn byte(&mut self) -> io::Result<u8> {
        self.skip(1)?;
        Ok(self.copy.last().copied().unwrap_or_default())
    }

    fn skip(&mut self, count: u64) -> io::Result<()> {
        if self.copy.len() as u64 + count > self.limit {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame is longer than is read"));
        }
        let read = self.from.by_ref().take(count).read_to_end(&mut self.copy)?;
        if read as u64 == count { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// The next marker; any number of 0xff may stand before it.
    fn marker(&mut self) -> io::Result<u8> {
        if self.byte()? != 0xff {
            return Err(io::Error::new(io::ErrorKind::InvalidData, Format::Jpeg.to_string() + " without its markers"));
        }
        loop {
            let byte = self.byte()?;
            if byte != 0xff {
                return Ok(byte);
            }
        }
    }

    /// The marker behind entropy-coded data, in which 0xff is followed by 0 or a restart marker.
    fn after_scan(&mut self) -> io::Result<u8> {
        loop {
            let buffered = self.from.fill_buf()?;
            let plain = buffered.iter().position(|byte| *byte == 0xff).unwrap_or(buffered.len());
            if plain > 0 {
                self.skip(plain as u64)?;
                continue;
            }
            match self.marker()? {
                0 | 0xd0..=0xd7 => {}
                marker => return Ok(marker),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;

    fn film(bytes: &[u8]) -> Result<Film<&[u8]>, FrameError> {
        Film::new(bytes, &Limits::default())
    }

    fn frames(bytes: &[u8]) -> (Vec<Frame>, FrameError) {
        let mut film = film(bytes).expect("the header is good");
        let mut frames = Vec::new();
        loop {
            match film.next(Duration::ZERO) {
                Ok(frame) => frames.push(frame.expect("a film never waits")),
                Err(error) => return (frames, error),
            }
        }
    }

    /// A photo in the tree, and where its tables (ITU-T T.81, B.2.4.2) are left out, as webcams do.
    fn jpegs() -> (Vec<u8>, Vec<u8>) {
        let path = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
            .join("testvectors/pictures/too_blurred.jpg");
        let whole = std::fs::read(path).expect("the picture is in the tree");
        let (mut without, mut at) = (whole[..2].to_vec(), 2);
        while whole[at + 1] != 0xda {
            let end = at + 2 + usize::from(u16::from_be_bytes([whole[at + 2], whole[at + 3]]));
            if whole[at + 1] != 0xc4 {
                without.extend_from_slice(&whole[at..end]);
            }
            at = end;
        }
        without.extend_from_slice(&whole[at..]);
        (whole, without)
    }

    #[test]
    fn odd_sizes_comments_and_parameters_of_frames_are_read() {
        // 3 x 3: chroma planes of 2 x 2 each.
        for (space, chroma) in [
            ("C420jpeg", 8),
            ("C420", 8),
            ("", 8),
            ("Cmono", 0),
            ("C422", 12),
            ("C411", 6),
            ("C444", 18),
            ("C444alpha", 27),
        ] {
            let mut bytes =
                format!("YUV4MPEG2 Xmade by=hand W3 F30000:1001 H3 Ip A0:0 {space} XYSCSS=X\n").into_bytes();
            for number in 0..3u8 {
                bytes.extend_from_slice(if number == 1 { b"FRAME Ip Xcomment\n" } else { b"FRAME\n" });
                bytes.extend((0..9).map(|i| 10 * number + i));
                bytes.extend(vec![128; chroma]);
            }
            let (frames, end) = frames(&bytes);
            assert!(matches!(end, FrameError::Ended), "{space}: {end}");
            assert_eq!(frames.len(), 3, "{space}");
            for (number, frame) in (0u8..).zip(&frames) {
                assert_eq!((frame.luma.width(), frame.luma.height()), (3, 3));
                assert_eq!(frame.luma.pixels(), (0..9).map(|i| 10 * number + i).collect::<Vec<_>>(), "{space}");
            }
            assert_eq!(frames[2].at, Duration::from_nanos(66_733_333));
        }
    }

    #[test]
    fn a_film_that_is_cut_off_gives_what_is_whole_and_then_says_where() {
        let whole = b"YUV4MPEG2 W2 H2 C420\nFRAME\n\x01\x02\x03\x04\x80\x80FRAME\n\x05\x06\x07\x08\x80\x80";
        for length in 0..whole.len() {
            let Ok(mut film) = film(&whole[..length]) else {
                assert!(length < 21, "the header is whole");
                continue;
            };
            let complete = usize::from(length >= 33) + usize::from(length >= 45);
            for _ in 0..complete {
                assert!(film.next(Duration::ZERO).is_ok(), "{length}");
            }
            let error = film.next(Duration::ZERO).expect_err("the rest is missing");
            match length {
                21 | 33 => assert!(matches!(error, FrameError::Ended), "{length}: {error}"),
                _ if matches!(error, FrameError::Film { .. }) => {
                    assert!((22..27).contains(&length) || (34..39).contains(&length))
                }
                _ => assert!(
                    matches!(error, FrameError::CutOff { number } if number == complete as u64 + 1),
                    "{length}: {error}"
                ),
            }
            assert!(matches!(film.next(Duration::ZERO), Err(FrameError::Ended)), "an error is the last word");
        }
    }

    #[test]
    fn hostile_headers_cost_nothing() {
        let start = Instant::now();
        for (header, says) in [
            ("YUV4MPEG2 W65535 H65535\nFRAME\n", "65535x65535"),
            ("YUV4MPEG2 W4294967295 H1\n", "4294967295x1"),
            ("YUV4MPEG2 W0 H5\n", "no pixels"),
            ("YUV4MPEG2 W5\n", "missing"),
            ("YUV4MPEG2 W-1 H5\n", "width"),
            ("YUV4MPEG2 W99999999999 H5\n", "width"),
            ("YUV4MPEG2 W5 H5 F0:1\n", "ratio"),
            ("YUV4MPEG2 W5 H5 F30\n", "ratio"),
            ("YUV4MPEG2 W5 H5 C420p10\n", "8 bits"),
            ("YUV4MPEG2 W5 H5 C\n", "8 bits"),
            ("YUV4MPEG2X W5 H5\n", "neither"),
            ("RIFF....AVI LIST\n", "neither"),
            ("YUV4MPEG2 W5 H5", "does not end"),
            ("", "empty"),
        ] {
            let error = film(header.as_bytes()).err().expect("it is refused").to_string();
            assert!(error.contains(says), "{header:?}: {error}");
        }
        let endless = [b"YUV4MPEG2 X".to_vec(), vec![b'x'; 1 << 20]].concat();
        assert!(film(&endless).is_err_and(|error| error.to_string().contains("does not end")));
        // As large as is allowed, and none of it there: no memory is taken for it.
        let (frames, end) = frames(b"YUV4MPEG2 W6000 H6000\nFRAME\n\0");
        assert!(frames.is_empty() && matches!(end, FrameError::CutOff { number: 1 }));
        assert!(start.elapsed() < Duration::from_secs(2));
    }

    #[test]
    fn jpegs_behind_each_other_are_a_film() {
        let (whole, without_tables) = jpegs();
        let picture = Luma::decode(&whole, &Limits::default()).expect("it opens");
        let (frames, end) = frames(&[&whole[..], &without_tables, &whole].concat());
        assert!(matches!(end, FrameError::Ended), "{end}");
        assert_eq!(frames.len(), 3);
        for frame in &frames {
            assert_eq!(frame.luma, picture);
        }
        assert_eq!(frames[2].at, Duration::from_nanos(66_666_666));
    }

    #[test]
    fn a_damaged_jpeg_costs_one_frame() {
        let (whole, _) = jpegs();
        let mut damaged = whole.clone();
        // The number of components in the frame header.
        let frame_header = damaged.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a baseline JPEG");
        damaged[frame_header + 9] = 77;
        let bytes = [&whole[..], &damaged, &whole].concat();
        let mut film = film(&bytes).expect("JPEGs");
        assert!(film.next(Duration::ZERO).is_ok());
        assert!(matches!(film.next(Duration::ZERO), Err(FrameError::Damaged { number: 2, .. })));
        assert!(film.next(Duration::ZERO).is_ok());
        let short = &whole[..whole.len() - 2];
        assert!(matches!(frames(short).1, FrameError::CutOff { number: 1 }));
    }

    proptest! {
        #[test]
        fn no_bytes_bring_a_film_down(start in "(YUV4MPEG2 W[0-9]{1,3} H[0-9]{1,2} F?C?(420|mono)?\n(FRAME\n)?)?", bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let bytes = [start.as_bytes(), &bytes].concat();
            if let Ok(mut film) = film(&bytes) {
                for _ in 0..1000 {
                    if film.next(Duration::ZERO).is_err_and(|error| matches!(error, FrameError::Ended)) {
                        return Ok(());
                    }
                }
                prop_assert!(false, "it has no end");
            }
        }

        #[test]
        fn a_jpeg_with_any_bytes_changed_ends(place in 2usize..4000, byte in any::<u8>()) {
            let mut bytes = jpegs().0;
            let place = place % bytes.len();
            bytes[place.max(3)] = byte;
            let mut film = film(&bytes).expect("it begins like a JPEG");
            for _ in 0..100 {
                if film.next(Duration::ZERO).is_err_and(|error| matches!(error, FrameError::Ended)) {
                    return Ok(());
                }
            }
            prop_assert!(false, "it has no end");
        }
    }
}

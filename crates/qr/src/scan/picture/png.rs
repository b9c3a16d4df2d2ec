//! PNG, and the frames of an animated one (APNG).

use std::io::Cursor;
use std::iter;

use png::{BlendOp, DecodingError, DisposeOp, FrameControl, Reader};

use super::samples::{self, Frame};
use super::{Format, Frames, Ground, Limits, PictureError, check_memory, damaged};

type Png<'a> = Reader<Cursor<&'a [u8]>>;

/// The pictures of a PNG.
pub(super) fn frames<'a>(bytes: &'a [u8], ground: Ground, limits: &Limits) -> Result<Frames<'a>, PictureError> {
    let max = usize::try_from(limits.max_alloc_bytes).unwrap_or(usize::MAX);
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: max });
    // A profile or a text may inflate to a thousand times its size, and is not needed here.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let header = decoder.read_header_info().map_err(fault)?;
    let size = (header.width, header.height);
    let area = limits.check_size(size.0, size.1)?;
    // The size of the inflated data counts, though only one row is kept at a time: it takes time, too.
    check_memory(area * header.bits_per_pixel() as u64 / 8, limits)?;
    let mut reader = decoder.read_info().map_err(fault)?;
    let channels = reader.output_color_type().0.samples();
    if let Some(animation) = reader.info().animation_control.filter(|animation| animation.num_frames > 1) {
        check_memory(area * (4 * channels as u64), limits)?;
        // The still picture for a viewer without animation may be none of the frames.
        let count = animation.num_frames + u32::from(reader.info().frame_control.is_none());
        let canvas = vec![0; area as usize * channels];
        let mut film = Film { size, channels, ground, before: canvas.clone(), canvas, last: None };
        return Ok(Box::new((0..count).map(move |_| film.next(&mut reader))));
    }
    Ok(Box::new(iter::once(still(&mut reader, size, channels, ground, limits))))
}

fn still(
    reader: &mut Png<'_>,
    size: (u32, u32),
    channels: usize,
    ground: Ground,
    limits: &Limits,
) -> Result<Frame, PictureError> {
    let area = size.0 as usize * size.1 as usize;
    if reader.info().interlaced {
        check_memory(area as u64 * channels as u64, limits)?;
        let mut whole = vec![0; area * channels];
        reader.next_frame(&mut whole).map_err(fault)?;
        return Frame::new(size, whole, channels, ground);
    }
    let (mut pixels, mut is_transparent) = (Vec::with_capacity(area), false);
    while pixels.len() < area {
        let row = reader.next_row().map_err(fault)?.ok_or_else(|| damaged(Format::Png, "rows are missing"))?;
        is_transparent |= samples::extend(&mut pixels, row.data(), channels, ground);
    }
    Ok(Frame { is_transparent, ..Frame::new(size, pixels, 1, ground)? })
}

/// The frames of an animation, each laid over the rest of those before.
struct Film {
    size: (u32, u32),
    channels: usize,
    ground: Ground,
    canvas: Vec<u8>,
    /// The canvas before the last frame.
    before: Vec<u8>,
    last: Option<FrameControl>,
}

impl Film {
    fn next(&mut self, reader: &mut Png<'_>) -> Result<Frame, PictureError> {
        match self.last.map(|last| (last, last.dispose_op)) {
            Some((last, DisposeOp::Background)) => self.rows(&last, |row, _| row.fill(0)),
            Some((_, DisposeOp::Previous)) => self.canvas.clone_from(&self.before),
            _ => self.before.clone_from(&self.canvas),
        }
        let mut part = vec![0; self.canvas.len()];
        reader.next_frame(&mut part).map_err(fault)?;
        let control = reader.info().frame_control;
        let (width, height) = self.size;
        let place = control.unwrap_or(FrameControl { width, height, ..FrameControl::default() });
        let (channels, over) = (self.channels, place.blend_op == BlendOp::Over && self.channels.is_multiple_of(2));
        self.rows(&place, |row, y| {
            let part = &part[y * row.len()..][..row.len()];
            for (below, pixel) in row.chunks_exact_mut(channels).zip(part.chunks_exact(channels)) {
                // Half-transparent pixels count as opaque: they are edges of shapes.
                if !over || pixel[channels - 1] >= 128 {
                    below.copy_from_slice(pixel);
                }
            }
        });
        self.last = control;
        Frame::new(self.size, self.canvas.clone(), self.channels, self.ground)
    }

    /// Changes the rows of the canvas where a frame lies; its own are counted from 0.
    fn rows(&mut self, place: &FrameControl, mut change: impl FnMut(&mut [u8], usize)) {
        let (left, width) = (place.x_offset as usize * self.channels, place.width as usize * self.channels);
        let rows = self.canvas.chunks_exact_mut(self.size.0 as usize * self.channels);
        for (y, row) in rows.skip(place.y_offset as usize).take(place.height as usize).enumerate() {
            if let Some(row) = row.get_mut(left..left + width) {
                change(row, y);
            }
        }
    }
}

fn fault(error: DecodingError) -> PictureError {
    damaged(Format::Png, error)
}

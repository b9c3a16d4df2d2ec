//! Where frames come from: a webcam, a video, a folder of images, a screen. A source waits for its frames; the reader does not.
//!
//! * `film`: videos, YUV4MPEG2 and concatenated JPEGs, from a file or a pipe. `folder`: images in the order of their names.
//! * `raw`: the formats of cameras, turned into luma. `capture`: a thread of its own for calls that may block.
//! * `device`: webcams (feature `camera`) of Linux, macOS and Windows. `screen` and `clipboard` (features of these
//!   names).
//!
//! # Examples
//!
//! ```
//! use std::time::Duration;
//!
//! use camtoken_camera::{Film, FrameError, FrameSource};
//! use camtoken_qr::Limits;
//!
//! let film = b"YUV4MPEG2 W4 H2 F25:1 Cmono\nFRAME\n\0\0\0\0\xff\xff\xff\xff";
//! let mut film = Film::new(&film[..], &Limits::default())?;
//! let frame = film.next(Duration::ZERO)?.expect("a film never waits");
//! assert_eq!(frame.luma.pixels(), b"\0\0\0\0\xff\xff\xff\xff");
//! assert!(matches!(film.next(Duration::ZERO), Err(FrameError::Ended)));
//! # Ok::<(), FrameError>(())
//! ```

mod capture;
#[cfg(feature = "clipboard")]
mod clipboard;
mod device;
mod film;
mod folder;
mod frame;
mod raw;
#[cfg(feature = "screen")]
mod screen;

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::time::Duration;

#[cfg(feature = "clipboard")]
pub use clipboard::clipboard;
pub use device::{Camera, CameraInfo, cameras};
pub use film::Film;
pub use folder::{EXTENSIONS, Folder, pictures};
pub use frame::{Frame, FrameError, FrameSource};
pub use raw::{Mode, PixelFormat, choose, luma};
#[cfg(feature = "screen")]
pub use screen::Display;

use camtoken_qr::{Limits, Luma};

/// Opens a folder of images, a video or a single image; the content decides.
///
/// # Errors
///
/// [`FrameError::Io`] for what cannot be read, [`FrameError::Picture`] for what begins like nothing that is read.
pub fn open(path: &Path, limits: &Limits) -> Result<Box<dyn FrameSource + Send>, FrameError> {
    if path.is_dir() {
        return Ok(Box::new(Folder::open(path, limits)?));
    }
    sniff(BufReader::new(File::open(path)?), limits)
}

/// Opens the content of a pipe: a video or an image. A thread of its own reads it, so that a silent pipe blocks no
/// caller for ever. An error comes instead of the first frame.
pub fn pipe<R: Read + Send + 'static>(
    from: R,
    limits: &Limits,
    patience: Duration,
) -> impl FrameSource + Send + use<R> {
    let limits = limits.clone();
    let film = move || sniff(BufReader::new(from), &limits);
    capture::Capture::start(film, capture::Pace::Wait, patience, |frame, _| Ok(frame))
}

fn sniff(
    mut from: BufReader<impl Read + Send + 'static>,
    limits: &Limits,
) -> Result<Box<dyn FrameSource + Send>, FrameError> {
    let start = from.fill_buf()?;
    if start.starts_with(film::Y4M) || start.starts_with(film::JPEG) {
        return Ok(Box::new(Film::new(from, limits)?));
    }
    let mut bytes = Vec::new();
    from.take(limits.max_file_bytes + 1).read_to_end(&mut bytes)?;
    Ok(Box::new(Still(Some(Luma::decode(&bytes, limits)?))))
}

/// A single image: a video of one frame.
struct Still(Option<Luma>);

impl FrameSource for Still {
    fn next(&mut self, _wait: Duration) -> Result<Option<Frame>, FrameError> {
        let luma = self.0.take().ok_or(FrameError::Ended)?;
        Ok(Some(Frame { luma, at: Duration::ZERO }))
    }
}

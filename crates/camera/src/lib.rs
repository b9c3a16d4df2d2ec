//! Where frames come from: a webcam, a film, a folder of pictures, a screen. They wait; what reads frames does not.
//!
//! * `film`: YUV4MPEG2 and concatenated JPEGs, from a file or a pipe. `folder`: pictures in the order of their names.
//! * `raw`: what a camera delivers, turned into luma. `capture`: a thread of its own for what may block.
//! * `device` (feature `camera`), `screen` and `clipboard` (features of these names).
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
#[cfg(all(feature = "camera", target_os = "linux"))]
mod device;
mod film;
mod folder;
mod raw;
#[cfg(feature = "screen")]
mod screen;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::time::Duration;

#[cfg(feature = "clipboard")]
pub use clipboard::clipboard;
#[cfg(all(feature = "camera", target_os = "linux"))]
pub use device::{Camera, Device, devices};
pub use film::Film;
pub use folder::{EXTENSIONS, Folder, pictures};
pub use raw::{Mode, PixelFormat, choose, luma};
#[cfg(feature = "screen")]
pub use screen::Display;

use camtoken_qr::{Limits, Luma, PictureError};

/// One picture of many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What is seen.
    pub luma: Luma,
    /// Since the source began: by its own clock if it is a film.
    pub at: Duration,
}

/// What gives frames, one after the other.
pub trait FrameSource {
    /// Gives the next frame; of a camera the newest, so that none is out of date. `None` if there was none within `wait`.
    ///
    /// # Errors
    ///
    /// [`FrameError::Damaged`] for a frame that is lost and [`FrameError::Stalled`] for a source that has paused, after both of
    /// which others may come; every other one is final.
    fn next(&mut self, wait: Duration) -> Result<Option<Frame>, FrameError>;
}

/// Why there is no frame.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// There is no camera of that number, or what has it gives no pictures.
    #[error("there is no camera {number}")]
    NoCamera {
        /// As the system counts.
        number: u32,
    },
    /// Another program has the camera.
    #[error("the camera is in use by another program")]
    Busy,
    /// This account may not use the camera.
    #[error("this account may not use the camera")]
    Denied,
    /// The camera was there, and is no longer.
    #[error("the camera was unplugged")]
    Unplugged,
    /// None of the camera's formats is one that is read.
    #[error("the camera has no format that is read")]
    NoFormat,
    /// No frame came for a long time.
    #[error("no frame came for {} s", after.as_secs())]
    Stalled {
        /// How long it was waited for.
        after: Duration,
    },
    /// The last frame was given before.
    #[error("there are no more frames")]
    Ended,
    /// One frame cannot be read.
    #[error("frame {number}: {reason}")]
    Damaged {
        /// Counted from 1.
        number: u64,
        /// What is wrong with it.
        reason: PictureError,
    },
    /// The film ends within a frame.
    #[error("the film is cut off in frame {number}")]
    CutOff {
        /// Counted from 1.
        number: u64,
    },
    /// The film does not say what it is, or is of a kind that is not read.
    #[error("no film that is read: {reason}")]
    Film {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A picture cannot be read.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The screen or the clipboard gives no picture.
    #[error("{reason}")]
    Desktop {
        /// What the system says.
        reason: String,
    },
    /// Reading failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The camera's driver gave up.
    #[error("{reason}")]
    Driver {
        /// What the driver says.
        reason: String,
    },
}

/// Opens a folder of pictures, a film or a single picture; the content decides.
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

/// Opens what a pipe gives: a film or a picture. A thread of its own reads it, so that a pipe that gives nothing keeps
/// nobody waiting for ever. What is wrong with it is told instead of the first frame.
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

/// A single picture: a film of one frame.
struct Still(Option<Luma>);

impl FrameSource for Still {
    fn next(&mut self, _wait: Duration) -> Result<Option<Frame>, FrameError> {
        let luma = self.0.take().ok_or(FrameError::Ended)?;
        Ok(Some(Frame { luma, at: Duration::ZERO }))
    }
}

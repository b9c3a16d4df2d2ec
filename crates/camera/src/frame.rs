//! A frame, the source of frames, and its errors.

use std::io;
use std::time::Duration;

use camtoken_qr::{Luma, PictureError};

/// One picture of a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The picture.
    pub luma: Luma,
    /// The time since the source began: by its own clock if it is a video.
    pub at: Duration,
}

/// A source of frames, one after the other.
pub trait FrameSource {
    /// Returns the next frame; of a camera the newest, so that none is out of date. `None` if there was none within `wait`.
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
    /// This build lacks the feature `camera`, which would read the cameras of this system.
    #[error("this build reads no cameras: it lacks the feature camera")]
    NotBuilt,
    /// Cameras are not read on this system, whatever the features. Videos, folders and images are.
    #[error("cameras are not read on {}", std::env::consts::OS)]
    NotSupported,
    /// There is no camera of that number, or the device of that number has no pictures.
    #[error("there is no camera {number}")]
    NoCamera {
        /// As the system counts.
        number: u32,
    },
    /// Another program uses the camera.
    #[error("the camera is in use by another program")]
    Busy,
    /// This account may not use the camera.
    #[error("this account may not use the camera")]
    Denied,
    /// The camera was there, and is no longer.
    #[error("the camera was unplugged")]
    Unplugged,
    /// None of the camera's formats is supported.
    #[error("the camera has no format that is read")]
    NoFormat,
    /// No frame came for a long time.
    #[error("no frame came for {} s", after.as_secs())]
    Stalled {
        /// How long the caller waited for it.
        after: Duration,
    },
    /// The last frame was returned before.
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
    /// The video ends within a frame.
    #[error("the film is cut off in frame {number}")]
    CutOff {
        /// Counted from 1.
        number: u64,
    },
    /// The video does not name its format, or has one that is not supported.
    #[error("no film that is read: {reason}")]
    Film {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A picture cannot be read.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The screen or the clipboard has no picture.
    #[error("{reason}")]
    Desktop {
        /// The system's message.
        reason: String,
    },
    /// Reading failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The camera's driver reported an error.
    #[error("{reason}")]
    Driver {
        /// The driver's message.
        reason: String,
    },
}

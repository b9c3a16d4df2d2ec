//! Webcams, by nokhwa's binding to Video4Linux.
//!
//! nokhwa opens, sets and reads; everything that it leaves to chance is decided here: which mode is taken, how long a
//! frame is waited for, and what an error means.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use nokhwa_bindings_linux::{V4LCaptureDevice, query};
use nokhwa_core::error::NokhwaError;
use nokhwa_core::traits::CaptureBackendTrait;
use nokhwa_core::types::{CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution};

use crate::capture::{Capture, Feed, Pace};
use crate::{Frame, FrameError, FrameSource, Mode, PixelFormat, choose};
use camtoken_qr::Limits;

const FORMATS: [(FrameFormat, PixelFormat); 6] = [
    (FrameFormat::MJPEG, PixelFormat::Mjpeg),
    (FrameFormat::YUYV, PixelFormat::Yuyv),
    (FrameFormat::NV12, PixelFormat::Nv12),
    (FrameFormat::GRAY, PixelFormat::Grey),
    (FrameFormat::RAWRGB, PixelFormat::Rgb),
    (FrameFormat::RAWBGR, PixelFormat::Bgr),
];

/// A camera of this machine.
#[derive(Debug)]
pub struct Device {
    /// As the system counts.
    pub number: u32,
    /// What it calls itself.
    pub name: String,
    /// How it can work, best first; or why that cannot be asked.
    pub modes: Result<Vec<Mode>, FrameError>,
}

/// Lists the cameras. Nodes without a format, such as the second one of every USB camera, are left out.
#[must_use]
pub fn devices() -> Vec<Device> {
    let mut devices: Vec<Device> = query()
        .unwrap_or_default()
        .into_iter()
        .filter_map(|info| {
            let number = info.index().as_index().ok()?;
            let modes = open(number, RequestedFormatType::None).and_then(|mut device| modes(&mut device));
            let hidden = matches!(modes, Err(FrameError::NoFormat | FrameError::NoCamera { .. }));
            (!hidden).then(|| Device { number, name: info.human_name(), modes })
        })
        .collect();
    devices.sort_by_key(|device| device.number);
    devices
}

/// A camera that is open.
pub struct Camera {
    mode: Mode,
    frames: Box<dyn FrameSource + Send>,
}

impl Camera {
    /// Opens a camera in the mode that suits the reader best, or in the one that is asked for.
    ///
    /// A frame that takes longer than `patience` is not waited for: the camera has stalled.
    ///
    /// # Errors
    ///
    /// Those of [`FrameError`] that are about a camera.
    pub fn open(
        number: u32,
        wanted: Option<PixelFormat>,
        patience: Duration,
        limits: &Limits,
    ) -> Result<Self, FrameError> {
        let (tell, told) = mpsc::channel();
        let limits = limits.clone();
        let open = move || {
            let stream = Stream::start(number, wanted)?;
            let _ = tell.send(stream.mode);
            Ok(stream)
        };
        let mut frame = 0;
        let finish = move |raw: Raw, at| {
            frame += 1;
            let Mode { format, width, height, .. } = raw.mode;
            let luma = crate::luma(format, width, height, &raw.bytes, &limits)
                .map_err(|reason| FrameError::Damaged { number: frame, reason })?;
            Ok(Frame { luma, at })
        };
        let mut frames = Box::new(Capture::start(open, Pace::Newest, patience, finish));
        match told.recv_timeout(patience) {
            Ok(mode) => Ok(Self { mode, frames }),
            // Why it did not open is told in place of the first frame.
            Err(_) => Err(frames.next(patience).err().unwrap_or(FrameError::Stalled { after: patience })),
        }
    }

    /// How it works.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }
}

impl FrameSource for Camera {
    fn next(&mut self, wait: Duration) -> Result<Option<Frame>, FrameError> {
        self.frames.next(wait)
    }
}

struct Raw {
    mode: Mode,
    bytes: Vec<u8>,
}

struct Stream {
    number: u32,
    mode: Mode,
    device: V4LCaptureDevice<'static>,
}

impl Stream {
    fn start(number: u32, wanted: Option<PixelFormat>) -> Result<Self, FrameError> {
        let mut device = open(number, RequestedFormatType::None)?;
        let mut modes = modes(&mut device)?;
        modes.retain(|mode| wanted.is_none_or(|wanted| wanted == mode.format));
        let mode = choose(&modes).ok_or(FrameError::NoFormat)?;
        drop(device);
        let (format, _) = FORMATS.iter().find(|(_, known)| *known == mode.format).ok_or(FrameError::NoFormat)?;
        let exact = CameraFormat::new(Resolution::new(mode.width, mode.height), *format, mode.fps);
        let mut device = open(number, RequestedFormatType::Exact(exact))?;
        device.open_stream().map_err(|error| translated(&error, number))?;
        Ok(Self { number, mode, device })
    }
}

impl Feed for Stream {
    type Item = Raw;

    fn wait(&mut self) -> Result<Raw, FrameError> {
        match self.device.frame_raw() {
            Ok(bytes) => Ok(Raw { mode: self.mode, bytes: bytes.into_owned() }),
            // What the driver says of a camera that is gone differs; that its node is gone does not.
            Err(_) if !Path::new(&format!("/dev/video{}", self.number)).exists() => Err(FrameError::Unplugged),
            Err(error) => Err(translated(&error, self.number)),
        }
    }
}

fn open(number: u32, format: RequestedFormatType) -> Result<V4LCaptureDevice<'static>, FrameError> {
    let formats = FORMATS.map(|(format, _)| format);
    V4LCaptureDevice::new(&CameraIndex::Index(number), RequestedFormat::with_formats(format, &formats))
        .map_err(|error| translated(&error, number))
}

/// All modes that are read, best first.
fn modes(device: &mut V4LCaptureDevice<'_>) -> Result<Vec<Mode>, FrameError> {
    let number = device.camera_info().index().as_index().unwrap_or_default();
    let formats = device.compatible_camera_formats().map_err(|error| translated(&error, number))?;
    let mode = |format: CameraFormat| {
        let (_, known) = FORMATS.iter().find(|(theirs, _)| *theirs == format.format())?;
        Some(Mode { format: *known, width: format.width(), height: format.height(), fps: format.frame_rate() })
    };
    let mut left: Vec<Mode> = formats.into_iter().filter_map(mode).collect();
    let mut modes = Vec::new();
    while let Some(best) = choose(&left) {
        left.retain(|mode| *mode != best);
        modes.push(best);
    }
    if modes.is_empty() { Err(FrameError::NoFormat) } else { Ok(modes) }
}

/// nokhwa tells of the system's errors in words alone; the numbers are those of Linux.
fn translated(error: &NokhwaError, number: u32) -> FrameError {
    let reason = error.to_string();
    let os = reason.rsplit_once("(os error ").and_then(|(_, rest)| rest.trim_end_matches(')').parse().ok());
    match os {
        // ENOENT, ENXIO.
        Some(2 | 6) => FrameError::NoCamera { number },
        // EPERM, EACCES.
        Some(1 | 13) => FrameError::Denied,
        // EBUSY.
        Some(16) => FrameError::Busy,
        // ENODEV.
        Some(19) => FrameError::Unplugged,
        // EINVAL, ENOTTY: a node that gives something else than pictures.
        Some(22 | 25) => FrameError::NoFormat,
        // So spelt by the library.
        _ if reason.contains("Failed to Fufill") => FrameError::NoFormat,
        _ => FrameError::Driver { reason },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_library_become_facts() {
        let property =
            |error: &str| NokhwaError::GetPropertyError { property: "FrameFormat".into(), error: error.into() };
        let opening = |error: &str| NokhwaError::OpenDeviceError("3".into(), error.into());
        let stream = |error: &str| NokhwaError::OpenStreamError(error.into());
        for (error, expected) in [
            (opening("V4L2 Error: No such file or directory (os error 2)"), "there is no camera 3"),
            (opening("V4L2 Error: Permission denied (os error 13)"), "this account may not use the camera"),
            (stream("Device or resource busy (os error 16)"), "the camera is in use by another program"),
            (NokhwaError::ReadFrameError("No such device (os error 19)".into()), "the camera was unplugged"),
            (property("Failed to Fufill"), "the camera has no format that is read"),
            (property("Invalid argument (os error 22)"), "the camera has no format that is read"),
        ] {
            assert_eq!(translated(&error, 3).to_string(), expected);
        }
        let other = translated(&stream("Input/output error (os error 5)"), 3);
        assert!(matches!(other, FrameError::Driver { ref reason } if reason.contains("os error 5")), "{other}");
    }

    #[test]
    fn a_camera_that_is_not_there_is_told_at_once() {
        let start = std::time::Instant::now();
        let opened = Camera::open(63, None, Duration::from_secs(20), &Limits::default());
        assert!(matches!(opened, Err(FrameError::NoCamera { number: 63 })));
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}

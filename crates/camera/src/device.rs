//! Webcams, through nokhwa's bindings to each system's interface.
//!
//! The bindings open, set and read. Everything that they leave undefined is decided here, in the same way for every
//! system: which mode a camera works in, how long a frame is waited for, and what an error means.
//!
//! | system | interface | binding | state |
//! | --- | --- | --- | --- |
//! | Linux | Video4Linux | `linux` | tested with the real driver, in a virtual machine (`tests/camera`) |
//! | macOS | AVFoundation | `macos` | type-checked for the target; never linked, never run |
//! | Windows | Media Foundation | `windows` | compiled for the target and run under Wine, which has no cameras |
//!
//! In a build without the feature `camera`, and on every other system, [`cameras`] and [`Camera::open`] say so.

#[cfg(not(all(feature = "camera", any(target_os = "linux", target_os = "macos", target_os = "windows"))))]
mod absent;
mod backend;
#[cfg(all(feature = "camera", target_os = "linux"))]
mod linux;
#[cfg(all(feature = "camera", target_os = "macos"))]
mod macos;
#[cfg(all(feature = "camera", any(target_os = "linux", target_os = "macos", target_os = "windows")))]
mod nokhwa;
#[cfg(all(feature = "camera", target_os = "windows"))]
mod windows;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

#[cfg(not(all(feature = "camera", any(target_os = "linux", target_os = "macos", target_os = "windows"))))]
use absent::Device as System;
use backend::Backend;
#[cfg(all(feature = "camera", target_os = "linux"))]
use linux::Device as System;
#[cfg(all(feature = "camera", target_os = "macos"))]
use macos::Device as System;
#[cfg(all(feature = "camera", target_os = "windows"))]
use windows::Device as System;

use crate::capture::{self, Capture, Feed, Pace};
use crate::{Frame, FrameError, FrameSource, Mode, PixelFormat, choose, luma};
use camtoken_qr::Limits;

/// A camera of this machine.
#[derive(Debug)]
pub struct CameraInfo {
    /// As the system counts, from 0.
    pub number: u32,
    /// The name that it reports.
    pub name: String,
    /// The modes in which it can work, best first; or why they cannot be listed.
    pub modes: Result<Vec<Mode>, FrameError>,
}

/// Lists the cameras of this machine, by number.
///
/// Linux has two nodes for each USB camera; the second one gives no images and is left out.
///
/// # Errors
///
/// [`FrameError::NotBuilt`] and [`FrameError::NotSupported`] in a build that reads no cameras, [`FrameError::Driver`]
/// when the system cannot list them.
pub fn cameras() -> Result<Vec<CameraInfo>, FrameError> {
    available(FEATURE, BINDING)?;
    on_own_thread(list::<System>)
}

/// A camera that is open.
///
/// Cameras are read with the feature `camera` on Linux, macOS and Windows. Only Linux is tested; the code for macOS and
/// Windows compiles for these systems and has never been run with a camera there.
pub struct Camera {
    mode: Mode,
    frames: Box<dyn FrameSource + Send>,
}

impl Camera {
    /// Opens a camera in the mode that suits the reader best, or in the best one of the format `wanted`.
    ///
    /// The camera counts as stalled when it takes longer than `patience` for a frame. macOS asks the user first whether the
    /// program may use cameras; the answer is waited for, up to a minute, before `patience` begins.
    ///
    /// # Errors
    ///
    /// Those of [`FrameError`] that are about a camera. [`FrameError::NotBuilt`] and [`FrameError::NotSupported`] are
    /// final in this build.
    pub fn open(
        number: u32,
        wanted: Option<PixelFormat>,
        patience: Duration,
        limits: &Limits,
    ) -> Result<Self, FrameError> {
        available(FEATURE, BINDING)?;
        Self::open_with::<System>(number, wanted, patience, limits)
    }

    fn open_with<B: Backend>(
        number: u32,
        wanted: Option<PixelFormat>,
        patience: Duration,
        limits: &Limits,
    ) -> Result<Self, FrameError> {
        on_own_thread(B::permission)?;
        let (tell, told) = mpsc::channel();
        let limits = limits.clone();
        let open = move || {
            let running = Running::start::<B>(number, wanted)?;
            let _ = tell.send(running.mode);
            Ok(running)
        };
        let mut number = 0;
        let finish = move |(mode, bytes): (Mode, Vec<u8>), at| {
            number += 1;
            let luma = luma(mode.format, mode.width, mode.height, &bytes, &limits)
                .map_err(|reason| FrameError::Damaged { number, reason })?;
            Ok(Frame { luma, at })
        };
        let mut frames = Box::new(Capture::start(open, Pace::Newest, patience, finish));
        match told.recv_timeout(patience) {
            Ok(mode) => Ok(Self { mode, frames }),
            // The reason why it did not open comes in place of the first frame.
            Err(_) => Err(frames.next(patience).err().unwrap_or(FrameError::Stalled { after: patience })),
        }
    }

    /// Its mode.
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

/// Whether this build has the feature `camera`.
const FEATURE: bool = cfg!(feature = "camera");
/// Whether there is a backend for the system that this is built for.
const BINDING: bool = cfg!(any(target_os = "linux", target_os = "macos", target_os = "windows"));

/// Whether a build reads cameras, and if not, why. The feature is never asked for where it would change nothing.
fn available(feature: bool, binding: bool) -> Result<(), FrameError> {
    match (feature, binding) {
        (true, true) => Ok(()),
        (false, true) => Err(FrameError::NotBuilt),
        (_, false) => Err(FrameError::NotSupported),
    }
}

fn list<B: Backend>() -> Result<Vec<CameraInfo>, FrameError> {
    let mut cameras = Vec::new();
    for (number, name) in B::list()? {
        let modes = match B::open(number).and_then(|mut device| device.modes()).map(ranked) {
            Ok(modes) if modes.is_empty() => Err(FrameError::NoFormat),
            modes => modes,
        };
        let hidden = B::NONE_WITHOUT_MODES && matches!(modes, Err(FrameError::NoFormat | FrameError::NoCamera { .. }));
        if !hidden {
            cameras.push(CameraInfo { number, name, modes });
        }
    }
    cameras.sort_by_key(|camera| camera.number);
    Ok(cameras)
}

/// Sorts modes, the best one first; each occurs once.
fn ranked(mut modes: Vec<Mode>) -> Vec<Mode> {
    let mut ranked = Vec::new();
    while let Some(best) = choose(&modes) {
        modes.retain(|mode| *mode != best);
        ranked.push(best);
    }
    ranked
}

/// A camera at work, and the mode in which it works.
struct Running<S> {
    mode: Mode,
    stream: S,
}

impl<S> Running<S> {
    fn start<B: Backend<Stream = S>>(number: u32, wanted: Option<PixelFormat>) -> Result<Self, FrameError> {
        let mut device = B::open(number)?;
        let mut modes = device.modes()?;
        modes.retain(|mode| wanted.is_none_or(|wanted| wanted == mode.format));
        let mode = choose(&modes).ok_or(FrameError::NoFormat)?;
        let (mode, stream) = device.start(mode)?;
        Ok(Self { mode, stream })
    }
}

impl<S: Feed<Item = Vec<u8>>> Feed for Running<S> {
    type Item = (Mode, Vec<u8>);

    fn wait(&mut self) -> Result<Self::Item, FrameError> {
        Ok((self.mode, self.stream.wait()?))
    }
}

/// Works on a thread that ends with the work: bindings panic, and leave a thread in a state that its owner may not want
/// (COM).
fn on_own_thread<T: Send + 'static>(work: fn() -> Result<T, FrameError>) -> Result<T, FrameError> {
    thread::spawn(work).join().unwrap_or_else(|_| Err(capture::panicked()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use camtoken_qr::PictureError;

    /// Number 0 works, 1 has no mode, 2 is set to another mode than asked, 3 gives half a frame; there are no others.
    struct Fake(u32);

    const VGA: Mode = Mode { format: PixelFormat::Yuyv, width: 640, height: 480, fps: 30 };
    const HD: Mode = Mode { format: PixelFormat::Grey, width: 1280, height: 720, fps: 30 };

    impl Backend for Fake {
        type Stream = Still;

        fn list() -> Result<Vec<(u32, String)>, FrameError> {
            Ok([2, 0, 1, 9].map(|number| (number, format!("fake {number}"))).into())
        }

        fn open(number: u32) -> Result<Self, FrameError> {
            if number < 4 { Ok(Self(number)) } else { Err(FrameError::NoCamera { number }) }
        }

        fn modes(&mut self) -> Result<Vec<Mode>, FrameError> {
            Ok(if self.0 == 1 { vec![] } else { vec![VGA, HD, VGA] })
        }

        fn start(self, mode: Mode) -> Result<(Mode, Still), FrameError> {
            let mode = if self.0 == 2 { VGA } else { mode };
            let bytes = mode.width as usize * mode.height as usize * if mode.format == VGA.format { 2 } else { 1 };
            Ok((mode, Still(vec![77; if self.0 == 3 { bytes / 2 } else { bytes }])))
        }
    }

    struct Still(Vec<u8>);

    impl Feed for Still {
        type Item = Vec<u8>;

        fn wait(&mut self) -> Result<Vec<u8>, FrameError> {
            Ok(self.0.clone())
        }
    }

    const LONG: Duration = Duration::from_secs(20);

    fn opened(number: u32, wanted: Option<PixelFormat>) -> Result<Camera, FrameError> {
        Camera::open_with::<Fake>(number, wanted, LONG, &Limits::default())
    }

    #[test]
    fn the_feature_is_asked_for_only_where_it_would_help() {
        assert!(matches!(available(true, true), Ok(())));
        assert!(matches!(available(false, true), Err(FrameError::NotBuilt)));
        assert!(matches!(available(true, false), Err(FrameError::NotSupported)));
        assert!(matches!(available(false, false), Err(FrameError::NotSupported)));
    }

    #[test]
    fn a_build_without_cameras_says_why() {
        let why = |error: FrameError| matches!(error, FrameError::NotBuilt | FrameError::NotSupported);
        assert_eq!(cameras().err().is_some_and(why), !(FEATURE && BINDING));
        let opened = Camera::open(63, None, LONG, &Limits::default()).err().expect("there is no camera 63");
        assert_eq!(why(opened), !(FEATURE && BINDING));
    }

    #[test]
    fn the_best_mode_of_the_wanted_format_is_started() {
        for (wanted, expected) in [(None, HD), (Some(PixelFormat::Yuyv), VGA)] {
            let mut camera = opened(0, wanted).expect("it works");
            assert_eq!(camera.mode(), expected);
            let frame = camera.next(LONG).expect("no error").expect("a frame in time");
            assert_eq!((frame.luma.width(), frame.luma.height()), (expected.width, expected.height));
            assert!(frame.luma.pixels().iter().all(|grey| *grey == 77));
        }
        for (number, wanted) in [(0, Some(PixelFormat::Nv12)), (1, None)] {
            assert!(matches!(opened(number, wanted), Err(FrameError::NoFormat)), "{number}");
        }
        assert!(matches!(opened(5, None), Err(FrameError::NoCamera { number: 5 })));
    }

    #[test]
    fn frames_are_read_in_the_mode_that_the_system_has_set() {
        let mut camera = opened(2, None).expect("it works");
        assert_eq!(camera.mode(), VGA);
        let frame = camera.next(LONG).expect("no error").expect("a frame in time");
        assert_eq!((frame.luma.width(), frame.luma.height()), (640, 480));
    }

    #[test]
    fn half_a_frame_is_damaged() {
        let error = opened(3, None).expect("it opens").next(LONG).expect_err("half a frame");
        let length = PictureError::Length { width: 1280, height: 720, found: 640 * 720 };
        assert!(matches!(error, FrameError::Damaged { number: 1, reason } if reason == length));
    }

    #[test]
    fn a_listed_camera_has_each_mode_once_and_the_best_first() {
        let cameras = on_own_thread(list::<Fake>).expect("it lists");
        let found: Vec<_> = cameras.iter().map(|camera| (camera.number, camera.name.as_str())).collect();
        assert_eq!(found, [(0, "fake 0"), (1, "fake 1"), (2, "fake 2"), (9, "fake 9")]);
        assert!(matches!(&cameras[0].modes, Ok(modes) if *modes == [HD, VGA]));
        assert!(matches!(cameras[1].modes, Err(FrameError::NoFormat)));
        assert!(matches!(cameras[3].modes, Err(FrameError::NoCamera { number: 9 })));
    }

    #[test]
    fn a_binding_that_panics_is_told() {
        let broken = || -> Result<(), FrameError> { std::panic::resume_unwind(Box::new("an exception of the system")) };
        assert!(matches!(on_own_thread(broken), Err(FrameError::Driver { .. })));
    }

    /// Number 1 is the second node of number 0, and the permission is refused.
    struct Refused(u32);

    impl Backend for Refused {
        type Stream = Still;

        const NONE_WITHOUT_MODES: bool = true;

        fn permission() -> Result<(), FrameError> {
            Err(FrameError::Denied)
        }

        fn list() -> Result<Vec<(u32, String)>, FrameError> {
            Ok(vec![(0, "camera".to_owned()), (1, "its second node".to_owned())])
        }

        fn open(number: u32) -> Result<Self, FrameError> {
            Ok(Self(number))
        }

        fn modes(&mut self) -> Result<Vec<Mode>, FrameError> {
            Ok(if self.0 == 0 { vec![VGA] } else { vec![] })
        }

        fn start(self, mode: Mode) -> Result<(Mode, Still), FrameError> {
            Ok((mode, Still(vec![0; 640 * 480 * 2])))
        }
    }

    #[test]
    fn a_node_without_modes_is_no_camera_where_cameras_have_two() {
        let cameras = on_own_thread(list::<Refused>).expect("it lists");
        assert_eq!(cameras.iter().map(|camera| camera.number).collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn no_camera_is_opened_without_permission() {
        let refused = Camera::open_with::<Refused>(0, None, LONG, &Limits::default());
        assert!(matches!(refused, Err(FrameError::Denied)));
    }
}

//! Windows: Media Foundation. Numbers are positions in the system's list of cameras.
//!
//! Compiled for the target and run under Wine, which has no cameras; never run with a camera. What is known of the
//! binding, from its source:
//!
//! * It gives `MFStartup` the second half of the version number alone. Wine refuses that (0xC00D36E3) and was given the
//!   whole number for the run.
//! * It starts COM and Media Foundation on the first thread that asks, and on no other thread while they are started.
//!   A [`Lease`] lets one thread in at a time.
//! * It shuts both down before it releases the last camera.
//! * It lists only modes with a whole number of frames a second. A camera that has none of these stays in its active
//!   mode.
//! * Media Foundation writes the rows of 24-bit RGB from the bottom up or from the top down, and the binding does not
//!   tell which. That format is left out.
//! * The text of an error is in the language of the system, with the code at its end.
//! * It waits for a frame in a loop without a deadline. `capture` has the deadline.

use std::sync::{Mutex, MutexGuard, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use nokhwa_bindings_windows::wmf::{
    MediaFoundationDevice, de_initialize_mf, initialize_mf, query_media_foundation_descriptors,
};
use nokhwa_core::error::NokhwaError;
use nokhwa_core::types::{CameraIndex, FrameFormat};

use super::backend::Backend;
use super::nokhwa::{self, windows_error};
use crate::capture::Feed;
use crate::{FrameError, Mode};

/// How long to wait for another camera of this program to end.
const GRACE: Duration = Duration::from_secs(2);

pub(super) struct Device {
    number: u32,
    // Dropped before the lease.
    device: MediaFoundationDevice,
    _lease: Lease,
}

impl Backend for Device {
    type Stream = Self;

    fn list() -> Result<Vec<(u32, String)>, FrameError> {
        let _lease = Lease::take()?;
        let found = query_media_foundation_descriptors().map_err(|error| windows_error(&error, 0))?;
        Ok((0..).zip(found.iter().map(|info| info.human_name())).collect())
    }

    fn open(number: u32) -> Result<Self, FrameError> {
        let lease = Lease::take()?;
        let device = MediaFoundationDevice::new(CameraIndex::Index(number));
        Ok(Self { number, device: device.map_err(|error| windows_error(&error, number))?, _lease: lease })
    }

    fn modes(&mut self) -> Result<Vec<Mode>, FrameError> {
        let formats = self.device.compatible_format_list().map_err(|error| self.told(&error))?;
        let mut modes: Vec<Mode> =
            formats.iter().filter(|format| format.format() != FrameFormat::RAWBGR).filter_map(nokhwa::mode).collect();
        if modes.is_empty() {
            modes.extend(self.active(0));
        }
        Ok(modes)
    }

    fn start(mut self, mode: Mode) -> Result<(Mode, Self), FrameError> {
        // What counts is the mode that is active after that.
        let set = self.device.set_format(nokhwa::format(mode));
        let Some(active) = self.active(mode.fps) else {
            return Err(set.err().map_or(FrameError::NoFormat, |error| self.told(&error)));
        };
        self.device.start_stream().map_err(|error| self.told(&error))?;
        Ok((active, self))
    }
}

impl Device {
    /// The mode in which it works now, if it is one that is read. The binding does not tell the frames a second.
    fn active(&mut self, fps: u32) -> Option<Mode> {
        let format = self.device.format_refreshed().ok().filter(|format| format.format() != FrameFormat::RAWBGR)?;
        nokhwa::mode(&format).map(|mode| Mode { fps, ..mode })
    }

    fn told(&self, error: &NokhwaError) -> FrameError {
        windows_error(error, self.number)
    }
}

impl Feed for Device {
    type Item = Vec<u8>;

    fn wait(&mut self) -> Result<Vec<u8>, FrameError> {
        let error = match self.device.raw_bytes() {
            Ok((bytes, _)) => return Ok(bytes.into_owned()),
            Err(error) => error,
        };
        // Drivers report a camera that is gone with different errors. It is no longer listed with each of them.
        let link = self.device.symlink();
        let gone = query_media_foundation_descriptors().is_ok_and(|found| found.iter().all(|info| info.misc() != link));
        Err(if gone { FrameError::Unplugged } else { self.told(&error) })
    }
}

/// Media Foundation, for the thread that has the lease.
struct Lease(#[expect(dead_code, reason = "held, not read")] MutexGuard<'static, ()>);

impl Lease {
    /// Waits for a camera that was dropped just now: its thread ends with its next frame.
    fn take() -> Result<Self, FrameError> {
        static ONE: Mutex<()> = Mutex::new(());
        let begun = Instant::now();
        let lease = loop {
            match ONE.try_lock() {
                Ok(guard) => break Self(guard),
                Err(TryLockError::Poisoned(poisoned)) => break Self(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) if begun.elapsed() < GRACE => thread::sleep(Duration::from_millis(20)),
                Err(TryLockError::WouldBlock) => {
                    return Err(FrameError::Driver { reason: "this program has another camera open".to_owned() });
                }
            }
        };
        initialize_mf().map_err(|error| windows_error(&error, 0))?;
        Ok(lease)
    }
}

impl Drop for Lease {
    /// Lets the next thread start Media Foundation for itself. The last camera that is dropped has done that already.
    fn drop(&mut self) {
        let _ = de_initialize_mf();
    }
}

//! The binding of a build without one: there are no cameras. The reason is reported before this is called.

use super::backend::Backend;
use crate::capture::Feed;
use crate::{FrameError, Mode};

pub(super) enum Device {}

impl Backend for Device {
    type Stream = Self;

    fn list() -> Result<Vec<(u32, String)>, FrameError> {
        Ok(Vec::new())
    }

    fn open(number: u32) -> Result<Self, FrameError> {
        Err(FrameError::NoCamera { number })
    }

    fn modes(&mut self) -> Result<Vec<Mode>, FrameError> {
        match *self {}
    }

    fn start(self, _mode: Mode) -> Result<(Mode, Self), FrameError> {
        match self {}
    }
}

impl Feed for Device {
    type Item = Vec<u8>;

    fn wait(&mut self) -> Result<Vec<u8>, FrameError> {
        match *self {}
    }
}

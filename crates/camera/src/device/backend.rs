//! The common interface of the systems.

use crate::capture::Feed;
use crate::{FrameError, Mode};

/// The binding of a system: it makes no choice, has no deadline and decodes nothing. A value stays on the thread that opened it.
pub(super) trait Backend: Sized {
    /// The camera at work. Each item is the newest frame, as the camera wrote it.
    type Stream: Feed<Item = Vec<u8>>;

    /// Whether what is listed and has no mode is no camera.
    const NONE_WITHOUT_MODES: bool = false;

    /// Asks for the permission to use cameras where the system has one. May wait for a person.
    fn permission() -> Result<(), FrameError> {
        Ok(())
    }

    /// Lists the cameras by number and name, in any order.
    fn list() -> Result<Vec<(u32, String)>, FrameError>;

    /// Opens the camera of that number, without starting it.
    fn open(number: u32) -> Result<Self, FrameError>;

    /// The supported modes, in any order; one may occur twice.
    fn modes(&mut self) -> Result<Vec<Mode>, FrameError>;

    /// Starts the camera. It works in the mode that is returned. This is another one where the system does not do as
    /// asked.
    fn start(self, mode: Mode) -> Result<(Mode, Self::Stream), FrameError>;
}

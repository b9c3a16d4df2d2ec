//! Linux: Video4Linux. Numbers are those of the nodes, `/dev/video0`.

use std::path::Path;

use nokhwa_bindings_linux::{V4LCaptureDevice, query};
use nokhwa_core::traits::CaptureBackendTrait;
use nokhwa_core::types::{CameraIndex, RequestedFormat, RequestedFormatType};

use super::backend::Backend;
use super::nokhwa::{self, FORMATS, linux_error};
use crate::capture::Feed;
use crate::{FrameError, Mode};

pub(super) struct Device {
    number: u32,
    device: V4LCaptureDevice<'static>,
}

impl Backend for Device {
    type Stream = Self;

    /// The second node of a USB camera gives no images.
    const NONE_WITHOUT_MODES: bool = true;

    fn list() -> Result<Vec<(u32, String)>, FrameError> {
        let found = query().map_err(|error| linux_error(&error, 0))?;
        Ok(found.iter().filter_map(|info| Some((info.index().as_index().ok()?, info.human_name()))).collect())
    }

    fn open(number: u32) -> Result<Self, FrameError> {
        Ok(Self { number, device: device(number, RequestedFormatType::None)? })
    }

    fn modes(&mut self) -> Result<Vec<Mode>, FrameError> {
        let formats = self.device.compatible_camera_formats().map_err(|error| linux_error(&error, self.number))?;
        Ok(formats.iter().filter_map(nokhwa::mode).collect())
    }

    /// Opens the camera again: the binding sets a mode only as it opens.
    fn start(self, mode: Mode) -> Result<(Mode, Self), FrameError> {
        let Self { number, device: before } = self;
        drop(before);
        let mut device = device(number, RequestedFormatType::Exact(nokhwa::format(mode)))?;
        device.open_stream().map_err(|error| linux_error(&error, number))?;
        Ok((mode, Self { number, device }))
    }
}

impl Feed for Device {
    type Item = Vec<u8>;

    fn wait(&mut self) -> Result<Vec<u8>, FrameError> {
        match self.device.frame_raw() {
            Ok(bytes) => Ok(bytes.into_owned()),
            // Drivers report a camera that is gone with different errors. Its node is gone with each of them.
            Err(_) if !Path::new(&format!("/dev/video{}", self.number)).exists() => Err(FrameError::Unplugged),
            Err(error) => Err(linux_error(&error, self.number)),
        }
    }
}

fn device(number: u32, format: RequestedFormatType) -> Result<V4LCaptureDevice<'static>, FrameError> {
    let formats = FORMATS.map(|(format, _)| format);
    V4LCaptureDevice::new(&CameraIndex::Index(number), RequestedFormat::with_formats(format, &formats))
        .map_err(|error| linux_error(&error, number))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::Camera;
    use camtoken_qr::Limits;

    #[test]
    fn a_camera_that_is_not_there_is_told_at_once() {
        let start = Instant::now();
        let opened = Camera::open(63, None, Duration::from_secs(20), &Limits::default());
        assert!(matches!(opened, Err(FrameError::NoCamera { number: 63 })));
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}

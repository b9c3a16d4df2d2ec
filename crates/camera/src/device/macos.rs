//! macOS: AVFoundation. Numbers are positions in the system's list of cameras.
//!
//! Type-checked for the target, never linked and never run. What is known of the binding, from its source:
//!
//! * macOS asks the user for the permission in the name of the program that started this one, mostly a terminal. See
//!   [`Backend::permission`].
//! * Frames are requested as YUYV, whatever the camera writes: AVFoundation converts them. The other formats of the
//!   binding do not work: its NV12 has ten bits a pixel, its grey has black and white exchanged, and MJPEG is no format
//!   of a pixel buffer, so the system throws an exception.
//! * Rows may be padded; see [`unpadded`].
//! * The binding reports neither the size of a frame nor that a camera was unplugged. The size is that of the active
//!   mode. A camera that gives no frames is looked up in the system's list.
//! * The binding lists no modes of a camera that has a mode with a pixel format unknown to it. Such a camera stays in
//!   its active mode.
//! * Of several modes of one size the binding sets the last.
//! * The callback keeps the address of the sender without a reference count: see [`Frames`].
//! * An exception of the system becomes a panic.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use flume::{Receiver, RecvTimeoutError, Sender};
use nokhwa_bindings_macos::{
    AVAuthorizationStatus, AVCaptureDevice, AVCaptureDeviceInput, AVCaptureSession, AVCaptureVideoCallback,
    AVCaptureVideoDataOutput, current_authorization_status, query_avfoundation, request_permission_with_callback,
};
use nokhwa_core::error::NokhwaError;
use nokhwa_core::types::{CameraFormat, CameraIndex, FrameFormat};

use super::backend::Backend;
use super::nokhwa::{self, last_of_each_size, macos_error, unpadded};
use crate::capture::Feed;
use crate::{FrameError, Mode, PixelFormat};

/// How long to wait for the user's answer.
const ANSWER: Duration = Duration::from_secs(60);
/// After this time without a frame the camera is looked up in the system's list.
const SILENCE: Duration = Duration::from_secs(1);

type Sent = (Vec<u8>, FrameFormat, Option<Duration>);

/// Both ends of the channel that the callback writes to. They are never freed: the callback may run after the session
/// was stopped, and it frees the sender when there is no receiver.
type Frames = &'static (Arc<Sender<Sent>>, Receiver<Sent>);

pub(super) struct Device {
    number: u32,
    device: AVCaptureDevice,
}

impl Backend for Device {
    type Stream = Stream;

    fn permission() -> Result<(), FrameError> {
        if current_authorization_status() == AVAuthorizationStatus::NotDetermined {
            let (tell, told) = mpsc::channel();
            request_permission_with_callback(move |_| {
                let _ = tell.send(());
            });
            // Without an answer it stays undetermined, which is none.
            let _ = told.recv_timeout(ANSWER);
        }
        permitted()
    }

    fn list() -> Result<Vec<(u32, String)>, FrameError> {
        let found = query_avfoundation().map_err(|error| macos_error(&error, 0))?;
        Ok((0..).zip(found.iter().map(|info| info.human_name())).collect())
    }

    fn open(number: u32) -> Result<Self, FrameError> {
        let device = AVCaptureDevice::new(&CameraIndex::Index(number));
        Ok(Self { number, device: device.map_err(|error| macos_error(&error, number))? })
    }

    fn modes(&mut self) -> Result<Vec<Mode>, FrameError> {
        let formats = match self.device.supported_formats() {
            Ok(formats) => formats,
            Err(_) => vec![self.device.active_format().map_err(|error| self.told(&error))?],
        };
        Ok(last_of_each_size(formats.iter().filter_map(yuyv)))
    }

    fn start(mut self, mode: Mode) -> Result<(Mode, Stream), FrameError> {
        // Without permission there would be no input object.
        permitted()?;
        let (send, receive) = flume::unbounded();
        let frames: Frames = Box::leak(Box::new((Arc::new(send), receive)));
        let mut stream = self.stream(mode, frames).map_err(|error| self.told(&error))?;
        // What counts is the mode that is active once the camera works.
        let active = self.device.active_format().map_err(|error| self.told(&error))?;
        let mode = yuyv(&active).ok_or(FrameError::NoFormat)?;
        stream.mode = mode;
        Ok((mode, stream))
    }
}

impl Device {
    fn stream(&mut self, mode: Mode, frames: Frames) -> Result<Stream, NokhwaError> {
        let input = AVCaptureDeviceInput::new(&self.device)?;
        let session = AVCaptureSession::new();
        session.begin_configuration();
        session.add_input(&input)?;
        // A session sets its own mode as it gets its input, so this comes after that.
        let _ = self.device.set_all(nokhwa::format(mode));
        let callback = AVCaptureVideoCallback::new(c"camtoken camera", &frames.0)?;
        let output = AVCaptureVideoDataOutput::new();
        output.add_delegate(&callback)?;
        output.set_frame_format(FrameFormat::YUYV)?;
        session.add_output(&output)?;
        session.commit_configuration();
        session.start()?;
        Ok(Stream { id: self.device.info().misc(), mode, frames, session, input, output })
    }

    fn told(&self, error: &NokhwaError) -> FrameError {
        macos_error(error, self.number)
    }
}

/// A mode of the camera, with the format in which its frames are asked for.
fn yuyv(format: &CameraFormat) -> Option<Mode> {
    nokhwa::mode(format).map(|mode| Mode { format: PixelFormat::Yuyv, ..mode })
}

fn permitted() -> Result<(), FrameError> {
    match current_authorization_status() {
        AVAuthorizationStatus::Authorized => Ok(()),
        _ => Err(FrameError::Denied),
    }
}

pub(super) struct Stream {
    /// The system's name for the camera.
    id: String,
    mode: Mode,
    frames: Frames,
    session: AVCaptureSession,
    input: AVCaptureDeviceInput,
    output: AVCaptureVideoDataOutput,
}

impl Feed for Stream {
    type Item = Vec<u8>;

    fn wait(&mut self) -> Result<Vec<u8>, FrameError> {
        let (_, frames) = self.frames;
        loop {
            match frames.recv_timeout(SILENCE) {
                Ok(first) => {
                    let (bytes, ..) = frames.try_iter().last().unwrap_or(first);
                    return Ok(unpadded(bytes, self.mode.width as usize * 2, self.mode.height as usize));
                }
                Err(RecvTimeoutError::Timeout) => {
                    let found = query_avfoundation().map_err(|error| macos_error(&error, 0))?;
                    if found.iter().all(|info| info.misc() != self.id) {
                        return Err(FrameError::Unplugged);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return Err(FrameError::Unplugged),
            }
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.session.stop();
        self.session.remove_output(&self.output);
        self.session.remove_input(&self.input);
        self.frames.1.try_iter().for_each(drop);
    }
}

//! What nokhwa's formats and errors mean here, for all systems: so that it is tested on each of them.

use nokhwa_core::error::NokhwaError;
use nokhwa_core::types::{CameraFormat, FrameFormat, Resolution};

use crate::{FrameError, Mode, PixelFormat};

pub(super) const FORMATS: [(FrameFormat, PixelFormat); 6] = [
    (FrameFormat::MJPEG, PixelFormat::Mjpeg),
    (FrameFormat::YUYV, PixelFormat::Yuyv),
    (FrameFormat::NV12, PixelFormat::Nv12),
    (FrameFormat::GRAY, PixelFormat::Grey),
    (FrameFormat::RAWRGB, PixelFormat::Rgb),
    (FrameFormat::RAWBGR, PixelFormat::Bgr),
];

/// The mode of a format, if it is one that is read.
pub(super) fn mode(format: &CameraFormat) -> Option<Mode> {
    let (_, known) = FORMATS.iter().find(|(theirs, _)| *theirs == format.format())?;
    Some(Mode { format: *known, width: format.width(), height: format.height(), fps: format.frame_rate() })
}

/// The format of a mode.
pub(super) fn format(mode: Mode) -> CameraFormat {
    let theirs = match mode.format {
        PixelFormat::Mjpeg => FrameFormat::MJPEG,
        PixelFormat::Yuyv => FrameFormat::YUYV,
        PixelFormat::Nv12 => FrameFormat::NV12,
        PixelFormat::Grey => FrameFormat::GRAY,
        PixelFormat::Rgb => FrameFormat::RAWRGB,
        PixelFormat::Bgr => FrameFormat::RAWBGR,
    };
    CameraFormat::new(Resolution::new(mode.width, mode.height), theirs, mode.fps)
}

/// Of the modes with one size the one that is listed last.
#[cfg(any(test, target_os = "macos"))]
pub(super) fn last_of_each_size(modes: impl Iterator<Item = Mode>) -> Vec<Mode> {
    let mut left: Vec<Mode> = Vec::new();
    for mode in modes {
        left.retain(|other| (other.width, other.height) != (mode.width, mode.height));
        left.push(mode);
    }
    left
}

/// Takes the padding from the ends of rows: `height` rows follow each other, each of them with at least `row` bytes.
/// What follows the last row has fewer bytes than there are rows.
#[cfg(any(test, target_os = "macos"))]
pub(super) fn unpadded(bytes: Vec<u8>, row: usize, height: usize) -> Vec<u8> {
    match bytes.len().checked_div(height) {
        Some(padded) if padded > row && row > 0 => {
            bytes.chunks_exact(padded).take(height).flat_map(|line| &line[..row]).copied().collect()
        }
        _ => bytes,
    }
}

/// Video4Linux: the numbers of the system's errors, which the binding gives in words alone.
#[cfg(any(test, target_os = "linux"))]
pub(super) fn linux_error(error: &NokhwaError, number: u32) -> FrameError {
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

/// Media Foundation: the code at the end of what the system says in its own language.
#[cfg(any(test, target_os = "windows"))]
pub(super) fn windows_error(error: &NokhwaError, number: u32) -> FrameError {
    let reason = error.to_string();
    let code = reason.rsplit_once("0x").and_then(|(_, rest)| u32::from_str_radix(rest.trim_end_matches(')'), 16).ok());
    match code {
        // E_ACCESSDENIED: the privacy settings.
        Some(0x8007_0005) => FrameError::Denied,
        // MF_E_HW_MFT_FAILED_START_STREAMING, MF_E_VIDEO_RECORDING_DEVICE_PREEMPTED, ERROR_SHARING_VIOLATION.
        Some(0xc00d_3704 | 0xc00d_3ea3 | 0x8007_0020) => FrameError::Busy,
        // MF_E_VIDEO_RECORDING_DEVICE_INVALIDATED.
        Some(0xc00d_3ea2) => FrameError::Unplugged,
        // MF_E_INVALIDMEDIATYPE.
        Some(0xc00d_36b4) => FrameError::NoFormat,
        // So spelt by the library.
        _ if matches!(error, NokhwaError::OpenDeviceError(_, why) if why == "No device") => {
            FrameError::NoCamera { number }
        }
        _ if reason.contains("Failed to fulfill") => FrameError::NoFormat,
        _ => FrameError::Driver { reason },
    }
}

/// AVFoundation: the binding's own words, as the system's errors are exceptions or none at all.
#[cfg(any(test, target_os = "macos"))]
pub(super) fn macos_error(error: &NokhwaError, number: u32) -> FrameError {
    match error {
        NokhwaError::OpenDeviceError(_, why) if why == "Not Found" || why == "Device is null" => {
            FrameError::NoCamera { number }
        }
        NokhwaError::StructureError { structure, .. } if structure == "FourCharCode" => FrameError::NoFormat,
        _ => FrameError::Driver { reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use nokhwa_core::types::ApiBackend;

    use super::*;

    fn opening(error: &str) -> NokhwaError {
        NokhwaError::OpenDeviceError("3".into(), error.into())
    }

    #[test]
    fn modes_and_formats_are_the_same_both_ways() {
        for (theirs, format_of_ours) in FORMATS {
            let exact = CameraFormat::new(Resolution::new(1280, 720), theirs, 30);
            let ours = Mode { format: format_of_ours, width: 1280, height: 720, fps: 30 };
            assert_eq!((mode(&exact), format(ours)), (Some(ours), exact));
        }
    }

    #[test]
    fn errors_of_linux_become_facts() {
        let property =
            |error: &str| NokhwaError::GetPropertyError { property: "FrameFormat".into(), error: error.into() };
        let stream = |error: &str| NokhwaError::OpenStreamError(error.into());
        for (error, expected) in [
            (opening("V4L2 Error: No such file or directory (os error 2)"), "there is no camera 3"),
            (opening("V4L2 Error: Permission denied (os error 13)"), "this account may not use the camera"),
            (stream("Device or resource busy (os error 16)"), "the camera is in use by another program"),
            (NokhwaError::ReadFrameError("No such device (os error 19)".into()), "the camera was unplugged"),
            (property("Failed to Fufill"), "the camera has no format that is read"),
            (property("Invalid argument (os error 22)"), "the camera has no format that is read"),
        ] {
            assert_eq!(linux_error(&error, 3).to_string(), expected);
        }
        let other = linux_error(&stream("Input/output error (os error 5)"), 3);
        assert!(matches!(other, FrameError::Driver { ref reason } if reason.contains("os error 5")), "{other}");
    }

    #[test]
    fn errors_of_windows_become_facts() {
        let reading = |error: &str| NokhwaError::ReadFrameError(error.into());
        let fulfil =
            |error: &str| NokhwaError::InitializeError { backend: ApiBackend::MediaFoundation, error: error.into() };
        for (error, expected) in [
            (opening("No device"), "there is no camera 3"),
            (opening("Zugriff verweigert (0x80070005)"), "this account may not use the camera"),
            // Media Foundation's own codes have no words in the system's table.
            (reading("0xC00D3704"), "the camera is in use by another program"),
            (
                reading("The video recording device is preempted (0xC00D3EA3)"),
                "the camera is in use by another program",
            ),
            (reading("0xC00D3EA2"), "the camera was unplugged"),
            (fulfil("Failed to fulfill requested format"), "the camera has no format that is read"),
        ] {
            assert_eq!(windows_error(&error, 3).to_string(), expected);
        }
        let other = windows_error(&opening("Unspecified error (0x80004005)"), 3);
        assert!(matches!(other, FrameError::Driver { ref reason } if reason.contains("0x80004005")), "{other}");
    }

    #[test]
    fn errors_of_macos_become_facts() {
        let unknown =
            NokhwaError::StructureError { structure: "FourCharCode".into(), error: "Unknown FourCharCode 1".into() };
        for (error, expected) in [
            (opening("Not Found"), "there is no camera 3"),
            (opening("Device is null"), "there is no camera 3"),
            (unknown, "the camera has no format that is read"),
        ] {
            assert_eq!(macos_error(&error, 3).to_string(), expected);
        }
        let other = macos_error(&NokhwaError::OpenStreamError("Cannot run AVCaptureSession".into()), 3);
        assert!(matches!(other, FrameError::Driver { ref reason } if reason.contains("AVCaptureSession")), "{other}");
    }

    #[test]
    fn the_mode_that_is_listed_last_stands_for_its_size() {
        let mode = |width, fps| Mode { format: PixelFormat::Yuyv, width, height: 480, fps };
        let listed = [mode(640, 15), mode(640, 30), mode(1280, 60), mode(640, 25), mode(1280, 30)];
        assert_eq!(last_of_each_size(listed.into_iter()), [mode(640, 25), mode(1280, 30)]);
    }

    #[test]
    fn rows_lose_their_padding() {
        let padded = b"abc.def.ghi.".to_vec();
        assert_eq!(unpadded(padded.clone(), 3, 3), b"abcdefghi");
        assert_eq!(unpadded([&padded[..], b"12"].concat(), 3, 3), b"abcdefghi", "and what follows the last row");
        assert_eq!(unpadded(padded.clone(), 4, 3), padded);
        // Too short, or without a size: the conversion to luma reports it.
        for (row, height) in [(5, 3), (0, 3), (4, 0)] {
            assert_eq!(unpadded(padded.clone(), row, height), padded);
        }
    }
}

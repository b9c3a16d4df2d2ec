//! Frames for the verbs that watch: the source that the arguments name, its end, and the codes of its errors.

use std::env;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use camtoken::qr::Limits;
use camtoken_camera::{Frame, FrameError, FrameSource};

use crate::config::Wait;
use crate::failure::{Code, Failure};
use crate::value::{Value, value};

/// How long a camera or a pipe may be silent before it counts as stalled.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest single wait for a frame, so that the loop can do other things in between.
pub const A_MOMENT: Duration = Duration::from_millis(100);

/// Where frames come from.
#[derive(clap::Args, Default)]
pub struct FeedArgs {
    #[arg(long, value_name = "N|VIDEO|DIR|-")]
    pub camera: Option<PathBuf>,
    #[arg(long, conflicts_with = "camera")]
    pub screen: bool,
    #[arg(long, value_name = Wait::EXPECTED, value_parser = value::<Wait>)]
    pub timeout: Option<Wait>,
}

impl FeedArgs {
    /// Whether frames are asked for.
    pub fn is_given(&self) -> bool {
        self.camera.is_some() || self.screen
    }
}

/// A source of frames with an end.
pub struct Feed {
    /// Its name.
    pub name: String,
    /// The source sets the pace of the frames, not the reader.
    pub live: bool,
    source: Box<dyn FrameSource>,
    timeout: Option<Duration>,
    begun: Instant,
    /// Whole frames.
    frames: u64,
    /// The first frame that was damaged.
    damaged: Option<FrameError>,
    /// When the last whole frame came.
    since: Instant,
}

/// The result of one wait.
pub enum Next {
    /// A frame.
    Frame(Frame),
    /// No frame yet.
    Wait,
    /// No more frames: the video has ended, or the time is up.
    Over,
}

impl Feed {
    /// Opens what the arguments name; `live_timeout` is for a source that does not end by itself.
    ///
    /// # Errors
    ///
    /// A source that cannot be opened, or that this build does not have.
    pub fn open(args: &FeedArgs, live_timeout: Option<Duration>) -> Result<Self, Failure> {
        let limits = Limits::default();
        let (name, live, source): (String, bool, Result<Box<dyn FrameSource>, FrameError>) = match &args.camera {
            None => ("screen".to_owned(), true, screen(&limits)?),
            Some(path) => match number(path) {
                Some(number) => (format!("camera {number}"), true, device(number, &limits)),
                None if path == Path::new("-") => {
                    let pipe = camtoken_camera::pipe(io::stdin(), &limits, PATIENCE);
                    ("-".to_owned(), false, Ok(Box::new(pipe)))
                }
                None if is_pipe(path) => {
                    let pipe = camtoken_camera::pipe(Pipe { path: path.clone(), file: None }, &limits, PATIENCE);
                    (path.display().to_string(), false, Ok(Box::new(pipe)))
                }
                None => {
                    let film = camtoken_camera::open(path, &limits);
                    (path.display().to_string(), false, film.map(|film| film as Box<dyn FrameSource>))
                }
            },
        };
        let source = source.map_err(|error| failure(&error, &name))?;
        let timeout = args.timeout.map(Wait::duration).or(live_timeout.filter(|_| live));
        let begun = Instant::now();
        Ok(Self { name, live, source, timeout, begun, frames: 0, damaged: None, since: begun })
    }

    /// Waits for a short time. At least one frame is returned before the time is up.
    ///
    /// # Errors
    ///
    /// A source that fails, or has damaged frames only.
    pub fn next(&mut self) -> Result<Next, Failure> {
        if self.is_over() {
            return Ok(Next::Over);
        }
        match self.source.next(A_MOMENT) {
            Ok(Some(frame)) => {
                self.frames += 1;
                self.since = Instant::now();
                Ok(Next::Frame(frame))
            }
            Ok(None) => Ok(Next::Wait),
            Err(error @ FrameError::Damaged { .. }) if self.since.elapsed() < PATIENCE => {
                self.damaged.get_or_insert(error);
                Ok(Next::Wait)
            }
            Err(FrameError::Ended) => match &self.damaged {
                Some(error) if self.frames == 0 => Err(failure(error, &self.name)),
                None if self.frames == 0 => {
                    Err(Failure::new(Code::Picture).because(format!("{}: no picture in it", self.name)))
                }
                _ => Ok(Next::Over),
            },
            Err(error) => Err(failure(&error, &self.name)),
        }
    }

    /// Whether the time is up.
    pub fn is_over(&self) -> bool {
        self.frames > 0 && self.timeout.is_some_and(|timeout| self.begun.elapsed() > timeout)
    }

    /// Starts the time now.
    pub fn restart(&mut self) {
        (self.begun, self.since) = (Instant::now(), Instant::now());
    }

    /// The time since it was opened.
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }
}

/// A named pipe, or another file whose bytes come at any time.
fn is_pipe(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// It is opened when it is first read: that waits for the writing program.
struct Pipe {
    path: PathBuf,
    file: Option<File>,
}

impl Read for Pipe {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let file = match &mut self.file {
            Some(file) => file,
            file => file.insert(File::open(&self.path)?),
        };
        file.read(to)
    }
}

/// The camera that an argument names: a number, or its node.
fn number(path: &Path) -> Option<u32> {
    let text = path.to_str()?;
    let digits = text.strip_prefix("/dev/video").unwrap_or(text);
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

type Opened = Result<Box<dyn FrameSource>, FrameError>;

fn device(number: u32, limits: &Limits) -> Opened {
    let camera = camtoken_camera::Camera::open(number, None, PATIENCE, limits);
    camera.map(|camera| Box::new(camera) as Box<dyn FrameSource>)
}

#[cfg(feature = "screen")]
fn screen(limits: &Limits) -> Result<Opened, Failure> {
    Ok(camtoken_camera::Display::open(limits).map(|display| Box::new(display) as Box<dyn FrameSource>))
}

#[cfg(not(feature = "screen"))]
fn screen(_limits: &Limits) -> Result<Opened, Failure> {
    Err(Failure::new(Code::NotBuilt).because("--screen").with("feature", "screen"))
}

/// The picture in the clipboard.
///
/// # Errors
///
/// A clipboard without a picture, and a build that has no clipboard.
#[cfg(feature = "clipboard")]
pub fn clipboard() -> Result<camtoken::qr::Luma, Failure> {
    camtoken_camera::clipboard(&Limits::default()).map_err(|error| failure(&error, "clipboard"))
}

/// Returns the error that this build has no clipboard.
#[cfg(not(feature = "clipboard"))]
pub fn clipboard() -> Result<camtoken::qr::Luma, Failure> {
    Err(Failure::new(Code::NotBuilt).because("--clipboard").with("feature", "clipboard"))
}

/// The failure for an error of a source.
pub fn failure(error: &FrameError, name: &str) -> Failure {
    let code = match error {
        FrameError::NotBuilt => return Failure::new(Code::NotBuilt).because("--camera N").with("feature", "camera"),
        FrameError::NotSupported => Code::CamerasNotSupported,
        FrameError::NoCamera { .. } => Code::NoCamera,
        FrameError::Busy => Code::CameraBusy,
        FrameError::Denied => Code::CameraDenied,
        FrameError::Unplugged => Code::CameraGone,
        FrameError::NoFormat => Code::CameraFormat,
        FrameError::Stalled { .. } => Code::NoFrames,
        FrameError::Driver { .. } => Code::CameraFailed,
        FrameError::Desktop { .. } => Code::Desktop,
        FrameError::Io(_) => Code::Read,
        _ => Code::Picture,
    };
    Failure::new(code).because(format!("{name}: {error}")).with("system", env::consts::OS)
}

#[cfg(test)]
mod tests {
    use camtoken::language::Language;

    use super::*;
    use crate::exit::Exit;
    use crate::text::Text;

    #[test]
    fn a_number_or_a_node_is_a_camera_and_all_else_a_file() {
        for (name, expected) in [("0", Some(0)), ("12", Some(12)), ("/dev/video3", Some(3))] {
            assert_eq!(number(Path::new(name)), expected, "{name}");
        }
        for name in ["", "-", "./0", "film.y4m", "/dev/video", "99999999999", "-1", "/dev/videox"] {
            assert_eq!(number(Path::new(name)), None, "{name}");
        }
    }

    #[test]
    fn a_feature_is_asked_for_only_where_it_brings_the_camera() {
        for (lang, what_works) in
            [(Language::En, "a video file or a folder of pictures"), (Language::Ja, "動画ファイル")]
        {
            let text = Text::new(lang);
            let hint = |error| failure(&error, "camera 0").report(&text).what_and_hint().1;
            let (not_built, not_supported) = (hint(FrameError::NotBuilt), hint(FrameError::NotSupported));
            assert!(not_built.contains("cargo install --path bin/camtoken --features camera"), "{not_built}");
            assert!(not_supported.contains(what_works) && not_supported.contains("--camera"), "{not_supported}");
            for other in [not_supported, hint(FrameError::NoCamera { number: 0 }), hint(FrameError::NoFormat)] {
                assert!(!other.contains("--features"), "{other}");
            }
        }
        assert_eq!(failure(&FrameError::NotBuilt, "camera 0").exit(), Exit::Usage);
        assert_eq!(failure(&FrameError::NotSupported, "camera 0").exit(), Exit::Usage);
    }

    #[test]
    fn permission_is_given_where_the_system_keeps_it() {
        for lang in [Language::En, Language::Ja] {
            let text = Text::new(lang);
            let hint = |system| text.with("ct-e126.hint", &[("system", system)]);
            let hints = ["linux", "macos", "windows"].map(hint);
            assert!(
                hints[0].contains("video") && !hints[1].contains("video") && !hints[2].contains("video"),
                "{hints:?}"
            );
            assert!(hints[1] != hints[2] && hints.iter().all(|hint| !hint.contains(['{', '\n'])), "{hints:?}");
            let denied = failure(&FrameError::Denied, "camera 0").report(&text).what_and_hint().1;
            assert_eq!(denied, hint(env::consts::OS));
        }
    }
}

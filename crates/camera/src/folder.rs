//! A folder of pictures, shown one after the other.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::vec;

use crate::{Frame, FrameError, FrameSource};
use camtoken_qr::{Limits, Luma};

/// The extensions that a folder is searched for; the content decides.
pub const EXTENSIONS: [&str; 12] =
    ["png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff", "pbm", "pgm", "ppm", "svg"];
/// The time from one picture to the next.
const EACH: Duration = Duration::from_millis(40);

/// The pictures of a folder, in the order of their names.
pub struct Folder {
    pictures: vec::IntoIter<PathBuf>,
    limits: Limits,
    number: u32,
}

impl Folder {
    /// Lists the pictures.
    ///
    /// # Errors
    ///
    /// [`FrameError::Io`] for a folder that cannot be read.
    pub fn open(folder: &Path, limits: &Limits) -> Result<Self, FrameError> {
        Ok(Self { pictures: pictures(folder)?.into_iter(), limits: limits.clone(), number: 0 })
    }
}

/// The pictures of a folder by their names, in order; hidden ones are passed over.
///
/// # Errors
///
/// A folder that cannot be read.
pub fn pictures(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut pictures = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let known = |extension: &str| EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension));
        if !hidden && path.extension().and_then(|extension| extension.to_str()).is_some_and(known) && path.is_file() {
            pictures.push(path);
        }
    }
    pictures.sort();
    Ok(pictures)
}

impl FrameSource for Folder {
    fn next(&mut self, _wait: Duration) -> Result<Option<Frame>, FrameError> {
        let path = self.pictures.next().ok_or(FrameError::Ended)?;
        let at = EACH * self.number;
        self.number += 1;
        let mut bytes = Vec::new();
        File::open(path)?.take(self.limits.max_file_bytes + 1).read_to_end(&mut bytes)?;
        let number = u64::from(self.number);
        let luma = Luma::decode(&bytes, &self.limits).map_err(|reason| FrameError::Damaged { number, reason })?;
        Ok(Some(Frame { luma, at }))
    }
}

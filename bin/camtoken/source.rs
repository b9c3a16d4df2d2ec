//! Pictures and codes from outside: files, folders and standard input. The kind is found by content; the size is limited.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use base16ct::lower;
use camtoken::code;
use camtoken::qr::{
    Deadline, FileScan, Limits, Luma, PictureError, Scan, ScanOptions, Symbol, SymbolText, scan_file, scan_for,
};
use camtoken_formats::{Foreign, Refusal};

use crate::config::Budget;
use crate::failure::{Code, Failure};
use crate::terminal;

/// Where a picture or a code comes from.
pub enum Source {
    /// Standard input, named `-`.
    Stdin,
    /// A file.
    File(PathBuf),
    /// A picture in the argument itself: a `data:` URI.
    Inline(String),
}

/// The content of a source.
pub enum Content {
    /// A file that has no code's text in it.
    Picture(Picture),
    /// The text of a code.
    Code(String),
}

/// A file of pictures: one, or the frames of an animation, or those in a document.
pub struct Picture {
    name: String,
    bytes: Vec<u8>,
}

/// The content of a symbol.
pub enum Said {
    /// Text.
    Text(String),
    /// Text by a guess: the symbol does not name its character set.
    Likely(String, Vec<u8>),
    /// Bytes that are no text.
    Bytes(Vec<u8>),
}

/// Looks for a code for a token; else takes any symbol.
pub fn look(luma: &Luma, options: &ScanOptions) -> Scan {
    scan_for(luma, options, is_for_a_token)
}

fn is_for_a_token(symbol: &Symbol) -> bool {
    str::from_utf8(&symbol.payload).is_ok_and(asks_a_token)
}

/// Tries everything on a file, within the time that the options allow from now on.
pub fn within(budget: Option<Budget>) -> ScanOptions {
    let deadline = budget.map_or_else(Deadline::default, |budget| Deadline::after(budget.duration()));
    ScanOptions { deadline, ..ScanOptions::default() }
}

impl Picture {
    /// Looks for a code for a token, else for any symbol, in one picture after another. Returns the one that was read, or that shows
    /// most.
    ///
    /// # Errors
    ///
    /// A file that is no picture, or that is cut too early.
    pub fn look(&self, options: &ScanOptions) -> Result<FileScan, Failure> {
        scan_file(&self.bytes, &Limits::default(), options, is_for_a_token).map_err(|error| self.refused(error))
    }

    /// Looks for the first symbol, or all, in one picture after another.
    ///
    /// # Errors
    ///
    /// As [`Picture::look`].
    pub fn scan(&self, options: &ScanOptions) -> Result<FileScan, Failure> {
        scan_file(&self.bytes, &Limits::default(), options, |_| true).map_err(|error| self.refused(error))
    }

    /// The first picture.
    ///
    /// # Errors
    ///
    /// A file that is no picture.
    pub fn first(&self) -> Result<Luma, Failure> {
        Luma::decode(&self.bytes, &Limits::default()).map_err(|error| self.refused(error))
    }

    fn refused(&self, error: PictureError) -> Failure {
        refused(&self.name, &error)
    }
}

/// Whether a text is a code for a token: one of camtoken's own, or one of another system.
pub fn asks_a_token(text: &str) -> bool {
    code::is_code(text) || foreign(text).is_some()
}

/// The code of another system that a token may answer. A damaged one is returned as the kind that it would be.
pub fn foreign(text: &str) -> Option<Result<Foreign, Refusal>> {
    if code::is_code(text) {
        return None;
    }
    match Foreign::parse(text) {
        Ok(Foreign::Link(_) | Foreign::Text) => None,
        parsed => Some(parsed),
    }
}

/// The sources that were named, with the files of folders, and whether there may be more than one.
///
/// # Errors
///
/// A folder that cannot be read or has no picture, and standard input named twice.
pub fn sources(names: &[PathBuf]) -> Result<(Vec<Source>, bool), Failure> {
    let mut many = names.len() > 1;
    let mut sources = Vec::new();
    for name in names {
        if name == Path::new("-") {
            if sources.iter().any(|source| matches!(source, Source::Stdin)) {
                return Err(Failure::new(Code::CommandLine).because("- stands twice").with("usage", "IMAGE… -"));
            }
            sources.push(Source::Stdin);
        } else if name.is_dir() {
            many = true;
            sources.extend(pictures_in(name)?.into_iter().map(Source::File));
        } else {
            sources.push(Source::named(name));
        }
    }
    Ok((sources, many))
}

impl Source {
    /// The source that one argument names.
    pub fn named(name: &Path) -> Self {
        let text = name.to_str().unwrap_or_default();
        if name == Path::new("-") {
            Self::Stdin
        } else if text.starts_with("data:") {
            Self::Inline(text.to_owned())
        } else {
            Self::File(text.strip_prefix("file://").map_or(name, Path::new).to_owned())
        }
    }

    /// The name as the user gave it.
    pub fn name(&self) -> String {
        match self {
            Self::Stdin => "-".to_owned(),
            Self::File(path) => path.display().to_string(),
            Self::Inline(uri) => uri.split(',').next().unwrap_or_default().chars().take(40).collect(),
        }
    }

    /// Reads it: a picture, or the text of a code.
    ///
    /// # Errors
    ///
    /// A source that cannot be read, or that is neither.
    pub fn content(&self) -> Result<Content, Failure> {
        let limits = Limits::default();
        let refused = |error: PictureError| refused(&self.name(), &error);
        let bytes = self.bytes(limits.max_file_bytes).map_err(|error| self.unread(&error))?;
        if let Some(bytes) = self.size().filter(|size| *size > limits.max_file_bytes) {
            return Err(refused(PictureError::FileTooLarge { bytes, limit: limits.max_file_bytes }));
        }
        if let Ok(text) = str::from_utf8(&bytes) {
            let text = text.trim();
            if code::in_text(text).is_some() || foreign(text).is_some() {
                return Ok(Content::Code(text.to_owned()));
            }
        }
        Ok(Content::Picture(Picture { name: self.name(), bytes }))
    }

    /// Checks that a file can be opened, before a token is looked for.
    ///
    /// # Errors
    ///
    /// A file that cannot be read.
    pub fn check(&self) -> Result<(), Failure> {
        match self {
            Self::File(path) => File::open(path).map(drop).map_err(|error| self.unread(&error)),
            Self::Stdin | Self::Inline(_) => Ok(()),
        }
    }

    fn unread(&self, error: &io::Error) -> Failure {
        let (name, failure) = (self.name(), Failure::new(Code::Read));
        let scheme = name.split_once(':').map_or("", |(scheme, _)| scheme);
        match error.kind() {
            io::ErrorKind::IsADirectory => failure.because(format!("{name}: a folder")),
            io::ErrorKind::NotFound if ["http", "https"].contains(&scheme) => {
                failure.because_of("why-web-address", &[("name", &name)])
            }
            // Its text may hold a key, and is not repeated.
            io::ErrorKind::NotFound if asks_a_token(&name) => {
                failure.because_of("why-code-as-argument", &[("scheme", scheme)])
            }
            _ => failure.because(format!("{name}: {error}")),
        }
    }

    /// The bytes of a file.
    fn size(&self) -> Option<u64> {
        if let Self::File(path) = self { path.metadata().ok().map(|file| file.len()) } else { None }
    }

    /// One byte more than `limit` at most: enough to know that it is too long.
    fn bytes(&self, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match self {
            Self::Stdin => io::stdin().lock().take(limit + 1).read_to_end(&mut bytes)?,
            Self::File(path) => File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?,
            Self::Inline(uri) => {
                bytes.extend_from_slice(uri.as_bytes());
                uri.len()
            }
        };
        Ok(bytes)
    }
}

impl Said {
    /// Reads the bytes of a symbol.
    pub fn of(symbol: &Symbol) -> Self {
        Self::new(symbol.text(), &symbol.payload)
    }

    /// The bytes, and their text.
    pub fn new(text: SymbolText, bytes: &[u8]) -> Self {
        let bytes = bytes.to_vec();
        match text {
            SymbolText::Sure(text) => Self::Text(text),
            SymbolText::Likely(text) => Self::Likely(text, bytes),
            SymbolText::None => Self::Bytes(bytes),
        }
    }

    /// The text, and the bytes in hex unless the text is sure.
    pub fn parts(&self) -> (Option<String>, Option<String>) {
        match self {
            Self::Text(text) => (Some(text.clone()), None),
            Self::Likely(text, bytes) => (Some(text.clone()), Some(lower::encode_string(bytes))),
            Self::Bytes(bytes) => (None, Some(lower::encode_string(bytes))),
        }
    }

    /// Whether the text is a guess: the symbol does not name its character set, and its bytes are no UTF-8.
    pub fn is_guess(&self) -> bool {
        matches!(self, Self::Likely(..))
    }

    /// For a person: lines without control sequences.
    pub fn page(&self) -> String {
        terminal::clean_lines(&self.value()) + "\n"
    }

    /// For a pipe: each character as it is.
    pub fn value(&self) -> String {
        let (text, bytes) = self.parts();
        text.or(bytes).unwrap_or_default()
    }
}

fn refused(name: &str, error: &PictureError) -> Failure {
    let failure = Failure::new(Code::Picture);
    match error {
        PictureError::Nothing => failure.because_of("why-file-empty", &[("name", name)]),
        error => failure.because(format!("{name}: {error}")),
    }
}

fn pictures_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let pictures = camtoken_camera::pictures(folder)
        .map_err(|error| Failure::new(Code::Read).because(format!("{}: {error}", folder.display())))?;
    if pictures.is_empty() {
        let known = camtoken_camera::EXTENSIONS.map(|extension| format!("*.{extension}")).join(", ");
        let (name, failure) = (folder.display().to_string(), Failure::new(Code::Picture));
        return Err(failure.because_of("why-no-picture", &[("name", &name), ("known", &known)]));
    }
    Ok(pictures)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_folder_gives_its_pictures_in_order_and_nothing_else() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for name in ["b.PNG", "a.jpeg", ".hidden.png", "notes.txt"] {
            fs::write(dir.path().join(name), b"").expect("a writable directory");
        }
        fs::create_dir(dir.path().join("c.png")).expect("a writable directory");
        let (found, many) = sources(&[dir.path().to_owned()]).expect("a folder with pictures");
        let names: Vec<_> = found.iter().map(Source::name).collect();
        assert!(many && names.len() == 2 && names[0].ends_with("a.jpeg") && names[1].ends_with("b.PNG"), "{names:?}");
        assert!(sources(&[dir.path().join("c.png")]).is_err(), "no pictures in there");
        assert!(sources(&["-".into(), "-".into()]).is_err());
    }
}

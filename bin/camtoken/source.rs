//! Pictures and codes from outside: files, folders and standard input, sniffed by content, of bounded size.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use base16ct::lower;
use camtoken::code;
use camtoken::qr::{Limits, Luma, Scan, ScanOptions, Symbol, SymbolText, scan_for};
use camtoken_formats::{Foreign, Refusal};

use crate::failure::{Code, Failure};
use crate::terminal;

/// Where a picture or a code comes from.
pub enum Source {
    /// Standard input, named `-`.
    Stdin,
    /// A file.
    File(PathBuf),
}

/// What was found there.
pub enum Content {
    /// A picture.
    Picture(Luma),
    /// The text of a code.
    Code(String),
}

/// What a symbol says.
pub enum Said {
    /// Text.
    Text(String),
    /// What is likely its text, for it does not name its character set.
    Likely(String, Vec<u8>),
    /// Bytes that are no text.
    Bytes(Vec<u8>),
}

/// Looks for a code for a token; else what there is.
pub fn look(luma: &Luma, options: &ScanOptions) -> Scan {
    scan_for(luma, options, |symbol| str::from_utf8(&symbol.payload).is_ok_and(asks_a_token))
}

/// Whether a text asks a token for something: camtoken's own codes, and those of other systems.
pub fn asks_a_token(text: &str) -> bool {
    code::is_code(text) || foreign(text).is_some()
}

/// The code of another system that a token may know what to do with; one that is damaged as what it means to be.
pub fn foreign(text: &str) -> Option<Result<Foreign, Refusal>> {
    if code::is_code(text) {
        return None;
    }
    match Foreign::parse(text) {
        Ok(Foreign::Link(_) | Foreign::Text) => None,
        parsed => Some(parsed),
    }
}

/// What was named, folders opened, and whether that may be more than one.
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
            sources.push(Source::File(name.clone()));
        }
    }
    Ok((sources, many))
}

impl Source {
    /// What one argument names.
    pub fn named(name: &Path) -> Self {
        if name == Path::new("-") { Self::Stdin } else { Self::File(name.to_owned()) }
    }

    /// As it was named.
    pub fn name(&self) -> String {
        match self {
            Self::Stdin => "-".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// Reads it: a picture, or the text of a code.
    ///
    /// # Errors
    ///
    /// What cannot be read, and what is neither.
    pub fn content(&self) -> Result<Content, Failure> {
        let limits = Limits::default();
        let bytes = self.bytes(limits.max_file_bytes).map_err(|error| {
            let error =
                if error.kind() == io::ErrorKind::IsADirectory { "a folder".to_owned() } else { error.to_string() };
            Failure::new(Code::Read).because(format!("{}: {error}", self.name()))
        })?;
        if let Ok(text) = str::from_utf8(&bytes) {
            let text = text.trim();
            if code::in_text(text).is_some() || foreign(text).is_some() {
                return Ok(Content::Code(text.to_owned()));
            }
        }
        Luma::decode(&bytes, &limits)
            .map(Content::Picture)
            .map_err(|error| Failure::new(Code::Picture).because(format!("{}: {error}", self.name())))
    }

    /// One byte more than `limit` at most: enough to know that it is too long.
    fn bytes(&self, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match self {
            Self::Stdin => io::stdin().lock().take(limit + 1).read_to_end(&mut bytes)?,
            Self::File(path) => File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?,
        };
        Ok(bytes)
    }
}

impl Said {
    /// Reads the bytes of a symbol.
    pub fn of(symbol: &Symbol) -> Self {
        let bytes = symbol.payload.clone();
        match symbol.text() {
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

    /// For a person or a pipe: lines of which none steers a terminal.
    pub fn page(&self) -> String {
        let (text, bytes) = self.parts();
        text.or(bytes).map(|said| terminal::clean_lines(&said)).unwrap_or_default() + "\n"
    }
}

fn pictures_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let pictures = camtoken_camera::pictures(folder)
        .map_err(|error| Failure::new(Code::Read).because(format!("{}: {error}", folder.display())))?;
    if pictures.is_empty() {
        let known = camtoken_camera::EXTENSIONS.map(|extension| format!("*.{extension}")).join(" ");
        return Err(Failure::new(Code::Picture).because(format!("{}: {known}", folder.display())));
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

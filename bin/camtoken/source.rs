//! Pictures and codes from outside: files, folders and standard input, sniffed by content, of bounded size.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use camtoken::camera;
use camtoken::qr::{Limits, Luma, Symbol};

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
    /// Bytes that are no text of a known encoding.
    Bytes(Vec<u8>),
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
        if let Some(code) = str::from_utf8(&bytes).ok().and_then(code_text) {
            return Ok(Content::Code(code.to_owned()));
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
    /// Reads the bytes of a symbol: UTF-8, else Shift_JIS, which Japanese payment slips use.
    pub fn of(symbol: &Symbol) -> Self {
        let bytes = &symbol.payload;
        match String::from_utf8(bytes.clone()) {
            Ok(text) => Self::Text(text),
            Err(_) => match encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes) {
                Some(text) => Self::Text(text.into_owned()),
                None => Self::Bytes(bytes.clone()),
            },
        }
    }

    /// The text, or the bytes in hex; of the two, one is none.
    pub fn parts(&self) -> (Option<String>, Option<String>) {
        match self {
            Self::Text(text) => (Some(text.clone()), None),
            Self::Bytes(bytes) => (None, Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())),
        }
    }

    /// For a person or a pipe: lines of which none steers a terminal.
    pub fn page(&self) -> String {
        let (text, bytes) = self.parts();
        text.or(bytes).map(|said| terminal::clean_lines(&said)).unwrap_or_default() + "\n"
    }
}

/// The code that a text is: it begins with `CT` and a version. Blanks around it are the shell's.
pub fn code_text(text: &str) -> Option<&str> {
    let text = text.trim();
    let (version, _) = text.strip_prefix("CT")?.split_once(':')?;
    let is_version = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    // A whole one has no line feed; what stands behind one is not passed over.
    (is_version && !text.contains('\n')).then_some(text)
}

fn pictures_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let pictures = camera::pictures(folder)
        .map_err(|error| Failure::new(Code::Read).because(format!("{}: {error}", folder.display())))?;
    if pictures.is_empty() {
        let known = camera::EXTENSIONS.map(|extension| format!("*.{extension}")).join(" ");
        return Err(Failure::new(Code::Picture).because(format!("{}: {known}", folder.display())));
    }
    Ok(pictures)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_code_is_known_by_its_beginning() {
        assert_eq!(code_text(" CT1:ABC \n"), Some("CT1:ABC"));
        assert_eq!(code_text("CT12:"), Some("CT12:"));
        for text in ["", "CT:", "CTx:1", "ct1:ABC", "CT1", "http://CT1:", "CT1:A\nCT1:B"] {
            assert_eq!(code_text(text), None, "{text:?}");
        }
    }

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

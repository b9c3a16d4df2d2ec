//! The picture that a verb makes: into a file, to standard output, or as blocks on a terminal.

use std::path::{Path, PathBuf};

use camtoken::qr::{EcLevel, SymbolMatrix, Terminal, encode};

use crate::failure::{Code, Failure};
use crate::output::Output;
use crate::state;

/// Pixels a module: large enough for a camera at arm's length, and small enough for a page.
const MODULE_PX: u32 = 8;

/// Where a picture goes.
#[derive(clap::Args)]
pub struct PictureArgs {
    #[arg(long, short, value_name = "FILE.png|FILE.svg|-")]
    output: Option<PathBuf>,
    #[arg(long)]
    ascii: bool,
}

impl PictureArgs {
    /// Refuses impossible arguments before the verb does anything.
    ///
    /// # Errors
    ///
    /// A file that is neither PNG nor SVG, and a picture and a document both for standard output.
    pub fn check(&self, out: &Output) -> Result<(), Failure> {
        let usage = "--output FILE.png|FILE.svg|-";
        match self.output.as_deref() {
            Some(path) if path == Path::new("-") && out.is_for_a_program() => {
                let why = "--output - and --json both write to standard output";
                Err(Failure::new(Code::CommandLine).because(why).with("usage", usage))
            }
            Some(path) if path != Path::new("-") && Kind::of(path).is_none() => {
                let why = format!("{}: neither .png nor .svg", path.display());
                Err(Failure::new(Code::CommandLine).because(why).with("usage", usage))
            }
            _ => Ok(()),
        }
    }

    /// Draws `text`, and returns the file that was written.
    ///
    /// # Errors
    ///
    /// A file that cannot be written.
    pub fn draw(&self, text: &str, out: &Output) -> Result<Option<String>, Failure> {
        let symbol = symbol(text)?;
        if self.ascii {
            let blocks = blocks(&symbol);
            if out.is_for_a_person() && !self.goes_to_stdout() { out.print(&blocks)? } else { out.say(&blocks) }
        }
        match self.output.as_deref() {
            None => Ok(None),
            Some(_) if self.goes_to_stdout() => out.bytes(&symbol.to_png(MODULE_PX)).map(|()| None),
            Some(path) => {
                let bytes = match Kind::of(path) {
                    Some(Kind::Svg) => symbol.to_svg(MODULE_PX).into_bytes(),
                    _ => symbol.to_png(MODULE_PX),
                };
                write(path, &bytes)?;
                Ok(Some(path.display().to_string()))
            }
        }
    }

    /// Whether the picture goes to standard output.
    pub fn goes_to_stdout(&self) -> bool {
        self.output.as_deref() == Some(Path::new("-"))
    }
}

/// The symbol of a code, at the level that codes are drawn with.
pub fn symbol(text: &str) -> Result<SymbolMatrix, Failure> {
    encode(text, EcLevel::M).map_err(|error| Failure::new(Code::Internal).because(error))
}

/// The PNG of a symbol, of the size that codes are drawn with.
pub fn png(symbol: &SymbolMatrix) -> Vec<u8> {
    symbol.to_png(MODULE_PX)
}

/// A symbol for a terminal: light modules on black, so that it is right in every colour scheme.
pub fn blocks(symbol: &SymbolMatrix) -> String {
    let lines = symbol.to_half_blocks(Terminal::Dark);
    lines.lines().map(|line| format!("\u{1b}[97;40m{line}\u{1b}[0m\n")).collect()
}

/// Replaces a file.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    state::write(path, bytes).map_err(|error| Failure::new(Code::Write).because(format!("{}: {error}", path.display())))
}

enum Kind {
    Png,
    Svg,
}

impl Kind {
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "png" => Some(Self::Png),
            "svg" => Some(Self::Svg),
            _ => None,
        }
    }
}

//! What is before the camera.

use camtoken::code::ChallengeCode;
use camtoken::qr::{EcLevel, Limits, Luma, Scan, ScanOptions, encode, scan};
use camtoken::token::Refusal;

/// A picture on a bank's page.
#[derive(Clone)]
pub(super) enum Picture {
    /// A symbol with this text.
    Text(String),
    /// A symbol with this text, of which the middle is painted over.
    Spoilt(String),
    /// White.
    Blank,
}

impl Picture {
    /// Draws it, reads it, and takes what it says for a code.
    ///
    /// The outer error is a mistake of the story; the inner one is what a token says of the picture.
    pub fn read(&self) -> Result<Result<ChallengeCode, Refusal>, String> {
        let luma = match self {
            Self::Text(text) => draw(text)?,
            Self::Spoilt(text) => spoil(&draw(text)?),
            Self::Blank => Luma::from_raw(200, 200, vec![255; 200 * 200]).map_err(|error| error.to_string())?,
        };
        Ok(match scan(&luma, &ScanOptions::default()) {
            Scan::Read(symbols) => match str::from_utf8(&symbols[0].payload) {
                Ok(text) => text.parse().map_err(Refusal::from),
                Err(_) => Err(Refusal::Foreign),
            },
            Scan::Unreadable { module_px } => Err(Refusal::Unreadable { module_px }),
            Scan::NotFound => Err(Refusal::NoCode),
        })
    }
}

/// Through a PNG file, as a page shows it.
fn draw(text: &str) -> Result<Luma, String> {
    let png = encode(text, EcLevel::M).map_err(|error| error.to_string())?.to_png(4);
    Luma::decode(&png, &Limits::default()).map_err(|error| error.to_string())
}

fn spoil(luma: &Luma) -> Luma {
    let (width, height) = (luma.width() as usize, luma.height() as usize);
    let painted = |length: usize| length * 3 / 10..length * 7 / 10;
    let mut pixels = luma.pixels().to_vec();
    for y in painted(height) {
        pixels[y * width..][painted(width)].fill(128);
    }
    Luma::from_raw(luma.width(), luma.height(), pixels).expect("as many pixels as before")
}

//! The picture before the camera.

use camtoken::code::ChallengeCode;
use camtoken::qr::{EcLevel, Limits, Luma, Scan, ScanOptions, encode, scan};
use camtoken::token::Refusal;

/// A picture on a bank's page.
#[derive(Clone)]
pub(crate) enum Picture {
    /// A symbol with this text.
    Text(String),
    /// A symbol with this text, of which the middle is painted over.
    Spoilt(String),
    /// White.
    Blank,
    /// A file.
    Png(Vec<u8>),
}

impl Picture {
    /// The code in it for a token, or why there is none.
    ///
    /// The outer error is a mistake in the story; the inner one is the token's refusal of the picture.
    pub fn code(&self) -> Result<Result<ChallengeCode, Refusal>, String> {
        Ok(Self::read(&self.png()?)?.and_then(|text| text.parse().map_err(Refusal::from)))
    }

    /// The text in it, as a reader finds it.
    pub fn text(&self) -> Result<Result<String, Refusal>, String> {
        Self::read(&self.png()?)
    }

    /// The picture as a page shows it.
    pub fn png(&self) -> Result<Vec<u8>, String> {
        let luma = match self {
            Self::Text(text) => return Ok(encode(text, EcLevel::M).map_err(|error| error.to_string())?.to_png(4)),
            Self::Png(png) => return Ok(png.clone()),
            Self::Spoilt(text) => spoil(&decode(&Self::Text(text.clone()).png()?)?),
            Self::Blank => Luma::from_raw(200, 200, vec![255; 200 * 200]).map_err(|error| error.to_string())?,
        };
        Ok(luma.to_png())
    }

    /// Reads any picture.
    pub fn read(png: &[u8]) -> Result<Result<String, Refusal>, String> {
        Ok(match scan(&decode(png)?, &ScanOptions::default()) {
            Scan::Read(symbols) => String::from_utf8(symbols[0].payload.clone()).map_err(|_| Refusal::Foreign),
            Scan::Unreadable { module_px } => Err(Refusal::Unreadable { module_px }),
            Scan::NotFound => Err(Refusal::NoCode),
        })
    }
}

fn decode(png: &[u8]) -> Result<Luma, String> {
    Luma::decode(png, &Limits::default()).map_err(|error| error.to_string())
}

/// Paints over almost half of the modules. Level M repairs 15 percent of the codewords, or 30 where it is known which ones are lost.
fn spoil(luma: &Luma) -> Luma {
    let (width, height) = (luma.width() as usize, luma.height() as usize);
    let painted = |length: usize| length * 2 / 10..length * 8 / 10;
    let mut pixels = luma.pixels().to_vec();
    for y in painted(height) {
        pixels[y * width..][painted(width)].fill(128);
    }
    Luma::from_raw(luma.width(), luma.height(), pixels).expect("as many pixels as before")
}

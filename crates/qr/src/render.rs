//! From a text to a symbol, and from a symbol to the forms it is shown in.

use std::fmt::{self, Write as _};

use qrcode::bits::Bits;
use qrcode::types::Mode;
use qrcode::{QrCode, Version};

use crate::Luma;
use crate::symbol::{EcLevel, QUIET_ZONE};

/// The largest module drawn in a raster picture: 64 pixels are a symbol of up to 11,840 pixels a side.
const MAX_MODULE_PX: u32 = 64;

/// Why a text was not drawn.
#[derive(Debug)]
#[non_exhaustive]
pub enum RenderError {
    /// Not even version 40 holds it.
    TooLong {
        /// The length of the text or payload.
        length: usize,
        /// The level asked for.
        level: EcLevel,
    },
}

impl std::error::Error for RenderError {}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::TooLong { length, level } = self;
        write!(f, "{length} bytes are more than a symbol holds at level {level:?}")
    }
}

/// The dark and light modules of one symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymbolMatrix {
    /// Row by row, without quiet zone; `true` is dark.
    modules: Vec<bool>,
    side: usize,
    version: u8,
    level: EcLevel,
}

/// The background on which the half blocks are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terminal {
    /// Light text on a dark ground: the blocks are the light modules.
    Dark,
    /// Dark text on a light ground: the blocks are the dark modules.
    Light,
}

/// Makes the smallest symbol that holds the text.
///
/// The text is in one alphanumeric segment if its characters allow it (digits, capitals, space and `$%*+-./:`),
/// else in one byte segment.
///
/// # Errors
///
/// [`RenderError::TooLong`] beyond version 40.
///
/// # Examples
///
/// ```
/// use camtoken_qr::{EcLevel, encode};
///
/// let symbol = encode("HTTPS://EXAMPLE.COM", EcLevel::M)?;
/// assert_eq!((symbol.version(), symbol.modules_per_side()), (1, 21));
/// let png = symbol.to_png(8); // 8 pixels a module, with the quiet zone of 4 modules
/// assert!(png.starts_with(b"\x89PNG"));
/// assert!(symbol.to_svg(8).starts_with("<svg "));
/// # Ok::<(), camtoken_qr::RenderError>(())
/// ```
pub fn encode(text: &str, level: EcLevel) -> Result<SymbolMatrix, RenderError> {
    let alphanumeric = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'Z') || b" $%*+-./:".contains(&b));
    encode_segment(text.as_bytes(), if alphanumeric { Mode::Alphanumeric } else { Mode::Byte }, level)
}

/// Makes the smallest symbol that holds the bytes, in one byte segment. For a text use [`encode`].
///
/// # Errors
///
/// [`RenderError::TooLong`] beyond version 40.
pub fn encode_bytes(payload: &[u8], level: EcLevel) -> Result<SymbolMatrix, RenderError> {
    encode_segment(payload, Mode::Byte, level)
}

impl SymbolMatrix {
    /// 1 to 40.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.version
    }

    /// The level it was made with.
    #[must_use]
    pub fn level(&self) -> EcLevel {
        self.level
    }

    /// 21 to 177.
    #[must_use]
    pub fn modules_per_side(&self) -> usize {
        self.side
    }

    /// Tells whether the module in column `x` and row `y` is dark; those around the symbol are light.
    #[must_use]
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        x < self.side && y < self.side && self.modules[y * self.side + x]
    }

    /// Draws a PNG of one bit a pixel, with a quiet zone of four modules; a module is 1 to 64 pixels wide.
    #[must_use]
    pub fn to_png(&self, module_px: u32) -> Vec<u8> {
        let scale = clamp(module_px);
        let side = self.framed() * scale;
        let mut lines = Vec::with_capacity(side.div_ceil(8) * side);
        for row in self.framed_rows() {
            let mut line = vec![0u8; side.div_ceil(8)];
            for (x, _) in row.iter().enumerate().filter(|&(_, dark)| !dark) {
                for px in x * scale..(x + 1) * scale {
                    line[px / 8] |= 0x80 >> (px % 8);
                }
            }
            for _ in 0..scale {
                lines.extend_from_slice(&line);
            }
        }
        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, side as u32, side as u32);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let mut writer = encoder.write_header().expect("a side of 29 to 11840 pixels is a valid header");
        writer.write_image_data(&lines).expect("there are as many lines as the header says, and memory takes them");
        writer.finish().expect("memory takes the last chunk");
        png
    }

    /// Draws an SVG of one path on white, with a quiet zone of four modules.
    #[must_use]
    pub fn to_svg(&self, module_px: u32) -> String {
        let side = self.framed();
        let px = side as u64 * u64::from(module_px.max(1));
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{px}\" height=\"{px}\" viewBox=\"0 0 {side} \
             {side}\" shape-rendering=\"crispEdges\"><title>2D code</title><rect width=\"{side}\" height=\"{side}\" \
             fill=\"#fff\"/><path fill=\"#000\" d=\""
        );
        for (y, row) in self.framed_rows().enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|a, b| a == b) {
                if run[0] {
                    let w = run.len();
                    write!(svg, "M{x} {y}h{w}v1h-{w}z").expect("a string takes all that is written");
                }
                x += run.len();
            }
        }
        svg.push_str("\"/></svg>\n");
        svg
    }

    /// Draws two rows of modules in each line of text, with a quiet zone of four modules.
    #[must_use]
    pub fn to_half_blocks(&self, terminal: Terminal) -> String {
        let rows: Vec<Vec<bool>> = self.framed_rows().collect();
        let beyond = vec![false; self.framed()];
        let mut text = String::new();
        for pair in rows.chunks(2) {
            let lower = pair.get(1).unwrap_or(&beyond);
            for (&upper, &lower) in pair[0].iter().zip(lower) {
                let ink = |dark: bool| dark == (terminal == Terminal::Light);
                text.push(match (ink(upper), ink(lower)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            text.push('\n');
        }
        text
    }

    /// Draws the picture that [`scan`](crate::scan) takes, with a quiet zone of four modules; a module is 1 to 64
    /// pixels wide.
    #[must_use]
    pub fn to_luma(&self, module_px: u32) -> Luma {
        let scale = clamp(module_px);
        let side = self.framed() * scale;
        let mut pixels = Vec::with_capacity(side * side);
        for row in self.framed_rows() {
            let line: Vec<u8> =
                row.iter().flat_map(|&dark| std::iter::repeat_n(if dark { 0 } else { 255 }, scale)).collect();
            for _ in 0..scale {
                pixels.extend_from_slice(&line);
            }
        }
        Luma { width: side as u32, height: side as u32, pixels }
    }

    /// Modules a side with the quiet zone.
    fn framed(&self) -> usize {
        self.side + 2 * usize::from(QUIET_ZONE)
    }

    fn framed_rows(&self) -> impl Iterator<Item = Vec<bool>> {
        let module = |at: usize| at.wrapping_sub(QUIET_ZONE.into());
        (0..self.framed()).map(move |y| (0..self.framed()).map(|x| self.is_dark(module(x), module(y))).collect())
    }
}

/// One segment instead of the library's optimiser, which writes binary as kanji now and then.
fn encode_segment(data: &[u8], mode: Mode, level: EcLevel) -> Result<SymbolMatrix, RenderError> {
    let too_long = || RenderError::TooLong { length: data.len(), level };
    let ec = match level {
        EcLevel::L => qrcode::EcLevel::L,
        EcLevel::M => qrcode::EcLevel::M,
        EcLevel::Q => qrcode::EcLevel::Q,
        EcLevel::H => qrcode::EcLevel::H,
    };
    let mut bits = (1..=40)
        .map(Version::Normal)
        .map(Bits::new)
        .find(|bits| {
            let header = bits.version().mode_bits_count() + mode.length_bits_count(bits.version());
            bits.max_len(ec).is_ok_and(|room| header + mode.data_bits_count(data.len()) <= room)
        })
        .ok_or_else(too_long)?;
    match mode {
        Mode::Alphanumeric => bits.push_alphanumeric_data(data),
        _ => bits.push_byte_data(data),
    }
    .and_then(|()| bits.push_terminator(ec))
    .map_err(|_| too_long())?;
    let code = QrCode::with_bits(bits, ec).map_err(|_| too_long())?;
    let side = code.width();
    let modules = code.into_colors().into_iter().map(|color| color == qrcode::Color::Dark).collect();
    Ok(SymbolMatrix { modules, side, version: ((side - 17) / 4) as u8, level })
}

fn clamp(module_px: u32) -> usize {
    module_px.clamp(1, MAX_MODULE_PX) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    const LEVELS: [EcLevel; 4] = [EcLevel::L, EcLevel::M, EcLevel::Q, EcLevel::H];

    /// Reads a matrix with rqrr, which has nothing in common with the encoder.
    fn oracle(symbol: &SymbolMatrix) -> (Vec<u8>, usize, u16) {
        let grid = rqrr::SimpleGrid::from_func(symbol.modules_per_side(), |x, y| symbol.is_dark(x, y));
        let mut payload = Vec::new();
        let meta = rqrr::Grid::new(grid).decode_to(&mut payload).expect("a clean matrix decodes");
        (payload, meta.version.0, meta.ecc_level)
    }

    impl SymbolMatrix {
        fn capacity_bits(&self) -> usize {
            let level = [qrcode::EcLevel::L, qrcode::EcLevel::M, qrcode::EcLevel::Q, qrcode::EcLevel::H];
            let bits = Bits::new(Version::Normal(self.version.into()));
            bits.max_len(level[self.level as usize]).expect("every version has every level")
        }
    }

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|i| (i * 151 + 89) as u8).collect()
    }

    #[test]
    fn every_version_and_level_is_read_by_another_implementation() {
        for level in LEVELS {
            let (mut length, mut seen) = (1, Vec::new());
            while let Ok(symbol) = encode_bytes(&bytes(length), level) {
                let (payload, version, ec) = oracle(&symbol);
                assert_eq!(payload, bytes(length));
                assert_eq!(version, usize::from(symbol.version()));
                // The indicators of ISO/IEC 18004, table 12.
                assert_eq!(ec, [1, 0, 3, 2][level as usize]);
                assert_eq!(symbol.modules_per_side(), 17 + 4 * version);
                seen.push(symbol.version());
                // One byte more than this version takes: mode, count and 8 bits a byte.
                let room = symbol.capacity_bits();
                length = (room - if version < 10 { 12 } else { 20 }) / 8 + 1;
            }
            assert_eq!(seen, (1..=40).collect::<Vec<u8>>(), "level {level:?}");
        }
    }

    #[test]
    fn capacities_are_those_of_the_standard() {
        // ISO/IEC 18004, table 7: version, level, alphanumeric characters, bytes.
        for (version, level, characters, bytes) in [
            (1, EcLevel::L, 25, 17),
            (4, EcLevel::M, 90, 62),
            (10, EcLevel::M, 311, 213),
            (10, EcLevel::Q, 221, 151),
            (27, EcLevel::H, 910, 625),
            (40, EcLevel::L, 4296, 2953),
        ] {
            let version_of = |text: &str| encode(text, level).map(|symbol| symbol.version()).unwrap_or(41);
            assert_eq!(version_of(&"A".repeat(characters)), version);
            assert_eq!(version_of(&"A".repeat(characters + 1)), version + 1);
            assert_eq!(version_of(&"a".repeat(bytes)), version);
            assert_eq!(version_of(&"a".repeat(bytes + 1)), version + 1);
        }
    }

    #[test]
    fn too_long_a_text_is_refused() {
        let error = encode(&"A".repeat(4297), EcLevel::L).expect_err("one character more than version 40 takes");
        assert_eq!(error.to_string(), "4297 bytes are more than a symbol holds at level L");
    }

    #[test]
    fn bytes_that_look_like_kanji_stay_bytes() {
        let payload = [0x93, 0x5f, 0xe4, 0xaa].repeat(20);
        let symbol = encode_bytes(&payload, EcLevel::M).expect("80 bytes fit");
        let crate::Scan::Read(found) = crate::scan(&symbol.to_luma(4), &Default::default()) else {
            panic!("a clean picture is read")
        };
        assert_eq!(found[0].payload, payload);
        // 80 bytes need version 5 as bytes; as kanji version 4 would do.
        assert_eq!(symbol.version(), 5);
    }

    #[test]
    fn png_is_the_picture_that_is_scanned() {
        let symbol = encode("CT1:PNG", EcLevel::Q).expect("it is short");
        for px in [1, 3, 8] {
            let png = symbol.to_png(px);
            assert_eq!(Luma::decode(&png, &Limits::default()), Ok(symbol.to_luma(px)));
        }
    }

    #[test]
    fn module_size_stays_in_its_bounds() {
        let symbol = encode("1", EcLevel::L).expect("it is short");
        assert_eq!(symbol.to_luma(0), symbol.to_luma(1));
        assert_eq!(symbol.to_luma(u32::MAX).width(), 29 * 64);
    }

    #[test]
    fn quiet_zone_is_four_modules_of_white() {
        let luma = encode("CT1:QUIET", EcLevel::M).expect("it is short").to_luma(3);
        let side = luma.width() as usize;
        for (i, &v) in luma.pixels().iter().enumerate() {
            let (x, y) = (i % side, i / side);
            assert!(v == 255 || (12..side - 12).contains(&x) && (12..side - 12).contains(&y));
        }
        assert_eq!(luma.pixels()[12 * side + 12], 0);
    }

    #[test]
    fn svg_is_one_path_that_draws_the_same_modules() {
        let symbol = encode("CT1:SVG +*/", EcLevel::M).expect("it is short");
        let svg = symbol.to_svg(5);
        let side = symbol.modules_per_side() + 8;
        assert!(svg.contains(&format!("width=\"{0}\" height=\"{0}\" viewBox=\"0 0 {side} {side}\"", side * 5)));
        assert!(svg.contains("role=\"img\"") && svg.contains("<title>2D code</title>"));
        assert_eq!(svg.matches("<path").count(), 1);
        let path = svg.split(" d=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("the path has data");
        let mut drawn = vec![255; side * side];
        for run in path.split('M').skip(1) {
            let (x, rest) = run.split_once(' ').expect("x, then y");
            let (y, rest) = rest.split_once('h').expect("then the run");
            let (width, _) = rest.split_once('v').expect("then down");
            let [x, y, width] = [x, y, width].map(|n| n.parse::<usize>().expect("a number"));
            drawn[y * side + x..][..width].fill(0);
        }
        assert_eq!(drawn, symbol.to_luma(1).pixels());
    }

    #[test]
    fn half_blocks_draw_the_same_modules_on_either_ground() {
        let symbol = encode("CT1:TERMINAL", EcLevel::M).expect("it is short");
        let luma = symbol.to_luma(1);
        let side = luma.width() as usize;
        for (terminal, ink) in [(Terminal::Light, 0), (Terminal::Dark, 255)] {
            let text = symbol.to_half_blocks(terminal);
            assert_eq!(text.lines().count(), side.div_ceil(2));
            for (line, rows) in text.lines().zip(luma.pixels().chunks(2 * side)) {
                assert_eq!(line.chars().count(), side);
                for (x, c) in line.chars().enumerate() {
                    let (upper, lower) = (matches!(c, '█' | '▀'), matches!(c, '█' | '▄'));
                    assert_eq!(upper, rows[x] == ink);
                    assert_eq!(lower, rows.get(side + x).copied().unwrap_or(255) == ink);
                }
            }
        }
    }
}

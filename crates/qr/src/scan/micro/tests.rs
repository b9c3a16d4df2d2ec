use super::*;
use crate::{EcLevel, Limits, SymbolText, encode};

/// Symbols as segno 1.6 has made them: version, level, text, and the rows, dark modules as ones.
const SEGNO: &str = include_str!("segno.txt");

struct Made {
    version: u8,
    level: Option<EcLevel>,
    text: &'static str,
    side: usize,
    dark: Vec<bool>,
}

fn made() -> impl Iterator<Item = Made> {
    SEGNO.lines().map(|line| {
        let [version, level, text, rows] = line.split('|').collect::<Vec<_>>().try_into().expect("four parts");
        let version = version[1..].parse().expect("a number");
        let side = 2 * usize::from(version) + 9;
        let rows = rows.split(' ').map(|row| u32::from_str_radix(row, 16).expect("hex digits"));
        let dark = rows.flat_map(|row| (0..side).rev().map(move |bit| row >> bit & 1 == 1)).collect();
        let level = match level {
            "L" => Some(EcLevel::L),
            "M" => Some(EcLevel::M),
            "Q" => Some(EcLevel::Q),
            _ => None,
        };
        Made { version, level, text, side, dark }
    })
}

impl Made {
    /// Drawn with modules so large, turned by an angle about the middle of a picture in which it has two modules of quiet zone.
    fn drawn(&self, module: f32, degrees: f32, mirrored: bool) -> Luma {
        let size = ((self.side as f32 + 4.0) * module * if degrees % 90.0 == 0.0 { 1.0 } else { 1.5 }) as u32;
        let (sine, cosine) = degrees.to_radians().sin_cos();
        let half = size as f32 / 2.0;
        let pixels = (0..size * size).map(|i| {
            // Four samples for each pixel.
            let light = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)].map(|(du, dv)| {
                let (x, y) = ((i % size) as f32 + du - half, (i / size) as f32 + dv - half);
                let (u, v) = (cosine * x + sine * y, cosine * y - sine * x);
                let u = if mirrored { -u } else { u };
                let at = |t: f32| (t / module + self.side as f32 / 2.0).floor();
                let (u, v) = (at(u), at(v));
                let inside = |t: f32| t >= 0.0 && t < self.side as f32;
                if inside(u) && inside(v) && self.dark[v as usize * self.side + u as usize] { 30u16 } else { 225 }
            });
            (light.iter().sum::<u16>() / 4) as u8
        });
        Luma { width: size, height: size, pixels: pixels.collect() }
    }
}

#[track_caller]
fn read(luma: &Luma) -> MicroSymbol {
    match scan_other(luma) {
        Some(OtherSymbol::Micro(symbol)) => symbol,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_version_level_mode_and_mask_is_read() {
    let mut versions = Vec::new();
    for made in made() {
        let symbol = read(&made.drawn(6.0, 0.0, false));
        assert_eq!((symbol.version, symbol.level), (made.version, made.level), "{}", made.text);
        assert!(
            matches!(symbol.text(), SymbolText::Sure(text) | SymbolText::Likely(text) if text == made.text),
            "{symbol:?}"
        );
        assert!((symbol.module_px - 6.0).abs() < 0.3, "{}", symbol.module_px);
        let far = 12.0 + 6.0 * made.side as f32;
        for (found, due) in symbol.corners.iter().zip([(12.0, 12.0), (far, 12.0), (far, far), (12.0, far)]) {
            assert!((found.0 - due.0).hypot(found.1 - due.1) < 3.0, "{:?}", symbol.corners);
        }
        versions.push((made.version, made.level.map(|level| level as u8)));
    }
    versions.sort_unstable();
    versions.dedup();
    assert_eq!(versions.len(), 8);
}

#[test]
fn it_is_read_however_it_is_turned_small_mirrored_or_light_on_dark() {
    let mut failed = Vec::new();
    for made in made().step_by(5) {
        for (module, degrees) in
            [(3.0, 0.0), (4.0, 90.0), (5.0, 180.0), (7.0, 270.0), (8.0, 7.0), (8.0, 30.0), (9.0, 200.0)]
        {
            for mirrored in [false, true] {
                let luma = made.drawn(module, degrees, mirrored);
                for (light, luma) in [(false, &luma), (true, &negative(&luma))] {
                    let is_read =
                        matches!(scan_other(luma), Some(OtherSymbol::Micro(symbol)) if symbol.version == made.version);
                    failed.extend((!is_read).then_some((made.text, module, degrees, mirrored, light)));
                }
            }
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn damage_is_mended_or_told() {
    for mut made in made().filter(|made| made.version == 4) {
        let at = made.side * made.side - 1;
        made.dark[at] ^= true;
        assert!(matches!(scan_other(&made.drawn(6.0, 0.0, false)), Some(OtherSymbol::Micro(_))));
        for (at, dark) in made.dark.iter_mut().enumerate().filter(|(at, _)| at / made.side > 9 && at % made.side > 0) {
            *dark = at % 3 == 0;
        }
        assert_eq!(scan_other(&made.drawn(6.0, 0.0, false)), Some(OtherSymbol::UnreadMicro));
    }
}

#[test]
fn a_full_code_and_noise_are_no_other_symbols() {
    let full = encode("CT1:FULL CODE", EcLevel::M).expect("a short text").to_luma(5);
    assert_eq!(scan_other(&full), None);
    let mut noise = 0x2545_f491_u32;
    let pixels = (0..400 * 400).map(|_| {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        noise as u8
    });
    assert_eq!(scan_other(&Luma { width: 400, height: 400, pixels: pixels.collect() }), None);
    let page = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testvectors/pictures/page_of_text.png"));
    let page = Luma::decode(&page.expect("it is in the tree"), &Limits::default()).expect("a picture");
    assert_eq!(scan_other(&page), None);
}

#[test]
fn a_rectangle_is_told_by_its_edge() {
    // The upper left of an rMQR code as wide as can be: a finder pattern, and timing along the edge.
    let (columns, rows) = (43usize, 15usize);
    let dark = |x: usize, y: usize| match (x, y) {
        (0..7, 0..7) => x.min(6 - x).min(y).min(6 - y) != 1,
        (0..8, 0..8) => false,
        (_, 0) | (0, _) => (x + y).is_multiple_of(2),
        _ => x * y % 5 < 2,
    };
    let (module, quiet) = (5, 10);
    let (width, height) = (columns * module + 2 * quiet, rows * module + 2 * quiet);
    let pixels = (0..width * height).map(|i| {
        let (x, y) = ((i % width).wrapping_sub(quiet) / module, (i / width).wrapping_sub(quiet) / module);
        if x < columns && y < rows && dark(x, y) { 0 } else { 255 }
    });
    let luma = Luma { width: width as u32, height: height as u32, pixels: pixels.collect() };
    assert_eq!(scan_other(&luma), Some(OtherSymbol::Rectangular));
}

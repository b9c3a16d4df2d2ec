//! Our own reader, for what a black-and-white picture loses: it finds symbols by what all of them have in common and
//! decides about each module by its grey level.
//!
//! ```text
//! Luma -> Finder -> Triple -> Grid -> Modules -> Decoded
//!     find    triples    settle   sample    decode
//!                     \> Bent /
//! ```

mod bent;
mod correct;
pub(super) mod decode;
mod finder;
mod grid;
mod modules;
mod plan;
mod shape;
mod solve;
mod track;

use std::sync::OnceLock;

use bent::Bent;
pub(in crate::scan) use decode::{Decoded, sequence};
use finder::Finder;
use grid::{Grid, Point, Triple, module_px};
use modules::Modules;
use plan::Plan;
pub(super) use track::{Laid, Track};

use crate::scan::{Reader, Reading, Sighting, prepare};
use crate::{EcLevel, Luma, Stage, Symbol};

/// How much may be tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grey {
    /// Triples of finder patterns on which a grid is laid, for each size of the picture.
    pub max_triples: usize,
}

/// Finder patterns among which triples are sought.
const MAX_FINDERS: usize = 36;

/// Modules of fewer pixels would be lost in a blur.
const SMALL_MODULE: f32 = 3.3;

/// Grids decoded in vain before the rest is left alone.
const MAX_FAILED: usize = 5;

/// Modules of grids decoded in vain before the rest is left alone: one symbol if it is large, and never fewer. In photos
/// that are read, it is the first.
const MAX_VAIN: f32 = 15_000.0;

/// Meshes laid where a flat grid does not fit.
const MAX_BENT: usize = 3;

/// How often a grid is moved to where its own reading would have it.
const MAX_FOLLOWED: usize = 3;

/// Modules that are read again for it: a large symbol has so many that it is sure of its place at once.
const MAX_FOLLOWED_MODULES: usize = 30_000;

/// Below, it is not worth while to move a grid.
const MIN_FIRST_LIKENESS: f32 = 0.2;

/// Below, what was found is no symbol.
const MIN_LIKENESS: f32 = 0.33;

/// From there on it is plain that something is a symbol, read or not.
const SURE_LIKENESS: f32 = 0.6;

impl Reader for Grey {
    fn read(&self, luma: &Luma, all: bool) -> Reading {
        let mut reading = Reading::default();
        if luma.width < 21 || luma.height < 21 {
            return reading;
        }
        let soft = prepare::blur(luma);
        let binaries = [(&soft, 31), (&soft, 13), (luma, 17)]
            .map(|(grey, window)| (grey, prepare::threshold_locally(grey, window)));
        let find = |inverted: bool| {
            let mut finders = Vec::new();
            for (grey, binary) in &binaries {
                finder::merge(&mut finders, &finder::find(binary, grey, inverted));
            }
            finders
        };
        self.read_dark(luma, &soft, find(false), false, all, &mut reading);
        if all || reading.symbols.is_empty() {
            let finders = find(true);
            if finders.len() > 2 {
                self.read_dark(&negative(luma), &negative(&soft), finders, true, all, &mut reading);
            }
        }
        reading
    }
}

fn negative(luma: &Luma) -> Luma {
    Luma { pixels: luma.pixels.iter().map(|v| 255 - v).collect(), ..*luma }
}

impl Grey {
    fn read_dark(
        &self,
        luma: &Luma,
        soft: &Luma,
        mut finders: Vec<Finder>,
        inverted: bool,
        all: bool,
        reading: &mut Reading,
    ) {
        for finder in &mut finders {
            finder.judge(if finder.module < SMALL_MODULE { luma } else { soft });
        }
        finders.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
        finders.truncate(MAX_FINDERS);
        let mut used: Vec<[(f32, f32); 4]> = Vec::new();
        let mut failed: Vec<[(f32, f32); 4]> = Vec::new();
        let (mut bent, mut vain) = (0, 0.0);
        for triple in grid::triples(&finders).iter().take(self.max_triples) {
            if vain > MAX_VAIN || failed.len() == MAX_FAILED && bent == MAX_BENT {
                break;
            }
            let centres = [triple.corner, triple.right, triple.below].map(|f| (f.x, f.y));
            if used.iter().any(|corners| centres.iter().any(|&point| is_inside(point, corners))) {
                continue;
            }
            let smooth = if triple.corner.module < SMALL_MODULE { luma } else { soft };
            let Some(mut grid) = settle(triple, smooth) else {
                // Three likely finder patterns and nothing flat between them.
                if bent < MAX_BENT && triple.is_likely() {
                    bent += 1;
                    vain += triple.side * triple.side;
                    if let Some((mesh, decoded)) = read_bent(triple, luma, smooth) {
                        used.push(mesh.corners());
                        reading.symbols.push(symbol(mesh.plan, mesh.corners(), decoded, inverted));
                        if !all {
                            return;
                        }
                    }
                }
                continue;
            };
            let module_px = grid.module_px();
            let laid = grid.corners();
            if failed.len() == MAX_FAILED || failed.iter().any(|corners| is_near(corners, &laid, 2.0 * module_px)) {
                continue;
            }
            let read = match read_grid(&mut grid, luma) {
                Some(decoded) => Some((grid.corners(), grid.plan, decoded)),
                None if bent < MAX_BENT => {
                    bent += 1;
                    read_bent(triple, luma, smooth).map(|(mesh, decoded)| (mesh.corners(), mesh.plan, decoded))
                }
                None => None,
            };
            if let Some((corners, plan, decoded)) = read {
                used.push(corners);
                reading.symbols.push(symbol(plan, corners, decoded, inverted));
                if !all {
                    return;
                }
            } else {
                failed.push(laid);
                vain += triple.side * triple.side;
                // Blur washes out all but the finder patterns.
                let likeness = grid.likeness.max(grid.finder_likeness(soft));
                if likeness > SURE_LIKENESS {
                    reading.see(Sighting { module_px, likeness });
                }
                if reading.laid.as_ref().is_none_or(|known| known.grid.likeness < grid.likeness) {
                    reading.laid = Some(Laid { grid, inverted });
                }
            }
        }
    }
}

/// Finds the version whose plan fits best.
fn settle(triple: &Triple, picture: &Luma) -> Option<Grid<'static>> {
    let mut grids: Vec<Grid> = Vec::new();
    for version in triple.versions() {
        let Some(grid) = plan(version).and_then(|plan| Grid::lay(plan, triple, picture)) else { continue };
        grids.push(grid);
    }
    grids.retain(|grid| grid.likeness > MIN_FIRST_LIKENESS);
    by_likeness(&mut grids);
    grids.truncate(3);
    for grid in &mut grids {
        grid.settle(picture, 0.4, 0.2);
    }
    by_likeness(&mut grids);
    let mut best = grids.into_iter().next().filter(|grid| grid.likeness > MIN_LIKENESS)?;
    best.look_closely(picture);
    best.settle(picture, 0.2, 0.05);
    (best.likeness > MIN_LIKENESS).then_some(best)
}

fn by_likeness(grids: &mut [Grid]) {
    grids.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
}

/// Decodes a grid; what was read in vain tells how to lay it better.
fn read_grid(grid: &mut Grid, luma: &Luma) -> Option<Decoded> {
    let mut modules = Modules::sample(grid.plan, luma, |u, v| grid.place.map(u, v));
    if let Some(decoded) = decode::decode(grid.plan, &modules.plain()) {
        return Some(decoded);
    }
    let rounds = (MAX_FOLLOWED_MODULES / grid.plan.side.pow(2)).clamp(1, MAX_FOLLOWED);
    for _ in 0..rounds {
        let reading = modules.unsmeared();
        if let Some(decoded) = decode::decode(grid.plan, &reading.modules) {
            return Some(decoded);
        }
        grid.follow(&reading, luma);
        modules = Modules::sample(grid.plan, luma, |u, v| grid.place.map(u, v));
        if let Some(certain) = decode::certain(grid.plan, &reading.modules) {
            modules.learn_modules(&certain);
        }
    }
    None
}

/// Decodes a symbol that is not flat.
fn read_bent(triple: &Triple, luma: &Luma, smooth: &Luma) -> Option<(Bent<'static>, Decoded)> {
    let mesh = Bent::lay(triple.versions().into_iter().filter_map(plan), triple, smooth)?;
    if mesh.likeness < MIN_LIKENESS {
        return None;
    }
    let modules = Modules::sample(mesh.plan, luma, |u, v| mesh.map(u, v));
    let decoded = decode::decode(mesh.plan, &modules.plain())
        .or_else(|| decode::decode(mesh.plan, &modules.unsmeared().modules))?;
    Some((mesh, decoded))
}

fn symbol(plan: &Plan, mut corners: [Point; 4], decoded: Decoded, inverted: bool) -> Symbol {
    let module_px = module_px(plan, &corners);
    if decoded.mirrored {
        corners.swap(1, 3);
    }
    Symbol {
        payload: decoded.payload,
        corners,
        module_px,
        version: ((plan.side - 17) / 4) as u8,
        level: Some(decoded.level),
        inverted,
        mirrored: decoded.mirrored,
        corrected: decoded.corrected,
        sequence: decoded.sequence,
        named_text: decoded.named_text,
        stage: Stage::Grey,
    }
}

fn plan(version: u32) -> Option<&'static Plan> {
    static PLANS: [OnceLock<Option<Plan>>; 41] = [const { OnceLock::new() }; 41];
    PLANS.get(version as usize)?.get_or_init(|| Plan::new(version)).as_ref()
}

fn is_near(a: &[(f32, f32); 4], b: &[(f32, f32); 4], reach: f32) -> bool {
    a.iter().zip(b).all(|(a, b)| (a.0 - b.0).hypot(a.1 - b.1) < reach)
}

fn is_inside((x, y): (f32, f32), corners: &[(f32, f32); 4]) -> bool {
    (0..4).all(|i| {
        let ((ax, ay), (bx, by)) = (corners[i], corners[(i + 1) % 4]);
        (bx - ax) * (y - ay) - (by - ay) * (x - ax) >= 0.0
    })
}

/// Reads a grid that another decoder has read at this level, and asks for the same proof as of our own.
pub(super) fn read_again(
    side: usize,
    dark: impl Fn(usize, usize) -> bool,
    level: EcLevel,
    mirrored: bool,
) -> Option<Decoded> {
    let plan = plan(u32::try_from(side.checked_sub(17)? / 4).ok()?).filter(|plan| plan.side == side)?;
    let modules: Vec<f32> = (0..side * side).map(|i| if dark(i % side, i / side) { 4.0 } else { -4.0 }).collect();
    decode::decode_with_level(plan, &modules, level, mirrored)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SymbolMatrix, encode_bytes};

    const PAYLOAD: &[u8] = b"CT1:6BFOXN*TS0BI$ZD4 6BFOXN*TS0BI$ZD4 6BFOXN*TS0BI$ZD4";

    fn drawn() -> SymbolMatrix {
        encode_bytes(PAYLOAD, EcLevel::M).expect("version 4 takes it")
    }

    /// A page of one grey with the symbol on it at the given grey levels, its quiet zone cut to `quiet` pixels.
    fn page(ground: u8, module_px: u32, quiet: u32, pixel: impl Fn(u8) -> u8) -> Luma {
        let symbol = drawn().to_luma(module_px);
        let cut = 4 * module_px - quiet;
        let side = symbol.width - 2 * cut;
        let (width, height, left, top) = (side + 220, side + 150, 130, 70);
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| {
            match (x.checked_sub(left), y.checked_sub(top)) {
                (Some(x), Some(y)) if x < side && y < side => {
                    pixel(symbol.pixels[((y + cut) * symbol.width + x + cut) as usize])
                }
                _ => ground,
            }
        });
        Luma { width, height, pixels: pixels.collect() }
    }

    /// Adds noise that is always the same.
    fn noisy(mut luma: Luma, strength: u32) -> Luma {
        let mut noise = 0x2545_f491_u32;
        for pixel in &mut luma.pixels {
            noise ^= noise << 13;
            noise ^= noise >> 17;
            noise ^= noise << 5;
            *pixel = (i32::from(*pixel) + (noise % (2 * strength + 1)) as i32 - strength as i32).clamp(0, 255) as u8;
        }
        luma
    }

    fn read(luma: &Luma) -> Option<Symbol> {
        Grey { max_triples: 12 }.read(luma, false).symbols.into_iter().next()
    }

    #[test]
    fn symbol_without_a_quiet_zone_is_read_on_dark_ground() {
        for ground in [0, 60, 110] {
            let symbol = read(&page(ground, 5, 0, |v| v)).expect("it is sharp");
            assert_eq!((&symbol.payload[..], symbol.corrected), (PAYLOAD, Some(0)));
        }
    }

    #[test]
    fn blur_of_more_than_half_a_module_is_read() {
        let mut luma = page(235, 5, 20, |v| v / 255 * 190 + 20);
        // Each has half a pixel of variance: 2.8 pixels in all.
        for _ in 0..16 {
            luma = prepare::blur(&luma);
        }
        assert_eq!(read(&noisy(luma, 2)).expect("a grid is found").payload, PAYLOAD);
    }

    #[test]
    fn twelve_grey_levels_are_enough() {
        assert_eq!(read(&page(100, 4, 16, |v| v / 255 * 12 + 88)).expect("it is sharp").payload, PAYLOAD);
    }

    #[test]
    fn strong_noise_is_averaged() {
        assert_eq!(read(&noisy(page(200, 6, 24, |v| v / 255 * 130 + 60), 60)).expect("it is large").payload, PAYLOAD);
    }

    #[test]
    fn light_on_dark_and_mirrored_is_told() {
        let mut luma = page(20, 5, 20, |v| 255 - v);
        let width = luma.width as usize;
        luma.pixels.chunks_exact_mut(width).for_each(<[u8]>::reverse);
        let symbol = read(&luma).expect("it is sharp");
        assert_eq!((&symbol.payload[..], symbol.inverted, symbol.mirrored), (PAYLOAD, true, true));
        let width = width as f32;
        let side = 5.0 * f32::from(4 * symbol.version + 17);
        for (found, expected) in symbol.corners.iter().zip([
            (width - 150.0, 90.0),
            (width - 150.0 - side, 90.0),
            (width - 150.0 - side, 90.0 + side),
            (width - 150.0, 90.0 + side),
        ]) {
            assert!((found.0 - expected.0).hypot(found.1 - expected.1) < 2.0, "{:?}", symbol.corners);
        }
    }

    #[test]
    fn glare_costs_its_codewords_half() {
        let mut luma = page(235, 6, 24, |v| v / 255 * 190 + 20);
        let (width, symbol) = (luma.width, drawn().to_luma(6).width - 48);
        // A white disc over the lower right part, where there is no finder pattern.
        let (x, y, radius) = (154 + symbol * 3 / 4, 94 + symbol * 3 / 4, symbol / 6);
        for (i, pixel) in luma.pixels.iter_mut().enumerate() {
            let (dx, dy) = ((i as u32 % width).abs_diff(x), (i as u32 / width).abs_diff(y));
            if dx * dx + dy * dy < radius * radius {
                *pixel = 255;
            }
        }
        let symbol = read(&luma).expect("a twelfth of it is gone");
        assert_eq!(symbol.payload, PAYLOAD);
        assert!(symbol.corrected.is_some_and(|count| count > 3));
    }

    /// The symbol as it is seen where each pixel, counted from the middle, shows the place that `unseen` says; `angle` in degrees
    /// turns the axis of that.
    fn seen(angle: f32, extent: u32, symbol: &Luma, unseen: impl Fn(f32, f32) -> Point) -> Luma {
        let side = symbol.width as f32;
        let (sine, cosine) = angle.to_radians().sin_cos();
        let middle = extent as f32 / 2.0;
        let pixels = (0..extent * extent).map(|i| {
            let (x, y) = ((i % extent) as f32 + 0.5 - middle, (i / extent) as f32 + 0.5 - middle);
            let (across, along) = unseen(x * cosine + y * sine, y * cosine - x * sine);
            let (u, v) = (across * cosine - along * sine, across * sine + along * cosine);
            let place = (u + side / 2.0, v + side / 2.0);
            let inside = |t: f32| (0.0..side).contains(&t);
            if inside(place.0) && inside(place.1) { grid::sample(symbol, place) as u8 } else { 90 }
        });
        Luma { width: extent, height: extent, pixels: pixels.collect() }
    }

    /// Wrapped around a cylinder, seen from far away.
    fn wrapped(bend: f32, angle: f32) -> Luma {
        let symbol = encode_bytes(&PAYLOAD.repeat(3), EcLevel::M).expect("version 9 takes it").to_luma(6);
        let radius = symbol.width as f32 / bend;
        seen(angle, symbol.width + 120, &symbol, |around, along| {
            (radius * (around / radius).clamp(-1.0, 1.0).asin(), along)
        })
    }

    /// Flat, tilted by so many degrees, seen from four times its side.
    fn tilted(degrees: f32, angle: f32) -> Luma {
        let symbol = encode_bytes(&PAYLOAD.repeat(2), EcLevel::M).expect("version 7 takes it").to_luma(6);
        let (sine, cosine) = degrees.to_radians().sin_cos();
        let distance = 4.0 * symbol.width as f32;
        seen(angle, symbol.width + 120, &symbol, |across, along| {
            let across = across / (cosine - across * sine / distance);
            (across, along * (1.0 + across * sine / distance))
        })
    }

    #[test]
    fn symbol_around_a_bottle_is_read() {
        for (bend, angle) in [(0.7, 0.0), (1.0, 30.0), (1.2, 90.0), (1.2, 135.0), (1.4, 0.0)] {
            let symbol = read(&noisy(prepare::blur(&wrapped(bend, angle)), 8));
            let symbol = symbol.unwrap_or_else(|| panic!("bent by {bend}, its axis at {angle} degrees"));
            assert_eq!(symbol.payload, PAYLOAD.repeat(3));
        }
    }

    #[test]
    fn symbol_seen_from_far_aside_is_read() {
        for (degrees, angle) in [(55.0, 0.0), (60.0, 45.0), (60.0, 225.0), (64.0, 110.0), (66.0, 20.0), (66.0, 135.0)] {
            let symbol = read(&noisy(prepare::blur(&tilted(degrees, angle)), 8));
            let symbol = symbol.unwrap_or_else(|| panic!("tilted by {degrees} degrees around an axis at {angle}"));
            assert_eq!(symbol.payload, PAYLOAD.repeat(2));
        }
    }

    #[test]
    fn every_version_and_level_is_decoded_module_by_module() {
        for version in 1..=40 {
            let plan = plan(version).expect("versions are 1 to 40");
            for (level, ecc) in [
                (EcLevel::L, qrcode::EcLevel::L),
                (EcLevel::M, qrcode::EcLevel::M),
                (EcLevel::Q, qrcode::EcLevel::Q),
                (EcLevel::H, qrcode::EcLevel::H),
            ] {
                let version = qrcode::Version::Normal(i16::try_from(version).expect("it is small"));
                let code = qrcode::QrCode::with_version(b"CT1:9", version, ecc).expect("it is short");
                let dark = |color| if color == qrcode::Color::Dark { 3.0 } else { -3.0 };
                let modules: Vec<f32> = code.to_colors().into_iter().map(dark).collect();
                let decoded = decode::decode(plan, &modules).expect("nothing is wrong with it");
                assert_eq!((&decoded.payload[..], decoded.level, decoded.corrected), (&b"CT1:9"[..], level, Some(0)));
            }
        }
    }

    proptest::proptest! {
        /// However many modules are wrong, and however sure they look: the payload or nothing.
        #[test]
        fn damage_never_makes_another_payload(
            version in 1u32..6,
            share in 0u32..45,
            seed in 1u32..,
            level in proptest::sample::select(vec![
                qrcode::EcLevel::L, qrcode::EcLevel::M, qrcode::EcLevel::Q, qrcode::EcLevel::H,
            ]),
        ) {
            let plan = plan(version).expect("versions are 1 to 40");
            let size = qrcode::Version::Normal(version as i16);
            let code = qrcode::QrCode::with_version(b"CT1:9", size, level).expect("it is short");
            let mut noise = seed;
            let modules: Vec<f32> = code.to_colors().into_iter().map(|color| {
                noise ^= noise << 13;
                noise ^= noise >> 17;
                noise ^= noise << 5;
                let wrong = noise % 100 < share;
                let sure = (noise >> 8 & 0xff) as f32 / 32.0;
                if (color == qrcode::Color::Dark) != wrong { sure } else { -sure }
            }).collect();
            if let Some(decoded) = decode::decode(plan, &modules) {
                proptest::prop_assert_eq!(&decoded.payload[..], b"CT1:9");
            }
        }

        #[test]
        fn correction_leaves_proof_of_each_block(
            seed in proptest::collection::vec(proptest::num::u8::ANY, 26 * 26),
        ) {
            // Noise with the format information of a real symbol passes no block.
            let plan = plan(1).expect("versions are 1 to 40");
            let code = qrcode::QrCode::with_version(b"CT1:9", qrcode::Version::Normal(1), qrcode::EcLevel::L)
                .expect("it is short");
            let modules: Vec<f32> = code.to_colors().into_iter().enumerate().map(|(i, color)| {
                let dark = if plan.carries_data(i % 21, i / 21) { seed[i] & 1 == 1 } else { color == qrcode::Color::Dark };
                if dark { 3.0 } else { -3.0 }
            }).collect();
            proptest::prop_assert!(decode::decode(plan, &modules).is_none());
        }
    }
}

//! Grids are laid where symbols were drawn, whatever the size, the turn and the slant.

use super::finder::Tolerance;
use super::grid::Frame;
use super::{MAX_PATTERNS, MAX_SETS, finder, read, sets, threshold};
use crate::scan::deadline::{Deadline, Look};
use crate::scan::geometry::{Perspective, Point, sample};
use crate::{EcLevel, Luma, SymbolMatrix, encode, encode_bytes};

/// A symbol as it is seen at these outer corners, clockwise from the top left, on a light ground, four by four points a pixel.
fn seen(symbol: &SymbolMatrix, corners: [Point; 4], size: u32) -> Luma {
    let side = symbol.modules_per_side() as f32;
    let square = [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side)];
    let back = Perspective::between(corners, square).expect("four corners");
    let is_dark = |x: f32, y: f32| {
        let (u, v) = back.map(x, y);
        (0.0..side).contains(&u) && (0.0..side).contains(&v) && symbol.is_dark(u as usize, v as usize)
    };
    let grey = |i: u32| {
        let (x, y) = ((i % size) as f32, (i / size) as f32);
        let points = (0..16).map(|k| (x + 0.125 + 0.25 * (k % 4) as f32, y + 0.125 + 0.25 * (k / 4) as f32));
        250 - 15 * points.filter(|&(x, y)| is_dark(x, y)).count() as u8
    };
    Luma::from_raw(size, size, (0..size * size).map(grey).collect()).expect("one pixel each")
}

fn assert_read(symbol: &SymbolMatrix, payload: &[u8], corners: [Point; 4], size: u32) {
    let luma = seen(symbol, corners, size);
    let reading = read(&luma, Look::default());
    let found = reading.symbols.first().unwrap_or_else(|| panic!("version {}, {corners:?}", symbol.version()));
    assert_eq!(found.payload, payload);
    for (found, drawn) in found.corners.iter().zip(corners) {
        let off = (found.0 - drawn.0).hypot(found.1 - drawn.1);
        assert!(off < 0.35 * reading.symbols[0].module_px, "{found:?}, not {drawn:?}: version {}", symbol.version());
    }
}

fn symbol(bytes: usize) -> (SymbolMatrix, Vec<u8>) {
    let payload: Vec<u8> = (0..bytes as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    (encode_bytes(&payload, EcLevel::M).expect("it fits"), payload)
}

#[test]
fn a_symbol_of_every_size_is_read_where_it_was_drawn() {
    for bytes in [10, 20, 60, 100, 150, 250, 400, 600, 900, 1300, 1700, 2300] {
        let (symbol, payload) = symbol(bytes);
        let side = 3.0 * symbol.modules_per_side() as f32;
        let (near, far) = (20.3, 20.3 + side);
        assert_read(&symbol, &payload, [(near, near), (far, near), (far, far), (near, far)], far as u32 + 20);
    }
}

#[test]
fn a_symbol_is_read_however_it_is_turned() {
    for bytes in [10, 60, 250] {
        let (symbol, payload) = symbol(bytes);
        let half = 2.2 * symbol.modules_per_side() as f32;
        let size = (3.2 * half) as u32;
        for degrees in (0..360).step_by(15) {
            let (sine, cosine) = (degrees as f32).to_radians().sin_cos();
            let middle = size as f32 / 2.0;
            let corner =
                |x: f32, y: f32| (middle + half * (x * cosine - y * sine), middle + half * (x * sine + y * cosine));
            let corners = [corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)];
            assert_read(&symbol, &payload, corners, size);
        }
    }
}

#[test]
fn a_symbol_is_read_askew() {
    for bytes in [10, 60, 250] {
        let (symbol, payload) = symbol(bytes);
        let side = 5.0 * symbol.modules_per_side() as f32;
        let at = |x: f32, y: f32| (30.0 + side * x, 30.0 + side * y);
        for corners in [
            // From the right, from below, and sheared.
            [at(0.0, 0.0), at(0.8, 0.15), at(0.8, 0.85), at(0.0, 1.0)],
            [at(0.12, 0.0), at(0.88, 0.0), at(1.0, 0.75), at(0.0, 0.75)],
            [at(0.3, 0.0), at(1.0, 0.1), at(0.75, 0.9), at(0.0, 0.8)],
        ] {
            assert_read(&symbol, &payload, corners, side as u32 + 60);
        }
    }
}

#[test]
fn three_finder_patterns_tell_the_size_of_the_symbol() {
    for bytes in [10, 60, 250, 900, 2300] {
        let (symbol, _) = symbol(bytes);
        let luma = symbol.to_luma(3);
        let picture = threshold::binarize(&luma);
        let [dark, light] = finder::find(&picture, Tolerance::SHARP, MAX_PATTERNS, Deadline::default());
        let sets = sets::sets(&dark, MAX_SETS);
        let frame = Frame::of(sets[0].patterns.map(|pattern| &dark[pattern])).expect("a frame");
        let version = frame.versions().next().map(crate::symbol::Version::number);
        assert_eq!(version, Some(symbol.version()), "{} dark, {} light", dark.len(), light.len());
    }
}

#[test]
fn noise_has_few_finder_patterns() {
    let mut state = 7u64;
    let pixels = (0..1280 * 720).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    });
    let luma = Luma::from_raw(1280, 720, pixels.collect()).expect("one pixel each");
    let found = finder::find(&threshold::binarize(&luma), Tolerance::SHARP, MAX_PATTERNS, Deadline::default());
    assert!(found.iter().all(|patterns| patterns.len() < 60), "{:?}", found.map(|patterns| patterns.len()));
}

#[test]
fn a_plainly_seen_symbol_that_a_blur_has_smeared_is_read_by_its_grey_levels() {
    let symbol = encode("CT1:SMEARED", EcLevel::M).expect("it fits");
    let sharp = symbol.to_luma(4);
    // A box of five by five pixels: wider than a module.
    let mean = |i: usize| {
        let (x, y) = ((i % sharp.width as usize) as f32, (i / sharp.width as usize) as f32);
        let points = (0..25).map(|k| (x + (k % 5) as f32 - 1.5, y + (k / 5) as f32 - 1.5));
        (points.map(|point| sample(&sharp, point)).sum::<f32>() / 25.0) as u8
    };
    let luma = Luma::from_raw(sharp.width, sharp.height, (0..sharp.pixels.len()).map(mean).collect()).expect("as many");
    assert_eq!(read(&luma, Look::default()).symbols[0].payload, b"CT1:SMEARED");
}

/// Every three of them look like a large symbol, for which alignment patterns would be looked for.
#[test]
fn finder_patterns_far_apart_that_span_nothing_do_not_take_for_ever() {
    for (count, px, pitch) in [(18usize, 2usize, 45usize), (8, 4, 60)] {
        let side = count * px * pitch;
        let module = |x: usize, y: usize| {
            let ring = 3usize.abs_diff(x % pitch).max(3usize.abs_diff(y % pitch));
            if ring == 2 || ring > 3 { 255 } else { 0 }
        };
        let pixels = (0..side * side).map(|i| module(i % side / px, i / side / px)).collect();
        let luma = Luma::from_raw(side as u32, side as u32, pixels).expect("one pixel each");
        let (start, used) = (std::time::Instant::now(), processor_time());
        assert!(read(&luma, Look::default()).symbols.is_empty());
        let took = match (used, processor_time()) {
            (Some(before), Some(after)) => after - before,
            _ => start.elapsed(),
        };
        // It takes half a second.
        assert!(took.as_secs() < 5, "{took:?}");
    }
}

/// How long this thread has run on a processor, where the system says it: other load does not count.
fn processor_time() -> Option<std::time::Duration> {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    said.split_ascii_whitespace().next()?.parse().ok().map(std::time::Duration::from_nanos)
}

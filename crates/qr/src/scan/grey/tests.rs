use super::reader::Grey;
use crate::scan::deadline::Look;
use crate::scan::decode::decode;
use crate::scan::geometry::{Point, sample};
use crate::scan::plan::Plan;
use crate::scan::prepare;
use crate::symbol::Version;
use crate::{EcLevel, Luma, Symbol, SymbolMatrix, encode_bytes};

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
    Grey { max_triples: 12 }.read(luma, Look::default()).symbols.into_iter().next()
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
        if inside(place.0) && inside(place.1) { sample(symbol, place) as u8 } else { 90 }
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
    for version in Version::all() {
        let plan = Plan::of(version);
        for (level, ecc) in [
            (EcLevel::L, qrcode::EcLevel::L),
            (EcLevel::M, qrcode::EcLevel::M),
            (EcLevel::Q, qrcode::EcLevel::Q),
            (EcLevel::H, qrcode::EcLevel::H),
        ] {
            let version = qrcode::Version::Normal(version.number().into());
            let code = qrcode::QrCode::with_version(b"CT1:9", version, ecc).expect("it is short");
            let dark = |color| if color == qrcode::Color::Dark { 3.0 } else { -3.0 };
            let modules: Vec<f32> = code.to_colors().into_iter().map(dark).collect();
            let decoded = decode(plan, &modules).expect("nothing is wrong with it");
            assert_eq!(
                (&decoded.content.payload[..], decoded.level, decoded.corrected),
                (&b"CT1:9"[..], level, Some(0))
            );
        }
    }
}

proptest::proptest! {
    /// However many modules are wrong, and however sure they look: the payload or nothing.
    #[test]
    fn damage_never_makes_another_payload(
        version in 1u8..6,
        share in 0u32..45,
        seed in 1u32..,
        level in proptest::sample::select(vec![
            qrcode::EcLevel::L, qrcode::EcLevel::M, qrcode::EcLevel::Q, qrcode::EcLevel::H,
        ]),
    ) {
        let plan = Plan::of(Version::nearest(version));
        let size = qrcode::Version::Normal(version.into());
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
        if let Some(decoded) = decode(plan, &modules) {
            proptest::prop_assert_eq!(&decoded.content.payload[..], b"CT1:9");
        }
    }

    #[test]
    fn correction_leaves_proof_of_each_block(
        seed in proptest::collection::vec(proptest::num::u8::ANY, 26 * 26),
    ) {
        // Noise with the format information of a real symbol passes no block.
        let plan = Plan::of(Version::nearest(1));
        let code = qrcode::QrCode::with_version(b"CT1:9", qrcode::Version::Normal(1), qrcode::EcLevel::L)
            .expect("it is short");
        let modules: Vec<f32> = code.to_colors().into_iter().enumerate().map(|(i, color)| {
            let dark = if plan.layout.carries_data(i % 21, i / 21) { seed[i] & 1 == 1 } else { color == qrcode::Color::Dark };
            if dark { 3.0 } else { -3.0 }
        }).collect();
        proptest::prop_assert!(decode(plan, &modules).is_none());
    }
}

use super::*;
use crate::{EcLevel, Luma, Scan, ScanOptions, Symbol, SymbolMatrix, encode, scan};

const TEXT: &str = "CT1:QUALITY IS MEASURED BY PICTURES THAT WERE SPOILED BY KNOWN AMOUNTS";

fn drawn() -> SymbolMatrix {
    encode(TEXT, EcLevel::M).expect("it is short")
}

fn read(luma: &Luma) -> Symbol {
    match scan(luma, &ScanOptions::default()) {
        Scan::Read(mut symbols) => symbols.remove(0),
        other => panic!("{other:?}"),
    }
}

fn graded(luma: &Luma) -> Quality {
    quality(luma, &read(luma), &QualityOptions::default())
}

#[track_caller]
fn measure(quality: &Quality, kind: MeasureKind) -> Measure {
    *quality.measure(kind).unwrap_or_else(|| panic!("{kind:?} is measured"))
}

fn map(luma: &Luma, value: impl Fn(u8) -> u8) -> Luma {
    Luma { pixels: luma.pixels.iter().map(|&v| value(v)).collect(), ..*luma }
}

/// A symbol on a page of one grey, with so many light modules around it.
fn framed(symbol: &SymbolMatrix, module: usize, quiet: [usize; 4], page: u8) -> Luma {
    let side = symbol.modules_per_side();
    let [top, right, bottom, left] = quiet;
    let margin = 6;
    let (width, height) = ((side + left + right + 2 * margin) * module, (side + top + bottom + 2 * margin) * module);
    let pixels = (0..width * height).map(|i| {
        let at = |v: usize, before: usize| (v / module) as isize - (margin + before) as isize;
        let (x, y) = (at(i % width, left), at(i / width, top));
        let outside = |v: isize, before: usize, after: usize| v < -(before as isize) || v >= (side + after) as isize;
        match outside(x, left, right) || outside(y, top, bottom) {
            true => page,
            false if x >= 0 && y >= 0 && symbol.is_dark(x as usize, y as usize) => 0,
            false => 255,
        }
    });
    Luma::from_raw(width as u32, height as u32, pixels.collect()).expect("one pixel each")
}

#[test]
fn clean_symbol_of_three_pixels_a_module_is_excellent() {
    for (level, module) in [(EcLevel::L, 3), (EcLevel::M, 4), (EcLevel::Q, 8), (EcLevel::H, 20)] {
        let quality = graded(&encode(TEXT, level).expect("it is short").to_luma(module));
        assert_eq!(quality.grade, Grade::A, "{:#?}", quality.measures);
        assert_eq!((quality.corrected, quality.level), (Some(0), Some(level)));
        assert!(quality.measures.iter().all(|measure| measure.advice.is_none()));
    }
}

#[test]
fn contrast_has_the_grades_of_the_standard() {
    // ISO/IEC 15415, table 5: 70, 55, 40 and 20 %.
    let clean = drawn().to_luma(5);
    for (percent, grade) in [
        (100, Grade::A),
        (70, Grade::A),
        (69, Grade::B),
        (55, Grade::B),
        (54, Grade::C),
        (40, Grade::C),
        (39, Grade::D),
        (20, Grade::D),
    ] {
        let light = 255 * percent / 100;
        let quality = graded(&map(&clean, |v| 20 + (u32::from(v) * light / 255 * 215 / 255) as u8));
        let expected = f64::from(light * 215 / 255) / 2.55;
        let found = measure(&quality, MeasureKind::Contrast);
        assert!((found.value - expected).abs() < 0.5, "{found:?}, not {expected}");
        let exact = graded(&map(&clean, |v| if v == 0 { 0 } else { (255 * percent).div_ceil(100) as u8 }));
        let found = measure(&exact, MeasureKind::Contrast);
        assert_eq!(found.grade, grade, "{percent} %: {found:?}");
        assert_eq!(exact.grade, grade, "nothing else is wrong");
    }
}

#[test]
fn quiet_zone_is_as_wide_as_drawn_on_each_side() {
    let symbol = drawn();
    for (width, grade) in [(4, Grade::A), (3, Grade::B), (2, Grade::C), (1, Grade::D)] {
        for side in 0..4 {
            let mut quiet = [5; 4];
            quiet[side] = width;
            let quality = graded(&framed(&symbol, 6, quiet, 40));
            let found = measure(&quality, MeasureKind::QuietZone);
            assert_eq!((found.value, found.grade), (width as f64, grade), "side {side}");
            // Six pixels a module: 18 for three.
            let advice = (width < 4).then(|| Advice::Padding { css_px: (4 - width as u32) * 6 });
            assert_eq!(found.advice, advice);
        }
    }
    let retina = QualityOptions { device_pixel_ratio: 2.0 };
    let luma = framed(&symbol, 6, [1; 4], 40);
    let found = measure(&quality(&luma, &read(&luma), &retina), MeasureKind::QuietZone);
    assert_eq!(found.advice, Some(Advice::Padding { css_px: 9 }));
}

#[test]
fn a_code_that_a_page_scales_keeps_its_quiet_zone() {
    // 240 CSS pixels for 57 modules, as browsers scale: no module begins where a pixel does.
    for content in 0..40_u64 {
        let text: String = (0..200).map(|i| char::from(b'A' + (content * 7919 + i * i * 31) as u8 % 26)).collect();
        let symbol = encode(&text, EcLevel::M).expect("it fits");
        assert_eq!(symbol.version(), 8);
        let drawn = symbol.to_luma(4);
        let drawn = image::GrayImage::from_raw(drawn.width, drawn.height, drawn.pixels).expect("one pixel each");
        let scaled = image::imageops::resize(&drawn, 240, 240, image::imageops::FilterType::Triangle);
        let mut page = image::GrayImage::from_pixel(288, 288, image::Luma([255]));
        image::imageops::replace(&mut page, &scaled, 24, 24);
        let luma = Luma::from_raw(288, 288, page.into_raw()).expect("one pixel each");
        let quality = graded(&luma);
        assert!(quality.grade >= Grade::B, "{content}: {:#?}", quality.measures);
    }
}

#[test]
fn size_asks_for_two_pixels_a_module() {
    // Version 7: 45 modules and eight of quiet zone.
    let symbol = encode(&"A".repeat(170), EcLevel::M).expect("it fits");
    assert_eq!(symbol.version(), 7);
    for (luma, ratio, grade, css_px) in [
        (symbol.to_luma(3), 1.0, Grade::A, None),
        (symbol.to_luma(2), 1.0, Grade::B, Some(159)),
        (symbol.to_luma(2), 2.0, Grade::F, Some(106)),
        (symbol.to_luma(3), 2.0, Grade::D, Some(106)),
    ] {
        let options = QualityOptions { device_pixel_ratio: ratio };
        let found = measure(&quality(&luma, &read(&luma), &options), MeasureKind::ModuleSize);
        assert_eq!((found.grade, found.advice), (grade, css_px.map(|css_px| Advice::Enlarge { css_px })));
    }
}

#[test]
fn repaired_codewords_are_those_that_a_comparison_with_the_clean_symbol_counts() {
    let symbol = encode(TEXT, EcLevel::Q).expect("it is short");
    let (side, module) = (symbol.modules_per_side(), 5);
    let clean = symbol.to_luma(module as u32);
    // The bottom rows of the two rightmost columns are the first codewords: four rows each.
    for k in 1..=6 {
        let mut luma = clean.clone();
        for codeword in 0..k {
            let (x, y) = (side - 1, side - 1 - 4 * codeword);
            for py in 0..module {
                for px in 0..module {
                    let at = ((y + 4) * module + py) * luma.width as usize + (x + 4) * module + px;
                    luma.pixels[at] = 255 - luma.pixels[at];
                }
            }
        }
        let quality = graded(&luma);
        assert_eq!(quality.corrected, Some(k as u32));
        assert_eq!(quality.overlay.repaired_modules(), k);
    }
}

#[test]
fn modules_of_finder_patterns_that_are_wrong_are_counted() {
    let symbol = drawn();
    // ISO/IEC 18004: one wrong module of a finder pattern is B, two C, three D.
    // The place of the symbol is given: a reader need not find a symbol that is damaged there.
    let seen = read(&symbol.to_luma(6));
    for (wrong, grade) in [(0, Grade::A), (1, Grade::B), (2, Grade::C), (3, Grade::D), (4, Grade::F)] {
        let mut luma = symbol.to_luma(6);
        // Of the top left pattern: a corner of its light ring, three modules of its separator.
        for (x, y) in [(11, 4), (4, 11), (11, 11), (9, 5)].into_iter().take(wrong) {
            for px in 0..36 {
                luma.pixels[(y * 6 + px / 6) * luma.width as usize + x * 6 + px % 6] = 0;
            }
        }
        let found = measure(&quality(&luma, &seen, &QualityOptions::default()), MeasureKind::FixedPatternDamage);
        assert_eq!((found.value, found.grade), (wrong as f64, grade));
    }
}

#[test]
fn modules_longer_one_way_are_not_uniform() {
    let clean = drawn().to_luma(10);
    // ISO/IEC 15415: 6, 8, 10 and 12 %.
    for (stretched, grade) in
        [(1.0, Grade::A), (1.05, Grade::A), (1.075, Grade::B), (1.09, Grade::C), (1.115, Grade::D), (1.2, Grade::F)]
    {
        let width = (f64::from(clean.width) * stretched).round() as u32;
        let pixels = (0..width * clean.height).map(|i| {
            let x = (f64::from(i % width) + 0.5) * f64::from(clean.width) / f64::from(width);
            clean.pixels[(i / width * clean.width) as usize + x as usize]
        });
        let luma = Luma { pixels: pixels.collect(), width, height: clean.height };
        let found = measure(&graded(&luma), MeasureKind::AxialNonuniformity);
        let expected = 200.0 * (stretched - 1.0) / (stretched + 1.0);
        assert!((found.value - expected).abs() < 0.6, "{found:?}, not {expected}");
        assert_eq!(found.grade, grade, "{stretched}: {found:?}");
    }
}

#[test]
fn light_on_dark_is_found_and_else_graded_alike() {
    let quality = graded(&map(&drawn().to_luma(4), |v| 255 - v));
    let polarity = measure(&quality, MeasureKind::Polarity);
    assert_eq!((polarity.grade, polarity.advice), (Grade::D, Some(Advice::DarkOnLight)));
    assert!(quality.measures.iter().all(|found| found.kind == MeasureKind::Polarity || found.grade == Grade::A));
}

#[test]
fn symbol_of_another_encoder_is_graded_by_its_codewords() {
    // Numeric, alphanumeric and byte segments, which we do not draw.
    let code = qrcode::QrCode::new(b"0123456789012345HELLO WORLD $%and the rest in small letters 42").expect("it fits");
    let side = code.width();
    let dark = |x: usize, y: usize| {
        let inside = |v: usize| (4..side + 4).contains(&v);
        inside(x) && inside(y) && code[(x - 4, y - 4)] == qrcode::Color::Dark
    };
    let width = (side + 8) * 4;
    let pixels = (0..width * width).map(|i| if dark(i % width / 4, i / width / 4) { 0 } else { 255 });
    let luma = Luma::from_raw(width as u32, width as u32, pixels.collect()).expect("one pixel each");
    assert_eq!((graded(&luma).grade, graded(&luma).corrected), (Grade::A, Some(0)));
}

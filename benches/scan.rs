//! How long does a look at one frame of a camera take, with a symbol in it and without? And a picture file?

use std::hint::black_box;

use camtoken::qr::{EcLevel, Effort, Limits, Luma, Scan, ScanOptions, encode, scan};
use criterion::{Criterion, criterion_group, criterion_main};

/// A frame of uneven light and a little noise, always the same, with the symbol a little out of focus if there is one.
fn frame(width: u32, height: u32, symbol: Option<&Luma>) -> Luma {
    let mut noise = 0x2545_f491_u32;
    let mut pixels = Vec::with_capacity((width * height) as usize);
    for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        let paper = symbol.map_or(210, |symbol| {
            let (left, top) = ((width - symbol.width()) / 2, (height - symbol.height()) / 2);
            let at = |x: u32, y: u32| match (x.checked_sub(left), y.checked_sub(top)) {
                (Some(x), Some(y)) if x < symbol.width() && y < symbol.height() => {
                    u32::from(symbol.pixels()[(y * symbol.width() + x) as usize]) * 190 / 255 + 20
                }
                _ => 210,
            };
            (at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1)) / 4
        });
        let lit = paper * (60 + 40 * (x + y) / (width + height)) / 100;
        pixels.push((lit + noise % 7) as u8);
    }
    Luma::from_raw(width, height, pixels).expect("one pixel each")
}

fn look(number: u64) -> ScanOptions {
    ScanOptions { all: false, effort: Effort::Frame(number) }
}

fn scanning(c: &mut Criterion) {
    let text = "CT1:".to_owned() + &"6BFOXN*TS0BI$ZD4".repeat(12);
    let symbol = encode(&text, EcLevel::M).expect("version 9 takes it");
    for (width, height, module_px) in [(640, 480, 5), (1280, 720, 8)] {
        let mut group = c.benchmark_group(format!("scan/{width}x{height}"));
        let with = frame(width, height, Some(&symbol.to_luma(module_px)));
        let without = frame(width, height, None);
        assert!(matches!(scan(&with, &look(0)), Scan::Read(_)), "the frame with a symbol is read");
        group.bench_function("symbol", |b| b.iter(|| scan(black_box(&with), &look(0))));
        // Frames take turns with the further stages: a mean over all of them.
        let mut number = 0;
        group.bench_function("no symbol, frame", |b| {
            b.iter(|| {
                number += 1;
                scan(black_box(&without), &look(number))
            });
        });
        group.bench_function("no symbol, file", |b| b.iter(|| scan(black_box(&without), &ScanOptions::default())));
        group.finish();
    }
    let png = symbol.to_png(6);
    c.bench_function("scan/PNG file of a symbol", |b| {
        b.iter(|| Luma::decode(black_box(&png), &Limits::default()).map(|luma| scan(&luma, &ScanOptions::default())))
    });
}

criterion_group!(benches, scanning);
criterion_main!(benches);

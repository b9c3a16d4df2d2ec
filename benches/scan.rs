//! How long does a look at one frame of a camera take, with a symbol in it and without? And a picture file? How many
//! frames of a video are read in a second?

use std::hint::black_box;
use std::time::Instant;

use camtoken::qr::{Distortion, EcLevel, Effort, Limits, Luma, Scan, ScanOptions, Watcher, encode, scan};
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
    ScanOptions { effort: Effort::Frame(number), ..Default::default() }
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

/// A second of video, over and over, on one core. Means say little about a video: the frame that comes too late counts.
fn watching(_: &mut Criterion) {
    const FRAMES: usize = 30;
    let rounds = if std::env::args().any(|argument| argument == "--test") { 1 } else { 10 };
    let text = "CT1:".to_owned() + &"6BFOXN*TS0BI$ZD4".repeat(12);
    let symbol = encode(&text, EcLevel::M).expect("version 9 takes it").to_luma(6);
    let spoilt = Distortion { blur: 6.0, ..Distortion::default() }.apply(&symbol);
    for (name, held) in [("symbol", Some(&symbol)), ("no symbol", None), ("unreadable symbol", Some(&spoilt))] {
        let still = frame(1280, 720, held);
        let film: Vec<Luma> = (0..FRAMES)
            .map(|i| Distortion { noise: 4.0, motion: 1.5, seed: i as u64, ..Distortion::default() }.apply(&still))
            .collect();
        let (mut watcher, mut times, mut read) = (Watcher::new(false), Vec::new(), 0);
        for frame in film.iter().cycle().take(rounds * FRAMES) {
            let start = Instant::now();
            read += usize::from(matches!(watcher.read(black_box(frame)), Scan::Read(_)));
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        let rate = |share: usize| 1e3 / times[times.len() * share / 100];
        let (median, late) = (rate(50), rate(95));
        println!(
            "scan/film 1280x720/{name}: {median:.0} frames/s at the median, {late:.0} at the 95th percentile ({read} read)"
        );
    }
}

criterion_group!(benches, scanning, watching);
criterion_main!(benches);

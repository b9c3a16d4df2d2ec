//! How long does it take to draw a challenge: the symbol itself, and the forms it is shown in?

use std::hint::black_box;

use camtoken::qr::{EcLevel, Terminal, encode};
use criterion::{Criterion, criterion_group, criterion_main};

fn render(c: &mut Criterion) {
    // A transfer at full length: version 10 at level M.
    let text = format!("CT1:{}", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".repeat(7).split_at(300).0);
    let symbol = encode(&text, EcLevel::M).expect("version 10 takes 311 characters");
    let mut group = c.benchmark_group("render/version 10");
    group.bench_function("matrix", |b| b.iter(|| encode(black_box(&text), EcLevel::M)));
    group.bench_function("PNG, 6 px", |b| b.iter(|| black_box(&symbol).to_png(6)));
    group.bench_function("SVG", |b| b.iter(|| black_box(&symbol).to_svg(6)));
    group.bench_function("half blocks", |b| b.iter(|| black_box(&symbol).to_half_blocks(Terminal::Dark)));
    group.finish();
}

criterion_group!(benches, render);
criterion_main!(benches);

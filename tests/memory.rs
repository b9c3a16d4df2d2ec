//! How much memory the reading of a large photo takes beside the photo itself. A test of its own: the allocator counts
//! for the whole process.

use camtoken::qr::{EcLevel, Effort, Limits, Luma, Scan, ScanOptions, encode, scan};
use image::ExtendedColorType::Rgb8;
use image::ImageEncoder;
use image::codecs::{jpeg::JpegEncoder, png::PngEncoder};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const LIMIT: usize = 64 << 20;
const WIDTH: usize = 4000;
const HEIGHT: usize = 3000;

/// A table in uneven light, in colours, with a symbol on it; `spoilt` leaves nothing of the symbol but its finder patterns.
fn photo(spoilt: bool) -> Vec<u8> {
    let symbol = encode(&"CT1:A PHOTO OF A PAGE. ".repeat(8), EcLevel::M).expect("a short text").to_luma(13);
    let (side, quiet) = (symbol.width() as usize, 4 * 13);
    let (left, top) = (1500, 900);
    let mut noise = 0x9e37_79b9_u32;
    let mut pixels = Vec::with_capacity(3 * WIDTH * HEIGHT);
    for (x, y) in (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y))) {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        let paper = match (x.checked_sub(left), y.checked_sub(top)) {
            (Some(x), Some(y)) if x < side && y < side => {
                let finders = quiet + 8 * 13;
                let far = side - finders;
                let kept = (x < finders || x >= far) && y < finders || x < finders && y >= far;
                if spoilt && !kept {
                    // As many dark modules as in a symbol.
                    if (x / 13 * 31 + y / 13 * 17) % 7 < 3 { 20 } else { 230 }
                } else {
                    u32::from(symbol.pixels()[y * side + x])
                }
            }
            _ => 150,
        };
        let light = 40 + 60 * (x + y) as u32 / (WIDTH + HEIGHT) as u32;
        pixels.extend([100, 96, 84].map(|tint| (paper * light * tint / 10_000 + noise % 9) as u8));
    }
    pixels
}

/// Bytes taken at most while a file is read, beside the file and the picture in grey.
fn read(file: &[u8], effort: Effort) -> (Scan, usize) {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let luma = Luma::decode(file, &Limits::default()).expect("a plain photo");
    let seen = scan(&luma, &ScanOptions { effort, ..Default::default() });
    (seen, MEMORY.peak_usage() - before - luma.pixels().len())
}

#[test]
fn photo_of_twelve_megapixels_is_read_in_64_mib() {
    for spoilt in [false, true] {
        let pixels = photo(spoilt);
        let (mut jpeg, mut png) = (Vec::new(), Vec::new());
        let size = (WIDTH as u32, HEIGHT as u32);
        JpegEncoder::new_with_quality(&mut jpeg, 85).encode(&pixels, size.0, size.1, Rgb8).expect("it fits in memory");
        PngEncoder::new(&mut png).write_image(&pixels, size.0, size.1, Rgb8).expect("it fits in memory");
        drop(pixels);
        for (format, file) in [("JPEG", &jpeg), ("PNG", &png)] {
            for effort in [Effort::File, Effort::Harder] {
                let (seen, bytes) = read(file, effort);
                assert_eq!(matches!(seen, Scan::Read(_)), !spoilt, "{seen:?}");
                assert!(bytes < LIMIT, "{format}, {effort:?}, spoilt {spoilt}: {} MiB", bytes >> 20);
            }
        }
    }
}

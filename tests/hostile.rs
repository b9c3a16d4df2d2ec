//! How long a hostile image may keep the reader busy. Time is the thread's own on a processor, so that a busy machine does not
//! count.
#![cfg(target_os = "linux")]

use std::time::Duration;

use camtoken::qr::{Distortion, EcLevel, Effort, Limits, Luma, Scan, ScanOptions, encode, encode_bytes, scan};
use camtoken_documents::{Lint, LintOptions};

/// What the limits are multiplied by: a build for tests is slower than one to work with.
const BUILD: u32 = if cfg!(debug_assertions) { 4 } else { 1 };

/// Processor time of this thread so far, to a few milliseconds.
fn cpu() -> Duration {
    // The count is brought up to date when another takes its turn.
    std::thread::yield_now();
    let counts = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts");
    let nanoseconds = counts.split(' ').next().expect("the first is time on a processor");
    Duration::from_nanos(nanoseconds.parse().expect("it is a number"))
}

/// Opens and reads a file; the texts found.
#[track_caller]
fn read(name: &str, file: &[u8]) -> Vec<Vec<u8>> {
    let start = cpu();
    let opened = Luma::decode(file, &Limits::default());
    let open = cpu() - start;
    assert!(open < BUILD * Duration::from_millis(300), "{name}: {open:?} to open");
    let seen = opened.map(|luma| scan(&luma, &ScanOptions::default()));
    let all = cpu() - start;
    println!("{name}: {open:?} to open, {all:?} in all");
    assert!(all < BUILD * Duration::from_secs(2), "{name}: {all:?} in all");
    match seen {
        Ok(Scan::Read(symbols)) => symbols.into_iter().map(|symbol| symbol.payload).collect(),
        _ => Vec::new(),
    }
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../../testvectors/pictures/{name}", env!("CARGO_MANIFEST_DIR")))
        .expect("the picture is in the tree")
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let crc = !kind.iter().chain(data).fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    });
    [&(data.len() as u32).to_be_bytes()[..], kind, data, &crc.to_be_bytes()].concat()
}

/// A PNG of one colour throughout: a few bytes for many pixels.
fn one_colour(width: u32, height: u32, color: png::ColorType, depth: png::BitDepth) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    let row = width as usize * color.samples() * if depth == png::BitDepth::Sixteen { 2 } else { 1 };
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&vec![0; row * height as usize]).expect("as many as there are pixels");
    writer.finish().expect("an end");
    file
}

/// Puts chunks between the header of a PNG and the rest.
fn with_chunks(png: &[u8], chunks: &[Vec<u8>]) -> Vec<u8> {
    [&png[..33], &chunks.concat(), &png[33..]].concat()
}

/// Writes another size into the frame header of a JPEG.
fn resized(mut jpeg: Vec<u8>, width: u16, height: u16) -> Vec<u8> {
    let frame = jpeg.windows(2).position(|w| w == [0xff, 0xc0] || w == [0xff, 0xc2]).expect("a frame header");
    jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

#[test]
fn bombs_are_over_in_a_moment() {
    use png::{BitDepth::Eight, BitDepth::Sixteen, ColorType::Grayscale, ColorType::Rgb, ColorType::Rgba};
    let grey = one_colour(6300, 6300, Grayscale, Eight);
    // Its data, but for a header of two bytes a profile and a compressed text.
    let data = &grey[33 + 8..grey.len() - 16];
    let small = one_colour(64, 64, Grayscale, Eight);
    let profile = with_chunks(&small, &[chunk(b"iCCP", &[b"p\0\0", data].concat())]);
    let text = with_chunks(&small, &[chunk(b"zTXt", &[b"t\0\0", data].concat())]);
    let texts = with_chunks(&small, &vec![chunk(b"zTXt", &[b"t\0\0", data].concat()); 20]);
    let scans = {
        let jpeg = file("progressive.jpg");
        let last = jpeg.windows(2).rposition(|w| w == [0xff, 0xda]).expect("a scan");
        [&jpeg[..jpeg.len() - 2], &jpeg[last..jpeg.len() - 2].repeat(300), &jpeg[jpeg.len() - 2..]].concat()
    };
    for (name, bomb) in [
        ("forty megapixels of black", grey.clone()),
        ("in colours", one_colour(6300, 6300, Rgb, Eight)),
        ("deep colours", one_colour(4000, 4000, Rgba, Sixteen)),
        ("a column", one_colour(1, 65_535, Grayscale, Eight)),
        ("a row", one_colour(65_535, 1, Grayscale, Eight)),
        ("a column within the limits", one_colour(1, 16_384, Grayscale, Eight)),
        ("a profile", profile),
        ("a text", text),
        ("twenty texts", texts),
        ("claimed by a JPEG", resized(file("strong_compression.jpg"), 6000, 6000)),
        ("claimed by a progressive one", resized(file("progressive.jpg"), 4000, 4000)),
        ("too large a claim", resized(file("cmyk.jpg"), 65_535, 65_535)),
        ("three hundred scans", scans.clone()),
        ("three hundred large scans", resized(scans, 3000, 3000)),
    ] {
        assert!(bomb.len() < 1 << 20, "{name}: {} bytes are no bomb", bomb.len());
        assert!(read(name, &bomb).is_empty(), "{name}");
    }
}

#[test]
fn damaged_files_are_over_in_a_moment() {
    for name in [
        "digits.png",
        "interlaced.png",
        "sixteen_bit.png",
        "palette.png",
        "transparent.png",
        "progressive.jpg",
        "cmyk.jpg",
        "strong_compression.jpg",
        "lossy.webp",
        "lossless.webp",
        "bitmap.bmp",
    ] {
        let whole = file(name);
        let [truth] = &read(name, &whole)[..] else { panic!("{name} is read") };
        for tenth in 0..10 {
            let found = read(name, &whole[..whole.len() * tenth / 10]);
            assert!(found.iter().all(|text| text == truth), "{name}, cut at {tenth} tenths");
        }
        for seed in 1..30u32 {
            let mut altered = whole.clone();
            for step in 1..=4 {
                let noise = (seed * 4 + step).wrapping_mul(0x9e37_79b9);
                let length = altered.len();
                altered[noise as usize % length] ^= (noise >> 24) as u8 | 1;
            }
            let found = read(name, &altered);
            assert!(found.iter().all(|text| text == truth), "{name}, altered {seed}");
        }
    }
}

#[test]
fn checksum_that_is_wrong_changes_no_text() {
    let whole = file("digits.png");
    let truth = read("digits.png", &whole);
    let data = whole.windows(4).position(|w| w == b"IDAT").expect("it has pixels");
    let length = u32::from_be_bytes(whole[data - 4..data].try_into().expect("four bytes")) as usize;
    // Of the header, and of the pixels.
    for at in [8 + 8 + 13, data + 4 + length] {
        let mut png = whole.clone();
        png[at] ^= 1;
        let found = read("wrong checksum", &png);
        assert!(found.is_empty() || found == truth);
    }
}

#[test]
fn first_picture_of_an_animation_is_read() {
    let (first, second) = ("CT1:FIRST", "CT1:SECOND");
    let [a, b] = [first, second].map(|text| encode(text, EcLevel::M).expect("a short text").to_luma(3));
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, a.width(), a.height());
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_animated(2, 0).expect("two frames");
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(a.pixels()).expect("a frame");
    writer.write_image_data(b.pixels()).expect("a frame of the same size");
    writer.finish().expect("an end");
    assert_eq!(read("animation", &file), [first.as_bytes()]);
}

/// A picture of which each pixel is a function of its place.
fn drawn(width: u32, height: u32, pixel: impl Fn(u32, u32) -> u8) -> Luma {
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| pixel(x, y)).collect();
    Luma::from_raw(width, height, pixels).expect("one pixel each")
}

fn black_if(dark: bool) -> u8 {
    if dark { 0 } else { 255 }
}

/// A number that looks like chance, always the same for a place.
fn hash(x: u32, y: u32) -> u32 {
    let mut h = x.wrapping_mul(0x85eb_ca6b) ^ y.wrapping_mul(0xc2b2_ae35);
    for _ in 0..2 {
        h = (h ^ h >> 15).wrapping_mul(0x2c1b_3c6d);
    }
    h ^ h >> 16
}

/// Dark in a finder pattern whose top left is the origin.
fn finder(x: u32, y: u32) -> bool {
    let ring = 3u32.abs_diff(x).max(3u32.abs_diff(y));
    x < 7 && y < 7 && ring != 2
}

/// All finder patterns of version 4 and chance between them.
fn gibberish(x: u32, y: u32, salt: u32) -> bool {
    let (x, y) = (x % 41, y % 41);
    if x >= 33 || y >= 33 {
        return false;
    }
    let corner = (x < 8, x >= 25, y < 8, y >= 25);
    match corner {
        (true, _, true, _) => finder(x, y),
        (_, true, true, _) => x > 25 && finder(x - 26, y),
        (true, _, _, true) => y > 25 && finder(x, y - 26),
        _ if x == 6 || y == 6 => (x + y).is_multiple_of(2),
        _ => hash(x ^ salt << 8, y) & 1 == 0,
    }
}

/// A symbol of `bytes` bytes of which every sixth module between the finder patterns is wrong.
fn spoilt(bytes: usize, module_px: u32) -> Luma {
    let luma = encode_bytes(&vec![b'x'; bytes], EcLevel::L).expect("at most 2,953").to_luma(module_px);
    let side = luma.width() / module_px - 8;
    drawn(luma.width(), luma.height(), |x, y| {
        let pixel = luma.pixels()[(y * luma.width() + x) as usize];
        let place = ((x / module_px).checked_sub(4), (y / module_px).checked_sub(4));
        let (Some(x), Some(y)) = place else { return pixel };
        let finder = |v: u32| v < 9 || v + 9 > side;
        let same = x.max(y) >= side || x == 6 || y == 6 || finder(x) && finder(y);
        if !same && hash(x, y).is_multiple_of(6) { 255 - pixel } else { pixel }
    })
}

#[test]
fn nasty_pictures_end_in_two_seconds() {
    let mut pictures = vec![
        ("noise", drawn(1600, 1200, |x, y| hash(x, y) as u8)),
        ("noise of two colours", drawn(1600, 1200, |x, y| black_if(hash(x, y) & 1 == 0))),
        ("coarse noise", drawn(1600, 1200, |x, y| black_if(hash(x / 3, y / 3) & 1 == 0))),
        ("large noise", drawn(4000, 3000, |x, y| black_if(hash(x / 5, y / 5) & 1 == 0))),
        (
            "text",
            drawn(1600, 1200, |x, y| {
                black_if(y % 18 < 11 && x % 9 < 7 && hash(x / 2, y / 2 % 9 + y / 18 * 9).is_multiple_of(3))
            }),
        ),
        ("stripes as in a finder pattern", drawn(1600, 1200, |x, _| black_if([0, 2, 3, 4, 6].contains(&(x / 3 % 8))))),
        (
            "the same both ways",
            drawn(1600, 1200, |x, y| black_if([x, y].iter().all(|v| [0, 2, 3, 4, 6].contains(&(v / 3 % 8))))),
        ),
        (
            "rings",
            drawn(1600, 1200, |x, y| black_if((x.abs_diff(800).pow(2) + y.abs_diff(600).pow(2)).isqrt() / 4 % 2 == 0)),
        ),
        ("finder patterns", drawn(1600, 1200, |x, y| black_if(finder(x / 3 % 9, y / 3 % 9)))),
        ("large finder patterns", drawn(1600, 1200, |x, y| black_if(finder(x / 12 % 9, y / 12 % 9)))),
        (
            "scattered finder patterns",
            drawn(1600, 1200, |x, y| {
                let off = hash(x / 40, y / 40);
                let (x, y) = ((x % 40).wrapping_sub(off % 16), (y % 40).wrapping_sub(off / 16 % 16));
                black_if(finder(x / 3, y / 3))
            }),
        ),
        (
            "symbols without sense",
            drawn(1600, 1200, |x, y| black_if(gibberish(x / 3, y / 3, x / 123 + 16 * (y / 123)))),
        ),
        (
            "one symbol without sense",
            drawn(1600, 1200, |x, y| {
                black_if(x > 50 && y > 50 && x < 1040 && y < 1040 && gibberish((x - 50) / 24, (y - 50) / 24, 7))
            }),
        ),
        (
            "a photo of symbols without sense",
            drawn(4000, 3000, |x, y| black_if(gibberish(x / 9, y / 9, x / 369 + 16 * (y / 369)))),
        ),
    ];
    for side in [1, 2, 3, 8] {
        pictures.push(("checkerboard", drawn(1600, 1200, |x, y| black_if((x / side + y / side) % 2 == 0))));
    }
    let camera = Distortion { tilt: 20.0, blur: 1.5, noise: 20.0, moire: 0.4, seed: 3, ..Distortion::default() };
    for at in [8, 10, 11] {
        pictures.push(("as a camera sees it", camera.apply(&pictures[at].1)));
    }
    pictures.extend([(600, 5), (250, 6)].map(|(n, px)| ("a spoilt symbol", spoilt(n, px))));
    for (name, luma) in &pictures {
        for (effort, seconds) in [(Effort::Frame(1), 2), (Effort::File, 2), (Effort::Harder, 5)] {
            let start = cpu();
            let seen = scan(luma, &ScanOptions { effort, ..Default::default() });
            let took = cpu() - start;
            println!("{name}, {effort:?}: {took:?} {seen:?}");
            assert!(took < BUILD * Duration::from_secs(seconds), "{name}, {effort:?}: {took:?}");
            assert!(!matches!(seen, Scan::Read(_)), "{name}: {seen:?}");
        }
        let start = cpu();
        drop(Lint::of(luma, &Scan::NotFound, &LintOptions::default()));
        assert!(cpu() - start < BUILD * Duration::from_secs(2), "{name}: why it is not read takes {:?}", cpu() - start);
    }
}

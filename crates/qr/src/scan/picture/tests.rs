use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn file(name: &str) -> Vec<u8> {
    let path =
        std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("testvectors/pictures").join(name);
    std::fs::read(path).expect("the picture is in the tree")
}

/// Decodes within the time that a hostile picture may take, with room for a busy machine.
fn decode(bytes: &[u8]) -> Result<Luma, PictureError> {
    let start = Instant::now();
    let result = Luma::decode(bytes, &Limits::default());
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    result
}

fn png(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in chunks {
        file.extend((data.len() as u32).to_be_bytes());
        let start = file.len();
        file.extend_from_slice(&kind[..]);
        file.extend_from_slice(data);
        file.extend(crc32(&file[start..]).to_be_bytes());
    }
    file
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

fn header(width: u32, height: u32, depth: u8, color: u8) -> Vec<u8> {
    [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, color, 0, 0, 0]].concat()
}

/// A zlib stream of `bytes` zeros: the only data chunk of a black picture without filters.
fn zeros(bytes: u32) -> Vec<u8> {
    let side = 8192;
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side - 1, bytes / side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&vec![0; ((side - 1) * (bytes / side)) as usize]).expect("the lines");
    writer.finish().expect("the end");
    let mut rest = &file[8..];
    let mut stream = Vec::new();
    while let Some((length, tail)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        if tail.starts_with(b"IDAT") {
            stream.extend_from_slice(&tail[4..4 + length]);
        }
        rest = &tail[length + 8..];
    }
    stream
}

#[test]
fn claimed_sizes_are_refused_before_any_pixel() {
    for (width, height) in [(1, 65_535), (65_535, 1), (50_000, 50_000), (0x7fff_ffff, 0x7fff_ffff), (8000, 8000)] {
        let bomb = png(&[(b"IHDR", &header(width, height, 8, 0)), (b"IDAT", &zeros(8192)), (b"IEND", b"")]);
        assert_eq!(decode(&bomb), Err(PictureError::TooManyPixels { width, height }));
    }
    // 36 megapixels, but 64 bits each.
    let deep = png(&[(b"IHDR", &header(6000, 6000, 16, 6)), (b"IDAT", &zeros(8192)), (b"IEND", b"")]);
    assert_eq!(decode(&deep), Err(PictureError::Memory { bytes: 288_000_000, limit: 128 << 20 }));
}

#[test]
fn picture_without_pixels_is_refused() {
    let empty = png(&[(b"IHDR", &header(0, 8, 8, 0)), (b"IDAT", &zeros(8192)), (b"IEND", b"")]);
    assert!(matches!(decode(&empty), Err(PictureError::Empty | PictureError::Damaged { .. })));
    assert_eq!(Luma::from_raw(0, 8, Vec::new()), Err(PictureError::Empty));
    assert_eq!(Luma::from_raw(2, 2, vec![0; 5]), Err(PictureError::Length { width: 2, height: 2, found: 5 }));
    assert_eq!(
        Luma::from_raw(u32::MAX, u32::MAX, vec![0; 1]),
        Err(PictureError::Length { width: u32::MAX, height: u32::MAX, found: 1 })
    );
}

#[test]
fn profiles_and_texts_are_not_inflated() {
    let inflates_to_64_mib = zeros(64 << 20);
    let profile = [b"p\0\0", &inflates_to_64_mib[..]].concat();
    let international = [b"t\0\x01\0\0\0", &inflates_to_64_mib[..]].concat();
    let pixels = zeros(8192);
    let (head, tail) = ((b"IHDR", &header(8191, 1, 8, 0)[..]), (b"IEND", &b""[..]));
    let plain = png(&[head, (b"IDAT", &pixels), tail]);
    let bomb =
        png(&[head, (b"iCCP", &profile), (b"zTXt", &profile[..]), (b"iTXt", &international), (b"IDAT", &pixels), tail]);
    assert_eq!(decode(&bomb), decode(&plain));
    assert!(decode(&plain).is_ok());
}

#[test]
fn rows_that_are_missing_are_told() {
    let short = png(&[(b"IHDR", &header(6000, 6000, 8, 0)), (b"IDAT", &zeros(1 << 20)), (b"IEND", b"")]);
    assert!(matches!(decode(&short), Err(PictureError::Damaged { format: Format::Png, .. })));
    assert!(matches!(
        decode(&png(&[(b"IHDR", &header(6000, 6000, 1, 0))])),
        Err(PictureError::Damaged { format: Format::Png, .. })
    ));
}

#[test]
fn scans_of_a_jpeg_are_counted_up_to_its_end() {
    let jpeg = file("progressive.jpg");
    let scans = |jpeg: &[u8]| jpeg_markers(jpeg).filter(|&marker| marker == 0xda).count();
    assert!((2..=MAX_SCANS).contains(&scans(&jpeg)));
    // Phones append a film to a photo.
    let moving = [&jpeg[..], &[0xff, 0xda].repeat(MAX_SCANS + 1)].concat();
    assert_eq!(scans(&moving), scans(&jpeg));
    assert_eq!(decode(&moving), decode(&jpeg));
    let last = jpeg.windows(2).rposition(|pair| pair == [0xff, 0xda]).expect("a scan");
    let (before, last) = jpeg[..jpeg.len() - 2].split_at(last);
    let repeated = |times: usize| [before, &last.repeat(times), &[0xff, 0xd9]].concat();
    let room = MAX_SCANS - scans(&jpeg) + 1;
    assert_eq!(scans(&repeated(room)), MAX_SCANS);
    decode(&repeated(room)).expect("as many as there may be");
    assert!(matches!(decode(&repeated(room + 1)), Err(PictureError::Damaged { format: Format::Jpeg, .. })));
}

#[test]
fn jpeg_that_claims_more_than_it_holds_is_refused() {
    let with_size = |name: &str, width: u16, height: u16| {
        let mut jpeg = file(name);
        let frame = jpeg.windows(2).position(|w| w == [0xff, 0xc0] || w == [0xff, 0xc2]).expect("a frame header");
        jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
        jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
        jpeg
    };
    for name in ["strong_compression.jpg", "progressive.jpg", "cmyk.jpg"] {
        assert_eq!(
            decode(&with_size(name, 65_535, 65_535)),
            Err(PictureError::TooManyPixels { width: 65_535, height: 65_535 })
        );
        let missing = decode(&with_size(name, 6000, 5000));
        assert!(matches!(missing, Err(PictureError::Damaged { format: Format::Jpeg, .. })), "{name} {missing:?}");
        assert!(decode(&with_size(name, 0, 100)).is_err());
    }
    // Enough bytes behind it, but too dear: coefficients are kept for all components.
    let mut padded = with_size("progressive.jpg", 6000, 5000);
    padded.resize(100_000, 0);
    assert_eq!(decode(&padded), Err(PictureError::Memory { bytes: 300_000_000, limit: 128 << 20 }));
}

#[test]
fn limits_are_the_callers() {
    let bytes = file("one_bit.png");
    let luma = Luma::decode(&bytes, &Limits::default()).expect("a plain picture");
    let side = luma.width();
    let limits = |change: fn(&mut Limits, u64), to: u64| {
        let mut limits = Limits::default();
        change(&mut limits, to);
        Luma::decode(&bytes, &limits)
    };
    assert!(limits(|l, to| l.max_side = to as u32, u64::from(side)).is_ok());
    let too_many = Err(PictureError::TooManyPixels { width: side, height: side });
    assert_eq!(limits(|l, to| l.max_side = to as u32, u64::from(side) - 1), too_many);
    assert_eq!(limits(|l, to| l.max_pixels = to, u64::from(side * side) - 1), too_many);
    let length = bytes.len() as u64;
    assert_eq!(
        limits(|l, to| l.max_file_bytes = to, length - 1),
        Err(PictureError::FileTooLarge { bytes: length, limit: length - 1 })
    );
}

#[test]
fn formats_are_told_by_content() {
    for bytes in [&b"RIFF\0\0\0\0WAVE"[..], b"\x89PNG", b"\0", b"B"] {
        assert_eq!(decode(bytes), Err(PictureError::Unknown));
    }
}

#[test]
fn transparent_is_white() {
    let luma = decode(&file("transparent.png")).expect("a plain picture");
    assert_eq!(luma.pixels()[0], 255);
    let mut pixels = Vec::new();
    extend_luma(&mut pixels, &[0, 0, 0, 255, 0, 0, 0, 0, 255, 255, 255, 0, 0, 0, 0, 128], 4, Ground::White);
    extend_luma(&mut pixels, &[10, 255, 10, 0], 2, Ground::White);
    assert_eq!(pixels, [0, 255, 255, 127, 10, 255]);
}

#[test]
fn pictures_cut_short_never_panic() {
    for name in ["interlaced.png", "sixteen_bit.png", "palette.png", "progressive.jpg", "lossy.webp", "lossless.webp"] {
        let bytes = file(name);
        for length in (0..bytes.len()).step_by(bytes.len() / 60 + 1) {
            let cut = decode(&bytes[..length]);
            assert!(!matches!(&cut, Err(PictureError::Damaged { reason, .. }) if reason.contains("gave up")));
            // A JPEG is filled up; the last bytes of a PNG are checksums and its end.
            let whole = name.ends_with("jpg") || name.ends_with("png") && length + 24 > bytes.len();
            assert!(cut.is_err() || whole, "{name} {length}");
        }
    }
    let bitmap = file("bitmap.bmp");
    assert!(decode(&bitmap[..bitmap.len() / 2]).is_err());
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(magic in 0usize..5, bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let magic: &[u8] = [&b""[..], b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"BM"][magic];
        prop_assert!(Luma::decode(&[magic, &bytes[..]].concat(), &Limits::default()).is_err());
    }

    #[test]
    fn altered_pictures_never_panic(
        name in prop::sample::select(vec!["interlaced.png", "cmyk.jpg", "progressive.jpg", "lossy.webp", "bitmap.bmp"]),
        changes in prop::collection::vec((any::<u16>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = file(name);
        let length = bytes.len();
        for (at, to) in changes {
            bytes[usize::from(at) % length] = to;
        }
        if let Ok(luma) = Luma::decode(&bytes, &Limits::default()) {
            prop_assert!(u64::from(luma.width()) * u64::from(luma.height()) == luma.pixels().len() as u64);
        }
    }
}

/// A PNG of these samples, four to a pixel.
fn rgba(side: u32, pixel: impl Fn(u32, u32) -> [u8; 4]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Rgba);
    let samples: Vec<u8> = (0..side * side).flat_map(|i| pixel(i % side, i / side)).collect();
    encoder.write_header().expect("a header").write_image_data(&samples).expect("the rows");
    file
}

#[test]
fn a_transparent_picture_shows_what_can_be_seen_of_it() {
    let half = |x: u32| x < 4;
    let first_two = |file: &[u8]| {
        let luma = decode(file).expect("a picture");
        (luma.pixels[0], luma.pixels[7])
    };
    // White on nothing, nothing in white, colours of which nothing is opaque, and the usual: black on nothing.
    assert_eq!(first_two(&rgba(8, |x, _| [255, 255, 255, if half(x) { 255 } else { 0 }])), (255, 0));
    assert_eq!(first_two(&rgba(8, |x, _| [255, 255, 255, if half(x) { 0 } else { 255 }])), (0, 255));
    assert_eq!(first_two(&rgba(8, |x, _| if half(x) { [0, 0, 0, 0] } else { [255, 255, 255, 0] })), (0, 255));
    assert_eq!(first_two(&rgba(8, |x, _| [0, 0, 0, if half(x) { 255 } else { 0 }])), (0, 255));
    assert_eq!(first_two(&rgba(8, |_, _| [255, 255, 255, 255])), (255, 255));
    assert_eq!(first_two(&rgba(8, |_, _| [0, 0, 0, 0])), (255, 255));
}

#[test]
fn what_is_no_picture_is_named() {
    for (bytes, says) in [
        (&b""[..], "the file is empty"),
        (b"GIF89a\x01\0", "this is a GIF;"),
        (b"II*\0\x08\0\0\0", "this is a TIFF;"),
        (b"P5 4 4 255 ", "this is a Netpbm picture;"),
        (b"\0\0\0\x1cftypavif\0", "this is an AVIF;"),
        (b"\0\0\0\x1cftypheic\0", "this is a HEIC;"),
        (b"%PDF-1.7", "this is a PDF;"),
        (b"\n <!DOCTYPE html><title>404", "this is an HTML page;"),
        (b"{\"error\":\"not found\"}", "this is JSON;"),
        (b"\xef\xbb\xbf<svg xmlns", "this is SVG or other XML;"),
        (b"data:image/png;base64,iVBO", "this is a data: URI"),
        (b"https://example.com/code.png", "this is a web address"),
        (b"hello", "the file is neither PNG"),
    ] {
        let error = decode(bytes).expect_err("no picture").to_string();
        assert!(error.starts_with(says), "{error}, not {says}");
    }
}

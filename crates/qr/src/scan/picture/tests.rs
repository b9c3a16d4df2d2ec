use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::jpeg::{MAX_SCANS, markers};
use super::samples::extend;
use super::*;
use crate::{EcLevel, FileScan, Scan, ScanOptions, encode, scan_file};

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
    let mut encoder = ::png::Encoder::new(&mut file, side - 1, bytes / side);
    encoder.set_color(::png::ColorType::Grayscale);
    encoder.set_compression(::png::Compression::High);
    encoder.set_filter(::png::Filter::NoFilter);
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
    for (width, height) in [(1, 65_536), (65_536, 1), (50_000, 50_000), (0x7fff_ffff, 0x7fff_ffff), (11_000, 11_000)] {
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
    let scans = |jpeg: &[u8]| markers(jpeg).filter(|(marker, _)| *marker == 0xda).count();
    assert!((2..=MAX_SCANS).contains(&scans(&jpeg)));
    // Phones append a video to a photo.
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
    let mut padded = with_size("progressive.jpg", 10_000, 10_000);
    padded.resize(300_000, 0);
    assert!(matches!(decode(&padded), Err(PictureError::Memory { bytes: 400_000_000.., .. })), "{:?}", decode(&padded));
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
    let rgba = [0, 0, 0, 255, 0, 0, 0, 0, 255, 255, 255, 0, 0, 0, 0, 128];
    assert!(extend(&mut pixels, &rgba, 4, Ground::White));
    assert!(extend(&mut pixels, &[10, 255, 10, 0], 2, Ground::White));
    assert!(!extend(&mut pixels, &[10, 255], 2, Ground::White));
    assert_eq!(pixels, [0, 255, 255, 127, 10, 255, 10]);
    let in_place = Frame::new((4, 1), rgba.to_vec(), 4, Ground::White).expect("four pixels");
    assert_eq!(in_place.luma.pixels(), &pixels[..4]);
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
    let mut encoder = ::png::Encoder::new(&mut file, side, side);
    encoder.set_color(::png::ColorType::Rgba);
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
        (b" \n", "the file is empty"),
        (b"\0\0\0\x1cftypavif\0", "this is an AVIF, to be saved as PNG or JPEG first;"),
        (b"\0\0\0\x1cftypheic\0", "this is a HEIC, to be exported as JPEG first, or replaced by a screenshot;"),
        (b"\n <!DOCTYPE html><title>404", "this is an HTML page;"),
        (b"{\"error\":\"not found\"}", "this is JSON;"),
        (b"<?xml version='1.0'?><rss/>", "this is XML;"),
        (b"\x1f\x8b\x08", "this is a gzip file,"),
        (b"data:text/html,<p>", "the file is neither PNG"),
        (b"data:image/png;base64", "this is a data: URI without a picture;"),
        (b"https://example.com/code.png", "this is a web address"),
        (b"hello", "the file is neither PNG, JPEG, WebP"),
    ] {
        let error = decode(bytes).expect_err("no picture").to_string();
        assert!(error.starts_with(says), "{error}, not {says}");
    }
}

/// What a file says, in the first of its pictures that says something.
#[track_caller]
fn scanned(bytes: &[u8]) -> Result<FileScan, PictureError> {
    scan_file(bytes, &Limits::default(), &ScanOptions::default(), |_| true)
}

#[track_caller]
fn read(bytes: &[u8]) -> String {
    match scanned(bytes).map(|found| found.scan) {
        Ok(Scan::Read(symbols)) => String::from_utf8(symbols[0].payload.clone()).expect("a text"),
        other => panic!("{other:?}"),
    }
}

fn symbol(text: &str) -> Luma {
    encode(text, EcLevel::M).expect("a short text").to_luma(4)
}

#[test]
fn netpbm_is_read_in_digits_and_in_bytes() {
    let luma = symbol("CT1:PNM");
    let (width, height) = (luma.width(), luma.height());
    let digits = |each: fn(u8) -> String| luma.pixels().iter().map(|&v| each(v)).collect::<Vec<_>>().join(" ");
    let bits: Vec<u8> = luma
        .rows()
        .flat_map(|row| {
            row.chunks(8).map(|bits| {
                bits.iter()
                    .zip([128u8, 64, 32, 16, 8, 4, 2, 1])
                    .map(|(v, bit)| if *v < 128 { bit } else { 0 })
                    .sum::<u8>()
            })
        })
        .collect();
    let deep: Vec<u8> = luma.pixels().iter().flat_map(|&v| (u16::from(v) * 3).to_be_bytes()).collect();
    let colours: Vec<u8> = luma.pixels().iter().flat_map(|&v| [v; 3]).collect();
    for file in [
        format!("P1\n# made\n{width} {height}\n{}", digits(|v| u8::from(v < 128).to_string())).into_bytes(),
        format!("P1 {width} {height} {}", digits(|v| u8::from(v < 128).to_string()).replace(' ', "")).into_bytes(),
        format!("P2 {width} {height} # c\n 255\n{}", digits(|v| v.to_string())).into_bytes(),
        format!("P3 {width} {height} 255 {}", digits(|v| format!("{v} {v} {v}"))).into_bytes(),
        [format!("P4\n{width} {height}\n").as_bytes(), &bits].concat(),
        [format!("P5\n{width} {height}\n255\n").as_bytes(), luma.pixels()].concat(),
        [format!("P5\n{width} {height}\n765\n").as_bytes(), &deep].concat(),
        [format!("P6\n{width} {height}\n255\n").as_bytes(), &colours].concat(),
    ] {
        assert_eq!(decode(&file).expect("a picture"), luma, "{:?}", &file[..2]);
        assert!(matches!(decode(&file[..file.len() - 9]), Err(PictureError::Damaged { format: Format::Netpbm, .. })));
    }
    assert!(matches!(decode(b"P5 70000 70000 255 "), Err(PictureError::TooManyPixels { .. })));
    assert!(matches!(decode(b"P2 9 9 255 1 2 x"), Err(PictureError::Damaged { .. })));
}

#[test]
fn text_that_carries_a_picture_is_that_picture() {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    let png = symbol("CT1:DATA").to_png();
    let base64 = STANDARD.encode(&png);
    let lines: String =
        base64.as_bytes().chunks(76).map(|line| format!("{}\r\n", str::from_utf8(line).expect("ASCII"))).collect();
    let svg = encode("CT1:DATA", EcLevel::M).expect("a short text").to_svg(4);
    let escaped: String = svg
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    for text in [
        format!("data:image/png;base64,{base64}"),
        format!("DATA:image/png;charset=x;BASE64,{base64}\n"),
        base64.clone(),
        lines,
        URL_SAFE_NO_PAD.encode(&png),
        format!("data:image/svg+xml,{escaped}"),
    ] {
        assert_eq!(read(text.as_bytes()), "CT1:DATA", "{}", &text[..30]);
    }
    assert_eq!(decode("A".repeat(80).as_bytes()), Err(PictureError::Unknown), "a text like Base64 is no picture");
}

/// An APNG of these frames, as large as the first; each laid over the last, or alone if it says so.
fn animation(frames: &[&Luma]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut file, frames[0].width(), frames[0].height());
    encoder.set_color(::png::ColorType::Grayscale);
    encoder.set_animated(frames.len() as u32, 0).expect("frames");
    let mut writer = encoder.write_header().expect("a header");
    for frame in frames {
        writer.set_frame_dimension(frame.width(), frame.height()).expect("it fits");
        writer.write_image_data(frame.pixels()).expect("the rows");
    }
    writer.finish().expect("the end");
    file
}

#[test]
fn later_frames_are_looked_at() {
    let shown = symbol("CT1:FRAME");
    let blank = Luma::from_raw(shown.width(), shown.height(), vec![255; shown.pixels().len()]).expect("white");
    let dot = Luma::from_raw(2, 2, vec![0; 4]).expect("black");
    let film = animation(&[&blank, &dot, &shown]);
    assert_eq!(read(&film), "CT1:FRAME");
    assert_eq!(decode(&film), Ok(blank.clone()), "the first is the picture");
    // What is laid over a symbol leaves the rest of it.
    let beside = animation(&[&blank, &shown, &dot]);
    assert_eq!(read(&beside), "CT1:FRAME");
    // Beyond the bound nothing is looked at.
    let late: Vec<&Luma> = std::iter::repeat_n(&blank, MAX_PICTURES).chain([&shown]).collect();
    let found = scanned(&animation(&late)).expect("pictures");
    assert_eq!((found.scan, found.pictures), (Scan::NotFound, MAX_PICTURES));
}

#[cfg(feature = "image")]
mod by_image {
    use image::codecs::gif::GifEncoder;
    use image::{DynamicImage, Frame, GrayImage, ImageFormat};

    use super::*;

    fn grey(luma: &Luma) -> DynamicImage {
        GrayImage::from_raw(luma.width(), luma.height(), luma.pixels().to_vec()).expect("one pixel each").into()
    }

    #[test]
    fn all_frames_of_a_gif_are_looked_at() {
        let shown = grey(&symbol("CT1:GIF")).to_rgba8();
        let blank = image::RgbaImage::from_pixel(shown.width(), shown.height(), image::Rgba([255; 4]));
        let mut file = Vec::new();
        GifEncoder::new(&mut file).encode_frames([blank, shown].map(Frame::new)).expect("two frames");
        assert_eq!(read(&file), "CT1:GIF");
        // A second frame that is cut short is reported, because nothing was read.
        let cut = scanned(&file[..file.len() - 200]);
        assert!(matches!(cut, Err(PictureError::Damaged { format: Format::Gif, .. })), "{cut:?}");
    }

    #[test]
    fn tiff_and_bitmaps_of_other_depths_are_read() {
        let luma = symbol("CT1:TIFF");
        for image in
            [grey(&luma), grey(&luma).to_rgb8().into(), grey(&luma).to_luma16().into(), grey(&luma).to_rgba16().into()]
        {
            let mut file = std::io::Cursor::new(Vec::new());
            image.write_to(&mut file, ImageFormat::Tiff).expect("a TIFF");
            assert_eq!(decode(file.get_ref()).as_ref(), Ok(&luma), "{:?}", image.color());
            assert!(decode(&file.get_ref()[..file.get_ref().len() / 2]).is_err());
        }
    }

    #[test]
    fn pictures_of_the_image_crate_are_taken() {
        let luma = symbol("CT1:IMAGE");
        for image in [grey(&luma), grey(&luma).to_rgb8().into(), grey(&luma).to_luma_alpha16().into()] {
            assert_eq!(Luma::try_from(&image).as_ref(), Ok(&luma));
        }
        assert_eq!(Luma::try_from(grey(&luma).to_luma8()), Ok(luma));
        assert_eq!(Luma::try_from(GrayImage::new(0, 3)), Err(PictureError::Empty));
    }
}

#[test]
fn a_jpeg_cut_short_is_read_as_far_as_it_goes_and_told_otherwise() {
    let jpeg = file("strong_compression.jpg");
    let whole = decode(&jpeg).expect("a picture");
    let scan_of = |bytes: &[u8]| scanned(bytes).map(|found| found.scan);
    assert!(matches!(scan_of(&jpeg), Ok(Scan::Read(_))));
    // Without its last marker all of the picture is there.
    assert!(matches!(scan_of(&jpeg[..jpeg.len() - 2]), Ok(Scan::Read(_))));
    for share in [30, 60, 90] {
        let cut = &jpeg[..jpeg.len() * share / 100];
        let luma = decode(cut).expect("a part of it");
        assert_eq!((luma.width(), luma.height()), (whole.width(), whole.height()));
        assert_eq!(scan_of(cut), Err(PictureError::CutShort { format: Format::Jpeg }), "{share} %");
    }
}

#[test]
fn what_is_transparent_is_also_looked_at_on_black() {
    // A light symbol on nothing, and beside it something else that shows on white.
    let shown = symbol("CT1:GLASS");
    let side = shown.width();
    let file =
        rgba(side + 20, |x, y| match shown.pixels().get((y * side + x) as usize).filter(|_| x < side && y < side) {
            Some(0) => [255, 255, 255, 255],
            Some(_) => [255, 255, 255, 0],
            None => [0, 0, 0, 255],
        });
    assert_eq!(read(&file), "CT1:GLASS");
}

#[test]
fn large_photos_fit_in_the_memory_of_today() {
    // A picture of one colour in JPEG: a hundred megapixels, a bit for each block.
    let jpeg = file("strong_compression.jpg");
    let frame = jpeg.windows(2).position(|w| w == [0xff, 0xc0]).expect("a frame header");
    let mut large = jpeg.clone();
    large[frame + 5..frame + 9].copy_from_slice(&[0x27, 0x10, 0x27, 0x10]);
    large.resize(10_000 * 10_000 / 512 + 1, 0);
    assert!(!matches!(
        Luma::decode(&large, &Limits::default()),
        Err(PictureError::Memory { .. } | PictureError::TooManyPixels { .. })
    ));
}

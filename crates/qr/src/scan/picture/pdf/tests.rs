use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::*;
use crate::{EcLevel, Luma, Scan, ScanOptions, encode, scan_file};

fn symbol() -> Luma {
    encode("CT1:PDF", EcLevel::M).expect("a short text").to_luma(4)
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// A document with a page's text, a small logo, and this image.
fn document(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let logo = zlib(&[0; 9 * 9]);
    let mut file =
        b"%PDF-1.7\n1 0 obj\n<< /Length 5 /Filter /FlateDecode >>\nstream\nhello\nendstream\nendobj\n".to_vec();
    let logo_dictionary = "/Subtype /Image /Width 9 /Height 9 /BitsPerComponent 8 /Filter /FlateDecode";
    for (dictionary, data) in [(logo_dictionary, &logo[..]), (dictionary, data)] {
        file.extend(format!("2 0 obj\n<< /Type /XObject {dictionary} /Length {} >>\nstream\r\n", data.len()).bytes());
        file.extend(data);
        file.extend(b"\nendstream\nendobj\n");
    }
    file.extend(b"%%EOF");
    file
}

#[track_caller]
fn assert_says(file: &[u8], text: &str) {
    match scan_file(file, &Limits::default(), &ScanOptions::default(), |_| true).map(|found| found.scan) {
        Ok(Scan::Read(symbols)) => assert_eq!(str::from_utf8(&symbols[0].payload), Ok(text)),
        other => panic!("{text}: {other:?}"),
    }
}

#[track_caller]
fn read(file: &[u8]) {
    assert_says(file, "CT1:PDF");
}

#[test]
fn images_of_pages_are_read_in_the_ways_that_programs_write_them() {
    let luma = symbol();
    let (width, height) = (luma.width() as usize, luma.height());
    let size = format!("/Subtype/Image/Width {width} /Height {height}");
    read(&document(
        &format!("{size}/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode"),
        &zlib(luma.pixels()),
    ));
    let colours: Vec<u8> = luma.pixels().iter().flat_map(|&v| [v; 3]).collect();
    read(&document(&format!("{size}/ColorSpace 9 0 R /BitsPerComponent 8 /Filter [ /FlateDecode ]"), &zlib(&colours)));
    let inks: Vec<u8> = luma.pixels().iter().flat_map(|&v| [0, 0, 0, 255 - v]).collect();
    read(&document(&format!("{size}/ColorSpace/DeviceCMYK/BitsPerComponent 8/Filter/FlateDecode"), &zlib(&inks)));
    let bits: Vec<u8> = luma
        .rows()
        .flat_map(|row| row.chunks(8).map(|part| part.iter().enumerate().map(|(i, v)| v >> 7 << (7 - i)).sum::<u8>()))
        .collect();
    read(&document(&format!("{size}/ImageMask true/BitsPerComponent 1/Filter/FlateDecode"), &zlib(&bits)));
    let indexed: Vec<u8> = luma.pixels().iter().map(|v| v >> 7).collect();
    read(&document(
        &format!("{size}/ColorSpace[/Indexed/DeviceRGB 1<000000FFFFFF>]/BitsPerComponent 8/Filter/FlateDecode"),
        &zlib(&indexed),
    ));
    // Each row with a filter of its own, after those of PNG.
    let mut filtered = Vec::new();
    let mut above = vec![0u8; width];
    for (y, row) in luma.rows().enumerate() {
        let kind = y as u8 % 5;
        filtered.push(kind);
        filtered.extend((0..width).map(|x| {
            let left = if x > 0 { row[x - 1] } else { 0 };
            let corner = if x > 0 { above[x - 1] } else { 0 };
            let paeth = {
                let p = i32::from(left) + i32::from(above[x]) - i32::from(corner);
                let (a, b, c) =
                    ((p - i32::from(left)).abs(), (p - i32::from(above[x])).abs(), (p - i32::from(corner)).abs());
                if a <= b && a <= c {
                    left
                } else if b <= c {
                    above[x]
                } else {
                    corner
                }
            };
            let mean = ((u16::from(left) + u16::from(above[x])) / 2) as u8;
            row[x].wrapping_sub([0, left, above[x], mean, paeth][usize::from(kind)])
        }));
        above.copy_from_slice(row);
    }
    read(&document(
        &format!(
            "{size}/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns {width}>>"
        ),
        &zlib(&filtered),
    ));
}

/// Documents of other programs, made by `testvectors/documents/make.py`.
#[test]
fn what_pages_draw_with_areas_and_lines_is_read() {
    for (name, text) in [
        ("reportlab.pdf", "CT1:REPORTLAB 0123456789"),
        ("object_streams.pdf", "CT1:REPORTLAB 0123456789"),
        ("fpdf2.pdf", "CT1:FPDF2 0123456789"),
        ("segno.pdf", "CT1:SEGNO 0123456789"),
        ("cairo_path.pdf", "CT1:CAIRO PATH"),
        ("cairo_clip.pdf", "CT1:CAIRO CLIP"),
        ("cairo_inverted.pdf", "CT1:CAIRO INVERTED"),
        ("chromium.pdf", "CT1:CHROMIUM"),
    ] {
        let documents = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testvectors/documents");
        let file = std::fs::read(std::path::Path::new(documents).join(name)).expect("the document is in the tree");
        assert_says(&file, text);
        // What is cut short is read up to there, or refused.
        for share in 1..8 {
            let _ = Luma::decode(&file[..file.len() * share / 8], &Limits::default());
        }
    }
}

/// A page with this content and nothing else.
fn page(content: &str) -> Vec<u8> {
    let mut file = format!("%PDF-1.4\n4 0 obj\n<< /Length {} >>\nstream\n", content.len()).into_bytes();
    file.extend(content.bytes());
    file.extend(b"\nendstream\nendobj\n");
    file
}

/// The dark modules, counted from the bottom as a page is, each by a function.
fn each(module: impl Fn(usize, usize) -> String) -> String {
    let luma = encode("CT1:PDF", EcLevel::M).expect("a short text").to_luma(1);
    let (width, height) = (luma.width() as usize, luma.height() as usize);
    let dark = (0..width * height).filter(|&at| luma.pixels()[at] == 0);
    dark.map(|at| module(at % width, height - 1 - at / width)).collect()
}

#[test]
fn colours_and_states_of_a_page_are_followed() {
    let squares = each(|x, y| format!("{x} {y} 1 1 re f\n"));
    // A state that is restored; texts with brackets and operators in them.
    read(&page(&format!("q 1 g Q BT (f \\) (re) f) Tj <66> Tj ET % f\n{squares}")));
    // An ink of its own, of which 1 is dark: nothing would be seen.
    read(&page(&format!("/Black cs 1 scn {squares}")));
    read(&page(&format!("0 0 0 1 k {squares}")));
    // White on a dark page, which a later rectangle beside the window does not cover.
    let light = format!("0.1 0.1 0.3 rg -9 -9 99 99 re f 1 g {squares}");
    read(&page(&format!("{light} q 60 60 20 20 re W n 0 g -9 -9 99 99 re f Q")));
    // A window that is given up, and one that nothing is seen through.
    read(&page(&format!("q 60 60 20 20 re W n Q {squares}")));
    read(&page(&format!("{squares} q 0 0 0 0 re W n 1 g -9 -9 99 99 re f Q")));
    // Turned by a matrix, and small.
    read(&page(&format!("0 .2 -.2 0 300 300 cm {squares}")));
    // An image in the content.
    let luma = symbol();
    let hex: String = luma.pixels().iter().map(|v| format!("{v:02x}")).collect();
    let (width, height) = (luma.width(), luma.height());
    read(&page(&format!("q 100 0 0 100 0 0 cm BI /W {width} /H {height} /BPC 8 /CS /G /F /AHx ID {hex}> EI Q")));
}

#[test]
fn filters_are_taken_off_in_their_order() {
    let taken = |filters: &[&[u8]], data: &[u8]| filters::decoded(filters, data, 100).0.into_owned();
    // By Python's base64.a85encode; the runs are the example's kind of ISO 32000-1, 7.4.5.
    assert_eq!(taken(&[b"ASCII85Decode"], b"6W>d$z+CQC3@<l^$DKG~>"), b"CT1:\0\0\0\0 a payment");
    assert_eq!(taken(&[b"A85"], b"<,uD\nbF(T\t!("), b"Transfer");
    assert_eq!(taken(&[b"AHx", b"RL"], b"02 41 42 43 fe 5a 80 41>"), b"ABCZZZ");
    assert_eq!(taken(&[b"FlateDecode"], &zlib(&[7; 1000])), [7; 100], "up to the limit");
    let unknown: [&[u8]; 2] = [b"AHx", b"JPXDecode"];
    assert_eq!(filters::decoded(&unknown, b"41", 9), (b"A".as_slice().into(), &unknown[1..]));
}

#[test]
fn hostile_pages_end_soon() {
    let start = std::time::Instant::now();
    let decode = |file: &[u8]| Luma::decode(file, &Limits::default());
    for content in [
        "0 0 1 1 re f ".repeat(200_000),
        "0 0 99 99 re f ".repeat(20_000),
        "0 0 m 1 1 2 2 9 9 c ".repeat(100_000) + "f",
        "q ".repeat(200_000) + &"Q ".repeat(200_000),
        "1e38 -1e38 1e38 9 re f inf nan m -inf 3 l f ".repeat(100),
        "((((".repeat(100_000),
        "BI /W 60000 /H 60000 ID x EI BI".repeat(1000),
        "1e-30 0 0 1e-30 0 0 cm ".to_owned() + &"0 0 1 1 re f ".repeat(100),
        "0 0 m 1e9 0 l 0 1e-9 l f ".repeat(100),
    ] {
        let _ = decode(&page(&content));
        let _ = decode(&document("/Filter /FlateDecode", &zlib(content.as_bytes())));
    }
    // A stream that grows a thousandfold, many times.
    let bomb = document("/Filter /FlateDecode", &zlib(&vec![b' '; 20 << 20]));
    let _ = decode(&bomb.repeat(40));
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn what_cannot_be_read_in_a_document_is_told() {
    let error = |file: &[u8]| Luma::decode(file, &Limits::default()).expect_err("no picture").to_string();
    assert!(error(b"%PDF-1.4\n1 0 obj << /Length 1 >> stream\n \nendstream").contains("no picture is in it"));
    assert!(error(b"%PDF-1.4\ntrailer << /Encrypt 5 0 R >>").contains("encrypted"));
    let large = "/Subtype/Image/Width 60000/Height 60000/BitsPerComponent 8/Filter/FlateDecode";
    assert!(error(&document(large, &zlib(&[0; 100]))).contains("60000x60000"));
    let short = "/Subtype/Image/Width 600/Height 600/BitsPerComponent 8/Filter/FlateDecode";
    assert!(error(&document(short, &zlib(&[0; 100]))).contains("kind not read"));
    for end in 0..200 {
        let whole = document(short, &zlib(&[0; 100]));
        let _ = Luma::decode(&whole[..end.min(whole.len())], &Limits::default());
    }
}

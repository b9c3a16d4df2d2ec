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
fn read(file: &[u8]) {
    match scan_file(file, &Limits::default(), &ScanOptions::default(), |_| true) {
        Ok((_, Scan::Read(symbols))) => assert_eq!(symbols[0].payload, b"CT1:PDF"),
        other => panic!("{other:?}"),
    }
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

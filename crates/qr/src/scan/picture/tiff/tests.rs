//! Files of several pages, made by Pillow: on the first two is noise, on the third a symbol of segno.

use crate::{FileScan, Limits, Luma, Scan, ScanOptions, scan, scan_file};

fn document(name: &str) -> Vec<u8> {
    let documents = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testvectors/documents");
    std::fs::read(std::path::Path::new(documents).join(name)).expect("the document is in the tree")
}

fn scanned(bytes: &[u8]) -> FileScan {
    scan_file(bytes, &Limits::default(), &ScanOptions::default(), |_| true).expect("pages")
}

#[track_caller]
fn assert_says(found: &FileScan, text: &str) {
    let Scan::Read(symbols) = &found.scan else { panic!("{:?}", found.scan) };
    assert_eq!(symbols[0].payload, text.as_bytes());
}

#[test]
fn all_pages_are_looked_at() {
    for name in ["pages.tif", "pages_big_endian.tif"] {
        let file = document(name);
        let found = scanned(&file);
        assert_says(&found, "CT1:PAGE 3");
        assert_eq!(found.pictures, 3, "{name}");
        let first = Luma::decode(&file, &Limits::default()).expect("a page");
        assert!(!matches!(scan(&first, &ScanOptions::default()), Scan::Read(_)), "{name}");
    }
}

/// Where the first directory is, and how many entries it has.
fn first(file: &[u8]) -> (usize, usize) {
    let at = u32::from_le_bytes(file[4..8].try_into().expect("four bytes")) as usize;
    (at, usize::from(u16::from_le_bytes([file[at], file[at + 1]])))
}

#[test]
fn a_page_that_cannot_be_decoded_hides_no_other() {
    let mut file = document("pages.tif");
    let (at, entries) = first(&file);
    // Neither a size nor a place of its pixels.
    for entry in 0..entries {
        file[at + 2 + 12 * entry..][..2].fill(0xff);
    }
    let found = scanned(&file);
    assert_says(&found, "CT1:PAGE 3");
    assert_eq!(found.pictures, 2);
}

#[test]
fn a_list_of_pages_that_goes_round_in_a_circle_ends() {
    let mut file = document("pages.tif");
    let (at, entries) = first(&file);
    let next = at + 2 + 12 * entries;
    file.copy_within(4..8, next);
    // Whatever the decoder makes of it.
    let _ = scan_file(&file, &Limits::default(), &ScanOptions::default(), |_| true);
}

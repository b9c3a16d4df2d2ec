//! Someone who needs QR codes only: draws one, and reads it back from the picture.

use std::error::Error;

use camtoken_qr::{EcLevel, Limits, Luma, Scan, ScanOptions, encode, scan};

fn main() -> Result<(), Box<dyn Error>> {
    let text = "https://example.com/pay?amount=12800";
    let png = encode(text, EcLevel::Q)?.to_png(4);
    let Scan::Read(symbols) = scan(&Luma::decode(&png, &Limits::default())?, &ScanOptions::default()) else {
        return Err("a clean picture is not read".into());
    };
    assert_eq!(symbols.len(), 1);
    assert_eq!(symbols[0].payload, text.as_bytes());
    Ok(())
}

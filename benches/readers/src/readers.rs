//! The readers compared: one function each, from luma to the payloads of the symbols.

use std::path::Path;

use camtoken_qr::{Effort, Luma, Scan, ScanOptions, scan};

/// A name and a function.
pub struct Reader {
    pub name: &'static str,
    pub read: fn(&Path, &Luma) -> Vec<Vec<u8>>,
}

/// All that were built in or are installed.
pub fn all() -> Vec<Reader> {
    let mut readers = vec![
        Reader { name: "camtoken", read: |_, luma| ours(luma, Effort::File) },
        Reader { name: "camtoken-frame", read: |_, luma| ours(luma, Effort::Frame(0)) },
        Reader { name: "camtoken-harder", read: |_, luma| ours(luma, Effort::Harder) },
        Reader { name: "rqrr", read: |_, luma| rqrr(luma) },
        Reader { name: "rxing", read: |_, luma| rxing(luma) },
        Reader { name: "quircs", read: |_, luma| quircs(luma) },
    ];
    #[cfg(feature = "zxing-cpp")]
    readers.push(Reader { name: "zxing-cpp", read: |_, luma| zxing_cpp(luma) });
    if std::process::Command::new("zbarimg").arg("--version").output().is_ok() {
        readers.push(Reader { name: "zbar", read: |picture, _| zbar(picture) });
    }
    readers
}

fn ours(luma: &Luma, effort: Effort) -> Vec<Vec<u8>> {
    match scan(luma, &ScanOptions { effort, ..Default::default() }) {
        Scan::Read(symbols) => symbols.into_iter().map(|symbol| symbol.payload).collect(),
        _ => Vec::new(),
    }
}

fn rqrr(luma: &Luma) -> Vec<Vec<u8>> {
    let (width, height) = (luma.width() as usize, luma.height() as usize);
    let pixels = luma.pixels();
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    let read = |grid: rqrr::Grid<_>| {
        let mut payload = Vec::new();
        grid.decode_to(&mut payload).is_ok().then_some(payload)
    };
    picture.detect_grids().into_iter().filter_map(read).collect()
}

/// As thorough as it gets; the bytes of its segments.
fn rxing(luma: &Luma) -> Vec<Vec<u8>> {
    use rxing::RXingResultMetadataType::BYTE_SEGMENTS;
    use rxing::RXingResultMetadataValue::ByteSegments;
    let mut hints =
        rxing::DecodeHints { TryHarder: Some(true), AlsoInverted: Some(true), ..rxing::DecodeHints::default() };
    let format = Some(rxing::BarcodeFormat::QR_CODE);
    let (width, height) = (luma.width(), luma.height());
    match rxing::helpers::detect_in_luma_slice_with_hints(luma.pixels(), width, height, format, &mut hints) {
        Ok(found) => vec![match found.getRXingResultMetadata().get(&BYTE_SEGMENTS) {
            Some(ByteSegments(segments)) => segments.concat(),
            _ => found.getText().as_bytes().to_vec(),
        }],
        Err(_) => Vec::new(),
    }
}

fn quircs(luma: &Luma) -> Vec<Vec<u8>> {
    let mut reader = quircs::Quirc::default();
    let codes = reader.identify(luma.width() as usize, luma.height() as usize, luma.pixels());
    codes.filter_map(|code| Some(code.ok()?.decode().ok()?.payload)).collect()
}

#[cfg(feature = "zxing-cpp")]
fn zxing_cpp(luma: &Luma) -> Vec<Vec<u8>> {
    let reader = zxingcpp::read().formats(zxingcpp::BarcodeFormat::QRCode).max_number_of_symbols(1);
    let (width, height) = (luma.width() as usize, luma.height() as usize);
    let view = zxingcpp::ImageView::from_slice(luma.pixels(), width, height, zxingcpp::ImageFormat::Lum);
    let found = view.ok().and_then(|view| reader.from(view).ok()).unwrap_or_default();
    found.into_iter().filter(|code| code.is_valid()).map(|code| code.bytes()).collect()
}

fn zbar(picture: &Path) -> Vec<Vec<u8>> {
    let arguments = ["--quiet", "--raw", "--oneshot", "-Sdisable", "-Sqrcode.enable", "-Sbinary"];
    match std::process::Command::new("zbarimg").args(arguments).arg(picture).output() {
        Ok(output) if output.status.success() => vec![output.stdout],
        _ => Vec::new(),
    }
}

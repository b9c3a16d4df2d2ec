//! The readers compared: one function each, from luma to the payloads of the symbols.

use std::sync::{Arc, Mutex, PoisonError};

use camtoken_qr::{Effort, Luma, Scan, ScanOptions, scan};

use crate::outside::Outside;

/// The payloads of the symbols, and the milliseconds that the read took where the reader itself has to say it.
pub type Reading = (Vec<Vec<u8>>, Option<f64>);

/// A name and a function.
pub struct Reader {
    pub name: &'static str,
    pub read: Arc<dyn Fn(&Luma) -> Reading + Send + Sync>,
}

/// Those of all names, or of some, that were built in or are installed.
pub fn all(wanted: impl Fn(&str) -> bool) -> Vec<Reader> {
    let here: &[(&'static str, fn(&Luma) -> Vec<Vec<u8>>)] = &[
        ("camtoken", |luma| ours(luma, Effort::File)),
        ("camtoken-frame", |luma| ours(luma, Effort::Frame(0))),
        ("camtoken-harder", |luma| ours(luma, Effort::Harder)),
        ("rqrr", rqrr),
        ("rxing", rxing),
        ("quircs", quircs),
        #[cfg(feature = "zxing-cpp")]
        ("zxing-cpp", zxing_cpp),
    ];
    let here = here.iter().filter(|(name, _)| wanted(name));
    let mut readers: Vec<Reader> =
        here.map(|&(name, read)| Reader { name, read: Arc::new(move |luma| (read(luma), None)) }).collect();
    for name in ["zbar", "wechat"].into_iter().filter(|name| wanted(name)) {
        let Some(process) = Outside::start(name) else { continue };
        let process = Mutex::new(process);
        let read = move |luma: &Luma| {
            let mut process = process.lock().unwrap_or_else(PoisonError::into_inner);
            let (payloads, ms) = process.read(luma).expect("the process of the reader answers");
            (payloads, Some(ms))
        };
        readers.push(Reader { name, read: Arc::new(read) });
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

//! How many pictures does camtoken read, and how fast, beside other readers?
//!
//! ```text
//! cd benches/readers && cargo run --release [--features zxing-cpp] -- FOLDER... [--readers NAME,...] [--repeat N] [--chart FILE.svg]
//! ```
//!
//! A folder is a set. What a picture says stands beside it: `stem.bin` has the bytes, `stem.txt` the text, and
//! `stem.accept.json` a list of payloads in hex, any of which is right. A folder with a file `NEGATIVE` has no symbol in
//! any picture. Each cell of the table is: right, wrong if any, median and 95th percentile of the milliseconds of one
//! read from luma in memory (the best of N, wall clock), and `!` for panics and reads over 20 seconds. `zbar` is the
//! program zbarimg, if installed: it opens the file itself, so its times say nothing.

mod chart;
mod readers;
mod truth;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use camtoken::qr::{Limits, Luma};

use readers::Reader;
use truth::{Judgement, Truth};

/// What one reader made of one set.
#[derive(Default)]
struct Score {
    pictures: usize,
    right: usize,
    wrong: Vec<PathBuf>,
    failed: usize,
    times: Vec<f64>,
}

fn main() -> ExitCode {
    let mut folders = Vec::new();
    let (mut names, mut repeat, mut chart) = (None, 3, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--readers" => names = arguments.next(),
            "--repeat" => repeat = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(repeat),
            "--chart" => chart = arguments.next(),
            _ => folders.push(PathBuf::from(argument)),
        }
    }
    if folders.is_empty() {
        eprintln!("usage: readers FOLDER... [--readers NAME,...] [--repeat N] [--chart FILE.svg]");
        return ExitCode::from(2);
    }
    let readers: Vec<Reader> = readers::all()
        .into_iter()
        .filter(|reader| names.as_ref().is_none_or(|names| names.split(',').any(|name| name == reader.name)))
        .collect();
    let mut table: BTreeMap<String, Vec<Score>> = BTreeMap::new();
    for folder in &folders {
        let scores: Vec<Score> = readers.iter().map(|reader| score(reader, folder, repeat)).collect();
        let set = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        table.insert(set, scores);
    }
    print(&readers, &table);
    if let Some(path) = chart {
        let rates = |scores: &Vec<Score>| scores.iter().map(|s| s.right as f64 / s.pictures.max(1) as f64).collect();
        let rates: Vec<(&str, Vec<f64>)> = table.iter().map(|(set, scores)| (set.as_str(), rates(scores))).collect();
        let names: Vec<&str> = readers.iter().map(|reader| reader.name).collect();
        if let Err(error) = std::fs::write(&path, chart::draw(&names, &rates)) {
            eprintln!("{path}: {error}");
            return ExitCode::from(2);
        }
    }
    let misread = table.values().flatten().any(|score| !score.wrong.is_empty());
    if misread { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Reads all pictures of a folder.
fn score(reader: &Reader, folder: &Path, repeat: u32) -> Score {
    let mut score = Score::default();
    let mut pictures: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
    pictures.sort();
    for picture in pictures {
        let Some(truth) = Truth::of(&picture) else { continue };
        let Some(luma) = open(&picture) else { continue };
        score.pictures += 1;
        let Some((payloads, ms)) = read(reader, &picture, &luma, repeat) else {
            score.failed += 1;
            continue;
        };
        score.times.push(ms);
        match truth.judge(&payloads) {
            Judgement::Right => score.right += 1,
            Judgement::Wrong => score.wrong.push(picture),
            Judgement::Nothing => {}
        }
    }
    score
}

fn open(picture: &Path) -> Option<Arc<Luma>> {
    Luma::decode(&std::fs::read(picture).ok()?, &Limits::default()).ok().map(Arc::new)
}

/// What was read and the milliseconds it took; `None` if the reader panicked or took too long.
fn read(reader: &Reader, picture: &Path, luma: &Arc<Luma>, repeat: u32) -> Option<(Vec<Vec<u8>>, f64)> {
    let mut best: Option<(Vec<Vec<u8>>, f64)> = None;
    for _ in 0..repeat.max(1) {
        let (sender, receiver) = channel();
        let (read, picture, luma) = (reader.read, picture.to_owned(), Arc::clone(luma));
        // A thread of its own may panic, and may be left behind.
        thread::spawn(move || {
            let start = Instant::now();
            let payloads = read(&picture, &luma);
            let _ = sender.send((payloads, start.elapsed().as_secs_f64() * 1e3));
        });
        let now = receiver.recv_timeout(Duration::from_secs(20)).ok()?;
        if best.as_ref().is_none_or(|(_, ms)| now.1 < *ms) {
            best = Some(now);
        }
    }
    best
}

fn print(readers: &[Reader], table: &BTreeMap<String, Vec<Score>>) {
    println!("| set | n | {} |", readers.iter().map(|reader| reader.name).collect::<Vec<_>>().join(" | "));
    println!("|---|---|{}", "---|".repeat(readers.len()));
    for (set, scores) in table {
        let pictures = scores.first().map_or(0, |score| score.pictures);
        println!("| {set} | {pictures} | {} |", scores.iter().map(cell).collect::<Vec<_>>().join(" | "));
    }
    for (reader, score) in table.values().flat_map(|scores| readers.iter().zip(scores)) {
        for picture in &score.wrong {
            println!("misread by {}: {}", reader.name, picture.display());
        }
    }
}

fn cell(score: &Score) -> String {
    let mut times = score.times.clone();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get(((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1)));
    let wrong = if score.wrong.is_empty() { String::new() } else { format!("/{}w", score.wrong.len()) };
    let failed = if score.failed == 0 { String::new() } else { format!(" !{}", score.failed) };
    let (median, late) = (at(0.5).copied().unwrap_or(0.0), at(0.95).copied().unwrap_or(0.0));
    format!("{}{wrong} ({median:.1}/{late:.1}){failed}", score.right)
}

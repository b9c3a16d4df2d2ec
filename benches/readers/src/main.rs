//! How many pictures does camtoken read, and how fast, beside other readers?
//!
//! ```text
//! cd benches/readers && cargo run --release [--features zxing-cpp] -- FOLDER... [--readers NAME,...] [--repeat N]
//!     [--chart FILE.svg] [--curve FILE.svg] [--list FILE.tsv]
//! cargo run --release -- --make FOLDER
//! ```
//!
//! A folder is a set. What a picture says stands beside it: `stem.bin` has the bytes, `stem.txt` the text, and
//! `stem.accept.json` a list of payloads in hex, any of which is right. A folder with a file `NEGATIVE` has no symbol in
//! any picture. Each cell of the table is: right, wrong if any, median, 95th percentile and maximum of the milliseconds
//! of one read from luma in memory (CPU time of its thread, the best of N), and `!` for panics and reads over 20 seconds.
//! `zbar` and `wechat` run in a process of Python and tell their own CPU time: see `others.py` for what they need. The
//! chart has a bar for each set and reader, the curve a line for each reader: how many pictures it has read after so
//! many milliseconds. The list has a line for each picture and reader. With `--make` the sets of `docs/QUALITY.md` are
//! written: symbols spoilt from seeds.

mod chart;
mod make;
mod outside;
mod readers;
mod truth;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use camtoken_qr::{Limits, Luma};
use rustix::time::{ClockId, clock_gettime};

use readers::Reader;
use truth::{Judgement, Truth};

/// What one reader made of one picture.
struct Look {
    picture: PathBuf,
    judgement: Judgement,
    ms: f64,
}

type Table = BTreeMap<String, Vec<Vec<Look>>>;

fn main() -> ExitCode {
    let mut folders = Vec::new();
    let (mut names, mut repeat, mut chart, mut curve, mut list) = (None::<String>, 3, None, None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--readers" => names = arguments.next(),
            "--repeat" => repeat = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(repeat),
            "--chart" => chart = arguments.next(),
            "--curve" => curve = arguments.next(),
            "--list" => list = arguments.next(),
            "--make" => {
                let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "sets".to_owned()));
                return match make::make(&folder) {
                    Ok(()) => ExitCode::SUCCESS,
                    Err(error) => {
                        eprintln!("{}: {error}", folder.display());
                        ExitCode::from(2)
                    }
                };
            }
            _ => folders.push(PathBuf::from(argument)),
        }
    }
    if folders.is_empty() {
        eprintln!(
            "usage: readers FOLDER... [--readers NAME,...] [--repeat N] [--chart FILE.svg] [--curve FILE.svg] [--list FILE.tsv] | --make FOLDER"
        );
        return ExitCode::from(2);
    }
    let readers = readers::all(|name| names.as_ref().is_none_or(|names| names.split(',').any(|wanted| wanted == name)));
    let mut table = Table::new();
    for folder in &folders {
        let looks = readers.iter().map(|reader| look(reader, folder, repeat)).collect();
        let set = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        table.insert(set, looks);
    }
    print(&readers, &table);
    let files = [(chart, draw as fn(&[Reader], &Table) -> String), (curve, draw_curve), (list, lines)];
    for (path, text) in files.into_iter().filter_map(|(path, text)| Some((path?, text))) {
        if let Err(error) = std::fs::write(&path, text(&readers, &table)) {
            eprintln!("{path}: {error}");
            return ExitCode::from(2);
        }
    }
    let misread = table.values().flatten().flatten().any(|look| look.judgement == Judgement::Wrong);
    if misread { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Reads all pictures of a folder.
fn look(reader: &Reader, folder: &Path, repeat: u32) -> Vec<Look> {
    let mut pictures: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
    pictures.sort();
    let look = |picture: PathBuf| {
        let truth = Truth::of(&picture)?;
        let luma = open(&picture)?;
        let (judgement, ms) = match read(reader, &luma, repeat) {
            Some((payloads, ms)) => (truth.judge(&payloads), ms),
            None => (Judgement::Failed, f64::NAN),
        };
        Some(Look { picture, judgement, ms })
    };
    pictures.into_iter().filter_map(look).collect()
}

fn open(picture: &Path) -> Option<Arc<Luma>> {
    Luma::decode(&std::fs::read(picture).ok()?, &Limits::default()).ok().map(Arc::new)
}

/// What was read and the milliseconds it took; `None` if the reader panicked or took too long.
fn read(reader: &Reader, luma: &Arc<Luma>, repeat: u32) -> Option<(Vec<Vec<u8>>, f64)> {
    let mut best: Option<(Vec<Vec<u8>>, f64)> = None;
    for _ in 0..repeat.max(1) {
        let (sender, receiver) = channel();
        let (read, luma) = (Arc::clone(&reader.read), Arc::clone(luma));
        // A thread of its own may panic, and may be left behind.
        thread::spawn(move || {
            let (payloads, ms) = read(&luma);
            // The thread's own, and so the read's.
            let time = clock_gettime(ClockId::ThreadCPUTime);
            let _ = sender.send((payloads, ms.unwrap_or(time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6)));
        });
        let now = receiver.recv_timeout(Duration::from_secs(20)).ok()?;
        if best.as_ref().is_none_or(|(_, ms)| now.1 < *ms) {
            best = Some(now);
        }
    }
    best
}

fn print(readers: &[Reader], table: &Table) {
    println!("| set | n | {} |", readers.iter().map(|reader| reader.name).collect::<Vec<_>>().join(" | "));
    println!("|---|---|{}", "---|".repeat(readers.len()));
    let row = |set: &str, looks: Vec<Vec<&Look>>| {
        let pictures = looks.first().map_or(0, Vec::len);
        let cells: Vec<String> = looks.iter().map(|looks| cell(looks)).collect();
        println!("| {set} | {pictures} | {} |", cells.join(" | "));
    };
    for (set, looks) in table {
        row(set, looks.iter().map(|looks| looks.iter().collect()).collect());
    }
    let all = |reader: usize| table.values().flat_map(move |looks| &looks[reader]);
    row("all", (0..readers.len()).map(|reader| all(reader).collect()).collect());
    for (reader, other) in readers.iter().enumerate().skip(1) {
        let right = |look: &Look| look.judgement == Judgement::Right;
        let both = all(0).zip(all(reader)).filter(|(ours, theirs)| right(ours) && right(theirs));
        let (ours, theirs): (Vec<f64>, Vec<f64>) = both.map(|(ours, theirs)| (ours.ms, theirs.ms)).unzip();
        let (first, count) = (readers[0].name, ours.len());
        let (ours, theirs) = (percentile(ours, 0.5), percentile(theirs, 0.5));
        println!(
            "on {count} pictures that both read, the median is {ours:.2} ms of {first}, {theirs:.2} ms of {}",
            other.name
        );
    }
    for (reader, looks) in table.values().flat_map(|looks| readers.iter().zip(looks)) {
        for look in looks.iter().filter(|look| look.judgement == Judgement::Wrong) {
            println!("misread by {}: {}", reader.name, look.picture.display());
        }
    }
}

fn cell(looks: &[&Look]) -> String {
    let count = |judgement| looks.iter().filter(|look| look.judgement == judgement).count();
    let part = |sign: &str, count: usize, unit: &str| match count {
        0 => String::new(),
        _ => format!("{sign}{count}{unit}"),
    };
    let (wrong, failed) = (part("/", count(Judgement::Wrong), "w"), part(" !", count(Judgement::Failed), ""));
    let at = |share| percentile(looks.iter().map(|look| look.ms).collect(), share);
    format!("{}{wrong} ({:.1}/{:.1}/{:.0}){failed}", count(Judgement::Right), at(0.5), at(0.95), at(1.0))
}

/// Leaves out what is no number; 0 if nothing is left.
fn percentile(mut values: Vec<f64>, share: f64) -> f64 {
    values.retain(|value| value.is_finite());
    values.sort_by(f64::total_cmp);
    let at = (values.len() as f64 * share) as usize;
    values.get(at.min(values.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

fn draw(readers: &[Reader], table: &Table) -> String {
    let rate = |looks: &Vec<Look>| {
        let right = looks.iter().filter(|look| look.judgement == Judgement::Right).count();
        right as f64 / looks.len().max(1) as f64
    };
    let rates: Vec<(&str, Vec<f64>)> =
        table.iter().map(|(set, looks)| (set.as_str(), looks.iter().map(rate).collect())).collect();
    let names: Vec<&str> = readers.iter().map(|reader| reader.name).collect();
    chart::draw(&names, &rates)
}

fn draw_curve(readers: &[Reader], table: &Table) -> String {
    let pictures = table.values().map(|looks| looks.first().map_or(0, Vec::len)).sum();
    let right = |reader: usize| {
        let looks = table.values().flat_map(move |looks| &looks[reader]);
        looks.filter(|look| look.judgement == Judgement::Right).map(|look| look.ms).collect()
    };
    let times: Vec<(&str, Vec<f64>)> = readers.iter().enumerate().map(|(i, reader)| (reader.name, right(i))).collect();
    chart::curve(pictures, times)
}

fn lines(readers: &[Reader], table: &Table) -> String {
    let mut lines = String::new();
    for (set, looks) in table {
        for (reader, looks) in readers.iter().zip(looks) {
            for Look { picture, judgement, ms } in looks {
                let name = picture.file_name().unwrap_or_default().display();
                lines.push_str(&format!("{set}\t{name}\t{}\t{judgement:?}\t{ms:.2}\n", reader.name));
            }
        }
    }
    lines
}

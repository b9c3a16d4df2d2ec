//! Finder patterns that the reader has not read a symbol by.

use super::*;

/// A finder pattern: its centre and the side of a module, in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finder {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) module: f64,
}

/// Finder patterns by their proportion of 1 : 1 : 3 : 1 : 1 along rows and columns; the three that agree best.
///
/// In a noisy picture pixels are first averaged, and patterns that noise may make by itself are passed over.
pub(super) fn finders(luma: &Luma, noisy: bool) -> Vec<Finder> {
    let factor = luma.width.max(luma.height).div_ceil(SEARCHED);
    let small = if noisy { averaged(&shrunk(luma, factor)) } else { shrunk(luma, factor) };
    let mut best = Vec::new();
    for inverted in [false, true] {
        for window in [small.width.max(small.height) / 8, 1 << 20] {
            let mut found = search(&small, &darkness(&small, window as usize, inverted));
            found.retain(|finder| !noisy || finder.module > 2.5);
            if found.len() > best.len() {
                best = found;
            }
        }
    }
    let scale = f64::from(factor);
    best.iter().map(|f| Finder { x: f.x * scale, y: f.y * scale, module: f.module * scale }).collect()
}

pub(super) fn search(luma: &Luma, dark: &[bool]) -> Vec<Finder> {
    let (width, height) = (luma.width as usize, luma.height as usize);
    let mut clusters: Vec<(Finder, u32)> = Vec::new();
    for y in 0..height {
        let line = &dark[y * width..][..width];
        for (x, module) in patterns(line) {
            // As far as a pattern reaches that is seen aslant, and not the whole column: in a picture of stripes each row has hundreds.
            let reach = (12.0 * module) as usize;
            let top = y.saturating_sub(reach);
            let column: Vec<bool> = (top..height.min(y + reach + 1)).map(|y| dark[y * width + x as usize]).collect();
            let places = patterns(&column).into_iter().map(|(at, across)| (top as f64 + at, across));
            let Some((cy, across)) = places.min_by(|a, b| (a.0 - y as f64).abs().total_cmp(&(b.0 - y as f64).abs()))
            else {
                continue;
            };
            let ratio = module / across;
            if (cy - y as f64).abs() > 2.0 * across || !(0.6..1.7).contains(&ratio) {
                continue;
            }
            let finder = Finder { x, y: cy, module: (module + across) / 2.0 };
            let near = |known: &Finder| (known.x - finder.x).hypot(known.y - finder.y) < 2.0 * known.module;
            match clusters.iter_mut().find(|(known, _)| near(known)) {
                Some((known, hits)) => {
                    let old = f64::from(*hits);
                    let mix = |a: f64, b: f64| (a * old + b) / (old + 1.0);
                    *known = Finder {
                        x: mix(known.x, finder.x),
                        y: mix(known.y, finder.y),
                        module: mix(known.module, finder.module),
                    };
                    *hits += 1;
                }
                None => clusters.push((finder, 1)),
            }
            if clusters.len() > 200 {
                return Vec::new();
            }
        }
    }
    // A finder pattern is met by each row of its middle, three modules high.
    clusters.retain(|(finder, hits)| f64::from(*hits) >= (1.2 * finder.module).max(1.0));
    clusters.sort_by(|a, b| f64::from(b.1).total_cmp(&f64::from(a.1)));
    let mut alike: Vec<Finder> = Vec::new();
    for (finder, _) in clusters {
        let fits = alike.first().is_none_or(|first| (0.7..1.4).contains(&(finder.module / first.module)));
        if fits && alike.len() < 3 {
            alike.push(finder);
        }
    }
    alike
}

/// Places along a line where dark and light alternate as 1 : 1 : 3 : 1 : 1: the middle, and the side of a module.
pub(super) fn patterns(line: &[bool]) -> Vec<(f64, f64)> {
    let mut runs: Vec<(usize, usize, bool)> = Vec::new();
    for (i, &dark) in line.iter().enumerate() {
        match runs.last_mut() {
            Some((_, length, colour)) if *colour == dark => *length += 1,
            _ => runs.push((i, 1, dark)),
        }
    }
    let fits = |five: &&[(usize, usize, bool)]| {
        let module = five.iter().map(|run| run.1).sum::<usize>() as f64 / 7.0;
        let off = |run: &(usize, usize, bool), modules: f64| (run.1 as f64 - modules * module).abs();
        let slack = (module * 0.5).max(0.75);
        let ring = five.iter().enumerate().filter(|(i, _)| *i != 2).all(|(_, run)| off(run, 1.0) <= slack);
        five[0].2 && module >= 1.0 && ring && off(&five[2], 3.0) <= 1.5 * slack
    };
    runs.windows(5)
        .filter(fits)
        .map(|five| {
            let module = five.iter().map(|run| run.1).sum::<usize>() as f64 / 7.0;
            (five[2].0 as f64 + five[2].1 as f64 / 2.0, module)
        })
        .collect()
}

//! How wide the quiet zone is.

use super::grid::Grid;
use crate::symbol::QUIET_ZONE;

/// Light modules on the four sides: top, right, bottom, left; four at most, in steps of a quarter. Dark is what is dark
/// beside the modules next to it: light that falls unevenly makes no quiet zone narrower.
pub(super) fn quiet_zone(grid: &Grid, levels: &[Option<f64>], threshold: f64) -> [f64; 4] {
    let thresholds = [0, 1, 2, 3].map(|edge| border(levels, grid.side, edge, threshold));
    const STEPS: u32 = 16;
    let side = grid.side as f64;
    // The first quarter belongs to the edge, which is never sharp.
    let is_clean = |edge: usize, step: u32| {
        let depth = (f64::from(step) + 0.5) / 4.0;
        let count = (side + 2.0 * depth).floor() as u32;
        let mut dark = 0;
        for i in 0..count {
            let along = f64::from(i) + 0.5 - depth;
            let (x, y, half_x, half_y) = match edge {
                0 => (along, -depth, 0.3, 0.1),
                1 => (side + depth, along, 0.1, 0.3),
                2 => (along, side + depth, 0.3, 0.1),
                _ => (-depth, along, 0.1, 0.3),
            };
            // A hair beyond the picture is the reader's inexactness.
            let (near_x, near_y) =
                (x.clamp(-depth + 0.12, side + depth - 0.12), y.clamp(-depth + 0.12, side + depth - 0.12));
            let threshold = thresholds[edge][(along.max(0.0) as usize).min(grid.side - 1)];
            match grid.cell(x, y, half_x, half_y).or_else(|| grid.cell(near_x, near_y, half_x, half_y)) {
                None => return false,
                Some(level) if level < threshold => dark += 1,
                Some(_) => {}
            }
        }
        // A speck is no frame: one module in fifty.
        dark * 50 <= count
    };
    [0, 1, 2, 3].map(|edge| match (1..STEPS).find(|&step| !is_clean(edge, step)) {
        None => QUIET_ZONE.into(),
        Some(1) => 0.0,
        Some(step) => f64::from(step) / 4.0,
    })
}

/// The threshold at each module along an edge: between the lightest and the darkest of its surroundings, if these
/// differ.
fn border(levels: &[Option<f64>], side: usize, edge: usize, threshold: f64) -> Vec<f64> {
    const DEEP: usize = 7;
    const REACH: usize = 6;
    let at = |along: usize, depth: usize| match edge {
        0 => levels[depth * side + along],
        1 => levels[along * side + side - 1 - depth],
        2 => levels[(side - 1 - depth) * side + along],
        _ => levels[along * side + depth],
    };
    (0..side)
        .map(|along| {
            let near = along.saturating_sub(REACH)..(along + REACH + 1).min(side);
            let around = near.flat_map(|along| (0..DEEP).filter_map(move |depth| at(along, depth)));
            let (low, high) = around.fold((1.0f64, 0.0f64), |(low, high), v| (low.min(v), high.max(v)));
            if high - low > 0.1 { (low + high) / 2.0 } else { threshold }
        })
        .collect()
}

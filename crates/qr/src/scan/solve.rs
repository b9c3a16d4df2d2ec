//! Linear equations, a few dozen at most.

/// Solves `rows` equations; each row holds the coefficients and then the right side. `None` if they do not determine
/// the unknowns.
pub(super) fn solve(mut rows: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let size = rows.len();
    for pivot in 0..size {
        let best = (pivot..size).max_by(|&a, &b| rows[a][pivot].abs().total_cmp(&rows[b][pivot].abs()))?;
        if rows[best][pivot].is_nan() || rows[best][pivot].abs() < 1e-9 {
            return None;
        }
        rows.swap(pivot, best);
        let (done, rest) = rows.split_at_mut(pivot + 1);
        let lead = &done[pivot];
        for row in rest {
            let factor = row[pivot] / lead[pivot];
            for (value, upper) in row[pivot..].iter_mut().zip(&lead[pivot..]) {
                *value -= factor * upper;
            }
        }
    }
    let mut solution = vec![0.0; size];
    for i in (0..size).rev() {
        let known: f64 = (i + 1..size).map(|j| rows[i][j] * solution[j]).sum();
        solution[i] = (rows[i][size] - known) / rows[i][i];
    }
    Some(solution)
}

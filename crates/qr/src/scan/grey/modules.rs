//! How dark each module is, compared with its neighbours; and how dark it would be if the lens, the
//! hand or the display had not smeared its neighbours into it.

use crate::Luma;
use crate::scan::geometry::{Point, sample};
use crate::scan::plan::Plan;
use crate::scan::solve::solve;

/// Modules around the symbol that are looked at, too: what is there smears into it.
const MARGIN: usize = 2;

/// Modules on a side of the square around a module that is taken to be evenly lit.
const NEIGHBOURS: usize = 9;

/// Modules on a side of what may smear into one.
const KERNEL: usize = 5;

/// How sure a module is that is known.
const CERTAIN: f32 = 20.0;

/// Steps toward the modules that explain the grey levels.
const RELAXATIONS: usize = 24;

/// The modules without the blur, and the picture of the symbol that they would give.
pub(super) struct Unsmeared {
    /// Positive is dark, the farther from 0 the surer.
    pub modules: Vec<f32>,
    /// The grey level of each module, and its variance.
    pub grey: Vec<f32>,
    pub noise: Vec<f32>,
}

/// The grey levels of a symbol and its margin.
pub(in crate::scan) struct Modules<'a> {
    plan: &'a Plan,
    side: usize,
    grey: Vec<f32>,
    /// Modules of the symbol that are known, and whether they are dark.
    known: Vec<Option<bool>>,
}

impl<'a> Modules<'a> {
    /// Takes the mean of sixteen points a module.
    pub(in crate::scan) fn sample(plan: &'a Plan, luma: &Luma, map: impl Fn(f32, f32) -> Point) -> Self {
        let side = plan.side + 2 * MARGIN;
        let mut grey = Vec::with_capacity(side * side);
        for (y, x) in (0..side).flat_map(|y| (0..side).map(move |x| (y, x))) {
            let (x, y) = (x as f32 - MARGIN as f32, y as f32 - MARGIN as f32);
            let mut sum = 0.0;
            for dy in [0.17, 0.39, 0.61, 0.83] {
                for dx in [0.17, 0.39, 0.61, 0.83] {
                    sum += sample(luma, map(x + dx, y + dy));
                }
            }
            grey.push(sum / 16.0);
        }
        let inside = |v: usize| (MARGIN..side - MARGIN).contains(&v);
        let known = (0..side * side)
            .map(|i| (i % side, i / side))
            .map(|(x, y)| if inside(x) && inside(y) { plan.known(x - MARGIN, y - MARGIN) } else { None });
        Self { plan, side, grey, known: known.collect() }
    }

    /// Adds modules of the symbol to the known ones.
    pub(super) fn learn_modules(&mut self, modules: &[Option<bool>]) {
        let rows = self.known.chunks_exact_mut(self.side).skip(MARGIN);
        for (row, modules) in rows.zip(modules.chunks_exact(self.plan.side)) {
            for (known, module) in row[MARGIN..].iter_mut().zip(modules) {
                *known = known.or(*module);
            }
        }
    }

    /// Moves every grey level toward that of another picture of the symbol, by a share of the way.
    pub(super) fn blend(&mut self, other: &Self, share: f32) {
        for (grey, other) in self.grey.iter_mut().zip(&other.grey) {
            *grey += share * (other - *grey);
        }
    }

    /// The modules of the symbol, by their own grey alone: positive is dark, the farther from 0 the surer.
    pub(in crate::scan) fn plain(&self) -> Vec<f32> {
        let guess = self.guess();
        let light = Light::estimate(self.side, &self.grey, &guess);
        let sure = |i: usize| -2.0 * light.depth[i] * (self.grey[i] - light.middle[i]) / light.noise[i];
        self.inner(&(0..self.grey.len()).map(sure).collect::<Vec<_>>())
    }

    /// The modules of the symbol without the blur, which is estimated from the symbol itself.
    pub(super) fn unsmeared(&self) -> Unsmeared {
        let mut kernel = self.first_kernel();
        let mut modules = self.guess();
        let mut light = Light::estimate(self.side, &self.grey, &self.smear(&modules, &kernel));
        let mut sure = vec![0.0; modules.len()];
        for _ in 0..4 {
            modules = self.relax(&kernel, &light);
            light = Light::estimate(self.side, &self.grey, &self.smear(&modules, &kernel));
            let Some(learned) = self.learn(&modules, &light) else { break };
            kernel = learned;
            light = Light::estimate(self.side, &self.grey, &self.smear(&modules, &kernel));
            sure = self.decide(&mut modules, &kernel, &light);
            light = Light::estimate(self.side, &self.grey, &self.smear(&modules, &kernel));
        }
        for (sure, known) in sure.iter_mut().zip(&self.known) {
            if let Some(dark) = known {
                *sure = if *dark { CERTAIN } else { -CERTAIN };
            }
        }
        let smeared = self.smear(&modules, &kernel);
        let grey: Vec<f32> = (0..modules.len()).map(|i| light.middle[i] - light.depth[i] * smeared[i]).collect();
        Unsmeared { modules: self.inner(&sure), grey: self.inner(&grey), noise: self.inner(&light.noise) }
    }

    fn known(&self, i: usize) -> Option<bool> {
        self.known[i]
    }

    fn inner(&self, modules: &[f32]) -> Vec<f32> {
        let rows = modules.chunks_exact(self.side).skip(MARGIN).take(self.plan.side);
        rows.flat_map(|row| &row[MARGIN..][..self.plan.side]).copied().collect()
    }

    /// 1 where a module is darker than its neighbours are on average, -1 elsewhere.
    fn guess(&self) -> Vec<f32> {
        let mean = Windows::of(self.side, &self.grey, NEIGHBOURS);
        (0..self.grey.len())
            .map(|i| self.known(i).unwrap_or_else(|| f64::from(self.grey[i]) < mean.at(i)))
            .map(|dark| if dark { 1.0 } else { -1.0 })
            .collect()
    }

    /// The round smear that makes the finder patterns look most as they do.
    fn first_kernel(&self) -> [f32; KERNEL * KERNEL] {
        let dark = |i: usize| self.known(i).map_or(0.0, |dark| if dark { 1.0 } else { -1.0 });
        let known: Vec<f32> = (0..self.grey.len()).map(dark).collect();
        let inside: Vec<usize> = (0..known.len()).filter(|&i| self.around(i).all(|(_, j)| known[j] != 0.0)).collect();
        let far = self.side / 2;
        let corners: [Vec<usize>; 3] = [(false, false), (true, false), (false, true)].map(|(right, below)| {
            let here = |i: &usize| (i % self.side > far) == right && (i / self.side > far) == below;
            inside.iter().copied().filter(here).collect()
        });
        let likeness = |kernel: &[f32; KERNEL * KERNEL]| -> f32 {
            let corner = |places: &Vec<usize>| {
                let smeared = |i: usize| self.around(i).map(|(k, j)| kernel[k] * known[j]).sum::<f32>();
                let pairs: Vec<(f32, f32)> = places.iter().map(|&i| (smeared(i), -self.grey[i])).collect();
                correlation(&pairs)
            };
            corners.iter().map(corner).sum()
        };
        let kernels = (3..=9u8).map(|tenths| round_kernel(f32::from(tenths) / 10.0));
        kernels.max_by(|a, b| likeness(a).total_cmp(&likeness(b))).unwrap_or_else(|| round_kernel(0.5))
    }

    /// Guesses the modules again: the values between light and dark that explain the grey levels, rounded.
    fn relax(&self, kernel: &[f32; KERNEL * KERNEL], light: &Light) -> Vec<f32> {
        let seen: Vec<f32> = (0..self.grey.len())
            .map(|i| ((light.middle[i] - self.grey[i]) / light.depth[i]).clamp(-1.3, 1.3))
            .collect();
        let pin =
            |i: usize, value: f32| self.known[i].map_or(value.clamp(-1.0, 1.0), |dark| if dark { 1.0 } else { -1.0 });
        let mut modules: Vec<f32> = seen.iter().enumerate().map(|(i, &value)| pin(i, value)).collect();
        let mut ahead = modules.clone();
        let mut back = *kernel;
        back.reverse();
        for step in 0..RELAXATIONS {
            let smeared = self.smear(&ahead, kernel);
            let left: Vec<f32> = seen.iter().zip(&smeared).map(|(seen, smeared)| seen - smeared).collect();
            // With momentum (Nesterov): what is smeared most comes back last.
            let momentum = step as f32 / (step + 3) as f32;
            let pulls = self.smear(&left, &back);
            for (i, ((module, ahead), pull)) in modules.iter_mut().zip(&mut ahead).zip(pulls).enumerate() {
                let next = pin(i, *ahead + pull);
                *ahead = next + momentum * (next - *module);
                *module = next;
            }
        }
        modules.into_iter().map(f32::signum).collect()
    }

    /// The modules as they look when each is blurred into its neighbours.
    fn smear(&self, modules: &[f32], kernel: &[f32; KERNEL * KERNEL]) -> Vec<f32> {
        let (side, reach) = (self.side, KERNEL / 2);
        let padded = side + 2 * reach;
        // Beyond the margin the last place counts again.
        let place = |v: usize| v.saturating_sub(reach).min(side - 1);
        let mut wide = Vec::with_capacity(padded * padded);
        for y in 0..padded {
            let row = &modules[place(y) * side..][..side];
            wide.extend((0..padded).map(|x| row[place(x)]));
        }
        let mut smeared = vec![0.0; side * side];
        // A share of a whole row at a time: the sums are those of `around`, in its order.
        for (y, row) in smeared.chunks_exact_mut(side).enumerate() {
            for (k, share) in kernel.iter().enumerate() {
                let other = &wide[(y + k / KERNEL) * padded + k % KERNEL..][..side];
                for (sum, module) in row.iter_mut().zip(other) {
                    *sum += share * module;
                }
            }
        }
        smeared
    }

    /// The places around one, with their numbers in the kernel; beyond the margin the last place counts again.
    fn around(&self, i: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
        let side = self.side;
        let (x, y) = (i % side, i / side);
        let reach = KERNEL / 2;
        let clamp = move |v: usize, d: usize| (v + d).saturating_sub(reach).min(side - 1);
        (0..KERNEL * KERNEL).map(move |k| (k, clamp(y, k / KERNEL) * side + clamp(x, k % KERNEL)))
    }

    /// The kernel that explains the grey levels best (least squares), scaled to leave the contrast alone.
    fn learn(&self, modules: &[f32], light: &Light) -> Option<[f32; KERNEL * KERNEL]> {
        const SIZE: usize = KERNEL * KERNEL;
        let mut sums = [[0.0f64; SIZE + 1]; SIZE];
        for i in 0..modules.len() {
            let depth = light.depth[i];
            let mut row = [0.0f32; SIZE];
            let mut all_known = 1.0;
            for (k, j) in self.around(i) {
                row[k] = modules[j];
                if self.known(j).is_none() {
                    all_known = 0.0;
                }
            }
            let weight = f64::from(depth / light.noise[i]) * (1.0 + 4.0 * all_known);
            let target = f64::from(light.middle[i] - self.grey[i]);
            for (k, sum) in sums.iter_mut().enumerate() {
                let factor = weight * f64::from(row[k]);
                // The other half is the same.
                for (value, &other) in sum[k..].iter_mut().zip(&row[k..]) {
                    *value += factor * f64::from(other * depth);
                }
                sum[SIZE] += factor * target;
            }
        }
        for (k, j) in (0..SIZE).flat_map(|k| (0..k).map(move |j| (k, j))) {
            sums[k][j] = sums[j][k];
        }
        let most = (0..SIZE).map(|k| sums[k][k]).fold(0.0, f64::max);
        let rows = sums.iter().enumerate().map(|(k, sum)| {
            let mut row = sum.to_vec();
            // Distant modules blur little, unless the data clearly show it.
            row[k] += most * if k == SIZE / 2 { 1e-6 } else { 0.003 };
            row
        });
        let solution = solve(rows.collect())?;
        let mut kernel = [0.0; SIZE];
        for (value, solved) in kernel.iter_mut().zip(solution) {
            *value = solved as f32;
        }
        let sum: f32 = kernel.iter().sum();
        (sum > 0.2).then(|| kernel.map(|value| value / sum))
    }

    /// Flips modules as long as that explains the grey levels better; gives how sure each is.
    fn decide(&self, modules: &mut [f32], kernel: &[f32; KERNEL * KERNEL], light: &Light) -> Vec<f32> {
        let smeared = self.smear(modules, kernel);
        let mut unexplained: Vec<f32> =
            (0..modules.len()).map(|i| light.middle[i] - light.depth[i] * smeared[i] - self.grey[i]).collect();
        let mut sure = vec![0.0; modules.len()];
        for _ in 0..6 {
            let mut flipped = false;
            for i in 0..modules.len() {
                let mut sum = 0.0;
                for (k, j) in self.around(i) {
                    let share = kernel[KERNEL * KERNEL - 1 - k] * light.depth[j];
                    sum += share * (unexplained[j] + share * modules[i]) / light.noise[j];
                }
                sure[i] = 2.0 * sum;
                let should = match self.known(i) {
                    Some(dark) => dark,
                    None => sum > 0.0,
                };
                let should = if should { 1.0 } else { -1.0 };
                if should != modules[i] {
                    for (k, j) in self.around(i) {
                        let share = kernel[KERNEL * KERNEL - 1 - k] * light.depth[j];
                        unexplained[j] -= share * (should - modules[i]);
                    }
                    modules[i] = should;
                    flipped = true;
                }
            }
            if !flipped {
                break;
            }
        }
        sure
    }
}

/// How a round smear of so many modules (its standard deviation) spreads a module over its neighbours.
fn round_kernel(spread: f32) -> [f32; KERNEL * KERNEL] {
    let reach = (KERNEL / 2) as f32;
    let weight = |i: usize| (-(i as f32 - reach).powi(2) / (2.0 * spread * spread)).exp();
    let sum: f32 = (0..KERNEL).map(weight).sum();
    std::array::from_fn(|k| weight(k % KERNEL) * weight(k / KERNEL) / (sum * sum))
}

pub(super) fn correlation(pairs: &[(f32, f32)]) -> f32 {
    let count = pairs.len().max(1) as f32;
    let mean = |f: &dyn Fn(&(f32, f32)) -> f32| pairs.iter().map(f).sum::<f32>() / count;
    let (x, y) = (mean(&|p| p.0), mean(&|p| p.1));
    let both = mean(&|p| (p.0 - x) * (p.1 - y));
    let (xx, yy) = (mean(&|p| (p.0 - x).powi(2)), mean(&|p| (p.1 - y).powi(2)));
    both / (xx * yy + 1e-6).sqrt()
}

/// The light around each module: a module is `middle - depth` where dark, `middle + depth` where light.
struct Light {
    middle: Vec<f32>,
    depth: Vec<f32>,
    /// The variance that this does not explain.
    noise: Vec<f32>,
}

impl Light {
    /// Regression of grey on darkness over the neighbours of each module.
    fn estimate(side: usize, grey: &[f32], dark: &[f32]) -> Self {
        let window = |f: &dyn Fn(usize) -> f32| {
            let values: Vec<f32> = (0..grey.len()).map(f).collect();
            Windows::of(side, &values, NEIGHBOURS)
        };
        let (x, v) = (window(&|i| dark[i]), window(&|i| grey[i]));
        let (xx, vv) = (window(&|i| dark[i] * dark[i]), window(&|i| grey[i] * grey[i]));
        let xv = window(&|i| dark[i] * grey[i]);
        let moments = |i: usize| {
            let (mean_x, mean_v) = (x.at(i), v.at(i));
            (mean_x, mean_v, xx.at(i) - mean_x * mean_x, mean_x * mean_v - xv.at(i), vv.at(i) - mean_v * mean_v)
        };
        let (mut spread, mut common) = (1e-6, 0.0);
        for (_, _, variance, covariance, _) in (0..grey.len()).map(moments) {
            spread += variance;
            common += covariance;
        }
        let usual = (common / spread).max(1.0);
        let mut light = Self { middle: Vec::new(), depth: Vec::new(), noise: Vec::new() };
        for (mean_x, mean_v, variance, covariance, total) in (0..grey.len()).map(moments) {
            // Where all around is dark or light, a few modules of the usual values are added.
            let depth = ((covariance + 0.05 * usual) / (variance + 0.05)).max(0.05 * usual);
            let noise = total - 2.0 * depth * covariance + depth * depth * variance;
            light.middle.push((mean_v + depth * mean_x) as f32);
            light.depth.push(depth as f32);
            light.noise.push((noise.max(0.0) + 0.003 * usual * usual + 0.5) as f32);
        }
        light
    }
}

/// Means over squares, from sums of all that is above and left.
struct Windows {
    side: usize,
    reach: usize,
    sums: Vec<f64>,
}

impl Windows {
    fn of(side: usize, values: &[f32], width: usize) -> Self {
        let mut sums = vec![0.0; (side + 1) * (side + 1)];
        for y in 0..side {
            let mut row = 0.0;
            for x in 0..side {
                row += f64::from(values[y * side + x]);
                sums[(y + 1) * (side + 1) + x + 1] = sums[y * (side + 1) + x + 1] + row;
            }
        }
        Self { side, reach: width / 2, sums }
    }

    fn at(&self, i: usize) -> f64 {
        let (x, y) = (i % self.side, i / self.side);
        let (left, right) = (x.saturating_sub(self.reach), (x + self.reach + 1).min(self.side));
        let (top, bottom) = (y.saturating_sub(self.reach), (y + self.reach + 1).min(self.side));
        let sum = |x: usize, y: usize| self.sums[y * (self.side + 1) + x];
        (sum(right, bottom) - sum(left, bottom) - sum(right, top) + sum(left, top))
            / ((right - left) * (bottom - top)) as f64
    }
}

//! The effects of light, lens, sensor and file on a picture. The same seed gives the same picture on every machine.
//!
//! Numbers are made by [`SplitMix64`](random::SplitMix64); sines and exponentials by series of our own, because those
//! of the system's library differ from one system to the next. Everything else is IEEE arithmetic in a fixed order.

mod file;
mod lens;
mod random;
mod scene;

use random::SplitMix64;

use crate::Luma;

/// How an image is distorted. Every strength of 0 leaves it as it is, and more is worse.
///
/// The effects are applied in the order of the fields, in which light meets them. Each takes its own random numbers from the
/// seed: a new effect changes none of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Distortion {
    /// A terminal that prints two rows of modules in a line of text: rows of pixels that the ground shows between lines.
    pub half_blocks: u32,
    /// The height of such a line of text in pixels; 0 means 16, which is two modules of eight.
    pub line_px: u32,
    /// A washed-out screen, 0 to 1: how light black becomes, 1 is white.
    pub fade: f64,
    /// A camera held at a slant, in degrees up to 75, toward a direction from the seed. The new area at the sides is
    /// white.
    pub tilt: f64,
    /// Light that comes from one side, 0 to 1: the part of it that is missing on the other.
    pub uneven: f64,
    /// A reflection, 0 to 1: how close to white its middle is. It is a quarter of the image wide, in a place from the
    /// seed.
    pub glare: f64,
    /// A lens out of focus: standard deviation of a Gaussian in pixels, up to 50.
    pub blur: f64,
    /// A hand that moves: length of the movement in pixels, up to 200, in a direction from the seed.
    pub motion: f64,
    /// The grid of a monitor meeting that of the sensor, 0 to 1: depth of the waves, of which one is 3 to 9 pixels long.
    pub moire: f64,
    /// Too little light, 0 to 1: the part of it that is missing, with the noise of the sensor, up to 12 grey levels.
    pub low_light: f64,
    /// Noise of the sensor: standard deviation in grey levels, up to 128.
    pub noise: f64,
    /// Lossy compression, 0 to 99: 100 minus the quality of a JPEG.
    pub jpeg: u32,
    /// The seed of all random numbers.
    pub seed: u64,
}

impl Distortion {
    /// Distorts an image.
    ///
    /// The size stays, except that half blocks add rows. A strength out of its range counts as the nearest in it.
    ///
    /// # Examples
    ///
    /// How far from sharp may a picture be?
    ///
    /// ```
    /// use camtoken_qr::{Distortion, EcLevel, Scan, ScanOptions, encode, scan};
    ///
    /// let sharp = encode("CT1:EXAMPLE", EcLevel::M)?.to_luma(4);
    /// let reads = |blur: f64| {
    ///     let picture = Distortion { blur, noise: 4.0, seed: 1, ..Distortion::default() }.apply(&sharp);
    ///     matches!(scan(&picture, &ScanOptions::default()), Scan::Read(_))
    /// };
    /// assert!(reads(1.5));
    /// assert!(!reads(12.0));
    /// # Ok::<(), camtoken_qr::RenderError>(())
    /// ```
    #[must_use]
    pub fn apply(&self, luma: &Luma) -> Luma {
        let share = |v: f64| v.clamp(0.0, 1.0);
        let chance = |effect: u64| SplitMix64::new(self.seed).stream(effect);
        let mut picture = luma.clone();
        let line = if self.line_px == 0 { 16 } else { self.line_px };
        if self.half_blocks > 0 {
            picture = scene::half_blocks(&picture, self.half_blocks.min(64), line);
        }
        if self.fade > 0.0 {
            scene::fade(&mut picture, share(self.fade));
        }
        if self.tilt > 0.0 {
            picture = scene::tilt(&picture, self.tilt.min(75.0), &mut chance(1));
        }
        if self.uneven > 0.0 {
            scene::uneven(&mut picture, share(self.uneven), &mut chance(2));
        }
        if self.glare > 0.0 {
            scene::glare(&mut picture, share(self.glare), &mut chance(3));
        }
        if self.blur > 0.0 {
            picture = lens::blur(&picture, self.blur.min(50.0));
        }
        if self.motion > 0.0 {
            picture = lens::motion(&picture, self.motion.min(200.0), &mut chance(4));
        }
        if self.moire > 0.0 {
            file::moire(&mut picture, share(self.moire), &mut chance(5));
        }
        if self.low_light > 0.0 {
            file::low_light(&mut picture, share(self.low_light), &mut chance(6));
        }
        if self.noise > 0.0 {
            file::noise(&mut picture, self.noise.min(128.0), &mut chance(7));
        }
        if self.jpeg > 0 {
            file::jpeg(&mut picture, self.jpeg.min(99));
        }
        picture
    }
}

fn level(v: f64) -> u8 {
    // Halves go up: `round` would do as well, but says less.
    (v + 0.5).floor().clamp(0.0, 255.0) as u8
}

/// Sine and cosine by their series, equal everywhere.
fn sin_cos(angle: f64) -> (f64, f64) {
    const TURN: f64 = 2.0 * std::f64::consts::PI;
    let x = angle - (angle / TURN).floor() * TURN - std::f64::consts::PI;
    let (mut sin, mut cos, mut term) = (0.0, 0.0, 1.0);
    for n in 0..28u32 {
        match n % 4 {
            0 => cos += term,
            1 => sin += term,
            2 => cos -= term,
            _ => sin -= term,
        }
        term *= x / f64::from(n + 1);
    }
    // The series was taken half a turn off.
    (-sin, -cos)
}

/// e to the power of a number that is not positive, by its series, equal everywhere.
fn exp_of_negative(x: f64) -> f64 {
    if x < -40.0 {
        return 0.0;
    }
    // e^x is (e^(x/64))^64.
    let (x, mut sum, mut term) = (x / 64.0, 0.0, 1.0);
    for n in 1..=16u32 {
        sum += term;
        term *= x / f64::from(n);
    }
    (0..6).fold(sum, |power, _| power * power)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::{EcLevel, Grade, MeasureKind, Quality, QualityOptions, Scan, ScanOptions, encode, quality, scan};

    fn clean() -> Luma {
        encode("CT1:DISTORTED BY KNOWN AMOUNTS FROM A SEED", EcLevel::M).expect("it is short").to_luma(5)
    }

    /// Each effect alone, from mild to strong.
    fn effects() -> Vec<(&'static str, [Distortion; 3])> {
        let by = |set: fn(&mut Distortion, f64), strengths: [f64; 3]| {
            strengths.map(|strength| {
                let mut distortion = Distortion { seed: 7, line_px: 10, ..Distortion::default() };
                set(&mut distortion, strength);
                distortion
            })
        };
        vec![
            ("half blocks", by(|d, s| d.half_blocks = s as u32, [1.0, 2.0, 4.0])),
            ("fade", by(|d, s| d.fade = s, [0.2, 0.5, 0.9])),
            ("tilt", by(|d, s| d.tilt = s, [10.0, 30.0, 60.0])),
            ("uneven", by(|d, s| d.uneven = s, [0.2, 0.6, 0.95])),
            ("glare", by(|d, s| d.glare = s, [0.2, 0.6, 1.0])),
            ("blur", by(|d, s| d.blur = s, [0.6, 1.5, 4.0])),
            ("motion", by(|d, s| d.motion = s, [2.0, 6.0, 14.0])),
            ("moire", by(|d, s| d.moire = s, [0.1, 0.4, 0.9])),
            ("low light", by(|d, s| d.low_light = s, [0.2, 0.6, 0.95])),
            ("noise", by(|d, s| d.noise = s, [8.0, 40.0, 120.0])),
            ("jpeg", by(|d, s| d.jpeg = s as u32, [30.0, 80.0, 98.0])),
        ]
    }

    fn digest(luma: &Luma) -> String {
        let sum = Sha256::new().chain_update(luma.width.to_be_bytes()).chain_update(&luma.pixels).finalize();
        sum[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn nothing_is_the_identity() {
        for seed in [0, 1, u64::MAX] {
            assert_eq!(Distortion { seed, line_px: 9, ..Distortion::default() }.apply(&clean()), clean());
        }
    }

    #[test]
    fn same_seed_gives_the_bytes_on_record() {
        let all = Distortion {
            half_blocks: 1,
            fade: 0.1,
            tilt: 12.0,
            uneven: 0.3,
            glare: 0.5,
            blur: 0.9,
            motion: 2.0,
            moire: 0.1,
            low_light: 0.2,
            noise: 4.0,
            jpeg: 25,
            seed: 2026,
            ..Distortion::default()
        };
        let middle = effects().into_iter().map(|(name, [_, middle, _])| (name, middle));
        let found: Vec<_> = middle.chain([("all", all)]).map(|(name, d)| (name, digest(&d.apply(&clean())))).collect();
        let found: Vec<(&str, &str)> = found.iter().map(|(name, sum)| (*name, sum.as_str())).collect();
        assert_eq!(found, RECORDED);
        let other = Distortion { seed: 2027, ..all };
        assert!(other.apply(&clean()) != all.apply(&clean()), "another seed is another picture");
    }

    const RECORDED: [(&str, &str); 12] = [
        ("half blocks", "c0978ffa3c9b6d5d"),
        ("fade", "95a6c8bba3c9050f"),
        ("tilt", "1ccbbdb33841ade3"),
        ("uneven", "e2762667e69432ca"),
        ("glare", "a5ab113924bb5aed"),
        ("blur", "6a86f5b838fe07b7"),
        ("motion", "9ae7b8673934e5b9"),
        ("moire", "867334db260e5267"),
        ("low light", "0a9af5c545f488fd"),
        ("noise", "8dab2fc257cc48dd"),
        ("jpeg", "83a9a5cede6cdfb2"),
        ("all", "06c1231c05773541"),
    ];

    #[test]
    fn more_strength_is_more_damage() {
        let clean = clean();
        let damage = |spoiled: &Luma| -> u64 {
            // Rows that half blocks add are compared where they have shifted the rest to.
            let pairs = clean.pixels.iter().zip(&spoiled.pixels);
            pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum()
        };
        for (name, distortions) in effects() {
            let [mild, middle, strong] = distortions.map(|distortion| damage(&distortion.apply(&clean)));
            assert!(0 < mild && mild < middle && middle < strong, "{name}: {mild} {middle} {strong}");
        }
    }

    #[test]
    fn mild_pictures_are_read_and_grades_fall() {
        let graded = |luma: &Luma| match scan(luma, &ScanOptions::default()) {
            Scan::Read(symbols) => Some(quality(luma, &symbols[0], &QualityOptions::default())),
            _ => None,
        };
        for (name, distortions) in effects() {
            let [mild, middle, strong] = distortions.map(|distortion| graded(&distortion.apply(&clean())));
            assert!(mild.is_some(), "{name} is read when mild");
            let grade = |found: &Option<Quality>| found.as_ref().map(|found| found.grade);
            let grades = [&mild, &middle, &strong].map(grade);
            // A picture that is not read is worse than any grade.
            assert!(grades.is_sorted_by(|before, after| before >= after), "{name}: {grades:?}");
            // Black and white survive every compression; what falls is the modulation.
            let modulation = |found: &Quality| found.measure(MeasureKind::Modulation).map_or(0.0, |m| m.value);
            let worse = strong.is_none_or(|found| found.grade < Grade::A || modulation(&found) < 95.0);
            assert!(worse, "{name}: {grades:?}");
        }
    }

    #[test]
    fn our_functions_are_those_of_mathematics() {
        for i in -400..400 {
            let x = f64::from(i) / 17.0;
            let (sin, cos) = sin_cos(x);
            assert!((sin - x.sin()).abs() < 1e-12 && (cos - x.cos()).abs() < 1e-12, "{x}");
            let x = -x.abs();
            assert!((exp_of_negative(x) - x.exp()).abs() < 1e-13, "{x}");
        }
    }

    #[test]
    fn strange_strengths_and_sizes_do_no_harm() {
        for (width, height) in [(1, 1), (1, 300), (300, 1), (17, 9)] {
            let luma = Luma::from_raw(width, height, vec![90; (width * height) as usize]).expect("one pixel each");
            for value in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
                let wild = Distortion {
                    half_blocks: u32::MAX,
                    line_px: 1,
                    fade: value,
                    tilt: value,
                    uneven: value,
                    glare: value,
                    blur: value,
                    motion: value,
                    moire: value,
                    low_light: value,
                    noise: value,
                    jpeg: u32::MAX,
                    seed: 3,
                };
                assert_eq!(wild.apply(&luma).width(), width);
            }
        }
    }
}

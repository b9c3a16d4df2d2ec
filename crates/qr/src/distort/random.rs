//! The random numbers.

/// The generator SplitMix64: a counter that goes up by the golden ratio, mixed. Pictures need no secrets, but the same
/// numbers in ten years' time.
pub(super) struct SplitMix64(u64);

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl SplitMix64 {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A generator of its own for each effect.
    pub(super) fn stream(&self, number: u64) -> Self {
        Self(Self(self.0 ^ number.wrapping_mul(0xd134_2543_de82_ef95)).next())
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to 1.
    pub(super) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// From `low` up to `high`.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.share()
    }

    /// Of mean 0 and deviation 1: the sum of twelve equal shares, which is as good as normal for noise.
    pub(super) fn normal(&mut self) -> f64 {
        // Three numbers of 64 bits give twelve of 16.
        let sum: u64 = (0..3)
            .map(|_| {
                let v = self.next();
                (v & 0xffff) + (v >> 16 & 0xffff) + (v >> 32 & 0xffff) + (v >> 48)
            })
            .sum();
        sum as f64 / 65536.0 - 6.0 * 65535.0 / 65536.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_published_generator() {
        // The reference program of Vigna, seed 1234567.
        let mut generator = SplitMix64::new(1_234_567);
        let found: Vec<u64> = (0..5).map(|_| generator.next()).collect();
        assert_eq!(
            found,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
                16_408_922_859_458_223_821
            ]
        );
    }

    #[test]
    fn noise_has_mean_zero_and_deviation_one() {
        let mut generator = SplitMix64::new(5);
        let numbers: Vec<f64> = (0..100_000).map(|_| generator.normal()).collect();
        let mean = numbers.iter().sum::<f64>() / 1e5;
        let variance = numbers.iter().map(|v| v * v).sum::<f64>() / 1e5 - mean * mean;
        assert!(mean.abs() < 0.01 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
    }
}

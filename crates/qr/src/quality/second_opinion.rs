//! The second opinion of a simple decoder on a symbol that was read.
//!
//! Our reader does more than others: it corrects doubtful codewords as erasures, tries several thresholds, and reads modes that are
//! seldom used. So a second decoder, rqrr, gets the modules as one threshold for the whole symbol decides them, and corrects and
//! reads them by code of its own.
//!
//! It decodes modules and does not look for them. Its detector copies the image for each pair of patterns that it takes for finder
//! patterns, which takes ten seconds in a hostile image of 240 x 240 pixels, and it panics at some photos. The decoder's work is
//! bounded by the size of a symbol.

use rqrr::{DeQRError, Grid, SimpleGrid};

use super::grading::Sampled;
use crate::{Luma, Symbol};

/// Whether a simple decoder reads the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondOpinion {
    /// It does.
    Agrees,
    /// It reads something else.
    Differs,
    /// Too many modules are wrong for it.
    Damaged,
    /// It knows symbols that are dark on light, and this one is not.
    Inverted,
    /// The content is of a kind that it does not know, such as one part of several (structured append).
    Unsupported,
}

/// Asks a simple decoder (rqrr) what it reads in a symbol that was read in this picture. The work is bounded by the symbol's size.
#[must_use]
pub fn second_opinion(luma: &Luma, symbol: &Symbol) -> SecondOpinion {
    SecondOpinion::of(&Sampled::of(luma, symbol), symbol)
}

impl SecondOpinion {
    /// A stable name: `agrees`, `differs`, `damaged`, `inverted` or `unsupported`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Differs => "differs",
            Self::Damaged => "damaged",
            Self::Inverted => "inverted",
            Self::Unsupported => "unsupported",
        }
    }

    fn of(sampled: &Sampled, symbol: &Symbol) -> Self {
        if symbol.inverted {
            return Self::Inverted;
        }
        Self::of_modules(&sampled.modules(), sampled.side(), &symbol.payload)
    }

    fn of_modules(modules: &[bool], side: usize, payload: &[u8]) -> Self {
        let grid = SimpleGrid::from_func(side, |x, y| modules[y * side + x]);
        let mut read = Vec::new();
        match Grid::new(grid).decode_to(&mut read) {
            Ok(_) if read == payload => Self::Agrees,
            Ok(_) => Self::Differs,
            Err(DeQRError::FormatEcc | DeQRError::DataEcc) => Self::Damaged,
            Err(_) => Self::Unsupported,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use qrcode::bits::Bits;
    use qrcode::ec::construct_codewords;
    use qrcode::{Color, EcLevel, QrCode, Version};

    use super::*;
    use crate::{Distortion, Scan, ScanOptions, encode, scan};

    fn modules(code: &QrCode) -> Vec<bool> {
        code.to_colors().into_iter().map(|color| color == Color::Dark).collect()
    }

    fn verdict(luma: &Luma) -> &'static str {
        let Scan::Read(symbols) = scan(luma, &ScanOptions::default()) else { panic!("our reader reads it") };
        second_opinion(luma, &symbols[0]).as_str()
    }

    #[test]
    fn a_simple_decoder_agrees_as_long_as_one_threshold_tells_the_modules() {
        let clean = encode("CT1:SECOND OPINION", crate::EcLevel::M).expect("it is short").to_luma(6);
        assert_eq!(verdict(&clean), "agrees");
        assert_eq!(verdict(&Distortion { blur: 1.5, noise: 10.0, ..Distortion::default() }.apply(&clean)), "agrees");
        let negative = Luma { pixels: clean.pixels.iter().map(|v| 255 - v).collect(), ..clean };
        assert_eq!(verdict(&negative), "inverted");
    }

    #[test]
    fn light_that_falls_from_one_side_is_too_much_for_it() {
        let clean = encode("CT1:SECOND OPINION", crate::EcLevel::L).expect("it is short").to_luma(6);
        let width = clean.width as usize;
        let shaded = clean.pixels.iter().enumerate().map(|(i, &v)| (usize::from(v) * (i % width) / width) as u8);
        assert_eq!(verdict(&Luma { pixels: shaded.collect(), ..clean }), "damaged");
    }

    #[test]
    fn one_part_of_several_is_content_that_it_does_not_know() {
        let mut bits = Bits::new(Version::Normal(2));
        // Structured append: the first of two symbols.
        bits.push_mode_indicator(qrcode::bits::ExtendedMode::StructuredAppend).expect("it fits");
        bits.push_byte_data(b"CT1:9").expect("it fits");
        bits.push_terminator(EcLevel::M).expect("it fits");
        let code = QrCode::with_bits(bits, EcLevel::M).expect("it fits");
        assert_eq!(SecondOpinion::of_modules(&modules(&code), code.width(), b"CT1:9"), SecondOpinion::Unsupported);
    }

    #[test]
    fn other_bytes_are_no_agreement() {
        let code = QrCode::new(b"CT1:9").expect("it is short");
        assert_eq!(SecondOpinion::of_modules(&modules(&code), code.width(), b"CT1:8"), SecondOpinion::Differs);
    }

    proptest! {
        // The largest take it a tenth of a second.
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Modules come from outside: whatever they are, there is an answer, and its work is bounded by the symbol's size.
        #[test]
        fn hostile_content_has_an_opinion(
            version in 1i16..=40,
            level in prop::sample::select(vec![EcLevel::L, EcLevel::M, EcLevel::Q, EcLevel::H]),
            mut data in prop::collection::vec(any::<u8>(), 2956),
            mode in 0u8..16,
            wrong in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        ) {
            let version = Version::Normal(version);
            data.truncate(Bits::new(version).max_len(level).expect("every version has every level") / 8);
            data[0] = mode << 4 | data[0] & 15;
            let (data, correction) = construct_codewords(&data, version, level).expect("it is as long as it may be");
            let mut canvas = qrcode::canvas::Canvas::new(version, level);
            canvas.draw_all_functional_patterns();
            canvas.draw_data(&data, &correction);
            canvas.apply_mask(qrcode::canvas::MaskPattern::Checkerboard);
            let mut modules: Vec<bool> = canvas.into_colors().into_iter().map(|color| color == Color::Dark).collect();
            for at in wrong {
                let at = at.index(modules.len());
                modules[at] = !modules[at];
            }
            let opinion = SecondOpinion::of_modules(&modules, version.width() as usize, b"");
            prop_assert!(opinion != SecondOpinion::Inverted);
        }

        #[test]
        fn noise_does_not_agree(version in 1usize..=40, noise in prop::collection::vec(any::<bool>(), 177 * 177)) {
            let side = 4 * version + 17;
            let opinion = SecondOpinion::of_modules(&noise[..side * side], side, b"CT1:9");
            prop_assert!(opinion != SecondOpinion::Agrees);
        }
    }
}

//! The tables beside those of the standard, of rxing and of qrcode, which have nothing in common with them.

use proptest::prelude::*;
use qrcode::canvas::{Canvas, MaskPattern};
use qrcode::ec::construct_codewords;
use rxing::qrcode::common::{ErrorCorrectionLevel, Version as TheirVersion};

use super::format::version_word;
use super::*;

/// Our level, rxing's and qrcode's.
const LEVELS: [(EcLevel, ErrorCorrectionLevel, qrcode::EcLevel); 4] = [
    (EcLevel::L, ErrorCorrectionLevel::L, qrcode::EcLevel::L),
    (EcLevel::M, ErrorCorrectionLevel::M, qrcode::EcLevel::M),
    (EcLevel::Q, ErrorCorrectionLevel::Q, qrcode::EcLevel::Q),
    (EcLevel::H, ErrorCorrectionLevel::H, qrcode::EcLevel::H),
];

/// In the order of table 10.
const MASKS: [MaskPattern; 8] = [
    MaskPattern::Checkerboard,
    MaskPattern::HorizontalLines,
    MaskPattern::VerticalLines,
    MaskPattern::DiagonalLines,
    MaskPattern::LargeCheckerboard,
    MaskPattern::Fields,
    MaskPattern::Diamonds,
    MaskPattern::Meadow,
];

/// ISO/IEC 18004, table C.1: the format words in the order of their data, levels M, L, H and Q.
const FORMAT_WORDS: [u32; 32] = [
    0x5412, 0x5125, 0x5e7c, 0x5b4b, 0x45f9, 0x40ce, 0x4f97, 0x4aa0, 0x77c4, 0x72f3, 0x7daa, 0x789d, 0x662f, 0x6318,
    0x6c41, 0x6976, 0x1689, 0x13be, 0x1ce7, 0x19d0, 0x0762, 0x0255, 0x0d0c, 0x083b, 0x355f, 0x3068, 0x3f31, 0x3a06,
    0x24b4, 0x2183, 0x2eda, 0x2bed,
];

/// ISO/IEC 18004, table D.1: the version words from version 7.
const VERSION_WORDS: [u32; 34] = [
    0x07c94, 0x085bc, 0x09a99, 0x0a4d3, 0x0bbf6, 0x0c762, 0x0d847, 0x0e60d, 0x0f928, 0x10b78, 0x1145d, 0x12a17,
    0x13532, 0x149a6, 0x15683, 0x168c9, 0x177ec, 0x18ec4, 0x191e1, 0x1afab, 0x1b08e, 0x1cc1a, 0x1d33f, 0x1ed75,
    0x1f250, 0x209d5, 0x216f0, 0x228ba, 0x2379f, 0x24b0b, 0x2542e, 0x26a64, 0x27541, 0x28c69,
];

fn theirs(version: Version) -> &'static TheirVersion {
    TheirVersion::getVersionForNumber(version.number().into()).expect("versions are 1 to 40")
}

/// The data and the correction of a symbol whose data is numbered, as qrcode deals them: the data as it was, and in the symbol's order.
fn numbered(version: Version, level: qrcode::EcLevel) -> (Vec<u8>, Vec<u8>) {
    let version = qrcode::Version::Normal(version.number().into());
    let bits = qrcode::bits::Bits::new(version).max_len(level).expect("every version has every level");
    let data: Vec<u8> = (0..bits / 8).map(|i| (i * 167 + i / 256) as u8).collect();
    let (dealt, correction) = construct_codewords(&data, version, level).expect("it is as long as it may be");
    (data, [dealt, correction].concat())
}

#[test]
fn layout_of_every_version_is_that_of_rxing() {
    assert_eq!(Version::all().count(), 40);
    for version in Version::all() {
        let (side, layout, theirs) = (version.side(), Layout::of(version), theirs(version));
        assert_eq!(side, theirs.getDimensionForVersion() as usize);
        let centres: Vec<usize> = theirs.getAlignmentPatternCenters().iter().map(|&at| at as usize).collect();
        assert_eq!(version.alignment_centres(), centres, "{version:?}");
        assert_eq!(layout.codewords(), theirs.getTotalCodewords() as usize);
        let function = theirs.buildFunctionPattern().expect("versions are 1 to 40");
        for (x, y) in (0..side * side).map(|i| (i % side, i / side)) {
            assert_eq!(layout.carries_data(x, y), !function.get(x as u32, y as u32), "{version:?}: {x}, {y}");
        }
    }
    assert_eq!([0, 1, 40, 255].map(|number| Version::nearest(number).number()), [1, 1, 40, 40]);
}

#[test]
fn blocks_of_every_version_and_level_are_those_of_rxing_and_qrcode() {
    for (version, (level, rxings, qrcodes)) in Version::all().flat_map(|version| LEVELS.map(|level| (version, level))) {
        let blocks = Blocks::of(version, level);
        let known = theirs(version).getECBlocksForLevel(rxings);
        assert_eq!(blocks.correction, known.getECCodewordsPerBlock() as usize);
        let sizes: Vec<usize> = known
            .getECBlocks()
            .iter()
            .flat_map(|group| std::iter::repeat_n(group.getDataCodewords() as usize, group.getCount() as usize))
            .collect();
        let found: Vec<usize> = blocks.places.iter().map(|places| places.len() - blocks.correction).collect();
        assert_eq!(found, sizes, "{version:?} {level:?}");

        let (mut data, symbol) = numbered(version, qrcodes);
        assert_eq!(symbol.len(), Layout::of(version).codewords());
        for places in &blocks.places {
            let mut block: Vec<u8> = places.iter().map(|&at| symbol[at]).collect();
            assert_eq!(correct(&mut block, blocks.correction, &[]), Some(0), "{version:?} {level:?}");
            let rest = data.split_off(block.len() - blocks.correction);
            assert_eq!(block[..data.len()], data, "{version:?} {level:?}");
            data = rest;
        }
        assert!(data.is_empty());
    }
}

#[test]
fn codewords_kept_back_leave_as_many_corrections_as_the_standard_says() {
    // ISO/IEC 18004, table 9, the last of (c, k, r), in the order L, M, Q, H.
    for (number, corrections) in [(1, [2, 4, 6, 8]), (2, [4, 8, 11, 14]), (3, [7, 13, 9, 11]), (4, [10, 9, 13, 8])] {
        for (level, correctable) in EcLevel::ALL.into_iter().zip(corrections) {
            let blocks = Blocks::of(Version::nearest(number), level);
            assert_eq!((blocks.correction - blocks.kept_back) / 2, correctable, "{number} {level:?}");
        }
    }
}

#[test]
fn symbol_of_every_version_level_and_mask_is_drawn_as_by_qrcode_and_read_again() {
    for (version, (level, _, qrcodes)) in Version::all().flat_map(|version| LEVELS.map(|level| (version, level))) {
        let (data, symbol) = numbered(version, qrcodes);
        let number = qrcode::Version::Normal(version.number().into());
        let (dealt, correction) = construct_codewords(&data, number, qrcodes).expect("it is as long as it may be");
        for (mask, pattern) in Mask::all().zip(MASKS) {
            let format = FormatInfo { level, mask };
            let modules = draw(version, format, &symbol);
            let mut canvas = Canvas::new(number, qrcodes);
            canvas.draw_all_functional_patterns();
            canvas.draw_data(&dealt, &correction);
            canvas.apply_mask(pattern);
            let dark: Vec<bool> =
                canvas.into_colors().into_iter().map(|color| color == qrcode::types::Color::Dark).collect();
            assert!(modules == dark, "{version:?} {format:?}");
            assert_eq!(FormatInfo::read(version, &modules), Some(format));
            assert!(codewords(version, mask, &modules) == symbol, "{version:?} {format:?}");
        }
    }
}

#[test]
fn patterns_are_known_modules_of_every_symbol() {
    for version in Version::all() {
        let format = FormatInfo { level: EcLevel::M, mask: Mask::of_bits(5) };
        let drawn = draw(version, format, &[]);
        let patterns = Patterns::of(version);
        for (x, y, dark) in patterns.modules().chain([dark_module(version)]) {
            assert_eq!(drawn[y * version.side() + x], dark, "{version:?}: {x}, {y}");
            assert!(!Layout::of(version).carries_data(x, y));
        }
        let count = version.alignment_centres().len();
        assert_eq!(patterns.alignment.len(), (count * count).saturating_sub(3));
    }
}

#[test]
fn words_are_those_of_the_standard() {
    assert!(FormatInfo::all().map(FormatInfo::word).eq(FORMAT_WORDS));
    let levels = [EcLevel::M, EcLevel::L, EcLevel::H, EcLevel::Q];
    for (i, format) in FormatInfo::all().enumerate() {
        assert_eq!((format.level, format.mask), (levels[i / 8], Mask::of_bits((i % 8) as u8)));
    }
    let words: Vec<Option<u32>> = Version::all().map(version_word).collect();
    let none = std::iter::repeat_n(None, 6);
    assert_eq!(words, none.chain(VERSION_WORDS.map(Some)).collect::<Vec<_>>());
}

/// Words that differ from each of the standard in four bits at least.
fn no_format() -> impl Strategy<Value = u32> {
    let is_far = |word: &u32| FORMAT_WORDS.iter().all(|known| (known ^ word).count_ones() > 3);
    prop::sample::select((0..1 << 15).filter(is_far).collect::<Vec<_>>())
}

proptest! {
    /// One copy of the format information is enough, and of that twelve bits.
    #[test]
    fn format_is_read_with_three_bits_wrong(
        data in 0..32usize,
        wrong in prop::sample::subsequence((0..15usize).collect::<Vec<_>>(), 0..=3),
        copy in 0..2usize,
        other in no_format(),
    ) {
        let version = Version::nearest(3);
        let format = FormatInfo::all().nth(data).expect("there are 32");
        let mut modules = draw(version, format, &[]);
        for (bit, places) in layout::format_places(version).into_iter().enumerate() {
            let [read, spoilt] = if copy == 0 { places } else { [places[1], places[0]] };
            modules[read.1 * version.side() + read.0] ^= wrong.contains(&bit);
            modules[spoilt.1 * version.side() + spoilt.0] = other >> bit & 1 == 1;
        }
        prop_assert_eq!(FormatInfo::read(version, &modules), Some(format));
    }

    #[test]
    fn noise_has_no_format(words in prop::array::uniform2(no_format())) {
        let version = Version::nearest(2);
        let mut modules = vec![false; 625];
        for (bit, places) in layout::format_places(version).into_iter().enumerate() {
            for ((x, y), word) in places.into_iter().zip(words) {
                modules[y * 25 + x] = word >> bit & 1 == 1;
            }
        }
        prop_assert_eq!(FormatInfo::read(version, &modules), None);
    }
}

//! Which module belongs to what (ISO/IEC 18004, 6.3): the patterns that all symbols of one version share, and the way of the data
//! through the rest.

use std::sync::OnceLock;

/// Modules left light on each side (6.3.8).
pub const QUIET_ZONE: u8 = 4;

/// One of the 40 sizes of a symbol (6.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(u8);

impl Version {
    /// The greatest number of a version.
    const MAX: u8 = 40;

    /// The version of this number; of a number that none has, the nearest.
    pub fn nearest(number: u8) -> Self {
        Self(number.clamp(1, Self::MAX))
    }

    /// All of them, the smallest first.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=Self::MAX).map(Self)
    }

    /// 1 to 40.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Modules on a side, 21 to 177.
    pub const fn side(self) -> usize {
        4 * self.0 as usize + 17
    }

    /// Rows and columns of the centres of the alignment patterns (annex E); version 1 has none.
    pub fn alignment_centres(self) -> Vec<usize> {
        if self.0 == 1 {
            return Vec::new();
        }
        let gaps = usize::from(self.0) / 7 + 1;
        let last = self.side() - 7;
        // Even gaps from the far end; the one next to the timing pattern takes what is left.
        let gap = match self.0 {
            32 => 26,
            _ => (last - 6).div_ceil(2 * gaps) * 2,
        };
        std::iter::once(6).chain((0..gaps).rev().map(|i| last - i * gap)).collect()
    }
}

/// A module of the same colour in all symbols of a version: column, row, whether it is dark.
pub type Known = (usize, usize, bool);

/// The patterns by which a reader finds its way.
pub struct Patterns {
    /// The finder patterns with their separators: top left, top right, bottom left.
    pub finders: [Vec<Known>; 3],
    /// The timing patterns: along row 6, along column 6.
    pub timing: [Vec<Known>; 2],
    /// The alignment patterns, from the top left, row by row.
    pub alignment: Vec<Vec<Known>>,
}

impl Patterns {
    /// The patterns of a version, computed once.
    pub fn of(version: Version) -> &'static Self {
        static PATTERNS: [OnceLock<Patterns>; Version::MAX as usize] =
            [const { OnceLock::new() }; Version::MAX as usize];
        PATTERNS[usize::from(version.0) - 1].get_or_init(|| Self::new(version))
    }

    fn new(version: Version) -> Self {
        let side = version.side();
        let square =
            |left: usize, top: usize, size: usize| (0..size * size).map(move |i| (left + i % size, top + i / size));
        let ring = |x: usize, y: usize, centre: (usize, usize)| x.abs_diff(centre.0).max(y.abs_diff(centre.1));
        let finders = [(0, 0), (side - 8, 0), (0, side - 8)].map(|(left, top)| {
            let centre = (if left == 0 { 3 } else { side - 4 }, if top == 0 { 3 } else { side - 4 });
            square(left, top, 8).map(|(x, y)| (x, y, !matches!(ring(x, y, centre), 2 | 4))).collect()
        });
        let steps = 8..side - 8;
        let timing = [steps.clone().map(|x| (x, 6, x % 2 == 0)).collect(), steps.map(|y| (6, y, y % 2 == 0)).collect()];
        let centres = version.alignment_centres();
        let last = centres.last().copied().unwrap_or(0);
        let free = |centre: &(usize, usize)| ![(6, 6), (6, last), (last, 6)].contains(centre);
        let alignment = centres
            .iter()
            .flat_map(|&y| centres.iter().map(move |&x| (x, y)))
            .filter(free)
            .map(|(x, y)| square(x - 2, y - 2, 5).map(|at| (at.0, at.1, ring(at.0, at.1, (x, y)) != 1)).collect())
            .collect();
        Self { finders, timing, alignment }
    }

    /// All of their modules.
    pub fn modules(&self) -> impl Iterator<Item = Known> {
        self.finders.iter().chain(&self.timing).chain(&self.alignment).flatten().copied()
    }
}

/// The purpose of each module of a version.
pub struct Layout {
    version: Version,
    /// Row by row: whether a module carries a bit of a codeword, or none.
    carries_data: Vec<bool>,
}

impl Layout {
    /// The layout of a version, computed once.
    pub fn of(version: Version) -> &'static Self {
        static LAYOUTS: [OnceLock<Layout>; Version::MAX as usize] = [const { OnceLock::new() }; Version::MAX as usize];
        LAYOUTS[usize::from(version.0) - 1].get_or_init(|| Self::new(version))
    }

    fn new(version: Version) -> Self {
        let side = version.side();
        let mut carries_data = vec![true; side * side];
        let known = Patterns::of(version);
        let format = format_places(version).into_iter().flatten();
        let versions = version_places(version).into_iter().flatten();
        let patterns = known.modules().chain([dark_module(version)]).map(|(x, y, _)| (x, y));
        for (x, y) in patterns.chain(format).chain(versions) {
            carries_data[y * side + x] = false;
        }
        Self { version, carries_data }
    }

    /// Whether the module in column `x` and row `y` carries a bit of a codeword, or one that is left over.
    pub fn carries_data(&self, x: usize, y: usize) -> bool {
        self.carries_data[y * self.version.side() + x]
    }

    /// The modules that carry data, column and row, in the order of their bits (7.7.3): pairs of columns from the right, upward and
    /// downward in turn, past the timing pattern in column 6. Up to seven bits are left over after the last codeword.
    pub fn data_modules(&self) -> impl Iterator<Item = (usize, usize)> {
        let side = self.version.side();
        let pairs =
            (0..side / 2).map(move |pair| side - 1 - 2 * pair).map(|right| if right <= 6 { right - 1 } else { right });
        pairs.enumerate().flat_map(move |(pair, right)| {
            let rows = (0..side).map(move |step| if pair.is_multiple_of(2) { side - 1 - step } else { step });
            rows.flat_map(move |y| [(right, y), (right - 1, y)]).filter(|&(x, y)| self.carries_data(x, y))
        })
    }

    /// The codewords of a symbol, of data and of error correction (table 1).
    pub fn codewords(&self) -> usize {
        self.carries_data.iter().filter(|&&carries| carries).count() / 8
    }
}

/// The places of the two copies of each bit of the format information, the least significant bit first (7.9.1).
pub fn format_places(version: Version) -> [[(usize, usize); 2]; 15] {
    let far = version.side() - 1;
    std::array::from_fn(|bit| {
        let around = match bit {
            0..=5 => (8, bit),
            6 => (8, 7),
            7 => (8, 8),
            8 => (7, 8),
            _ => (14 - bit, 8),
        };
        [around, if bit < 8 { (far - bit, 8) } else { (8, far + bit - 14) }]
    })
}

/// The places of the two copies of each bit of the version information, the least significant bit first; from version 7 (7.10).
pub fn version_places(version: Version) -> Vec<[(usize, usize); 2]> {
    let bits = if version.0 < 7 { 0 } else { 18 };
    let place = |bit: usize| (bit / 3, version.side() - 11 + bit % 3);
    (0..bits).map(place).map(|(near, far)| [(near, far), (far, near)]).collect()
}

/// The module above the lower copy of the format information, which is always dark (7.9.1).
pub fn dark_module(version: Version) -> Known {
    (8, version.side() - 8, true)
}

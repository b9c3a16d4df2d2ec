//! A black-and-white picture, one bit for each pixel.

use super::geometry::Point;

/// Dark and light.
pub(super) struct Bitmap {
    width: u32,
    height: u32,
    /// Words in a row.
    stride: usize,
    words: Vec<u64>,
}

/// Pixels in a word of a row.
pub(super) const WORD: usize = u64::BITS as usize;

impl Bitmap {
    /// Fills each row, word by word from the left; the lowest bit of a word is its first pixel, and set if that is dark.
    pub(super) fn of_rows(width: u32, height: u32, mut fill: impl FnMut(usize, &mut [u64])) -> Self {
        let stride = (width as usize).div_ceil(WORD);
        let mut words = vec![0; stride * height as usize];
        for (y, row) in words.chunks_exact_mut(stride.max(1)).enumerate() {
            fill(y, row);
            if let (Some(last), 1..) = (row.last_mut(), width as usize % WORD) {
                *last &= (1 << (width as usize % WORD)) - 1;
            }
        }
        Self { width, height, stride, words }
    }

    pub(super) const fn height(&self) -> u32 {
        self.height
    }

    /// Whether the pixel in this column and row is dark.
    pub(super) fn bit(&self, x: usize, y: usize) -> bool {
        self.words[y * self.stride + x / WORD] >> (x % WORD) & 1 == 1
    }

    /// Whether the pixel at a point is dark; `None` beyond the border.
    #[inline]
    pub(super) fn at(&self, (x, y): Point) -> Option<bool> {
        // Not a number is beyond every border.
        let is_inside = x >= 0.0 && y >= 0.0 && x < self.width as f32 && y < self.height as f32;
        is_inside.then(|| self.bit(x as usize, y as usize))
    }

    /// Writes the columns of a row at which the colour changes; before the first column it is light.
    pub(super) fn edges(&self, y: u32, edges: &mut Vec<u32>) {
        edges.clear();
        let mut before = 0;
        for (word, column) in self.words[y as usize * self.stride..][..self.stride].iter().zip((0u32..).step_by(WORD)) {
            let mut changes = word ^ (word << 1 | before);
            before = word >> (WORD - 1);
            while changes != 0 {
                edges.push(column + changes.trailing_zeros());
                changes &= changes - 1;
            }
        }
        // After the last pixel it is light, too. Where the row fills its last word, no bit shows that.
        if before == 1 {
            edges.push(self.width);
        }
    }

    /// Walks from a point, in steps of one pixel along the steeper axis, until the colour has changed `N` times; returns the distance
    /// of each change. The border of the picture counts as the last change. `None` where `most` comes first.
    pub(super) fn changes<const N: usize>(&self, from: Point, direction: Point, most: f32) -> Option<[f32; N]> {
        let size = direction.0.abs().max(direction.1.abs());
        let (dx, dy) = (direction.0 / size, direction.1 / size);
        let length = (dx * dx + dy * dy).sqrt();
        // The border between two pixels on the way lies so far before the end of a step.
        let (along, step) = if dx.abs() >= dy.abs() { (from.0, dx) } else { (from.1, dy) };
        let before = if step > 0.0 { along.fract() } else { 1.0 - along.fract() };
        let mut colour = self.at(from)?;
        let (mut changes, mut found) = ([0.0; N], 0);
        // In fractions of a pixel: a step is one addition for each axis.
        let fixed = |t: f32| (t * FRACTIONS as f32) as i64;
        let (mut x, mut y, dx, dy) = (fixed(from.0), fixed(from.1), fixed(dx), fixed(dy));
        let (width, height) = (i64::from(self.width) * FRACTIONS, i64::from(self.height) * FRACTIONS);
        for step in 1..=(most / length) as u32 {
            (x, y) = (x + dx, y + dy);
            let is_inside = (0..width).contains(&x) && (0..height).contains(&y);
            let next = is_inside.then(|| self.bit((x / FRACTIONS) as usize, (y / FRACTIONS) as usize));
            if next != Some(colour) {
                changes[found] = (step as f32 - before) * length;
                found += 1;
                if found == N {
                    return Some(changes);
                }
                colour = next?;
            }
        }
        None
    }
}

/// The number of fractions of a pixel in which a line through an image is measured.
const FRACTIONS: i64 = 1 << 16;

/// Packs flags, 1 for dark and 0 for light, into words, the first the lowest bit.
pub(super) fn pack(flags: &[u8], words: &mut [u64]) {
    // Each product of the flag in byte i that reaches the topmost byte is its bit i.
    let bits = |flags: [u8; 8]| u64::from_le_bytes(flags).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    for (word, flags) in words.iter_mut().zip(flags.chunks(WORD)) {
        let (bytes, rest) = flags.as_chunks::<8>();
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        *word = bytes.iter().rev().fold(bits(last), |word, flags| (word << 8) | bits(*flags));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_where_the_colour_changes() {
        for width in [1u32, 5, 63, 64, 65, 128, 200] {
            let dark = |x: u32| x % 7 < 3 || x == width - 1;
            let bitmap = Bitmap::of_rows(width, 2, |y, words| {
                for x in (0..width).filter(|&x| y == 1 && dark(x)) {
                    words[x as usize / WORD] |= 1 << (x as usize % WORD);
                }
            });
            let mut edges = Vec::new();
            bitmap.edges(0, &mut edges);
            assert!(edges.is_empty());
            bitmap.edges(1, &mut edges);
            let is_dark = |x: u32| x < width && dark(x);
            let expected: Vec<u32> = (0..=width).filter(|&x| is_dark(x) != (x > 0 && is_dark(x - 1))).collect();
            assert_eq!(edges, expected, "{width}");
        }
    }

    #[test]
    fn flags_are_packed_lowest_first() {
        for width in [1, 7, 8, 63, 64, 65, 130] {
            let flags: Vec<u8> = (0..width).map(|x| u8::from(x % 5 == 0 || x % 7 == 3)).collect();
            let bitmap = Bitmap::of_rows(width as u32, 1, |_, words| pack(&flags, words));
            assert!(flags.iter().enumerate().all(|(x, &flag)| bitmap.bit(x, 0) == (flag == 1)), "{width}");
        }
    }

    #[test]
    fn changes_are_where_the_colour_does_in_every_direction() {
        // A dark square from 20 to 40, in 64 x 64 pixels.
        let inside = |t: usize| (20..40).contains(&t);
        let bitmap = Bitmap::of_rows(64, 64, |y, words| {
            words[0] = (0..64).filter(|&x| inside(x) && inside(y)).fold(0, |word, x| word | 1 << x);
        });
        for (direction, expected) in [
            ((1.0, 0.0), [10.0, 34.0]),
            ((-2.0, 0.0), [10.0, 30.0]),
            ((0.0, 1.0), [10.0, 34.0]),
            ((1.0, 1.0), [10.0 * 2f32.sqrt(), 34.0 * 2f32.sqrt()]),
        ] {
            let [edge, border] = bitmap.changes::<2>((30.0, 30.0), direction, 100.0).expect("two changes");
            assert!(
                (edge - expected[0]).abs() < 0.01 && (border - expected[1]).abs() < 0.01,
                "{direction:?}: {edge}, {border}"
            );
        }
        assert!(bitmap.changes::<1>((30.0, 30.0), (1.0, 0.0), 9.0).is_none(), "it is farther");
        assert!(bitmap.changes::<3>((30.0, 30.0), (1.0, 0.0), 100.0).is_none(), "behind the border is nothing");
        for beyond in [(-1.0, 3.0), (64.0, 3.0), (3.0, f32::NAN)] {
            assert!(bitmap.at(beyond).is_none());
        }
    }
}

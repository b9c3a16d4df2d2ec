//! Reed-Solomon correction over GF(2^8) as ISO/IEC 18004 (7.5) uses it, with erasures: a codeword that is known to be doubtful costs
//! half as much as one that is wrong unnoticed.

/// Powers of the generator, twice over, and logarithms, for x^8 + x^4 + x^3 + x^2 + 1.
static FIELD: Field = Field::new();

struct Field {
    exp: [u8; 512],
    log: [u8; 256],
}

impl Field {
    const fn new() -> Self {
        let (mut exp, mut log) = ([0; 512], [0; 256]);
        let (mut value, mut power) = (1u32, 0);
        while power < 255 {
            exp[power] = value as u8;
            exp[power + 255] = value as u8;
            log[value as usize] = power as u8;
            value <<= 1;
            if value > 255 {
                value ^= 0x11d;
            }
            power += 1;
        }
        Self { exp, log }
    }
}

fn times(a: u8, b: u8) -> u8 {
    if a == 0 || b == 0 {
        return 0;
    }
    FIELD.exp[usize::from(FIELD.log[usize::from(a)]) + usize::from(FIELD.log[usize::from(b)])]
}

fn over(a: u8, b: u8) -> u8 {
    if a == 0 {
        return 0;
    }
    FIELD.exp[usize::from(FIELD.log[usize::from(a)]) + 255 - usize::from(FIELD.log[usize::from(b)])]
}

/// The value at `x` of a polynomial, lowest coefficient first.
fn value(polynomial: &[u8], x: u8) -> u8 {
    polynomial.iter().rev().fold(0, |sum, &coefficient| times(sum, x) ^ coefficient)
}

/// Corrects a block whose last `parity` codewords are for correction; `doubtful` are the places of erasures. Gives the
/// number of errors found elsewhere, or `None`, with the block unchanged, if it is beyond correction.
pub fn correct(block: &mut [u8], parity: usize, doubtful: &[usize]) -> Option<usize> {
    if doubtful.len() > parity || block.len() > 255 {
        return None;
    }
    let syndromes: Vec<u8> = (0..parity).map(|i| syndrome(block, i)).collect();
    if syndromes.iter().all(|&s| s == 0) {
        return Some(0);
    }
    let root = |place: usize| FIELD.exp[block.len() - 1 - place];
    let mut locator = vec![1];
    for &place in doubtful {
        multiply_by_root(&mut locator, root(place));
    }
    find_errors(&mut locator, &syndromes, doubtful.len());
    let degree = locator.iter().rposition(|&c| c != 0)?;
    let errors = degree.checked_sub(doubtful.len())?;
    if 2 * errors + doubtful.len() > parity {
        return None;
    }
    let evaluator: Vec<u8> =
        (0..parity).map(|i| (0..=i.min(degree)).fold(0, |sum, j| sum ^ times(locator[j], syndromes[i - j]))).collect();
    let mut changes = Vec::with_capacity(degree);
    for place in 0..block.len() {
        let x = root(place);
        let inverse = over(1, x);
        if value(&locator[..=degree], inverse) != 0 {
            continue;
        }
        // Forney: the derivative has the odd coefficients only.
        let slope = (1..=degree).step_by(2).fold(0, |sum, i| sum ^ times(locator[i], power(inverse, i - 1)));
        if slope == 0 {
            return None;
        }
        changes.push((place, times(x, over(value(&evaluator, inverse), slope))));
    }
    if changes.len() != degree {
        return None;
    }
    for &(place, change) in &changes {
        block[place] ^= change;
    }
    if (0..parity).any(|i| syndrome(block, i) != 0) {
        for &(place, change) in &changes {
            block[place] ^= change;
        }
        return None;
    }
    Some(errors)
}

fn syndrome(block: &[u8], i: usize) -> u8 {
    block.iter().fold(0, |sum, &codeword| times(sum, FIELD.exp[i]) ^ codeword)
}

fn power(x: u8, exponent: usize) -> u8 {
    (0..exponent).fold(1, |product, _| times(product, x))
}

fn multiply_by_root(polynomial: &mut Vec<u8>, root: u8) {
    polynomial.push(0);
    for i in (1..polynomial.len()).rev() {
        polynomial[i] ^= times(polynomial[i - 1], root);
    }
}

/// Berlekamp and Massey's algorithm, begun with the locator of the erasures.
fn find_errors(locator: &mut Vec<u8>, syndromes: &[u8], erasures: usize) {
    let size = syndromes.len() + 2;
    locator.resize(size, 0);
    let (mut previous, mut length) = (locator.clone(), erasures);
    for step in erasures..syndromes.len() {
        previous.rotate_right(1);
        previous[0] = 0;
        let discrepancy = (0..=step).fold(0, |sum, i| sum ^ times(locator[i], syndromes[step - i]));
        if discrepancy == 0 {
            continue;
        }
        let next: Vec<u8> = locator.iter().zip(&previous).map(|(&l, &p)| l ^ times(discrepancy, p)).collect();
        if 2 * length <= step + erasures {
            length = step + erasures + 1 - length;
            previous = locator.iter().map(|&l| over(l, discrepancy)).collect();
        }
        *locator = next;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// ISO/IEC 18004, annex I: version 1-M, "01234567".
    const ANNEX_I: [u8; 26] = [
        0x10, 0x20, 0x0c, 0x56, 0x61, 0x80, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xa5, 0x24,
        0xd4, 0xc1, 0xed, 0x36, 0xc7, 0x87, 0x2c, 0x55,
    ];

    #[test]
    fn example_of_the_standard_is_whole() {
        assert_eq!(correct(&mut ANNEX_I.clone(), 10, &[]), Some(0));
    }

    proptest! {
        #[test]
        fn erasures_cost_half_of_errors(
            places in prop::sample::subsequence((0..26usize).collect::<Vec<_>>(), 0..=10).prop_shuffle(),
            changes in prop::collection::vec(1u8.., 10),
            marked in 0usize..=10,
        ) {
            let marked = marked.min(places.len());
            let mut block = ANNEX_I;
            for (&place, change) in places.iter().zip(&changes) {
                block[place] ^= change;
            }
            let spoilt = block;
            let errors = places.len() - marked;
            let result = correct(&mut block, 10, &places[..marked]);
            if 2 * errors + marked <= 10 {
                prop_assert_eq!(result, Some(errors));
                prop_assert_eq!(block, ANNEX_I);
            } else if result.is_none() {
                prop_assert_eq!(block, spoilt);
            }
        }
    }
}

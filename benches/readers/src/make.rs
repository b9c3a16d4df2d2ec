//! Sets of pictures that need nothing but this repository: symbols as a camera sees them, each kind from harmless to
//! hopeless, the same on every machine.

use std::path::Path;
use std::{fs, io};

use camtoken_qr::{Distortion, EcLevel, encode};

const PICTURES: u64 = 24;

/// A kind of trouble: its name, the pixels of a module, and what is done, from 0 (little) to 1 (much).
type Kind = (&'static str, u32, fn(f64) -> Distortion);

const KINDS: [Kind; 13] = [
    ("blur", 4, |t| Distortion { blur: 0.8 + 2.4 * t, noise: 2.0, ..none() }),
    ("fade", 4, |t| Distortion { fade: 0.6 + 0.36 * t, blur: 0.5, noise: 2.5, ..none() }),
    ("glare", 4, |t| Distortion { glare: 0.4 + 0.6 * t, tilt: 8.0, blur: 0.5, noise: 3.0, ..none() }),
    ("jpeg", 3, |t| Distortion { jpeg: 20 + (75.0 * t) as u32, blur: 0.5, noise: 4.0, ..none() }),
    ("low light", 4, |t| Distortion { low_light: 0.5 + 0.48 * t, blur: 0.6, ..none() }),
    ("moire", 4, |t| Distortion { moire: 0.2 + 0.8 * t, tilt: 6.0, blur: 0.4, noise: 3.0, ..none() }),
    ("motion", 4, |t| Distortion { motion: 1.6 + 6.4 * t, noise: 2.0, ..none() }),
    ("noise", 4, |t| Distortion { noise: 8.0 + 82.0 * t, blur: 0.5, ..none() }),
    ("small", 2, |t| Distortion { blur: 0.3 + 0.9 * t, noise: 4.0, ..none() }),
    ("terminal", 6, |t| Distortion { half_blocks: 1, line_px: 12, tilt: 14.0 * t, blur: 0.6, noise: 4.0, ..none() }),
    ("tilt", 8, |t| Distortion { tilt: 10.0 + 58.0 * t, blur: 0.6, noise: 3.0, ..none() }),
    ("uneven light", 4, |t| Distortion { uneven: 0.5 + 0.48 * t, blur: 0.5, noise: 3.0, ..none() }),
    ("all together", 5, |t| Distortion {
        fade: 0.5 * t,
        tilt: 12.0 + 14.0 * t,
        uneven: 0.6 * t,
        glare: 0.5 * t,
        blur: 0.8 + 1.2 * t,
        motion: 2.0 * t,
        moire: 0.4 * t,
        noise: 3.0 + 9.0 * t,
        jpeg: 20 + (45.0 * t) as u32,
        ..none()
    }),
];

fn none() -> Distortion {
    Distortion::default()
}

/// Writes all sets into a folder, each a folder of its own.
pub fn make(folder: &Path) -> io::Result<()> {
    for (kind, (name, module_px, trouble)) in (1u64..).zip(KINDS) {
        let set = folder.join(name);
        fs::create_dir_all(&set)?;
        for picture in 0..PICTURES {
            let seed = kind * 1000 + picture;
            let text = text(seed);
            let level = if picture.is_multiple_of(2) { EcLevel::M } else { EcLevel::L };
            let symbol = encode(&text, level).map_err(io::Error::other)?.to_luma(module_px);
            let seen = Distortion { seed, ..trouble(picture as f64 / (PICTURES - 1) as f64) }.apply(&symbol);
            fs::write(set.join(format!("{picture:02}.png")), seen.to_png())?;
            fs::write(set.join(format!("{picture:02}.txt")), text)?;
        }
    }
    Ok(())
}

/// As long as a code of ours, of the letters that it has.
fn text(seed: u64) -> String {
    const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let length = 120 + 37 * seed % 160;
    let letter = |i: u64| {
        // SplitMix64.
        let mut z = (seed << 16 | i).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        char::from(LETTERS[((z ^ z >> 31) % LETTERS.len() as u64) as usize])
    };
    // A last letter that no editor takes away.
    format!("CT1:{}.", (0..length).map(letter).collect::<String>())
}

//! The order in which a picture is tried: as it is, prepared in cheap ways, and then by its grey levels.

use std::borrow::Cow;
use std::fmt;
use std::panic::AssertUnwindSafe;

use crate::Luma;
use crate::scan::deadline::{Deadline, Look};
use crate::scan::grey::reader::Grey;
use crate::scan::plain;
use crate::scan::prepare;
use crate::scan::reading::{Reading, guarded};
use crate::scan::stage::Stage;

/// How a picture is searched.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScanOptions {
    /// Looks for every symbol instead of the first.
    pub all: bool,
    /// How much is tried; by default, as much as for a file.
    pub effort: Effort,
    /// The end of the search, however much it has tried until then; none by default. It is checked before every attempt, so a
    /// search is over some milliseconds after it.
    pub deadline: Deadline,
}

/// How much is tried on a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effort {
    /// One of many frames of a camera, counted from 0: as it is, and one further stage, another in each frame.
    Frame(u64),
    /// The only picture that there is.
    #[default]
    File,
    /// A picture that may take seconds.
    Harder,
}

/// The longer side up to which a picture is read as it is.
const PLAIN_SIDE: u32 = 2000;

/// The longer side up to which a coarse stage sees every detail.
const COARSE_SIDE: u32 = 800;

/// The longer side up to which a picture is also read at a half and a quarter: the coarse stages leave its modules as they are.
const FINE_SIDE: u32 = 1600;

/// The longer side up to which a picture is also read at a third; the coarse stages shrink what is larger.
const THIRD_SIDE: u32 = 1200;

/// The shorter side of a picture of which a quarter still has a symbol of two pixels a module.
const FINE_LEAST: u32 = 4 * 2 * 21;

/// The stages for an only picture, in this order. The last takes seconds.
const IN_ORDER: [Stage; 14] = [
    Stage::Plain,
    Stage::CoarseThreshold,
    Stage::Half,
    Stage::Quarter,
    Stage::Third,
    Stage::FullSize,
    Stage::Blur,
    Stage::GlobalThreshold,
    Stage::CoarseGrey,
    Stage::ThirdGrey,
    Stage::Grey,
    Stage::FineThreshold,
    Stage::Sharpen,
    Stage::FineGrey,
];

/// The stages that frames try in turn, after the frame as it is.
const IN_TURN: [[Stage; 2]; 4] = [
    [Stage::Plain, Stage::CoarseThreshold],
    [Stage::Plain, Stage::CoarseGrey],
    [Stage::Plain, Stage::Blur],
    [Stage::Plain, Stage::GlobalThreshold],
];

impl Effort {
    pub(super) fn stages(self) -> &'static [Stage] {
        match self {
            Self::Frame(number) => &IN_TURN[(number % IN_TURN.len() as u64) as usize],
            Self::File => &IN_ORDER[..IN_ORDER.len() - 1],
            Self::Harder => &IN_ORDER,
        }
    }
}

impl Stage {
    /// Reads the prepared picture. Returns how many pixels of the original one of its pixels is wide.
    pub(super) fn read(self, luma: &Luma, options: &ScanOptions) -> (Reading, u32) {
        let look = Look { all: options.all, deadline: options.deadline };
        if self == Self::FullSize && luma.width.max(luma.height) <= PLAIN_SIDE {
            return (Reading::default(), 1);
        }
        let is_frame = matches!(options.effort, Effort::Frame(_));
        let small = luma.width.max(luma.height) <= COARSE_SIDE;
        if self == Self::Grey && small {
            // The coarse stage has seen the same.
            return (Reading::default(), 1);
        }
        let is_too_large = luma.width.max(luma.height) > FINE_SIDE || luma.width.min(luma.height) < FINE_LEAST;
        let is_left_out = match self {
            Self::Half | Self::Quarter => is_too_large,
            Self::Third | Self::ThirdGrey => is_too_large || luma.width.max(luma.height) > THIRD_SIDE,
            _ => false,
        };
        if is_left_out {
            return (Reading::default(), 1);
        }
        let (fitted, factor) = self.fit(luma);
        let grey = |max_triples: usize| Grey { max_triples }.read(&fitted, look);
        let read = AssertUnwindSafe(|| match self {
            Self::CoarseGrey if is_frame => grey(3),
            // Of pictures that were read, it was one of the first seven.
            Self::CoarseGrey | Self::Grey | Self::ThirdGrey => grey(8),
            Self::FineGrey => grey(40),
            Self::CoarseThreshold | Self::Third => {
                plain::read_in(&fitted, &prepare::threshold_locally(&fitted, 31), look)
            }
            Self::FineThreshold => plain::read_in(&fitted, &prepare::threshold_locally(&fitted, 21), look),
            Self::GlobalThreshold => plain::read_in(&fitted, &prepare::threshold_globally(&fitted), look),
            Self::Blur => plain::read(&prepare::blur(&fitted), look),
            Self::Sharpen => plain::read(&prepare::sharpen(&fitted), look),
            // The grey readers see such a picture shrunk.
            Self::FullSize => plain::read_blurred(&fitted, look),
            Self::Plain | Self::Half | Self::Quarter | Self::Frames => plain::read(&fitted, look),
        });
        (guarded(read).unwrap_or_default(), factor)
    }

    /// The picture as large as this stage looks at it, and how many pixels of the original one of its pixels is wide.
    fn fit(self, luma: &Luma) -> (Cow<'_, Luma>, u32) {
        let longest = match self {
            Self::Plain => PLAIN_SIDE,
            Self::FullSize => u32::MAX,
            Self::Half => luma.width.max(luma.height).div_ceil(2),
            Self::Quarter => luma.width.max(luma.height).div_ceil(4),
            Self::Third | Self::ThirdGrey => luma.width.max(luma.height).div_ceil(3),
            Self::CoarseThreshold | Self::CoarseGrey => COARSE_SIDE,
            Self::Grey => 1600,
            Self::FineGrey => 3200,
            _ => 1280,
        };
        // A strip keeps at least one row.
        let factor = luma.width.max(luma.height).div_ceil(longest).min(luma.width.min(luma.height));
        let fitted = if factor > 1 { Cow::Owned(prepare::shrink(luma, factor)) } else { Cow::Borrowed(luma) };
        (fitted, factor)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain",
            Self::Half => "half",
            Self::Quarter => "quarter",
            Self::Third => "third",
            Self::ThirdGrey => "third grey",
            Self::FullSize => "full size",
            Self::CoarseThreshold => "coarse threshold",
            Self::Blur => "blur",
            Self::GlobalThreshold => "global threshold",
            Self::FineThreshold => "fine threshold",
            Self::Sharpen => "sharpen",
            Self::CoarseGrey => "coarse grey",
            Self::Grey => "grey",
            Self::FineGrey => "fine grey",
            Self::Frames => "frames",
        })
    }
}

//! The order in which a picture is tried: as it is, then prepared in five ways, cheapest gain first.

use std::borrow::Cow;
use std::fmt;

use crate::qr::Luma;
use crate::qr::scan::prepare;

/// What was done to a picture before it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Nothing, but shrunk if the longer side exceeds 2000 pixels.
    Plain,
    /// Shrunk to 800 pixels, threshold at the mean of 31 x 31 pixels.
    CoarseThreshold,
    /// At most 1280 pixels, blurred.
    Blur,
    /// At most 1280 pixels, one threshold for all.
    GlobalThreshold,
    /// At most 1280 pixels, threshold at the mean of 21 x 21 pixels.
    FineThreshold,
    /// At most 1280 pixels, sharpened.
    Sharpen,
}

/// All stages, in their order.
pub(super) const LADDER: [Stage; 6] =
    [Stage::Plain, Stage::CoarseThreshold, Stage::Blur, Stage::GlobalThreshold, Stage::FineThreshold, Stage::Sharpen];

impl Stage {
    /// Gives the prepared picture and how many pixels of the original one of its pixels is wide.
    pub(super) fn prepare(self, luma: &Luma) -> (Cow<'_, Luma>, u32) {
        let longest = match self {
            Self::Plain => 2000,
            Self::CoarseThreshold => 800,
            _ => 1280,
        };
        // A strip keeps at least one row.
        let factor = luma.width.max(luma.height).div_ceil(longest).min(luma.width.min(luma.height));
        let fitted = if factor > 1 { Cow::Owned(prepare::shrink(luma, factor)) } else { Cow::Borrowed(luma) };
        let prepared = match self {
            Self::Plain => fitted,
            Self::CoarseThreshold => Cow::Owned(prepare::threshold_locally(&fitted, 31)),
            Self::Blur => Cow::Owned(prepare::blur(&fitted)),
            Self::GlobalThreshold => Cow::Owned(prepare::threshold_globally(&fitted)),
            Self::FineThreshold => Cow::Owned(prepare::threshold_locally(&fitted, 21)),
            Self::Sharpen => Cow::Owned(prepare::sharpen(&fitted)),
        };
        (prepared, factor)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain",
            Self::CoarseThreshold => "coarse threshold",
            Self::Blur => "blur",
            Self::GlobalThreshold => "global threshold",
            Self::FineThreshold => "fine threshold",
            Self::Sharpen => "sharpen",
        })
    }
}

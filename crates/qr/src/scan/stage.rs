//! The stages of a scan by name.

/// The preparation of a picture before it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Nothing, but shrunk if the longer side exceeds 2000 pixels.
    Plain,
    /// Shrunk to 800 pixels, threshold at the mean of 31 x 31 pixels.
    CoarseThreshold,
    /// Shrunk to a half, up to 1600 pixels: large modules that have gaps, lines or pictures in them.
    Half,
    /// Shrunk to a quarter, up to 1600 pixels.
    Quarter,
    /// Shrunk to a third, up to 1200 pixels, threshold at the mean of 31 x 31 pixels: large modules with bright spots in them.
    Third,
    /// Nothing, if [`Stage::Plain`] had to shrink it.
    FullSize,
    /// At most 1280 pixels, blurred.
    Blur,
    /// At most 1280 pixels, one threshold for all.
    GlobalThreshold,
    /// At most 1280 pixels, threshold at the mean of 21 x 21 pixels.
    FineThreshold,
    /// At most 1280 pixels, sharpened.
    Sharpen,
    /// At most 800 pixels, read by grey levels.
    CoarseGrey,
    /// Shrunk to a third, up to 1200 pixels, read by grey levels.
    ThirdGrey,
    /// At most 1600 pixels, read by grey levels.
    Grey,
    /// At most 3200 pixels, read by grey levels, with more patience.
    FineGrey,
    /// The grey levels of several frames taken together.
    Frames,
}

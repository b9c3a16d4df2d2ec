//! `camtoken distort`: camera-like pictures from a seed, for tests.

use std::path::{Path, PathBuf};

use base16ct::lower;
use camtoken::qr::Distortion;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::picture::write;
use crate::source::{Content, Source};
use crate::terminal;
use crate::text::Text;

#[derive(clap::Args)]
pub struct Args {
    #[arg(value_name = "IMAGE|-")]
    image: PathBuf,
    #[arg(long, short, value_name = "FILE.png|-")]
    output: PathBuf,
    #[arg(long, value_name = "ROWS", default_value = "0", hide_default_value = true, value_parser = clap::value_parser!(u32).range(..=64))]
    half_blocks: u32,
    #[arg(long, value_name = "PX", default_value = "16", hide_default_value = true, value_parser = clap::value_parser!(u32).range(1..=1024))]
    line: u32,
    #[arg(long, value_name = "0..1", default_value = "0", hide_default_value = true, value_parser = share)]
    fade: f64,
    #[arg(long, value_name = "DEGREES", default_value = "0", hide_default_value = true, value_parser = degrees)]
    tilt: f64,
    #[arg(long, value_name = "0..1", default_value = "0", hide_default_value = true, value_parser = share)]
    uneven: f64,
    #[arg(long, value_name = "0..1", default_value = "0", hide_default_value = true, value_parser = share)]
    glare: f64,
    #[arg(long, value_name = "PX", default_value = "0", hide_default_value = true, value_parser = sigma)]
    blur: f64,
    #[arg(long, value_name = "PX", default_value = "0", hide_default_value = true, value_parser = way)]
    motion: f64,
    #[arg(long, value_name = "0..1", default_value = "0", hide_default_value = true, value_parser = share)]
    moire: f64,
    #[arg(long, value_name = "0..1", default_value = "0", hide_default_value = true, value_parser = share)]
    low_light: f64,
    #[arg(long, value_name = "LEVELS", default_value = "0", hide_default_value = true, value_parser = levels)]
    noise: f64,
    #[arg(long, value_name = "0..99", default_value = "0", hide_default_value = true, value_parser = clap::value_parser!(u32).range(..=99))]
    jpeg: u32,
    #[arg(long, value_name = "N", default_value = "0", hide_default_value = true)]
    seed: u64,
}

/// A picture that was made.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The picture that it was made from
    file: String,
    /// The picture that was written; none for standard output
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    /// Columns
    width: u32,
    /// Rows
    height: u32,
    /// What chance there was came from here
    seed: u64,
    /// SHA-256 of the grey pixels, row by row: the same on every machine
    pixels: String,
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let out = &context.out;
    let to_stdout = args.output == Path::new("-");
    let usage = "--output FILE.png|-";
    if to_stdout && out.is_for_a_program() {
        let why = "--output - and --json both write to standard output";
        return Err(Failure::new(Code::CommandLine).because(why).with("usage", usage));
    }
    let extension = args.output.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if !to_stdout && !extension.eq_ignore_ascii_case("png") {
        let why = format!("{}: not .png", args.output.display());
        return Err(Failure::new(Code::CommandLine).because(why).with("usage", usage));
    }
    let source = Source::named(&args.image);
    let Content::Picture(picture) = source.content()? else {
        let why = format!("{}: the text of a code, not a picture", source.name());
        return Err(Failure::new(Code::Picture).because(why));
    };
    let luma = picture.first()?;
    let distortion = Distortion {
        half_blocks: args.half_blocks,
        line_px: args.line,
        fade: args.fade,
        tilt: args.tilt,
        uneven: args.uneven,
        glare: args.glare,
        blur: args.blur,
        motion: args.motion,
        moire: args.moire,
        low_light: args.low_light,
        noise: args.noise,
        jpeg: args.jpeg,
        seed: args.seed,
    };
    let made = distortion.apply(&luma);
    let png = made.to_png();
    if to_stdout {
        out.bytes(&png)?;
        return Ok(Exit::Done);
    }
    write(&args.output, &png)?;
    let digest = Sha256::digest(made.pixels());
    out.report(&Report {
        file: source.name(),
        output: Some(args.output.display().to_string()),
        width: made.width(),
        height: made.height(),
        seed: args.seed,
        pixels: lower::encode_string(&digest),
    })?;
    Ok(Exit::Done)
}

impl Document for Report {
    const SCHEMA: &'static str = "camtoken/distort/1";

    fn human(&self, text: &Text) -> String {
        let (width, height) = (self.width.to_string(), self.height.to_string());
        let file = terminal::clean(self.output.as_deref().unwrap_or("-"));
        let values: [(&str, &str); 3] = [("file", &file), ("width", &width), ("height", &height)];
        format!("{}\n", text.with("distort-written", &values))
    }

    fn bare(&self) -> String {
        format!("{}\n", self.pixels)
    }
}

fn number(text: &str, most: f64) -> Result<f64, String> {
    let known = text.parse().ok().filter(|v| (0.0..=most).contains(v));
    known.ok_or_else(|| format!("expected 0..{most}"))
}

fn share(text: &str) -> Result<f64, String> {
    number(text, 1.0)
}

fn degrees(text: &str) -> Result<f64, String> {
    number(text, 75.0)
}

fn sigma(text: &str) -> Result<f64, String> {
    number(text, 50.0)
}

fn way(text: &str) -> Result<f64, String> {
    number(text, 200.0)
}

fn levels(text: &str) -> Result<f64, String> {
    number(text, 128.0)
}

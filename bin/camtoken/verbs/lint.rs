//! `camtoken lint`: whether a camera would read this code, and what to change in the page.

use std::path::{Path, PathBuf};

use camtoken::qr::{FileScan, Grade, QualityOptions};
use camtoken_documents::{Lint, LintOptions, Measured};

use crate::config::Budget;
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::picture::write;
use crate::source::{Content, Source, within};
use crate::terminal;
use crate::text::Text;
use crate::value::{BadValue, Value, value};

#[derive(clap::Args)]
pub struct Args {
    #[arg(value_name = "IMAGE|-")]
    image: PathBuf,
    #[arg(long, value_name = Limit::EXPECTED, default_value = "B", hide_default_value = true, value_parser = value::<Limit>)]
    min_grade: Limit,
    #[arg(long, value_name = "FILE.png|FILE.svg")]
    overlay: Option<PathBuf>,
    #[arg(long, value_name = Ratio::EXPECTED, default_value = "1", hide_default_value = true, value_parser = value::<Ratio>)]
    dpr: Ratio,
    #[arg(long, value_name = Budget::EXPECTED, value_parser = value::<Budget>)]
    budget: Option<Budget>,
}

/// The grade below which there are findings.
#[derive(Debug, Clone, Copy)]
struct Limit(Grade);

impl Value for Limit {
    const EXPECTED: &'static str = "A|B|C|D|F";

    fn read(text: &str) -> Result<Self, BadValue> {
        text.parse().map(Self).map_err(|_| BadValue)
    }

    fn json(&self) -> serde_json::Value {
        self.0.as_str().into()
    }
}

/// Pixels of the picture for one CSS pixel.
#[derive(Debug, Clone, Copy)]
struct Ratio(f64);

impl Value for Ratio {
    const EXPECTED: &'static str = "0.25..8";

    fn read(text: &str) -> Result<Self, BadValue> {
        text.parse().ok().filter(|ratio| (0.25..=8.0).contains(ratio)).map(Self).ok_or(BadValue)
    }

    fn json(&self) -> serde_json::Value {
        self.0.into()
    }
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    if let Some(path) = args.overlay.as_deref().filter(|path| !is_svg(path) && !has_extension(path, "png")) {
        let why = format!("{}: neither .png nor .svg", path.display());
        return Err(Failure::new(Code::CommandLine).because(why).with("usage", "--overlay FILE.png|FILE.svg"));
    }
    let source = Source::named(&args.image);
    let options = within(args.budget);
    let Content::Picture(picture) = source.content()? else {
        let why = format!("{}: the text of a code, not a picture", source.name());
        return Err(Failure::new(Code::Picture).because(why));
    };
    let FileScan { luma, scan: seen, .. } = picture.look(&options)?;
    let language = context.out.text.language;
    let quality = QualityOptions { device_pixel_ratio: args.dpr.0 };
    let options = LintOptions { min_grade: args.min_grade.0, quality, language };
    let (mut report, overlay) = Lint::of(&luma, &seen, &options);
    report.file = source.name();
    if let Some(refusal) = report.code {
        let code = Code::find(refusal).expect("the table has T01 to T14 (tested)");
        match context.out.is_for_a_program() {
            true => context.out.report(&report)?,
            false => drop(context.out.failure(&failure(&report, code))),
        }
        return Ok(code.exit());
    }
    if let (Some(path), Some(overlay)) = (&args.overlay, overlay) {
        let bytes = match is_svg(path) {
            true => report.svg(&overlay, &luma, language).into_bytes(),
            false => overlay.to_png(&luma),
        };
        write(path, &bytes)?;
        report.overlay = Some(path.display().to_string());
    }
    context.out.report(&report)?;
    Ok(if report.passed { Exit::Done } else { Exit::Findings })
}

/// The message for a person when nothing was read.
fn failure(report: &Lint, code: Code) -> Failure {
    let lines: Vec<_> = report.reasons.iter().map(|found| format!("{}: {}", found.text, found.advice)).collect();
    Failure::new(code).because(format!("{}: {}", report.file, lines.join("\n"))).with("case", "measured")
}

impl Document for Lint {
    const SCHEMA: &'static str = "camtoken/lint/1";

    fn human(&self, text: &Text) -> String {
        let row = |found: &Measured| {
            let (label, shown) = (found.label(text.language), found.shown(text.language));
            [found.grade.to_owned(), label.to_owned(), shown]
        };
        let rows: Vec<[String; 3]> = self.measures.iter().map(row).collect();
        let mut page = terminal::columns(&rows);
        let advice = self.advice();
        if !advice.is_empty() {
            page.push('\n');
            for line in advice {
                page += &format!("- {line}\n");
            }
        }
        if let Some(opinion) = &self.second_opinion {
            page += &format!("\n{}\n", opinion.text);
        }
        // A good grade does not make up for a second code.
        let verdict = match self.findings.first() {
            Some(found) => text.with("lint-found", &[("finding", found.text.as_str())]),
            None if self.passed => text.with("lint-passed", &[("grade", self.grade), ("min", self.min_grade)]),
            None => text.with("lint-failed", &[("grade", self.grade), ("min", self.min_grade)]),
        };
        page + &format!("\n{verdict}\n")
    }

    fn bare(&self) -> String {
        format!("{}\n", self.grade)
    }
}

fn is_svg(path: &Path) -> bool {
    has_extension(path, "svg")
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().and_then(|extension| extension.to_str()).is_some_and(|found| found.eq_ignore_ascii_case(wanted))
}

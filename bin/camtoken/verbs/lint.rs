//! `camtoken lint`: would a camera read this code, and what to change in the page.

use std::path::{Path, PathBuf};

use camtoken::qr::{
    Advice, Diagnosis, Edge, Grade, Luma, Measure, Quality, QualityOptions, Reason, Scan, ScanOptions, Symbol,
    diagnose, quality, scan,
};
use camtoken::token::Refusal;
use schemars::JsonSchema;
use serde::Serialize;

use super::Context;
use super::inspect::Drawn;
use super::scan::refusal_of;
use crate::cli::value;
use crate::config::{BadValue, Value};
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::output::Document;
use crate::picture::write;
use crate::source::{Content, Source};
use crate::terminal;
use crate::text::Text;

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

/// What a camera would say of a picture.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The picture, as it was named
    file: String,
    /// A, B, C, D or F: the lowest of the measures' grades; F when nothing was read
    grade: &'static str,
    /// The grade that was asked for
    min_grade: &'static str,
    /// Whether the grade is as good as that
    passed: bool,
    /// T01 or T02 when nothing was read
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// Why nothing was read, the likeliest first
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<Finding>,
    /// What was measured
    #[serde(skip_serializing_if = "Vec::is_empty")]
    measures: Vec<Measured>,
    /// Codewords that error correction repaired
    #[serde(skip_serializing_if = "Option::is_none")]
    corrected: Option<u32>,
    /// How many the block with the least reserve bears
    #[serde(skip_serializing_if = "Option::is_none")]
    correctable: Option<u32>,
    /// Pixels of the picture for one module, if that is known
    #[serde(skip_serializing_if = "Option::is_none")]
    px_per_module: Option<f64>,
    /// The symbol in the picture
    #[serde(skip_serializing_if = "Option::is_none")]
    symbol: Option<Drawn>,
    /// The overlay that was written
    #[serde(skip_serializing_if = "Option::is_none")]
    overlay: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Measured {
    /// A stable name
    name: &'static str,
    /// How much
    value: f64,
    /// Of what: %, modules, px (CSS pixels for one module), or empty
    unit: &'static str,
    /// A, B, C, D or F
    grade: &'static str,
    /// What to change, in the chosen language
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Finding {
    /// A stable name
    reason: &'static str,
    /// What was measured, in the chosen language
    text: String,
    /// What to change, in the chosen language
    advice: String,
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    if let Some(path) = args.overlay.as_deref().filter(|path| !is_svg(path) && !has_extension(path, "png")) {
        let why = format!("{}: neither .png nor .svg", path.display());
        return Err(Failure::new(Code::CommandLine).because(why).with("usage", "--overlay FILE.png|FILE.svg"));
    }
    let source = Source::named(&args.image);
    let Content::Picture(luma) = source.content()? else {
        let why = format!("{}: the text of a code, not a picture", source.name());
        return Err(Failure::new(Code::Picture).because(why));
    };
    let text = &context.out.text;
    let seen = scan(&luma, &ScanOptions::default());
    let mut report = Report::new(source.name(), args.min_grade.0);
    let Scan::Read(symbols) = &seen else {
        let refusal = refusal_of(&seen);
        report.refuse(&diagnose(&luma, &seen), refusal, text);
        let code = Code::find(refusal.code()).expect("the table has T01 to T14 (tested)");
        match context.out.is_for_a_program() {
            true => context.out.report(&report)?,
            false => drop(context.out.failure(&report.failure(code))),
        }
        return Ok(code.exit());
    };
    let symbol = &symbols[0];
    let found = quality(&luma, symbol, &QualityOptions { device_pixel_ratio: args.dpr.0 });
    report.fill(&found, symbol, text);
    if let Some(path) = &args.overlay {
        overlay(path, &luma, &found, &report, text)?;
        report.overlay = Some(path.display().to_string());
    }
    context.out.report(&report)?;
    Ok(if report.passed { Exit::Done } else { Exit::Findings })
}

impl Report {
    fn new(file: String, min: Grade) -> Self {
        Self {
            file,
            grade: Grade::F.as_str(),
            min_grade: min.as_str(),
            passed: false,
            code: None,
            reasons: Vec::new(),
            measures: Vec::new(),
            corrected: None,
            correctable: None,
            px_per_module: None,
            symbol: None,
            overlay: None,
        }
    }

    fn fill(&mut self, found: &Quality, symbol: &Symbol, text: &Text) {
        self.grade = found.grade.as_str();
        self.passed = self.min_grade.parse().is_ok_and(|min: Grade| found.grade >= min);
        self.measures = found.measures.iter().map(|measure| Measured::of(measure, text)).collect();
        (self.corrected, self.correctable) = (found.corrected, found.correctable);
        self.px_per_module = Some(rounded(f64::from(symbol.module_px)));
        self.symbol = Some(Drawn::of(symbol));
    }

    fn refuse(&mut self, diagnosis: &Diagnosis, refusal: Refusal, text: &Text) {
        self.code = Some(refusal.code());
        self.px_per_module = diagnosis.module_px.map(rounded);
        self.reasons = diagnosis.reasons.iter().map(|reason| Finding::of(reason, text)).collect();
    }

    /// What a person is told when nothing was read.
    fn failure(&self, code: Code) -> Failure {
        let lines: Vec<_> = self.reasons.iter().map(|found| format!("{}: {}", found.text, found.advice)).collect();
        Failure::new(code).because(format!("{}: {}", self.file, lines.join("\n")))
    }
}

impl Measured {
    fn of(measure: &Measure, text: &Text) -> Self {
        Self {
            name: measure.kind.as_str(),
            value: if measure.kind.unit() == "modules" { hundredths(measure.value) } else { rounded(measure.value) },
            unit: measure.kind.unit(),
            grade: measure.grade.as_str(),
            advice: measure.advice.as_ref().map(|advice| advise(advice, text)),
        }
    }

    /// The value with its unit, for a person.
    fn shown(&self, text: &Text) -> String {
        match self.name {
            "polarity" if self.value > 0.0 => text.get("lint-dark-on-light"),
            "polarity" => text.get("lint-light-on-dark"),
            _ => text.with(
                &format!("unit-{}", if self.unit == "%" { "percent" } else { self.unit }),
                &[("value", &self.value.to_string())],
            ),
        }
    }
}

impl Document for Report {
    const SCHEMA: &'static str = "camtoken/lint/1";

    fn human(&self, text: &Text) -> String {
        let rows: Vec<[String; 3]> = self
            .measures
            .iter()
            .map(|found| [found.grade.to_owned(), text.get(&name_key(found.name)), found.shown(text)])
            .collect();
        let mut page = terminal::columns(&rows);
        let advice: Vec<&str> = self.measures.iter().filter_map(|found| found.advice.as_deref()).collect();
        if !advice.is_empty() {
            page.push('\n');
            // Modulation and margin often say the same.
            let mut told: Vec<&str> = Vec::new();
            for line in advice {
                if !told.contains(&line) {
                    page += &format!("- {line}\n");
                    told.push(line);
                }
            }
        }
        let verdict = if self.passed { "lint-passed" } else { "lint-failed" };
        let (grade, min) = (self.grade.to_owned(), self.min_grade.to_owned());
        page + &format!("\n{}\n", text.with(verdict, &[("grade", &grade), ("min", &min)]))
    }

    fn bare(&self) -> String {
        format!("{}\n", self.grade)
    }
}

/// The text of a measure: `measure-quiet-zone` for `quietZone`.
fn name_key(name: &str) -> String {
    format!("measure-{}", kebab(name))
}

fn kebab(name: &str) -> String {
    let parts =
        name.chars().map(|c| if c.is_ascii_uppercase() { format!("-{}", c.to_ascii_lowercase()) } else { c.into() });
    parts.collect()
}

fn advise(advice: &Advice, text: &Text) -> String {
    let with = |key: &str, values: &[(&str, &u32)]| {
        let values: Vec<(&str, String)> = values.iter().map(|(name, value)| (*name, value.to_string())).collect();
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        text.with(key, &values)
    };
    match *advice {
        Advice::Padding { css_px } => with("advice-padding", &[("px", &css_px)]),
        Advice::Enlarge { css_px } => with("advice-enlarge", &[("px", &css_px)]),
        Advice::WholePixels { css_px } => with("advice-whole-pixels", &[("px", &css_px)]),
        Advice::Contrast { percent } => with("advice-contrast", &[("percent", &percent)]),
        Advice::Sharpen { percent } => with("advice-sharpen", &[("percent", &percent)]),
        Advice::EvenLight { codewords } => with("advice-even-light", &[("codewords", &codewords)]),
        Advice::Uncover { modules } => with("advice-uncover", &[("modules", &modules)]),
        Advice::Repair { codewords, capacity } => {
            with("advice-repair", &[("codewords", &codewords), ("capacity", &capacity)])
        }
        Advice::Straighten { percent } => with("advice-straighten", &[("percent", &percent)]),
        Advice::DarkOnLight => text.get("advice-dark-on-light"),
        _ => text.get("advice-flatten"),
    }
}

impl Finding {
    fn of(reason: &Reason, text: &Text) -> Self {
        let number = |v: f64| rounded(v).to_string();
        let say = |name: &'static str, values: &[(&str, &str)]| {
            let name_of = kebab(name);
            let text_of = text.with(&format!("reason-{name_of}"), values);
            Self { reason: name, text: text_of, advice: text.get(&format!("remedy-{name_of}")) }
        };
        match *reason {
            Reason::Blank { percent } => say("blank", &[("percent", &number(percent))]),
            Reason::LowContrast { percent } => say("lowContrast", &[("percent", &number(percent))]),
            Reason::TooSmall { module_px } => say("tooSmall", &[("px", &number(module_px))]),
            Reason::CutOff { edge } => {
                let edge = match edge {
                    Edge::Top => text.get("edge-top"),
                    Edge::Right => text.get("edge-right"),
                    Edge::Bottom => text.get("edge-bottom"),
                    Edge::Left => text.get("edge-left"),
                };
                say("cutOff", &[("edge", &edge)])
            }
            Reason::Noisy { percent } => say("noisy", &[("percent", &number(percent))]),
            Reason::NoQuietZone { modules } => say("noQuietZone", &[("modules", &number(modules))]),
            Reason::Blurred { px, modules: Some(modules) } => {
                say("blurredModules", &[("px", &number(px)), ("modules", &number(modules))])
            }
            Reason::Blurred { px, modules: None } => say("blurred", &[("px", &number(px))]),
            Reason::Damaged => say("damaged", &[]),
            _ => say("noFinder", &[]),
        }
    }
}

fn overlay(path: &Path, luma: &Luma, found: &Quality, report: &Report, text: &Text) -> Result<(), Failure> {
    let bytes = match is_svg(path) {
        true => {
            let title = text.with("lint-title", &[("grade", report.grade)]);
            let line = |found: &Measured| {
                let advice = found.advice.as_deref().map(|advice| format!(": {advice}")).unwrap_or_default();
                format!("{}  {}  {}{advice}", found.grade, text.get(&name_key(found.name)), found.shown(text))
            };
            let lines: Vec<String> = std::iter::once(title.clone()).chain(report.measures.iter().map(line)).collect();
            found.overlay.to_svg(luma, &title, &lines).into_bytes()
        }
        false => found.overlay.to_png(luma),
    };
    write(path, &bytes)
}

fn is_svg(path: &Path) -> bool {
    has_extension(path, "svg")
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().and_then(|extension| extension.to_str()).is_some_and(|found| found.eq_ignore_ascii_case(wanted))
}

fn rounded(v: f64) -> f64 {
    (v * 10.0).round() / 10.0
}

fn hundredths(v: f64) -> f64 {
    (v * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use camtoken::Language;
    use camtoken::qr::MeasureKind;

    use super::*;

    #[test]
    fn every_measure_reason_and_advice_has_its_text() {
        use MeasureKind as Kind;
        for language in [Language::En, Language::Ja] {
            let text = Text::new(language);
            for kind in [
                Kind::Contrast,
                Kind::Modulation,
                Kind::ReflectanceMargin,
                Kind::FixedPatternDamage,
                Kind::UnusedErrorCorrection,
                Kind::QuietZone,
                Kind::ModuleSize,
                Kind::AxialNonuniformity,
                Kind::GridNonuniformity,
                Kind::Polarity,
            ] {
                assert!(text.find(&name_key(kind.as_str()), &[]).is_some(), "{kind:?}");
            }
            for reason in [
                Reason::Blank { percent: 1.0 },
                Reason::LowContrast { percent: 1.0 },
                Reason::TooSmall { module_px: 1.0 },
                Reason::CutOff { edge: Edge::Left },
                Reason::NoQuietZone { modules: 0.5 },
                Reason::Blurred { px: 3.0, modules: None },
                Reason::Blurred { px: 3.0, modules: Some(1.0) },
                Reason::Noisy { percent: 30.0 },
                Reason::Damaged,
                Reason::NoFinder,
            ] {
                let found = Finding::of(&reason, &text);
                assert!(!found.text.starts_with("reason-") && !found.advice.starts_with("remedy-"), "{}", found.reason);
            }
        }
    }
}

//! A picture of a code, graded: the document that the command line and the service both give.

use std::collections::BTreeSet;
use std::fmt::Write;

use camtoken::code;
use camtoken::language::Language;
use camtoken::qr::{
    Advice, Diagnosis, Effort, Grade, Luma, Measure, MeasureKind, OtherSymbol, Overlay, QualityOptions, Reason, Scan,
    ScanOptions, SecondOpinion, Symbol, diagnose, quality, scan, scan_other, second_opinion,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::words::{self, AdviceWords, MeasureWords, OpinionWords, ReasonWords};

/// What a camera would say of a picture.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Lint {
    /// The picture, as it was named
    pub file: String,
    /// A, B, C, D or F: the lowest of the measures' grades; F when nothing was read
    pub grade: &'static str,
    /// The grade that was asked for
    pub min_grade: &'static str,
    /// Whether the grade is as good as that, and there is one code alone
    pub passed: bool,
    /// How many different codes for a token were seen; the same one twice counts once
    pub codes: usize,
    /// T01 or T02 when nothing was read
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// Why nothing was read, the likeliest first
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Finding>,
    /// What is wrong with a picture that was read, beside what was measured
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// What was seen of a symbol that was not read
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sighted: Option<Sighted>,
    /// What was measured
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<Measured>,
    /// Codewords that error correction repaired
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected: Option<u32>,
    /// How many the block with the least reserve bears
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correctable: Option<u32>,
    /// Whether a simple decoder, too, reads the symbol; the grade leaves it out
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_opinion: Option<Opinion>,
    /// Pixels of the picture for one module, if that is known
    #[serde(skip_serializing_if = "Option::is_none")]
    pub px_per_module: Option<f64>,
    /// The symbol in the picture
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol: Option<Drawn>,
    /// The overlay: the file that was written, or the SVG itself
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlay: Option<String>,
}

/// One measure, graded.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Measured {
    /// A stable name
    pub name: &'static str,
    /// How much
    pub value: f64,
    /// Of what: %, modules, px (CSS pixels for one module), or empty
    pub unit: &'static str,
    /// A, B, C, D or F
    pub grade: &'static str,
    /// What to change, in the chosen language
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    #[serde(skip)]
    #[schemars(skip)]
    kind: MeasureKind,
}

/// What a simple decoder makes of the modules, each dark or light by one threshold for the whole symbol.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Opinion {
    /// A stable name: agrees, differs, damaged, inverted or unsupported
    pub verdict: &'static str,
    /// The same as a sentence, in the chosen language
    pub text: &'static str,
}

/// Why nothing was read, or what is wrong with what was.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// A stable name
    pub reason: &'static str,
    /// What was measured, in the chosen language
    pub text: String,
    /// What to change, in the chosen language
    pub advice: String,
}

/// Parts of a symbol that was not read.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Sighted {
    /// Finder patterns, the squares in three corners of a symbol: the centres in pixels
    pub finders: Vec<(f32, f32)>,
    /// The outer corners that three of them span, in pixels, one after the other
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corners: Option<[(f32, f32); 4]>,
}

/// A symbol, measured.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Drawn {
    /// 1 to 40
    pub version: u8,
    /// How much may be damaged: L, M, Q or H
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Modules on a side
    pub modules: u32,
    /// Pixels of the picture for one module
    pub px_per_module: f32,
    /// The outer corners in pixels: top left, top right, bottom right, bottom left as printed
    pub corners: [(f32, f32); 4],
    /// Light on dark
    pub inverted: bool,
    /// Seen in a mirror
    pub mirrored: bool,
    /// Which part of a larger text it is (structured append); none of a whole one
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
}

/// A symbol's place among several that make one text (ISO/IEC 18004, 8).
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Part {
    /// From 1
    pub number: u8,
    /// How many there are
    pub count: u8,
    /// The same in all of them: the sum of the whole text's bytes
    pub parity: u8,
}

/// How a picture is to be graded.
#[derive(Clone, Copy, Debug)]
pub struct LintOptions {
    /// The grade that is good enough.
    pub min_grade: Grade,
    /// How the picture came about.
    pub quality: QualityOptions,
    /// What the texts are in.
    pub language: Language,
}

impl Default for LintOptions {
    fn default() -> Self {
        Self { min_grade: Grade::B, quality: QualityOptions::default(), language: Language::default() }
    }
}

impl Lint {
    /// Grades the first of the symbols that were read, or says why none was; with what to draw onto the picture.
    #[must_use]
    pub fn of(luma: &Luma, seen: &Scan, options: &LintOptions) -> (Self, Option<Overlay>) {
        let mut report = Self {
            file: "-".to_owned(),
            grade: Grade::F.as_str(),
            min_grade: options.min_grade.as_str(),
            passed: false,
            codes: 0,
            code: None,
            reasons: Vec::new(),
            findings: Vec::new(),
            sighted: None,
            measures: Vec::new(),
            corrected: None,
            correctable: None,
            second_opinion: None,
            px_per_module: None,
            symbol: None,
            overlay: None,
        };
        let read = match seen {
            Scan::Read(symbols) => symbols.as_slice(),
            _ => &[],
        };
        let Some(symbol) = read.first() else {
            let found = diagnose(luma, seen);
            report.code = Some(if matches!(seen, Scan::Unreadable { .. }) { "T02" } else { "T01" });
            report.px_per_module = found.module_px.map(tenths);
            report.sighted = Sighted::of(&found);
            let other = scan_other(luma);
            // Of a symbol that was read, and that tokens do not read, nothing else is wrong.
            let measured = if matches!(other, Some(OtherSymbol::Micro(_))) { &[][..] } else { &found.reasons };
            let other = other.map(|other| Finding::other(&other, options.language));
            report.reasons =
                other.into_iter().chain(measured.iter().map(|reason| Finding::of(reason, options.language))).collect();
            return (report, None);
        };
        let found = quality(luma, symbol, &options.quality);
        report.grade = found.grade.as_str();
        report.codes = codes(luma, read);
        report.findings =
            (report.codes > 1).then(|| Finding::several(report.codes, options.language)).into_iter().collect();
        report.passed = found.grade >= options.min_grade && report.findings.is_empty();
        report.measures = found.measures.iter().map(|measure| Measured::of(measure, options.language)).collect();
        (report.corrected, report.correctable) = (found.corrected, found.correctable);
        report.second_opinion = Some(Opinion::of(second_opinion(luma, symbol), options.language));
        report.px_per_module = Some(tenths(f64::from(symbol.module_px)));
        report.symbol = Some(Drawn::of(symbol));
        (report, Some(found.overlay))
    }

    /// What to change: the findings, then the worst measure first, each sentence once, for modulation and margin often say
    /// the same.
    #[must_use]
    pub fn advice(&self) -> Vec<&str> {
        let mut measures: Vec<_> = self.measures.iter().collect();
        measures.sort_by_key(|found| found.grade.parse::<Grade>().ok());
        let mut told: Vec<&str> = self.findings.iter().map(|found| found.advice.as_str()).collect();
        for line in measures.into_iter().filter_map(|found| found.advice.as_deref()) {
            if !told.contains(&line) {
                told.push(line);
            }
        }
        told
    }

    /// The overlay as SVG, with the grade for its title and a line of text for each measure.
    #[must_use]
    pub fn svg(&self, overlay: &Overlay, luma: &Luma, language: Language) -> String {
        let title = match language {
            Language::Ja => format!("二次元コード、グレード {}", self.grade),
            Language::En => format!("2D code, grade {}", self.grade),
        };
        let line = |found: &Measured| {
            let mut line = format!("{}  {}  {}", found.grade, found.label(language), found.shown(language));
            if let Some(advice) = &found.advice {
                let _ = write!(line, ": {advice}");
            }
            line
        };
        let lines: Vec<String> = std::iter::once(title.clone()).chain(self.measures.iter().map(line)).collect();
        overlay.to_svg(luma, &title, &lines)
    }
}

impl Measured {
    fn of(measure: &Measure, language: Language) -> Self {
        let Measure { kind, value, grade, ref advice } = *measure;
        Self {
            name: kind.as_str(),
            value: if kind.unit() == "modules" { (value * 100.0).round() / 100.0 } else { tenths(value) },
            unit: kind.unit(),
            grade: grade.as_str(),
            advice: advice.as_ref().map(|advice: &Advice| advice.text(language)),
            kind,
        }
    }

    /// What was measured, for a person.
    #[must_use]
    pub fn label(&self, language: Language) -> &'static str {
        self.kind.label(language)
    }

    /// The value with its unit, for a person.
    #[must_use]
    pub fn shown(&self, language: Language) -> String {
        self.kind.shown(self.value, language)
    }
}

impl Opinion {
    fn of(opinion: SecondOpinion, language: Language) -> Self {
        Self { verdict: opinion.as_str(), text: opinion.text(language) }
    }
}

impl Finding {
    fn of(reason: &Reason, language: Language) -> Self {
        Self { reason: reason.as_str(), text: reason.text(language), advice: reason.remedy(language).to_owned() }
    }

    fn several(codes: usize, language: Language) -> Self {
        let (text, advice) = words::several(codes, language);
        Self { reason: "severalCodes", text, advice: advice.to_owned() }
    }

    fn other(symbol: &OtherSymbol, language: Language) -> Self {
        let (text, advice) = words::other(symbol, language);
        Self { reason: "otherSymbol", text: text.to_owned(), advice: advice.to_owned() }
    }
}

impl Sighted {
    fn of(found: &Diagnosis) -> Option<Self> {
        let place = |(x, y): (f64, f64)| (tenths(x) as f32, tenths(y) as f32);
        let finders: Vec<_> = found.finders.iter().copied().map(place).collect();
        (!finders.is_empty()).then(|| Self { finders, corners: found.corners.map(|corners| corners.map(place)) })
    }
}

impl Drawn {
    /// Measures a symbol.
    #[must_use]
    pub fn of(symbol: &Symbol) -> Self {
        let round = |value: f32| (value * 10.0).round() / 10.0;
        Self {
            version: symbol.version,
            level: symbol.level.map(|level| format!("{level:?}")),
            modules: 4 * u32::from(symbol.version) + 17,
            px_per_module: round(symbol.module_px),
            corners: symbol.corners.map(|(x, y)| (round(x), round(y))),
            inverted: symbol.inverted,
            mirrored: symbol.mirrored,
            part: symbol.sequence.map(|part| Part { number: part.index + 1, count: part.count, parity: part.parity }),
        }
    }
}

/// How many different codes for a token there are: those that were read, and what a brief look at the whole picture adds.
fn codes(luma: &Luma, read: &[Symbol]) -> usize {
    let beside = match scan(luma, &ScanOptions { all: true, effort: Effort::Frame(0), ..Default::default() }) {
        Scan::Read(symbols) => symbols,
        _ => Vec::new(),
    };
    let texts = read.iter().chain(&beside).filter_map(|symbol| str::from_utf8(&symbol.payload).ok());
    texts.filter(|text| code::is_code(text)).collect::<BTreeSet<_>>().len()
}

fn tenths(v: f64) -> f64 {
    (v * 10.0).round() / 10.0
}

//! `camtoken watch`: the codes before a camera, with a grade and one word of advice, until it ends.

use std::io::{self, IsTerminal};
use std::thread;

use camtoken::qr::{Advice, Grade, QualityOptions, Reason, Scan, Symbol, Watcher, diagnose, quality};
use camtoken_camera::Frame;
use camtoken_documents::Drawn;
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::feed::{A_MOMENT, Feed, FeedArgs, Next};
use crate::refusal::{refusal_of, rounded};
use crate::source::Said;
use crate::terminal;
use crate::text::Text;
use crate::viewfinder::Viewfinder;

/// Frames for which a change has to last before it is reported; another text is reported at once.
const LAST: u32 = 8;
/// Frames between two looks at why nothing is read, which takes longer than reading.
const DIAGNOSE: u64 = 5;

#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("source").args(["camera", "screen"]).required(true))]
pub struct Args {
    #[command(flatten)]
    feed: FeedArgs,
}

/// What is seen from here on.
#[derive(Serialize, JsonSchema, Clone)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Milliseconds since the camera was opened; of a film its own
    at_ms: u64,
    /// Which frame, counted from 1
    frame: u64,
    /// read; unreadable: a code is there; nothing: none is; failed: it ends here, see code
    outcome: Outcome,
    /// What the symbol says, if it is text
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// What the symbol says, in hex, if it is no text
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
    /// A, B, C, D or F, if it was read
    #[serde(skip_serializing_if = "Option::is_none")]
    grade: Option<&'static str>,
    /// What to do with camera or code: good, nearer, farther, aim, brighter, steady, straighten, uncover, reflection, negative
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'static str>,
    /// The advice, or what has failed, in the chosen language
    message: String,
    /// Pixels for one module
    #[serde(skip_serializing_if = "Option::is_none")]
    px_per_module: Option<f32>,
    /// The symbol that was read
    #[serde(skip_serializing_if = "Option::is_none")]
    symbol: Option<Drawn>,
    /// CT-E… when it has failed
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

#[derive(Serialize, JsonSchema, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Read,
    Unreadable,
    Nothing,
    Failed,
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let mut feed = Feed::open(&args.feed, None)?;
    let out = &context.out;
    let view = match out.is_for_a_person() && io::stdout().is_terminal() {
        true => Some(Viewfinder::open(out.is_coloured()).map_err(|error| Failure::new(Code::Write).because(error))?),
        false => None,
    };
    let (mut watcher, mut eye, mut news) = (Watcher::new(false), Eye::default(), News::default());
    let mut exit = Exit::NoCode;
    loop {
        let frame = match feed.next() {
            _ if view.as_ref().is_some_and(Viewfinder::is_stopped) => break,
            Ok(Next::Frame(frame)) => frame,
            Ok(Next::Wait) => continue,
            Ok(Next::Over) => break,
            Err(failure) if out.is_for_a_program() => {
                out.line(&eye.failed(&failure, &feed, &out.text))?;
                return Ok(failure.exit());
            }
            Err(failure) => return Err(failure),
        };
        let seen = watcher.read(&frame.luma);
        let report = eye.look(&frame, &seen, &out.text);
        exit = match seen {
            Scan::Read(_) => Exit::Done,
            _ if exit == Exit::Done => exit,
            _ => Code::find(refusal_of(&seen).code()).map_or(exit, Code::exit),
        };
        let Some(view) = &view else {
            if news.is(&report) && !out.line_goes_on(&report)? {
                return Ok(exit);
            }
            continue;
        };
        let corners = if let Scan::Read(symbols) = &seen { Some(&symbols[0].corners) } else { None };
        let lines = [report.headline(), report.below(&feed, &out.text)];
        view.draw(&frame.luma, corners, &lines).map_err(|error| Failure::new(Code::Write).because(error))?;
        while !feed.live && !feed.is_over() && !view.is_stopped() && feed.elapsed() < frame.at {
            thread::sleep(A_MOMENT.min(frame.at.saturating_sub(feed.elapsed())));
        }
    }
    drop(view);
    if let Some(report) = news.left() {
        out.line(&report)?;
    }
    Ok(exit)
}

/// Reads frames one by one, and caches results that take longer than a frame.
#[derive(Default)]
struct Eye {
    frame: u64,
    at_ms: u64,
    /// The last known reason why nothing was read.
    advice: Option<&'static str>,
}

impl Eye {
    fn look(&mut self, frame: &Frame, seen: &Scan, text: &Text) -> Report {
        self.frame += 1;
        self.at_ms = u64::try_from(frame.at.as_millis()).unwrap_or(u64::MAX);
        if let Scan::Read(symbols) = seen {
            self.advice = None;
            return self.read(frame, &symbols[0], text);
        }
        let (outcome, module_px) = match seen {
            Scan::Unreadable { module_px } => (Outcome::Unreadable, *module_px),
            _ => (Outcome::Nothing, None),
        };
        if self.advice.is_none() || self.frame.is_multiple_of(DIAGNOSE) {
            self.advice = diagnose(&frame.luma, seen).reasons.first().map(remedy);
        }
        let advice = self.advice.unwrap_or("aim");
        Report { px_per_module: module_px.map(rounded), ..self.report(outcome, advice, text) }
    }

    fn read(&self, frame: &Frame, symbol: &Symbol, text: &Text) -> Report {
        let found = quality(&frame.luma, symbol, &QualityOptions::default());
        let worst =
            found.measures.iter().filter(|measure| measure.grade < Grade::B).min_by_key(|measure| measure.grade);
        let advice = worst.and_then(|measure| measure.advice).map_or("good", |advice| word(&advice));
        let (said, bytes) = Said::of(symbol).parts();
        Report {
            text: said,
            bytes,
            grade: Some(found.grade.as_str()),
            px_per_module: Some(rounded(symbol.module_px)),
            symbol: Some(Drawn::of(symbol)),
            ..self.report(Outcome::Read, advice, text)
        }
    }

    fn failed(&self, failure: &Failure, feed: &Feed, text: &Text) -> Report {
        let at_ms = if feed.live { u64::try_from(feed.elapsed().as_millis()).unwrap_or(u64::MAX) } else { self.at_ms };
        Report {
            at_ms,
            outcome: Outcome::Failed,
            advice: None,
            message: text.get(&failure.code().key()),
            code: Some(failure.code().as_str()),
            ..self.report(Outcome::Failed, "aim", text)
        }
    }

    fn report(&self, outcome: Outcome, advice: &'static str, text: &Text) -> Report {
        Report {
            at_ms: self.at_ms,
            frame: self.frame,
            outcome,
            text: None,
            bytes: None,
            grade: None,
            advice: Some(advice),
            message: text.get(&format!("watch-{advice}")),
            px_per_module: None,
            symbol: None,
            code: None,
        }
    }
}

/// The word for the worst measure of a symbol that was read.
fn word(advice: &Advice) -> &'static str {
    match advice {
        Advice::Enlarge { .. } | Advice::WholePixels { .. } => "nearer",
        Advice::Padding { .. } => "farther",
        Advice::Contrast { .. } => "brighter",
        Advice::Sharpen { .. } => "steady",
        Advice::EvenLight { .. } => "reflection",
        Advice::Straighten { .. } | Advice::Flatten => "straighten",
        Advice::DarkOnLight => "negative",
        _ => "uncover",
    }
}

/// The word for why nothing was read.
fn remedy(reason: &Reason) -> &'static str {
    match reason {
        Reason::LowContrast { .. } | Reason::Noisy { .. } => "brighter",
        Reason::TooSmall { .. } => "nearer",
        Reason::CutOff { .. } | Reason::NoQuietZone { .. } => "farther",
        Reason::Blurred { .. } => "steady",
        Reason::Damaged => "uncover",
        _ => "aim",
    }
}

/// The last report, and the next one.
#[derive(Default)]
struct News {
    told: Option<Report>,
    pending: Option<(Report, u32)>,
}

impl News {
    /// Whether a report has to be printed.
    fn is(&mut self, report: &Report) -> bool {
        if self.told.as_ref().is_some_and(|told| told.is_like(report)) {
            self.pending = None;
            return false;
        }
        let others = |told: &Report| (&told.text, &told.bytes) != (&report.text, &report.bytes);
        let at_once = report.outcome == Outcome::Read && self.told.as_ref().is_none_or(others);
        let frames = self.pending.as_ref().map_or(1, |(_, frames)| frames + 1);
        if at_once || frames == LAST {
            (self.told, self.pending) = (Some(report.clone()), None);
            return true;
        }
        self.pending = Some((report.clone(), frames));
        false
    }

    /// The last state, which had not lasted long enough to be reported.
    fn left(self) -> Option<Report> {
        self.pending.map(|(report, _)| report)
    }
}

impl Report {
    fn is_like(&self, other: &Self) -> bool {
        let key = |report: &Self| (report.outcome, report.grade, report.advice);
        key(self) == key(other) && (&self.text, &self.bytes) == (&other.text, &other.bytes)
    }

    fn said(&self) -> &str {
        self.text.as_deref().or(self.bytes.as_deref()).unwrap_or_default()
    }

    /// Grade, advice, text.
    fn headline(&self) -> String {
        let parts = [self.grade.unwrap_or("-"), &self.message, self.said()];
        parts.join("  ").trim_end().to_owned()
    }

    /// Where it comes from, for the viewfinder.
    fn below(&self, feed: &Feed, text: &Text) -> String {
        let rate = self.frame as f64 / feed.elapsed().as_secs_f64().max(0.001);
        let px = self.px_per_module.map_or_else(|| "-".to_owned(), |px| px.to_string());
        text.with("watch-below", &[("source", &feed.name), ("rate", &format!("{rate:.0}")), ("px", &px)])
    }
}

impl Document for Report {
    const SCHEMA: &'static str = "camtoken/watch/1";

    fn human(&self, _text: &Text) -> String {
        format!("{:>8.3}  {}\n", self.at_ms as f64 / 1000.0, terminal::clean(&self.headline()))
    }

    fn bare(&self) -> String {
        if self.outcome == Outcome::Read { terminal::clean(self.said()) + "\n" } else { String::new() }
    }
}

#[cfg(test)]
mod tests {
    use camtoken::language::Language;

    use super::*;

    fn report(outcome: Outcome, said: Option<&str>, grade: Option<&'static str>) -> Report {
        let advice = if outcome == Outcome::Read { "good" } else { "aim" };
        Report {
            text: said.map(str::to_owned),
            grade,
            ..Eye::default().report(outcome, advice, &Text::new(Language::En))
        }
    }

    #[test]
    fn another_text_is_told_at_once_and_a_flicker_never() {
        let (a, b) = (report(Outcome::Read, Some("A"), Some("A")), report(Outcome::Read, Some("B"), Some("A")));
        let nothing = report(Outcome::Nothing, None, None);
        let mut news = News::default();
        assert!(news.is(&a));
        for _ in 0..20 {
            assert!(!news.is(&nothing) && !news.is(&a), "a frame between that was not read");
        }
        assert!(news.is(&b) && !news.is(&b) && news.is(&a));
        let told: Vec<bool> = (0..LAST).map(|_| news.is(&nothing)).collect();
        assert_eq!(told.iter().position(|told| *told), Some(LAST as usize - 1));
        assert!(news.is(&a), "it is back");
        assert!(!news.is(&nothing));
        assert_eq!(news.left().map(|report| report.outcome), Some(Outcome::Nothing));
    }

    #[test]
    fn a_grade_is_told_when_it_lasts() {
        let (good, poor) = (report(Outcome::Read, Some("A"), Some("A")), report(Outcome::Read, Some("A"), Some("D")));
        let mut news = News::default();
        assert!(news.is(&good));
        assert_eq!((0..LAST).filter(|_| news.is(&poor)).count(), 1);
    }

    #[test]
    fn every_word_of_advice_has_its_text() {
        for language in [Language::En, Language::Ja] {
            let text = Text::new(language);
            for advice in [
                Advice::Padding { css_px: 1 },
                Advice::Enlarge { css_px: 1 },
                Advice::WholePixels { css_px: 1 },
                Advice::Contrast { percent: 1 },
                Advice::Sharpen { percent: 1 },
                Advice::EvenLight { codewords: 1 },
                Advice::Uncover { modules: 1 },
                Advice::Repair { codewords: 1, capacity: 1 },
                Advice::Straighten { percent: 1 },
                Advice::Flatten,
                Advice::DarkOnLight,
            ] {
                assert!(text.find(&format!("watch-{}", word(&advice)), &[]).is_some(), "{advice:?}");
            }
            for reason in [
                Reason::Blank { percent: 1.0 },
                Reason::LowContrast { percent: 1.0 },
                Reason::TooSmall { module_px: 1.0 },
                Reason::NoQuietZone { modules: 1.0 },
                Reason::Noisy { percent: 1.0 },
                Reason::Blurred { px: 1.0, modules: None },
                Reason::Damaged,
                Reason::NoFinder,
            ] {
                assert!(text.find(&format!("watch-{}", remedy(&reason)), &[]).is_some(), "{reason:?}");
            }
            assert!(text.find("watch-good", &[]).is_some());
        }
    }
}

//! `camtoken scan`: reads a picture and hands the code in it to a token, which shows it and answers.

mod overlay;
mod report;

use std::io::{IsTerminal, stdout};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use camtoken::code;
use camtoken::qr::{Effort, FileScan, Luma, OtherSymbol, Scan, ScanOptions, Symbol, Watcher, joined, scan, scan_other};
use camtoken::token::Refusal;
use camtoken_documents::CodePart;

use crate::accounts::{self, AccountArgs, Wallet};
use crate::approval::{Answer, Approval, Confirm, Keep};
use crate::config::Budget;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::feed::{self, Feed, FeedArgs, Next};
use crate::refusal::{failure_of, refusal_of, rounded};
use crate::secret;
use crate::source::{self, Content, Said, Source, look, within};
use crate::terminal;
use crate::tokens::Held;
use crate::value::{Value, value};

use overlay::draw;
pub use report::Report;
use report::{Found, millis, part_of};

/// How long a camera is watched for a code.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(clap::Args, Default)]
pub struct Args {
    #[arg(value_name = "IMAGE|DIR|-", required_unless_present_any = ["camera", "screen", "clipboard"], conflicts_with_all = ["camera", "screen", "timeout"])]
    pub images: Vec<PathBuf>,
    #[arg(long, value_name = "NAME")]
    pub token: Option<String>,
    #[arg(long, value_name = "ask|auto|step", hide_possible_values = true)]
    pub confirm: Option<Confirm>,
    #[arg(long, value_name = "yes|no", hide_possible_values = true)]
    pub keep: Option<Keep>,
    #[command(flatten)]
    pub account: AccountArgs,
    #[arg(long, conflicts_with_all = ["token", "confirm", "keep", "account", "deliver_to"])]
    pub raw: bool,
    #[arg(long)]
    pub all: bool,
    #[arg(long, conflicts_with_all = ["camera", "screen"])]
    pub try_harder: bool,
    #[arg(long, value_name = Budget::EXPECTED, value_parser = value::<Budget>, conflicts_with_all = ["camera", "screen"])]
    pub budget: Option<Budget>,
    #[arg(long, value_name = "FILE.png")]
    pub overlay: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub pin_file: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    pub feed: FeedArgs,
    #[arg(long, conflicts_with_all = ["images", "camera", "screen"])]
    pub clipboard: bool,
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    // A missing clipboard or camera is reported before any question is asked.
    if args.clipboard {
        let start = Instant::now();
        let luma = feed::clipboard()?;
        let mut reader = Reader::new(args, context)?;
        let options = reader.options();
        let seen = reader.look(&luma, &options);
        return told(reader.picture("clipboard", &luma, seen, 1, &options, start)?, context);
    }
    if args.feed.is_given() {
        let mut feed = Feed::open(&args.feed, Some(if args.feed.screen { Duration::ZERO } else { PATIENCE }))?;
        let mut reader = Reader::new(args, context)?;
        feed.restart();
        return told(reader.watch(feed)?, context);
    }
    let (sources, many) = source::sources(&args.images)?;
    let alone = [("--overlay", args.overlay.is_some()), ("--confirm step", args.confirm == Some(Confirm::Step))];
    if let Some((flag, _)) = alone.into_iter().find(|(_, given)| many && *given) {
        let usage = format!("camtoken scan IMAGE {flag}");
        return Err(Failure::new(Code::CommandLine).because(format!("{flag} takes one picture")).with("usage", usage));
    }
    if let ([only], false) = (&sources[..], many) {
        only.check()?;
    }
    let mut reader = Reader::new(args, context)?;
    let mut exit = Exit::Done;
    for source in &sources {
        let (mut report, failure) = match reader.read(source) {
            Err(failure) if many => (Report::failed(source, &failure, &context.out.text), Some(failure)),
            answer => answer?,
        };
        if exit == Exit::Done {
            exit = failure.as_ref().map_or(Exit::Done, Failure::exit);
        }
        if many {
            report.page = format!("{}\n{}", terminal::clean(&report.file), report.page);
        }
        match failure {
            Some(failure) if !context.out.is_for_a_program() => drop(context.out.failure(&failure)),
            _ if many => context.out.line(&report)?,
            _ => context.out.report(&report)?,
        }
    }
    Ok(exit)
}

/// Prints the report of a single picture.
fn told((report, failure): (Report, Option<Failure>), context: &Context) -> Result<Exit, Failure> {
    let exit = failure.as_ref().map_or(Exit::Done, Failure::exit);
    match failure {
        Some(failure) if !context.out.is_for_a_program() => drop(context.out.failure(&failure)),
        _ => context.out.report(&report)?,
    }
    Ok(exit)
}

/// Reads pictures, and shows them to a token if there is one.
struct Reader<'a> {
    args: &'a Args,
    context: &'a Context,
    token: Option<(Held, Approval<'a>)>,
}

impl<'a> Reader<'a> {
    fn new(args: &'a Args, context: &'a Context) -> Result<Self, Failure> {
        if args.raw {
            return Ok(Self { args, context, token: None });
        }
        let confirm = match args.confirm {
            Some(Confirm::Ask) | None if !secret::on_terminal() => {
                return Err(secret::nobody_to_ask("--confirm auto|step"));
            }
            confirm => confirm.unwrap_or(Confirm::Ask),
        };
        let held = Held::open(args.token.as_deref(), args.passphrase_file.as_deref(), context)?;
        let approval = Approval { confirm, keep: args.keep, pin: args.pin_file.as_deref() };
        Ok(Self { args, context, token: Some((held, approval)) })
    }

    /// One image: its report, and the message for a person about a refusal.
    fn read(&mut self, source: &Source) -> Result<(Report, Option<Failure>), Failure> {
        let start = Instant::now();
        match source.content()? {
            Content::Code(code) => {
                self.hand(Report { file: source.name(), ..Report::default() }, Ok(Said::Text(code)), &[])
            }
            Content::Picture(picture) => {
                let options = self.options();
                let looked = if self.token.is_some() { picture.look(&options) } else { picture.scan(&options) };
                let FileScan { luma, scan, pictures, .. } = looked?;
                self.picture(&source.name(), &luma, scan, pictures, &options, start)
            }
        }
    }

    fn picture(
        &mut self,
        name: &str,
        luma: &Luma,
        seen: Scan,
        pictures: usize,
        options: &ScanOptions,
        start: Instant,
    ) -> Result<(Report, Option<Failure>), Failure> {
        let out_of_time = !matches!(seen, Scan::Read(_)) && options.deadline.has_passed();
        let (file, ms) = (name.to_owned(), millis(start.elapsed()));
        self.see(Report { file, ms, out_of_time, pictures, ..Report::default() }, luma, seen)
    }

    /// How a picture is searched from now on.
    fn options(&self) -> ScanOptions {
        let effort = if self.args.try_harder { Effort::Harder } else { Effort::File };
        ScanOptions { all: self.args.all, effort, ..within(self.args.budget) }
    }

    /// Looks for a code if there is a token for it; else for the first symbol.
    fn look(&self, luma: &Luma, options: &ScanOptions) -> Scan {
        if self.token.is_some() { look(luma, options) } else { scan(luma, options) }
    }

    /// Reads frames, until one of them has the code.
    fn watch(&mut self, mut feed: Feed) -> Result<(Report, Option<Failure>), Failure> {
        let mut watcher = Watcher::new(self.args.all);
        let (mut frames, mut last) = (0, None);
        let (luma, seen) = loop {
            let frame = match feed.next()? {
                Next::Frame(frame) => frame,
                Next::Wait => continue,
                Next::Over => {
                    // No more frames will come: the rest is searched like a file.
                    let (luma, seen): (Luma, Scan) = last.expect("a feed is over after a frame at the earliest");
                    let again = || self.look(&luma, &self.options());
                    let seen = if matches!(seen, Scan::Read(_)) { seen } else { again() };
                    break (luma, seen);
                }
            };
            frames += 1;
            let seen = watcher.read(&frame.luma);
            if let Scan::Read(symbols) = &seen {
                let asks = |said: Said| matches!(said, Said::Text(text) if source::asks_a_token(&text));
                if self.token.is_none() || chosen(symbols).is_some_and(asks) {
                    break (frame.luma, seen);
                }
                // A symbol of another system is in view: the token's code may be beside it.
                watcher.look_for_all();
            }
            // The frame that shows most; of two equal ones the newer.
            if last.as_ref().is_none_or(|(_, known)| worth(known) <= worth(&seen)) {
                last = Some((frame.luma, seen));
            }
        };
        let ms = millis(feed.elapsed());
        let report = Report { file: feed.name, frames: Some(frames), ms, ..Report::default() };
        self.see(report, &luma, seen)
    }

    fn see(&mut self, mut report: Report, luma: &Luma, seen: Scan) -> Result<(Report, Option<Failure>), Failure> {
        let refusal = refusal_of(&seen);
        if let Scan::Unreadable { module_px } = seen {
            report.px_per_module = module_px.map(rounded);
        }
        let symbols = if let Scan::Read(read) = seen { read } else { Vec::new() };
        let other = if symbols.is_empty() && !report.out_of_time { scan_other(luma) } else { None };
        if let Some(path) = &self.args.overlay {
            draw(luma, &symbols, path)?;
        }
        if let (Some(OtherSymbol::Micro(symbol)), true) = (&other, self.args.raw) {
            report.format = Some("micro-qr");
            report.px_per_module = Some(rounded(symbol.module_px));
            return self.hand(report, Ok(Said::new(symbol.text(), &symbol.payload)), &[]);
        }
        report.other = other.map(|other| if other == OtherSymbol::Rectangular { "scan-rmqr" } else { "scan-micro" });
        self.hand(report, chosen(&symbols).ok_or(refusal), &symbols)
    }

    /// Gives the code to the token, if there is one.
    fn hand(
        &mut self,
        mut report: Report,
        said: Result<Said, Refusal>,
        symbols: &[Symbol],
    ) -> Result<(Report, Option<Failure>), Failure> {
        report.px_per_module = symbols.first().map(|symbol| rounded(symbol.module_px)).or(report.px_per_module);
        report.symbols = symbols.iter().map(|symbol| Found::of(symbol, self.args.raw)).collect();
        let refused = match (&mut self.token, said) {
            (None, Ok(said)) => {
                let mut all = readings(symbols);
                if all.is_empty() {
                    all.push((said, None));
                }
                for (said, symbol) in &all {
                    report.value += &if stdout().is_terminal() { said.page() } else { said.value() + "\n" };
                    let part = symbol.and_then(|at| report.symbols[at].drawn.part.as_ref());
                    let part = part.map(|part| part_of(part, &self.context.out.text));
                    report.page += &(said.page() + &part.unwrap_or_default());
                }
                (report.text, report.bytes) = all[0].0.parts();
                report.guess = all[0].0.is_guess();
                if let Some(Ok(code)) = report.text.as_deref().and_then(source::foreign) {
                    report.format = Some(code.format());
                    report.parts = code.parts().into_iter().map(CodePart::from).collect();
                }
                None
            }
            (None, Err(refusal)) => Some(refusal),
            (Some((held, approval)), said) => {
                let said = said.map(|said| said.parts().0.unwrap_or_default());
                if let Some(code) = said.as_deref().ok().and_then(source::foreign) {
                    report.format = code.as_ref().ok().map(|code| code.format());
                    held.wake(approval.pin, self.context)?;
                    if let Err(refusal) = held.device.token_mut().look() {
                        held.save()?;
                        let failure = failure_of(refusal, &report.file, &self.context.out.text);
                        return Ok((report.refused(&failure, &self.context.out.text), Some(failure)));
                    }
                    let told = code.map_err(accounts::refused).and_then(|code| {
                        Wallet::for_code(held)?.hand(code, approval.confirm, &self.args.account, self.context)
                    });
                    return match told {
                        Ok(mut told) => match told.refused.take() {
                            Some(failure) => {
                                let report = report.foreign(told).refused(&failure, &self.context.out.text);
                                Ok((report, Some(failure)))
                            }
                            None => Ok((report.foreign(told), None)),
                        },
                        Err(failure) if failure.exit() == Exit::Refused => {
                            Ok((report.refused(&failure, &self.context.out.text), Some(failure)))
                        }
                        Err(failure) => Err(failure),
                    };
                }
                match approval.hand(held, said.as_deref().map_err(|refusal| *refusal), self.context)? {
                    Answer::Refused(refusal) => Some(refusal),
                    Answer::Shown(shown) => {
                        if shown.is_unkept() {
                            let text = &self.context.out.text;
                            self.context.out.say(&(text.with("scan-not-kept", &[("name", &held.name)]) + "\n"));
                        }
                        report.tell(*shown, approval.confirm, held);
                        None
                    }
                }
            }
        };
        let text = &self.context.out.text;
        let Some(refusal) = refused else { return Ok((report, None)) };
        let mut failure = failure_of(refusal, &report.file, text);
        if report.out_of_time {
            failure = failure.and(text.get("scan-budget"));
        }
        if report.pictures > 1 {
            failure = failure.and(text.with("scan-pictures", &[("count", &report.pictures.to_string())]));
        }
        if let Some(other) = report.other {
            failure = failure.and(text.get(other));
        }
        Ok((report.refused(&failure, text), Some(failure)))
    }
}

/// How much a frame shows.
fn worth(seen: &Scan) -> u8 {
    match seen {
        Scan::NotFound => 0,
        Scan::Unreadable { .. } => 1,
        Scan::Read(_) => 2,
    }
}

/// What symbols say: first what is spread over several of them and is whole, then each that is alone or lacks another part, with its
/// place.
fn readings(symbols: &[Symbol]) -> Vec<(Said, Option<usize>)> {
    let wholes = joined(symbols);
    let is_joined = |at: usize| wholes.iter().any(|whole| whole.parts.contains(&at));
    let alone =
        symbols.iter().enumerate().filter(|(at, _)| !is_joined(*at)).map(|(at, symbol)| (Said::of(symbol), Some(at)));
    wholes.iter().map(|whole| (Said::new(whole.text.clone(), &whole.payload), None)).chain(alone).collect()
}

/// Of several readings the first that says it is a code; else the first that asks a token for something; else the first.
fn chosen(symbols: &[Symbol]) -> Option<Said> {
    let mut readings = readings(symbols);
    let first =
        |asks: fn(&str) -> bool| readings.iter().position(|(said, _)| matches!(said, Said::Text(text) if asks(text)));
    let at = first(code::is_code).or_else(|| first(source::asks_a_token)).unwrap_or(0);
    (at < readings.len()).then(|| readings.swap_remove(at).0)
}

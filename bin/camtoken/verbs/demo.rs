//! `camtoken demo`: the whole exchange on real pictures. Each step is checked; one with another result ends it.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

use camtoken::key::ActivationId;
use camtoken::qr::{Limits, Luma, Scan, ScanOptions, scan};
use camtoken::store::{EmbeddedStore, block_on};
use camtoken::token::screen::Screen;
use camtoken::token::{Button, Device, Seen, State, Token, file};
use camtoken::transaction::{Operation, Transaction};
use camtoken::verifier::{
    AttemptId, IssuedChallenge, LocalKeyWrapper, Policy, Rejection, Step, Subscriber, Verdict, Verifier,
};
use camtoken::{Key, Timestamp};
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::picture;
use crate::state;
use crate::system::rng;
use crate::terminal;
use crate::text::Text;

#[derive(clap::Args)]
pub struct Args {
    #[arg(long, value_name = "DIR", default_value = "camtoken-demo", hide_default_value = true)]
    out: PathBuf,
}

/// The story, as it went.
#[derive(Serialize, JsonSchema)]
pub struct Report {
    /// What happened, in order; every step went as it must
    steps: Vec<StepLine>,
    /// Where the pictures are
    dir: String,
    #[serde(skip)]
    blocks: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct StepLine {
    /// The step: books, code1, code2, issue, show, verify, again, altered, other or expired
    step: &'static str,
    /// What came of it: done, shown, accepted, a reason of a verdict, or a refusal of the token
    result: &'static str,
    /// The same in the chosen language
    message: String,
    /// The picture that was written and read back from its file
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
    /// What the token's screen showed, page by page, as text
    #[serde(skip_serializing_if = "Vec::is_empty")]
    screens: Vec<String>,
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let mut stage = Stage::set(&args.out, context)?;
    stage.tell()?;
    stage.leave()?;
    let blocks = context.out.is_for_a_person() && io::stdout().is_terminal();
    let Stage { steps, blocks: code, .. } = stage;
    let report = Report { steps, dir: args.out.display().to_string(), blocks: code.filter(|_| blocks) };
    context.out.report(&report)?;
    Ok(Exit::Done)
}

/// Verifier and token, the directory between them, and the steps so far.
struct Stage<'a> {
    dir: &'a Path,
    text: &'a Text,
    now: Timestamp,
    verifier: Verifier<EmbeddedStore>,
    device: Device,
    steps: Vec<StepLine>,
    /// The transfer's code, for a terminal.
    blocks: Option<String>,
}

/// Marks a directory as one that may be replaced.
const MARK: &str = ".camtoken-demo";
const TOKEN: &str = "KKK0000001";
const OTHER_TOKEN: &str = "KKK0000002";

impl<'a> Stage<'a> {
    fn set(dir: &'a Path, context: &'a Context) -> Result<Self, Failure> {
        let fail = |error: io::Error| Failure::new(Code::Write).because(format!("{}: {error}", dir.display()));
        clear(dir).map_err(fail)?;
        state::make_dir(dir).map_err(fail)?;
        state::write(&dir.join(MARK), b"").map_err(fail)?;
        let store = EmbeddedStore::open(dir.join("store"), Duration::ZERO)?;
        let vault = Box::new(LocalKeyWrapper::new(&[Key::generate(&mut rng())])?);
        let policy = Policy { accept_test_keys: true, ..Policy::default() };
        let bank = context.settings.bank.value.as_str();
        let verifier = Verifier::new(store, vault, policy, bank, &mut rng())?;
        let text = &context.out.text;
        let device = device(TOKEN, text);
        Ok(Self { dir, text, now: context.moment()?, verifier, device, steps: Vec::new(), blocks: None })
    }

    fn tell(&mut self) -> Result<(), Failure> {
        let activation = self.register()?;

        let transfer = self.issue(activation, "1250000")?;
        let picture = self.draw("3-transfer.png", transfer.code.as_str())?;
        self.blocks = Some(picture::blocks(&picture::symbol(transfer.code.as_str())?));
        self.went("issue", "done", self.text.get("demo-issue"), Some(&picture));
        let screens = self.show("show", &picture)?;
        let response = self.digits("show")?;
        for (number, screen) in (1..).zip(&screens) {
            picture::write(
                &self.dir.join(format!("3-screen{number}.png")),
                &camtoken::token::picture::to_png(screen, 2),
            )?;
        }
        let message = self.text.with("demo-show", &[("digits", &grouped(&response))]);
        self.went("show", "shown", message, None).screens = screens.iter().map(Screen::to_text).collect();

        let verdict = self.verify(&transfer, &response)?;
        let executes = self.text.get("demo-verify");
        match &verdict {
            Verdict::Accepted(accepted) if accepted.transaction() == Some(&self.transfer("1250000")) => {
                self.went("verify", "accepted", executes, None);
            }
            other => return Err(otherwise("verify", "accepted", name(other))),
        }
        let verdict = self.verify(&transfer, &response)?;
        self.refused("again", &verdict, Rejection::AlreadySettled, self.text.get("demo-again"))?;

        let next = self.issue(activation, "980000")?;
        self.altered(&next)?;
        self.other(&next)?;
        self.expired(&next)
    }

    /// Both codes, each by its picture.
    fn register(&mut self) -> Result<ActivationId, Failure> {
        let (id, key) = (self.device.token().id().clone(), self.device.token().device_key());
        block_on(self.verifier.register(&id, key, true, self.now, &mut rng()))?;
        self.went("books", "done", self.text.with("demo-books", &[("token", &id.to_string())]), None);

        self.device.hold(Button::Center, self.now);
        let enrollment = block_on(self.verifier.enroll(&id, subscriber("TANAKA"), self.now, &mut rng()))?;
        let picture = self.draw("1-code1.png", enrollment.code.as_str())?;
        self.show("code1", &picture)?;
        let device_code = self.digits("code1")?;
        let message = self.text.with("demo-code1", &[("digits", &grouped(&device_code))]);
        self.went("code1", "shown", message, Some(&picture));

        let second = block_on(self.verifier.second_code(
            enrollment.activation,
            device_code.expose_secret(),
            attempt(),
            self.now,
            &mut rng(),
        ));
        let second = done("code2", second?)?;
        self.device.press(Button::Right, self.now, &mut rng());
        let picture = self.draw("2-code2.png", second.code.as_str())?;
        self.show("code2", &picture)?;
        let response = self.digits("code2")?;
        done(
            "code2",
            block_on(self.verifier.confirm(second.activation, response.expose_secret(), attempt(), self.now))?,
        )?;
        // 「登録できましたか?」 Yes, and back to the camera.
        for _ in 0..3 {
            self.device.press(Button::Right, self.now, &mut rng());
        }
        let kept = self.device.token().activations().any(|(_, kept)| kept.id() == second.activation);
        if !kept || self.device.state(self.now) != State::Ready {
            return Err(otherwise("code2", "kept by the token", "not kept"));
        }
        let message = self.text.with("demo-code2", &[("digits", &grouped(&response))]);
        self.went("code2", "done", message, Some(&picture));
        Ok(second.activation)
    }

    /// One bit of the picture's text is changed: the token shows nothing of it.
    fn altered(&mut self, issued: &IssuedChallenge) -> Result<(), Failure> {
        let (prefix, body) = issued.code.as_str().split_at("CT1:".len());
        let mut bytes = base45::decode(body).map_err(|_| otherwise("altered", "base45", "another text"))?;
        *bytes.last_mut().expect("a code is not empty") ^= 1;
        let altered = format!("{prefix}{}", base45::encode(bytes));
        let picture = self.draw("4-altered.png", &altered)?;
        self.refuses("altered", "T05", &picture, None)
    }

    /// A token of the same bank, registered for another user, reads the image.
    fn other(&mut self, issued: &IssuedChallenge) -> Result<(), Failure> {
        let picture = self.draw("5-transfer.png", issued.code.as_str())?;
        let mut other = device(OTHER_TOKEN, self.text);
        let (id, now) = (other.token().id().clone(), self.now);
        block_on(self.verifier.register(&id, other.token().device_key(), true, now, &mut rng()))?;
        other.hold(Button::Center, now);
        let first = block_on(self.verifier.enroll(&id, subscriber("SUZUKI"), now, &mut rng()))?;
        let device_code = answer(&mut other, "other", first.code.as_str(), now)?;
        let second = block_on(self.verifier.second_code(
            first.activation,
            device_code.expose_secret(),
            attempt(),
            now,
            &mut rng(),
        ))?;
        let second = done("other", second)?;
        other.press(Button::Right, now, &mut rng());
        let response = answer(&mut other, "other", second.code.as_str(), now)?;
        done("other", block_on(self.verifier.confirm(second.activation, response.expose_secret(), attempt(), now))?)?;
        for _ in 0..3 {
            other.press(Button::Right, now, &mut rng());
        }
        self.refuses("other", "T04", &picture, Some(other))
    }

    /// The token answers; the response comes too late.
    fn expired(&mut self, issued: &IssuedChallenge) -> Result<(), Failure> {
        let text = self.read("5-transfer.png", "expired")?;
        self.device.press(Button::Right, self.now, &mut rng());
        let response = answer(&mut self.device, "expired", &text, self.now)?;
        self.now = issued.expires_at.plus(Duration::from_secs(1));
        let verdict = self.verify(issued, &response)?;
        self.refused("expired", &verdict, Rejection::Expired, self.text.get("demo-expired"))
    }

    fn transfer(&self, amount: &str) -> Transaction {
        let in_three_days = self.now.plus(Duration::from_secs(3 * 24 * 3600)).to_string();
        let date = in_three_days.split('T').next().unwrap_or_default();
        let fields = [
            ("bankCode", "0001"),
            ("bankName", "カクウ"),
            ("branchCode", "001"),
            ("branchName", "ホンテン"),
            ("accountType", "ordinary"),
            ("account", "0012345"),
            ("payee", "ミホン ショウジ(カ"),
            ("amount", amount),
            ("date", date),
            ("newPayee", "yes"),
        ];
        Transaction::new(Operation::Transfer, fields).expect("a transfer of the catalogue")
    }

    fn issue(&self, activation: ActivationId, amount: &str) -> Result<IssuedChallenge, Failure> {
        Ok(block_on(self.verifier.issue(activation, self.transfer(amount), None, self.now, &mut rng()))?)
    }

    fn verify(&self, issued: &IssuedChallenge, response: &SecretString) -> Result<Verdict, Failure> {
        let attempt = attempt();
        let verdict = self.verifier.verify(issued.reference, response.expose_secret(), attempt, self.now);
        Ok(block_on(verdict)?)
    }

    /// Writes a picture, and gives its name.
    fn draw(&self, name: &str, text: &str) -> Result<String, Failure> {
        picture::write(&self.dir.join(name), &picture::png(&picture::symbol(text)?))?;
        Ok(name.to_owned())
    }

    /// Reads a picture back from its file.
    fn read(&self, name: &str, step: &'static str) -> Result<String, Failure> {
        let path = self.dir.join(name);
        let fail = |why: String| Failure::new(Code::Read).because(format!("{}: {why}", path.display()));
        let bytes = fs::read(&path).map_err(|error| fail(error.to_string()))?;
        let luma = Luma::decode(&bytes, &Limits::default()).map_err(|error| fail(error.to_string()))?;
        let Scan::Read(symbols) = scan(&luma, &ScanOptions::default()) else {
            return Err(otherwise(step, "a readable picture", name));
        };
        let symbol = symbols.into_iter().next().ok_or_else(|| otherwise(step, "a symbol", "none"))?;
        String::from_utf8(symbol.payload).map_err(|_| otherwise(step, "text", "other bytes"))
    }

    /// Holds a picture before the camera; returns the pages up to the answer.
    fn show(&mut self, step: &'static str, picture: &str) -> Result<Vec<Screen>, Failure> {
        let text = self.read(picture, step)?;
        leaf(&mut self.device, step, &text, self.now)
    }

    fn digits(&self, step: &'static str) -> Result<SecretString, Failure> {
        self.device.expose_digits(self.now).ok_or_else(|| otherwise(step, "digits", "none"))
    }

    fn refused(
        &mut self,
        step: &'static str,
        verdict: &Verdict,
        expected: Rejection,
        message: String,
    ) -> Result<(), Failure> {
        match verdict {
            Verdict::Rejected(rejection) if *rejection == expected => {
                self.went(step, expected.name(), message, None);
                Ok(())
            }
            other => Err(otherwise(step, expected.name(), name(other))),
        }
    }

    /// A token must refuse the picture, and show nothing of it.
    fn refuses(
        &mut self,
        step: &'static str,
        expected: &'static str,
        picture: &str,
        other: Option<Device>,
    ) -> Result<(), Failure> {
        let text = self.read(picture, step)?;
        let mut other = other;
        let device = other.as_mut().unwrap_or(&mut self.device);
        match device.scan(Ok(&text), self.now) {
            Seen::Refused(refusal) if refusal.code() == expected => {
                let says = refusal.text(self.text.language);
                let message = self.text.with(&format!("demo-{step}"), &[("says", &says)]);
                self.went(step, expected, message, Some(picture));
                Ok(())
            }
            Seen::Refused(refusal) => Err(otherwise(step, expected, refusal.code())),
            _ => Err(otherwise(step, expected, "shown")),
        }
    }

    fn went(
        &mut self,
        step: &'static str,
        result: &'static str,
        message: String,
        picture: Option<&str>,
    ) -> &mut StepLine {
        self.steps.push(StepLine { step, result, message, picture: picture.map(str::to_owned), screens: Vec::new() });
        self.steps.last_mut().expect("just pushed")
    }

    /// Leaves the token beside the pictures, so that the user can go on.
    fn leave(&self) -> Result<(), Failure> {
        let text = file::to_string(&self.device).map_err(|error| Failure::new(Code::Internal).because(error))?;
        picture::write(&self.dir.join("token.camtoken.json"), text.as_bytes())
    }
}

/// Goes through the pages of a code, approves on the last page, and returns every page.
fn leaf(device: &mut Device, step: &'static str, text: &str, now: Timestamp) -> Result<Vec<Screen>, Failure> {
    match device.scan(Ok(text), now) {
        Seen::Shown => {}
        Seen::Refused(refusal) => return Err(otherwise(step, "shown", refusal.code())),
        Seen::NotLooking => return Err(otherwise(step, "shown", "not looking")),
    }
    let mut screens = Vec::new();
    while let State::Showing { .. } = device.state(now) {
        screens.push(device.screen(now));
        device.press(Button::Right, now, &mut rng());
    }
    screens.push(device.screen(now));
    Ok(screens)
}

/// The digits with which a device answers a code.
fn answer(device: &mut Device, step: &'static str, text: &str, now: Timestamp) -> Result<SecretString, Failure> {
    leaf(device, step, text, now)?;
    device.expose_digits(now).ok_or_else(|| otherwise(step, "digits", "none"))
}

fn device(id: &str, text: &Text) -> Device {
    let id = id.parse().expect("a token ID");
    let mut token = Token::generate(id, true, &mut rng());
    token.language = text.language;
    Device::new(token)
}

fn subscriber(user: &str) -> Subscriber {
    Subscriber { contract: "1234567890".to_owned(), user: user.to_owned() }
}

fn done<T>(step: &'static str, came_to: Step<T>) -> Result<T, Failure> {
    match came_to {
        Step::Done(done) => Ok(done),
        Step::Rejected(rejection) => Err(otherwise(step, "done", rejection.name())),
    }
}

fn name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted(_) => "accepted",
        Verdict::Rejected(rejection) => rejection.name(),
    }
}

fn otherwise(step: &str, expected: &str, found: &str) -> Failure {
    Failure::new(Code::Demo).because(format!("step {step}: expected {expected}, found {found}"))
}

/// The digits in groups of four, as a token shows them.
fn grouped(digits: &SecretString) -> String {
    let digits = digits.expose_secret().as_bytes();
    let groups: Vec<_> = digits.chunks(4).map(String::from_utf8_lossy).collect();
    groups.join(" ")
}

/// Removes an older demonstration from the directory. A directory with other files is not touched.
fn clear(dir: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?.collect::<Result<Vec<_>, _>>()?,
    };
    if entries.is_empty() {
        return Ok(());
    }
    if !dir.join(MARK).exists() {
        return Err(io::Error::other("not empty, and not of an older demonstration"));
    }
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name == "store" {
            fs::remove_dir_all(entry.path())?;
        } else if name.ends_with(".png") || name == "token.camtoken.json" {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

impl Document for Report {
    const SCHEMA: &'static str = "camtoken/demo/1";

    fn human(&self, text: &Text) -> String {
        let mut page = String::new();
        for (number, step) in (1..).zip(&self.steps) {
            let picture = step.picture.as_deref().map(|picture| format!("  [{picture}]")).unwrap_or_default();
            page += &format!("{number:2}  {}{picture}\n", terminal::clean(&step.message));
            if let Some(blocks) = self.blocks.as_deref().filter(|_| step.step == "issue") {
                page += &format!("\n{blocks}\n");
            }
            for screen in &step.screens {
                page += &framed(screen);
            }
        }
        let dir = terminal::clean(&self.dir);
        page + &format!("\n{}\n", text.with("demo-end", &[("dir", &dir)]))
    }

    /// The result of each step.
    fn bare(&self) -> String {
        self.steps.iter().map(|step| format!("{} {}\n", step.step, step.result)).collect()
    }
}

/// A screen in its frame.
fn framed(screen: &str) -> String {
    const WIDTH: usize = 41;
    let line = "─".repeat(WIDTH + 2);
    let rows = screen.lines().map(|row| format!("    │ {} │\n", terminal::pad(&terminal::clean(row), WIDTH)));
    format!("    ┌{line}┐\n{}    └{line}┘\n", rows.collect::<String>())
}

/// A new attempt ID for each question: no question is asked twice.
fn attempt() -> AttemptId {
    AttemptId::generate(&mut rng())
}

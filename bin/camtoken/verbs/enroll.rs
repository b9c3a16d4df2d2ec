//! `camtoken enroll`: tokens into the verifier's store, registrations with their two codes, and their repair.

mod args;
mod audit;
mod keys;
mod question;
mod status;

use camtoken::key::{ActivationId, GeneratorId, TokenId};
use camtoken::provision::otpauth::{MovingFactor, OtpHash, OtpauthUri};
use camtoken::store::block_on;
use camtoken::verifier::{Enrollment, Rejection, Step, Subscriber};
use clap::Subcommand;
use schemars::JsonSchema;
use serde::Serialize;

use super::verify::{self, AttemptArgs};
use crate::bank::{Bank, BankArgs};
use crate::context::Context;
use crate::document::Document;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::picture::PictureArgs;
use crate::system::rng;
use crate::terminal;
use crate::text::Text;
use args::{ActivationArgs, Holder};

pub use keys::{Exported, ProtectionArgs};
pub use question::QuestionReport;
pub use status::Books;

#[derive(clap::Args)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    Import(keys::ImportArgs),
    Export(keys::ExportArgs),
    Start(StartArgs),
    Second(SecondArgs),
    Confirm(ConfirmArgs),
    Status(status::Args),
    Reset(ActivationArgs),
    Revoke(RevokeArgs),
    Suspend(ActivationArgs),
    Resume(ActivationArgs),
    Audit(ActivationArgs),
    TimeBased(TimeBasedArgs),
    Generator(GeneratorArgs),
    Question(question::Args),
    Resync(ResyncArgs),
}

#[derive(clap::Args)]
struct StartArgs {
    #[arg(long, value_name = "ID")]
    token: TokenId,
    #[command(flatten)]
    subscriber: SubscriberArgs,
    #[command(flatten)]
    picture: PictureArgs,
    #[command(flatten)]
    bank: BankArgs,
}

#[derive(clap::Args)]
struct SubscriberArgs {
    #[arg(long, value_name = "NUMBER")]
    contract: String,
    #[arg(long, value_name = "ID")]
    user: String,
}

#[derive(clap::Args)]
struct SecondArgs {
    #[arg(value_name = "ACTIVATION")]
    activation: ActivationId,
    #[arg(value_name = "DEVICE-CODE|-")]
    device_code: String,
    #[command(flatten)]
    attempt: AttemptArgs,
    #[command(flatten)]
    picture: PictureArgs,
    #[command(flatten)]
    bank: BankArgs,
}

#[derive(clap::Args)]
struct ConfirmArgs {
    #[arg(value_name = "ACTIVATION")]
    activation: ActivationId,
    #[arg(value_name = "RESPONSE|-")]
    response: String,
    #[command(flatten)]
    attempt: AttemptArgs,
    #[command(flatten)]
    bank: BankArgs,
}

#[derive(clap::Args)]
struct RevokeArgs {
    #[arg(value_name = "ACTIVATION|TOKEN")]
    id: Holder,
    #[command(flatten)]
    bank: BankArgs,
}

#[derive(clap::Args)]
struct TimeBasedArgs {
    #[command(flatten)]
    subscriber: SubscriberArgs,
    #[command(flatten)]
    picture: PictureArgs,
    #[command(flatten)]
    bank: BankArgs,
}

#[derive(clap::Args)]
struct GeneratorArgs {
    #[arg(value_name = "SERIAL")]
    generator: GeneratorId,
    #[command(flatten)]
    subscriber: SubscriberArgs,
    #[command(flatten)]
    bank: BankArgs,
}

#[derive(clap::Args)]
struct ResyncArgs {
    #[arg(value_name = "ACTIVATION")]
    activation: ActivationId,
    #[arg(value_name = "PASSWORD")]
    first: String,
    #[arg(value_name = "NEXT-PASSWORD")]
    next: String,
    #[arg(long, value_name = "VALUE", default_value_t = 0)]
    counter: u64,
    #[command(flatten)]
    attempt: AttemptArgs,
    #[command(flatten)]
    bank: BankArgs,
}

/// A code of a registration.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CodeReport {
    /// The activation that is being made
    activation: String,
    /// firstCode or secondCode
    state: &'static str,
    /// From then on the code is not answered any more
    expires_at: String,
    /// The text that the 2D code carries
    code: String,
    /// The file that the picture was written to
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
}

/// Where an activation, or a token, stands now.
#[derive(Serialize, JsonSchema)]
pub struct StateReport {
    /// The activation
    #[serde(skip_serializing_if = "Option::is_none")]
    activation: Option<String>,
    /// The token, when all its activations were meant
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// active, suspended, reset or revoked
    state: &'static str,
}

/// A time-based generator for a customer without a camera token. The secret is shown this once.
#[derive(Serialize, JsonSchema)]
pub struct GeneratorReport {
    /// The activation
    activation: String,
    /// What an authenticator app scans, with the secret in it
    uri: String,
    /// The file that the picture was written to
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
}

pub fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    match &args.act {
        Act::Import(args) => keys::import(args, context),
        Act::Export(args) => keys::export(args, context),
        Act::Start(args) => start(args, context),
        Act::Second(args) => second(args, context),
        Act::Confirm(args) => confirm(args, context),
        Act::Status(args) => status::run(args, context),
        Act::Reset(args) => {
            let bank = Bank::open(context, &args.bank)?;
            block_on(bank.verifier.reset(args.activation, bank.now))?;
            StateReport::tell(args.activation, "reset", context)
        }
        Act::Revoke(args) => revoke(args, context),
        Act::Suspend(args) => {
            let bank = Bank::open(context, &args.bank)?;
            block_on(bank.verifier.suspend(args.activation, bank.now))?;
            StateReport::tell(args.activation, "suspended", context)
        }
        Act::Resume(args) => {
            let bank = Bank::open(context, &args.bank)?;
            block_on(bank.verifier.resume(args.activation, bank.now))?;
            StateReport::tell(args.activation, "active", context)
        }
        Act::Audit(args) => audit::run(args, context),
        Act::TimeBased(args) => time_based(args, context),
        Act::Generator(args) => {
            let bank = Bank::open(context, &args.bank)?;
            let (subscriber, mut rng) = (args.subscriber.read(), rng());
            let enrolled = bank.verifier.enroll_generator(&args.generator, subscriber, bank.now, &mut rng);
            StateReport::tell(block_on(enrolled)?, "active", context)
        }
        Act::Question(args) => question::run(args, context),
        Act::Resync(args) => resync(args, context),
    }
}

fn start(args: &StartArgs, context: &Context) -> Result<Exit, Failure> {
    args.picture.check(&context.out)?;
    let bank = Bank::open(context, &args.bank)?;
    let enrollment = block_on(bank.verifier.enroll(&args.token, args.subscriber.read(), bank.now, &mut rng()))?;
    show(&enrollment, "firstCode", &args.picture, context)
}

fn second(args: &SecondArgs, context: &Context) -> Result<Exit, Failure> {
    args.picture.check(&context.out)?;
    let (device_code, attempt) = (verify::response(&args.device_code)?, args.attempt.read());
    let bank = Bank::open(context, &args.bank)?;
    let step = block_on(bank.verifier.second_code(args.activation, &device_code, attempt, bank.now, &mut rng()));
    match step.map_err(|error| verify::unknown(error, attempt))? {
        Step::Done(enrollment) => show(&enrollment, "secondCode", &args.picture, context),
        Step::Rejected(rejection) => {
            let mut report = verify::Report::rejected(rejection, &context.out.text);
            if let Rejection::Wrong { tries_left, .. } = rejection {
                let key = match tries_left {
                    0 => "verdict-device-code-last",
                    1 => "verdict-device-code-one-left",
                    _ => "verdict-device-code",
                };
                report.message = context.out.text.with(key, &[("left", &tries_left.to_string())]);
            }
            context.out.tell(&report)?;
            Ok(Exit::Rejected)
        }
    }
}

fn confirm(args: &ConfirmArgs, context: &Context) -> Result<Exit, Failure> {
    let (response, attempt) = (verify::response(&args.response)?, args.attempt.read());
    let bank = Bank::open(context, &args.bank)?;
    let step = block_on(bank.verifier.confirm(args.activation, &response, attempt, bank.now));
    match step.map_err(|error| verify::unknown(error, attempt))? {
        Step::Done(()) => StateReport::tell(args.activation, "active", context),
        Step::Rejected(rejection) => refuse(rejection, context),
    }
}

fn resync(args: &ResyncArgs, context: &Context) -> Result<Exit, Failure> {
    let (first, next) = (verify::response(&args.first)?, verify::response(&args.next)?);
    let attempt = args.attempt.read();
    let bank = Bank::open(context, &args.bank)?;
    let step = block_on(bank.verifier.resynchronise(args.activation, [&first, &next], args.counter, attempt, bank.now));
    match step.map_err(|error| verify::unknown(error, attempt))? {
        Step::Done(()) => StateReport::tell(args.activation, "active", context),
        Step::Rejected(rejection) => refuse(rejection, context),
    }
}

fn revoke(args: &RevokeArgs, context: &Context) -> Result<Exit, Failure> {
    let bank = Bank::open(context, &args.bank)?;
    match &args.id {
        Holder::Activation(activation) => {
            block_on(bank.verifier.revoke(*activation, bank.now))?;
            StateReport::tell(*activation, "revoked", context)
        }
        Holder::Token(token) => {
            block_on(bank.verifier.revoke_token(token, bank.now))?;
            let report = StateReport { activation: None, token: Some(token.to_string()), state: "revoked" };
            context.out.report(&report)?;
            Ok(Exit::Done)
        }
    }
}

fn time_based(args: &TimeBasedArgs, context: &Context) -> Result<Exit, Failure> {
    let out = &context.out;
    args.picture.check(out)?;
    let bank = Bank::open_or_make(context, &args.bank)?;
    let subscriber = args.subscriber.read();
    let account = subscriber.user.clone();
    let issuer = context.settings.bank.value.as_str().to_owned();
    // An account that no app accepts must not leave an activation behind.
    let uri = |secret| OtpauthUri {
        issuer: Some(issuer),
        account,
        secret,
        hash: OtpHash::Sha1,
        digits: 6,
        moving: MovingFactor::Period(30),
    };
    let unfit = |error| Failure::new(Code::Subscriber).because(error);
    let probe = uri.clone()(camtoken::Key::generate(&mut rng()));
    probe.expose_uri().map_err(unfit)?;
    let (activation, secret) = block_on(bank.verifier.enroll_time_based(subscriber, bank.now, &mut rng()))?;
    let uri = uri(secret).expose_uri().map_err(unfit)?;
    let picture = args.picture.draw(&uri, out)?;
    let report = GeneratorReport { activation: activation.to_string(), uri: uri.to_string(), picture };
    if args.picture.goes_to_stdout() {
        out.tell(&report)?
    } else {
        out.report(&report)?
    }
    Ok(Exit::Done)
}

fn show(
    enrollment: &Enrollment,
    state: &'static str,
    picture: &PictureArgs,
    context: &Context,
) -> Result<Exit, Failure> {
    let report = CodeReport {
        activation: enrollment.activation.to_string(),
        state,
        expires_at: enrollment.expires_at.to_string(),
        code: enrollment.code.to_string(),
        picture: picture.draw(enrollment.code.as_str(), &context.out)?,
    };
    if picture.goes_to_stdout() {
        context.out.tell(&report)?
    } else {
        context.out.report(&report)?
    }
    Ok(Exit::Done)
}

/// A refusal of a step of a registration. It is no data, so it goes to standard error.
fn refuse(rejection: Rejection, context: &Context) -> Result<Exit, Failure> {
    context.out.tell(&verify::Report::rejected(rejection, &context.out.text))?;
    Ok(Exit::Rejected)
}

impl SubscriberArgs {
    fn read(&self) -> Subscriber {
        Subscriber { contract: self.contract.clone(), user: self.user.clone() }
    }
}

impl StateReport {
    fn tell(activation: ActivationId, state: &'static str, context: &Context) -> Result<Exit, Failure> {
        context.out.report(&Self { activation: Some(activation.to_string()), token: None, state })?;
        Ok(Exit::Done)
    }
}

impl Document for CodeReport {
    const SCHEMA: &'static str = "camtoken/enrollment/1";

    fn human(&self, text: &Text) -> String {
        let row = |key: &str, value: &str| [text.get(key), value.to_owned()];
        let mut rows = vec![
            row("issued-activation", &self.activation),
            row("issued-expires", &self.expires_at),
            row("issued-code", &self.code),
        ];
        rows.extend(self.picture.as_deref().map(|picture| row("issued-picture", picture)));
        let next = if self.state == "firstCode" { "enroll-after-first" } else { "enroll-after-second" };
        let next = text.with(next, &[("activation", &self.activation)]);
        format!("{}{next}\n", terminal::columns(&rows))
    }

    fn bare(&self) -> String {
        format!("{}\n", self.activation)
    }
}

impl Document for StateReport {
    const SCHEMA: &'static str = "camtoken/activation/1";

    fn human(&self, text: &Text) -> String {
        let id = self.activation.as_deref().or(self.token.as_deref()).unwrap_or_default();
        format!("{id}  {}\n", text.get(&format!("activation-{}", self.state)))
    }

    fn bare(&self) -> String {
        format!("{}\n", self.state)
    }
}

impl Document for GeneratorReport {
    const SCHEMA: &'static str = "camtoken/generator/1";

    fn human(&self, text: &Text) -> String {
        let row = |key: &str, value: &str| [text.get(key), value.to_owned()];
        let mut rows = vec![row("issued-activation", &self.activation), row("issued-uri", &self.uri)];
        rows.extend(self.picture.as_deref().map(|picture| row("issued-picture", picture)));
        format!("{}{}\n", terminal::columns(&rows), text.get("enroll-secret-once"))
    }

    fn bare(&self) -> String {
        format!("{}\n", self.uri)
    }
}

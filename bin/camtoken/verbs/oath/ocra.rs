//! `camtoken oath ocra`: RFC 6287 with all of its inputs and modes.

use std::path::{Path, PathBuf};

use base16ct::mixed;
use camtoken::oath::ocra::{self, DataInput, InputError, PinHash, Question, Suite};
use camtoken::oath::{Hash, Key, Response};
use camtoken::provision::pskc::Algorithm;
use secrecy::ExposeSecret;

use super::key::KeyArgs;
use super::report::{Checked, Moving, Values};
use super::{CheckArgs, misused};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::secret::Asked;

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    key: KeyArgs,
    #[arg(long, value_name = "SUITE")]
    suite: Option<String>,
    #[arg(long, value_name = "QUESTION")]
    question: String,
    #[arg(long, value_name = "one-way|mutual-server|mutual-client|sign|signature-server|signature-client")]
    #[arg(default_value = "one-way", hide_possible_values = true)]
    mode: Mode,
    #[arg(long, value_name = "QUESTION")]
    peer_question: Option<String>,
    #[arg(long, short, value_name = "NUMBER")]
    counter: Option<u64>,
    #[arg(long, value_name = "FILE|-")]
    pin_file: Option<PathBuf>,
    #[arg(long, requires = "pin_file")]
    pin_is_hashed: bool,
    #[arg(long, value_name = "HEX")]
    session: Option<String>,
    #[command(flatten)]
    check: CheckArgs,
}

/// Who computes what (RFC 6287, section 7).
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Mode {
    OneWay,
    MutualServer,
    MutualClient,
    Sign,
    SignatureServer,
    SignatureClient,
}

impl Args {
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let source = self.key.read(&Algorithm::Ocra, context)?;
        let suite = self.suite.as_ref().or(source.suite.as_ref()).ok_or_else(|| misused("--suite is missing"))?;
        let suite: Suite = suite.parse().map_err(|error| misused(format!("--suite: {error}")))?;
        let given = Given { mode: self.mode, suite, key: source.key, peer: self.peer_question.as_deref() };
        let input = self.input(&given.suite, self.counter.or(source.counter), context)?;
        let (counter, now) = (input.counter, input.time);
        let moving = |at: Option<u64>| match (counter, now) {
            (Some(_), _) => at.or(counter).map_or(Moving::None, Moving::Counter),
            (_, Some(_)) => at.or(now).map_or(Moving::None, Moving::TimeStep),
            _ => Moving::None,
        };
        if self.check.verify.is_empty() {
            if self.check.window != 0 {
                return Err(misused("--window is for --verify"));
            }
            return Values::of("ocra", [(moving(None), given.respond(&input)?)]).print(context);
        }
        let response = self.check.one(given.suite.digits(), |text| given.suite.parse_response(text).ok())?;
        let found = match response {
            Some(response) => given.search(input, &response, self.check.window)?,
            None => None,
        };
        Checked::of("ocra", found.map(moving), now.filter(|_| counter.is_none())).print(context)
    }

    fn input(&self, suite: &Suite, counter: Option<u64>, context: &Context) -> Result<DataInput, Failure> {
        let pin = match (suite.pin(), &self.pin_file) {
            (Some(hash), file) => Some(self.pin(hash, file.as_deref(), context)?),
            (None, Some(_)) => return Err(misused("the suite takes no PIN")),
            (None, None) => None,
        };
        let session = match &self.session {
            Some(digits) => {
                Some(mixed::decode_vec(digits).map_err(|_| misused("--session: expected hexadecimal digits"))?)
            }
            None => None,
        };
        // The counter of a key package is for suites with a counter only. One of the command line is kept, so that it is refused
        // where it does not fit.
        let counter = counter.filter(|_| self.counter.is_some() || suite.counter());
        Ok(DataInput {
            question: question(suite, "--question", &self.question)?,
            counter,
            pin,
            session,
            time: suite.time_steps(context.moment()?),
        })
    }

    fn pin(&self, hash: Hash, file: Option<&Path>, context: &Context) -> Result<PinHash, Failure> {
        let prompt = context.out.text.get("oath-pin");
        let asked = Asked { prompt: &prompt, flag: "--pin-file", file, variable: "CAMTOKEN_PIN" };
        let pin = asked.secret()?;
        if !self.pin_is_hashed {
            return Ok(PinHash::new(hash, pin.expose_secret()));
        }
        let bytes = mixed::decode_vec(pin.expose_secret().trim()).ok().and_then(PinHash::from_bytes);
        bytes.ok_or_else(|| misused("--pin-is-hashed: expected the hexadecimal digits of a hash"))
    }
}

/// A computation without the values that a search moves.
struct Given<'a> {
    mode: Mode,
    suite: Suite,
    key: Key,
    peer: Option<&'a str>,
}

impl Given<'_> {
    fn respond(&self, input: &DataInput) -> Result<Response, Failure> {
        let (suite, key) = (&self.suite, &self.key);
        let response = match (self.mode, self.peer()?) {
            (Mode::OneWay, None) => ocra::one_way(suite, key, input),
            (Mode::Sign, None) => ocra::sign(suite, key, input),
            (Mode::MutualServer, Some(peer)) => ocra::mutual_server(suite, key, &peer, input),
            (Mode::MutualClient, Some(peer)) => ocra::mutual_client(suite, key, &peer, input),
            (Mode::SignatureServer, Some(peer)) => ocra::signature_server(suite, key, &peer, input),
            (Mode::SignatureClient, Some(peer)) => ocra::signature_client(suite, key, &peer, input),
            (Mode::OneWay | Mode::Sign, Some(_)) => return Err(misused("--peer-question is for the mutual modes")),
            (_, None) => return Err(misused("--peer-question is missing: the question of the other party")),
        };
        response.map_err(unfit)
    }

    /// Where a response is found: the counter or time step, or neither.
    fn search(&self, input: DataInput, response: &Response, window: u32) -> Result<Option<Option<u64>>, Failure> {
        // It also refuses inputs that the mode does not have.
        let computed = self.respond(&input)?;
        let moved = input.counter.or(input.time);
        if moved.is_none() && window != 0 {
            return Err(misused("--window: the suite has neither a counter nor a time"));
        }
        let input = match self.peer()? {
            Some(peer) => DataInput { question: peer.join(&input.question).map_err(misused)?, ..input },
            None => input,
        };
        let (suite, key) = (&self.suite, &self.key);
        let found = match (input.counter, input.time) {
            (Some(_), _) => ocra::search_counter(suite, key, &input, response, window),
            (None, Some(_)) => ocra::search_time(suite, key, &input, response, window),
            (None, None) => return Ok(computed.ct_eq(response).then_some(None)),
        };
        Ok(found.map_err(unfit)?.map(Some))
    }

    fn peer(&self) -> Result<Option<Question>, Failure> {
        self.peer.map(|text| question(&self.suite, "--peer-question", text)).transpose()
    }
}

fn question(suite: &Suite, flag: &str, text: &str) -> Result<Question, Failure> {
    Question::new(suite.question(), text).map_err(|error| misused(format!("{flag}: {error}")))
}

fn unfit(error: InputError) -> Failure {
    let flag = match error {
        InputError::Missing { part: ocra::Part::Counter } => "--counter: ",
        InputError::Missing { part: ocra::Part::Session } => "--session: ",
        _ => "",
    };
    misused(format!("{flag}{error}"))
}

//! The verbs of a story, and what they act on.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::forge;
use super::picture::Picture;
use super::words::Words;
use camtoken::challenge::ChallengeId;
use camtoken::key::{ActivationId, Key};
use camtoken::oath::totp::Totp;
use camtoken::seeded::Seeded;
use camtoken::store::{RecordId, Store, block_on};
use camtoken::time::Timestamp;
use camtoken::token::{Pin, Received, Refusal, Token};
use camtoken::transaction::{Operation, Transaction};
use camtoken::verifier::{
    AttemptId, ChallengeRef, EnrollError, IssueError, KeyWrapper, LocalKeyWrapper, Policy, Rejection, Step, Subscriber,
    Verdict, Verifier, VerifierError,
};
use camtoken_core::verifier::record::{self, Credential, Record};

/// Everybody in a story, by the names that it gives them.
pub(super) struct Stage<S, F> {
    start: Timestamp,
    policy: Policy,
    /// Fields of every transfer that does not say otherwise.
    transfer: Vec<(String, String)>,
    rng: Seeded,
    open: F,
    /// `None` only while it is opened again.
    verifier: Option<Verifier<S>>,
    key_encryption_key: Key,
    tokens: BTreeMap<String, Token>,
    /// Users by their name, and challenges by theirs.
    asked: BTreeMap<String, Asked>,
    generators: BTreeMap<String, (ActivationId, Key)>,
    attempts: BTreeMap<String, AttemptId>,
}

/// What the bank's page shows for a user's registration or for a challenge, and what the token answered.
struct Asked {
    token: String,
    activation: ActivationId,
    picture: Picture,
    /// The first code of a registration, once the second is shown.
    before: Option<Picture>,
    answer: Option<String>,
    /// For a challenge.
    issued: Option<(ChallengeRef, Transaction)>,
}

const BANK: &str = "架空中央銀行";
const CONTRACT: &str = "1234567890";

/// A mistake of the story, or of ours; not an outcome.
type Played = Result<String, String>;

impl<S: Store, F: FnMut() -> Result<S, String>> Stage<S, F> {
    pub fn new(
        start: Timestamp,
        policy: Policy,
        transfer: Vec<(String, String)>,
        mut rng: Seeded,
        open: F,
    ) -> Result<Self, String> {
        let mut stage = Self {
            start,
            policy,
            transfer,
            key_encryption_key: Key::generate(&mut rng),
            rng,
            open,
            verifier: None,
            tokens: BTreeMap::new(),
            asked: BTreeMap::new(),
            generators: BTreeMap::new(),
            attempts: BTreeMap::new(),
        };
        stage.restart()?;
        Ok(stage)
    }

    /// Plays one step; what it came to, in the words of the story.
    pub fn step(&mut self, line: &str) -> Played {
        let mut words = Words::split(line)?;
        let verb = words.next("verb")?;
        let came = match verb.as_str() {
            "token" => self.token(&mut words),
            "activate" => self.activate(&mut words),
            "enroll" => self.enroll(&mut words),
            "second" => self.second(&mut words),
            "confirm" => self.confirm(&mut words),
            "keep" => self.keep(&mut words),
            "discard" => self.discard(&mut words),
            "generator" => self.generator(&mut words),
            "issue" => self.issue(&mut words),
            "picture" => self.picture(&mut words),
            "scan" => self.scan(&mut words),
            "approve" => self.approve(&mut words),
            "decline" => self.decline(&mut words),
            "verify" => self.verify(&mut words),
            "password" => self.password(&mut words),
            "reset" => {
                self.manage(&mut words, |stage, activation, now| block_on(stage.verifier().reset(activation, now)))
            }
            "revoke" => {
                self.manage(&mut words, |stage, activation, now| block_on(stage.verifier().revoke(activation, now)))
            }
            "resume" => {
                self.manage(&mut words, |stage, activation, now| block_on(stage.verifier().resume(activation, now)))
            }
            "revoke-token" => self.revoke_token(&mut words),
            "fault" => self.fault(&mut words),
            "pin" => self.pin(&mut words),
            "restart" => self.restart().map(|()| done()),
            _ => return Err(format!("unknown verb {verb:?}")),
        }?;
        words.finish()?;
        Ok(came)
    }

    fn verifier(&self) -> &Verifier<S> {
        self.verifier.as_ref().expect("only opening it again takes it away")
    }

    /// Ends the verifier's process and begins another on the same store.
    fn restart(&mut self) -> Result<(), String> {
        self.verifier = None;
        let store = (self.open)()?;
        let policy = self.policy.clone();
        let vault = Box::new(self.vault());
        let verifier = Verifier::new(store, vault, policy, BANK, &mut self.rng);
        self.verifier = Some(verifier.map_err(|error| error.to_string())?);
        Ok(())
    }

    fn vault(&self) -> LocalKeyWrapper {
        let key = Key::new(self.key_encryption_key.expose_bytes().to_vec());
        LocalKeyWrapper::new(&[key]).expect("a generated key has 32 bytes")
    }

    /// `token NAME TIME ID [test]`
    fn token(&mut self, words: &mut Words) -> Played {
        let name = words.next("token")?;
        let now = self.time(words)?;
        let id = words.next("token ID")?.parse().map_err(|error| format!("{error}"))?;
        let token = Token::generate(id, words.take("test"), &mut self.rng);
        let count = if words.take("slots") { words.next("number")?.parse().unwrap_or_default() } else { Token::SLOTS };
        let token = token.with_slots(count).ok_or_else(|| format!("expected 1 to {} slots", Token::SLOTS))?;
        let verifier = self.verifier.as_ref().expect("it is open");
        let registered =
            block_on(verifier.register(token.id(), token.device_key(), token.is_test(), now, &mut self.rng));
        self.tokens.insert(name, token);
        Ok(registered.map_or_else(|error| enroll_error(&error), |()| done()))
    }

    /// `activate USER TIME TOKEN`: both codes, confirmed and kept.
    fn activate(&mut self, words: &mut Words) -> Played {
        let (user, time, token) = (words.next("user")?, words.next("time")?, words.next("token")?);
        for step in [
            format!("enroll {user} {time} {token}"),
            format!("approve {user}"),
            format!("second {user} {time}"),
            format!("approve {user}"),
            format!("confirm {user} {time}"),
            format!("keep {user}"),
        ] {
            let came = self.step(&step)?;
            if came != done() {
                return Ok(came);
            }
        }
        Ok(done())
    }

    /// `enroll USER TIME TOKEN`: the first code.
    fn enroll(&mut self, words: &mut Words) -> Played {
        let user = words.next("user")?;
        let now = self.time(words)?;
        let token = words.next("token")?;
        let subscriber = Subscriber { contract: CONTRACT.to_owned(), user: user.clone() };
        let id = self.tokens.get(&token).ok_or_else(|| format!("no token {token}"))?.id().clone();
        let verifier = self.verifier.as_ref().expect("it is open");
        match block_on(verifier.enroll(&id, subscriber, now, &mut self.rng)) {
            Ok(first) => {
                let picture = Picture::Text(first.code.to_string());
                let asked =
                    Asked { token, activation: first.activation, picture, before: None, answer: None, issued: None };
                self.asked.insert(user, asked);
                Ok(done())
            }
            Err(error) => Ok(enroll_error(&error)),
        }
    }

    /// `second USER TIME [ANSWER] [attempt NAME]`: the device code is typed, and gives the second code.
    fn second(&mut self, words: &mut Words) -> Played {
        let user = words.next("user")?;
        let now = self.time(words)?;
        let typed = self.answer(&user, now, words)?;
        let (attempt, activation) = (self.attempt(words)?, self.asked(&user)?.activation);
        let verifier = self.verifier.as_ref().expect("it is open");
        match block_on(verifier.second_code(activation, &typed, attempt, now, &mut self.rng)) {
            Ok(Step::Done(second)) => {
                let asked = self.asked_mut(&user)?;
                asked.before = Some(std::mem::replace(&mut asked.picture, Picture::Text(second.code.to_string())));
                Ok(done())
            }
            Ok(Step::Rejected(rejection)) => Ok(rejected(rejection)),
            Err(error) => Ok(enroll_error(&error)),
        }
    }

    /// `confirm USER TIME [ANSWER] [attempt NAME]`: the response to the second code is typed.
    fn confirm(&mut self, words: &mut Words) -> Played {
        let user = words.next("user")?;
        let now = self.time(words)?;
        let typed = self.answer(&user, now, words)?;
        let (attempt, activation) = (self.attempt(words)?, self.asked(&user)?.activation);
        Ok(match block_on(self.verifier().confirm(activation, &typed, attempt, now)) {
            Ok(Step::Done(())) => done(),
            Ok(Step::Rejected(rejection)) => rejected(rejection),
            Err(error) => enroll_error(&error),
        })
    }

    /// `keep USER`: Yes, the bank has confirmed.
    fn keep(&mut self, words: &mut Words) -> Played {
        self.end_registration(words, true)
    }

    /// `discard USER`: No, it has not.
    fn discard(&mut self, words: &mut Words) -> Played {
        self.end_registration(words, false)
    }

    fn end_registration(&mut self, words: &mut Words, kept: bool) -> Played {
        let user = words.next("user")?;
        self.with_received(&user, None, |received, _| match received {
            Received::SecondCode(second) => {
                let unconfirmed = second.approve();
                if kept {
                    unconfirmed.keep()
                } else {
                    unconfirmed.discard()
                }
                Ok((done(), None))
            }
            _ => Err("not at the second code".to_owned()),
        })
    }

    /// `generator USER TIME`: a time-based generator, for a customer without the token.
    fn generator(&mut self, words: &mut Words) -> Played {
        let user = words.next("user")?;
        let now = self.time(words)?;
        let subscriber = Subscriber { contract: CONTRACT.to_owned(), user: user.clone() };
        let verifier = self.verifier.as_ref().expect("it is open");
        match block_on(verifier.enroll_time_based(subscriber, now, &mut self.rng)) {
            Ok(generator) => {
                self.generators.insert(user, generator);
                Ok(done())
            }
            Err(error) => Ok(enroll_error(&error)),
        }
    }

    /// `issue CHALLENGE TIME USER OPERATION FIELD=VALUE… [for SECONDS]`; the operation `unknown` is in no catalogue.
    fn issue(&mut self, words: &mut Words) -> Played {
        let name = words.next("challenge")?;
        let now = self.time(words)?;
        let user = words.next("user")?;
        let operation = words.next("operation")?;
        if operation == "unknown" {
            return self.forge(name, now, &user);
        }
        let operation: Operation = operation.parse().map_err(|error| format!("{error}"))?;
        let mut fields = words.fields();
        if operation == Operation::Transfer {
            let left_out = |name: &String| fields.iter().all(|(given, _)| given != name);
            let defaults: Vec<_> = self.transfer.iter().filter(|(name, _)| left_out(name)).cloned().collect();
            fields.extend(defaults);
        }
        let lifetime = if words.take("for") {
            Some(Duration::from_secs(words.next("seconds")?.parse().map_err(|error| format!("{error}"))?))
        } else {
            None
        };
        let transaction = Transaction::new(operation, fields).map_err(|error| error.to_string())?;
        let (activation, token) = match self.generators.get(&user) {
            Some((activation, _)) => (*activation, String::new()),
            None => {
                let asked = self.asked(&user)?;
                (asked.activation, asked.token.clone())
            }
        };
        let verifier = self.verifier.as_ref().expect("it is open");
        match block_on(verifier.issue(activation, transaction.clone(), lifetime, now, &mut self.rng)) {
            Ok(issued) => {
                let picture = Picture::Text(issued.code.to_string());
                let issued = Some((issued.reference, transaction));
                self.asked.insert(name, Asked { token, activation, picture, before: None, answer: None, issued });
                Ok(done())
            }
            Err(IssueError::Refused(rejection)) => Ok(rejected(rejection)),
            Err(IssueError::Verifier(error)) => Ok(verifier_error(&error)),
            Err(IssueError::Policy(error)) => Ok(error_named(&error)),
            Err(error) => Ok(error_named(&error)),
        }
    }

    fn forge(&mut self, name: String, now: Timestamp, user: &str) -> Played {
        let asked = self.asked(user)?;
        let (activation, token) = (asked.activation, asked.token.clone());
        let stored = block_on(self.verifier().store().load(&RecordId::Activation(activation)));
        let stored = stored.map_err(|error| error.to_string())?.ok_or_else(|| format!("{user} has no record"))?;
        let record: Record = record::from_bytes(&stored.record).map_err(|error| error.to_string())?;
        let Credential::Camera { key, .. } = record.credential else {
            return Err(format!("{user} has no camera token"));
        };
        let context = [b"activation ", activation.as_bytes().as_slice()].concat();
        let key = self.vault().unwrap(&key, &context).map_err(|error| error.to_string())?;
        let id = ChallengeId::generate(now, &mut self.rng);
        let text = forge::unknown_operation(id, activation, &key, now.plus(self.policy.lifetime));
        let picture = Picture::Text(text);
        self.asked.insert(name, Asked { token, activation, picture, before: None, answer: None, issued: None });
        Ok(done())
    }

    /// `picture NAME altered | spoilt | blank | before | says TEXT`
    fn picture(&mut self, words: &mut Words) -> Played {
        let name = words.next("name")?;
        let change = words.next("change")?;
        let said = if change == "says" { Some(words.next("text")?) } else { None };
        let asked = self.asked_mut(&name)?;
        if change == "before" {
            asked.picture = asked.before.take().ok_or("there was no picture before")?;
            return Ok(done());
        }
        let Picture::Text(text) = &asked.picture else { return Err("the picture was changed already".to_owned()) };
        asked.picture = match (change.as_str(), said) {
            ("altered", _) => Picture::Text(forge::alter(text)?),
            ("spoilt", _) => Picture::Spoilt(text.clone()),
            ("blank", _) => Picture::Blank,
            (_, Some(said)) => Picture::Text(said),
            _ => return Err(format!("unknown change {change:?}")),
        };
        Ok(done())
    }

    /// `scan NAME [on TOKEN] [FIELD=VALUE…]`: the token shows what the picture says, and these fields as given here.
    fn scan(&mut self, words: &mut Words) -> Played {
        let (name, token) = name_and_token(words)?;
        let fields = words.fields();
        self.with_received(&name, token, |received, _| {
            let transaction = received.transaction();
            let shown = |field: &str| transaction.get(field).map(ToString::to_string);
            let differs = fields.iter().find(|(field, value)| shown(field).as_ref() != Some(value));
            Ok((differs.map_or_else(done, |(field, _)| format!("differs {field}")), None))
        })
    }

    /// `approve NAME [on TOKEN]`: the token shows it, and the person presses OK.
    fn approve(&mut self, words: &mut Words) -> Played {
        let (name, token) = name_and_token(words)?;
        self.with_received(&name, token, |received, rng| {
            let answer = match received {
                Received::Transaction(shown) => Some(shown.approve().expose_str().to_owned()),
                Received::FirstCode(shown) => Some(shown.approve(rng).expose_digits()),
                Received::SecondCode(shown) => Some(shown.approve().response().expose_str().to_owned()),
                Received::Deletion(shown) => {
                    shown.approve();
                    None
                }
            };
            Ok((done(), answer))
        })
    }

    /// `decline NAME [on TOKEN]`: the token shows it, and the person presses the other button.
    fn decline(&mut self, words: &mut Words) -> Played {
        let (name, token) = name_and_token(words)?;
        self.with_received(&name, token, |received, _| Ok((refused(received.decline()), None)))
    }

    /// Reads the picture with the camera of a token. An answer is kept.
    fn with_received(
        &mut self,
        name: &str,
        token: Option<String>,
        act: impl FnOnce(Received<'_>, &mut Seeded) -> Result<(String, Option<String>), String>,
    ) -> Played {
        let asked = self.asked.get_mut(name).ok_or_else(|| format!("nothing is asked of {name}"))?;
        let token = token.as_ref().unwrap_or(&asked.token);
        let token = self.tokens.get_mut(token).ok_or_else(|| format!("no token {token}"))?;
        let code = match asked.picture.read()? {
            Ok(code) => code,
            Err(refusal) => return Ok(refused(refusal)),
        };
        let (came, answer) = match token.receive(&code) {
            Ok(received) => act(received, &mut self.rng)?,
            Err(refusal) => (refused(refusal), None),
        };
        if answer.is_some() {
            asked.answer = answer;
        }
        Ok(came)
    }

    /// `verify CHALLENGE TIME [ANSWER] [attempt NAME]`
    fn verify(&mut self, words: &mut Words) -> Played {
        let name = words.next("challenge")?;
        let now = self.time(words)?;
        let typed = self.answer(&name, now, words)?;
        let attempt = self.attempt(words)?;
        let (reference, transaction) = self.asked(&name)?.issued.clone().ok_or("not a challenge")?;
        match block_on(self.verifier().verify(reference, &typed, attempt, now)) {
            Ok(Verdict::Accepted(accepted)) if accepted.transaction() != Some(&transaction) => {
                Err("another transaction than the one that was issued is accepted".to_owned())
            }
            other => Ok(verdict(other)),
        }
    }

    /// `password USER TIME [ANSWER] [attempt NAME]`: a time-based password is typed.
    fn password(&mut self, words: &mut Words) -> Played {
        let user = words.next("user")?;
        let now = self.time(words)?;
        let typed = self.answer(&user, now, words)?;
        let attempt = self.attempt(words)?;
        let activation = match self.generators.get(&user) {
            Some((activation, _)) => *activation,
            None => self.asked(&user)?.activation,
        };
        Ok(verdict(block_on(self.verifier().verify_time_based(activation, &typed, attempt, now))))
    }

    fn manage(
        &mut self,
        words: &mut Words,
        act: impl FnOnce(&Self, ActivationId, Timestamp) -> Result<(), EnrollError>,
    ) -> Played {
        let user = words.next("user")?;
        let now = self.time(words)?;
        let activation = self.asked(&user)?.activation;
        Ok(act(self, activation, now).map_or_else(|error| enroll_error(&error), |()| done()))
    }

    /// `revoke-token TOKEN TIME`
    fn revoke_token(&mut self, words: &mut Words) -> Played {
        let name = words.next("token")?;
        let now = self.time(words)?;
        let id = self.tokens.get(&name).ok_or_else(|| format!("no token {name}"))?.id();
        let revoked = block_on(self.verifier().revoke_token(id, now));
        Ok(revoked.map_or_else(|error| enroll_error(&error), |()| done()))
    }

    /// `fault TOKEN battery | half-activated`
    fn fault(&mut self, words: &mut Words) -> Played {
        let (name, fault) = (words.next("token")?, words.next("fault")?);
        let token = self.tokens.get_mut(&name).ok_or_else(|| format!("no token {name}"))?;
        match fault.as_str() {
            "battery" => token.faults.battery = 0,
            "half-activated" => token.faults.half_activated = true,
            _ => return Err(format!("unknown fault {fault:?}")),
        }
        Ok(done())
    }

    /// `pin TOKEN set|enter DIGITS`, `pin TOKEN lock`
    fn pin(&mut self, words: &mut Words) -> Played {
        let (name, act) = (words.next("token")?, words.next("set, enter or lock")?);
        let token = self.tokens.get_mut(&name).ok_or_else(|| format!("no token {name}"))?;
        match act.as_str() {
            "set" => {
                let pin = Pin::new(&words.next("digits")?, &mut self.rng).map_err(|error| error.to_string())?;
                Ok(token.set_pin(Some(pin)).map_or_else(|_| refused(Refusal::Locked), |()| done()))
            }
            "enter" => Ok(token.unlock(&words.next("digits")?).map_or_else(|error| error_named(&error), |()| done())),
            "lock" => {
                token.lock();
                Ok(done())
            }
            _ => Err(format!("expected set, enter or lock, found {act:?}")),
        }
    }

    /// `+SECONDS` after the start, or a time by itself.
    fn time(&self, words: &mut Words) -> Result<Timestamp, String> {
        let word = words.next("time")?;
        match word.strip_prefix('+') {
            Some(seconds) => {
                let seconds = seconds.parse().map_err(|_| format!("{word:?} is no number of seconds"))?;
                Ok(self.start.plus(Duration::from_secs(seconds)))
            }
            None => word.parse().map_err(|error| format!("{word:?}: {error}")),
        }
    }

    /// What the person types: `[response of NAME | digits TEXT] [as FORM]`, else the response that NAME has.
    fn answer(&self, name: &str, now: Timestamp, words: &mut Words) -> Result<String, String> {
        let typed = if words.take("digits") {
            words.next("digits")?
        } else if words.take("response") {
            if !words.take("of") {
                return Err("expected \"response of NAME\"".to_owned());
            }
            self.response_of(&words.next("name")?, now)?
        } else {
            self.response_of(name, now)?
        };
        if words.take("as") { spelled(&typed, &words.next("form")?) } else { Ok(typed) }
    }

    fn response_of(&self, name: &str, now: Timestamp) -> Result<String, String> {
        match self.generators.get(name) {
            Some((_, key)) => Ok(Totp::default().respond(key, now).expose_str().to_owned()),
            None => self.asked(name)?.answer.clone().ok_or_else(|| format!("the token has not answered {name}")),
        }
    }

    fn attempt(&mut self, words: &mut Words) -> Result<AttemptId, String> {
        let new = AttemptId::generate(&mut self.rng);
        if !words.take("attempt") {
            return Ok(new);
        }
        Ok(*self.attempts.entry(words.next("attempt")?).or_insert(new))
    }

    fn asked(&self, name: &str) -> Result<&Asked, String> {
        self.asked.get(name).ok_or_else(|| format!("nothing is asked of {name}"))
    }

    fn asked_mut(&mut self, name: &str) -> Result<&mut Asked, String> {
        self.asked.get_mut(name).ok_or_else(|| format!("nothing is asked of {name}"))
    }
}

fn name_and_token(words: &mut Words) -> Result<(String, Option<String>), String> {
    let name = words.next("name")?;
    let token = if words.take("on") { Some(words.next("token")?) } else { None };
    Ok((name, token))
}

/// The same digits as a person might type them, or a digit off.
fn spelled(digits: &str, form: &str) -> Result<String, String> {
    let full_width = |digit: char| digit.to_digit(10).and_then(|digit| char::from_u32(0xFF10 + digit));
    let split = |at| digits.split_at_checked(at).filter(|(start, _)| !start.is_empty());
    let too_short = || format!("{digits:?} has no form {form}");
    Ok(match form {
        "wrong" => {
            let (start, last) = split(digits.len().saturating_sub(1)).ok_or_else(too_short)?;
            let last: u32 = last.parse().map_err(|_| too_short())?;
            format!("{start}{}", (last + 1) % 10)
        }
        "full-width" => digits.chars().filter_map(full_width).collect(),
        "spaced" => {
            let (start, end) = split(digits.len() / 2).ok_or_else(too_short)?;
            format!("{start} {end}")
        }
        "shortened" => split(1).ok_or_else(too_short)?.1.to_owned(),
        "lengthened" => format!("0{digits}"),
        _ => return Err(format!("unknown form {form:?}")),
    })
}

fn done() -> String {
    "done".to_owned()
}

fn verdict(verdict: Result<Verdict, VerifierError>) -> String {
    match verdict {
        Ok(Verdict::Accepted(accepted)) if accepted.first() => "accepted".to_owned(),
        Ok(Verdict::Accepted(_)) => "accepted again".to_owned(),
        Ok(Verdict::Rejected(rejection)) => rejected(rejection),
        Err(error) => verifier_error(&error),
    }
}

fn rejected(rejection: Rejection) -> String {
    match rejection {
        Rejection::Wrong { suspended: true, .. } => "rejected Wrong, suspended".to_owned(),
        Rejection::Wrong { tries_left, .. } => format!("rejected Wrong, {tries_left} left"),
        other => format!("rejected {}", other.name()),
    }
}

fn refused(refusal: Refusal) -> String {
    format!("refused {}", refusal.code())
}

fn enroll_error(error: &EnrollError) -> String {
    match error {
        EnrollError::Verifier(error) => verifier_error(error),
        other => error_named(other),
    }
}

fn verifier_error(error: &VerifierError) -> String {
    error_named(error)
}

/// The name of an error's variant.
fn error_named(error: &impl fmt::Debug) -> String {
    let name = format!("{error:?}");
    format!("error {}", name.split([' ', '(', '{']).next().unwrap_or_default())
}

//! The verbs of a story, and what they act on.

mod words;

use self::words::*;
use std::collections::BTreeMap;
use std::time::Duration;

use super::forge;
use super::picture::Picture;
use super::roles::{Button, Came, Ended, Fault, Manage, PinAct, Shown, TokenRole, VerifierRole};
use super::words::Words;
use camtoken::challenge::{ChallengeId, ChallengeRef, DeviceCode};
use camtoken::code::ChallengeCode;
use camtoken::code::activation::{Binding, open_second};
use camtoken::key::{ActivationId, Key, TokenId};
use camtoken::oath::totp::Totp;
use camtoken::seeded::Seeded;
use camtoken::time::Timestamp;
use camtoken::token::Token;
use camtoken::transaction::{Domain, Operation, Transaction};
use camtoken::verifier::{AttemptId, Policy, Subscriber};

/// All parties of a story, by the names that it gives them.
pub(super) struct Stage<'p, V, T> {
    start: Timestamp,
    policy: Policy,
    /// Fields of every transfer that does not say otherwise.
    transfer: Vec<(String, String)>,
    rng: Seeded,
    verifier: &'p mut V,
    tokens: &'p mut T,
    /// The tokens as they left the factory.
    made: BTreeMap<String, (TokenId, Key)>,
    /// Users by their name, and challenges by theirs.
    asked: BTreeMap<String, Asked>,
    generators: BTreeMap<String, (ActivationId, Key)>,
    attempts: BTreeMap<String, AttemptId>,
}

/// The bank's page for a user's registration or for a challenge, and the token's answer.
struct Asked {
    token: String,
    activation: ActivationId,
    picture: Picture,
    /// The first code of a registration, once the second is shown.
    before: Option<Picture>,
    /// The activation's key, once the second code has brought it.
    key: Option<Key>,
    answer: Option<String>,
    /// For a challenge.
    issued: Option<(ChallengeRef, Transaction)>,
}

const CONTRACT: &str = "1234567890";

/// The result of a step, in the words of the story.
type Played = Result<String, Ended>;

impl<'p, V: VerifierRole, T: TokenRole> Stage<'p, V, T> {
    pub fn new(
        start: Timestamp,
        policy: Policy,
        transfer: Vec<(String, String)>,
        rng: Seeded,
        verifier: &'p mut V,
        tokens: &'p mut T,
    ) -> Self {
        Self {
            start,
            policy,
            transfer,
            rng,
            verifier,
            tokens,
            made: BTreeMap::new(),
            asked: BTreeMap::new(),
            generators: BTreeMap::new(),
            attempts: BTreeMap::new(),
        }
    }

    /// Plays one step, and returns its result in the words of the story.
    pub fn step(&mut self, line: &str) -> Played {
        let mut words = Words::split(line)?;
        let verb = words.next("verb")?;
        let came = match verb.as_str() {
            "token" => self.token(&mut words),
            "activate" => self.activate(&mut words),
            "enroll" => self.enroll(&mut words),
            "second" => self.second(&mut words),
            "confirm" => self.confirm(&mut words),
            "keep" => self.end_registration(&mut words, Button::Keep),
            "discard" => self.end_registration(&mut words, Button::Discard),
            "generator" => self.generator(&mut words),
            "issue" => self.issue(&mut words),
            "picture" => self.picture(&mut words),
            "scan" => self.scan(&mut words),
            "approve" => self.approve(&mut words),
            "decline" => self.decline(&mut words),
            "verify" => self.verify(&mut words),
            "password" => self.password(&mut words),
            "reset" => self.manage(&mut words, Manage::Reset),
            "revoke" => self.manage(&mut words, Manage::Revoke),
            "resume" => self.manage(&mut words, Manage::Resume),
            "revoke-token" => self.revoke_token(&mut words),
            "fault" => self.fault(&mut words),
            "pin" => self.pin(&mut words),
            "restart" => self.verifier.restart().map(|()| done()),
            _ => return Err(format!("unknown verb {verb:?}").into()),
        }?;
        words.finish()?;
        Ok(came)
    }

    /// `token NAME TIME ID [test] [slots N]`
    fn token(&mut self, words: &mut Words) -> Played {
        let name = words.next("token")?;
        let now = self.time(words)?;
        let id: TokenId = words.next("token ID")?.parse().map_err(|error| format!("{error}"))?;
        let test = words.take("test");
        let slots = if words.take("slots") { words.next("number")?.parse().unwrap_or_default() } else { Token::SLOTS };
        let device_key = Key::generate(&mut self.rng);
        if let Err(other) = self.tokens.make(&name, &id, &device_key, test, slots)? {
            return Ok(other);
        }
        let came = self.verifier.register(&id, &device_key, test, now)?;
        self.made.insert(name, (id, device_key));
        Ok(said(came))
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
        let (id, _) = self.made.get(&token).ok_or_else(|| format!("no token {token}"))?;
        Ok(match self.verifier.enroll(id, subscriber(&user), now)? {
            Ok(first) => {
                let picture = Picture::Text(first.code);
                self.asked.insert(user, Asked::new(token, first.activation, picture));
                done()
            }
            Err(other) => other,
        })
    }

    /// `second USER TIME [ANSWER] [attempt NAME]`: the device code is typed, and gives the second code.
    fn second(&mut self, words: &mut Words) -> Played {
        let user = words.next("user")?;
        let now = self.time(words)?;
        let typed = self.answer(&user, now, words)?;
        let (attempt, activation) = (self.attempt(words)?, self.asked(&user)?.activation);
        let code = match self.verifier.second(activation, &typed, attempt, now)? {
            Ok(code) => code,
            Err(other) => return Ok(other),
        };
        let asked = self.asked.get_mut(&user).ok_or_else(|| unasked(&user))?;
        let device_key = self.made.get(&asked.token).map(|(_, device_key)| device_key);
        let brought = device_key.and_then(|device_key| brought_key(asked, &typed, &code, device_key));
        asked.key = brought.or(asked.key.take());
        asked.before = Some(std::mem::replace(&mut asked.picture, Picture::Text(code)));
        Ok(done())
    }

    /// `confirm USER TIME [ANSWER] [attempt NAME]`: the response to the second code is typed.
    fn confirm(&mut self, words: &mut Words) -> Played {
        let user = words.next("user")?;
        let now = self.time(words)?;
        let typed = self.answer(&user, now, words)?;
        let (attempt, activation) = (self.attempt(words)?, self.asked(&user)?.activation);
        Ok(said(self.verifier.confirm(activation, &typed, attempt, now)?))
    }

    /// `keep USER`: Yes, the bank has confirmed. `discard USER`: No, it has not.
    fn end_registration(&mut self, words: &mut Words, button: Button) -> Played {
        let user = words.next("user")?;
        Ok(said(self.press(&user, None, button)?))
    }

    /// `generator USER TIME`: a time-based generator, for a customer without the token.
    fn generator(&mut self, words: &mut Words) -> Played {
        let user = words.next("user")?;
        let now = self.time(words)?;
        Ok(match self.verifier.generator(subscriber(&user), now)? {
            Ok(generator) => {
                self.generators.insert(user, generator);
                done()
            }
            Err(other) => other,
        })
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
        Ok(match self.verifier.issue(activation, &transaction, lifetime, now)? {
            Ok(issued) => {
                let challenge = Some((issued.challenge, transaction));
                let asked = Asked::new(token, activation, Picture::Text(issued.code));
                self.asked.insert(name, Asked { issued: challenge, ..asked });
                done()
            }
            Err(other) => other,
        })
    }

    fn forge(&mut self, name: String, now: Timestamp, user: &str) -> Played {
        let id = ChallengeId::generate(now, &mut self.rng);
        let asked = self.asked(user)?;
        let key = asked.key.as_ref().ok_or_else(|| format!("{user} has no key of a second code"))?;
        let (activation, token) = (asked.activation, asked.token.clone());
        let text = forge::unknown_operation(id, activation, key, now.plus(self.policy.lifetime));
        self.asked.insert(name, Asked::new(token, activation, Picture::Text(text)));
        Ok(done())
    }

    /// `picture NAME altered | renamed | spoilt | blank | before | says TEXT`
    fn picture(&mut self, words: &mut Words) -> Played {
        let name = words.next("name")?;
        let change = words.next("change")?;
        let said = if change == "says" { Some(words.next("text")?) } else { None };
        if change == "renamed" {
            let text = self.renamed(&name)?;
            self.asked_mut(&name)?.picture = Picture::Text(text);
            return Ok(done());
        }
        let asked = self.asked_mut(&name)?;
        if change == "before" {
            asked.picture = asked.before.take().ok_or("there was no picture before")?;
            return Ok(done());
        }
        let Picture::Text(text) = &asked.picture else { return Err("the picture was changed already".into()) };
        asked.picture = match (change.as_str(), said) {
            ("altered", _) => Picture::Text(forge::alter(text)?),
            ("spoilt", _) => Picture::Spoilt(text.clone()),
            ("blank", _) => Picture::Blank,
            (_, Some(said)) => Picture::Text(said),
            _ => return Err(format!("unknown change {change:?}").into()),
        };
        Ok(done())
    }

    /// A second code that names another activation than the first one. The token has answered that one and not this.
    fn renamed(&mut self, name: &str) -> Result<String, String> {
        let named = (ChallengeId::generate(self.start, &mut self.rng), ActivationId::generate(&mut self.rng));
        let asked = self.asked(name)?;
        let (token, device_key) = self.made.get(&asked.token).ok_or_else(|| format!("no token {}", asked.token))?;
        let Picture::Text(code) = &asked.picture else { return Err("the picture was changed already".to_owned()) };
        let binding = asked.answer.as_ref().and_then(|typed| binding(asked, typed));
        binding
            .and_then(|binding| forge::renamed(code, token, device_key, binding, named))
            .ok_or_else(|| format!("{name} has no second code that is to be answered"))
    }

    /// `scan NAME [on TOKEN] [FIELD=VALUE…]`: the token shows what the picture says, and these fields as given here.
    fn scan(&mut self, words: &mut Words) -> Played {
        let (name, token) = name_and_token(words)?;
        let fields = words.fields();
        Ok(match self.press(&name, token, Button::Look)? {
            Ok(shown) => {
                let differs = fields.iter().find(|(field, value)| shown.fields.get(field) != Some(value));
                differs.map_or_else(done, |(field, _)| format!("differs {field}"))
            }
            Err(other) => other,
        })
    }

    /// `approve NAME [on TOKEN]`: the token shows it, and the person presses OK.
    fn approve(&mut self, words: &mut Words) -> Played {
        let (name, token) = name_and_token(words)?;
        Ok(said(self.press(&name, token, Button::Approve)?))
    }

    /// `decline NAME [on TOKEN]`: the token shows it, and the person presses the other button.
    fn decline(&mut self, words: &mut Words) -> Played {
        let (name, token) = name_and_token(words)?;
        Ok(said(self.press(&name, token, Button::Decline)?))
    }

    /// Reads the picture with the camera of a token. An answer is kept.
    fn press(&mut self, name: &str, token: Option<String>, button: Button) -> Came<Shown> {
        let asked = self.asked.get_mut(name).ok_or_else(|| unasked(name))?;
        let token = token.as_ref().unwrap_or(&asked.token);
        let came = self.tokens.press(token, &asked.picture, button)?;
        if let Ok(shown) = &came {
            asked.judge(shown, button)?;
            asked.answer = shown.answer.clone().or(asked.answer.take());
        }
        Ok(came)
    }

    /// `verify CHALLENGE TIME [ANSWER] [attempt NAME]`
    fn verify(&mut self, words: &mut Words) -> Played {
        let name = words.next("challenge")?;
        let now = self.time(words)?;
        let typed = self.answer(&name, now, words)?;
        let attempt = self.attempt(words)?;
        let (challenge, transaction) = self.asked(&name)?.issued.clone().ok_or("not a challenge")?;
        Ok(match self.verifier.verify(challenge, &typed, attempt, now)? {
            Ok(accepted) if accepted.transaction.as_ref() != Some(&transaction) => {
                return Err("another transaction than the one that was issued is accepted".into());
            }
            Ok(accepted) => accepted_as(accepted.first),
            Err(other) => other,
        })
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
        Ok(match self.verifier.password(activation, &typed, attempt, now)? {
            Ok(first) => accepted_as(first),
            Err(other) => other,
        })
    }

    fn manage(&mut self, words: &mut Words, act: Manage) -> Played {
        let user = words.next("user")?;
        let now = self.time(words)?;
        let activation = self.asked(&user)?.activation;
        Ok(said(self.verifier.manage(act, activation, now)?))
    }

    /// `revoke-token TOKEN TIME`
    fn revoke_token(&mut self, words: &mut Words) -> Played {
        let name = words.next("token")?;
        let now = self.time(words)?;
        let (id, _) = self.made.get(&name).ok_or_else(|| format!("no token {name}"))?;
        Ok(said(self.verifier.revoke_token(id, now)?))
    }

    /// `fault TOKEN battery | half-activated`
    fn fault(&mut self, words: &mut Words) -> Played {
        let (name, fault) = (words.next("token")?, words.next("fault")?);
        let fault = match fault.as_str() {
            "battery" => Fault::Battery,
            "half-activated" => Fault::HalfActivated,
            _ => return Err(format!("unknown fault {fault:?}").into()),
        };
        Ok(said(self.tokens.fault(&name, fault)?))
    }

    /// `pin TOKEN set|enter DIGITS`, `pin TOKEN lock`
    fn pin(&mut self, words: &mut Words) -> Played {
        let (name, act) = (words.next("token")?, words.next("set, enter or lock")?);
        let act = match act.as_str() {
            "set" => PinAct::Set(words.next("digits")?),
            "enter" => PinAct::Enter(words.next("digits")?),
            "lock" => PinAct::Lock,
            _ => return Err(format!("expected set, enter or lock, found {act:?}").into()),
        };
        Ok(said(self.tokens.pin(&name, act)?))
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

    /// The digits that the person types: `[response of NAME | digits TEXT] [as FORM]`, else the response of NAME.
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
        self.asked.get(name).ok_or_else(|| unasked(name))
    }

    fn asked_mut(&mut self, name: &str) -> Result<&mut Asked, String> {
        self.asked.get_mut(name).ok_or_else(|| unasked(name))
    }
}

impl Asked {
    fn new(token: String, activation: ActivationId, picture: Picture) -> Self {
        Self { token, activation, picture, before: None, key: None, answer: None, issued: None }
    }

    /// Whether a token shows the whole transaction, and answers when it is approved and not before.
    fn judge(&self, shown: &Shown, button: Button) -> Result<(), String> {
        let transaction = self.issued.as_ref().map(|(_, transaction)| transaction);
        if let Some(transaction) = transaction {
            let issued = transaction.displayed().map(|(field, value)| (field.name.to_owned(), value.to_string()));
            if shown.fields != issued.collect() {
                return Err(format!("the token shows {:?}, and not the transaction that was issued", shown.fields));
            }
        }
        // Only a deletion may be approved without an answer.
        let deletes = transaction.is_some_and(|transaction| transaction.operation().domain() == Domain::Deletion);
        match (button, &shown.answer) {
            (Button::Look | Button::Decline, Some(_)) => Err("the token answers what is not approved".to_owned()),
            (Button::Approve, None) if !deletes => Err("the token does not answer what is approved".to_owned()),
            _ => Ok(()),
        }
    }
}

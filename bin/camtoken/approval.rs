//! A code on a token: it is shown page by page, approved or cancelled, and answered.

use std::path::Path;

use camtoken::challenge::Challenge;
use camtoken::token::screen::Screen;
use camtoken::token::{Button, Refusal, Seen, State};
use camtoken::transaction::Domain;
use camtoken_documents::TypedDigits;
use clap::ValueEnum;

use crate::context::Context;
use crate::failure::{Code, Failure};
use crate::secret;
use crate::system::rng;
use crate::tokens::Held;

/// Who presses the buttons.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Confirm {
    /// A person, page by page.
    Ask,
    /// Nobody: all pages are walked through and approved.
    Auto,
    /// Whoever comes later: the token stays at the first page.
    Step,
}

/// The answer to the question whether the bank has confirmed a registration.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Keep {
    /// It has.
    Yes,
    /// It has not.
    No,
}

/// How to ask a token.
pub struct Approval<'a> {
    /// Who presses the buttons.
    pub confirm: Confirm,
    /// What to answer about a registration; without it a person is asked, if there is one.
    pub keep: Option<Keep>,
    /// Where the PIN is.
    pub pin: Option<&'a Path>,
}

/// The result of a code.
pub enum Answer {
    /// The token refuses, or the user has cancelled.
    Refused(Refusal),
    /// It was shown, and perhaps approved.
    Shown(Box<Shown>),
}

/// A code that was shown.
pub struct Shown {
    /// Its content.
    pub challenge: Challenge,
    /// Its pages.
    pub pages: Vec<Screen>,
    /// The screen now.
    pub screen: Screen,
    /// The digits to type.
    pub digits: TypedDigits,
    /// The answer about a registration.
    pub registered: Option<bool>,
}

impl Shown {
    /// Whether a registration waits for the answer whether the bank has confirmed it.
    pub fn is_unkept(&self) -> bool {
        let is_second = self.challenge.domain() == Domain::Activation2;
        is_second && self.digits.response.is_some() && self.registered.is_none()
    }
}

impl Approval<'_> {
    /// Gives a token the code that the camera has read, and keeps the token's file up to date.
    ///
    /// # Errors
    ///
    /// When the token cannot scan, or there is no terminal for the question.
    pub fn hand(&self, held: &mut Held, seen: Result<&str, Refusal>, context: &Context) -> Result<Answer, Failure> {
        held.wake(self.pin, context)?;
        let now = context.moment()?;
        let seen = held.device.scan(seen, now);
        held.save()?;
        match seen {
            Seen::Refused(refusal) => return Ok(Answer::Refused(refusal)),
            Seen::NotLooking => return Err(Failure::new(Code::TokenAsks).with("name", &held.name)),
            Seen::Shown => {}
        }
        let Some(challenge) = held.device.challenge(now) else { return Err(Failure::new(Code::Internal)) };
        let pages = held.device.pages(now);
        match self.confirm {
            Confirm::Step => {}
            Confirm::Auto => {
                for _ in &pages {
                    held.device.press(Button::Right, context.moment()?, &mut rng());
                }
            }
            Confirm::Ask => ask(held, context)?,
        }
        // A response that was printed and not saved would be given twice.
        held.save()?;
        let now = context.moment()?;
        match held.device.state(now) {
            State::Refused(refusal) => return Ok(Answer::Refused(refusal)),
            State::Off => return Ok(Answer::Refused(Refusal::Cancelled)),
            _ => {}
        }
        let (screen, digits) = (held.device.screen(now), TypedDigits::of(&held.device, now));
        let answered = challenge.domain() == Domain::Activation2 && held.device.state(now) == State::Answered;
        let registered = if answered { self.settle(held, &screen, context)? } else { None };
        Ok(Answer::Shown(Box::new(Shown { challenge, pages, screen, digits, registered })))
    }

    /// Answers whether the bank has confirmed, if a flag or a person says so.
    fn settle(&self, held: &mut Held, response: &Screen, context: &Context) -> Result<Option<bool>, Failure> {
        let confirmed = match self.keep {
            Some(keep) => keep == Keep::Yes,
            None if secret::on_terminal() => {
                context.out.say(&response.to_text());
                held.device.press(Button::Right, context.moment()?, &mut rng());
                held.save()?;
                let question = held.device.screen(context.moment()?).said("question");
                secret::confirm(&question, "--keep yes|no")?
            }
            None => return Ok(None),
        };
        answer(held, confirmed, context)?;
        Ok(Some(confirmed))
    }
}

/// Answers the question whether the bank has confirmed; digits before it are ignored.
///
/// # Errors
///
/// [`Code::TokenAsks`] when the token does not ask that.
pub fn answer(held: &mut Held, confirmed: bool, context: &Context) -> Result<(), Failure> {
    if held.device.state(context.moment()?) == State::Answered {
        held.device.press(Button::Right, context.moment()?, &mut rng());
    }
    if held.device.state(context.moment()?) != State::Asking {
        return Err(Failure::new(Code::TokenAsks).with("name", &held.name));
    }
    let button = if confirmed { Button::Right } else { Button::Left };
    held.device.press(button, context.moment()?, &mut rng());
    held.save()
}

/// Shows page after page, and presses the button that the person chooses.
fn ask(held: &mut Held, context: &Context) -> Result<(), Failure> {
    loop {
        let now = context.moment()?;
        let State::Showing { page, pages } = held.device.state(now) else { return Ok(()) };
        context.out.say(&format!("\n{}\n", held.device.screen(now).to_text()));
        let (page, pages) = (page.to_string(), pages.to_string());
        let question = context.out.text.with("scan-ask", &[("page", &page), ("pages", &pages)]);
        let answer = secret::line(&question, "--confirm auto|step")?;
        let now = context.moment()?;
        match answer.as_deref().map(str::to_lowercase).as_deref() {
            Some("" | "y" | "ｙ") => held.device.press(Button::Right, now, &mut rng()),
            Some("b" | "ｂ") => held.device.press(Button::Left, now, &mut rng()),
            None | Some("n" | "ｎ") => {
                while matches!(held.device.state(now), State::Showing { .. }) {
                    held.device.press(Button::Left, now, &mut rng());
                }
            }
            Some(_) => {}
        }
    }
}

//! The tokens of a story: camtoken's own, each with a camera.

use std::collections::BTreeMap;

use super::picture::Picture;
use super::roles::{Button, Came, Ended, Fault, PinAct, Shown, TokenRole};
use super::verifier::error_named;
use camtoken::key::{Key, TokenId};
use camtoken::seeded::Seeded;
use camtoken::token::{Pin, Received, Refusal, Token};

/// Tokens by the names that the story gives them.
pub(crate) struct OurTokens {
    rng: Seeded,
    tokens: BTreeMap<String, Token>,
}

impl OurTokens {
    pub fn new(seed: &str) -> Self {
        Self { rng: Seeded::new(&format!("{seed} tokens")), tokens: BTreeMap::new() }
    }

    fn named(&mut self, name: &str) -> Result<&mut Token, Ended> {
        self.tokens.get_mut(name).ok_or_else(|| format!("no token {name}").into())
    }
}

impl TokenRole for OurTokens {
    fn make(&mut self, name: &str, id: &TokenId, device_key: &Key, test: bool, slots: usize) -> Came<()> {
        let token = Token::new(id.clone(), Key::new(device_key.expose_bytes().to_vec()), test);
        let token = token.with_slots(slots).ok_or_else(|| format!("expected 1 to {} slots", Token::SLOTS))?;
        self.tokens.insert(name.to_owned(), token);
        Ok(Ok(()))
    }

    fn press(&mut self, name: &str, picture: &Picture, button: Button) -> Came<Shown> {
        let token = self.tokens.get_mut(name).ok_or_else(|| format!("no token {name}"))?;
        let received = match picture.code()? {
            Ok(code) => token.receive(&code),
            Err(refusal) => Err(refusal),
        };
        let received = match received {
            Ok(received) => received,
            Err(refusal) => return Ok(Err(refused(refusal))),
        };
        let shown = received.transaction().displayed();
        let fields = shown.map(|(field, value)| (field.name.to_owned(), value.to_string())).collect();
        let answer = match (button, received) {
            (Button::Look, _) => None,
            (Button::Decline, received) => return Ok(Err(refused(received.decline()))),
            (Button::Approve, Received::Transaction(shown)) => Some(shown.approve().expose_str().to_owned()),
            (Button::Approve, Received::FirstCode(shown)) => Some(shown.approve(&mut self.rng).expose_digits()),
            (Button::Approve, Received::SecondCode(shown)) => Some(shown.approve().response().expose_str().to_owned()),
            (Button::Approve, Received::Deletion(shown)) => {
                shown.approve();
                None
            }
            (Button::Keep, Received::SecondCode(shown)) => {
                shown.approve().keep();
                None
            }
            (Button::Discard, Received::SecondCode(shown)) => {
                shown.approve().discard();
                None
            }
            (Button::Keep | Button::Discard, _) => return Err("not at the second code".into()),
        };
        Ok(Ok(Shown { fields, answer }))
    }

    fn fault(&mut self, name: &str, fault: Fault) -> Came<()> {
        let faults = &mut self.named(name)?.faults;
        match fault {
            Fault::Battery => faults.battery = 0,
            Fault::HalfActivated => faults.half_activated = true,
        }
        Ok(Ok(()))
    }

    fn pin(&mut self, name: &str, act: PinAct) -> Came<()> {
        let token = self.tokens.get_mut(name).ok_or_else(|| format!("no token {name}"))?;
        Ok(match act {
            PinAct::Set(digits) => {
                let pin = Pin::new(&digits, &mut self.rng).map_err(|error| error.to_string())?;
                token.set_pin(Some(pin)).map_err(|_| refused(Refusal::Locked))
            }
            PinAct::Enter(digits) => token.unlock(&digits).map_err(|error| error_named(&error)),
            PinAct::Lock => {
                token.lock();
                Ok(())
            }
        })
    }
}

fn refused(refusal: Refusal) -> String {
    format!("refused {}", refusal.code())
}

//! The questions of codes to the person. Each kind has its own way to an answer.

use super::*;

/// A transaction that waits for a person.
#[derive(Debug)]
pub struct ReceivedTransaction<'t>(pub(super) Showing<'t>);

/// The first code of a registration, waiting for a person.
#[derive(Debug)]
pub struct FirstCode<'t>(pub(super) Showing<'t>);

/// The second code of a registration, waiting for a person.
#[derive(Debug)]
pub struct SecondCode<'t>(pub(super) Showing<'t>, pub(super) Grant);

/// A registration of which only the person knows whether the bank has confirmed it (「登録できましたか?」).
///
/// Dropped without an answer, it leaves the second code good for another try.
#[derive(Debug)]
pub struct Unconfirmed<'t> {
    token: &'t mut Token,
    slot: usize,
    activation: Activation,
    response: Response,
}

/// The deletion of an activation, waiting for a person.
#[derive(Debug)]
pub struct Deletion<'t>(pub(super) Showing<'t>);

impl ReceivedTransaction<'_> {
    /// The challenge.
    #[must_use]
    pub fn challenge(&self) -> &Challenge {
        &self.0.challenge
    }

    /// The content to show.
    #[must_use]
    pub fn transaction(&self) -> &Transaction {
        &self.0.challenge.transaction
    }

    /// The user who is asked.
    #[must_use]
    pub fn activation(&self) -> &Activation {
        self.0.token.slots.0[self.0.slot].as_ref().expect("the slot whose key opened the code")
    }

    /// Answers, once.
    #[must_use]
    pub fn approve(self) -> Response {
        let Showing { token, slot, challenge } = self.0;
        let activation = token.slots.0[slot].as_mut().expect("the slot whose key opened the code");
        activation.remember(challenge.id);
        challenge.respond(&activation.key, &activation.suite)
    }

    /// Says no: T10. The code can be read again.
    #[must_use]
    pub fn decline(self) -> Refusal {
        Refusal::Cancelled
    }
}

impl FirstCode<'_> {
    /// The challenge.
    #[must_use]
    pub fn challenge(&self) -> &Challenge {
        &self.0.challenge
    }

    /// Whom the activation is for.
    #[must_use]
    pub fn introduction(&self) -> Introduction {
        Introduction::of(&self.0.challenge.transaction)
    }

    /// The slot that it will take, 1 to 8.
    #[must_use]
    pub fn slot(&self) -> usize {
        self.0.slot + 1
    }

    /// Answers with a new number, for which the bank makes the second code. A registration that was waiting is given up.
    #[must_use]
    pub fn approve(self, rng: &mut impl CryptoRng) -> DeviceCode {
        let Showing { token, challenge, .. } = self.0;
        let nonce = DeviceNonce::generate(rng);
        let binding = Binding { first: challenge.id, nonce };
        token.pending = Some(Pending { activation: challenge.activation, binding });
        challenge.device_code(&token.device_key, nonce)
    }

    /// Says no: T10.
    #[must_use]
    pub fn decline(self) -> Refusal {
        Refusal::Cancelled
    }
}

impl<'t> SecondCode<'t> {
    /// The challenge.
    #[must_use]
    pub fn challenge(&self) -> &Challenge {
        &self.0.challenge
    }

    /// Whom the activation is for.
    #[must_use]
    pub fn introduction(&self) -> Introduction {
        Introduction::of(&self.0.challenge.transaction)
    }

    /// The slot that it will take, 1 to 8.
    #[must_use]
    pub fn slot(&self) -> usize {
        self.0.slot + 1
    }

    /// Answers with the new key. Nothing is kept yet.
    #[must_use]
    pub fn approve(self) -> Unconfirmed<'t> {
        let Self(Showing { token, slot, challenge }, grant) = self;
        let response = challenge.respond(&grant.key, &grant.suite);
        let activation = Activation {
            id: challenge.activation,
            key: grant.key,
            suite: grant.suite,
            user: Introduction::of(&challenge.transaction),
            answered: [challenge.id].into(),
        };
        Unconfirmed { token, slot, activation, response }
    }

    /// Says no: T10.
    #[must_use]
    pub fn decline(self) -> Refusal {
        Refusal::Cancelled
    }
}

impl Unconfirmed<'_> {
    /// The digits that the person types into the bank's page.
    #[must_use]
    pub fn response(&self) -> &Response {
        &self.response
    }

    /// The bank has confirmed: keeps the activation.
    pub fn keep(self) {
        self.token.slots.0[self.slot] = Some(self.activation);
        self.token.abandon();
    }

    /// The bank has not: forgets the whole registration.
    pub fn discard(self) {
        self.token.abandon();
    }
}

impl Deletion<'_> {
    /// The challenge.
    #[must_use]
    pub fn challenge(&self) -> &Challenge {
        &self.0.challenge
    }

    /// Forgets the activation.
    pub fn approve(self) {
        self.0.token.slots.0[self.0.slot] = None;
    }

    /// Says no: T10. The activation stays.
    #[must_use]
    pub fn decline(self) -> Refusal {
        Refusal::Cancelled
    }
}

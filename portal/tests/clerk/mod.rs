//! The bank's own people at their desk: one asks, and another approves what cannot be undone.

use camtoken_portal::bank::{AtDesk, Bank, Did};
use camtoken_portal::demo::OPERATORS;
use camtoken_portal::domain::desk::{DeskAct, Errand};
use camtoken_portal::domain::people::Person;

/// What came of an errand, once a second operator has approved it where that is needed.
pub async fn at_desk(bank: &Bank, errand: &Errand) -> AtDesk {
    let [asks, approves] = OPERATORS;
    match bank.at_desk(asks, "a test", errand).await.expect("a decision") {
        AtDesk::Waits(id) => bank.approve(approves, &id).await.expect("a decision"),
        other => other,
    }
}

/// The same, and it is done.
pub async fn done_at_desk(bank: &Bank, errand: &Errand) -> Did {
    match at_desk(bank, errand).await {
        AtDesk::Done(did) => did,
        other => panic!("{errand:?}: {other:?}"),
    }
}

/// What is done to a person.
pub async fn clerk(bank: &Bank, act: DeskAct, person: &Person) {
    done_at_desk(bank, &Errand::of(act, person)).await;
}

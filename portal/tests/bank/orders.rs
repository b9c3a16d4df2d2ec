//! Orders: signed, limited, booked once, also when the process was killed in between.

use crate::clerk::done_at_desk;
use crate::world::{World, batch, on, password, plain, transfer, transfer_to};
use camtoken::transaction::Operation;
use camtoken::transaction::zengin::BatchKind;
use camtoken::verifier::Rejection;
use camtoken::verifier::audit::{AuditEvent, History};
use camtoken_portal::bank::{Draft, NewChallenge, Placed, Settled, Unissued};
use camtoken_portal::demo::{self, SAMPLE, TRANSACTION};
use camtoken_portal::domain::contract::{LentToken, Limit};
use camtoken_portal::domain::desk::{DeskAct, Errand};
use camtoken_portal::domain::ledger::{Account, Booking, LedgerLine, Outcome, Refusal};
use camtoken_portal::domain::order::Act;
use camtoken_portal::domain::people::{Menu, Person};

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_transfer_is_booked_as_the_challenge_says() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    let order = world.order(&person, transfer(1_250_000)).await;
    let response = world.response(&person, &order).await;
    let settled = world.bank.settle(&person, &order.id, &response, [1; 16]).await.expect("the bank decides");
    let Settled::Booked(booking) = settled else { panic!("not booked: {settled:?}") };
    assert_eq!(booking.outcome, Outcome::Done);
    assert_eq!(world.balance(), 57_170_000);
    // The same form once more, and the same response in another attempt.
    let again = world.bank.settle(&person, &order.id, &response, [1; 16]).await.expect("the bank decides");
    assert!(matches!(again, Settled::Booked(again) if again == booking));
    let other = world.bank.settle(&person, &order.id, &response, [2; 16]).await.expect("the bank decides");
    assert!(matches!(other, Settled::Rejected(Rejection::AlreadySettled)));
    assert_eq!(world.balance(), 57_170_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_of_an_order_is_that_of_its_own_challenge() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    world.sign(&person, transfer(1_000)).await;
    let order = world.order(&person, transfer(2_000)).await;
    world.bank.settle(&person, &order.id, "00000000", [1; 16]).await.expect("a decision");
    world.send(&person, &order).await;
    let History::Whole(entries) = world.bank.trail(&order).await.expect("it is read") else { panic!("a broken chain") };
    let events: Vec<_> = entries.iter().map(|entry| entry.event).collect();
    assert_eq!(events, [AuditEvent::Issued, AuditEvent::Wrong, AuditEvent::Accepted]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_before_the_process_was_killed_is_booked_once() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    let (order, response) = world.accepted(&person, 300).await;
    assert_eq!(world.balance(), 58_420_000);
    let world = world.again().await;
    assert_eq!(world.balance(), 58_419_700);
    // Killed again, and the customer sends the form again.
    let world = world.again().await;
    let settled = world.bank.settle(&person, &order.id, &response, [1; 16]).await.expect("the bank decides");
    assert!(matches!(settled, Settled::Booked(_)));
    assert_eq!(world.balance(), 58_419_700);
    assert_eq!(world.bank.books.list::<Booking>("").expect("the books answer").len(), 1);
    assert_eq!(world.bank.books.list::<LedgerLine>("").expect("the books answer").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_is_booked_also_when_the_token_was_revoked_before_the_start() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    world.accepted(&person, 300).await;
    let key = person.token.expect("a token");
    let token = world.bank.books.list::<LentToken>("").expect("the books answer");
    let token = token.into_iter().find(|token| token.id == key).expect("it is lent");
    done_at_desk(&world.bank, &Errand::about(DeskAct::Revoke, &token.contract, &token.id)).await;
    assert_eq!(world.person(SAMPLE, "ADMIN01").token, None);
    let world = world.again().await;
    assert_eq!(world.balance(), 58_419_700);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_is_booked_before_another_challenge_is_issued() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    world.accepted(&person, 300).await;
    world.order(&person, transfer(1)).await;
    assert_eq!(world.balance(), 58_419_700);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daily_limit_and_the_balance_hold_and_leave_no_trace() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    for (amount, outcome) in [
        (9_999_999, Outcome::Done),
        (2, Outcome::Refused(Refusal::Limit)),
        (1, Outcome::Done),
        (1, Outcome::Refused(Refusal::Limit)),
    ] {
        let order = world.order(&person, transfer(amount)).await;
        let response = world.response(&person, &order).await;
        let settled = world.bank.settle(&person, &order.id, &response, [1; 16]).await.expect("the bank decides");
        assert!(matches!(settled, Settled::Booked(booking) if booking.outcome == outcome), "{amount}");
    }
    assert_eq!(world.balance(), 48_420_000);
    assert_eq!(world.bank.books.list::<LedgerLine>("").expect("the books answer").len(), 2);
    // The next day in Japan.
    world.later(24 * 3600);
    let order = world.order(&person, on("2026-11-22", transfer(5))).await;
    let response = world.response(&person, &order).await;
    world.bank.settle(&person, &order.id, &response, [1; 16]).await.expect("the bank decides");
    assert_eq!(world.balance(), 48_419_995);
}

/// From the start to the last seconds of the day in Japan.
const LAST_SECONDS: u64 = 12 * 3600 - 10;

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_for_another_day_is_not_taken() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    let pay_easy = [
        ("billerCode", "00200"),
        ("biller", "架空税務署"),
        ("paymentNumber", "123456789012"),
        ("amount", "33000"),
        ("date", ""),
    ];
    let remittance = [
        ("amount", "USD 1000.00"),
        ("payee", "Specimen Trading GmbH"),
        ("account", "DE02100100100006820101"),
        ("country", "DE"),
        ("charges", "sha"),
        ("valueDate", ""),
    ];
    for (day, taken) in [("2026-11-20", false), ("2026-11-21", true), ("2026-12-25", false)] {
        for draft in [
            transfer(1),
            batch(&world, None),
            plain(Operation::PayEasy, Limit::PayEasy, &pay_easy),
            plain(Operation::Remittance, Limit::Remittance, &remittance),
        ] {
            let operation = draft.operation;
            let placed = world.bank.place(&person, on(day, draft), password(TRANSACTION)).await.expect("a decision");
            assert_eq!(matches!(placed, Placed::Order(_)), taken, "{operation} {day}");
            assert_eq!(matches!(placed, Placed::Day), !taken, "{operation} {day}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_is_signed_after_midnight_in_japan_is_not_carried_out() {
    for is_batch in [false, true] {
        let mut world = World::new().await;
        let person = world.register(SAMPLE, "ADMIN01").await;
        world.later(LAST_SECONDS);
        let draft = if is_batch { batch(&world, None) } else { transfer(1) };
        let waiting = world.order(&person, draft.clone()).await;
        let order = world.order(&person, draft).await;
        let response = world.response(&person, &order).await;
        world.later(10);
        assert!(world.bank.code(&order).await.expect("an answer").is_none(), "nobody is to sign in vain");
        let settled = world.bank.settle(&person, &order.id, &response, [1; 16]).await.expect("a decision");
        assert!(matches!(settled, Settled::Booked(booking) if booking.outcome == Outcome::Refused(Refusal::Day)));
        let issued = world.bank.issue(&person, &waiting.id).await.expect("a decision");
        assert_eq!(issued, NewChallenge::Refused(Unissued::Day), "its day is over");
        assert_eq!(world.balance(), 58_420_000);
        assert!(world.bank.books.list::<LedgerLine>("").expect("the books answer").is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_before_midnight_counts_for_that_day_when_it_is_booked_later() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    world.later(LAST_SECONDS);
    world.accepted(&person, 9_000_000).await;
    world.later(3600);
    let mut world = world.again().await;
    assert_eq!(world.balance(), 49_420_000);
    let line = world.bank.books.list::<LedgerLine>("").expect("the books answer").pop().expect("a line");
    assert_eq!(line.day, "2026-11-21");
    // The limit of the day that has begun is whole.
    let order = world.order(&person, on("2026-11-22", transfer(9_000_000))).await;
    let response = world.response(&person, &order).await;
    world.bank.settle(&person, &order.id, &response, [2; 16]).await.expect("a decision");
    assert_eq!(world.balance(), 40_420_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_within_the_bank_arrives() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    let order = world.order(&person, transfer_to(("9901", "ｶｸｳﾁﾕｳｵｳ", "001", "ﾎﾝﾃﾝ", "0777001", "ﾕ)ﾐﾎﾝ"), 40)).await;
    let response = world.response(&person, &order).await;
    world.bank.settle(&person, &order.id, &response, [1; 16]).await.expect("the bank decides");
    let other = world.bank.books.get::<Account>("001-0777001").expect("the books answer").expect("the account");
    assert_eq!((world.balance(), other.balance), (58_419_960, 3_000_040));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_paid_whole_or_not_at_all_and_only_with_the_file_that_was_signed() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    // Another file behind the order than the one that the token has shown the check code of.
    let mut other = demo::sample_batch(BatchKind::Bulk, world.bank.now()).canonical_bytes();
    let account = 120 + 43;
    other[account..account + 7].copy_from_slice(b"6660001");
    for (file, outcome, balance) in
        [(Some(other), Outcome::Refused(Refusal::Changed), 58_420_000), (None, Outcome::Done, 57_334_500)]
    {
        let order = world.order(&person, batch(&world, file)).await;
        let response = world.response(&person, &order).await;
        let settled = world.bank.settle(&person, &order.id, &response, [1; 16]).await.expect("a decision");
        assert!(matches!(settled, Settled::Booked(booking) if booking.outcome == outcome));
        assert_eq!(world.balance(), balance);
    }
    let lines = world.bank.books.list::<LedgerLine>("").expect("the books answer");
    assert_eq!(lines.len(), 4, "three went out, and one of them came in at this bank");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_menu_that_was_closed_after_an_order_was_placed_stops_it() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "KEIRI01").await;
    let order = world.order(&person, transfer(1_000)).await;
    let response = world.response(&person, &order).await;
    let closed = Person { closed: vec![Menu::Transfer], ..world.person(SAMPLE, "KEIRI01") };
    let put = world.bank.books.change(|sheet| {
        sheet.put(&closed);
        Ok::<_, camtoken_portal::books::BooksError>(())
    });
    put.expect("the books answer");
    let settled = world.bank.settle(&person, &order.id, &response, [1; 16]).await.expect("a decision");
    let Settled::Booked(booking) = settled else { panic!("{settled:?}") };
    assert_eq!(booking.outcome, Outcome::Refused(Refusal::Changed));
    assert_eq!(world.balance(), 58_420_000);
    let placed = world.bank.place(&closed, transfer(1), password(TRANSACTION)).await.expect("a decision");
    assert!(matches!(placed, Placed::Closed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daily_limit_is_one_for_all_accounts_and_is_for_one_operation() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    let other = |amount| {
        let act = Act::Pay { from: "102-0200789".to_owned(), limit: Limit::Transfer };
        Draft { act, ..transfer(amount) }
    };
    let over = Outcome::Refused(Refusal::Limit);
    let pay_easy = [
        ("billerCode", "00200"),
        ("biller", "架空税務署"),
        ("paymentNumber", "123456789012"),
        ("amount", "1"),
        ("date", "2026-11-21"),
    ];
    for (draft, outcome) in [
        (transfer(6_000_000), Outcome::Done),
        (other(4_000_001), over),
        (other(4_000_000), Outcome::Done),
        (transfer(1), over),
        (plain(Operation::PayEasy, Limit::PayEasy, &pay_easy), Outcome::Done),
    ] {
        assert_eq!(world.sign(&person, draft).await, outcome);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_paid_into_an_account_of_another_type_or_the_one_that_pays() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    let no_account = Outcome::Refused(Refusal::Account);
    for (account, kind, outcome) in [
        (("001", "ﾎﾝﾃﾝ", "0777001", "ﾕ)ﾐﾎﾝ"), "current", no_account),
        (("001", "ﾎﾝﾃﾝ", "0777001", "ﾕ)ﾐﾎﾝ"), "ordinary", Outcome::Done),
        (("102", "ﾐﾅﾄ", "0012345", "ｶ)ｻﾝﾌﾟﾙ"), "ordinary", no_account),
    ] {
        let (branch, branch_name, number, name) = account;
        let mut draft = transfer_to(("9901", "ｶｸｳﾁﾕｳｵｳ", branch, branch_name, number, name), 40);
        let field = draft.fields.iter_mut().find(|(name, _)| name == "accountType").expect("a field");
        kind.clone_into(&mut field.1);
        assert_eq!(world.sign(&person, draft).await, outcome, "{number} {kind}");
    }
    assert_eq!(world.balance(), 58_419_960);
}

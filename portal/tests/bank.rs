//! The bank with a token in somebody's hands: registration, orders, suspension, and what is left after the process was killed.

mod world;

use camtoken::key::TokenId;
use camtoken::token::Received;
use camtoken::transaction::Operation;
use camtoken::transaction::zengin::BatchKind;
use camtoken::verifier::{ActivationState, AttemptId, Rejection, Step, Subscriber};
use camtoken_portal::bank::{
    Bank, Chain, Completed, Draft, First, LoggedIn, NewChallenge, Numbers, Placed, Progress, Settled, Unissued, Wish,
};
use camtoken_portal::demo::{self, FIRST_OTP, LOGIN, MIHON, SAMPLE, TRANSACTION};
use camtoken_portal::domain::contract::{Contract, LentToken, Limit, LoginField, LoginMethod, Profile};
use camtoken_portal::domain::credential::Entry;
use camtoken_portal::domain::event::Event;
use camtoken_portal::domain::ledger::{Account, Booking, LedgerLine, Outcome, Refusal};
use camtoken_portal::domain::mail::Mail;
use camtoken_portal::domain::order::{Act, Order};
use camtoken_portal::domain::people::{FirstOtp, Menu, Person};
use camtoken_portal::system::rng;
use world::{
    START, World, about, batch, generator, newcomer, numbers, on, password, plain, put, shown, transfer, transfer_to,
};

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
    world.bank.revoke_token(&token).await.expect("a decision");
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
async fn a_registration_that_was_confirmed_before_the_process_was_killed_is_finished() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    // As it stood in the books one step earlier.
    world
        .bank
        .books
        .change(|sheet| {
            sheet.put(&Person { registered: false, first_otp: Some(person.login.clone()), ..person.clone() });
            Ok::<_, camtoken_portal::books::BooksError>(())
        })
        .expect("the books answer");
    let world = world.again().await;
    let person = world.person(SAMPLE, "ADMIN01");
    assert!(person.registered && person.first_otp.is_none());
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
async fn whatever_is_wrong_at_login_the_answer_is_the_same() {
    let world = World::new().await;
    let business = Profile::ContractAndUser;
    for (contract, user, text) in [
        (SAMPLE, "ADMIN01", "wrong"),
        (SAMPLE, "NOBODY", LOGIN),
        ("0000000000", "ADMIN01", LOGIN),
        (MIHON, "MIHON01", LOGIN),
    ] {
        let before = world.bank.books.changes();
        let answer =
            world.bank.log_in(business, &numbers(contract, user), password(text), None).await.expect("a decision");
        assert!(answer.is_none(), "{contract} {user}");
        assert_eq!(world.bank.books.changes() - before, 1, "{contract} {user}: who is unknown waits for the disk too");
    }
    for id in ["OP01", "nobody"] {
        let before = world.bank.books.changes();
        assert!(world.bank.log_in_operator(id, password("wrong")).await.expect("a decision").is_none());
        assert_eq!(world.bank.books.changes() - before, 1, "{id}");
    }
    let answer =
        world.bank.log_in(business, &numbers(SAMPLE, "admin01"), password(LOGIN), None).await.expect("a decision");
    assert_eq!(answer.map(|(_, next)| next), Some(LoggedIn::Yes));
    let id = Numbers(vec![(LoginField::LoginId, "mihon-admin".to_owned())]);
    let answer = world.bank.log_in(Profile::LoginId, &id, password(LOGIN), None).await.expect("a decision");
    assert_eq!(answer.map(|(_, next)| next), Some(LoggedIn::Register), "method 1 registers first");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_passwords_suspend_the_login_until_the_bank_resumes_it() {
    let world = World::new().await;
    let enter = async |text: &str| {
        let answer =
            world.bank.log_in(Profile::ContractAndUser, &numbers(SAMPLE, "ADMIN01"), password(text), None).await;
        answer.expect("a decision").is_some()
    };
    for _ in 0..5 {
        assert!(!enter("wrong").await);
    }
    assert!(!enter(LOGIN).await, "the right one does not help any more");
    world.bank.set_service(&world.person(SAMPLE, "ADMIN01"), true).await.expect("the bank resumes");
    assert!(enter(LOGIN).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_transaction_passwords_suspend_it_and_no_order_is_taken() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    for left in [4, 3, 2, 1, 0] {
        let placed = world.bank.place(&person, transfer(1), password("wrong")).await.expect("a decision");
        assert!(matches!(placed, Placed::Password(Entry::Wrong { left: found, .. }) if found == left));
    }
    let placed = world.bank.place(&person, transfer(1), password(TRANSACTION)).await.expect("a decision");
    assert!(matches!(placed, Placed::Password(_)));
    assert!(world.bank.books.list::<Order>("").expect("the books answer").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_one_time_passwords_suspend_across_orders() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    let mut last = None;
    for attempt in 0..5_u8 {
        let order = world.order(&person, transfer(1)).await;
        let settled = world.bank.settle(&person, &order.id, "00000000", [attempt; 16]).await.expect("a decision");
        last = Some(settled);
    }
    assert!(matches!(last, Some(Settled::Rejected(Rejection::Wrong { suspended: true, .. }))));
    let placed = world.bank.place(&person, transfer(1), password(TRANSACTION)).await.expect("a decision");
    let Placed::Order(order) = placed else { panic!("the order is taken") };
    let issued = world.bank.issue(&person, &order.id).await.expect("a decision");
    assert_eq!(issued, NewChallenge::Refused(Unissued::Rejected(Rejection::Suspended)), "no challenge");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_otp_password_is_taken_for_ninety_days_in_japan() {
    // Completed on 21 November at noon in Japan; 19 February is the last day.
    let last_second = START + (90 * 24 + 12) * 3600 - 1;
    for (now, open) in [(last_second, true), (last_second + 1, false)] {
        let world = World::new().await;
        world.later(now - START);
        let begun = world.begin(&world.person(SAMPLE, "ADMIN01"), FIRST_OTP).await;
        match begun {
            First::Begun => assert!(open),
            First::NoPassword(FirstOtp::Over) => assert!(!open),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_first_otp_passwords_suspend_it() {
    let world = World::new().await;
    for _ in 0..5 {
        let begun = world.begin(&world.person(SAMPLE, "ADMIN01"), "wrong").await;
        assert!(matches!(begun, First::Wrong(_)));
    }
    let begun = world.begin(&world.person(SAMPLE, "ADMIN01"), FIRST_OTP).await;
    assert!(matches!(begun, First::Wrong(Entry::Wrong { left: 0, .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_registers_without_a_first_otp_password_on_the_token_that_was_handed_out() {
    let mut world = World::new().await;
    world.register(SAMPLE, "ADMIN01").await;
    let person = world.person(SAMPLE, "KEIRI01");
    let wrong = world.bank.begin_registration(&person, None, "KKK0000002").await.expect("a decision");
    assert!(matches!(wrong, First::Serial));
    let person = world.register(SAMPLE, "KEIRI01").await;
    assert!(person.registered);
    assert_eq!(world.token("KKK0000001").activations().count(), 2, "two users share one token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_is_initialised_until_it_has_signed() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "KEIRI01").await;
    assert!(world.bank.give_up(&person).await.expect("a decision"));
    // The token said "yes" to the first one and keeps it; the second takes another place.
    let person = world.register(SAMPLE, "KEIRI01").await;
    let order = world.order(&person, transfer(1)).await;
    let response = world.response(&person, &order).await;
    world.bank.settle(&person, &order.id, &response, [1; 16]).await.expect("a decision");
    assert!(!world.bank.give_up(&person).await.expect("a decision"));
    assert!(world.person(SAMPLE, "KEIRI01").registered);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_signs_nothing_and_nobody_has_it_any_more() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    let order = world.order(&person, transfer(1)).await;
    let response = world.response(&person, &order).await;
    let token = world.bank.books.get::<LentToken>("KKK0000001").expect("the books answer").expect("the token");
    world.bank.revoke_token(&token).await.expect("it is revoked");
    let settled = world.bank.settle(&person, &order.id, &response, [1; 16]).await.expect("a decision");
    assert!(matches!(settled, Settled::Rejected(Rejection::Revoked)), "{settled:?}");
    let token = world.bank.books.get::<LentToken>("KKK0000001").expect("the books answer").expect("the token");
    assert_eq!(token.listed(), "KKK0000001*");
    assert!(world.person(SAMPLE, "ADMIN01").token.is_none() && world.person(SAMPLE, "KEIRI01").token.is_none());
    let mails = world.bank.books.list::<Mail>("").expect("the books answer");
    let told = mails.iter().filter(|mail| mail.text == "mail-token-revoked").map(|mail| mail.to.clone());
    assert!(told.eq(["ADMIN01", "KEIRI01"].map(|user| world.person(SAMPLE, user).mail)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_taken_out_of_service_signs_nothing_until_resumed() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    let order = world.order(&person, transfer(1)).await;
    let response = world.response(&person, &order).await;
    world.bank.set_service(&person, false).await.expect("a decision");
    let settled = world.bank.settle(&person, &order.id, &response, [1; 16]).await.expect("a decision");
    assert!(matches!(settled, Settled::Rejected(Rejection::Suspended)));
    world.bank.set_service(&person, true).await.expect("a decision");
    let order = world.order(&world.person(SAMPLE, "ADMIN01"), transfer(1)).await;
    let response = world.response(&person, &order).await;
    let settled = world.bank.settle(&person, &order.id, &response, [2; 16]).await.expect("a decision");
    assert!(matches!(settled, Settled::Booked(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_applicant_gets_a_contract_once_and_comes_in_with_what_the_letter_says() {
    let mut world = World::new().await;
    let wish = Wish {
        name: "株式会社こころみ".to_owned(),
        kana: "カ）ココロミ".to_owned(),
        method: LoginMethod::Password,
        profile: Profile::ContractAndUser,
        administrator: "総務部 管理者".to_owned(),
        mail: "somu@kokoromi.example".to_owned(),
    };
    let application = world.bank.apply(&wish).expect("the books answer");
    let Completed::Contract(number) = world.bank.complete(&application).await.expect("a decision") else {
        panic!("not completed")
    };
    assert_eq!(world.bank.complete(&application).await.expect("a decision"), Completed::Known);
    let mails = world.bank.books.list::<Mail>("").expect("the books answer");
    let letter = mails.iter().find(|mail| mail.text == "letter-report" && mail.to == number).expect("a letter");
    let word = |name: &str| letter.words.iter().find(|(known, _)| known == name).expect("a word").1.clone();
    let answer =
        world.bank.log_in(Profile::ContractAndUser, &numbers(&number, "ADMIN01"), password(&word("login")), None).await;
    assert_eq!(answer.expect("a decision").map(|(_, next)| next), Some(LoggedIn::Yes));
    // The token is one of the stock, and the password of the letter opens its registration.
    let person = world.person(&number, "ADMIN01");
    assert_eq!(person.token.as_deref(), Some("KKK0000021"));
    assert!(matches!(world.begin(&person, FIRST_OTP).await, First::Wrong(_)));
    assert!(matches!(world.begin(&person, &word("first")).await, First::Begun));
    assert_eq!(world.token("KKK0000021").activations().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_lent_once_and_then_there_are_none() {
    let world = World::new().await;
    let wish = Wish {
        name: "会社".to_owned(),
        kana: "ｶｲｼﾔ".to_owned(),
        method: LoginMethod::PasswordOtp,
        profile: Profile::LoginId,
        administrator: "管理者".to_owned(),
        mail: "a@b.example".to_owned(),
    };
    let mut lent = Vec::new();
    for _ in 0..4 {
        let application = world.bank.apply(&wish).expect("the books answer");
        match world.bank.complete(&application).await.expect("a decision") {
            Completed::Contract(number) => lent.extend(world.person(&number, "ADMIN01").token),
            other => assert_eq!((other, lent.len()), (Completed::NoToken, 3)),
        }
    }
    assert_eq!(lent, ["KKK0000021", "KKK0000022", "KKK0000023"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_first_otp_password_has_ninety_days_of_its_own() {
    let world = World::new().await;
    world.later(91 * 24 * 3600);
    let person = world.person(SAMPLE, "ADMIN01");
    assert!(matches!(world.begin(&person, FIRST_OTP).await, First::NoPassword(FirstOtp::Over)));
    world.bank.new_first_otp(&person).await.expect("a decision");
    let mails = world.bank.books.list::<Mail>("").expect("the books answer");
    let letter = mails.iter().find(|mail| mail.text == "letter-first-otp").expect("a letter");
    let (_, word) = letter.words.iter().find(|(name, _)| name == "first").expect("the password");
    world.later(90 * 24 * 3600);
    let person = world.person(SAMPLE, "ADMIN01");
    assert!(matches!(world.begin(&person, FIRST_OTP).await, First::Wrong(_)), "the old one is good no more");
    assert!(matches!(world.begin(&world.person(SAMPLE, "ADMIN01"), word).await, First::Begun));
    assert!(!world.bank.new_first_otp(&world.person(SAMPLE, "KEIRI01")).await.expect("a decision"), "a user has none");
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

/// The generator that the last letter sets up.
#[tokio::test(flavor = "multi_thread")]
async fn who_gave_the_token_back_comes_in_by_the_generator_once_per_password_and_signs_nothing() {
    let mut world = World::new().await;
    let person = world.register(MIHON, "MIHON01").await;
    let order = world.order(&person, transfer(1)).await;
    let signed = world.response(&person, &order).await;
    world.bank.hand_out_generator(&person).await.expect("a decision");
    let key = generator(&world);
    let settled = world.bank.settle(&person, &order.id, &signed, [9; 16]).await.expect("a decision");
    assert!(matches!(settled, Settled::Rejected(_)), "the camera token signs no more");

    let id = Numbers(vec![(LoginField::LoginId, "mihon-admin".to_owned())]);
    let answer = world.bank.log_in(Profile::LoginId, &id, password(LOGIN), None).await.expect("a decision");
    let (person, next) = answer.expect("the password is right");
    assert_eq!(next, LoggedIn::Generator);
    let enter = async |digits: &str, attempt: u8| {
        world.bank.log_in_by_generator(&person, digits, [attempt; 16]).await.expect("a decision")
    };
    let right = shown(&world, &key);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    assert!(matches!(enter(wrong, 1).await, Step::Rejected(Rejection::Wrong { .. })));
    assert!(matches!(enter(&right, 2).await, Step::Done(())));
    assert!(matches!(enter(&right, 2).await, Step::Done(())), "the same form once more");
    assert!(matches!(enter(&right, 3).await, Step::Rejected(_)), "each password is good once");
    world.later(30);
    assert!(matches!(enter(&shown(&world, &key), 4).await, Step::Done(())));
    assert!(matches!(enter(&signed, 5).await, Step::Rejected(Rejection::Malformed { digits: 6 })));
    let placed = world.bank.place(&person, transfer(1), password(TRANSACTION)).await.expect("a decision");
    assert!(matches!(placed, Placed::NotRegistered));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_based_password_answers_no_challenge_and_a_response_is_no_time_based_password() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    let order = world.order(&person, transfer(1)).await;
    let response = world.response(&person, &order).await;
    world.bank.hand_out_generator(&world.person(SAMPLE, "KEIRI01")).await.expect("a decision");
    let (key, other) = (generator(&world), world.person(SAMPLE, "KEIRI01"));
    let digits = shown(&world, &key);
    let generator = other.generator().expect("a generator");
    let challenge: camtoken::verifier::ChallengeRef = order.challenge.as_deref().expect("issued").parse().expect("one");
    let (now, attempt) = (world.bank.now(), |n: u8| AttemptId::from_bytes([n; 16]));
    let verifier = &world.bank.verifier;

    // The generator's digits, also filled up, in the place of the token's: for the order, and under the generator's name.
    for (n, digits) in [(1, digits.clone()), (2, format!("00{digits}")), (3, format!("{digits}00"))] {
        let settled = world.bank.settle(&person, &order.id, &digits, [n; 16]).await.expect("a decision");
        assert!(matches!(settled, Settled::Rejected(_)), "{digits}");
    }
    let moved = camtoken::verifier::ChallengeRef { activation: generator, ..challenge };
    for digits in [&digits, &response] {
        let verdict = verifier.verify(moved, digits, attempt(4), now).await.expect("a decision");
        assert!(!verdict.is_accepted(), "{digits}");
    }
    // The token's digits, also cut to six, in the place of the generator's.
    for digits in [response.as_str(), &response[..6], &response[2..]] {
        let verdict = verifier.verify_password(generator, digits, attempt(5), now).await.expect("a decision");
        assert!(!verdict.is_accepted(), "{digits}");
    }
    // The generator's digits for the camera token's activation.
    let verdict = verifier.verify_password(challenge.activation, &digits, attempt(6), now).await.expect("a decision");
    assert!(!verdict.is_accepted());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_time_based_passwords_suspend_the_generator_until_the_bank_resumes_it() {
    let world = World::new().await;
    world.bank.hand_out_generator(&world.person(MIHON, "MIHON02")).await.expect("a decision");
    let (key, person) = (generator(&world), world.person(MIHON, "MIHON02"));
    let right = shown(&world, &key);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    for attempt in 1..=5_u8 {
        let entered = world.bank.log_in_by_generator(&person, wrong, [attempt; 16]).await.expect("a decision");
        assert!(matches!(entered, Step::Rejected(_)));
    }
    let entered = world.bank.log_in_by_generator(&person, &right, [6; 16]).await.expect("a decision");
    assert!(matches!(entered, Step::Rejected(Rejection::Suspended)));
    assert!(world.bank.otp_suspended(&person).await.expect("an answer"));
    world.bank.set_service(&person, true).await.expect("a decision");
    let entered = world.bank.log_in_by_generator(&person, &right, [7; 16]).await.expect("a decision");
    assert!(matches!(entered, Step::Done(())));
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
async fn what_the_bank_did_is_a_chain_and_whoever_touches_it_is_found_out() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    let order = world.order(&person, transfer(1_000)).await;
    let response = world.response(&person, &order).await;
    world.bank.settle(&person, &order.id, &response, [1; 16]).await.expect("a decision");
    world.bank.set_service(&world.person(SAMPLE, "KEIRI01"), false).await.expect("a decision");
    world.bank.hand_out_generator(&world.person(MIHON, "MIHON02")).await.expect("a decision");
    let Chain { events, broken } = world.bank.events().expect("the books answer");
    let done: Vec<&str> = events.iter().map(|event| event.what.as_str()).collect();
    assert_eq!(done, ["registered", "booked", "out-of-service", "generator"]);
    assert_eq!(broken, None);

    let world = world.again().await;
    let touched = Event { about: "F000000000000".to_owned(), ..events[1].clone() };
    for (touch, number) in [(Some(&touched), 3), (None, 2)] {
        let changed = world.bank.books.change(|sheet| {
            match touch {
                Some(event) => sheet.put(event),
                None => sheet.strike::<Event>(&format!("{:010}", touched.number)),
            }
            Ok::<_, camtoken_portal::books::BooksError>(())
        });
        changed.expect("the books answer");
        let Chain { broken, .. } = world.bank.events().expect("the books answer");
        assert_eq!(broken.map(|broken| broken.number), Some(number));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_id_leads_to_one_person_of_all_contracts() {
    let mut world = World::new().await;
    let administrator = world.register(MIHON, "MIHON01").await;
    let contract = world.bank.books.get::<Contract>(MIHON).expect("the books answer").expect("the contract");
    let other = Contract { number: "3000000001".to_owned(), ..contract.clone() };
    assert_ne!(contract.login_id("KEIRI01"), other.login_id("KEIRI01"));
    let log_in = async |bank: &Bank, id: &str| {
        let id = Numbers(vec![(LoginField::LoginId, id.to_owned())]);
        let answer = bank.log_in(Profile::LoginId, &id, password(LOGIN), None).await.expect("a decision");
        answer.map(|(person, _)| person.user)
    };

    let taken = Person { login_id: Some("mihon-keiri".to_owned()), ..newcomer(&administrator, "KEIRI01") };
    let outcome = world.sign(&administrator, put(None, taken, "register", Vec::new())).await;
    assert_eq!(outcome, Outcome::Refused(Refusal::Changed));
    assert_eq!(log_in(&world.bank, "mihon-keiri").await.as_deref(), Some("MIHON02"));

    let new = Person { login_id: contract.login_id("KEIRI01"), ..newcomer(&administrator, "KEIRI01") };
    assert_eq!(world.sign(&administrator, put(None, new, "register", Vec::new())).await, Outcome::Done);
    assert_eq!(log_in(&world.bank, "keiri01-2345678901").await.as_deref(), Some("KEIRI01"));

    // Whoever is taken out of the books leaves the ID to the next.
    let person = world.person(MIHON, "KEIRI01");
    let fields = [("act", "delete"), ("targetName", "担当者"), ("before", &person.digest())];
    let act = Act::RemovePerson { activations: Vec::new() };
    assert_eq!(
        world.sign(&administrator, about(&person, Operation::UserManagement, &fields, act)).await,
        Outcome::Done
    );
    assert_eq!(log_in(&world.bank, "keiri01-2345678901").await, None);
    let new = Person { login_id: contract.login_id("KEIRI01"), ..newcomer(&administrator, "KEIRI01") };
    assert_eq!(world.sign(&administrator, put(None, new, "register", Vec::new())).await, Outcome::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_taken_out_of_the_books_leaves_neither_activation_nor_generator_at_the_verifier() {
    let mut world = World::new().await;
    let administrator = world.register(SAMPLE, "ADMIN01").await;
    world.bank.hand_out_generator(&world.person(SAMPLE, "KEIRI01")).await.expect("a decision");
    let before = world.person(SAMPLE, "KEIRI01");
    let after = Person { token: Some("KKK0000003".to_owned()), ..before.clone() };
    let again = put(Some(&before), after, "token", Vec::new());
    assert_eq!(world.sign(&administrator, again).await, Outcome::Done);
    // A registration that is not finished: the generator is good until it is.
    assert!(matches!(world.begin(&world.person(SAMPLE, "KEIRI01"), "").await, First::Begun));
    let person = world.person(SAMPLE, "KEIRI01");
    let activations: Vec<_> = person.activations().collect();
    assert_eq!(activations.len(), 2);
    let act = Act::RemovePerson { activations: activations.iter().map(ToString::to_string).collect() };
    let fields = [("act", "delete"), ("targetName", "経理部 担当者"), ("before", &person.digest())];
    let gone = about(&person, Operation::UserManagement, &fields, act);
    assert_eq!(world.sign(&administrator, gone).await, Outcome::Done);
    for activation in activations {
        let known = world.bank.verifier.activation(activation).await.expect("an answer").expect("a record");
        assert_eq!(known.state(), ActivationState::Revoked);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_operator_is_noted_and_comes_back_by_the_machine_alone() {
    let world = World::new().await;
    let enter =
        async |text: &str| world.bank.log_in_operator("OP01", password(text)).await.expect("a decision").is_some();
    for _ in 0..5 {
        assert!(!enter("wrong").await);
    }
    assert!(!enter(demo::OPERATOR).await);
    assert!(!world.bank.resume_operator("OP02").expect("the books answer"));
    assert!(world.bank.resume_operator("OP01").expect("the books answer"));
    assert!(enter(demo::OPERATOR).await);
    let Chain { events, .. } = world.bank.events().expect("the books answer");
    let done: Vec<_> = events.iter().map(|event| (event.what.as_str(), event.about.as_str())).collect();
    assert_eq!(done, [("suspended", "OP01"), ("resumed", "OP01")]);
}

fn set_password(person: &Person, which: &str, word: &Person) -> Draft {
    about(person, Operation::PasswordReset, &[("password", which)], Act::SetPassword { hash: word.login.hash.clone() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_resumes_a_user_and_no_administrator() {
    let mut world = World::new().await;
    let administrator = world.register(SAMPLE, "ADMIN01").await;
    let (business, word) = (Profile::ContractAndUser, administrator.clone());
    for (user, resumed) in [("KEIRI01", true), ("ADMIN02", false)] {
        for _ in 0..5 {
            let entered = world.bank.log_in(business, &numbers(SAMPLE, user), password("wrong"), None).await;
            assert!(entered.expect("a decision").is_none());
        }
        let person = world.person(SAMPLE, user);
        assert!(person.login.suspended);
        assert_eq!(world.sign(&administrator, set_password(&person, "login", &word)).await, Outcome::Done);
        let entered =
            world.bank.log_in(business, &numbers(SAMPLE, user), password(LOGIN), None).await.expect("a decision");
        assert_eq!(entered.is_some(), resumed, "{user}");
    }
    let person = world.person(SAMPLE, "ADMIN02");
    let fields = [("act", "resume"), ("targetName", "経理部 管理者")];
    let resume = about(&person, Operation::UserManagement, &fields, Act::Resume);
    assert_eq!(world.sign(&administrator, resume).await, Outcome::Refused(Refusal::Changed));
    world.bank.set_service(&person, true).await.expect("a decision");
    let entered =
        world.bank.log_in(business, &numbers(SAMPLE, "ADMIN02"), password(LOGIN), None).await.expect("a decision");
    assert!(entered.is_some(), "the bank does it, and the new password is in force");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_signs_for_nobody_else_and_nobody_signs_out_of_service() {
    let mut world = World::new().await;
    let user = world.register(SAMPLE, "KEIRI01").await;
    let other = world.person(SAMPLE, "ADMIN02");
    for (draft, outcome) in [
        (set_password(&other, "transaction", &user), Outcome::Refused(Refusal::Changed)),
        (set_password(&user, "login", &user), Outcome::Done),
    ] {
        assert_eq!(world.sign(&user, draft).await, outcome);
    }
    assert_eq!(world.person(SAMPLE, "ADMIN02").transaction, other.transaction);

    // Suspended in the books between the signature and the booking.
    let user = world.person(SAMPLE, "KEIRI01");
    let order = world.order(&user, transfer(1)).await;
    let put = world.bank.books.change(|sheet| {
        sheet.put(&Person { suspended: true, ..user.clone() });
        Ok::<_, camtoken_portal::books::BooksError>(())
    });
    put.expect("the books answer");
    assert_eq!(world.send(&user, &order).await, Outcome::Refused(Refusal::Changed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_record_takes_back_nothing_that_happened_since_the_form() {
    let mut world = World::new().await;
    let administrator = world.register(SAMPLE, "ADMIN01").await;
    let before = world.person(SAMPLE, "KEIRI01");
    let closed = Person { closed: vec![Menu::Bulk], ..before.clone() };
    let order = world.order(&administrator, put(Some(&before), closed, "change", Vec::new())).await;
    let business = Profile::ContractAndUser;
    let answer =
        world.bank.log_in(business, &numbers(SAMPLE, "KEIRI01"), password(LOGIN), None).await.expect("a decision");
    assert!(answer.is_some());
    for _ in 0..4 {
        let answer = world.bank.log_in(business, &numbers(SAMPLE, "KEIRI01"), password("wrong"), None).await;
        assert!(answer.expect("a decision").is_none());
    }
    let bounced = world.person(SAMPLE, "KEIRI01");
    world.bank.set_mail_failed(&bounced, true).expect("the books answer");
    assert_eq!(world.send(&administrator, &order).await, Outcome::Done);
    let person = world.person(SAMPLE, "KEIRI01");
    assert_eq!((person.login.wrong, person.last_login, person.mail_failed), (4, Some(START), true));
    assert!(!person.may(Menu::Bulk));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_revoked_since_the_form_is_handed_to_nobody() {
    let mut world = World::new().await;
    let administrator = world.register(SAMPLE, "ADMIN01").await;
    let before = world.person(SAMPLE, "KEIRI01");
    let after = Person { token: Some("KKK0000003".to_owned()), ..before.clone() };
    let order = world.order(&administrator, put(Some(&before), after, "token", Vec::new())).await;
    let token = world.bank.books.get::<LentToken>("KKK0000003").expect("the books answer").expect("the token");
    world.bank.revoke_token(&token).await.expect("it is revoked");
    assert_eq!(world.send(&administrator, &order).await, Outcome::Refused(Refusal::Changed));
    assert_eq!(world.person(SAMPLE, "KEIRI01").token.as_deref(), Some("KKK0000001"));
    // Nor is one of another company.
    let after = Person { token: Some("KKK0000011".to_owned()), ..before.clone() };
    let outcome = world.sign(&administrator, put(Some(&before), after, "token", Vec::new())).await;
    assert_eq!(outcome, Outcome::Refused(Refusal::Changed));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_corrects_where_mail_goes_and_both_addresses_are_told() {
    let mut world = World::new().await;
    let administrator = world.register(SAMPLE, "ADMIN01").await;
    world.bank.set_mail_failed(&world.person(SAMPLE, "KEIRI01"), true).expect("the books answer");
    let before = world.person(SAMPLE, "KEIRI01");
    for (mail, outcome) in [("nobody", Outcome::Refused(Refusal::Changed)), ("keiri@sample.example", Outcome::Done)] {
        let after = Person { mail: mail.to_owned(), ..before.clone() };
        let order = put(Some(&before), after, "change", Vec::new());
        assert_eq!(world.sign(&administrator, order).await, outcome, "{mail}");
    }
    let person = world.person(SAMPLE, "KEIRI01");
    assert_eq!((person.mail.as_str(), person.mail_failed), ("keiri@sample.example", false));
    let mails = world.bank.books.list::<Mail>("").expect("the books answer");
    let told: Vec<_> = mails.iter().filter(|mail| mail.text == "mail-changed").map(|mail| mail.to.as_str()).collect();
    assert_eq!(told, ["keiri@sample.example", before.mail.as_str()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_registration_is_not_begun_again_until_it_is_resumed() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "KEIRI01").await;
    for attempt in 0..5_u8 {
        let order = world.order(&person, transfer(1)).await;
        world.bank.settle(&person, &order.id, "00000000", [attempt; 16]).await.expect("a decision");
    }
    assert!(world.bank.otp_suspended(&person).await.expect("an answer"));
    assert!(!world.bank.give_up(&person).await.expect("a decision"));
    assert_eq!(world.person(SAMPLE, "KEIRI01").activation, person.activation);
    world.bank.set_service(&person, true).await.expect("a decision");
    assert!(world.bank.give_up(&person).await.expect("a decision"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_registrations_at_once_one_is_begun_and_the_other_leaves_no_place_taken() {
    let world = World::new().await;
    let person = world.person(SAMPLE, "KEIRI01");
    let (one, other) = tokio::join!(world.begin(&person, ""), world.begin(&person, ""));
    assert!(matches!((&one, &other), (First::Begun, First::Overtaken) | (First::Overtaken, First::Begun)));
    assert_eq!(live(&world, "KKK0000001").await, [world.person(SAMPLE, "KEIRI01").activation().expect("one")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_on_a_token_that_was_taken_away_is_not_finished() {
    let mut world = World::new().await;
    let person = world.person(SAMPLE, "ADMIN01");
    assert!(matches!(world.begin(&person, FIRST_OTP).await, First::Begun));
    let person = world.person(SAMPLE, "ADMIN01");
    let Progress::First(first) = world.bank.progress(&person).await.expect("an answer") else { panic!("no code") };
    let Ok(Received::FirstCode(received)) = world.token("KKK0000001").receive(&first.code) else { panic!("refused") };
    let device_code = received.approve(&mut rng()).expose_digits();
    let step = world.bank.second_code(&person, &device_code).await.expect("an answer");
    assert!(matches!(step, Step::Done(())), "it is right");
    let Progress::Second(second) = world.bank.progress(&person).await.expect("an answer") else { panic!("no code") };
    let Ok(Received::SecondCode(received)) = world.token("KKK0000001").receive(&second.code) else { panic!("refused") };
    let response = received.approve().response().expose_str().to_owned();
    // Another token is handed out, and the verifier has not been told yet.
    let put = world.bank.books.change(|sheet| {
        sheet.put(&Person { token: Some("KKK0000003".to_owned()), activation: None, ..person.clone() });
        Ok::<_, camtoken_portal::books::BooksError>(())
    });
    put.expect("the books answer");
    let confirmed = world.bank.confirm(&person, &response).await.expect("a decision");
    assert!(matches!(confirmed, Step::Rejected(Rejection::NotActivated)));
    let person = world.person(SAMPLE, "ADMIN01");
    assert!(!person.registered && person.first_otp.is_some());
    let world = world.again().await;
    assert!(live(&world, "KKK0000001").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_was_taken_before_the_process_was_killed_is_free_again() {
    let mut world = World::new().await;
    let person = world.register(SAMPLE, "ADMIN01").await;
    let token: TokenId = "KKK0000001".parse().expect("an ID");
    let subscriber = Subscriber { contract: SAMPLE.to_owned(), user: "KEIRI01".to_owned() };
    world.bank.verifier.enroll(&token, subscriber, world.bank.now(), &mut rng()).await.expect("a place");
    assert_eq!(live(&world, "KKK0000001").await.len(), 2);
    let world = world.again().await;
    assert_eq!(live(&world, "KKK0000001").await, [person.activation().expect("one")]);
}

/// The activations that hold a place on a token.
async fn live(world: &World, token: &str) -> Vec<camtoken::key::ActivationId> {
    let token = world.bank.verifier.token(&token.parse().expect("an ID")).await.expect("an answer").expect("a token");
    let mut live = Vec::new();
    for activation in token.activations() {
        let known = world.bank.verifier.activation(*activation).await.expect("an answer").expect("a record");
        if !known.state().has_ended() {
            live.push(*activation);
        }
    }
    live
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

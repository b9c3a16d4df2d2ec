//! Users of one token, each in a place of their own: registered, answered for, deleted.

use super::*;

#[test]
fn a_no_leaves_the_token_without_the_activation_and_the_bank_begins_again() {
    let mut story = Story::new();
    let (activation, second) = story.begin("YAMADA01");
    let Ok(Received::SecondCode(received)) = story.device.token_mut().receive(&second) else { panic!("a second code") };
    let unconfirmed = received.approve();
    let response = unconfirmed.response().expose_str().to_owned();
    unconfirmed.discard();
    story.confirm(activation, &response);

    let issued = story.issue(activation, transfer());
    assert_eq!(story.refusal(&issued.code), Refusal::NotActivated);
    assert_eq!(story.refusal(&second), Refusal::Incomplete);

    block_on(story.bank.reset(activation, NOW)).expect("it has never signed");
    let again = story.register("YAMADA01");
    let issued = story.issue(again, transfer());
    assert!(story.token().receive(&issued.code).is_ok());
}

#[test]
fn a_token_that_kept_what_the_bank_has_not_confirmed_is_registered_again() {
    let mut story = Story::new();
    let (activation, second) = story.begin("YAMADA01");
    let Ok(Received::SecondCode(received)) = story.device.token_mut().receive(&second) else { panic!("a second code") };
    received.approve().keep();
    let issued = block_on(story.bank.issue(activation, transfer(), None, NOW, &mut rng()));
    assert!(issued.is_err(), "the bank has not confirmed");

    block_on(story.bank.reset(activation, NOW)).expect("it has never signed");
    let again = story.register("YAMADA01");
    assert_eq!(story.device.token().activations().count(), 2, "the old one is there until it is deleted");
    assert!(story.token().delete(activation));
    let issued = story.issue(again, transfer());
    let Ok(Received::Transaction(received)) = story.device.token_mut().receive(&issued.code) else {
        panic!("a transaction")
    };
    let response = received.approve().expose_str().to_owned();
    assert!(story.verify(&issued, &response).is_accepted());
}

#[test]
fn a_dropped_question_leaves_the_second_code_good_for_another_try() {
    let mut story = Story::new();
    let (activation, second) = story.begin("YAMADA01");
    let mut responses = Vec::new();
    for _ in 0..2 {
        let Ok(Received::SecondCode(received)) = story.device.token_mut().receive(&second) else {
            panic!("a second code")
        };
        responses.push(received.approve().response().expose_str().to_owned());
    }
    assert_eq!(responses[0], responses[1]);
    assert_eq!(story.device.token().pending(), Some(activation));
    assert_eq!(story.device.token().activations().count(), 0);
}

#[test]
fn users_of_one_token_answer_each_for_themselves() {
    let mut story = Story::new();
    let users: Vec<_> = ["YAMADA01", "SATO02", "鈴木"].map(|user| story.register(user)).into();
    for (slot, activation) in (1..).zip(users) {
        let issued = story.issue(activation, transfer());
        let token = story.token();
        assert!(token.activations().any(|(number, known)| number == slot && known.id() == activation));
        let Ok(Received::Transaction(received)) = token.receive(&issued.code) else { panic!("a transaction") };
        assert_eq!(received.activation().id(), activation);
        let response = received.approve().expose_str().to_owned();
        assert!(story.verify(&issued, &response).is_accepted());
    }
}

#[test]
fn a_ninth_user_has_no_slot_until_one_is_free() {
    let mut story = Story::new();
    let users: Vec<_> = (0..8).map(|number| story.register(&format!("USER{number}"))).collect();
    let subscriber = Subscriber { contract: "1".to_owned(), user: "USER8".to_owned() };
    let id = story.device.token().id().clone();
    let full = block_on(story.bank.enroll(&id, subscriber, NOW, &mut rng()));
    assert!(matches!(full, Err(EnrollError::TokenFull { .. })));

    // The bank forgets one of them; the token does not know of it.
    block_on(story.bank.revoke(users[3], NOW)).expect("the store answers");
    let ninth = story.enroll("USER8");
    assert_eq!(story.refusal(&ninth.code), Refusal::Full);
    assert!(story.token().delete(users[3]));
    let Ok(Received::FirstCode(received)) = story.device.token_mut().receive(&ninth.code) else {
        panic!("a first code")
    };
    assert_eq!(received.slot(), 4);
}

#[test]
fn a_deletion_ends_one_activation_and_no_other() {
    let mut story = Story::new();
    let (gone, stays) = (story.register("YAMADA01"), story.register("SATO02"));
    let deletion = |token_id: &str| {
        Transaction::new(Operation::Deletion, [("user", "YAMADA01"), ("tokenId", token_id)]).expect("a deletion")
    };
    let elsewhere = story.issue(gone, deletion("FEX9999999"));
    assert_eq!(story.refusal(&elsewhere.code), Refusal::Misdirected);

    let issued = story.issue(gone, deletion("FEX0123456"));
    let Ok(received) = story.device.token_mut().receive(&issued.code) else { panic!("a deletion") };
    assert_eq!(received.decline(), Refusal::Cancelled);
    assert_eq!(story.device.token().activations().count(), 2);

    story.on();
    assert_eq!(story.scan(&issued.code), Seen::Shown);
    let shown: String = story.leaf_through().iter().map(Screen::to_text).collect();
    assert!(shown.contains("登録削除") && shown.contains("FEX0123456") && shown.contains("YAMADA01"), "{shown}");
    assert_eq!(story.device.state(NOW), State::Done);
    let left: Vec<_> = story.device.token().activations().map(|(slot, known)| (slot, known.id())).collect();
    assert_eq!(left, [(2, stays)]);
    assert_eq!(story.scan(&issued.code), Seen::Refused(Refusal::Misdirected));
}

#[test]
fn an_activation_is_deleted_by_the_menu_after_a_second_question() {
    let mut story = Story::new();
    let (stays, gone) = (story.register("YAMADA01"), story.register("SATO02"));
    story.on();
    story.press(Button::Left);
    story.press(Button::Center);
    story.press(Button::Center);
    assert!(story.device.screen(NOW).said("selected").contains("登録削除"));
    story.press(Button::Right);
    story.press(Button::Center);
    assert!(story.device.screen(NOW).said("selected").contains("SATO02"));
    story.press(Button::Right);
    assert!(story.device.screen(NOW).to_text().contains("削除しますか"));
    story.press(Button::Left);
    assert_eq!(story.device.token().activations().count(), 2, "no is no");
    story.press(Button::Center);
    story.press(Button::Right);
    story.press(Button::Right);
    assert_eq!(story.device.state(NOW), State::Done);
    let left: Vec<_> = story.device.token().activations().map(|(_, known)| known.id()).collect();
    assert_eq!(left, [stays]);
    let issued = story.issue(gone, transfer());
    assert_eq!(story.refusal(&issued.code), Refusal::Misdirected);
}

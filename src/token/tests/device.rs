//! A token as a device: left alone, switched off, with a PIN, with a flat battery.

use super::*;

#[test]
fn a_device_that_is_left_alone_goes_dark_and_forgets() {
    let (mut story, activation) = Story::registered("YAMADA01");
    let issued = story.issue(activation, transfer());
    let after = |seconds| Timestamp::from_unix(NOW.as_unix() + seconds);
    story.on();
    story.scan(&issued.code);
    assert!(story.device.screen(after(59)).lit);
    assert!(!story.device.screen(after(60)).lit);
    story.device.press(Button::Right, after(60), &mut rng());
    assert_eq!(story.device.state(after(60)), State::Off);

    story.on();
    story.scan(&issued.code);
    story.leaf_through();
    assert!(story.device.expose_digits(after(179)).is_some());
    assert!(story.device.expose_digits(after(180)).is_none());
    story.device.tick(after(180));
    assert_eq!(story.device.state(NOW), State::Off);

    let first = story.enroll("SATO02");
    story.on();
    story.scan(&first.code);
    story.leaf_through();
    let second = block_on(story.bank.second_code(
        first.activation,
        &story.digits(),
        AttemptId::generate(&mut rng()),
        NOW,
        &mut rng(),
    ));
    let Ok(Step::Done(second)) = second else { panic!("a right device code") };
    story.device.hold(Button::Center, NOW);
    assert_eq!(story.device.token().pending(), None);
    story.on();
    assert_eq!(story.scan(&second.code), Seen::Refused(Refusal::Incomplete));
}

#[test]
fn a_device_that_is_off_sees_and_answers_nothing() {
    let (mut story, activation) = Story::registered("YAMADA01");
    let issued = story.issue(activation, transfer());
    assert_eq!(story.scan(&issued.code), Seen::NotLooking);
    for button in [Button::Left, Button::Center, Button::Right] {
        story.press(button);
        assert_eq!(story.device.state(NOW), State::Off);
    }
    assert_eq!(story.device.screen(NOW), Screen::off());
}

#[test]
fn an_old_code_is_called_old_and_still_shown() {
    let (mut story, activation) = Story::registered("YAMADA01");
    let issued = story.issue(activation, transfer());
    story.on();
    story.scan(&issued.code);
    let shown = |story: &Story| story.device.pages(NOW).iter().map(Screen::to_text).collect::<String>();
    assert!(!shown(&story).contains("有効期限"));
    story.token().faults.clock_offset = 180;
    assert!(shown(&story).contains("有効期限"));
}

#[test]
fn a_pin_is_asked_for_and_five_wrong_ones_lock_for_good() {
    let (mut story, activation) = Story::registered("YAMADA01");
    let issued = story.issue(activation, transfer());
    story.token().set_pin(Some(Pin::new("25801", &mut rng()).expect("a good PIN"))).expect("unlocked");
    assert!(story.token().receive(&issued.code).is_ok(), "the one who sets it goes on");
    let enter = |story: &mut Story, digits: &str| {
        for digit in digits.bytes() {
            (b'0'..digit).for_each(|_| story.press(Button::Center));
            story.press(Button::Right);
        }
        (0..10).for_each(|_| story.press(Button::Center));
        story.press(Button::Right);
    };
    story.device.hold(Button::Center, NOW);
    assert_eq!(story.device.state(NOW), State::Pin);
    assert_eq!(story.refusal(&issued.code), Refusal::Locked);
    assert_eq!(story.token().set_pin(None), Err(PinError::Locked));
    assert_eq!(story.scan(&issued.code), Seen::NotLooking);
    enter(&mut story, "25802");
    assert!(story.device.screen(NOW).to_text().contains("残り回数: 4"));
    enter(&mut story, "25801");
    assert_eq!(story.device.state(NOW), State::Ready);
    assert_eq!(story.scan(&issued.code), Seen::Shown);

    story.device.hold(Button::Center, NOW);
    story.device.hold(Button::Center, NOW);
    (0..5).for_each(|_| enter(&mut story, "13579"));
    assert_eq!(story.device.state(NOW), State::Refused(Refusal::Locked));
    story.press(Button::Right);
    assert_eq!(story.device.state(NOW), State::Off, "a locked device has no menu");
    story.device.hold(Button::Center, NOW);
    assert_eq!(story.device.state(NOW), State::Refused(Refusal::Locked));
    story.token().reset();
    assert_eq!(story.refusal(&issued.code), Refusal::NotActivated);
}

#[test]
fn a_token_has_as_many_places_as_it_was_made_with_also_after_a_reset() {
    let token = || Token::generate("KKK0000001".parse().expect("a token ID"), true, &mut rng());
    assert!(token().with_slots(0).is_none() && token().with_slots(Token::SLOTS + 1).is_none());
    let mut story = Story::new();
    let device_key = Key::new(story.token().device_key().expose_bytes().to_vec());
    let small = Token::new(story.token().id().clone(), device_key, true).with_slots(1).expect("one place");
    story.device = Device::new(small.with_profile(Profile::Japan));
    let activation = story.register("YAMADA01");
    story.on();
    let first = story.enroll("YAMADA02");
    assert_eq!(story.refusal(&first.code), Refusal::Full);
    assert!(story.token().delete(activation));
    assert!(story.token().receive(&first.code).is_ok(), "there is a place again");
    story.token().reset();
    assert_eq!((story.token().slots(), story.token().profile()), (1, Profile::Japan));
}

#[test]
fn a_token_of_the_japan_profile_has_no_pin() {
    let pin = || Some(Pin::new("25801", &mut rng()).expect("a good PIN"));
    let token = Token::generate("KKK0000001".parse().expect("a token ID"), true, &mut rng());
    let mut token = token.with_profile(Profile::Japan);
    assert_eq!(token.set_pin(pin()), Err(PinError::Off));
    assert_eq!((token.set_pin(None), token.is_locked()), (Ok(()), false));
    let mut standard = token.with_profile(Profile::Standard);
    assert_eq!(standard.set_pin(pin()), Ok(()));
}

#[test]
fn a_flat_battery_switches_nothing_on() {
    let (mut story, _) = Story::registered("YAMADA01");
    story.token().faults.battery = 0;
    story.device.hold(Button::Center, NOW);
    assert_eq!(story.device.state(NOW), State::Refused(Refusal::Battery));
    story.press(Button::Right);
    assert_eq!(story.device.state(NOW), State::Off);
}

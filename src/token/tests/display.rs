//! What is shown: everything, in order, in both languages.

use super::*;

/// Every label and every value of a transaction is on the pages, whole and in order.
fn assert_shows_everything(pages: &[Screen], transaction: &Transaction, language: Language) {
    let said = |role: &str| pages.iter().map(|page| page.said(role)).collect::<String>();
    let labels = said("label");
    for row in pages::rows(transaction, language) {
        // A value that is read together with its neighbour has the neighbour's label.
        let together = match row.field.name {
            "bankCode" => "bankName",
            "branchCode" => "branchName",
            "accountType" => "account",
            name => name,
        };
        let alone = said(row.field.name).contains(&row.value) && labels.contains(row.label);
        assert!(alone || said(together).contains(&row.value), "{} in {:?}", row.value, said(together));
        assert!(labels.contains(row.label) || together != row.field.name, "{} in {labels}", row.label);
    }
}

#[test]
fn every_operation_is_shown_whole_in_both_languages() {
    for language in [Language::Ja, Language::En] {
        for operation in Operation::all() {
            for with_optional in [true, false] {
                let transaction = sample(operation, |_| with_optional);
                let pages = match operation.domain() {
                    Domain::Signature => {
                        let (mut device, seal) = with_known_key(language);
                        assert_eq!(
                            device.scan(Ok(seal(transaction.clone()).as_str()), NOW),
                            Seen::Shown,
                            "{operation}"
                        );
                        let header = device.screen(NOW).said("header");
                        assert_eq!(header, operation.entry().label.text(language));
                        device.pages(NOW)
                    }
                    _ => pages::layout(&transaction, language).pages(),
                };
                assert_shows_everything(&pages, &transaction, language);
                let money = pages.iter().flat_map(|page| &page.lines).any(|line| line.text.contains('¥'));
                let asked = transaction.displayed().any(|(field, _)| matches!(field.kind, Kind::Yen { .. }));
                assert_eq!(money, asked, "{operation}");
            }
        }
    }
}

#[test]
fn a_registered_payee_is_not_taken_for_a_payment() {
    let (mut device, seal) = with_known_key(Language::Ja);
    device.scan(Ok(seal(sample(Operation::PayeeRegistration, |_| true)).as_str()), NOW);
    let registration = device.pages(NOW);
    assert!(registration[0].said("notice").contains("送金はされません"));
    device.scan(Ok(seal(transfer()).as_str()), NOW);
    let transfer = device.pages(NOW);
    let style = |pages: &[Screen]| {
        let mut lines = pages.iter().flat_map(|page| &page.lines);
        lines.find(|line| line.role == "payee").expect("a payee").style
    };
    assert_ne!(style(&registration), style(&transfer));
}

#[test]
fn all_pages_come_before_the_response_and_back_leads_back() {
    let (device, seal) = with_known_key(Language::Ja);
    let mut story = Story { device, ..Story::new() };
    story.scan(&seal(sample(Operation::Remittance, |_| true)));
    let pages = story.device.pages(NOW);
    assert!(pages.len() > 1, "a remittance takes more than a page");
    story.press(Button::Right);
    story.press(Button::Left);
    assert_eq!(story.device.screen(NOW), pages[0]);
    assert_eq!(story.leaf_through(), pages);
    assert_eq!(story.device.state(NOW), State::Answered);
    let screens = story.device.pages(NOW);
    assert_eq!(screens.len(), 1, "the response and the warning stand on one page");
    story.press(Button::Left);
    assert_eq!(story.device.state(NOW), State::Answered, "digits are left by OK alone");
    story.press(Button::Right);
    assert_eq!(story.device.state(NOW), State::Ready);
}

#[test]
fn what_asks_and_answers_fits_one_page_in_both_languages() {
    for language in [Language::Ja, Language::En] {
        let mut story = Story::new();
        story.token().language = language;
        story.on();
        let single = |story: &Story| {
            let pages = story.device.pages(NOW);
            assert_eq!(pages.len(), 1, "{}", pages.iter().map(Screen::to_text).collect::<String>());
            pages[0].to_text()
        };
        single(&story);
        let first = story.enroll("YAMADA01");
        story.scan(&first.code);
        single(&story);
        story.leaf_through();
        let code = story.digits();
        assert!(single(&story).contains(&pages::in_fours(&code)));
        let Ok(Step::Done(second)) =
            block_on(story.bank.second_code(first.activation, &code, AttemptId::generate(&mut rng()), NOW, &mut rng()))
        else {
            panic!("a right device code")
        };
        story.press(Button::Right);
        single(&story);
        story.scan(&second.code);
        story.leaf_through();
        let warning = if language == Language::Ja { "電話やメールで" } else { "by phone" };
        single(&story);
        assert!(story.device.screen(NOW).said("warning").contains(warning));
        story.press(Button::Right);
        single(&story);
        for refusal in Refusal::ALL {
            let mut story = Story::new();
            story.token().language = language;
            story.on();
            story.device.scan(Err(refusal), NOW);
            single(&story);
        }
    }
}

#[test]
fn the_screens_of_a_transfer() {
    let fields = [
        ("bankCode", "0001"),
        ("bankName", "カクウチュウオウ"),
        ("branchCode", "123"),
        ("branchName", "ホンテン"),
        ("accountType", "ordinary"),
        ("account", "1234567"),
        ("payee", "カ)テストショウジ"),
        ("amount", "1250000"),
        ("date", "2026-11-24"),
        ("newPayee", "yes"),
        ("payingAccount", "4321"),
    ];
    for (language, name) in [(Language::Ja, "transfer_ja"), (Language::En, "transfer_en")] {
        let (device, seal) = with_known_key(language);
        let mut story = Story { device, ..Story::new() };
        story.scan(&seal(Transaction::new(Operation::Transfer, fields).expect("a transfer")));
        let mut screens = story.leaf_through();
        let digits = story.digits();
        screens.push(story.device.screen(NOW));
        let text = screens.iter().map(Screen::to_text).collect::<Vec<_>>().join("--------\n");
        // The digits are another test's; here is where they stand.
        let text = text.replace(&pages::in_fours(&digits), "#### ####");
        insta::assert_snapshot!(name, text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn transfers_of_any_length_are_shown_whole_and_answered_alike(
        bank in "[ｱ-ﾜA-Z0-9]{1,15}",
        branch in "[ｱ-ﾜA-Z0-9]{1,15}",
        payee in "[().-]{0,2}[ｱ-ﾜA-Z0-9]([ｱ-ﾜA-Z0-9 ().-]{0,44}[ｱ-ﾜA-Z0-9])?",
        account in "[0-9]{7}",
        amount in 1_u64..10_000_000_000,
        new_payee: bool,
        japanese: bool,
    ) {
        let amount = amount.to_string();

        let fields = [
            ("bankCode", "0001"), ("bankName", &bank), ("branchCode", "007"), ("branchName", &branch),
            ("accountType", "current"), ("account", &account), ("payee", &payee), ("amount", &amount),
            ("date", "2026-12-31"), ("newPayee", if new_payee { "yes" } else { "no" }), ("originator", "ﾔﾏﾀﾞ"),
        ];
        let transaction = Transaction::new(Operation::Transfer, fields).expect("a transfer");
        let language = if japanese { Language::Ja } else { Language::En };
        let (mut device, seal) = with_known_key(language);
        let code = seal(transaction.clone());
        prop_assert_eq!(device.scan(Ok(code.as_str()), NOW), Seen::Shown);
        let pages = device.pages(NOW);
        assert_shows_everything(&pages, &transaction, language);
        // Independently of how rows are made: the digits of the amount, and the payee as it was given.
        let said = |role: &str| pages.iter().map(|page| page.said(role)).collect::<String>();
        prop_assert_eq!(said("amount").replace(['¥', ','], ""), amount);
        prop_assert_eq!(said("payee"), payee);
        // The verifier's challenge has every field, the token's a digest of the rest.
        let shown = device.challenge(NOW).expect("a challenge is shown");
        let asked = Challenge { transaction, ..shown.clone() };
        prop_assert_eq!(asked.question(), shown.question());
    }

    /// Whatever is done to a device: digits come only after every page was on the screen, and nothing panics.
    #[test]
    fn no_order_of_buttons_skips_a_page(acts in prop::collection::vec(0_u8..12, 1..80), japanese: bool) {
        let (mut device, seal) = with_known_key(if japanese { Language::Ja } else { Language::En });
        let codes = [Operation::Transfer, Operation::Remittance].map(|operation| seal(sample(operation, |_| true)));
        let mut now = NOW;
        let mut seen = std::collections::BTreeSet::new();
        let mut all = 0;
        for act in acts {
            let scanned = match act {
                0..=4 => { device.press(Button::Right, now, &mut rng()); None }
                5 => { device.press(Button::Left, now, &mut rng()); None }
                6 => { device.press(Button::Center, now, &mut rng()); None }
                7 => { device.hold(Button::Center, now); None }
                8 => { now = Timestamp::from_unix(now.as_unix() + 59); None }
                9 => Some(device.scan(Ok("CT1:"), now)),
                _ => Some(device.scan(Ok(codes[usize::from(act) - 10].as_str()), now)),
            };
            if scanned == Some(Seen::Shown) {
                seen.clear();
                all = device.pages(now).len();
            }
            match device.state(now) {
                State::Showing { page, pages } => {
                    // The word that the code is old may take one more page, behind all the others.
                    prop_assert!(pages >= all);
                    all = pages;
                    seen.insert(page);
                    prop_assert_eq!(device.screen(now).said("page"), format!("{page}/{pages}"));
                }
                State::Answered => prop_assert_eq!(seen.len(), all),
                _ => {}
            }
            prop_assert_eq!(device.expose_digits(now).is_some(), device.state(now) == State::Answered);
            let saved = file::to_string(&device).expect("a test token");
            prop_assert_eq!(file::from_str(&saved, None).expect("as written").screen(now), device.screen(now));
        }
    }
}

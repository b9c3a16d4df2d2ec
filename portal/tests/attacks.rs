//! Every attack is played, and the ledger is looked at afterwards.

use std::time::Duration;

use camtoken::language::Language;
use camtoken_portal::attacks::{Attack, Choice, Report, Scene};

async fn play(attack: Attack) -> Report {
    let dir = tempfile::tempdir().expect("a directory");
    attack.play(dir.path()).await.expect("the play goes to its end")
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_a_play_that_somebody_walked_out_of() {
    let dir = tempfile::tempdir().expect("a directory");
    let rooms = || std::fs::read_dir(dir.path()).expect("a directory").count();
    let play = Attack::Replay.play(dir.path());
    assert!(tokio::time::timeout(Duration::from_millis(100), play).await.is_err(), "it takes longer than that");
    assert_eq!(rooms(), 0);
    Attack::Replay.play(dir.path()).await.expect("the play goes to its end");
    assert_eq!(rooms(), 0);
}

fn says(report: &Report, text: &str) -> usize {
    report.lines.iter().filter(|line| line.text == text).count()
}

fn reasons(report: &Report) -> Vec<&str> {
    let words = report.lines.iter().flat_map(|line| &line.words);
    words.filter(|(name, word)| *name == "reason" && !word.is_empty()).map(|(_, word)| word.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchanged_payee_stands_on_the_token_and_is_not_paid() {
    let report = play(Attack::SwapPayee).await;
    assert_eq!((report.stolen, report.paid), (0, 0));
    let shown = report.lines.iter().find(|line| line.text == "attack-token-shows").expect("the token shows it");
    assert!(shown.words.contains(&("account", "6660001".to_owned())));
    assert_eq!(says(&report, "attack-customer-declines"), 1);
    assert_eq!(reasons(&report), ["Wrong"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_raised_amount_stands_on_the_token_and_is_not_paid() {
    let report = play(Attack::RaiseAmount).await;
    assert_eq!((report.stolen, report.paid), (0, 0));
    let shown = report.lines.iter().find(|line| line.text == "attack-token-shows").expect("the token shows it");
    assert!(shown.words.contains(&("amount", "8250000".to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_code_is_refused_by_the_token() {
    let report = play(Attack::AlterCode).await;
    assert_eq!((report.stolen, report.paid), (0, 0));
    let refused = report.lines.iter().find(|line| line.text == "attack-token-refuses").expect("the token refuses");
    assert_eq!(refused.words, [("code", "T05".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_no_use_to_another_token() {
    let report = play(Attack::Relay).await;
    assert_eq!((report.stolen, report.paid), (0, 0));
    assert_eq!(says(&report, "attack-token-refuses"), 1);
    assert_eq!(says(&report, "attack-token-shows"), 0, "nothing of the transaction is shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_that_is_sent_twice_is_booked_once() {
    let report = play(Attack::Replay).await;
    assert_eq!((report.stolen, report.paid), (0, 1_250_000));
    assert_eq!(says(&report, "attack-bank-booked"), 1);
    assert_eq!(reasons(&report), ["AlreadySettled"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_books_no_other_order() {
    let report = play(Attack::OtherOrder).await;
    assert_eq!((report.stolen, report.paid), (0, 0));
    assert_eq!(reasons(&report), ["Wrong", "Superseded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_response_to_an_old_code_is_not_accepted() {
    let report = play(Attack::OldCode).await;
    assert_eq!((report.stolen, report.paid), (0, 0));
    assert_eq!(reasons(&report), ["Wrong"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_that_comes_late_is_not_accepted() {
    let report = play(Attack::Late).await;
    assert_eq!((report.stolen, report.paid), (0, 0));
    assert_eq!(reasons(&report), ["Expired"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_guesses_at_once_three_are_compared() {
    let report = play(Attack::Guess).await;
    assert_eq!((report.stolen, report.paid), (0, 0));
    let counts = report.lines.iter().find(|line| line.text == "attack-bank-counts").expect("the bank counts");
    assert_eq!(counts.words, [("compared", "3".to_owned()), ("refused", "197".to_owned())]);
}

/// What was stolen is read from the ledger: nothing if the customer reads the token, up to the whole amount if not.
#[tokio::test(flavor = "multi_thread")]
async fn in_a_scene_the_one_who_reads_the_token_loses_nothing() {
    for (scene, stolen, paid) in [
        (Scene::Payee, 1_250_000, 1_250_000),
        (Scene::Honest, 0, 1_250_000),
        (Scene::Call, 9_000_000, 9_000_000),
        (Scene::Amount, 0, 8_250_000),
        (Scene::Relay, 9_000_000, 9_000_000),
    ] {
        let dir = tempfile::tempdir().expect("a directory");
        let approved = scene.decide(dir.path(), Choice::Approve).await.expect("it goes to its end");
        assert_eq!((approved.stolen, approved.paid), (stolen, paid), "{scene:?}");
        assert_eq!(approved.is_right, scene == Scene::Honest, "{scene:?}");
        let declined = scene.decide(dir.path(), Choice::Differs).await.expect("it goes to its end");
        assert_eq!((declined.stolen, declined.paid), (0, 0), "{scene:?}");
        assert_eq!(declined.is_right, scene != Scene::Honest, "{scene:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_scene_the_token_shows_what_the_bank_will_do() {
    for (scene, account, amount) in [
        (Scene::Payee, "6660001", "1,250,000"),
        (Scene::Honest, "0054321", "1,250,000"),
        (Scene::Call, "6660001", "9,000,000"),
        (Scene::Amount, "0054321", "8,250,000"),
        (Scene::Relay, "6660001", "9,000,000"),
    ] {
        let dir = tempfile::tempdir().expect("a directory");
        let screens = scene.screens(dir.path(), Language::Ja).await.expect("it is read");
        let text: String = screens.iter().map(camtoken::token::screen::Screen::to_text).collect();
        assert!(text.contains(account) && text.contains(amount), "{scene:?}: {text}");
    }
}

//! Who gets in where: names and addresses that are tried too often, hosts that are not this machine, and forms that are gone back to.

mod visitor;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use camtoken::Timestamp;
use camtoken_portal::bank::Bank;
use camtoken_portal::demo::{self, LOGIN, OPERATOR, SAMPLE};
use camtoken_portal::pages::Site;
use visitor::Visitor;

/// A bank whose limits count by a time that stands still, and the directory that it is in.
async fn bank() -> (Router, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a directory");
    let bank = Bank::open(dir.path(), Arc::new(|| Timestamp::from_unix(1_795_230_000))).expect("the bank opens");
    demo::seed(&bank).await.expect("a new bank");
    let site = Site::new(bank, None, dir.path().join("attacks")).with_uptime(Arc::new(|| Duration::ZERO));
    (Arc::new(site).router(), dir)
}

fn at(site: &Router, address: &'static str) -> Visitor {
    Visitor { address: Some(address), ..Visitor::new(site.clone()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_lock_no_customer_out_who_has_been_in_before() {
    let (site, _dir) = bank().await;
    let mut customer = at(&site, "192.0.2.1");
    assert!(customer.log_in(SAMPLE, "ADMIN01", LOGIN).await);
    customer.ask("/home", None).await;
    customer.ask("/logout", Some("")).await;
    for place in ["203.0.113.5", "203.0.113.6"] {
        let mut stranger = at(&site, place);
        for _ in 0..25 {
            assert!(!stranger.log_in(SAMPLE, "ADMIN01", "wrong").await);
        }
        assert!(!stranger.log_in(SAMPLE, "ADMIN01", LOGIN).await, "the login is suspended there");
    }
    assert!(customer.log_in(SAMPLE, "ADMIN01", LOGIN).await, "and not here");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_tried_too_often_is_held_up_where_it_is_tried() {
    let (site, _dir) = bank().await;
    let mut stranger = at(&site, "203.0.113.5");
    for _ in 0..20 {
        stranger.log_in(SAMPLE, "NOBODY", "wrong").await;
    }
    stranger.ask("/login", None).await;
    let form = format!("service=business&contract={SAMPLE}&user=NOBODY&password=wrong");
    assert_eq!(stranger.ask("/login", Some(&form)).await, StatusCode::TOO_MANY_REQUESTS);
    let mut other = at(&site, "198.51.100.7");
    other.ask("/login", None).await;
    assert_eq!(other.go("/login", Some(&form)).await, StatusCode::OK, "elsewhere it may still be tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_in_another_browser_is_told_by_mail() {
    let (site, _dir) = bank().await;
    for _ in 0..2 {
        assert!(Visitor::new(site.clone()).log_in(SAMPLE, "ADMIN01", LOGIN).await);
    }
    let mut desk = Visitor::new(site);
    desk.ask("/outbox", None).await;
    assert_eq!(desk.page.matches("新しい端末からのログイン").count(), 1, "the first browser is no news");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_answers_under_names_of_this_machine_alone() {
    let (site, _dir) = bank().await;
    for (host, status) in [
        ("localhost:4880", StatusCode::OK),
        ("127.0.0.1", StatusCode::OK),
        ("bank.example", StatusCode::MISDIRECTED_REQUEST),
        ("127.0.0.1.bank.example:4880", StatusCode::MISDIRECTED_REQUEST),
    ] {
        for path in ["/login", "/outbox", "/static/portal.css", "/.well-known/oauth-authorization-server"] {
            let answer = Visitor { host: Some(host), ..Visitor::new(site.clone()) }.ask(path, None).await;
            let refused = answer == StatusCode::MISDIRECTED_REQUEST;
            assert_eq!(refused, status == StatusCode::MISDIRECTED_REQUEST, "{host} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_and_the_desk_are_open_to_this_machine_alone() {
    let (site, _dir) = bank().await;
    for path in ["/outbox", "/outbox/1", "/operator/login", "/operator"] {
        assert_eq!(at(&site, "192.0.2.1").ask(path, None).await, StatusCode::NOT_FOUND, "{path}");
        assert_ne!(at(&site, "127.0.0.1").ask(path, None).await, StatusCode::NOT_FOUND, "{path}");
        assert_ne!(at(&site, "::ffff:127.0.0.1").ask(path, None).await, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_answers_a_form_is_fetched_by_an_address_of_its_own() {
    let (site, _dir) = bank().await;
    let mut visitor = Visitor::new(site);
    assert!(visitor.log_in(SAMPLE, "ADMIN01", LOGIN).await);
    visitor.ask("/transfer", None).await;
    let wrong = "from=102-0012345&to=new&branch=9902-110&accountType=ordinary&account=12&payee=%E5%B1%B1&amount=-5";
    assert_eq!(visitor.ask("/transfer", Some(wrong)).await, StatusCode::SEE_OTHER);
    let kept = visitor.to.clone().expect("an address");
    for _ in 0..2 {
        assert_eq!(visitor.ask(&kept, None).await, StatusCode::OK);
        for input in ["account", "payee", "amount"] {
            assert!(visitor.page.contains(&format!("id=\"{input}-error\"")), "{input}");
        }
    }
    // The form itself has what was typed, until an order has come of it.
    visitor.ask("/transfer", None).await;
    assert!(visitor.page.contains("value=\"12\"") && !visitor.page.contains("account-error"));
    let mut other = Visitor { cookies: Vec::new(), ..visitor };
    other.go(&kept, None).await;
    assert!(!other.page.contains("account-error"), "it is nobody else's");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_finds_a_contract_by_what_people_have_at_hand() {
    let (site, _dir) = bank().await;
    let mut desk = Visitor::new(site);
    desk.ask("/operator/login", None).await;
    desk.ask("/operator/login", Some(&format!("operator=OPERATOR1&password={OPERATOR}"))).await;
    for (wanted, found) in [
        ("1234567890", "株式会社サンプル"),
        ("%E3%81%BF%E3%81%BB%E3%82%93", "有限会社みほん"),
        ("mihon-keiri", "有限会社みほん"),
        ("kkk0000016", "合同会社ひながた"),
    ] {
        desk.ask(&format!("/operator?q={wanted}"), None).await;
        let companies = ["株式会社サンプル", "有限会社みほん", "合同会社ひながた"];
        let shown: Vec<_> = companies.into_iter().filter(|name| desk.page.contains(&format!("<h2>{name}"))).collect();
        assert_eq!(shown, [found], "{wanted}");
    }
    desk.ask("/operator?q=99", None).await;
    assert!(desk.page.contains("該当する契約はありません"));
}

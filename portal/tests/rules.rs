//! The list of rules: public, and each rule leads to its page and to its test.

mod visitor;

use std::sync::Arc;

use axum::http::StatusCode;
use camtoken::Timestamp;
use camtoken_portal::bank::Bank;
use camtoken_portal::demo::{self, LOGIN, SAMPLE};
use camtoken_portal::pages::Site;
use visitor::Visitor;

#[tokio::test(flavor = "multi_thread")]
async fn each_rule_leads_to_its_page_and_to_its_test() {
    let dir = tempfile::tempdir().expect("a directory");
    let bank = Bank::open(dir.path(), Arc::new(|| Timestamp::from_unix(1_795_230_000))).expect("the bank opens");
    demo::seed(&bank).await.expect("a new bank");
    let site = Arc::new(Site::new(bank, None, dir.path().join("attacks"))).router();
    let mut reader = Visitor::new(site.clone());
    assert_eq!(reader.ask("/rules", None).await, StatusCode::OK);
    let links = |page: &str, start: &str| -> Vec<String> {
        let link = format!("href=\"{start}");
        let parts = page.split(&link).skip(1);
        parts.filter_map(|part| part.split('"').next()).map(|end| format!("{start}{end}")).collect()
    };
    let tests = links(&reader.page, "/rules/test?rule=");
    assert!(tests.len() > 80, "{}", tests.len());
    for test in tests {
        assert_eq!(reader.ask(&test, None).await, StatusCode::OK, "{test}");
        assert!(reader.page.contains("assert"), "{test}");
    }
    assert_eq!(reader.ask("/rules/test?rule=none", None).await, StatusCode::NOT_FOUND);

    // Every page that is linked is there for an administrator, or sends to where it opens.
    reader.go("/rules", None).await;
    let pages: Vec<_> = links(&reader.page, "/")
        .into_iter()
        .filter(|page| !page.starts_with("/rules") && !page.starts_with("/static"))
        .collect();
    let mut administrator = Visitor::new(site);
    assert!(administrator.log_in(SAMPLE, "ADMIN01", LOGIN).await);
    // The desk is for operators, and the certificate for those who log in with one.
    for page in pages.iter().filter(|page| !page.starts_with("/operator") && *page != "/certificate") {
        let status = administrator.ask(page, None).await;
        assert!(status == StatusCode::OK || status == StatusCode::SEE_OTHER, "{page}: {status}");
    }
}

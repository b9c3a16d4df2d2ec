//! Every rule of the bank in our own words, with the page where it lives and the test that holds it.

use axum::extract::Query;
use maud::html;
use serde::Deserialize;

use super::fault::{Answer, Fault};
use super::layout::page;
use super::visit::Visit;
use crate::domain::caution::Caution;
use crate::text::Text;

mod list;
mod sources;

use list::{PARTS, Rule};
use sources::source;

pub(super) async fn show(visit: Visit) -> Answer {
    let t = visit.t;
    let content = html! {
        p { (t.get("rules-intro")) }
        @for (part, rules) in PARTS {
            h2 { (t.get(&format!("rules-{part}"))) }
            ul.rows.rules {
                @for rule in *rules {
                    li id=(rule.name) {
                        span { (told(t, rule)) }
                        span.muted {
                            (t.get("rules-where")) " "
                            // A page on the way of a linkage has no address of its own.
                            @if rule.page.contains('{') { code { (rule.page) } } @else { a href=(rule.page) { (rule.page) } }
                            br;
                            (t.get("rules-test")) " " a href={ "/rules/test?rule=" (rule.name) } { (spoken(rule)) }
                        }
                    }
                }
            }
        }
    };
    Ok(page(&visit, &t.get("rules"), &content))
}

/// Which rule's test is wanted.
#[derive(Deserialize)]
pub(super) struct Wanted {
    rule: String,
}

pub(super) async fn test(visit: Visit, Query(wanted): Query<Wanted>) -> Answer {
    let t = visit.t;
    let mut rules = PARTS.iter().flat_map(|(_, rules)| *rules);
    let rule: &Rule = rules.find(|rule| rule.name == wanted.rule).ok_or(Fault::NotFound)?;
    let text = source(rule.file, rule.test).ok_or(Fault::NotFound)?;
    let spoken = spoken(rule);
    let content = html! {
        p.lead { (told(t, rule)) }
        p.muted { (t.with("rules-file", &[("file", &format!("portal/tests/{}", rule.file))])) }
        div.scroll tabindex="0" role="region" aria-label=(rule.test) { pre { code { (text) } } }
        p { a href={ "/rules#" (rule.name) } { (t.get("rules")) } }
    };
    Ok(page(&visit, &t.with("rules-test-of", &[("name", &spoken)]), &content))
}

/// A rule in words, with the numbers of the policy on payments.
fn told(t: Text, rule: &Rule) -> String {
    let policy = Caution::default();
    let words = [
        ("registration", t.yen(policy.registration_limit)),
        ("payee", t.yen(policy.payee_limit)),
        ("days", policy.payee_days().to_string()),
        ("first-days", t.wait(policy.registration.as_secs())),
        ("cooling", t.wait(policy.cooling.as_secs())),
    ];
    t.with(&format!("rule-{}", rule.name), &words.each_ref().map(|(name, word)| (*name, word.as_str())))
}

/// The name of a rule's test as people read it.
fn spoken(rule: &Rule) -> String {
    rule.test.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use camtoken::language::Language;

    use super::*;

    fn rules() -> impl Iterator<Item = &'static Rule> {
        PARTS.iter().flat_map(|(_, rules)| *rules)
    }

    #[test]
    fn every_rule_has_its_words_in_both_languages() {
        let names: BTreeSet<_> = rules().map(|rule| rule.name).collect();
        assert_eq!(names.len(), rules().count(), "a rule stands once");
        for t in [Text(Language::Ja), Text(Language::En)] {
            for key in rules().map(|rule| format!("rule-{}", rule.name)) {
                assert_ne!(t.get(&key), key, "no text");
            }
            for key in PARTS.iter().map(|(part, _)| format!("rules-{part}")) {
                assert_ne!(t.get(&key), key, "no heading");
            }
        }
    }

    #[test]
    fn every_rule_lives_on_a_page_that_there_is() {
        let routes = concat!(include_str!("../mod.rs"), include_str!("../linkage/mod.rs"));
        for rule in rules() {
            let is_route = routes.contains(&format!(".route(\"{}\"", rule.page));
            assert!(is_route, "{}: there is no page {}", rule.name, rule.page);
        }
    }

    #[test]
    fn every_rule_is_held_by_a_test_that_there_is() {
        for rule in rules() {
            let found = source(rule.file, rule.test);
            assert!(
                found.is_some_and(|text| text.contains("assert")),
                "{}: no test {} in {}",
                rule.name,
                rule.test,
                rule.file
            );
        }
        assert!(source("site.rs", "no_such_test").is_none());
        assert!(source("site.rs", "bank").is_none(), "what is no test holds nothing");
        assert!(source("none.rs", "bank").is_none());
    }
}

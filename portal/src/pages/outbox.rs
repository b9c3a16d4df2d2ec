//! The outbox: what the bank has sent. A real bank has no such page; here it is what the postman and the mailbox are.

use axum::extract::Path;
use camtoken::Timestamp;
use maud::html;

use super::layout::page;
use super::{Answer, Fault, Visit};
use crate::outbox::Mail;
use crate::text::Text;

/// What a letter tells, in this order: the name of the word, and of its label.
const LETTER: &[(&str, &str)] = &[
    ("contract", "contract"),
    ("user", "user"),
    ("login-id", "login-id"),
    ("login", "login-password"),
    ("transaction", "transaction-password"),
    ("first", "first-otp"),
    ("until", "valid-until"),
    ("token", "serial"),
    ("account", "account-number"),
    ("pin", "inquiry-pin"),
];

pub(super) async fn list(visit: Visit) -> Answer {
    let t = visit.t;
    let mut mails = visit.bank().books.list::<Mail>("")?;
    mails.reverse();
    let content = html! {
        p { (t.get("outbox-intro")) }
        ul.rows {
            @for mail in &mails {
                li {
                    a href={ "/outbox/" (mail.number) } { (subject(t, mail)) }
                    span.muted { (t.get(if mail.is_letter() { "letter" } else { "mail-subject" })) " " (mail.to) " " (t.moment(Timestamp::from_unix(mail.at))) }
                }
            }
        }
    };
    Ok(page(&visit, &t.get("outbox"), &content))
}

pub(super) async fn show(visit: Visit, Path(number): Path<u64>) -> Answer {
    let t = visit.t;
    let mail = visit.bank().books.get::<Mail>(&format!("{number:08}"))?.ok_or(Fault::NotFound)?;
    let word = |name: &str| mail.words.iter().find(|(known, _)| known == name).map_or("", |(_, word)| word.as_str());
    let day = |text: &str| text.parse().map_or_else(|_| text.to_owned(), |day| t.day(day));
    let content = html! {
        article.letter[mail.is_letter()] {
            p.muted { (mail.to) " " (t.moment(Timestamp::from_unix(mail.at))) }
            @if mail.is_letter() {
                p { @if !word("name").is_empty() { (word("name")) " " (t.get("letter-to")) } }
                p { (t.get(&format!("{}-text", mail.text))) }
                dl.facts {
                    @for (name, label) in LETTER {
                        @if !word(name).is_empty() {
                            div { dt { (t.get(label)) } dd { @if *name == "until" { (day(word(name))) } @else { code { (word(name)) } } } }
                        }
                    }
                }
                p { (t.get("letter-report-advice")) }
                p.sender { (t.get("bank")) }
            } @else {
                @let words: Vec<(String, String)> = spoken(t, &mail);
                @let words: Vec<(&str, &str)> = words.iter().map(|(name, word)| (name.as_str(), word.as_str())).collect();
                p { (t.with(&format!("{}-body", mail.text), &words)) }
                p { (t.get("mail-advice")) }
            }
        }
        p { a href="/outbox" { (t.get("outbox")) } }
    };
    Ok(page(&visit, &subject(t, &mail), &content))
}

fn subject(t: Text, mail: &Mail) -> String {
    t.get(&format!("{}-subject", mail.text))
}

/// The words of a mail, those that are names of ours in the reader's language.
fn spoken(t: Text, mail: &Mail) -> Vec<(String, String)> {
    let speak = |(name, word): &(String, String)| {
        let word = match name.as_str() {
            "credential" if ["first-otp", "otp", "inquiry-pin"].contains(&word.as_str()) => t.get(word),
            "credential" => t.get(&format!("{word}-password")),
            "operation" => super::orders::operation(t, word),
            _ => word.clone(),
        };
        (name.clone(), word)
    };
    mail.words.iter().map(speak).collect()
}

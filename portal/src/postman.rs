//! Brings the outbox's mails to an SMTP server (RFC 5321), one after the other, until each is taken or refused for good.
//!
//! Pending mails are in the database, so nothing is lost when the server or the bank is down. A mail that was accepted just before
//! the bank was killed is sent again, under the same Message-ID.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use camtoken::language::Language;
use lettre::message::header::ContentType;
use lettre::{Address, Message, SmtpTransport, Transport};

use crate::bank::{Bank, BankError};
use crate::books::BooksError;
use crate::domain::mail::{Delivery, Mail, Unsent};
use crate::domain::people::Person;
use crate::text::Text;

/// Sends what waits.
pub struct Postman {
    transport: Arc<SmtpTransport>,
    /// It was said that the server is not to be reached.
    told: AtomicBool,
}

/// Why there is no postman.
#[derive(Debug, thiserror::Error)]
pub enum PostmanError {
    /// The URL is none of an SMTP server.
    #[error("no URL of an SMTP server: {0}")]
    Url(#[from] lettre::transport::smtp::Error),
}

/// How often the database is checked for pending mails.
const EVERY: Duration = Duration::from_secs(1);

/// How long a server may take for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a mail is tried (RFC 5321, section 4.5.4.1: four to five days).
const GIVE_UP_SECS: u64 = 4 * 24 * 3600;

/// The longest wait between two tries.
const LONGEST_WAIT_SECS: u64 = 600;

const FROM: &str = "no-reply@kakuu-bank.example";

/// The server's answer to a mail.
enum Said {
    Taken,
    Refused,
    Later,
}

impl Postman {
    /// Goes to the server of a URL: `smtp://host:port`, `smtp://…?tls=required` for STARTTLS, `smtps://…` for TLS.
    ///
    /// # Errors
    ///
    /// [`PostmanError`]
    pub fn new(url: &str) -> Result<Self, PostmanError> {
        let transport = SmtpTransport::from_url(url)?.timeout(Some(PATIENCE)).build();
        Ok(Self { transport: Arc::new(transport), told: AtomicBool::new(false) })
    }

    /// Sends pending mails, also those to come, until the process ends.
    ///
    /// # Errors
    ///
    /// [`BankError`] when the database does not answer.
    pub async fn serve(&self, bank: &Bank) -> Result<(), BankError> {
        loop {
            self.round(bank).await?;
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Whether the server lets the bank in. That it does not is said once, until it does again.
    async fn reaches_server(&self) -> Result<bool, BankError> {
        let transport = Arc::clone(&self.transport);
        let tried = tokio::task::spawn_blocking(move || transport.test_connection()).await;
        let why = match tried.map_err(|_| BankError::Closing)? {
            Ok(true) => None,
            Ok(false) => Some("it does not answer".to_owned()),
            Err(error) => Some(error.to_string()),
        };
        let told = self.told.swap(why.is_some(), Ordering::Relaxed);
        if let Some(why) = why.as_ref().filter(|_| !told) {
            eprintln!("error: no mail goes out: {why}");
        }
        Ok(why.is_none())
    }

    /// Tries once all mails that are due.
    ///
    /// # Errors
    ///
    /// [`BankError`] when the database does not answer.
    pub async fn round(&self, bank: &Bank) -> Result<(), BankError> {
        let now = bank.now();
        let mut due = bank.books.list::<Unsent>("")?;
        due.retain(|unsent| unsent.not_before <= now.as_unix());
        let open = !due.is_empty() && self.reaches_server().await?;
        for unsent in due {
            let Some(mail) = bank.books.get::<Mail>(&format!("{:08}", unsent.number))? else { continue };
            let said = match message(&mail) {
                None => Said::Refused,
                // No mail is given up because the bank cannot reach its server.
                Some(_) if !open => Said::Later,
                Some(message) => {
                    let transport = Arc::clone(&self.transport);
                    let sent = tokio::task::spawn_blocking(move || transport.send(&message));
                    match sent.await.map_err(|_| BankError::Closing)? {
                        Ok(_) => Said::Taken,
                        Err(error) if is_of_the_address(&error) => Said::Refused,
                        Err(_) if now.as_unix().saturating_sub(mail.at) >= GIVE_UP_SECS => Said::Refused,
                        Err(_) => Said::Later,
                    }
                }
            };
            bank.books.change(|sheet| {
                if matches!(said, Said::Later) {
                    let wait = 1_u64.checked_shl(unsent.tries).unwrap_or(u64::MAX).min(LONGEST_WAIT_SECS);
                    let (tries, not_before) = (unsent.tries.saturating_add(1), now.as_unix() + wait);
                    sheet.put(&Unsent { tries, not_before, ..unsent });
                    return Ok::<_, BooksError>(());
                }
                let failed = matches!(said, Said::Refused);
                sheet.strike::<Unsent>(&format!("{:08}", mail.number));
                let delivery = Some(if failed { Delivery::Undeliverable } else { Delivery::Taken });
                sheet.put(&Mail { delivery, ..mail.clone() });
                for person in sheet.list::<Person>("")? {
                    if person.mail == mail.to && person.mail_failed != failed {
                        sheet.put(&Person { mail_failed: failed, ..person });
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// Whether a server has refused a mail for its address' sake (RFC 5321, section 4.2.3). Whatever else it refuses, such as the
/// bank's own login or a protocol without TLS, says nothing of the person.
fn is_of_the_address(error: &lettre::transport::smtp::Error) -> bool {
    error.status().is_some_and(|code| [550, 551, 553].contains(&u16::from(code)))
}

/// The mail in both languages, because its reader's language is not known here. `None` for an address that is not valid.
fn message(mail: &Mail) -> Option<Message> {
    let (ja, en) = (Text(Language::Ja), Text(Language::En));
    let subject = format!("{} / {}", mail.subject(ja), mail.subject(en));
    let body = [ja, en].map(|t| {
        format!("{}\n\n{}\n\n{}\n{}\n", mail.body(t), t.get("mail-advice"), t.get("bank"), t.get("contact-desk"))
    });
    let to: Address = mail.to.parse().ok()?;
    Message::builder()
        .from(lettre::message::Mailbox::new(Some(ja.get("bank")), FROM.parse().ok()?))
        .to(lettre::message::Mailbox::new(None, to))
        .subject(subject)
        .message_id(Some(format!("<{}.{}@kakuu-bank.example>", mail.number, mail.at)))
        .date(std::time::UNIX_EPOCH + Duration::from_secs(mail.at))
        .header(ContentType::TEXT_PLAIN)
        .body(body.join("\n----\n\n"))
        .ok()
}

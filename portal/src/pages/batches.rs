//! 総合振込 and 給与・賞与振込: a file of the Zengin system becomes one order.

use axum::extract::Multipart;
use axum::extract::multipart::MultipartError;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base16ct::lower;
use camtoken::transaction::Operation;
use camtoken::transaction::zengin::{BatchFile, BatchKind, Encoding, LineEnd};
use maud::html;

use super::batch_faults::fault;
use super::drafts::{Entered, before_entry, checked, keep, within_reach};
use super::fault::{Answer, Fault};
use super::fields::Fields;
use super::forms::{Errors, csrf};
use super::layout::page;
use super::visit::Visit;
use crate::bank::Draft;
use crate::demo;
use crate::domain::calendar::day_in_japan;
use crate::domain::caution::Bound;
use crate::domain::contract::Limit;
use crate::domain::directory::OWN_BANK;
use crate::domain::ledger::{Account, Payee, kind_of};
use crate::domain::order::Act;
use crate::domain::people::{Menu, Person};

pub(super) async fn bulk(visit: Visit) -> Answer {
    draw(&visit, Operation::Bulk, &Errors::default())
}

pub(super) async fn bulk_enter(visit: Visit, upload: Multipart) -> Answer {
    enter(&visit, Operation::Bulk, upload).await
}

pub(super) async fn payroll(visit: Visit) -> Answer {
    draw(&visit, Operation::Payroll, &Errors::default())
}

pub(super) async fn payroll_enter(visit: Visit, upload: Multipart) -> Answer {
    enter(&visit, Operation::Payroll, upload).await
}

/// A file to try with.
pub(super) async fn sample_bulk(visit: Visit) -> Response {
    sample(&visit, BatchKind::Bulk)
}

/// The same for wages.
pub(super) async fn sample_payroll(visit: Visit) -> Response {
    sample(&visit, BatchKind::Salary)
}

async fn enter(visit: &Visit, operation: Operation, mut upload: Multipart) -> Answer {
    let (t, person) = (visit.t, visit.may(menu(operation))?);
    let (fields, file) = match read(&mut upload).await {
        Ok(read) => read,
        Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return draw(visit, operation, &Errors::one("file", t.get("file-too-large")));
        }
        Err(_) => return Err(Fault::Form),
    };
    fields.check(visit)?;
    if file.is_empty() {
        return draw(visit, operation, &Errors::one("file", t.get("file-none")));
    }
    let batch = match BatchFile::parse(&file, Encoding::Detect) {
        Ok(batch) => batch,
        Err(error) => return draw(visit, operation, &Errors::one("file", fault(t, &error))),
    };
    match draft(visit, &person, operation, &batch)? {
        Entered::Draft(draft) => Ok(keep(visit, draft)),
        Entered::Wrong(errors) => draw(visit, operation, &errors),
    }
}

/// The inputs of the form, and the file.
async fn read(upload: &mut Multipart) -> Result<(Fields, Vec<u8>), MultipartError> {
    let (mut fields, mut file) = (Fields(Vec::new()), Vec::new());
    while let Some(part) = upload.next_field().await? {
        match part.name().unwrap_or_default().to_owned() {
            name if name == "file" => file = part.bytes().await?.to_vec(),
            name => fields.0.push((name, part.text().await?)),
        }
    }
    Ok((fields, file))
}

fn draft(visit: &Visit, person: &Person, operation: Operation, batch: &BatchFile) -> Result<Entered, Fault> {
    let t = visit.t;
    let refuse = |text: &str| Ok(Entered::Wrong(Errors::one("file", t.get(text))));
    let header = batch.header();
    if (header.kind == BatchKind::Bulk) != (operation == Operation::Bulk) {
        return refuse("file-kind");
    }
    let books = &visit.bank().books;
    let from = Account::key_of(header.branch_code.as_str(), header.account_number.as_str());
    let account =
        books.get::<Account>(&from)?.filter(|account| account.contract == person.contract && person.sees(&from));
    let Some(account) = account.filter(|_| header.bank_code.as_str() == OWN_BANK) else {
        return refuse("file-account");
    };
    for payee in batch.payees().iter().filter(|payee| payee.bank_code.as_str() == OWN_BANK) {
        let key = Account::key_of(payee.branch_code.as_str(), payee.account_number.as_str());
        let known = books.get::<Account>(&key)?;
        if key == from || known.is_none_or(|known| known.kind != kind_of(payee.account_type)) {
            return refuse("file-payee");
        }
    }
    let today = day_in_japan(visit.bank().now());
    if batch.date_on_or_after(visit.bank().now()).is_none_or(|day| day.to_string() != today.to_string()) {
        let errors = Errors::one("file", t.with("file-date", &[("day", &t.day(today))]));
        return Ok(Entered::Wrong(errors));
    }
    let known = books.list::<Payee>(&format!("{}/", person.contract))?;
    let is_known = |payee: &camtoken::transaction::zengin::Payee| {
        known.iter().any(|known| {
            (known.bank.as_str(), known.branch.as_str(), known.number.as_str())
                == (payee.bank_code.as_str(), payee.branch_code.as_str(), payee.account_number.as_str())
        })
    };
    let largest = batch.largest_payee();
    let fields = [
        ("count", batch.count().to_string()),
        ("total", batch.total().to_string()),
        ("date", today.to_string()),
        ("payingAccount", format!("{}{}", header.branch_code, header.account_number)),
        ("largestPayee", largest.name.to_string()),
        ("largestAmount", largest.amount.to_string()),
        ("newPayees", batch.new_payees(is_known).len().to_string()),
        ("checkCode", batch.check_code().to_ascii_lowercase()),
        ("file", lower::encode_string(&batch.canonical_sha256())),
    ];
    let limit = if operation == Operation::Bulk { Limit::Bulk } else { Limit::Payroll };
    let act = Act::PayBatch { from, limit, file: batch.canonical_bytes() };
    let fields = fields.map(|(name, text)| (name.to_owned(), text)).into();
    let draft = Draft { operation, fields, act };
    let beyond = within_reach(visit, &account, &draft, "file")?;
    if !beyond.0.is_empty() {
        return Ok(Entered::Wrong(beyond));
    }
    Ok(checked(t, draft).into())
}

fn draw(visit: &Visit, operation: Operation, errors: &Errors) -> Answer {
    let t = visit.t;
    let person = visit.may(menu(operation))?;
    let path = if operation == Operation::Bulk { "/bulk" } else { "/payroll" };
    let title = if operation == Operation::Bulk { "menu-bulk" } else { "menu-payroll" };
    let error = errors.0.first().map(|(_, text)| text);
    let content = html! {
        p { (t.get("file-intro")) }
        (before_entry(visit, &person, Some(Bound::Payee)))
        (errors.summary(t))
        form.card method="post" action=(path) enctype="multipart/form-data" data-once {
            (csrf(visit))
            div.field.wrong[error.is_some()] {
                label for="file" { (t.get("file")) }
                p.hint #file-hint { (t.get("file-hint")) }
                input id="file" name="file" type="file" accept=".txt,.dat,text/plain" required
                    aria-invalid=[error.map(|_| "true")] aria-describedby=(if error.is_some() { "file-hint file-error" } else { "file-hint" });
                @if let Some(error) = error { p.error #file-error { (error) } }
            }
            p.actions { button.main type="submit" { (t.get("to-confirm")) } }
        }
        p { a href={ (path) "/sample.txt" } download { (t.get("file-sample")) } }
    };
    Ok(page(visit, &t.get(title), &content))
}

fn menu(operation: Operation) -> Menu {
    if operation == Operation::Bulk { Menu::Bulk } else { Menu::Payroll }
}

fn sample(visit: &Visit, kind: BatchKind) -> Response {
    let bytes = demo::sample_batch(kind, visit.bank().now()).to_bytes(LineEnd::CrLf);
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=shift_jis"), (header::CONTENT_DISPOSITION, "attachment")];
    (kind, bytes).into_response()
}

//! The content of a batch file, line by line: to be read, and searched, before it is signed.

use camtoken::transaction::text::KanaText;
use camtoken::transaction::zengin::{BatchFile, Encoding, Payee};
use maud::{Markup, html};

use super::forms::{Errors, Input};
use crate::domain::ledger::kind_of;
use crate::text::Text;

/// Lines that are shown at once; the search finds the others.
const SHOWN: usize = 100;

/// The payments of a file whose payee or account number has this in it.
pub(super) fn rows(t: Text, path: &str, file: &[u8], wanted: &str) -> Markup {
    let Ok(batch) = BatchFile::parse(file, Encoding::ShiftJis) else { return html! {} };
    let kana =
        KanaText::canonical(wanted.trim(), 30).map_or_else(|_| wanted.trim().to_owned(), |kana| kana.to_string());
    let is_wanted =
        |payee: &Payee| payee.name.to_string().contains(&kana) || payee.account_number.as_str().contains(&kana);
    let found: Vec<_> = batch.payees().iter().zip(1..).filter(|(payee, _)| is_wanted(payee)).collect();
    let words = [("found", found.len().to_string()), ("count", batch.count().to_string())];
    html! {
        details.more open[!wanted.is_empty() || batch.count() <= 10] {
            summary { (t.with("batch-rows", &[("count", &batch.count().to_string())])) }
            form.search method="get" action=(path) role="search" {
                (Input { value: wanted, max: Some(30), optional: Some(String::new()), hint: Some(t.get("batch-search-hint")), ..Input::new("q", t.get("batch-search")) }.draw(&Errors::default()))
                p.actions { button type="submit" { (t.get("search")) } }
            }
            p role="status" { (t.with("batch-found", &words.each_ref().map(|(name, text)| (*name, text.as_str())))) }
            div.scroll tabindex="0" role="region" aria-label=(t.get("batch-table")) {
                table.cards {
                    thead { tr {
                        th.number scope="col" { (t.get("number")) } th scope="col" { (t.get("payee")) }
                        th scope="col" { (t.get("bank-and-branch")) } th scope="col" { (t.get("account-number")) }
                        th.number scope="col" { (t.get("how-much")) }
                    } }
                    tbody {
                        @for (payee, number) in found.iter().take(SHOWN) {
                            tr {
                                td.number data-label=(t.get("number")) { (number) }
                                td data-label=(t.get("payee")) { span.kana { (payee.name) } }
                                td data-label=(t.get("bank-and-branch")) { (payee.bank_name) " " (payee.branch_name) }
                                td data-label=(t.get("account-number")) { (t.get(&format!("account-{}", kind_of(payee.account_type)))) " " (payee.account_number) }
                                td.number data-label=(t.get("how-much")) { (t.yen(payee.amount)) }
                            }
                        }
                    }
                }
            }
            @if found.len() > SHOWN { p.muted { (t.with("batch-more", &[("count", &SHOWN.to_string())])) } }
        }
    }
}

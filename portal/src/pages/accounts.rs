//! 入出金明細: what moved on an account.

use axum::extract::Path;
use maud::html;

use super::fault::{Answer, Fault};
use super::layout::page;
use super::visit::Visit;
use crate::domain::ledger::{Account, LedgerLine};
use crate::domain::people::Menu;

pub(super) async fn show(visit: Visit, Path(key): Path<String>) -> Answer {
    let (t, person) = (visit.t, visit.may(Menu::Inquiry)?);
    let account = visit.bank().books.get::<Account>(&key)?;
    let account =
        account.filter(|account| account.contract == person.contract && person.sees(&key)).ok_or(Fault::NotFound)?;
    let lines = visit.bank().books.list::<LedgerLine>(&format!("{}/", account.key()))?;
    let kind = t.get(&format!("account-{}", account.kind));
    let content = html! {
        p.lead { (kind) " " (account.branch) "-" (account.number) " " span.muted { (account.holder) } }
        p.balance { span { (t.get("balance")) } b { (t.yen(account.balance)) } }
        @if lines.is_empty() {
            p { (t.get("no-lines")) }
        } @else {
            div.scroll tabindex="0" role="region" aria-label=(t.get("statement")) {
                table.cards {
                    thead { tr {
                        th scope="col" { (t.get("day")) }
                        th scope="col" { (t.get("content")) }
                        th.number scope="col" { (t.get("out")) }
                        th.number scope="col" { (t.get("in")) }
                        th.number scope="col" { (t.get("balance")) }
                    } }
                    tbody {
                        @for line in lines.iter().rev() {
                            tr {
                                td data-label=(t.get("day")) { (line.day.parse().map_or_else(|_| line.day.clone(), |day| t.day(day))) }
                                td data-label=(t.get("content")) { div { (t.get(&format!("op-{}", line.operation))) " " span.kana { (line.text) } br; small.muted { (line.order) } } }
                                td.number data-label=(t.get("out")) { @if line.amount < 0 { (t.yen(line.amount.unsigned_abs())) } }
                                td.number data-label=(t.get("in")) { @if line.amount > 0 { (t.yen(line.amount.unsigned_abs())) } }
                                td.number data-label=(t.get("balance")) { (t.yen(line.balance)) }
                            }
                        }
                    }
                }
            }
        }
        p { a href="/home" { (t.get("menu-home")) } }
    };
    Ok(page(&visit, &t.get("statement"), &content))
}

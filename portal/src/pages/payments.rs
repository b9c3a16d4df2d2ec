//! 振込・振替, 振込先登録, ペイジー, 仕向送金: forms that become drafts.

use camtoken::transaction::{FieldSpec, Kind, Operation};
use maud::{Markup, html};

use super::drafts::{before_entry, checked_with, keep, within_reach};
use super::fault::{Answer, Fault};
use super::fields::Fields;
use super::forms::{Errors, Input, choices, expected, form as card, select};
use super::layout::page;
use super::visit::Visit;
use crate::bank::Draft;
use crate::domain::calendar::day_in_japan;
use crate::domain::caution::Bound;
use crate::domain::contract::Limit;
use crate::domain::directory::{BANKS, OWN_BANK, find};
use crate::domain::ledger::{Account, Payee};
use crate::domain::order::Act;
use crate::domain::people::{Menu, Person};
use crate::domain::rates::RATES;
use crate::text::Text;

/// The entries so far, to be shown again.
type Typed<'a> = Option<&'a Fields>;

pub(super) async fn transfer(visit: Visit) -> Answer {
    draw_transfer(&visit, &visit.may(Menu::Transfer)?, Fields::typed(&visit).as_ref(), &Errors::default())
}

pub(super) async fn transfer_enter(visit: Visit, typed: Fields) -> Answer {
    let (t, person) = (visit.t, visit.may(Menu::Transfer)?);
    let mut errors = Errors::default();
    let is_new = typed.text("to") == "new";
    let mut fields = if is_new {
        payee_fields(&typed)
    } else {
        let key = format!("{}/{}", person.contract, typed.text("to"));
        let payee = visit.bank().books.get::<Payee>(&key)?.filter(|payee| payee.contract == person.contract);
        payee.map(|payee| fields_of(&payee)).unwrap_or_default()
    };
    if fields.is_empty() {
        errors.add(Errors::one("to", t.get("payee-choose")));
    }
    let from = own_account(&visit, &person, typed.text("from"))?;
    if is_new && is_missing(&visit, &fields)? {
        errors.add(Errors::one("account", t.get("account-unknown")));
    }
    if is_new && !fields.is_empty() {
        fields.push(("newPayee".to_owned(), "yes".to_owned()));
    }
    let contract = visit.contract(&person)?;
    fields.extend([
        ("amount".to_owned(), typed.amount("amount")),
        ("date".to_owned(), day_in_japan(visit.bank().now()).to_string()),
        ("originator".to_owned(), contract.kana),
    ]);
    match &from {
        None => errors.add(Errors::one("from", t.get("account-choose"))),
        Some(from) => {
            if own_key(&fields).is_some_and(|key| key == from.key()) {
                errors.add(Errors::one("from", t.get("account-same")));
            }
            let last = from.number[from.number.len().saturating_sub(4)..].to_owned();
            fields.push(("payingAccount".to_owned(), last));
        }
    }
    let act = Act::Pay { from: from.as_ref().map_or_else(String::new, Account::key), limit: Limit::Transfer };
    let draft = Draft { operation: Operation::Transfer, fields, act };
    if let Some(from) = &from {
        errors.add(within_reach(&visit, from, &draft, "amount")?);
    }
    match checked_with(t, draft, errors) {
        Ok(draft) => Ok(keep(&visit, draft)),
        Err(errors) => draw_transfer(&visit, &person, Some(&typed), &errors.beside("to", &PAYEE)),
    }
}

/// Inputs of a payee who is not chosen from the list.
const PAYEE: [&str; 4] = ["branch", "accountType", "account", "payee"];

pub(super) async fn payees(visit: Visit) -> Answer {
    draw_payees(&visit, &visit.may(Menu::Payees)?, Fields::typed(&visit).as_ref(), &Errors::default())
}

pub(super) async fn payee_enter(visit: Visit, typed: Fields) -> Answer {
    let (t, person) = (visit.t, visit.may(Menu::Payees)?);
    let (fields, mut errors) = (payee_fields(&typed), Errors::default());
    if is_missing(&visit, &fields)? {
        errors.add(Errors::one("account", t.get("account-unknown")));
    }
    let draft = Draft { operation: Operation::PayeeRegistration, fields, act: Act::RegisterPayee };
    match checked_with(t, draft, errors) {
        Ok(draft) => Ok(keep(&visit, draft)),
        Err(errors) => draw_payees(&visit, &person, Some(&typed), &errors),
    }
}

pub(super) async fn pay_easy(visit: Visit) -> Answer {
    draw_plain(&visit, &visit.may(PAY_EASY.menu)?, &PAY_EASY, Fields::typed(&visit).as_ref(), &Errors::default())
}

pub(super) async fn pay_easy_enter(visit: Visit, typed: Fields) -> Answer {
    enter_plain(&visit, &PAY_EASY, &typed)
}

pub(super) async fn remittance(visit: Visit) -> Answer {
    draw_plain(&visit, &visit.may(REMITTANCE.menu)?, &REMITTANCE, Fields::typed(&visit).as_ref(), &Errors::default())
}

pub(super) async fn remittance_enter(visit: Visit, typed: Fields) -> Answer {
    enter_plain(&visit, &REMITTANCE, &typed)
}

/// A form that asks for the fields of an operation as the catalogue has them.
struct Plain {
    operation: Operation,
    limit: Limit,
    menu: Menu,
    path: &'static str,
    title: &'static str,
    intro: &'static str,
    /// The field that is today.
    day: &'static str,
}

const PAY_EASY: Plain = Plain {
    operation: Operation::PayEasy,
    limit: Limit::PayEasy,
    menu: Menu::PayEasy,
    path: "/pay-easy",
    title: "menu-pay-easy",
    intro: "pay-easy-intro",
    day: "date",
};

const REMITTANCE: Plain = Plain {
    operation: Operation::Remittance,
    limit: Limit::Remittance,
    menu: Menu::Remittance,
    path: "/remittance",
    title: "menu-remittance",
    intro: "remittance-intro",
    day: "valueDate",
};

fn enter_plain(visit: &Visit, plain: &Plain, typed: &Fields) -> Answer {
    let (t, person) = (visit.t, visit.may(plain.menu)?);
    let (from, mut errors) = (own_account(visit, &person, typed.text("from"))?, Errors::default());
    let mut fields = vec![(plain.day.to_owned(), day_in_japan(visit.bank().now()).to_string())];
    for spec in asked(plain) {
        let text = match spec.kind {
            Kind::Digits { .. } => typed.number(spec.name),
            Kind::Yen { .. } => typed.amount(spec.name),
            Kind::Money { .. } if typed.text(spec.name).is_empty() => String::new(),
            Kind::Money { .. } => format!("{} {}", typed.text("currency"), typed.amount(spec.name)),
            _ => typed.text(spec.name).to_owned(),
        };
        if !(text.is_empty() && is_optional(plain, spec)) {
            fields.push((spec.name.to_owned(), text));
        }
    }
    let act = Act::Pay { from: from.as_ref().map_or_else(String::new, Account::key), limit: plain.limit };
    let draft = Draft { operation: plain.operation, fields, act };
    match &from {
        None => errors.add(Errors::one("from", t.get("account-choose"))),
        Some(from) => errors.add(within_reach(visit, from, &draft, "amount")?),
    }
    match checked_with(t, draft, errors) {
        Ok(draft) => Ok(keep(visit, draft)),
        Err(errors) => draw_plain(visit, &person, plain, Some(typed), &errors),
    }
}

fn draw_plain(visit: &Visit, person: &Person, plain: &Plain, typed: Typed<'_>, errors: &Errors) -> Answer {
    let t = visit.t;
    let content = html! {
        p { (t.get(plain.intro)) }
        (before_entry(visit, person, Some(Bound::FirstPayment)))
        (errors.summary(t))
        (card(visit, plain.path, &html! {
            (from_account(visit, person, typed, errors)?)
            @for spec in asked(plain) { (field(t, spec, is_optional(plain, spec), typed, errors)) }
            p.actions { button.main type="submit" { (t.get("to-confirm")) } }
        }))
    };
    Ok(page(visit, &t.get(plain.title), &content))
}

fn asked(plain: &Plain) -> impl Iterator<Item = &'static FieldSpec> {
    let fields = plain.operation.entry().fields.iter();
    fields.filter(move |spec| spec.name != plain.day && spec.name != "orderId")
}

/// Whether a field may be left out. Why money goes abroad a bank in Japan has to ask.
fn is_optional(plain: &Plain, spec: &FieldSpec) -> bool {
    spec.optional && !(plain.operation == Operation::Remittance && spec.name == "purpose")
}

/// The input for a field of the catalogue.
fn field(t: Text, spec: &'static FieldSpec, optional: bool, typed: Typed<'_>, errors: &Errors) -> Markup {
    let label = spec.label.text(t.0);
    let value = typed.map_or("", |typed| typed.text(spec.name));
    let input =
        Input { value, optional: optional.then(|| t.get("optional")), ..Input::new(spec.name, label.to_owned()) };
    match spec.kind {
        Kind::Choice(choices) => {
            let options = choices.iter().map(|choice| (choice.name.to_owned(), choice.label.text(t.0).to_owned()));
            select(spec.name, label, &options.collect::<Vec<_>>(), value, errors)
        }
        Kind::Digits { max, .. } => {
            Input { mode: Some("numeric"), max: Some(max + 8), hint: Some(expected(t, spec)), ..input }.draw(errors)
        }
        Kind::Yen { .. } => Input { mode: Some("numeric"), max: Some(16), ..input }.draw(errors),
        Kind::Money { .. } => {
            let currencies: Vec<_> = RATES
                .iter()
                .map(|(name, rate)| {
                    ((*name).to_owned(), t.with("rate", &[("currency", name), ("yen", &rate.to_string())]))
                })
                .collect();
            html! {
                (select("currency", &t.get("currency"), &currencies, typed.map_or("", |typed| typed.text("currency")), errors))
                (Input { mode: Some("decimal"), max: Some(18), hint: Some(expected(t, spec)), ..input }.draw(errors))
            }
        }
        Kind::Kana { max } | Kind::Text { max } | Kind::Ascii { max } => {
            Input { max: Some(max), hint: Some(expected(t, spec)), ..input }.draw(errors)
        }
        Kind::Account { .. } | Kind::Bic | Kind::Country => {
            Input { max: Some(70), hint: Some(expected(t, spec)), ..input }.draw(errors)
        }
        _ => input.draw(errors),
    }
}

fn draw_transfer(visit: &Visit, person: &Person, typed: Typed<'_>, errors: &Errors) -> Answer {
    let t = visit.t;
    let payees = visit.bank().books.list::<Payee>(&format!("{}/", person.contract))?;
    let chosen = typed
        .map_or_else(|| payees.first().map_or("new".to_owned(), Payee::account), |typed| typed.text("to").to_owned());
    let content = html! {
        (before_entry(visit, person, Some(Bound::Payee)))
        (errors.summary(t))
        (card(visit, "/transfer", &html! {
            (from_account(visit, person, typed, errors)?)
            (choices("to", "", &t.get("payee"), errors, &html! {
                @for payee in &payees {
                    label.choice {
                        input type="radio" name="to" value=(payee.account()) checked[payee.account() == chosen];
                        span { span.kana { (payee.name) } small.muted { (place(&payee.bank, &payee.branch)) " " (t.get(&format!("account-{}", payee.kind))) " " (payee.number) } }
                    }
                }
                label.choice {
                    input type="radio" name="to" value="new" checked[chosen == "new"];
                    span { (t.get("payee-new")) }
                }
                // Nothing of it has to be filled in for a payee who is known.
                div.only-new { (payee_inputs(t, typed, false, errors)) }
            }))
            (Input { mode: Some("numeric"), max: Some(16), hint: Some(t.get("amount-hint")), value: typed.map_or("", |typed| typed.text("amount")), ..Input::new("amount", t.get("amount")) }.draw(errors))
            p.muted { (t.with("today-only", &[("day", &t.day(day_in_japan(visit.bank().now())))])) }
            p.actions { button.main type="submit" { (t.get("to-confirm")) } }
        }))
    };
    Ok(page(visit, &t.get("menu-transfer"), &content))
}

fn draw_payees(visit: &Visit, person: &Person, typed: Typed<'_>, errors: &Errors) -> Answer {
    let t = visit.t;
    let payees = visit.bank().books.list::<Payee>(&format!("{}/", person.contract))?;
    let content = html! {
        @if payees.is_empty() { p { (t.get("no-payees")) } } @else {
            ul.rows {
                @for payee in &payees {
                    li { b.kana { (payee.name) } span.muted { (place(&payee.bank, &payee.branch)) " " (t.get(&format!("account-{}", payee.kind))) " " (payee.number) } }
                }
            }
        }
        h2 { (t.get("payee-register")) }
        (errors.summary(t))
        (card(visit, "/payees", &html! {
            (payee_inputs(t, typed, true, errors))
            p.actions { button.main type="submit" { (t.get("to-confirm")) } }
        }))
    };
    Ok(page(visit, &t.get("menu-payees"), &content))
}

fn payee_inputs(t: Text, typed: Typed<'_>, required: bool, errors: &Errors) -> Markup {
    let text = |name: &str| typed.map_or("", |typed| typed.text(name));
    let optional = (!required).then(String::new);
    let branches: Vec<_> = BANKS
        .iter()
        .flat_map(|bank| bank.branches.iter().map(move |branch| (bank, branch)))
        .map(|(bank, branch)| (format!("{}-{}", bank.code, branch.code), format!("{} {}", bank.name, branch.name)))
        .collect();
    let kinds: Vec<_> = ["ordinary", "current", "savings"]
        .map(|kind| (kind.to_owned(), t.get(&format!("account-{kind}"))))
        .into_iter()
        .collect();
    html! {
        (select("branch", &t.get("bank-and-branch"), &branches, text("branch"), errors))
        (select("accountType", &t.get("account-kind"), &kinds, text("accountType"), errors))
        (Input { mode: Some("numeric"), max: Some(9), hint: Some(t.get("account-hint")), value: text("account"), optional: optional.clone(), ..Input::new("account", t.get("account-number")) }.draw(errors))
        (Input { max: Some(48), hint: Some(t.get("payee-hint")), value: text("payee"), optional, ..Input::new("payee", t.get("payee-name")) }.draw(errors))
    }
}

fn payee_fields(typed: &Fields) -> Vec<(String, String)> {
    let (bank, branch) = typed.text("branch").split_once('-').unwrap_or_default();
    let Some((bank, branch)) = find(bank, branch) else { return Vec::new() };
    [
        ("bankCode", bank.code.to_owned()),
        ("bankName", bank.kana.to_owned()),
        ("branchCode", branch.code.to_owned()),
        ("branchName", branch.kana.to_owned()),
        ("accountType", typed.text("accountType").to_owned()),
        ("account", typed.number("account")),
        ("payee", typed.text("payee").to_owned()),
    ]
    .map(|(name, text)| (name.to_owned(), text))
    .into()
}

fn fields_of(payee: &Payee) -> Vec<(String, String)> {
    let (bank, branch) = find(&payee.bank, &payee.branch).map_or(("", ""), |(bank, branch)| (bank.kana, branch.kana));
    [
        ("bankCode", payee.bank.as_str()),
        ("bankName", bank),
        ("branchCode", &payee.branch),
        ("branchName", branch),
        ("accountType", &payee.kind),
        ("account", &payee.number),
        ("payee", &payee.name),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .into()
}

/// Whether the payee would be an account of this bank that there is not, with this number and of this type.
fn is_missing(visit: &Visit, fields: &[(String, String)]) -> Result<bool, Fault> {
    let Some(key) = own_key(fields) else { return Ok(false) };
    let known = visit.bank().books.get::<Account>(&key)?;
    Ok(known.is_none_or(|known| known.kind != value(fields, "accountType")))
}

/// The key of the payee's account, if it is one of this bank.
fn own_key(fields: &[(String, String)]) -> Option<String> {
    let key = || Account::key_of(value(fields, "branchCode"), value(fields, "account"));
    (value(fields, "bankCode") == OWN_BANK).then(key)
}

fn value<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text.as_str())
}

fn own_account(visit: &Visit, person: &Person, key: &str) -> Result<Option<Account>, Fault> {
    let account = visit.bank().books.get::<Account>(key)?;
    Ok(account.filter(|account| account.contract == person.contract && person.sees(key)))
}

/// The list of the company's own accounts.
pub(super) fn from_account(visit: &Visit, person: &Person, typed: Typed<'_>, errors: &Errors) -> Result<Markup, Fault> {
    let t = visit.t;
    let accounts = visit.bank().accounts_for(person)?;
    let options = accounts.iter().map(|account| {
        let kind = t.get(&format!("account-{}", account.kind));
        (account.key(), format!("{kind} {}-{}  {}", account.branch, account.number, t.yen(account.balance)))
    });
    Ok(select(
        "from",
        &t.get("from-account"),
        &options.collect::<Vec<_>>(),
        typed.map_or("", |typed| typed.text("from")),
        errors,
    ))
}

fn place(bank: &str, branch: &str) -> String {
    find(bank, branch).map_or_else(String::new, |(bank, branch)| format!("{} {}", bank.name, branch.name))
}

//! 契約管理: what administrators change of the contract itself, each with the token: related accounts, contact, login IDs, user IDs.

use camtoken::transaction::Operation;
use maud::{Markup, html};

use super::drafts::{checked, keep};
use super::fault::{Answer, Fault};
use super::fields::Fields;
use super::forms::{Errors, Input, form as card, select};
use super::layout::page;
use super::visit::Visit;
use super::words::{account_name, method_name};
use crate::bank::{Draft, account_digest};
use crate::domain::contract::{Contact, Contract, Profile, is_phone};
use crate::domain::ledger::Account;
use crate::domain::order::Act;
use crate::domain::people::{LoginId, Person, is_login_id, is_mail, is_user_id};
use crate::text::Text;

pub(super) async fn show(visit: Visit) -> Answer {
    draw(&visit, &visit.administrator()?, Fields::typed(&visit).as_ref(), &Errors::default())
}

pub(super) async fn enter(visit: Visit, typed: Fields) -> Answer {
    let administrator = visit.administrator()?;
    let contract = visit.contract(&administrator)?;
    let drafted = match typed.text("act") {
        "account" => account(&visit, &contract, &typed)?,
        "contact" => contact(visit.t, &contract, &typed),
        "login-id" => login_id(&visit, &contract, &typed)?,
        "user-id" => user_id(&visit, &contract, &typed)?,
        _ => return Err(Fault::NotFound),
    };
    match drafted.and_then(|draft| checked(visit.t, draft)) {
        Ok(draft) => Ok(keep(&visit, draft)),
        Err(errors) => draw(&visit, &administrator, Some(&typed), &errors.called("difference1", "department")),
    }
}

/// 関連口座: an account of the same holder that is under no contract.
fn account(visit: &Visit, contract: &Contract, typed: &Fields) -> Result<Result<Draft, Errors>, Fault> {
    let t = visit.t;
    let free = visit.bank().free_accounts(contract)?;
    let Some(account) = free.iter().find(|account| account.key() == typed.text("account")) else {
        return Ok(Err(Errors::one("account", t.get("account-choose"))));
    };
    let lines = [t.get("contract-account-line"), account_name(t, account)];
    let act = Act::AddAccount { account: account.key() };
    Ok(Ok(of_contract(t, contract, "register", lines.into(), account_digest(&contract.number, &account.key()), act)))
}

/// 連絡先
fn contact(t: Text, contract: &Contract, typed: &Fields) -> Result<Draft, Errors> {
    let text = |name: &str| typed.text(name).to_owned();
    let contact = Contact { department: text("department"), phone: text("phone"), mail: text("mail") };
    let mut errors = Errors::default();
    let mut refuse = |is_wrong: bool, name: &str, text: &str| {
        if is_wrong {
            errors.add(Errors::one(name, t.get(text)));
        }
    };
    refuse(contact.department.is_empty(), "department", "apply-administrator-wrong");
    refuse(!is_phone(&contact.phone), "phone", "phone-wrong");
    refuse(!is_mail(&contact.mail), "mail", "apply-mail-wrong");
    refuse(contract.contact.as_ref() == Some(&contact), "department", "rights-same");
    if !errors.0.is_empty() {
        return Err(errors);
    }
    let mail: String = contact.mail.chars().take(20).collect();
    let lines = vec![contact.department.clone(), contact.phone.clone(), mail];
    Ok(of_contract(t, contract, "change", lines, contact.digest(), Act::SetContact { contact }))
}

fn login_id(visit: &Visit, contract: &Contract, typed: &Fields) -> Result<Result<Draft, Errors>, Fault> {
    let t = visit.t;
    let new = typed.text("login-id").to_owned();
    let person = named(visit, contract, typed.text("whose"))?;
    if contract.profile != Profile::LoginId {
        return Err(Fault::NotFound);
    }
    let is_taken = visit.bank().books.get::<LoginId>(&new)?.is_some();
    let faults = [(!is_login_id(&new), "login-id-form"), (is_taken, "login-id-taken")];
    if let Some((_, text)) = faults.iter().find(|(is_one, _)| *is_one) {
        return Ok(Err(Errors::one("login-id", t.get(text))));
    }
    let after = Person { login_id: Some(new.clone()), ..person.clone() };
    let hashes = [("before", person.digest()), ("after", after.digest())];
    let act = Act::PutPerson { person: Box::new(after), activations: Vec::new() };
    Ok(Ok(of_person(&person, id_lines(&t.get("login-id"), &new), hashes, act)))
}

fn user_id(visit: &Visit, contract: &Contract, typed: &Fields) -> Result<Result<Draft, Errors>, Fault> {
    let t = visit.t;
    let new = typed.text("user-id").to_ascii_uppercase();
    let person = named(visit, contract, typed.text("whom"))?;
    let people = visit.bank().books.list::<Person>(&format!("{}/", contract.number))?;
    let is_taken = people.iter().any(|other| other.user == new || other.user != person.user && other.is_called(&new));
    let faults = [(!is_user_id(&new), "user-form"), (is_taken, "user-taken")];
    if let Some((_, text)) = faults.iter().find(|(is_one, _)| *is_one) {
        return Ok(Err(Errors::one("user-id", t.get(text))));
    }
    let hashes = [("before", person.digest()), ("after", person.renamed(&new).digest())];
    let lines = id_lines(&t.get("user"), &new);
    Ok(Ok(of_person(&person, lines, hashes, Act::Rename { to: new })))
}

fn named(visit: &Visit, contract: &Contract, user: &str) -> Result<Person, Fault> {
    visit.bank().person(&contract.number, user)?.ok_or(Fault::NotFound)
}

/// What changes of an ID, in the lines of a token: which, and what it will be, whole.
fn id_lines(what: &str, new: &str) -> Vec<String> {
    let parts = new.as_bytes().chunks(20).map(|line| String::from_utf8_lossy(line).into_owned());
    std::iter::once(what.to_owned()).chain(parts).collect()
}

fn of_contract(t: Text, contract: &Contract, act: &str, lines: Vec<String>, after: String, then: Act) -> Draft {
    let who = (contract.number.clone(), t.get("contract-word"));
    draft(act, who, lines, [("after", after)], then)
}

fn of_person(person: &Person, lines: Vec<String>, hashes: [(&str, String); 2], then: Act) -> Draft {
    draft("change", (person.user.clone(), person.name.clone()), lines, hashes, then)
}

fn draft<const N: usize>(
    act: &str,
    (id, name): (String, String),
    lines: Vec<String>,
    hashes: [(&str, String); N],
    then: Act,
) -> Draft {
    let mut fields =
        vec![("act".to_owned(), act.to_owned()), ("targetId".to_owned(), id), ("targetName".to_owned(), name)];
    fields.extend((1..=3).zip(lines).map(|(place, text)| (format!("difference{place}"), text)));
    fields.extend(hashes.into_iter().map(|(name, hash)| (name.to_owned(), hash)));
    Draft { operation: Operation::UserManagement, fields, act: then }
}

fn draw(visit: &Visit, administrator: &Person, typed: Option<&Fields>, errors: &Errors) -> Answer {
    let t = visit.t;
    let contract = visit.contract(administrator)?;
    let accounts = visit.bank().accounts_of(&contract.number)?;
    let content = html! {
        p { (t.get("contract-intro")) }
        (errors.summary(t))
        dl.facts {
            div { dt { (t.get("contract")) } dd { (contract.number) } }
            div { dt { (t.get("company")) } dd { (contract.name) } }
            div { dt { (t.get("method")) } dd { (method_name(t, contract.method)) } }
            @for (place, account) in accounts.iter().enumerate() {
                div { dt { (t.get(if place == 0 { "linkage-account-main" } else { "linkage-account-other" })) } dd { (account_name(t, account)) } }
            }
        }
        (draw_account(visit, &contract, errors)?)
        (draw_contact(visit, &contract, typed, errors))
        (draw_ids(visit, &contract, typed, errors)?)
    };
    Ok(page(visit, &t.get("menu-contract"), &content))
}

fn draw_account(visit: &Visit, contract: &Contract, errors: &Errors) -> Result<Markup, Fault> {
    let t = visit.t;
    let free = visit.bank().free_accounts(contract)?;
    let options: Vec<_> = free.iter().map(|account| (Account::key(account), account_name(t, account))).collect();
    Ok(html! {
        h2 { (t.get("contract-account")) }
        p { (t.get(if free.is_empty() { "contract-account-none" } else { "contract-account-text" })) }
        @if !free.is_empty() {
            (card(visit, "/contract", &html! {
                input type="hidden" name="act" value="account";
                (select("account", &t.get("contract-account-which"), &options, "", errors))
                p.actions { button type="submit" { (t.get("to-confirm")) } }
            }))
        }
    })
}

fn draw_contact(visit: &Visit, contract: &Contract, typed: Option<&Fields>, errors: &Errors) -> Markup {
    let t = visit.t;
    let known = contract.contact.clone().unwrap_or_default();
    let typed = typed.filter(|typed| typed.text("act") == "contact");
    let text = |name: &str, known: &str| typed.map_or(known.to_owned(), |typed| typed.text(name).to_owned());
    let (department, phone, mail) =
        (text("department", &known.department), text("phone", &known.phone), text("mail", &known.mail));
    html! {
        h2 { (t.get("contract-contact")) }
        p { (t.get("contract-contact-text")) }
        (card(visit, "/contract", &html! {
            input type="hidden" name="act" value="contact";
            (Input { max: Some(20), hint: Some(t.get("apply-administrator-hint")), value: &department, ..Input::new("department", t.get("department")) }.draw(errors))
            (Input { kind: "tel", autocomplete: "tel", max: Some(20), hint: Some(t.get("phone-hint")), value: &phone, ..Input::new("phone", t.get("phone")) }.draw(errors))
            (Input { kind: "email", autocomplete: "email", max: Some(100), value: &mail, ..Input::new("mail", t.get("mail")) }.draw(errors))
            p.actions { button type="submit" { (t.get("to-confirm")) } }
        }))
    }
}

fn draw_ids(visit: &Visit, contract: &Contract, typed: Option<&Fields>, errors: &Errors) -> Result<Markup, Fault> {
    let t = visit.t;
    let people = visit.bank().books.list::<Person>(&format!("{}/", contract.number))?;
    let text = |name: &str| typed.map_or("", |typed| typed.text(name));
    let whom = |name: &str, id: fn(&Person) -> &str| {
        let options = people.iter().map(|person| (person.user.clone(), format!("{}  {}", id(person), person.name)));
        select(name, &t.get("person"), &options.collect::<Vec<_>>(), text(name), errors)
    };
    Ok(html! {
        @if contract.profile == Profile::LoginId {
            h2 { (t.get("login-id-change")) }
            p { (t.get("id-change-text")) }
            (card(visit, "/contract", &html! {
                input type="hidden" name="act" value="login-id";
                (whom("whose", |person| person.login_id.as_deref().unwrap_or_default()))
                (Input { max: Some(30), hint: Some(t.get("login-id-form")), value: text("login-id"), ..Input::new("login-id", t.get("login-id-new")) }.draw(errors))
                p.actions { button type="submit" { (t.get("to-confirm")) } }
            }))
        }
        h2 { (t.get("user-id-change")) }
        p { (t.get("id-change-text")) " " (t.get("user-id-change-text")) }
        (card(visit, "/contract", &html! {
            input type="hidden" name="act" value="user-id";
            (whom("whom", |person| &person.user))
            (Input { max: Some(10), hint: Some(t.get("user-form")), value: text("user-id"), ..Input::new("user-id", t.get("user-id-new")) }.draw(errors))
            p.actions { button type="submit" { (t.get("to-confirm")) } }
        }))
    })
}

//! ユーザー管理業務: what administrators do for their company's people and tokens. Each act is signed.

use axum::extract::Path;
use camtoken::transaction::Operation;
use maud::{Markup, html};

use super::drafts::{Entered, checked, keep, reissue};
use super::fault::{Answer, Fault};
use super::fields::Fields;
use super::forms::{Errors, Input, choices, csrf, form as card, select};
use super::layout::page;
use super::passwords::{certificate_password, new_password, password_inputs, set_password};
use super::people::{facts, role, state};
use super::visit::Visit;
use super::words::account_name;
use crate::bank::Draft;
use crate::domain::contract::{LentToken, LoginMethod};
use crate::domain::credential::Credential;
use crate::domain::ledger::Account;
use crate::domain::order::Act;
use crate::domain::people::{Menu, Person, Role, is_mail, is_user_id};
use crate::text::Text;

pub(super) async fn list(visit: Visit) -> Answer {
    let (t, administrator) = (visit.t, visit.administrator()?);
    let people = visit.bank().books.list::<Person>(&format!("{}/", administrator.contract))?;
    let tokens = tokens_of(&visit, &administrator.contract)?;
    let mut states = Vec::new();
    for person in &people {
        states.push(state(t, person, &visit.bank().held(person).await?));
    }
    let content = html! {
        p { a.button href="/users/new" { (t.get("user-new")) } }
        div.scroll tabindex="0" role="region" aria-label=(t.get("menu-users")) {
            table.cards {
                thead { tr {
                    th scope="col" { (t.get("user")) } th scope="col" { (t.get("name")) } th scope="col" { (t.get("role")) }
                    th scope="col" { (t.get("token")) } th scope="col" { (t.get("state")) }
                } }
                tbody {
                    @for (person, state) in people.iter().zip(&states) {
                        tr {
                            td data-label=(t.get("user")) { a href={ "/users/" (person.user) } { (person.user) } }
                            td data-label=(t.get("name")) { (person.name) }
                            td data-label=(t.get("role")) { (role(t, person.role)) }
                            td data-label=(t.get("token")) { (person.token.as_deref().unwrap_or("－")) }
                            td data-label=(t.get("state")) { (state) }
                        }
                    }
                }
            }
        }
        h2 { (t.get("tokens")) }
        ul.rows {
            @for token in &tokens {
                li {
                    b { (token.listed()) }
                    @let holders: Vec<&str> = people.iter().filter(|person| person.token.as_deref() == Some(&token.id)).map(|person| person.user.as_str()).collect();
                    span.muted { @if token.revoked { (t.get("token-revoked")) } @else if holders.is_empty() { (t.get("token-free")) } @else { (holders.join(", ")) } }
                    @if !token.revoked {
                        form method="post" action={ "/tokens/" (token.id) "/revoke" } { (csrf(&visit)) button.danger type="submit" { (t.get("revoke")) } }
                    }
                }
            }
        }
        p.muted { (t.get("tokens-star")) }
    };
    Ok(page(&visit, &t.get("menu-users"), &content))
}

pub(super) async fn new(visit: Visit) -> Answer {
    draw_new(&visit, &visit.administrator()?, Fields::typed(&visit).as_ref(), &Errors::default())
}

pub(super) async fn new_enter(visit: Visit, mut typed: Fields) -> Answer {
    let (t, administrator) = (visit.t, visit.administrator()?);
    let user = typed.text("user").to_ascii_uppercase();
    let mut errors = Errors::default();
    let mut refuse = |is_wrong: bool, name: &str, text: &str| {
        if is_wrong {
            errors.add(Errors::one(name, t.get(text)));
        }
    };
    refuse(!is_user_id(&user), "user", "user-form");
    let people = visit.bank().books.list::<Person>(&format!("{}/", administrator.contract))?;
    refuse(people.iter().any(|known| known.is_called(&user)), "user", "user-taken");
    refuse(typed.text("name").is_empty(), "name", "name-missing");
    refuse(!is_mail(typed.text("mail")), "mail", "apply-mail-wrong");
    let (login, login_again) = (typed.password("new"), typed.password("again"));
    let (transaction, again) = (typed.password("transaction-new"), typed.password("transaction-again"));
    let is_weak = transaction.check(&user).is_err() || transaction.expose() == login.expose();
    refuse(is_weak, "transaction-new", "password-guessable");
    refuse(transaction.expose() != again.expose(), "transaction-again", "password-again-wrong");
    let token = token_choice(&visit, &administrator.contract, typed.text("token"))?;
    refuse(token.is_none(), "token", "serial-wrong");
    errors.add(new_password(t, &user, &login, &login_again).err().unwrap_or_default());
    let contract = visit.contract(&administrator)?;
    let by_certificate = contract.method == LoginMethod::PasswordCertificate;
    let word = by_certificate.then(|| typed.password("certificate-password"));
    if let Some(word) = &word {
        errors.add(certificate_password(t, &user, word).err().unwrap_or_default());
    }
    let Some(token) = token.filter(|_| errors.0.is_empty()) else {
        return draw_new(&visit, &administrator, Some(&typed), &errors);
    };
    let certificate = match word {
        Some(word) => Some(Credential::new(visit.bank().hash(word).await?)),
        None => None,
    };
    let role_chosen = if typed.text("role") == "administrator" { Role::Administrator } else { Role::User };
    // An administrator's first-OTP password comes from the bank, by letter.
    let person = Person {
        login_id: contract.login_id(&user),
        name: typed.text("name").to_owned(),
        mail: typed.text("mail").to_owned(),
        certificate,
        token,
        closed: closed(&typed),
        ..Person::new(
            administrator.contract.clone(),
            user.clone(),
            role_chosen,
            Credential::new(visit.bank().hash(login).await?),
            Credential::new(visit.bank().hash(transaction).await?),
        )
    };
    let difference = role(t, person.role);
    match checked(t, put(None, person, "register", Vec::new(), &[difference])) {
        Ok(draft) => Ok(keep(&visit, draft)),
        Err(errors) => {
            let errors = errors.called("targetName", "name").called("targetId", "user");
            draw_new(&visit, &administrator, Some(&typed), &errors)
        }
    }
}

pub(super) async fn show(visit: Visit, Path(user): Path<String>) -> Answer {
    let administrator = visit.administrator()?;
    draw_person(&visit, &administrator, &user, &Errors::default()).await
}

pub(super) async fn change(visit: Visit, Path(user): Path<String>, mut typed: Fields) -> Answer {
    let (t, administrator) = (visit.t, visit.administrator()?);
    let person = visit.bank().person(&administrator.contract, &user)?.ok_or(Fault::NotFound)?;
    let act = typed.text("act").to_owned();
    let draft = match act.as_str() {
        "suspend" => plain(&person, "suspend", Act::Suspend),
        "resume" => plain(&person, "resume", Act::Resume),
        "delete" => {
            let activations = person.activations().map(|activation| activation.to_string()).collect();
            let mut draft = plain(&person, "delete", Act::RemovePerson { activations });
            draft.fields.push(("before".to_owned(), person.digest()));
            draft
        }
        "token" => {
            let Some(token) = token_choice(&visit, &administrator.contract, typed.text("token"))? else {
                return draw_person(&visit, &administrator, &user, &Errors::one("token", t.get("serial-wrong"))).await;
            };
            // The same token once more lets the person begin again, such as after a "no" on it.
            if token == person.token && person.activation.is_none() {
                return draw_person(&visit, &administrator, &user, &Errors::one("token", t.get("rights-same"))).await;
            }
            let ends = person.activation.iter().cloned().collect();
            let after = Person { token, activation: None, registered: false, ..person.clone() };
            let difference = format!("{} → {}", name_of(&person), name_of(&after));
            put(Some(&person), after, "token", ends, &[difference])
        }
        "mail" => {
            let after = Person { mail: typed.text("mail").to_owned(), ..person.clone() };
            let faults = [(!is_mail(&after.mail), "apply-mail-wrong"), (after.mail == person.mail, "rights-same")];
            if let Some((_, text)) = faults.iter().find(|(is_one, _)| *is_one) {
                return draw_person(&visit, &administrator, &user, &Errors::one("mail", t.get(text))).await;
            }
            let lines = address_lines(&after.mail);
            put(Some(&person), after, "change", Vec::new(), &lines)
        }
        "certificate" => {
            let word = typed.password("certificate-password");
            if let Err(errors) = certificate_password(t, &person.user, &word) {
                return draw_person(&visit, &administrator, &user, &errors).await;
            }
            reissue(&visit, &person, Some(visit.bank().hash(word).await?))
        }
        "rights" => {
            let after = Person { closed: closed(&typed), ..person.clone() };
            let differences = rights_difference(t, &person, &after);
            if differences.is_empty() {
                return draw_person(&visit, &administrator, &user, &Errors::one("rights", t.get("rights-same"))).await;
            }
            put(Some(&person), after, "change", Vec::new(), &differences)
        }
        "accounts" => {
            let open: Vec<String> =
                typed.0.iter().filter(|(name, _)| name == "account").map(|(_, key)| key.clone()).collect();
            let mut accounts = visit.bank().accounts_of(&administrator.contract)?;
            accounts.retain(|account| !open.contains(&account.key()));
            let closed_accounts = accounts.iter().map(Account::key).collect();
            let after = Person { closed_accounts, ..person.clone() };
            let differences = accounts_difference(t, &person, &after, &visit.bank().accounts_of(&person.contract)?);
            if differences.is_empty() {
                return draw_person(&visit, &administrator, &user, &Errors::one("accounts", t.get("rights-same")))
                    .await;
            }
            put(Some(&person), after, "change", Vec::new(), &differences)
        }
        "password" => {
            let which = if typed.text("which") == "transaction" { "transaction" } else { "login" };
            match set_password(&visit, &person, which, &mut typed).await? {
                Entered::Draft(draft) => draft,
                Entered::Wrong(errors) => return draw_person(&visit, &administrator, &user, &errors).await,
            }
        }
        _ => return Err(Fault::NotFound),
    };
    if !draft.act.is_open(&visit.contract(&administrator)?, &administrator, &person) {
        return Err(Fault::NotFound);
    }
    match checked(t, draft) {
        Ok(draft) => Ok(keep(&visit, draft)),
        Err(errors) => draw_person(&visit, &administrator, &user, &errors).await,
    }
}

pub(super) async fn revoke_token(visit: Visit, Path(id): Path<String>, _: Fields) -> Answer {
    let administrator = visit.administrator()?;
    let tokens = tokens_of(&visit, &administrator.contract)?;
    let token = tokens.into_iter().find(|token| token.id == id && !token.revoked).ok_or(Fault::NotFound)?;
    let people = visit.bank().books.list::<Person>(&format!("{}/", administrator.contract))?;
    let holder = people.iter().find(|person| person.token.as_deref() == Some(&token.id));
    let user = holder.map_or("-", |person| person.user.as_str()).to_owned();
    let fields = [("tokenId", token.id), ("user", user)].map(|(name, text)| (name.to_owned(), text));
    let draft = Draft { operation: Operation::TokenRevocation, fields: fields.into(), act: Act::RevokeToken };
    Ok(keep(&visit, checked(visit.t, draft).map_err(|_| Fault::NotFound)?))
}

/// A change that needs no new record: the token shows the act and its person.
fn plain(person: &Person, act: &str, then: Act) -> Draft {
    let fields = [("act", act.to_owned()), ("targetId", person.user.clone()), ("targetName", person.name.clone())];
    Draft {
        operation: Operation::UserManagement,
        fields: fields.map(|(name, text)| (name.to_owned(), text)).into(),
        act: then,
    }
}

/// A new record in the place of the one before; the token shows the difference and binds both by their hashes.
fn put(before: Option<&Person>, after: Person, act: &str, ends: Vec<String>, differences: &[String]) -> Draft {
    let mut fields = vec![
        ("act".to_owned(), act.to_owned()),
        ("targetId".to_owned(), after.user.clone()),
        ("targetName".to_owned(), after.name.clone()),
        ("after".to_owned(), after.digest()),
    ];
    fields.extend(before.map(|before| ("before".to_owned(), before.digest())));
    fields.extend(after.token.iter().map(|token| ("tokenId".to_owned(), token.clone())));
    fields.extend((1..=3).zip(differences).map(|(place, text)| (format!("difference{place}"), text.clone())));
    Draft {
        operation: Operation::UserManagement,
        fields,
        act: Act::PutPerson { person: Box::new(after), activations: ends },
    }
}

fn name_of(person: &Person) -> &str {
    // Two IDs of ten columns would not fit into one line of twenty beside the arrow.
    person.token.as_deref().map_or("-", |token| &token[token.len().saturating_sub(7)..])
}

fn tokens_of(visit: &Visit, contract: &str) -> Result<Vec<LentToken>, Fault> {
    Ok(visit.bank().books.list_of(contract)?)
}

/// The token that was chosen, `Some(None)` for none of them, `None` for one that cannot be.
fn token_choice(visit: &Visit, contract: &str, chosen: &str) -> Result<Option<Option<String>>, Fault> {
    if chosen.is_empty() {
        return Ok(Some(None));
    }
    let token = visit.bank().books.get::<LentToken>(chosen)?.filter(|token| token.is_lent_to(contract));
    Ok(token.map(|token| Some(token.id)))
}

fn token_select(visit: &Visit, contract: &str, chosen: &str, errors: &Errors) -> Result<Markup, Fault> {
    let t = visit.t;
    let mut options = vec![(String::new(), t.get("token-none"))];
    let tokens = tokens_of(visit, contract)?;
    options.extend(tokens.into_iter().filter(|token| !token.revoked).map(|token| (token.id.clone(), token.id)));
    Ok(select("token", &t.get("token-hand"), &options, chosen, errors))
}

fn draw_new(visit: &Visit, administrator: &Person, typed: Option<&Fields>, errors: &Errors) -> Answer {
    let t = visit.t;
    let text = |name: &str| typed.map_or("", |typed| typed.text(name));
    let by_certificate = visit.contract(administrator)?.method == LoginMethod::PasswordCertificate;
    let roles = [("user", Role::User), ("administrator", Role::Administrator)];
    let roles: Vec<_> = roles.into_iter().map(|(name, known)| (name.to_owned(), role(t, known))).collect();
    let content = html! {
        (errors.summary(t))
        (card(visit, "/users/new", &html! {
            (Input { max: Some(10), hint: Some(t.get("user-form")), value: text("user"), ..Input::new("user", t.get("user")) }.draw(errors))
            (Input { max: Some(20), value: text("name"), ..Input::new("name", t.get("name")) }.draw(errors))
            (Input { kind: "email", max: Some(100), value: text("mail"), ..Input::new("mail", t.get("mail")) }.draw(errors))
            (select("role", &t.get("role"), &roles, text("role"), errors))
            (token_select(visit, &administrator.contract, text("token"), errors)?)
            fieldset {
                legend { (t.get("login-password")) }
                (password_inputs(t, errors))
            }
            (Input { autocomplete: "new-password", hint: Some(t.get("password-hint")), ..Input::password("transaction-new", t.get("transaction-password")) }.draw(errors))
            (Input { autocomplete: "new-password", ..Input::password("transaction-again", t.get("transaction-password-again")) }.draw(errors))
            @if by_certificate {
                (Input { autocomplete: "new-password", hint: Some(t.get("password-hint")), ..Input::password("certificate-password", t.get("certificate-password")) }.draw(errors))
            }
            (rights_inputs(t, |menu| typed.is_none_or(|typed| !closed(typed).contains(&menu)), errors))
            p.actions { button.main type="submit" { (t.get("to-confirm")) } a.button href="/users" { (t.get("give-up")) } }
        }))
    };
    Ok(page(visit, &t.get("user-new"), &content))
}

async fn draw_person(visit: &Visit, administrator: &Person, user: &str, errors: &Errors) -> Answer {
    let t = visit.t;
    let person = visit.bank().person(&administrator.contract, user)?.ok_or(Fault::NotFound)?;
    let held = visit.bank().held(&person).await?;
    let path = format!("/users/{}", person.user);
    let is_self = person.user == administrator.user;
    let by_certificate = visit.contract(administrator)?.method == LoginMethod::PasswordCertificate;
    let button = |act: &str, text: &str, class: &str| {
        html! { form method="post" action=(path) { (csrf(visit)) input type="hidden" name="act" value=(act); button class=(class) type="submit" { (t.get(text)) } } }
    };
    let which = ["login", "transaction"].map(|name| (name.to_owned(), t.get(&format!("{name}-password"))));
    let content = html! {
        (errors.summary(t))
        (facts(t, &person, &held, &visit.bank().certificates(&person)?))
        @if !is_self {
            div.actions {
                @if !person.suspended { (button("suspend", "suspend", "danger")) }
                @if !person.is_administrator() && person.stopped.is_none() && !held.is_empty() { (button("resume", "resume", "")) }
                (button("delete", "delete", "danger"))
            }
            @if person.is_administrator() { p.muted { (t.get("resume-by-bank")) } }
        }
        h2 { (t.get("token-hand")) }
        (card(visit, &path, &html! {
            input type="hidden" name="act" value="token";
            (token_select(visit, &administrator.contract, person.token.as_deref().unwrap_or(""), errors)?)
            p.hint { (t.get("token-hand-hint")) }
            p.actions { button type="submit" { (t.get("to-confirm")) } }
        }))
        h2 { (t.get("mail-change")) }
        (card(visit, &path, &html! {
            input type="hidden" name="act" value="mail";
            (Input { kind: "email", max: Some(100), value: &person.mail, ..Input::new("mail", t.get("mail")) }.draw(errors))
            p.actions { button type="submit" { (t.get("to-confirm")) } }
        }))
        @if !person.is_administrator() {
            h2 { (t.get("rights")) }
            (card(visit, &path, &html! {
                input type="hidden" name="act" value="rights";
                (rights_inputs(t, |menu| person.may(menu), errors))
                p.actions { button type="submit" { (t.get("to-confirm")) } }
            }))
        }
        @if !person.is_administrator() {
            h2 { (t.get("accounts-right")) }
            (card(visit, &path, &html! {
                input type="hidden" name="act" value="accounts";
                (choices("accounts", "", &t.get("accounts-right"), errors, &html! {
                    p.hint { (t.get("accounts-right-hint")) }
                    @for account in &visit.bank().accounts_of(&person.contract)? {
                        label.choice {
                            input type="checkbox" name="account" value=(account.key()) checked[person.sees(&account.key())];
                            span { (account_name(t, account)) }
                        }
                    }
                }))
                p.actions { button type="submit" { (t.get("to-confirm")) } }
            }))
        }
        @if !is_self && by_certificate {
            h2 { (t.get("certificate-new")) }
            (card(visit, &path, &html! {
                input type="hidden" name="act" value="certificate";
                p.hint { (t.get("certificate-new-hint")) }
                (Input { autocomplete: "new-password", hint: Some(t.get("password-hint")), ..Input::password("certificate-password", t.get("certificate-password")) }.draw(errors))
                p.actions { button type="submit" { (t.get("to-confirm")) } }
            }))
        }
        @if !is_self {
            h2 { (t.get("password-reset")) }
            (card(visit, &path, &html! {
                input type="hidden" name="act" value="password";
                (select("which", &t.get("password-which"), &which, "login", errors))
                (password_inputs(t, errors))
                p.actions { button type="submit" { (t.get("to-confirm")) } }
            }))
        }
        p { a href="/users" { (t.get("menu-users")) } }
    };
    Ok(page(visit, &person.user, &content))
}

/// The menus that a form leaves closed: those without a tick.
fn closed(typed: &Fields) -> Vec<Menu> {
    let is_open = |menu: &Menu| typed.text(&format!("menu-{}", menu.as_str())) == "open";
    Menu::ALL.into_iter().filter(|menu| !is_open(menu)).collect()
}

/// What changes, in the three lines that a token has for it.
fn rights_difference(t: Text, before: &Person, after: &Person) -> Vec<String> {
    let changed: Vec<_> = Menu::ALL.into_iter().filter(|menu| before.may(*menu) != after.may(*menu)).collect();
    let line = |menu: &Menu| {
        let name = t.get(&format!("right-{}", menu.as_str()));
        t.with(if after.may(*menu) { "right-opened" } else { "right-closed" }, &[("menu", &name)])
    };
    let shown = if changed.len() > 3 { 2 } else { changed.len() };
    let more = (changed.len() > 3).then(|| t.with("right-more", &[("count", &(changed.len() - 2).to_string())]));
    changed[..shown].iter().map(line).chain(more).collect()
}

/// The change of the accounts that a person sees, in the three lines that a token has for it.
fn accounts_difference(t: Text, before: &Person, after: &Person, accounts: &[Account]) -> Vec<String> {
    let keys = accounts.iter().map(Account::key);
    let changed: Vec<_> = keys.filter(|key| before.sees(key) != after.sees(key)).collect();
    let line = |key: &String| t.with(if after.sees(key) { "right-opened" } else { "right-closed" }, &[("menu", key)]);
    let shown = if changed.len() > 3 { 2 } else { changed.len() };
    let more = (changed.len() > 3).then(|| t.with("right-more", &[("count", &(changed.len() - 2).to_string())]));
    changed[..shown].iter().map(line).chain(more).collect()
}

/// An address, which is ASCII, in the three lines that a token has for a change; of a longer one the beginning and the end.
fn address_lines(mail: &str) -> Vec<String> {
    let shown = match mail.len() {
        0..=60 => mail.to_owned(),
        len => format!("{}...{}", &mail[..37], &mail[len - 20..]),
    };
    shown.as_bytes().chunks(20).map(|line| String::from_utf8_lossy(line).into_owned()).collect()
}

fn rights_inputs(t: Text, is_open: impl Fn(Menu) -> bool, errors: &Errors) -> Markup {
    html! {
        fieldset #rights {
            legend { (t.get("rights")) }
            p.hint { (t.get("rights-hint")) }
            @for menu in Menu::ALL {
                label.choice {
                    input type="checkbox" name={ "menu-" (menu.as_str()) } value="open" checked[is_open(menu)];
                    span { (t.get(&format!("right-{}", menu.as_str()))) }
                }
            }
            @if let Some(error) = errors.of("rights") { p.error { (error) } }
        }
    }
}

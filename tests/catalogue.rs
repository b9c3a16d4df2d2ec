//! The catalogue of the specification, as data, and the one in the library.

use camtoken::transaction::catalogue::CATALOGUE;
use camtoken::transaction::{Currency, Domain, FieldSpec, Kind, Operation, Transaction, Visibility};
use serde_json::{Value, json};

fn file(text: &str) -> Value {
    serde_json::from_str(text).expect("a vector file is JSON")
}

/// The catalogue of the specification is printed from catalogue.json, which the reference reads as well.
#[test]
fn the_catalogue_is_that_of_the_specification() {
    let file = file(include_str!("../testvectors/catalogue.json"));
    let lists = file["choices"].as_object().expect("lists");
    let list_name = |list: &[camtoken::transaction::Choice]| {
        let list = list.iter().map(|c| json!({"name": c.name, "ja": c.label.ja, "en": c.label.en})).collect::<Vec<_>>();
        let found = lists.iter().find(|(_, known)| known.as_array() == Some(&list));
        found.map(|(name, _)| name.clone()).expect("a list of the specification")
    };
    let kind = |field: &FieldSpec| match field.kind {
        Kind::Kana { max } => json!({"kind": "kana", "max": max}),
        Kind::Text { max } => json!({"kind": "text", "max": max}),
        Kind::Ascii { max } => json!({"kind": "ascii", "max": max}),
        Kind::Account { max } => json!({"kind": "account", "max": max}),
        Kind::Bic => json!({"kind": "bic"}),
        Kind::Country => json!({"kind": "country"}),
        Kind::Digits { min, max } => json!({"kind": "digits", "min": min, "max": max}),
        Kind::Yen { digits } => json!({"kind": "yen", "digits": digits}),
        Kind::Money { digits } => json!({"kind": "money", "digits": digits}),
        Kind::Count { digits } => json!({"kind": "count", "digits": digits}),
        Kind::Date => json!({"kind": "date"}),
        Kind::Moment => json!({"kind": "moment"}),
        Kind::Choice(list) => json!({"kind": "choice", "choices": list_name(list)}),
        Kind::Choices { of, max } => json!({"kind": "choices", "choices": list_name(of), "max": max}),
        Kind::Flag => json!({"kind": "flag"}),
        Kind::Hash => json!({"kind": "hash"}),
        Kind::CheckCode => json!({"kind": "checkCode"}),
        other => panic!("{other:?} is not in the specification"),
    };
    let field = |field: &FieldSpec| {
        let mut value = kind(field);
        value["name"] = json!(field.name);
        value["ja"] = json!(field.label.ja);
        value["en"] = json!(field.label.en);
        if field.optional {
            value["optional"] = json!(true);
        }
        if field.positive {
            value["positive"] = json!(true);
        }
        if field.visibility == Visibility::Bound {
            value["bound"] = json!(true);
        }
        value
    };
    let domain = |domain: Domain| {
        let numbers = file["domains"].as_object().expect("domains").iter();
        let name = numbers.filter(|(_, number)| **number == json!(domain as u8)).map(|(name, _)| name.clone());
        name.collect::<String>()
    };
    let entry = |entry: &camtoken::transaction::Entry| {
        json!({
            "code": entry.code,
            "name": entry.name,
            "ja": entry.label.ja,
            "en": entry.label.en,
            "domain": domain(entry.domain),
            "fields": entry.fields.iter().map(field).collect::<Vec<_>>(),
        })
    };
    assert_eq!(file["operations"], Value::Array(CATALOGUE.iter().map(entry).collect()));
    assert_eq!(Operation::all().count(), CATALOGUE.len());
}

/// `AA` to `ZZ`.
fn pairs() -> impl Iterator<Item = String> {
    ('A'..='Z').flat_map(|first| ('A'..='Z').map(move |second| format!("{first}{second}")))
}

fn is_remittance(country: &str, account: &str, bic: &str) -> bool {
    let fields = [
        ("amount", "USD 1.00"),
        ("payee", "ACME TRADING AS"),
        ("account", account),
        ("bic", bic),
        ("country", country),
        ("charges", "sha"),
        ("valueDate", "2026-11-26"),
    ];
    Transaction::new(Operation::Remittance, fields).is_ok()
}

#[test]
fn the_countries_are_those_of_the_specification() {
    let file = file(include_str!("../testvectors/catalogue.json"));
    let listed: Vec<_> = file["countries"].as_str().expect("codes").split(' ').collect();
    for country in pairs() {
        let is_listed = listed.contains(&country.as_str());
        assert_eq!(is_remittance(&country, "1", "MIHONOKK"), is_listed, "{country}");
        assert_eq!(is_remittance("NO", "1", &format!("MIHO{country}KK")), is_listed, "{country}");
    }
}

/// What begins as an IBAN of a listed country does is one of its length, with its own check digits; anything else is an account.
#[test]
fn the_lengths_of_ibans_are_those_of_the_specification() {
    let file = file(include_str!("../testvectors/catalogue.json"));
    let listed: Vec<_> = file["ibanLengths"].as_str().expect("lengths").split(' ').collect();
    for country in pairs() {
        for length in 8..=34 {
            let rest = "7".repeat(length - 4);
            let digits = |text: &str| {
                text.chars().map(|c| c.to_digit(36).expect("a letter or digit").to_string()).collect::<String>()
            };
            let number = digits(&format!("{rest}{country}00"));
            let left = number.bytes().fold(0, |left, digit| (left * 10 + u32::from(digit - b'0')) % 97);
            let is_iban = is_remittance("NO", &format!("{country}{:02}{rest}", 98 - left), "MIHONOKK");
            let is_other = is_remittance("NO", &format!("{country}{:02}{rest}", 98 - (left + 1) % 97), "MIHONOKK");
            let is_known = listed.iter().any(|known| known.starts_with(&country));
            let fits = listed.contains(&format!("{country}{length}").as_str());
            assert_eq!((is_iban, is_other), (fits || !is_known, !is_known), "{country}, {length}");
        }
    }
}

/// docs/HTTP.md lists what the service issues.
#[test]
fn the_operations_are_told_where_the_service_is() {
    let page = include_str!("../docs/HTTP.md");
    for operation in camtoken_documents::issued_operations() {
        let entry = operation.entry();
        let name = |field: &FieldSpec| if field.optional { format!("[{}]", field.name) } else { field.name.to_owned() };
        let fields: Vec<_> = entry.fields.iter().map(name).collect();
        let row = format!("| `{}` {} | {} |", entry.name, entry.label.ja, fields.join(", "));
        assert!(page.contains(&row), "{row}");
    }
}

#[test]
fn the_currencies_are_those_of_the_specification() {
    let file = file(include_str!("../testvectors/catalogue.json"));
    let decimals = |code: &str| code.parse::<Currency>().ok().map(|currency| u64::from(currency.decimals()));
    let groups = file["currencies"].as_object().expect("currencies");
    let listed = |code: &str| {
        let found = groups.iter().find(|(_, codes)| codes.as_str().expect("codes").split(' ').any(|c| c == code));
        found.map(|(count, _)| count.parse::<u64>().expect("a number"))
    };
    for letters in (0..26_u32.pow(3)).map(|number| [number / 676, number / 26 % 26, number % 26]) {
        let code: String =
            letters.iter().map(|letter| char::from(b'A' + u8::try_from(*letter).expect("< 26"))).collect();
        assert_eq!(decimals(&code), listed(&code), "{code}");
    }
}

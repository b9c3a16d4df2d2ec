use super::*;

#[test]
fn numbers_and_names_are_unique_and_lead_back() {
    for (place, entry) in CATALOGUE.iter().enumerate() {
        assert_eq!(usize::from(entry.code), place, "{}", entry.name);
        assert_eq!(Operation::from_code(entry.code), Some(entry.operation));
        assert_eq!(entry.name.parse(), Ok(entry.operation));
        assert_eq!(entry.operation.to_string(), entry.name);
        let mut names: Vec<_> = entry.fields.iter().map(|field| field.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), entry.fields.len(), "{} names a field twice", entry.name);
    }
    assert!("wire-it-all".parse::<Operation>().is_err());
    assert_eq!(Operation::from_code(200), None);
}

/// A code must hold the number of an operation, of a field's choice and the length of a field list in one byte.
#[test]
fn the_table_fits_its_encoding() {
    assert!(CATALOGUE.len() <= 24);
    for field in CATALOGUE.iter().flat_map(|entry| entry.fields) {
        match field.kind {
            Kind::Choice(choices) => assert!(choices.len() <= 24),
            Kind::Choices { of, max } => assert!(of.len() <= 16 && max <= of.len()),
            Kind::Yen { digits } | Kind::Money { digits } | Kind::Count { digits } => assert!(digits <= 15),
            _ => {}
        }
    }
    assert!(CATALOGUE.iter().all(|entry| entry.fields.len() <= 24));
}

/// Requirements, section 8: activations and logins show no money, so that no user signs a payment by them.
#[test]
fn activation_and_login_never_show_money() {
    for operation in [Operation::Activation1, Operation::Activation2, Operation::Deletion, Operation::Login] {
        let money = |field: &FieldSpec| matches!(field.kind, Kind::Yen { .. } | Kind::Money { .. });
        assert!(!operation.entry().fields.iter().any(money), "{operation}");
    }
}

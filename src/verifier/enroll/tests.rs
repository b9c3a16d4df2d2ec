use super::*;

#[test]
fn a_contract_number_is_told_by_half_at_most() {
    for (contract, shown) in [
        ("1", "*"),
        ("12", "*2"),
        ("1234", "**34"),
        ("12345", "***45"),
        ("1234567", "****567"),
        ("1234567890", "****7890"),
    ] {
        assert_eq!(masked(contract), shown);
    }
}

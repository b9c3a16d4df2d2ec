//! What is wrong with a batch file, in the words of its author: the line, the column, the field, and what is expected.

use camtoken::transaction::zengin::{Fault, ZenginError};

use crate::text::Text;

/// Where each field of a record begins, counted from 1, and the name of its text.
const FIELDS: &[(&str, usize, &str)] = &[
    ("record type", 1, "zengin-record-type"),
    ("kind", 2, "zengin-kind"),
    ("code division", 4, "zengin-code-division"),
    ("originator code", 5, "zengin-originator-code"),
    ("originator name", 15, "zengin-originator-name"),
    ("transfer date", 55, "zengin-date"),
    ("paying bank code", 59, "zengin-paying-bank-code"),
    ("paying bank name", 63, "zengin-paying-bank-name"),
    ("paying branch code", 78, "zengin-paying-branch-code"),
    ("paying branch name", 81, "zengin-paying-branch-name"),
    ("paying account type", 96, "zengin-paying-account-type"),
    ("paying account number", 97, "zengin-paying-account-number"),
    ("header filler", 104, "zengin-filler"),
    ("bank code", 2, "zengin-bank-code"),
    ("bank name", 6, "zengin-bank-name"),
    ("branch code", 21, "zengin-branch-code"),
    ("branch name", 24, "zengin-branch-name"),
    ("clearing house", 39, "zengin-clearing-house"),
    ("account type", 43, "zengin-account-type"),
    ("account number", 44, "zengin-account-number"),
    ("payee name", 51, "zengin-payee-name"),
    ("amount", 81, "zengin-amount"),
    ("new code", 91, "zengin-new-code"),
    ("customer code 1", 92, "zengin-customer-code"),
    ("customer code 2", 102, "zengin-customer-code"),
    ("route", 112, "zengin-route"),
    ("identification", 113, "zengin-identification"),
    ("data filler", 114, "zengin-filler"),
    ("count", 2, "zengin-count"),
    ("total", 8, "zengin-total"),
    ("trailer filler", 20, "zengin-filler"),
    ("end filler", 2, "zengin-filler"),
];

/// The errors of a file, with their places.
pub(super) fn fault(t: Text, error: &ZenginError) -> String {
    let what = expected(t, &error.what);
    if error.record == 0 {
        return t.with("file-fault", &[("what", &what)]);
    }
    let line = error.record.to_string();
    match FIELDS.iter().find(|(name, _, _)| *name == error.field) {
        None => t.with("file-fault-line", &[("line", &line), ("what", &what)]),
        Some((_, column, name)) => t.with(
            "file-fault-field",
            &[("line", &line), ("column", &column.to_string()), ("field", &t.get(name)), ("what", &what)],
        ),
    }
}

fn expected(t: Text, what: &Fault) -> String {
    t.get(match what {
        Fault::FileSize { .. } => "file-too-large",
        Fault::Length { found } => return t.with("zengin-fault-length", &[("found", &found.to_string())]),
        Fault::Utf16 | Fault::Ebcdic | Fault::Encoding => "zengin-fault-encoding",
        Fault::AfterEnd => "zengin-fault-after-end",
        Fault::Past { .. } | Fault::TooFarAhead { .. } | Fault::Date => "zengin-fault-date",
        Fault::NoLetter | Fault::SoundMark | Fault::Text(_) => "zengin-fault-name",
        Fault::Order { .. } => "zengin-fault-order",
        Fault::Digits => "zengin-fault-digits",
        Fault::NotBlank => "zengin-fault-blank",
        Fault::Empty => "zengin-fault-empty",
        Fault::Mismatch => "zengin-fault-mismatch",
        Fault::Overflow => "zengin-fault-overflow",
        _ => "zengin-fault-value",
    })
}

#[cfg(test)]
mod tests {
    use camtoken::language::Language;

    use super::*;

    #[test]
    fn a_fault_is_told_with_line_and_column() {
        let error = ZenginError { record: 3, field: "account number", what: Fault::Digits };
        let told = fault(Text(Language::Ja), &error);
        assert!(told.starts_with("3行目、44桁目の「口座番号」"), "{told}");
        let error = ZenginError { record: 2, field: "record", what: Fault::Length { found: 119 } };
        assert!(fault(Text(Language::Ja), &error).contains("119"));
    }

    #[test]
    fn every_field_is_named_in_both_languages() {
        for (field, _, name) in FIELDS {
            for t in [Text(Language::Ja), Text(Language::En)] {
                assert_ne!(t.get(name), *name, "{field}");
            }
        }
    }
}

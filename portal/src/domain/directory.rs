//! The banks of this invented country, with their branches. Codes and names are invented.

/// A bank of the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bank {
    /// Four digits.
    pub code: &'static str,
    /// In kana, as in a transfer.
    pub kana: &'static str,
    /// For people.
    pub name: &'static str,
    /// Its branches.
    pub branches: &'static [Branch],
}

/// A branch of a bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Branch {
    /// Three digits.
    pub code: &'static str,
    /// In kana.
    pub kana: &'static str,
    /// For people.
    pub name: &'static str,
}

/// Our own code.
pub const OWN_BANK: &str = "9901";

/// Every bank.
pub static BANKS: &[Bank] = &[
    Bank {
        code: OWN_BANK,
        kana: "ｶｸｳﾁﾕｳｵｳ",
        name: "架空中央銀行",
        branches: &[
            branch("001", "ﾎﾝﾃﾝ", "本店"),
            branch("102", "ﾐﾅﾄ", "みなと支店"),
            branch("205", "ﾜｶﾊﾞ", "わかば支店"),
        ],
    },
    Bank {
        code: "9902",
        kana: "ﾐﾎﾝ",
        name: "みほん銀行",
        branches: &[branch("001", "ﾎﾝﾃﾝ", "本店"), branch("110", "ｷﾀ", "きた支店")],
    },
    Bank {
        code: "9903",
        kana: "ﾚｲ",
        name: "れい信用金庫",
        branches: &[branch("001", "ﾎﾝﾃﾝ", "本店"), branch("007", "ﾔﾏﾉﾃ", "やまのて支店")],
    },
];

/// The bank and the branch with these codes.
#[must_use]
pub fn find(bank: &str, branch: &str) -> Option<(&'static Bank, &'static Branch)> {
    let bank = BANKS.iter().find(|known| known.code == bank)?;
    Some((bank, bank.branches.iter().find(|known| known.code == branch)?))
}

const fn branch(code: &'static str, kana: &'static str, name: &'static str) -> Branch {
    Branch { code, kana, name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use camtoken::transaction::text::KanaText;

    #[test]
    fn names_are_canonical_and_fit_a_transfer() {
        for bank in BANKS {
            for kana in std::iter::once(bank.kana).chain(bank.branches.iter().map(|branch| branch.kana)) {
                assert_eq!(KanaText::canonical(kana, 15).expect("kana").to_string(), kana);
            }
        }
        assert!(find("9901", "102").is_some() && find("9901", "999").is_none() && find("0000", "001").is_none());
    }
}

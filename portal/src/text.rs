//! The texts, in Japanese and English: Fluent files under `i18n/`, compiled in.

use std::sync::LazyLock;

use camtoken::Timestamp;
use camtoken::language::Language;
use camtoken::time::Date;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

use crate::domain::calendar::{day_in_japan, time_in_japan};

/// The texts in one language.
#[derive(Debug, Clone, Copy)]
pub struct Text(pub Language);

const JA: &str = concat!(
    include_str!("../i18n/ja/portal.ftl"),
    include_str!("../i18n/ja/linkage.ftl"),
    include_str!("../i18n/ja/desk.ftl"),
    include_str!("../i18n/ja/caution.ftl"),
    include_str!("../i18n/ja/contract.ftl"),
    include_str!("../i18n/ja/passkey.ftl"),
    include_str!("../i18n/ja/rules.ftl")
);
const EN: &str = concat!(
    include_str!("../i18n/en/portal.ftl"),
    include_str!("../i18n/en/linkage.ftl"),
    include_str!("../i18n/en/desk.ftl"),
    include_str!("../i18n/en/caution.ftl"),
    include_str!("../i18n/en/contract.ftl"),
    include_str!("../i18n/en/passkey.ftl"),
    include_str!("../i18n/en/rules.ftl")
);

static BUNDLES: LazyLock<[FluentBundle<FluentResource>; 2]> = LazyLock::new(|| [bundle("ja", JA), bundle("en", EN)]);

impl Text {
    /// The text of `key`.
    #[must_use]
    pub fn get(self, key: &str) -> String {
        self.with(key, &[])
    }

    /// The text of `key` with the words that it speaks of. A test finds every key that has no text.
    #[must_use]
    pub fn with(self, key: &str, words: &[(&str, &str)]) -> String {
        let bundle = match self.0 {
            Language::Ja => &BUNDLES[0],
            Language::En => &BUNDLES[1],
        };
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else { return key.to_owned() };
        let mut args = FluentArgs::new();
        for &(name, word) in words {
            args.set(name, word);
        }
        bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
    }

    /// An amount in yen.
    #[must_use]
    pub fn yen(self, amount: u64) -> String {
        match self.0 {
            Language::Ja => format!("{}円", grouped(amount)),
            Language::En => format!("¥{}", grouped(amount)),
        }
    }

    /// A day with its year.
    #[must_use]
    pub fn day(self, day: Date) -> String {
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let (year, month, of_month) = (day.year(), day.month(), day.day());
        match self.0 {
            Language::Ja => format!("{year}年{month}月{of_month}日"),
            Language::En => format!("{of_month} {} {year}", MONTHS[usize::from(month) - 1]),
        }
    }

    /// How long to wait, in the largest unit that says it well, rounded up.
    #[must_use]
    pub fn wait(self, seconds: u64) -> String {
        let (count, key) = match seconds {
            0..=90 => (seconds, "wait-seconds"),
            91..=5_400 => (seconds.div_ceil(60), "wait-minutes"),
            _ => (seconds.div_ceil(3_600), "wait-hours"),
        };
        self.with(key, &[("count", &count.to_string())])
    }

    /// A moment in Japan, to the minute.
    #[must_use]
    pub fn moment(self, moment: Timestamp) -> String {
        let (hour, minute) = time_in_japan(moment);
        format!("{} {hour:02}:{minute:02}", self.day(day_in_japan(moment)))
    }
}

/// 1250000 as `1,250,000`.
#[must_use]
pub fn grouped(amount: u64) -> String {
    let digits = amount.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn bundle(language: &str, source: &str) -> FluentBundle<FluentResource> {
    let id = language.parse().expect("ja and en are language identifiers");
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(source.to_owned()).expect("a test reads every file without an error");
    bundle.add_resource(resource).expect("a test finds no key twice");
    bundle
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    fn keys(source: &str) -> BTreeSet<&str> {
        let lines = source.lines().filter_map(|line| line.split_once(" = ").or_else(|| line.split_once(" =")));
        lines.map(|(key, _)| key).filter(|key| !key.starts_with([' ', '#'])).collect()
    }

    #[test]
    fn both_languages_have_the_same_texts() {
        assert_eq!(keys(JA), keys(EN));
        assert!(keys(JA).len() > 50);
        for (key, words) in [(JA, "ja"), (EN, "en")] {
            let count = key.lines().filter(|line| !line.starts_with(' ') && line.contains(" =")).count();
            assert_eq!(count, keys(key).len(), "a key of {words} stands twice");
        }
    }

    /// A key is any literal of the sources that has the form of one and is asked for by `get("` or `with("` or `key("`.
    #[test]
    fn every_text_that_is_asked_for_is_there() {
        fn walk(dir: &Path, found: &mut String) {
            for entry in fs::read_dir(dir).expect("the sources").flatten() {
                if entry.path().is_dir() {
                    walk(&entry.path(), found);
                } else {
                    found.push_str(&fs::read_to_string(entry.path()).expect("UTF-8"));
                }
            }
        }
        let mut sources = String::new();
        walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
        let known = keys(JA);
        let mut asked = 0;
        for start in ["t.get(\"", "t.with(\""] {
            for (at, _) in sources.match_indices(start) {
                let key = sources[at + start.len()..].split('"').next().expect("a literal");
                if key != "," {
                    asked += 1;
                    assert!(known.contains(key), "no text for {key}");
                }
            }
        }
        assert!(asked > 50, "the sources were read: {asked}");
    }

    #[test]
    fn numbers_and_days_are_written_as_people_write_them() {
        assert_eq!(Text(Language::Ja).yen(1_250_000), "1,250,000円");
        assert_eq!(Text(Language::En).yen(999), "¥999");
        let day = "2026-11-04".parse().expect("a day");
        assert_eq!(Text(Language::Ja).day(day), "2026年11月4日");
        assert_eq!(Text(Language::En).day(day), "4 Nov 2026");
        let waits = [(6, "6秒"), (90, "90秒"), (91, "2分"), (5_400, "90分"), (5_401, "2時間"), (28_800, "8時間")];
        for (seconds, told) in waits {
            assert_eq!(Text(Language::Ja).wait(seconds), told);
        }
    }
}

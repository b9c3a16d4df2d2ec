//! The texts, in English and Japanese: Fluent files under `i18n/`, compiled in.
//!
//! Codes, JSON keys, setting names and exit codes are never translated.

use camtoken::language::Language;
use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};
use unic_langid::LanguageIdentifier;

/// The language of the locale (`LC_ALL`, `LC_MESSAGES`, `LANG`); English for every other.
pub fn language_of_locale() -> Language {
    match sys_locale::get_locale() {
        Some(locale) if locale == "ja" || locale.starts_with("ja-") => Language::Ja,
        _ => Language::En,
    }
}

/// The texts in one language.
pub struct Text {
    /// The language that they are in.
    pub language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl Text {
    /// Reads the texts of `lang`.
    pub fn new(lang: Language) -> Self {
        let id: LanguageIdentifier = lang.to_string().parse().expect("en and ja are language identifiers");
        let mut bundle = FluentBundle::new(vec![id]);
        bundle.set_use_isolating(false);
        for source in sources(lang) {
            let resource =
                FluentResource::try_new(source.to_owned()).expect("a test reads every file without an error");
            bundle.add_resource(resource).expect("a test finds no key twice");
        }
        Self { language: lang, bundle }
    }

    /// The text of `key`, which is a message (`exit-0`) or an attribute of one (`ct-e041.hint`).
    pub fn get(&self, key: &str) -> String {
        self.with(key, &[])
    }

    /// The text of `key` with its values filled in. A test finds every key that has no text.
    pub fn with(&self, key: &str, values: &[(&str, &str)]) -> String {
        self.find(key, values).unwrap_or_else(|| key.to_owned())
    }

    /// The text of `key`, if there is one.
    pub fn find(&self, key: &str, values: &[(&str, &str)]) -> Option<String> {
        let (message, attribute) = match key.split_once('.') {
            Some((message, attribute)) => (message, Some(attribute)),
            None => (key, None),
        };
        let message = self.bundle.get_message(message)?;
        let pattern = match attribute {
            Some(attribute) => message.get_attribute(attribute)?.value(),
            None => message.value()?,
        };
        let mut args = FluentArgs::new();
        for &(name, value) in values {
            args.set(name, value);
        }
        Some(self.bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned())
    }
}

fn sources(lang: Language) -> [&'static str; 4] {
    match lang {
        Language::En => [
            include_str!("i18n/en/errors.ftl"),
            include_str!("i18n/en/server.ftl"),
            include_str!("i18n/en/verbs.ftl"),
            include_str!("i18n/en/verifier.ftl"),
        ],
        Language::Ja => [
            include_str!("i18n/ja/errors.ftl"),
            include_str!("i18n/ja/server.ftl"),
            include_str!("i18n/ja/verbs.ftl"),
            include_str!("i18n/ja/verifier.ftl"),
        ],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::Path;

    use clap::{Command, CommandFactory};

    use super::*;
    use crate::cli::Cli;
    use crate::failure::Code;

    /// Every key (`message` or `message.attribute`) with the variables that its text names.
    fn keys(lang: Language) -> BTreeMap<String, BTreeSet<String>> {
        let mut keys = BTreeMap::new();
        let (mut message, mut key) = (String::new(), String::new());
        for line in sources(lang).concat().lines().filter(|line| !line.starts_with('#')) {
            let name = line.split_once(" =").map(|(name, _)| name.trim());
            match name {
                Some(name) if !line.starts_with(' ') => {
                    message = name.to_owned();
                    key = message.clone();
                    assert!(keys.insert(key.clone(), BTreeSet::new()).is_none(), "{key} stands twice");
                }
                Some(name) if name.starts_with('.') => {
                    key = format!("{message}{name}");
                    assert!(keys.insert(key.clone(), BTreeSet::new()).is_none(), "{key} stands twice");
                }
                _ => {}
            }
            for piece in line.split("{ $").skip(1) {
                let variable = piece.split([' ', '}']).next().unwrap_or_default().to_owned();
                keys.get_mut(&key).expect("a variable stands in a text").insert(variable);
            }
        }
        keys
    }

    fn help_keys(command: &Command, key: &str, found: &mut Vec<String>) {
        found.push(key.to_owned());
        let own = |arg: &&clap::Arg| key == "help-camtoken" || !arg.is_global_set();
        let texts = keys(Language::En);
        found.extend(command.get_arguments().filter(own).map(|arg| {
            let group = key.rsplit_once('-').map(|(group, _)| group);
            let of = |key: &str| Some(format!("{key}.{}", arg.get_id())).filter(|text| texts.contains_key(text));
            of(key).or_else(|| of(group?)).unwrap_or_else(|| format!("help-shared.{}", arg.get_id()))
        }));
        for sub in command.get_subcommands() {
            let prefix = if key == "help-camtoken" { "help" } else { key };
            help_keys(sub, &format!("{prefix}-{}", sub.get_name()), found);
        }
    }

    /// The keys that the command line and the table of errors ask for.
    fn asked_for() -> Vec<String> {
        let mut keys = Vec::new();
        help_keys(&Cli::command(), "help-camtoken", &mut keys);
        for code in Code::ALL {
            keys.extend(["", ".hint", ".long"].map(|part| format!("{}{part}", code.key())));
        }
        keys
    }

    fn gather(dir: &Path, found: &mut String) {
        for entry in fs::read_dir(dir).expect("the source is here").flatten() {
            let path = entry.path();
            if path.is_dir() {
                gather(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push_str(&fs::read_to_string(&path).expect("a source file"));
            }
        }
    }

    fn all_sources() -> String {
        let mut found = String::new();
        gather(Path::new(env!("CARGO_MANIFEST_DIR")), &mut found);
        found
    }

    #[test]
    fn both_languages_have_the_same_keys_and_variables() {
        let (en, ja) = (keys(Language::En), keys(Language::Ja));
        assert!(en.len() > 100, "the files were read");
        for (key, variables) in &en {
            assert_eq!(ja.get(key), Some(variables), "{key} in Japanese");
        }
        assert_eq!(en.keys().collect::<Vec<_>>(), ja.keys().collect::<Vec<_>>());
    }

    #[test]
    fn every_text_that_is_asked_for_is_there() {
        let source = all_sources();
        let named = ["text.get(\"", "text.with(\""].into_iter().flat_map(|call| source.split(call).skip(1));
        let named = named.filter_map(|rest| rest.split('"').next()).filter(|key| !key.contains(['{', '\\']));
        for lang in [Language::En, Language::Ja] {
            let text = Text::new(lang);
            for key in asked_for().into_iter().chain(named.clone().map(str::to_owned)) {
                assert!(text.find(&key, &[]).is_some_and(|text| !text.is_empty()), "{key} in {lang}");
            }
        }
    }

    #[test]
    fn no_text_is_left_over() {
        let source = all_sources();
        let asked_for = asked_for();
        for key in keys(Language::En).into_keys().filter(|key| key != "help-shared") {
            let built = key
                .split_once('-')
                .is_some_and(|(stem, _)| !["help", "ct"].contains(&stem) && source.contains(&format!("\"{stem}-{{")));
            let long = key.strip_suffix(".long").is_some_and(|message| asked_for.iter().any(|known| known == message));
            let named = source.contains(&format!("\"{key}\""));
            assert!(asked_for.contains(&key) || long || built || named, "{key} is not used");
        }
    }

    #[test]
    fn a_hint_speaks_only_of_what_the_code_gives() {
        let source = all_sources();
        for (key, variables) in keys(Language::En) {
            for variable in variables {
                let given = [format!("with(\"{variable}\""), format!("(\"{variable}\", ")];
                assert!(given.iter().any(|given| source.contains(given)), "{variable} of {key}");
            }
        }
    }
}

use camtoken::language::Language;

use super::*;

#[test]
fn every_code_of_the_library_is_in_the_table() {
    for code in ErrorCode::ALL {
        assert_eq!(Code::from(*code).as_str(), code.as_str());
    }
}

#[test]
fn every_refusal_of_the_token_has_a_code_and_the_exit_of_the_interface() {
    for number in 1..=14 {
        let refusal = format!("T{number:02}");
        let code = Code::find(&refusal).expect("the table has T01 to T14");
        let expected = match number {
            1 => 3,
            2 => 4,
            10 => 8,
            _ => 5,
        };
        assert_eq!(code.exit().code(), expected, "{refusal}");
    }
    assert_eq!(Code::find("ct-e041"), Some(Code::Unreadable));
    assert_eq!(Code::find("t3"), Some(Code::Foreign));
    assert_eq!(Code::find("T0"), None);
    assert_eq!(Code::find("T15"), None);
}

#[cfg(feature = "server")]
#[test]
fn every_code_of_the_service_can_be_explained() {
    for code in camtoken_server::Code::ALL {
        assert_eq!(Code::find(code.as_str()).map(Code::as_str), Some(code.as_str()));
    }
}

#[test]
fn no_two_errors_share_a_code() {
    let mut names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Code::ALL.len());
}

#[test]
fn what_a_file_said_cannot_steer_the_terminal() {
    let failure = Failure::new(Code::Read).because("a\u{1b}[2Jb\nsecond\u{202e} line");
    let text = Text::new(Language::En);
    let page = failure.report(&text).human(&text);
    assert!(page.contains("a[2Jb\n"), "{page:?}");
    assert!(page.contains("\n      second line\n"), "{page:?}");
}

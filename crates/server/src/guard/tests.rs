use super::*;

fn guard(hosts: &[&str]) -> Guard {
    let options = Options { hosts: hosts.iter().map(ToString::to_string).collect(), ..Options::default() };
    Guard::new(&options, Vec::new(), Vec::new(), Arc::default(), Arc::default())
}

#[test]
fn a_foreign_name_is_not_ours() {
    let guard = guard(&["bank.example"]);
    for host in ["localhost", "localhost:4870", "127.0.0.1:80", "[::1]:4870", "[::1]", "bank.example:443"] {
        assert!(guard.is_own_host(host), "{host}");
    }
    for host in ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "::1:x", "127.1:80"] {
        assert!(!guard.is_own_host(host), "{host}");
    }
}

#[test]
fn the_language_is_the_one_that_is_preferred() {
    for (accepted, expected) in [
        ("ja", Some(Language::Ja)),
        ("en-GB,en;q=0.9,ja;q=0.8", Some(Language::En)),
        ("fr, ja-JP;q=0.7, en;q=0.3", Some(Language::Ja)),
        ("ja;q=0, en;q=0.1", Some(Language::En)),
        ("fr", None),
        ("", None),
        ("*;q=0.5,;;,ja;q=x", None),
    ] {
        assert_eq!(preferred(accepted), expected, "{accepted}");
    }
}

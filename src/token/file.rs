//! A token file on disk. What it says, and how it is encrypted, is [`camtoken_core::token::file`].

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use zeroize::Zeroizing;

pub use camtoken_core::token::file::*;

/// Replaces a file by a text, readable by its owner alone. A reader finds the old file or the new one, whole, also
/// after a crash.
///
/// # Errors
///
/// The operating system's. The old file is as it was then.
pub fn save(path: &Path, text: &str) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_string_lossy().into_owned();
    let (mut file, temporary) = create_beside(folder, &name)?;
    let written =
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary); // the first error is the one to tell
        return Err(error);
    }
    File::open(folder)?.sync_all()
}

/// Reads a file that is not larger than a token can be.
///
/// # Errors
///
/// The operating system's, and [`io::ErrorKind::FileTooLarge`].
pub fn load(path: &Path) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    let limit = u64::try_from(MAX_LEN).expect("one megabyte") + 1;
    File::open(path)?.take(limit).read_to_string(&mut text)?;
    if text.len() > MAX_LEN { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(text) }
}

fn create_beside(folder: &Path, name: &str) -> io::Result<(File, PathBuf)> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let temporary = folder.join(format!(".{name}.{}-{number}.tmp", std::process::id()));
        match options.open(&temporary) {
            Ok(file) => return Ok((file, temporary)),
            // Left behind by a process that had the same number and was killed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::rand_core::UnwrapErr;
    use rand::rngs::SysRng;

    use base64::Engine;
    use base64::engine::general_purpose::STANDARD as BASE64;
    use secrecy::SecretString;

    use super::*;
    use crate::language::Language;
    use crate::token::tests::{NOW, Story, edited};
    use crate::token::{Button, Device, Pin, Profile, Refusal, State, Token};

    fn rng() -> UnwrapErr<SysRng> {
        UnwrapErr(SysRng)
    }

    fn passphrase(text: &str) -> SecretString {
        text.into()
    }

    /// A device in the middle of things: a user, a registration that waits, a PIN, a fault, digits on the screen.
    fn busy() -> Story {
        let (mut story, _) = Story::registered("YAMADA01");
        let token = story.device.token_mut();
        token.set_pin(Some(Pin::new("25801", &mut rng()).expect("a good PIN"))).expect("unlocked");
        token.language = Language::En;
        story.device.hold(Button::Center, NOW);
        story.device.token_mut().unlock("25801").expect("its PIN");
        story.device = edited(&story.device, |json| json["device"]["stage"] = "home".into());
        story.device.token_mut().unlock("25801").expect("its PIN");
        let first = story.enroll("SATO02");
        story.device.scan(Ok(first.code.as_str()), NOW);
        story.leaf_through();
        story.device.token_mut().faults.next_scan = Some(Refusal::Unreadable { module_px: Some(1.5) });
        assert_eq!(story.device.state(NOW), State::Answered);
        story
    }

    fn json(device: &Device) -> serde_json::Value {
        serde_json::from_str(&to_string(device).expect("a test token")).expect("JSON")
    }

    #[test]
    fn a_test_token_in_clear_comes_back_as_it_was() {
        let device = busy().device;
        let text = to_string(&device).expect("a test token");
        assert!(text.contains(r#""schema": "camtoken/token/1""#) && text.contains(r#""purpose": "test""#));
        assert!(!is_encrypted(&text));
        let again = from_str(&text, None).expect("as written");
        assert_eq!(json(&again), json(&device));
        assert_eq!(again.screen(NOW), device.screen(NOW));
        assert!(!again.token().is_locked());
    }

    /// The last page of a file once made a number overflow, and digits that are none could steer a terminal.
    #[test]
    fn a_screen_that_no_token_shows_is_no_token() {
        let saved = json(&busy().device);
        let with = |name: &str, value: serde_json::Value| {
            let mut saved = saved.clone();
            saved["device"][name] = value;
            from_str(&saved.to_string(), None)
        };
        let response = |digits| serde_json::json!({ "response": { "owner": "", "title": "", "digits": digits } });
        let device_code = |digits| serde_json::json!({ "deviceCode": { "digits": digits } });
        let pin =
            |digits, choice| serde_json::json!({ "pin": { "digits": digits, "choice": choice, "triesLeft": null } });
        for (name, value) in [
            ("page", usize::MAX.into()),
            ("stage", response("1234\u{1b}[2J")),
            ("stage", response("")),
            ("stage", device_code("12345678901\n")),
            ("stage", pin("123456789", 0)),
            ("stage", pin("x", 0)),
            ("stage", pin("1", 11)),
        ] {
            let refused = with(name, value.clone());
            assert!(matches!(refused, Err(FileError::Part("device"))), "{name} {value}");
        }
        for stage in [response("12345678"), device_code("123456789012"), pin("12345678", 10), "menu".into()] {
            let mut device = with("stage", stage).expect("a screen that a token shows");
            for button in [Button::Left, Button::Center, Button::Right] {
                device.press(button, NOW, &mut rng());
                assert_eq!(device.screen(NOW).lit, device.state(NOW) != State::Off);
            }
        }
    }

    #[test]
    fn an_encrypted_token_comes_back_under_its_passphrase_only() {
        let mut device = Story::with_purpose(false).register_first("YAMADA01").device;
        device.hold(Button::Center, NOW);
        assert!(matches!(to_string(&device), Err(FileError::NotTest)));
        let text = to_string_encrypted(&device, &passphrase("correct horse"), &mut rng()).expect("a passphrase");
        assert!(is_encrypted(&text));
        for secret in ["YAMADA", "FEX0123456", "deviceKey", "stage"] {
            assert!(!text.contains(secret), "{secret}");
        }
        let again = from_str(&text, Some(&passphrase("correct horse"))).expect("as written");
        assert_eq!(again.screen(NOW), device.screen(NOW));
        let users = |device: &Device| {
            format!("{:?}", device.token().activations().map(|(_, user)| user.id()).collect::<Vec<_>>())
        };
        assert_eq!(users(&again), users(&device));
        assert_eq!(again.token().device_key().expose_bytes(), device.token().device_key().expose_bytes());
        assert!(!again.token().is_test());
        assert!(matches!(from_str(&text, None), Err(FileError::PassphraseMissing)));
        assert!(matches!(from_str(&text, Some(&passphrase("correct h0rse"))), Err(FileError::Passphrase)));
        assert!(matches!(from_str(&text, Some(&passphrase(""))), Err(FileError::PassphraseEmpty)));
        let same = to_string_encrypted(&device, &passphrase("correct horse"), &mut rng()).expect("a passphrase");
        assert_ne!(same, text, "a salt and a nonce of its own each time");
    }

    #[test]
    fn what_surrounds_the_ciphertext_cannot_be_changed() {
        let device = Story::new().device;
        let text = to_string_encrypted(&device, &passphrase("p"), &mut rng()).expect("a passphrase");
        let with = |part: &str, value: serde_json::Value| {
            let mut json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            *json.pointer_mut(part).expect("a part of the file") = value;
            from_str(&json.to_string(), Some(&passphrase("p"))).expect_err("altered")
        };
        let other_salt = BASE64.encode([9; 16]);
        assert!(matches!(with("/kdf/passes", 2.into()), FileError::Passphrase));
        assert!(matches!(with("/kdf/salt", other_salt.into()), FileError::Passphrase));
        assert!(matches!(with("/nonce", BASE64.encode([9; 12]).into()), FileError::Passphrase));
        assert!(matches!(with("/ciphertext", BASE64.encode([9; 100]).into()), FileError::Passphrase));
        assert!(matches!(with("/ciphertext", "".into()), FileError::Passphrase));
        assert!(matches!(with("/ciphertext", "!".into()), FileError::Part("ciphertext")));
        assert!(matches!(with("/nonce", "AA==".into()), FileError::Part("nonce")));
        assert!(matches!(with("/cipher", "none".into()), FileError::Part("cipher")));
        assert!(matches!(with("/kdf/algorithm", "argon2d".into()), FileError::Part("kdf.algorithm")));
        assert!(matches!(with("/kdf/salt", "AA==".into()), FileError::Part("kdf.salt")));
        assert!(matches!(with("/schema", "camtoken/token/2".into()), FileError::Schema));
        // Asked before any work: a file cannot make a machine run out of memory or time.
        for (part, value) in [
            ("/kdf/memoryKib", 256 * 1024 + 1),
            ("/kdf/memoryKib", 7),
            ("/kdf/passes", 0),
            ("/kdf/passes", 17),
            ("/kdf/lanes", 0),
            ("/kdf/lanes", 5),
        ] {
            assert!(matches!(with(part, value.into()), FileError::Part("kdf")), "{part} {value}");
        }
    }

    #[test]
    fn a_file_with_anything_else_in_it_is_refused() {
        let device = busy().device;
        let original = json(&device);
        let read = |json: &serde_json::Value| from_str(&json.to_string(), None);
        assert!(read(&original).is_ok());
        for part in ["", "/slots/0", "/pending", "/pin", "/faults", "/device", "/device/stage/deviceCode"] {
            let mut json = original.clone();
            let object = json.pointer_mut(part).and_then(|part| part.as_object_mut()).expect("a part of the file");
            object.insert("unknown".to_owned(), true.into());
            assert!(matches!(read(&json), Err(FileError::Form { .. })), "{part:?}");
        }
        let with = |part: &str, value: serde_json::Value| {
            let mut json = original.clone();
            *json.pointer_mut(part).expect("a part of the file") = value;
            read(&json).err().map(|error| error.to_string()).unwrap_or_default()
        };
        let wrong = |part: &str| format!("not a token file: {part} is wrong");
        assert_eq!(with("/schema", "camtoken/token/2".into()), FileError::Schema.to_string());
        assert_eq!(with("/purpose", "production".into()), FileError::NotTest.to_string());
        assert_eq!(with("/id", "fex".into()), wrong("id"));
        assert_eq!(with("/deviceKey", "AAAA".into()), wrong("deviceKey"));
        assert_eq!(with("/slots/0/key", "AAAA".into()), wrong("slots"));
        assert_eq!(with("/slots/0/user", "\u{202e}".into()), wrong("slots"));
        assert_eq!(with("/slots/0/suite", "OCRA-1:HOTP-SHA1-6:QN08".into()), wrong("slots"));
        assert_eq!(with("/slots/1", original["slots"][0].clone()), wrong("slots"));
        assert_eq!(with("/slots", serde_json::json!([])), wrong("slots"));
        assert_eq!(with("/slots", vec![serde_json::Value::Null; 9].into()), wrong("slots"));
        assert_eq!(with("/slots/0/answered", vec!["00".repeat(12); 65].into()), wrong("slots"));
        assert_eq!(with("/pending/nonce", "12345".into()), wrong("pending"));
        assert_eq!(with("/pin/hash", "".into()), wrong("pin"));
        assert!(matches!(from_str("", None), Err(FileError::Form { .. })));
        assert!(matches!(from_str("[]", None), Err(FileError::Form { .. })));
        assert!(matches!(from_str(&" ".repeat(MAX_LEN + 1), None), Err(FileError::TooLarge)));
    }

    #[test]
    fn how_a_token_was_made_is_kept() {
        let token = Token::generate("KKK0000001".parse().expect("a token ID"), true, &mut UnwrapErr(SysRng));
        let plain = Device::new(token);
        assert!(!to_string(&plain).expect("a test token").contains("profile"), "older readers know no profile");
        let token = plain.into_token().with_profile(Profile::Japan).with_slots(3).expect("three places");
        let text = to_string(&Device::new(token)).expect("a test token");
        let again = from_str(&text, None).expect("as written");
        assert_eq!((again.token().profile(), again.token().slots()), (Profile::Japan, 3));
        let pin = json(&busy().device)["pin"].clone();
        let mut with_pin: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        with_pin["pin"] = pin;
        assert!(matches!(from_str(&with_pin.to_string(), None), Err(FileError::Part("pin"))));
    }

    #[test]
    fn a_device_that_was_off_asks_for_its_pin_again() {
        let mut device = busy().device;
        device.hold(Button::Center, NOW);
        let mut again = from_str(&to_string(&device).expect("a test token"), None).expect("as written");
        assert!(again.token().is_locked());
        again.hold(Button::Center, NOW);
        assert_eq!(again.state(NOW), State::Pin);
    }

    #[test]
    fn errors_and_prints_say_nothing_of_a_key() {
        let device = busy().device;
        let text = to_string(&device).expect("a test token");
        let key = BASE64.encode(device.token().device_key().expose_bytes());
        assert!(text.contains(&key), "in clear it is there");
        let broken = text.replace("\"deviceKey\"", "\"devicekey\"");
        let error = from_str(&broken, None).expect_err("an unknown key");
        assert!(!format!("{error} {error:?}").contains(&key[..8]), "{error:?}");
    }

    #[test]
    fn a_saved_file_is_the_owners_alone_and_replaces_the_old_one_whole() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("test.camtoken.json");
        save(&path, "one").expect("a free disk");
        save(&path, "two").expect("a free disk");
        assert_eq!(load(&path).expect("a file").as_str(), "two");
        assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 1, "nothing is left beside it");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
        }
        fs::write(&path, " ".repeat(MAX_LEN + 1)).expect("a free disk");
        assert_eq!(load(&path).expect_err("too large").kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn a_file_that_cannot_be_replaced_stays_and_leaves_nothing_beside_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("taken");
        fs::create_dir_all(path.join("inside")).expect("a free disk");
        assert!(save(&path, "text").is_err());
        assert!(path.join("inside").exists());
        assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 1);
        assert!(save(&dir.path().join("no/such/folder"), "text").is_err());
        assert!(save(Path::new("/"), "text").is_err());
    }
}

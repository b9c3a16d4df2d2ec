//! `camtoken serve` as a process.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use serde_json::Value;

use super::verifier::Story;

/// `camtoken serve` on the story's store.
pub struct Service {
    pub child: Child,
    pub url: String,
}

impl Service {
    pub fn start(story: &Story) -> Self {
        let mut command = story.command(&["serve", "--json", "--port", "0", "--log", "warn"]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("camtoken starts");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("it is piped")).read_line(&mut line).expect("one line");
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
        let url = said["url"].as_str().unwrap_or_else(|| panic!("{said}")).to_owned();
        Self { child, url }
    }

    pub fn environment(&self) -> String {
        let bytes = fs::read(format!("/proc/{}/environ", self.child.id())).expect("Linux tells");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The status of `/readyz`, and what it says.
    pub fn readiness(&self) -> (u16, Value) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent.get(format!("{}/readyz", self.url)).call().expect("it answers");
        let said = answer.body_mut().read_to_string().expect("it is text");
        (answer.status().as_u16(), serde_json::from_str(&said).expect("it is JSON"))
    }

    pub fn ready(&self) -> u16 {
        self.readiness().0
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

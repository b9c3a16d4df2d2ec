//! An implementation behind an address: a question is the body of a POST request.

use ureq::Agent;

use super::limits::Limits;

pub(super) struct Http {
    agent: Agent,
    url: String,
    answer_bytes: u64,
}

impl Http {
    pub fn new(url: String, limits: Limits) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(limits.within));
        Self { agent: config.build().into(), url, answer_bytes: limits.answer_bytes as u64 }
    }

    pub fn ask(&self, question: &str) -> Result<String, String> {
        let request = self.agent.post(&self.url).header("content-type", "application/json");
        let mut answer = request.send(question).map_err(failed)?;
        if answer.status() != 200 {
            return Err(format!("HTTP status {}", answer.status()));
        }
        answer.body_mut().with_config().limit(self.answer_bytes).read_to_string().map_err(failed)
    }
}

/// Why there is no answer. The address may hold a password and is never shown.
fn failed(error: ureq::Error) -> String {
    match error {
        ureq::Error::BadUri(_) => "HTTP: the address is not a URL".to_owned(),
        error => format!("HTTP: {error}"),
    }
}

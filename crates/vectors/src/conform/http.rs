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
        let failed = |error: ureq::Error| format!("{}: {error}", self.url);
        let request = self.agent.post(&self.url).header("content-type", "application/json");
        let mut answer = request.send(question).map_err(failed)?;
        if answer.status() != 200 {
            return Err(format!("{}: HTTP status {}", self.url, answer.status()));
        }
        answer.body_mut().with_config().limit(self.answer_bytes).read_to_string().map_err(failed)
    }
}

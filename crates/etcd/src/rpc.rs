//! gRPC: one connection to one member, calls over HTTP/2, and what a failed call says of a change.

use std::cell::Cell;
use std::future::poll_fn;
use std::sync::Arc;

use bytes::Bytes;
use camtoken::store::StoreError;
use camtoken_remote::Failed;
use h2::client::SendRequest;
use h2::{Reason, RecvStream};
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue, TE};
use http::{Request, StatusCode, Version};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

use crate::wire::{Malformed, Writer};

/// The longest answer that is taken: some hundred records of the largest size.
const LONGEST: usize = 64 << 20;

/// The server may send so much before it waits for us.
const WINDOW: u32 = 8 << 20;

/// One connection. Dropped, it closes the socket; a call that is on its way is not cancelled.
pub(super) struct Connection {
    requests: SendRequest<Bytes>,
    driver: JoinHandle<()>,
    /// Scheme and authority of each request.
    origin: String,
    token: Option<HeaderValue>,
    /// The server takes no more requests on it, or not with this token.
    is_over: Cell<bool>,
}

impl Connection {
    pub async fn open((host, port): &(String, u16), tls: Option<&Arc<ClientConfig>>) -> Result<Self, Failed> {
        let unsent = |error: &dyn std::fmt::Display| Failed::Unsent(format!("{host}:{port}: {error}"));
        let socket = TcpStream::connect((host.as_str(), *port)).await.map_err(|error| unsent(&error))?;
        socket.set_nodelay(true).map_err(|error| unsent(&error))?;
        let (requests, driver) = match tls {
            None => handshake(socket).await,
            Some(tls) => {
                let name = ServerName::try_from(host.clone()).map_err(|error| unsent(&error))?;
                let secured = TlsConnector::from(Arc::clone(tls)).connect(name, socket).await;
                handshake(secured.map_err(|error| unsent(&error))?).await
            }
        }
        .map_err(|error| unsent(&error))?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        let origin = format!("{scheme}://{host}:{port}");
        Ok(Self { requests, driver, origin, token: None, is_over: Cell::new(false) })
    }

    /// Says who is calling from now on.
    pub fn authenticated(&mut self, token: &str) -> Result<(), Malformed> {
        self.token = Some(HeaderValue::from_str(token).map_err(|_| Malformed)?);
        Ok(())
    }

    /// Whether another one is needed.
    pub fn is_closed(&self) -> bool {
        self.driver.is_finished() || self.is_over.get()
    }

    /// Calls a method, and gives the message that it answers with.
    pub async fn call(&self, method: &str, message: Writer) -> Result<Bytes, Failed> {
        let message = message.into_bytes();
        let mut frame = Vec::with_capacity(5 + message.len());
        frame.push(0);
        frame.extend_from_slice(&u32::try_from(message.len()).expect("a group has a limit").to_be_bytes());
        frame.extend_from_slice(&message);
        let mut request = Request::post(format!("{}{method}", self.origin)).version(Version::HTTP_2);
        if let Some(token) = &self.token {
            request = request.header("token", token);
        }
        let request = request.header(CONTENT_TYPE, "application/grpc").header(TE, "trailers").body(());
        let request = request.map_err(|error| Failed::Unsent(error.to_string()))?;

        let unsent = |error: h2::Error| {
            self.is_over.set(true);
            Failed::Unsent(error.to_string())
        };
        let mut requests = self.requests.clone().ready().await.map_err(unsent)?;
        let (response, mut body) = requests.send_request(request, false).map_err(unsent)?;
        body.send_data(frame.into(), true).map_err(lost)?;
        let (head, mut body) = response.await.map_err(lost)?.into_parts();
        if head.status != StatusCode::OK {
            return Err(Failed::Lost(format!("HTTP status {}", head.status)));
        }
        let answer = read(&mut body).await.map_err(lost)?;
        let trailers = body.trailers().await.map_err(lost)?;
        self.outcome(trailers.as_ref().unwrap_or(&head.headers))?;
        match answer.split_at_checked(5) {
            Some((&[0, a, b, c, d], message)) if u32::from_be_bytes([a, b, c, d]) as usize == message.len() => {
                Ok(answer.slice(5..))
            }
            _ => Err(Failed::Lost("no gRPC message".into())),
        }
    }

    fn outcome(&self, headers: &HeaderMap) -> Result<(), Failed> {
        let text = |name| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let Some(code) = text("grpc-status").and_then(|code| code.parse::<u8>().ok()) else {
            return Err(Failed::Lost("no gRPC status".into()));
        };
        let reason = text("grpc-message").unwrap_or_default();
        match code {
            0 => Ok(()),
            16 => {
                self.is_over.set(true);
                Err(failed(code, reason))
            }
            _ => Err(failed(code, reason)),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// The meaning of a status for a change. Codes are those of gRPC; etcd's `rpctypes/error.go` has which error has which code.
fn failed(code: u8, reason: String) -> Failed {
    const INVALID_ARGUMENT: u8 = 3;
    const PERMISSION_DENIED: u8 = 7;
    const RESOURCE_EXHAUSTED: u8 = 8;
    const FAILED_PRECONDITION: u8 = 9;
    const UNIMPLEMENTED: u8 = 12;
    const UNAUTHENTICATED: u8 = 16;
    match code {
        // Found out before the request goes to the members, or by all of them alike, and nothing is applied.
        INVALID_ARGUMENT | PERMISSION_DENIED | FAILED_PRECONDITION | UNIMPLEMENTED => {
            Failed::Refused(StoreError::Unavailable { reason })
        }
        UNAUTHENTICATED => Failed::Again(reason),
        RESOURCE_EXHAUSTED if reason.contains("too many requests") => Failed::Again(reason),
        // The change that fills the space is stored, and answered so all the same.
        RESOURCE_EXHAUSTED => Failed::Refused(StoreError::Unknown { reason }),
        // A time-out, a change of leader, a member that stops: what was proposed may be applied, now or later.
        _ => Failed::Lost(reason),
    }
}

fn lost(error: h2::Error) -> Failed {
    match error.reason() {
        // The server says that it has not looked at it.
        Some(Reason::REFUSED_STREAM) => Failed::Unsent(error.to_string()),
        _ => Failed::Lost(error.to_string()),
    }
}

async fn handshake<S>(socket: S) -> Result<(SendRequest<Bytes>, JoinHandle<()>), h2::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (requests, connection) = h2::client::Builder::new()
        .initial_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .max_send_buffer_size(WINDOW as usize)
        .enable_push(false)
        .handshake(socket)
        .await?;
    // Each call gets the reason of its end.
    let driver = tokio::spawn(async { drop(connection.await) });
    Ok((requests, driver))
}

async fn read(body: &mut RecvStream) -> Result<Bytes, h2::Error> {
    let mut whole = Vec::new();
    while let Some(part) = poll_fn(|context| body.poll_data(context)).await {
        let part = part?;
        body.flow_control().release_capacity(part.len())?;
        if whole.len() + part.len() > LONGEST {
            return Err(Reason::FRAME_SIZE_ERROR.into());
        }
        whole.extend_from_slice(&part);
    }
    Ok(whole.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The messages of etcd, word by word, from `rpctypes/error.go`.
    #[test]
    fn what_may_have_been_stored_is_told_as_unknown() {
        for (code, reason, stored) in [
            (3, "etcdserver: too many operations in txn request", "no"),
            (3, "etcdserver: request is too large", "no"),
            (7, "etcdserver: permission denied", "no"),
            (8, "etcdserver: too many requests", "no"),
            (16, "etcdserver: invalid auth token", "no"),
            (8, "etcdserver: mvcc: database space exceeded", "maybe"),
            (14, "etcdserver: request timed out", "maybe"),
            (14, "etcdserver: request timed out, possibly due to previous leader failure", "maybe"),
            (14, "etcdserver: request timed out, possibly due to connection lost", "maybe"),
            (14, "etcdserver: leader changed", "maybe"),
            (14, "etcdserver: no leader", "maybe"),
            (14, "etcdserver: server stopped", "maybe"),
            (2, "anything else", "maybe"),
            (4, "context deadline exceeded", "maybe"),
        ] {
            let told = failed(code, reason.to_owned()).into_error();
            let is_unknown = matches!(told, StoreError::Unknown { .. });
            assert_eq!(is_unknown, stored == "maybe", "{reason}: {told}");
        }
    }
}

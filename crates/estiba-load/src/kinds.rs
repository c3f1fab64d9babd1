//! The kinds of requests, and when each counts as well answered.

use serde::Deserialize;

use crate::connection::{Answer, Connection, Failure, Target};

const SLOW_SECONDS: u32 = 10;
const UPLOAD_BYTES: usize = 20_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Page,
    Version,
    Order,
    Slow,
    Socket,
    Upload,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [Self::Page, Self::Version, Self::Order, Self::Slow, Self::Socket, Self::Upload];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Page => "GET page",
            Self::Version => "GET version",
            Self::Order => "POST order",
            Self::Slow => "GET 10 s",
            Self::Socket => "WebSocket",
            Self::Upload => "POST 20 MB",
        }
    }

    /// Whether its latency says something about the server: that of the others is their own length.
    pub(crate) fn is_short(self) -> bool {
        matches!(self, Self::Page | Self::Version | Self::Order)
    }
}

/// What a good answer told.
#[derive(Default)]
pub(crate) struct Learnt {
    pub(crate) version: Option<String>,
}

/// One short request over a connection that is kept between them.
pub(crate) struct Short<'a> {
    target: &'a Target,
    connection: Option<Connection>,
}

impl<'a> Short<'a> {
    pub(crate) fn new(target: &'a Target) -> Self {
        Self { target, connection: None }
    }

    pub(crate) fn ask(&mut self, kind: Kind, order: &str) -> Result<Learnt, Failure> {
        let kept = self.connection.take().and_then(|mut kept| kept.is_open().then_some(kept));
        let mut connection = match kept {
            Some(kept) => kept,
            None => self.target.connect()?,
        };
        let host = &self.target.host;
        let answer = match kind {
            Kind::Order => {
                let body = format!("{{\"id\":\"{order}\"}}");
                connection.ask(&post("/api/orders", host, body.len()), body.as_bytes())?
            }
            Kind::Page => connection.ask(&get("/version.txt", host), b"")?,
            _ => connection.ask(&get("/api/version", host), b"")?,
        };
        self.connection = Some(connection);
        judge(kind, &answer)
    }
}

/// One long request, over a connection of its own.
pub(crate) fn ask_long(target: &Target, kind: Kind, socket_seconds: u32) -> Result<Learnt, Failure> {
    let mut connection = target.connect()?;
    let host = &target.host;
    match kind {
        Kind::Socket => socket(connection, host, socket_seconds),
        Kind::Upload => {
            let body = vec![b'e'; UPLOAD_BYTES];
            let answer = connection.ask(&post("/api/upload", host, body.len()), &body)?;
            judge(kind, &answer)
        }
        _ => {
            let answer = connection.ask(&get(&format!("/api/slow?seconds={SLOW_SECONDS}"), host), b"")?;
            judge(kind, &answer)
        }
    }
}

fn get(path: &str, host: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")
}

fn post(path: &str, host: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
}

#[derive(Deserialize)]
struct Said {
    version: Option<String>,
    status: Option<String>,
    bytes: Option<usize>,
    seconds: Option<u32>,
}

fn judge(kind: Kind, answer: &Answer) -> Result<Learnt, Failure> {
    let wanted = if kind == Kind::Order { 201 } else { 200 };
    if answer.status != wanted {
        return Err(Failure(format!("status {}", answer.status)));
    }
    if kind == Kind::Page {
        let version = String::from_utf8_lossy(&answer.body).trim().to_owned();
        return Ok(Learnt { version: Some(format!("page {version}")) });
    }
    let said: Said = serde_json::from_slice(&answer.body).map_err(|_| Failure::new("another answer than asked for"))?;
    let right = match kind {
        Kind::Version => said.version.is_some(),
        Kind::Order => said.status.as_deref() == Some("created"),
        Kind::Upload => said.bytes == Some(UPLOAD_BYTES),
        _ => said.seconds == Some(SLOW_SECONDS),
    };
    if right { Ok(Learnt { version: said.version }) } else { Err(Failure::new("another answer than asked for")) }
}

/// Every tick must come, and then a close from the other side.
fn socket(connection: Connection, host: &str, seconds: u32) -> Result<Learnt, Failure> {
    use tungstenite::Message;
    use tungstenite::client::IntoClientRequest as _;

    let url = format!("wss://{host}/api/ticks?seconds={seconds}");
    let request = url.into_client_request().map_err(|error| Failure(error.to_string()))?;
    let (mut socket, _) = tungstenite::client(request, connection).map_err(|error| match error {
        tungstenite::HandshakeError::Failure(tungstenite::Error::Http(response)) => {
            Failure(format!("status {}", response.status().as_u16()))
        }
        _ => Failure::new("no handshake"),
    })?;
    let mut ticks = 0;
    loop {
        match socket.read() {
            Ok(Message::Text(_)) => ticks += 1,
            Ok(Message::Close(_)) if ticks == seconds => return Ok(Learnt::default()),
            Ok(Message::Close(_)) => return Err(Failure::new("closed early")),
            Ok(_) => {}
            Err(_) => return Err(Failure::new("cut off")),
        }
    }
}

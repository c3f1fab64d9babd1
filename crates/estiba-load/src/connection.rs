//! One TLS connection that asks one question at a time.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

const CONNECT: Duration = Duration::from_secs(5);
/// Longer than the proxy waits for a service, so that its answer is what is seen.
const SILENCE: Duration = Duration::from_secs(75);
const LONGEST_HEAD: usize = 16 << 10;

pub(crate) struct Target {
    address: SocketAddr,
    pub(crate) host: String,
    name: ServerName<'static>,
    tls: Arc<ClientConfig>,
}

impl Target {
    pub(crate) fn new(address: SocketAddr, host: &str, root: &[u8]) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(root) {
            let certificate = certificate.map_err(|error| format!("the root certificate: {error:?}"))?;
            roots.add(certificate).map_err(|error| format!("the root certificate: {error}"))?;
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|error| format!("{host}: {error}"))?;
        let tls = Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth());
        Ok(Self { address, host: host.to_owned(), name, tls })
    }

    pub(crate) fn connect(&self) -> Result<Connection, Failure> {
        let tcp = TcpStream::connect_timeout(&self.address, CONNECT).map_err(|_| Failure::new("connect"))?;
        let prepared = tcp
            .set_nodelay(true)
            .and_then(|()| tcp.set_read_timeout(Some(SILENCE)))
            .and_then(|()| tcp.set_write_timeout(Some(SILENCE)));
        let tls = ClientConnection::new(Arc::clone(&self.tls), self.name.clone());
        let (Ok(()), Ok(tls)) = (prepared, tls) else { return Err(Failure::new("connect")) };
        let mut stream = StreamOwned::new(tls, tcp);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock).map_err(|_| Failure::new("TLS handshake"))?;
        }
        Ok(Connection { stream, last: false })
    }
}

/// What went wrong, in words that can be counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Failure(pub(crate) String);

impl Failure {
    pub(crate) fn new(what: &str) -> Self {
        Self(what.to_owned())
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct Connection {
    stream: StreamOwned<ClientConnection, TcpStream>,
    last: bool,
}

impl Connection {
    /// Whether the next question may go this way: a server that said goodbye in time has not lost a request.
    pub(crate) fn is_open(&mut self) -> bool {
        if self.last || self.stream.sock.set_nonblocking(true).is_err() {
            return false;
        }
        let open = match self.stream.conn.read_tls(&mut self.stream.sock) {
            Ok(0) => false,
            Ok(_) => self.stream.conn.process_new_packets().is_ok_and(|state| !state.peer_has_closed()),
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        };
        open && self.stream.sock.set_nonblocking(false).is_ok()
    }

    pub(crate) fn ask(&mut self, head: &str, body: &[u8]) -> Result<Answer, Failure> {
        // One write: a head that is sent alone would wait for its acknowledgement.
        let mut question = Vec::with_capacity(head.len() + body.len());
        question.extend_from_slice(head.as_bytes());
        question.extend_from_slice(body);
        let sent = self.stream.write_all(&question).and_then(|()| self.stream.flush());
        if let Err(error) = sent {
            return Err(Failure(format!("closed while sending ({})", error.kind())));
        }
        self.answer()
    }

    fn answer(&mut self) -> Result<Answer, Failure> {
        let mut received = Vec::new();
        let (status, length, begin) = loop {
            if !self.more(&mut received)? {
                let what = if received.is_empty() { "closed before an answer" } else { "closed within an answer" };
                return Err(Failure::new(what));
            }
            if let Some(head) = self.head(&received)? {
                break head;
            }
        };
        while received.len() < begin + length {
            if !self.more(&mut received)? {
                return Err(Failure::new("closed within an answer"));
            }
        }
        Ok(Answer { status, body: received.split_off(begin) })
    }

    /// Status, length of the body, and where it begins.
    fn head(&mut self, received: &[u8]) -> Result<Option<(u16, usize, usize)>, Failure> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut response = httparse::Response::new(&mut headers);
        let parsed = response.parse(received).map_err(|error| Failure(format!("no HTTP: {error}")))?;
        let (httparse::Status::Complete(begin), Some(status)) = (parsed, response.code) else {
            return if received.len() > LONGEST_HEAD {
                Err(Failure::new("no HTTP: an endless head"))
            } else {
                Ok(None)
            };
        };
        let value = |name: &str| {
            let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
            std::str::from_utf8(header.value).ok()
        };
        self.last = value("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        match value("content-length").and_then(|value| value.parse().ok()) {
            Some(length) => Ok(Some((status, length, begin))),
            None => Err(Failure(format!("an answer without a length (status {status})"))),
        }
    }

    /// Whether there was more.
    fn more(&mut self, received: &mut Vec<u8>) -> Result<bool, Failure> {
        let mut part = [0; 16 << 10];
        match self.stream.read(&mut part) {
            Ok(size) => {
                received.extend_from_slice(part.get(..size).unwrap_or_default());
                Ok(size > 0)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Err(Failure::new("no answer in 75 s"))
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(Failure(format!("cut off ({})", error.kind()))),
        }
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }
}

impl Write for Connection {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

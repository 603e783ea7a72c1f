//! A client that sends exactly what it is told and reads replies one by one.

use std::io::{self, Read, Write};

use serde_json::Value;

use super::address::{Address, Socket};

/// One client; connects again where the server closed the connection, as it says in its reply.
pub(crate) struct Client {
    address: Address,
    connection: Option<Connection>,
}

struct Connection {
    socket: Socket,
    unread: Vec<u8>,
}

/// One reply.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) const fn new(address: Address) -> Self {
        Self {
            address,
            connection: None,
        }
    }

    /// Opens the connection now, not with the first request.
    pub(crate) fn connect(&mut self) -> io::Result<()> {
        if self.connection.is_none() {
            self.connection = Some(Connection {
                socket: self.address.connect()?,
                unread: Vec::new(),
            });
        }
        Ok(())
    }

    /// A request that may find the server gone.
    pub(crate) fn try_request(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> io::Result<Reply> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n{headers}\r\n",
            body.len()
        );
        self.connect()?;
        let connection = self.connection.as_mut().unwrap();
        let sent = connection
            .socket
            .write_all(&[head.as_bytes(), body].concat());
        // A body that is refused early is not read to its end; the reply is there all the same.
        let reply = connection
            .reply()
            .map_err(|error| sent.err().unwrap_or(error));
        let closes = |reply: &Reply| reply.header("connection") == Some("close");
        if !reply.as_ref().is_ok_and(|reply| !closes(reply)) {
            self.connection = None;
        }
        reply
    }

    pub(crate) fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> Reply {
        self.try_request(method, path, headers, body)
            .unwrap_or_else(|error| panic!("{method} {path}: no reply: {error}"))
    }

    pub(crate) fn get(&mut self, path: &str) -> Reply {
        self.request("GET", path, "", b"")
    }

    pub(crate) fn post(&mut self, path: &str, body: &[u8]) -> Reply {
        self.request("POST", path, "", body)
    }

    /// Registers; `spec` is the query.
    pub(crate) fn put(&mut self, name: &str, spec: &str, code: &[u8]) -> Reply {
        self.request("PUT", &format!("/v1/functions/{name}?{spec}"), "", code)
    }

    /// Registers what must be accepted.
    pub(crate) fn register(&mut self, name: &str, spec: &str, code: &[u8]) {
        let reply = self.put(name, spec, code);
        assert!(matches!(reply.status, 200 | 201), "{name}: {reply:?}");
    }

    pub(crate) fn invoke(&mut self, name: &str, event: &str) -> Reply {
        self.post(
            &format!("/v1/functions/{name}/invocations"),
            event.as_bytes(),
        )
    }

    /// The reply of an invocation that must succeed.
    pub(crate) fn call(&mut self, name: &str, event: &str) -> Value {
        let reply = self.invoke(name, event);
        assert_eq!(reply.status, 200, "{name}: {reply:?}");
        reply.json()
    }

    pub(crate) fn deregister(&mut self, name: &str) {
        let reply = self.request("DELETE", &format!("/v1/functions/{name}"), "", b"");
        assert_eq!(reply.status, 204, "{name}: {reply:?}");
    }

    /// A metric's value, by its name and labels.
    pub(crate) fn metric(&mut self, name: &str) -> u64 {
        let reply = self.get("/metrics");
        assert_eq!(reply.status, 200, "{reply:?}");
        let text = reply.text();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let value = line.unwrap_or_else(|| panic!("no metric {name} in {text}"));
        value.parse().unwrap_or_else(|_| panic!("{name} {value}"))
    }

    pub(crate) fn idle(&mut self) -> u64 {
        self.metric(r#"hydra_sandboxes{state="idle"}"#)
    }

    pub(crate) fn running(&mut self) -> u64 {
        self.metric(r#"hydra_sandboxes{state="running"}"#)
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The code of an error, or `ok`; an error must have the whole envelope.
    pub(crate) fn code(&self) -> String {
        if self.status < 400 {
            return "ok".to_owned();
        }
        assert_eq!(
            self.header("content-type"),
            Some("application/json"),
            "{self:?}"
        );
        let body = self.json();
        let field = |name: &str| {
            let value = body[name].as_str().unwrap_or_default();
            assert!(!value.is_empty(), "no {name} in {body}");
            value.to_owned()
        };
        assert_eq!(
            self.header("x-hydra-request-id"),
            Some(&*field("request_id"))
        );
        field("message");
        field("code")
    }

    /// Message and hint of an error.
    pub(crate) fn says(&self) -> String {
        let body = self.json();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        format!("{} {}", text("message"), text("hint"))
    }
}

impl Connection {
    fn reply(&mut self) -> io::Result<Reply> {
        let head_end = loop {
            if let Some(at) = self.unread.windows(4).position(|part| part == b"\r\n\r\n") {
                break at + 4;
            }
            self.read_more()?;
        };
        let head = String::from_utf8(self.unread.drain(..head_end).collect()).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let mut reply = Reply {
            status: status.unwrap().parse().unwrap(),
            headers: lines.map(header).collect(),
            body: Vec::new(),
        };
        let length = reply.header("content-length");
        let length = length.map_or(0, |length| length.parse().unwrap());
        while self.unread.len() < length {
            self.read_more()?;
        }
        reply.body = self.unread.drain(..length).collect();
        Ok(reply)
    }

    fn read_more(&mut self) -> io::Result<()> {
        let mut part = [0; 16 << 10];
        match self.socket.read(&mut part)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                self.unread.extend_from_slice(&part[..count]);
                Ok(())
            }
        }
    }
}

fn header(line: &str) -> (String, String) {
    let (name, value) = line.split_once(": ").unwrap();
    (name.to_ascii_lowercase(), value.to_owned())
}

//! A connection that sends each request in one write and times it.
//!
//! General clients send head and body apart and wake the server twice, which shows in figures this small. Knows
//! what `hydra runtime` sends and no more of HTTP/1.1: replies with a `content-length` over a kept-alive connection.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

/// No call of the demo takes longer; the largest module compiles in a few seconds.
const CALL_LIMIT: Duration = Duration::from_secs(120);
const HEAD_BYTES_MAX: u64 = 64 * 1024;
const BODY_BYTES_MAX: usize = 16 << 20;

/// A kept-alive connection to one server.
pub(super) struct Connection {
    stream: BufReader<TcpStream>,
    authority: String,
}

/// What to ask.
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    /// Path and query, percent-encoded where needed.
    pub(super) target: &'a str,
    pub(super) content_type: &'a str,
    pub(super) body: &'a [u8],
}

/// What was answered, and how long after the question.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: String,
    /// From before the request was written to after the reply was read.
    pub(super) took: Duration,
    headers: Vec<(String, String)>,
}

impl Reply {
    /// A header's value; names are in lower case.
    pub(super) fn header(&self, name: &str) -> Result<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        let (_, value) = found.with_context(|| format!("the reply has no header {name}"))?;
        Ok(value)
    }
}

impl Connection {
    /// Connects to `http://HOST:PORT`.
    pub(super) fn open(url: &str) -> Result<Self> {
        let authority = url
            .strip_prefix("http://")
            .with_context(|| format!("{url} is no http address"))?;
        let stream =
            TcpStream::connect(authority).with_context(|| format!("cannot connect to {url}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(CALL_LIMIT))?;
        stream.set_write_timeout(Some(CALL_LIMIT))?;
        Ok(Self {
            stream: BufReader::new(stream),
            authority: authority.to_owned(),
        })
    }

    /// Sends one request and reads its reply.
    pub(super) fn call(&mut self, request: &Request<'_>) -> Result<Reply> {
        let mut bytes = format!(
            "{} {} HTTP/1.1\r\nhost: {}\r\ncontent-type: {}\r\ncontent-length: {}\r\n\r\n",
            request.method,
            request.target,
            self.authority,
            request.content_type,
            request.body.len()
        )
        .into_bytes();
        bytes.extend_from_slice(request.body);
        let begun = Instant::now();
        self.stream
            .get_mut()
            .write_all(&bytes)
            .context("cannot send the request")?;
        let mut reply = self.read().context("no whole reply")?;
        reply.took = begun.elapsed();
        Ok(reply)
    }

    fn read(&mut self) -> Result<Reply> {
        let mut head = (&mut self.stream).take(HEAD_BYTES_MAX);
        let status_line = line(&mut head)?;
        let status = status_line
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3)?.parse().ok())
            .with_context(|| format!("{status_line:?} is no status line"))?;
        let mut reply = Reply {
            status,
            body: String::new(),
            took: Duration::ZERO,
            headers: Vec::new(),
        };
        loop {
            let line = line(&mut head)?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').context("a header without a colon")?;
            reply
                .headers
                .push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length: usize = reply.header("content-length")?.parse()?;
        ensure!(length <= BODY_BYTES_MAX, "a reply of {length} bytes");
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        reply.body = String::from_utf8(body).context("the reply is no text")?;
        Ok(reply)
    }
}

fn line(head: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    head.read_line(&mut line)?;
    let Some(line) = line.strip_suffix("\r\n") else {
        bail!("the head of the reply broke off");
    };
    Ok(line.to_owned())
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, thread};

    use super::*;

    fn call(answer: &'static str) -> Result<Reply> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 512];
            let length = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8(request[..length].to_vec()).unwrap()
        });
        let reply = Connection::open(&url).unwrap().call(&Request {
            method: "POST",
            target: "/x?y=z",
            content_type: "application/json",
            body: b"{}",
        });
        let request = server.join().unwrap();
        assert!(request.starts_with("POST /x?y=z HTTP/1.1\r\nhost: 127.0.0.1:"));
        assert!(
            request.ends_with("content-length: 2\r\n\r\n{}"),
            "{request}"
        );
        reply
    }

    #[test]
    fn a_reply_is_read_whole() {
        let reply =
            call("HTTP/1.1 404 Not Found\r\nX-Hydra-Start: warm\r\nContent-Length: 2\r\n\r\nno")
                .unwrap();
        assert_eq!((reply.status, reply.body.as_str()), (404, "no"));
        assert_eq!(reply.header("x-hydra-start").unwrap(), "warm");
        assert!(reply.header("x-absent").is_err());
    }

    #[test]
    fn broken_replies_are_errors() {
        let check = |answer, expected: &str| {
            let text = format!("{:#}", call(answer).err().unwrap());
            assert!(text.contains(expected), "{answer:?}: {text}");
        };
        check("", "broke off");
        check("SMTP\r\n\r\n", "no status line");
        check("HTTP/1.1 200 OK\r\ncontent-length: 2", "broke off");
        check("HTTP/1.1 200 OK\r\n\r\n", "no header content-length");
        check(
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort",
            "no whole reply",
        );
        check(
            "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n",
            "a reply of 99999999999 bytes",
        );
    }
}

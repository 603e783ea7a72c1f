//! One kept-alive connection: writes a request, reads its reply.
//!
//! Understands what servers send to a small POST: status, `content-length` or chunks, `connection: close`.
//! Refuses what it cannot delimit. Invariant: after a successful exchange the buffer holds nothing; bytes beyond
//! the reply are an error, since nobody asked for them.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Longest reply head.
const MAX_HEAD_BYTES: usize = 64 << 10;
/// Longest reply, as sent.
const MAX_REPLY_BYTES: usize = 64 << 20;
const MAX_HEADERS: usize = 64;

/// Why an exchange failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExchangeError {
    #[error("cannot connect: {0}")]
    Connect(#[source] io::Error),
    #[error("the connection failed: {0}")]
    Io(#[source] io::Error),
    #[error("the connection was closed before the reply's end")]
    Closed,
    #[error("the reply is not HTTP: {0}")]
    Protocol(&'static str),
    #[error("status {status}: {body}")]
    Status { status: u16, body: String },
    #[error("unexpected body {body:?}")]
    Body { body: String },
    #[error("no reply in time")]
    TimedOut,
}

impl ExchangeError {
    pub(crate) fn status(status: u16, body: &[u8]) -> Self {
        Self::Status {
            status,
            body: excerpt(body),
        }
    }

    pub(crate) fn body(body: &[u8]) -> Self {
        Self::Body {
            body: excerpt(body),
        }
    }
}

fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned()
}

/// A reply; its body lies in the connection's buffers until the next exchange.
#[derive(Debug)]
pub(crate) struct Reply<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
    /// The server closes the connection after this reply.
    pub(crate) closes: bool,
}

pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    /// Body put together from chunks.
    unchunked: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    bytes: usize,
    status: u16,
    framing: Framing,
    closes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, ExchangeError> {
        let stream = TcpStream::connect(address)
            .await
            .map_err(ExchangeError::Connect)?;
        stream.set_nodelay(true).map_err(ExchangeError::Connect)?;
        Ok(Self {
            stream,
            received: Vec::with_capacity(1024),
            unchunked: Vec::new(),
        })
    }

    /// Sends one request and reads its reply. After an error the connection is of no more use.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Reply<'_>, ExchangeError> {
        self.received.clear();
        self.stream
            .write_all(request)
            .await
            .map_err(ExchangeError::Io)?;
        let head = loop {
            self.receive().await?;
            if let Some(head) = parse_head(&self.received)? {
                break head;
            }
        };
        match head.framing {
            Framing::Length(length) => self.finish_length(head, length).await,
            Framing::Chunked => self.finish_chunks(head).await,
        }
    }

    async fn finish_length(
        &mut self,
        head: Head,
        length: usize,
    ) -> Result<Reply<'_>, ExchangeError> {
        let end = head.bytes.saturating_add(length);
        if end > MAX_REPLY_BYTES {
            return Err(ExchangeError::Protocol("the reply is too long"));
        }
        while self.received.len() < end {
            self.receive().await?;
        }
        if self.received.len() > end {
            return Err(ExchangeError::Protocol("there are bytes after the reply"));
        }
        Ok(Reply {
            status: head.status,
            body: &self.received[head.bytes..end],
            closes: head.closes,
        })
    }

    async fn finish_chunks(&mut self, head: Head) -> Result<Reply<'_>, ExchangeError> {
        loop {
            self.unchunked.clear();
            if let Some(end) = unchunk(&self.received, head.bytes, &mut self.unchunked)? {
                if self.received.len() > end {
                    return Err(ExchangeError::Protocol("there are bytes after the reply"));
                }
                break;
            }
            self.receive().await?;
        }
        Ok(Reply {
            status: head.status,
            body: &self.unchunked,
            closes: head.closes,
        })
    }

    async fn receive(&mut self) -> Result<(), ExchangeError> {
        if self.received.len() > MAX_REPLY_BYTES {
            return Err(ExchangeError::Protocol("the reply is too long"));
        }
        match self
            .stream
            .read_buf(&mut self.received)
            .await
            .map_err(ExchangeError::Io)?
        {
            0 => Err(ExchangeError::Closed),
            _ => Ok(()),
        }
    }
}

/// The head at the start of `received`, or `None` where it is not all there.
fn parse_head(received: &[u8]) -> Result<Option<Head>, ExchangeError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let bytes = match response.parse(received) {
        Ok(httparse::Status::Complete(bytes)) => bytes,
        Ok(httparse::Status::Partial) if received.len() <= MAX_HEAD_BYTES => return Ok(None),
        Ok(httparse::Status::Partial) => {
            return Err(ExchangeError::Protocol("the head is too long"));
        }
        Err(_) => return Err(ExchangeError::Protocol("the head is malformed")),
    };
    let mut length = None;
    let mut is_chunked = false;
    let mut closes = response.version == Some(0);
    for header in response.headers.iter() {
        if header.name.eq_ignore_ascii_case("content-length") {
            length = std::str::from_utf8(header.value)
                .ok()
                .and_then(|text| text.trim().parse().ok());
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            is_chunked = header.value.eq_ignore_ascii_case(b"chunked");
        } else if header.name.eq_ignore_ascii_case("connection") {
            closes = header.value.eq_ignore_ascii_case(b"close");
        }
    }
    let framing = match (is_chunked, length, response.code) {
        (true, ..) => Framing::Chunked,
        (false, Some(length), _) => Framing::Length(length),
        (false, None, Some(204 | 304)) => Framing::Length(0),
        (false, None, _) => return Err(ExchangeError::Protocol("the body has no length")),
    };
    Ok(Some(Head {
        bytes,
        status: response.code.unwrap_or(0),
        framing,
        closes,
    }))
}

/// Appends the chunks that begin at `at` to `body`: where the last one ends, or `None` where it is not there yet.
fn unchunk(
    received: &[u8],
    mut at: usize,
    body: &mut Vec<u8>,
) -> Result<Option<usize>, ExchangeError> {
    const MALFORMED: ExchangeError = ExchangeError::Protocol("a chunk is malformed");
    loop {
        let rest = received.get(at..).unwrap_or_default();
        let (start, size) = match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete(found)) => found,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(MALFORMED),
        };
        let size = usize::try_from(size)
            .ok()
            .filter(|size| *size <= MAX_REPLY_BYTES);
        let size = size.ok_or(MALFORMED)?;
        let Some(chunk) = rest.get(start..start + size + 2) else {
            return Ok(None);
        };
        let (data, end) = chunk.split_at(size);
        if end != b"\r\n" {
            return Err(MALFORMED);
        }
        at += start + size + 2;
        if size == 0 {
            return Ok(Some(at));
        }
        body.extend_from_slice(data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_delimited() {
        let check = |text: &str, expected: Option<(u16, Framing, bool)>| {
            let head = parse_head(text.as_bytes()).unwrap();
            assert_eq!(
                head.map(|head| (head.status, head.framing, head.closes)),
                expected,
                "{text:?}"
            );
        };
        check(
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            Some((200, Framing::Length(5), false)),
        );
        check(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            Some((200, Framing::Chunked, false)),
        );
        check(
            "HTTP/1.1 503 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            Some((503, Framing::Length(0), true)),
        );
        check(
            "HTTP/1.1 204 None\r\n\r\n",
            Some((204, Framing::Length(0), false)),
        );
        check("HTTP/1.1 200 OK\r\nContent-Le", None);
        check("", None);
    }

    #[test]
    fn heads_that_cannot_be_delimited_are_refused() {
        let check = |text: &str| assert!(parse_head(text.as_bytes()).is_err(), "{text:?}");
        check("SMTP 220 hello\r\n\r\n");
        check("HTTP/1.1 200 OK\r\n\r\n");
        check("HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n");
        check(&format!(
            "HTTP/1.1 200 OK\r\nx: {}",
            "y".repeat(MAX_HEAD_BYTES)
        ));
    }

    #[test]
    fn chunks_are_put_together() {
        let check = |text: &str, expected: Option<(usize, &str)>| {
            let mut body = Vec::new();
            let end = unchunk(text.as_bytes(), 0, &mut body).unwrap();
            assert_eq!(
                end.map(|end| (end, std::str::from_utf8(&body).unwrap())),
                expected,
                "{text:?}"
            );
        };
        check("5\r\nhello\r\n0\r\n\r\n", Some((15, "hello")));
        check("2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", Some((20, "hello")));
        check("0\r\n\r\n", Some((5, "")));
        check("5\r\nhel", None);
        check("5\r\nhello\r\n", None);
        check("5\r\nhello\r\n0\r\n", None);
    }

    #[test]
    fn chunks_with_impossible_sizes_are_refused() {
        let check = |text: &str| {
            assert!(
                unchunk(text.as_bytes(), 0, &mut Vec::new()).is_err(),
                "{text:?}"
            );
        };
        check("zz\r\n");
        check("ffffffffffffffff\r\n");
        check("2\r\nhello\r\n");
    }
}

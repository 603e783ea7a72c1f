//! The server that our own fetch cases talk to: a few routes over HTTP/1.1 on a loopback port, a connection for each
//! request.
//!
//! | route | reply |
//! |---|---|
//! | `/echo` | JSON: method, target, headers in order, body as text |
//! | `/content` | the body that was sent |
//! | `/status/CODE` | that status; body `status CODE` unless it may have none |
//! | `/redirect/CODE?TARGET` | that status with `location: TARGET` |
//! | `/loop` | redirects to itself |
//! | `/headers?NAME:VALUE&…` | those headers |
//! | `/gzip` | `hello` in gzip, `content-encoding: gzip` |
//! | `/chunks` | five chunks, 20 ms apart |
//! | `/stall` | head and one chunk, then nothing for [`STALL`] |
//! | `/silence` | nothing for [`STALL`] |
//! | `/short` | promises 10 bytes, sends 5, closes |
//! | `/garbage` | no HTTP |
//!
//! Trusts its client as far as loopback goes; sizes and times are bounded all the same.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use serde_json::json;

const STALL: Duration = Duration::from_secs(8);
const BETWEEN_CHUNKS: Duration = Duration::from_millis(20);
const READ_LIMIT: Duration = Duration::from_secs(20);
const HEAD_BYTES_MAX: u64 = 256 * 1024;
const BODY_BYTES_MAX: usize = 16 << 20;
/// `hello`, as gzip writes it with a zero time stamp.
const HELLO_GZIP: [u8; 25] = [
    0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 7, 0, 0x86, 0xa6, 0x10, 0x36,
    5, 0, 0, 0,
];

/// The server; it serves until the process ends.
pub(super) struct Peer(SocketAddr);

struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Peer {
    /// Begins to serve on a free port.
    pub(super) fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no loopback port")?;
        let address = listener.local_addr()?;
        thread::Builder::new()
            .name("peer".to_owned())
            .spawn(move || {
                for stream in listener.incoming().flatten() {
                    // A client that goes away in the middle is part of the tests.
                    let served = thread::Builder::new().spawn(move || drop(serve(&stream)));
                    drop(served);
                }
            })?;
        Ok(Self(address))
    }

    /// `127.0.0.1:PORT`.
    pub(super) fn address(&self) -> SocketAddr {
        self.0
    }
}

fn serve(stream: &TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(READ_LIMIT))?;
    stream.set_write_timeout(Some(READ_LIMIT))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let Some(request) = read(&mut reader)? else {
        return Ok(());
    };
    let mut out = stream;
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    let has_body = request.method != "HEAD";
    match path.split('/').nth(1).unwrap_or_default() {
        "echo" => {
            let text = echo(&request);
            reply(
                out,
                200,
                &[("content-type", "application/json")],
                has_body,
                text.as_bytes(),
            )
        }
        "content" => reply(out, 200, &[], has_body, &request.body),
        "status" => {
            let code = number(path);
            let body = format!("status {code}");
            let bodyless = matches!(code, 204 | 205 | 304);
            reply(
                out,
                code,
                &[],
                has_body && !bodyless,
                if bodyless { b"" } else { body.as_bytes() },
            )
        }
        "redirect" => reply(
            out,
            number(path),
            &[("location", query)],
            has_body,
            b"moved",
        ),
        "loop" => reply(out, 302, &[("location", "/loop")], has_body, b""),
        "headers" => {
            let headers: Vec<(&str, &str)> = query
                .split('&')
                .filter_map(|header| header.split_once(':'))
                .collect();
            reply(out, 200, &headers, has_body, b"")
        }
        "gzip" => reply(
            out,
            200,
            &[("content-encoding", "gzip")],
            has_body,
            &HELLO_GZIP,
        ),
        "chunks" => {
            out.write_all(
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n",
            )?;
            for number in 1..=5 {
                thread::sleep(BETWEEN_CHUNKS);
                write!(out, "7\r\nchunk {number}\r\n")?;
            }
            out.write_all(b"0\r\n\r\n")
        }
        "stall" => {
            out.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n5\r\nfirst\r\n")?;
            wait_for_end(&mut reader)
        }
        "silence" => wait_for_end(&mut reader),
        "short" => out
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\nconnection: close\r\n\r\nhello"),
        "garbage" => out.write_all(b"\x00\x01 this is no HTTP\r\n\r\n"),
        _ => reply(out, 404, &[], has_body, b"no such route"),
    }
}

/// Until the client closes, at most [`STALL`].
fn wait_for_end(reader: &mut BufReader<&TcpStream>) -> io::Result<()> {
    reader.get_ref().set_read_timeout(Some(STALL))?;
    // What ends the wait does not matter.
    let _ = reader.read(&mut [0; 1]);
    Ok(())
}

fn number(path: &str) -> u16 {
    path.rsplit('/')
        .next()
        .and_then(|code| code.parse().ok())
        .unwrap_or(400)
}

fn echo(request: &Request) -> String {
    json!({
        "method": request.method,
        "target": request.target,
        "headers": request.headers,
        "body": String::from_utf8_lossy(&request.body),
        "length": request.body.len(),
    })
    .to_string()
}

fn reply(
    mut out: impl Write,
    code: u16,
    headers: &[(&str, &str)],
    has_body: bool,
    body: &[u8],
) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {code} {}\r\nconnection: close\r\n", reason(code));
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !matches!(code, 204 | 304) {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    out.write_all(head.as_bytes())?;
    if has_body {
        out.write_all(body)?;
    }
    out.flush()
}

fn reason(code: u16) -> &'static str {
    match code {
        200 => "OK",
        204 => "No Content",
        404 => "Not Found",
        418 => "I'm a teapot",
        _ => "Whatever",
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> io::Result<Option<Request>> {
    let mut head = reader.take(HEAD_BYTES_MAX);
    let mut line = || -> io::Result<String> {
        let mut line = Vec::new();
        head.read_until(b'\n', &mut line)?;
        // Header values are bytes; each becomes the character of its number.
        let text: String = line.iter().map(|&byte| char::from(byte)).collect();
        Ok(text.trim_end_matches(['\r', '\n']).to_owned())
    };
    let first = line()?;
    let mut words = first.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Ok(None);
    };
    let mut headers = Vec::new();
    loop {
        let line = line()?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.push((
            name.to_ascii_lowercase(),
            value.trim_matches([' ', '\t']).to_owned(),
        ));
    }
    let find = |wanted: &str| {
        headers
            .iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value)
    };
    let body = match find("content-length").and_then(|length| length.parse().ok()) {
        Some(length) => exactly(reader, length)?,
        None if find("transfer-encoding").is_some() => chunked(reader)?,
        None => Vec::new(),
    };
    Ok(Some(Request {
        method: method.to_owned(),
        target: target.to_owned(),
        headers,
        body,
    }))
}

fn exactly(reader: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    if length > BODY_BYTES_MAX {
        return Err(io::Error::other("too large a body"));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(body)
}

fn chunked(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.take(HEAD_BYTES_MAX).read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
        if length == 0 {
            return Ok(body);
        }
        if body.len() + length > BODY_BYTES_MAX {
            return Err(io::Error::other("too large a body"));
        }
        body.extend(exactly(reader, length)?);
        reader.take(HEAD_BYTES_MAX).read_line(&mut line)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(request: &str) -> String {
        let peer = Peer::start().unwrap();
        let mut stream = TcpStream::connect(peer.address()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut said = Vec::new();
        stream.read_to_end(&mut said).unwrap();
        String::from_utf8_lossy(&said).into_owned()
    }

    #[test]
    fn each_route_answers_as_its_table_says() {
        let check = |request: &str, expected: &[&str]| {
            let said = ask(request);
            for part in expected {
                assert!(said.contains(part), "{request}: {said}");
            }
        };
        check(
            "POST /echo?x HTTP/1.1\r\nA: b\r\ncontent-length: 2\r\n\r\nhi",
            &[
                "200 OK",
                r#""method":"POST""#,
                r#""body":"hi""#,
                r#"["a","b"]"#,
            ],
        );
        check(
            "POST /echo HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n",
            &[r#""body":"hi!""#],
        );
        check("GET /status/204 HTTP/1.1\r\n\r\n", &["204 No Content\r\n"]);
        check(
            "GET /redirect/307?/echo HTTP/1.1\r\n\r\n",
            &["307", "location: /echo\r\n"],
        );
        check(
            "GET /headers?a:1&a:2 HTTP/1.1\r\n\r\n",
            &["a: 1\r\na: 2\r\n"],
        );
        check(
            "GET /chunks HTTP/1.1\r\n\r\n",
            &["7\r\nchunk 1\r\n", "7\r\nchunk 5\r\n0\r\n\r\n"],
        );
        check(
            "GET /short HTTP/1.1\r\n\r\n",
            &["content-length: 10", "hello"],
        );
        check("GET /nowhere HTTP/1.1\r\n\r\n", &["404"]);
    }
}

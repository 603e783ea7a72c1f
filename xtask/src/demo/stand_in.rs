//! A server for tests that answers like `hydra runtime` where the demo's client listens, with scripted replies.
//!
//! One connection at a time, no errors of its own, no limits: never outside tests.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    thread,
};

/// Starts a server whose `n`-th invocation of any function (from 0) answers `reply(path, n)`; returns its address.
///
/// It ends with the test process.
pub(super) fn start(reply: fn(&str, usize) -> String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut count = 0;
        for stream in listener.incoming() {
            serve(&stream.unwrap(), reply, &mut count);
        }
    });
    url
}

fn serve(stream: &TcpStream, reply: fn(&str, usize) -> String, count: &mut usize) {
    let mut reader = BufReader::new(stream);
    while let Some((method, path)) = request(&mut reader) {
        let body = match method.as_str() {
            "PUT" => {
                *count = 0;
                "{}".to_owned()
            }
            "GET" => r#"{"counts":{"idle":2},"idle_private_bytes":8200}"#.to_owned(),
            _ => {
                *count += 1;
                reply(&path, *count - 1)
            }
        };
        let start = if *count == 1 { "restored" } else { "warm" };
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nx-hydra-start: {start}\r\nx-hydra-restore-us: 70\r\n\
             x-hydra-run-us: 5\r\n\r\n{body}",
            body.len()
        );
        (&*stream).write_all(answer.as_bytes()).unwrap();
    }
}

/// Reads one request whole; `None` at the end of the connection.
fn request(reader: &mut impl BufRead) -> Option<(String, String)> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    Some((method, path))
}

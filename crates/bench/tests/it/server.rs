//! A tiny HTTP server on loopback that answers from a script, one thread per connection.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// What the server sends for one request; `None` closes the connection without a word.
pub(crate) type Answer = Option<String>;

/// Serves until the test process ends. `answer` gets the request's number, from 0, its path and its body.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) connections: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) fn start(
        answer: impl Fn(usize, &str, &str) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let (answer, requests) = (Arc::new(answer), Arc::new(AtomicUsize::new(0)));
        let opened = Arc::clone(&connections);
        thread::spawn(move || {
            for stream in listener.incoming() {
                opened.fetch_add(1, Ordering::SeqCst);
                let (answer, requests) = (Arc::clone(&answer), Arc::clone(&requests));
                thread::spawn(move || serve(stream.unwrap(), &*answer, &requests));
            }
        });
        Self {
            address,
            connections,
        }
    }
}

fn serve(
    stream: TcpStream,
    answer: &dyn Fn(usize, &str, &str) -> Answer,
    requests: &AtomicUsize,
) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut writer = stream.try_clone().ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let (path, body) = request(&mut reader)?;
        let number = requests.fetch_add(1, Ordering::SeqCst);
        writer
            .write_all(answer(number, &path, &body)?.as_bytes())
            .ok()?;
    }
}

fn request(reader: &mut impl BufRead) -> Option<(String, String)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, String::from_utf8(body).ok()?))
}

/// A reply with a length.
pub(crate) fn reply(status: u16, body: &str) -> Answer {
    Some(format!(
        "HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ))
}

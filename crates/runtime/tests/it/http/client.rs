//! A client that sends exactly what it is told and reads replies one by one.

use std::{net::SocketAddr, path::Path, time::Duration};

use hydra_api::ErrorBody;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    time::timeout,
};

/// No reply takes longer, or the test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Socket for S {}

/// One connection.
pub(crate) struct Client {
    socket: Box<dyn Socket>,
    unread: Vec<u8>,
}

/// One reply.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json<'a, T: serde::Deserialize<'a>>(&'a self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The error envelope, checked against what every error must have.
    pub(crate) fn error(&self) -> ErrorBody {
        let error: ErrorBody = self.json();
        assert!(self.status >= 400, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/json"));
        assert_eq!(
            self.header("x-hydra-request-id"),
            Some(error.request_id.as_str())
        );
        assert!(!error.message.is_empty());
        error
    }
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }

    pub(crate) async fn connect_unix(path: &Path) -> Self {
        Self::over(UnixStream::connect(path).await.unwrap())
    }

    fn over(socket: impl Socket + 'static) -> Self {
        Self {
            socket: Box::new(socket),
            unread: Vec::new(),
        }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).await.unwrap();
    }

    /// Sends what the peer may refuse to take.
    pub(crate) async fn send_if_taken(&mut self, bytes: &[u8]) {
        let _refused = timeout(PATIENCE, self.socket.write_all(bytes)).await;
    }

    pub(crate) async fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> Reply {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n{headers}\r\n",
            body.len()
        );
        self.send(&[head.as_bytes(), body].concat()).await;
        self.reply()
            .await
            .expect("a reply, not the end of the connection")
    }

    pub(crate) async fn get(&mut self, path: &str) -> Reply {
        self.request("GET", path, "", b"").await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &str) -> Reply {
        self.request("POST", path, "", body.as_bytes()).await
    }

    pub(crate) async fn register(&mut self, name: &str) -> Reply {
        let path = format!("/v1/functions/{name}?runtime=wasm");
        self.request("PUT", &path, "", b"code").await
    }

    /// The next reply; `None` where the connection ends before it begins.
    pub(crate) async fn reply(&mut self) -> Option<Reply> {
        let head_end = loop {
            if let Some(at) = self.unread.windows(4).position(|part| part == b"\r\n\r\n") {
                break at + 4;
            }
            if !self.read_more().await {
                assert!(
                    self.unread.is_empty(),
                    "cut: {:?}",
                    String::from_utf8_lossy(&self.unread)
                );
                return None;
            }
        };
        let head = String::from_utf8(self.unread.drain(..head_end).collect()).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let status = lines
            .next()
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let mut reply = Reply {
            status,
            headers,
            body: Vec::new(),
        };
        if status == 100 {
            return Box::pin(self.reply()).await;
        }
        let length = reply
            .header("content-length")
            .map_or(0, |length| length.parse().unwrap());
        while self.unread.len() < length {
            assert!(self.read_more().await, "the body was cut: {reply:?}");
        }
        reply.body = self.unread.drain(..length).collect();
        Some(reply)
    }

    /// Everything until the peer closes.
    pub(crate) async fn rest(mut self) -> Vec<u8> {
        while self.read_more().await {}
        self.unread
    }

    pub(crate) async fn finish_sending(&mut self) {
        let _gone = self.socket.shutdown().await;
    }

    async fn read_more(&mut self) -> bool {
        let read = timeout(PATIENCE, self.socket.read_buf(&mut self.unread));
        // A reset is an end, too: the peer closed while we were still sending.
        read.await
            .expect("the server neither answered nor closed")
            .is_ok_and(|bytes| bytes > 0)
    }
}

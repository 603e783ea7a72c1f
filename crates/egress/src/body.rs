//! The body of a response: pieces as the guest asks for them, decoded, within the deadline and the size limit.
//!
//! ```text
//! Plain ──────────────────────────────────────► Ended
//! Waiting ─first piece─► Decoding ────────────► Ended
//! ```
//!
//! The first piece is waited for because an empty body is no gzip, and because `deflate` means two formats.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};

use async_compression::tokio::bufread::{BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http::{HeaderMap, header::CONTENT_ENCODING};
use hydra_sandbox::{BoxFuture, HttpBody, HttpError};
use hyper::body::{Body as _, Incoming};
use tokio::{
    io::{AsyncBufRead, AsyncRead, AsyncReadExt, BufReader},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Sleep,
};
use tokio_util::io::StreamReader;

use crate::error;

/// The largest decoded piece.
const PIECE_BYTES: usize = 32 << 10;
/// More encodings on top of each other serve nobody but who wants to tire us.
const MAX_CODINGS: usize = 5;

/// A content encoding that is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    /// zlib, by the standard; raw by some servers.
    Deflate,
    Brotli,
}

impl Coding {
    /// The encodings of a body, in the order they were applied; none where one of them is unknown, since what is
    /// below it stays as it is.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Vec<Self>, String> {
        let mut codings = Vec::new();
        for value in headers.get_all(CONTENT_ENCODING) {
            for name in value.to_str().unwrap_or("?").split(',') {
                codings.push(match name.trim().to_ascii_lowercase().as_str() {
                    "" | "identity" => continue,
                    "gzip" | "x-gzip" => Self::Gzip,
                    "deflate" => Self::Deflate,
                    "br" => Self::Brotli,
                    _ => return Ok(Vec::new()),
                });
                if codings.len() > MAX_CODINGS {
                    return Err(format!("it has more than {MAX_CODINGS} content encodings"));
                }
            }
        }
        Ok(codings)
    }
}

pub(crate) struct Body {
    source: Source,
    deadline: Pin<Box<Sleep>>,
    authority: Arc<str>,
    /// Decoded bytes that may still come.
    left: u64,
    limit: u64,
}

enum Source {
    Plain(Raw),
    Waiting {
        raw: Raw,
        codings: Vec<Coding>,
        first: Option<Bytes>,
        brotli: Arc<Semaphore>,
    },
    Decoding {
        reader: Pin<Box<dyn AsyncRead + Send>>,
        piece: BytesMut,
        _turn: Option<OwnedSemaphorePermit>,
    },
    Ended,
}

impl Body {
    /// Must be called in a tokio runtime, whose timer it takes.
    pub(crate) fn new(
        incoming: Incoming,
        codings: Vec<Coding>,
        limit: u64,
        brotli: Arc<Semaphore>,
        authority: String,
        deadline: Instant,
    ) -> Self {
        let authority: Arc<str> = authority.into();
        let raw = Raw {
            incoming,
            left: limit,
            limit,
            authority: authority.clone(),
        };
        let source = match codings.is_empty() {
            true => Source::Plain(raw),
            false => Source::Waiting {
                raw,
                codings,
                first: None,
                brotli,
            },
        };
        Self {
            source,
            deadline: Box::pin(tokio::time::sleep_until(deadline.into())),
            authority,
            left: limit,
            limit,
        }
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, HttpError> {
        let Self {
            source,
            deadline,
            authority,
            ..
        } = self;
        let piece = tokio::select! {
            biased;
            piece = source.next(authority) => piece?,
            () = deadline => {
                let authority = authority.to_string();
                return Err(HttpError::TimedOut { authority });
            }
        };
        if let Some(piece) = &piece {
            match self.left.checked_sub(piece.len() as u64) {
                Some(left) => self.left = left,
                None => return Err(too_large(authority, self.limit)),
            }
        }
        Ok(piece)
    }
}

impl HttpBody for Body {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, HttpError>> {
        Box::pin(async {
            let piece = self.piece().await;
            if !matches!(piece, Ok(Some(_))) {
                self.source = Source::Ended;
            }
            piece
        })
    }
}

impl Source {
    /// Loses nothing where it is dropped: what it takes out of one state it puts into the next without waiting.
    async fn next(&mut self, authority: &str) -> Result<Option<Bytes>, HttpError> {
        loop {
            match self {
                Self::Ended => return Ok(None),
                Self::Plain(raw) => return raw.next().await.transpose(),
                Self::Decoding { reader, piece, .. } => {
                    piece.reserve(PIECE_BYTES);
                    let read = reader.read_buf(piece).await;
                    return match read {
                        Ok(0) => Ok(None),
                        Ok(_) => Ok(Some(piece.split().freeze())),
                        Err(error) => Err(undecodable(error, authority)),
                    };
                }
                Self::Waiting {
                    raw,
                    codings,
                    first,
                    brotli,
                } => {
                    if first.is_none() {
                        *first = raw.next().await.transpose()?;
                    }
                    let Some(start) = first.clone() else {
                        return Ok(None);
                    };
                    let turn = match codings.contains(&Coding::Brotli) {
                        true => brotli.clone().acquire_owned().await.ok(),
                        false => None,
                    };
                    let codings = std::mem::take(codings);
                    let Self::Waiting { raw, .. } = std::mem::replace(self, Self::Ended) else {
                        return Ok(None);
                    };
                    *self = Self::Decoding {
                        reader: decoder(raw, start, &codings),
                        piece: BytesMut::new(),
                        _turn: turn,
                    };
                }
            }
        }
    }
}

fn decoder(raw: Raw, start: Bytes, codings: &[Coding]) -> Pin<Box<dyn AsyncRead + Send>> {
    // Source: RFC 1950: the low half of the first byte is 8; of raw deflate as it is written it is not.
    let is_zlib = start.first().is_some_and(|byte| byte & 0x0f == 8);
    let began = futures_util::stream::iter([Ok(start)]);
    let rest = raw.map(|piece| piece.map_err(io::Error::other));
    let mut reader: Pin<Box<dyn AsyncBufRead + Send>> =
        Box::pin(StreamReader::new(began.chain(rest)));
    for (index, coding) in codings.iter().rev().enumerate() {
        let decoded: Pin<Box<dyn AsyncRead + Send>> = match coding {
            Coding::Gzip => {
                let mut decoder = GzipDecoder::new(reader);
                decoder.multiple_members(true);
                Box::pin(decoder)
            }
            Coding::Deflate if is_zlib || index > 0 => Box::pin(ZlibDecoder::new(reader)),
            Coding::Deflate => Box::pin(DeflateDecoder::new(reader)),
            Coding::Brotli => Box::pin(BrotliDecoder::new(reader)),
        };
        reader = Box::pin(BufReader::new(decoded));
    }
    reader
}

fn undecodable(error: io::Error, authority: &str) -> HttpError {
    match error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<HttpError>())
    {
        Some(ours) => ours.clone(),
        None => error::broken(
            authority,
            format!("the body is not in its content encoding: {error}"),
        ),
    }
}

fn too_large(authority: &str, limit: u64) -> HttpError {
    HttpError::TooLarge {
        what: "the body of the response",
        authority: authority.to_owned(),
        limit_bytes: limit,
    }
}

/// The body as it was sent, without trailers and empty pieces.
struct Raw {
    incoming: Incoming,
    left: u64,
    limit: u64,
    authority: Arc<str>,
}

impl Stream for Raw {
    type Item = Result<Bytes, HttpError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let frame = match ready!(Pin::new(&mut self.incoming).poll_frame(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => {
                    return Poll::Ready(Some(Err(error::of_body(&error, &self.authority))));
                }
                Some(Ok(frame)) => frame,
            };
            let Ok(data) = frame.into_data() else {
                continue;
            };
            let Some(left) = self.left.checked_sub(data.len() as u64) else {
                return Poll::Ready(Some(Err(too_large(&self.authority, self.limit))));
            };
            self.left = left;
            if !data.is_empty() {
                return Poll::Ready(Some(Ok(data)));
            }
        }
    }
}

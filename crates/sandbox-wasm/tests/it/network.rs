//! A network that the tests play: every exchange is seen, and answered when and as a test says.
//!
//! A test takes a name that no other takes; URLs with that host are its own.

use std::{
    collections::{HashMap, VecDeque},
    future::poll_fn,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

use bytes::Bytes;
use hydra_sandbox::{BoxFuture, HttpBody, HttpError, HttpRequest, HttpResponse};

static SERVERS: LazyLock<Mutex<HashMap<String, Server>>> = LazyLock::new(Mutex::default);

/// One host of the network.
#[derive(Clone)]
pub(crate) struct Server {
    name: &'static str,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

impl Server {
    pub(crate) fn new(name: &'static str) -> Self {
        let server = Self {
            name,
            exchanges: Arc::default(),
        };
        let before = locked(&SERVERS).insert(name.to_owned(), server.clone());
        assert!(before.is_none(), "two tests serve as {name}");
        server
    }

    /// Code with `URL` in it, for this server.
    pub(crate) fn code(&self, text: &str) -> String {
        text.replace("URL", &format!("'http://{}/'", self.name))
    }

    /// How many exchanges have begun.
    pub(crate) fn count(&self) -> usize {
        locked(&self.exchanges).len()
    }

    /// The exchange that began as number `index`.
    pub(crate) fn exchange(&self, index: usize) -> Exchange {
        locked(&self.exchanges)[index].clone()
    }
}

/// One request and what becomes of it.
#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) request: HttpRequest,
    line: Arc<Mutex<Line>>,
}

#[derive(Default)]
struct Line {
    answer: Option<Result<HttpResponse, HttpError>>,
    pieces: VecDeque<Result<Option<Bytes>, HttpError>>,
    waker: Option<Waker>,
    /// Futures and bodies that the sandbox holds.
    held: usize,
    reads: usize,
}

impl Exchange {
    /// Sends the head, with status and header fields.
    pub(crate) fn answer(&self, status: u16, headers: &[(&str, &str)]) {
        let fields = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
        let response = HttpResponse {
            status,
            reason: "As Played".to_owned(),
            url: self.request.url.clone(),
            redirected: false,
            headers: fields.collect(),
            body: Box::new(Body(Hold::new(&self.line))),
        };
        self.change(|line| line.answer = Some(Ok(response)));
    }

    /// Answers with 200 and all of a body.
    pub(crate) fn answer_with(&self, body: &str) {
        self.send(body.as_bytes());
        self.end();
        self.answer(200, &[]);
    }

    pub(crate) fn refuse(&self, error: HttpError) {
        self.change(|line| line.answer = Some(Err(error)));
    }

    /// Sends a piece of the body.
    pub(crate) fn send(&self, piece: &[u8]) {
        let piece = Bytes::copy_from_slice(piece);
        self.change(|line| line.pieces.push_back(Ok(Some(piece))));
    }

    pub(crate) fn end(&self) {
        self.change(|line| line.pieces.push_back(Ok(None)));
    }

    pub(crate) fn break_off(&self) {
        let error = HttpError::Broken {
            authority: "played".to_owned(),
            reason: "as played".to_owned(),
        };
        self.change(|line| line.pieces.push_back(Err(error)));
    }

    /// Whether the sandbox holds nothing of it any more.
    pub(crate) fn is_dropped(&self) -> bool {
        locked(&self.line).held == 0
    }

    /// Whether a sandbox waits for more of it, and so for nothing on any stack.
    pub(crate) fn is_waited_for(&self) -> bool {
        locked(&self.line).waker.is_some()
    }

    /// How many pieces were asked for.
    pub(crate) fn reads(&self) -> usize {
        locked(&self.line).reads
    }

    fn change(&self, change: impl FnOnce(&mut Line)) {
        let mut line = locked(&self.line);
        change(&mut line);
        let waker = line.waker.take();
        drop(line);
        waker.into_iter().for_each(Waker::wake);
    }
}

/// Counts what is held of a line.
struct Hold(Arc<Mutex<Line>>);

impl Hold {
    fn new(line: &Arc<Mutex<Line>>) -> Self {
        locked(line).held += 1;
        Self(Arc::clone(line))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        locked(&self.0).held -= 1;
    }
}

struct Body(Hold);

impl HttpBody for Body {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, HttpError>> {
        locked(&self.0.0).reads += 1;
        Box::pin(poll_fn(|context| {
            let mut line = locked(&self.0.0);
            match line.pieces.pop_front() {
                Some(piece) => Poll::Ready(piece),
                None => {
                    line.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        }))
    }
}

/// What [`hydra_sandbox::Host::fetch`] does here.
pub(crate) fn fetch(request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, HttpError>> {
    let name = request.url.split('/').nth(2).unwrap_or_default();
    let server = locked(&SERVERS).get(name).cloned();
    let Some(server) = server else {
        let error = HttpError::Lookup {
            host: name.to_owned(),
            reason: "no test plays it".to_owned(),
        };
        return Box::pin(std::future::ready(Err(error)));
    };
    let line = Arc::default();
    let hold = Hold::new(&line);
    locked(&server.exchanges).push(Exchange { request, line });
    Box::pin(poll_fn(move |context| {
        let mut line = locked(&hold.0);
        match line.answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                line.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

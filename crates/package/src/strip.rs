//! TypeScript to JavaScript by blanking types: lines and columns stay, nothing is compiled.
//!
//! TypeScript that is more than types (enums, namespaces, parameter properties) is refused by name.
//!
//! The parser is not made for hostile text, so it runs on a thread of its own:
//! - It recurses as deep as the text nests, and nothing in it counts how deep. The thread's stack is large enough for
//!   the deepest nesting that a text of these bytes can have ([`stack_bytes`]); texts that could need more than
//!   [`MAX_STACK_BYTES`] are refused. The stack is address space: memory is used as deep as the text really nests.
//! - It tries readings of a text one inside of the other, and there are texts with which it never ends. Nothing can
//!   stop it, so after [`MOST_TIME`] the thread is left to itself at the lowest priority. After [`MOST_LEFT`] of them
//!   this process takes no TypeScript any more.
//!
//! One text is read at a time.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use swc_common::{
    SourceMap,
    errors::{DiagnosticBuilder, Emitter, Handler},
    sync::Lrc,
};
use swc_ts_fast_strip::{ErrorCode, Options, operate};

use crate::path;

/// Largest stack for one text.
const MAX_STACK_BYTES: usize = 1 << 30;
/// Stack that a text without nesting needs, generously.
const BASE_STACK_BYTES: usize = 4 << 20;
/// Stack that one opening bracket may cost: 3.4 KiB were measured.
const OPENING_BYTES: usize = 8 << 10;
/// Stack that any other token may cost: 1.4 KiB were measured.
const TOKEN_BYTES: usize = 2560;
/// How long one text may take. A megabyte takes a fraction of a second.
const MOST_TIME: Duration = Duration::from_secs(10);
/// Most threads that are left to themselves.
const MOST_LEFT: usize = 2;

const COMPILE: &str = "compile it to JavaScript first, with tsc or esbuild";

/// Text that is not TypeScript, or more than types can be blanked in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxProblem {
    /// What it is.
    pub message: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in UTF-16 units.
    pub column: u32,
    /// What to do next.
    pub hint: Option<String>,
}

/// Blanks the types in the text of the file `path`, which is only looked at for its ending.
///
/// Costs a parse of the text, and a thread.
///
/// # Errors
///
/// [`SyntaxProblem`]: the first thing that is wrong, also for JSX, which is refused by the ending.
pub fn strip_types(source: &str, path: &str) -> Result<String, SyntaxProblem> {
    let whole = |message: &str, hint: &str| SyntaxProblem {
        message: message.to_owned(),
        line: 1,
        column: 1,
        hint: Some(hint.to_owned()),
    };
    if matches!(path::extension(path), "tsx" | "jsx") {
        return Err(whole("JSX is not JavaScript", COMPILE));
    }
    let stack = stack_bytes(source);
    if stack > MAX_STACK_BYTES {
        return Err(whole("this is too much TypeScript for one file", COMPILE));
    }
    static LEFT: Mutex<usize> = Mutex::new(0);
    let mut left = LEFT.lock().unwrap_or_else(PoisonError::into_inner);
    if *left >= MOST_LEFT {
        return Err(whole(
            "this process takes no TypeScript any more: texts that never end were given to it",
            "compile it to JavaScript first, with tsc or esbuild, or start the process anew",
        ));
    }
    let (send, receive) = mpsc::channel();
    let (text, started) = (source.to_owned(), send.clone());
    let thread = thread::Builder::new()
        .name("strip".to_owned())
        .stack_size(stack)
        .spawn(move || {
            // The receiver may have left.
            let _ = started.send(Report::Started(rustix::thread::gettid()));
            let _ = send.send(Report::Done(strip(&text)));
        });
    if thread.is_err() {
        return Err(whole(
            "there is no memory to read this TypeScript with",
            "try again, or compile it to JavaScript first",
        ));
    }
    let mut reader = None;
    loop {
        match receive.recv_timeout(MOST_TIME) {
            Ok(Report::Started(id)) => reader = Some(id),
            Ok(Report::Done(result)) => return result,
            // It panicked, which no text is known to do.
            Err(RecvTimeoutError::Disconnected) => {
                return Err(whole("the TypeScript parser failed on this text", COMPILE));
            }
            Err(RecvTimeoutError::Timeout) => {
                *left += 1;
                if reader.is_some() {
                    // Where it stays at its priority, it is one of a bounded number.
                    let _ = rustix::process::setpriority_process(reader, LOWEST_PRIORITY);
                }
                return Err(whole("this TypeScript takes too long to read", COMPILE));
            }
        }
    }
}

/// The nice value of a thread that only runs when nobody else would.
const LOWEST_PRIORITY: i32 = 19;

/// What the thread says.
enum Report {
    Started(rustix::thread::Pid),
    Done(Result<String, SyntaxProblem>),
}

/// Stack for the deepest nesting that a text can have: as if each of its tokens lay inside of the one before.
///
/// What a token costs at most is measured, with room to spare.
fn stack_bytes(source: &str) -> usize {
    let mut bytes = BASE_STACK_BYTES;
    let mut in_word = false;
    for byte in source.bytes() {
        let was_in_word = in_word;
        in_word = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80;
        bytes += match byte {
            b'(' | b'[' | b'{' | b'<' | b'`' => OPENING_BYTES,
            b' ' | b'\t' | b'\r' | b'\n' | b')' | b']' | b'}' | b'>' | b';' => 0,
            _ if in_word && was_in_word => 0,
            _ => TOKEN_BYTES,
        };
    }
    bytes
}

fn strip(source: &str) -> Result<String, SyntaxProblem> {
    let reported = Arc::new(Mutex::new(Vec::new()));
    let handler = Handler::with_emitter(false, false, Box::new(First(Arc::clone(&reported))));
    let sources: Lrc<SourceMap> = Lrc::default();
    let result = operate(&sources, &handler, source.to_owned(), Options::default());
    let error = match result {
        Ok(output) => return Ok(output.code),
        Err(error) => error,
    };
    let reported = std::mem::take(&mut *reported.lock().unwrap_or_else(PoisonError::into_inner));
    let (message, offset) = reported
        .into_iter()
        .min_by_key(|(_, offset)| *offset)
        .unwrap_or((error.message, 0));
    let (line, column) = place(source, offset);
    let is_decorator = source.as_bytes().get(offset) == Some(&b'@');
    let hint = match error.code {
        ErrorCode::UnsupportedSyntax => Some(COMPILE.to_owned()),
        _ if is_decorator => Some(format!("decorators are not supported: {COMPILE}")),
        _ => None,
    };
    Err(SyntaxProblem {
        message,
        line,
        column,
        hint,
    })
}

/// Line and column of a byte.
fn place(source: &str, offset: usize) -> (u32, u32) {
    let mut offset = offset.min(source.len());
    while !source.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &source[..offset];
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before[start..].encode_utf16().count() + 1;
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    (number(line), number(column))
}

/// Keeps what the parser reports, with the bytes at which it begins.
struct First(Arc<Mutex<Vec<(String, usize)>>>);

/// Most reports that are kept.
const MOST_REPORTS: usize = 100;

impl Emitter for First {
    fn emit(&mut self, report: &mut DiagnosticBuilder<'_>) {
        // The first position of the only source; 0 is no position.
        const START: u32 = 1;
        let at = report.span.primary_span();
        let offset = at.map_or(0, |span| span.lo.0.saturating_sub(START));
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST_REPORTS {
            kept.push((report.message(), usize::try_from(offset).unwrap_or(0)));
        }
    }
}

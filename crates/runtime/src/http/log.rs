//! Where the log of an invocation goes: to tracing, and on request into a header.
//!
//! A guest logs what it likes, so lines are cut and control characters are spelled out: what a function prints
//! must not be able to forge a line of ours or to steer a terminal.

use base64::{Engine, engine::general_purpose::STANDARD};
use hydra_sandbox::Log;
use hydra_types::RequestId;
use hyper::header::HeaderValue;
use tracing::Level;

/// The longest line that is passed on, in bytes of what the guest wrote.
const LINE_BYTES: usize = 2048;
/// The most lines of one invocation that are passed on.
const LINES: usize = 256;
/// How much of the log's end fits the header, before base64.
const TAIL_BYTES: usize = 4096;

/// Passes a log on to tracing, line by line, under the target `function`.
pub(super) fn publish(function: &str, request_id: RequestId, log: &Log) {
    if log.is_empty() || !tracing::enabled!(target: "function", Level::INFO) {
        return;
    }
    let mut lines = log
        .text()
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty());
    for line in lines.by_ref().take(LINES) {
        tracing::info!(target: "function", function, %request_id, "{}", printable(line));
    }
    let more_lines = lines.count();
    let dropped_bytes = log.dropped_bytes();
    if more_lines > 0 || dropped_bytes > 0 {
        tracing::info!(
            target: "function", function, %request_id, more_lines, dropped_bytes,
            "the log was cut"
        );
    }
}

fn printable(line: &[u8]) -> String {
    let cut = &line[..line.len().min(LINE_BYTES)];
    let mut text = String::with_capacity(cut.len());
    for c in String::from_utf8_lossy(cut).chars() {
        if c.is_control() && c != '\t' {
            text.extend(c.escape_default());
        } else {
            text.push(c);
        }
    }
    if cut.len() < line.len() {
        text.push('…');
    }
    text
}

/// The last 4 KiB of a log, as a header's value.
pub(super) fn tail(log: &Log) -> HeaderValue {
    let text = log.text();
    let tail = &text[text.len().saturating_sub(TAIL_BYTES)..];
    HeaderValue::try_from(STANDARD.encode(tail)).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_cannot_forge_lines_or_steer_terminals() {
        let check = |line: &[u8], expected: &str| assert_eq!(printable(line), expected);
        check(b"plain\ttext", "plain\ttext");
        check(b"\x1b[31mred\r", "\\u{1b}[31mred\\r");
        check(b"\xff\x00", "\u{fffd}\\u{0}");
    }

    #[test]
    fn long_lines_are_cut() {
        let text = printable(&[b'x'; LINE_BYTES + 1]);
        assert_eq!(text.chars().count(), LINE_BYTES + 1);
        assert!(text.ends_with('…'));
    }

    #[test]
    fn the_tail_is_the_end_of_the_log_in_base64() {
        let mut log = Log::with_limit(hydra_types::Bytes::mib(1));
        log.write(&[b'a'; TAIL_BYTES]);
        log.write(b"end");
        let decoded = STANDARD.decode(tail(&log).as_bytes()).unwrap();
        assert_eq!(decoded.len(), TAIL_BYTES);
        assert!(decoded.ends_with(b"aend"));
    }
}

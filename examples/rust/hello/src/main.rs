//! A function as a command: the event arrives on standard input, the reply leaves on standard output.
//!
//! Every invocation is a run of `main`, so nothing survives from one to the next. What is written to standard
//! error is the invocation's log; an error returned from `main` fails the invocation.

use std::io;

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Event {
    name: String,
}

#[derive(Serialize)]
struct Reply {
    message: String,
}

fn main() -> Result<(), serde_json::Error> {
    let event: Event = serde_json::from_reader(io::stdin().lock())?;
    let reply = Reply {
        message: format!("Hello, {}!", event.name),
    };
    serde_json::to_writer(io::stdout().lock(), &reply)
}

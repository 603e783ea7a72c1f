//! What every kind of sandbox must do, each case run on all of them.
//!
//! | kind | code | state |
//! |---|---|---|
//! | JavaScript | source | survives from call to call |
//! | reactor | module, `handler` | survives from call to call |
//! | command | module, `_start` | a reset comes before the next call |

mod crowd;
mod dropping;
mod failures;
mod limits;
mod payloads;
mod sharing;
mod state;
mod surroundings;

use std::{sync::Arc, thread};

use hydra_sandbox::{Program, Sandbox};
use hydra_types::{Runtime, SpecFields};

use crate::{
    harness::{load, reply},
    wat::{self, Form},
};

/// The same function for every kind.
#[derive(Clone, Copy)]
pub(crate) struct Code {
    pub(crate) javascript: &'static str,
    /// Fields of a module, see [`crate::wat`].
    pub(crate) wat: &'static str,
}

/// Replies with the event.
pub(crate) const ECHO: Code = Code {
    javascript: "export const handler = (event) => event;",
    wat: "(func $serve (call $echo))",
};

/// Counts its calls, in memory and in a global.
pub(crate) const COUNTER: Code = Code {
    javascript: "let calls = 0; export const handler = () => ++calls;",
    wat: "
        (global $calls (mut i64) (i64.const 0))
        (func $serve
          (global.set $calls (i64.add (global.get $calls) (i64.const 1)))
          (i64.store (i32.const 512) (i64.add (i64.load (i32.const 512)) (i64.const 1)))
          (if (i64.ne (global.get $calls) (i64.load (i32.const 512))) (then unreachable))
          (call $number (global.get $calls)))",
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    JavaScript,
    Reactor,
    Command,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::JavaScript, Self::Reactor, Self::Command];

    pub(crate) fn runtime(self) -> Runtime {
        match self {
            Self::JavaScript => Runtime::JavaScript,
            Self::Reactor | Self::Command => Runtime::Wasm,
        }
    }

    pub(crate) fn code(self, code: &Code) -> Vec<u8> {
        match self {
            Self::JavaScript => code.javascript.as_bytes().to_vec(),
            Self::Reactor => wat::module(Form::Reactor, code.wat),
            Self::Command => wat::module(Form::Command, code.wat),
        }
    }

    pub(crate) fn load(self, code: &Code, fields: &SpecFields) -> Arc<dyn Program> {
        load(self.runtime(), fields.clone(), &self.code(code))
    }

    /// Makes a sandbox that has answered a call ready for the next.
    pub(crate) fn ready(self, sandbox: &mut dyn Sandbox) {
        if self == Self::Command {
            sandbox.reset().unwrap();
        }
    }
}

/// Says which kind was at work when an assertion fails.
struct AtWork(Kind);

impl Drop for AtWork {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("… with {:?}", self.0);
        }
    }
}

/// Loads `code` for every kind and checks each program.
pub(crate) fn on_every_kind(
    code: &Code,
    fields: &SpecFields,
    check: impl Fn(Kind, &Arc<dyn Program>),
) {
    for kind in Kind::ALL {
        let _at_work = AtWork(kind);
        check(kind, &kind.load(code, fields));
    }
}

/// The reply of a new sandbox.
pub(crate) fn first_reply(program: &dyn Program, event: &str) -> String {
    reply(&mut *program.restore().unwrap(), event)
}

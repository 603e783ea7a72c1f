//! The ways in which functions behave and misbehave, and what their callers get.

use crate::harness::{
    code::{self, Form},
    site,
};

/// One way.
pub(super) struct Kind {
    pub(super) what: &'static str,
    /// The registration's query.
    pub(super) spec: &'static str,
    source: Source,
    pub(super) event: String,
    /// What a caller may get; the first is the kind's own and must be seen.
    pub(super) codes: &'static [&'static str],
    /// How many functions of each round.
    pub(super) weight: usize,
    reply: Reply,
}

enum Source {
    /// `NUMBER` stands for the function's number.
    JavaScript(&'static str),
    /// Module fields.
    Module(Form, &'static str),
    Built(Vec<u8>),
}

enum Reply {
    Number,
    Exactly(&'static str),
    None,
}

impl Kind {
    pub(super) fn code(&self, number: usize) -> Vec<u8> {
        match &self.source {
            Source::JavaScript(text) => text.replace("NUMBER", &number.to_string()).into_bytes(),
            Source::Module(form, fields) => code::module(*form, fields),
            Source::Built(module) => module.clone(),
        }
    }

    pub(super) fn reply(&self, number: usize) -> String {
        match self.reply {
            Reply::Number => number.to_string(),
            Reply::Exactly(text) => text.to_owned(),
            Reply::None => panic!("{} never replies", self.what),
        }
    }
}

fn javascript(what: &'static str, text: &'static str, codes: &'static [&'static str]) -> Kind {
    Kind {
        what,
        spec: "runtime=javascript",
        source: Source::JavaScript(text),
        event: "7".to_owned(),
        codes,
        weight: 2,
        reply: Reply::None,
    }
}

fn module(
    what: &'static str,
    form: Form,
    fields: &'static str,
    codes: &'static [&'static str],
) -> Kind {
    Kind {
        spec: "runtime=wasm",
        source: Source::Module(form, fields),
        ..javascript(what, "", codes)
    }
}

/// All of them. Those that burn processor time or wait are rare, so that the storm stays short.
pub(super) fn all() -> Vec<Kind> {
    let mut all = javascripts();
    all.extend(modules());
    for name in ["c_hello.wasm", "rust_hello.wasm"] {
        all.extend(site::example(name).map(|module| Kind {
            spec: "runtime=wasm",
            source: Source::Built(module),
            event: r#"{"name":"Ada"}"#.to_owned(),
            weight: 4,
            reply: Reply::Exactly(r#"{"message":"Hello, Ada!"}"#),
            ..javascript("a compiled example", "", &["ok"])
        }));
    }
    all
}

fn javascripts() -> Vec<Kind> {
    vec![
        Kind {
            weight: 30,
            reply: Reply::Number,
            ..javascript("good", "export const handler = () => NUMBER", &["ok"])
        },
        Kind {
            weight: 10,
            reply: Reply::Number,
            spec: "runtime=javascript&reuse=fresh",
            ..javascript(
                "good, fresh each time",
                "let calls = 0; export const handler = async () => calls++ === 0 ? NUMBER : 'stale'",
                &["ok"],
            )
        },
        javascript(
            "throws",
            "export const handler = () => { throw new Error('NUMBER') }",
            &["handler_error"],
        ),
        javascript(
            "exits",
            "export const handler = () => process.exit(3)",
            &["handler_error"],
        ),
        javascript(
            "recurses",
            "const deeper = (n) => deeper(n + 1) + 1; export const handler = () => deeper(NUMBER)",
            &["stack_limit"],
        ),
        Kind {
            spec: "runtime=javascript&output_kb=16",
            ..javascript(
                "says too much",
                "export const handler = () => 'NUMBER'.repeat(100_000)",
                &["output_too_large"],
            )
        },
        Kind {
            spec: "runtime=javascript&memory_mb=16",
            ..javascript(
                "needs too much memory",
                "export const handler = () => { const all = []; for (;;) all.push(new Uint8Array(100_000)) }",
                &["memory_limit"],
            )
        },
        Kind {
            spec: "runtime=javascript&cpu_ms=15",
            weight: 1,
            ..javascript(
                "burns its time",
                "export const handler = () => { for (;;); }",
                &["cpu_limit"],
            )
        },
        Kind {
            // One that has no turn in its time is told so.
            spec: "runtime=javascript&timeout_ms=300",
            weight: 1,
            ..javascript(
                "waits too long",
                "export const handler = () => new Promise((done) => setTimeout(done, 60_000))",
                &["timeout", "queue_timeout"],
            )
        },
        Kind {
            event: "{nonsense".to_owned(),
            ..javascript(
                "is asked nonsense",
                "export const handler = () => NUMBER",
                &["bad_json"],
            )
        },
        Kind {
            spec: "runtime=javascript&input_kb=1",
            event: format!("\"{}\"", "x".repeat(4096)),
            ..javascript(
                "is asked too much",
                "export const handler = () => NUMBER",
                &["input_too_large"],
            )
        },
    ]
}

fn modules() -> Vec<Kind> {
    vec![
        Kind {
            weight: 10,
            reply: Reply::Exactly("7"),
            ..module("a good command", Form::Command, code::ECHO, &["ok"])
        },
        Kind {
            weight: 10,
            reply: Reply::Exactly("7"),
            ..module("a good reactor", Form::Reactor, code::ECHO, &["ok"])
        },
        module(
            "a command that traps",
            Form::Command,
            "(func $serve unreachable)",
            &["trap"],
        ),
        module(
            "a reactor that reads out of bounds",
            Form::Reactor,
            "(func $serve (drop (i32.load (i32.const -4))))",
            &["trap"],
        ),
        module(
            "a reactor that exits",
            Form::Reactor,
            "(func $serve (call $proc_exit (i32.const 9)))",
            &["handler_error"],
        ),
        module(
            "a command that exits",
            Form::Command,
            "(func $serve (call $proc_exit (i32.const 9)))",
            &["handler_error"],
        ),
        module(
            "a module that recurses",
            Form::Command,
            "(func $deeper (param i32) (result i32)
               (i32.add (call $deeper (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
             (func $serve (drop (call $deeper (i32.const 0))))",
            &["stack_limit"],
        ),
        Kind {
            spec: "runtime=wasm&output_kb=16",
            ..module(
                "a module that says too much",
                Form::Reactor,
                "(func $serve (loop $on (call $reply (i32.const 0) (i32.const 60000)) (br $on)))",
                &["output_too_large"],
            )
        },
        Kind {
            spec: "runtime=wasm&memory_mb=16",
            ..module(
                "a module that grows on",
                Form::Command,
                "(func $serve (loop $more (drop (memory.grow (i32.const 16))) (br $more)))",
                &["memory_limit"],
            )
        },
        Kind {
            spec: "runtime=wasm&cpu_ms=15",
            weight: 1,
            ..module(
                "a module that burns its time",
                Form::Reactor,
                "(func $serve (loop $on (br $on)))",
                &["cpu_limit"],
            )
        },
    ]
}

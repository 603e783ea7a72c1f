//! A backend whose sandboxes reply from the host: right, wrong, or only a bounded number of them.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use hydra_sandbox::{
    After, Backend, BoxFuture, Call, ImageUse, LoadError, Log, Outcome, Payload, Program, Sandbox,
    SandboxError, Usage,
};
use hydra_types::{Bytes, FunctionSpec, Runtime};
use serde_json::{Value, json};

/// How the fake's sandboxes behave.
#[derive(Clone, Copy)]
pub(crate) struct Script {
    /// Sandboxes alive at once.
    pub(crate) slots: usize,
    /// What a sandbox says of itself after a call.
    pub(crate) after: After,
    /// From this invocation of a program on, replies are wrong.
    pub(crate) wrong_from: usize,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            slots: 1000,
            after: After::Reusable,
            wrong_from: usize::MAX,
        }
    }
}

#[derive(Clone)]
pub(crate) struct Fake(Script, Arc<AtomicUsize>);

impl Fake {
    pub(crate) fn new(script: Script) -> Self {
        Self(script, Arc::default())
    }

    pub(crate) fn live(&self) -> usize {
        self.1.load(Ordering::SeqCst)
    }
}

impl Backend for Fake {
    fn runtime(&self) -> Runtime {
        Runtime::JavaScript
    }

    fn load(&self, spec: &FunctionSpec, _code: &[u8]) -> Result<Arc<dyn Program>, LoadError> {
        let allocates = spec.name.as_str().contains("allocating");
        Ok(Arc::new(FakeProgram {
            fake: self.clone(),
            allocates,
            calls: Arc::default(),
        }))
    }
}

#[derive(Clone)]
struct FakeProgram {
    fake: Fake,
    allocates: bool,
    calls: Arc<AtomicUsize>,
}

impl Program for FakeProgram {
    fn restore(&self) -> Result<Box<dyn Sandbox>, SandboxError> {
        let slots = self.fake.0.slots;
        if self.fake.1.fetch_add(1, Ordering::SeqCst) >= slots {
            self.fake.1.fetch_sub(1, Ordering::SeqCst);
            return Err(SandboxError::Exhausted { slots });
        }
        Ok(Box::new(FakeSandbox {
            program: self.clone(),
            must_reset: false,
        }))
    }

    fn image_use(&self) -> ImageUse {
        ImageUse {
            code: Bytes::kib(2000),
            base: Bytes::kib(300),
            function: Bytes::kib(12),
        }
    }
}

struct FakeSandbox {
    program: FakeProgram,
    must_reset: bool,
}

impl FakeSandbox {
    fn reply(&self, event: &Value) -> Value {
        match self.program.allocates {
            true => json!({"rows": 300, "characters": 1760}),
            false => json!({"message": format!("Hello, {}!", event["name"].as_str().unwrap())}),
        }
    }
}

impl Sandbox for FakeSandbox {
    fn invoke(&mut self, call: Call) -> BoxFuture<'_, Outcome> {
        Box::pin(async move {
            assert!(
                !self.must_reset,
                "invoked without the reset that was asked for"
            );
            self.must_reset = self.program.fake.0.after == After::NeedsReset;
            let event = serde_json::from_slice(call.event.bytes()).unwrap();
            let number = self.program.calls.fetch_add(1, Ordering::SeqCst);
            let is_right = number < self.program.fake.0.wrong_from;
            let reply = if is_right {
                self.reply(&event)
            } else {
                json!("wrong")
            };
            Outcome {
                result: Ok(Payload::Json(reply.to_string().into())),
                log: Log::default(),
                usage: Usage::default(),
                after: self.program.fake.0.after,
            }
        })
    }

    fn reset(&mut self) -> Result<(), SandboxError> {
        self.must_reset = false;
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<Arc<dyn Program>, SandboxError> {
        Err(SandboxError::NotCheckpointable {
            reason: "it is a fake".to_owned(),
        })
    }

    fn private_memory(&self) -> Bytes {
        Bytes::kib(if self.program.allocates { 200 } else { 100 })
    }
}

impl Drop for FakeSandbox {
    fn drop(&mut self) {
        self.program.fake.1.fetch_sub(1, Ordering::SeqCst);
    }
}

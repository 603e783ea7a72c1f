//! One example, tried: registered, invoked, every reply compared, times kept.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::examples::Example;

use super::client::{Client, Invocation};

/// What to try.
pub(super) struct Trial<'a> {
    pub(super) client: &'a Client,
    pub(super) example: &'a Example,
    pub(super) code: &'a [u8],
    /// Invocations after the first.
    pub(super) repeat: u32,
}

/// What came of it.
pub(super) struct Outcome {
    pub(super) name: String,
    pub(super) language: String,
    /// From code to image, compiling included where nobody had compiled it yet.
    pub(super) registered: Duration,
    pub(super) first: Invocation,
    /// The later ones of the function whose sandbox is used again.
    pub(super) again: Typical,
    /// Those of the function that starts from its image each time.
    pub(super) fresh: Typical,
    pub(super) private_kib: Option<u64>,
    /// The reply to the last invocation.
    pub(super) reply: Value,
}

/// Many invocations, in short.
pub(super) struct Typical {
    /// Start kind of the last one.
    pub(super) start: String,
    /// The median as the client saw it.
    pub(super) median: Duration,
}

impl Trial<'_> {
    /// Registers and invokes the function in both ways of reuse.
    pub(super) fn run(&self) -> Result<Outcome> {
        let name = &self.example.name;
        let registered = self
            .client
            .register(name, self.example, "warm", self.code)?;
        let first = self.expect(name, 1, &self.example.reply)?;
        let second = self
            .example
            .second_reply
            .as_ref()
            .unwrap_or(&self.example.reply);
        let mut later = vec![self.expect(name, 2, second)?];
        for number in 3..=self.repeat.saturating_add(1) {
            later.push(self.later(name, number)?);
        }
        let reply = later[later.len() - 1].reply.clone();
        let private_kib = self.client.private_kib(name)?;
        Ok(Outcome {
            name: name.clone(),
            language: self.example.language.clone(),
            registered,
            first,
            again: Typical::of(&later)?,
            fresh: self.fresh()?,
            private_kib,
            reply,
        })
    }

    fn fresh(&self) -> Result<Typical> {
        let name = format!("{}-fresh", self.example.name);
        self.client
            .register(&name, self.example, "fresh", self.code)?;
        let invocations = (1..=self.repeat.saturating_add(1))
            .map(|number| self.expect(&name, number, &self.example.reply))
            .collect::<Result<Vec<_>>>()?;
        Typical::of(&invocations)
    }

    /// The third and later replies of a function that remembers are its own affair.
    fn later(&self, name: &str, number: u32) -> Result<Invocation> {
        match self.example.second_reply {
            Some(_) => self.invoke(name, number),
            None => self.expect(name, number, &self.example.reply),
        }
    }

    fn expect(&self, name: &str, number: u32, expected: &Value) -> Result<Invocation> {
        let invocation = self.invoke(name, number)?;
        if invocation.reply != *expected {
            bail!(
                "invocation {number} of {name} answered {}, expected {expected}",
                invocation.reply
            );
        }
        Ok(invocation)
    }

    fn invoke(&self, name: &str, number: u32) -> Result<Invocation> {
        self.client
            .invoke(name, &self.example.event)
            .with_context(|| format!("invocation {number} of {name}"))
    }
}

impl Typical {
    fn of(invocations: &[Invocation]) -> Result<Self> {
        let last = invocations.last().context("nothing was invoked")?;
        let mut times: Vec<Duration> = invocations.iter().map(|one| one.took).collect();
        times.sort_unstable();
        Ok(Self {
            start: last.start.clone(),
            median: times[times.len() / 2],
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::stand_in, *};

    fn try_counter(reply: fn(&str, usize) -> String) -> Result<Outcome> {
        let client = Client::open(&stand_in::start(reply)).unwrap();
        let example = Example {
            name: "counter".to_owned(),
            language: "none".to_owned(),
            runtime: "javascript".to_owned(),
            build: None,
            file: String::new(),
            handler: None,
            egress: None,
            event: "null".to_owned(),
            reply: json!({"count": 1}),
            second_reply: Some(json!({"count": 2})),
        };
        let trial = Trial {
            client: &client,
            example: &example,
            code: b"code",
            repeat: 4,
        };
        trial.run()
    }

    fn count(path: &str, earlier: usize) -> String {
        let earlier = if path.contains("-fresh") { 0 } else { earlier };
        json!({"count": earlier + 1}).to_string()
    }

    #[test]
    fn an_outcome_holds_what_the_server_said() {
        let outcome = try_counter(count).unwrap();
        assert_eq!(outcome.reply, json!({"count": 5}));
        assert_eq!(outcome.first.start, "restored");
        assert_eq!(outcome.again.start, "warm");
        assert_eq!((outcome.first.restore_us, outcome.first.run_us), (70, 5));
        // 8200 bytes of two sandboxes, rounded up.
        assert_eq!(outcome.private_kib, Some(5));
    }

    #[test]
    fn a_wrong_reply_of_any_kind_fails_the_trial() {
        let check = |reply: fn(&str, usize) -> String, expected: &str| {
            let error = try_counter(reply).err().unwrap();
            assert!(format!("{error:#}").contains(expected), "{error:#}");
        };
        check(
            |_, _| r#"{"count":7}"#.to_owned(),
            "invocation 1 of counter",
        );
        check(
            |_, _| r#"{"count":1}"#.to_owned(),
            "invocation 2 of counter",
        );
        check(
            |_, earlier| json!({"count": earlier + 1}).to_string(),
            "invocation 2 of counter-fresh",
        );
        check(|_, _| "hello".to_owned(), "no JSON");
    }
}

//! Many sandboxes of many programs on several threads: each answers as if it were alone.

use std::{sync::Arc, thread};

use hydra_sandbox::{Program, Sandbox};
use hydra_types::SpecFields;

use super::{COUNTER, Code, ECHO, Kind};
use crate::harness::{invoke, reply};

const THREADS: u64 = 4;
const STEPS: usize = 400;
const LIVE: usize = 24;

/// Steps of a linear congruential generator: which step comes next must be the same in every run.
struct Steps(u64);

impl Steps {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

enum Role {
    Counter,
    Echo,
}

struct Live {
    kind: Kind,
    role: Role,
    sandbox: Box<dyn Sandbox>,
    calls: u64,
}

impl Live {
    fn step(&mut self, step: usize) {
        match (step % 4, &self.role) {
            (0, _) => {
                self.sandbox.reset().unwrap();
                self.calls = 0;
            }
            (_, Role::Counter) => {
                self.calls += 1;
                assert_eq!(reply(&mut *self.sandbox, "null"), self.calls.to_string());
            }
            (_, Role::Echo) => {
                let event = format!("[{step},\"{}\"]", "x".repeat(step % 5000));
                assert_eq!(reply(&mut *self.sandbox, &event), event);
            }
        }
        if self.kind == Kind::Command {
            self.sandbox.reset().unwrap();
            self.calls = 0;
        }
    }
}

struct Programs {
    kind: Kind,
    counter: Arc<dyn Program>,
    echo: Arc<dyn Program>,
}

fn one_thread(seed: u64, programs: &[Programs]) {
    let mut steps = Steps(seed);
    let mut live: Vec<Live> = Vec::new();
    for step in 0..STEPS {
        if live.len() < LIVE || steps.below(4) == 0 {
            let chosen = &programs[steps.below(programs.len())];
            let (role, program) = match steps.below(2) {
                0 => (Role::Counter, &chosen.counter),
                _ => (Role::Echo, &chosen.echo),
            };
            live.push(Live {
                kind: chosen.kind,
                role,
                sandbox: program.restore().unwrap(),
                calls: 0,
            });
        }
        let chosen = steps.below(live.len());
        live[chosen].step(step);
        if live.len() > LIVE {
            let gone = steps.below(live.len());
            live.swap_remove(gone);
        }
        if steps.below(50) == 0 {
            programs[steps.below(programs.len())].counter.idle();
        }
    }
}

#[test]
fn sandboxes_of_several_programs_on_several_threads_do_not_mix() {
    let fields = SpecFields::default();
    let load = |kind: Kind| Programs {
        kind,
        counter: kind.load(&COUNTER, &fields),
        echo: kind.load(&ECHO, &fields),
    };
    let programs: Vec<_> = Kind::ALL.into_iter().map(load).collect();
    thread::scope(|scope| {
        for seed in 1..=THREADS {
            let programs = &programs;
            scope.spawn(move || one_thread(seed, programs));
        }
    });
}

#[test]
fn a_sandbox_may_move_between_threads_from_call_to_call() {
    for kind in [Kind::JavaScript, Kind::Reactor] {
        let program = kind.load(&COUNTER, &SpecFields::default());
        let mut sandbox = program.restore().unwrap();
        for n in 1..=8 {
            sandbox = thread::spawn(move || {
                assert_eq!(reply(&mut *sandbox, "null"), n.to_string());
                sandbox
            })
            .join()
            .unwrap();
        }
    }
}

#[test]
fn guests_that_compute_for_ever_leave_the_others_their_turn() {
    let code = Code {
        javascript: "export function handler(event) { if (event) for (;;); return 1 }",
        wat: "(func $serve
                (if (i32.eq (call $read) (i32.const 4)) (then (loop $forever (br $forever))))
                (call $number (i64.const 1)))",
    };
    let fields = SpecFields {
        cpu_ms: Some(60),
        ..SpecFields::default()
    };
    for kind in Kind::ALL {
        let program = kind.load(&code, &fields);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    let mut greedy = program.restore().unwrap();
                    assert!(invoke(&mut *greedy, "true").result.is_err());
                });
            }
            for _ in 0..50 {
                assert_eq!(super::first_reply(&*program, "false"), "1");
            }
        });
    }
}

#[test]
fn more_sandboxes_than_stay_hot_keep_their_state() {
    for kind in [Kind::JavaScript, Kind::Reactor] {
        let program = kind.load(&COUNTER, &SpecFields::default());
        let mut all: Vec<_> = (0..150).map(|_| program.restore().unwrap()).collect();
        for n in 1..=3 {
            for sandbox in &mut all {
                assert_eq!(reply(&mut **sandbox, "null"), n.to_string());
            }
        }
    }
}

//! A crowd of clients over a thousand functions, most of which misbehave: every request gets exactly the answer that
//! its function deserves, and nothing stays behind.

mod kinds;

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use self::kinds::Kind;
use crate::harness::{
    chance::Chance, client::Client, process::Process, server::Server, site::Site, wait,
};

const SEED: u64 = 0x5eed_0003;
const FUNCTIONS: usize = 1000;
const CLIENTS: usize = 200;
/// Of each client, in each of two storms.
const REQUESTS_EACH: usize = 50;

/// What may stay of the first storm: the allocator's heaps, and what free slots keep for the next sandbox.
const REMAINDER_MIB: u64 = 128;

/// What a second storm may add to that: levels of seven storms in a row differed by as much, and did not rise.
const GROWTH_MIB: u64 = 48;

/// How often a kind of function answered with a code.
type Counts<'a> = BTreeMap<(&'a str, String), u64>;

/// A registered function: its number and kind.
struct Function<'a> {
    name: String,
    number: usize,
    kind: &'a Kind,
}

fn register_all<'a>(server: &Server, kinds: &'a [Kind]) -> Vec<Function<'a>> {
    let weights: usize = kinds.iter().map(|kind| kind.weight).sum();
    let kind_of = |number: usize| {
        let mut at = number % weights;
        kinds.iter().find(|kind| {
            let here = at < kind.weight;
            at = at.wrapping_sub(kind.weight);
            here
        })
    };
    let mut client = server.client();
    let all = (0..FUNCTIONS).map(|number| Function {
        name: format!("f{number}"),
        number,
        kind: kind_of(number).unwrap(),
    });
    all.inspect(|function| {
        let code = function.kind.code(function.number);
        client.register(&function.name, function.kind.spec, &code);
    })
    .collect()
}

/// Invokes once and checks the answer; the code that it had.
fn invoke(client: &mut Client, function: &Function<'_>) -> String {
    let kind = function.kind;
    let reply = client.invoke(&function.name, &kind.event);
    let code = reply.code();
    assert!(
        kind.codes.contains(&&*code),
        "{} ({}) should be one of {:?}: {reply:?}",
        function.name,
        kind.what,
        kind.codes
    );
    if code == "ok" {
        let expected = kind.reply(function.number);
        assert_eq!(reply.text().trim(), expected, "{}", kind.what);
    }
    code
}

/// One client's part of the storm: what it got, by kind and code.
fn storm<'a>(server: &Server, functions: &[Function<'a>], seed: u64) -> Counts<'a> {
    let mut chance = Chance::new(seed);
    let mut client = server.client();
    let mut counts = Counts::new();
    for _ in 0..REQUESTS_EACH {
        let function = &functions[chance.below(functions.len())];
        let code = invoke(&mut client, function);
        *counts.entry((function.kind.what, code)).or_default() += 1;
    }
    counts
}

#[test]
fn two_hundred_clients_get_the_right_answers_from_a_thousand_functions_that_misbehave() {
    let site = Site::take();
    let server = site.start(&["--keep-alive", "1s"]);
    let process = server.process();
    let kinds = kinds::all();
    let functions = register_all(&server, &kinds);
    let start = Level::of(process);
    let mut counts = Counts::new();
    all_clients(&server, &functions, SEED, &mut counts);
    settles(&server, start, REMAINDER_MIB);
    let first = Level::of(process);
    all_clients(&server, &functions, SEED ^ 0xffff_0000, &mut counts);

    let answered: u64 = counts.values().sum();
    assert_eq!(
        answered,
        u64::try_from(2 * CLIENTS * REQUESTS_EACH).unwrap()
    );
    // A kind that never failed in its own way has tested nothing.
    for kind in &kinds {
        let own = (kind.what, kind.codes[0].to_owned());
        assert!(counts.contains_key(&own), "never: {own:?}");
    }
    let mut client = server.client();
    for function in &functions {
        if function.kind.codes == ["ok"] {
            invoke(&mut client, function);
        }
    }
    settles(&server, first, GROWTH_MIB);
    eprintln!(
        "{start:?} at the start, {first:?} after one storm, {:?} after two",
        Level::of(process)
    );
    server.assert_no_complaint();
    server.stop();
}

/// One storm of all clients; adds what they got to `counts`.
fn all_clients<'a>(
    server: &Server,
    functions: &[Function<'a>],
    seed: u64,
    counts: &mut Counts<'a>,
) {
    let began = Instant::now();
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|index| {
                let seed = seed + u64::try_from(index).unwrap();
                scope.spawn(move || storm(server, functions, seed))
            })
            .collect();
        for client in clients {
            for (what, count) in client.join().unwrap() {
                *counts.entry(what).or_insert(0) += count;
            }
        }
    });
    eprintln!("{CLIENTS} clients took {:?}: {counts:?}", began.elapsed());
}

/// What a process holds.
#[derive(Clone, Copy, Debug)]
struct Level {
    pss_mib: u64,
    threads: usize,
    descriptors: usize,
}

impl Level {
    fn of(process: Process) -> Self {
        Self {
            pss_mib: process.pss_mib(),
            threads: process.threads(),
            descriptors: process.descriptors(),
        }
    }
}

/// Memory, threads and descriptors come back to what they were, and no queue is stuck.
fn settles(server: &Server, before: Level, slack_mib: u64) {
    let process = server.process();
    let mut client = server.client();
    wait::until(
        "nothing runs, waits or idles",
        Duration::from_secs(10),
        || client.idle() + client.running() + client.metric("hydra_queued") == 0,
    );
    wait::until("connections are closed", Duration::from_secs(10), || {
        process.descriptors() <= before.descriptors + 16
    });
    wait::until("memory comes back", Duration::from_secs(10), || {
        process.pss_mib() <= before.pss_mib + slack_mib
    });
    assert!(
        process.threads() <= before.threads + 4,
        "{} threads",
        process.threads()
    );
}

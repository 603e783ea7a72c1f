//! Hostile bytes against the real server: always a clear refusal, never a failure of the server's own.

mod archives;
mod http;
mod modules;

use crate::harness::{
    chance::Chance,
    client::{Client, Reply},
    server::Server,
};

/// How many mutations of a valid upload.
const MUTATIONS: usize = 2000;

/// What hostile uploads may leave behind, and what they may need for a moment: a module or source that compiles is
/// worth as much as a good one.
const REMAINDER_MIB: u64 = 192;
const PEAK_MIB: u64 = 768;

/// Uploads; it must be accepted or refused as the client's fault. The reply.
fn upload(client: &mut Client, what: &str, runtime: &str, code: &[u8]) -> Reply {
    let reply = client.put("hostile", &format!("runtime={runtime}"), code);
    let accepted = matches!(reply.status, 200 | 201);
    assert!(
        accepted || matches!(reply.status, 400 | 413),
        "{what}: {reply:?}"
    );
    if !accepted {
        assert!(!reply.code().is_empty());
    }
    reply
}

/// Uploads what must be refused with a text that has `says` in it.
fn refuse(client: &mut Client, what: &str, runtime: &str, code: &[u8], says: &str) {
    let reply = upload(client, what, runtime, code);
    assert!(reply.status >= 400, "{what} should be refused: {reply:?}");
    assert!(
        reply.says().contains(says),
        "{what} should say {says:?}: {}",
        reply.says()
    );
}

/// Uploads mutations of `valid`; how many were accepted.
fn mutate(client: &mut Client, runtime: &str, valid: &[u8], seed: u64) -> usize {
    let mut chance = Chance::new(seed);
    let mut accepted = 0;
    for number in 0..MUTATIONS {
        let bytes = chance.mutation(valid);
        let what = format!("mutation {number} of seed {seed:#x}");
        if upload(client, &what, runtime, &bytes).status < 400 {
            accepted += 1;
            // Whatever was accepted can be invoked, and fails as a function does, if it does.
            if number % 8 == 0 {
                let code = client.invoke("hostile", "null").code();
                assert_ne!(code, "internal", "{what}");
            }
        }
    }
    eprintln!("{accepted} of {MUTATIONS} mutations were accepted");
    accepted
}

/// Runs `attack`; afterwards the server is well and its memory bounded.
fn check(server: &Server, attack: impl FnOnce(&mut Client)) {
    let mut client = server.client();
    let hello = b"export const handler = () => 'hello'";
    client.register("hello", "runtime=javascript", hello);
    client.call("hello", "null");
    let before_mib = server.process().pss_mib();
    attack(&mut client);
    assert_eq!(client.get("/healthz").status, 200);
    assert_eq!(client.call("hello", "null"), "hello");
    let (after_mib, peak_mib) = (
        server.process().pss_mib(),
        server.process().peak_resident_mib(),
    );
    eprintln!("PSS in MiB: {before_mib} before, {after_mib} after; resident at most {peak_mib}");
    assert!(
        after_mib <= before_mib + REMAINDER_MIB,
        "{after_mib} after {before_mib}"
    );
    assert!(peak_mib <= PEAK_MIB, "{peak_mib}");
    let log = server.log();
    assert!(!log.contains("panicked"), "{log}");
}

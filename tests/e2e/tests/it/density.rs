//! Many functions, few processes: ten thousand live sandboxes of a thousand functions in one.

use std::{thread, time::Duration};

use serde_json::json;

use crate::harness::{process, server::Server, site::Site, wait};

const FUNCTIONS: u64 = 1000;
const SANDBOXES_EACH: u64 = 10;
const CLIENTS: u64 = 4;

/// What ten thousand live sandboxes may take, everything shared included.
const LIVE_PSS_MIB: u64 = 1638;

/// What may stay when all functions are gone: the allocator's heaps and the tables of slots, which are kept for the
/// next ten thousand, and the guest's own pages that were not touched before.
const REMAINDER_MIB: u64 = 48;

/// Runs `task` for every function, from several clients at once.
fn for_all(task: impl Fn(u64) + Sync) {
    thread::scope(|scope| {
        for first in 0..CLIENTS {
            let task = &task;
            scope.spawn(move || {
                for function in (first..FUNCTIONS).step_by(usize::try_from(CLIENTS).unwrap()) {
                    task(function);
                }
            });
        }
    });
}

fn with_client(server: &Server, task: impl Fn(&mut crate::harness::client::Client, u64) + Sync) {
    // A connection per function costs little here and keeps the tasks independent.
    for_all(|function| task(&mut server.client(), function));
}

#[test]
fn ten_thousand_sandboxes_of_a_thousand_functions_live_in_one_process() {
    let site = Site::take();
    let server = site.start(&["--keep-alive", "600s"]);
    let process = server.process();
    let mut client = server.client();
    let before_mib = process.pss_mib();

    with_client(&server, |client, function| {
        let code = format!("let calls = 0; export const handler = () => [{function}, ++calls]");
        client.register(
            &format!("f{function}"),
            "runtime=javascript",
            code.as_bytes(),
        );
    });
    assert_eq!(client.metric("hydra_functions"), FUNCTIONS);
    let registered_mib = process.pss_mib();

    with_client(&server, |client, function| {
        let path = format!("/v1/functions/f{function}/warmup?count={SANDBOXES_EACH}");
        let warmed = client.post(&path, b"");
        assert_eq!(warmed.status, 200, "{warmed:?}");
        assert_eq!(warmed.json(), json!({"idle": SANDBOXES_EACH}));
    });
    assert_eq!(client.idle(), FUNCTIONS * SANDBOXES_EACH);
    let warmed_mib = process.pss_mib();

    // Each sandbox serves: as many calls at once as there are sandboxes would be needed to reach each of them for
    // sure, so each function is called once, and counts for itself.
    with_client(&server, |client, function| {
        let reply = client.call(&format!("f{function}"), "null");
        assert_eq!(reply, json!([function, 1]));
    });
    assert_eq!(client.idle(), FUNCTIONS * SANDBOXES_EACH);
    let live_mib = process.pss_mib();
    let mappings = process.mappings();
    eprintln!(
        "PSS in MiB: {before_mib} at the start, {registered_mib} with {FUNCTIONS} functions, {warmed_mib} with \
         {SANDBOXES_EACH} sandboxes each, {live_mib} after a call of each; {mappings} mappings, {} threads, {} \
         descriptors",
        process.threads(),
        process.descriptors()
    );

    with_client(&server, |client, function| {
        client.deregister(&format!("f{function}"))
    });
    assert_eq!(client.idle(), 0);
    let after = || process.pss_mib();
    wait::until("memory comes back", Duration::from_secs(20), || {
        after() <= before_mib + REMAINDER_MIB
    });
    eprintln!("PSS in MiB: {} after deregistering all", after());
    wait::until("mappings come back", Duration::from_secs(20), || {
        process.mappings() < mappings / 4
    });
    eprintln!(
        "{} mappings, {} descriptors after deregistering all",
        process.mappings(),
        process.descriptors()
    );
    assert!(mappings < process::max_mappings(), "{mappings} mappings");
    assert!(live_mib <= LIVE_PSS_MIB, "{live_mib} MiB for all of them");
    server.assert_no_complaint();
    server.stop();
}

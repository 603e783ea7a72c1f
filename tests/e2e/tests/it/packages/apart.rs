//! What functions of one package, calls of one function, and idle packages do not share, keep, or cost.

use std::{ops::Range, thread, time::Duration};

use serde_json::json;

use super::{Files, put, zip};
use crate::harness::{chance::Chance, code, process::Process, server::Server, site::Site, wait};

const COUNTING: &Files = &[
    (
        "index.mjs",
        "import state from './state.cjs'; import { writeFileSync, existsSync } from 'node:fs';
         export const handler = (event) => {
           const found = [state.calls++, globalThis.mark ?? null, existsSync('/tmp/mark'), process.env.MARK ?? null];
           globalThis.mark = event; Array.prototype.mark = event; process.env.MARK = String(event);
           writeFileSync('/tmp/mark', 'x');
           return found;
         };",
    ),
    ("state.cjs", "exports.calls = 0;"),
];

#[test]
fn two_functions_of_one_package_see_nothing_of_each_other() {
    let site = Site::take();
    let server = site.start(&[]);
    let mut client = server.client();
    for name in ["one", "two"] {
        assert_eq!(put(&mut client, name, "", COUNTING).status, 201);
    }
    assert_eq!(client.call("one", "1"), json!([0, null, false, null]));
    assert_eq!(client.call("two", "2"), json!([0, null, false, null]));
    assert_eq!(client.call("one", "3"), json!([1, 1, true, "1"]));
    assert_eq!(client.call("two", "4"), json!([1, 2, true, "2"]));
    client.deregister("one");
    assert_eq!(client.call("two", "5"), json!([2, 4, true, "4"]));
    assert_eq!(put(&mut client, "one", "", COUNTING).status, 201);
    assert_eq!(client.call("one", "6"), json!([0, null, false, null]));
    server.stop();
}

#[test]
fn a_function_that_is_fresh_forgets_the_state_of_its_modules() {
    let site = Site::take();
    let server = site.start(&[]);
    let mut client = server.client();
    let lazy: &Files = &[
        (
            "index.js",
            "exports.handler = async () => {
               const before = globalThis.loads ?? 0;
               require('./lazy'); await import('./lazy.mjs');
               return [before, globalThis.loads];
             };",
        ),
        ("lazy.js", "globalThis.loads = (globalThis.loads ?? 0) + 1;"),
        (
            "lazy.mjs",
            "globalThis.loads = (globalThis.loads ?? 0) + 10;",
        ),
    ];
    put(&mut client, "counting", "&reuse=fresh", COUNTING);
    put(&mut client, "lazy", "&reuse=fresh", lazy);
    for _ in 0..5 {
        assert_eq!(client.call("counting", "1"), json!([0, null, false, null]));
        assert_eq!(client.call("lazy", "1"), json!([0, 11]));
    }
    server.stop();
}

/// Before the first look: the slots that wait for the next sandbox, dirty, have been used by then.
const FIRST: usize = 50;
/// Between the two looks.
const MORE: usize = 100;
/// Beside its code, of each package.
const BALLAST_BYTES: usize = 1 << 20;
/// What an idle package may cost more than a single file: an image of more pages, and the list of its files.
const SLACK_KIB: u64 = 64;

/// What one more function costs that was called and is idle, in KiB.
fn idle_cost_kib(site: &Site, code: impl Fn(usize) -> Vec<u8>) -> u64 {
    let server = site.start(&["--keep-alive", "500ms"]);
    let mut client = server.client();
    let mut serve = |numbers: Range<usize>| {
        for number in numbers {
            let name = format!("f{number}");
            client.register(&name, "runtime=javascript", &code(number));
            assert_eq!(client.call(&name, "null"), json!(number));
        }
        wait_until_idle(&server);
        settled_pss_kib(server.process())
    };
    let first_kib = serve(0..FIRST);
    let all_kib = serve(FIRST..FIRST + MORE);
    // Idle is not gone.
    for number in 0..FIRST + MORE {
        assert_eq!(client.call(&format!("f{number}"), "null"), json!(number));
    }
    server.stop();
    all_kib.saturating_sub(first_kib) / u64::try_from(MORE).unwrap()
}

fn wait_until_idle(server: &Server) {
    let mut client = server.client();
    wait::until("no sandbox is left", Duration::from_secs(10), || {
        client.idle() + client.running() == 0
    });
}

/// The process's memory, when it has stopped changing.
fn settled_pss_kib(process: Process) -> u64 {
    let mut last = process.pss_kib();
    for _ in 0..20 {
        thread::sleep(Duration::from_millis(250));
        let now = process.pss_kib();
        if now == last {
            break;
        }
        last = now;
    }
    last
}

#[test]
fn packages_that_idle_cost_about_as_much_memory_as_single_files() {
    let site = Site::take();
    let single = idle_cost_kib(&site, |number| {
        format!("exports.handler = () => {number};").into_bytes()
    });
    let mut chance = Chance::new(0x5eed_0007);
    let ballast = chance.bytes(BALLAST_BYTES);
    let package = idle_cost_kib(&site, |number| {
        let main = "const { size } = require('fs').statSync('ballast');
                    exports.handler = () => require('./lib/number') + 0 * size;";
        let library = format!("module.exports = {number};");
        code::zip(&[
            ("index.js", main.as_bytes()),
            ("lib/number.js", library.as_bytes()),
            ("ballast", &ballast),
        ])
    });
    eprintln!(
        "an idle function: {single} KiB as a single file, {package} KiB as a package of 1 MiB"
    );
    assert!(package <= single + SLACK_KIB, "{package} KiB, {single} KiB");
}

#[test]
fn a_package_is_the_same_after_its_sandboxes_are_gone() {
    let site = Site::take();
    let server = site.start(&["--keep-alive", "200ms"]);
    let mut client = server.client();
    let files: &Files = &[
        (
            "index.js",
            "const { readFileSync } = require('fs');
             exports.handler = async () => [readFileSync('text', 'utf8'), (await import('./late.mjs')).default];",
        ),
        ("text", "text"),
        ("late.mjs", "export default 'late';"),
    ];
    client.register("f", "runtime=javascript", &zip(files));
    for _ in 0..3 {
        assert_eq!(client.call("f", "null"), json!(["text", "late"]));
        wait_until_idle(&server);
    }
    server.stop();
}

//! Starts that are refused: the exit code, what was wrong, and what to do.

use std::{fs, net::TcpListener};

use crate::harness::site::Site;

/// Runs the binary; it must end with `code` and say each of `says`.
fn check(site: &Site, arguments: &[&str], code: i32, says: &[&str]) {
    let output = site.run(arguments);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
    for part in says {
        assert!(
            text.contains(part),
            "{arguments:?} should say {part:?}: {text}"
        );
    }
}

#[test]
fn wrong_usage_exits_with_2_and_says_what_is_right() {
    let site = Site::take();
    let check = |arguments: &[&str], says: &[&str]| check(&site, arguments, 2, says);
    check(&["runtime", "--nonsense"], &["--nonsense"]);
    check(&["nonsense"], &["nonsense"]);
    check(&[], &["Usage"]);
    check(&["runtime", "--listen", "here"], &["here"]);
    check(&["runtime", "--keep-alive", "long"], &["long"]);
    check(&["runtime", "--memory-budget", "-1"], &["-1"]);
    check(&["runtime", "--guest-threads", "0"], &["0"]);
    check(
        &["runtime", "--listen", "127.0.0.1:0", "--log", "a=b=c"],
        &["error: ", "a=b=c", "hint: "],
    );
}

#[test]
fn addresses_that_others_can_reach_are_refused() {
    let site = Site::take();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let listen = ["runtime", "--listen", "127.0.0.1:0", "--listen", address];
        check(&site, &listen, 2, &["error: ", "hint: ", "--allow-remote"]);
    }
}

#[test]
fn what_the_machine_refuses_exits_with_1_and_a_hint() {
    let site = Site::take();
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    check(
        &site,
        &["runtime", "--listen", &taken],
        1,
        &["error: ", &taken, "hint: ", "--listen"],
    );
    let file = site.path().join("file");
    fs::write(&file, "").unwrap();
    let file = file.to_str().unwrap();
    for flag in ["--data", "--guests"] {
        let arguments = ["runtime", "--listen", "127.0.0.1:0", flag, file];
        check(&site, &arguments, 1, &["error: ", file, "hint: "]);
    }
    let socket = format!("unix:{file}");
    check(
        &site,
        &["runtime", "--listen", &socket],
        1,
        &["error: ", "hint: "],
    );
    assert!(fs::metadata(file).unwrap().is_file(), "it was no socket");
}

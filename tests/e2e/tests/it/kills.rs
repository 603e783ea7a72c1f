//! A server that is killed while it registers: the next one starts, tidies up, and works.

use std::{collections::BTreeMap, fs, path::Path, thread, time::Duration};

use serde_json::json;

use crate::harness::{
    address::Address,
    chance::Chance,
    client::Client,
    server::Server,
    site::{self, Site},
};

const SEED: u64 = 0x5eed_0004;
const KILLS: usize = 15;
const CLIENTS: usize = 3;

/// Code that no other function has, large enough for its image to take a moment to write.
fn code(number: u64) -> String {
    format!(
        "const data = Array.from({{ length: 3000 }}, (_, i) => `${{i}}-{number}`);
         export const handler = (i) => data[i]"
    )
}

fn name(number: u64) -> String {
    format!("f{number}")
}

/// Registers until the server is gone; what it said yes to, and what it may have been at.
fn storm(address: Address, seed: u64) -> (Vec<u64>, u64) {
    let mut chance = Chance::new(seed);
    let mut client = Client::new(address);
    let mut accepted = Vec::new();
    loop {
        let number = chance.next();
        let path = format!("/v1/functions/{}?runtime=javascript", name(number));
        match client.try_request("PUT", &path, "", code(number).as_bytes()) {
            Ok(reply) => {
                assert_eq!(reply.status, 201, "{reply:?}");
                accepted.push(number);
            }
            Err(_gone) => return (accepted, number),
        }
    }
}

/// Drafts of all processes, their function images, and how many processes have a folder.
fn left_behind(images: &Path) -> (usize, usize, usize) {
    let count = |folder: &Path| fs::read_dir(folder).map_or(0, Iterator::count);
    let folders = site::function_folders(images);
    let drafts = folders
        .iter()
        .map(|folder| count(&folder.with_file_name("draft")));
    let drafts = drafts.sum::<usize>() + count(&images.join("draft"));
    let functions = folders.iter().map(|folder| count(folder)).sum();
    (drafts, functions, folders.len())
}

/// The published images, by path relative to the store.
fn published(images: &Path) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    let own = site::function_folders(images)
        .into_iter()
        .map(|folder| ("function", folder));
    for (kind, folder) in [("base", images.join("base"))].into_iter().chain(own) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            all.insert(format!("{kind}/{name}"), entry.metadata().unwrap().len());
        }
    }
    all
}

#[test]
fn after_any_kill_the_next_start_tidies_up_and_works() {
    let site = Site::take();
    let mut chance = Chance::new(SEED);
    let mut touched = Vec::new();
    let (mut total, mut drafts_left) = (0, 0);
    for round in 0..KILLS {
        let mut server = site.start(&[]);
        server.assert_no_complaint();
        assert_eq!(left_behind(&site.images()), (0, 0, 1), "round {round}");
        let wait_us = 2_000 + chance.next() % 150_000;
        thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|_| {
                    let (address, seed) = (server.address().clone(), chance.next());
                    scope.spawn(move || storm(address, seed))
                })
                .collect();
            // The random point of the kill, not a wait for something.
            thread::sleep(Duration::from_micros(wait_us));
            server.kill();
            for client in clients {
                let (accepted, last) = client.join().unwrap();
                total += accepted.len();
                // Some of what was whole, and what was being written.
                touched.extend(accepted.into_iter().rev().take(5));
                touched.push(last);
            }
        });
        drafts_left += left_behind(&site.images()).0;
    }
    let left = published(&site.images());
    eprintln!(
        "{KILLS} kills among {total} registrations left {drafts_left} drafts and {} images of {} KiB",
        left.len(),
        left.values().sum::<u64>() >> 10
    );
    assert!(total > KILLS, "the kills came before any registration");

    // Whatever lies there is whole: publishing the same again verifies it, and complains where it is not.
    let server = site.start(&[]);
    let mut client = server.client();
    for &number in &touched {
        client.register(&name(number), "runtime=javascript", code(number).as_bytes());
        assert_eq!(
            client.call(&name(number), "2999"),
            json!(format!("2999-{number}"))
        );
    }
    server.assert_no_complaint();
    server.stop();
}

#[test]
fn images_that_a_killed_server_left_behind_are_gone_after_the_next_life() {
    check(|mut server| server.kill());
}

#[test]
fn images_that_a_stopped_server_left_behind_are_gone_after_the_next_life() {
    // More than once: it depends on what the process was doing when it ended.
    for _ in 0..3 {
        check(Server::stop);
    }
}

/// Functions end with their process, so their images are of no use to the next one: if they stay, the store fills up.
fn check(end: fn(Server)) {
    let site = Site::take();
    let server = site.start(&[]);
    let mut client = server.client();
    for number in 0..60 {
        client.register(&name(number), "runtime=javascript", code(number).as_bytes());
        client.call(&name(number), "1");
    }
    // An open connection would give the end more time than it has without.
    drop(client);
    end(server);
    site.start(&[]).stop();
    let left = published(&site.images());
    let functions = left.keys().filter(|name| name.starts_with("function/"));
    assert_eq!(functions.count(), 0, "function images are left");
}

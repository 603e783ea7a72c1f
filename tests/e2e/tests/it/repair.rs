//! An image that is damaged on disk: a clear error for its function only, and a way back.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::json;

use crate::harness::{
    client::Client,
    server::Server,
    site::{self, Site},
    wait,
};

fn images(site: &Site) -> BTreeSet<PathBuf> {
    let folders = site::function_folders(&site.images());
    let entries = folders
        .into_iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap());
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Registers, and finds the image that this made.
fn register(site: &Site, client: &mut Client, name: &str, code: &[u8]) -> PathBuf {
    let before = images(site);
    client.register(name, "runtime=javascript", code);
    let after = images(site);
    let new: Vec<_> = after.difference(&before).collect();
    assert_eq!(new.len(), 1, "{new:?}");
    new[0].clone()
}

/// How a file is damaged.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Flip { at_percent: usize },
    Truncate,
    Empty,
    Remove,
}

fn damage(path: &Path, how: Damage) {
    let mut bytes = fs::read(path).unwrap();
    match how {
        Damage::Flip { at_percent } => {
            let at = (bytes.len() - 1) * at_percent / 100;
            bytes[at] ^= 0x10;
        }
        Damage::Truncate => bytes.truncate(bytes.len() / 2),
        Damage::Empty => bytes.clear(),
        Damage::Remove => return fs::remove_file(path).unwrap(),
    }
    fs::write(path, bytes).unwrap();
}

/// After the keep-alive nothing of a function is in memory, not even in the free slot that it had.
fn wait_until_it_is_closed(server: &Server, image: &Path) {
    wait::until("the image is closed", Duration::from_secs(10), || {
        !server.process().has_open(image)
    });
}

/// Damages one of two functions' images; returns what its callers are told, and the image's name.
fn check(how: Damage) -> (String, String) {
    let site = Site::take();
    let server = site.start(&["--keep-alive", "200ms"]);
    let mut client = server.client();
    let code = b"const data = 'x'.repeat(300_000) + Math.random(); export const handler = () => data.length > 0";
    let image = register(&site, &mut client, "broken", code);
    let well = register(
        &site,
        &mut client,
        "well",
        b"export const handler = () => 'well'",
    );
    assert_eq!(client.call("broken", "1"), json!(true));
    assert_eq!(client.call("well", "1"), json!("well"));
    wait_until_it_is_closed(&server, &image);

    damage(&image, how);
    let refused = client.invoke("broken", "1");
    assert_eq!(refused.status, 500, "{how:?}: {refused:?}");
    assert_eq!(refused.code(), "internal", "{how:?}");
    assert_eq!(client.call("well", "1"), json!("well"));
    assert_eq!(client.get("/healthz").status, 200);

    client.register("broken", "runtime=javascript", code);
    assert_eq!(client.call("broken", "1"), json!(true), "{how:?}");
    // Cold once more: what lies on disk now is whole.
    let published = images(&site);
    let repaired = published.iter().find(|path| **path != well).unwrap();
    wait_until_it_is_closed(&server, repaired);
    assert_eq!(client.call("broken", "1"), json!(true), "{how:?}");
    assert_eq!(client.call("well", "1"), json!("well"));
    server.stop();
    let name = image.file_stem().unwrap().to_str().unwrap();
    (refused.says(), name.to_owned())
}

const DAMAGES: [Damage; 7] = [
    Damage::Flip { at_percent: 0 },
    Damage::Flip { at_percent: 1 },
    Damage::Flip { at_percent: 50 },
    Damage::Flip { at_percent: 99 },
    Damage::Truncate,
    Damage::Empty,
    Damage::Remove,
];

#[test]
fn a_damaged_image_fails_its_function_only_and_registering_again_repairs_it() {
    for how in DAMAGES {
        check(how);
    }
}

#[test]
fn the_error_of_a_damaged_image_names_it_and_says_what_helps() {
    let mut silent = Vec::new();
    for how in DAMAGES {
        let (says, name) = check(how);
        // Registering again is what helps: deleting the file, which nobody but the server knows, does not.
        if !says.contains(&name) || !says.contains("register") {
            silent.push(format!("{how:?}: {says}"));
        }
    }
    assert!(silent.is_empty(), "{silent:#?}");
}

//! A process that is killed while it publishes leaves whole images only, and drafts that the next open sweeps.

use std::{
    env, fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use hydra_image::{ImageError, ImageStore, PAGE_BYTES, StoreLimits};
use hydra_types::Bytes;

use crate::fixture::{Numbers, base_memory, guest, restore, snapshot};

/// Names the directory in which a spawned copy of this test publishes until it is killed.
const CHILD_DIR: &str = "HYDRA_IMAGE_TEST_PUBLISH_IN";
const THIS_TEST: &str = "kill::a_kill_during_publication_leaves_whole_images_only";
const LIMITS: StoreLimits = StoreLimits {
    capacity: Bytes(64 << 20),
};
const MIN_KILLS: u32 = 30;
const MAX_KILLS: u32 = 150;

#[test]
fn a_kill_during_publication_leaves_whole_images_only() {
    if let Some(dir) = env::var_os(CHILD_DIR) {
        publish_until_killed(Path::new(&dir));
    }
    let dir = tempfile::tempdir().unwrap();
    let store = ImageStore::open(dir.path(), LIMITS).unwrap();
    let memory = base_memory(32);
    let base = store.publish_base(&snapshot(&memory)).unwrap();
    drop(store);
    let mut numbers = Numbers(0x1234_5678_9abc_def1);
    let (mut kills, mut drafts_left, mut images_seen) = (0, 0, 0);
    // Enough kills, and at least one in the middle of a write; the second bound ends a test that cannot hit one.
    while kills < MIN_KILLS || (drafts_left == 0 && kills < MAX_KILLS) {
        let mut child = spawn(dir.path());
        wait_for_a_new_image(dir.path(), &mut child);
        // Not a wait for anything: the moment of the kill is to be arbitrary.
        thread::sleep(Duration::from_micros(numbers.next() % 20_000));
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;

        drafts_left += count(dir.path(), "draft");
        let store = ImageStore::open(dir.path(), LIMITS).unwrap();
        assert_eq!(count(dir.path(), "draft"), 0);
        let mut used = base.file_bytes();
        for id in store.function_images().unwrap() {
            let image = store.open_function(id, guest(), &base).unwrap();
            assert_eq!(restore(&base, &image).len(), memory.len());
            used += image.file_bytes();
            images_seen += 1;
        }
        assert_eq!(store.bytes_used().0, used);
        for id in store.function_images().unwrap() {
            store.retire(id).unwrap();
        }
    }
    assert!(images_seen >= MIN_KILLS, "{images_seen} images");
    assert!(drafts_left > 0, "no kill hit a publication");
}

fn spawn(dir: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", THIS_TEST])
        .env(CHILD_DIR, dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn count(dir: &Path, folder: &str) -> usize {
    fs::read_dir(dir.join(folder)).unwrap().count()
}

fn wait_for_a_new_image(dir: &Path, child: &mut Child) {
    let start = Instant::now();
    while count(dir, "function") == 0 {
        assert!(
            child.try_wait().unwrap().is_none(),
            "the child ended by itself"
        );
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "the child publishes nothing"
        );
        thread::yield_now();
    }
}

/// Publishes and retires images of about 1.5 MiB, each another, so that a kill likely hits a write.
fn publish_until_killed(dir: &Path) -> ! {
    let store = ImageStore::open(dir, LIMITS).unwrap();
    let memory = base_memory(32);
    let base = store.publish_base(&snapshot(&memory)).unwrap();
    let mut numbers = Numbers(u64::from(std::process::id()) << 20 | 1);
    loop {
        let mut changed = memory.clone();
        changed[..400 * PAGE_BYTES].fill(numbers.next().to_le_bytes()[0] | 1);
        changed[..8].copy_from_slice(&numbers.next().to_le_bytes());
        match store.publish_function(&snapshot(&changed), &base, &memory) {
            Ok(image) if numbers.next().is_multiple_of(2) => store.retire(image.id()).unwrap(),
            Ok(_) => {}
            Err(ImageError::Full { .. }) => {
                for id in store.function_images().unwrap() {
                    store.retire(id).unwrap();
                }
            }
            Err(error) => panic!("{error}"),
        }
    }
}

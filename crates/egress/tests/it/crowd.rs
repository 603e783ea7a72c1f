//! As many exchanges at once as the runtime is built for.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use hydra_sandbox::HttpRequest;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{io::AsyncWriteExt, net::TcpStream, sync::Semaphore};

use crate::harness::{Server, block_on, body, egress, get, read_head};

const EXCHANGES: usize = 5_000;

fn raise_descriptor_limit() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    setrlimit(Resource::Nofile, raised).unwrap();
    let now = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(now).unwrap_or(usize::MAX)
}

fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn five_thousand_exchanges_wait_at_once_on_one_thread() {
    let descriptors = raise_descriptor_limit();
    // Both ends of every connection are in this process.
    let count = EXCHANGES.min(descriptors.saturating_sub(512) / 2);
    if count < EXCHANGES {
        println!("ONLY {count} EXCHANGES: this process may open {descriptors} descriptors");
    }
    // Nobody is answered before everybody has asked.
    let (asked, go) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let (arrived, gate) = (asked.clone(), go.clone());
    let server = Server::raw(move |mut stream: TcpStream| {
        let (arrived, gate) = (arrived.clone(), gate.clone());
        async move {
            while read_head(&mut stream).await {
                if arrived.fetch_add(1, Ordering::SeqCst) + 1 == count {
                    gate.add_permits(Semaphore::MAX_PERMITS);
                }
                let _open = gate.acquire().await.unwrap();
                let reply = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
                let _ = stream.write_all(reply).await;
            }
        }
    });
    let egress = egress(|_| {});
    let before = resident_kib();
    let start = Instant::now();
    let during = Arc::new(AtomicUsize::new(0));
    let peak = during.clone();
    block_on(async {
        let all = (0..count).map(|_| {
            let fetching = egress.fetch(HttpRequest {
                deadline: start + Duration::from_secs(60),
                ..get(&server.url("/"))
            });
            let peak = &peak;
            async move {
                let response = fetching.await.unwrap();
                if peak.load(Ordering::Relaxed) == 0 {
                    let now = usize::try_from(resident_kib()).unwrap();
                    peak.store(now, Ordering::Relaxed);
                }
                assert_eq!(body(response).await.unwrap(), b"hello");
            }
        });
        join_all(all).await;
    });
    let took = start.elapsed();
    let used = during.load(Ordering::Relaxed) as u64 - before;
    println!(
        "{count} exchanges at once: {} ms; {used} KiB for both ends, {:.1} KiB each",
        took.as_millis(),
        used as f64 / count as f64,
    );
    assert_eq!(asked.load(Ordering::SeqCst), count);
    assert!(took < Duration::from_secs(20), "{took:?}");
    assert!(used < count as u64 * 96, "{used} KiB");
}

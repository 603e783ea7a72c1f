//! Thousands of invocations that wait for a slow server at once hold no thread and little memory.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Builder,
};

use super::{Origin, register, with_origin};
use crate::harness::{address::Address, wait};

const CALLS: usize = 5000;

/// Both servers have a connection per call; a server leaves half of its descriptors to clients, and five sixteenths,
/// of which one egress list gets four fifths, to what its functions fetch from.
const DESCRIPTORS: u64 = 20_000;

/// What a waiting invocation may take, with all that belongs to it: sandbox, sockets, buffers.
const WAITING_KIB: u64 = 600;

/// From the first call to the last reply.
const PATIENCE: Duration = Duration::from_secs(60);

/// Raises this process's limit, which servers inherit; whether it is enough.
fn raise_descriptors() -> bool {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    setrlimit(Resource::Nofile, raised).unwrap();
    limit.maximum.is_none_or(|most| most >= DESCRIPTORS)
}

/// One invocation over a connection of its own.
async fn call(address: SocketAddr, event: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST /v1/functions/f/invocations HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{event}",
        event.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).await.unwrap();
    reply
}

#[test]
fn five_thousand_invocations_wait_for_a_slow_server_without_threads() {
    if !raise_descriptors() {
        eprintln!(
            "SKIPPED: the limit of open files is below {DESCRIPTORS}; raise it with: ulimit -Hn {DESCRIPTORS}"
        );
        return;
    }
    with_origin(|server, client, origin| {
        let spec = format!("&concurrency={CALLS}&timeout_ms=120000");
        let code = "export const handler = async (origin) => {
                      const response = await fetch(`${origin}/held`);
                      return await response.text();
                    };";
        let spec = format!(
            "runtime=javascript&file=index.mjs&egress={}{spec}",
            origin.authority()
        );
        client.register("f", &spec, code.as_bytes());
        let fast = "return (await fetch(`${origin}/status/200`)).status;";
        // Of another list: the crowd may use up the connections of its own.
        register(client, "fast", ",example.com", origin, fast);
        let event = json!(origin.url("")).to_string();
        assert_eq!(client.call("fast", &event), 200);

        let process = server.process();
        let (threads, before_kib) = (process.threads(), process.pss_kib());
        let Address::Tcp(address) = *server.address() else {
            panic!("a server of tests listens on TCP");
        };
        let crowd = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let began = Instant::now();
        let calls: Vec<_> = (0..CALLS)
            .map(|_| {
                let event = event.clone();
                crowd.spawn(async move { call(address, &event).await })
            })
            .collect();
        wait::until("all of them wait", PATIENCE, || origin.asked() == CALLS);
        let gathered = began.elapsed();

        let waiting_kib = process.pss_kib().saturating_sub(before_kib);
        let each_kib = waiting_kib / u64::try_from(CALLS).unwrap();
        let waiting_threads = process.threads();
        assert_eq!(client.running(), u64::try_from(CALLS).unwrap());
        // Others are served meanwhile.
        let asked = Instant::now();
        assert_eq!(client.call("fast", &event), 200);
        let fast = asked.elapsed();

        let opened = Instant::now();
        origin.open();
        let good = crowd.block_on(async {
            let mut good = 0;
            for call in calls {
                let reply = call.await.unwrap();
                let whole =
                    reply.starts_with(b"HTTP/1.1 200") && reply.ends_with(b"\r\n\r\n\"open\"");
                assert!(whole, "{}", String::from_utf8_lossy(&reply));
                good += 1;
            }
            good
        });
        let served = opened.elapsed();
        eprintln!(
            "{CALLS} waited after {gathered:?} and were answered {served:?} after the server was; {each_kib} KiB each, \
             {threads} threads before and {waiting_threads} while they waited, another took {fast:?}"
        );
        assert_eq!(good, CALLS);
        assert!(waiting_threads <= threads, "{waiting_threads} threads");
        assert!(each_kib <= WAITING_KIB, "{each_kib} KiB each");
        assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
        settles(origin);
    });
}

fn settles(origin: &Origin) {
    wait::until("nobody asks", Duration::from_secs(5), || {
        origin.asked() == 0
    });
}

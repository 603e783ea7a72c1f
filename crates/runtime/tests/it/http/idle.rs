//! Ten thousand idle connections.
//!
//! Both ends in one process would need twice the descriptors, so the clients are this test binary run again, told
//! by an environment variable where to connect and how often.

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Command, Stdio},
    time::Duration,
};

use super::server::Server;

const CONNECTIONS: usize = 10_000;
/// Files that the process has open besides the connections.
const SPARE_DESCRIPTORS: u64 = 500;
/// What an idle connection may cost the server.
const MAX_BYTES_EACH: u64 = 24 << 10;
const TARGET: &str = "HYDRA_TEST_IDLE_TARGET";

/// Opens `count` connections, uses each, waits for a line on standard input, uses each again.
fn hold(address: SocketAddr, count: usize, released: impl FnOnce()) {
    let mut connections: Vec<TcpStream> = (0..count).map(|_| connect(address)).collect();
    connections.iter_mut().for_each(ask);
    released();
    connections.iter_mut().for_each(ask);
}

fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    socket
}

fn ask(socket: &mut TcpStream) {
    socket
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .unwrap();
    let mut reply = [0; 1024];
    let bytes = socket.read(&mut reply).unwrap();
    assert!(
        reply[..bytes].starts_with(b"HTTP/1.1 200"),
        "{:?}",
        &reply[..bytes]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_are_served_again() {
    if let Ok(target) = env::var(TARGET) {
        assert!(hydra_sys::process::raise_descriptor_limit() > CONNECTIONS as u64);
        hold(target.parse().unwrap(), CONNECTIONS, || {
            println!("\nholding");
            std::io::stdin().read_line(&mut String::new()).unwrap();
        });
        return;
    }
    let server = Server::start().await;
    let address = server.address;
    let held = tokio::task::spawn_blocking(move || hold(address, 100, || {}));
    held.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_idle_connections_cost_little_and_are_served_again() {
    let limit = hydra_sys::process::raise_descriptor_limit();
    if limit < CONNECTIONS as u64 + SPARE_DESCRIPTORS {
        eprintln!(
            "SKIPPED: ten thousand connections need RLIMIT_NOFILE > {CONNECTIONS}, the hard limit is {limit}"
        );
        return;
    }
    let server = Server::start().await;
    assert_eq!(server.client().await.get("/healthz").await.status, 200);
    let before = hydra_sys::process::memory_use().unwrap();
    let mut client = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "http::idle::idle_connections_are_served_again",
            "--nocapture",
        ])
        .env(TARGET, server.address.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(client.stdout.take().unwrap());
    let (held, output) = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        while line.trim() != "holding" {
            line.clear();
            if output.read_line(&mut line).unwrap() == 0 {
                return (false, output);
            }
        }
        (true, output)
    })
    .await
    .unwrap();
    assert!(held, "the client failed; its output is above");
    let during = hydra_sys::process::memory_use().unwrap();
    let each = during.private_bytes.saturating_sub(before.private_bytes) / CONNECTIONS as u64;
    eprintln!("an idle connection costs {each} bytes of private memory");
    assert!(each <= MAX_BYTES_EACH, "{each} bytes");
    assert_eq!(server.client().await.get("/healthz").await.status, 200);
    drop(client.stdin.take());
    let status = tokio::task::spawn_blocking(move || client.wait())
        .await
        .unwrap()
        .unwrap();
    drop(output);
    assert!(status.success());
}

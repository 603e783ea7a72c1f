//! A server on a free loopback port with a scripted backend behind it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use hydra_runtime::{
    Instance, InstanceConfig,
    http::{Bound, HttpConfig, ListenAddress, Running},
};

use super::{client::Client, scripted::Scripted};

pub(crate) struct Server {
    pub(crate) running: Running,
    pub(crate) instance: Instance,
    pub(crate) backend: Scripted,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(HttpConfig::default(), InstanceConfig::default()).await
    }

    pub(crate) async fn with_http(http: HttpConfig) -> Self {
        Self::with(http, InstanceConfig::default()).await
    }

    pub(crate) async fn with(http: HttpConfig, config: InstanceConfig) -> Self {
        let backend = Scripted::new();
        let instance = Instance::start(config, vec![Arc::new(backend.clone())]).unwrap();
        let bound = Bound::bind(&["127.0.0.1:0".parse().unwrap()]).unwrap();
        let running = bound.serve(instance.clone(), http);
        let ListenAddress::Tcp(address) = running.addresses()[0] else {
            panic!("asked for TCP");
        };
        Self {
            running,
            instance,
            backend,
            address,
        }
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.address).await
    }

    /// A client of a server that has the function `f`.
    pub(crate) async fn client_with_function(&self) -> Client {
        let mut client = self.client().await;
        assert_eq!(client.register("f").await.status, 201);
        client
    }

    /// Waits until `running` and `queued` invocations of `f` are there.
    pub(crate) async fn wait_for(&self, running: usize, queued: usize) {
        let name = "f".parse().unwrap();
        eventually(|| {
            let status = self.instance.describe(&name).unwrap();
            status.running == running && status.queued == queued
        })
        .await;
    }
}

/// Waits for a condition that something else brings about.
pub(crate) async fn eventually(mut condition: impl FnMut() -> bool) {
    let end = tokio::time::Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(
            tokio::time::Instant::now() < end,
            "the condition never came"
        );
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

//! Whatever clients, owners and guests do, in whatever order: counts add up and everything accepted is answered.

use std::{
    collections::HashSet,
    sync::atomic::Ordering::SeqCst,
    time::{Duration, Instant},
};

use hydra_runtime::{InvokeError, Reply};
use hydra_types::{Bytes, Reuse};
use proptest::prelude::*;
use tokio::task::JoinHandle;

use crate::fake::{Rig, name, until};

const FUNCTIONS: [&str; 3] = ["warm", "fresh", "single"];
const CONCURRENCY: u64 = 3;
const EVENTS: [&str; 9] = [
    "reply",
    "hold",
    "hold",
    "sleep:1",
    "spin:2",
    "fail",
    "spent",
    "panic",
    "bad-reset",
];

#[derive(Clone, Debug)]
enum Step {
    Invoke { function: usize, event: usize },
    Leave { client: usize },
    Release { count: usize },
    Register { function: usize },
    Deregister { function: usize },
    WarmUp { function: usize, count: u32 },
    Restore { function: usize },
    Checkpoint { function: usize },
    Breathe,
}

fn step() -> impl Strategy<Value = Step> {
    let function = 0..FUNCTIONS.len();
    prop_oneof![
        12 => (function.clone(), 0..EVENTS.len())
            .prop_map(|(function, event)| Step::Invoke { function, event }),
        3 => any::<usize>().prop_map(|client| Step::Leave { client }),
        3 => (1_usize..4).prop_map(|count| Step::Release { count }),
        1 => function.clone().prop_map(|function| Step::Register { function }),
        1 => function.clone().prop_map(|function| Step::Deregister { function }),
        1 => (function.clone(), 0_u32..6)
            .prop_map(|(function, count)| Step::WarmUp { function, count }),
        1 => function.clone().prop_map(|function| Step::Restore { function }),
        1 => function.prop_map(|function| Step::Checkpoint { function }),
        3 => Just(Step::Breathe),
    ]
}

async fn register(rig: &Rig, function: &str) {
    rig.register_with(function, |fields| {
        let single = function == "single";
        fields.concurrency = Some(if single { 1 } else { CONCURRENCY });
        fields.queue = Some(4);
        fields.timeout_ms = Some(200);
        fields.reuse = (function == "fresh").then_some(Reuse::Fresh);
    })
    .await;
}

/// Compares each function's counts, taken in one moment, with each other.
fn check_counts(rig: &Rig) {
    for function in FUNCTIONS {
        let Some(status) = rig.instance.describe(&name(function)) else {
            continue;
        };
        let concurrency = status.spec.limits.concurrency as usize;
        assert!(status.running <= concurrency, "{status:?}");
        if status.queued > 0 {
            // Some may wait for sandboxes that are just being measured, whose jobs count as running.
            let all_run = status.running == concurrency;
            assert!(all_run || status.queued <= status.running, "{status:?}");
        }
        let settling_at_most = status.running;
        assert!(status.queued <= 4 + settling_at_most, "{status:?}");
    }
    assert!(rig.world.live.load(SeqCst) <= 6);
    assert!(rig.instance.live_sandboxes() <= 7, "one may be on its way");
}

type Client = JoinHandle<Result<Reply, InvokeError>>;

async fn take(rig: &Rig, step: &Step, clients: &mut Vec<Client>) {
    let named = |function: &usize| name(FUNCTIONS[*function]);
    match step {
        Step::Invoke { function, event } => {
            clients.push(rig.begin(FUNCTIONS[*function], EVENTS[*event]));
        }
        Step::Leave { client } if !clients.is_empty() => {
            let client = clients.swap_remove(client % clients.len());
            client.abort();
        }
        Step::Leave { .. } => {}
        Step::Release { count } => rig.world.release(*count),
        Step::Register { function } => register(rig, FUNCTIONS[*function]).await,
        Step::Deregister { function } => {
            let _ = rig.instance.deregister(&named(function)).await;
        }
        Step::WarmUp { function, count } => {
            let _ = rig.instance.warm_up(&named(function), *count).await;
        }
        Step::Restore { function } => {
            let _ = rig.instance.restore(&named(function), 2).await;
        }
        Step::Checkpoint { function } => {
            let _ = rig.instance.checkpoint(&named(function)).await;
        }
        Step::Breathe => tokio::time::sleep(Duration::from_micros(300)).await,
    }
}

async fn check_script(script: Vec<Step>) {
    let rig = Rig::start(|config| {
        config.max_sandboxes = 6;
        config.memory_budget = Bytes::mib(1);
        config.max_pending = 20;
        config.keep_alive = Duration::from_millis(5);
    });
    for function in FUNCTIONS {
        register(&rig, function).await;
    }
    let mut clients = Vec::new();
    for step in &script {
        take(&rig, step, &mut clients).await;
        check_counts(&rig);
    }
    // Holds end from now on, however many there are.
    rig.world.release(1000);
    let draining = rig.instance.drain(Instant::now() + Duration::from_secs(10));
    assert_eq!(draining.await.unfinished, 0);
    let mut ids = HashSet::new();
    for client in clients {
        let answer = tokio::time::timeout(Duration::from_secs(1), client).await;
        let answer = answer.expect("answered before the drain ended").unwrap();
        let id = answer.map_or_else(|error| error.request_id.unwrap(), |reply| reply.request_id);
        assert!(ids.insert(id), "ids are unique");
    }
    until("all sandboxes are gone", || {
        rig.instance.live_sandboxes() == 0
    })
    .await;
    assert_eq!(rig.world.live.load(SeqCst), 0);
    let gone = |line: &str| rig.instance.metrics().encode().lines().any(|l| l == line);
    assert!(gone("hydra_private_bytes 0") && gone("hydra_queued 0"));
    for function in FUNCTIONS {
        if let Some(status) = rig.instance.describe(&name(function)) {
            assert_eq!((status.idle, status.running, status.queued), (0, 0, 0));
        }
    }
}

proptest! {
    // As many cases as PROPTEST_CASES says, 256 unless told.
    #![proptest_config(ProptestConfig {
        max_shrink_iters: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nothing_accepted_is_lost_and_nothing_made_is_leaked(
        script in prop::collection::vec(step(), 1..120)
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(check_script(script));
    }
}

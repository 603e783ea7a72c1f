//! Sandbox, density and idle measurements over the scripted backend.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use hydra_bench::{
    density, idle,
    sandbox_bench::{self, SandboxBenchConfig, SandboxReport},
    workload::Workload,
};
use hydra_sandbox::After;

use crate::fake::{Fake, Script};

fn measure(fake: &Fake, live: usize) -> anyhow::Result<SandboxReport> {
    let config = SandboxBenchConfig {
        hello: Workload::hello().unwrap(),
        allocating: Workload::allocating().unwrap(),
        live: NonZeroUsize::new(live).unwrap(),
        threads: NonZeroUsize::new(2),
        samples: 30,
    };
    sandbox_bench::run(fake, &config)
}

#[test]
fn every_time_has_its_samples_and_every_sandbox_is_dropped() {
    let fake = Fake::new(Script::default());
    let report = measure(&fake, 20).unwrap();
    assert_eq!(report.alone.restore_us.count, 30);
    assert_eq!(report.alone.warm_invoke_us.unwrap().count, 30);
    assert_eq!(report.busy.times.reset_invoke_us.count, 60);
    assert_eq!(report.first_reply_blank_us.count, 20);
    assert_eq!(fake.live(), 0);
}

#[test]
fn memory_comes_from_the_function_it_is_said_to_come_from() {
    let report = measure(&Fake::new(Script::default()), 10).unwrap();
    assert_eq!(report.live.live, 10);
    assert_eq!(report.live.private_memory_kib, 100.0);
    assert_eq!(report.late.private_kib_after_1000_hello, 100.0);
    assert_eq!(report.late.private_kib_after_1000, 200.0);
    assert_eq!(report.late.sandboxes, 10);
    assert_eq!(
        (
            report.shared_code_kib,
            report.base_image_kib,
            report.function_image_kib
        ),
        (2000, 300, 12)
    );
}

#[test]
fn a_function_that_keeps_no_state_has_no_warm_time_and_is_reset_between_calls() {
    let script = Script {
        after: After::NeedsReset,
        ..Script::default()
    };
    let report = measure(&Fake::new(script), 5).unwrap();
    assert!(report.alone.warm_invoke_us.is_none() && report.busy.times.warm_invoke_us.is_none());
    assert_eq!(report.alone.reset_invoke_us.count, 30);
}

#[test]
fn a_wrong_reply_ends_the_measurement_wherever_it_comes() {
    let check = |wrong_from| {
        let error = measure(
            &Fake::new(Script {
                wrong_from,
                ..Script::default()
            }),
            10,
        )
        .unwrap_err();
        assert!(format!("{error:#}").contains("expected"), "{error:#}");
    };
    check(0);
    check(5);
    check(10_100);
}

#[test]
fn running_out_of_slots_says_so() {
    let error = measure(
        &Fake::new(Script {
            slots: 7,
            ..Script::default()
        }),
        20,
    )
    .unwrap_err();
    assert!(
        format!("{error:#}").contains("all 7 sandbox slots are taken"),
        "{error:#}"
    );
}

#[test]
fn the_json_report_has_the_published_names() {
    let report = measure(&Fake::new(Script::default()), 5).unwrap();
    let json = serde_json::to_value(&report).unwrap();
    for time in [
        "restore_us",
        "first_reply_us",
        "reset_invoke_us",
        "warm_invoke_us",
    ] {
        for found in [&json[time], &json["busy"][time]] {
            assert!(
                found["p50"].is_f64() && found["p99"].is_f64() && found["count"].is_u64(),
                "{time}: {found}"
            );
        }
    }
    for number in [
        "live",
        "private_kib_per_sandbox",
        "private_kib_after_1000",
        "shared_code_kib",
        "base_image_kib",
        "function_image_kib",
    ] {
        assert!(json[number].is_number(), "{number}");
    }
    assert!(
        json["restore_blank_us"]["p50"].is_f64() && json["first_reply_blank_us"]["p50"].is_f64()
    );
    assert!(json["machine"]["kernel"].is_string());
    assert_eq!(json["busy"]["threads"], 2);
}

#[test]
fn density_spreads_sandboxes_over_functions_and_says_how_far_it_got() {
    let (functions, live) = (
        NonZeroUsize::new(10).unwrap(),
        NonZeroUsize::new(100).unwrap(),
    );
    let report = density::run(&Fake::new(Script::default()), functions, live).unwrap();
    assert_eq!(
        (report.register_us.count, report.first_reply_us.count),
        (10, 100)
    );
    let few = Fake::new(Script {
        slots: 42,
        ..Script::default()
    });
    let error = density::run(&few, functions, live).unwrap_err();
    assert!(
        format!("{error:#}").contains("after 42 of 100 sandboxes"),
        "{error:#}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn idle_functions_are_weighed_when_no_sandbox_is_left() {
    let fake = Fake::new(Script::default());
    let functions = NonZeroUsize::new(200).unwrap();
    let keep_alive = Duration::from_millis(50);
    let report = idle::run(vec![Arc::new(fake.clone())], functions, keep_alive)
        .await
        .unwrap();
    assert_eq!(report.functions, 200);
    assert!(report.pss_empty_kib > 0);
    assert_eq!(fake.live(), 0);
}

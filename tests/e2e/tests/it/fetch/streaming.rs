//! Large bodies pass through a function piece by piece.

use serde_json::json;

use super::{register, with_origin};

const BODY_MIB: u64 = 200;

/// What the process may need more while one passes, at most: not the body, and not a part of it that grows with it.
const GROWTH_MIB: u64 = 48;

#[test]
fn a_body_larger_than_its_memory_streams_through_a_function() {
    with_origin(|server, client, origin| {
        let reading = "let total = 0, wrong = 0;
                       const response = await fetch(origin);
                       for await (const piece of response.body) {
                         if (piece[0] !== total % 251) wrong++;
                         total += piece.length;
                       }
                       return [total, wrong];";
        let piped = "let total = 0;
                     const half = new TransformStream({
                       transform(piece, controller) { controller.enqueue(piece.subarray(0, piece.length >> 1)); },
                     });
                     const count = new WritableStream({ write(piece) { total += piece.length; } });
                     await (await fetch(origin)).body.pipeThrough(half).pipeTo(count);
                     return total > 0;";
        let node = "let total = 0;
                    await new Promise((resolve, reject) => {
                      http.get(origin, (response) => {
                        response.on('data', (piece) => { total += piece.length; }).on('end', resolve).on('error', reject);
                      }).on('error', reject);
                    });
                    return total;";
        let bytes = BODY_MIB << 20;
        for (name, body, expected) in [
            ("reading", reading, json!([bytes, 0])),
            ("piped", piped, json!(true)),
            ("node", node, json!(bytes)),
        ] {
            register(client, name, "&memory_mb=32", origin, body);
            let small = json!(origin.url("/bytes/1000000")).to_string();
            client.call(name, &small);
            server.process().forget_peak();
            let before_mib = server.process().peak_resident_mib();
            let event = json!(origin.url(&format!("/bytes/{bytes}"))).to_string();
            let began = std::time::Instant::now();
            assert_eq!(client.call(name, &event), expected, "{name}");
            let grown_mib = server.process().peak_resident_mib() - before_mib;
            eprintln!(
                "{name}: {BODY_MIB} MiB in {:?}, {grown_mib} MiB more resident",
                began.elapsed()
            );
            assert!(grown_mib <= GROWTH_MIB, "{name}: {grown_mib} MiB");
        }
    });
}

//! What users upload: modules, sources, zips. Nothing may panic, and a module that is accepted stays acceptable.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    hydra_sandbox_wasm::fuzzing::split_module(bytes);
    hydra_sandbox_wasm::fuzzing::read_source(bytes);
    hydra_sandbox_wasm::fuzzing::read_archive(bytes);
});

//! The computations against vectors of their standards, their bounds, and hostile input.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod agreement;
mod crypto;
mod hostile;
mod keys;
mod press;
mod text;
mod urls;

use hydra_compute::{Answer, ComputeError, Computer};

/// Parts as the guest packs them.
fn parts(items: &[&[u8]]) -> Vec<u8> {
    let one = |item: &&[u8]| [&u32::try_from(item.len()).unwrap().to_le_bytes()[..], item].concat();
    items.iter().flat_map(one).collect()
}

fn unpack(mut packed: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while let Some((length, rest)) = packed.split_first_chunk::<4>() {
        let (part, rest) = rest.split_at(u32::from_le_bytes(*length) as usize);
        found.push(part.to_vec());
        packed = rest;
    }
    found
}

/// What an operation without handles answers.
fn ask(op: i32, items: &[&[u8]]) -> Result<Answer, ComputeError> {
    Computer::default().operate(op, &parts(items))
}

fn bytes(op: i32, items: &[&[u8]]) -> Vec<u8> {
    match ask(op, items) {
        Ok(Answer::Bytes(bytes)) => bytes,
        other => panic!("{other:?}"),
    }
}

fn number(answer: Result<Answer, ComputeError>) -> i32 {
    match answer {
        Ok(Answer::Number(number)) => number,
        other => panic!("{other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let text = text.trim();
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

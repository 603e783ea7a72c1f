//! Text from bytes in every encoding of the WHATWG standard, and UTF-8 back.

use encoding_rs::{DecoderResult, Encoding, REPLACEMENT};

use crate::handles::{Handles, Open, closed};
use crate::parts::Parts;
use crate::{Answer, ComputeError, Result, at_most};

/// What one call decodes at most.
const LIMIT: usize = 256 << 10;
/// What one call encodes at most: as many UTF-16 units, three bytes each.
const ENCODED: usize = 3 * LIMIT;

const FATAL: u8 = 1;
const KEEP_BOM: u8 = 2;

/// A decoder of text that comes in pieces.
pub(crate) struct Decoder {
    inner: encoding_rs::Decoder,
    fatal: bool,
}

impl Decoder {
    fn new(parts: &Parts<'_>) -> Result<Self> {
        let (name, flags) = (parts.bytes(0)?, parts.number::<u8>(1)?);
        let unknown =
            || ComputeError::range("there is no such encoding").code("ERR_ENCODING_NOT_SUPPORTED");
        let encoding = Encoding::for_label_no_replacement(name).ok_or_else(unknown)?;
        let inner = if flags & KEEP_BOM == 0 {
            encoding.new_decoder_with_bom_removal()
        } else {
            encoding.new_decoder_without_bom_handling()
        };
        Ok(Self {
            inner,
            fatal: flags & FATAL != 0,
        })
    }

    fn decode(&mut self, data: &[u8], last: bool) -> Result<String> {
        at_most(LIMIT, "text", data)?;
        if self.fatal {
            let most = self
                .inner
                .max_utf8_buffer_length_without_replacement(data.len())
                .ok_or_else(too_long)?;
            let mut out = String::with_capacity(most);
            return match self
                .inner
                .decode_to_string_without_replacement(data, &mut out, last)
                .0
            {
                DecoderResult::InputEmpty => Ok(out),
                DecoderResult::Malformed(..) => Err(malformed()),
                DecoderResult::OutputFull => Err(too_long()),
            };
        }
        let most = self
            .inner
            .max_utf8_buffer_length(data.len())
            .ok_or_else(too_long)?;
        let mut out = String::with_capacity(most);
        match self.inner.decode_to_string(data, &mut out, last).0 {
            encoding_rs::CoderResult::InputEmpty => Ok(out),
            encoding_rs::CoderResult::OutputFull => Err(too_long()),
        }
    }
}

fn too_long() -> ComputeError {
    ComputeError::range("the text is too long")
}

fn malformed() -> ComputeError {
    ComputeError::type_error("The encoded data was not valid for its encoding")
        .code("ERR_ENCODING_INVALID_ENCODED_DATA")
}

/// The name that `TextDecoder` shows; the replacement encoding is none that it takes.
pub(crate) fn encoding_of(label: &[u8]) -> Answer {
    match Encoding::for_label(label).filter(|found| *found != REPLACEMENT) {
        Some(found) => Answer::Text(found.name().to_ascii_lowercase()),
        None => Answer::Nothing,
    }
}

pub(crate) fn decode(parts: &Parts<'_>) -> Result<Answer> {
    Decoder::new(parts)?
        .decode(parts.bytes(2)?, true)
        .map(Answer::Text)
}

pub(crate) fn open(parts: &Parts<'_>, handles: &mut Handles) -> Result<Answer> {
    handles
        .add(Open::Decoder(Decoder::new(parts)?))
        .map(Answer::Number)
}

pub(crate) fn push(parts: &Parts<'_>, handles: &mut Handles) -> Result<Answer> {
    let (handle, last, data) = (parts.number(0)?, parts.bytes(1)? == b"1", parts.bytes(2)?);
    let Open::Decoder(decoder) = handles.get(handle)? else {
        return Err(closed(handle));
    };
    let found = decoder.decode(data, last);
    if last || found.is_err() {
        handles.close(handle);
    }
    found.map(Answer::Text)
}

pub(crate) fn decode_utf8(given: &[u8]) -> Result<Answer> {
    at_most(LIMIT, "text", given)?;
    Ok(Answer::Text(String::from_utf8_lossy(given).into_owned()))
}

pub(crate) fn decode_utf8_fatal(given: &[u8]) -> Result<Answer> {
    at_most(LIMIT, "text", given)?;
    std::str::from_utf8(given)
        .map(|found| Answer::Text(found.into()))
        .map_err(|_| malformed())
}

pub(crate) fn encode_utf8(given: &[u8]) -> Result<Answer> {
    at_most(ENCODED, "text", given)?;
    Ok(Answer::Bytes(given.to_vec()))
}

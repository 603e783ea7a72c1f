//! Compression and decompression: gzip, deflate with and without a header, Brotli. Each has a handle.
//!
//! One call takes 32 KiB, or 2 KiB at the levels of deflate that search long, and gives at most 256 KiB back when it decompresses; the guest asks again, so that a small
//! input cannot grow without bound. Brotli is bounded to quality 4 and a window of 256 KiB when it compresses: the
//! qualities above gather megabytes and then work for seconds at once.

use brotli::enc::backward_references::BrotliEncoderParams;
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState, CompressorWriter};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use std::io::Write;

use crate::handles::{Handles, Open, closed};
use crate::parts::Parts;
use crate::{Answer, ComputeError, Result, at_most};

/// What one call takes at most.
const LIMIT: usize = 32 << 10;
/// What one call of deflate takes at most at levels above 6, which search long for little.
const THOROUGH: usize = 2 << 10;
/// What one call of a decompressor gives at most.
const OUTPUT: usize = 256 << 10;
/// What one call sums at most.
const SUM: usize = 256 << 10;

const BROTLI_QUALITY: i32 = 4;
const BROTLI_WINDOW: i32 = 18;

type BrotliAlloc = brotli::enc::StandardAlloc;
type BrotliDecoder = BrotliState<BrotliAlloc, BrotliAlloc, BrotliAlloc>;

pub(crate) enum Compressor {
    /// With what one call takes.
    Deflate(Compress, usize),
    Brotli(Box<CompressorWriter<Vec<u8>>>),
}

pub(crate) enum Decompressor {
    Deflate(Decompress),
    Brotli(Box<BrotliDecoder>),
}

fn unknown(format: &str) -> ComputeError {
    ComputeError::unsupported(format_args!(
        "there is no compression {format:.40}; there are gzip, deflate, deflate-raw and brotli"
    ))
}

/// A number between two others, or the usual one where none was given.
fn chosen(parts: &Parts<'_>, index: usize, usual: i32, least: i32, most: i32) -> Result<i32> {
    let number = if parts.bytes(index)?.is_empty() {
        usual
    } else {
        parts.number(index)?
    };
    if number < least || number > most {
        let message = format_args!("a compressor takes {least} to {most} here, not {number}");
        return Err(ComputeError::range(message).code("ERR_OUT_OF_RANGE"));
    }
    Ok(number)
}

pub(crate) fn open_compressor(parts: &Parts<'_>, handles: &mut Handles) -> Result<Answer> {
    let format = parts.text(0)?;
    let compressor = if format == "brotli" {
        let quality = chosen(parts, 1, BROTLI_QUALITY, 0, 11)?.min(BROTLI_QUALITY);
        let lgwin = chosen(parts, 2, BROTLI_WINDOW, 10, 24)?.min(BROTLI_WINDOW);
        let params = BrotliEncoderParams {
            quality,
            lgwin,
            lgblock: 16,
            ..BrotliEncoderParams::default()
        };
        Compressor::Brotli(Box::new(CompressorWriter::with_params(
            Vec::new(),
            4096,
            &params,
        )))
    } else {
        let level = match chosen(parts, 1, -1, -1, 9)? {
            -1 => Compression::default(),
            level => Compression::new(level.unsigned_abs()),
        };
        let limit = if level.level() > 6 { THOROUGH } else { LIMIT };
        // A window of 8 bits is done with 9, as zlib does.
        let bits = u8::try_from(chosen(parts, 2, 15, 8, 15)?.max(9)).unwrap_or(15);
        let compress = match format {
            "gzip" => Compress::new_gzip(level, bits),
            "deflate" => Compress::new_with_window_bits(level, true, bits),
            "deflate-raw" => Compress::new_with_window_bits(level, false, bits),
            other => return Err(unknown(other)),
        };
        Compressor::Deflate(compress, limit)
    };
    handles
        .add(Open::Compressor(compressor))
        .map(Answer::Number)
}

pub(crate) fn compress(parts: &Parts<'_>, handles: &mut Handles) -> Result<Answer> {
    let (handle, mode, data) = (parts.number(0)?, parts.number::<u8>(1)?, parts.bytes(2)?);
    let Open::Compressor(compressor) = handles.get(handle)? else {
        return Err(closed(handle));
    };
    at_most(
        if let Compressor::Deflate(_, limit) = compressor {
            *limit
        } else {
            LIMIT
        },
        "data",
        data,
    )?;
    let finish = mode == 2;
    let done = match compressor {
        Compressor::Deflate(compress, _) => deflate(
            compress,
            data,
            match mode {
                0 => FlushCompress::None,
                1 => FlushCompress::Sync,
                _ => FlushCompress::Finish,
            },
        ),
        Compressor::Brotli(writer) => brotli(writer, data, mode),
    };
    let done = match done {
        Ok(out) if finish => match handles.take(handle)? {
            Open::Compressor(Compressor::Brotli(writer)) => [out, writer.into_inner()].concat(),
            _ => out,
        },
        Ok(out) => out,
        Err(error) => {
            handles.close(handle);
            return Err(error);
        }
    };
    Ok(Answer::Bytes(done))
}

fn deflate(compress: &mut Compress, mut data: &[u8], flush: FlushCompress) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(data.len() / 2 + 1024);
    loop {
        let (taken, given) = (compress.total_in(), out.len());
        let failed = |error| ComputeError::operation(format_args!("compression failed: {error}"));
        let status = compress
            .compress_vec(data, &mut out, flush)
            .map_err(failed)?;
        let taken = usize::try_from(compress.total_in() - taken).unwrap_or(data.len());
        data = data.get(taken..).unwrap_or_default();
        let stuck = taken == 0 && out.len() == given;
        if status == Status::StreamEnd || stuck || (data.is_empty() && out.len() < out.capacity()) {
            return Ok(out);
        }
        out.reserve(16 << 10);
    }
}

fn brotli(writer: &mut CompressorWriter<Vec<u8>>, data: &[u8], mode: u8) -> Result<Vec<u8>> {
    let failed = |error| ComputeError::operation(format_args!("compression failed: {error}"));
    writer.write_all(data).map_err(failed)?;
    if mode == 1 {
        writer.flush().map_err(failed)?;
    }
    Ok(std::mem::take(writer.get_mut()))
}

pub(crate) fn open_decompressor(parts: &Parts<'_>, handles: &mut Handles) -> Result<Answer> {
    let decompressor = match parts.text(0)? {
        "gzip" => Decompressor::Deflate(Decompress::new_gzip(15)),
        "deflate" => Decompressor::Deflate(Decompress::new(true)),
        "deflate-raw" => Decompressor::Deflate(Decompress::new(false)),
        "brotli" => {
            let alloc = BrotliAlloc::default;
            Decompressor::Brotli(Box::new(BrotliState::new_strict(alloc(), alloc(), alloc())))
        }
        other => return Err(unknown(other)),
    };
    handles
        .add(Open::Decompressor(decompressor))
        .map(Answer::Number)
}

/// What a step of a decompressor leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    /// All was taken and given.
    Nothing = 0,
    /// More comes out without more input.
    Output = 1,
    /// The stream has ended; what was not taken is not part of it.
    End = 2,
}

pub(crate) fn decompress(parts: &Parts<'_>, handles: &mut Handles) -> Result<Answer> {
    let (handle, data) = (parts.number(0)?, parts.bytes(1)?);
    at_most(LIMIT, "data", data)?;
    let Open::Decompressor(decompressor) = handles.get(handle)? else {
        return Err(closed(handle));
    };
    let mut out = vec![0; 5];
    let done = match decompressor {
        Decompressor::Deflate(decompress) => inflate(decompress, data, &mut out),
        Decompressor::Brotli(state) => unbrotli(state, data, &mut out),
    };
    if !matches!(done, Ok((Left::Nothing | Left::Output, _))) {
        handles.close(handle);
    }
    let (left, taken) = done?;
    let taken = u32::try_from(taken).map_err(|_| ComputeError::range("the input is too long"))?;
    out[0] = left as u8;
    out[1..5].copy_from_slice(&taken.to_le_bytes());
    Ok(Answer::Bytes(out))
}

/// Decompresses in pieces, so that a small input does not cost a large buffer.
fn inflate(decompress: &mut Decompress, data: &[u8], out: &mut Vec<u8>) -> Result<(Left, usize)> {
    let begin = decompress.total_in();
    let taken = |now: &Decompress| usize::try_from(now.total_in() - begin).unwrap_or(data.len());
    loop {
        out.reserve_exact(
            (data.len() * 4).clamp(4 << 10, (OUTPUT + 5).saturating_sub(out.len()).max(4 << 10)),
        );
        let (used, given) = (taken(decompress), out.len());
        let rest = data.get(used..).unwrap_or_default();
        let status = decompress
            .decompress_vec(rest, out, FlushDecompress::None)
            .map_err(|error| {
                let why = error.message().unwrap_or("incorrect data");
                let name = if error.needs_dictionary().is_some() {
                    "Z_NEED_DICT"
                } else {
                    "Z_DATA_ERROR"
                };
                ComputeError::type_error(why).code(name)
            })?;
        let used_now = taken(decompress);
        if status == Status::StreamEnd {
            return Ok((Left::End, used_now));
        }
        if out.len() == out.capacity() && out.len() > OUTPUT {
            return Ok((Left::Output, used_now));
        }
        if out.len() < out.capacity()
            && (used_now == data.len() || (used_now == used && out.len() == given))
        {
            return Ok((Left::Nothing, used_now));
        }
    }
}

fn unbrotli(state: &mut BrotliDecoder, data: &[u8], out: &mut Vec<u8>) -> Result<(Left, usize)> {
    let (mut taken, mut total) = (0, 0);
    let mut buffer = vec![0; 16 << 10];
    loop {
        let (mut left, mut space, mut given) = (data.len() - taken, buffer.len(), 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut taken,
            data,
            &mut space,
            &mut given,
            &mut buffer,
            &mut total,
            state,
        );
        out.extend_from_slice(&buffer[..given]);
        match result {
            BrotliResult::ResultSuccess => return Ok((Left::End, taken)),
            BrotliResult::NeedsMoreInput => return Ok((Left::Nothing, taken)),
            BrotliResult::NeedsMoreOutput if out.len() >= OUTPUT => {
                return Ok((Left::Output, taken));
            }
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::ResultFailure => {
                return Err(ComputeError::type_error("Decompression failed")
                    .code("ERR_BROTLI_DECODER_ERROR"));
            }
        }
    }
}

pub(crate) fn crc32(parts: &Parts<'_>) -> Result<Answer> {
    let (before, data) = (parts.number(0)?, parts.bytes(1)?);
    at_most(SUM, "data", data)?;
    let mut hasher = crc32fast::Hasher::new_with_initial(before);
    hasher.update(data);
    Ok(Answer::Json(hasher.finalize().to_string()))
}

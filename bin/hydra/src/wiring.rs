//! Which backends there are, what they get of the process, and where they keep their files.
//!
//! The only place of the binary that names a backend.

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use anyhow::{Context, Result};
use hydra_egress::{Egress, EgressConfig};
use hydra_runtime::TokioHost;
use hydra_sandbox::{Backend, BoxFuture, Host, HttpError, HttpRequest, HttpResponse};
use hydra_sandbox_wasm::{WasmConfig, WasmEngine};
use hydra_types::Bytes;
use tokio::runtime::Handle;

use crate::advice::Advice;

/// Slots beside those of sandboxes: registering takes one for as long as it loads, and must work where idle sandboxes
/// fill the house.
const LOADING_SLOTS: usize = 64;

/// What guests get of this process: its timers and its network.
struct ProcessHost {
    timers: TokioHost,
    egress: Egress,
}

impl Host for ProcessHost {
    fn sleep_until(&self, at: Instant) -> BoxFuture<'static, ()> {
        self.timers.sleep_until(at)
    }

    fn fetch(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, HttpError>> {
        self.egress.fetch(request)
    }
}

/// The host over `runtime`. Timers and exchanges run there, not on guest threads.
pub(crate) fn host(runtime: &Handle, egress: EgressConfig) -> Result<Arc<dyn Host>> {
    let egress = Egress::new(egress, runtime.clone()).context(Advice::usage(
        "cannot use the certificates of --egress-ca",
        "give a file with PEM certificates of authorities: -----BEGIN CERTIFICATE-----",
    ))?;
    Ok(Arc::new(ProcessHost {
        timers: TokioHost::new(runtime.clone()),
        egress,
    }))
}

/// Starts the Wasm engine and returns its backends: `wasm`, and `javascript` where its guest is there.
///
/// Function images go under `data` and take at most `images_capacity` there. `max_sandboxes` bounds the sandboxes
/// alive at once.
pub(crate) fn backends(
    guests: Option<&Path>,
    data: &Path,
    images_capacity: Bytes,
    max_sandboxes: usize,
    host: Arc<dyn Host>,
) -> Result<Vec<Arc<dyn Backend>>> {
    let guests_dir = guests_dir(guests)?;
    make_dir(&guests_dir)?;
    make_dir(data)?;
    let config = WasmConfig {
        guests_dir,
        images_dir: data.to_owned(),
        images_capacity,
        max_slots: max_sandboxes + LOADING_SLOTS,
        host,
    };
    let engine = WasmEngine::start(&config).context(Advice::failed(
        "cannot start the WebAssembly engine",
        "check that the guests and data folders can be written; `hydra guests rebuild` compiles the guests anew",
    ))?;
    Ok(engine.backends())
}

/// Where the JavaScript guest should be, if it is not there.
pub(crate) fn missing_guest(guests: Option<&Path>) -> Result<Option<PathBuf>> {
    Ok(WasmEngine::missing_guest(&guests_dir(guests)?))
}

/// The folder with the guests and their compiled code.
pub(crate) fn guests_dir(given: Option<&Path>) -> Result<PathBuf> {
    match given {
        Some(dir) => Ok(dir.to_owned()),
        None => Ok(cache_dir()?.join("guests")),
    }
}

/// The folder with function images.
pub(crate) fn data_dir(given: Option<&Path>) -> Result<PathBuf> {
    match given {
        Some(dir) => Ok(dir.to_owned()),
        None => Ok(cache_dir()?.join("images")),
    }
}

/// Source: XDG Base Directory Specification: an empty or relative `XDG_CACHE_HOME` counts as not set.
fn cache_dir() -> Result<PathBuf> {
    let set = |name: &str| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let base = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
    let base = base.context(Advice::usage(
        "there is no cache folder: neither XDG_CACHE_HOME nor HOME is set",
        "give the folders with --guests and --data, or set HYDRA_GUESTS and HYDRA_DATA",
    ))?;
    Ok(base.join("hydra"))
}

fn make_dir(dir: &Path) -> Result<()> {
    std::fs::create_dir_all(dir).with_context(|| {
        Advice::failed(
            format!("cannot make the folder {}", dir.display()),
            "choose another with --guests or --data",
        )
    })
}

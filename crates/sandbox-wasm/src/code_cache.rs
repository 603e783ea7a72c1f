//! Compiled modules on disk, one file per module and engine version.
//!
//! The name of a file says what is in it: `<hash of the split module>-<compatibility hash of the engine>.cwasm`.
//! A new Wasmtime, or other settings, is another name; nothing is ever loaded that another engine made. Beside
//! each lies the split module (`<hash>.wasm`), so that one command compiles everything again after a compiler
//! advisory.
//!
//! Files are written whole and renamed; several processes may share a cache. Its directory is created for this
//! user only, since what lies there is run.

use std::{
    collections::HashMap,
    fs::{self, File},
    hash::{DefaultHasher, Hash, Hasher},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError, Weak},
};

use hydra_image::GuestId;
use wasmtime::{Engine, Module};

use crate::glue;

pub(crate) struct CodeCache {
    dir: PathBuf,
    engine_tag: String,
    /// Modules in use, so that a module is mapped once however many functions share it.
    live: Mutex<HashMap<GuestId, Weak<Code>>>,
}

/// A module's machine code, mapped.
pub(crate) struct Code {
    pub(crate) module: Module,
    pub(crate) id: GuestId,
    /// Bytes of the file, all shared.
    pub(crate) file_bytes: u64,
}

/// Why a module's code cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// The compiler refused the module.
    #[error("the module does not compile: {0:#}")]
    Compile(wasmtime::Error),
    /// The engine refused the compiled file.
    #[error(
        "the compiled module at {path} cannot be loaded: {reason}; delete it, it will be rebuilt"
    )]
    Load {
        /// The file.
        path: PathBuf,
        /// What the engine said.
        reason: String,
    },
    /// The disk refused.
    #[error("cannot use the code cache at {path}")]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Somebody else could put code there.
    #[error(
        "the code cache at {path} belongs to another user or is writable by others; choose another directory"
    )]
    Exposed {
        /// Where.
        path: PathBuf,
    },
}

impl CodeCache {
    pub(crate) fn open(dir: &Path, engine: &Engine) -> Result<Self, CodeError> {
        let at = |source| CodeError::Io {
            path: dir.to_owned(),
            source,
        };
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(at)?;
        let meta = fs::metadata(dir).map_err(at)?;
        if meta.uid() != rustix::process::geteuid().as_raw() || meta.mode() & 0o022 != 0 {
            return Err(CodeError::Exposed {
                path: dir.to_owned(),
            });
        }
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let engine_tag = format!("{:016x}", hasher.finish());
        Ok(Self {
            dir: dir.to_owned(),
            engine_tag,
            live: Mutex::default(),
        })
    }

    /// The code of `split`, compiled now if this engine never has.
    pub(crate) fn code(
        &self,
        engine: &Engine,
        split: &[u8],
    ) -> Result<std::sync::Arc<Code>, CodeError> {
        let id = GuestId::of(split);
        if let Some(code) = self.live().get(&id).and_then(Weak::upgrade) {
            return Ok(code);
        }
        let path = self.code_path(id);
        let code = match self.load(engine, id, &path) {
            Ok(code) => code,
            // Absent, or not usable as it lies there: compile, which replaces it.
            Err(_) => {
                self.compile(engine, id, split)?;
                self.load(engine, id, &path)?
            }
        };
        let code = std::sync::Arc::new(code);
        let mut live = self.live();
        live.retain(|_, code| code.strong_count() > 0);
        // Another thread may have been as quick; then its mapping is the one that is shared.
        if let Some(first) = live.get(&id).and_then(Weak::upgrade) {
            return Ok(first);
        }
        live.insert(id, std::sync::Arc::downgrade(&code));
        Ok(code)
    }

    /// Compiles every module of the cache again, and deletes what other engines compiled.
    pub(crate) fn rebuild(&self, engine: &Engine) -> Result<Vec<(GuestId, u64)>, CodeError> {
        let mut rebuilt = Vec::new();
        let at = |source| CodeError::Io {
            path: self.dir.clone(),
            source,
        };
        let entries = fs::read_dir(&self.dir).map_err(at)?;
        let paths: Vec<_> = entries
            .map(|entry| entry.map(|e| e.path()))
            .collect::<Result<_, _>>()
            .map_err(at)?;
        for path in &paths {
            if path
                .extension()
                .is_some_and(|extension| extension == "cwasm")
            {
                fs::remove_file(path).map_err(at)?;
            }
        }
        for path in paths.iter().filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "wasm")
        }) {
            let split = fs::read(path).map_err(at)?;
            let id = GuestId::of(&split);
            if path.file_stem().is_none_or(|stem| *stem != *id.to_string()) {
                continue;
            }
            self.compile(engine, id, &split)?;
            rebuilt.push((id, fs::metadata(self.code_path(id)).map_err(at)?.len()));
        }
        Ok(rebuilt)
    }

    fn load(&self, engine: &Engine, id: GuestId, path: &Path) -> Result<Code, CodeError> {
        let at = |source| CodeError::Io {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(at)?;
        let file_bytes = file.metadata().map_err(at)?.len();
        let refused = |error: wasmtime::Error| CodeError::Load {
            path: path.to_owned(),
            reason: format!("{error:#}"),
        };
        let module = glue::load_code(engine, file).map_err(refused)?;
        Ok(Code {
            module,
            id,
            file_bytes,
        })
    }

    fn compile(&self, engine: &Engine, id: GuestId, split: &[u8]) -> Result<(), CodeError> {
        let machine_code = engine
            .precompile_module(split)
            .map_err(CodeError::Compile)?;
        write_whole(&self.dir, &self.dir.join(format!("{id}.wasm")), split)?;
        write_whole(&self.dir, &self.code_path(id), &machine_code)
    }

    fn code_path(&self, id: GuestId) -> PathBuf {
        self.dir.join(format!("{id}-{}.cwasm", self.engine_tag))
    }

    fn live(&self) -> std::sync::MutexGuard<'_, HashMap<GuestId, Weak<Code>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write_whole(dir: &Path, path: &Path, bytes: &[u8]) -> Result<(), CodeError> {
    let at = |source| CodeError::Io {
        path: path.to_owned(),
        source,
    };
    let mut draft = tempfile::NamedTempFile::new_in(dir).map_err(at)?;
    io::Write::write_all(&mut draft, bytes).map_err(at)?;
    draft.persist(path).map_err(|error| at(error.error))?;
    Ok(())
}

//! Puts functions into the table and takes them out.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use hydra_sandbox::{Backend, Program};
use hydra_types::{FunctionName, FunctionSpec};

use super::{Inner, Instance};
use crate::{
    Placement, RegisterError, Registered, UnknownFunction,
    caught::{caught, message},
    function::{Function, Listing, Parts},
    table::{Installed, Standing},
};

/// A load that takes as long has compiled something, and leaves the compiler's heap behind.
const LARGE_LOAD: Duration = Duration::from_millis(50);

impl Instance {
    /// Loads `code` and puts it in place under the spec's name; waits for a free loader first.
    ///
    /// The swap is atomic. Invocations that arrive after it use the new version; those accepted before it, running
    /// or queued, end on the old one, whose idle sandboxes are dropped at once. Of two registrations of one name at
    /// the same time the one that began later wins.
    ///
    /// Dropping the future before it is done leaves the name as it was.
    ///
    /// # Errors
    ///
    /// See [`RegisterError`]; the name keeps what it had.
    pub async fn register(
        &self,
        spec: FunctionSpec,
        code: Bytes,
    ) -> Result<Registered, RegisterError> {
        if self.0.admission.is_draining() {
            return Err(RegisterError::Draining);
        }
        let backend = self.backend(&spec)?;
        let ticket = self.0.table.begin(&spec.name)?;
        let loads = Arc::clone(&self.0.loads);
        // The semaphore is never closed; without a permit the load would merely be one too many.
        let permit = loads.acquire_owned().await.ok();
        let loading = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let began = Instant::now();
            let program = caught(|| backend.load(&spec, &code))
                .map_err(|reason| RegisterError::Panicked { reason })??;
            let load_time = began.elapsed();
            if load_time >= LARGE_LOAD {
                hydra_sys::process::return_free_memory();
            }
            Ok::<_, RegisterError>((spec, program, load_time))
        });
        let (spec, program, load_time) = match loading.await {
            Ok(loaded) => loaded?,
            Err(lost) => return Err(lost_load(lost)),
        };
        let installed = ticket.install(|standing| function(spec, program, standing))?;
        Ok(self.0.installed(installed, load_time))
    }

    fn backend(&self, spec: &FunctionSpec) -> Result<Arc<dyn Backend>, RegisterError> {
        let backends = &self.0.backends;
        let backend = backends
            .iter()
            .find(|backend| backend.runtime() == spec.runtime);
        backend
            .cloned()
            .ok_or_else(|| RegisterError::UnknownRuntime {
                found: spec.runtime,
                available: self.runtimes(),
            })
    }

    /// Takes a function out of the table. What it has accepted, running or queued, ends as it would have.
    ///
    /// # Errors
    ///
    /// There is none of that name.
    pub async fn deregister(&self, name: &FunctionName) -> Result<(), UnknownFunction> {
        let unknown = || UnknownFunction { name: name.clone() };
        let function = self.0.table.remove(name).ok_or_else(unknown)?;
        self.0.janitor.bury(function.retire());
        Ok(())
    }
}

impl Inner {
    /// Completes an installation: the old version retires, the new one is known to the janitor.
    pub(super) fn installed(&self, installed: Installed, load_time: Duration) -> Registered {
        let Installed { function, replaced } = installed;
        self.janitor.list(Listing::Quiet, &function, Instant::now());
        let placement = match &replaced {
            Some(_) => Placement::Replaced,
            None => Placement::New,
        };
        if let Some(old) = replaced {
            self.janitor.bury(old.retire());
        }
        Registered {
            version: function.version,
            load_time,
            placement,
            image: function.image,
        }
    }
}

pub(super) fn function(
    spec: FunctionSpec,
    program: Arc<dyn Program>,
    standing: Standing,
) -> Arc<Function> {
    let parts = Parts {
        spec,
        version: standing.version,
        order: standing.order,
        image: program.image_use(),
        program,
        counts: standing.counts,
    };
    Function::new(parts, Instant::now())
}

fn lost_load(lost: tokio::task::JoinError) -> RegisterError {
    let reason = match lost.try_into_panic() {
        Ok(panic) => message(&*panic),
        Err(_) => "the process is stopping".to_owned(),
    };
    RegisterError::Panicked { reason }
}

//! A function that has been looked up.

use std::{fmt, sync::Arc};

use hydra_types::{Bytes, FunctionName};

use crate::function::Function;

/// A function as its name was resolved at some moment: ask it for its limits, then invoke it, with one look-up.
///
/// It may be replaced or deregistered meanwhile: [`crate::Instance::invoke_found`] notices and looks again.
#[derive(Clone)]
pub struct FunctionHandle(pub(crate) Arc<Function>);

impl FunctionHandle {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &FunctionName {
        &self.0.spec.name
    }

    /// The largest event it takes.
    #[must_use]
    pub fn input_limit(&self) -> Bytes {
        self.0.spec.limits.input
    }
}

impl fmt::Debug for FunctionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionHandle")
            .field("name", self.name())
            .field("version", &self.0.version)
            .finish()
    }
}

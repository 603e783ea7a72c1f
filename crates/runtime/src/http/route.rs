//! From a path to what it means. Pure.

use hyper::Method;

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Invoke(&'a str),
    Function(&'a str),
    Functions,
    WarmUp(&'a str),
    Checkpoint(&'a str),
    Restore(&'a str),
    Health,
    Metrics,
    GraalvisorInvoke,
    GraalvisorRegister,
    GraalvisorDeregister,
    GraalvisorWarmUp,
}

impl<'a> Route<'a> {
    pub(super) fn find(path: &'a str) -> Option<Self> {
        if let Some(rest) = path.strip_prefix("/v1/functions/") {
            let (name, verb) = match rest.split_once('/') {
                Some((name, verb)) => (name, Some(verb)),
                None => (rest, None),
            };
            return match verb {
                None => Some(Self::Function(name)),
                Some("invocations") => Some(Self::Invoke(name)),
                Some("warmup") => Some(Self::WarmUp(name)),
                Some("checkpoint") => Some(Self::Checkpoint(name)),
                Some("restore") => Some(Self::Restore(name)),
                Some(_) => None,
            };
        }
        match path {
            "/v1/functions" => Some(Self::Functions),
            "/healthz" => Some(Self::Health),
            "/metrics" => Some(Self::Metrics),
            "/" => Some(Self::GraalvisorInvoke),
            "/register" => Some(Self::GraalvisorRegister),
            "/deregister" => Some(Self::GraalvisorDeregister),
            "/warmup" => Some(Self::GraalvisorWarmUp),
            _ => None,
        }
    }

    /// The methods the path takes, as the `Allow` header lists them.
    pub(super) const fn allow(self) -> &'static str {
        match self {
            Self::Function(_) => "GET, HEAD, PUT, DELETE",
            Self::Functions | Self::Health | Self::Metrics => "GET, HEAD",
            Self::Invoke(_)
            | Self::WarmUp(_)
            | Self::Checkpoint(_)
            | Self::Restore(_)
            | Self::GraalvisorInvoke
            | Self::GraalvisorRegister
            | Self::GraalvisorDeregister
            | Self::GraalvisorWarmUp => "POST",
        }
    }

    pub(super) fn takes(self, method: &Method) -> bool {
        self.allow().split(", ").any(|word| word == method.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_mean_what_the_api_says() {
        let check = |path: &str, expected: Option<Route<'_>>| {
            assert_eq!(Route::find(path), expected, "{path}");
        };
        check("/v1/functions", Some(Route::Functions));
        check("/v1/functions/f", Some(Route::Function("f")));
        check("/v1/functions/f/invocations", Some(Route::Invoke("f")));
        check("/v1/functions/f/warmup", Some(Route::WarmUp("f")));
        check("/v1/functions/f/checkpoint", Some(Route::Checkpoint("f")));
        check("/v1/functions/f/restore", Some(Route::Restore("f")));
        check("/healthz", Some(Route::Health));
        check("/metrics", Some(Route::Metrics));
        check("/", Some(Route::GraalvisorInvoke));
        check("/register", Some(Route::GraalvisorRegister));
        check("/deregister", Some(Route::GraalvisorDeregister));
        check("/warmup", Some(Route::GraalvisorWarmUp));
    }

    #[test]
    fn other_paths_mean_nothing() {
        let check = |path: &str| assert_eq!(Route::find(path), None, "{path}");
        check("");
        check("*");
        check("/v1");
        check("/v1/functions/f/");
        check("/v1/functions/f/invocations/");
        check("/v1/functions/f/g/invocations");
        check("/V1/functions");
        check("//");
    }

    #[test]
    fn methods_are_taken_as_whole_words() {
        let check = |path: &str, method: &str, expected: bool| {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            assert_eq!(
                Route::find(path).unwrap().takes(&method),
                expected,
                "{method} {path}"
            );
        };
        check("/v1/functions/f", "PUT", true);
        check("/v1/functions/f", "HEAD", true);
        check("/v1/functions/f", "POST", false);
        check("/v1/functions/f", "PU", false);
        check("/", "POST", true);
        check("/", "GET", false);
        check("/metrics", "get", false);
    }
}

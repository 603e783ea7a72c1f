//! Where a function may connect to.
//!
//! Judges names before they are looked up and addresses before they are connected to. Looks nothing up itself and
//! opens no connection; who does calls [`EgressPolicy::check_name`] before a lookup and
//! [`EgressPolicy::check_address`] with the very address of every attempt to connect.
//!
//! | entry | allows |
//! |---|---|
//! | `*` | every public address, under any name |
//! | `example.com`, `example.com:443` | public addresses under that name |
//! | `*.example.com`, `*.example.com:443` | public addresses under names below it |
//! | `10.0.0.5`, `10.0.0.5:8080`, `[::1]:8080`, `10.0.0.0/8` | those addresses, whatever they are, under any name |
//! | `localhost`, `localhost:8080` | loopback addresses |
//!
//! `none` alone is the empty list. Invariant: only the last two open an address that is not public.

mod address;
mod entry;

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::SpecError;
use entry::{Entry, Target};

/// Where a function may connect to; by default every public address and no other.
///
/// Cheap to clone and to compare with a clone of itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct EgressPolicy(Arc<[Entry]>);

/// Why a function may not connect somewhere: what, its class, and how to allow it.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct EgressRefusal(String);

impl EgressPolicy {
    /// The longest list.
    pub const MAX_ENTRIES: usize = 256;

    /// The policy of a list as typed. An empty list and the single entry `none` allow nothing.
    ///
    /// # Errors
    ///
    /// [`SpecError::Egress`] names the first entry that is none; [`SpecError::EgressCount`].
    pub fn parse<T: AsRef<str>>(entries: &[T]) -> Result<Self, SpecError> {
        if entries.len() > Self::MAX_ENTRIES {
            return Err(SpecError::EgressCount {
                found: entries.len(),
            });
        }
        if let [only] = entries
            && only.as_ref().trim() == "none"
        {
            return Ok(Self::none());
        }
        let parsed: Result<Vec<Entry>, SpecError> = entries
            .iter()
            .map(|entry| {
                Entry::parse(entry.as_ref().trim()).map_err(|reason| SpecError::Egress {
                    entry: entry.as_ref().chars().take(300).collect(),
                    reason,
                })
            })
            .collect();
        Ok(Self(parsed?.into()))
    }

    /// The policy that allows nothing.
    #[must_use]
    pub fn none() -> Self {
        Self(Arc::default())
    }

    /// The list, in its usual spelling; `none` for the empty one.
    #[must_use]
    pub fn entries(&self) -> Vec<String> {
        match &*self.0 {
            [] => vec!["none".to_owned()],
            entries => entries.iter().map(Entry::to_string).collect(),
        }
    }

    /// Says whether `host` may be looked up, which others may see: whether an entry could allow what is found.
    ///
    /// # Errors
    ///
    /// [`EgressRefusal`] where none could.
    pub fn check_name(&self, host: &str, port: u16) -> Result<(), EgressRefusal> {
        let host = without_dot(host);
        if self.0.iter().any(|entry| entry.admits_name(host, port)) {
            return Ok(());
        }
        let way = self.way(&format!("{host}:{port}"));
        Err(EgressRefusal(format!(
            "egress to {host}:{port} is not allowed for this function; {way}"
        )))
    }

    /// Says whether a connection to `address` may be opened for `host`, the host of the URL.
    ///
    /// # Errors
    ///
    /// [`EgressRefusal`] where no entry allows it.
    pub fn check_address(&self, host: &str, address: SocketAddr) -> Result<(), EgressRefusal> {
        let host = without_dot(host);
        let (ip, port) = (address.ip().to_canonical(), address.port());
        let class = address::class(ip);
        if self
            .0
            .iter()
            .any(|entry| entry.allows(host, ip, port, class))
        {
            return Ok(());
        }
        Err(self.refusal(host, SocketAddr::new(ip, port), class))
    }

    fn refusal(
        &self,
        host: &str,
        address: SocketAddr,
        class: Option<&'static str>,
    ) -> EgressRefusal {
        let ip = address.ip();
        let is_name = host.parse::<IpAddr>().map(|host| host.to_canonical()) != Ok(ip);
        let shown = match (is_name, class) {
            (true, Some(class)) => format!("{host} ({ip}, {class})"),
            (true, None) => format!("{host}:{} ({ip})", address.port()),
            (false, Some(class)) => format!("{ip} ({class})"),
            (false, None) => address.to_string(),
        };
        let entry = match (is_name, class) {
            (true, None) => format!("{host}:{}", address.port()),
            _ => address.to_string(),
        };
        let way = self.way(&entry);
        EgressRefusal(format!(
            "egress to {shown} is not allowed for this function; {way}"
        ))
    }

    /// How to allow `entry` as well.
    fn way(&self, entry: &str) -> String {
        match &*self.0 {
            [] => format!("allow it with egress={entry}"),
            [only] => format!("allow it with egress={only},{entry}"),
            _ => format!("add {entry} to its egress list"),
        }
    }
}

impl Default for EgressPolicy {
    fn default() -> Self {
        let public = Entry {
            target: Target::Public,
            port: None,
        };
        Self(Arc::new([public]))
    }
}

impl fmt::Display for EgressPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.entries().join(","))
    }
}

impl TryFrom<Vec<String>> for EgressPolicy {
    type Error = SpecError;

    fn try_from(entries: Vec<String>) -> Result<Self, SpecError> {
        Self::parse(&entries)
    }
}

impl From<EgressPolicy> for Vec<String> {
    fn from(policy: EgressPolicy) -> Self {
        policy.entries()
    }
}

/// A fully qualified name may end with a dot and means the same.
fn without_dot(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

/// Reads the list as it is typed: a JSON array, or one text with commas, as queries have it.
pub(crate) fn typed<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<String>>, D::Error> {
    struct Typed;

    impl<'de> de::Visitor<'de> for Typed {
        type Value = Option<Vec<String>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {} texts", EgressPolicy::MAX_ENTRIES)
        }

        fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
            from.deserialize_any(self)
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Some(text.split(',').map(str::to_owned).collect()))
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::new();
            while let Some(entry) = list.next_element()? {
                entries.push(entry);
                if entries.len() > EgressPolicy::MAX_ENTRIES {
                    return Err(de::Error::invalid_length(entries.len(), &self));
                }
            }
            Ok(Some(entries))
        }
    }

    from.deserialize_any(Typed)
}

#[cfg(test)]
mod tests;

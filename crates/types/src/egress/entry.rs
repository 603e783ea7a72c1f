//! One entry of an egress list: its syntax, and what it allows.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// What an entry names, and at which port; `None` is every port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Entry {
    pub(super) target: Target,
    pub(super) port: Option<u16>,
}

/// What an entry names. Names are in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Target {
    Public,
    Name(Box<str>),
    /// Every name that ends with a dot and this.
    Below(Box<str>),
    Loopback,
    /// The addresses that share the first so many bits.
    Net(IpAddr, u8),
}

impl Entry {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "" => return Err("it is empty; for no egress at all, write none"),
            "none" => return Err("none stands alone"),
            _ if text.len() > 300 => return Err("it is too long"),
            _ if text.contains("://") => return Err("give a host, not a URL"),
            _ => {}
        }
        if let Some((ip, prefix)) = text.split_once('/') {
            return network(ip, prefix);
        }
        if let Ok(ip) = text.parse::<Ipv6Addr>() {
            return Ok(Self::address(ip.into(), None));
        }
        if let Some(rest) = text.strip_prefix('[') {
            let (ip, rest) = rest.split_once(']').ok_or("a ] is missing")?;
            let ip: Ipv6Addr = ip.parse().map_err(|_| "there is no IPv6 address in [ ]")?;
            let port = match rest.strip_prefix(':') {
                Some(digits) => Some(port(digits)?),
                None if rest.is_empty() => None,
                None => return Err("after ] comes nothing or :PORT"),
            };
            return Ok(Self::address(ip.into(), port));
        }
        let (host, port) = match text.split_once(':') {
            Some((host, digits)) => (host, Some(port(digits)?)),
            None => (text, None),
        };
        if let Ok(ip) = host.parse::<Ipv4Addr>() {
            return Ok(Self::address(ip.into(), port));
        }
        let target = match host.strip_prefix('*') {
            Some("") => Target::Public,
            Some(rest) => {
                let rest = rest.strip_prefix('.').ok_or("after * comes a dot")?;
                Target::Below(name(rest)?)
            }
            None if host.eq_ignore_ascii_case("localhost") => Target::Loopback,
            None => Target::Name(name(host)?),
        };
        Ok(Self { target, port })
    }

    fn address(ip: IpAddr, port: Option<u16>) -> Self {
        let ip = ip.to_canonical();
        let target = Target::Net(ip, bits(ip));
        Self { target, port }
    }

    /// Whether a name may be looked up for this entry's sake. Entries of addresses admit any name: its address
    /// decides.
    pub(super) fn admits_name(&self, host: &str, port: u16) -> bool {
        if self.port.is_some_and(|own| own != port) {
            return false;
        }
        match &self.target {
            Target::Public | Target::Net(..) => true,
            Target::Loopback => same(host, "localhost") || below(host, "localhost"),
            Target::Name(_) | Target::Below(_) => self.names(host),
        }
    }

    /// Whether this entry allows to connect to `ip`, whose class is given where it is not public.
    pub(super) fn allows(
        &self,
        host: &str,
        ip: IpAddr,
        port: u16,
        class: Option<&'static str>,
    ) -> bool {
        if self.port.is_some_and(|own| own != port) {
            return false;
        }
        match self.target {
            Target::Public => class.is_none(),
            Target::Loopback => ip.is_loopback(),
            Target::Net(net, prefix) => contains(net, prefix, ip),
            Target::Name(_) | Target::Below(_) => class.is_none() && self.names(host),
        }
    }

    fn names(&self, host: &str) -> bool {
        match &self.target {
            Target::Name(name) => same(host, name),
            Target::Below(name) => below(host, name),
            _ => false,
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Public => f.write_str("*")?,
            Target::Name(name) => f.write_str(name)?,
            Target::Below(name) => write!(f, "*.{name}")?,
            Target::Loopback => f.write_str("localhost")?,
            Target::Net(IpAddr::V6(ip), 128) if self.port.is_some() => write!(f, "[{ip}]")?,
            Target::Net(ip, prefix) if *prefix == bits(*ip) => write!(f, "{ip}")?,
            Target::Net(ip, prefix) => write!(f, "{ip}/{prefix}")?,
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

fn same(host: &str, name: &str) -> bool {
    host.eq_ignore_ascii_case(name)
}

fn below(host: &str, name: &str) -> bool {
    let Some(split) = host.len().checked_sub(name.len() + 1) else {
        return false;
    };
    split > 0
        && host.is_char_boundary(split)
        && host[split..].starts_with('.')
        && same(&host[split + 1..], name)
}

const fn bits(ip: IpAddr) -> u8 {
    match ip {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn contains(net: IpAddr, prefix: u8, ip: IpAddr) -> bool {
    match (net, ip) {
        (IpAddr::V4(net), IpAddr::V4(ip)) => {
            let host_bits = 32 - u32::from(prefix);
            let differing = net.to_bits() ^ ip.to_bits();
            differing.checked_shr(host_bits).unwrap_or(0) == 0
        }
        (IpAddr::V6(net), IpAddr::V6(ip)) => {
            let host_bits = 128 - u32::from(prefix);
            let differing = net.to_bits() ^ ip.to_bits();
            differing.checked_shr(host_bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}

fn network(ip: &str, prefix: &str) -> Result<Entry, &'static str> {
    let ip: IpAddr = ip.parse().map_err(|_| "before / there is no IP address")?;
    let valid = !prefix.is_empty() && prefix.bytes().all(|digit| digit.is_ascii_digit());
    let prefix: u8 = prefix
        .parse()
        .ok()
        .filter(|prefix| valid && *prefix <= bits(ip))
        .ok_or("after / comes 0 to 32, or 0 to 128 for IPv6")?;
    let first = match ip {
        IpAddr::V4(ip) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(ip.to_bits() & mask))
        }
        IpAddr::V6(ip) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & mask))
        }
    };
    if first != ip {
        return Err("bits after the prefix are set; write the first address of the network");
    }
    Ok(Entry {
        target: Target::Net(ip, prefix),
        port: None,
    })
}

fn port(digits: &str) -> Result<u16, &'static str> {
    let valid = digits.bytes().all(|digit| digit.is_ascii_digit());
    digits
        .parse()
        .ok()
        .filter(|port| valid && *port != 0)
        .ok_or("a port is 1 to 65535")
}

/// Source: RFC 1035 2.3.4 for lengths; URL standard, "ends in a number checker", for names that URLs read as IPv4.
fn name(text: &str) -> Result<Box<str>, &'static str> {
    let text = super::without_dot(text);
    if text.len() > 253 {
        return Err("a name has at most 253 characters");
    }
    let label_is_good = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    if !text.split('.').all(label_is_good) {
        return Err(
            "it is no host name, IP address or network; write names of other scripts in punycode",
        );
    }
    let last = text.rsplit('.').next().unwrap_or_default();
    let hexadecimal = last
        .strip_prefix("0x")
        .or_else(|| last.strip_prefix("0X"))
        .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if hexadecimal || last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("write IPv4 addresses as four decimal numbers without leading zeros");
    }
    Ok(text.to_ascii_lowercase().into())
}

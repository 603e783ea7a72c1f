//! URLs as the WHATWG standard has them, by the `url` crate.
//!
//! Known gaps of the crate, seen in the tests of the standard: a setter may keep trailing spaces of a path that is
//! opaque; the origin of a `blob:` URL is that of the URL inside, of whatever scheme; `file:` hosts that are drive
//! letters.

use serde::Serialize;
use url::{Url, quirks};

use crate::parts::text;
use crate::{Answer, ComputeError, Result, at_most};

/// The longest URL, base or part.
const LIMIT: usize = 128 << 10;
/// The longest `data:` URL, which is simpler to parse and carries whole files.
const DATA: usize = 512 << 10;
/// The longest domain; what the rules for international ones take grows faster than their length.
const DOMAIN: usize = 4 << 10;

#[derive(Serialize)]
struct Record<'a> {
    href: &'a str,
    protocol: &'a str,
    username: &'a str,
    password: &'a str,
    host: &'a str,
    hostname: &'a str,
    port: &'a str,
    pathname: &'a str,
    search: &'a str,
    hash: &'a str,
    origin: String,
}

fn record(url: &Url) -> Result<Answer> {
    let found = Record {
        href: quirks::href(url),
        protocol: quirks::protocol(url),
        username: quirks::username(url),
        password: quirks::password(url),
        host: quirks::host(url),
        hostname: quirks::hostname(url),
        port: quirks::port(url),
        pathname: quirks::pathname(url),
        search: quirks::search(url),
        hash: quirks::hash(url),
        origin: quirks::origin(url),
    };
    serde_json::to_string(&found)
        .map(Answer::Json)
        .map_err(|error| {
            ComputeError::operation(format_args!("the URL cannot be written: {error}"))
        })
}

pub(crate) fn parse(given: &[u8]) -> Result<Answer> {
    let data = given
        .get(..5)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"data:"));
    at_most(if data { DATA } else { LIMIT }, "URL", given)?;
    match Url::parse(text(given)?) {
        Ok(url) => record(&url),
        Err(_) => Ok(Answer::Nothing),
    }
}

pub(crate) fn parse_with(given: &[u8]) -> Result<Answer> {
    let [input, base]: [String; 2] = read(given)?;
    let Ok(base) = Url::parse(&base) else {
        return Ok(Answer::Nothing);
    };
    match base.join(&input) {
        Ok(url) => record(&url),
        Err(_) => Ok(Answer::Nothing),
    }
}

/// Strings that came as a JSON array.
fn read<const N: usize>(given: &[u8]) -> Result<[String; N]>
where
    [String; N]: serde::de::DeserializeOwned,
{
    at_most(LIMIT, "URL", given)?;
    serde_json::from_slice(given).map_err(|error| {
        ComputeError::type_error(format_args!("the parts of the URL cannot be read: {error}"))
    })
}

pub(crate) fn set(given: &[u8]) -> Result<Answer> {
    let [href, part, value]: [String; 3] = read(given)?;
    let Ok(mut url) = Url::parse(&href) else {
        return Err(ComputeError::type_error("Invalid URL").code("ERR_INVALID_URL"));
    };
    // A value that is refused leaves the URL as it was.
    match part.as_str() {
        "href" => match Url::parse(&value) {
            Ok(other) => url = other,
            Err(_) => return Err(ComputeError::type_error("Invalid URL").code("ERR_INVALID_URL")),
        },
        "protocol" => drop(quirks::set_protocol(&mut url, &value)),
        "username" => drop(quirks::set_username(&mut url, &value)),
        "password" => drop(quirks::set_password(&mut url, &value)),
        "host" => drop(quirks::set_host(&mut url, &value)),
        "hostname" => drop(quirks::set_hostname(&mut url, &value)),
        "port" => drop(quirks::set_port(&mut url, &value)),
        "pathname" => quirks::set_pathname(&mut url, &value),
        "search" => quirks::set_search(&mut url, &value),
        "hash" => quirks::set_hash(&mut url, &value),
        other => {
            return Err(ComputeError::type_error(format_args!(
                "a URL has no part {other:.40} that can be set"
            )));
        }
    }
    record(&url)
}

pub(crate) fn domain_to_ascii(given: &[u8]) -> Result<Answer> {
    at_most(DOMAIN, "domain", given)?;
    Ok(Answer::Text(quirks::domain_to_ascii(text(given)?)))
}

pub(crate) fn domain_to_unicode(given: &[u8]) -> Result<Answer> {
    at_most(DOMAIN, "domain", given)?;
    Ok(Answer::Text(quirks::domain_to_unicode(text(given)?)))
}

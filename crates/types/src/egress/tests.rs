//! Tables of lists, names and addresses, and what the policy says of each.

use super::*;

fn policy(text: &str) -> EgressPolicy {
    let entries: Vec<&str> = text.split(',').collect();
    EgressPolicy::parse(&entries).unwrap()
}

/// Says whether `host`, found at `address`, may be connected to.
fn allowed(policy: &EgressPolicy, host: &str, address: &str) -> bool {
    let address: SocketAddr = address.parse().unwrap();
    let name_passes =
        host.parse::<IpAddr>().is_ok() || policy.check_name(host, address.port()).is_ok();
    name_passes && policy.check_address(host, address).is_ok()
}

#[test]
fn by_default_public_addresses_are_allowed_and_no_others() {
    let check = |ip: &str, expected: Option<&str>| {
        let ip: IpAddr = ip.parse().unwrap();
        let verdict = EgressPolicy::default().check_address("a.example", SocketAddr::new(ip, 80));
        match expected {
            None => assert_eq!(verdict, Ok(()), "{ip}"),
            Some(class) => {
                let text = verdict.expect_err(&ip.to_string()).to_string();
                assert!(text.contains(&format!(", {class})")), "{ip}: {text}");
            }
        }
    };
    for public in [
        "1.1.1.1",
        "11.0.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "169.253.255.255",
        "192.0.1.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700::1111",
        "2001:200::1",
        "::ffff:1.1.1.1",
        "64:ff9b::1.1.1.1",
        "2002:101:101::1",
    ] {
        check(public, None);
    }
    for (other, class) in [
        ("0.0.0.0", "unspecified"),
        ("0.1.2.3", "unspecified"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("10.0.0.1", "private"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("100.64.0.1", "carrier-grade NAT"),
        ("100.100.100.200", "carrier-grade NAT"),
        ("169.254.169.254", "link-local"),
        ("168.63.129.16", "cloud platform"),
        ("192.0.0.192", "protocol assignment"),
        ("192.0.2.1", "documentation"),
        ("198.51.100.1", "documentation"),
        ("203.0.113.1", "documentation"),
        ("198.18.0.1", "benchmarking"),
        ("192.88.99.1", "6to4 relay"),
        ("224.0.0.1", "multicast"),
        ("255.255.255.255", "broadcast"),
        ("240.0.0.1", "reserved"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:169.254.169.254", "link-local"),
        ("::127.0.0.1", "reserved"),
        ("64:ff9b::10.0.0.1", "private"),
        ("64:ff9b:1::1.1.1.1", "local NAT64"),
        ("2002:7f00:1::", "loopback"),
        ("2002:a9fe:a9fe::1", "link-local"),
        ("2001:0:1:2::3", "Teredo"),
        ("2001:10::1", "protocol assignment"),
        ("2001:db8::1", "documentation"),
        ("3fff:fff::1", "documentation"),
        ("fd00:ec2::254", "private"),
        ("fe80::1", "link-local"),
        ("fec0::1", "site-local"),
        ("ff02::1", "multicast"),
        ("100::1", "reserved"),
        ("5f00::1", "reserved"),
    ] {
        check(other, Some(class));
    }
}

#[test]
fn entries_allow_what_they_name_and_nothing_else() {
    let check = |list: &str, host: &str, address: &str, expected: bool| {
        let found = allowed(&policy(list), host, address);
        assert_eq!(found, expected, "egress={list}: {host} at {address}");
    };
    let public = "93.184.216.34:443";
    check("none", "example.com", public, false);
    check("*", "example.com", public, true);
    check("*:80", "example.com", public, false);
    check("example.com", "example.com", public, true);
    check("example.com", "EXAMPLE.com.", public, true);
    check("EXAMPLE.com.", "example.com", public, true);
    check("example.com:443", "example.com", public, true);
    check("example.com:80", "example.com", public, false);
    check("example.com", "a.example.com", public, false);
    check("example.com", "badexample.com", public, false);
    check("*.example.com", "a.b.example.com", public, true);
    check("*.example.com", "example.com", public, false);
    check("*.example.com", "badexample.com", public, false);
    check("*.example.com", "é.example.com", public, true);
    check("*.example.com:443", "a.example.com", public, true);
    check("example.com", "93.184.216.34", public, false);
    // Names open public addresses only, and addresses whatever they name, under any name.
    check("db.example", "db.example", "10.0.0.5:5432", false);
    check("db.example,10.0.0.5", "db.example", "10.0.0.5:5432", true);
    check("10.0.0.5", "db.example", "10.0.0.5:5432", true);
    check("10.0.0.5", "db.example", public, false);
    check("10.0.0.5:5432", "10.0.0.5", "10.0.0.5:80", false);
    check("10.0.0.5", "10.0.0.5", "[::ffff:10.0.0.5]:80", true);
    check("[::ffff:10.0.0.5]", "10.0.0.5", "10.0.0.5:80", true);
    check("10.0.0.5", "x.example", "[64:ff9b::10.0.0.5]:80", false);
    check("10.0.0.0/8", "10.255.0.1", "10.255.0.1:1", true);
    check("10.0.0.0/8", "11.0.0.0", "11.0.0.0:1", false);
    check("0.0.0.0/0", "127.0.0.1", "127.0.0.1:1", true);
    check("::/0", "127.0.0.1", "127.0.0.1:1", false);
    check("fd00::/8", "x.example", "[fdff::1]:1", true);
    check("fd00::/8", "x.example", "[fe00::1]:1", false);
    check("::1", "::1", "[::1]:8080", true);
    check("[::1]:8080", "::1", "[::1]:8080", true);
    check("[::1]:8080", "::1", "[::1]:8081", false);
    check("localhost", "localhost", "127.0.0.1:1", true);
    check("localhost", "a.localhost", "[::1]:1", true);
    check("localhost", "127.9.9.9", "127.9.9.9:1", true);
    check("localhost:1", "localhost", "127.0.0.1:2", false);
    check("localhost", "localhost", "10.0.0.5:1", false);
    check("localhost", "0.0.0.0", "0.0.0.0:1", false);
    check("localhost", "example.com", public, false);
    check("*", "localhost", "127.0.0.1:1", false);
}

#[test]
fn a_name_that_nothing_could_allow_is_not_even_looked_up() {
    for (list, expected) in [
        ("none", false),
        ("other.example", false),
        ("localhost", false),
        ("a.example:80", false),
        ("a.example", true),
        ("10.0.0.0/8", true),
        ("*", true),
    ] {
        let verdict = policy(list).check_name("a.example", 443);
        assert_eq!(verdict.is_ok(), expected, "egress={list}");
    }
}

#[test]
fn refusals_say_what_and_what_to_do() {
    let check = |list: &str, host: &str, address: &str, expected: &str| {
        let address = address.parse().unwrap();
        let found = policy(list).check_address(host, address).unwrap_err();
        assert_eq!(found.to_string(), expected);
    };
    check(
        "*",
        "169.254.169.254",
        "169.254.169.254:80",
        "egress to 169.254.169.254 (link-local) is not allowed for this function; \
         allow it with egress=*,169.254.169.254:80",
    );
    check(
        "none",
        "::1",
        "[::1]:80",
        "egress to ::1 (loopback) is not allowed for this function; allow it with egress=[::1]:80",
    );
    check(
        "db.example,a.example",
        "db.example",
        "10.0.0.5:5432",
        "egress to db.example (10.0.0.5, private) is not allowed for this function; \
         add 10.0.0.5:5432 to its egress list",
    );
    check(
        "10.0.0.5",
        "db.example",
        "1.1.1.1:443",
        "egress to db.example:443 (1.1.1.1) is not allowed for this function; \
         allow it with egress=10.0.0.5,db.example:443",
    );
    assert_eq!(
        policy("a.example")
            .check_name("b.example", 80)
            .unwrap_err()
            .to_string(),
        "egress to b.example:80 is not allowed for this function; \
         allow it with egress=a.example,b.example:80",
    );
}

#[test]
fn malformed_entries_are_named() {
    let long = "a".repeat(301);
    for entry in [
        "",
        " ",
        "*.",
        "*a",
        "**",
        "a.*",
        "a..b",
        ".a",
        "a b",
        "a:0",
        "a:65536",
        "a:+80",
        "a:",
        ":80",
        "https://example.com",
        "example.com/path",
        "user@example.com",
        "127.1",
        "0177.0.0.1",
        "2130706433",
        "0x7f000001",
        "a.0x",
        "1.2.3.4.5",
        "256.1.1.1",
        "[::1",
        "[::1]8080",
        "[1.2.3.4]",
        "::1:8080x",
        "fe80::1%eth0",
        "10.0.0.0/33",
        "10.0.0.0/+8",
        "10.0.0.0/",
        "10.0.0.1/8",
        "10.0.0.0/8:443",
        "::/129",
        "bücher.example",
        "a\r\nb",
        &long,
    ] {
        let error = EgressPolicy::parse(&["a.example", entry]).expect_err(entry);
        assert!(
            matches!(&error, SpecError::Egress { entry: named, .. } if entry.starts_with(named.as_str())),
            "{error}"
        );
    }
    assert!(EgressPolicy::parse(&["none", "a.example"]).is_err());
    let many = vec!["a.example"; EgressPolicy::MAX_ENTRIES + 1];
    assert_eq!(
        EgressPolicy::parse(&many),
        Err(SpecError::EgressCount { found: 257 })
    );
    assert!(EgressPolicy::parse(&many[1..]).is_ok());
}

#[test]
fn lists_are_shown_as_they_would_be_typed() {
    let list =
        "*,a.example,*.b.example:443,10.0.0.5:80,10.0.0.0/8,::1,[::1]:80,fd00::/8,localhost:1";
    assert_eq!(policy(list).to_string(), list);
    assert_eq!(policy(&policy(list).to_string()), policy(list));
    assert_eq!(EgressPolicy::none().to_string(), "none");
    assert_eq!(policy("none"), EgressPolicy::none());
    assert_eq!(EgressPolicy::default(), policy(" * "));
    assert_eq!(EgressPolicy::parse::<&str>(&[]), Ok(EgressPolicy::none()));
}

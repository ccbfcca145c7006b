use super::*;

fn access(listen: &str, hosts: &[&str], origins: &[&str]) -> Result<Access, AccessError> {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    Access::new(listen.parse().unwrap(), &texts(hosts), &texts(origins))
}

fn knows(access: &Access, host: &str) -> bool {
    named_host(host).is_some_and(|host| access.knows(&host))
}

#[test]
fn the_address_that_is_listened_on_is_a_name_of_ours() {
    let one = access("192.0.2.7:80", &[], &[]).unwrap();
    assert!(knows(&one, "192.0.2.7:80") && knows(&one, "127.0.0.1"));
    assert!(!knows(&one, "192.0.2.8"));
    let six = access("[2001:db8::1]:80", &[], &[]).unwrap();
    assert!(knows(&six, "[2001:DB8:0::1]:80") && !knows(&six, "[2001:db8::2]"));
}

#[test]
fn who_listens_on_all_addresses_is_reached_by_any_but_not_by_any_name() {
    for listen in ["0.0.0.0:80", "[::]:80"] {
        let all = access(listen, &["booth.local:8080"], &[]).unwrap();
        assert!(knows(&all, "192.0.2.8:80") && knows(&all, "[2001:db8::2]") && knows(&all, "booth.local"));
        assert!(!knows(&all, "booth.example"));
    }
}

#[test]
fn a_name_or_origin_that_can_never_match_is_refused() {
    for bad in ["", "http://booth.local", "booth local", "user@booth.local", "a/b"] {
        assert_eq!(access("127.0.0.1:80", &[bad], &[]).unwrap_err(), AccessError::Host(bad.into()));
    }
    for bad in ["", "*", "null", "booth.local", "ftp://booth.local", "http://booth.local/app", "http://a@b"] {
        assert_eq!(access("127.0.0.1:80", &[], &[bad]).unwrap_err(), AccessError::Origin(bad.into()));
    }
    let spelled = access("127.0.0.1:80", &[], &["HTTP://Booth.local:80/"]).unwrap();
    assert_eq!(spelled.origins, ["http://booth.local"]);
}

#[test]
fn this_machine_is_known_by_either_end_s_address() {
    let local = |theirs: &str, ours: &str| Peer::new(theirs.parse().unwrap(), ours.parse().unwrap()).is_local;
    assert!(local("127.0.0.1:5", "127.0.0.1:80"));
    assert!(local("[::ffff:127.0.0.1]:5", "[::ffff:127.0.0.1]:80"));
    assert!(local("192.0.2.7:5", "192.0.2.7:80"));
    assert!(!local("192.0.2.8:5", "192.0.2.7:80"));
}

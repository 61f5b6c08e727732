//! Where the credentials go: to Genesys Cloud, to this machine, and to hosts that whoever runs the command names.

use std::io::Read as _;
use std::net::TcpListener;

use crate::world::{MARKER, World};

/// A proxy that hears which host is asked for, and then closes. Everything to another machine goes through it.
fn proxy() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    (listener, address)
}

#[test]
fn a_server_of_the_project_file_gets_nothing_unless_it_is_allowed_outside_of_it() {
    let world = World::new();
    world.project("environments: { local: { baseUrl: \"https://evil.example\" } }");
    let (listener, address) = proxy();
    for command in [
        "plan",
        "drift",
        "validate --online",
        "import --all",
        "apply --auto-approve",
        "explain sessions.ndjson --world live",
        "replay sessions.ndjson",
    ] {
        for allowed in ["", "other.example", "evil.example:8443", "example"] {
            let environment = [("HTTPS_PROXY", address.as_str()), ("CAMPAIGNCTL_ALLOW_HOSTS", allowed)];
            let arguments: Vec<&str> = command.split(' ').collect();
            let ran = world.run_with(&arguments, &environment);
            assert_eq!(ran.code, Some(1), "{command}: {ran:?}");
            assert!(ran.err.contains("not a region of Genesys Cloud"), "{command}: {ran:?}");
            assert!(ran.err.contains("CAMPAIGNCTL_ALLOW_HOSTS=evil.example"), "{command}: {ran:?}");
        }
    }
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "nobody was asked for anything");
}

#[test]
fn an_allowed_server_is_asked() {
    let world = World::new();
    world.project("environments: { local: { baseUrl: \"https://good.example:8443/base\" } }");
    let (listener, address) = proxy();
    let heard = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut bytes = [0; 30];
        connection.read_exact(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let environment = [("HTTPS_PROXY", address.as_str()), ("CAMPAIGNCTL_ALLOW_HOSTS", "other.example, GOOD.example:8443")];
    let ran = world.run_with(&["plan", "--timeout", "1s"], &environment);
    assert!(!ran.err.contains("CAMPAIGNCTL_ALLOW_HOSTS"), "{ran:?}");
    assert!(!ran.err.contains(MARKER), "{ran:?}");
    assert!(heard.join().unwrap().starts_with("CONNECT good.example:8443"));
}

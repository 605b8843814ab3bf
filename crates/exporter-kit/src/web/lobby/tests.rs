//! Who attends, and what becomes of those who wait, where that cannot be caused from outside.

use std::io::Read;
use std::net::{TcpListener, TcpStream};

use super::super::connections::Connections;
use super::super::stream::{Stream, Tcp};
use super::*;
use crate::config::Config;
use crate::scrape::Scraper;
use crate::self_metrics::{Build, SelfMetrics};

/// Longer than anything takes that does not hang.
const AMPLE: Duration = Duration::from_secs(30);

fn server() -> Arc<Server> {
    let build = Build { version: "1", revision: "r", rust: "1.95", target: "t" };
    let site = Site {
        name: "test_exporter",
        version: "1",
        about: "A test.",
        config: Config::for_tests(),
        web_config: None,
        scraper: Scraper::new(SelfMetrics::new("test_exporter"), build, Vec::new()),
        disabled: Vec::new(),
    };
    let lobby = Lobby::open(&site);
    Arc::new(Server { lobby, site, landing: String::new(), product: String::new() })
}

fn lobby(server: &Server) -> &Lobby {
    server.lobby.as_ref().unwrap()
}

/// Somebody attends, by this number.
fn attended_by(server: &Server, number: u64) {
    lobby(server).attendants.store(number, Ordering::Release);
    lobby(server).attendant.store(number, Ordering::Release);
}

#[test]
fn an_attendant_that_panics_has_a_successor() {
    let server = server();
    attended_by(&server, 1);
    let attends = Arc::clone(&server);
    let thread = thread::Builder::new().spawn(move || {
        let _attendance = Attendance { server: &attends, lobby: lobby(&attends), number: 1 };
        panic!("as a bug would");
    });
    assert!(thread.unwrap().join().is_err());
    assert!(lobby(&server).is_attended_by(2));
}

#[test]
fn one_that_leaves_is_counted_on_no_longer_but_its_successor_is() {
    let server = server();
    attended_by(&server, 1);
    drop(Attendance { server: &server, lobby: lobby(&server), number: 1 });
    assert!(lobby(&server).is_attended_by(0));
    attended_by(&server, 3);
    drop(Attendance { server: &server, lobby: lobby(&server), number: 2 });
    assert!(lobby(&server).is_attended_by(3));
}

#[test]
fn who_was_replaced_goes_on_where_there_was_no_thread_for_another() {
    let server = server();
    attended_by(&server, 5);
    assert!(!lobby(&server).is_taken_up_by(4), "somebody else attends");
    attended_by(&server, 0);
    assert!(lobby(&server).is_taken_up_by(4) && lobby(&server).is_attended_by(4));
}

#[test]
fn an_attendant_is_relieved_once() {
    let server = server();
    attended_by(&server, 7);
    relieve(&server, 7);
    assert!(lobby(&server).is_attended_by(8));
    relieve(&server, 7);
    assert!(lobby(&server).is_attended_by(8), "that is about the one before");
    attended_by(&server, 0);
    relieve(&server, 7);
    assert!(!lobby(&server).is_attended_by(0), "somebody is needed");
}

#[test]
fn who_has_waited_too_long_is_closed_by_whoever_attends_next() {
    let server = server();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let connections = Connections::new(16);
    let mut clients = Vec::new();
    for until in [Instant::now(), Instant::now() + AMPLE] {
        clients.push(TcpStream::connect(listener.local_addr().unwrap()).unwrap());
        let place = connections.admit(listener.accept().unwrap().0).unwrap();
        let stream = Stream::Plain(Tcp::new(place.stream(), AMPLE).unwrap());
        let connection = Connection::new(Arc::clone(&server), place, stream);
        let ticket = clients.len() as u64;
        lobby(&server).lock().push(Guest { ticket, connection, until });
    }
    lobby(&server).appoint(&lobby(&server).lock(), &server, 0);
    // A new attendant looks at once, however often they change.
    clients[0].set_read_timeout(Some(AMPLE)).unwrap();
    assert_eq!(clients[0].read(&mut [0]).unwrap(), 0);
    let waiting: Vec<_> = lobby(&server).lock().iter().map(|guest| guest.ticket).collect();
    assert_eq!(waiting, [2]);
}

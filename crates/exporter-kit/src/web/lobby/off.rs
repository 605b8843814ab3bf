//! Where there is no `epoll` every connection keeps its thread.

use std::sync::Arc;

use super::connection::{Connection, Party};
use super::{Server, Site};
use crate::scrape::Page;

#[derive(Debug)]
pub(super) struct Lobby;

impl Lobby {
    pub(super) fn open(_: &Site) -> Option<Self> {
        None
    }
}

pub(super) fn enter(connection: Box<Connection>) -> Option<Box<Connection>> {
    Some(connection)
}

pub(super) fn relieve(_: &Arc<Server>, _: u64) {}

pub(super) fn is_attendant(_: &Server, _: u64) -> bool {
    false
}

impl Party {
    /// Sends the page and goes on with the connection.
    pub(super) fn answer_all(self: Box<Self>, page: Arc<Page>) {
        for connection in self.members {
            if let Some(connection) = connection.send_page(Arc::clone(&page)) {
                connection.go_on();
            }
        }
    }
}

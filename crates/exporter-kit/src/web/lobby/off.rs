//! Where there is no `epoll` every connection keeps its thread.

use std::sync::Arc;

use super::connection::Connection;
use super::{Server, Site};

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

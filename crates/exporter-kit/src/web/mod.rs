//! The web server: an event loop that owns the sockets (`event_loop`, `connection`, `transport`,
//! `tls`), and the handling of requests (`request`, `service`, `response`).

mod accept;
mod completions;
#[cfg(feature = "web-config")]
mod config;
#[cfg(not(feature = "web-config"))]
#[path = "config/off.rs"]
mod config;
mod connection;
mod event_loop;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod landing;
mod query;
mod request;
mod response;
mod service;
mod targets;
#[cfg(test)]
#[cfg(feature = "web-config")] // on its own, since clippy looks for a plain `cfg(test)`
mod tests;
#[cfg(feature = "tls")]
mod tls;
mod transport;
mod turn;

use std::io;
use std::net::TcpListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use completions::{Completion, Completions};
pub(crate) use config::WebConfig;
#[cfg(feature = "web-config")]
pub(crate) use config::yaml;
use event_loop::EventLoop;
use landing::Landing;
use mio::Poll;
use service::Service;
pub(crate) use targets::Targets;

use crate::collector::{CollectorDef, ScheduledCollector};
use crate::config::Config;
use crate::scrape::{PageSettings, Scraper};
use crate::self_metrics::{Build, SelfMetrics};
use crate::workers::Workers;

/// Parsing heads and building responses takes little stack.
const STACK_BYTES: usize = 256 * 1024;

/// How long responses in flight may still take after a shutdown request.
const LAST_RESPONSES: Duration = Duration::from_millis(1500);

/// Everything that a server needs.
pub(crate) struct ServerConfig {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) build: Build,
    pub(crate) config: Config,
    pub(crate) web_config: Option<WebConfig>,
    pub(crate) metrics: SelfMetrics,
    pub(crate) collectors: Vec<(CollectorDef, ScheduledCollector)>,
    /// Collectors that are not enabled.
    pub(crate) disabled: Vec<&'static str>,
    pub(crate) targets: Option<Targets>,
}

/// A running server.
pub(crate) struct Server {
    completions: Arc<Completions>,
    service: Arc<Service>,
    thread: JoinHandle<()>,
}

impl Server {
    /// Starts serving on every listener.
    ///
    /// # Errors
    ///
    /// Returns an error if the system cannot provide a thread or a descriptor.
    pub(crate) fn start(config: ServerConfig, listeners: Vec<TcpListener>) -> io::Result<Self> {
        let ServerConfig {
            name,
            about,
            build,
            config,
            web_config,
            metrics,
            collectors,
            disabled,
            targets,
        } = config;
        let landing = Landing {
            name,
            version: build.version,
            about,
            telemetry_path: &config.telemetry_path,
            target_path: targets.as_ref().map(Targets::path),
        };
        let landing = landing.to_html();
        let product = format!("{name}/{}", build.version);
        let poll = Poll::new()?;
        let completions = Completions::new(&poll)?;
        let workers = Workers::new();
        let service = Arc::new_cyclic(|service: &Weak<Service>| {
            let (service, completions) = (Weak::clone(service), Arc::clone(&completions));
            let deliver = move |waiters, page| {
                let Some(service) = service.upgrade() else { return };
                let (responses, needs_loop) = service.deliver(waiters, &page);
                completions.push(Completion::Pages(responses), !needs_loop);
            };
            let workers = Arc::clone(&workers);
            Service {
                landing,
                product: product.chars().filter(char::is_ascii_graphic).collect(),
                scraper: Scraper::new(
                    metrics,
                    build,
                    PageSettings {
                        exporter_metrics: config.exporter_metrics,
                        labels: config.labels.clone(),
                    },
                    collectors,
                    workers,
                    Box::new(deliver),
                ),
                config,
                web_config,
                disabled,
                targets,
            }
        });
        service.scraper.start_background()?;
        let performing = Arc::clone(&service);
        workers.start(Arc::new(move |job| performing.scraper.perform(job)))?;
        let event_loop = EventLoop::new(
            poll,
            Arc::clone(&service),
            workers,
            Arc::clone(&completions),
            listeners,
        )?;
        let thread = thread::Builder::new().name("event loop".into()).stack_size(STACK_BYTES);
        let thread = thread.spawn(move || {
            let run = AssertUnwindSafe(|| event_loop.run(LAST_RESPONSES));
            if catch_unwind(run).is_err() {
                // Without the loop the process would keep running and answer nothing.
                log::error!("the event loop panicked; aborting so that the exporter is restarted");
                process::abort();
            }
        })?;
        Ok(Self { completions, service, thread })
    }

    /// Reads what can be read again while serving, which is the web configuration, and logs one
    /// line about it.
    pub(crate) fn reload(&self) {
        match &self.service.web_config {
            Some(web_config) => web_config.reload(),
            None => log::info!("SIGHUP: there is nothing to read again; settings need a restart"),
        }
    }

    /// Answers the requests received so far, then returns how many scrapes were answered.
    pub(crate) fn stop(self) -> u64 {
        self.completions.stop();
        // A panic of the thread would have aborted the process already.
        let _ = self.thread.join();
        self.service.scraper.handler().served()
    }
}

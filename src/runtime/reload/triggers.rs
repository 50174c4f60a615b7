//! The one loop through which all triggers come, one after the other.

use std::time::{Duration, Instant};

use tokio::signal::unix::Signal;
use tokio::sync::watch;

use super::notices::Notices;
use super::settle::{DEBOUNCE, Look, Settling};
use super::{Cause, Reloader, Trigger};
use crate::runtime::content::ContentHash;
use crate::telemetry::events;

/// Files are not looked at more often than this, however much is written beside them.
const BREATH: Duration = Duration::from_millis(50);

impl Reloader {
    /// Waits for triggers until `shutdown` turns true.
    pub async fn watch(mut self, mut shutdown: watch::Receiver<bool>) {
        self.record_start();
        let mut hangup = self.hangup.take();
        if hangup.is_none() {
            events::watch_failed("SIGHUP cannot be received");
        }
        let mut notices = Notices::new();
        let mut settling = Settling::default();
        // What changed between the first load and now was noticed by nobody.
        let mut next = Instant::now();
        let mut trigger = Trigger::Watch;
        loop {
            if notices.follow(&self.places) {
                // What changed before listening began was noticed by nobody.
                next = next.min(Instant::now() + BREATH);
            }
            tokio::select! {
                biased;
                _ = shutdown.changed() => return,
                () = hung_up(hangup.as_mut()) => {
                    let cause = Cause { trigger: Trigger::Sighup, by: None };
                    // The outcome is logged and counted; a signal cannot be answered.
                    drop(self.load_now(cause));
                }
                Some(order) = self.orders.recv() => self.carry_out(order),
                // Before the notices: a busy neighbour in the directory must not put the look off for ever.
                () = tokio::time::sleep_until(next.into()) => {
                    next = Instant::now() + self.look(&mut settling, trigger, &notices);
                    trigger = Trigger::Poll;
                }
                () = notices.heard() => {
                    trigger = Trigger::Watch;
                    next = next.min(Instant::now() + BREATH);
                }
            }
        }
    }

    /// Compares the files with what is known, loads them once they have stood still, and tells when to look again.
    fn look(&mut self, settling: &mut Settling, trigger: Trigger, notices: &Notices) -> Duration {
        let sources = self.source.read();
        let hash = ContentHash::read(&sources);
        let now = Instant::now();
        let look = settling.look(now, hash, self.known, trigger, notices.being_written(now));
        let cause = Cause { trigger: settling.trigger().unwrap_or(trigger), by: None };
        match look {
            Look::Known => return self.settings.poll,
            Look::Changing => return DEBOUNCE,
            Look::Still | Look::Final if hash == self.in_effect => self.restored(hash, cause),
            Look::Still | Look::Final if self.turned_away == Some(hash) => {
                self.known = hash;
                // What was refused in between is gone.
                self.metrics.configuration_right(true);
                self.admin.update(|facts| facts.failure = None);
                events::held_back(self.cell.load().generation());
            }
            Look::Still | Look::Final => {
                let attempt = self.attempt(sources.clone());
                // Whoever writes slowly may not be done: what is wrong now may be right in a moment.
                if attempt.is_err() && look == Look::Still {
                    return DEBOUNCE;
                }
                drop(self.conclude(&sources, attempt, cause));
            }
        }
        *settling = Settling::default();
        self.settings.poll
    }
}

/// Waits for SIGHUP; for ever where it cannot be received.
async fn hung_up(hangup: Option<&mut Signal>) {
    if let Some(hangup) = hangup
        && hangup.recv().await.is_some()
    {
        return;
    }
    std::future::pending::<()>().await;
}

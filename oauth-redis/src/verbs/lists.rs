//! The lists by which every end finds a grant: those of its client and its person. They live as long as the grant.

use super::{BATCH, by_client};
use crate::error::{Failure, Outcome};
use crate::link::Access;
use crate::place::Place;
use crate::record::{Field, fields, grant_id, text};
use crate::{RedisStore, script};
use futures_util::future::try_join_all;
use oauth_core::identifier::{ClientId, GrantId};
use std::sync::atomic::Ordering;

const GRANT: &str = "a grant";
/// The note that all grants are in the lists for good.
const FINAL: &str = "final";
const DAY: u64 = 86_400;
/// How often the sweep enters what an older process granted, in seconds: before the hour has passed for which the
/// lists of that process live.
const EVERY: u64 = 1_200;
/// How many lists are read, and how many grants entered, at once.
const AT_ONCE: usize = 1_000;
/// How many grants one script enters: no other call waits longer than that takes.
const STEPS: usize = 100;

/// When the grants of an earlier version are entered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    Opening,
    Sweep,
}

impl RedisStore {
    /// Enters a grant in its lists, which live so many seconds at least.
    pub(super) async fn enter_in_lists(
        &self,
        subject: &str,
        client: &ClientId,
        id: &GrantId,
        seconds: i64,
    ) -> Outcome<()> {
        let list = |kind, owner: &str| self.0.places.of_name(owner).key(kind, owner);
        let by_client = by_client::entry(client, id);
        let lists = [
            (list('l', client.as_str()), &id.as_bytes()[..]),
            (list('u', subject), id.as_bytes()),
            (list('x', subject), &by_client),
        ];
        try_join_all(lists.iter().map(|(list, entry)| self.enter_list(list, entry, seconds))).await?;
        Ok(())
    }

    /// Enters a grant that is there already, unless it was revoked; `false` if nothing was entered.
    pub(super) async fn enter_again(&self, id: &GrantId, seconds: i64) -> Outcome<bool> {
        let key = self.0.places.of_grant(id).key('g', id.as_bytes());
        let found: Vec<Field> =
            self.0.link.run(Access::Read, redis::cmd("HMGET").arg(key).arg(&["s", "c", "v"])).await?;
        let [subject, client, revoked] = fields(found, GRANT)?;
        let (Some(subject), Some(client), None) = (subject, client, revoked) else { return Ok(false) };
        let client = ClientId::new(text(&client, GRANT)?).map_err(|_| Failure::Corrupt(GRANT))?;
        self.enter_in_lists(text(&subject, GRANT)?, &client, id, seconds).await?;
        Ok(true)
    }

    /// Enters the grants that a process of an earlier version saved or redeemed: its lists ended an hour after its
    /// codes. It does so at the first opening, then from the sweep for a day, in which such a process may serve
    /// beside this one, and then never again.
    pub(crate) async fn enter_all(&self, occasion: Occasion) -> Outcome<()> {
        if self.0.has_all_listed.load(Ordering::Relaxed) {
            return Ok(());
        }
        let place = self.0.places.of_accounts();
        let [note, first, lately] = ["lists", "lists first", "lists lately"].map(|name| place.key('V', name));
        let (noted, in_first_day, was_lately): (Option<String>, Option<String>, Option<String>) =
            self.0.link.run(Access::Read, redis::cmd("MGET").arg(&note).arg(&first).arg(&lately)).await?;
        if noted.as_deref() == Some(FINAL) {
            self.0.has_all_listed.store(true, Ordering::Relaxed);
        }
        if noted.as_deref() == Some(FINAL) || was_lately.is_some() {
            return Ok(());
        }
        let mut any = false;
        for place in self.0.places.all() {
            any |= self.enter_all_of(&place).await?;
        }
        match (noted, in_first_day) {
            // The day begins with the first grant.
            (None, _) if any => {
                self.note(&first, Some(DAY), "").await?;
                self.note(&note, None, "once").await?;
            }
            (Some(_), None) => self.note(&note, None, FINAL).await?,
            _ => {}
        }
        // Without grants an opening leaves no note: they may be put in from a copy before the next.
        if any || occasion == Occasion::Sweep {
            self.note(&lately, Some(EVERY), "").await?;
        }
        Ok(())
    }

    async fn note(&self, key: &[u8], seconds: Option<u64>, value: &str) -> Outcome<()> {
        let mut command = redis::cmd("SET");
        command.arg(key).arg(value);
        if let Some(seconds) = seconds {
            command.arg("EX").arg(seconds);
        }
        self.0.link.run(Access::Write, &command).await
    }

    /// Enters the grants of a place, which the sweep's lists name; `false` if it has none.
    async fn enter_all_of(&self, place: &Place) -> Outcome<bool> {
        let (mut from, mut any) = (b"-inf".to_vec(), false);
        loop {
            let mut command = redis::cmd("ZRANGEBYSCORE");
            command.arg(place.key('B', "")).arg(&from).arg("+inf").arg("LIMIT").arg(0).arg(AT_ONCE);
            let ends: Vec<Vec<u8>> = self.0.link.run(Access::Read, &command).await?;
            let Some(last) = ends.last() else { return Ok(any) };
            from = [b"(", last.as_slice()].concat();
            let due = try_join_all(ends.iter().map(async |end| self.grants_due(&place.key('b', end)).await)).await?;
            let due: Vec<GrantId> = due.into_iter().flatten().collect();
            for ids in due.chunks(AT_ONCE) {
                any |= if self.0.places.is_cluster() {
                    try_join_all(ids.iter().map(|id| self.enter_for_its_life(id))).await?.contains(&true)
                } else {
                    let steps = ids.chunks(STEPS).map(|ids| self.enter_on_one_server(place, ids));
                    try_join_all(steps).await?.contains(&true)
                };
            }
        }
    }

    /// Lists the grants that end in one second. An entry that names none is left alone: one record that cannot be read
    /// stops neither an opening nor a sweep.
    async fn grants_due(&self, list: &[u8]) -> Outcome<Vec<GrantId>> {
        let (mut start, mut ids) = (0, Vec::new());
        loop {
            let mut command = redis::cmd("LRANGE");
            command.arg(list).arg(start).arg(start + BATCH - 1);
            let entries: Vec<Vec<u8>> = self.0.link.run(Access::Read, &command).await?;
            for entry in entries.iter().filter_map(|entry| entry.strip_prefix(b"g")) {
                match grant_id(entry) {
                    Ok(id) => ids.push(id),
                    Err(failure) => tracing::warn!(%failure, "an entry of what expires names no grant"),
                }
            }
            if entries.len() < BATCH {
                return Ok(ids);
            }
            start += BATCH;
        }
    }

    /// Enters grants whose lists stand in the same place, in one script.
    async fn enter_on_one_server(&self, place: &Place, ids: &[GrantId]) -> Outcome<bool> {
        let mut arguments = vec![place.as_str().as_bytes()];
        arguments.extend(ids.iter().map(|id| &id.as_bytes()[..]));
        let number: u64 =
            self.0.link.script(Access::Write, &script::ENTER_ALL, &place.key('B', ""), &arguments).await?;
        Ok(number > 0)
    }

    async fn enter_for_its_life(&self, id: &GrantId) -> Outcome<bool> {
        let key = self.0.places.of_grant(id).key('g', id.as_bytes());
        let seconds: i64 = self.0.link.run(Access::Read, redis::cmd("TTL").arg(key)).await?;
        if seconds <= 0 {
            return Ok(false);
        }
        match self.enter_again(id, seconds).await {
            Err(failure @ Failure::Corrupt(_)) => {
                tracing::warn!(%failure, "a grant was not listed, so no end finds it");
                Ok(false)
            }
            entered => entered,
        }
    }
}

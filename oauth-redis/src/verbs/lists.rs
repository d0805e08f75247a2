//! The lists by which every end finds a grant: those of its client and its person. They live as long as the grant.

use super::{BATCH, by_client};
use crate::RedisStore;
use crate::error::{Failure, Outcome};
use crate::link::Access;
use crate::place::Place;
use crate::record::{Field, fields, grant_id, text};
use futures_util::future::try_join_all;
use oauth_core::identifier::{ClientId, GrantId};

const GRANT: &str = "a grant";
/// What is noted if the grants of an earlier version were entered twice, a day apart.
const TWICE: &str = "twice";
const DAY: u64 = 86_400;

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

    /// Enters the grants of an earlier version, whose lists ended an hour after their codes: once at the first opening,
    /// and once more at the first after a day, for what a process of that version granted beside this one.
    pub(crate) async fn enter_all(&self) -> Outcome<()> {
        let place = self.0.places.of_accounts();
        let (note, lately) = (place.key('V', "lists"), place.key('V', "lists lately"));
        let noted: Option<String> = self.0.link.run(Access::Read, redis::cmd("GET").arg(&note)).await?;
        if noted.as_deref() == Some(TWICE) || self.0.link.run(Access::Read, redis::cmd("EXISTS").arg(&lately)).await? {
            return Ok(());
        }
        let mut any = false;
        for place in self.0.places.all() {
            any |= self.enter_all_of(&place).await?;
        }
        // Without grants there is nothing to note.
        if any {
            let times = if noted.is_some() { TWICE } else { "once" };
            let _: () = self.0.link.run(Access::Write, redis::cmd("SET").arg(note).arg(times)).await?;
            let mut command = redis::cmd("SET");
            let _: () = self.0.link.run(Access::Write, command.arg(lately).arg("").arg("EX").arg(DAY)).await?;
        }
        Ok(())
    }

    /// Enters the grants of a place, which the sweep's lists name; `false` if it has none.
    async fn enter_all_of(&self, place: &Place) -> Outcome<bool> {
        let (mut from, mut any) = (b"-inf".to_vec(), false);
        loop {
            let mut command = redis::cmd("ZRANGEBYSCORE");
            command.arg(place.key('B', "")).arg(&from).arg("+inf").arg("LIMIT").arg(0).arg(BATCH);
            let ends: Vec<Vec<u8>> = self.0.link.run(Access::Read, &command).await?;
            let Some(last) = ends.last() else { return Ok(any) };
            from = [b"(", last.as_slice()].concat();
            for end in &ends {
                any |= self.enter_due(&place.key('b', end)).await?;
            }
        }
    }

    /// Enters the grants that end in one second.
    async fn enter_due(&self, list: &[u8]) -> Outcome<bool> {
        let (mut start, mut any) = (0, false);
        loop {
            let mut command = redis::cmd("LRANGE");
            command.arg(list).arg(start).arg(start + BATCH - 1);
            let entries: Vec<Vec<u8>> = self.0.link.run(Access::Read, &command).await?;
            if entries.is_empty() {
                return Ok(any);
            }
            start += entries.len();
            let ids = entries.iter().filter_map(|entry| entry.strip_prefix(b"g"));
            let entered = try_join_all(ids.map(async |id| self.enter_for_its_life(&grant_id(id)?).await)).await?;
            any |= entered.contains(&true);
        }
    }

    async fn enter_for_its_life(&self, id: &GrantId) -> Outcome<bool> {
        let key = self.0.places.of_grant(id).key('g', id.as_bytes());
        let seconds: i64 = self.0.link.run(Access::Read, redis::cmd("TTL").arg(key)).await?;
        if seconds > 0 { self.enter_again(id, seconds).await } else { Ok(false) }
    }
}

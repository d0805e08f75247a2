use super::grant::{By, Present};
use crate::error::{Failure, Outcome};
use crate::link::Access;
use crate::record::{
    ClientState, Field, HeldGrant, HeldToken, read_refresh, seconds, write_alone, write_refresh, write_under,
};
use crate::script::Source;
use crate::{RedisStore, script};
use oauth_core::client::SecretHash;
use oauth_core::clock::Timestamp;
use oauth_core::identifier::GrantId;
use oauth_core::secret::Digest;
use oauth_core::store::{ActiveToken, Issue, Result, Retry, Rotated, Saved, StoredRefresh, TokenStore};

/// A script that issues under a grant, and what it is told.
#[derive(Clone)]
pub(super) struct Under {
    pub(super) script: &'static Source,
    /// What leads to the grant: a pointer of this kind, or nothing where it is named.
    pub(super) kind: char,
    pub(super) digest: Option<Digest>,
    pub(super) issue: Issue,
    pub(super) retry: Option<Retry>,
}

/// What became of it.
pub(super) enum Answer {
    Gone,
    Now,
    Unknown,
    Unauthenticated,
    Before(GrantId),
    Replay(Vec<u8>),
}

/// What such a script returns: a status, a text, pointers that are to live longer, and how long.
pub(super) type Said = (i64, Vec<u8>, Vec<Vec<u8>>, i64);

/// What is known before such a script runs: nothing on one server, where it looks for itself.
#[derive(Default)]
pub(super) struct Known {
    pub(super) grant: Option<GrantId>,
    pub(super) client: Option<ClientState>,
    /// Whether the secret that authenticated the client is known to be there still.
    pub(super) is_authentic: bool,
}

impl TokenStore for RedisStore {
    async fn issue(&self, issue: &Issue) -> Result<Saved> {
        let saved = match issue.access.grant {
            None => self.issue_alone(issue).await,
            Some(_) => {
                let under =
                    Under { script: &script::ISSUE_UNDER, kind: 'g', digest: None, issue: issue.clone(), retry: None };
                self.issue_under(under).await.map(|answer| match answer {
                    Answer::Now => Saved::Now,
                    _ => Saved::Gone,
                })
            }
        };
        saved.map_err(|failure| failure.while_doing("issue tokens"))
    }

    async fn access_token(&self, digest: &Digest, now: Timestamp) -> Result<Option<ActiveToken>> {
        let found = if self.0.places.is_cluster() { self.check_apart(digest).await } else { self.check(digest).await };
        let active = found.map(|found| found.and_then(|found| found.active(now)));
        active.map_err(|failure| failure.while_doing("read an access token"))
    }

    async fn refresh_token(&self, digest: &Digest) -> Result<Option<StoredRefresh>> {
        self.read_refresh(digest).await.map_err(|failure| failure.while_doing("read a refresh token"))
    }

    async fn rotate(&self, digest: &Digest, issue: &Issue, retry: &Retry) -> Result<Rotated> {
        let (issue, retry) = (issue.clone(), Some(retry.clone()));
        let under = Under { script: &script::ROTATE, kind: 'r', digest: Some(*digest), issue, retry };
        let answer = self.issue_under(under).await.map_err(|failure| failure.while_doing("rotate a refresh token"))?;
        Ok(match answer {
            Answer::Now => Rotated::Now,
            Answer::Before(grant) => Rotated::Reused(grant),
            Answer::Replay(sealed) => Rotated::Replay(sealed),
            Answer::Unauthenticated => Rotated::Unauthenticated,
            Answer::Gone => Rotated::Gone,
            Answer::Unknown => Rotated::Unknown,
        })
    }

    async fn revoke_access_token(&self, digest: &Digest, now: Timestamp) -> Result<bool> {
        let revoked = self.end_access(digest, now).await;
        revoked.map_err(|failure| failure.while_doing("revoke an access token"))
    }
}

/// An access token with what decides whether it is alive.
pub(super) struct Checked {
    pub(super) held: HeldToken,
    pub(super) grant: Option<HeldGrant>,
    pub(super) client: Option<ClientState>,
}

impl Checked {
    fn active(self, now: Timestamp) -> Option<ActiveToken> {
        let Self { held: HeldToken { token, epoch }, grant, client } = self;
        let client = client.filter(|client| client.is_enabled)?;
        if token.expires_at.is_over(now) {
            return None;
        }
        match (epoch, grant) {
            (Some(epoch), _) => (client.epoch == epoch).then_some(ActiveToken { token, grant: None }),
            (None, Some(HeldGrant { grant, incarnation })) => {
                let live = client.incarnation == incarnation && grant.is_live(now);
                live.then_some(ActiveToken { token, grant: Some(grant) })
            }
            (None, None) => None,
        }
    }
}

impl RedisStore {
    /// Reads a token with its grant and its client, in one trip to one server.
    async fn check(&self, digest: &Digest) -> Outcome<Option<Checked>> {
        let place = self.0.places.of_digest(digest);
        let key = place.key('a', digest.as_bytes());
        type Found = Option<(Vec<u8>, Option<Vec<Field>>, Vec<Field>)>;
        let found: Found = self.0.link.script(Access::Read, &script::CHECK, &key, &[place.as_str().as_bytes()]).await?;
        let Some((token, grant, client)) = found else { return Ok(None) };
        let held = HeldToken::read(digest, &token)?;
        let grant = match (held.token.grant, grant) {
            (Some(id), Some(fields)) => HeldGrant::read(id, fields)?,
            _ => None,
        };
        Ok(Some(Checked { held, grant, client: ClientState::read(client)? }))
    }

    async fn read_refresh(&self, digest: &Digest) -> Outcome<Option<StoredRefresh>> {
        let Some(Present { grant, part }) = self.present(By::Refresh(digest)).await? else { return Ok(None) };
        let refresh = read_refresh(digest, grant.id, part)?;
        Ok(refresh.map(|(token, retired_at)| StoredRefresh { token, grant, retired_at }))
    }

    async fn issue_alone(&self, issue: &Issue) -> Outcome<Saved> {
        if issue.refresh.is_some() {
            return Err(Failure::Contradiction("a refresh token needs a grant"));
        }
        if self.0.places.is_cluster() {
            let (store, issue) = (self.clone(), issue.clone());
            return Self::whole(async move { store.issue_alone_apart(&issue).await }).await;
        }
        let client = self.client_key(&issue.access.client_id);
        self.save_alone(issue, &client, b"").await
    }

    pub(super) async fn save_alone(&self, issue: &Issue, client_key: &[u8], epoch: &[u8]) -> Outcome<Saved> {
        let access = &issue.access;
        let place = self.0.places.of_digest(&access.digest);
        let (head, tail) = write_alone(access)?;
        let (ends, now) = (seconds(access.expires_at), seconds(issue.now));
        // In a cluster the caller has compared it.
        let secret = issue.authenticated_by.as_ref().filter(|_| !client_key.is_empty());
        let secret = secret.map(SecretHash::stored_text).unwrap_or_default();
        let arguments: [&[u8]; 9] = [
            place.as_str().as_bytes(),
            client_key,
            epoch,
            &head,
            &tail,
            ends.as_bytes(),
            now.as_bytes(),
            access.digest.as_bytes(),
            secret.as_bytes(),
        ];
        let key = place.key('a', access.digest.as_bytes());
        match self.0.link.script(Access::Write, &script::ISSUE_ALONE, &key, &arguments).await? {
            0 => Ok(Saved::Gone),
            1 => Ok(Saved::Now),
            _ => Err(Failure::Taken),
        }
    }

    pub(super) async fn issue_under(&self, under: Under) -> Outcome<Answer> {
        if self.0.places.is_cluster() {
            let store = self.clone();
            return Self::whole(async move { store.issue_under_apart(&under).await }).await;
        }
        let grant = under.digest.is_none().then_some(under.issue.access.grant).flatten();
        let known = Known { grant, ..Known::default() };
        let (status, text, ..) = self.run_under(&under, &known).await?;
        answer(status, text)
    }

    /// Runs the script in the place of the grant.
    pub(super) async fn run_under(&self, under: &Under, known: &Known) -> Outcome<Said> {
        let Under { script, digest, issue, retry, .. } = under;
        let (access, refresh) = (&issue.access, issue.refresh.as_ref());
        let named = access.grant.ok_or(Failure::Contradiction("the tokens name no grant"))?;
        if refresh.is_some_and(|refresh| refresh.grant != named) {
            return Err(Failure::Contradiction("the tokens name another grant or client"));
        }
        let place = self.0.places.of_grant(&known.grant.unwrap_or(named));
        let single = self.0.places.if_single().as_bytes();
        let (enabled, incarnation) = match &known.client {
            Some(client) => (if client.is_enabled { "1" } else { "0" }, client.incarnation.as_slice()),
            None => ("0", &b""[..]),
        };
        let [now, ends, grant_ends] = [issue.now, access.expires_at, issue.grant_expires_at].map(seconds);
        let value = write_under(access, &named)?;
        let times = refresh.map(write_refresh).unwrap_or_default();
        let family_ends = refresh.map_or(issue.grant_expires_at, |refresh| refresh.family_expires_at);
        let family_ends = seconds(family_ends);
        let mut arguments: Vec<&[u8]> = vec![place.as_str().as_bytes(), single];
        arguments.push(known.grant.as_ref().map_or(&b""[..], |id| id.as_bytes()));
        arguments.push(digest.as_ref().map_or(&b""[..], |digest| digest.as_bytes()));
        arguments.extend([single, incarnation, enabled.as_bytes(), now.as_bytes()]);
        arguments.extend([access.digest.as_bytes().as_slice(), &value, ends.as_bytes(), named.as_bytes()]);
        arguments.push(access.client_id.as_str().as_bytes());
        arguments.push(refresh.map_or(&b""[..], |refresh| refresh.digest.as_bytes()));
        arguments.extend([times.as_bytes(), family_ends.as_bytes(), grant_ends.as_bytes()]);
        let secret = issue.authenticated_by.as_ref().filter(|_| !known.is_authentic);
        let secret = secret.map(SecretHash::stored_text).unwrap_or_default();
        arguments.push(secret.as_bytes());
        let until = retry.as_ref().map(|retry| seconds(retry.until)).unwrap_or_default();
        if let Some(retry) = retry {
            arguments.extend([retry.sealed.as_slice(), until.as_bytes()]);
        }
        let key = place.key('g', known.grant.unwrap_or(named).as_bytes());
        self.0.link.script(Access::Write, script, &key, &arguments).await
    }

    async fn end_access(&self, digest: &Digest, now: Timestamp) -> Outcome<bool> {
        let place = match self.0.places.is_cluster() {
            true => self.place_of_access(digest).await?,
            false => self.0.places.of_digest(digest),
        };
        let mut command = redis::cmd("GETDEL");
        command.arg(place.key('a', digest.as_bytes()));
        let ended: Field = self.0.link.run(Access::Write, &command).await?;
        let Some(record) = ended else { return Ok(false) };
        if self.0.places.is_cluster() {
            // Its pointer leads nowhere now.
            let pointer = self.0.places.of_digest(digest).key('p', digest.as_bytes());
            let _: i64 = self.0.link.run(Access::Write, redis::cmd("DEL").arg(pointer)).await?;
        }
        Ok(!HeldToken::read(digest, &record)?.token.expires_at.is_over(now))
    }
}

/// Reads what a script says that issues under a grant.
pub(super) fn answer(status: i64, text: Vec<u8>) -> Outcome<Answer> {
    match status {
        0 => Ok(Answer::Gone),
        1 => Ok(Answer::Now),
        2 => Err(Failure::Taken),
        3 => Err(Failure::Contradiction("the tokens name another grant or client")),
        4 => Ok(Answer::Unknown),
        5 => Ok(Answer::Before(crate::record::grant_id(&text)?)),
        6 => Ok(Answer::Replay(text)),
        7 => Ok(Answer::Unauthenticated),
        _ => Err(Failure::Corrupt("an answer")),
    }
}

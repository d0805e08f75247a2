use super::family::{Family, Life, Refresh, Token, Use};
use super::weather::{Weather, add};
use crate::http::{Caller, Reply};
use crate::moment::{chance, late};
use crate::provider::{CALLBACK, CLIENT};
use oauth_core::identifier::GrantId;
use oauth_core::secret::{AccessToken, Digest};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// When a request began, and how late the machine had been until then.
struct Began {
    at: Instant,
    late: Duration,
}

impl Began {
    fn now() -> Self {
        Self { at: Instant::now(), late: late() }
    }
}

/// What a request came to, as far as it is the same for all.
pub(super) enum Outcome {
    /// 2xx, or a redirect with a code; its JSON.
    Good(Value),
    /// 400 with this code, or 401.
    Refused(String),
    /// Nobody knows what came of it: 503, or no answer.
    Open,
    /// It never reached anybody.
    NotSent,
}

/// How many families one client has under way; older ones are only looked at.
const CURRENT: usize = 24;

/// A client that does one thing after the other, remembers what it was told, and holds the provider to it.
/// Nobody else touches what is its own.
pub(crate) struct Worker {
    caller: Caller,
    weather: Arc<Weather>,
    person: String,
    pub(super) families: Vec<Family>,
    pub(super) archive: Vec<Family>,
}

impl Worker {
    pub(crate) fn new(address: SocketAddr, weather: &Arc<Weather>) -> Self {
        let caller = Caller::new(address);
        let person = GrantId::generate().to_string();
        Self { caller, weather: Arc::clone(weather), person, families: Vec::new(), archive: Vec::new() }
    }

    /// Goes on at a provider that was started anew.
    pub(crate) fn moves_to(&mut self, address: SocketAddr) {
        self.caller = Caller::new(address);
    }

    /// Does one thing after the other, until it is told to stop or the provider is gone.
    pub(crate) async fn work(&mut self) {
        while !self.weather.is_over() {
            // A database that is away is refused at once: others have to live on this machine too.
            if self.step().await.is_none() || self.weather.is_stormy() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }

    /// Does something by chance; `None` where nobody could be asked.
    async fn step(&mut self) -> Option<()> {
        if self.families.is_empty() || chance(10) < 2 {
            self.make_room();
            return if chance(3) == 0 { self.ask_for_own().await } else { self.ask_for_code().await };
        }
        let chosen = usize::try_from(chance(self.families.len() as u64)).unwrap();
        let mut family = self.families.swap_remove(chosen);
        family.touched = true;
        let asked = self.use_family(&mut family).await;
        self.families.push(family);
        asked
    }

    fn make_room(&mut self) {
        if self.families.len() >= CURRENT {
            let oldest = self.families.swap_remove(usize::try_from(chance(CURRENT as u64)).unwrap());
            if !oldest.access.is_empty() {
                self.archive.push(oldest);
            }
        }
    }

    async fn use_family(&mut self, family: &mut Family) -> Option<()> {
        if family.code.as_ref().is_some_and(|code| code.state != Use::Used) && chance(4) != 0 {
            return self.redeem(family).await;
        }
        match chance(100) {
            0..=34 if family.refresh.is_some() => self.refresh(family).await,
            35..=37 if family.retired.is_some() => self.present_retired(family).await,
            38..=39 if family.code.is_some() => self.redeem(family).await,
            40..=43 if family.refresh.is_some() => self.revoke_all(family).await,
            44..=51 => self.revoke_one(family).await,
            52..=69 => self.call_api(family).await,
            _ => self.introspect(family, family.access.len().checked_sub(1)).await.map(drop),
        }
    }

    pub(super) async fn redeem(&mut self, family: &mut Family) -> Option<()> {
        let code = family.code.as_ref()?;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &code.text),
            ("redirect_uri", CALLBACK),
            ("code_verifier", &code.verifier),
        ];
        let (state, life) = (code.state, family.life);
        let outcome = self.post("redeem", "/oauth/token", &fields).await;
        let now = match &outcome {
            Outcome::Good(answer) => {
                if state == Use::Used {
                    self.breach("a code that was redeemed was redeemed again");
                } else if life == Life::Dead {
                    self.breach("a code gave tokens under a grant that was revoked");
                }
                self.take(family, answer);
                Use::Used
            }
            Outcome::Refused(error) => {
                if error != "invalid_grant" || state == Use::Fresh && life == Life::Alive {
                    self.breach(format!("{error} for a good code"));
                }
                // Whatever came of it ended with this second use.
                family.ends();
                Use::Used
            }
            Outcome::Open => {
                if state == Use::Used {
                    family.may_have_ended();
                }
                if state == Use::Fresh { Use::Maybe } else { state }
            }
            Outcome::NotSent => return None,
        };
        family.code.as_mut()?.state = now;
        Some(())
    }

    pub(super) async fn refresh(&mut self, family: &mut Family) -> Option<()> {
        let Refresh { text, state } = family.refresh.as_ref()?;
        let (text, state) = (text.clone(), *state);
        let fields = [("grant_type", "refresh_token"), ("refresh_token", text.as_str())];
        match self.post("refresh", "/oauth/token", &fields).await {
            Outcome::Good(answer) => {
                if family.life == Life::Dead {
                    self.breach("a refresh token of a revoked grant gave tokens");
                }
                self.take(family, &answer);
                family.retired = Some((text, answer));
            }
            Outcome::Refused(error) => {
                if error != "invalid_grant" || family.life == Life::Alive && state == Use::Fresh {
                    self.breach(format!("{error} for a good refresh token"));
                }
                family.ends();
            }
            Outcome::Open => family.refresh.as_mut()?.state = Use::Maybe,
            Outcome::NotSent => return None,
        }
        Some(())
    }

    /// Presents a refresh token that was rotated: it gives the same answer for a while, and never another.
    async fn present_retired(&mut self, family: &mut Family) -> Option<()> {
        let (text, before) = family.retired.clone()?;
        let fields = [("grant_type", "refresh_token"), ("refresh_token", text.as_str())];
        match self.post("present a retired token", "/oauth/token", &fields).await {
            Outcome::Good(answer) => {
                if family.life == Life::Dead {
                    self.breach("a retired refresh token of a revoked grant gave tokens");
                }
                if ["access_token", "refresh_token"].iter().any(|name| answer[name] != before[name]) {
                    self.breach("a retired refresh token gave other tokens: issued twice");
                }
            }
            Outcome::Refused(_) => family.ends(),
            Outcome::Open => family.may_have_ended(),
            Outcome::NotSent => return None,
        }
        Some(())
    }

    async fn revoke_all(&mut self, family: &mut Family) -> Option<()> {
        let token = family.refresh.as_ref()?.text.clone();
        match self.revoke(&token).await {
            Some(true) => family.ends(),
            Some(false) => family.may_have_ended(),
            None => return None,
        }
        Some(())
    }

    async fn revoke_one(&mut self, family: &mut Family) -> Option<()> {
        let Some(last) = family.access.len().checked_sub(1) else { return Some(()) };
        let chosen = usize::try_from(chance(last as u64 + 1)).unwrap();
        let token = family.access[chosen].text.clone();
        let life = &mut family.access[chosen].life;
        match self.revoke(&token).await {
            Some(true) => *life = Life::Dead,
            Some(false) if *life == Life::Alive => *life = Life::Unknown,
            Some(false) => {}
            None => return None,
        }
        Some(())
    }

    /// Tells whether a revocation was confirmed; `None` where nobody was asked.
    async fn revoke(&mut self, token: &str) -> Option<bool> {
        match self.post("revoke", "/oauth/revoke", &[("token", token)]).await {
            Outcome::Good(_) => {
                add(&self.weather.counts.revocations);
                Some(true)
            }
            Outcome::Refused(error) => {
                self.breach(format!("{error} for a revocation"));
                Some(false)
            }
            Outcome::Open => {
                add(&self.weather.counts.revocations_unavailable);
                Some(false)
            }
            Outcome::NotSent => None,
        }
    }

    /// Asks about a token, and tells whether that was answered; `None` where nobody could be asked.
    pub(super) async fn introspect(&mut self, family: &mut Family, token: Option<usize>) -> Option<bool> {
        let Some(token) = token else { return Some(true) };
        let text = family.access[token].text.clone();
        match self.post("introspect", "/oauth/introspect", &[("token", &text)]).await {
            Outcome::Good(answer) => match answer["active"].as_bool() {
                Some(lives) => self.found(family, token, lives, "introspection"),
                None => self.breach("an introspection that says nothing"),
            },
            Outcome::Refused(error) => self.breach(format!("{error} for an introspection")),
            Outcome::Open => return Some(false),
            Outcome::NotSent => return None,
        }
        Some(true)
    }

    async fn call_api(&mut self, family: &mut Family) -> Option<()> {
        let Some(token) = family.access.len().checked_sub(1) else { return Some(()) };
        let text = family.access[token].text.clone();
        let began = Began::now();
        let reply = self.caller.get("/api", Some(&text)).await;
        match self.judge("call the API", began, reply) {
            Outcome::Good(_) => self.found(family, token, true, "the API"),
            Outcome::Refused(_) => self.found(family, token, false, "the API"),
            Outcome::Open => {}
            Outcome::NotSent => return None,
        }
        Some(())
    }

    /// Compares what was found of a token with what is known of it.
    fn found(&mut self, family: &mut Family, token: usize, lives: bool, by: &str) {
        match (family.life_of(token), lives) {
            (Life::Alive, false) => self.breach(format!("{by}: a token that was issued and never revoked is dead")),
            (Life::Dead, true) => self.breach(format!("{by}: a token that was revoked lives")),
            // What is dead once stays so.
            (Life::Unknown, false) => family.access[token].life = Life::Dead,
            _ => {}
        }
        add(if lives { &self.weather.counts.found_alive } else { &self.weather.counts.found_dead });
    }

    async fn ask_for_own(&mut self) -> Option<()> {
        match self.post("ask for a token of its own", "/oauth/token", &[("grant_type", "client_credentials")]).await {
            Outcome::Good(answer) => {
                add(&self.weather.counts.tokens);
                self.families.push(Family::of_client(text(&answer, "access_token")?));
            }
            Outcome::Refused(error) => self.breach(format!("{error} for client credentials")),
            Outcome::Open => {}
            Outcome::NotSent => return None,
        }
        Some(())
    }

    async fn ask_for_code(&mut self) -> Option<()> {
        let verifier = AccessToken::generate().expose().to_owned();
        let challenge = Digest::of(&verifier).to_base64url();
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("response_type", "code"), ("client_id", CLIENT), ("redirect_uri", CALLBACK)])
            .extend_pairs([("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")])
            .extend_pairs([("state", self.person.as_str())])
            .finish();
        let began = Began::now();
        let reply = self.caller.get(&format!("/oauth/authorize?{query}"), None).await;
        match self.judge("ask for a code", began, reply) {
            Outcome::Good(answer) => self.families.push(Family::of_code(text(&answer, "code")?, verifier)),
            Outcome::Refused(error) => self.breach(format!("{error} for an authorization request")),
            Outcome::Open => {}
            Outcome::NotSent => return None,
        }
        Some(())
    }

    /// Takes new tokens into a family.
    fn take(&mut self, family: &mut Family, answer: &Value) {
        let (Some(access), Some(refresh)) = (text(answer, "access_token"), text(answer, "refresh_token")) else {
            return self.breach("an answer without tokens");
        };
        add(&self.weather.counts.tokens);
        family.access.push(Token { text: access, life: Life::Alive });
        family.refresh = Some(Refresh { text: refresh, state: Use::Fresh });
    }

    async fn post(&mut self, doing: &str, path: &str, fields: &[(&str, &str)]) -> Outcome {
        let began = Began::now();
        let reply = self.caller.post(path, fields).await;
        self.judge(doing, began, reply)
    }

    fn judge(&self, doing: &str, began: Began, reply: Reply) -> Outcome {
        let weather = &self.weather;
        let (answer, time) = match reply {
            Reply::Answered(answer, time) => (answer, time),
            Reply::Lost(why) => {
                add(&weather.counts.requests);
                weather.lost(doing, &why);
                return Outcome::Open;
            }
            Reply::Refused => {
                weather.refused(doing);
                return Outcome::NotSent;
            }
        };
        add(&weather.counts.requests);
        weather.took(doing, time, late().saturating_sub(began.late));
        let redirected = answer.redirected("error");
        match (answer.status, redirected.as_deref()) {
            (302 | 303, None) => {
                add(&weather.counts.good);
                Outcome::Good(serde_json::json!({ "code": answer.redirected("code") }))
            }
            // A browser cannot be told 503 on its way back to the client (RFC 6749 §4.1.2.1).
            (302 | 303, Some("temporarily_unavailable")) => {
                weather.unavailable(doing, began.at, true);
                Outcome::Open
            }
            (200, _) => {
                add(&weather.counts.good);
                Outcome::Good(answer.json())
            }
            (503, _) => {
                weather.unavailable(doing, began.at, answer.says_when_to_retry());
                Outcome::Open
            }
            (400 | 401, _) => {
                add(&weather.counts.refused);
                let code = answer.json()["error"].as_str().unwrap_or("no error code").to_owned();
                Outcome::Refused(code)
            }
            (status, error) => {
                self.breach(format!("{doing}: answered {status} {error:?}"));
                Outcome::Open
            }
        }
    }

    pub(super) fn breach(&self, what: impl Into<String>) {
        self.weather.breach(what.into());
    }
}

fn text(answer: &Value, name: &str) -> Option<String> {
    answer[name].as_str().map(str::to_owned)
}

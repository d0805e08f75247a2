//! The people, for an administrator: who they are, and whether clients may act for them.

use crate::accounts::{Accounts, Person};
use crate::pages::Pages;
use crate::response::{self, Forms, Frame};
use crate::session::Visitor;
use askama::Template;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use oauth_core::administration::{Act, Actor};
use oauth_core::error::Rejection;
use oauth_core::event::Event;
use oauth_core::http::Parameters;
use oauth_core::identifier::Subject;
use oauth_core::store::{GrantFilter, Page, SessionStore, Store};

/// How many stand on a page of the list.
const LISTED: u32 = 50;

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Lists the people, or finds the one of a name.
    pub(crate) async fn list_people(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Rejection> {
        let Some(visitor) = self.visitor(request).await? else {
            return Ok(self.to_sign_in(request));
        };
        if !visitor.person.administrator {
            return Err(Rejection::AdministratorsOnly);
        }
        let query = self.query(request)?;
        let sought = query.get("name").unwrap_or_default().trim();
        let after = query.get("after").map(str::to_owned);
        let mut people = if sought.is_empty() {
            self.accounts.people(&Page { after, limit: LISTED + 1 }).await?
        } else {
            self.accounts.person_named(sought).await?.into_iter().collect()
        };
        let more = people.len() > LISTED as usize;
        people.truncate(LISTED as usize);
        let next = people.last().filter(|_| more).map(|last| self.people_location("", &last.full_name()));
        let page = People {
            frame: self.frame("People", Some(&visitor)),
            csrf: visitor.csrf_token(),
            after: query.get("after").unwrap_or_default(),
            people: people.iter().map(|person| (person, joined(person))).collect(),
            next,
            sought,
        };
        Ok(response::page(StatusCode::OK, &page, Forms::StayHere))
    }

    /// Lets clients act for a person, or ends at once that they do.
    pub(crate) async fn switch_api_access(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Rejection> {
        let (visitor, posted) = self.posted(request).await?;
        if !visitor.person.administrator {
            return Err(Rejection::AdministratorsOnly);
        }
        let subject = posted.get("subject").and_then(|subject| Subject::new(subject).ok());
        let (Some(subject), Some(allowed)) = (subject, switch(&posted)) else { return Err(Rejection::FormNotOurs) };
        // What is on already is not switched on: another administrator may switch it off in this moment.
        let is_on = self.accounts.person(&subject).await?.is_some_and(|person| person.may_authorize);
        if !(allowed && is_on) {
            self.set_api_access(&visitor, &subject, allowed).await?;
            // Looked at once more behind the switch, as after each act; what is off stays off.
            if allowed && let Err(ended) = self.still_acting(&visitor).await {
                self.set_api_access(&visitor, &subject, false).await?;
                return Err(ended);
            }
        }
        let text = |name| posted.get(name).unwrap_or_default();
        Ok(response::see_other(&self.people_location(text("name"), text("after"))))
    }

    /// Switches, and ends what rests on it if it is off; tells both.
    async fn set_api_access(&self, visitor: &Visitor, subject: &Subject, allowed: bool) -> Result<(), Rejection> {
        if !self.accounts.switch_api_access(subject, allowed).await? {
            return Err(Rejection::AccountNotFound);
        }
        let by = Actor::Person(visitor.person.subject.clone());
        self.acting(visitor).tell(Act::on_api_access(&by, subject, allowed)).await;
        let subject = subject.clone();
        if allowed {
            self.config.events.record(&Event::ApiAccessEnabled { subject });
            return Ok(());
        }
        // After the switch: a code that is about to be saved is decided on it once more.
        self.store.revoke_grants(&GrantFilter::Subject(subject.clone()), self.config.clock.now()).await?;
        self.config.events.record(&Event::ApiAccessDisabled { subject });
        Ok(())
    }

    /// Gives the address of the list as it is searched, behind a name or from its beginning.
    fn people_location(&self, sought: &str, after: &str) -> String {
        let people = self.config.paths.link("people");
        let given = [("name", sought), ("after", after)].into_iter().filter(|(_, value)| !value.is_empty());
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
        if query.is_empty() { people } else { format!("{people}?{query}") }
    }
}

fn switch(posted: &Parameters) -> Option<bool> {
    match posted.get("api-access") {
        Some("on") => Some(true),
        Some("off") => Some(false),
        _ => None,
    }
}

fn joined(person: &Person) -> String {
    person.groups.iter().chain(&person.roles).map(String::as_str).collect::<Vec<_>>().join(", ")
}

#[derive(Template)]
#[template(path = "people.html")]
struct People<'a> {
    frame: Frame,
    csrf: String,
    after: &'a str,
    people: Vec<(&'a Person, String)>,
    next: Option<String>,
    sought: &'a str,
}

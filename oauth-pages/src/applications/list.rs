//! The list of applications: one's own, or for an administrator all, searched and filtered.

use super::Answer;
use super::action::Action;
use crate::accounts::Accounts;
use crate::pages::Pages;
use crate::response::{self, Forms, Frame};
use crate::session::Visitor;
use askama::Template;
use bytes::Bytes;
use http::{Request, StatusCode};
use oauth_core::client::Client;
use oauth_core::error::{Entry, Rejection};
use oauth_core::http::Parameters;
use oauth_core::identifier::{ClientId, Subject};
use oauth_core::store::{self, ClientFilter, Page, SessionStore, Store};
use std::collections::BTreeMap;

/// How many applications stand on a page of the list.
pub(super) const LISTED: usize = 50;
/// In the list's query, tells that a form was sent in which nothing was ticked.
pub(super) const TICKED: &str = "ticked";
/// How many are read at once, and how many at most for one request: whoever searches among more goes on
/// from there by a link, so that no search costs the store more than this.
const BATCH: u32 = 200;
const MOST_READ: usize = 2_000;

/// Which applications to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Show {
    #[default]
    All,
    Enabled,
    Disabled,
    Blocked,
    Trusted,
    Sanctioned,
    Lapsed,
}

impl Show {
    const ALL: [Self; 7] =
        [Self::All, Self::Enabled, Self::Disabled, Self::Blocked, Self::Trusted, Self::Sanctioned, Self::Lapsed];

    const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Blocked => "blocked",
            Self::Trusted => "trusted",
            Self::Sanctioned => "sanctioned",
            Self::Lapsed => "lapsed",
        }
    }

    /// Names it for people.
    const fn words(self) -> &'static str {
        match self {
            Self::Lapsed => "changed since it was vouched for",
            other => other.name(),
        }
    }

    fn shows(self, client: &Client) -> bool {
        match self {
            Self::All => true,
            Self::Enabled => client.enabled,
            Self::Disabled => !client.enabled && client.blocked.is_none(),
            Self::Blocked => client.blocked.is_some(),
            Self::Trusted => client.trusted,
            Self::Sanctioned => client.sanctioned,
            Self::Lapsed => client.lapsed,
        }
    }
}

/// What was typed above the list.
#[derive(Clone, Debug, Default)]
struct Choice {
    search: String,
    show: Show,
    owner: String,
}

impl Choice {
    fn of(query: &Parameters) -> Self {
        let text = |name| query.get(name).unwrap_or_default().trim().to_owned();
        let show = Show::ALL.into_iter().find(|show| Some(show.name()) == query.get("show"));
        Self { search: text("search"), show: show.unwrap_or_default(), owner: text("owner") }
    }

    /// Writes it as a query, which starts behind an application or at the beginning.
    fn query(&self, after: Option<&ClientId>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let show = Some(self.show.name()).filter(|_| self.show != Show::All).unwrap_or_default();
        let given = [("search", self.search.as_str()), ("show", show), ("owner", self.owner.as_str())];
        query.extend_pairs(given.into_iter().filter(|(_, value)| !value.is_empty()));
        query.extend_pairs(after.map(|after| ("after", after.as_str())));
        query.finish()
    }

    fn shows(&self, client: &Client) -> bool {
        let sought = self.search.to_lowercase();
        let found = |text: &str| text.to_lowercase().contains(&sought);
        self.show.shows(client) && (found(&client.name) || found(client.id.as_str()))
    }
}

/// A piece of the list, and behind which application the next one starts.
struct Found {
    clients: Vec<Client>,
    next: Option<ClientId>,
}

impl<S: Store + SessionStore, A: Accounts> Pages<S, A> {
    /// Lists one's own applications; an administrator's are all.
    pub(crate) async fn list_applications(&self, request: &Request<Bytes>) -> Answer {
        let Some(visitor) = self.visitor(request).await? else {
            return Ok(self.to_sign_in(request));
        };
        let query = self.query(request)?;
        let choice = Choice::of(&query);
        let after = query.get("after").and_then(|id| ClientId::new(id).ok());
        let owner = self.owner_of_interest(&visitor, &choice).await?;
        let found = self.find_applications(owner, &choice, after.clone()).await?;
        let owners = self.owners(&found.clients).await?;
        let rows = found.clients.iter().map(|client| Row {
            location: self.client_location("applications/show", client.id.as_str()),
            owner: client.owner.as_ref().and_then(|owner| owners.get(owner)).map(String::as_str),
            client,
        });
        let list = ApplicationList {
            frame: self.frame("Applications", Some(&visitor)),
            csrf: visitor.csrf_token(),
            administrator: visitor.person.administrator,
            refused: self.may_register(&visitor.person).err().map(Rejection::entry),
            rows: rows.collect(),
            shows: Show::ALL.map(|show| (show.name(), show.words(), show == choice.show)),
            actions: Action::ALL,
            back: choice.query(after.as_ref()),
            nothing_ticked: query.get(TICKED) == Some("none"),
            next: found
                .next
                .map(|after| format!("{}?{}", self.config.paths.link("applications"), choice.query(Some(&after)))),
            search: &choice.search,
            owner: &choice.owner,
        };
        Ok(response::page(StatusCode::OK, &list, Forms::StayHere))
    }

    /// Finds whose applications are listed: an administrator names a person, or sees everybody's.
    async fn owner_of_interest(&self, visitor: &Visitor, choice: &Choice) -> store::Result<Option<Subject>> {
        if !visitor.person.administrator {
            return Ok(Some(visitor.person.subject.clone()));
        }
        if choice.owner.is_empty() {
            return Ok(None);
        }
        let named = self.accounts.person_named(&choice.owner).await?.map(|person| person.subject);
        Ok(named.or_else(|| Subject::new(choice.owner.as_str()).ok()))
    }

    async fn find_applications(
        &self,
        owner: Option<Subject>,
        choice: &Choice,
        after: Option<ClientId>,
    ) -> store::Result<Found> {
        let filter = ClientFilter { owner, ..ClientFilter::default() };
        let (mut found, mut read) = (Found { clients: Vec::new(), next: None }, 0);
        // A whole identifier was pasted: it stands first, before any other is read.
        let exact = ClientId::new(choice.search.as_str()).ok();
        if let (Some(id), None) = (&exact, &after) {
            let client = self.store.client(id).await?;
            found.clients.extend(client.filter(|client| filter.matches(client) && choice.shows(client)));
        }
        let mut page = Page { after, limit: BATCH };
        loop {
            let batch = self.store.clients(&filter, &page).await?;
            let full = batch.len() >= BATCH as usize;
            read += batch.len();
            for client in batch {
                if found.clients.len() == LISTED {
                    found.next = page.after;
                    return Ok(found);
                }
                page.after = Some(client.id.clone());
                if choice.shows(&client) && exact.as_ref() != Some(&client.id) {
                    found.clients.push(client);
                }
            }
            if !full {
                return Ok(found);
            }
            if read >= MOST_READ {
                found.next = page.after;
                return Ok(found);
            }
        }
    }

    /// Finds what people are called who own applications, each once.
    pub(super) async fn owners(&self, clients: &[Client]) -> store::Result<BTreeMap<Subject, String>> {
        let mut owners = BTreeMap::new();
        for owner in clients.iter().filter_map(|client| client.owner.as_ref()) {
            if !owners.contains_key(owner) {
                let person = self.accounts.person(owner).await?;
                owners.insert(owner.clone(), person.map_or_else(|| owner.to_string(), |person| person.username));
            }
        }
        Ok(owners)
    }
}

/// An application with where its page is and what its owner is called.
struct Row<'a> {
    location: String,
    owner: Option<&'a str>,
    client: &'a Client,
}

#[derive(Template)]
#[template(path = "applications.html")]
struct ApplicationList<'a> {
    frame: Frame,
    csrf: String,
    administrator: bool,
    refused: Option<Entry>,
    rows: Vec<Row<'a>>,
    shows: [(&'static str, &'static str, bool); 7],
    actions: [Action; 8],
    back: String,
    nothing_ticked: bool,
    next: Option<String>,
    search: &'a str,
    owner: &'a str,
}

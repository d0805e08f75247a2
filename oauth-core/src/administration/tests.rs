use super::{Act, Actor, Administration, Entered};
use crate::client::{Client, ClientType};
use crate::clock::{ManualClock, Timestamp};
use crate::config::Config;
use crate::event::{Event, EventSink};
use crate::identifier::{ClientId, Resource, Subject};
use crate::store::{ClientStore, MemoryStore, Replaced};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Default)]
struct Recorder(Mutex<Vec<Act>>);

impl EventSink for Recorder {
    fn record(&self, event: &Event) {
        if let Event::Administered(act) = event {
            self.0.lock().unwrap().push(act.as_ref().clone());
        }
    }
}

struct Fixture {
    store: MemoryStore,
    config: Config,
    clock: Arc<ManualClock>,
    acts: Arc<Recorder>,
}

impl Fixture {
    fn new() -> Self {
        let mut config = Config::new("https://id.example").unwrap();
        let clock = Arc::new(ManualClock::starting_at(Timestamp::from_unix_seconds(1_800_000_000)));
        let acts = Arc::new(Recorder::default());
        (config.clock, config.events) = (clock.clone(), acts.clone());
        Self { store: MemoryStore::new(), config, clock, acts }
    }

    fn by(&self, name: &str) -> Administration<'_, MemoryStore> {
        Administration::new(&self.store, &self.config, Actor::Person(Subject::new(name).unwrap()))
    }

    fn operator(&self) -> Administration<'_, MemoryStore> {
        Administration::new(&self.store, &self.config, Actor::CommandLine)
    }
}

fn client() -> Client {
    let mut client = Client::new(ClientId::new("notes").unwrap(), "Notes", ClientType::Confidential);
    client.owner = Subject::new("ada").ok();
    client.resources = vec![Resource::new("https://api.example/").unwrap()];
    client.renew_secret().unwrap();
    client
}

#[tokio::test]
async fn f_04_an_identifier_that_was_deleted_is_the_operators_to_give() {
    let fixture = Fixture::new();
    let (ada, operator) = (fixture.by("ada"), fixture.operator());
    assert_eq!(ada.register(&client()).await.unwrap(), Entered::Now);
    assert_eq!(ada.register(&client()).await.unwrap(), Entered::Exists);
    let stored = fixture.store.client(&client().id).await.unwrap().unwrap();
    assert_eq!(operator.delete(&stored).await.unwrap(), Replaced::Now);
    assert_eq!(ada.register(&client()).await.unwrap(), Entered::Buried);
    assert!(fixture.store.client(&client().id).await.unwrap().is_none());
    assert_eq!(operator.register(&client()).await.unwrap(), Entered::Now);
    assert_eq!(ada.delete(&client()).await.unwrap(), Replaced::Changed, "it has another secret");
    let read = fixture.store.client(&client().id).await.unwrap().unwrap();
    assert_eq!(ada.delete(&read).await.unwrap(), Replaced::Now);
    fixture.clock.advance(Duration::from_secs(31 * 86_400));
    assert_eq!(ada.register(&client()).await.unwrap(), Entered::Now, "a tombstone ends");
}

#[tokio::test]
async fn f_04_what_was_blocked_since_it_was_read_is_not_deleted() {
    let fixture = Fixture::new();
    let read = client();
    fixture.by("ada").register(&read).await.unwrap();
    let mut blocked = read.clone();
    blocked.block("spam");
    assert_eq!(fixture.by("root").replace(&read, &blocked).await.unwrap(), Replaced::Now);
    assert_eq!(fixture.by("ada").delete(&read).await.unwrap(), Replaced::Changed);
    assert_eq!(fixture.store.client(&read.id).await.unwrap(), Some(blocked));
}

#[tokio::test]
async fn f_81_a_resource_identifier_that_was_given_up_waits_for_its_tokens() {
    let fixture = Fixture::new();
    let (ada, resource) = (fixture.by("ada"), client().resources.remove(0));
    for gives_up in [true, false] {
        let read = client();
        fixture.operator().register(&read).await.unwrap();
        assert!(!ada.is_resource_buried(&resource).await.unwrap());
        if gives_up {
            let mut without = read.clone();
            without.resources.clear();
            ada.replace(&read, &without).await.unwrap();
            assert!(ada.is_resource_buried(&resource).await.unwrap());
            ada.delete(&without).await.unwrap();
        } else {
            ada.delete(&read).await.unwrap();
        }
        assert!(ada.is_resource_buried(&resource).await.unwrap());
    }
    fixture.clock.advance(fixture.config.refresh_token_lifetime);
    assert!(ada.is_resource_buried(&resource).await.unwrap());
    fixture.clock.advance(Duration::from_secs(367 * 86_400));
    assert!(!ada.is_resource_buried(&resource).await.unwrap(), "a tombstone ends");
}

#[tokio::test]
async fn f_11_the_clients_of_a_person_stop_or_are_handed_over() {
    let fixture = Fixture::new();
    for number in 0..150 {
        let mut client = client();
        client.id = ClientId::new(format!("c{number}")).unwrap();
        client.enabled = number != 7;
        fixture.store.create_client(&client).await.unwrap();
    }
    let mut other = client();
    other.owner = Subject::new("eve").ok();
    fixture.store.create_client(&other).await.unwrap();
    let (ada, bob) = (Subject::new("ada").unwrap(), Subject::new("bob").unwrap());
    assert_eq!(fixture.operator().stop_all_of(&ada).await.unwrap().len(), 149);
    assert_eq!(fixture.operator().hand_over(&ada, &bob).await.unwrap().len(), 150);
    assert_eq!(fixture.store.client(&other.id).await.unwrap(), Some(other));
    let first = fixture.store.client(&ClientId::new("c0").unwrap()).await.unwrap().unwrap();
    assert_eq!((first.enabled, first.owner), (false, Some(bob)));
}

#[tokio::test]
async fn f_16_an_act_says_who_did_what_without_secrets() {
    let fixture = Fixture::new();
    let read = client();
    fixture.by("ada").register(&read).await.unwrap();
    let mut changed = read.clone();
    changed.trusted = true;
    changed.attributes.insert("note".to_owned(), "hush".to_owned());
    let secret = changed.renew_secret().unwrap();
    fixture.by("root").replace(&read, &changed).await.unwrap();
    fixture.operator().delete(&changed).await.unwrap();
    let acts = fixture.acts.0.lock().unwrap().clone();
    let actions: Vec<_> = acts.iter().map(|act| act.action.as_str()).collect();
    assert_eq!(actions, ["client_registered", "client_changed", "client_deleted"]);
    let text = serde_json::to_value(&acts[1]).unwrap();
    assert_eq!(
        text,
        serde_json::json!({
            "at": 1_800_000_000, "by": { "person": "root" }, "action": "client_changed", "client_id": "notes",
            "changes": [
                { "field": "attributes.note", "before": null, "after": "(set)" },
                { "field": "trusted", "before": false, "after": true },
                { "field": "secrets", "before": 1, "after": 1 },
            ],
        })
    );
    assert_eq!(acts[2].by, Actor::CommandLine);
    let all = serde_json::to_string(&acts).unwrap();
    for hidden in [secret.expose(), &secret.digest().to_base64url(), "hush"] {
        assert!(!all.contains(hidden), "{hidden}");
    }
    assert!(!all.contains("sha256"));
}

//! The commands by the rules that the pages follow, on a store in memory.

use crate::arguments::{Arguments, Command};
use crate::output::{Answer, Refused};
use clap::Parser as _;
use oauth_core::administration::{Act, Actor};
use oauth_core::config::Config;
use oauth_core::event::{Event, EventSink};
use oauth_core::store::MemoryStore;
use oauth_pages::StoredAccounts;
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Recorder(Mutex<Vec<Act>>);

impl EventSink for Recorder {
    fn record(&self, event: &Event) {
        if let Event::Administered(act) = event {
            self.0.lock().unwrap().push(act.as_ref().clone());
        }
    }
}

struct Shell {
    store: MemoryStore,
    config: Config,
    acts: Arc<Recorder>,
}

impl Shell {
    fn new() -> Self {
        let mut config = Config::new("https://id.example").unwrap();
        let acts = Arc::new(Recorder::default());
        config.events = acts.clone();
        Self { store: MemoryStore::new(), config, acts }
    }

    async fn run(&self, line: &[&str]) -> Result<Answer, Refused> {
        let arguments = Arguments::try_parse_from([&["provider"], line].concat()).unwrap();
        match arguments.command.unwrap() {
            Command::Application(command) => super::application::run(command, &self.store, &self.config).await,
            Command::User(command) => {
                let accounts = StoredAccounts::new(self.store.clone(), &self.config);
                super::user::run(command, &accounts, &self.store, &self.config).await
            }
            Command::Audit(asked) => super::audit::run(&asked, &self.store).await,
            _ => unreachable!("no other command is tried here"),
        }
    }

    async fn with_people() -> Self {
        let shell = Self::new();
        for name in ["ada", "bob"] {
            shell.run(&["user", "create", name, "--password", "correct horse battery"]).await.unwrap();
        }
        for id in ["one", "two"] {
            let create = ["application", "create", "--name", "N", "--confidential", "--grant", "client_credentials"];
            shell.run(&[&create[..], &["--owner", "ada", "--client-id", id]].concat()).await.unwrap();
        }
        shell
    }

    async fn shown(&self, id: &str) -> serde_json::Value {
        self.run(&["application", "show", id]).await.unwrap().json
    }
}

#[tokio::test]
async fn f_11_an_account_that_ends_stops_its_applications_or_hands_them_over() {
    for command in ["disable", "delete"] {
        let shell = Shell::with_people().await;
        let answer = shell.run(&["user", command, "ada"]).await.unwrap();
        assert_eq!(answer.json["applications_switched_off"], serde_json::json!(["one", "two"]));
        assert!(answer.text.contains("Switched off 2 applications: one, two."), "{}", answer.text);
        assert_eq!(shell.shown("one").await["enabled"], false);

        let shell = Shell::with_people().await;
        let refused = shell.run(&["user", command, "ada", "--hand-over-to", "eve"]).await.unwrap_err();
        assert!(refused.to_string().contains("eve"));
        assert!(shell.run(&["user", command, "ada", "--hand-over-to", "ada"]).await.is_err());
        let answer = shell.run(&["user", command, "ada", "--hand-over-to", "bob"]).await.unwrap();
        assert_eq!(answer.json["applications_handed_over"], serde_json::json!(["one", "two"]));
        assert_eq!(shell.shown("two").await["enabled"], true);
        let owned = shell.run(&["application", "list", "--owner", "bob"]).await.unwrap();
        assert_eq!(owned.json.as_array().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn f_01_a_change_by_command_is_an_administrators_and_keeps_the_trust() {
    let shell = Shell::with_people().await;
    let uri = ["--redirect-uri", "https://other.example/cb"];
    shell.run(&["application", "update", "one", "--trusted", "--sanctioned"]).await.unwrap();
    shell.run(&[&["application", "update", "one", "--name", "Other"], &uri[..]].concat()).await.unwrap();
    let shown = shell.shown("one").await;
    assert_eq!(
        (&shown["trusted"], &shown["sanctioned"], &shown["lapsed"]),
        (&true.into(), &true.into(), &false.into())
    );
}

#[tokio::test]
async fn f_04_the_command_line_may_use_an_identifier_again() {
    let shell = Shell::with_people().await;
    shell.run(&["application", "delete", "one"]).await.unwrap();
    let create = ["application", "create", "--name", "N", "--public", "--client-id", "one"];
    shell.run(&[&create[..], &["--redirect-uri", "https://n.example/cb"]].concat()).await.unwrap();
}

#[tokio::test]
async fn f_13_a_command_gives_at_most_twenty_of_each_list() {
    let create = ["application", "create", "--name", "N", "--public", "--redirect-uri", "https://n.example/cb"];
    for (option, what) in [("--redirect-uri", "redirect URIs"), ("--origin", "origins"), ("--resource", "resources")] {
        let shell = Shell::new();
        let had = usize::from(option == "--redirect-uri");
        let values: Vec<String> = (had..21).map(|number| format!("https://n{number}.example")).collect();
        let given: Vec<&str> = values.iter().flat_map(|value| [option, value]).collect();
        let line = |beyond: &str, given: &[&str]| [&create[..], &["--client-id", beyond], given].concat().join(" ");
        let refused = shell.run(&line("beyond", &given).split(' ').collect::<Vec<_>>()).await.unwrap_err();
        assert!(refused.to_string().contains(&format!("{what}: give at most 20")), "{refused}");
        let twenty = line("most", &given[..given.len() - 2]);
        shell.run(&twenty.split(' ').collect::<Vec<_>>()).await.unwrap();
        let also = if had == 1 { &create[5..] } else { &[] };
        let update = [&["application", "update", "most"][..], &given, also].concat();
        let refused = shell.run(&update).await.unwrap_err();
        assert!(refused.to_string().contains(&format!("{what}: give at most 20")), "{refused}");
    }
}

#[tokio::test]
async fn f_16_each_command_names_itself_and_what_changed() {
    let shell = Shell::with_people().await;
    let lines: [(&[&str], &str, &[&str]); 11] = [
        (&["application", "update", "one", "--trusted"], "client_changed", &["trusted"]),
        (&["application", "block", "one", "--reason", "x"], "client_changed", &["blocked", "enabled"]),
        (&["application", "unblock", "one"], "client_changed", &["blocked", "enabled"]),
        (&["application", "renew-secret", "one"], "client_changed", &["secrets"]),
        (&["user", "update", "bob", "--role", "teacher"], "account_changed", &["attributes.roles"]),
        (&["user", "disable-api-access", "bob"], "account_changed", &["attributes.api_access"]),
        (&["user", "password", "bob", "--password", "another horse battery"], "account_changed", &["password"]),
        (&["user", "disable", "bob"], "account_changed", &["enabled"]),
        (&["user", "enable", "bob"], "account_changed", &["enabled"]),
        (&["user", "delete", "bob"], "account_deleted", &[]),
        (&["application", "delete", "two"], "client_deleted", &[]),
    ];
    for (line, action, fields) in lines {
        shell.acts.0.lock().unwrap().clear();
        shell.run(line).await.unwrap();
        let acts = shell.acts.0.lock().unwrap().clone();
        assert_eq!(acts.len(), 1, "{line:?}: {acts:?}");
        assert_eq!((&acts[0].by, acts[0].action.as_str()), (&Actor::CommandLine, action), "{line:?}");
        let changed: Vec<_> = acts[0].changes.iter().map(|change| change.field.as_str()).collect();
        assert!(fields.is_empty() || changed == fields, "{line:?}: {changed:?}");
        assert!(!format!("{acts:?}").contains("argon2"), "{line:?}");
    }
    let refused = shell.run(&["audit"]).await.unwrap_err();
    assert!(refused.to_string().contains("oauth::audit"), "memory keeps none: {refused}");
}

#[tokio::test]
async fn f_42_no_command_takes_a_name_that_nobody_can_see() {
    let shell = Shell::with_people().await;
    for unseen in ["\u{200b}", "\u{3164}", "\u{feff}", "a\u{200b}da", "Bank\u{202e}moc.live"] {
        let create = ["application", "create", "--confidential", "--grant", "client_credentials", "--name", unseen];
        for (line, of) in [
            (&create[..], "name:"),
            (&["application", "update", "one", "--name", unseen], "name:"),
            (&["application", "block", "one", "--reason", unseen], "--reason:"),
            (&["user", "create", unseen, "--password", "correct horse battery"], "username:"),
            (
                &["user", "create", "eve", "--organisation", unseen, "--password", "correct horse battery"],
                "organisation:",
            ),
        ] {
            let refused = shell.run(line).await.unwrap_err().to_string();
            assert!(refused.contains(of) && refused.contains("can be seen"), "{line:?}: {refused}");
        }
    }
}

#[tokio::test]
async fn f_28_each_command_takes_each_spelling() {
    let shell = Shell::new();
    let (composed, apart) = ("Zo\u{eb}", "ZOE\u{308}");
    let password = ["--password", "correct horse battery"];
    shell.run(&[&["user", "create", composed][..], &password].concat()).await.unwrap();
    let taken = shell.run(&[&["user", "create", apart][..], &password].concat()).await.unwrap_err();
    assert!(taken.to_string().contains("taken"), "{taken}");
    let create = ["application", "create", "--name", "N", "--confidential", "--grant", "client_credentials"];
    shell.run(&[&create[..], &["--client-id", "one", "--owner", apart]].concat()).await.unwrap();
    let listed = shell.run(&["application", "list", "--owner", "zo\u{eb}"]).await.unwrap();
    assert!(listed.text.starts_with("one "), "{}", listed.text);
    for line in [&["user", "disable-api-access", apart][..], &["user", "update", apart, "--role", "teacher"]] {
        shell.run(line).await.unwrap();
    }
    shell.acts.0.lock().unwrap().clear();
    let renamed = shell.run(&["user", "rename", apart, "--to", "Z. O\u{eb}"]).await.unwrap();
    assert_eq!(renamed.json["username"], "Z. O\u{eb}");
    let acts = shell.acts.0.lock().unwrap().clone();
    assert_eq!(acts[0].changes[0].field, "username", "{acts:?}");
    let listed = shell.run(&["user", "list"]).await.unwrap();
    assert_eq!(listed.text.lines().count(), 1);
    assert!(listed.text.starts_with("Z. O\u{eb}"), "{}", listed.text);
    assert!(shell.run(&["user", "rename", composed, "--to", "x"]).await.is_err(), "nobody has the old name");
}

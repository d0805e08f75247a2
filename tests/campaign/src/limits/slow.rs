use super::{Push, Stage};
use crate::disk;
use crate::place::{Kind, Place, Server};
use std::time::{Duration, Instant};

/// Somebody else holds what the provider needs.
pub(super) fn locked(kind: Kind, length: Duration) -> Stage {
    Stage::on(Place::start(kind), move |place, _| {
        let place = place.clone();
        Push::Takes(Box::new(move || hold(&place, length)))
    })
}

fn hold(place: &Place, length: Duration) {
    let seconds = length.as_secs_f64();
    match &place.server {
        Server::File(_) => disk::hold(&place.location, length),
        Server::Postgres(server) => {
            // One that everything looks at: who locks several meets others half-way.
            let locked =
                format!("BEGIN; LOCK TABLE oauth_clients IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({seconds}); COMMIT");
            server.sql(place.database(), &locked);
        }
        Server::Mariadb(server) => {
            let tables =
                "oauth_clients WRITE, oauth_grants WRITE, oauth_access_tokens WRITE, oauth_refresh_tokens WRITE";
            server.sql(place.database(), &format!("LOCK TABLES {tables}; DO SLEEP({seconds}); UNLOCK TABLES"));
        }
        Server::Redis(server) => {
            server.cli(&["client", "pause", &length.as_millis().to_string(), "all"]);
            std::thread::sleep(length);
        }
        Server::Nothing | Server::Cluster(_) => unreachable!("it is not pushed against"),
    }
}

/// Every answer of the database comes, a second late.
pub(super) fn slow(kind: Kind, length: Duration) -> Stage {
    Stage::on(Place::start(kind), move |place, _| {
        let place = place.clone();
        match &place.server {
            Server::Postgres(server) => {
                let begin = "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS \
                    $$ BEGIN PERFORM pg_sleep(1); RETURN NEW; END $$; \
                    CREATE TRIGGER late BEFORE INSERT ON oauth_access_tokens FOR EACH ROW EXECUTE FUNCTION late()";
                server.sql(place.database(), begin);
                Push::Until(Box::new(move || {
                    let Server::Postgres(server) = &place.server else { unreachable!() };
                    server.sql(place.database(), "DROP TRIGGER late ON oauth_access_tokens");
                }))
            }
            Server::Mariadb(server) => {
                let begin = "CREATE TRIGGER late BEFORE INSERT ON oauth_access_tokens FOR EACH ROW DO SLEEP(1)";
                server.sql(place.database(), begin);
                Push::Until(Box::new(move || {
                    let Server::Mariadb(server) = &place.server else { unreachable!() };
                    server.sql(place.database(), "DROP TRIGGER late");
                }))
            }
            // These answer in their turn: each turn comes late.
            _ => Push::Takes(Box::new(move || {
                let started = Instant::now();
                while started.elapsed() < length {
                    hold(&place, Duration::from_secs(1));
                    std::thread::sleep(Duration::from_millis(300));
                }
            })),
        }
    })
}

use super::{Push, Stage};
use crate::disk::{self, Disk};
use crate::place::{Kind, Place, Server};
use oauth_test_servers::Redis;
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;
use std::sync::Arc;

/// How many kilobytes of memory are left when it gets tight.
const LEFT: u64 = 128;

/// The disk that the records are on gets full, and is freed again.
pub(super) fn disk(kind: Kind) -> Stage {
    match (kind, Disk::mount(64)) {
        (Kind::Sqlite, Some(disk)) => {
            let location = format!("sqlite:{}", disk.path().join("provider.db").display());
            filling(Place { location, server: Server::File(tempfile::TempDir::new().unwrap()) }, disk)
        }
        (Kind::Postgres, Some(disk)) => {
            let place = Place::start(Kind::Postgres);
            let Server::Postgres(server) = &place.server else { unreachable!() };
            let tables = directory(&disk, "postgres");
            server.sql("postgres", &format!("CREATE TABLESPACE small LOCATION '{tables}'"));
            server.sql("postgres", "CREATE DATABASE small TABLESPACE small TEMPLATE template0");
            let location = server.url("small");
            filling(Place { location, ..place }, disk)
        }
        (Kind::Mariadb, Some(disk)) => {
            let place = Place::start(Kind::Mariadb);
            let Server::Mariadb(server) = &place.server else { unreachable!() };
            let data = server.sql("mysql", "SELECT @@datadir");
            let (tables, link) = (directory(&disk, "mysql"), format!("{}/small", data.trim().trim_end_matches('/')));
            std::os::unix::fs::symlink(tables, link).unwrap();
            let location = server.url("small");
            let stage = filling(Place { location, ..place }, disk);
            // InnoDB may end itself where its disk is full.
            Stage { remark: " (tmpfs; a server that ended of it was started again)", ..stage }
        }
        (Kind::Redis, Some(disk)) => {
            let directory = format!("dir {}", disk.path().display());
            let server = Redis::start(&["appendonly yes", "appendfsync everysec", &directory]);
            filling(Place { location: server.url(), server: Server::Redis(server) }, disk)
        }
        (kind, None) => said_to_be_full(kind),
        (Kind::Memory | Kind::Cluster, Some(_)) => unreachable!("it is not pushed against"),
    }
}

fn directory(disk: &Disk, account: &str) -> String {
    let path = disk.path().join("tables");
    std::fs::create_dir(&path).unwrap();
    assert!(Command::new("chown").arg(account).arg(&path).status().unwrap().success());
    path.display().to_string()
}

fn filling(place: Place, disk: Disk) -> Stage {
    let disk = Arc::new(disk);
    let filled = Arc::clone(&disk);
    let stage = Stage::on(place, move |place, _| {
        filled.fill();
        let place = Arc::clone(place);
        Push::Until(Box::new(move || {
            filled.free();
            if let Server::Mariadb(server) = &place.server
                && TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).is_err()
            {
                server.stop();
                server.restart();
            }
        }))
    });
    Stage { remark: " (tmpfs)", disk: Some(disk), ..stage }
}

/// Where no disk can be mounted: SQLite's process may write no more into its files, and the databases are
/// made to say what they would.
fn said_to_be_full(kind: Kind) -> Stage {
    let mut stage = Stage::on(Place::start(kind), move |place, running| {
        let place = place.clone();
        match &place.server {
            Server::Postgres(server) => {
                let begin = "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS \
                    $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' \
                    USING ERRCODE = 'disk_full'; END $$; CREATE TRIGGER full_disk BEFORE INSERT \
                    ON oauth_access_tokens FOR EACH ROW EXECUTE FUNCTION full_disk()";
                server.sql(place.database(), begin);
                Push::Until(Box::new(move || {
                    let Server::Postgres(server) = &place.server else { unreachable!() };
                    server.sql(place.database(), "DROP TRIGGER full_disk ON oauth_access_tokens");
                }))
            }
            Server::Mariadb(server) => {
                let begin = "CREATE TRIGGER full_disk BEFORE INSERT ON oauth_access_tokens FOR EACH ROW \
                    SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114, MESSAGE_TEXT = 'The table is full'";
                server.sql(place.database(), begin);
                Push::Until(Box::new(move || {
                    let Server::Mariadb(server) = &place.server else { unreachable!() };
                    server.sql(place.database(), "DROP TRIGGER full_disk");
                }))
            }
            Server::Redis(server) => squeeze(server, place.clone()),
            _ => {
                let pid = running.pid();
                disk::limit_files(pid, Some(512 * 1024));
                Push::Until(Box::new(move || disk::limit_files(pid, None)))
            }
        }
    });
    stage.remark = match kind {
        Kind::Sqlite => " (RLIMIT_FSIZE: no right to mount)",
        Kind::Redis => " (maxmemory: no right to mount)",
        _ => " (a trigger says so: no right to mount)",
    };
    stage
}

/// Redis may take no more memory.
pub(super) fn memory() -> Stage {
    Stage::on(Place::start(Kind::Redis), move |place, _| {
        let Server::Redis(server) = &place.server else { unreachable!() };
        squeeze(server, place.clone())
    })
}

fn squeeze(server: &Redis, place: Arc<Place>) -> Push {
    let said = server.cli(&["info", "memory"]);
    let used = said.lines().find_map(|line| line.strip_prefix("used_memory:")).unwrap().trim().parse::<u64>().unwrap();
    server.cli(&["config", "set", "maxmemory", &(used + LEFT * 1024).to_string()]);
    Push::Until(Box::new(move || {
        let Server::Redis(server) = &place.server else { unreachable!() };
        server.cli(&["config", "set", "maxmemory", "0"]);
    }))
}

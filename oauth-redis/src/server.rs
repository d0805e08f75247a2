//! Whether a server can be used, by what it says of itself.

use crate::error::{Failure, Outcome};
use crate::link::{Access, Connection, Link};
use redis::{FromRedisValue as _, Value};

/// The oldest version whose commands the scripts know.
const OLDEST: u32 = 7;

/// The version with the command that waits for disks.
const KNOWS_WAITAOF: (u32, u32) = (7, 2);

/// Asks every server that takes writes.
pub(crate) async fn inspect(link: &Link) -> Outcome<()> {
    let is_cluster = matches!(link.connection, Connection::Cluster(_));
    let said: Value = link.run(Access::Read, &redis::cmd("INFO")).await?;
    let said: Vec<Value> = match said {
        Value::Map(of_each) => of_each.into_iter().map(|(_, said)| said).collect(),
        said => vec![said],
    };
    for said in said {
        let said = String::from_redis_value(said).map_err(redis::RedisError::from)?;
        judge(&said, is_cluster)?;
        if link.confirmed.is_some_and(|by| by.on_disk) {
            can_confirm(&said)?;
        }
    }
    Ok(())
}

fn judge(said: &str, is_cluster: bool) -> Outcome<()> {
    let field = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    let version = field("valkey_version").or(field("redis_version")).unwrap_or("0");
    let major = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0);
    let refuse = |why: String| Err(Failure::Unusable(why));
    if major < OLDEST {
        return refuse(format!("the server is version {version}: Redis {OLDEST} or newer, or Valkey, is needed"));
    }
    if field("role") != Some("master") {
        return refuse("the server is a replica, which takes no writes: give the address of its master".to_owned());
    }
    if !is_cluster && field("cluster_enabled") == Some("1") {
        return refuse("the server belongs to a cluster: open it with RedisStore::cluster".to_owned());
    }
    match field("maxmemory_policy") {
        Some("noeviction") | None => {}
        Some(policy) => {
            return refuse(format!(
                "the server's maxmemory-policy is {policy}, which throws clients, revocations and used codes away when \
                 memory is short: set it to noeviction"
            ));
        }
    }
    if field("aof_enabled") == Some("0") {
        tracing::warn!(
            "Redis keeps no append-only file: when it crashes, tokens issued and revocations made since its last snapshot \
             are lost; set appendonly to yes"
        );
    }
    Ok(())
}

/// Whether a server knows `WAITAOF`, and has what that waits for.
fn can_confirm(said: &str) -> Outcome<()> {
    let field = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    let version = field("redis_version").unwrap_or("0");
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    let version_is_new = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= KNOWS_WAITAOF;
    if !version_is_new && field("valkey_version").is_none() {
        return Err(Failure::Unusable(format!(
            "durable_on needs Redis 7.2 or newer, or Valkey, and the server is version {version}: use one of these, or \
             appendfsync always on the server together with wait_for"
        )));
    }
    if field("aof_enabled") != Some("1") {
        return Err(Failure::Unusable(
            "durable_on needs an append-only file, and the server has none: set appendonly to yes".to_owned(),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{can_confirm, judge};

    const GOOD: &str =
        "redis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\nrole:master\r\ncluster_enabled:0\r\n";

    #[test]
    fn a_server_that_would_lose_records_is_refused() {
        assert!(judge(GOOD, false).is_ok());
        assert!(
            judge(&GOOD.replace("redis_version:7.0.15", "redis_version:7.2.4\r\nvalkey_version:8.0.1"), false).is_ok()
        );
        assert!(judge(&GOOD.replace("aof_enabled:1", "aof_enabled:0"), false).is_ok(), "a warning only");
        for (good, bad) in [
            ("7.0.15", "6.2.14"),
            ("noeviction", "volatile-lru"),
            ("noeviction", "allkeys-lru"),
            ("role:master", "role:slave"),
            ("cluster_enabled:0", "cluster_enabled:1"),
        ] {
            assert!(judge(&GOOD.replace(good, bad), false).is_err(), "{bad}");
        }
        assert!(judge(&GOOD.replace("cluster_enabled:0", "cluster_enabled:1"), true).is_ok());
        assert!(judge("", false).is_err(), "one that says nothing");
    }

    #[test]
    fn only_a_server_that_can_confirm_is_asked_to() {
        assert!(can_confirm(GOOD).unwrap_err().to_string().contains("7.2"));
        let new = GOOD.replace("7.0.15", "7.2.0");
        assert!(can_confirm(&new).is_ok() && can_confirm(&GOOD.replace("7.0.15", "8.2.3")).is_ok());
        assert!(can_confirm(&format!("{GOOD}valkey_version:8.0.1\r\n")).is_ok());
        assert!(can_confirm(&new.replace("aof_enabled:1", "aof_enabled:0")).is_err());
    }
}

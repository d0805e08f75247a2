//! One URL that says everything: where the server or the cluster is, and what is asked of it.

use crate::error::{Failure, Outcome};
use crate::{Builder, RedisStore};
use std::str::FromStr;
use std::time::Duration;

const FORM: &str = "a Redis URL is redis://HOST:PORT, rediss://HOST:PORT, redis+unix:///PATH, or \
                    redis-cluster://HOST:PORT,HOST:PORT and rediss-cluster: for a cluster";

const UNKNOWN: &str = "a parameter of the Redis URL is none of prefix, within, wait_for, durable_on, cafile and, of a \
                       socket, db, user, pass; write a ? in a password as %3F";

/// What an address of a socket on this machine says in parameters, because it has no other place.
const OF_SOCKET: [&str; 3] = ["db", "user", "pass"];

/// Reads a URL, without repeating it in an error: it may hold a password.
pub(crate) fn read(url: &str) -> Outcome<Builder> {
    let (place, parameters) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, rest) = place.split_once("://").ok_or_else(malformed)?;
    let (scheme, is_cluster) = match scheme.strip_suffix("-cluster") {
        Some(plain @ ("redis" | "rediss")) => (plain, true),
        _ => (scheme, false),
    };
    let mut of_socket = String::new();
    let mut settings = Vec::new();
    for pair in parameters.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if scheme == "redis+unix" && OF_SOCKET.contains(&name) {
            of_socket.push(if of_socket.is_empty() { '?' } else { '&' });
            of_socket.push_str(pair);
        } else {
            settings.push((name, decoded(value)?));
        }
    }
    let mut builder = if is_cluster {
        let (user, hosts) = rest.rsplit_once('@').map_or(("", rest), |(user, hosts)| (user, hosts));
        let at = if user.is_empty() { "" } else { "@" };
        RedisStore::builder(hosts.split(',').map(|host| format!("{scheme}://{user}{at}{host}"))).cluster()
    } else {
        RedisStore::builder([format!("{scheme}://{rest}{of_socket}")])
    };
    let within = settings.iter().find(|(name, _)| *name == "within").map_or("1000", |(_, value)| value);
    let within = Duration::from_millis(number("within", within)?);
    for (name, value) in &settings {
        builder = match *name {
            "within" => builder,
            "prefix" => builder.prefix(value),
            "wait_for" => builder.wait_for(number(name, value)?, within),
            "durable_on" => builder.durable_on(number(name, value)?, within),
            "cafile" => {
                let read = std::fs::read(value);
                let pem = read.map_err(|error| Failure::Unusable(format!("cafile={value}: {error}")))?;
                builder.root_certificates(pem)
            }
            // Its name is not repeated: it may be the rest of a password with a question mark.
            _ => return Err(Failure::Unusable(UNKNOWN.to_owned())),
        };
    }
    Ok(builder)
}

fn number<T: FromStr>(name: &str, value: &str) -> Outcome<T> {
    value.parse().map_err(|_| Failure::Unusable(format!("in a Redis URL {name} is a number")))
}

fn decoded(value: &str) -> Outcome<String> {
    let decoded = percent_encoding::percent_decode_str(value).decode_utf8();
    decoded.map(Into::into).map_err(|_| malformed())
}

fn malformed() -> Failure {
    Failure::Unusable(FORM.to_owned())
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::link::Confirmed;
    use std::time::Duration;

    #[test]
    fn a_url_names_a_server_or_the_servers_of_a_cluster() {
        let one = read("rediss://:p%40ss@redis.example:6380/2?prefix=shop%3A").unwrap();
        assert_eq!(one.urls, ["rediss://:p%40ss@redis.example:6380/2"]);
        assert_eq!((one.is_cluster, one.prefix.as_str()), (false, "shop:"));
        let cluster = read("rediss-cluster://ada:pw@a.example:1,b.example:2?").unwrap();
        assert_eq!(cluster.urls, ["rediss://ada:pw@a.example:1", "rediss://ada:pw@b.example:2"]);
        assert!(cluster.is_cluster, "although one address would do");
        assert_eq!(read("redis-cluster://a.example:1").unwrap().urls, ["redis://a.example:1"]);
        let socket = read("redis+unix:///run/redis.sock?db=1&prefix=a&pass=p").unwrap();
        assert_eq!(socket.urls, ["redis+unix:///run/redis.sock?db=1&pass=p"]);
        assert_eq!(socket.prefix, "a");
    }

    #[test]
    fn a_url_says_who_must_confirm_a_write() {
        let of = |parameters: &str| read(&format!("redis://h?{parameters}")).map(|builder| builder.confirmed);
        let confirmed =
            |replicas, on_disk, time| Some(Confirmed { replicas, on_disk, time: Duration::from_millis(time) });
        assert_eq!(of("").unwrap(), None);
        assert_eq!(of("wait_for=2").unwrap(), confirmed(2, false, 1_000));
        assert_eq!(of("durable_on=0&within=250").unwrap(), confirmed(0, true, 250));
        assert!(of("durable_on=yes").is_err() && of("within=soon").is_err());
    }

    #[test]
    fn what_is_not_understood_is_refused_and_not_repeated() {
        for wrong in [
            "redis:6379",
            "s3cret",
            "redis://:s3cret@h?prefx=a",
            "redis://ada:12?s3cret@h",
            "redis://:s3cret@h?prefix=%ff",
        ] {
            let refused = read(wrong).unwrap_err().to_string();
            assert!(refused.contains("edis URL") && !refused.contains("s3cret"), "{refused}");
        }
    }
}

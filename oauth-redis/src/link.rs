//! The connection: one to a server, or one to each of a cluster's. Everything goes through
//! [`Link::run`], which bounds the time.

use crate::error::{Failure, Outcome};
use crate::script::Source;
use redis::aio::{ConnectionLike as _, ConnectionManager};
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, FromRedisValue, Pipeline, RedisError, ServerErrorKind, Value};
use std::time::Duration;

#[derive(Clone)]
pub(crate) enum Connection {
    Single(ConnectionManager),
    Cluster(ClusterConnection),
}

/// Who must have a write before it is answered, and how long they have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Confirmed {
    pub(crate) replicas: usize,
    /// On disk, the server itself as well; or in the memory of the replicas.
    pub(crate) on_disk: bool,
    pub(crate) time: Duration,
}

#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) connection: Connection,
    pub(crate) patience: Duration,
    pub(crate) confirmed: Option<Confirmed>,
}

/// Whether a command changes something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

impl Link {
    /// Runs a script on the place of a key; sends its text where the server does not know it yet.
    pub(crate) async fn script<T: FromRedisValue>(
        &self,
        access: Access,
        script: &Source,
        key: &[u8],
        arguments: &[&[u8]],
    ) -> Outcome<T> {
        let by_hash = invocation("EVALSHA", script.hash(), key, arguments);
        match self.run(access, &by_hash).await {
            Err(Failure::Redis(error)) if is_unknown_script(&error) => {
                self.run(access, &invocation("EVAL", script.text(), key, arguments)).await
            }
            outcome => outcome,
        }
    }

    /// Runs a command, in a cluster on the node that has its key.
    pub(crate) async fn run<T: FromRedisValue>(&self, access: Access, command: &Cmd) -> Outcome<T> {
        let answer = async {
            match self.confirmed {
                Some(by) if access == Access::Write => self.confirmed(command, by).await,
                _ => Ok(self.plain(command).await?),
            }
        };
        let late = || Failure::Late(self.patience);
        let value = tokio::time::timeout(self.patience, answer).await.map_err(|_| late())??;
        Ok(T::from_redis_value(value.extract_error()?).map_err(RedisError::from)?)
    }

    async fn plain(&self, command: &Cmd) -> redis::RedisResult<Value> {
        match &self.connection {
            Connection::Single(connection) => connection.clone().req_packed_command(command).await,
            Connection::Cluster(connection) => connection.clone().req_packed_command(command).await,
        }
    }

    /// Sends the command and `WAIT` or `WAITAOF` as one, so that both go over one connection: they speak of
    /// what was written over their own.
    async fn confirmed(&self, command: &Cmd, by: Confirmed) -> Outcome<Value> {
        let Confirmed { replicas, on_disk, time } = by;
        let mut pipeline = Pipeline::with_capacity(2);
        pipeline.add_command(command.clone());
        if on_disk {
            pipeline.cmd("WAITAOF").arg(1).arg(replicas);
        } else {
            pipeline.cmd("WAIT").arg(replicas);
        }
        pipeline.arg(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        let values = match &self.connection {
            Connection::Single(connection) => connection.clone().req_packed_commands(&pipeline, 0, 2).await?,
            Connection::Cluster(connection) => connection.clone().req_packed_commands(&pipeline, 0, 2).await?,
        };
        let [value, confirmed] = <[Value; 2]>::try_from(values).map_err(|_| Failure::Corrupt("an answer"))?;
        let (value, confirmed) = (value.extract_error()?, confirmed.extract_error()?);
        let (own, has): (i64, i64) = if on_disk {
            <(i64, i64)>::from_redis_value(confirmed).map_err(RedisError::from)?
        } else {
            (1, i64::from_redis_value(confirmed).map_err(RedisError::from)?)
        };
        if own < 1 {
            return Err(Failure::NotOnDisk);
        }
        if usize::try_from(has).unwrap_or(0) < replicas {
            return Err(Failure::Replicas { has, wanted: replicas });
        }
        Ok(value)
    }
}

fn invocation(command: &str, script: &str, key: &[u8], arguments: &[&[u8]]) -> Cmd {
    let mut invocation = redis::cmd(command);
    invocation.arg(script).arg(1).arg(key);
    for argument in arguments {
        invocation.arg(*argument);
    }
    invocation
}

fn is_unknown_script(error: &RedisError) -> bool {
    error.kind() == redis::ErrorKind::Server(ServerErrorKind::NoScript)
}

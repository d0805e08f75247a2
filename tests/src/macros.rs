/// Tells stories on every server: for each `async fn` a module with a test per pair of an adapter and
/// a store, so that every adapter and every store comes once, and every adapter meets a database.
///
/// Settings other than the defaults come first: `config |config| { ... };` or
/// `config |config| config.retry_window = Duration::ZERO;` holds for all stories of the invocation.
///
/// Stories of a restart begin with `restart;`. What is in memory does not survive one, so their test on
/// it is called `one_memory`: there two servers share one store.
#[macro_export]
macro_rules! on_every_server {
    (config |$config:ident| $change:expr; $($rest:tt)*) => {
        $crate::on_every_server!(@stories memory
            (|$config: &mut ::oauth_core::config::Config| { let _: () = $change; }) $($rest)*);
    };
    (restart; $($rest:tt)*) => {
        $crate::on_every_server!(@stories one_memory (|_: &mut ::oauth_core::config::Config| ()) $($rest)*);
    };
    (@stories $memory:ident ($change:expr) $($(#[$meta:meta])* async fn $name:ident($server:ident: &$kind:ty) $story:block)*) => {
        $(
            $(#[$meta])*
            mod $name {
                #[allow(unused_imports, reason = "a story may need none of its module's imports")]
                use super::*;

                async fn story($server: &$kind) $story

                async fn tell(adapter: $crate::Adapter, backend: $crate::Backend) {
                    story(&$crate::Server::start_on(adapter, backend, $change).await).await;
                }

                $crate::on_every_server!(@servers
                    $memory: Rocket Memory,
                    sqlite: Rocket Sqlite,
                    mariadb: Rocket Mariadb,
                    cluster: Rocket Cluster,
                    warp: Warp Postgres,
                    tower: Tower Redis,
                );
            }
        )*
    };
    (@servers $($test:ident: $adapter:ident $backend:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                tell($crate::Adapter::$adapter, $crate::Backend::$backend).await;
            }
        )*
    };
    ($($rest:tt)*) => {
        $crate::on_every_server!(@stories memory (|_: &mut ::oauth_core::config::Config| ()) $($rest)*);
    };
}

/// Tells stories on every server: for each `async fn` a module with a test per pair of an adapter and
/// a store, so that every adapter and every store comes once.
///
/// Settings other than the defaults come first: `config |config| { ... };` or
/// `config |config| config.retry_window = Duration::ZERO;` holds for all stories of the invocation.
#[macro_export]
macro_rules! on_every_server {
    (config |$config:ident| $change:expr; $($rest:tt)*) => {
        $crate::on_every_server!(@stories (|$config: &mut ::oauth_core::config::Config| { let _: () = $change; }) $($rest)*);
    };
    (@stories ($change:expr) $($(#[$meta:meta])* async fn $name:ident($server:ident: &$kind:ty) $story:block)*) => {
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
                    memory: Rocket Memory,
                    sqlite: Rocket Sqlite,
                    postgres: Rocket Postgres,
                    mariadb: Rocket Mariadb,
                    redis: Rocket Redis,
                    cluster: Rocket Cluster,
                    warp: Warp Memory,
                    tower: Tower Memory,
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
        $crate::on_every_server!(@stories (|_: &mut ::oauth_core::config::Config| ()) $($rest)*);
    };
}

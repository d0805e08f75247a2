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
        $($crate::on_every_server!(@story ($change) $(#[$meta])* $name $server $kind, $story);)*
    };
    (@story ($change:expr) $(#[$meta:meta])* $name:ident $server:ident $kind:ty, $story:block) => {
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "a story may need none of its module's imports")]
            use super::*;

            async fn story($server: &$kind) $story

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn memory() {
                story(&$crate::Server::start($crate::Backend::Memory, $change).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                story(&$crate::Server::start($crate::Backend::Sqlite, $change).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn warp() {
                story(&$crate::Server::start_on($crate::Adapter::Warp, $crate::Backend::Memory, $change).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn tower() {
                story(&$crate::Server::start_on($crate::Adapter::Tower, $crate::Backend::Memory, $change).await).await;
            }
        }
    };
    ($($rest:tt)*) => {
        $crate::on_every_server!(@stories (|_: &mut ::oauth_core::config::Config| ()) $($rest)*);
    };
}

/// A database that is removed when this is dropped.
pub struct Fresh {
    url: String,
    remove: Option<Box<dyn FnOnce() + Send + Sync>>,
}

impl Fresh {
    pub(crate) fn new(url: String, remove: impl FnOnce() + Send + Sync + 'static) -> Self {
        Self { url, remove: Some(Box::new(remove)) }
    }

    /// Gives its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Gives its name on the server.
    pub fn name(&self) -> &str {
        self.url.rsplit('/').next().unwrap()
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Some(remove) = self.remove.take()
            && !std::thread::panicking()
        {
            remove();
        }
    }
}

/// Makes of a struct with `process` and `made` a server of SQL databases, given the scheme of its URLs,
/// the database that is always there, and what makes and removes one.
macro_rules! databases {
    ($server:ident, $scheme:literal, $first:literal, $create:literal, $drop:literal) => {
        impl $server {
            /// Gives the server that all tests of this program share; the first one starts it.
            pub fn shared() -> &'static Self {
                static SHARED: std::sync::OnceLock<$server> = std::sync::OnceLock::new();
                SHARED.get_or_init(|| Self::start(&[]))
            }

            /// Makes a new, empty database and gives its URL.
            pub fn database(&self) -> String {
                let name = format!("oauth_{}", self.made.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
                self.sql($first, &format!($create, name));
                self.url(&name)
            }

            /// Makes a new, empty database on the server that all tests share; it goes with what is
            /// returned.
            pub fn fresh() -> crate::Fresh {
                let url = Self::shared().database();
                let name = url.rsplit('/').next().unwrap().to_owned();
                crate::Fresh::new(url, move || {
                    Self::shared().sql($first, &format!($drop, name));
                })
            }

            /// Gives the URL of a database.
            pub fn url(&self, name: &str) -> String {
                format!("{}://{}:{}@127.0.0.1:{}/{name}", $scheme, crate::USER, crate::PASSWORD, self.port())
            }
        }

        impl std::ops::Deref for $server {
            type Target = crate::Process;

            fn deref(&self) -> &crate::Process {
                &self.process
            }
        }
    };
}

pub(crate) use databases;

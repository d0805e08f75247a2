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

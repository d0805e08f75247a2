//! oauth-pages

//! oauth-rocket

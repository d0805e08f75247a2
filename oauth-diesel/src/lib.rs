//! oauth-diesel
